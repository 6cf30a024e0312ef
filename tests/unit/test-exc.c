/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/sys-bench.h"
#include "accel/soft/debug.h"

/*
 * Delivery of events and IRET, frame by frame, against SDM volume 3, chapter 6
 */

#define RAISE(vector, error)                                    \
    do {                                                        \
        if (!setjmp(bench.e->unwind))                           \
            soft_raise(bench.e, NULL, vector, error);           \
    } while (0)

static uint64_t pop_at(unsigned n, unsigned size)
{
    const struct env *e = bench.e;
    uint64_t base = e->code64 ? 0 : e->x.seg[SS].base;

    return ram_get(base + (e->r[RSP] & e->sp_mask) + n * size, size);
}

static struct env *real_mode(void)
{
    struct env *e = bench_init();

    e->x.idt = (struct x86_seg){ .limit = 0x3ff };
    for (unsigned n = 0; n < 256; n++)
        ram_put(4 * n, 4, 0x20000000 | 16 * n);
    e->x.seg[SS] = seg_real(0x3000, 0xffff, SEG_ATTR_REAL);
    e->x.seg[CS] = seg_real(0x1234, 0xffff, SEG_ATTR_REAL | SEG_CODE);
    e->r[RSP] = 0xabcd0100;
    e->pc = 0x5678;
    mode_update(e);
    return e;
}

static void real_mode_pushes_flags_cs_ip(void)
{
    struct env *e = real_mode();

    env_set_rflags(e, FLAG_1 | FLAG_IF | FLAG_TF | FLAG_CF | FLAG_DF);
    RAISE(VEC_UD, -1);
    CHECK_EQ(e->r[RSP], 0xabcd00fa);
    CHECK_EQ(ram_get(0x300fa, 2), 0x5678);
    CHECK_EQ(ram_get(0x300fc, 2), 0x1234);
    CHECK_EQ(ram_get(0x300fe, 2), FLAG_1 | FLAG_IF | FLAG_TF | FLAG_CF | FLAG_DF);
    CHECK_EQ(e->x.seg[CS].sel, 0x2000);
    CHECK_EQ(e->x.seg[CS].base, 0x20000);
    CHECK_EQ(e->pc, 16 * VEC_UD);
    CHECK_EQ(env_rflags(e), FLAG_1 | FLAG_CF | FLAG_DF);
}

static void real_mode_iret_goes_back(void)
{
    struct env *e = real_mode();

    env_set_rflags(e, FLAG_1 | FLAG_IF | FLAG_ZF);
    RAISE(VEC_GP, 0);
    CHECK(OP(iret, .osz = 2, .asz = 2));
    CHECK_EQ(e->pc, 0x5678);
    CHECK_EQ(e->x.seg[CS].base, 0x12340);
    CHECK_EQ(e->r[RSP], 0xabcd0100);
    CHECK_EQ(env_rflags(e), FLAG_1 | FLAG_IF | FLAG_ZF);
}

static void real_mode_vector_beyond_the_idt_limit_is_gp_then_double_then_triple(void)
{
    struct env *e = real_mode();

    e->x.idt.limit = 4 * VEC_GP + 3;
    exc_interrupt(e, 5);
    CHECK_EQ(e->pc, 16 * 5);
    if (!setjmp(e->unwind))
        exc_interrupt(e, 0x20);
    CHECK_EQ(e->pc, 16 * VEC_GP);
    e->x.idt.limit = 3;
    RAISE(VEC_UD, -1);
    CHECK(e->shutdown);
    CHECK_EQ(bench.shutdowns, 1);
}

static void protected_mode_same_level_frame(void)
{
    struct env *e = bench_prot();

    env_set_rflags(e, FLAG_1 | FLAG_IF | FLAG_SF);
    RAISE(VEC_GP, 0x1238);
    CHECK_EQ(bench_vector(), VEC_GP);
    CHECK_EQ(e->r[RSP], STACK0 - 16);
    CHECK_EQ(pop_at(0, 4), 0x1238);
    CHECK_EQ(pop_at(1, 4), 0x1000);
    CHECK_EQ(pop_at(2, 4), SEL_CODE0);
    CHECK_EQ(pop_at(3, 4), FLAG_1 | FLAG_IF | FLAG_SF | FLAG_RF);
    CHECK_EQ(env_rflags(e), FLAG_1 | FLAG_SF);
}

