/* SPDX-License-Identifier: Apache-2.0 */
#include "object/shown.h"

/*
 * What QOM shows of types and objects (see shown.h)
 *
 * Invariant: a name is listed once; an attribute comes before a property, and a derived type before its parents.
 */

#include "qapi/json-parse.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

struct search { const char *name; struct attr attr; bool found; };

static void match(const struct attr *a, void *opaque)
{
    struct search *s = opaque;

    if (s->found || strcmp(a->name, s->name))
        return;
    s->attr = *a;
    s->found = true;
}

/* The type that has the attribute, t or the nearest parent of it; NULL: none has. */
static const struct type *attr_owner(const struct type *t, struct search *s)
{
    for (const struct type *at = t; at; at = type_parent(at)) {
        if (at->attrs)
            at->attrs(t, match, s);
        if (s->found)
            return at;
    }
    return NULL;
}

struct each {
    const struct type *asked, *at;
    void (*fn)(const struct shown *s, void *opaque);
    void *opaque;
};

static void each_attr(const struct attr *a, void *opaque)
{
    const struct each *e = opaque;
    struct search s = { .name = a->name };

    if (attr_owner(e->asked, &s) == e->at)
        e->fn(&(struct shown){ .name = a->name, .type = a->type, .doc = a->doc, .attr = a }, e->opaque);
}

static void each_prop(const struct prop *p, const struct each *e)
{
    struct search s = { .name = p->name };

    if (!attr_owner(e->asked, &s) && type_prop_find(e->asked, p->name) == p)
        e->fn(&(struct shown){ .name = p->name, .type = prop_type_name(p), .doc = p->doc, .prop = p }, e->opaque);
}

static void each_level(struct each *e, const struct type *at, const char *base)
{
    if (!at || (base && !strcmp(at->name, base)))
        return;
    each_level(e, type_parent(at), base);
    e->at = at;
    if (at->attrs)
        at->attrs(e->asked, each_attr, e);
    for (const struct prop *p = at->props; p && p->name; p++)
        each_prop(p, e);
}

void type_shown_each(const struct type *t, const char *base, void (*fn)(const struct shown *s, void *opaque),
                     void *opaque)
{
    struct each e = { .asked = t, .fn = fn, .opaque = opaque };

    each_level(&e, t, base);
}

struct json shown_default(const struct shown *s)
{
    struct json val = json_null();

    if (s->attr) {
        int r = s->attr->def_json ? json_parse(s->attr->def_json, &val, NULL) : 0;

        assert(!r);
        return val;
    }
    if (s->prop->kind == PROP_STRING)
        return s->prop->def_string ? json_string(s->prop->def_string) : val;
    return s->prop->kind == PROP_SHAPED ? val : prop_json_of(s->prop, prop_default(s->prop, UINT32_MAX));
}

bool object_is_attr(const struct object *o, const char *name)
{
    struct search s = { .name = name };

    return attr_owner(o->type, &s);
}

bool object_value(const struct object *o, const char *name, struct json *val)
{
    const struct prop *p = type_prop_find(o->type, name);
    const struct object *child = object_child(o, name);
    struct search s = { .name = name };

    if (attr_owner(o->type, &s))
        *val = s.attr.get(o, &s.attr);
    else if (p)
        *val = prop_json(p, o);
    else if (child)
        *val = json_string_take(object_path(child));
    else
        return false;
    return true;
}

struct partial { struct object *found; unsigned n; };

static void find_below(struct object *o, const char *path, struct partial *p)
{
    struct object *end = object_resolve(o, path);

    if (end) {
        p->found = end;
        p->n++;
    }
    list_for_each(n, &o->children)
        find_below(list_entry(n, struct object, in_parent), path, p);
}

struct object *object_resolve_partial(struct object *root, const char *path, bool *ambiguous)
{
    struct partial p = { 0 };

    *ambiguous = false;
    if (*path == '/')
        return object_resolve(root, path);
    find_below(root, path, &p);
    *ambiguous = p.n > 1;
    return p.n == 1 ? p.found : NULL;
}

static int by_name(const void *a, const void *b)
{
    return strcmp((*(const struct object *const *)a)->name, (*(const struct object *const *)b)->name);
}

static void print_level(const struct object *o, unsigned indent, void (*line)(void *opaque, const char *text),
                        void *opaque)
{
    const struct object **sorted;
    unsigned n = 0;

    line(opaque, T("%*s/%s (%s)", indent, "", o->name ? o->name : "", o->type->name));
    list_for_each(at, &o->children)
        n++;
    sorted = calloc(n + 1, sizeof(*sorted));
    assert(sorted);
    n = 0;
    list_for_each(at, &o->children)
        sorted[n++] = list_entry(at, struct object, in_parent);
    qsort(sorted, n, sizeof(*sorted), by_name);
    for (unsigned i = 0; i < n; i++)
        print_level(sorted[i], indent + 2, line, opaque);
    free(sorted);
}

void object_print_tree(const struct object *o, void (*line)(void *opaque, const char *text), void *opaque)
{
    print_level(o, 0, line, opaque);
}
