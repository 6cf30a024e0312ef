/* SPDX-License-Identifier: Apache-2.0 */
#include "core/dma.h"
#include "tests/unit/tcg-bench.h"

/*
 * The software CPU in a machine: start of processors, halt and wake, pause, map changes, reset, teardown
 *
 * A machine of RAM, local APICs, a device that switches memory, and vCPU threads.  Guests are 32-bit, without
 * paging; %ebx is the number of the processor in all of them.
 */

enum {
    RAM_BYTES = 4 << 20, GDT = 0x6000, IDT = 0x7000, START16 = 0x8000, START32 = 0x9000, FIRST = 0xa000,
        OTHERS = 0xb000,
    HANDLER = 0xc000, VECTOR = 0x40, BANK = 0x2000000,
    /* variables of the guests */
    OTHERS_AT = 0x7c0, N_OTHERS = 0x7d0, ROUNDS = 0x7d4, IDTR = 0x7e0, GDTR = 0x7f0,
    UP = 0x100000, READY = 0x100008, STARTED = 0x100010, DONE = 0x100018, WRONG = 0x100020, STOP = 0x100028,
    SPINS = 0x100030, COUNT = 0x100100, END = 0x100200,
};

GUEST(start16, 16, "cli; xor %ax,%ax; mov %ax,%ds; lgdtl 0x7f0; mov %cr0,%eax; or $1,%al; mov %eax,%cr0\n"
                   "ljmpl $8,$0x9000");
GUEST(start32, 32,
      "mov $0x10,%eax; mov %eax,%ds; mov %eax,%es; mov %eax,%ss; lidt 0x7e0; movl $0x1ff,0xfee000f0\n"
      "mov 0xfee00020,%ebx; shr $24,%ebx; mov %ebx,%eax; shl $14,%eax; mov $0x80000,%esp; sub %eax,%esp\n"
      "lock incl 0x100000; jmp *0x7c0");
GUEST(handler, 32, "lock incl 0x100100(,%ebx,8); movl $0,0xfee000b0; iretl");

/* The first processor: starts the others and waits for them. */
#define START_OTHERS                                                                                \
    "xor %ebx,%ebx; lidt 0x7e0; movl $0x1ff,0xfee000f0; mov $0x80000,%esp\n"                         \
    "movl $0xc4500,0xfee00300; movl $0xc4608,0xfee00300; mov 0x7d0,%ecx\n"                           \
    "1: pause; cmp %ecx,0x100000; jne 1b; lock incl 0x100008\n"
#define SEND(n) "movl $" #n "<<24,0xfee00310; movl $0x4040,0xfee00300\n"
/* Halts until at least %edi interrupts have come. */
#define HALT_UNTIL(label) #label ": cli; cmp %edi,0x100100(,%ebx,8); jae 8f; sti; hlt; jmp " #label "b; 8: sti\n"
#define FINISH "cli; movl $1,0x100200(,%ebx,8); 9: hlt; jmp 9b"

struct bank_switch {
    struct device dev;
    struct region region;
};

struct rig {
    struct loop *loop;
    struct machine *m;
    struct ram_block *ram, *bank[2];
    struct region ram_region, bank_region[2];
    struct bank_switch bank_switch;
    uint32_t others, rounds;
    const uint8_t *code[2], *end[2];
};

static struct rig rig;

static void bank_write(struct device *dev, uint64_t at, unsigned size, uint64_t val)
{
    map_request(dev, &rig.bank_region[1], val & 1, BANK);
}

/* At 8 it looks at the registers of whoever reads. */
static uint64_t bank_read(struct device *dev, uint64_t at, unsigned size)
{
    uint64_t gprs[16];

    if (at != 8 || !vcpu_gprs_get(gprs))
        return 0;
    gprs[RSI] = gprs[RBX] + vcpu_current()->index + 1;
    gprs[RAX] = 0;
    vcpu_gprs_put(gprs);
    return 0x1234;
}