static void trap_gates_keep_if(void)
{
    struct env *e = bench_prot();

    put_gate32(VEC_BP, SEL_CODE0, HANDLER + 16 * VEC_BP, DESC_TRAP, 3);
    env_set_rflags(e, FLAG_1 | FLAG_IF | FLAG_NT | FLAG_TF);
    CHECK(OP(int3, .len = 1));
    CHECK_EQ(bench_vector(), VEC_BP);
    CHECK_EQ(pop_at(0, 4), 0x1001);
    CHECK_EQ(pop_at(2, 4), FLAG_1 | FLAG_IF | FLAG_NT | FLAG_TF);
    CHECK_EQ(env_rflags(e), FLAG_1 | FLAG_IF);
}

static void sixteen_bit_gates_push_words(void)
{
    struct env *e = bench_prot();

    put_gate32(VEC_NP, SEL_CODE0, 0x200000 | 0x6000, DESC_INT16, 0);
    RAISE(VEC_NP, 0x44);
    CHECK_EQ(e->pc, 0x6000);
    CHECK_EQ(e->r[RSP], STACK0 - 8);
    CHECK_EQ(pop_at(0, 2), 0x44);
    CHECK_EQ(pop_at(1, 2), 0x1000);
    CHECK_EQ(pop_at(2, 2), SEL_CODE0);
}

static void inner_level_switches_to_the_stack_of_the_tss(void)
{
    struct env *e = bench_prot();

    bench_level(SEL_CODE3, SEL_DATA3);
    e->r[RSP] = STACK3;
    RAISE(VEC_PF, 7);
    CHECK_EQ(bench_vector(), VEC_PF);
    CHECK_EQ(e->cpl, 0);
    CHECK_EQ(e->x.seg[SS].sel, SEL_DATA0);
    CHECK_EQ(e->x.seg[CS].sel, SEL_CODE0);
    CHECK_EQ(e->r[RSP], STACK0 - 24);
    CHECK_EQ(pop_at(0, 4), 7);
    CHECK_EQ(pop_at(1, 4), 0x1000);
    CHECK_EQ(pop_at(2, 4), SEL_CODE3);
    CHECK_EQ(pop_at(4, 4), STACK3);
    CHECK_EQ(pop_at(5, 4), SEL_DATA3);
    e->r[RSP] += 4;
    CHECK(OP(iret, .osz = 4));
    CHECK_EQ(e->pc, 0x1000);
    CHECK_EQ(e->cpl, 3);
    CHECK_EQ(e->r[RSP], STACK3);
    CHECK_EQ(e->x.seg[SS].sel, SEL_DATA3);
}

static void conforming_handlers_keep_the_level(void)
{
    struct env *e = bench_prot();

    put_gate32(VEC_UD, SEL_CONFORMING, HANDLER + 16 * VEC_UD, DESC_INT, 0);
    bench_level(SEL_CODE3, SEL_DATA3);
    e->r[RSP] = STACK3;
    RAISE(VEC_UD, -1);
    CHECK_EQ(bench_vector(), VEC_UD);
    CHECK_EQ(e->cpl, 3);
    CHECK_EQ(e->x.seg[CS].sel, SEL_CONFORMING | 3);
    CHECK_EQ(e->r[RSP], STACK3 - 12);
}

static void vm86_pushes_its_data_segments_and_clears_them(void)
{
    static const uint8_t order[6] = { ES, CS, SS, DS, FS, GS };
    struct env *e = bench_prot();

    env_set_rflags(e, FLAG_1 | FLAG_VM | FLAG_IF | FLAG_IOPL);
    for (unsigned n = 0; n < 6; n++)
        e->x.seg[order[n]] = seg_real(0x1000 + 0x111 * n, 0xffff, SEG_ATTR_VM86);
    e->r[RSP] = 0x200;
    e->pc = 0x321;
    mode_update(e);
    CHECK_EQ(e->cpl, 3);
    CHECK(OP(int, .imm = 0x40) || true);
    CHECK_EQ(bench_vector(), VEC_GP);
    CHECK_EQ(pop_at(0, 4), 0x40 * 8 + 2);
    e->r[RSP] += 4;
    CHECK_EQ(e->r[RSP], STACK0 - 36);
    CHECK_EQ(pop_at(0, 4), 0x321);
    CHECK_EQ(pop_at(1, 4), 0x1111);
    CHECK(pop_at(2, 4) & FLAG_VM);
    CHECK_EQ(pop_at(3, 4), 0x200);
    CHECK_EQ(pop_at(4, 4), 0x1222);
    CHECK_EQ(pop_at(5, 4), 0x1000);
    CHECK_EQ(pop_at(6, 4), 0x1333);
    CHECK_EQ(pop_at(7, 4), 0x1444);
    CHECK_EQ(pop_at(8, 4), 0x1555);
    CHECK_EQ(e->x.seg[DS].sel, 0);
    CHECK(!(e->x.seg[GS].attr & SEG_P));
    CHECK(!(e->eflags & FLAG_VM));
    CHECK(OP(iret, .osz = 4));
    CHECK(e->eflags & FLAG_VM);
    CHECK_EQ(e->pc, 0x321);
    CHECK_EQ(e->x.seg[GS].base, 0x15550);
    CHECK_EQ(e->x.seg[CS].sel, 0x1111);
    CHECK_EQ(e->r[RSP], 0x200);
    CHECK(e->key & KEY_VM86);
}

