/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/sys-bench.h"
#include "accel/soft/debug.h"
#include "accel/soft/smm.h"

/*
 * System instructions: segments, far transfers, fast system calls, control registers, MSRs, ports, SMM
 */

static uint64_t pop_at(unsigned n, unsigned size)
{
    return ram_get(bench.e->r[RSP] + n * size, size);
}

/* The instruction must raise this; in long mode at CPL 0 or 3. */
#define RAISES(vector, error, call)                             \
    do {                                                        \
        CHECK(!(call));                                         \
        CHECK_EQ(bench_vector(), vector);                       \
        if ((error) >= 0)                                       \
            CHECK_EQ(pop_at(0, bench.e->code64 ? 8 : 4), error); \
    } while (0)

static void mov_to_sreg_checks(void)
{
    static const struct { uint8_t sreg, cpl; uint16_t sel; int vector, error; } row[] = {
        { DS, 0, SEL_DATA0, -1, 0 }, { DS, 0, 0, -1, 0 }, { DS, 0, 3, -1, 0 }, { DS, 3, SEL_DATA3, -1, 0 },
        { DS, 3, SEL_DATA0, VEC_GP, SEL_DATA0 }, { DS, 0, SEL_DATA0 | 3, VEC_GP, SEL_DATA0 },
        { DS, 0, SEL_ABSENT, VEC_NP, SEL_ABSENT }, { DS, 0, SEL_END, VEC_GP, SEL_END },
        { DS, 0, SEL_TSS, VEC_GP, SEL_TSS },
        { ES, 3, SEL_CONFORMING | 3, -1, 0 }, { FS, 0, SEL_CODE0, -1, 0 }, { GS, 0, 0x1c, VEC_GP, 0x1c },
        { SS, 0, SEL_DATA0, -1, 0 }, { SS, 0, 0, VEC_GP, 0 }, { SS, 0, SEL_RO, VEC_GP, SEL_RO },
        { SS, 0, SEL_ABSENT, VEC_SS, SEL_ABSENT }, { SS, 0, SEL_DATA3, VEC_GP, SEL_DATA3 & ~3 },
        { SS, 3, SEL_DATA3, -1, 0 },
        { SS, 0, SEL_CODE0, VEC_GP, SEL_CODE0 }, { CS, 0, SEL_CODE0, VEC_UD, -1 }, { 6, 0, SEL_DATA0, VEC_UD, -1 },
    };

    for (unsigned n = 0; n < sizeof(row) / sizeof(row[0]); n++) {
        struct env *e = bench_prot();

        if (row[n].cpl)
            bench_level(SEL_CODE3, SEL_DATA3);
        e->r[RCX] = row[n].sel;
        if (row[n].vector < 0) {
            CHECK(OP(mov_to_sreg, .reg = row[n].sreg, .rm = RCX));
            CHECK_EQ(e->x.seg[row[n].sreg].sel, row[n].sel);
            CHECK_EQ(e->x.inhibit, row[n].sreg == SS);
        } else {
            RAISES(row[n].vector, row[n].error, OP(mov_to_sreg, .reg = row[n].sreg, .rm = RCX));
        }
    }
}

static void loads_set_the_accessed_bit(void)
{
    struct env *e = bench_prot();

    ram_put(GDT_AT + SEL_DATA3 - 3 + 5, 1, ram_get(GDT_AT + SEL_DATA3 - 3 + 5, 1) & ~1);
    e->r[RAX] = SEL_DATA3;
    CHECK(OP(mov_to_sreg, .reg = ES, .rm = RAX));
    CHECK(ram_get(GDT_AT + SEL_DATA3 - 3 + 5, 1) & 1);
    CHECK(e->x.seg[ES].attr & SEG_ACCESSED);
}

static void null_ss_is_for_64_bit_mode_below_cpl_3(void)
{
    struct env *e = bench_long();

    e->r[RAX] = 0;
    CHECK(OP(mov_to_sreg, .reg = SS, .rm = RAX));
    CHECK_EQ(e->cpl, 0);
    bench_long_user();
    e = bench.e;
    e->r[RAX] = 3;
    RAISES(VEC_GP, 0, OP(mov_to_sreg, .reg = SS, .rm = RAX));
}

static void real_mode_loads_keep_the_limit(void)
{
    struct env *e = bench_init();

    e->x.seg[DS].limit = 0xffffffff;
    e->r[RAX] = 0x1234;
    CHECK(OP(mov_to_sreg, .reg = DS, .rm = RAX, .osz = 2));
    CHECK_EQ(e->x.seg[DS].base, 0x12340);
    CHECK_EQ(e->x.seg[DS].limit, 0xffffffff);
}

