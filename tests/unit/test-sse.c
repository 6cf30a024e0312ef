/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SSE on the software CPU: who may execute it, MXCSR, alignment
 *
 * What the instructions compute is test-insn-host's subject; here are the rules around them.
 * Reference: Intel SDM volume 1, chapters 10 and 11; volume 3, sections 2.5 and 13.1; volume 2.
 */
#include "tests/unit/fpu-bench.h"

static void start(void)
{
    regs_init();
    in.gpr[RDI] = SANDBOX_DATA;
}

static void set_mxcsr(uint32_t v)
{
    memcpy(in.fx + 24, &v, 4);
}

static uint32_t get_mxcsr(void)
{
    uint32_t v;

    memcpy(&v, out.regs.fx + 24, 4);
    return v;
}

static void set_xmm(unsigned n, double v)
{
    memcpy(in.fx + 160 + 16 * n, &v, 8);
}

static double get_xmm(unsigned n)
{
    double v;

    memcpy(&v, out.regs.fx + 160 + 16 * n, 8);
    return v;
}

#define ADDSD 0xf2, 0x0f, 0x58, 0xc1                            /* addsd xmm0, xmm1 */
#define DIVSD 0xf2, 0x0f, 0x5e, 0xc1
#define MULSD 0xf2, 0x0f, 0x59, 0xc1

static void without_cr4_osfxsr_sse_is_ud(void)
{
    start();
    guest_set_control(guest, GUEST_CR0, GUEST_CR4 & ~(uint64_t)CR4_OSFXSR);
    CHECK_EQ(RUN(ADDSD), VEC_UD);
    CHECK_EQ(RUN(0x0f, 0x28, 0xc1), VEC_UD);                    /* movaps */
    CHECK_EQ(RUN(0x66, 0x0f, 0xef, 0xc1), VEC_UD);              /* pxor */
    CHECK_EQ(RUN(0x0f, 0xae, 0x10), VEC_UD);                    /* ldmxcsr */
    CHECK_EQ(RUN(0x0f, 0xae, 0xf8), -1);                        /* sfence */
    CHECK_EQ(RUN(0x0f, 0xc3, 0x08), -1);                        /* movnti */
    CHECK_EQ(RUN(0x0f, 0xae, 0x38), -1);                        /* clflush */
}

static void with_cr0_em_sse_is_ud_even_when_ts_is_set(void)
{
    start();
    guest_set_control(guest, GUEST_CR0 | CR0_EM | CR0_TS, GUEST_CR4);
    CHECK_EQ(RUN(ADDSD), VEC_UD);
    CHECK_EQ(RUN(0x66, 0x0f, 0x6f, 0x00), VEC_UD);              /* movdqa */
}

static void with_cr0_ts_sse_is_nm(void)
{
    start();
    guest_set_control(guest, GUEST_CR0 | CR0_TS, GUEST_CR4);
    CHECK_EQ(RUN(ADDSD), VEC_NM);
    CHECK_EQ(RUN(0x66, 0x0f, 0x6f, 0x00), VEC_NM);
    CHECK_EQ(RUN(0x0f, 0xae, 0x18), VEC_NM);                    /* stmxcsr */
    CHECK_EQ(RUN(0x0f, 0xc3, 0x08), -1);                        /* movnti */
    guest_set_control(guest, GUEST_CR0, GUEST_CR4);
    CHECK_EQ(RUN(ADDSD), -1);
}

static void an_unmasked_exception_is_xm_and_leaves_the_destination(void)
{
    start();
    set_mxcsr(0x1f80 & ~0x200u);                                /* ZM */
    set_xmm(0, 1);
    CHECK_EQ(RUN(DIVSD), VEC_XM);
    CHECK(get_xmm(0) == 1);
    CHECK_EQ(get_mxcsr() & 0x3f, 4);
    CHECK_EQ(out.regs.rip, SANDBOX_CODE);
}

static void without_cr4_osxmmexcpt_it_is_ud(void)
{
    start();
    guest_set_control(guest, GUEST_CR0, GUEST_CR4 & ~(uint64_t)CR4_OSXMMEXCPT);
    set_mxcsr(0x1f80 & ~0x200u);
    set_xmm(0, 1);
    CHECK_EQ(RUN(DIVSD), VEC_UD);
}

static void a_flag_that_is_set_already_raises_nothing(void)
{
    start();
    set_mxcsr((0x1f80 & ~0x200u) | 4);
    set_xmm(0, 1);
    set_xmm(1, 2);
    CHECK_EQ(RUN(ADDSD), -1);
    CHECK(get_xmm(0) == 3);
    CHECK_EQ(get_mxcsr(), (0x1f80 & ~0x200u) | 4);
}

