/* SPDX-License-Identifier: Apache-2.0 */
#include "core/vcpu.h"

/* vCPU threads: parking, calls, halting and waking, INIT and SIPI, with an accelerator that counts. */

#include "core/accel.h"
#include "core/machine.h"
#include "lib/epoch.h"
#include "tests/unit/machine-ram.h"
#include "tests/unit/wait-for.h"

#include <sched.h>
#include <stdatomic.h>
#include <unistd.h>

struct counter {
    _Atomic uint64_t runs;
    _Atomic bool halts, event, ran_parked;
    _Atomic uint32_t injected, resets, inits;
    _Atomic int sipi;
};

static struct counter counters[4];
static struct loop *loop;
static struct machine *m;
static struct accel accel;

static struct counter *counter(const struct vcpu *cpu)
{
    return &counters[cpu->index];
}

static int count_init(struct vcpu *cpu, struct error **err)
{
    (void)err;
    cpu->accel = counter(cpu);
    return 0;
}

static void count_fini(struct vcpu *cpu)
{
    cpu->accel = NULL;
}

static void count_run(struct vcpu *cpu)
{
    struct counter *c = counter(cpu);

    c->ran_parked |= cpu->parked;
    c->runs++;
    sched_yield();
    if (c->halts)
        cpu->halted = true;
}

static void count_kick(struct vcpu *cpu, uint32_t requests)
{
    (void)cpu;
    (void)requests;
}

static void count_reset(struct vcpu *cpu, bool init)
{
    if (init)
        counter(cpu)->inits++;
    else
        counter(cpu)->resets++;
}

static void count_sipi(struct vcpu *cpu, uint8_t vector)
{
    counter(cpu)->sipi = vector;
}

static void count_inject(struct vcpu *cpu, uint32_t requests)
{
    counter(cpu)->injected |= requests;
}

static bool count_has_event(struct vcpu *cpu)
{
    return atomic_exchange(&counter(cpu)->event, false);
}

static void count_close(struct accel *a)
{
    (void)a;
}

static const struct accel_ops count_ops = {
    .name = "count", .runs_code = true, .close = count_close, .vcpu_init = count_init, .vcpu_fini = count_fini,
    .vcpu_run = count_run, .vcpu_kick = count_kick, .vcpu_reset = count_reset, .vcpu_sipi = count_sipi,
    .vcpu_inject = count_inject, .vcpu_has_event = count_has_event,
};

static void begin(unsigned n)
{
    memset(counters, 0, sizeof(counters));
    loop_new(&loop, NULL);
    machine_new(loop, 702, &m, NULL);
    accel = (struct accel){ &count_ops, m };
    m->accel = &accel;
    m->vcpus = calloc(n, sizeof(*m->vcpus));
    for (unsigned i = 0; i < n; i++) {
        CHECK_EQ(vcpu_new(m, i, 2 * i, NULL, &m->vcpus[i], NULL), 0);
        m->n_vcpus++;
        CHECK_EQ(vcpu_start_thread(m->vcpus[i], NULL), 0);
    }
}

static void end(void)
{
    for (unsigned i = 0; i < 4; i++)
        CHECK(!counters[i].ran_parked);
    machine_free(m);
    loop_free(loop);
}

static void a_thread_starts_parked_and_runs_until_it_is_parked(void)
{
    uint64_t runs;

    begin(2);
    for (unsigned i = 0; i < 1000; i++)
        sched_yield();
    CHECK_EQ(counters[0].runs, 0);
    vcpu_resume(m->vcpus[0]);
    WAIT_FOR(counters[0].runs > 10);
    CHECK_EQ(counters[1].runs, 0);
    vcpu_park_all(m);
    CHECK(m->vcpus[0]->parked && m->vcpus[1]->parked);
    runs = counters[0].runs;
    for (unsigned i = 0; i < 1000; i++)
        sched_yield();
    CHECK_EQ(counters[0].runs, runs);
    vcpu_resume(m->vcpus[0]);
    WAIT_FOR(counters[0].runs > runs);
    end();
}

static void parking_and_resuming_a_thousand_times_loses_nobody(void)
{
    begin(4);
    for (unsigned i = 0; i < 1000; i++) {
        for (unsigned n = 0; n < 4; n++)
            vcpu_resume(m->vcpus[n]);
        if (i % 3 == 0)
            sched_yield();
        vcpu_park_all(m);
        for (unsigned n = 0; n < 4; n++)
            CHECK(m->vcpus[n]->parked);
    }
    end();
}

static pthread_t called_on;
static void note_thread(struct vcpu *cpu, void *arg)
{
    (void)cpu;
    ++*(unsigned *)arg;
    called_on = pthread_self();
}

static void a_call_runs_on_the_vcpus_thread_or_in_place_while_it_is_parked(void)
{
    unsigned calls = 0;

    begin(1);
    WAIT_FOR(m->vcpus[0]->parked);
    vcpu_call(m->vcpus[0], note_thread, &calls);
    CHECK(pthread_equal(called_on, pthread_self()));
    vcpu_resume(m->vcpus[0]);
    WAIT_FOR(counters[0].runs);
    for (unsigned i = 0; i < 100; i++)
        vcpu_call(m->vcpus[0], note_thread, &calls);
    CHECK_EQ(calls, 101);
    CHECK(!pthread_equal(called_on, pthread_self()));
    end();
}

