/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What QOM shows of types and objects: properties, attributes and children, all by name
 *
 * Home loop.  Everything is borrowed for the time of a call; values are the caller's.
 */

#include "object/attr.h"
#include "object/object.h"

/* One line: a property or an attribute. */
struct shown {
    const char *name, *type, *doc;
    const struct prop *prop;            /* NULL: an attribute */
    const struct attr *attr;            /* NULL: a property */
};

/* Calls fn for each property and attribute of a type, parents first; those of the type named `base` and above are left
 * out.  NULL: none are. */
void type_shown_each(const struct type *t, const char *base, void (*fn)(const struct shown *s, void *opaque),
                     void *opaque);
/* What a new object of the newest machine has; null: nothing is listed. */
struct json shown_default(const struct shown *s);

/* The value of a property or an attribute, or the path of a child.  False: there is none of that name. */
bool object_value(const struct object *o, const char *name, struct json *val);
/* Is it one that has no property behind it? */
bool object_is_attr(const struct object *o, const char *name);

/* A path as clients write it: from the root, or a part of one that only one object has at its end. */
struct object *object_resolve_partial(struct object *root, const char *path, bool *ambiguous);
/* A line for o and each object below it, indented, by name. */
void object_print_tree(const struct object *o, void (*line)(void *opaque, const char *text), void *opaque);
