/* SPDX-License-Identifier: Apache-2.0 */
#include "object/type.h"

/* Types (see type.h). */

#include <string.h>

const struct type *type_find(const char *name)
{
    TYPE_FOR_EACH(t)
        if (!strcmp((*t)->name, name))
            return *t;
    return NULL;
}

const struct type *type_parent(const struct type *t)
{
    return t->parent ? type_find(t->parent) : NULL;
}

bool type_is(const struct type *t, const char *name)
{
    for (; t; t = type_parent(t))
        if (!strcmp(t->name, name))
            return true;
    return false;
}

const struct prop *type_prop_find(const struct type *t, const char *name)
{
    const struct prop *p = NULL;

    for (; t && !p; t = type_parent(t))
        p = prop_find(t->props, name);
    return p;
}

void type_props_each(const struct type *t, void (*fn)(const struct prop *p, void *opaque), void *opaque)
{
    if (type_parent(t))
        type_props_each(type_parent(t), fn, opaque);
    for (const struct prop *p = t->props; p && p->name; p++)
        fn(p, opaque);
}