static void push_and_pop_of_segment_registers(void)
{
    struct env *e = bench_prot();

    CHECK(OP(push_sreg, .opcode = 0x1e, .osz = 4));
    CHECK_EQ(e->r[RSP], STACK0 - 4);
    CHECK_EQ(pop_at(0, 4), SEL_DATA0);
    ram_put(STACK0 - 4, 4, SEL_DATA3);
    CHECK(OP(pop_sreg, .opcode = 0x07, .osz = 4));
    CHECK_EQ(e->x.seg[ES].sel, SEL_DATA3);
    CHECK_EQ(e->r[RSP], STACK0);
    ram_put(STACK0, 4, SEL_ABSENT);
    RAISES(VEC_NP, SEL_ABSENT, OP(pop_sreg, .opcode = 0x07, .osz = 4));
    CHECK_EQ(e->r[RSP], STACK0 - 16);       /* the frame; the pop itself did not happen */
}

static void lss_loads_both_or_nothing(void)
{
    struct env *e = bench_prot();

    ram_put(0x3000, 4, 0x55667788);
    ram_put(0x3004, 2, SEL_DATA0);
    CHECK(OP(load_far_ptr, .map = 1, .opcode = 0xb2, .reg = RSP, .osz = 4, MEM(0x3000)));
    CHECK_EQ(e->r[RSP], 0x55667788);
    e->r[RSP] = STACK0;
    ram_put(0x3004, 2, SEL_RO);
    RAISES(VEC_GP, SEL_RO, OP(load_far_ptr, .map = 1, .opcode = 0xb2, .reg = RSP, .osz = 4, MEM(0x3000)));
    CHECK_EQ(e->r[RSP], STACK0 - 16);
}

static void segment_limits_and_rights(void)
{
    struct env *e = bench_prot();
    struct insn i = { .flags = I_MEM | I_SEGCHECK, .base = REG_NONE, .index = REG_NONE, .seg = DS,
                      .ea_mask = 0xffffffff };

    e->x.seg[DS] = bench_seg(SEL_DATA16);
    mode_update(e);
    CHECK(!(e->key & KEY_FLAT_DATA));
    i.disp = 0xfffc;
    CHECK_EQ(ea(e, &i, 4, true), 0x2fffc);
    i.disp = 0xfffd;
    if (!setjmp(e->unwind)) {
        ea(e, &i, 4, false);
        CHECK(false);
    }
    CHECK_EQ(bench_vector(), VEC_GP);
    e = bench_prot();
    e->x.seg[DS] = (struct x86_seg){ .limit = 0xfff, .attr = SEG_P | SEG_S | SEG_RW | SEG_CE | SEG_DB };    /* down */
    i.disp = 0x1000;
    CHECK_EQ(ea(e, &i, 4, true), 0x1000);
    i.disp = 0xfff;
    if (!setjmp(e->unwind)) {
        ea(e, &i, 4, true);
        CHECK(false);
    }
    e = bench_prot();
    e->x.seg[DS] = bench_seg(SEL_RO);
    CHECK_EQ(ea(e, &i, 4, false), 0xfff);
    if (!setjmp(e->unwind)) {
        ea(e, &i, 4, true);
        CHECK(false);
    }
    CHECK_EQ(bench_vector(), VEC_GP);
}

static void lar_lsl_verr_verw_arpl(void)
{
    struct env *e = bench_prot();

    e->r[RCX] = SEL_DATA3;
    CHECK(OP(lar, .reg = RAX, .rm = RCX, .osz = 4));
    CHECK_EQ(e->r[RAX], (A_DATA | A_FLAT | A_DPL3) & 0xf0ff00);
    CHECK(env_rflags(e) & FLAG_ZF);
    CHECK(OP(lsl, .reg = RAX, .rm = RCX, .osz = 4));
    CHECK_EQ(e->r[RAX], 0xffffffff);
    e->r[RCX] = SEL_TASKGATE;
    CHECK(OP(lsl, .reg = RAX, .rm = RCX, .osz = 4));
    CHECK(!(env_rflags(e) & FLAG_ZF));
    CHECK(OP(lar, .reg = RAX, .rm = RCX, .osz = 4));
    CHECK(env_rflags(e) & FLAG_ZF);
    e->r[RCX] = SEL_RO;
    CHECK(OP(verr, .rm = RCX));
    CHECK(env_rflags(e) & FLAG_ZF);
    CHECK(OP(verw, .rm = RCX));
    CHECK(!(env_rflags(e) & FLAG_ZF));
    bench_level(SEL_CODE3, SEL_DATA3);
    CHECK(OP(verr, .rm = RCX));
    CHECK(!(env_rflags(e) & FLAG_ZF));
    e->r[RAX] = 0x10;
    e->r[RCX] = 3;
    CHECK(OP(arpl, .rm = RAX, .reg = RCX));
    CHECK_EQ(e->r[RAX], 0x13);
    CHECK(env_rflags(e) & FLAG_ZF);
}

