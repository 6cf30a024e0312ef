/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Event loops: one per thread, over epoll
 *
 * A loop watches descriptors, runs timers on the host's clocks and runs what other threads post.
 * Everything but loop_post() and loop_quit() is called on the loop's own thread.  loop_run() is
 * called by thread mains only; nothing nests.  Handlers may add, change and remove any watch or
 * timer, their own too.  A handler runs to its end: it never waits.
 */

#include "lib/list.h"

#include <stdbool.h>
#include <stdint.h>

struct loop;
struct error;
struct timer_heap;

int loop_new(struct loop **loop, struct error **err);
void loop_free(struct loop *loop);              /* nothing may be watched any more; NULL is fine */
void loop_run(struct loop *loop); /* until loop_quit(); registers its thread with the epoch if needed by the caller */
void loop_quit(struct loop *loop);              /* from any thread */
bool loop_is_mine(const struct loop *loop); /* does this thread run it (or did it make it and nobody runs it yet)? */
/* One round: waits at most timeout_ms (-1: for ever) for an event.  For tests and for loop_run(). */
void loop_turn(struct loop *loop, int timeout_ms);

enum { LOOP_IN = 1, LOOP_OUT = 2, LOOP_HUP = 4 };       /* HUP is reported always */

/* A watched descriptor.  The caller owns the struct and the descriptor. */
struct watch {
    int fd;
    void (*fn)(struct watch *w, unsigned events);
    struct loop *loop;          /* set while it is watched */
    unsigned events;
    bool always;                /* a descriptor that epoll refuses (a file): always ready */
    struct list_node node;
};
int watch_add(struct loop *loop, struct watch *w, unsigned events, struct error **err);
void watch_set(struct watch *w, unsigned events);
void watch_del(struct watch *w);                /* not watched: fine */

enum loop_clock { LOOP_REALTIME, LOOP_MONOTONIC };
uint64_t loop_clock_ns(enum loop_clock clock);

/* A one-shot timer.  The caller owns it.  In the past: fires in the next round. */
struct loop_timer {
    void (*fn)(struct loop_timer *t);
    uint64_t at_ns;
    enum loop_clock clock;
    struct loop *loop;          /* set while it is armed */
    struct timer_heap *heap;
    unsigned heap_index;
};
void loop_timer_set(struct loop *loop, struct loop_timer *t, enum loop_clock clock, uint64_t at_ns);
void loop_timer_del(struct loop_timer *t);      /* not armed: fine */

/* Work from any thread; owned by the caller until it has run.  Posting what is queued does nothing. */
struct post {
    void (*fn)(struct post *p);
    _Atomic bool queued;
    struct post *next;
};
bool loop_post(struct loop *loop, struct post *p);      /* false: was queued already */
/* On the loop's thread: takes back what has not run.  The caller has seen to it that nobody posts it any more. */
void loop_post_cancel(struct loop *loop, struct post *p);
