/* SPDX-License-Identifier: Apache-2.0 */
#include "monitor/hmp.h"

/*
 * memsave, dump-guest-memory and "info dump": QMP commands that have other words here
 */

#include "monitor/session.h"

#include <glib.h>
#include <string.h>

bool hmp_memsave(struct hmp_call *call)
{
    struct json args = json_object();

    json_set(&args, "val", json_int(hmp_args_number(&call->args, "val", 0)));
    json_set(&args, "size", json_int(hmp_args_number(&call->args, "size", 0)));
    json_set(&args, "filename", json_string(hmp_args_text(&call->args, "filename")));
    if (call->cpu >= 0)
        json_set(&args, "cpu-index", json_int(call->cpu));
    hmp_qmp(call, "memsave", args);
    return false;
}

/* NULL with *many: more than one format. */
static const char *format_of(const struct hmp_args *args, bool *many)
{
    static const char *const formats[][2] = {
        { "zlib", "kdump-zlib" }, { "lzo", "kdump-lzo" }, { "snappy", "kdump-snappy" }, { "windmp", "win-dmp" },
    };
    const char *format = NULL;

    for (unsigned i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
        if (!hmp_args_has(args, formats[i][0]))
            continue;
        *many = format;
        format = formats[i][1];
        if (*many)
            return NULL;
    }
    return format ? format : "elf";
}

bool hmp_dump(struct hmp_call *call)
{
    const struct hmp_args *a = &call->args;
    struct json args = json_object();
    bool many = false;
    const char *format = format_of(a, &many);
    char *protocol;

    if (many) {
        text_out_puts(call->out, "Error: only one of '-z|-l|-s|-w' can be set\n");
        json_fini(&args);
        return true;
    }
    json_set(&args, "paging", json_bool(hmp_args_has(a, "paging")));
    json_set(&args, "detach", json_bool(hmp_args_has(a, "detach")));
    json_set(&args, "format", json_string(format));
    protocol = g_strconcat("file:", hmp_args_text(a, "filename"), NULL);
    json_set(&args, "protocol", json_string(protocol));
    g_free(protocol);
    if (hmp_args_has(a, "begin"))
        json_set(&args, "begin", json_int(hmp_args_number(a, "begin", 0)));
    if (hmp_args_has(a, "length"))
        json_set(&args, "length", json_int(hmp_args_number(a, "length", 0)));
    hmp_qmp(call, "dump-guest-memory", args);
    return false;
}

static void result_print(struct qapi_ctx *ctx, struct json *ret, const struct qapi_fault *fault)
{
    const char *status = ret ? json_get_string(ret, "status") : NULL;
    const struct json *completed = ret ? json_get(ret, "completed") : NULL;
    const struct json *total = ret ? json_get(ret, "total") : NULL;

    if (!status || !completed || !total) {
        text_out_printf(ctx->opaque, "Error: %s\n", fault ? fault->desc : "no status");
        return;
    }
    text_out_printf(ctx->opaque, "Status: %s\n", status);
    if (!strcmp(status, "active"))
        text_out_printf(ctx->opaque, "Finished: %.2f %%\n", 100.0 * (double)completed->i / (double)total->i);
}

bool hmp_info_dump(struct hmp_call *call)
{
    const struct qapi_env *env = &call->monitor->cfg.env;

    qapi_start(env, qapi_command_find(env->table, "query-dump"), NULL, call->session, result_print, call->out);
    return true;
}