static void unmasked_underflow_counts_exact_denormals(void)
{
    start();
    set_xmm(0, 0x1p-1000);
    set_xmm(1, 0x1p-60);
    CHECK_EQ(RUN(MULSD), -1);                                   /* masked: exact, so no flag */
    CHECK_EQ(get_mxcsr(), 0x1f80);
    set_mxcsr(0x1f80 & ~0x800u);
    CHECK_EQ(RUN(MULSD), VEC_XM);
    CHECK_EQ(get_mxcsr() & 0x10, 0x10);
    CHECK(get_xmm(0) == 0x1p-1000);
}

static void rounding_and_flush_to_zero_follow_mxcsr(void)
{
    start();
    set_xmm(0, 1);
    set_xmm(1, 3);
    set_mxcsr(0x1f80 | 2 << 13);
    CHECK_EQ(RUN(DIVSD), -1);
    CHECK(get_xmm(0) > 1.0 / 3);
    set_mxcsr(0x9f80);
    set_xmm(0, 0x1p-1000);
    set_xmm(1, 0x1.1p-60);
    CHECK_EQ(RUN(MULSD), -1);
    CHECK(get_xmm(0) == 0);
    CHECK_EQ(get_mxcsr() & 0x3f, 0x30);
}

static void a_reserved_mxcsr_bit_is_gp(void)
{
    uint32_t bad = 0x11f80;

    start();
    memcpy(guest_data(guest), &bad, 4);
    CHECK_EQ(RUN(0x0f, 0xae, 0x10), VEC_GP);                    /* ldmxcsr */
    CHECK_EQ(out.error, 0);
    memset(guest_data(guest), 0, 512);
    memcpy(guest_data(guest) + 24, &bad, 4);
    CHECK_EQ(RUN(0x0f, 0xae, 0x08), VEC_GP);                    /* fxrstor */
    CHECK_EQ(get_mxcsr(), 0x1f80);
}

static void a_misaligned_operand_is_gp_where_alignment_is_asked_for(void)
{
    start();
    in.gpr[RAX]++;
    CHECK_EQ(RUN(0x0f, 0x28, 0x00), VEC_GP);                    /* movaps xmm0, [rax] */
    CHECK_EQ(RUN(0x66, 0x0f, 0xfe, 0x00), VEC_GP);              /* paddd */
    CHECK_EQ(RUN(0x0f, 0x10, 0x00), -1);                        /* movups */
    CHECK_EQ(RUN(0xf2, 0x0f, 0x58, 0x00), -1);                  /* addsd */
    CHECK_EQ(RUN(0xf2, 0x0f, 0xf0, 0x00), -1);                  /* lddqu */
    CHECK_EQ(RUN(0x0f, 0xae, 0x00), VEC_GP);                    /* fxsave */
}

static void fxsave_writes_the_image_and_keeps_what_lies_behind_it(void)
{
    uint8_t *d = guest_data(guest);

    start();
    set_xmm(15, 7);
    memset(d, 0xee, 512);
    CHECK_EQ(RUN(0x48, 0x0f, 0xae, 0x00), -1);
    CHECK(!memcmp(d + 160, in.fx + 160, 256));
    CHECK_EQ(d[0], 0x7f);
    CHECK_EQ(d[416], 0xee);
    for (unsigned n = 6; n < 24; n++)
        CHECK_EQ(d[n], 0);                                      /* FOP, FIP, FDP */
}

static void sse4a_and_3dnow_are_ud(void)
{
    start();
    CHECK_EQ(RUN(0x66, 0x0f, 0x79, 0xc1), VEC_UD);              /* extrq */
    CHECK_EQ(RUN(0xf2, 0x0f, 0x2b, 0x00), VEC_UD);              /* movntsd */
    CHECK_EQ(RUN(0x0f, 0x0f, 0xc1, 0x9e), VEC_UD);              /* pfadd */
}

int main(void)
{
    guest = guest_new();
    if (!guest)
        return 1;
    TEST(without_cr4_osfxsr_sse_is_ud);
    TEST(with_cr0_em_sse_is_ud_even_when_ts_is_set);
    TEST(with_cr0_ts_sse_is_nm);
    TEST(an_unmasked_exception_is_xm_and_leaves_the_destination);
    TEST(without_cr4_osxmmexcpt_it_is_ud);
    TEST(a_flag_that_is_set_already_raises_nothing);
    TEST(unmasked_underflow_counts_exact_denormals);
    TEST(rounding_and_flush_to_zero_follow_mxcsr);
    TEST(a_reserved_mxcsr_bit_is_gp);
    TEST(a_misaligned_operand_is_gp_where_alignment_is_asked_for);
    TEST(fxsave_writes_the_image_and_keeps_what_lies_behind_it);
    TEST(sse4a_and_3dnow_are_ud);
    guest_free(guest);
    return test_end();
}
