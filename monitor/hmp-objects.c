/* SPDX-License-Identifier: Apache-2.0 */
#include "monitor/hmp.h"

/*
 * object_add, info iothreads, info memdev: objects that a user makes, for people
 *
 * Each is a QMP command whose arguments are read, or whose reply is printed, as a person wants it.
 */

#include "lib/error.h"
#include "monitor/session.h"
#include "object/user.h"
#include "qapi/option.h"
#include "qapi/qapi-types.h"

#include <stdlib.h>
#include <string.h>

static void line_out(const char *text, void *opaque)
{
    text_out_printf(opaque, "%s\n", text);
}

/* "help" and "TYPE,help"; false: the text is neither. */
static bool help(const char *line, struct text_out *out)
{
    size_t len = strcspn(line, ",");
    struct error *err = NULL;

    if (!strcmp(line, "help") || !strcmp(line, "?")) {
        user_types_help(line_out, out);
        return true;
    }
    if (strcmp(line + len, ",help") && strcmp(line + len, ",?"))
        return false;
    if (user_type_help(T("%.*s", (int)len, line), line_out, out, &err))
        text_out_printf(out, "Error: %s\n", error_line(err).s);
    error_free(err);
    return true;
}

bool hmp_object_add(struct hmp_call *call)
{
    const char *text = hmp_args_text(&call->args, "object");
    struct qapi_fault fault;
    struct json args;

    if (help(text, call->out))
        return true;
    if (qapi_option_parse(text, "qom-type", &args, &fault)) {
        text_out_printf(call->out, "Error: %s\n", fault.desc);
        return true;
    }
    if (!qapi_option_is_json(text))
        qapi_option_convert(&qapi_type_object_options, &args);
    hmp_qmp(call, "object-add", args);
    return false;
}

/* The reply of a query without arguments, which does not wait: *to is the caller's. */
static void take(struct qapi_ctx *ctx, struct json *ret, const struct qapi_fault *fault)
{
    (void)fault;
    if (ret) {
        *(struct json *)ctx->opaque = *ret;
        *ret = json_null();
    }
}

static struct json ask(struct hmp_call *call, const char *query)
{
    const struct qapi_env *env = &call->monitor->cfg.env;
    const struct qapi_command *c = qapi_command_find(env->table, query);
    struct json reply = json_null();

    if (c)
        qapi_start(env, c, NULL, call->session, take, &reply);
    return reply;
}

static const char *word(const struct json *v, const char *key)
{
    const struct json *b = json_get(v, key);

    return b && b->boolean ? "true" : "false";
}

static long long number(const struct json *v, const char *key)
{
    const struct json *n = json_get(v, key);

    return n ? (long long)n->i : 0;
}

/* "0-2,5" */
static void ranges(const struct json *list, struct text_out *out)
{
    for (uint32_t i = 0; list && i < list->num; i++) {
        int64_t first = json_at(list, i)->i, last = first;

        while (i + 1 < list->num && json_at(list, i + 1)->i == last + 1)
            last = json_at(list, ++i)->i;
        text_out_printf(out, "%lld", (long long)first);
        if (last > first)
            text_out_printf(out, "-%lld", (long long)last);
        if (i + 1 < list->num)
            text_out_puts(out, ",");
    }
}

bool hmp_info_memdev(struct hmp_call *call)
{
    struct json list = ask(call, "query-memdev");
    struct text_out *out = call->out;

    for (uint32_t i = 0; list.kind == JSON_ARRAY && i < list.num; i++) {
        const struct json *m = json_at(&list, i);

        text_out_printf(out, "memory backend: %s\n  size:  %lld\n", json_get_string(m, "id"), number(m, "size"));
        text_out_printf(out, "  merge: %s\n  dump: %s\n  prealloc: %s\n", word(m, "merge"), word(m, "dump"),
                        word(m, "prealloc"));
        text_out_printf(out, "  share: %s\n  reserve: %s\n  policy: %s\n  host nodes: ", word(m, "share"),
                        word(m, "reserve"), json_get_string(m, "policy"));
        ranges(json_get(m, "host-nodes"), out);
        text_out_puts(out, "\n");
    }
    text_out_puts(out, "\n");
    json_fini(&list);
    return true;
}

bool hmp_info_iothreads(struct hmp_call *call)
{
    static const char *const shown[] = { "poll-max-ns", "poll-grow", "poll-shrink", "aio-max-batch" };
    struct json list = ask(call, "query-iothreads");

    for (uint32_t i = 0; list.kind == JSON_ARRAY && i < list.num; i++) {
        const struct json *t = json_at(&list, i);

        text_out_printf(call->out, "%s:\n  thread_id=%lld\n", json_get_string(t, "id"), number(t, "thread-id"));
        for (unsigned s = 0; s < sizeof(shown) / sizeof(shown[0]); s++)
            text_out_printf(call->out, "  %s=%lld\n", shown[s], number(t, shown[s]));
    }
    json_fini(&list);
    return true;
}