static void vm86_int_n_needs_iopl_3(void)
{
    struct env *e = bench_prot();

    env_set_rflags(e, FLAG_1 | FLAG_VM);
    for (unsigned n = 0; n < 6; n++)
        e->x.seg[n] = seg_real(0x1000, 0xffff, SEG_ATTR_VM86);
    mode_update(e);
    CHECK(!OP(int, .imm = 0x10));
    CHECK_EQ(bench_vector(), VEC_GP);
    CHECK_EQ(pop_at(0, 4), 0);
}

static void long_mode_frame_is_aligned_and_complete(void)
{
    struct env *e = bench_long();

    e->r[RSP] = STACK0 - 5;
    e->pc = 0x12345;
    env_set_rflags(e, FLAG_1 | FLAG_IF);
    RAISE(VEC_GP, 0x18);
    CHECK_EQ(bench_vector(), VEC_GP);
    CHECK_EQ(e->r[RSP], STACK0 - 16 - 48);
    CHECK_EQ(pop_at(0, 8), 0x18);
    CHECK_EQ(pop_at(1, 8), 0x12345);
    CHECK_EQ(pop_at(2, 8), SEL_CODE64);
    CHECK_EQ(pop_at(3, 8), FLAG_1 | FLAG_IF | FLAG_RF);
    CHECK_EQ(pop_at(4, 8), STACK0 - 5);
    CHECK_EQ(pop_at(5, 8), SEL_DATA0);
    CHECK_EQ(e->eflags & FLAG_IF, 0);
}

static void long_mode_user_to_kernel_and_back(void)
{
    struct env *e = bench_long_user();

    e->pc = 0x4000;
    env_set_rflags(e, FLAG_1 | FLAG_IF | FLAG_CF);
    for (unsigned n = 0; n < 2; n++) {      /* first through the slow, then through the fast push */
        exc_interrupt(e, 0x30);
        CHECK_EQ(bench_vector(), 0x30);
        CHECK_EQ(e->cpl, 0);
        CHECK_EQ(e->x.seg[SS].sel, 0);
        CHECK_EQ(e->r[RSP], STACK0 - 40);
        CHECK_EQ(pop_at(0, 8), 0x4000);
        CHECK_EQ(pop_at(1, 8), SEL_CODE64_3);
        CHECK_EQ(pop_at(3, 8), STACK3);
        CHECK_EQ(pop_at(4, 8), SEL_DATA3);
        CHECK(OP(iret, .osz = 8));
        CHECK_EQ(e->pc, 0x4000);
        CHECK_EQ(e->cpl, 3);
        CHECK_EQ(e->r[RSP], STACK3);
        CHECK_EQ(e->x.seg[SS].sel, SEL_DATA3);
        CHECK_EQ(env_rflags(e), FLAG_1 | FLAG_IF | FLAG_CF);
    }
}

static void long_mode_ist_and_nmi_masking(void)
{
    struct env *e = bench_long();

    e->x.nmi_pending = 1;
    exc_nmi(e);
    CHECK_EQ(bench_vector(), VEC_NMI);
    CHECK_EQ(e->r[RSP], IST1 - 40);
    CHECK_EQ(e->x.nmi_masked, 1);
    CHECK_EQ(e->x.nmi_pending, 0);
    e->x.nmi_pending = 1;
    CHECK(OP(iret, .osz = 8));
    CHECK_EQ(e->x.nmi_masked, 0);
    CHECK(atomic_load(&e->kick) & KICK_IRQ);
}