static const struct region_type bank_switch_regions[] = {
    { .name = "bank-switch", .size = 0x1000, .min = 4, .max = 4, .read = bank_read, .write = bank_write },
    {},
};
static const struct device_type bank_switch_type = {
    .type = { .name = "bank-switch", .doc = "a test's", .size = sizeof(struct bank_switch) },
    .locking = LOCKING_DEVICE, .regions = bank_switch_regions,
};

static _Atomic uint32_t *word(uint64_t gpa)
{
    return (_Atomic uint32_t *)(void *)(rig.ram->host + gpa);
}

static void put(uint64_t gpa, const void *bytes, size_t len)
{
    memcpy(rig.ram->host + gpa, bytes, len);
    ram_written(rig.ram, gpa, len);
}

static void gate(unsigned vector, uint32_t to)
{
    uint64_t g = (to & 0xffff) | 8u << 16 | 0x8e00ull << 32 | (uint64_t)(to >> 16) << 48;

    put(IDT + 8 * vector, &g, 8);
}

static void table_register(uint64_t gpa, uint16_t limit, uint32_t base)
{
    put(gpa, &limit, 2);
    put(gpa + 2, &base, 4);
}

static void memory_fill(void)
{
    static const uint64_t gdt[3] = { 0, 0x00cf9b000000ffff, 0x00cf93000000ffff };
    uint32_t others_at = OTHERS;

    memset(rig.ram->host + UP, 0, 0x1000);
    put(GDT, gdt, sizeof(gdt));
    gate(VECTOR, HANDLER);
    table_register(IDTR, 0x7ff, IDT);
    table_register(GDTR, sizeof(gdt) - 1, GDT);
    put(OTHERS_AT, &others_at, 4);
    put(N_OTHERS, &rig.others, 4);
    put(ROUNDS, &rig.rounds, 4);
    put(START16, start16, start16_end - start16);
    put(START32, start32, start32_end - start32);
    put(HANDLER, handler, handler_end - handler);
    put(FIRST, rig.code[0], rig.end[0] - rig.code[0]);
    put(OTHERS, rig.code[1], rig.end[1] - rig.code[1]);
}

/* Where the board starts the first processor. */
static void reset_boot(struct machine *m)
{
    struct x86_state st;

    memory_fill();
    tcg_state_flat(&st, m, true);
    st.gdt = (struct x86_seg){ .base = GDT, .limit = 0x17 };
    st.rip = FIRST;
    m->accel->ops->vcpu_put(m->vcpus[0], &st);
}

/* Two banks at one address, with the number of the bank in the first word and a function at 100h that returns it. */
static void banks_init(void)
{
    struct bank_switch *b = &rig.bank_switch;

    for (uint8_t n = 0; n < 2; n++) {
        rig.bank[n] = ram_region_new(rig.m, &rig.bank_region[n], n ? "bank1" : "bank0", 0x2000);
        region_map(rig.m, &rig.m->memory, BANK, &rig.bank_region[n], n);
        rig.bank[n]->host[0] = n;
        memcpy(rig.bank[n]->host + 0x100, (uint8_t[]){ 0xb8, n, 0, 0, 0, 0xc3 }, 6);
    }
    *b = (struct bank_switch){ .dev = { .type = &bank_switch_type, .machine = rig.m } };
    lock_init(&b->dev.own, RANK_DEVICE);
    b->dev.lock = &b->dev.own;
    region_init_io(&b->region, &b->dev, &bank_switch_regions[0], NULL);
    map_begin(&rig.m->map);
    region_enable(&rig.bank_region[1], false);
    region_add(&rig.m->memory, 0xf0000000, &b->region, 0);
    map_end(&rig.m->map);
}

