/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/kvm-rig.h"

/* KVM: exits of small guests, and the life of their vCPUs. */

#include <time.h>

#define STOP "mov $0x510,%dx; out %al,%dx; cli; 9: hlt; jmp 9b\n"

GUEST(ports, 32,
      "mov $0x500,%dx; mov $0x11223344,%eax; out %al,%dx; inc %dx; inc %dx; out %ax,%dx\n"
      "inc %dx; inc %dx; out %eax,%dx\n"
      "in %dx,%al; mov %al,0x5000; in %dx,%ax; mov %ax,0x5004; in %dx,%eax; mov %eax,0x5008\n"
      "out %al,$0x77; in $0x78,%al; mov %al,0x500c;" STOP);

/* The probe's answers count up by 01 in every byte. */
static void ports_exit_with_every_width(void)
{
    static const struct seen want[] = {
        { 0, 0x44, 1, true }, { 2, 0x3344, 2, true }, { 4, 0x11223344, 4, true },
        { 4, 0x4746454443424140, 1, false }, { 4, 0x4847464544434241, 2, false }, { 4, 0x4948474645444342, 4, false },
    };

    if (!RIG("off", 1, ports))
        return;
    rig.probe->answer = 0x4746454443424140;
    rig_run(1);
    CHECK_EQ(rig.probe->n, 6);
    for (unsigned i = 0; i < 6; i++) {
        CHECK_EQ(rig.probe->seen[i].at, want[i].at);
        CHECK_EQ(rig.probe->seen[i].size, want[i].size);
        CHECK_EQ(rig.probe->seen[i].val, want[i].val);
        CHECK_EQ(rig.probe->seen[i].write, want[i].write);
    }
    CHECK_EQ(guest_word(DATA) & 0xff, 0x40);
    CHECK_EQ(guest_word(DATA + 4) & 0xffff, 0x4241);
    CHECK_EQ(guest_word(DATA + 8), 0x45444342);
    CHECK_EQ(guest_word(DATA + 12) & 0xff, 0xff);       /* nobody there */
    rig_free();
}

GUEST(strings, 32,
      "mov $0x500,%dx; mov $0x5000,%esi; movl $0x04030201,(%esi); movl $0x08070605,4(%esi); mov $8,%ecx; cld\n"
      "rep outsb\n"
      "mov $0x6000,%edi; mov $300,%ecx; rep insl; std; mov $0x5006,%esi; mov $3,%ecx; rep outsw;" STOP);

static void string_instructions_move_every_element_in_order(void)
{
    if (!RIG("off", 1, strings))
        return;
    rig.probe->answer = 0;
    rig_run(1);
    for (unsigned i = 0; i < 8; i++)
        CHECK(rig.probe->seen[i].write && rig.probe->seen[i].size == 1 && rig.probe->seen[i].val == i + 1);
    for (uint32_t i = 0; i < 300; i++)
        CHECK_EQ(guest_word(DATA2 + 4 * i), (uint32_t)(i * 0x0101010101010101ull));
    rig_free();
}

GUEST(mmio, 32,
      "mov $0xe0000000,%ebx; mov $0x11223344,%eax; mov %al,(%ebx); mov %ax,2(%ebx); mov %eax,4(%ebx)\n"
      "mov %eax,9(%ebx)\n"
      "mov (%ebx),%al; mov %al,0x5000; mov 0x10(%ebx),%cx; mov %cx,0x5004; mov 0x14(%ebx),%eax; mov %eax,0x5008\n"
      "cld; lea 0x20(%ebx),%esi; mov $0x6000,%edi; mov $4,%ecx; rep movsl; orl $0x80,0x40(%ebx);" STOP);

