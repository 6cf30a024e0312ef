/* SPDX-License-Identifier: Apache-2.0 */
#include "core/clock.h"

/*
 * The virtual clock and device timers (see clock.h)
 *
 * A heap of armed timers under one lock, and one timerfd that the home loop watches; a vCPU thread
 * that arms an earlier deadline moves the timerfd itself, which wakes nobody.
 * Invariant: the timerfd is set to the heap's first deadline whenever the clock runs.
 */

#include "core/clock-state.h"

#include "core/accel.h"
#include "core/machine.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#define SECOND_NS 1000000000ull

static uint64_t host_ns(clockid_t id)
{
    struct timespec ts;

    clock_gettime(id, &ts);
    return ts.tv_sec * SECOND_NS + ts.tv_nsec;
}

uint64_t machine_clock_ns(const struct machine *m)
{
    const struct clock_state *c = m->clock;

    return c->running ? host_ns(CLOCK_MONOTONIC) - c->offset_ns : c->frozen_ns;
}

uint64_t clock_ns(const struct device *dev)
{
    return machine_clock_ns(dev->machine);
}

static int64_t rtc_source_ns(const struct machine *m, enum rtc_source source)
{
    if (source == RTC_VIRTUAL)
        return machine_clock_ns(m);
    return host_ns(source == RTC_MONOTONIC ? CLOCK_MONOTONIC : CLOCK_REALTIME);
}

static bool is_stepped(const struct machine *m)
{
    return m->accel && m->accel->ops->steps_clock;
}

/* A clock that is stepped takes the battery-backed one with it. */
int64_t machine_rtc_ns(const struct machine *m)
{
    const struct clock_state *c = m->clock;

    if (is_stepped(m) && c->rtc_source != RTC_VIRTUAL)
        return c->made_ns + machine_clock_ns(m);
    return rtc_source_ns(m, c->rtc_source) + c->rtc_shift_ns;
}

void machine_rtc_set(struct machine *m, enum rtc_source source, int64_t now_ns)
{
    if (is_stepped(m))
        source = RTC_VIRTUAL;
    m->clock->rtc_source = source;
    m->clock->rtc_shift_ns = now_ns - rtc_source_ns(m, source);
}

/* One guest tick is one nanosecond of the virtual clock, on every host: a guest that moves keeps its rate. */
uint64_t machine_tsc(const struct machine *m)
{
    return machine_clock_ns(m);
}

uint64_t machine_tsc_hz(const struct machine *m)
{
    (void)m;
    return SECOND_NS;
}

static bool heap_before(const struct clock_state *c, unsigned a, unsigned b)
{
    return c->heap[a]->at_ns < c->heap[b]->at_ns;
}

static void heap_swap(struct clock_state *c, unsigned a, unsigned b)
{
    struct timer *t = c->heap[a];

    c->heap[a] = c->heap[b];
    c->heap[b] = t;
    c->heap[a]->heap_index = a;
    c->heap[b]->heap_index = b;
}

static void heap_settle(struct clock_state *c, unsigned i)
{
    while (i > 1 && heap_before(c, i, i / 2)) {
        heap_swap(c, i, i / 2);
        i /= 2;
    }
    for (unsigned child; (child = 2 * i) <= c->n; i = child) {
        if (child < c->n && heap_before(c, child + 1, child))
            child++;
        if (!heap_before(c, child, i))
            break;
        heap_swap(c, i, child);
    }
}

static void heap_remove(struct clock_state *c, struct timer *t)
{
    unsigned i = t->heap_index;

    if (!i)
        return;
    heap_swap(c, i, c->n);
    c->n--;
    t->heap_index = 0;
    if (i <= c->n)
        heap_settle(c, i);
}

static void heap_add(struct clock_state *c, struct timer *t)
{
    if (c->n + 1 >= c->room) {
        c->room = c->room ? 2 * c->room : 64;
        c->heap = realloc(c->heap, c->room * sizeof(*c->heap));
        assert(c->heap);
    }
    c->heap[++c->n] = t;
    t->heap_index = c->n;
    heap_settle(c, c->n);
}

static void timerfd_arm(struct clock_state *c)
{
    uint64_t at = c->running && c->n ? c->heap[1]->at_ns : TIMER_OFF;
    struct itimerspec spec = { 0 };

    if (at == c->armed_ns)
        return;
    c->armed_ns = at;
    if (at != TIMER_OFF && at < INT64_MAX / 2) {
        at += c->offset_ns;
        spec.it_value.tv_sec = at / SECOND_NS;
        spec.it_value.tv_nsec = at % SECOND_NS;
    }
    timerfd_settime(c->watch.fd, TFD_TIMER_ABSTIME, &spec, NULL);
}

void timer_init(struct timer *t, struct device *dev, const uint64_t *deadline_ns, void (*fn)(struct device *dev))
{
    *t = (struct timer){ .dev = dev, .deadline_ns = deadline_ns, .fn = fn };
}

void timer_fini(struct timer *t)
{
    struct clock_state *c;

    if (!t->dev)
        return;
    c = t->dev->machine->clock;
    lock_take(&c->lock);
    heap_remove(c, t);
    timerfd_arm(c);
    lock_drop(&c->lock);
}

