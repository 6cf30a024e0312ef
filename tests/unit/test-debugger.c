/* SPDX-License-Identifier: Apache-2.0 */
#include "accel/soft/debug.h"
#include "accel/soft/debugger.h"
#include "tests/test.h"
#include "tests/unit/guest-code.h"
#include "tests/unit/soft-bench.h"

/*
 * A debugger outside the guest, on the software CPU: core/debug.h and accel/soft/debugger.h
 *
 * A breakpoint stops before its instruction, a watchpoint behind the one that accesses it, a step after one.
 */

enum { DATA_PAGE = BENCH_DATA };

static struct bench *b;

static void start(const uint8_t *code, const uint8_t *end)
{
    b = bench_new(4 << 20, 0);
    bench_mode64(b);
    bench_load(b, BENCH_CODE, code, end - code);
}
#define START(name) start(name, name##_end)

static void finish(void)
{
    bench_free(b);
}

static void points_set(const struct debug_point *points, unsigned n)
{
    debugger_set(&b->soft, points, n);
    debugger_apply(&b->soft);
}
#define POINTS(...) points_set((const struct debug_point[]){ __VA_ARGS__ }, \
                               sizeof((const struct debug_point[]){ __VA_ARGS__ }) / sizeof(struct debug_point))

/* Runs; why it came back. */
static const struct debug_stop *go(void)
{
    struct env *e = b->e;

    e->debugger.stop.why = DEBUG_NOTHING;
    e->x.halted = 0;
    atomic_fetch_and(&e->kick, ~(uint32_t)KICK_EXIT);
    soft_run(e);
    return &e->debugger.stop;
}

static const struct debug_stop *step(unsigned how)
{
    const struct debug_stop *stop;

    debugger_step(b->e, DEBUG_STEP | how);
    stop = go();
    debugger_step(b->e, 0);
    return stop;
}

#define BREAK(at) { DEBUG_BREAK, at, 1 }
#define STOPPED(stop, reason, at) do { const struct debug_stop *s_ = stop; CHECK_EQ(s_->why, reason); \
                                       CHECK_EQ(b->e->pc, at); } while (0)

GUEST(counts, 64, "mov $3,%ecx; 1: inc %eax; inc %ebx; dec %ecx; jnz 1b; hlt");
enum { INC_EAX = BENCH_CODE + 5, INC_EBX = BENCH_CODE + 7, DEC = BENCH_CODE + 9, HLT = BENCH_CODE + 13 };

static void a_breakpoint_stops_before_its_instruction(void)
{
    START(counts);
    POINTS(BREAK(INC_EBX));
    STOPPED(go(), DEBUG_BROKE, INC_EBX);
    CHECK_EQ(b->e->debugger.stop.lin, INC_EBX);
    CHECK_EQ(b->e->r[RAX], 1);
    CHECK_EQ(b->e->r[RBX], 0);
    finish();
}

/* GDB steps over it, with the breakpoint taken out. */
static void going_on_from_a_breakpoint_meets_it_again_and_a_step_passes_it(void)
{
    START(counts);
    POINTS(BREAK(INC_EBX));
    STOPPED(go(), DEBUG_BROKE, INC_EBX);
    STOPPED(go(), DEBUG_BROKE, INC_EBX);
    CHECK_EQ(b->e->r[RBX], 0);
    STOPPED(step(0), DEBUG_STEPPED, DEC);
    CHECK_EQ(b->e->r[RBX], 1);
    STOPPED(go(), DEBUG_BROKE, INC_EBX);
    CHECK_EQ(b->e->r[RAX], 2);
    finish();
}

static void code_that_ran_before_gets_its_breakpoint_and_loses_it(void)
{
    START(counts);
    CHECK_EQ(go()->why, DEBUG_NOTHING);
    CHECK_EQ(b->e->r[RAX], 3);
    b->e->pc = BENCH_CODE;
    POINTS(BREAK(DEC));
    STOPPED(go(), DEBUG_BROKE, DEC);
    points_set(NULL, 0);
    CHECK_EQ(go()->why, DEBUG_NOTHING);
    CHECK_EQ(b->e->r[RAX], 6);
    finish();
}