static void memory_without_a_slot_exits_with_every_width(void)
{
    static const struct seen want[] = {
        { 0, 0x44, 1, true }, { 2, 0x3344, 2, true }, { 4, 0x11223344, 4, true }, { 9, 0x11223344, 4, true },
    };

    if (!RIG("off", 1, mmio))
        return;
    rig.probe->answer = 0x0706050403020100;
    rig_run(1);
    for (unsigned i = 0; i < 4; i++) {
        CHECK_EQ(rig.probe->seen[i].at, want[i].at);
        CHECK_EQ(rig.probe->seen[i].size, want[i].size);
        CHECK_EQ(rig.probe->seen[i].val, want[i].val);
    }
    CHECK_EQ(guest_word(DATA) & 0xff, 0);
    CHECK_EQ(guest_word(DATA + 4) & 0xffff, 0x0201);
    CHECK_EQ(guest_word(DATA + 8), 0x05040302);
    for (unsigned i = 0; i < 4; i++) {
        CHECK_EQ(rig.probe->seen[7 + i].at, 0x20 + 4 * i);
        CHECK_EQ(guest_word(DATA2 + 4 * i), 0x06050403 + i * 0x01010101);
    }
    CHECK_EQ(rig.probe->seen[12].val, 0x0a090807 | 0x80);
    rig_free();
}

GUEST(rom, 32, "mov 0xf0000,%eax; mov %eax,0x5000; movl $0x12345678,0xf0000; mov 0xf0000,%eax; mov %eax,0x5004\n"
               "movl $0x12345678,0xeff00; mov 0xeff00,%eax; mov %eax,0x5008;" STOP);

static void a_write_to_rom_vanishes(void)
{
    if (!RIG("off", 1, rom))
        return;
    rig_run(1);
    CHECK_EQ(guest_word(DATA), 0x5a5a5a5a);
    CHECK_EQ(guest_word(DATA + 4), 0x5a5a5a5a);
    CHECK_EQ(guest_word(DATA + 8), 0x12345678);
    CHECK_EQ(rig.rom->host[0], 0x5a);
    rig_free();
}

GUEST(counts, 32, "1: incl 0x5000; jmp 1b");

static void a_stopped_machine_executes_nothing(void)
{
    for (unsigned mode = 0; mode < 3; mode++) {
        if (!RIG(((const char *[]){ "off", "split", "on" })[mode], 1, counts))
            return;
        rig_start();
        for (unsigned i = 0; i < 20; i++) {
            uint32_t now = guest_word(DATA);

            WAIT_FOR(guest_word(DATA) > now + 10);
            CHECK(!machine_stop(rig.m, RUN_PAUSED, NULL));
            now = guest_word(DATA);
            loop_turn(rig.loop, 1);
            CHECK_EQ(guest_word(DATA), now);
            CHECK(!machine_start(rig.m, NULL));
        }
        rig_free();
    }
}

GUEST(reads_tsc, 32, "1: rdtsc; cli; mov %edx,0x5004; mov %eax,0x5000; incl 0x5008; jmp 1b");

static uint64_t guest_tsc(void)
{
    uint32_t now = guest_word(DATA + 8);

    WAIT_FOR(guest_word(DATA + 8) > now + 2);
    CHECK(!machine_stop(rig.m, RUN_PAUSED, NULL));
    return guest_word(DATA) | (uint64_t)guest_word(DATA + 4) << 32;
}

static uint64_t host_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000000ull + t.tv_nsec;
}

/* Two seconds of a TSC of 1 GHz or more would be 2e9; what passes here while it runs is milliseconds. */
static void the_tsc_stands_with_the_machine(void)
{
    uint64_t before, after, begin;
    struct x86_state st;

    if (!RIG("off", 1, reads_tsc))
        return;
    rig_start();
    before = guest_tsc();
    rig.m->accel->ops->vcpu_get(rig.m->vcpus[0], &st);
    st.tsc_offset += 1ull << 40;
    begin = host_ns();
    while (host_ns() - begin < 300000000)
        loop_turn(rig.loop, 10);
    CHECK(!machine_start(rig.m, NULL));
    after = guest_tsc();
    CHECK(after > before);
    rig.m->accel->ops->vcpu_put(rig.m->vcpus[0], &st);
    CHECK(!machine_start(rig.m, NULL));
    CHECK(guest_tsc() > (1ull << 40));
    rig_free();
}

GUEST(resets, 32, "mov $0xfe,%al; mov $0x500,%dx; out %al,%dx;" STOP);

