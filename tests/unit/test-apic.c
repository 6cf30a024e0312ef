/* SPDX-License-Identifier: Apache-2.0 */
#include "hw/intc/apic.h"

/* The local APIC after the Intel SDM, volume 3, chapter 10; section numbers are its own. */

#include "hw/intc/ioapic.h"
#include "lib/thread.h"
#include "tests/unit/hw-bench.h"

#include <stdatomic.h>

enum { ID = 0x20, VERSION = 0x30, TPR = 0x80, PPR = 0xa0, EOI = 0xb0, LDR = 0xd0, DFR = 0xe0, SVR = 0xf0, ISR = 0x100,
       TMR = 0x180, IRR = 0x200, ESR = 0x280, ICR = 0x300, ICR2 = 0x310, LVT_T = 0x320, LINT0 = 0x350, LINT1 = 0x360,
       LVT_E = 0x370, INITIAL = 0x380, CURRENT = 0x390, DIVIDE = 0x3e0 };

static struct bench b;

static uint32_t get(unsigned cpu, unsigned at)
{
    uint64_t val = 0;

    address_space_read(&b.m->vcpus[cpu]->as, 0xfee00000 + at, 4, &val, NULL);
    return val;
}

static void set(unsigned cpu, unsigned at, uint32_t val)
{
    address_space_write(&b.m->vcpus[cpu]->as, 0xfee00000 + at, 4, val, NULL);
}

static bool pending(unsigned cpu)
{
    return b.m->vcpus[cpu]->intc->pending(b.m->vcpus[cpu]->intc_opaque);
}

static int take(unsigned cpu)
{
    return b.m->vcpus[cpu]->intc->take(b.m->vcpus[cpu]->intc_opaque);
}

static bool wrmsr(unsigned cpu, uint32_t msr, uint64_t val)
{
    return b.m->vcpus[cpu]->intc->msr_write(b.m->vcpus[cpu]->intc_opaque, msr, val);
}

static uint64_t rdmsr(unsigned cpu, uint32_t msr)
{
    uint64_t val;

    return b.m->vcpus[cpu]->intc->msr_read(b.m->vcpus[cpu]->intc_opaque, msr, &val) ? val : UINT64_MAX;
}

static uint32_t requests(unsigned cpu)
{
    return atomic_exchange(&b.m->vcpus[cpu]->requests, 0);
}

/* n CPUs whose APICs software has enabled, flat logical ids 1, 2, 4 ... */
static void begin(unsigned n)
{
    bench_init(&b, n);
    for (unsigned i = 0; i < n; i++) {
        CHECK(!apic_new(b.m, b.m->vcpus[i], NULL));
        set(i, SVR, 0x1ff);
        set(i, LDR, 1u << (24 + i % 8));
        requests(i);
    }
}

static void state_after_reset(void)
{
    bench_init(&b, 2);
    for (unsigned i = 0; i < 2; i++)
        CHECK(!apic_new(b.m, b.m->vcpus[i], NULL));
    CHECK_EQ(get(1, ID), 1u << 24);
    CHECK_EQ(get(0, VERSION), 0x50014);
    CHECK_EQ(get(0, SVR), 0xff);
    CHECK_EQ(get(0, DFR), 0xffffffff);
    for (unsigned at = LVT_T; at <= LVT_E; at += 0x10)
        CHECK_EQ(get(0, at), 0x10000);
    CHECK_EQ(rdmsr(0, 0x1b), 0xfee00900);
    CHECK_EQ(rdmsr(1, 0x1b), 0xfee00800);
    bench_fini(&b);
}

static void fixed_interrupts_are_taken_by_priority(void)
{
    begin(1);
    apic_deliver(b.m, 0, false, APIC_FIXED, 0x31, false);
    apic_deliver(b.m, 0, false, APIC_FIXED, 0x52, false);
    CHECK(requests(0) & VCPU_IRQ);
    CHECK_EQ(get(0, IRR + 0x10), 1u << 17);
    CHECK_EQ(take(0), 0x52);
    CHECK_EQ(get(0, PPR), 0x50);
    CHECK(!pending(0));                         /* 0x31 is of a lower class */
    apic_deliver(b.m, 0, false, APIC_FIXED, 0x5f, false);
    CHECK(!pending(0));                         /* the same class does not interrupt itself */
    CHECK_EQ(get(0, ISR + 0x20), 1u << 18);
    set(0, EOI, 0);
    CHECK_EQ(take(0), 0x5f);
    set(0, EOI, 0);
    CHECK_EQ(take(0), 0x31);
    CHECK_EQ(take(0), -1);
    bench_fini(&b);
}

