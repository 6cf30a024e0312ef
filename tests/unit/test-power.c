/* SPDX-License-Identifier: Apache-2.0 */
#include "core/power.h"

/*
 * Sleep, wake-up, watchdogs and processor pins, on a machine of RAM and processors that note what they are asked; what
 * QMP clients of the reference observe (facts/cli/events-observed.jsonl) in what order
 */

#include "core/accel.h"
#include "core/machine.h"
#include "core/pins.h"
#include "lib/epoch.h"
#include "lib/error.h"
#include "tests/test.h"
#include "tests/unit/wait-for.h"

#include <errno.h>
#include <sched.h>
#include <stdatomic.h>
#include <unistd.h>

struct processor { _Atomic uint32_t injected; _Atomic unsigned resets, runs, nmis; _Atomic int a20; };

static struct processor processors[3];
static struct loop *loop;
static struct machine *m;
static struct accel accel;
static struct machine_observer observer;
static char heard[256];
static unsigned boots, wakes;
static struct vcpu *asks_smi;           /* does so from its own thread, once */

static struct processor *processor(const struct vcpu *cpu)
{
    return &processors[cpu->index];
}

static int note_init(struct vcpu *cpu, struct error **err)
{
    cpu->accel = processor(cpu);
    return 0;
}

static void note_fini(struct vcpu *cpu)
{
    cpu->accel = NULL;
}

static void note_run(struct vcpu *cpu)
{
    processor(cpu)->runs++;
    if (asks_smi == cpu) {
        asks_smi = NULL;
        machine_smi(m, false);
    }
    sched_yield();
}

static void note_kick(struct vcpu *cpu, uint32_t requests)
{
}

static void note_reset(struct vcpu *cpu, bool init)
{
    processor(cpu)->resets++;
    processor(cpu)->a20 = true;
}

static void note_inject(struct vcpu *cpu, uint32_t requests)
{
    processor(cpu)->injected |= requests;
}

static void note_a20(struct vcpu *cpu, bool on)
{
    processor(cpu)->a20 = on;
}

static bool note_event(struct vcpu *cpu)
{
    return false;
}

static void note_close(struct accel *a)
{
}

static const struct accel_ops note_ops = {
    .name = "note", .runs_code = true, .close = note_close, .vcpu_init = note_init, .vcpu_fini = note_fini,
    .vcpu_run = note_run, .vcpu_kick = note_kick, .vcpu_reset = note_reset, .vcpu_inject = note_inject,
    .vcpu_a20 = note_a20, .vcpu_has_event = note_event,
};

static void hear(struct machine_observer *o, enum machine_event event, enum shutdown_cause cause)
{
    static const char *const names[] = { "SHUTDOWN", "RESET", "STOP", "RESUME", "POWERDOWN", "QUIT", "SUSPEND",
                                         "SUSPEND_DISK", "WAKEUP", "WATCHDOG", "PANIC", "CRASH_LOADED", "ALARM" };

    if (event == EVENT_RESET_DONE)      /* no client is told */
        return;
    if (event == EVENT_QUIT && strstr(heard, names[event]))     /* the loop was told already; here it turns on */
        return;
    snprintf(heard + strlen(heard), sizeof(heard) - strlen(heard), "%s%s", *heard ? " " : "", names[event]);
}

static const char *events(void)
{
    static char now[sizeof(heard)];

    loop_turn(loop, 0);
    loop_turn(loop, 0);                 /* what was requested meanwhile */
    strcpy(now, heard);
    *heard = '\0';
    return now;
}

static void boot(struct machine *machine)
{
    boots++;
}

static void wake_boot(struct machine *machine)
{
    wakes++;
}

static void begin(void)
{
    memset(processors, 0, sizeof(processors));
    boots = wakes = 0;
    CHECK(!loop_new(&loop, NULL) && !machine_new(loop, 702, &m, NULL));
    accel = (struct accel){ &note_ops, m };
    m->accel = &accel;
    m->vcpus = calloc(3, sizeof(*m->vcpus));
    for (unsigned i = 0; i < 3; i++) {
        CHECK(!vcpu_new(m, i, i, NULL, &m->vcpus[i], NULL));
        m->n_vcpus++;
        m->vcpus[i]->bsp = true;        /* all run at once */
        CHECK(!vcpu_start_thread(m->vcpus[i], NULL));
    }
    m->power.wakeup_supported = true;
    m->reset_boot = boot;
    m->wake_boot = wake_boot;
    machine_reset(m, true);
    CHECK(!machine_start(m, NULL));
    observer = (struct machine_observer){ .fn = hear };
    machine_observe(m, &observer);
    *heard = '\0';
}

