/* SPDX-License-Identifier: Apache-2.0 */
#include "main/start.h"

/*
 * Devices that -device and -debugcon add
 *
 * driver=, id= and bus= are said here; everything else is a property of the type.  Left out: values
 * in JSON.
 * Invariant: a device that could not be realized is still the machine's, and goes with it.
 */

#include "core/machine.h"
#include "lib/error.h"
#include "lib/log.h"
#include "main/keyval.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct device_type *type_of(const char *driver)
{
    const struct device_type *t = driver ? device_type_find(driver) : NULL;

    return t && !t->type.abstract && !t->type.internal ? t : NULL;
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

        if (wants && !strcmp(bus->ops->type, wants))
            snprintf(legal + strlen(legal), sizeof(legal) - strlen(legal), "%s%s", *legal ? ", " : "", bus->name);
    }
    return error_set(err, -ENOENT, ERROR_UNKNOWN, T("%s.bus", dev->type->type.name), name,
                     *legal ? legal : "nothing, as it plugs into no bus");
}

static int properties_set(struct device *dev, const struct keyval *kv, struct error **err)
{
    int r = 0;

    for (unsigned i = 0; i < kv->n && !r; i++)
        if (!kv->pair[i].used)
            r = device_set(dev, kv->pair[i].key, kv->pair[i].value, err);
    return r;
}

/* Below /machine/peripheral by its id, or below peripheral-anon by number. */
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

static int device_add(struct machine *m, struct keyval *kv, const char *spec, struct error **err)
{
    const char *driver = keyval_take(kv, "driver"), *bus = keyval_take(kv, "bus"), *id;
    const struct device_type *t = type_of(driver);
    struct device *dev;
    int r;

    if (!t)
        return error_set(err, -ENOENT, ERROR_UNKNOWN, "-device", driver ? driver : spec,
                         "a type that -device help lists");
    r = keyval_id(kv, &id, err);
    if (r < 0)
        return r;
    dev = device_new(m, t);
    r = bus_choose(dev, bus, err);
    if (!r)
        r = properties_set(dev, kv, err);
    return r ? r : realize(m, dev, id, err);
}

static bool any_of_type(const struct machine *m, const char *type)
{
    list_for_each(n, &m->devices)
        if (type_is(&list_entry(n, struct device, in_machine)->type->type, type))
            return true;
    return false;
}

void process_globals_warn(const struct process *p)
{
    const struct machine *m = p->machine;

    for (const struct global_prop *g = m->globals; g < m->globals + m->n_globals; g++)
        if (!any_of_type(m, g->type))
            log_warn("-global %s.%s=%s: this machine has no device of that type", g->type, g->prop, g->value);
}

/* What the guest writes to port E9h, which SeaBIOS and others use. */
int process_debugcon(struct process *p, const char *spec, struct error **err)
{
    const char *id;
    int r = process_chardev(p, "-debugcon", spec, "debugcon", &id, err);

    return r || !id ? r : process_device(p, T("isa-debugcon,chardev=%s", id), err);
}

int process_device(struct process *p, const char *spec, struct error **err)
{
    struct keyval kv;
    int r = keyval_parse(&kv, "-device", spec, "driver", err);

    if (r < 0)
        return r;
    r = device_add(p->machine, &kv, spec, err);
    keyval_fini(&kv);
    return r;
}
