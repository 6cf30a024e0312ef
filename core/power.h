/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Sleep, wake-up, watchdogs and panics: what power management chips, watchdogs and crashing guests ask of the machine
 *
 * Requests come from any thread, inside a device or not, and are carried out on the home loop.  In the run state
 * "suspended" (ACPI S3) the vCPUs stand and the clock goes on, so that an alarm can wake the machine; waking up is a
 * reset that keeps RAM.  Who has to note something registers a machine_observer.
 */

#include <stdbool.h>

struct error;
struct machine;

enum wakeup_reason { WAKEUP_NONE, WAKEUP_RTC, WAKEUP_OTHER };

/* What a watchdog that expires does to the machine; in the order of QMP's WatchdogAction. */
enum watchdog_action {
    WATCHDOG_RESET, WATCHDOG_SHUTDOWN, WATCHDOG_POWEROFF, WATCHDOG_PAUSE, WATCHDOG_DEBUG, WATCHDOG_NONE,
    WATCHDOG_INJECT_NMI, WATCHDOG_ACTIONS,
};

/* What a guest that says that it has crashed does to the machine; in the order of QMP's PanicAction. */
enum panic_action { PANIC_PAUSE, PANIC_SHUTDOWN, PANIC_EXIT_FAILURE, PANIC_NONE };
/* And what comes of it, in the order of QMP's GuestPanicAction. */
enum panic_outcome { PANIC_PAUSES, PANIC_ENDS, PANIC_RUNS };

/* Part of struct machine. */
struct machine_power {
    _Atomic bool suspend_requested, suspend_disk_requested, watchdog_expired, panicked, crash_loaded;
    _Atomic int wakeup_requested;               /* enum wakeup_reason */
    _Atomic unsigned wakeup_enabled;            /* bit n: reason n */
    bool wakeup_supported;                      /* some chip can suspend and wake this machine */
    bool waking;                                /* the reset that is under way keeps RAM and ends a sleep */
    enum wakeup_reason reason;                  /* of the last wake-up; observers of EVENT_WAKEUP read it */
    enum watchdog_action watchdog_action;       /* the user's choice; home loop */
    enum panic_action panic_action;             /* likewise */
};

/* S3, and what the guest asks for in S4's place: the event, then a shutdown. */
void machine_request_suspend(struct machine *m);
void machine_request_suspend_disk(struct machine *m);
/* Wakes the machine if it is suspended then, and the reason is enabled (WAKEUP_OTHER always is).  Else the clock's is
 * told as EVENT_ALARM. */
void machine_request_wakeup(struct machine *m, enum wakeup_reason reason);
void machine_wakeup_enable(struct machine *m, enum wakeup_reason reason, bool enable);
/* A user's wish; home loop.  -EINVAL: it does not sleep, or nothing could wake it. */
int machine_wakeup(struct machine *m, struct error **err);

/* A watchdog's last count is over: event WATCHDOG, then what the user chose. */
void machine_watchdog_expired(struct machine *m);

/* The guest crashed: event GUEST_PANICKED, then what the user chose.  Or it crashed and starts its crash kernel: event
 * GUEST_CRASHLOADED. */
void machine_guest_panicked(struct machine *m);
void machine_guest_crash_loaded(struct machine *m);
/* Of the user's choice; home loop. */
enum panic_outcome machine_panic_outcome(const struct machine *m);

/* Of machine.c: carries out what was requested; home loop. */
void power_run_suspend(struct machine *m);
void power_run_wakeup(struct machine *m);
void power_run_watchdog(struct machine *m);
void power_run_panic(struct machine *m);
