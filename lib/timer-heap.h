/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Timers in order of their time: the loop's private binary heap
 *
 * An intrusive heap of pointers: first in O(1), add and delete in O(log n), of any timer.
 * Invariant: nodes[t->heap_index] == t, and t->heap is the heap it is in.
 */

#include "lib/loop.h"

struct timer_heap {
    struct loop_timer **nodes;
    unsigned num, room;
};

static inline struct loop_timer *timer_heap_first(const struct timer_heap *h)
{
    return h->num ? h->nodes[0] : NULL;
}

void timer_heap_add(struct timer_heap *h, struct loop_timer *t);       /* t is in no heap */
void timer_heap_del(struct loop_timer *t);                             /* t is in a heap */
void timer_heap_fini(struct timer_heap *h);                            /* forgets what is inside */