static void descriptor_tables(void)
{
    struct env *e = bench_prot();

    e->r[RAX] = SEL_LDT;
    CHECK(OP(lldt, .rm = RAX));
    CHECK_EQ(e->x.ldt.base, LDT_AT);
    put_desc(LDT_AT, 0x0c, 0x777000, 0xfff, A_DATA | SEG_DB);
    e->r[RAX] = 0x0c;
    CHECK(OP(mov_to_sreg, .reg = FS, .rm = RAX));
    CHECK_EQ(e->x.seg[FS].base, 0x777000);
    e->r[RAX] = SEL_TSS2;
    CHECK(OP(ltr, .rm = RAX));
    CHECK_EQ(e->x.tr.base, TSS2_AT);
    CHECK(ram_get(GDT_AT + SEL_TSS2 + 5, 1) & 2);
    RAISES(VEC_GP, SEL_TSS2, OP(ltr, .rm = RAX));
    e = bench_prot();
    ram_put(0x3000, 2, 0x1ff);
    ram_put(0x3002, 4, 0x89abcdef);
    CHECK(OP(lgdt, .osz = 4, MEM(0x3000)));
    CHECK_EQ(e->x.gdt.base, 0x89abcdef);
    CHECK_EQ(e->x.gdt.limit, 0x1ff);
    CHECK(OP(lidt, .osz = 2, MEM(0x3000)));
    CHECK_EQ(e->x.idt.base, 0xabcdef);
    CHECK(OP(sgdt, .osz = 4, MEM(0x3010)));
    CHECK_EQ(ram_get(0x3010, 2), 0x1ff);
    CHECK_EQ(ram_get(0x3012, 4), 0x89abcdef);
    bench_long_user();
    RAISES(VEC_GP, 0, OP(lgdt, MEM(0x3000)));
}

static void far_jumps_and_calls_real_and_protected(void)
{
    struct env *e = bench_init();

    e->x.seg[SS] = seg_real(0x3000, 0xffff, SEG_ATTR_REAL);
    e->r[RSP] = 0x100;
    e->pc = 0x50;
    mode_update(e);
    CHECK(OP(call_far_imm, .osz = 2, .imm = 0x2000ull << 32 | 0x1234, .len = 5));
    CHECK_EQ(e->x.seg[CS].base, 0x20000);
    CHECK_EQ(e->pc, 0x1234);
    CHECK_EQ(ram_get(0x300fc, 2), 0x55);
    CHECK_EQ(ram_get(0x300fe, 2), 0xf000);
    CHECK(OP(ret_far, .osz = 2, .imm = 4));
    CHECK_EQ(e->pc, 0x55);
    CHECK_EQ(e->r[RSP], 0x104);

    e = bench_prot();
    CHECK(OP(jmp_far_imm, .osz = 4, .imm = (uint64_t)SEL_CODE16 << 32 | 0x9999));
    CHECK_EQ(e->x.seg[CS].base, 0x10000);
    CHECK_EQ(e->ip_mask, 0xffff);
    RAISES(VEC_GP, 0, OP(jmp_far_imm, .osz = 4, .imm = 0x1000));
    e = bench_prot();
    RAISES(VEC_GP, SEL_CODE3 & ~3, OP(jmp_far_imm, .osz = 4, .imm = (uint64_t)SEL_CODE3 << 32));
    e = bench_prot();
    RAISES(VEC_GP, 0, OP(jmp_far_imm, .osz = 4, .imm = (uint64_t)SEL_CODE16 << 32 | 0x10000));
}

static void call_gate_to_an_inner_level_copies_parameters(void)
{
    struct env *e = bench_prot();

    ram_put(GDT_AT + SEL_GATE, 4, SEL_CODE0 << 16 | 0x4321);
    ram_put(GDT_AT + SEL_GATE + 4, 4, SEG_P | A_DPL3 | 12 << 8 | 2);
    bench_level(SEL_CODE3, SEL_DATA3);
    e->r[RSP] = STACK3 - 8;
    ram_put(STACK3 - 8, 4, 0x1111);
    ram_put(STACK3 - 4, 4, 0x2222);
    CHECK(OP(call_far_imm, .osz = 4, .imm = (uint64_t)(SEL_GATE | 3) << 32, .len = 7));
    CHECK_EQ(e->pc, 0x4321);
    CHECK_EQ(e->cpl, 0);
    CHECK_EQ(e->r[RSP], STACK0 - 24);
    CHECK_EQ(pop_at(0, 4), 0x1007);
    CHECK_EQ(pop_at(1, 4), SEL_CODE3);
    CHECK_EQ(pop_at(2, 4), 0x1111);
    CHECK_EQ(pop_at(3, 4), 0x2222);
    CHECK_EQ(pop_at(4, 4), STACK3 - 8);
    CHECK_EQ(pop_at(5, 4), SEL_DATA3);
    CHECK(OP(ret_far, .osz = 4, .imm = 8));
    CHECK_EQ(e->cpl, 3);
    CHECK_EQ(e->pc, 0x1007);
    CHECK_EQ(e->r[RSP], STACK3);
}