static void rig_init(unsigned n, const uint8_t *first, const uint8_t *first_end, const uint8_t *others,
                     const uint8_t *others_end, unsigned rounds)
{
    struct machine *m;

    memset(&rig, 0, sizeof(rig));
    rig.others = n - 1;
    rig.rounds = rounds;
    rig.code[0] = first, rig.end[0] = first_end, rig.code[1] = others, rig.end[1] = others_end;
    m = rig.m = tcg_machine_new(&rig.loop, n);
    rig.ram = ram_region_new(m, &rig.ram_region, "pc.ram", RAM_BYTES);
    region_map(m, &m->memory, 0, &rig.ram_region, 0);
    banks_init();
    tcg_cpus_start(m);
    m->reset_boot = reset_boot;
    machine_reset(m, true);
    CHECK(!machine_start(m, NULL));
}

/* The map is the machine's: its regions go before it, its vCPUs' threads before both. */
static void rig_fini(void)
{
    struct machine *m = rig.m;

    machine_stop(m, RUN_PAUSED, NULL);
    region_drop(m, &rig.bank_switch.region);
    region_drop(m, &rig.bank_region[1]);
    region_drop(m, &rig.bank_region[0]);
    region_drop(m, &rig.ram_region);
    lock_fini(&rig.bank_switch.dev.own);
    machine_free(m);
    loop_free(rig.loop);
}

#define RIG_INIT(n, first, others, rounds) rig_init(n, first, first##_end, others, others##_end, rounds)
GUEST(first_only_starts, 32, START_OTHERS FINISH);
GUEST(others_stop, 32, FINISH);

static void sipi_starts_the_others_at_its_vector(void)
{
    RIG_INIT(4, first_only_starts, others_stop, 0);
    for (unsigned n = 0; n < 4; n++)
        WAIT_FOR(*word(END + 8 * n));
    CHECK_EQ(*word(UP), 3);
    rig_fini();
}

/* Two processors wake each other in turn, out of HLT each time. */
GUEST(first_of_pair, 32,
      START_OTHERS "xor %edi,%edi; mov 0x7d4,%esi; 3: " SEND(1) "inc %edi\n" HALT_UNTIL(4) "dec %esi; jnz 3b\n" FINISH);
GUEST(second_of_pair, 32,
      "xor %edi,%edi; mov 0x7d4,%esi; 3: inc %edi\n" HALT_UNTIL(4) SEND(0) "dec %esi; jnz 3b\n" FINISH);

static bool pair_ended(void)
{
    return *word(END) && *word(END + 8);
}

static void no_wake_up_out_of_hlt_is_lost(void)
{
    unsigned rounds = long_form ? 100000 : 5000;

    RIG_INIT(2, first_of_pair, second_of_pair, rounds);
    WAIT_FOR(pair_ended());
    CHECK_EQ(*word(COUNT), rounds);
    CHECK_EQ(*word(COUNT + 8), rounds);
    rig_fini();
}

static void pausing_again_and_again_loses_no_wake_up_either(void)
{
    unsigned rounds = long_form ? 50000 : 2000, pauses = 0;

    RIG_INIT(2, first_of_pair, second_of_pair, rounds);
    for (; !pair_ended(); pauses++) {
        CHECK(!machine_stop(rig.m, RUN_PAUSED, NULL));
        if (pauses % 8 == 0) {
            uint32_t before = *word(COUNT) + *word(COUNT + 8);

            for (unsigned n = 0; n < 20; n++)
                sched_yield();
            CHECK_EQ(*word(COUNT) + *word(COUNT + 8), before);
        }
        CHECK(!machine_start(rig.m, NULL));
        for (unsigned n = 0; n < pauses % 5; n++)
            sched_yield();
    }
    printf("# %u pauses\n", pauses);
    CHECK_EQ(*word(COUNT), rounds);
    CHECK_EQ(*word(COUNT + 8), rounds);
    rig_fini();
}

GUEST(first_spins, 32, START_OTHERS "2: lock incl 0x100030; jmp 2b");
GUEST(others_spin, 32, "2: lock incl 0x100030; jmp 2b");

