/* SPDX-License-Identifier: Apache-2.0 */
/*
 * x87 and MMX on the software CPU: who may execute them, pending exceptions, environments
 *
 * What the instructions compute is test-insn-host's subject; here are the rules around them.
 * Reference: Intel SDM volume 1, chapters 8 and 9; volume 3, sections 2.5 and 12.
 */
#include "tests/unit/fpu-bench.h"

enum { FSW_TOP_FIELD = 7 << 11 };

static void start(void)
{
    regs_init();
    memset(guest_data(guest), 0xcc, 256);
}

static uint16_t word(const uint8_t *p)
{
    return p[0] | p[1] << 8;
}

/* fld1; fldz; fdivp with ZM clear: #Z stays pending */
#define UNMASK_ZERO (in.fx[0] = 0x7b)
#define PENDING 0xd9, 0xe8, 0xd9, 0xee, 0xde, 0xf9

static void with_ts_or_em_x87_is_nm(void)
{
    start();
    guest_set_control(guest, GUEST_CR0 | CR0_TS, GUEST_CR4);
    CHECK_EQ(RUN(0xd9, 0xe8), VEC_NM);
    CHECK_EQ(RUN(0xdb, 0xe3), VEC_NM);                          /* fninit */
    CHECK_EQ(RUN(0x0f, 0xae, 0x00), VEC_NM);                    /* fxsave */
    guest_set_control(guest, GUEST_CR0 | CR0_EM, GUEST_CR4);
    CHECK_EQ(RUN(0xd9, 0xe8), VEC_NM);
    CHECK_EQ(RUN(0x0f, 0xae, 0x00), VEC_NM);
}

static void wait_is_nm_only_with_mp_and_ts(void)
{
    start();
    guest_set_control(guest, GUEST_CR0 | CR0_TS, GUEST_CR4);
    CHECK_EQ(RUN(0x9b), VEC_NM);
    guest_set_control(guest, (GUEST_CR0 | CR0_TS) & ~(uint64_t)CR0_MP, GUEST_CR4);
    CHECK_EQ(RUN(0x9b), -1);
    guest_set_control(guest, GUEST_CR0 | CR0_EM, GUEST_CR4);
    CHECK_EQ(RUN(0x9b), -1);
}

static void undefined_encodings_are_ud_before_nm(void)
{
    start();
    guest_set_control(guest, GUEST_CR0 | CR0_TS, GUEST_CR4);
    CHECK_EQ(RUN(0xd9, 0xd1), VEC_UD);
    CHECK_EQ(RUN(0xdb, 0x20), VEC_UD);
}

static void an_unmasked_exception_waits_for_the_next_waiting_instruction(void)
{
    start();
    UNMASK_ZERO;
    CHECK_EQ(RUN(PENDING), -1);
    CHECK_EQ(word(out.regs.fx + 2) & 0x8084, 0x8084);           /* B, ES, ZE */
    CHECK_EQ(RUN(PENDING, 0x9b), VEC_MF);
    CHECK_EQ(out.regs.rip, SANDBOX_CODE + 6);
    CHECK_EQ(RUN(PENDING, 0xd9, 0xe8), VEC_MF);
    CHECK_EQ(RUN(PENDING, 0x0f, 0xfc, 0xc1), VEC_MF);           /* paddb mm0, mm1 */
    CHECK_EQ(RUN(PENDING, 0x0f, 0x77), VEC_MF);                 /* emms */
}

static void instructions_that_do_not_wait_go_on(void)
{
    start();
    UNMASK_ZERO;
    CHECK_EQ(RUN(PENDING, 0xdf, 0xe0), -1);                     /* fnstsw ax */
    CHECK_EQ(out.regs.gpr[RAX] & 0x84, 0x84);
    CHECK_EQ(RUN(PENDING, 0xdd, 0x38), -1);                     /* fnstsw [rax] */
    CHECK_EQ(RUN(PENDING, 0xd9, 0x38), -1);                     /* fnstcw [rax] */
    CHECK_EQ(RUN(PENDING, 0x0f, 0xae, 0x00), -1);               /* fxsave */
    CHECK_EQ(RUN(PENDING, 0xdb, 0xe2, 0x9b), -1);               /* fnclex; wait */
    CHECK_EQ(RUN(PENDING, 0xdb, 0xe3, 0x9b), -1);               /* fninit; wait */
}

static void unmasking_a_pending_flag_makes_it_pending(void)
{
    uint16_t cw = 0x37b;

    start();
    memcpy(guest_data(guest), &cw, 2);
    CHECK_EQ(RUN(PENDING, 0x9b), -1);                           /* masked */
    CHECK_EQ(RUN(PENDING, 0xd9, 0x28, 0x9b), VEC_MF);           /* fldcw */
}

static void cr0_ne_clear_behaves_like_ne_set(void)
{
    start();
    UNMASK_ZERO;
    guest_set_control(guest, GUEST_CR0 & ~(uint64_t)CR0_NE, GUEST_CR4);
    CHECK_EQ(RUN(PENDING, 0x9b), VEC_MF);
}