static void far_return_to_compatibility_mode(void)
{
    struct env *e = bench_long();

    e->r[RSP] = STACK0 - 64;
    ram_put(STACK0 - 64, 8, 0x123456789);
    ram_put(STACK0 - 56, 8, SEL_CODE0);
    RAISES(VEC_GP, 0, OP(ret_far, .osz = 8));
    e = bench_long();
    e->r[RSP] = STACK0 - 64;
    ram_put(STACK0 - 64, 8, 0x23456789);
    ram_put(STACK0 - 56, 8, SEL_CODE0);
    CHECK(OP(ret_far, .osz = 8));
    CHECK(!e->code64);
    CHECK(e->key & KEY_CS32);
    CHECK_EQ(e->pc, 0x23456789);
}

static void put_frame(struct env *e, unsigned n, const uint64_t *words)
{
    e->r[RSP] = STACK0 - 64;
    for (unsigned i = 0; i < n; i++)
        ram_put(STACK0 - 64 + 8 * i, 8, words[i]);
}

/* L and D together are reserved: no return goes there, neither a far one nor IRET's. */
static void no_return_to_64_and_32_bit_code_at_once(void)
{
    static const uint64_t far[] = { 0, SEL_CODE64_3, STACK3, SEL_DATA3 };
    static const uint64_t all[] = { 0, SEL_CODE64_3, 2, STACK3, SEL_DATA3 };
    unsigned at = GDT_AT + (SEL_CODE64_3 & ~7) + 4;
    struct env *e = bench_long();
    uint32_t hi = ram_get(at, 4);

    ram_put(at, 4, hi | SEG_DB);
    put_frame(e, 4, far);
    RAISES(VEC_GP, SEL_CODE64_3 & ~3, OP(ret_far, .osz = 8));
    put_frame(e, 5, all);
    RAISES(VEC_GP, SEL_CODE64_3 & ~3, OP(iret, .osz = 8));
    ram_put(at, 4, hi);
    put_frame(e, 4, far);
    CHECK(OP(ret_far, .osz = 8));
    CHECK(e->code64);
    CHECK_EQ(e->cpl, 3);
}

static void syscall_and_sysret(void)
{
    struct env *e = bench_long_user();

    e->x.star = (uint64_t)0x33 << 48 | (uint64_t)0x10 << 32;
    e->x.lstar = 0xffff800000123000ull;
    e->x.fmask = FLAG_IF | FLAG_TF | FLAG_CF;
    env_set_rflags(e, FLAG_1 | FLAG_IF | FLAG_CF | FLAG_ZF);
    CHECK(OP(syscall));
    CHECK_EQ(e->pc, 0xffff800000123000ull);
    CHECK_EQ(e->r[RCX], 0x1002);
    CHECK_EQ(e->r[R11], FLAG_1 | FLAG_IF | FLAG_CF | FLAG_ZF);
    CHECK_EQ(env_rflags(e), FLAG_1 | FLAG_ZF);
    CHECK_EQ(e->x.seg[CS].sel, 0x10);
    CHECK_EQ(e->x.seg[SS].sel, 0x18);
    CHECK_EQ(e->cpl, 0);
    CHECK(e->code64);
    CHECK(OP(sysret, .osz = 8));
    CHECK_EQ(e->pc, 0x1002);
    CHECK_EQ(e->cpl, 3);
    CHECK_EQ(e->x.seg[CS].sel, 0x43);
    CHECK_EQ(e->x.seg[SS].sel, 0x3b);
    CHECK_EQ(env_rflags(e), FLAG_1 | FLAG_IF | FLAG_CF | FLAG_ZF);
    RAISES(VEC_GP, 0, OP(sysret, .osz = 8));
    e = bench_long();
    e->r[RCX] = 1ull << 47;
    RAISES(VEC_GP, 0, OP(sysret, .osz = 8));
    e = bench_long();
    e->x.efer &= ~(uint64_t)EFER_SCE;
    RAISES(VEC_UD, -1, OP(syscall));
    e = bench_long();
    e->x.star = (uint64_t)0x33 << 48;
    e->r[RCX] = 0x100001234;
    CHECK(OP(sysret, .osz = 4));
    CHECK_EQ(e->pc, 0x1234);
    CHECK_EQ(e->x.seg[CS].sel, 0x33);
    CHECK(!e->code64 && (e->key & KEY_CS32));
}

static void sysenter_and_sysexit(void)
{
    struct env *e = bench_prot();

    bench_level(SEL_CODE3, SEL_DATA3);
    RAISES(VEC_GP, 0, OP(sysenter));
    e = bench_prot();
    bench_level(SEL_CODE3, SEL_DATA3);
    e->x.sysenter_cs = SEL_CODE0;
    e->x.sysenter_esp = 0x7000;
    e->x.sysenter_eip = 0x8000;
    e->eflags |= FLAG_IF;
    CHECK(OP(sysenter));
    CHECK_EQ(e->cpl, 0);
    CHECK_EQ(e->pc, 0x8000);
    CHECK_EQ(e->r[RSP], 0x7000);
    CHECK(!(e->eflags & FLAG_IF));
    e->r[RCX] = STACK3;
    e->r[RDX] = 0x9000;
    CHECK(OP(sysexit));
    CHECK_EQ(e->cpl, 3);
    CHECK_EQ(e->pc, 0x9000);
    CHECK_EQ(e->r[RSP], STACK3);
    CHECK_EQ(e->x.seg[CS].sel, SEL_CODE3);
    CHECK_EQ(e->x.seg[SS].sel, SEL_DATA3);
}

