/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The machine's virtual clock, and the timers of devices
 *
 * One clock per machine: it starts at 0, stands still while the machine is paused, and under qtest
 * moves only when it is stepped.  Every guest clock (TSC, PIT, HPET, PM timer, RTC, APIC timer)
 * derives from it.  A timer's deadline is guest state and lives in the device's st; the timer only
 * watches it.  Timers fire on the home loop, as an entry into the device.
 */

#include <stdbool.h>
#include <stdint.h>

struct device;
struct machine;

#define TIMER_OFF UINT64_MAX
/* A timer cannot fire more often, whatever a guest programs (THREATS R4). */
#define TIMER_STEP_NS 1000u

struct timer {
    struct device *dev;
    const uint64_t *deadline_ns;
    void (*fn)(struct device *dev);     /* called once per deadline; first sets *deadline_ns anew */
    uint64_t at_ns;                     /* under the clock's lock, as is heap_index */
    unsigned heap_index;                /* from 1; 0: not armed */
};

/* In realize; undone by device_free() at the latest, or by timer_fini(). */
void timer_init(struct timer *t, struct device *dev, const uint64_t *deadline_ns, void (*fn)(struct device *dev));
void timer_fini(struct timer *t);
void timer_update(struct timer *t);     /* after every change of the deadline; any thread, inside the device */

uint64_t clock_ns(const struct device *dev);
uint64_t machine_clock_ns(const struct machine *m);
/* What the battery-backed clock shows, in ns since 1970: the host's time of day, if nobody has said otherwise. */
int64_t machine_rtc_ns(const struct machine *m);
/* What it goes by (-rtc clock=): the host's time of day and its corrections, the host's monotonic clock, or the virtual
 * clock, which stands while the machine does.  now_ns: what it shows at this moment.  Home loop, before realize. */
enum rtc_source { RTC_HOST, RTC_MONOTONIC, RTC_VIRTUAL };
void machine_rtc_set(struct machine *m, enum rtc_source source, int64_t now_ns);
/* Guest TSC before each vCPU's offset, and its frequency. */
uint64_t machine_tsc(const struct machine *m);
uint64_t machine_tsc_hz(const struct machine *m);
/* muldiv: a * b / c with a 128-bit product; c != 0. */
static inline uint64_t clock_muldiv(uint64_t a, uint64_t b, uint64_t c)
{
    return (unsigned __int128)a * b / c;
}

/* Home loop: run state and qtest move the clock. */
void machine_clock_start(struct machine *m);
void machine_clock_stop(struct machine *m);
/* qtest: runs the timers that fall due up to the new time.  machine_clock_next: TIMER_OFF if none is armed. */
void machine_clock_step(struct machine *m, uint64_t ns);
/* The same up to a moment, at most so many timers of it; true: that moment is now. */
bool machine_clock_run(struct machine *m, uint64_t end_ns, uint64_t timers);
uint64_t machine_clock_next(struct machine *m);
