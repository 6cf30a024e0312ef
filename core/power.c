/* SPDX-License-Identifier: Apache-2.0 */
#include "core/power.h"

/*
 * Sleep, wake-up, watchdogs and panics (see power.h)
 *
 * Invariant: a machine that is suspended has its vCPUs parked and its clock running; it leaves that state by a wake-up,
 * by a reset, or for good.
 */

#include "core/machine.h"
#include "core/pins.h"

#include <errno.h>

void machine_request_suspend(struct machine *m)
{
    m->power.suspend_requested = true;
    machine_requests_post(m);
}

void machine_request_suspend_disk(struct machine *m)
{
    m->power.suspend_disk_requested = true;
    machine_request_shutdown(m, CAUSE_GUEST_SHUTDOWN);
}

void machine_request_wakeup(struct machine *m, enum wakeup_reason reason)
{
    m->power.wakeup_requested = reason;
    machine_requests_post(m);
}

void machine_wakeup_enable(struct machine *m, enum wakeup_reason reason, bool enable)
{
    if (enable)
        m->power.wakeup_enabled |= 1u << reason;
    else
        m->power.wakeup_enabled &= ~(1u << reason);
}

int machine_wakeup(struct machine *m, struct error **err)
{
    if (!m->power.wakeup_supported)
        return error_set(err, -EINVAL, ERROR_STATE, "machine", "a wake-up", "a machine that can be suspended");
    if (m->run_state != RUN_SUSPENDED)
        return error_set(err, -EINVAL, ERROR_STATE, "machine", "a wake-up",
                         T("the run state suspended, not %s", run_state_name(m->run_state)));
    machine_request_wakeup(m, WAKEUP_OTHER);
    return 0;
}

void machine_watchdog_expired(struct machine *m)
{
    m->power.watchdog_expired = true;
    machine_requests_post(m);
}

void power_run_suspend(struct machine *m)
{
    if (m->power.suspend_requested) {
        m->power.suspend_requested = false;
        if (machine_running(m)) {               /* else: nobody runs who could have meant it */
            vcpu_park_all(m);
            machine_clock_start(m);             /* a step that is over may have held it */
            machine_state_set(m, RUN_SUSPENDED, NULL);
            machine_notify(m, EVENT_SUSPEND, CAUSE_NONE);
        }
    }
    if (m->power.suspend_disk_requested) {
        m->power.suspend_disk_requested = false;
        machine_notify(m, EVENT_SUSPEND_DISK, CAUSE_NONE);
    }
}

static void wake(struct machine *m, enum wakeup_reason reason)
{
    m->power.waking = true;
    machine_reset(m, false);
    m->power.waking = false;
    m->power.reason = reason;
    machine_state_set(m, RUN_RUNNING, NULL);
    machine_notify(m, EVENT_WAKEUP, CAUSE_NONE);
    for (unsigned i = 0; i < m->n_vcpus; i++)
        vcpu_resume(m->vcpus[i]);
}

void power_run_wakeup(struct machine *m)
{
    enum wakeup_reason reason = m->power.wakeup_requested;

    if (!reason)
        return;
    m->power.wakeup_requested = WAKEUP_NONE;
    if (m->run_state == RUN_SUSPENDED && (reason == WAKEUP_OTHER || m->power.wakeup_enabled >> reason & 1))
        wake(m, reason);
    else if (reason == WAKEUP_RTC)
        machine_notify(m, EVENT_ALARM, CAUSE_NONE);
}

void power_run_watchdog(struct machine *m)
{
    if (!m->power.watchdog_expired)
        return;
    m->power.watchdog_expired = false;
    machine_notify(m, EVENT_WATCHDOG, CAUSE_NONE);
    switch (m->power.watchdog_action) {
    case WATCHDOG_RESET:
        machine_request_reset(m, CAUSE_GUEST_RESET);
        break;
    case WATCHDOG_SHUTDOWN:
        machine_request_powerdown(m);
        break;
    case WATCHDOG_POWEROFF:
        machine_request_quit(m, 0);
        break;
    case WATCHDOG_PAUSE:
        machine_stop(m, RUN_WATCHDOG, NULL);
        break;
    case WATCHDOG_INJECT_NMI:
        machine_nmi(m, NULL);
        break;
    case WATCHDOG_DEBUG:
        log_warn("watchdog: timer fired");
        break;
    case WATCHDOG_NONE:
    case WATCHDOG_ACTIONS:
        break;
    }
}

void machine_guest_panicked(struct machine *m)
{
    m->power.panicked = true;
    machine_requests_post(m);
}

void machine_guest_crash_loaded(struct machine *m)
{
    m->power.crash_loaded = true;
    machine_requests_post(m);
}

/* Whoever wants to look at a machine that has ended wants to look at one that has crashed. */
enum panic_outcome machine_panic_outcome(const struct machine *m)
{
    enum panic_action action = m->power.panic_action;

    if (action == PANIC_NONE)
        return PANIC_RUNS;
    return action == PANIC_PAUSE || (action == PANIC_SHUTDOWN && m->no_shutdown) ? PANIC_PAUSES : PANIC_ENDS;
}

void power_run_panic(struct machine *m)
{
    enum panic_outcome outcome = machine_panic_outcome(m);

    if (m->power.crash_loaded) {
        m->power.crash_loaded = false;
        machine_notify(m, EVENT_CRASH_LOADED, CAUSE_NONE);
    }
    if (!m->power.panicked)
        return;
    m->power.panicked = false;
    machine_notify(m, EVENT_PANIC, CAUSE_NONE);
    if (outcome != PANIC_RUNS)
        machine_stop(m, RUN_GUEST_PANICKED, NULL);
    if (outcome == PANIC_ENDS)
        machine_request_shutdown(m, CAUSE_GUEST_PANIC);
}