static void swapgs_and_bases(void)
{
    struct env *e = bench_long();

    e->x.kernel_gs_base = 0xffff888000001000ull;
    e->x.seg[GS].base = 0x1234;
    CHECK(OP(swapgs));
    CHECK_EQ(e->seg_base[GS], 0xffff888000001000ull);
    CHECK_EQ(e->x.kernel_gs_base, 0x1234);
    RAISES(VEC_UD, -1, OP(wrfsbase, .rm = RAX));
    e->x.cr4 |= CR4_FSGSBASE;
    e->r[RAX] = 0x7fff12345678;
    CHECK(OP(wrfsbase, .rm = RAX));
    CHECK_EQ(e->seg_base[FS], 0x7fff12345678);
    CHECK(OP(rdfsbase, .rm = RBX, .osz = 4));
    CHECK_EQ(e->r[RBX], 0x12345678);
    e->r[RAX] = 1ull << 63;
    RAISES(VEC_GP, 0, OP(wrgsbase, .rm = RAX));
}

static void control_registers(void)
{
    struct env *e = bench_init();

    CHECK_EQ(e->x.cr0, CR0_CD | CR0_NW | CR0_ET);
    e->r[RAX] = CR0_PE;
    CHECK(OP(mov_to_cr, .reg = 0, .rm = RAX, .osz = 2));
    CHECK_EQ(e->x.cr0, CR0_PE | CR0_ET);
    CHECK(e->key & KEY_PE);
    e = bench_prot();
    e->r[RAX] = CR0_PG;
    RAISES(VEC_GP, 0, OP(mov_to_cr, .reg = 0, .rm = RAX));
    e = bench_prot();
    e->r[RAX] = CR0_PE | CR0_NW;
    RAISES(VEC_GP, 0, OP(mov_to_cr, .reg = 0, .rm = RAX));
    e = bench_prot();
    e->r[RAX] = CR4_LA57;
    RAISES(VEC_GP, 0, OP(mov_to_cr, .reg = 4, .rm = RAX));
    e = bench_prot();
    RAISES(VEC_UD, -1, OP(mov_to_cr, .reg = 1, .rm = RAX));
    e = bench_long();
    e->r[RAX] = 0;
    RAISES(VEC_GP, 0, OP(mov_to_cr, .reg = 4, .rm = RAX));
    e = bench_long();
    e->r[RAX] = 5;
    CHECK(OP(mov_to_cr, .reg = 8, .rm = RAX));
    CHECK_EQ(bench.tpr, 5);
    CHECK(OP(mov_from_cr, .reg = 8, .rm = RBX));
    CHECK_EQ(e->r[RBX], 5);
    e->r[RAX] = 16;
    RAISES(VEC_GP, 0, OP(mov_to_cr, .reg = 8, .rm = RAX));
    bench_long_user();
    RAISES(VEC_GP, 0, OP(mov_from_cr, .reg = 0, .rm = RAX));
}

static void long_mode_is_entered_by_lme_pae_and_pg(void)
{
    struct env *e = bench_prot();

    bench_tables();
    e->x.cr3 = PML4_AT;
    e->x.efer = EFER_LME;
    e->r[RAX] = CR0_PE | CR0_PG;
    RAISES(VEC_GP, 0, OP(mov_to_cr, .reg = 0, .rm = RAX));
    e = bench_prot();
    bench_tables();
    e->x.cr3 = PML4_AT;
    e->x.cr4 = CR4_PAE;
    e->r[RAX] = EFER_LME | EFER_NXE;
    e->r[RDX] = 0;
    e->r[RCX] = 0xc0000080u;
    CHECK(OP(wrmsr));
    e->r[RAX] = CR0_PE | CR0_PG;
    CHECK(OP(mov_to_cr, .reg = 0, .rm = RAX));
    CHECK(e->x.efer & EFER_LMA);
    CHECK(!e->code64);
    CHECK(OP(jmp_far_imm, .osz = 4, .imm = (uint64_t)SEL_CODE64 << 32 | 0x2000));
    CHECK(e->code64);
    e->r[RAX] = CR0_PE;
    e->x.idt.limit = 0;
    CHECK(!OP(mov_to_cr, .reg = 0, .rm = RAX));         /* #GP; without an IDT that is the end */
    CHECK(e->shutdown);
}

static void smsw_lmsw_clts(void)
{
    struct env *e = bench_prot();

    e->r[RAX] = CR0_TS | CR0_EM;
    CHECK(OP(lmsw, .rm = RAX));
    CHECK_EQ(e->x.cr0, CR0_PE | CR0_EM | CR0_TS | CR0_ET);
    CHECK(e->key & KEY_TS);
    CHECK(OP(clts));
    CHECK(!(e->key & KEY_TS));
    CHECK(OP(smsw, .rm = RBX, .osz = 4));
    CHECK_EQ(e->r[RBX], CR0_PE | CR0_EM | CR0_ET);
}

