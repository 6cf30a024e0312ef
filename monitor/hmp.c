/* SPDX-License-Identifier: Apache-2.0 */
#include "monitor/hmp.h"

/*
 * The human monitor: finding and running a line's command, and help
 *
 * A command that is a QMP command runs through the same dispatcher, so that both do the same and wait
 * the same way.
 */

#include "monitor/session.h"

#include <assert.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

static const char *skip_spaces(const char *s)
{
    while (isspace((unsigned char)*s))
        s++;
    return s;
}

/* A format's slash ends a command's name. */
static size_t word_length(const char *s)
{
    size_t n = 0;

    while (s[n] && s[n] != '/' && !isspace((unsigned char)s[n]))
        n++;
    return n;
}

/* Is name[len] one of the names in "cont|c"? */
static bool name_matches(const char *names, const char *name, size_t len)
{
    while (true) {
        size_t n = strcspn(names, "|");

        if (n == len && !memcmp(names, name, len))
            return true;
        if (!names[n])
            return false;
        names += n + 1;
    }
}

static bool in_preconfig(const struct monitor *m)
{
    return m->cfg.env.in_preconfig && m->cfg.env.in_preconfig(m->cfg.env.target);
}

bool hmp_command_usable(const struct monitor *m, const struct hmp_command *c)
{
    if (in_preconfig(m) && !c->preconfig)
        return false;
    if (c->qmp)
        return qapi_command_find(m->cfg.env.table, c->qmp) != NULL;
    return c->run || monitor_info_find(m, c->name);
}

const struct hmp_command *hmp_command_find(const struct monitor *m, const struct hmp_command *table, const char *name,
                                           size_t len)
{
    for (const struct hmp_command *c = table; c->name; c++)
        if (name_matches(c->name, name, len) && hmp_command_usable(m, c))
            return c;
    return NULL;
}

static void help_line(const char *prefix, const struct hmp_command *c, struct text_out *out)
{
    text_out_printf(out, "%s%s %s -- %s\n", prefix, c->name, c->params, c->help);
}

void hmp_info_help(const struct monitor *m, struct text_out *out)
{
    for (const struct hmp_command *c = hmp_info_commands; c->name; c++)
        if (hmp_command_usable(m, c))
            help_line("info ", c, out);
}

void hmp_help(const struct monitor *m, const char *name, struct text_out *out)
{
    const struct hmp_command *c = NULL;
    const char *rest, *prefix = "";
    size_t len;

    if (!name) {
        for (c = hmp_commands; c->name; c++)
            if (hmp_command_usable(m, c))
                help_line("", c, out);
        return;
    }
    len = word_length(name);
    rest = skip_spaces(name + len);
    c = hmp_command_find(m, hmp_commands, name, len);
    if (c && !strcmp(c->name, "info") && *rest) {
        prefix = "info ";
        name = rest;
        len = word_length(name);
        c = hmp_command_find(m, hmp_info_commands, name, len);
    }
    if (!c)
        text_out_printf(out, "unknown command: '%s%.*s'\n", prefix, (int)len, name);
    else if (!strcmp(c->name, "info"))
        hmp_info_help(m, out);
    else
        help_line(prefix, c, out);
}

static void call_end(struct hmp_call *call)
{
    hmp_args_fini(&call->args);
    call->done(call);
}

static void qmp_done(struct qapi_ctx *ctx, struct json *ret, const struct qapi_fault *fault)
{
    struct hmp_call *call = ctx->opaque;

    call->ctx = NULL;
    call->last = !fault && !strcmp(ctx->command->name, "quit");
    if (fault)
        text_out_printf(call->out, "Error: %s\n", fault->desc);
    call_end(call);
}

static struct json qmp_args(const struct hmp_args *args)
{
    struct json object = json_object();

    for (unsigned i = 0; i < args->num; i++) {
        const struct hmp_arg *a = &args->arg[i];
        struct json value = a->letter == '-' || a->letter == 'b' ? json_bool(a->number)
                            : a->text ? json_string(a->text) : json_int(a->number);

        json_set(&object, a->name, value);
    }
    return object;
}

void hmp_qmp(struct hmp_call *call, const char *command, struct json args)
{
    const struct qapi_env *env = &call->monitor->cfg.env;
    const struct qapi_command *qmp = qapi_command_find(env->table, command);
    struct qapi_ctx *ctx = qapi_start(env, qmp, &args, call->session, qmp_done, call);

    json_fini(&args);
    if (ctx)                    /* else done() has been called, and call may be gone */
        call->ctx = ctx;
}

static void run_command(struct hmp_call *call, const struct hmp_command *c)
{
    const struct qapi_env *env = &call->monitor->cfg.env;
    const struct monitor_info *info;

    if (c->qmp) {
        hmp_qmp(call, c->qmp, qmp_args(&call->args));
        return;
    }
    if (c->run) {
        if (c->run(call))
            call_end(call);
        return;
    }
    info = monitor_info_find(call->monitor, c->name);
    info->print(env->target, &call->args, call->cpu, call->out);
    call_end(call);
}

void hmp_orphan(struct hmp_call *call)
{
    if (call->ctx)
        qapi_orphan(call->ctx);
    call->ctx = NULL;
    hmp_args_fini(&call->args);
}

static void line_done(struct hmp_call *call)
{
    *(bool *)call->opaque = true;
}

void monitor_line_run(struct monitor *m, const char *line, struct text_out *out)
{
    bool done = false;
    struct hmp_call call = { .monitor = m, .out = out, .cpu = -1, .done = line_done, .opaque = &done };

    hmp_run(&call, line);
    if (!done)
        hmp_orphan(&call);
}

void hmp_run(struct hmp_call *call, const char *line)
{
    const char *name = skip_spaces(line), *rest;
    size_t len = word_length(name);
    const struct hmp_command *c = hmp_command_find(call->monitor, hmp_commands, name, len);
    bool info = c && !strcmp(c->name, "info");
    const char *prefix = "";

    call->ctx = NULL;
    call->args = (struct hmp_args){ 0 };
    rest = name + len;
    if (info && *skip_spaces(rest)) {
        prefix = "info ";
        name = skip_spaces(rest);
        len = word_length(name);
        c = hmp_command_find(call->monitor, hmp_info_commands, name, len);
        rest = name + len;
    }
    if (!c && len)
        text_out_printf(call->out, "unknown command: '%s%.*s'\n", prefix, (int)len, name);
    if (c && !hmp_args_read(call, c, rest)) {
        text_out_printf(call->out, "Try \"help %s%.*s\" for more information\n", prefix, (int)len, name);
        c = NULL;
    }
    if (c)
        run_command(call, c);
    else
        call_end(call);
}
