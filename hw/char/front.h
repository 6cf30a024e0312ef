/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The chardev behind a device's `chardev` property
 */

#include "chardev/char.h"
#include "core/machine.h"

#include <errno.h>

/* Attaches f to the chardev named `id` (NULL: none, which is fine).  owner names the device in errors.
 * -ENOENT: there is no such chardev; -EBUSY: somebody has it. */
static inline int front_attach(struct machine *m, const char *owner, const char *id, struct char_front *f,
                               struct error **err)
{
    struct chardev *chr = id && m->chardevs ? chardev_find(m->chardevs, id) : NULL;

    if (!id)
        return 0;
    if (!chr)
        return error_set(err, -ENOENT, ERROR_UNKNOWN, T("%s.chardev", owner), id, "the id of a -chardev");
    return chardev_attach(chr, f, err);
}