static void debug_registers(void)
{
    struct env *e = bench_long();

    e->r[RAX] = 0;
    CHECK(OP(mov_to_dr, .reg = 6, .rm = RAX));
    CHECK_EQ(e->x.dr[6], DR6_FIXED);
    CHECK(OP(mov_from_dr, .reg = 4, .rm = RBX));
    CHECK_EQ(e->r[RBX], DR6_FIXED);
    e->r[RAX] = DR7_GD | 0xf000;
    CHECK(OP(mov_to_dr, .reg = 7, .rm = RAX));
    CHECK_EQ(e->x.dr[7], DR7_FIXED | DR7_GD);
    RAISES(VEC_DB, -1, OP(mov_from_dr, .reg = 0, .rm = RBX));
    CHECK(e->x.dr[6] & DR6_BD);
    CHECK(!(e->x.dr[7] & DR7_GD));
    e = bench_long();
    e->x.cr4 |= CR4_DE;
    RAISES(VEC_UD, -1, OP(mov_from_dr, .reg = 5, .rm = RBX));
}

static bool msr_op(bool write, uint32_t msr, uint64_t v)
{
    struct env *e = bench.e;

    e->r[RCX] = msr;
    e->r[RAX] = (uint32_t)v;
    e->r[RDX] = v >> 32;
    return write ? OP(wrmsr) : OP(rdmsr);
}

static void model_specific_registers(void)
{
    static const struct { uint32_t msr; uint64_t good, bad; } row[] = {
        { 0xc0000082u, 0xffff800000000000ull, 1ull << 47 }, { 0xc0000102u, 0x1000, 1ull << 62 },
        { 0x277, 0x0007040600070406ull, 0x0202020202020202ull }, { 0x176, 0x1234, 0xff00000000000000ull },
        { 0x2ff, 0xc06, 0x1006 }, { 0x250, 0x0606060606060606ull, 0x0303030303030303ull }, { 0x200, 0x80000006u, 2 },
        { 0xc0000103u, 7, 1ull << 32 }, { 0xc0000081u, 0x0023001000000000ull, 0 }, { 0x400, ~0ull, 0 },
    };
    struct env *e = bench_long();

    for (unsigned n = 0; n < sizeof(row) / sizeof(row[0]); n++) {
        e = bench_long();
        CHECK(msr_op(true, row[n].msr, row[n].good));
        e->r[RAX] = e->r[RDX] = 0;
        CHECK(msr_op(false, row[n].msr, 0));
        CHECK_EQ(e->r[RAX] | e->r[RDX] << 32, row[n].good);
        if (row[n].bad)
            RAISES(VEC_GP, 0, msr_op(true, row[n].msr, row[n].bad));
    }
    e = bench_long();
    RAISES(VEC_GP, 0, msr_op(false, 0x12345678, 0));
    e = bench_long();
    RAISES(VEC_GP, 0, msr_op(true, 0xc0000080u, EFER_LME | EFER_LMA | 2));
    e = bench_long();
    RAISES(VEC_GP, 0, msr_op(true, 0xc0000080u, EFER_SCE));     /* LME cannot change while paging is on */
    e = bench_long();
    bench.tsc = 1000;
    CHECK(msr_op(true, 0x10, 5000));
    bench.tsc = 1500;
    CHECK(msr_op(false, 0x10, 0));
    CHECK_EQ(e->r[RAX], 5500);
    CHECK(msr_op(true, 0xc0000100u, 0x7000));
    CHECK_EQ(e->seg_base[FS], 0x7000);
    CHECK(msr_op(true, 0x1b, 0xfee00900));
    CHECK_EQ(bench.apic_base, 0xfee00900);
    RAISES(VEC_GP, 0, msr_op(false, 0x802, 0));
}

static void cli_sti_and_the_shadow(void)
{
    struct env *e = bench_long();

    CHECK(OP(sti));
    CHECK(e->eflags & FLAG_IF);
    CHECK(e->key & KEY_INHIBIT);
    e->x.inhibit = 0;
    CHECK(OP(sti));
    CHECK(!e->x.inhibit);
    CHECK(OP(cli));
    CHECK(!(e->eflags & FLAG_IF));
    e = bench_long_user();
    RAISES(VEC_GP, 0, OP(cli));
    e = bench_long_user();
    e->eflags |= FLAG_IOPL;
    mode_update(e);
    CHECK(OP(sti));
    CHECK(e->eflags & FLAG_IF);
}

static void vme_and_pvi_use_vif(void)
{
    struct env *e = bench_prot();

    bench_level(SEL_CODE3, SEL_DATA3);
    e->x.cr4 |= CR4_PVI;
    CHECK(OP(sti));
    CHECK_EQ(e->eflags & (FLAG_IF | FLAG_VIF), FLAG_VIF);
    CHECK(OP(cli));
    CHECK_EQ(e->eflags & FLAG_VIF, 0);
    e->eflags |= FLAG_VIP;
    RAISES(VEC_GP, 0, OP(sti));
}