static void the_same_list_again_keeps_the_blocks(void)
{
    uint64_t flushes;

    START(counts);
    POINTS(BREAK(DEC));
    flushes = b->soft.flushes;
    debugger_set(&b->soft, NULL, 0);
    POINTS(BREAK(DEC));
    CHECK_EQ(b->soft.flushes, flushes);
    POINTS(BREAK(INC_EAX));
    CHECK_EQ(b->soft.flushes, flushes + 1);
    finish();
}

GUEST(shadow, 64, "sti; inc %eax; inc %ebx; hlt");

static void a_breakpoint_in_the_shadow_of_sti_is_met(void)
{
    START(shadow);
    POINTS(BREAK(BENCH_CODE + 1));
    STOPPED(go(), DEBUG_BROKE, BENCH_CODE + 1);
    CHECK_EQ(b->e->r[RAX], 0);
    finish();
}

static void a_breakpoint_is_a_linear_address(void)
{
    static const uint8_t code[] = { 0x40, 0x43, 0xf4 };         /* inc %ax; inc %bx; hlt */

    b = bench_new(4 << 20, 0);
    bench_mode16(b);
    bench_load(b, BENCH_CODE, code, sizeof(code));
    POINTS(BREAK(1), BREAK(BENCH_CODE + 1));
    STOPPED(go(), DEBUG_BROKE, 1);
    CHECK_EQ(b->e->debugger.stop.lin, BENCH_CODE + 1);
    CHECK_EQ(b->e->r[RAX], 1);
    finish();
}

static void a_step_is_one_instruction(void)
{
    static const uint64_t want[] = { INC_EAX, INC_EBX, DEC, DEC + 2, INC_EAX };

    START(counts);
    for (unsigned n = 0; n < 5; n++)
        STOPPED(step(0), DEBUG_STEPPED, want[n]);
    CHECK_EQ(go()->why, DEBUG_NOTHING);
    CHECK_EQ(b->e->r[RAX], 3);
    finish();
}

static void a_step_over_hlt_ends_halted(void)
{
    START(counts);
    b->e->pc = HLT;
    STOPPED(step(0), DEBUG_STEPPED, HLT + 1);
    CHECK(b->e->x.halted);
    finish();
}

/* An IDT of one page: gates to HANDLER. */
enum { IDT_AT = 0x8000, GDT_AT = 0x9000, HANDLER = 0x18000 };

static void handlers_init(void)
{
    uint64_t *gate = (uint64_t *)(b->ram + IDT_AT), *gdt = (uint64_t *)(b->ram + GDT_AT);

    for (unsigned n = 0; n < 256; n++)
        gate[2 * n] = (HANDLER & 0xffff) | 8ull << 16 | 0x8eull << 40 | (uint64_t)(HANDLER >> 16) << 48;
    gdt[1] = 0x00af9b000000ffff;
    gdt[2] = 0x00cf93000000ffff;
    b->e->x.idt = (struct x86_seg){ .base = IDT_AT, .limit = 0xfff };
    b->e->x.gdt = (struct x86_seg){ .base = GDT_AT, .limit = 0x17 };
    b->ram[HANDLER] = 0xf4;
}

GUEST(faults, 64, "ud2; hlt");

static void a_step_into_a_fault_stops_at_the_handler(void)
{
    START(faults);
    handlers_init();
    STOPPED(step(0), DEBUG_STEPPED, HANDLER);
    CHECK(!b->shutdown);
    finish();
}

static void a_step_without_interrupts_takes_none(void)
{
    START(counts);
    handlers_init();
    env_set_rflags(b->e, FLAG_1 | FLAG_IF);
    mode_update(b->e);
    b->irq = 0x40;
    atomic_fetch_or(&b->e->kick, KICK_IRQ);
    STOPPED(step(DEBUG_STEP_NOIRQ), DEBUG_STEPPED, INC_EAX);
    CHECK_EQ(b->irq, 0x40);
    CHECK_EQ(step(0)->why, DEBUG_STEPPED);
    CHECK_EQ(b->irq, -1);                                       /* now it was taken, and the handler's HLT done */
    CHECK_EQ(b->e->pc, HANDLER + 1);
    finish();
}