static void end(void)
{
    machine_free(m);
    loop_free(loop);
}

static void sleep_now(void)
{
    machine_request_suspend(m);
    CHECK_STR(events(), "SUSPEND");
    CHECK_EQ(m->run_state, RUN_SUSPENDED);
}

static void a_suspended_machine_stands_and_its_clock_goes_on(void)
{
    unsigned runs;
    uint64_t at;

    begin();
    WAIT_FOR(processors[0].runs && processors[2].runs);
    sleep_now();
    CHECK(m->vcpus[0]->parked && m->vcpus[2]->parked);
    runs = processors[0].runs;
    at = machine_clock_ns(m);
    WAIT_FOR(machine_clock_ns(m) > at);
    CHECK_EQ(processors[0].runs, runs);
    CHECK(!machine_running(m));
    end();
}

/* WAKEUP alone: neither RESET nor RESUME is told. */
static void waking_up_is_a_reset_that_boots_elsewhere(void)
{
    unsigned runs;

    begin();
    sleep_now();
    runs = processors[0].runs;
    machine_request_wakeup(m, WAKEUP_OTHER);
    CHECK_STR(events(), "WAKEUP");
    CHECK(machine_running(m));
    CHECK_EQ(processors[0].resets, 2);
    CHECK(boots == 1 && wakes == 1);
    CHECK_EQ(m->power.reason, WAKEUP_OTHER);
    WAIT_FOR(processors[0].runs > runs);
    machine_request_reset(m, CAUSE_GUEST_RESET);
    CHECK_STR(events(), "RESET");
    CHECK(boots == 2 && wakes == 1);
    end();
}

static void a_reason_wakes_only_while_it_is_enabled(void)
{
    begin();
    sleep_now();
    machine_request_wakeup(m, WAKEUP_RTC);
    CHECK_STR(events(), "ALARM");
    CHECK_EQ(m->run_state, RUN_SUSPENDED);
    machine_wakeup_enable(m, WAKEUP_RTC, true);
    machine_request_wakeup(m, WAKEUP_RTC);
    CHECK_STR(events(), "WAKEUP");
    sleep_now();
    machine_wakeup_enable(m, WAKEUP_RTC, false);
    machine_request_wakeup(m, WAKEUP_RTC);
    CHECK_STR(events(), "ALARM");
    end();
}

static void who_is_awake_is_not_woken(void)
{
    struct error *err = NULL;

    begin();
    machine_request_wakeup(m, WAKEUP_OTHER);
    CHECK_STR(events(), "");
    machine_wakeup_enable(m, WAKEUP_RTC, true);
    machine_request_wakeup(m, WAKEUP_RTC);
    CHECK_STR(events(), "ALARM");
    CHECK_EQ(processors[0].resets, 1);
    CHECK_EQ(machine_wakeup(m, &err), -EINVAL);
    CHECK_STR(err->legal, "the run state suspended, not running");
    error_free(err);
    sleep_now();
    CHECK_EQ(machine_wakeup(m, NULL), 0);
    CHECK_STR(events(), "WAKEUP");
    m->power.wakeup_supported = false;
    sleep_now();
    CHECK_EQ(machine_wakeup(m, NULL), -EINVAL);
    end();
}

static void cont_and_stop_do_not_wake(void)
{
    begin();
    sleep_now();
    CHECK_EQ(machine_start(m, NULL), 0);
    CHECK_EQ(m->run_state, RUN_SUSPENDED);
    CHECK_STR(events(), "");
    end();
}

static void a_machine_that_is_paused_cannot_fall_asleep(void)
{
    begin();
    CHECK(!machine_stop(m, RUN_PAUSED, NULL));
    CHECK_STR(events(), "STOP");
    machine_request_suspend(m);
    CHECK_STR(events(), "");
    CHECK_EQ(m->run_state, RUN_PAUSED);
    end();
}

