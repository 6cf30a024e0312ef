/* SPDX-License-Identifier: Apache-2.0 */
#include "object/user.h"

/*
 * Objects that a user makes (see user.h)
 *
 * Left out: changing properties of an object that stands; objects in JSON inside other options.
 *
 * Invariant: what is in the container is complete, but for the one that is being made.
 */

#include "lib/error.h"
#include "qapi/json.h"

#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ID_CHARACTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._"

const struct user_type *user_type_find(const char *name)
{
    USER_TYPE_FOR_EACH(t)
        if (!strcmp((*t)->type.name, name) || ((*t)->schema_name && !strcmp((*t)->schema_name, name)))
            return *t;
    return NULL;
}

/* The type whose name comes next after `after`; NULL: no more. */
static const struct user_type *type_after(const char *after)
{
    const struct user_type *next = NULL;

    USER_TYPE_FOR_EACH(t)
        if (strcmp((*t)->type.name, after) > 0 && (!next || strcmp((*t)->type.name, next->type.name) < 0))
            next = *t;
    return next;
}

struct legal { char s[400]; };

static void legal_add(struct legal *l, const char *name)
{
    size_t used = strlen(l->s);

    snprintf(l->s + used, sizeof(l->s) - used, "%s%s", used ? ", " : "", name);
}

static int unknown_type(const char *name, struct error **err)
{
    struct legal legal = { "" };

    for (const struct user_type *t = type_after(""); t; t = type_after(t->type.name))
        legal_add(&legal, t->type.name);
    return error_set(err, -ENOENT, ERROR_UNKNOWN, "object qom-type", name, legal.s);
}

void user_types_help(void (*line)(const char *text, void *opaque), void *opaque)
{
    line("List of user creatable objects:", opaque);
    for (const struct user_type *t = type_after(""); t; t = type_after(t->type.name))
        line(T("  %s", t->type.name), opaque);
}

/* Walks the properties in the order of their names. */
struct search { const char *after; const struct prop *next; };

/* As of lines that begin with "NAME=". */
static int order(const char *a, const char *b)
{
    while (*a && *a == *b)
        a++, b++;
    return (*a ? *a : '=') - (*b ? *b : '=');
}

static void consider(const struct prop *p, void *opaque)
{
    struct search *s = opaque;

    if (!p->read_only && order(p->name, s->after) > 0 && (!s->next || order(p->name, s->next->name) < 0))
        s->next = p;
}

static const struct prop *prop_after(const struct user_type *t, const char *after)
{
    struct search s = { after, NULL };

    type_props_each(&t->type, consider, &s);
    return s.next;
}

int user_type_help(const char *type, void (*line)(const char *text, void *opaque), void *opaque, struct error **err)
{
    const struct user_type *t = user_type_find(type);
    const struct prop *p = t ? prop_after(t, "") : NULL;

    if (!t)
        return unknown_type(type, err);
    line(p ? T("%s options:", type) : T("There are no options for %s.", type), opaque);
    for (; p; p = prop_after(t, p->name)) {
        struct text head = text("  %s=<%s>", p->name, prop_type_name(p));

        line(p->doc ? T("%-24s - %s", head.s, p->doc) : head.s, opaque);
    }
    return 0;
}

void user_objects_init(struct user_objects *set, struct loop *loop)
{
    *set = (struct user_objects){ .container = object_root_new(), .loop = loop };
}

void user_objects_fini(struct user_objects *set)
{
    if (!set->container)
        return;
    while (!list_empty(&set->container->children))
        object_detach(list_entry(set->container->children.prev, struct object, in_parent));
    object_put(set->container);
    set->container = NULL;
}

static void props_init_one(const struct prop *p, void *opaque)
{
    const struct prop one[2] = { *p, { 0 } };

    props_init(one, opaque, 702);
}

static void props_fini_one(const struct prop *p, void *opaque)
{
    const struct prop one[2] = { *p, { 0 } };

    props_fini(one, opaque);
}

static void object_free(struct object *obj)
{
    struct user_object *o = (struct user_object *)obj;

    if (o->complete && o->type->release)
        o->type->release(o);
    type_props_each(&o->type->type, props_fini_one, o);
    free(o);
}

static int set_all(struct user_object *o, const struct json *options, struct error **err)
{
    const struct type *t = &o->type->type;
    int r = 0;

    for (uint32_t i = 0; i < options->num && !r; i++) {
        const char *key = json_key(options, i);
        const struct prop *p = type_prop_find(t, key);
        struct legal legal = { "qom-type, id" };

        if (!strcmp(key, "qom-type") || !strcmp(key, "id"))
            continue;
        if (p) {
            r = prop_set_json(p, o, t->name, json_at(options, i), err);
            continue;
        }
        for (p = prop_after(o->type, ""); p; p = prop_after(o->type, p->name))
            legal_add(&legal, p->name);
        r = error_set(err, -ENOENT, ERROR_UNKNOWN, t->name, key, legal.s);
    }
    return r;
}

static int id_check(const struct user_objects *set, const char *id, struct error **err)
{
    if (!id || !isalpha((unsigned char)*id) || id[strspn(id, ID_CHARACTERS)])
        return error_set(err, -EINVAL, ERROR_SYNTAX, "object id", id ? id : "nothing",
                         "letters, digits, '-', '.', '_', of which the first is a letter");
    if (object_child(set->container, id))
        return error_set(err, -EEXIST, ERROR_STATE, "object id", id, "an id that is not in use");
    return 0;
}

int user_object_new(struct user_objects *set, const struct json *options, struct error **err)
{
    const char *type = json_get_string(options, "qom-type"), *id = json_get_string(options, "id");
    const struct user_type *t = type ? user_type_find(type) : NULL;
    struct user_object *o;
    int r;

    if (!t)
        return unknown_type(type ? type : "nothing", err);
    r = id_check(set, id, err);
    if (r)
        return r;
    o = calloc(1, t->type.size);
    assert(o);
    object_init(&o->obj, &t->type, object_free);
    o->type = t;
    o->set = set;
    type_props_each(&t->type, props_init_one, o);
    r = set_all(o, options, err);
    if (r) {
        object_put(&o->obj);
        return r;
    }
    r = object_attach(set->container, id, &o->obj, err);
    assert(!r);
    r = t->complete ? t->complete(o, err) : 0;
    o->complete = !r;
    if (r)
        object_detach(&o->obj);
    return r;
}

int user_object_delete(struct user_objects *set, const char *id, struct error **err)
{
    struct user_object *o = user_object_find(set, id, "object");

    if (!o)
        return error_set(err, -ENOENT, ERROR_UNKNOWN, "object id", id, "the id of an object");
    if (o->holders)
        return error_set(err, -EBUSY, ERROR_STATE, "object id", id, "an object that nobody uses");
    object_detach(&o->obj);
    return 0;
}

struct user_object *user_object_find(const struct user_objects *set, const char *id, const char *type)
{
    struct object *obj = object_child(set->container, id);

    return obj && type_is(obj->type, type) ? (struct user_object *)obj : NULL;
}

const char *user_object_id(const struct user_object *o)
{
    return o->obj.name;
}

struct user_object *user_object_hold(struct user_object *o)
{
    o->holders++;
    object_get(&o->obj);
    return o;
}

void user_object_drop(struct user_object *o)
{
    if (!o)
        return;
    o->holders--;
    object_put(&o->obj);
}