static void nothing_runs_while_the_machine_is_paused(void)
{
    RIG_INIT(3, first_spins, others_spin, 0);
    WAIT_FOR(*word(READY));
    for (unsigned i = 0; i < (long_form ? 5000 : 300); i++) {
        uint32_t before;

        vcpu_park_all(rig.m);
        before = *word(SPINS);
        sched_yield();
        CHECK_EQ(*word(SPINS), before);
        for (unsigned n = 0; n < 3; n++)
            vcpu_resume(rig.m->vcpus[n]);
        WAIT_FOR(*word(SPINS) != before);
    }
    rig_fini();
}

/*
 * The first processor switches banks and looks at once; the others look all the time, and must agree whenever no
 * switch was under way.
 */
GUEST(first_switches, 32,
      START_OTHERS "mov 0x7d4,%esi; mov $1,%edi\n"
      "2: mov %edi,0x100010; mov %edi,0xf0000000; mov %edi,%ecx; and $1,%ecx\n"
      "cmp %ecx,0x2000000; jne 7f; mov $0x2000100,%eax; call *%eax; cmp %ecx,%eax; jne 7f\n"
      "3: mov %edi,0x100018; inc %edi; dec %esi; jnz 2b; movl $1,0x100028\n" FINISH "\n7: lock incl 0x100020; jmp 3b");
GUEST(others_watch, 32,
      "2: mov 0x100018,%esi; mov 0x2000000,%edi; mov $0x2000100,%eax; call *%eax; mov 0x100010,%edx\n"
      "lock incl 0x100030; cmp %esi,%edx; jne 3f; and $1,%esi; cmp %esi,%edi; jne 7f; cmp %esi,%eax; jne 7f\n"
      "3: cmpl $0,0x100028; je 2b\n" FINISH "\n7: lock incl 0x100020; jmp 3b");

static void a_map_change_is_complete_for_all_processors_when_the_access_that_made_it_is(void)
{
    unsigned rounds = long_form ? 20000 : 500;

    RIG_INIT(3, first_switches, others_watch, rounds);
    for (unsigned n = 0; n < 3; n++)
        WAIT_FOR(*word(END + 8 * n));
    CHECK_EQ(*word(DONE), rounds);
    CHECK_EQ(*word(WRONG), 0);
    CHECK(*word(SPINS) > 0);
    rig_fini();
}

/* Processors that are reset in all phases of their start, and while interrupts fly. */
GUEST(first_sends_always, 32, START_OTHERS "sti; 2: movl $0xc4040,0xfee00300; lock incl 0x100030; jmp 2b");
GUEST(others_halt_always, 32, "2: sti; hlt; cli; jmp 2b");

static void a_running_machine_may_be_reset_at_any_time(void)
{
    RIG_INIT(3, first_sends_always, others_halt_always, 0);
    for (unsigned i = 0; i < (long_form ? 5000 : 200); i++) {
        if (i % 4 == 3)
            WAIT_FOR(*word(READY) && *word(SPINS) > 10 && *word(COUNT + 8) && *word(COUNT + 16));
        for (unsigned n = 0; n < i % 7; n++)
            sched_yield();
        CHECK(!machine_stop(rig.m, RUN_PAUSED, NULL));
        CHECK(*word(UP) <= 2);
        machine_reset(rig.m, i % 2);
        CHECK(!machine_start(rig.m, NULL));
    }
    WAIT_FOR(*word(READY) && *word(COUNT + 8));
    rig_fini();
}

static void a_machine_may_go_at_any_time(void)
{
    for (unsigned i = 0; i < (long_form ? 500 : 30); i++) {
        RIG_INIT(1 + i % 4, first_sends_always, others_halt_always, 0);
        if (i % 3 == 0)
            WAIT_FOR(*word(READY));
        for (unsigned n = 0; n < i; n++)
            sched_yield();
        rig_fini();
    }
}

