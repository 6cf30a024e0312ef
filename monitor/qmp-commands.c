/* SPDX-License-Identifier: Apache-2.0 */
#include "qapi/qapi-commands.h"

/*
 * The commands that are about the monitor itself
 *
 * Every other command's handler is in the folder whose state it touches.
 */

#include "monitor/session.h"
#include "qapi/json-parse.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const struct monitor_config *config(struct qapi_ctx *ctx)
{
    struct monitor_session *s = ctx->session;

    return &s->monitor->cfg;
}

int qmp_qmp_capabilities(struct qapi_ctx *ctx, const struct qapi_qmp_capabilities_arg *arg, struct error **err)
{
    /* oob is the only capability that there is. */
    if (!qmp_session_negotiate(ctx->session, arg->enable.num))
        return qapi_fail(ctx, -EALREADY, QAPI_COMMAND_NOT_FOUND,
                         "Capabilities negotiation is already complete, command ignored");
    return 0;
}

int qmp_query_version(struct qapi_ctx *ctx, struct qapi_version_info *ret, struct error **err)
{
    const struct monitor_config *cfg = config(ctx);

    ret->qemu = (struct qapi_version_triple){ .major = cfg->major, .minor = cfg->minor, .micro = cfg->micro };
    ret->package = strdup(cfg->package);
    return 0;
}

int qmp_query_name(struct qapi_ctx *ctx, struct qapi_name_info *ret, struct error **err)
{
    const char *name = config(ctx)->guest_name;

    ret->name = name ? strdup(name) : NULL;
    return 0;
}

int qmp_query_commands(struct qapi_ctx *ctx, struct qapi_command_info_list *ret, struct error **err)
{
    const struct qapi_commands *table = config(ctx)->env.table;

    ret->items = calloc(table->num, sizeof(*ret->items));
    assert(ret->items);
    for (ret->num = 0; ret->num < table->num; ret->num++)
        ret->items[ret->num].name = strdup(table->commands[ret->num].name);
    return 0;
}

int qmp_query_qmp_schema(struct qapi_ctx *ctx, struct json *ret, struct error **err)
{
    int r = json_parse(config(ctx)->env.table->introspection, ret, NULL);

    assert(!r);                 /* the generator wrote it */
    return r;
}

/* A line of the human monitor whose output becomes the reply. */
struct passthrough {
    struct text_out out;
    GString *text;
    struct hmp_call call;
    struct qapi_ctx *ctx;
    char **ret;
    bool returned;              /* the handler has returned: finish the command */
};

static void passthrough_put(struct text_out *out, const char *text, size_t n)
{
    struct passthrough *p = (struct passthrough *)out;

    for (size_t i = 0; i < n; i++) {
        if (text[i] == '\n')
            g_string_append_c(p->text, '\r');
        g_string_append_c(p->text, text[i]);
    }
}

static void passthrough_done(struct hmp_call *call)
{
    struct passthrough *p = call->opaque;

    *p->ret = g_string_free(p->text, FALSE);
    p->text = NULL;
    if (!p->returned)
        return;
    qapi_finish(p->ctx, 0, NULL);
    free(p);
}

int qmp_human_monitor_command(struct qapi_ctx *ctx, const struct qapi_human_monitor_command_arg *arg, char **ret,
                              struct error **err)
{
    struct monitor_session *session = ctx->session;
    struct passthrough *p;

    if (arg->has_cpu_index && (arg->cpu_index < 0 || arg->cpu_index > INT32_MAX))
        return qapi_fail(ctx, -EINVAL, QAPI_GENERIC_ERROR, "Parameter 'cpu-index' expects a CPU number");
    p = calloc(1, sizeof(*p));
    assert(p);
    *p = (struct passthrough){ .out = { passthrough_put }, .text = g_string_new(NULL), .ctx = ctx, .ret = ret };
    p->call = (struct hmp_call){ .monitor = session->monitor, .session = session, .out = &p->out,
                                 .cpu = arg->has_cpu_index ? arg->cpu_index : -1, .done = passthrough_done,
                                 .opaque = p };
    session->relaying = true;
    hmp_run(&p->call, arg->command_line);
    session->relaying = false;
    if (p->text) {
        p->returned = true;
        return QAPI_LATER;
    }
    free(p);
    return 0;
}
