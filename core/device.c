/* SPDX-License-Identifier: Apache-2.0 */
#include "core/device.h"

/*
 * The life of a device: new, set, realize, reset, free (contract in device.h)
 *
 * Invariant: a device is in its machine's list from device_new() to device_free(), and reachable by
 * accesses only between device_map() and device_free().
 */

#include "core/machine.h"
#include "object/attr.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

const struct device_type *device_type_find(const char *name)
{
    const struct type *t = type_find(name);

    return t && type_is(t, "device") ? device_type_of(t) : NULL;
}

static struct json realized_get(const struct object *o, const struct attr *a)
{
    (void)a;
    return json_bool(((const struct device *)o)->realized);
}

static void device_attrs(const struct type *asked, void (*fn)(const struct attr *a, void *opaque), void *opaque)
{
    (void)asked;
    fn(&(struct attr){ .name = "realized", .type = "bool", .get = realized_get }, opaque);
}

static const struct device_type device_base = {
    .type = { .name = "device", .parent = "object", .doc = "a device", .abstract = true, .state = &no_state,
              .attrs = device_attrs },
};
DEVICE_TYPE(device_base);
static const struct device_type sysbus_base = {
    .type = { .name = "sys-bus-device",
              .parent = "device",
              .doc = "a device on no bus",
              .abstract = true,
              .state = &no_state },
};
DEVICE_TYPE(sysbus_base);

static void device_destroy(struct object *o)
{
    struct device *dev = (struct device *)o;

    free(dev->id);
    free(dev->bus_path);
    free(dev->regions);
    lock_fini(&dev->own);
    free(dev);
}

/* A register beyond st would let the guest at the device's own header: is TYPE_STATE missing? */
static void regs_check(const struct device_type *t, const struct reg *regs)
{
    for (const struct reg *r = regs; r && r->name; r++)
        assert(!r->size || (r->off <= t->type.st_size && r->size <= t->type.st_size - r->off));
}

static void regions_new(struct device *dev)
{
    const struct region_type *t = dev->type->regions;
    unsigned n = 0;

    while (t && t[n].name)
        n++;
    assert(n <= DEVICE_REGIONS);
    dev->regions = calloc(n + 1, sizeof(*dev->regions));
    assert(dev->regions);
    for (unsigned i = 0; i < n; i++) {
        regs_check(dev->type, t[i].regs);
        region_init_io(&dev->regions[i], dev, &t[i], t[i].regs ? machine_reg_map(dev->machine, &t[i]) : NULL);
    }
}

static void prop_init_one(const struct prop *p, void *opaque)
{
    struct prop one[2] = { *p };

    props_init(one, opaque, ((struct device *)opaque)->machine->version);
}

static void prop_fini_one(const struct prop *p, void *opaque)
{
    struct prop one[2] = { *p };

    props_fini(one, opaque);
}

/* Names the wish too: the device may be one that the user never asked for. */
static void global_apply(struct device *dev, const struct global_prop *g)
{
    struct error *why = NULL;
    int r = device_set(dev, g->prop, g->value, &why);

    if (r < 0)
        error_set(&dev->refused, r, why->kind, T("-global %s.%s=%s: %s", g->type, g->prop, g->value, why->object),
                  why->value, why->legal);
    error_free(why);
}

/* The first one that fails is kept for realize: whoever makes a device may not know of the user's wishes. */
static void globals_apply(struct device *dev)
{
    struct machine *m = dev->machine;

    for (unsigned i = 0; i < m->n_globals && !dev->refused; i++) {
        const struct global_prop *g = &m->globals[i];

        if (type_is(&dev->type->type, g->type))
            global_apply(dev, g);
    }
}

struct device *device_new(struct machine *m, const struct device_type *type)
{
    struct device *dev = calloc(1, type->type.size);

    assert(dev && type->type.size >= sizeof(*dev) && !type->type.abstract);
    object_init(&dev->obj, &type->type, device_destroy);
    dev->type = type;
    dev->machine = m;
    lock_init(&dev->own, type->locking == LOCKING_CONTROLLER ? type->rank : RANK_DEVICE);
    dev->lock = type->locking == LOCKING_CHIPSET ? &m->chipset : type->locking == LOCKING_NONE ? NULL : &dev->own;
    type_props_each(&type->type, prop_init_one, dev);
    regions_new(dev);
    list_append(&m->devices, &dev->in_machine);
    globals_apply(dev);
    return dev;
}

int device_set(struct device *dev, const char *name, const char *value, struct error **err)
{
    const struct type *t = &dev->type->type;
    const struct prop *p = type_prop_find(t, name);
    uint64_t val;
    int r;

    if (!p)
        return error_set(err, -ENOENT, ERROR_UNKNOWN, t->name, name,
                         T("a property that -device %s,help lists", t->name));
    if (!dev->realized)
        return prop_set(p, dev, t->name, value, err);
    if (!p->set)
        return error_set(err, -EBUSY, ERROR_STATE, T("%s.%s", t->name, name), value, "before the device is realized");
    r = prop_check(p, t->name, value, &val, err);
    return r < 0 ? r : p->set(dev, val, err);
}

