/* SPDX-License-Identifier: Apache-2.0 */
#include "monitor/hmp.h"

/*
 * cpu and info cpus: which CPU a session's lines are about
 *
 * The choice is the session's; a line of human-monitor-command has that of its cpu-index.  A CPU that was chosen and
 * has gone since is not there for the commands that look at it.
 */

#include "monitor/session.h"

static int64_t number(const struct json *object, const char *key)
{
    const struct json *v = json_get(object, key);

    return v && (v->kind == JSON_INT || v->kind == JSON_UINT) ? v->i : -1;
}

static void cpus_print(struct hmp_call *call, const struct json *list)
{
    for (uint32_t i = 0; i < list->num; i++) {
        const struct json *c = json_at(list, i);
        int64_t index = number(c, "cpu-index"), chosen = call->cpu < 0 ? 0 : call->cpu;

        text_out_printf(call->out, "%c CPU #%lld: thread_id=%lld\n", index == chosen ? '*' : ' ', (long long)index,
                        (long long)number(c, "thread-id"));
    }
}

static void choose(struct hmp_call *call, const struct json *list)
{
    int64_t index = hmp_args_number(&call->args, "index", 0);

    for (uint32_t i = 0; i < list->num; i++) {
        if (number(json_at(list, i), "cpu-index") != index)
            continue;
        if (call->chosen)
            *call->chosen = index;
        return;
    }
    text_out_puts(call->out, "invalid CPU index\n");
}

struct question { struct hmp_call *call; void (*use)(struct hmp_call *call, const struct json *list); };

static void answered(struct qapi_ctx *ctx, struct json *ret, const struct qapi_fault *fault)
{
    const struct question *q = ctx->opaque;

    if (fault)
        text_out_printf(q->call->out, "Error: %s\n", fault->desc);
    else
        q->use(q->call, ret);
}

/* The handler is done when it returns. */
static bool ask(struct hmp_call *call, void (*use)(struct hmp_call *call, const struct json *list))
{
    const struct qapi_env *env = &call->monitor->cfg.env;
    struct question q = { call, use };

    qapi_start(env, qapi_command_find(env->table, "query-cpus-fast"), NULL, call->session, answered, &q);
    return true;
}

bool hmp_cpu(struct hmp_call *call)
{
    return ask(call, choose);
}

bool hmp_info_cpus(struct hmp_call *call)
{
    return ask(call, cpus_print);
}
