/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/loop.h"

/*
 * Event loops over epoll (see loop.h); epoll(7), eventfd(2), timerfd_create(2)
 *
 * Posts go through a lock-free stack: who pushes on an empty one writes the eventfd, so a burst wakes
 * the loop once, and a handler of the loop's own does not.  Timers are in lib/timer-heap.h, one heap
 * per clock; each clock has a timerfd, which unlike epoll's own timeout has no slack and, on the
 * real-time clock, sees the clock being set.
 *
 * Invariant: no pointer to a watch, timer or post is used after its handler was called or after its
 * owner has taken it away; `batch` and `due` are what this round has still to call, and are purged.
 */

#include "lib/error.h"
#include "lib/timer-heap.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

enum { BATCH = 64, CLOCKS = 2 };

static const clockid_t clock_ids[CLOCKS] = {
    [LOOP_REALTIME] = CLOCK_REALTIME,
    [LOOP_MONOTONIC] = CLOCK_MONOTONIC,
};

struct loop {
    int epoll_fd, wake_fd;
    _Atomic pthread_t owner;
    _Atomic bool quit;
    _Atomic(struct post *) posted;      /* pushed by anybody, last first */
    struct post *ready, **ready_end;    /* in order; ours */
    struct {
        int fd;
        uint64_t armed_ns;              /* what the timerfd is set to; UINT64_MAX: to nothing */
        struct timer_heap heap;
    } clocks[CLOCKS];
    struct timer_heap due;              /* expired, to be called in this round */
    struct list_node always;            /* watches on what epoll refuses */
    struct epoll_event *batch;
    int batch_len;
};

/* The loop whose handlers this thread is running: it looks at its posts before it sleeps, so nobody need wake it. */
static _Thread_local struct loop *turning;

static void wake(struct loop *loop)
{
    uint64_t one = 1;

    while (write(loop->wake_fd, &one, sizeof(one)) < 0 && errno == EINTR)
        ;
}

static int epoll_add(struct loop *loop, int fd, uint32_t events, void *ptr)
{
    struct epoll_event ev = { .events = events, .data.ptr = ptr };

    return epoll_ctl(loop->epoll_fd, EPOLL_CTL_ADD, fd, &ev) ? -errno : 0;
}

static int open_fds(struct loop *loop)
{
    int r;

    loop->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    if (loop->epoll_fd < 0)
        return -errno;
    loop->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (loop->wake_fd < 0)
        return -errno;
    r = epoll_add(loop, loop->wake_fd, EPOLLIN, &loop->wake_fd);
    for (unsigned c = 0; c < CLOCKS && !r; c++) {
        loop->clocks[c].fd = timerfd_create(clock_ids[c], TFD_CLOEXEC | TFD_NONBLOCK);
        r = loop->clocks[c].fd < 0 ? -errno : epoll_add(loop, loop->clocks[c].fd, EPOLLIN, &loop->clocks[c].fd);
    }
    return r;
}

int loop_new(struct loop **out, struct error **err)
{
    struct loop *loop = calloc(1, sizeof(*loop));
    int r;

    assert(loop);
    loop->epoll_fd = loop->wake_fd = -1;
    loop->owner = pthread_self();
    loop->ready_end = &loop->ready;
    list_init(&loop->always);
    for (unsigned c = 0; c < CLOCKS; c++) {
        loop->clocks[c].fd = -1;
        loop->clocks[c].armed_ns = UINT64_MAX;
    }
    r = open_fds(loop);
    if (r) {
        loop_free(loop);
        return error_set_host(err, r, "event loop", "epoll, eventfd, timerfd");
    }
    *out = loop;
    return 0;
}

static void close_fd(int fd)
{
    if (fd >= 0)
        close(fd);
}

void loop_free(struct loop *loop)
{
    if (!loop)
        return;
    for (unsigned c = 0; c < CLOCKS; c++) {
        close_fd(loop->clocks[c].fd);
        timer_heap_fini(&loop->clocks[c].heap);
    }
    timer_heap_fini(&loop->due);
    close_fd(loop->wake_fd);
    close_fd(loop->epoll_fd);
    free(loop);
}

bool loop_is_mine(const struct loop *loop)
{
    return pthread_equal(loop->owner, pthread_self());
}

void loop_quit(struct loop *loop)
{
    loop->quit = true;
    wake(loop);
}

