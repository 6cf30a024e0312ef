/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/conform/conform.h"

/*
 * What a guest can reach: every region, every width 1 to 8, aligned or not, at its end and across it
 * (THREATS, scenario 1).  No crash, bounded time, and a state that could be migrated
 */

#include <inttypes.h>
#include <string.h>

enum { BATCH = 64 };

static uint64_t value(struct conform *c)
{
    static const uint64_t edges[] = { 0, 1, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff, 0x7fffffff, 0x80000000,
        UINT32_MAX,
                                      1ull << 63, UINT64_MAX };
    uint64_t any = conform_any(c);

    return any & 7 ? conform_any(c) : edges[any / 8 % (sizeof(edges) / sizeof(edges[0]))];
}

/* Registers mostly, then anywhere, then the end and beyond it. */
static uint64_t offset(struct conform *c, const struct region_type *t)
{
    uint64_t any = conform_any(c);
    unsigned n = 0;

    for (const struct reg *r = t->regs; r && r->name; r++)
        n++;
    switch (any % 8) {
    case 0:
        return t->size - 8 + conform_any(c) % 16;
    case 1:
        return conform_any(c) % ((uint64_t)t->size + 16);
    case 2:
        return conform_any(c) % 64 ? conform_any(c) % t->size : conform_any(c);
    default:
        return n ? t->regs[conform_any(c) % n].at + conform_any(c) % 4 : conform_any(c) % (t->size < 256 ? t->size
            : 256);
    }
}

static void access_region(struct conform *c, struct rig *rig, unsigned regions)
{
    unsigned n = conform_any(c) % regions, size = 1 + conform_any(c) % 8;
    uint64_t at = offset(c, &c->type->regions[n]);

    if (conform_any(c) & 1)
        size = 1 << size % 4;
    if (conform_any(c) & 1) {
        uint64_t val = value(c);

        conform_where("a write of %#" PRIx64 ", %u bytes at %s+%#" PRIx64, val, size, c->type->regions[n].name, at);
        device_write(rig->dev, n, at, size, val);
    } else {
        conform_where("a read of %u bytes at %s+%#" PRIx64, size, c->type->regions[n].name, at);
        device_read(rig->dev, n, at, size);
    }
}

/* Through the address spaces, so that windows on other devices and the map's own edges take part. */
static void access_space(struct conform *c, struct rig *rig)
{
    struct address_space *as = conform_any(c) & 1 ? &rig->m->io_as : &rig->m->vcpus[0]->as;
    static const uint64_t bases[] = { 0xcf8, 0x3f8, 0xfee00000, 0xfec00000, 0xb0000000, 0xfed00000, 0xc0000 };
    uint64_t at = bases[conform_any(c) % 7] + conform_any(c) % 64, val;
    unsigned size = 1 << conform_any(c) % 4;

    if (as == &rig->m->io_as)
        at &= 0xffff;
    conform_where("an access to %s+%#" PRIx64, as->name, at);
    if (conform_any(c) & 1)
        address_space_write(as, at, size, value(c), NULL);
    else
        address_space_read(as, at, size, &val, NULL);
}

static void time_passes(struct conform *c, struct rig *rig)
{
    conform_where("time that passes");
    machine_clock_step(rig->m, conform_any(c) % (conform_any(c) % 256 ? 100000 : 50000000));
    machine_run_posted(rig->m);
    loop_turn(rig->m->loop, 0);
}

void conform_hammer(struct conform *c, struct rig *rig, unsigned times)
{
    unsigned regions = 0;

    for (const struct region_type *r = c->type->regions; r && r->name; r++)
        regions++;
    for (unsigned i = 0; i < times; i++) {
        if (i % BATCH == 0)
            conform_step(c, "random accesses");
        if (regions && conform_any(c) % 16)
            access_region(c, rig, regions);
        else
            access_space(c, rig);
        if (i % 16 == 0)
            time_passes(c, rig);
    }
    c->n->accesses += times;
}

struct legal { struct conform *c; const struct device *dev; const char *when; bool ok; };

static void legal_field(const struct conform_field *at, void *opaque)
{
    struct legal *l = opaque;
    const struct field *f = at->field;
    const struct reg *tables[DEVICE_REGIONS + 1];
    struct state_owner o = device_state_owner(l->dev, tables);
    const struct reg *r = at->top && f->size ? state_reg(&o, at->off) : NULL;
    uint64_t bits = r ? reg_legal(r) : UINT64_MAX, max = f->max ? f->max : f->is_bool ? 1 : UINT64_MAX;

    if (f->kind != FIELD_NUMBER || f->hidden)
        return;
    for (uint32_t i = 0; i < f->count && f->size && l->ok; i++) {
        uint64_t val = 0;

        memcpy(&val, (char *)device_st(l->dev) + at->off + i * f->size, f->size);
        l->ok = !(val & ~bits) && val <= max;
        if (val & ~bits)
            conform_finding(l->c, "%s.%s: %#" PRIx64 " %s, legal bits %#" PRIx64, at->section->name, f->name, val,
                l->when, bits);
        else if (val > max)
            conform_finding(l->c, "%s.%s: %#" PRIx64 " %s, legal 0 to %#" PRIx64, at->section->name, f->name, val,
                l->when, max);
    }
}

bool conform_legal(struct conform *c, const struct device *dev, const char *when)
{
    struct legal l = { c, dev, when, true };

    conform_fields(c->type, legal_field, &l);
    return l.ok;
}

void conform_access(struct conform *c)
{
    struct loop *loop;
    struct rig *rig;

    if (loop_new(&loop, NULL) < 0)
        return;
    rig = rig_new(loop, c->type, NULL);
    if (rig) {
        for (unsigned done = 0; done < c->accesses; done += 1000) {
            conform_hammer(c, rig, 1000);
            if (!conform_legal(c, rig->dev, "after random accesses"))
                break;
        }
        rig_free(rig);
    }
    loop_free(loop);
}
