/* SPDX-License-Identifier: Apache-2.0 */
#include "hw/intc/apic-chip.h"

/*
 * Local APIC: the timer
 *
 * One-shot, periodic and TSC-deadline modes.  The bus clock is 1 GHz, so a tick of the undivided
 * timer is one nanosecond of the virtual clock; a count of n takes n + 1 ticks, as the reference's
 * does.  Nothing counts: the current count is a function of the time since the start.  A masked
 * timer counts too, but nobody is woken for it.
 * Reference: Intel SDM volume 3, section 10.5.4.
 *
 * Invariant: under timer_lock, timer_expiry_ns is what arm() last said.
 */

/* Legal values of the divide register lead to shifts of 0 to 7; reset leaves 0, as the reference does. */
static uint64_t period_ns(const struct apic_state *st)
{
    return ((uint64_t)st->initial_count + 1) << st->divide_shift;
}

static uint64_t deadline_ns(struct apic *a, uint64_t now)
{
    uint64_t tsc = machine_tsc(a->dev.machine), ahead;

    if (a->st.tsc_deadline <= tsc)
        return now;
    ahead = clock_muldiv(a->st.tsc_deadline - tsc, 1000000000, machine_tsc_hz(a->dev.machine));
    return ahead > INT64_MAX - now ? TIMER_OFF : now + ahead;
}

/* When it will fire next, seen from now. */
static uint64_t next_ns(struct apic *a, uint64_t now)
{
    struct apic_state *st = &a->st;
    uint32_t lvt = st->lvt[LVT_TIMER];
    uint64_t elapsed = now - st->timer_start_ns, period = period_ns(st);

    if (lvt & LVT_MASKED)
        return TIMER_OFF;
    if (lvt & LVT_TSC_DEADLINE)
        return st->tsc_deadline ? deadline_ns(a, now) : TIMER_OFF;
    if (!st->initial_count)
        return TIMER_OFF;
    if (lvt & LVT_PERIODIC)             /* periods that were missed are missed together */
        return st->timer_start_ns + (elapsed / period + 1) * period;
    if (elapsed < period)
        return st->timer_start_ns + period;
    return st->timer_expiry_ns <= now ? st->timer_expiry_ns : TIMER_OFF;       /* due, but nobody was told yet */
}

/* now: one reading of the clock for all that is decided, since a host may hold this thread up between two. */
static void arm(struct apic *a, uint64_t now)
{
    a->st.timer_expiry_ns = next_ns(a, now);
    if (a->st.timer_expiry_ns != TIMER_OFF)
        a->st.timer_next_ns = a->st.timer_expiry_ns;
    timer_update(&a->timer);
}

/* The vCPU may have moved the deadline while this was on its way: then there is nothing to do. */
void apic_timer_fired(struct device *dev)
{
    struct apic *a = apic(dev);
    uint64_t now;
    uint32_t lvt;

    lock_take(&a->timer_lock);
    lvt = a->st.lvt[LVT_TIMER];
    now = clock_ns(dev);
    if (a->st.timer_expiry_ns <= now && !(lvt & LVT_MASKED)) {
        a->st.tsc_deadline = 0;
        a->st.timer_expiry_ns = TIMER_OFF;
        arm(a, now);
        apic_accept(a, lvt, false);
    }
    lock_drop(&a->timer_lock);
}

void apic_timer_start(struct apic *a, uint32_t initial_count)
{
    lock_take(&a->timer_lock);
    if (!(a->st.lvt[LVT_TIMER] & LVT_TSC_DEADLINE)) {
        a->st.initial_count = initial_count;
        a->st.timer_start_ns = clock_ns(&a->dev);
        a->st.timer_expiry_ns = TIMER_OFF;
        arm(a, a->st.timer_start_ns);
    }
    lock_drop(&a->timer_lock);
}

uint32_t apic_timer_current(struct apic *a)
{
    const struct apic_state *st = &a->st;
    uint64_t ticks = (clock_ns(&a->dev) - st->timer_start_ns) >> st->divide_shift;

    if (!st->initial_count || (st->lvt[LVT_TIMER] & LVT_TSC_DEADLINE))
        return 0;
    if (st->lvt[LVT_TIMER] & LVT_PERIODIC)
        return st->initial_count - ticks % ((uint64_t)st->initial_count + 1);
    return ticks < st->initial_count ? st->initial_count - ticks : 0;
}

/* Bits 0, 1 and 3 give 2, 4, ... 128, then 1. */
void apic_timer_divide(struct apic *a, uint8_t divide)
{
    unsigned code = (divide & 3) | (divide >> 1 & 4);

    lock_take(&a->timer_lock);
    a->st.divide = divide & 0xb;
    a->st.divide_shift = (code + 1) & 7;
    arm(a, clock_ns(&a->dev));
    lock_drop(&a->timer_lock);
}

/* Going to or from TSC-deadline mode disarms (10.5.4.1). */
void apic_timer_lvt(struct apic *a, uint32_t val)
{
    lock_take(&a->timer_lock);
    if ((val ^ a->st.lvt[LVT_TIMER]) & LVT_TSC_DEADLINE) {
        a->st.initial_count = 0;
        a->st.tsc_deadline = 0;
        a->st.timer_expiry_ns = TIMER_OFF;
    }
    a->st.lvt[LVT_TIMER] = val;
    arm(a, clock_ns(&a->dev));
    lock_drop(&a->timer_lock);
}

/* Ignored in the other modes. */
void apic_timer_deadline(struct apic *a, uint64_t tsc)
{
    lock_take(&a->timer_lock);
    if (a->st.lvt[LVT_TIMER] & LVT_TSC_DEADLINE) {
        a->st.tsc_deadline = tsc;
        arm(a, clock_ns(&a->dev));
    }
    lock_drop(&a->timer_lock);
}

void apic_timer_stop(struct apic *a)
{
    lock_take(&a->timer_lock);
    a->st.initial_count = 0;
    a->st.tsc_deadline = 0;
    a->st.lvt[LVT_TIMER] = LVT_MASKED;
    arm(a, clock_ns(&a->dev));
    lock_drop(&a->timer_lock);
}