static void a_reset_starts_over(void)
{
    for (unsigned mode = 0; mode < 3; mode++) {
        if (!RIG(((const char *[]){ "off", "split", "on" })[mode], 2, resets))
            return;
        rig_run(1);
        for (unsigned i = 2; i < 12; i++) {
            machine_request_reset(rig.m, CAUSE_HOST_QMP_SYSTEM_RESET);
            WAIT_FOR(rig.finished >= i);
            CHECK_EQ(rig.resets, i);
        }
        rig_free();
    }
}

GUEST(triple_fault, 32,
      "movl $0x500,%edx; out %al,%dx; incl 0x20000; cmpl $3,0x20000; jae 1f; lidt 0x20100; ud2; 1:" STOP);

static void a_triple_fault_resets_the_machine(void)
{
    for (unsigned mode = 0; mode < 3; mode++) {
        if (!RIG(((const char *[]){ "off", "split", "on" })[mode], 1, triple_fault))
            return;
        rig_run(1);
        CHECK_EQ(rig.resets, 3);
        CHECK_EQ(rig.probe->n, 3);
        rig_free();
    }
}

static void count_call(struct vcpu *cpu, void *arg)
{
    (void)cpu;
    ++*(unsigned *)arg;
}

GUEST(halts, 32, "cli; 1: hlt; jmp 1b");

/* A lost kick would wait for ever: the program's time limit ends that. */
static void no_kick_is_lost(void)
{
    for (unsigned mode = 0; mode < 6; mode++) {
        unsigned calls = 0;

        if (!rig_new(((const char *[]){ "off", "split", "on" })[mode % 3], 2, mode < 3 ? counts : halts,
                     mode < 3 ? counts_end : halts_end))
            return;
        rig_start();
        for (unsigned i = 0; i < 1000; i++)
            vcpu_call(rig.m->vcpus[i & 1], count_call, &calls);
        CHECK_EQ(calls, 1000);
        rig_free();
    }
}

static void a_halted_vcpu_is_woken_by_an_nmi(void)
{
    for (unsigned mode = 0; mode < 3; mode++) {
        struct x86_state st;

        if (!RIG(((const char *[]){ "off", "split", "on" })[mode], 1, halts))
            return;
        rig_start();
        vcpu_request(rig.m->vcpus[0], VCPU_NMI);        /* gate 2 is empty: a triple fault */
        WAIT_FOR(rig.resets == 2);
        CHECK(!machine_stop(rig.m, RUN_PAUSED, NULL));
        rig.m->accel->ops->vcpu_get(rig.m->vcpus[0], &st);
        CHECK(st.rip >= CODE && st.rip < CODE + 16);
        rig_free();
    }
}

static void options_are_read_and_refused_by_name(void)
{
    static const struct { const char *options, *word; } wrong[] = {
        { "kernel-irqchip=maybe", "on, off, split" }, { "dirty-ring-size=4096", "dirty-ring-size" },
        { "kvm-shadow-mem=1", "kvm-shadow-mem" }, { "notify-vmexit=run", "notify-vmexit" }, { "speed=1", "speed" },
        { "kernel-irqchip=on,thread=multi", "thread" },
    };

    for (unsigned i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        struct error *err = NULL;

        CHECK(!loop_new(&rig.loop, NULL) && !machine_new(rig.loop, 702, &rig.m, NULL));
        CHECK(accel_open(rig.m, "kvm", wrong[i].options, &err) < 0);
        CHECK(strstr(error_line(err).s, wrong[i].word));
        error_free(err);
        machine_free(rig.m);
        loop_free(rig.loop);
    }
}

int main(void)
{
    alarm(100);
    epoch_thread_init();
    TEST(options_are_read_and_refused_by_name);
    TEST(ports_exit_with_every_width);
    TEST(string_instructions_move_every_element_in_order);
    TEST(memory_without_a_slot_exits_with_every_width);
    TEST(a_write_to_rom_vanishes);
    TEST(a_stopped_machine_executes_nothing);
    TEST(the_tsc_stands_with_the_machine);
    TEST(a_reset_starts_over);
    TEST(a_triple_fault_resets_the_machine);
    TEST(no_kick_is_lost);
    TEST(a_halted_vcpu_is_woken_by_an_nmi);
    epoch_thread_fini();
    return test_end();
}
