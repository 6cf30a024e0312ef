/* SPDX-License-Identifier: Apache-2.0 */
#include "qapi/qapi-commands.h"

/*
 * QMP commands about dumps.  Handlers run on the home loop; what they start goes on without it.
 *
 * Left out, and refused: formats but elf and kdump-zlib.
 */

#include "core/machine.h"
#include "dump/kdump.h"
#include "dump/state.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static const enum qapi_dump_guest_memory_format formats[] = {
    QAPI_DUMP_GUEST_MEMORY_FORMAT_ELF, QAPI_DUMP_GUEST_MEMORY_FORMAT_KDUMP_ZLIB,
};

/* How many of them this program can write. */
static unsigned n_formats(void)
{
    return kdump_available() ? 2 : 1;
}

static struct dump *dump_of(const struct qapi_ctx *ctx)
{
    return ((struct machine *)ctx->target)->dump;
}

int qmp_pmemsave(struct qapi_ctx *ctx, const struct qapi_pmemsave_arg *arg, struct error **err)
{
    struct save_options o = { .addr = arg->val, .bytes = arg->size, .path = arg->filename };

    return save_start(dump_of(ctx), &o, ctx, err);
}

int qmp_memsave(struct qapi_ctx *ctx, const struct qapi_memsave_arg *arg, struct error **err)
{
    struct machine *m = ctx->target;
    int64_t index = arg->has_cpu_index ? arg->cpu_index : 0;
    struct save_options o = { .addr = arg->val, .bytes = arg->size, .path = arg->filename };

    o.cpu = vcpu_by_index(m, index);
    if (!o.cpu)
        return qapi_fail(ctx, -EINVAL, QAPI_GENERIC_ERROR, "Parameter 'cpu-index' expects a CPU number");
    return save_start(dump_of(ctx), &o, ctx, err);
}

static bool is_kdump(enum qapi_dump_guest_memory_format f)
{
    return f == QAPI_DUMP_GUEST_MEMORY_FORMAT_KDUMP_ZLIB || f == QAPI_DUMP_GUEST_MEMORY_FORMAT_KDUMP_LZO ||
           f == QAPI_DUMP_GUEST_MEMORY_FORMAT_KDUMP_SNAPPY;
}

static int check_format(struct qapi_ctx *ctx, const struct qapi_dump_guest_memory_arg *arg)
{
    if (!arg->has_format)
        return 0;
    if (is_kdump(arg->format) && (arg->paging || arg->has_begin || arg->has_length))
        return qapi_fail(ctx, -EINVAL, QAPI_GENERIC_ERROR,
                         "kdump-compressed format doesn't support paging or filter");
    for (unsigned i = 0; i < n_formats(); i++)
        if (formats[i] == arg->format)
            return 0;
    return qapi_fail(ctx, -ENOTSUP, QAPI_GENERIC_ERROR, "%s is not available now",
                     qapi_enum_name(&qapi_type_dump_guest_memory_format, arg->format));
}

static int check_cut(struct qapi_ctx *ctx, const struct qapi_dump_guest_memory_arg *arg)
{
    if (arg->has_begin != arg->has_length)
        return qapi_fail(ctx, -EINVAL, QAPI_GENERIC_ERROR, "Parameter '%s' is missing",
                         arg->has_begin ? "length" : "begin");
    if (arg->has_begin && arg->begin < 0)
        return qapi_fail(ctx, -EINVAL, QAPI_GENERIC_ERROR, "Invalid parameter 'begin'");
    if (arg->has_begin && arg->length <= 0)
        return qapi_fail(ctx, -EINVAL, QAPI_GENERIC_ERROR, "Invalid parameter 'length'");
    return 0;
}

/* Last of all, since it takes a descriptor's name away. */
static int read_protocol(struct qapi_ctx *ctx, const char *protocol, struct core_options *o)
{
    if (!strncmp(protocol, "fd:", 3)) {
        o->fd = qapi_fd_take(ctx, protocol + 3);
        if (o->fd < 0)
            return qapi_fail(ctx, -EBADF, QAPI_GENERIC_ERROR, "File descriptor named '%s' has not been found",
                             protocol + 3);
        return 0;
    }
    if (strncmp(protocol, "file:", 5))
        return qapi_fail(ctx, -EINVAL, QAPI_GENERIC_ERROR, "Invalid parameter 'protocol'");
    o->path = protocol + 5;
    return 0;
}

int qmp_dump_guest_memory(struct qapi_ctx *ctx, const struct qapi_dump_guest_memory_arg *arg, struct error **err)
{
    struct core_options o = { .paging = arg->paging, .detach = arg->has_detach && arg->detach, .cut = arg->has_begin,
                              .begin = arg->begin, .length = arg->length,
                              .kdump = arg->has_format && is_kdump(arg->format) };
    const struct machine *m = ctx->target;
    int r;

    if (m->run_state == RUN_INMIGRATE)
        return qapi_fail(ctx, -EINVAL, QAPI_GENERIC_ERROR, "Dump not allowed during incoming migration.");
    if (m->busy)
        return qapi_fail(ctx, -EBUSY, QAPI_GENERIC_ERROR, "%s", m->busy);
    r = check_format(ctx, arg);
    if (!r)
        r = check_cut(ctx, arg);
    if (!r)
        r = read_protocol(ctx, arg->protocol, &o);
    return r ? r : core_dump_start(m->dump, &o, ctx, err);
}

int qmp_query_dump(struct qapi_ctx *ctx, struct qapi_dump_query_result *ret, struct error **err)
{
    dump_result(dump_of(ctx), ret);
    return 0;
}

int qmp_query_dump_guest_memory_capability(struct qapi_ctx *ctx, struct qapi_dump_guest_memory_capability *ret,
                                           struct error **err)
{
    ret->formats.num = n_formats();
    ret->formats.items = malloc(sizeof(formats));
    if (!ret->formats.items)
        return error_set_host(err, -ENOMEM, "query-dump-guest-memory-capability", "reply");
    memcpy(ret->formats.items, formats, sizeof(formats));
    return 0;
}
