/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/conform/conform.h"

/*
 * Reset: after power-on, after a cold and after a warm reset every field has the value that its table
 * or its register documents; what a warm reset keeps it keeps bit for bit
 *
 * Values that depend on configuration or time (rig.c lists them) are compared with a twin of the
 * same age that nobody has touched.
 */

#include "hw/pci/pci.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct look {
    struct conform *c;
    struct device *dev;
    const uint8_t *twin, *before;       /* before: NULL, or st as it was before a warm reset */
    const char *when;
};

static uint64_t number(const uint8_t *p, unsigned size)
{
    uint64_t val = 0;

    memcpy(&val, p, size);
    return val;
}

static void look_bytes(const struct look *l, const struct conform_field *at, const uint8_t *want, const char *whose)
{
    const uint8_t *got = (uint8_t *)device_st(l->dev) + at->off;

    for (uint32_t i = 0; i < at->field->size * at->field->count; i++)
        if (got[i] != want[i]) {
            conform_finding(l->c, "%s.%s: byte %u is %#x %s, %s %#x", at->section->name, at->field->name, i, got[i],
                l->when,
                            whose, want[i]);
            return;
        }
}

/* Of a PCI function's configuration space some bytes are kept. */
static void look_config(const struct look *l, const struct conform_field *at)
{
    uint8_t *want = malloc(at->field->count * at->field->size);
    const uint8_t *kept = pci_device(l->dev)->kept;

    for (uint32_t i = 0; i < at->field->size * at->field->count; i++)
        want[i] = (kept[i] ? l->before : l->twin)[at->off + i];
    look_bytes(l, at, want, "expected");
    free(want);
}

static void look(const struct conform_field *at, void *opaque)
{
    const struct look *l = opaque;
    const struct field *f = at->field;
    const struct reg *tables[DEVICE_REGIONS + 1];
    struct state_owner o = device_state_owner(l->dev, tables);
    const struct reg *r = at->top && f->kind == FIELD_NUMBER && f->size ? state_reg(&o, at->off) : NULL;
    uint64_t want = r ? r->reset : f->reset;
    const uint8_t *st = device_st(l->dev);
    unsigned one = f->kind == FIELD_BUFFER ? 1 : f->size;

    if (f->kind == FIELD_UNUSED || !f->size)
        return;
    if (l->before && type_is(&l->c->type->type, "pci-device") && !strcmp(f->name, "config")) {
        look_config(l, at);
        return;
    }
    if (f->keep && l->before) {
        look_bytes(l, at, l->before + at->off, "before");
        return;
    }
    if (rig_reset_differs(l->c->type, f->name)) {
        look_bytes(l, at, l->twin + at->off, "in an untouched one");
        return;
    }
    want &= UINT64_MAX >> (64 - 8 * one);
    for (uint32_t i = 0; i < f->size * f->count; i += one)
        if (number(st + at->off + i, one) != want) {
            conform_finding(l->c, "%s.%s: %#" PRIx64 " %s, documented %#" PRIx64, at->section->name, f->name,
                            number(st + at->off + i, one), l->when, want);
            return;
        }
}

static void look_all(struct conform *c, struct rig *rig, struct rig *twin, const uint8_t *before, const char *when)
{
    struct look l = { c, rig->dev, device_st(twin->dev), before, when };

    conform_fields(c->type, look, &l);
}

static void warm(struct conform *c, struct rig *rig, struct rig *twin)
{
    size_t size = c->type->type.st_size;
    uint8_t *before = malloc(size + 1);

    memcpy(before, device_st(rig->dev), size);
    machine_reset(rig->m, false);
    machine_reset(twin->m, true);
    look_all(c, rig, twin, before, "after warm reset");
    free(before);
}

void conform_reset(struct conform *c)
{
    struct loop *loop;
    struct rig *rig = NULL, *twin = NULL;
    struct error *err = NULL;

    conform_step(c, "realize");
    if (!loop_new(&loop, &err))
        rig = rig_new(loop, c->type, &err);
    if (!rig) {
        conform_finding(c, "%s: cannot be realized on the bench: %s", c->type->type.name, error_line(err).s);
        error_free(err);
        return;
    }
    twin = rig_new(loop, c->type, NULL);
    look_all(c, rig, twin, NULL, "after power-on");
    conform_hammer(c, rig, 500);
    conform_step(c, "warm reset");
    rig_meet(rig, twin);
    warm(c, rig, twin);
    conform_hammer(c, rig, 500);
    conform_step(c, "cold reset");
    rig_meet(rig, twin);
    machine_reset(rig->m, true);
    machine_reset(twin->m, true);
    look_all(c, rig, twin, NULL, "after cold reset");
    rig_free(rig);
    rig_free(twin);
    loop_free(loop);
}
