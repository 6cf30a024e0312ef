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

int qmp_device_add(struct qapi_ctx *ctx, const struct qapi_device_add_arg *arg, struct error **err)
{
    struct machine *m = ctx->target;
    const struct device_wish wish = { .option = "device_add", .driver = arg->driver, .bus = arg->bus, .id = arg->id,
                                      .values = &ctx->rest };
    const struct device_type *t = device_type_find(arg->driver);

    if (!t)
        return qapi_fail(ctx, -ENOENT, QAPI_GENERIC_ERROR, "'%s' is not a valid device model name", arg->driver);
    if (t->type.abstract)
        return qapi_fail(ctx, -EINVAL, QAPI_GENERIC_ERROR, "Parameter 'driver' expects a non-abstract device type");
    if (t->type.internal || (t->type.cold && m->phase == PHASE_READY))
        return qapi_fail(ctx, -EINVAL, QAPI_GENERIC_ERROR, "Parameter 'driver' expects a pluggable device type");
    if (arg->bus && (!t->bus || !bus_find(m, t->bus, arg->bus)))
        return qapi_fail(ctx, -ENOENT, QAPI_GENERIC_ERROR, "Bus '%s' not found", arg->bus);
    if (arg->id && !device_id_legal(arg->id))
        return qapi_fail(ctx, -EINVAL, QAPI_GENERIC_ERROR, "Parameter 'id' expects an identifier");
    if (arg->id && device_by_name(m, arg->id))
        return qapi_fail(ctx, -EEXIST, QAPI_GENERIC_ERROR, "Duplicate device ID '%s'", arg->id);
    return device_create(m, &wish, err);
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
