/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/soft-cpus.h"

/*
 * Processors that share memory: locked operations and the order of loads and stores
 *
 * Intel SDM volume 3, 9.1 (locked atomic operations) and 9.2.2, 9.2.3 (what other processors may see).  The litmus
 * tests count outcomes; what the manual forbids must not be among them, what it allows need not.
 */

static bool long_form;

enum { COUNTER = 0x100000, CROSSING = 0x100ffe, BARRIER = 0x110000, SLOTS = 0x200000, RESULTS = 0x300000 };

/* Counters: %rdi is the operand, %esi the number of rounds. */
GUEST(by_inc, "1: lock incl (%rdi); dec %esi; jnz 1b; hlt");
GUEST(by_add, "1: lock addl $1,(%rdi); dec %esi; jnz 1b; hlt");
GUEST(by_sub, "1: lock subl $-1,(%rdi); dec %esi; jnz 1b; hlt");
GUEST(by_xadd, "1: mov $1,%eax; lock xadd %eax,(%rdi); dec %esi; jnz 1b; hlt");
GUEST(by_cmpxchg, "1: mov (%rdi),%eax; 2: lea 1(%rax),%edx; lock cmpxchg %edx,(%rdi); jnz 2b; dec %esi; jnz 1b; hlt");
GUEST(by_cmpxchg8b, "1: mov (%rdi),%eax; mov 4(%rdi),%edx; 2: lea 1(%rax),%ebx; lea 3(%rdx),%ecx\n"
                    "lock cmpxchg8b (%rdi); jnz 2b; dec %esi; jnz 1b; hlt");
GUEST(by_cmpxchg16b, "1: mov (%rdi),%rax; mov 8(%rdi),%rdx; 2: lea 1(%rax),%rbx; lea 3(%rdx),%rcx\n"
                     "lock cmpxchg16b (%rdi); jnz 2b; dec %esi; jnz 1b; hlt");
/* A lock of one bit at (%rdi) that guards a plain counter in the cache line after next. */
GUEST(by_bts, "1: lock btsl $3,(%rdi); jnc 2f; out %al,$0x81; jmp 1b; 2: incl 128(%rdi); lock btrl $3,(%rdi)\n"
              "dec %esi; jnz 1b; hlt");
GUEST(by_xchg, "1: mov $1,%eax; xchg %eax,(%rdi); test %eax,%eax; jz 2f; out %al,$0x81; jmp 1b\n"
               "2: incl 128(%rdi); movl $0,(%rdi); dec %esi; jnz 1b; hlt");

static struct cpus *run_all(unsigned n, const uint8_t *code, const uint8_t *end, uint64_t operand, unsigned rounds)
{
    struct cpus *c = cpus_new(n, 0);

    for (unsigned i = 0; i < n; i++) {
        cpus_start(c, i, i ? NULL : code, end - code, BENCH_CODE);
        c->cpu[i].e->r[RDI] = operand;
        c->cpu[i].e->r[RSI] = rounds;
    }
    cpus_run(c);
    CHECK(!c->b->shutdown);
    return c;
}

#define RUN_ALL(n, name, operand, rounds) run_all(n, name, name##_end, operand, rounds)
#define COUNTS(n, name, operand, rounds, at)                            \
    do {                                                                \
        struct cpus *c_ = RUN_ALL(n, name, operand, rounds);            \
        CHECK_EQ(cpus_get(c_, at), (uint64_t)(n) * (rounds));           \
        cpus_free(c_);                                                  \
    } while (0)

static unsigned rounds(unsigned few)
{
    return long_form ? 20 * few : few;
}

static void locked_operations_lose_no_count(void)
{
    for (unsigned n = 2; n <= 4; n += 2) {
        COUNTS(n, by_inc, COUNTER, rounds(20000), COUNTER);
        COUNTS(n, by_add, COUNTER + 1, rounds(20000), COUNTER + 1);
        COUNTS(n, by_sub, COUNTER, rounds(20000), COUNTER);
        COUNTS(n, by_xadd, COUNTER + 0x3e, rounds(5000), COUNTER + 0x3e);     /* two cache lines */
        COUNTS(n, by_cmpxchg, COUNTER, rounds(20000), COUNTER);
        COUNTS(n, by_cmpxchg8b, COUNTER, rounds(20000), COUNTER);
        COUNTS(n, by_bts, COUNTER, rounds(4000), COUNTER + 128);
        COUNTS(n, by_xchg, COUNTER, rounds(4000), COUNTER + 128);
    }
}

