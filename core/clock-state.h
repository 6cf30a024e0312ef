/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* The inside of the virtual clock: clock.c's own, and machine.c's to make and end it. */

#include "core/clock.h"
#include "lib/lock.h"
#include "lib/loop.h"

struct device;
struct error;
struct machine;
struct timer;

struct clock_state {
    struct machine *machine;
    struct lock lock;
    struct timer **heap;        /* from 1 */
    unsigned n, room;
    _Atomic bool running;
    _Atomic uint64_t offset_ns; /* host monotonic - virtual, while it runs */
    _Atomic uint64_t frozen_ns; /* while it stands */
    uint64_t armed_ns;          /* what the timerfd is set to; TIMER_OFF: nothing */
    int64_t made_ns;            /* the host's time of day when the machine was made */
    enum rtc_source rtc_source;
    int64_t rtc_shift_ns;       /* what the source lacks to the time of day */
    struct watch watch;
};

int clock_new(struct machine *m, struct error **err);
void clock_free(struct machine *m);
void clock_forget(struct machine *m, const struct device *dev);