static void ports_and_the_bitmap(void)
{
    struct env *e = bench_long();

    e->r[RDX] = 0x3f8;
    e->r[RAX] = ~0ull;
    CHECK(OP(in_dx, .opcode = 0xec, .osz = 1));
    CHECK_EQ(e->r[RAX], 0xffffffffffffffd4ull);
    CHECK(OP(in_dx, .opcode = 0xed, .osz = 4));
    CHECK_EQ(e->r[RAX], 0xa1b2c3d4);
    CHECK(OP(out_imm, .opcode = 0xe7, .osz = 2, .imm = 0x80));
    CHECK_EQ(bench.last_port, 0x80);
    CHECK_EQ(bench.last_out, 0xc3d4);
    bench_long_user();
    e = bench.e;
    put_desc(GDT_AT, SEL_TSS, TSS_AT, 0x2067, SEG_P | 9 << 8);
    e->r[RDX] = 0x71;
    CHECK(OP(out_dx, .opcode = 0xee));                  /* all bits clear: allowed */
    ram_put(TSS_AT + 104 + 0x72 / 8, 1, 1 << 2);
    CHECK(OP(out_dx, .opcode = 0xee));
    RAISES(VEC_GP, 0, OP(out_dx, .opcode = 0xef, .osz = 2));
    bench_long_user();
    e = bench.e;
    e->x.tr.limit = 103;
    RAISES(VEC_GP, 0, OP(in_imm, .opcode = 0xe4, .imm = 0x60));
}

static void ins_and_outs(void)
{
    struct env *e = bench_long();

    e->r[RDI] = 0x300000;
    e->r[RCX] = 3;
    e->r[RDX] = 0x1f0;
    CHECK(OP(ins, .opcode = 0x6d, .osz = 2, .flags = I_REP, .seg = SEGBASE_NONE));
    CHECK_EQ(ram_get(0x300000, 8), 0xc3d4c3d4c3d4);
    CHECK_EQ(e->r[RDI], 0x300006);
    CHECK_EQ(e->r[RCX], 0);
    CHECK_EQ(e->pc, 0x1002);
    e->r[RCX] = 3;
    e->r[RSI] = 0x300004;
    e->eflags |= FLAG_DF;
    atomic_store(&e->kick, KICK_IRQ);
    e->pc = 0x1000;
    CHECK(OP(outs, .opcode = 0x6e, .osz = 1, .flags = I_REP, .seg = SEGBASE_NONE));
    CHECK_EQ(e->r[RCX], 2);                             /* kicked: once, and again at the same instruction */
    CHECK_EQ(e->r[RSI], 0x300003);
    CHECK_EQ(e->pc, 0x1000);
    CHECK_EQ(bench.last_out, 0xd4);
    ram_put(PT_AT + 8 * 0x300, 8, 0);
    mmu_flush_all(e);
    bench.last_port = 0;
    e->r[RDI] = 0x300000;
    RAISES(VEC_PF, 2, OP(ins, .opcode = 0x6c, .osz = 1, .seg = SEGBASE_NONE));
    CHECK_EQ(bench.last_port, 0);                       /* the port was not touched */
}

static void smi_saves_and_rsm_restores_everything(void)
{
    struct env *e = bench_long_user();
    struct x86_state before, after;

    e->x.smbase = 0x30000;
    e->x.nmi_masked = 1;
    for (unsigned n = 0; n < X86_GPRS; n++)
        e->r[n] = 0x0101010101010101ull * (n + 1);
    e->r[RSP] = STACK3;
    env_set_rflags(e, FLAG_1 | FLAG_IF | FLAG_CF | FLAG_IOPL);
    e->x.smi_pending = 1;
    soft_state_get(e, &before);
    smm_enter(e);
    CHECK_EQ(bench.smm_changes, 1);
    CHECK_EQ(e->x.seg[CS].base, 0x30000);
    CHECK_EQ(e->x.seg[CS].sel, 0x3000);
    CHECK_EQ(e->pc, 0x8000);
    CHECK_EQ(e->x.cr0 & (CR0_PE | CR0_PG), 0);
    CHECK(e->key & KEY_SMM);
    CHECK_EQ(ram_get(0x3fefc, 4), 0x20064);
    CHECK_EQ(ram_get(0x3fff8, 8), 0x0101010101010101ull);       /* RAX */
    CHECK_EQ(ram_get(0x3ffd8, 8), STACK3);                      /* RSP */
    CHECK_EQ(ram_get(0x3ff80, 8), 0x1010101010101010ull);       /* R15 */
    CHECK_EQ(ram_get(0x3ff78, 8), 0x1000);                      /* RIP */
    CHECK_EQ(ram_get(0x3fed0, 8), before.efer);
    CHECK_EQ(ram_get(0x3fe10, 2), SEL_CODE64_3);
    CHECK_EQ(ram_get(0x3fe12, 2), 0xafb);
    e->r[RAX] = 5;
    CHECK(OP(rsm));
    soft_state_get(e, &after);
    before.smi_pending = 0;
    before.smi_count++;
    CHECK(!memcmp(&before, &after, sizeof(before)));
    RAISES(VEC_UD, -1, OP(rsm));
}