static void a_store_with_an_unmasked_exception_stores_nothing(void)
{
    start();
    in.fx[0] = 0x7e;                                            /* IM clear */
    CHECK_EQ(RUN(0xd9, 0x18), -1);                              /* fstp m32 of an empty stack */
    CHECK_EQ(guest_data(guest)[0], 0xcc);
    CHECK_EQ(word(out.regs.fx + 2) & 0x80c1, 0x80c1);
}

static void fnstenv_has_28_or_14_bytes_no_pointers_and_masks_all(void)
{
    const uint8_t *d = guest_data(guest);

    start();
    UNMASK_ZERO;
    CHECK_EQ(RUN(0xd9, 0xe8, 0xd9, 0x30), -1);                  /* fld1; fnstenv [rax] */
    CHECK_EQ(word(d), 0x37b);
    CHECK_EQ(word(d + 8), 0x3fff);                              /* R7 valid */
    CHECK_EQ(word(d + 4) & FSW_TOP_FIELD, 7 << 11);
    for (unsigned n = 12; n < 26; n++)
        CHECK_EQ(d[n], 0);
    CHECK_EQ(d[28], 0xcc);
    CHECK_EQ(word(out.regs.fx), 0x37f);
    start();
    CHECK_EQ(RUN(0xd9, 0xee, 0x66, 0xd9, 0x30), -1);            /* fldz; 16-bit */
    CHECK_EQ(word(d), 0x37f);
    CHECK_EQ(word(d + 4), 0x7fff);                              /* R7 zero */
    for (unsigned n = 6; n < 14; n++)
        CHECK_EQ(d[n], 0);
    CHECK_EQ(d[14], 0xcc);
}

static void fnsave_and_frstor_keep_everything_and_fnsave_initialises(void)
{
    start();
    CHECK_EQ(RUN(0xd9, 0xe8, 0xd9, 0xeb, 0xdd, 0x30), -1);      /* fld1; fldpi; fnsave */
    CHECK_EQ(out.regs.fx[4], 0);
    CHECK_EQ(word(out.regs.fx + 2), 0);
    in = out.regs;
    in.rip = SANDBOX_CODE;
    CHECK_EQ(RUN(0xdd, 0x20), -1);                              /* frstor */
    CHECK_EQ(out.regs.fx[4], 0xc0);
    CHECK_EQ(word(out.regs.fx + 32 + 8), 0x4000);               /* st0 = pi */
    CHECK_EQ(word(out.regs.fx + 48 + 8), 0x3fff);
}

static void mmx_is_ud_with_em_and_nm_with_ts(void)
{
    start();
    guest_set_control(guest, GUEST_CR0 | CR0_EM, GUEST_CR4);
    CHECK_EQ(RUN(0x0f, 0xfc, 0xc1), VEC_UD);
    guest_set_control(guest, GUEST_CR0 | CR0_TS, GUEST_CR4);
    CHECK_EQ(RUN(0x0f, 0xfc, 0xc1), VEC_NM);
    guest_set_control(guest, GUEST_CR0, GUEST_CR4 & ~(uint64_t)CR4_OSFXSR);
    CHECK_EQ(RUN(0x0f, 0xfc, 0xc1), -1);
}

static void mmx_registers_are_the_physical_x87_registers(void)
{
    const uint8_t *d = guest_data(guest);

    start();
    /* fld1 (R7); movq [rax], mm7; movd mm2, eax */
    CHECK_EQ(RUN(0xd9, 0xe8, 0x0f, 0x7f, 0x38, 0x0f, 0x6e, 0xd0), -1);
    CHECK_EQ(d[7], 0x80);
    CHECK_EQ(out.regs.fx[4], 0xff);                             /* all valid, TOP = 0 */
    CHECK_EQ(word(out.regs.fx + 2) & FSW_TOP_FIELD, 0);
    CHECK_EQ(word(out.regs.fx + 32 + 16 * 2 + 8), 0xffff);
    CHECK_EQ(RUN(0x0f, 0x6e, 0xd0, 0x0f, 0x77), -1);            /* movd; emms */
    CHECK_EQ(out.regs.fx[4], 0);
}

int main(void)
{
    guest = guest_new();
    if (!guest)
        return 1;
    TEST(with_ts_or_em_x87_is_nm);
    TEST(wait_is_nm_only_with_mp_and_ts);
    TEST(undefined_encodings_are_ud_before_nm);
    TEST(an_unmasked_exception_waits_for_the_next_waiting_instruction);
    TEST(instructions_that_do_not_wait_go_on);
    TEST(unmasking_a_pending_flag_makes_it_pending);
    TEST(cr0_ne_clear_behaves_like_ne_set);
    TEST(a_store_with_an_unmasked_exception_stores_nothing);
    TEST(fnstenv_has_28_or_14_bytes_no_pointers_and_masks_all);
    TEST(fnsave_and_frstor_keep_everything_and_fnsave_initialises);
    TEST(mmx_is_ud_with_em_and_nm_with_ts);
    TEST(mmx_registers_are_the_physical_x87_registers);
    guest_free(guest);
    return test_end();
}
