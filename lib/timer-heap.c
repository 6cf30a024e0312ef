/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/timer-heap.h"

/*
 * Timers in order of their time (see timer-heap.h)
 */

#include <assert.h>
#include <stdlib.h>

static void place(struct timer_heap *h, unsigned i, struct loop_timer *t)
{
    h->nodes[i] = t;
    t->heap_index = i;
}

static void sift_up(struct timer_heap *h, unsigned i, struct loop_timer *t)
{
    while (i && h->nodes[(i - 1) / 2]->at_ns > t->at_ns) {
        place(h, i, h->nodes[(i - 1) / 2]);
        i = (i - 1) / 2;
    }
    place(h, i, t);
}

static void sift_down(struct timer_heap *h, unsigned i, struct loop_timer *t)
{
    for (;;) {
        unsigned child = 2 * i + 1;

        if (child >= h->num)
            break;
        if (child + 1 < h->num && h->nodes[child + 1]->at_ns < h->nodes[child]->at_ns)
            child++;
        if (h->nodes[child]->at_ns >= t->at_ns)
            break;
        place(h, i, h->nodes[child]);
        i = child;
    }
    place(h, i, t);
}

void timer_heap_add(struct timer_heap *h, struct loop_timer *t)
{
    if (h->num == h->room) {
        h->room = h->room ? 2 * h->room : 16;
        h->nodes = realloc(h->nodes, h->room * sizeof(h->nodes[0]));
        assert(h->nodes);
    }
    t->heap = h;
    sift_up(h, h->num++, t);
}

void timer_heap_del(struct loop_timer *t)
{
    struct timer_heap *h = t->heap;
    struct loop_timer *last = h->nodes[--h->num];

    t->heap = NULL;
    if (last == t)
        return;
    /* The last one takes the hole and moves the way it has to. */
    sift_down(h, t->heap_index, last);
    sift_up(h, last->heap_index, last);
}

void timer_heap_fini(struct timer_heap *h)
{
    free(h->nodes);
    *h = (struct timer_heap){ 0 };
}