static void tpr_and_cr8_are_one(void)
{
    const struct vcpu_intc *intc;
    void *opaque;

    begin(1);
    intc = b.m->vcpus[0]->intc;
    opaque = b.m->vcpus[0]->intc_opaque;
    intc->tpr_set(opaque, 4);
    CHECK_EQ(get(0, TPR), 0x40);
    apic_deliver(b.m, 0, false, APIC_FIXED, 0x41, false);
    CHECK(!pending(0));
    requests(0);
    set(0, TPR, 0x35);
    CHECK_EQ(intc->tpr_get(opaque), 3);
    CHECK(pending(0) && (requests(0) & VCPU_IRQ));
    bench_fini(&b);
}

static void a_disabled_apic_accepts_no_fixed_interrupt(void)
{
    begin(1);
    set(0, LVT_E, 0xfe);
    set(0, SVR, 0xff);
    CHECK_EQ(get(0, LVT_E), 0x100fe);           /* and its vectors are masked (10.4.7.2) */
    set(0, LVT_E, 0xfe);
    CHECK_EQ(get(0, LVT_E), 0x100fe);
    apic_deliver(b.m, 0, false, APIC_FIXED, 0x41, false);
    CHECK(!pending(0));
    apic_deliver(b.m, 0, false, APIC_NMI, 0, false);
    CHECK(requests(0) & VCPU_NMI);
    bench_fini(&b);
}

static unsigned who(unsigned n)
{
    unsigned mask = 0;

    for (unsigned i = 0; i < n; i++)
        while (take(i) >= 0) {
            mask |= 1u << i;
            set(i, EOI, 0);
        }
    return mask;
}

static void destinations_physical_flat_and_cluster(void)
{
    begin(4);
    apic_deliver(b.m, 2, false, APIC_FIXED, 0x40, false);
    CHECK_EQ(who(4), 4);
    apic_deliver(b.m, APIC_BROADCAST, false, APIC_FIXED, 0x40, false);
    CHECK_EQ(who(4), 15);
    apic_deliver(b.m, 0x0a, true, APIC_FIXED, 0x40, false);
    CHECK_EQ(who(4), 10);
    for (unsigned i = 0; i < 4; i++) {
        set(i, DFR, 0);
        set(i, LDR, (i / 2 << 4 | 1u << i % 2) << 24);
    }
    apic_deliver(b.m, 0x13, true, APIC_FIXED, 0x40, false);
    CHECK_EQ(who(4), 12);
    apic_deliver(b.m, 0x01, true, APIC_FIXED, 0x40, false);
    CHECK_EQ(who(4), 1);
    bench_fini(&b);
}

static void lowest_priority_goes_to_one(void)
{
    begin(4);
    set(0, TPR, 0x20);
    set(1, TPR, 0x10);
    set(3, TPR, 0x30);
    apic_deliver(b.m, 0x0b, true, APIC_LOWEST, 0x40, false);
    CHECK_EQ(who(4), 2);
    bench_fini(&b);
}

static void an_msi_is_decoded(void)
{
    begin(2);
    b.m->msi.send(b.m->msi.opaque, 0xfee01000, 0x0041);
    CHECK_EQ(who(2), 2);
    b.m->msi.send(b.m->msi.opaque, 0xfee03004, 0x8042);         /* logical 3, level */
    CHECK_EQ(get(0, TMR + 0x20), 4);
    CHECK_EQ(who(2), 3);
    b.m->msi.send(b.m->msi.opaque, 0xfee0300c, 0x0043);         /* with the hint: one of them */
    CHECK_EQ(who(2), 1);
    mem_out(&b, 0xfee01000, 4, 0x44);                           /* the doorbell in system memory */
    CHECK_EQ(who(2), 2);
    bench_fini(&b);
}

