/* SPDX-License-Identifier: Apache-2.0 */
#include "core/machine.h"

/*
 * Device sections of the migration stream, in the dialect of QEMU 7.2
 *
 *     section     04, id, name, instance, version, fields, subsections, 7e, id
 *
 * Load has two passes: everything is read and checked into copies of st; then every device takes
 * its copy over; then resumed() runs in tree order, with lines set as levels.
 * Invariant: nothing of the machine changes before machine_load_end(m, false).
 */

#include <assert.h>
#include <errno.h>
#include <glib.h>
#include <stdlib.h>

enum { MARK_FULL = 0x04, MARK_FOOTER = 0x7e };

static const struct section *sections_of(const struct device *dev)
{
    return dev->realized && dev->type->type.state ? dev->type->type.state : &no_state;
}

/* "0000:00:1f.0/ICH9LPC", or the section's name alone. */
static struct text section_id(const struct device *dev, const struct section *s)
{
    return dev->bus_path && !s->no_path ? text("%s/%s", dev->bus_path, s->name) : text("%s", s->name);
}

/* How many sections before this one share its id. */
static uint32_t instance_of(const struct machine *m, const struct device *dev, const struct section *s)
{
    struct text id = section_id(dev, s);
    uint32_t n = 0;

    if (s->fixed_instance)
        return dev->instance;
    list_for_each(node, &m->devices) {
        const struct device *d = list_entry(node, struct device, in_machine);

        if (d == dev)
            break;
        for (const struct section *t = sections_of(d); t && t->name; t = t->also)
            n += !strcmp(section_id(d, t).s, id.s);
    }
    return n;
}

struct saving { struct machine *m; struct wire *w; GString *json; uint32_t id; };

static void section_save(struct saving *s, const struct device *dev, const struct section *sec)
{
    const struct reg *tables[DEVICE_REGIONS + 1];
    struct state_owner o = device_state_owner(dev, tables);
    struct text id = section_id(dev, sec);
    uint32_t instance = instance_of(s->m, dev, sec);

    if (s->json) {
        g_string_append_printf(s->json, "%s{\"name\":\"%s\",\"instance_id\":%u,", s->id ? "," : "", id.s, instance);
        state_describe_members(&o, sec, device_st(dev), s->json);
        return;
    }
    wire_put(s->w, MARK_FULL, 1);
    wire_put(s->w, s->id, 4);
    wire_put_name(s->w, id.s);
    wire_put(s->w, instance, 4);
    wire_put(s->w, sec->version, 4);
    state_save(&o, sec, device_st(dev), s->w);
    wire_put(s->w, MARK_FOOTER, 1);
    wire_put(s->w, s->id, 4);
}

static int device_save(struct saving *s, struct device *dev, struct error **err)
{
    if (!dev->type->type.state)
        return error_set(err, -ENOTSUP, ERROR_STATE, dev->type->type.name, "migration",
                         "only types with a state table");
    if (dev->realized && dev->type->capture)
        device_enter(dev, dev->type->capture);
    for (const struct section *sec = sections_of(dev); sec && sec->name; sec = sec->also) {
        if (sec->needed && !sec->needed(dev))
            continue;
        section_save(s, dev, sec);
        s->id++;
    }
    return 0;
}

static int each_device(struct saving *s, struct error **err)
{
    int r = 0;

    list_for_each(n, &s->m->devices) {
        r = device_save(s, list_entry(n, struct device, in_machine), err);
        if (r < 0)
            break;
    }
    return r;
}

int machine_save(struct machine *m, struct wire *w, struct error **err)
{
    struct saving s = { .m = m, .w = w };
    int r = each_device(&s, err);

    if (!r && w->bad)
        r = error_set(err, -ENOSPC, ERROR_RANGE, "stream", "device state", "what fits its limit");
    return r;
}

void machine_describe(struct machine *m, GString *json)
{
    struct saving s = { .m = m, .json = json };

    each_device(&s, NULL);
}

static int bad_stream(struct error **err, const char *object, const char *value, const char *legal)
{
    return error_set(err, -EINVAL, ERROR_STREAM, object, value, legal);
}

static struct device *device_of(struct machine *m, const char *name, uint32_t instance, const struct section **sec,
                                unsigned *number)
{
    list_for_each(node, &m->devices) {
        struct device *dev = list_entry(node, struct device, in_machine);

        *number = 0;
        for (*sec = sections_of(dev); *sec && (*sec)->name; *sec = (*sec)->also, ++*number)
            if (!strcmp(section_id(dev, *sec).s, name) && instance_of(m, dev, *sec) == instance)
                return dev;
    }
    return NULL;
}

static void stage(struct device *dev)
{
    const struct reg *tables[DEVICE_REGIONS + 1];
    struct state_owner o = device_state_owner(dev, tables);
    size_t size = dev->type->type.st_size;

    if (dev->staged)
        return;
    dev->staged = malloc(size ? size : 1);
    assert(dev->staged);
    memcpy(dev->staged, device_st(dev), size);
    state_reset(&o, dev->type->type.state, dev->staged, true);
}

static int load_one(struct device *dev, const struct section *sec, uint32_t version, struct wire *w, struct error **err)
{
    const struct reg *tables[DEVICE_REGIONS + 1];
    struct state_owner o = device_state_owner(dev, tables);

    if (version > sec->version || version < sec->min_version)
        return bad_stream(err, sec->name, T("version %u", version), T("%u to %u", sec->min_version, sec->version));
    stage(dev);
    return state_load(&o, sec, version, dev->staged, w, err);
}

int machine_load_section(struct machine *m, struct wire *w, struct error **err)
{
    char name[256];
    uint32_t id = wire_get(w, 4);
    uint32_t instance = (wire_get_name(w, name), wire_get(w, 4));
    uint32_t version = wire_get(w, 4);
    const struct section *sec = NULL;
    unsigned number = 0;
    struct device *dev = w->bad ? NULL : device_of(m, name, instance, &sec, &number);
    int r;

    if (!dev || dev->staged_sections >> number & 1)
        return bad_stream(err, "stream", T("%ssection %s, instance %u", dev ? "a second " : "", name, instance),
                          "each section of this machine once");
    dev->staged_sections |= 1ull << number;
    r = load_one(dev, sec, version, w, err);
    if (!r && (wire_get(w, 1) != MARK_FOOTER || wire_get(w, 4) != id || w->bad))
        r = bad_stream(err, name, "what follows the fields", T("footer of section %u", id));
    return r;
}

static void take_over(struct device *dev)
{
    memcpy(device_st(dev), dev->staged, dev->type->type.st_size);
}

static void resume(struct device *dev)
{
    dev->type->resumed(dev);
}

void machine_load_end(struct machine *m, bool failed)
{
    list_for_each(n, &m->devices) {
        struct device *dev = list_entry(n, struct device, in_machine);

        if (!failed && dev->staged)
            device_enter(dev, take_over);
        free(dev->staged);
        dev->staged = NULL;
        dev->staged_sections = 0;
    }
    if (failed)
        return;
    list_for_each(n, &m->devices) {
        struct device *dev = list_entry(n, struct device, in_machine);

        if (dev->realized && dev->type->resumed)
            device_enter(dev, resume);
    }
}