/* The reference goes to prelaunch, and stays there until cont. */
static void reset_ends_the_sleep_and_the_machine_stands(void)
{
    uint64_t at;

    begin();
    sleep_now();
    machine_request_reset(m, CAUSE_HOST_QMP_SYSTEM_RESET);
    CHECK_STR(events(), "RESET");
    CHECK_EQ(m->run_state, RUN_PRELAUNCH);
    at = machine_clock_ns(m);
    CHECK_EQ(boots, 2);
    CHECK(m->vcpus[0]->parked);
    CHECK_EQ(machine_clock_ns(m), at);
    CHECK(!machine_start(m, NULL));
    CHECK_STR(events(), "RESUME");
    end();
}

static void a_sleeping_machine_may_be_ended(void)
{
    begin();
    m->no_shutdown = true;
    sleep_now();
    machine_request_shutdown(m, CAUSE_GUEST_SHUTDOWN);
    CHECK_STR(events(), "SHUTDOWN");
    CHECK_EQ(m->run_state, RUN_SHUTDOWN);
    end();
    begin();
    sleep_now();
    machine_request_quit(m, 0);
    CHECK_STR(events(), "QUIT");
    end();
}

static void suspending_to_disk_is_an_event_and_a_shutdown(void)
{
    begin();
    machine_request_suspend_disk(m);
    CHECK_STR(events(), "SUSPEND_DISK SHUTDOWN QUIT");
    end();
}

static void nmi(struct machine *machine)
{
    for (unsigned i = 0; i < machine->n_vcpus; i++)
        vcpu_request(machine->vcpus[i], VCPU_NMI);
}

static void expire(enum watchdog_action action, const char *told)
{
    begin();
    m->nmi = nmi;
    m->power.watchdog_action = action;
    machine_watchdog_expired(m);
    CHECK_STR(events(), told);
}

static void each_watchdog_action_is_told_and_done(void)
{
    expire(WATCHDOG_RESET, "WATCHDOG RESET");
    CHECK_EQ(processors[0].resets, 2);
    end();
    expire(WATCHDOG_SHUTDOWN, "WATCHDOG POWERDOWN");
    end();
    expire(WATCHDOG_POWEROFF, "WATCHDOG QUIT");
    CHECK_EQ(m->exit_status, 0);
    end();
    expire(WATCHDOG_PAUSE, "WATCHDOG STOP");
    CHECK_EQ(m->run_state, RUN_WATCHDOG);
    end();
    expire(WATCHDOG_DEBUG, "WATCHDOG");
    CHECK(machine_running(m));
    end();
    expire(WATCHDOG_NONE, "WATCHDOG");
    CHECK(machine_running(m));
    end();
    expire(WATCHDOG_INJECT_NMI, "WATCHDOG");
    for (unsigned i = 0; i < 3; i++)
        WAIT_FOR(processors[i].injected == VCPU_NMI);
    end();
}

static void the_default_is_to_reset(void)
{
    begin();
    machine_watchdog_expired(m);
    CHECK_STR(events(), "WATCHDOG RESET");
    end();
}

static void a_machine_without_apics_takes_no_nmi(void)
{
    struct error *err = NULL;

    begin();
    CHECK_EQ(machine_nmi(m, &err), -ENOTSUP);
    CHECK_STR(err->value, "NMI");
    error_free(err);
    end();
}

static void an_smi_goes_to_the_processor_that_caused_it_or_to_all(void)
{
    begin();
    asks_smi = m->vcpus[1];
    WAIT_FOR(processors[1].injected == VCPU_SMI);
    CHECK(!processors[0].injected && !processors[2].injected);
    machine_smi(m, false);                              /* nobody's access: the first one's */
    WAIT_FOR(processors[0].injected == VCPU_SMI);
    CHECK(!processors[2].injected);
    machine_smi(m, true);
    WAIT_FOR(processors[2].injected == VCPU_SMI);
    end();
}

static bool a20_is(bool on)
{
    return processors[0].a20 == on && processors[1].a20 == on && processors[2].a20 == on;
}