static void shorthands_of_icr(void)
{
    begin(3);
    set(1, ICR, 0x00044040);
    CHECK_EQ(who(3), 2);
    set(1, ICR, 0x00084040);
    CHECK_EQ(who(3), 7);
    set(1, ICR, 0x000c4040);
    CHECK_EQ(who(3), 5);
    set(1, ICR2, 2u << 24);
    set(1, ICR, 0x00004040);
    CHECK_EQ(who(3), 4);
    CHECK_EQ(get(1, ICR), 0x4040);
    CHECK_EQ(get(1, ICR2), 2u << 24);
    bench_fini(&b);
}

static void init_and_start_up(void)
{
    begin(2);
    set(0, ICR2, 1u << 24);
    set(0, ICR, 0x0000c500);
    CHECK(requests(1) & VCPU_INIT);
    set(0, ICR, 0x00008500);                    /* de-asserted: nothing (10.6.1) */
    CHECK(!requests(1));
    set(0, ICR, 0x0000469a);
    CHECK((requests(1) & VCPU_SIPI) && b.m->vcpus[1]->sipi_vector == 0x9a);
    set(1, TPR, 0x40);
    b.m->vcpus[1]->intc->init(b.m->vcpus[1]->intc_opaque);
    CHECK_EQ(get(1, TPR), 0);
    CHECK_EQ(get(1, SVR), 0xff);
    CHECK_EQ(get(1, ID), 1u << 24);
    set(0, ICR, 0x00004200);
    CHECK(requests(1) & VCPU_SMI);
    bench_fini(&b);
}

static void errors_show_after_a_write_to_esr(void)
{
    begin(1);
    set(0, LVT_E, 0xfe);
    set(0, ICR, 0x00044005);                    /* send illegal vector */
    CHECK_EQ(get(0, ESR), 0);
    CHECK_EQ(take(0), 0xfe);
    set(0, ESR, 0);
    CHECK_EQ(get(0, ESR), 1 << 5);
    apic_deliver(b.m, 0, false, APIC_FIXED, 3, false);
    get(0, 0x40);                               /* illegal register */
    set(0, ESR, 0);
    CHECK_EQ(get(0, ESR), 3 << 6);
    set(0, ESR, 0);
    CHECK_EQ(get(0, ESR), 0);
    bench_fini(&b);
}

static void one_shot_timer_counts_down_once(void)
{
    begin(1);
    set(0, DIVIDE, 3);                          /* 16 */
    set(0, LVT_T, 0xec);
    set(0, INITIAL, 1000);
    machine_clock_step(b.m, 1600);
    CHECK_EQ(get(0, CURRENT), 900);
    machine_clock_step(b.m, 1001 * 16 - 1600 - 1);
    CHECK(!pending(0));
    machine_clock_step(b.m, 1);
    CHECK_EQ(take(0), 0xec);
    CHECK_EQ(get(0, CURRENT), 0);
    set(0, EOI, 0);
    machine_clock_step(b.m, 1000000);
    CHECK(!pending(0));
    bench_fini(&b);
}

static void periodic_timer_and_missed_periods(void)
{
    begin(1);
    set(0, DIVIDE, 0xb);                        /* 1 */
    set(0, LVT_T, 0x200ec);
    set(0, INITIAL, 9999);
    for (unsigned i = 0; i < 5; i++) {
        machine_clock_step(b.m, 10000);
        CHECK_EQ(take(0), 0xec);
        set(0, EOI, 0);
    }
    set(0, LVT_T, 0x300ec);                     /* masked: it counts on, and nobody is woken */
    CHECK_EQ(machine_clock_next(b.m), TIMER_OFF);
    machine_clock_step(b.m, 10000000005);
    set(0, LVT_T, 0x200ec);
    CHECK_EQ(get(0, CURRENT), 9994);
    CHECK(!pending(0));
    set(0, INITIAL, 1);                         /* faster than anybody can be: bounded */
    machine_clock_step(b.m, 1000000);
    CHECK_EQ(take(0), 0xec);
    set(0, INITIAL, 0);
    CHECK_EQ(machine_clock_next(b.m), TIMER_OFF);
    bench_fini(&b);
}

