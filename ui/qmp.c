/* SPDX-License-Identifier: Apache-2.0 */
#include "qapi/qapi-commands.h"

/* QMP commands about displays.  Handlers run on the home loop. */

#include "core/machine.h"
#include "ui/screendump.h"

#include <errno.h>
#include <inttypes.h>

/* Which of the two it was that is not there. */
static int not_found(struct qapi_ctx *ctx, const struct displays *set, const char *device, int64_t head)
{
    if (!console_owned(set, device))
        return qapi_fail(ctx, -ENODEV, QAPI_DEVICE_NOT_FOUND, "Device '%s' not found", device);
    return qapi_fail(ctx, -ENODEV, QAPI_GENERIC_ERROR, "Device %s (head %" PRId64 ") is not bound to a QemuConsole",
                     device, head);
}

int qmp_screendump(struct qapi_ctx *ctx, const struct qapi_screendump_arg *arg, struct error **err)
{
    const struct machine *m = ctx->target;
    int64_t head = arg->has_head ? arg->head : 0;
    const struct surface *s;
    struct console *con;

    if (arg->has_head && !arg->device)
        return qapi_fail(ctx, -EINVAL, QAPI_GENERIC_ERROR, "'head' must be specified together with 'device'");
    if (!m->displays || list_empty(&m->displays->consoles))
        return qapi_fail(ctx, -ENODEV, QAPI_GENERIC_ERROR, "There is no console to take a screendump from");
    con = console_find(m->displays, arg->device, head);
    if (!con)
        return not_found(ctx, m->displays, arg->device, head);
    s = console_look(con);
    if (!s)
        return error_set_host(err, -ENOMEM, "screendump", arg->filename);
    return picture_save(s, arg->format == QAPI_IMAGE_FORMAT_PNG ? PICTURE_PNG : PICTURE_PPM, m->fdsets, arg->filename,
                        err);
}
