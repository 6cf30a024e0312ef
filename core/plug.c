/* SPDX-License-Identifier: Apache-2.0 */
#include "core/plug.h"

/*
 * Devices that come and go (contract in plug.h)
 *
 * Invariant: a device leaves while no vCPU runs, so nobody is inside it or on the way to it.
 */

#include "core/machine.h"
#include "lib/error.h"
#include "qapi/json.h"

#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

static bool bus_is_hot(const struct bus *bus)
{
    return bus && bus->ops->is_hot && bus->ops->is_hot(bus);
}

bool device_can_leave(const struct device *dev)
{
    return bus_is_hot(dev->bus) && !dev->type->type.internal && !dev->type->type.cold;
}

static const struct device_type *type_choose(const struct machine *m, const struct device_wish *w, struct error **err)
{
    const struct device_type *t = w->driver ? device_type_find(w->driver) : NULL;

    if (!t || t->type.abstract || t->type.internal)
        error_set(err, -ENOENT, ERROR_UNKNOWN, w->option, w->driver ? w->driver : "no driver",
                  "a type that -device help lists");
    else if (type_is(&t->type, "cpu") && !m->cpu_bus)
        error_set(err, -ENOTSUP, ERROR_STATE, w->option, w->driver, "a machine that has places for CPUs");
    else if (t->type.cold && m->phase == PHASE_READY)
        error_set(err, -ENOTSUP, ERROR_STATE, w->option, w->driver, "a type that can come while the machine runs");
    else
        return t;
    return NULL;
}

/* The bus that the user named has to be one that the type plugs into. */
static int bus_choose(struct device *dev, const char *name, struct error **err)
{
    const char *wants = dev->type->bus;
    char legal[200] = "";

    if (!name)
        return 0;
    dev->bus = wants ? bus_find(dev->machine, wants, name) : NULL;
    if (dev->bus)
        return 0;
    list_for_each(n, &dev->machine->buses) {
        const struct bus *bus = list_entry(n, struct bus, in_machine);
        size_t len = strlen(legal);

        if (wants && !strcmp(bus->ops->type, wants))
            snprintf(legal + len, sizeof(legal) - len, "%s%s", *legal ? ", " : "", bus->name);
    }
    return error_set(err, -ENOENT, ERROR_UNKNOWN, T("%s.bus", dev->type->type.name), name,
                     *legal ? legal : "nothing, as it plugs into no bus");
}

bool device_id_legal(const char *id)
{
    if (!isalpha((unsigned char)*id))
        return false;
    while (isalnum((unsigned char)*id) || (*id && strchr("-._", *id)))
        id++;
    return !*id;
}

static int id_check(struct machine *m, const struct device_wish *w, struct error **err)
{
    if (w->id && !device_id_legal(w->id))
        return error_set(err, -EINVAL, ERROR_SYNTAX, T("%s id", w->option), w->id,
                         "letters, digits, '-', '.', '_', of which the first is a letter");
    if (!w->id || !object_child(object_container(&m->obj, "peripheral"), w->id))
        return 0;
    return error_set(err, -EEXIST, ERROR_STATE, T("%s id", w->option), w->id, "an id that no other device has");
}

static int realize(struct machine *m, struct device *dev, const char *id, struct error **err)
{
    struct object *anon = object_container(&m->obj, "peripheral-anon");
    unsigned n = 0;

    if (id) {
        dev->id = strdup(id);
        assert(dev->id);
        return device_realize(dev, object_container(&m->obj, "peripheral"), id, err);
    }
    while (object_child(anon, T("device[%u]", n)))
        n++;
    return device_realize(dev, anon, T("device[%u]", n), err);
}

static int value_set(struct device *dev, const char *name, const struct json *value, bool typed, struct error **err)
{
    const struct type *t = &dev->type->type;
    const struct prop *p = type_prop_find(t, name);

    if (!p)
        return device_set(dev, name, "", err);          /* which says so */
    return typed ? prop_set_typed(p, dev, t->name, value, err) : prop_set_json(p, dev, t->name, value, err);
}