static void tsc_deadline_fires_once_and_clears(void)
{
    begin(1);
    CHECK(wrmsr(0, 0x6e0, 5000) && rdmsr(0, 0x6e0) == 0);       /* in another mode: ignored */
    set(0, LVT_T, 0x400ec);
    CHECK(wrmsr(0, 0x6e0, machine_tsc(b.m) + 5000));
    set(0, INITIAL, 7);
    CHECK_EQ(get(0, INITIAL), 0);
    machine_clock_step(b.m, 4999);
    CHECK(!pending(0));
    machine_clock_step(b.m, 1);
    CHECK_EQ(take(0), 0xec);
    CHECK_EQ(rdmsr(0, 0x6e0), 0);
    bench_fini(&b);
}

static void apic_base_has_legal_transitions_only(void)
{
    begin(2);
    CHECK(!wrmsr(1, 0x1b, 0xfee00400));         /* x2APIC while off */
    CHECK(!wrmsr(1, 0x1b, 0xfee00801));         /* reserved */
    CHECK(wrmsr(1, 0x1b, 0xfed80800));          /* moved */
    CHECK_EQ(get(1, ID), 0);
    CHECK(wrmsr(1, 0x1b, 0xfee00c00));
    CHECK(!wrmsr(1, 0x1b, 0xfee00800));         /* back only through off */
    CHECK_EQ(rdmsr(1, 0x802), 1);
    CHECK(wrmsr(1, 0x1b, 0xfee00000));
    CHECK(!wrmsr(1, 0x1b, 0xfee00c00));         /* off to x2APIC */
    CHECK_EQ(rdmsr(1, 0x802), UINT64_MAX);
    CHECK(wrmsr(1, 0x1b, 0xfee00800));
    CHECK_EQ(get(1, ID), 1u << 24);
    CHECK_EQ(get(1, SVR), 0xff);                /* off forgets */
    CHECK_EQ(rdmsr(0, 0x1b), 0xfee00900);
    bench_fini(&b);
}

static void x2apic_registers_and_destinations(void)
{
    begin(20);
    for (unsigned i = 0; i < 20; i++) {
        CHECK(wrmsr(i, 0x1b, 0xfee00c00));
        CHECK(wrmsr(i, 0x80f, 0x1ff));
    }
    CHECK_EQ(rdmsr(18, 0x80d), 1u << 16 | 1u << 2);
    CHECK(!wrmsr(0, 0x80d, 1) && !wrmsr(0, 0x80b, 1) && !wrmsr(0, 0x80e, 0) && !wrmsr(0, 0x831, 0));
    CHECK(!wrmsr(0, 0x808, 0x100) && rdmsr(0, 0x80b) == UINT64_MAX);
    CHECK(wrmsr(0, 0x830, 18ull << 32 | 0x4040));
    CHECK(who(18) == 0 && take(18) == 0x40 && wrmsr(18, 0x80b, 0));
    CHECK(wrmsr(0, 0x830, (uint64_t)(1u << 16 | 0xc) << 32 | 0x4841));
    CHECK(take(17) < 0 && take(18) == 0x41 && take(19) == 0x41);
    CHECK_EQ(rdmsr(0, 0x830) >> 32, 0x1000c);
    CHECK(wrmsr(5, 0x83f, 0x55) && take(5) == 0x55);
    bench_fini(&b);
}

static void lint_pins(void)
{
    begin(2);
    set(0, LINT1, 0x400);
    apic_nmi(b.m);
    CHECK(requests(0) & VCPU_NMI);
    CHECK(!(requests(1) & VCPU_NMI));           /* masked there */
    set(0, LINT0, 0x61);                        /* virtual wire as a fixed vector */
    apic_extint(b.m, true);
    CHECK_EQ(take(0), 0x61);
    apic_extint(b.m, false);
    bench_fini(&b);
}

/* As QEMU 7.2 sent it from a running Linux guest: a one-shot timer with divisor 16. */
static const uint8_t running[] = {
    0xfe, 0xe0, 0x09, 0x00, 0x00, 0x00, 0x10, 0x00, 0x00, 0x01, 0xff, 0x01, 0x0f, 0x00, 0x00, 0x00, 0x00, 0x00,
    0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    0x00, 0x00, 0x00, 0x00, 0x00, 0x20, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x10,
    0x00, 0x00, 0x00, 0x00, 0xec, 0x00, 0x01, 0x00, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0x01, 0x07, 0x00, 0x00,
    0x00, 0x04, 0x00, 0x00, 0x00, 0x00, 0xfe, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x08, 0xfb, 0x02, 0x00, 0x00,
    0x00, 0x00, 0x00, 0x00, 0x03, 0x00, 0x00, 0x00, 0x04, 0x00, 0x00, 0x84, 0x4a, 0x00, 0x00, 0x00, 0x02, 0x34,
    0xce, 0x4d, 0x41, 0x00, 0x00, 0x00, 0x02, 0x34, 0xd6, 0x91, 0xf1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
    0xff,
};