/*
 * A device's DMA over code that another processor executes: what it wrote is executed.  PAUSE lets the device's thread
 * run where both share one host CPU; without it a round lasts the scheduler's whole time slice there.
 */
GUEST(first_calls, 32,
    START_OTHERS "2: mov $0xd000,%eax; call *%eax; mov %eax,0x100018; pause; cmpl $0,0x100028; je 2b\n" FINISH);

static void what_a_device_wrote_is_executed(void)
{
    uint8_t function[6] = { 0xb8, 0, 0, 0, 0, 0xc3 };

    RIG_INIT(2, first_calls, others_stop, 0);
    vcpu_park_all(rig.m);
    put(0xd000, function, 6);
    for (unsigned n = 0; n < 2; n++)
        vcpu_resume(rig.m->vcpus[n]);
    for (uint32_t i = 1; i < (long_form ? 20000 : 300); i++) {
        dma_write(&rig.m->memory_as, 0xd001, &i, 4);
        WAIT_FOR(*word(DONE) == i);
    }
    *word(STOP) = 1;
    WAIT_FOR(*word(END));
    rig_fini();
}

/* A bank leaves with a function's memory, and another comes, which the host may put where the first one was: nothing of
 * what was made of the first one's code is executed, or looked at. */
GUEST(first_calls_always, 32, "mov $0x80000,%esp; mov $0x2000100,%esi\n"
                              "2: call *%esi; mov %eax,0x100018; lock incl 0x100030; jmp 2b");

static void code_goes_with_the_memory_that_it_lay_in(void)
{
    struct machine *m;

    RIG_INIT(1, first_calls_always, others_stop, 0);
    m = rig.m;
    for (uint8_t n = 1; n < 20; n++) {
        uint32_t spins = *word(SPINS);
        bool held;

        WAIT_FOR(*word(SPINS) > spins + 10);
        held = vcpu_hold_all(m);
        CHECK(held);
        region_drop(m, &rig.bank_region[0]);
        ram_block_free(rig.bank[0]);
        rig.bank[0] = ram_region_new(m, &rig.bank_region[0], "bank0", 0x2000);
        memcpy(rig.bank[0]->host + 0x100, (uint8_t[]){ 0xb8, n, 0, 0, 0, 0xc3 }, 6);
        region_map(m, &m->memory, BANK, &rig.bank_region[0], 0);
        vcpu_release_all(m, held);
        WAIT_FOR(*word(DONE) == n);
    }
    rig_fini();
}

GUEST(first_shows_registers, 32, "mov $41,%ebx; mov 0xf0000008,%eax; mov %esi,0x100018; mov %eax,0x100020\n"
                                 "xor %ebx,%ebx\n" FINISH);

static void a_device_sees_and_changes_the_registers_of_its_visitor(void)
{
    RIG_INIT(1, first_shows_registers, others_stop, 0);
    WAIT_FOR(*word(END));
    CHECK_EQ(*word(DONE), 42);
    CHECK_EQ(*word(WRONG), 0x1234);             /* the instruction's own result comes last */
    CHECK(!vcpu_current());
    CHECK(!vcpu_gprs_get((uint64_t[16]){ 0 }));
    rig_fini();
}

int main(int argc, char **argv)
{
    tcg_bench_init(argc, argv);
    TEST(sipi_starts_the_others_at_its_vector);
    TEST(no_wake_up_out_of_hlt_is_lost);
    TEST(pausing_again_and_again_loses_no_wake_up_either);
    TEST(nothing_runs_while_the_machine_is_paused);
    TEST(a_map_change_is_complete_for_all_processors_when_the_access_that_made_it_is);
    TEST(a_running_machine_may_be_reset_at_any_time);
    TEST(a_machine_may_go_at_any_time);
    TEST(what_a_device_wrote_is_executed);
    TEST(code_goes_with_the_memory_that_it_lay_in);
    TEST(a_device_sees_and_changes_the_registers_of_its_visitor);
    epoch_thread_fini();
    return test_end();
}
