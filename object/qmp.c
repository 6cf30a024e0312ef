/* SPDX-License-Identifier: Apache-2.0 */

/*
 * QMP commands about objects and types
 *
 * A command's target begins with an object, whose tree it is.  Handlers run on the home loop.  Texts of errors are the
 * reference's, but for values out of a property's range, where they are ours.
 */

#include "object/shown.h"
#include "qapi/qapi-commands.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static struct object *tree(const struct qapi_ctx *ctx)
{
    struct object *o = ctx->target;

    while (o->parent)
        o = o->parent;
    return o;
}

static int object_find(struct qapi_ctx *ctx, const char *path, struct object **o)
{
    bool ambiguous;

    *o = object_resolve_partial(tree(ctx), path, &ambiguous);
    if (ambiguous)
        return qapi_fail(ctx, -EINVAL, QAPI_GENERIC_ERROR, "Path '%s' is ambiguous", path);
    return *o ? 0 : qapi_fail(ctx, -ENODEV, QAPI_DEVICE_NOT_FOUND, "Device '%s' not found", path);
}

static struct qapi_object_property_info *list_add(struct qapi_object_property_info_list *list, const char *name,
                                                  const char *type)
{
    struct qapi_object_property_info *info;

    list->items = realloc(list->items, (list->num + 1) * sizeof(*list->items));
    assert(list->items);
    info = &list->items[list->num++];
    *info = (struct qapi_object_property_info){ .name = strdup(name), .type = strdup(type) };
    return info;
}

static void add_name(const struct shown *s, void *opaque)
{
    list_add(opaque, s->name, s->type);
}

static void add_described(const struct shown *s, void *opaque)
{
    struct qapi_object_property_info *info = list_add(opaque, s->name, s->type);

    info->description = s->doc ? strdup(s->doc) : NULL;
    info->default_value = shown_default(s);
    info->has_default_value = info->default_value.kind != JSON_NULL;
}

int qmp_qom_list(struct qapi_ctx *ctx, const struct qapi_qom_list_arg *arg, struct qapi_object_property_info_list *ret,
                 struct error **err)
{
    struct object *o;
    int r = object_find(ctx, arg->path, &o);

    (void)err;
    if (r < 0)
        return r;
    type_shown_each(o->type, NULL, add_name, ret);
    list_for_each(n, &o->children) {
        const struct object *child = list_entry(n, struct object, in_parent);

        list_add(ret, child->name, T("child<%s>", child->type->name));
    }
    return 0;
}

static int no_property(struct qapi_ctx *ctx, const struct object *o, const char *name)
{
    return qapi_fail(ctx, -ENOENT, QAPI_GENERIC_ERROR, "Property '%s.%s' not found", o->type->name, name);
}

int qmp_qom_get(struct qapi_ctx *ctx, const struct qapi_qom_get_arg *arg, struct json *ret, struct error **err)
{
    struct object *o;
    int r = object_find(ctx, arg->path, &o);

    (void)err;
    if (r < 0)
        return r;
    return object_value(o, arg->property, ret) ? 0 : no_property(ctx, o, arg->property);
}

/* The value as a person would have written it; false: it is of another kind.  Numbers may come as what they are. */
static bool value_text(const struct prop *p, const struct json *val, struct text *text_out)
{
    switch (p->kind) {
    case PROP_BOOL:
        *text_out = text("%s", val->boolean ? "on" : "off");
        return val->kind == JSON_BOOL;
    case PROP_STRING:
    case PROP_ENUM:
        return val->kind == JSON_STRING;
    default:
        *text_out = val->kind == JSON_UINT ? text("%" PRIu64, val->u) : text("%" PRId64, val->i);
        return val->kind == JSON_INT || val->kind == JSON_UINT;
    }
}

static const char *kind_name(const struct prop *p)
{
    return p->kind == PROP_BOOL ? "boolean" : p->kind == PROP_STRING || p->kind == PROP_ENUM ? "string" : "integer";
}