static void the_stream_has_181_bytes(void)
{
    struct saved s, after;
    struct wire in;

    begin(1);
    s = bench_save(&b, "apic");
    CHECK_EQ(s.fields[181], 0x7e);
    memcpy((uint8_t *)s.fields, running, sizeof(running));
    in = (struct wire){ .buf = s.w.buf, .len = s.w.at };
    CHECK(!bench_load(&b, &in, NULL));
    after = bench_save(&b, "apic");
    CHECK(!memcmp(after.fields, running, sizeof(running)));
    CHECK_EQ(get(0, PPR), 0xf0);                /* vector 0xfd is in service */
    wire_fini(&after.w);
    wire_fini(&s.w);
    bench_fini(&b);
}

static void an_ap_waits_for_sipi_in_the_stream(void)
{
    struct saved s;
    uint8_t *sub;

    bench_init(&b, 2);
    for (unsigned i = 0; i < 2; i++)
        CHECK(!apic_new(b.m, b.m->vcpus[i], NULL));
    s = bench_save(&b, "apic");
    sub = memmem(s.fields, s.w.buf + s.w.at - s.fields, "\x05\x09" "apic_sipi\0\0\0\1\0\0\0\0\0\0\0\1", 23);
    CHECK(sub && sub - s.fields == 181 + 5 + 18 + 181);  /* fields, footer, header, fields */
    bench_reload(&b);
    CHECK(b.m->vcpus[1]->wait_sipi && !b.m->vcpus[0]->wait_sipi);
    wire_fini(&s.w);
    bench_fini(&b);
}

enum { STORM = 20000, SENDERS = 3 };

static void *sender(void *arg)
{
    unsigned n = (uintptr_t)arg;

    for (unsigned i = 0; i < STORM; i++)
        apic_deliver(b.m, 0, false, APIC_FIXED, 0x20 + 0x10 * n + i % 16, false);
    return NULL;
}

/* Every vector that was sent at least once is taken at least once, whatever the interleaving. */
static void nothing_is_lost_between_threads(void)
{
    struct thread t[SENDERS] = { 0 };
    bool seen[256] = { 0 };
    int vector;

    begin(1);
    for (uintptr_t i = 0; i < SENDERS; i++)
        CHECK(!thread_start(&t[i], "sender", sender, (void *)i, NULL));
    for (unsigned i = 0; i < STORM; i++)
        while ((vector = take(0)) >= 0) {
            seen[vector] = true;
            set(0, EOI, 0);
        }
    for (unsigned i = 0; i < SENDERS; i++)
        thread_join(&t[i]);
    while ((vector = take(0)) >= 0) {
        seen[vector] = true;
        set(0, EOI, 0);
    }
    for (unsigned v = 0; v < 256; v++)
        CHECK_EQ(seen[v], v >= 0x20 && v < 0x20 + 16 * SENDERS);
    bench_fini(&b);
}

int main(void)
{
    epoch_thread_init();
    TEST(state_after_reset);
    TEST(fixed_interrupts_are_taken_by_priority);
    TEST(tpr_and_cr8_are_one);
    TEST(a_disabled_apic_accepts_no_fixed_interrupt);
    TEST(destinations_physical_flat_and_cluster);
    TEST(lowest_priority_goes_to_one);
    TEST(an_msi_is_decoded);
    TEST(shorthands_of_icr);
    TEST(init_and_start_up);
    TEST(errors_show_after_a_write_to_esr);
    TEST(one_shot_timer_counts_down_once);
    TEST(periodic_timer_and_missed_periods);
    TEST(tsc_deadline_fires_once_and_clears);
    TEST(apic_base_has_legal_transitions_only);
    TEST(x2apic_registers_and_destinations);
    TEST(lint_pins);
    TEST(the_stream_has_181_bytes);
    TEST(an_ap_waits_for_sipi_in_the_stream);
    TEST(nothing_is_lost_between_threads);
    epoch_thread_fini();
    return test_end();
}
