/* SPDX-License-Identifier: Apache-2.0 */
#include "core/bus.h"

/* Buses (see bus.h). */

#include "core/machine.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

void bus_init(struct bus *bus, const struct bus_ops *ops, struct machine *m, struct device *owner, const char *name)
{
    *bus = (struct bus){ .ops = ops, .machine = m, .owner = owner, .name = strdup(name) };
    assert(bus->name);
    list_init(&bus->devices);
    list_append(&m->buses, &bus->in_machine);
}

void bus_fini(struct bus *bus)
{
    assert(list_empty(&bus->devices));
    list_remove(&bus->in_machine);
    free(bus->name);
}

struct bus *bus_find(struct machine *m, const char *type, const char *name)
{
    list_for_each(n, &m->buses) {
        struct bus *bus = list_entry(n, struct bus, in_machine);

        if (!strcmp(bus->ops->type, type) && (!name || !strcmp(bus->name, name)))
            return bus;
    }
    return NULL;
}