GUEST(stores, 64,
      "mov $0x100010,%edi; mov $7,%eax; mov %eax,(%rdi); inc %ebx; mov %eax,8(%rdi); mov 8(%rdi),%ecx; inc %ebx\n"
      "incl 8(%rdi); hlt");
enum { AFTER_STORE = BENCH_CODE + 17, AFTER_LOAD = BENCH_CODE + 20, AFTER_INC = BENCH_CODE + 25 };

static void a_watchpoint_stops_behind_the_instruction_that_stores(void)
{
    START(stores);
    POINTS({ DEBUG_WATCH_WRITE, DATA_PAGE + 0x18, 4 });
    STOPPED(go(), DEBUG_WATCHED, AFTER_STORE);
    CHECK_EQ(b->e->debugger.stop.kind, DEBUG_WATCH_WRITE);
    CHECK_EQ(b->e->debugger.stop.lin, DATA_PAGE + 0x18);
    CHECK_EQ(b->ram[DATA_PAGE + 0x18], 7);
    CHECK_EQ(b->e->r[RBX], 1);                                  /* what stood before it was done once */
    STOPPED(go(), DEBUG_WATCHED, AFTER_INC);
    CHECK_EQ(b->ram[DATA_PAGE + 0x18], 8);
    CHECK_EQ(go()->why, DEBUG_NOTHING);
    finish();
}

static void a_read_watchpoint_stops_at_reads_only(void)
{
    START(stores);
    POINTS({ DEBUG_WATCH_READ, DATA_PAGE + 0x18, 1 });
    STOPPED(go(), DEBUG_WATCHED, AFTER_LOAD);
    CHECK_EQ(b->e->debugger.stop.kind, DEBUG_WATCH_READ);
    STOPPED(go(), DEBUG_WATCHED, AFTER_INC);
    CHECK_EQ(go()->why, DEBUG_NOTHING);
    finish();
}

static void an_access_watchpoint_stops_at_both(void)
{
    START(stores);
    POINTS({ DEBUG_WATCH_ACCESS, DATA_PAGE + 0x1b, 1 });        /* the last byte of the four */
    STOPPED(go(), DEBUG_WATCHED, AFTER_STORE);
    CHECK_EQ(b->e->debugger.stop.lin, DATA_PAGE + 0x1b);
    STOPPED(go(), DEBUG_WATCHED, AFTER_LOAD);
    STOPPED(go(), DEBUG_WATCHED, AFTER_INC);
    finish();
}

static void neighbours_in_the_watched_page_do_not_stop(void)
{
    START(stores);
    POINTS({ DEBUG_WATCH_ACCESS, DATA_PAGE + 0x14, 4 }, { DEBUG_WATCH_ACCESS, DATA_PAGE + 0x1c, 8 });
    CHECK_EQ(go()->why, DEBUG_NOTHING);
    CHECK_EQ(b->ram[DATA_PAGE + 0x18], 8);
    finish();
}

GUEST(crosses, 64, "mov $0x100ffc,%edi; mov $-1,%rax; mov %rax,(%rdi); hlt");

static void an_access_over_the_end_of_a_page_meets_the_second(void)
{
    START(crosses);
    POINTS({ DEBUG_WATCH_WRITE, DATA_PAGE + 0x1003, 1 });
    STOPPED(go(), DEBUG_WATCHED, BENCH_CODE + 15);
    CHECK_EQ(b->ram[DATA_PAGE + 0x1003], 0xff);
    finish();
}

GUEST(strings, 64, "mov $0x100000,%edi; mov $64,%ecx; mov $0x5a,%al; rep stosb; hlt");

static void a_repeated_instruction_stops_at_the_element(void)
{
    START(strings);
    POINTS({ DEBUG_WATCH_WRITE, DATA_PAGE + 40, 1 });
    STOPPED(go(), DEBUG_WATCHED, BENCH_CODE + 12);
    CHECK_EQ(b->e->r[RCX], 23);
    CHECK_EQ(b->ram[DATA_PAGE + 40], 0x5a);
    CHECK_EQ(b->ram[DATA_PAGE + 41], 0);
    CHECK_EQ(go()->why, DEBUG_NOTHING);
    CHECK_EQ(b->ram[DATA_PAGE + 63], 0x5a);
    finish();
}