static void power_on(struct device *dev)
{
    device_reset_state(dev, true);
    if (dev->type->resumed)
        dev->type->resumed(dev);
}

static int cannot_come(struct device *dev, const char *when, struct error **err)
{
    return error_set(err, -ENOTSUP, ERROR_STATE, dev->type->type.name, "plugging", when);
}

static int bus_plug(struct device *dev, struct error **err)
{
    const char *wants = dev->type->bus;
    bool late = dev->machine->phase == PHASE_READY;
    int r = 0;

    if (!dev->bus && type_is(&dev->type->type, "cpu"))
        dev->bus = dev->machine->cpu_bus;
    if (!dev->bus && !wants)
        return late && !dev->type->type.internal ? cannot_come(dev, "before the machine starts", err) : 0;
    if (!dev->bus)
        dev->bus = bus_find(dev->machine, wants, NULL);
    if (!dev->bus)
        return error_set(err, -ENODEV, ERROR_STATE, dev->type->type.name, T("a bus of type %s", wants),
                         "a machine that has one");
    if (late && !(dev->bus->ops->is_hot && dev->bus->ops->is_hot(dev->bus)))
        return cannot_come(dev, T("before the machine starts: bus %s takes none later", dev->bus->name), err);
    if (dev->bus->ops->plug)
        r = dev->bus->ops->plug(dev->bus, dev, err);
    if (!r)
        list_append(&dev->bus->devices, &dev->in_bus);
    return r;
}

int device_realize(struct device *dev, struct object *parent, const char *name, struct error **err)
{
    struct object *unattached = object_container(&dev->machine->obj, "unattached");
    int r;

    if (dev->refused)
        return error_set(err, -EINVAL, dev->refused->kind, dev->refused->object, dev->refused->value,
                         dev->refused->legal);
    if (dev->machine->only_migratable && !dev->type->type.state)
        return error_set(err, -EINVAL, ERROR_STATE, "-only-migratable", dev->type->type.name,
                         "types whose state can be saved");
    r = bus_plug(dev, err);
    if (r < 0)
        return r;

    object_get(&dev->obj);
    if (parent)
        r = object_attach(parent, name, &dev->obj, err);
    else
        object_attach_numbered(unattached, name ? name : "device", &dev->obj);
    if (r < 0) {
        object_put(&dev->obj);
        return r;
    }
    r = dev->type->realize ? dev->type->realize(dev, err) : 0;
    if (r < 0)
        return r;
    dev->realized = true;
    r = device_enter(dev, power_on);
    return !r && dev->bus && dev->bus->ops->complete ? dev->bus->ops->complete(dev->bus, dev, err) : r;
}

void device_map(struct device *dev, unsigned n, struct region *space, uint64_t base, int priority)
{
    map_begin(&dev->machine->map);
    region_add(space, base, &dev->regions[n], priority);
    map_end(&dev->machine->map);
}

static struct device *find_after(const struct machine *m, const struct list_node *node, const struct device_type *type)
{
    while ((node = node->next) != &m->devices) {
        struct device *dev = list_entry(node, struct device, in_machine);

        if (dev->type == type && dev->realized)
            return dev;
    }
    return NULL;
}

struct device *device_find(struct machine *m, const struct device_type *type)
{
    return find_after(m, &m->devices, type);
}

struct device *device_find_next(const struct device *after)
{
    return find_after(after->machine, &after->in_machine, after->type);
}

/* After this nobody finds the device any more. */
static void detach(struct device *dev)
{
    map_begin(&dev->machine->map);
    for (unsigned i = 0; dev->regions[i].name; i++)
        if (dev->regions[i].parent)
            region_remove(&dev->regions[i]);
    map_end(&dev->machine->map);
    machine_forget(dev);
}

void device_free(struct device *dev)
{
    if (!dev)
        return;
    detach(dev);
    assert(!dev->entered);
    if (dev->realized && dev->type->unrealize)
        dev->type->unrealize(dev);
    if (list_linked(&dev->in_bus)) {
        list_remove(&dev->in_bus);
        if (dev->bus->ops->unplug)
            dev->bus->ops->unplug(dev->bus, dev);
    }
    for (unsigned i = 0; dev->regions[i].name; i++)
        region_fini(&dev->regions[i]);
    free(dev->staged);
    error_free(dev->refused);
    list_remove(&dev->in_machine);
    type_props_each(&dev->type->type, prop_fini_one, dev);
    dev->realized = false;
    if (dev->obj.parent)
        object_detach(&dev->obj);
    object_put(&dev->obj);
}