static void cmpxchg16b_changes_both_halves_at_once(void)
{
    struct cpus *c = RUN_ALL(4, by_cmpxchg16b, COUNTER, rounds(20000));

    CHECK_EQ(cpus_get(c, COUNTER), 4 * rounds(20000));
    CHECK_EQ(cpus_get(c, COUNTER + 8), 12 * rounds(20000));
    cpus_free(c);
}

static void the_lock_holds_over_two_pages(void)
{
    COUNTS(3, by_inc, CROSSING, rounds(500), CROSSING);
    COUNTS(3, by_xadd, CROSSING, rounds(500), CROSSING);
    COUNTS(3, by_cmpxchg, CROSSING - 1, rounds(500), CROSSING - 1);
    COUNTS(3, by_cmpxchg8b, CROSSING, rounds(500), CROSSING);
    COUNTS(3, by_bts, CROSSING, rounds(300), CROSSING + 128);
    COUNTS(3, by_xchg, CROSSING, rounds(300), CROSSING + 128);
}

static void the_lock_holds_for_device_memory(void)
{
    static const struct { const uint8_t *code, *end; } kinds[] = {
        { by_inc, by_inc_end }, { by_xadd, by_xadd_end }, { by_cmpxchg, by_cmpxchg_end }, { by_add, by_add_end },
    };

    for (unsigned k = 0; k < 4; k++) {
        struct cpus *c = run_all(3, kinds[k].code, kinds[k].end, CPUS_MMIO + 8, rounds(300));

        CHECK_EQ((uint32_t)c->cell[1], 3 * rounds(300));
        CHECK(c->mmio_reads >= 3 * rounds(300) && c->mmio_writes >= 3 * rounds(300));
        cpus_free(c);
    }
}

/* Crossing and plain locked operations on the same bytes exclude each other. */
GUEST(by_both, "1: lock incl (%rdi); lock incl 4(%rdi); dec %esi; jnz 1b; hlt");

static void a_lock_over_two_pages_excludes_plain_ones_on_either(void)
{
    struct cpus *c = RUN_ALL(2, by_both, CROSSING - 4, rounds(500));

    CHECK_EQ(cpus_get(c, CROSSING - 4), 2 * rounds(500));
    CHECK_EQ(cpus_get(c, CROSSING), 2 * rounds(500));
    cpus_free(c);
}

/*
 * Litmus tests.  Each vCPU goes through ITERATIONS slots of 128 bytes, x at 0 and y at 64, meets the others before
 * each one, and leaves %eax and %edx in its results.
 */
enum { ITERATIONS = 4096 };

#define LITMUS(name, body)                                                                                      \
    GUEST(name,                                                                                                 \
          "1: add %r14d,%ebp; lock incl 0x110000; mov $200,%ecx\n"                                              \
          "2: cmp %ebp,0x110000; jge 3f; pause; dec %ecx; jnz 2b; out %al,$0x81; jmp 2b\n"                      \
          "3: xor %eax,%eax; xor %edx,%edx\n" body "\nmov %eax,(%r15); mov %edx,4(%r15); add $8,%r15\n"         \
          "add $128,%rdi; dec %r13d; jnz 1b; hlt")

