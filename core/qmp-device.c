/* SPDX-License-Identifier: Apache-2.0 */
#include "core/qmp.h"

/*
 * device_add and device_del
 *
 * Words of errors that clients compare are the reference's.  Home loop.
 */

#include "core/plug.h"
#include "lib/error.h"
#include "qapi/qapi-commands.h"

#include <errno.h>
#include <glib.h>

/* A property's value as -device would say it; NULL: there is no such way. */
static char *value_text(const struct json *v)
{
    switch (v->kind) {
    case JSON_BOOL:
        return g_strdup(v->boolean ? "on" : "off");
    case JSON_INT:
        return g_strdup_printf("%lld", (long long)v->i);
    case JSON_UINT:
        return g_strdup_printf("%llu", (unsigned long long)v->u);
    case JSON_STRING:
        return g_strdup(v->string);
    default:
        return NULL;
    }
}

int device_create_json(struct machine *m, const struct device_wish *said, const struct json *values, struct error **err)
{
    struct device_wish wish = *said;
    struct device_value *list = g_new0(struct device_value, values->num + 1);
    int r = 0;

    wish.values = list;
    for (; wish.n_values < values->num && !r; wish.n_values++) {
        const char *key = json_key(values, wish.n_values);

        list[wish.n_values] = (struct device_value){ key, value_text(json_at(values, wish.n_values)) };
        if (!list[wish.n_values].value)
            r = error_set(err, -EINVAL, ERROR_SYNTAX, T("%s.%s", wish.driver, key), "a JSON value of another kind",
                          "a string, a number or a boolean");
    }
    if (!r)
        r = device_create(m, &wish, err);
    for (unsigned i = 0; i < wish.n_values; i++)
        g_free((char *)list[i].value);
    g_free(list);
    return r;
}

/* A letter, then letters, digits and - . _ */
static bool id_is_legal(const char *id)
{
    if (!g_ascii_isalpha(*id))
        return false;
    while (g_ascii_isalnum(*id) || (*id && strchr("-._", *id)))
        id++;
    return !*id;
}

int qmp_device_add(struct qapi_ctx *ctx, const struct qapi_device_add_arg *arg, struct error **err)
{
    struct machine *m = ctx->target;
    const struct device_wish wish = { .option = "device_add", .driver = arg->driver, .bus = arg->bus, .id = arg->id };
    const struct device_type *t = device_type_find(arg->driver);

    if (!t)
        return qapi_fail(ctx, -ENOENT, QAPI_GENERIC_ERROR, "'%s' is not a valid device model name", arg->driver);
    if (t->type.abstract)
        return qapi_fail(ctx, -EINVAL, QAPI_GENERIC_ERROR, "Parameter 'driver' expects a non-abstract device type");
    if (t->type.internal || (t->type.cold && m->phase == PHASE_READY))
        return qapi_fail(ctx, -EINVAL, QAPI_GENERIC_ERROR, "Parameter 'driver' expects a pluggable device type");
    if (arg->bus && (!t->bus || !bus_find(m, t->bus, arg->bus)))
        return qapi_fail(ctx, -ENOENT, QAPI_GENERIC_ERROR, "Bus '%s' not found", arg->bus);
    if (arg->id && !id_is_legal(arg->id))
        return qapi_fail(ctx, -EINVAL, QAPI_GENERIC_ERROR, "Parameter 'id' expects an identifier");
    if (arg->id && device_by_name(m, arg->id))
        return qapi_fail(ctx, -EEXIST, QAPI_GENERIC_ERROR, "Duplicate device ID '%s'", arg->id);
    return device_create_json(m, &wish, &ctx->rest, err);
}

int qmp_device_del(struct qapi_ctx *ctx, const struct qapi_device_del_arg *arg, struct error **err)
{
    struct machine *m = ctx->target;
    struct device *dev = device_by_name(m, arg->id);

    if (!dev && *arg->id == '/' && object_resolve(m->root, arg->id))
        return qapi_fail(ctx, -EINVAL, QAPI_GENERIC_ERROR, "%s is not a hotpluggable device", arg->id);
    if (!dev)
        return qapi_fail(ctx, -ENOENT, QAPI_DEVICE_NOT_FOUND, "Device '%s' not found", arg->id);
    if (dev->leaves)
        return qapi_fail(ctx, -EBUSY, QAPI_GENERIC_ERROR, "Device %s is already in the process of unplug", arg->id);
    return device_unplug(dev, err);
}
