/* SPDX-License-Identifier: Apache-2.0 */
#include "qapi/dispatch.h"

/*
 * From a command's name and JSON arguments to its handler and back (see dispatch.h)
 *
 * Invariant: a ctx lives from qapi_start() to the return of done(), or of qapi_finish() for an orphan.
 */

#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct qapi_command *qapi_command_find(const struct qapi_commands *table, const char *name)
{
    for (size_t i = 0; i < table->num; i++)
        if (!strcmp(table->commands[i].name, name))
            return &table->commands[i];
    return NULL;
}

static void states_print(const struct qapi_type *type, uint32_t states, char *buf, size_t n)
{
    size_t used = 0;

    for (unsigned i = 0; i < type->num_values && used < n; i++)
        if (states >> i & 1)
            used += (size_t)snprintf(buf + used, n - used, "%s%s", used ? ", " : "", type->values[i]);
}

/* Is the command legal now? */
static int check_state(const struct qapi_env *env, const struct qapi_command *c, struct qapi_fault *fault)
{
    char legal[300] = "";

    if (!(c->flags & QAPI_PRECONFIG) && env->in_preconfig && env->in_preconfig(env->target))
        return qapi_fault_set(fault, QAPI_GENERIC_ERROR,
                              "The command '%s' is permitted only after machine initialization has completed", c->name);
    if (!c->states || !env->run_state || c->states >> env->run_state(env->target) & 1)
        return 0;
    states_print(env->table->state_type, c->states, legal, sizeof(legal));
    return qapi_fault_set(fault, QAPI_GENERIC_ERROR, "The command '%s' is not possible in run state '%s', legal: %s",
                          c->name, qapi_enum_name(env->table->state_type, env->run_state(env->target)), legal);
}

static void args_part(const struct qapi_type *t, const struct json *args, struct json *declared, struct json *rest)
{
    *rest = json_object();
    for (uint32_t i = 0; i < args->num; i++) {
        const char *key = json_key(args, i);
        bool known = false;

        for (uint32_t n = 0; n < t->num_members; n++)
            known |= !strcmp(t->members[n].name, key);
        json_set(known ? declared : rest, key, json_dup(json_at(args, i)));
    }
}

static int read_args(struct qapi_ctx *ctx, const struct json *args)
{
    const struct qapi_command *c = ctx->command;

    if (c->arg) {
        struct json none = json_object(), declared = json_object();
        int r;

        ctx->arg = calloc(1, c->arg->size);
        assert(ctx->arg);
        if (!(c->flags & QAPI_OPEN))
            return qapi_read(c->arg, args ? args : &none, ctx->arg, &ctx->fault);
        args_part(c->arg, args ? args : &none, &declared, &ctx->rest);
        r = qapi_read(c->arg, &declared, ctx->arg, &ctx->fault);
        json_fini(&declared);
        return r;
    }
    if (args && args->num)
        return qapi_fault_set(&ctx->fault, QAPI_GENERIC_ERROR, "Parameter '%s' is unexpected", json_key(args, 0));
    return 0;
}

static struct json return_value(struct qapi_ctx *ctx)
{
    struct json value;

    if (ctx->command->flags & QAPI_RAW) {
        value = *(struct json *)ctx->ret;
        *(struct json *)ctx->ret = json_null();
        return value;
    }
    return ctx->command->ret ? qapi_write(ctx->command->ret, ctx->ret) : json_object();
}

static void ctx_free(struct qapi_ctx *ctx)
{
    if (ctx->arg)
        qapi_fini(ctx->command->arg, ctx->arg);
    if (ctx->command->flags & QAPI_RAW)
        json_fini(ctx->ret);
    else if (ctx->ret)
        qapi_fini(ctx->command->ret, ctx->ret);
    json_fini(&ctx->rest);
    free(ctx->arg);
    free(ctx->ret);
    free(ctx);
}

void qapi_finish(struct qapi_ctx *ctx, int code, struct error *err)
{
    if (code < 0 && !ctx->failed)
        qapi_fault_set(&ctx->fault, QAPI_GENERIC_ERROR, "%s", err ? error_line(err).s : strerror(-code));
    error_free(err);
    if (ctx->done && code < 0) {
        ctx->done(ctx, NULL, &ctx->fault);
    } else if (ctx->done) {
        struct json value = return_value(ctx);

        ctx->done(ctx, &value, NULL);
        json_fini(&value);
    }
    ctx_free(ctx);
}

int qapi_fail(struct qapi_ctx *ctx, int code, enum qapi_error_class error_class, const char *fmt, ...)
{
    va_list ap;

    assert(code < 0);
    ctx->failed = true;
    ctx->fault.error_class = error_class;
    va_start(ap, fmt);
    vsnprintf(ctx->fault.desc, sizeof(ctx->fault.desc), fmt, ap);
    va_end(ap);
    return code;
}

int qapi_fd_take(struct qapi_ctx *ctx, const char *name)
{
    return ctx->session && ctx->fd_take ? ctx->fd_take(ctx->session, name) : -ENOENT;
}

void qapi_orphan(struct qapi_ctx *ctx)
{
    ctx->done = NULL;
    ctx->session = NULL;
    ctx->opaque = NULL;
}

struct qapi_ctx *qapi_start(const struct qapi_env *env, const struct qapi_command *command, const struct json *args,
                            void *session, qapi_done_fn *done, void *opaque)
{
    struct qapi_ctx *ctx = calloc(1, sizeof(*ctx));
    struct error *err = NULL;
    size_t ret_size = command->flags & QAPI_RAW ? sizeof(struct json) : command->ret ? command->ret->size : 0;
    int r;

    assert(ctx);
    *ctx = (struct qapi_ctx){ .target = env->target, .sink = env->sink, .session = session, .opaque = opaque,
                              .command = command, .done = done, .fd_take = env->fd_take };
    if (ret_size)
        ctx->ret = calloc(1, ret_size);
    assert(!ret_size || ctx->ret);
    r = check_state(env, command, &ctx->fault);
    if (!r)
        r = read_args(ctx, args);
    if (r)
        ctx->failed = true;
    else
        r = command->call(ctx, ctx->arg, ctx->ret, &err);
    if (r == QAPI_LATER)
        return ctx;
    qapi_finish(ctx, r, err);
    return NULL;
}
