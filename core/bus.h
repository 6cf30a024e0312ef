/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Buses: where devices plug in
 *
 * A bus has a type that device types name ("ISA", "PCI"), a name that users write (`bus=isa.0`), and
 * an owner.  It gives a device its place before the device is realized.  Home loop.
 */

#include "lib/list.h"

#include <stdbool.h>

struct bus;
struct device;
struct error;
struct machine;

struct bus_ops {
    const char *type;           /* "ISA": what device_type.bus asks for */
    const char *print;          /* as `info qtree` prints it: "PCIE" */
    /* Before realize: checks and fixes the device's place (slot, bus_path).  NULL: nothing to do. */
    int (*plug)(struct bus *bus, struct device *dev, struct error **err);
    void (*unplug)(struct bus *bus, struct device *dev);
    /* Can devices come and go while the machine is ready?  NULL: never. */
    bool (*is_hot)(const struct bus *bus);
    /* After realize: makes what stands behind the device, below it in the tree.  What one that fails has made goes with
     * the device.  NULL: nothing to do. */
    int (*complete)(struct bus *bus, struct device *dev, struct error **err);
    /* The guest is told that dev has come, or is asked to let it go; with is_hot only.  Where a reset grants that, it
     * sets dev->leaves.  -ENOTSUP: the guest cannot be asked; never of one that has come. */
    int (*tell)(struct bus *bus, struct device *dev, bool leaves, struct error **err);
};

struct bus {
    const struct bus_ops *ops;
    char *name;
    struct machine *machine;
    struct device *owner;
    struct list_node devices;   /* by device.in_bus, in order of plugging */
    struct list_node in_machine;
};

/* In place; owner may be NULL.  name is copied. */
void bus_init(struct bus *bus, const struct bus_ops *ops, struct machine *m, struct device *owner, const char *name);
void bus_fini(struct bus *bus);         /* its devices are gone */
/* The first bus of that type, or the named one; NULL: none. */
struct bus *bus_find(struct machine *m, const char *type, const char *name);
