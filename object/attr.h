/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Attributes: what an object shows beside the properties that a user chose
 *
 * QOM lists both alike.  An attribute is computed when somebody asks, and nobody writes it.  One with the name of a
 * property stands for it where the value is shown: a PCI function's "addr" is text to a user and a number to QOM.
 * Home loop.
 */

#include "qapi/json.h"

struct object;

struct attr {
    const char *name, *type;    /* type: as qom-list says it */
    const char *doc;            /* NULL: none is listed */
    const char *def_json;       /* of a new object, as device-list-properties shows it; NULL: it shows none */
    struct json (*get)(const struct object *o, const struct attr *a);
    uint64_t arg;               /* get's own */
};
