/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* RAM for a machine under test, and where a region is seen: each change is a transaction of its own. */

#include "core/machine.h"
#include "tests/test.h"

/* A block of the machine, and a region that shows the whole of it, nowhere yet. */
static inline struct ram_block *ram_region_new(struct machine *m, struct region *r, const char *name, uint64_t size)
{
    struct ram_config cfg = { .name = name, .size = size };
    struct ram_block *block;

    CHECK(!machine_ram_new(m, &cfg, &block, NULL));
    region_init_ram(r, name, block, 0, size);
    return block;
}

static inline void region_map(struct machine *m, struct region *to, uint64_t at, struct region *r, int priority)
{
    map_begin(&m->map);
    region_add(to, at, r, priority);
    map_end(&m->map);
}

static inline void region_drop(struct machine *m, struct region *r)
{
    map_begin(&m->map);
    region_remove(r);
    map_end(&m->map);
    region_fini(r);
}