void loop_run(struct loop *loop)
{
    loop->owner = pthread_self();
    while (!loop->quit)
        loop_turn(loop, -1);
    loop->quit = false;
}

/* Watches */

static uint32_t to_epoll(unsigned events)
{
    return (events & LOOP_IN ? EPOLLIN : 0) | (events & LOOP_OUT ? EPOLLOUT : 0);
}

static unsigned from_epoll(uint32_t events)
{
    return (events & EPOLLIN ? LOOP_IN : 0) | (events & EPOLLOUT ? LOOP_OUT : 0) |
           (events & (EPOLLHUP | EPOLLERR) ? LOOP_HUP : 0);
}

int watch_add(struct loop *loop, struct watch *w, unsigned events, struct error **err)
{
    int r;

    assert(loop_is_mine(loop) && !w->loop && w->fn);
    r = epoll_add(loop, w->fd, to_epoll(events), w);
    if (r && r != -EPERM)
        return error_set_host(err, r, T("descriptor %d", w->fd), "watch");
    w->always = r == -EPERM;
    if (w->always)
        list_append(&loop->always, &w->node);
    w->events = events;
    w->loop = loop;
    return 0;
}

void watch_set(struct watch *w, unsigned events)
{
    struct epoll_event ev = { .events = to_epoll(events), .data.ptr = w };

    assert(w->loop && loop_is_mine(w->loop));
    if (w->events == events)
        return;
    w->events = events;
    if (!w->always)
        epoll_ctl(w->loop->epoll_fd, EPOLL_CTL_MOD, w->fd, &ev);
}

void watch_del(struct watch *w)
{
    struct loop *loop = w->loop;

    if (!loop)
        return;
    assert(loop_is_mine(loop));
    if (w->always)
        list_remove(&w->node);
    else
        epoll_ctl(loop->epoll_fd, EPOLL_CTL_DEL, w->fd, NULL);
    for (int i = 0; i < loop->batch_len; i++)
        if (loop->batch[i].data.ptr == w)
            loop->batch[i].data.ptr = NULL;
    w->loop = NULL;
}

static bool always_wanted(const struct loop *loop)
{
    list_for_each(n, &loop->always)
        if (list_entry(n, struct watch, node)->events)
            return true;
    return false;
}

/* Each once, in order; the handlers may add and remove, so the list is taken apart and rebuilt. */
static void run_always(struct loop *loop)
{
    struct list_node todo;

    if (list_empty(&loop->always))
        return;
    todo = loop->always;
    todo.next->prev = todo.prev->next = &todo;
    list_init(&loop->always);
    while (!list_empty(&todo)) {
        struct watch *w = list_entry(todo.next, struct watch, node);

        list_remove(&w->node);
        list_append(&loop->always, &w->node);
        if (w->events)
            w->fn(w, w->events);
    }
}

static void run_watches(struct loop *loop, struct epoll_event *batch, int n)
{
    loop->batch = batch;
    loop->batch_len = n;
    for (int i = 0; i < n; i++) {
        struct watch *w = batch[i].data.ptr;
        unsigned events = from_epoll(batch[i].events);

        if (!w || (void *)w == &loop->wake_fd || (void *)w == &loop->clocks[0].fd || (void *)w == &loop->clocks[1].fd)
            continue;
        /* An earlier handler of this round may have changed what this one wants. */
        events &= w->events | LOOP_HUP;
        if (events)
            w->fn(w, events);
    }
    loop->batch_len = 0;
}

/* Timers */

uint64_t loop_clock_ns(enum loop_clock clock)
{
    struct timespec ts;

    clock_gettime(clock_ids[clock], &ts);
    return ts.tv_sec * 1000000000ull + ts.tv_nsec;
}

void loop_timer_set(struct loop *loop, struct loop_timer *t, enum loop_clock clock, uint64_t at_ns)
{
    assert(loop_is_mine(loop) && t->fn);
    loop_timer_del(t);
    t->at_ns = at_ns;
    t->clock = clock;
    t->loop = loop;
    timer_heap_add(&loop->clocks[clock].heap, t);
}

void loop_timer_del(struct loop_timer *t)
{
    if (!t->loop)
        return;
    assert(loop_is_mine(t->loop));
    timer_heap_del(t);
    t->loop = NULL;
}