GUEST(locked, 64, "mov $0x100008,%edi; mov $5,%eax; lock xadd %eax,(%rdi); movups (%rdi),%xmm0; hlt");

static void locked_and_sse_accesses_are_watched(void)
{
    START(locked);
    POINTS({ DEBUG_WATCH_WRITE, DATA_PAGE + 8, 4 }, { DEBUG_WATCH_READ, DATA_PAGE + 0x14, 4 });
    STOPPED(go(), DEBUG_WATCHED, BENCH_CODE + 14);
    CHECK_EQ(b->ram[DATA_PAGE + 8], 5);
    STOPPED(go(), DEBUG_WATCHED, BENCH_CODE + 17);
    CHECK_EQ(b->e->debugger.stop.lin, DATA_PAGE + 0x14);
    finish();
}

/* The guest's own debug registers and TF do what they do without a debugger. */
static void the_guest_sees_nothing_of_it(void)
{
    START(counts);
    handlers_init();
    POINTS(BREAK(DEC), { DEBUG_WATCH_WRITE, DATA_PAGE, 4 });
    b->e->x.dr[0] = INC_EBX;
    b->e->x.dr[7] = DR7_FIXED | 1;
    mode_update(b->e);
    CHECK_EQ(go()->why, DEBUG_NOTHING);                         /* #DB of its own, whose handler halts */
    CHECK_EQ(b->e->pc, HANDLER + 1);
    CHECK_EQ(b->e->x.dr[6] & 0xf, 1);
    CHECK_EQ(b->e->x.dr[7], DR7_FIXED | 1);
    CHECK_EQ(*(uint64_t *)(void *)(b->ram + BENCH_STACK - 40), INC_EBX);
    finish();
}

static void a_breakpoint_where_the_guest_single_steps_itself_is_met(void)
{
    START(counts);
    handlers_init();
    POINTS(BREAK(INC_EAX));
    env_set_rflags(b->e, FLAG_1 | FLAG_TF);
    mode_update(b->e);
    CHECK_EQ(go()->why, DEBUG_NOTHING);                         /* its #DB after the first instruction */
    CHECK_EQ(b->e->pc, HANDLER + 1);
    b->e->pc = INC_EAX;
    env_set_rflags(b->e, FLAG_1 | FLAG_TF);
    mode_update(b->e);
    STOPPED(go(), DEBUG_BROKE, INC_EAX);
    finish();
}

static void a_watchpoint_at_the_end_of_the_address_space_wraps_nothing(void)
{
    START(stores);
    POINTS({ DEBUG_WATCH_ACCESS, UINT64_MAX, 1 }, { DEBUG_WATCH_ACCESS, 0, 1 });
    CHECK_EQ(go()->why, DEBUG_NOTHING);
    finish();
}

int main(void)
{
    TEST(a_breakpoint_stops_before_its_instruction);
    TEST(going_on_from_a_breakpoint_meets_it_again_and_a_step_passes_it);
    TEST(code_that_ran_before_gets_its_breakpoint_and_loses_it);
    TEST(the_same_list_again_keeps_the_blocks);
    TEST(a_breakpoint_in_the_shadow_of_sti_is_met);
    TEST(a_breakpoint_is_a_linear_address);
    TEST(a_step_is_one_instruction);
    TEST(a_step_over_hlt_ends_halted);
    TEST(a_step_into_a_fault_stops_at_the_handler);
    TEST(a_step_without_interrupts_takes_none);
    TEST(a_watchpoint_stops_behind_the_instruction_that_stores);
    TEST(a_read_watchpoint_stops_at_reads_only);
    TEST(an_access_watchpoint_stops_at_both);
    TEST(neighbours_in_the_watched_page_do_not_stop);
    TEST(an_access_over_the_end_of_a_page_meets_the_second);
    TEST(a_repeated_instruction_stops_at_the_element);
    TEST(locked_and_sse_accesses_are_watched);
    TEST(the_guest_sees_nothing_of_it);
    TEST(a_breakpoint_where_the_guest_single_steps_itself_is_met);
    TEST(a_watchpoint_at_the_end_of_the_address_space_wraps_nothing);
    return test_end();
}