LITMUS(store_x_load_y, "movl $1,(%rdi); mov 64(%rdi),%eax");
LITMUS(store_y_load_x, "movl $1,64(%rdi); mov (%rdi),%eax");
LITMUS(store_x_fence_load_y, "movl $1,(%rdi); mfence; mov 64(%rdi),%eax");
LITMUS(store_y_fence_load_x, "movl $1,64(%rdi); mfence; mov (%rdi),%eax");
LITMUS(xchg_x_load_y, "mov $1,%edx; xchg %edx,(%rdi); mov 64(%rdi),%eax; xor %edx,%edx");
LITMUS(xchg_y_load_x, "mov $1,%edx; xchg %edx,64(%rdi); mov (%rdi),%eax; xor %edx,%edx");
LITMUS(store_x_store_y, "movl $1,(%rdi); movl $1,64(%rdi)");
LITMUS(load_y_load_x, "mov 64(%rdi),%eax; mov (%rdi),%edx");
LITMUS(load_x_load_y, "mov (%rdi),%eax; mov 64(%rdi),%edx");
LITMUS(load_x_store_y, "mov (%rdi),%eax; movl $1,64(%rdi)");
LITMUS(load_y_store_x, "mov 64(%rdi),%eax; movl $1,(%rdi)");
LITMUS(store_x, "movl $1,(%rdi)");
LITMUS(store_y, "movl $1,64(%rdi)");
LITMUS(store_2x_store_y, "movl $2,(%rdi); movl $1,64(%rdi)");
LITMUS(store_2y_store_x, "movl $2,64(%rdi); movl $1,(%rdi)");
LITMUS(store_x_load_x_load_y, "movl $1,(%rdi); mov (%rdi),%eax; mov 64(%rdi),%edx");
LITMUS(store_y_load_y_load_x, "movl $1,64(%rdi); mov 64(%rdi),%eax; mov (%rdi),%edx");

struct litmus { const uint8_t *code, *end; };
#define PROGRAM(name) { name, name##_end }
#define LITMUS_MAX 4

/* What vCPU n found in slot i. */
struct found { uint32_t eax, edx; };

typedef bool litmus_fn(const struct found *f, uint32_t x, uint32_t y);

/* How often the outcome came up. */
static unsigned litmus(unsigned n, const struct litmus *p, litmus_fn *outcome)
{
    struct cpus *c = cpus_new(n, 0);
    unsigned seen = 0;

    for (unsigned i = 0; i < n; i++) {
        struct env *e = c->cpu[i].e;

        cpus_start(c, i, p[i].code, p[i].end - p[i].code, BENCH_CODE + 0x1000 * i);
        e->r[RDI] = SLOTS;
        e->r[R13] = ITERATIONS;
        e->r[R14] = n;
        e->r[R15] = RESULTS + ITERATIONS * 8 * i;
    }
    cpus_run(c);
    CHECK(!c->b->shutdown);
    for (unsigned s = 0; s < ITERATIONS; s++) {
        struct found f[LITMUS_MAX];

        for (unsigned i = 0; i < n; i++)
            memcpy(&f[i], c->b->ram + RESULTS + (ITERATIONS * i + s) * 8, 8);
        seen += outcome(f, cpus_get(c, SLOTS + 128 * s), cpus_get(c, SLOTS + 128 * s + 64));
    }
    cpus_free(c);
    return seen;
}

static unsigned litmus_runs(unsigned n, const struct litmus *p, litmus_fn *outcome)
{
    unsigned seen = 0;

    for (unsigned i = 0; i < (long_form ? 25 : 1); i++)
        seen += litmus(n, p, outcome);
    return seen;
}

static bool both_zero(const struct found *f, uint32_t x, uint32_t y)
{
    return !f[0].eax && !f[1].eax;
}

static bool both_one(const struct found *f, uint32_t x, uint32_t y)
{
    return f[0].eax && f[1].eax;
}

static bool flag_without_data(const struct found *f, uint32_t x, uint32_t y)
{
    return f[1].eax && !f[1].edx;
}

static bool opposite_orders(const struct found *f, uint32_t x, uint32_t y)
{
    return f[2].eax && !f[2].edx && f[3].eax && !f[3].edx;
}

static bool both_first_stores_last(const struct found *f, uint32_t x, uint32_t y)
{
    return x == 2 && y == 2;
}

static bool own_store_missed(const struct found *f, uint32_t x, uint32_t y)
{
    return !f[0].eax || !f[1].eax;
}

static void a_store_may_be_passed_by_a_load_but_not_over_mfence_or_a_locked_instruction(void)
{
    static const struct litmus plain[] = { PROGRAM(store_x_load_y), PROGRAM(store_y_load_x) },
        fence[] = { PROGRAM(store_x_fence_load_y), PROGRAM(store_y_fence_load_x) },
        locked[] = { PROGRAM(xchg_x_load_y), PROGRAM(xchg_y_load_x) };

    printf("# without a fence: %u\n", litmus_runs(2, plain, both_zero));
    CHECK_EQ(litmus_runs(2, fence, both_zero), 0);
    CHECK_EQ(litmus_runs(2, locked, both_zero), 0);
}

