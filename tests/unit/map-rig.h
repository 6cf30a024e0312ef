/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A machine with a memory map and nothing else, for the tests of the memory map and of DMA
 *
 * Two roots, a block of RAM and a probe: a device that remembers how it was entered.
 */

#include "core/device.h"
#include "core/machine.h"
#include "tests/unit/machine-ram.h"

struct probe {
    struct device dev;
    struct region region;
    unsigned reads, writes;
    uint64_t at, val;           /* of the last entry */
    unsigned size;
    uint64_t answer;
    void (*inside)(struct probe *p);    /* in each entry */
};

static uint64_t probe_read(struct device *dev, uint64_t at, unsigned size)
{
    struct probe *p = (struct probe *)dev;

    p->reads++;
    p->at = at;
    p->size = size;
    if (p->inside)
        p->inside(p);
    return p->answer;
}

static void probe_write(struct device *dev, uint64_t at, unsigned size, uint64_t val)
{
    struct probe *p = (struct probe *)dev;

    p->writes++;
    p->at = at;
    p->size = size;
    p->val = val;
    if (p->inside)
        p->inside(p);
}

static const struct region_type probe_regions[] = {
    { .name = "probe", .size = 0x100, .min = 1, .max = 8, .read = probe_read, .write = probe_write },
    {},
};
static const struct device_type probe_type = {
    .type = { .name = "probe", .doc = "a test's", .size = sizeof(struct probe) },
    .locking = LOCKING_DEVICE, .regions = probe_regions,
};

struct rig {
    struct machine m;
    struct ram_block *block;
    struct region ram;
    struct probe probe;
};

static inline void probe_init(struct probe *p, struct machine *m)
{
    *p = (struct probe){ .dev = { .type = &probe_type, .machine = m } };
    lock_init(&p->dev.own, RANK_DEVICE);
    p->dev.lock = &p->dev.own;
    region_init_io(&p->region, &p->dev, &probe_regions[0], NULL);
}

/* RAM of 16 pages, byte n of which is n + 1, mapped nowhere; neither is the probe. */
static inline void rig_init(struct rig *rig)
{
    struct ram_config cfg = { .name = "pc.ram", .size = 0x10000 };
    struct machine *m = &rig->m;

    memset(rig, 0, sizeof(*rig));
    map_init(&m->map);
    region_init(&m->memory, "system", REGION_CONTAINER, UINT64_MAX);
    region_init(&m->io, "io", REGION_CONTAINER, 0xffff);
    address_space_init(&m->memory_as, m, "memory", &m->memory, false);
    address_space_init(&m->io_as, m, "I/O", &m->io, true);
    CHECK_EQ(ram_block_new(&cfg, &rig->block, NULL), 0);
    for (unsigned i = 0; i < 0x10000; i++)
        rig->block->host[i] = i + 1;
    region_init_ram(&rig->ram, "pc.ram", rig->block, 0, 0x10000);
    probe_init(&rig->probe, m);
}

static inline void rig_add(struct rig *rig, struct region *parent, uint64_t base, struct region *child, int priority)
{
    region_map(&rig->m, parent, base, child, priority);
}

static inline void rig_remove(struct rig *rig, struct region *r)
{
    region_drop(&rig->m, r);
}

static inline void rig_fini(struct rig *rig)
{
    struct machine *m = &rig->m;

    rig_remove(rig, &rig->probe.region);
    lock_fini(&rig->probe.dev.own);
    rig_remove(rig, &rig->ram);
    address_space_fini(&m->memory_as);
    address_space_fini(&m->io_as);
    region_fini(&m->memory);
    region_fini(&m->io);
    map_fini(&m->map);
    ram_block_free(rig->block);
}

static inline uint64_t rig_read(struct rig *rig, uint64_t addr, unsigned size)
{
    uint64_t val;

    address_space_read(&rig->m.memory_as, addr, size, &val, NULL);
    return val;
}
