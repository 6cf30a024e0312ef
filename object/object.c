/* SPDX-License-Identifier: Apache-2.0 */
#include "object/object.h"

/*
 * Objects (see object.h)
 *
 * Invariant: an object is in its parent's list exactly as long as the parent holds its reference.
 */

#include "object/attr.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void object_init(struct object *o, const struct type *type, void (*free)(struct object *o))
{
    *o = (struct object){ .type = type, .refs = 1, .free = free };
    list_init(&o->children);
    list_init(&o->in_parent);
}

struct object *object_get(struct object *o)
{
    o->refs++;
    return o;
}

void object_put(struct object *o)
{
    if (!o || --o->refs)
        return;
    while (!list_empty(&o->children))
        object_detach(list_entry(o->children.next, struct object, in_parent));
    o->free(o);
}

struct object *object_child(const struct object *o, const char *name)
{
    list_for_each(n, &o->children) {
        struct object *child = list_entry(n, struct object, in_parent);

        if (!strcmp(child->name, name))
            return child;
    }
    return NULL;
}

int object_attach(struct object *parent, const char *name, struct object *child, struct error **err)
{
    if (object_child(parent, name))
        return error_set(err, -EEXIST, ERROR_STATE, "id", name, "a name that is not in use");
    assert(!child->parent);
    child->parent = parent;
    child->name = strdup(name);
    assert(child->name);
    list_append(&parent->children, &child->in_parent);
    return 0;
}

void object_attach_numbered(struct object *parent, const char *name, struct object *child)
{
    unsigned n = 0;
    int r;

    while (object_child(parent, T("%s[%u]", name, n)))
        n++;
    r = object_attach(parent, T("%s[%u]", name, n), child, NULL);
    assert(!r);
}

void object_detach(struct object *o)
{
    list_remove(&o->in_parent);
    free(o->name);
    o->name = NULL;
    o->parent = NULL;
    object_put(o);
}

static const struct type container_type = { .name = "container", .parent = "object", .doc = "holds other objects" };
TYPE(container_type);

static struct json type_name_get(const struct object *o, const struct attr *a)
{
    (void)a;
    return json_string(o->type->name);
}

static void object_attrs(const struct type *asked, void (*fn)(const struct attr *a, void *opaque), void *opaque)
{
    (void)asked;
    fn(&(struct attr){ .name = "type", .type = "string", .get = type_name_get }, opaque);
}

static const struct type object_type = { .name = "object", .doc = "the root of all types", .abstract = true,
                                         .attrs = object_attrs };
TYPE(object_type);

static void container_free(struct object *o)
{
    free(o);
}

struct object *object_root_new(void)
{
    struct object *o = calloc(1, sizeof(*o));

    assert(o);
    object_init(o, &container_type, container_free);
    return o;
}

struct object *object_container(struct object *parent, const char *name)
{
    struct object *o = object_child(parent, name);

    if (!o) {
        o = object_root_new();
        object_attach(parent, name, o, NULL);
    }
    return o;
}

struct object *object_resolve(struct object *root, const char *path)
{
    char name[256];

    while (root && *path) {
        size_t n;

        path += strspn(path, "/");
        n = strcspn(path, "/");
        if (!n)
            break;
        if (n >= sizeof(name))
            return NULL;
        memcpy(name, path, n);
        name[n] = '\0';
        root = object_child(root, name);
        path += n;
    }
    return root;
}

char *object_path(const struct object *o)
{
    char *up, *path;
    int n;

    if (!o->parent)
        return strdup("");
    up = object_path(o->parent);
    n = asprintf(&path, "%s/%s", up, o->name);
    assert(n > 0);
    free(up);
    return path;
}