static int values_set(struct device *dev, const struct device_wish *w, struct error **err)
{
    int r = 0;

    for (uint32_t i = 0; w->values && i < w->values->num && !r; i++)
        r = value_set(dev, json_key(w->values, i), json_at(w->values, i), w->typed, err);
    return r;
}

/* What stands below it in the tree goes first.  told: clients hear of it. */
static void take_away(struct device *dev, bool told)
{
    struct machine *m = dev->machine;

    list_for_each_safe(n, &dev->obj.children) {
        struct object *below = list_entry(n, struct object, in_parent);

        if (type_is(below->type, "device"))
            take_away((struct device *)below, told);
    }
    m->leaving = dev;
    if (told)
        machine_notify(m, EVENT_DEVICE_DELETED, CAUSE_NONE);
    m->leaving = NULL;
    device_free(dev);
}

int device_create(struct machine *m, const struct device_wish *w, struct error **err)
{
    const struct device_type *t = type_choose(m, w, err);
    bool ready = m->phase == PHASE_READY, held;
    struct device *dev;
    int r = t ? id_check(m, w, err) : -ENOENT;

    if (r < 0)
        return r;
    held = vcpu_hold_all(m);
    dev = device_new(m, t);
    r = bus_choose(dev, w->bus, err);
    if (!r)
        r = values_set(dev, w, err);
    if (!r)
        r = realize(m, dev, w->id, err);
    if (!r && ready)
        dev->bus->ops->tell(dev->bus, dev, false, NULL);
    else if (r < 0 && ready)
        take_away(dev, false);
    vcpu_release_all(m, held);
    return r;
}

struct device *device_by_name(struct machine *m, const char *name)
{
    struct object *o = *name == '/' ? object_resolve(m->root, name)
                                    : object_child(object_container(&m->obj, "peripheral"), name);

    return o && type_is(o->type, "device") ? (struct device *)o : NULL;
}

int device_unplug(struct device *dev, struct error **err)
{
    const char *name = dev->id ? dev->id : dev->type->type.name;

    if (dev->bus && !bus_is_hot(dev->bus))
        return error_set(err, -ENOTSUP, ERROR_STATE, name, "unplugging",
                         T("a bus that takes devices while the machine runs, not %s", dev->bus->name));
    if (!device_can_leave(dev))
        return error_set(err, -ENOTSUP, ERROR_STATE, name, "unplugging", "a device that can leave");
    if (dev->leaves || dev->ejected)
        return error_set(err, -EBUSY, ERROR_STATE, name, "unplugging", "once; the guest was asked already");
    return dev->bus->ops->tell(dev->bus, dev, true, err);
}

void device_eject(struct device *dev)
{
    dev->ejected = true;
    loop_post(dev->machine->loop, &dev->machine->eject_post);
}

/* No vCPU runs.  False: there is none; one may take others with it, so the list is walked anew. */
static bool take_ejected(struct machine *m)
{
    list_for_each(n, &m->devices) {
        struct device *dev = list_entry(n, struct device, in_machine);

        if (dev->ejected) {
            take_away(dev, true);
            return true;
        }
    }
    return false;
}

static void ejected_run(struct post *p)
{
    struct machine *m = (struct machine *)((char *)p - offsetof(struct machine, eject_post));
    bool held = vcpu_hold_all(m);

    while (take_ejected(m))
        ;
    vcpu_release_all(m, held);
}

void plug_after_reset(struct machine *m)
{
    list_for_each(n, &m->devices) {
        struct device *dev = list_entry(n, struct device, in_machine);

        if (dev->leaves)
            dev->ejected = true;
    }
    while (take_ejected(m))
        ;
}

void plug_init(struct machine *m)
{
    m->eject_post.fn = ejected_run;
}

void plug_fini(struct machine *m)
{
    loop_post_cancel(m->loop, &m->eject_post);
}