static void stores_are_seen_in_order_and_loads_are_done_in_order(void)
{
    static const struct litmus p[] = { PROGRAM(store_x_store_y), PROGRAM(load_y_load_x) };

    CHECK_EQ(litmus_runs(2, p, flag_without_data), 0);
}

static void a_store_does_not_pass_an_earlier_load(void)
{
    static const struct litmus p[] = { PROGRAM(load_x_store_y), PROGRAM(load_y_store_x) };

    CHECK_EQ(litmus_runs(2, p, both_one), 0);
}

static void two_processors_see_the_stores_of_two_others_in_one_order(void)
{
    static const struct litmus p[] = { PROGRAM(store_x), PROGRAM(store_y), PROGRAM(load_x_load_y),
        PROGRAM(load_y_load_x) };

    CHECK_EQ(litmus_runs(4, p, opposite_orders), 0);
}

static void stores_of_two_processors_have_one_order(void)
{
    static const struct litmus p[] = { PROGRAM(store_2x_store_y), PROGRAM(store_2y_store_x) };

    CHECK_EQ(litmus_runs(2, p, both_first_stores_last), 0);
}

static void a_processor_sees_its_own_store_at_once(void)
{
    static const struct litmus p[] = { PROGRAM(store_x_load_x_load_y), PROGRAM(store_y_load_y_load_x) };

    CHECK_EQ(litmus_runs(2, p, own_store_missed), 0);
}

/* Interrupts between processors: %esi of them, each answered before the next one is sent. */
GUEST(send_one_by_one,
      "1: lea 1(%rbx),%ecx; mov $0x101,%edx; out %al,(%dx); mov %ecx,%ebx\n"
      "2: cmp %ebx,0x100000; je 3f; out %al,$0x81; jmp 2b; 3: dec %esi; jnz 1b; movl $1,0x100040; out %al,(%dx); hlt");
GUEST(wait_halted, "sti; 1: hlt; cmpl $0,0x100040; je 1b; cli; hlt");
GUEST(wait_busy, "sti; 1: cmpl $0,0x100040; je 1b; cli; hlt");
GUEST(answer, "cmpl $0,0x100040; jne 1f; lock incl 0x100000; 1: iretq");

static void an_interrupt_reaches_a_processor_that_runs_or_halts(void)
{
    for (unsigned kind = 0; kind < 2; kind++) {
        struct cpus *c = cpus_new(2, 0);

        CPUS_LOAD(c, 0, send_one_by_one, BENCH_CODE);
        if (kind)
            CPUS_LOAD(c, 1, wait_halted, BENCH_CODE + 0x1000);
        else
            CPUS_LOAD(c, 1, wait_busy, BENCH_CODE + 0x1000);
        CPUS_HANDLER(c, CPUS_VECTOR, answer, 0x14000);
        c->cpu[0].e->r[RSI] = rounds(1000);
        cpus_run(c);
        CHECK_EQ(cpus_get(c, 0x100000), rounds(1000));
        cpus_free(c);
    }
}

int main(int argc, char **argv)
{
    long_form = test_long(argc, argv);
    TEST(locked_operations_lose_no_count);
    TEST(cmpxchg16b_changes_both_halves_at_once);
    TEST(the_lock_holds_over_two_pages);
    TEST(the_lock_holds_for_device_memory);
    TEST(a_lock_over_two_pages_excludes_plain_ones_on_either);
    TEST(a_store_may_be_passed_by_a_load_but_not_over_mfence_or_a_locked_instruction);
    TEST(stores_are_seen_in_order_and_loads_are_done_in_order);
    TEST(a_store_does_not_pass_an_earlier_load);
    TEST(two_processors_see_the_stores_of_two_others_in_one_order);
    TEST(stores_of_two_processors_have_one_order);
    TEST(a_processor_sees_its_own_store_at_once);
    TEST(an_interrupt_reaches_a_processor_that_runs_or_halts);
    return test_end();
}
