/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Types: the names and tables by which things are described
 *
 * A type is a constant.  Types register through a linker section (a pointer in a section whose name
 * is a C identifier), so a library of types is linked whole or its types do not exist; a test
 * counts them.  Richer kinds of type embed struct type first (struct device_type in core/device.h).
 */

#include "object/prop.h"

struct attr;
struct section;

struct type {
    const char *name, *parent;  /* QOM names, as users see them; the root's parent is NULL */
    const char *doc, *category;
    bool abstract;              /* has no instances */
    bool internal;              /* -device refuses it: the machine makes it */
    bool cold;                  /* instances come before the machine starts, and stay */
    uint32_t size;              /* of an instance */
    uint32_t st_off, st_size;   /* of its guest-visible state; st_size == 0: none */
    const struct prop *props;
    /* Calls fn for each attribute of this type, without its parents'; attr.h.  NULL: none.  asked: itself or a type
     * derived from it. */
    void (*attrs)(const struct type *asked, void (*fn)(const struct attr *a, void *opaque), void *opaque);
    const struct section *state;        /* NULL: cannot be migrated, and says so */
};

/* Of .attrs: those of a table that ends in {}. */
#define ATTRS_EACH(table, fn, opaque) \
    for (const struct attr *attr_ = (table); attr_->name; attr_++) \
        (fn)(attr_, opaque)

#define TYPE_OF(T) .size = sizeof(T)
#define TYPE_STATE(T) .st_off = offsetof(T, st), .st_size = sizeof(((T *)0)->st)

/* TYPE(id) for a struct type, TYPE_IN(id, expr) for one that is embedded. */
#define TYPE(t) TYPE_IN(t, t)
#define TYPE_IN(id, t) \
    static const struct type *const id##_entry __attribute__((used, section("rhea_types"))) = &(t)
extern const struct type *const __start_rhea_types[] __attribute__((weak));
extern const struct type *const __stop_rhea_types[] __attribute__((weak));
#define TYPE_FOR_EACH(t) for (const struct type *const *t = __start_rhea_types; t < __stop_rhea_types; t++)

const struct type *type_find(const char *name);                 /* NULL: not known */
bool type_is(const struct type *t, const char *name);           /* itself or an ancestor */
const struct type *type_parent(const struct type *t);           /* NULL: t is the root */
/* The property of this type or of its parents; NULL: none. */
const struct prop *type_prop_find(const struct type *t, const char *name);
/* Calls fn for every property, parents first. */
void type_props_each(const struct type *t, void (*fn)(const struct prop *p, void *opaque), void *opaque);