static void soft_interrupts_check_the_gates_dpl_and_return_behind(void)
{
    struct env *e = bench_long_user();

    CHECK(!OP(int, .imm = 0x80));
    CHECK_EQ(bench_vector(), VEC_GP);
    CHECK_EQ(pop_at(0, 8), 0x80 * 8 + 2);
    CHECK_EQ(pop_at(1, 8), 0x1000);
    bench_level(SEL_CODE64_3, SEL_DATA3);
    e->pc = 0x1000;
    put_gate64(0x80, SEL_CODE64, HANDLER + 16 * 0x80, DESC_INT, 3, 0);
    CHECK(OP(int, .imm = 0x80));
    CHECK_EQ(bench_vector(), 0x80);
    CHECK_EQ(pop_at(0, 8), 0x1002);
}

static void external_events_have_ext_set(void)
{
    struct env *e = bench_long();

    ram_put(IDT_AT + 16 * 0x30 + 4, 4, DESC_INT << 8);      /* not present */
    if (!setjmp(e->unwind))
        exc_interrupt(e, 0x30);
    CHECK_EQ(bench_vector(), VEC_NP);
    CHECK_EQ(pop_at(0, 8), 0x30 * 8 + 3);
    ram_put(IDT_AT + 16 * 0x31 + 2, 2, SEL_ABSENT);
    if (!setjmp(e->unwind))
        exc_interrupt(e, 0x31);
    CHECK_EQ(bench_vector(), VEC_GP);
    CHECK_EQ(pop_at(0, 8), SEL_ABSENT + 1);
}

/* SDM table 6-5: first event, second event. */
static void check_second_event(unsigned first, bool gp_doubles)
{
    int error = first == VEC_UD || first == VEC_DB || first == VEC_DE ? -1 : 0;
    struct env *e = bench_long();

    ram_put(IDT_AT + 16 * first + 4, 4, SEG_P | 3 << 8);        /* no interrupt gate: #GP */
    RAISE(first, error);
    if (first == VEC_GP || gp_doubles) {
        CHECK_EQ(bench_vector(), VEC_DF);
        CHECK_EQ(pop_at(0, 8), 0);
    } else {
        CHECK_EQ(bench_vector(), VEC_GP);
    }
    e = bench_long();
    put_gate64(first, SEL_CODE64, HANDLER, DESC_INT, 0, 1);
    ram_put(TSS_AT + 0x24, 8, 0x40000000);                      /* IST 1 is not mapped: #PF */
    RAISE(first, error);
    CHECK_EQ(bench_vector(), first == VEC_PF ? VEC_DF : VEC_PF);
    CHECK_EQ(e->x.cr2, 0x40000000 - 8);
    CHECK_EQ(pop_at(1, 8), 0x1000);
}

static void table_6_5_double_fault_conditions(void)
{
    static const uint8_t benign[] = { VEC_UD, VEC_DB }, contributory[] = { VEC_DE, VEC_TS, VEC_NP, VEC_SS, VEC_GP };

    for (unsigned n = 0; n < sizeof(benign); n++)
        check_second_event(benign[n], false);
    for (unsigned n = 0; n < sizeof(contributory); n++)
        check_second_event(contributory[n], true);
    check_second_event(VEC_PF, true);
}

static void fault_while_delivering_a_double_fault_shuts_down(void)
{
    struct env *e = bench_long();

    ram_put(IDT_AT + 16 * VEC_DF + 4, 4, 0);
    ram_put(IDT_AT + 16 * VEC_GP + 4, 4, 0);
    RAISE(VEC_GP, 0);
    CHECK(e->shutdown);
    CHECK_EQ(bench.shutdowns, 1);
    CHECK_EQ(e->exc_busy, 0);
}