/* What stands in the tree is complete: a property that has no setter is what it was made with. */
static int refuse_set(struct qapi_ctx *ctx, const struct object *o, const char *name)
{
    bool named = o->parent && o->parent->name && !strcmp(o->parent->name, "peripheral");

    if (!type_is(o->type, "device"))
        return qapi_fail(ctx, -EPERM, QAPI_GENERIC_ERROR, "Property '%s.%s' is not writable", o->type->name, name);
    if (!named)
        return qapi_fail(ctx, -EBUSY, QAPI_GENERIC_ERROR, "Attempt to set property '%s' on anonymous device "
                         "(type '%s') after it was realized", name, o->type->name);
    return qapi_fail(ctx, -EBUSY, QAPI_GENERIC_ERROR, "Attempt to set property '%s' on device '%s' (type '%s') after "
                     "it was realized", name, o->name, o->type->name);
}

static int prop_change(struct qapi_ctx *ctx, struct object *o, const struct prop *p, const struct json *value,
                       struct error **err)
{
    struct text written = { "" };
    uint64_t val = 0;
    int r;

    if (!p->set)
        return refuse_set(ctx, o, p->name);
    if (!value_text(p, value, &written))
        return qapi_fail(ctx, -EINVAL, QAPI_GENERIC_ERROR, "Invalid parameter type for '%s', expected: %s", p->name,
                         kind_name(p));
    r = prop_check(p, o->type->name, value->kind == JSON_STRING ? value->string : written.s, &val, err);
    return r < 0 ? r : p->set(o, val, err);
}

int qmp_qom_set(struct qapi_ctx *ctx, const struct qapi_qom_set_arg *arg, struct error **err)
{
    const struct prop *p;
    struct object *o;
    int r = object_find(ctx, arg->path, &o);

    if (r < 0)
        return r;
    p = type_prop_find(o->type, arg->property);
    if (p)
        return prop_change(ctx, o, p, &arg->value, err);
    if (!object_is_attr(o, arg->property) && !object_child(o, arg->property))
        return no_property(ctx, o, arg->property);
    return qapi_fail(ctx, -EPERM, QAPI_GENERIC_ERROR, "Property '%s.%s' is not writable", o->type->name,
                     arg->property);
}

static void type_add(struct qapi_object_type_info_list *list, const struct type *t)
{
    list->items = realloc(list->items, (list->num + 1) * sizeof(*list->items));
    assert(list->items);
    list->items[list->num++] = (struct qapi_object_type_info){
        .name = strdup(t->name), .parent = t->parent ? strdup(t->parent) : NULL,
        .has_abstract = t->abstract, .abstract = t->abstract,
    };
}

int qmp_qom_list_types(struct qapi_ctx *ctx, const struct qapi_qom_list_types_arg *arg,
                       struct qapi_object_type_info_list *ret, struct error **err)
{
    (void)ctx;
    (void)err;
    TYPE_FOR_EACH(t)
        if ((!(*t)->abstract || arg->abstract) && (!arg->implements || type_is(*t, arg->implements)))
            type_add(ret, *t);
    return 0;
}

int qmp_qom_list_properties(struct qapi_ctx *ctx, const struct qapi_qom_list_properties_arg *arg,
                            struct qapi_object_property_info_list *ret, struct error **err)
{
    const struct type *t = type_find(arg->typename);

    (void)err;
    if (!t)
        return qapi_fail(ctx, -ENOENT, QAPI_DEVICE_NOT_FOUND, "Class '%s' not found", arg->typename);
    type_shown_each(t, NULL, add_described, ret);
    return 0;
}

int qmp_device_list_properties(struct qapi_ctx *ctx, const struct qapi_device_list_properties_arg *arg,
                               struct qapi_object_property_info_list *ret, struct error **err)
{
    const struct type *t = type_find(arg->typename);

    (void)err;
    if (!t)
        return qapi_fail(ctx, -ENOENT, QAPI_DEVICE_NOT_FOUND, "Device '%s' not found", arg->typename);
    if (t->abstract || !type_is(t, "device"))
        return qapi_fail(ctx, -EINVAL, QAPI_GENERIC_ERROR, "Parameter 'typename' expects a non-abstract device type");
    type_shown_each(t, "device", add_described, ret);
    return 0;
}