static void arm_clock(struct loop *loop, unsigned c)
{
    struct loop_timer *first = timer_heap_first(&loop->clocks[c].heap);
    uint64_t at_ns = first ? first->at_ns : UINT64_MAX;
    struct itimerspec its = { 0 };
    int flags = TFD_TIMER_ABSTIME | (c == LOOP_REALTIME ? TFD_TIMER_CANCEL_ON_SET : 0);

    if (at_ns == loop->clocks[c].armed_ns)
        return;
    loop->clocks[c].armed_ns = at_ns;
    if (first) {
        /* All zero would disarm it; what is beyond the clock's range never comes. */
        at_ns = at_ns == 0 ? 1 : at_ns > INT64_MAX ? INT64_MAX : at_ns;
        its.it_value.tv_sec = at_ns / 1000000000u;
        its.it_value.tv_nsec = at_ns % 1000000000u;
    }
    timerfd_settime(loop->clocks[c].fd, flags, &its, NULL);
}

/* Takes what has expired out first, so that a timer set in the past by a handler waits for the next round. */
static void run_timers(struct loop *loop)
{
    struct loop_timer *t;

    for (unsigned c = 0; c < CLOCKS; c++) {
        struct timer_heap *heap = &loop->clocks[c].heap;
        uint64_t now_ns;

        if (!timer_heap_first(heap))
            continue;
        now_ns = loop_clock_ns(c);
        while ((t = timer_heap_first(heap)) && t->at_ns <= now_ns) {
            timer_heap_del(t);
            timer_heap_add(&loop->due, t);
        }
    }
    while ((t = timer_heap_first(&loop->due))) {
        loop_timer_del(t);
        t->fn(t);
    }
}

/* Posts */

bool loop_post(struct loop *loop, struct post *p)
{
    struct post *head;

    if (atomic_exchange(&p->queued, true))
        return false;
    head = loop->posted;
    do
        p->next = head;
    while (!atomic_compare_exchange_weak(&loop->posted, &head, p));
    if (!head && turning != loop)
        wake(loop);
    return true;
}

static void fetch_posts(struct loop *loop)
{
    struct post *p = atomic_exchange(&loop->posted, NULL), *in_order = NULL, *last = p;

    while (p) {
        struct post *next = p->next;

        p->next = in_order;
        in_order = p;
        p = next;
    }
    if (in_order) {
        *loop->ready_end = in_order;
        loop->ready_end = &last->next;
    }
}

static void run_posts(struct loop *loop)
{
    fetch_posts(loop);
    while (loop->ready) {
        struct post *p = loop->ready;

        loop->ready = p->next;
        if (!loop->ready)
            loop->ready_end = &loop->ready;
        /* From here on it may be posted again, and belongs to its owner. */
        p->queued = false;
        p->fn(p);
    }
}

void loop_post_cancel(struct loop *loop, struct post *p)
{
    assert(loop_is_mine(loop));
    if (!p->queued)
        return;
    fetch_posts(loop);
    for (struct post **at = &loop->ready; *at; at = &(*at)->next)
        if (*at == p) {
            *at = p->next;
            if (!*at)
                loop->ready_end = at;
            p->queued = false;
            return;
        }
}

static void clear_counter(int fd)
{
    uint64_t n;

    /* EAGAIN: nothing there; ECANCELED: the real-time clock was set. */
    while (read(fd, &n, sizeof(n)) < 0 && errno == EINTR)
        ;
}

void loop_turn(struct loop *loop, int timeout_ms)
{
    struct epoll_event batch[BATCH];
    int n;

    assert(loop_is_mine(loop));
    for (unsigned c = 0; c < CLOCKS; c++)
        arm_clock(loop, c);
    if (loop->ready || loop->posted || always_wanted(loop))
        timeout_ms = 0;
    n = epoll_wait(loop->epoll_fd, batch, BATCH, timeout_ms);
    for (int i = 0; i < n; i++) {
        if (batch[i].data.ptr == &loop->wake_fd)
            clear_counter(loop->wake_fd);
        for (unsigned c = 0; c < CLOCKS; c++)
            if (batch[i].data.ptr == &loop->clocks[c].fd) {
                clear_counter(loop->clocks[c].fd);
                loop->clocks[c].armed_ns = UINT64_MAX;
            }
    }
    turning = loop;
    run_watches(loop, batch, n);
    run_always(loop);
    run_timers(loop);
    run_posts(loop);
    turning = NULL;
}
