/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Watches an address space for devices that come into a range of it
 *
 * Every view that is published counts, not only the last one: a window that is open between the making of a device and
 * its reset takes RAM away from whoever uses it meanwhile.
 */

#include "core/view.h"
#include "tests/test.h"

struct map_watch {
    struct map_listener listener;
    struct address_space *as;
    uint64_t first, last;
    const struct ram_block *except;     /* what may lie there; NULL: nothing */
    unsigned seen;
};

static inline void map_watch_add(struct map_listener *l, const struct flat_range *r)
{
    struct map_watch *w = (struct map_watch *)l;

    w->seen += r->first <= w->last && r->last >= w->first && !(w->except && r->region->block == w->except);
}

static inline void map_watch_nothing(struct map_listener *l, const struct flat_range *r)
{
}

static inline void map_watch_commit(struct map_listener *l)
{
}

/* w->as, the range and what may lie there are set. */
static inline void map_watch_begin(struct map_watch *w)
{
    w->listener = (struct map_listener){ .add = map_watch_add, .del = map_watch_nothing, .commit = map_watch_commit };
    address_space_listen(w->as, &w->listener);
    CHECK_EQ(w->seen, 0);
}

/* How many ranges have come. */
static inline unsigned map_watch_end(struct map_watch *w)
{
    address_space_unlisten(w->as, &w->listener);
    return w->seen;
}