/* "This bit is Or'd with the A20GATE input signal" (ICH9, 13.7.2). */
static void the_a20_gates_are_ored(void)
{
    begin();
    machine_set_a20(m, A20_KEYBOARD, false);            /* it was: no change */
    CHECK(a20_is(true));
    machine_set_a20(m, A20_KEYBOARD, true);
    machine_set_a20(m, A20_PORT92, true);
    machine_set_a20(m, A20_KEYBOARD, false);
    WAIT_FOR(!(m->vcpus[0]->requests | m->vcpus[1]->requests | m->vcpus[2]->requests));
    CHECK(a20_is(true));
    machine_set_a20(m, A20_PORT92, false);
    WAIT_FOR(a20_is(false));
    machine_set_a20(m, A20_KEYBOARD, true);
    WAIT_FOR(a20_is(true));
    end();
}

static void after_reset_a20_is_not_masked(void)
{
    begin();
    machine_set_a20(m, A20_PORT92, true);
    machine_set_a20(m, A20_PORT92, false);
    WAIT_FOR(a20_is(false));
    machine_request_reset(m, CAUSE_GUEST_RESET);
    CHECK_STR(events(), "RESET");
    CHECK(a20_is(true));
    end();
}

/* As the reference does. */
static void what_follows_a_panic_is_the_users_choice(void)
{
    static const struct {
        enum panic_action action;
        bool no_shutdown;
        const char *events;
        enum run_state state;
        int status;
    } rows[] = {
        { PANIC_PAUSE, false, "PANIC STOP", RUN_GUEST_PANICKED, -1 },
        { PANIC_PAUSE, true, "PANIC STOP", RUN_GUEST_PANICKED, -1 },
        { PANIC_SHUTDOWN, false, "PANIC STOP SHUTDOWN QUIT", RUN_GUEST_PANICKED, 0 },
        { PANIC_SHUTDOWN, true, "PANIC STOP", RUN_GUEST_PANICKED, -1 },
        { PANIC_EXIT_FAILURE, false, "PANIC STOP SHUTDOWN QUIT", RUN_GUEST_PANICKED, 1 },
        { PANIC_EXIT_FAILURE, true, "PANIC STOP SHUTDOWN", RUN_GUEST_PANICKED, -1 },
        { PANIC_NONE, false, "PANIC", RUN_RUNNING, -1 },
    };

    for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        begin();
        CHECK_EQ(m->power.panic_action, PANIC_SHUTDOWN);
        m->power.panic_action = rows[i].action;
        m->no_shutdown = rows[i].no_shutdown;
        machine_guest_panicked(m);
        CHECK_STR(events(), rows[i].events);
        CHECK_EQ(m->run_state, rows[i].state);
        CHECK_EQ(m->quit_requested, rows[i].status >= 0);
        if (rows[i].status >= 0)
            CHECK_EQ(m->exit_status, rows[i].status);
        end();
    }
}

static void a_crash_kernel_that_takes_over_is_told_of_only(void)
{
    begin();
    machine_guest_crash_loaded(m);
    CHECK_STR(events(), "CRASH_LOADED");
    CHECK_EQ(m->run_state, RUN_RUNNING);
    end();
}

int main(void)
{
    alarm(60);
    epoch_thread_init();
    TEST(a_suspended_machine_stands_and_its_clock_goes_on);
    TEST(waking_up_is_a_reset_that_boots_elsewhere);
    TEST(a_reason_wakes_only_while_it_is_enabled);
    TEST(who_is_awake_is_not_woken);
    TEST(cont_and_stop_do_not_wake);
    TEST(a_machine_that_is_paused_cannot_fall_asleep);
    TEST(reset_ends_the_sleep_and_the_machine_stands);
    TEST(a_sleeping_machine_may_be_ended);
    TEST(suspending_to_disk_is_an_event_and_a_shutdown);
    TEST(each_watchdog_action_is_told_and_done);
    TEST(the_default_is_to_reset);
    TEST(a_machine_without_apics_takes_no_nmi);
    TEST(an_smi_goes_to_the_processor_that_caused_it_or_to_all);
    TEST(the_a20_gates_are_ored);
    TEST(after_reset_a20_is_not_masked);
    TEST(what_follows_a_panic_is_the_users_choice);
    TEST(a_crash_kernel_that_takes_over_is_told_of_only);
    epoch_thread_fini();
    return test_end();
}