static void iret_checks_selectors(void)
{
    static const struct { uint16_t cs, ss; int vector, error; } row[] = {
        { 0, SEL_DATA0, VEC_GP, 0 }, { SEL_DATA0, SEL_DATA0, VEC_GP, SEL_DATA0 }, { 0xf8, SEL_DATA0, VEC_GP, 0xf8 },
        { SEL_CODE64 | 3, SEL_DATA3, VEC_GP, SEL_CODE64 }, { SEL_CODE64_3, SEL_DATA0, VEC_GP, SEL_DATA0 },
        { SEL_CODE64_3, 3, VEC_GP, 0 }, { SEL_CODE64, SEL_ABSENT, VEC_SS, SEL_ABSENT },
        { SEL_CODE64, SEL_RO, VEC_GP, SEL_RO }, { SEL_CODE64, 0, -1, 0 }, { SEL_CODE64_3, SEL_DATA3, -1, 0 },
    };

    for (unsigned n = 0; n < sizeof(row) / sizeof(row[0]); n++) {
        struct env *e = bench_long();
        uint64_t frame[5] = { 0x7000, row[n].cs, FLAG_1, 0x77000, row[n].ss };

        e->r[RSP] = STACK0 - 64;
        memcpy(bench.ram + STACK0 - 64, frame, sizeof(frame));
        CHECK_EQ(OP(iret, .osz = 8), row[n].vector < 0);
        if (row[n].vector < 0) {
            CHECK_EQ(e->pc, 0x7000);
            CHECK_EQ(e->r[RSP], 0x77000);
            continue;
        }
        CHECK_EQ(bench_vector(), row[n].vector);
        CHECK_EQ(pop_at(0, 8), row[n].error);
        CHECK_EQ(pop_at(1, 8), 0x1000);
        CHECK_EQ(pop_at(4, 8), STACK0 - 64);
    }
}

static void iret_flags_follow_cpl_and_iopl(void)
{
    struct env *e = bench_long_user();
    uint64_t frame[5] = { 0x7000, SEL_CODE64_3, FLAG_1 | FLAG_IF | FLAG_IOPL | FLAG_AC | FLAG_DF, STACK3, SEL_DATA3 };

    e->r[RSP] = STACK3 - 64;
    memcpy(bench.ram + STACK3 - 64, frame, sizeof(frame));
    CHECK(OP(iret, .osz = 8));
    CHECK_EQ(env_rflags(e), FLAG_1 | FLAG_AC | FLAG_DF);
}

static void iret_to_an_outer_level_drops_inner_data_segments(void)
{
    struct env *e = bench_prot();
    uint32_t frame[5] = { 0x7000, SEL_CODE3, FLAG_1, STACK3, SEL_DATA3 };

    e->x.seg[ES] = bench_seg(SEL_DATA3);
    e->x.seg[FS] = bench_seg(SEL_CONFORMING);
    e->r[RSP] = STACK0 - 32;
    memcpy(bench.ram + STACK0 - 32, frame, sizeof(frame));
    CHECK(OP(iret, .osz = 4));
    CHECK_EQ(e->x.seg[ES].sel, SEL_DATA3);
    CHECK_EQ(e->x.seg[FS].sel, SEL_CONFORMING);
    CHECK_EQ(e->x.seg[DS].sel, 0);
    CHECK_EQ(e->x.seg[DS].attr, 0);
}

static void iret_with_nt_is_gp_in_long_mode(void)
{
    struct env *e = bench_long();

    e->eflags |= FLAG_NT;
    CHECK(!OP(iret, .osz = 8));
    CHECK_EQ(bench_vector(), VEC_GP);
}

static void task_gates_switch_tasks_and_iret_returns(void)
{
    struct env *e = bench_prot();

    put_gate32(0x33, SEL_TSS2, 0, DESC_TASK, 0);
    ram_put(TSS2_AT + 32, 4, 0x9000);           /* EIP */
    ram_put(TSS2_AT + 36, 4, FLAG_1);
    ram_put(TSS2_AT + 40 + 4 * RSP, 4, 0x66000);
    ram_put(TSS2_AT + 40 + 4 * RBX, 4, 0x12345678);
    for (unsigned n = 0; n < 6; n++)
        ram_put(TSS2_AT + 72 + 4 * n, 4, n == CS ? SEL_CODE0 : SEL_DATA0);
    e->r[RDI] = 0xd1d1d1d1;
    exc_interrupt(e, 0x33);
    CHECK_EQ(e->pc, 0x9000);
    CHECK_EQ(e->r[RBX], 0x12345678);
    CHECK_EQ(e->r[RSP], 0x66000);
    CHECK_EQ(e->x.tr.sel, SEL_TSS2);
    CHECK(e->eflags & FLAG_NT);
    CHECK(e->x.cr0 & CR0_TS);
    CHECK_EQ(ram_get(TSS2_AT, 2), SEL_TSS);
    CHECK_EQ(ram_get(TSS_AT + 32, 4), 0x1000);
    CHECK_EQ(ram_get(TSS_AT + 40 + 4 * RDI, 4), 0xd1d1d1d1);
    CHECK(ram_get(GDT_AT + SEL_TSS2 + 5, 1) & 2);
    put_desc(GDT_AT, SEL_TSS, TSS_AT, 0x2067, SEG_P | 11 << 8);     /* as LTR had left it */
    CHECK(OP(iret, .osz = 4));
    CHECK_EQ(e->x.tr.sel, SEL_TSS);
    CHECK_EQ(e->pc, 0x1000);
    CHECK_EQ(e->r[RDI], 0xd1d1d1d1);
    CHECK(!(ram_get(GDT_AT + SEL_TSS2 + 5, 1) & 2));
    CHECK(!(e->eflags & FLAG_NT));
    CHECK(!(ram_get(TSS2_AT + 36, 4) & FLAG_NT));
}

