/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Random trees of regions: the numbers, which a seed repeats, and the steps of a guest that moves its BARs. */

#include "core/memory.h"

static uint64_t seed = 1;

static inline uint64_t rnd(uint64_t n)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (seed >> 33) % n;
}

/* One transaction of one to three changes of n regions; base() is a place to move to. */
static inline void tree_change(struct map *map, struct region *region, unsigned n, uint64_t (*base)(void))
{
    map_begin(map);
    for (unsigned steps = rnd(3) + 1; steps; steps--) {
        struct region *r = &region[rnd(n)];

        switch (rnd(4)) {
        case 0: region_move(r, base()); break;
        case 1: region_enable(r, !r->enabled); break;
        case 2: region_set_readonly(r, !r->readonly); break;
        case 3: region_set_romd(r, !r->romd); break;
        }
    }
    map_end(map);
}