static void rsm_relocates_smbase_and_shuts_down_on_nonsense(void)
{
    struct env *e = bench_prot();

    e->x.smbase = 0x30000;
    e->x.halted = 1;
    smm_enter(e);
    CHECK_EQ(e->x.halted, 0);
    ram_put(0x3ff00, 4, 0x400000);
    CHECK(OP(rsm));
    CHECK_EQ(e->x.smbase, 0x400000);
    CHECK_EQ(e->x.halted, 1);
    smm_enter(e);
    ram_put(0x400000 + 0xff58, 8, CR0_PG);
    CHECK(!OP(rsm));
    CHECK(e->shutdown);
}

static void reset_state_is_table_9_1(void)
{
    struct env *e = bench_init();
    struct x86_state st;

    soft_state_get(e, &st);
    CHECK_EQ(st.rip, 0xfff0);
    CHECK_EQ(st.rflags, 2);
    CHECK_EQ(st.seg[CS].base, 0xffff0000);
    CHECK_EQ(st.seg[CS].sel, 0xf000);
    CHECK_EQ(st.seg[DS].limit, 0xffff);
    CHECK_EQ(st.cr0, 0x60000010);
    CHECK_EQ(st.gpr[RDX], 0x60fb1);
    CHECK_EQ(st.dr[6], 0xffff0ff0);
    CHECK_EQ(st.dr[7], 0x400);
    CHECK_EQ(st.idt.limit, 0xffff);
    e->x.cr0 &= ~(uint64_t)CR0_NW;
    e->x.mtrr_deftype = 0xc06;
    soft_init_signal(e);
    CHECK_EQ(e->x.cr0, CR0_CD | CR0_ET);
    CHECK_EQ(e->x.mtrr_deftype, 0xc06);
    e->x.wait_sipi = e->x.halted = 1;
    soft_sipi(e, 0x9a);
    CHECK_EQ(e->x.seg[CS].sel, 0x9a00);
    CHECK_EQ(e->x.seg[CS].base, 0x9a000);
    CHECK_EQ(e->pc, 0);
    CHECK_EQ(e->x.halted, 0);
}

static void keys_say_the_mode(void)
{
    struct env *e = bench_prot();

    CHECK_EQ(e->key, KEY_CS32 | KEY_SS32 | KEY_FLAT_DATA | KEY_FLAT_SS | KEY_FLAT_CS | KEY_PE | KEY_IOPL_OK |
             MMU_SUPER << KEY_MMU_SHIFT);
    e = bench_long_user();
    CHECK_EQ(e->key, KEY_CS64 | KEY_FLAT_DATA | KEY_FLAT_SS | KEY_FLAT_CS | KEY_PE | KEY_CPL);
    e = bench_long();
    e->x.cr4 |= CR4_SMAP;
    mode_update(e);
    CHECK_EQ(e->mmu_mode, MMU_SUPER_SMAP);
    CHECK(OP(stac));
    CHECK_EQ(e->mmu_mode, MMU_SUPER);
    CHECK(OP(clac));
    CHECK_EQ(e->mmu_mode, MMU_SUPER_SMAP);
}

int main(void)
{
    TEST(mov_to_sreg_checks);
    TEST(loads_set_the_accessed_bit);
    TEST(null_ss_is_for_64_bit_mode_below_cpl_3);
    TEST(real_mode_loads_keep_the_limit);
    TEST(push_and_pop_of_segment_registers);
    TEST(lss_loads_both_or_nothing);
    TEST(segment_limits_and_rights);
    TEST(lar_lsl_verr_verw_arpl);
    TEST(descriptor_tables);
    TEST(far_jumps_and_calls_real_and_protected);
    TEST(call_gate_to_an_inner_level_copies_parameters);
    TEST(far_return_to_compatibility_mode);
    TEST(no_return_to_64_and_32_bit_code_at_once);
    TEST(syscall_and_sysret);
    TEST(sysenter_and_sysexit);
    TEST(swapgs_and_bases);
    TEST(control_registers);
    TEST(long_mode_is_entered_by_lme_pae_and_pg);
    TEST(smsw_lmsw_clts);
    TEST(debug_registers);
    TEST(model_specific_registers);
    TEST(cli_sti_and_the_shadow);
    TEST(vme_and_pvi_use_vif);
    TEST(ports_and_the_bitmap);
    TEST(ins_and_outs);
    TEST(smi_saves_and_rsm_restores_everything);
    TEST(rsm_relocates_smbase_and_shuts_down_on_nonsense);
    TEST(reset_state_is_table_9_1);
    TEST(keys_say_the_mode);
    bench_fini();
    return test_end();
}
