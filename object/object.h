/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Objects: instances of types in a tree of names (QOM)
 *
 * The tree belongs to the home loop.  A parent holds a reference on each child; the last reference
 * calls `free`.  Names are unique among siblings.
 */

#include "lib/list.h"
#include "object/type.h"

struct object {
    const struct type *type;
    struct object *parent;      /* NULL: not in the tree, or the root */
    char *name;                 /* in its parent */
    struct list_node in_parent, children;
    unsigned refs;
    void (*free)(struct object *o);     /* frees the memory that the object lives in */
};

/* In place; one reference, the caller's. */
void object_init(struct object *o, const struct type *type, void (*free)(struct object *o));
struct object *object_get(struct object *o);
void object_put(struct object *o);              /* NULL is fine */

/* Moves the caller's reference into the tree. -EEXIST: the name is taken. */
int object_attach(struct object *parent, const char *name, struct object *child_take, struct error **err);
/* The first free name of "device[0]", "device[1]" ... */
void object_attach_numbered(struct object *parent, const char *name, struct object *child_take);
void object_detach(struct object *o);           /* drops the tree's reference */
/* The root of a tree: one reference, the caller's. */
struct object *object_root_new(void);
/* A plain node without properties, such as /machine/peripheral. */
struct object *object_container(struct object *parent, const char *name);

struct object *object_child(const struct object *o, const char *name);
/* An absolute path below root: "/machine/q35/mch"; NULL: nothing there. */
struct object *object_resolve(struct object *root, const char *path);
/* The path from the root; the caller frees it. */
char *object_path(const struct object *o);
