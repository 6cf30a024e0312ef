/* SPDX-License-Identifier: Apache-2.0 */
#include "accel/accel.h"

/* Finding and opening an accelerator (see accel.h). */

#include "accel/ops.h"
#include "core/machine.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* Clients look for "tcg-accel" and its like among the types; there are no objects of them. */
static const struct type accel_base = { .name = "accel", .parent = "object", .doc = "an accelerator" };
TYPE(accel_base);

void accel_names(void (*fn)(const char *name, void *opaque), void *opaque)
{
    ACCEL_FOR_EACH(a)
        fn((*a)->name, opaque);
}

static int unknown(const char *name, struct error **err)
{
    char legal[200] = "";

    ACCEL_FOR_EACH(a)
        snprintf(legal + strlen(legal), sizeof(legal) - strlen(legal), "%s%s", *legal ? ", " : "", (*a)->name);
    return error_set(err, -EOPNOTSUPP, ERROR_UNKNOWN, "-accel", name, legal);
}

int accel_open(struct machine *m, const char *name, const char *options, struct error **err)
{
    ACCEL_FOR_EACH(a) {
        int r;

        if (strcmp((*a)->name, name))
            continue;
        r = (*a)->open(m, options, &m->accel, err);
        if (!r)
            m->accel->ops = *a;
        return r;
    }
    return unknown(name, err);
}

const char *accel_preferred(void)
{
    ACCEL_FOR_EACH(a)
        if ((*a)->preferred && (*a)->preferred())
            return (*a)->name;
    return NULL;
}
