/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/conform/conform.h"

/*
 * The description: every byte of st is described exactly once, everything has a name and a line of
 * documentation, registers fit their region and their member
 */

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* align: the largest alignment that a described member can have. */
struct claims { struct conform *c; uint8_t *times; const struct reg *const *tables; uint32_t align; };

enum { ALIGN_MAX = 16 };

/* Of what is n bytes long, or stands at n, the largest alignment that it can have. */
static uint32_t alignment(uint32_t n)
{
    uint32_t low = n & -n;

    return low && low < ALIGN_MAX ? low : ALIGN_MAX;
}

static void claim(const struct conform_field *at, void *opaque)
{
    struct claims *claims = opaque;
    const struct field *f = at->field;
    const struct device_type *t = claims->c->type;
    uint32_t bytes = f->kind == FIELD_UNUSED ? 0 : f->size * f->count;
    struct state_owner o = { .regs = claims->tables, .version = 702 };
    const struct reg *r = bytes ? state_reg(&o, at->off) : NULL;

    claims->c->n->fields++;
    if (bytes && alignment(f->size) > claims->align)
        claims->align = alignment(f->size);
    if (at->off + bytes > t->type.st_size)
        conform_finding(claims->c, "%s.%s: reaches beyond st", at->section->name, f->name);
    for (uint32_t i = 0; i < bytes && at->off + i < t->type.st_size; i++)
        if (claims->times[at->off + i] < 255)
            claims->times[at->off + i]++;
    if (r && !at->top)
        conform_finding(claims->c, "%s.%s: backs register %s, whose rules do not reach a nested field",
                        at->section->name, f->name, r->name);
    if (r && f->kind == FIELD_NUMBER && f->reset && f->reset != r->reset)
        conform_finding(claims->c, "%s.%s: register %s owns the reset value", at->section->name, f->name, r->name);
    if (f->kind == FIELD_NUMBER && !f->size && !f->wire)
        conform_finding(claims->c, "%s.%s: neither in st nor on the wire", at->section->name, f->name);
}

/*
 * Padding ends where something aligned begins (or st does), and is shorter than that alignment, which some member of
 * st has: a described one, or one that fits into the gap.  A longer gap has a member in it.  Of a shorter one tables
 * do not tell, since a member of that size without a line would leave the same gap.
 */
static bool can_be_padding(const struct claims *claims, uint32_t at, uint32_t end)
{
    uint32_t align = claims->align;

    while (align * 2 <= end - at && align < ALIGN_MAX)
        align *= 2;
    return end - at < align && end - at < alignment(claims->c->type->type.st_off + end);
}

/* One finding for bytes that follow each other and have the same fault. */
static void wrong_bytes(const struct claims *claims, uint32_t at, uint32_t end)
{
    const char *name = claims->c->type->type.name, *plural = end - at > 1 ? "s" : "";
    char where[40];

    if (end - at > 1)
        snprintf(where, sizeof(where), "st+%u to st+%u", at, end - 1);
    else
        snprintf(where, sizeof(where), "st+%u", at);
    if (claims->times[at])
        conform_finding(claims->c, "%s: %s: %u byte%s that %u fields describe", name, where, end - at, plural,
                        claims->times[at]);
    else
        conform_finding(claims->c, "%s: %s: %u byte%s that no field describes: %s", name, where, end - at, plural,
                        can_be_padding(claims, at, end) ? "padding (put the members of st in order of size) or a "
                        "member without a line, which the tables alone do not tell" : "a member without a line");
}

static void check_state(struct conform *c, const struct reg *const *tables)
{
    const struct type *t = &c->type->type;
    struct claims claims = { c, calloc(1, t->st_size + 1), tables, 1 };

    assert(claims.times);
    if (t->state)
        conform_fields(c->type, claim, &claims);
    for (uint32_t at = 0, end; at < t->st_size; at = end) {
        for (end = at + 1; end < t->st_size && claims.times[end] == claims.times[at]; end++)
            ;
        if (claims.times[at] != 1)
            wrong_bytes(&claims, at, end);
    }
    free(claims.times);
}

static void check_register(struct conform *c, const struct region_type *region, const struct reg *r)
{
    const char *name = c->type->type.name;
    unsigned count = r->count ? r->count : 1, stride = r->stride ? r->stride : r->width;
    uint64_t ones = r->width >= 8 ? UINT64_MAX : (1ull << 8 * r->width) - 1;

    c->n->registers += count;
    if (!r->doc)
        conform_finding(c, "%s %s: no documentation", name, r->name);
    if (!r->width || r->width > 8 || r->at + (uint64_t)(count - 1) * stride + r->width > region->size)
        conform_finding(c, "%s %s: lies outside its region", name, r->name);
    if (r->size && r->size != r->width * count)
        conform_finding(c, "%s %s: its member has %u bytes, not %u", name, r->name, r->size, r->width * count);
    if (reg_legal(r) & ~ones)
        conform_finding(c, "%s %s: names bits %#" PRIx64 " that %u bytes do not have", name, r->name,
                        reg_legal(r) & ~ones, r->width);
}

static void check_region(struct conform *c, const struct region_type *r)
{
    const char *name = c->type->type.name;

    c->n->regions++;
    if (!r->size || !r->min || r->min > r->max || r->max > 8)
        conform_finding(c, "%s: region %s has no legal sizes", name, r->name);
    if (!r->regs && !r->route && (!r->read || !r->write))
        conform_finding(c, "%s: region %s does not declare both read and write", name, r->name);
    for (const struct reg *reg = r->regs; reg && reg->name; reg++)
        check_register(c, r, reg);
}

static void check_prop(struct conform *c, const struct prop *p)
{
    const char *name = c->type->type.name;
    unsigned names = 0;

    c->n->props++;
    if (!p->doc)
        conform_finding(c, "%s.%s: no documentation", name, p->name);
    if (p->off + p->size > c->type->type.size)
        conform_finding(c, "%s.%s: lies outside the device", name, p->name);
    while (p->names && p->names[names])
        names++;
    if (p->kind == PROP_ENUM && p->def >= names)
        conform_finding(c, "%s.%s: its default has no name", name, p->name);
    if (p->kind != PROP_INT && ((p->max && p->def > p->max) || p->def < p->min))
        conform_finding(c, "%s.%s: its default is out of its range", name, p->name);
}

void conform_tables(struct conform *c)
{
    const struct type *t = &c->type->type;
    const struct reg *tables[DEVICE_REGIONS + 1];
    unsigned n = 0;

    if (!t->doc)
        conform_finding(c, "%s: no documentation", t->name);
    if (t->parent && !type_find(t->parent))
        conform_finding(c, "%s: its parent %s is not known", t->name, t->parent);
    if (t->st_off + t->st_size > t->size)
        conform_finding(c, "%s: st lies outside the device", t->name);
    for (const struct region_type *r = c->type->regions; r && r->name; r++) {
        check_region(c, r);
        if (r->regs && n < DEVICE_REGIONS)
            tables[n++] = r->regs;
    }
    tables[n] = NULL;
    for (const struct prop *p = t->props; p && p->name; p++)
        check_prop(c, p);
    check_state(c, tables);
}