static void a_halted_vcpu_sleeps_until_an_event_is_kicked(void)
{
    uint64_t runs;

    begin(1);
    counters[0].halts = true;
    vcpu_resume(m->vcpus[0]);
    WAIT_FOR(m->vcpus[0]->halted);
    runs = counters[0].runs;
    for (unsigned i = 0; i < 200; i++) {
        uint64_t now = counters[0].runs;

        counters[0].event = true;
        vcpu_request(m->vcpus[0], VCPU_IRQ);
        WAIT_FOR(counters[0].runs > now);
    }
    CHECK_EQ(counters[0].runs, runs + 200);
    end();
}

static void a_kick_without_an_event_does_not_end_the_halt(void)
{
    uint64_t runs;
    unsigned calls = 0;

    begin(1);
    counters[0].halts = true;
    vcpu_resume(m->vcpus[0]);
    WAIT_FOR(m->vcpus[0]->halted);
    runs = counters[0].runs;
    vcpu_request(m->vcpus[0], VCPU_IRQ);
    vcpu_call(m->vcpus[0], note_thread, &calls);        /* it has been through its loop */
    vcpu_call(m->vcpus[0], note_thread, &calls);
    CHECK_EQ(counters[0].runs, runs);
    end();
}

static void init_then_sipi_starts_a_processor_that_waits(void)
{
    struct vcpu *ap;

    begin(2);
    ap = m->vcpus[1];
    vcpu_reset(m->vcpus[0], false);
    vcpu_reset(ap, false);
    CHECK(ap->wait_sipi && ap->halted && !m->vcpus[0]->wait_sipi && !m->vcpus[0]->halted);
    vcpu_resume(ap);
    counters[1].event = true;
    vcpu_request(ap, VCPU_IRQ);         /* an interrupt does not start it */
    vcpu_call(ap, note_thread, &(unsigned){ 0 });
    CHECK_EQ(counters[1].runs, 0);
    ap->sipi_vector = 0x9a;
    vcpu_request(ap, VCPU_INIT);
    vcpu_request(ap, VCPU_SIPI);
    WAIT_FOR(counters[1].runs);
    CHECK_EQ(counters[1].sipi, 0x9a);
    CHECK_EQ(counters[1].inits, 1);
    ap->sipi_vector = 0x33;
    vcpu_request(ap, VCPU_SIPI);        /* nobody waits for this one */
    vcpu_call(ap, note_thread, &(unsigned){ 0 });
    CHECK_EQ(counters[1].sipi, 0x9a);
    end();
}

static void reset_forgets_what_was_asked_of_the_processor(void)
{
    begin(1);
    WAIT_FOR(m->vcpus[0]->parked);
    vcpu_request(m->vcpus[0], VCPU_NMI | VCPU_SMI | VCPU_INIT);
    vcpu_reset(m->vcpus[0], false);
    vcpu_resume(m->vcpus[0]);
    WAIT_FOR(counters[0].runs);
    CHECK_EQ(counters[0].injected, 0);
    CHECK_EQ(counters[0].inits, 0);
    vcpu_request(m->vcpus[0], VCPU_NMI);
    WAIT_FOR(counters[0].injected == VCPU_NMI);
    end();
}

static void vcpus_are_found_by_apic_id(void)
{
    begin(3);
    CHECK(vcpu_by_apic_id(m, 4) == m->vcpus[2]);
    CHECK(!vcpu_by_apic_id(m, 1));
    end();
}

static uint64_t seen(struct address_space *as, uint64_t at)
{
    uint64_t val = 0;

    address_space_read(as, at, 4, &val, NULL);
    return val;
}

/* Two views, rendered when the map changes; which one counts is one store. */
static void smm_chooses_the_view_that_has_smram_above_everything(void)
{
    struct ram_block *ram, *hidden;
    struct region low, smram;
    struct vcpu *cpu;

    begin(1);
    cpu = m->vcpus[0];
    ram = ram_region_new(m, &low, "ram", 0x4000);
    hidden = ram_region_new(m, &smram, "hidden", 0x1000);
    memset(ram->host, 0x11, 0x4000);
    memset(hidden->host, 0x22, 0x1000);
    region_map(m, &m->memory, 0, &low, 0);
    CHECK(cpu->as.view == cpu->smm_as.view);            /* without SMRAM there is one view for both */
    region_map(m, &m->smram, 0x1000, &smram, -1);
    CHECK(vcpu_as(cpu) == &cpu->as);
    CHECK_EQ(seen(vcpu_as(cpu), 0x1000), 0x11111111);
    vcpu_set_smm(cpu, true);
    CHECK_EQ(seen(vcpu_as(cpu), 0xffc), 0x11111111);
    CHECK_EQ(seen(vcpu_as(cpu), 0x1000), 0x22222222);
    CHECK_EQ(seen(vcpu_as(cpu), 0x2000), 0x11111111);
    CHECK_EQ(seen(&m->memory_as, 0x1000), 0x11111111);
    vcpu_set_smm(cpu, false);
    CHECK_EQ(seen(vcpu_as(cpu), 0x1000), 0x11111111);
    region_drop(m, &smram);
    region_drop(m, &low);
    end();
}

int main(void)
{
    alarm(60);
    epoch_thread_init();
    TEST(a_thread_starts_parked_and_runs_until_it_is_parked);
    TEST(parking_and_resuming_a_thousand_times_loses_nobody);
    TEST(a_call_runs_on_the_vcpus_thread_or_in_place_while_it_is_parked);
    TEST(a_halted_vcpu_sleeps_until_an_event_is_kicked);
    TEST(a_kick_without_an_event_does_not_end_the_halt);
    TEST(init_then_sipi_starts_a_processor_that_waits);
    TEST(reset_forgets_what_was_asked_of_the_processor);
    TEST(vcpus_are_found_by_apic_id);
    TEST(smm_chooses_the_view_that_has_smram_above_everything);
    epoch_thread_fini();
    return test_end();
}