void timer_update(struct timer *t)
{
    struct machine *m = t->dev->machine;
    struct clock_state *c = m->clock;
    uint64_t deadline, soonest = machine_clock_ns(m) + TIMER_STEP_NS;

    lock_take(&c->lock);
    /* Read inside the lock: with LOCKING_NONE two threads may be here, and the one that comes last has the latest. */
    deadline = __atomic_load_n(t->deadline_ns, __ATOMIC_ACQUIRE);
    if (deadline == TIMER_OFF) {
        heap_remove(c, t);
    } else if (!t->heap_index) {
        t->at_ns = deadline > soonest ? deadline : soonest;
        heap_add(c, t);
    } else {
        t->at_ns = deadline > soonest ? deadline : soonest;
        heap_settle(c, t->heap_index);
    }
    timerfd_arm(c);
    lock_drop(&c->lock);
}

/* The first timer that is due at `end`, taken out of the heap; a clock that is stepped moves on to it. */
static struct timer *timer_take(struct machine *m, uint64_t end)
{
    struct clock_state *c = m->clock;
    struct timer *t = NULL;

    lock_take(&c->lock);
    if (c->n && c->heap[1]->at_ns <= end) {
        t = c->heap[1];
        heap_remove(c, t);
        if (!c->running && c->frozen_ns < t->at_ns)
            c->frozen_ns = t->at_ns;
    }
    lock_drop(&c->lock);
    return t;
}

/* False: there are more. */
static bool timers_run(struct machine *m, uint64_t end, uint64_t max)
{
    struct timer *t;

    while (max-- && (t = timer_take(m, end)))
        dispatch(t->dev, &(struct entry){ .kind = ENTRY_TIMER, .timer = t });
    return machine_clock_next(m) > end;
}

static void timerfd_ready(struct watch *w, unsigned events)
{
    struct clock_state *c = (struct clock_state *)((char *)w - offsetof(struct clock_state, watch));
    uint64_t expired;

    (void)events;
    if (read(w->fd, &expired, sizeof(expired)) < 0)
        return;
    lock_take(&c->lock);
    c->armed_ns = TIMER_OFF;
    lock_drop(&c->lock);
    if (c->running)
        timers_run(c->machine, machine_clock_ns(c->machine), UINT64_MAX);
    lock_take(&c->lock);
    timerfd_arm(c);
    lock_drop(&c->lock);
}

bool machine_clock_run(struct machine *m, uint64_t end_ns, uint64_t timers)
{
    struct clock_state *c = m->clock;

    assert(!c->running);
    if (!timers_run(m, end_ns, timers))
        return false;
    c->frozen_ns = end_ns;
    return true;
}

void machine_clock_step(struct machine *m, uint64_t ns)
{
    uint64_t end;

    if (__builtin_add_overflow(m->clock->frozen_ns, ns, &end) || end == TIMER_OFF)
        end = TIMER_OFF - 1;
    machine_clock_run(m, end, UINT64_MAX);
}

uint64_t machine_clock_next(struct machine *m)
{
    struct clock_state *c = m->clock;
    uint64_t at;

    lock_take(&c->lock);
    at = c->n ? c->heap[1]->at_ns : TIMER_OFF;
    lock_drop(&c->lock);
    return at;
}

void machine_clock_start(struct machine *m)
{
    struct clock_state *c = m->clock;

    if (c->running || (m->accel && m->accel->ops->steps_clock))
        return;
    lock_take(&c->lock);
    c->offset_ns = host_ns(CLOCK_MONOTONIC) - c->frozen_ns;
    c->running = true;
    c->armed_ns = TIMER_OFF;
    timerfd_arm(c);
    lock_drop(&c->lock);
}

void machine_clock_stop(struct machine *m)
{
    struct clock_state *c = m->clock;

    if (!c->running)
        return;
    lock_take(&c->lock);
    c->frozen_ns = host_ns(CLOCK_MONOTONIC) - c->offset_ns;
    c->running = false;
    timerfd_arm(c);
    lock_drop(&c->lock);
}

void clock_forget(struct machine *m, const struct device *dev)
{
    struct clock_state *c = m->clock;

    lock_take(&c->lock);
    for (unsigned i = c->n; i; i--)
        if (c->heap[i]->dev == dev) {
            heap_remove(c, c->heap[i]);
            i = c->n + 1;
        }
    timerfd_arm(c);
    lock_drop(&c->lock);
}

int clock_new(struct machine *m, struct error **err)
{
    struct clock_state *c = calloc(1, sizeof(*c));
    int r;

    assert(c);
    lock_init(&c->lock, RANK_CLOCK);
    c->machine = m;
    c->armed_ns = TIMER_OFF;
    c->made_ns = host_ns(CLOCK_REALTIME);
    m->clock = c;
    c->watch = (struct watch){ .fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC), .fn = timerfd_ready };
    if (c->watch.fd < 0)
        return error_set_host(err, -errno, "virtual clock", "timerfd");
    r = watch_add(m->loop, &c->watch, LOOP_IN, err);
    return r;
}

void clock_free(struct machine *m)
{
    struct clock_state *c = m->clock;

    if (!c)
        return;
    watch_del(&c->watch);
    if (c->watch.fd >= 0)
        close(c->watch.fd);
    lock_fini(&c->lock);
    free(c->heap);
    free(c);
    m->clock = NULL;
}
