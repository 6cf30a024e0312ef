/* SPDX-License-Identifier: Apache-2.0 */
#include "object/reg.h"

/*
 * Register tables, compiled (see reg.h)
 *
 * Invariant: the dispatcher has checked that an access lies inside the region.
 */

#include <assert.h>
#include <stdlib.h>
#include <string.h>

struct reg_slot {
    const struct reg *reg;      /* NULL: hole */
    uint16_t element, byte;     /* which element, and which of its bytes */
};

struct reg_map {
    uint32_t size;
    struct reg_slot slot[];
};

static void map_register(struct reg_map *map, const struct reg *r)
{
    unsigned stride = r->stride ? r->stride : r->width;

    for (unsigned n = 0; n < (r->count ? r->count : 1u); n++)
        for (unsigned byte = 0; byte < r->width; byte++) {
            uint32_t at = r->at + n * stride + byte;

            assert(at < map->size && !map->slot[at].reg);
            map->slot[at] = (struct reg_slot){ r, n, byte };
        }
}

struct reg_map *reg_map_new(const struct reg *regs, uint32_t size)
{
    struct reg_map *map = calloc(1, sizeof(*map) + (size_t)size * sizeof(map->slot[0]));

    assert(map);
    map->size = size;
    for (const struct reg *r = regs; r && r->name; r++)
        map_register(map, r);
    return map;
}

void reg_map_free(struct reg_map *map)
{
    free(map);
}

uint64_t reg_legal(const struct reg *r)
{
    return r->reset | r->wmask | r->w1c | r->rclear | r->hw;
}

/* Bits of n bytes, from byte `first` on. */
static uint64_t byte_mask(unsigned first, unsigned n)
{
    return (UINT64_MAX >> (64 - 8 * n)) << 8 * first;
}

static uint32_t slot_at(const struct reg_slot *s)
{
    return s->reg->at + s->element * (s->reg->stride ? s->reg->stride : s->reg->width);
}

static char *backing(const struct reg_slot *s, void *st)
{
    return (char *)st + s->reg->off + s->element * s->reg->width;
}

static uint64_t backing_get(const struct reg_slot *s, void *st)
{
    uint64_t val = 0;

    if (s->reg->size)
        memcpy(&val, backing(s, st), s->reg->width);
    return val;
}

static void backing_put(const struct reg_slot *s, struct device *dev, void *st, uint64_t val)
{
    memcpy(backing(s, st), &val, s->reg->width);
    if (s->reg->changed)
        s->reg->changed(dev, slot_at(s));
}

static uint64_t reg_read(const struct reg_slot *s, struct device *dev, void *st, uint64_t mask)
{
    const struct reg *r = s->reg;
    uint64_t val;

    if (r->read)
        return r->read(dev, slot_at(s));
    val = backing_get(s, st);
    if (val & r->rclear & mask)
        backing_put(s, dev, st, val & ~(r->rclear & mask));
    return val;
}

static void reg_write(const struct reg_slot *s, struct device *dev, void *st, uint64_t val, uint64_t mask)
{
    const struct reg *r = s->reg;
    uint64_t old = backing_get(s, st);

    if (r->write)
        r->write(dev, slot_at(s), (old & ~mask & ~r->w1c) | (val & mask));
    else if ((r->wmask | r->w1c) & mask)
        backing_put(s, dev, st, ((old & ~(r->wmask & mask)) | (val & r->wmask & mask)) & ~(val & r->w1c & mask));
}

static unsigned covered(const struct reg_slot *s, unsigned left)
{
    unsigned rest = s->reg ? (unsigned)s->reg->width - s->byte : 1u;

    return rest < left ? rest : left;
}

uint64_t regs_read(const struct reg_map *map, struct device *dev, void *st, uint64_t at, unsigned size, uint8_t hole)
{
    uint64_t val = 0;

    assert(at < map->size && size <= map->size - at);
    for (unsigned n, done = 0; done < size; done += n) {
        const struct reg_slot *s = &map->slot[at + done];
        uint64_t part = hole;

        n = covered(s, size - done);
        if (s->reg)
            part = reg_read(s, dev, st, byte_mask(s->byte, n)) >> 8 * s->byte & byte_mask(0, n);
        val |= part << 8 * done;
    }
    return val;
}

void regs_write(const struct reg_map *map, struct device *dev, void *st, uint64_t at, unsigned size, uint64_t val)
{
    assert(at < map->size && size <= map->size - at);
    for (unsigned n, done = 0; done < size; done += n) {
        const struct reg_slot *s = &map->slot[at + done];

        n = covered(s, size - done);
        if (s->reg)
            reg_write(s, dev, st, val >> 8 * done << 8 * s->byte, byte_mask(s->byte, n));
    }
}