static void breakpoints_single_step_and_rf(void)
{
    struct env *e = bench_long();

    e->x.dr[0] = 0x1000;
    e->x.dr[7] = DR7_FIXED | 1;
    mode_update(e);
    CHECK(e->key & KEY_SINGLE);
    if (!setjmp(e->unwind)) {
        debug_before(e);
        CHECK(false);
    }
    CHECK_EQ(bench_vector(), VEC_DB);
    CHECK_EQ(e->x.dr[6], DR6_FIXED | 1);
    CHECK(pop_at(2, 8) & FLAG_RF);
    CHECK(OP(iret, .osz = 8));
    CHECK(e->eflags & FLAG_RF);
    debug_before(e);                            /* no second time */
    CHECK(!(e->eflags & FLAG_RF));

    e->x.dr[1] = 0x300008;
    e->x.dr[7] = DR7_FIXED | 4 | (uint64_t)0xd << 20;       /* writes of 4 bytes */
    e->x.dr[6] = DR6_FIXED;
    mode_update(e);
    e->pc = 0x1000;
    debug_before(e);
    CHECK_EQ(mem_load(e, &(struct insn){ .pc = 0x1000 }, 0x300008, 8), 0);
    debug_after(e, e->key);
    mem_store(e, &(struct insn){ .pc = 0x1000 }, 0x300006, 4, 1);
    e->pc = 0x1003;
    if (!setjmp(e->unwind)) {
        debug_after(e, e->key);
        CHECK(false);
    }
    CHECK_EQ(bench_vector(), VEC_DB);
    CHECK_EQ(e->x.dr[6], DR6_FIXED | 2);
    CHECK_EQ(pop_at(0, 8), 0x1003);
    e->pc = 0x2000;
    if (!setjmp(e->unwind)) {
        debug_after(e, KEY_TF);
        CHECK(false);
    }
    CHECK(e->x.dr[6] & DR6_BS);
}

int main(void)
{
    TEST(real_mode_pushes_flags_cs_ip);
    TEST(real_mode_iret_goes_back);
    TEST(real_mode_vector_beyond_the_idt_limit_is_gp_then_double_then_triple);
    TEST(protected_mode_same_level_frame);
    TEST(trap_gates_keep_if);
    TEST(sixteen_bit_gates_push_words);
    TEST(inner_level_switches_to_the_stack_of_the_tss);
    TEST(conforming_handlers_keep_the_level);
    TEST(vm86_pushes_its_data_segments_and_clears_them);
    TEST(vm86_int_n_needs_iopl_3);
    TEST(long_mode_frame_is_aligned_and_complete);
    TEST(long_mode_user_to_kernel_and_back);
    TEST(long_mode_ist_and_nmi_masking);
    TEST(soft_interrupts_check_the_gates_dpl_and_return_behind);
    TEST(external_events_have_ext_set);
    TEST(table_6_5_double_fault_conditions);
    TEST(fault_while_delivering_a_double_fault_shuts_down);
    TEST(iret_checks_selectors);
    TEST(iret_flags_follow_cpl_and_iopl);
    TEST(iret_to_an_outer_level_drops_inner_data_segments);
    TEST(iret_with_nt_is_gp_in_long_mode);
    TEST(task_gates_switch_tasks_and_iret_returns);
    TEST(breakpoints_single_step_and_rf);
    bench_fini();
    return test_end();
}
