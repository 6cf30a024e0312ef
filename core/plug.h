/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Devices that come and go while the machine exists
 *
 * Coming: device_create() makes what a user wishes for; on a machine that is ready, its bus tells the guest.
 * Leaving is asked for by a user and granted by the guest: device_unplug() asks, the bus's controller hears the guest
 * and calls device_eject(), and the home loop takes the device away and tells EVENT_DEVICE_DELETED.  A reset grants
 * what was asked for, where the bus says so.  Home loop, unless a function says otherwise.
 */

#include "core/device.h"

struct json;

/* What a user says of a device.  Borrowed for the call. */
struct device_wish {
    const char *option;                 /* for errors: "-device" */
    const char *driver, *bus, *id;      /* bus, id: NULL if not said */
    const struct json *values;          /* an object: its properties; NULL: none were said */
    bool typed;                         /* values have the kinds of the properties; else a string says anything */
};

bool device_id_legal(const char *id);   /* a letter, then letters, digits and - . _ */
/* Below /machine/peripheral by its id, or below peripheral-anon by number.  A device that fails before the machine is
 * ready is still the machine's, and goes with it; later it is gone at once. */
int device_create(struct machine *m, const struct device_wish *wish, struct error **err);

/* Named by its id, or by its path in the tree; NULL: no such device. */
struct device *device_by_name(struct machine *m, const char *name);
/* -ENOTSUP: it can never leave.  -EBUSY: it was asked already. */
int device_unplug(struct device *dev, struct error **err);
bool device_can_leave(const struct device *dev);        /* any thread */
/* The guest lets it go.  Any thread, inside a device too; it is gone some time later. */
void device_eject(struct device *dev);

/* The machine's part. */
void plug_init(struct machine *m);
void plug_fini(struct machine *m);
void plug_after_reset(struct machine *m);
