/* SPDX-License-Identifier: Apache-2.0 */
#include "monitor/hmp.h"

/*
 * The human monitor's qom-list, qom-get and qom-set: QMP's, with words for people
 *
 * What QMP takes as JSON, a person writes plainly: what kind of value it is, the present one says.
 */

#include "monitor/session.h"
#include "qapi/json-parse.h"

#include <errno.h>
#include <string.h>

/* Runs a command whose handler is done when it returns; ret: null after a fault, which has been told. */
struct answer { struct text_out *out; struct json ret; bool ok; };

static void answered(struct qapi_ctx *ctx, struct json *ret, const struct qapi_fault *fault)
{
    struct answer *a = ctx->opaque;

    a->ok = !fault;
    if (fault) {
        text_out_printf(a->out, "Error: %s\n", fault->desc);
        return;
    }
    a->ret = *ret;
    *ret = json_null();
}

static bool ask(struct hmp_call *call, const char *command, const char *property, const struct json *value,
                struct json *ret)
{
    const struct qapi_env *env = &call->monitor->cfg.env;
    struct json args = json_object();
    struct answer a = { .out = call->out };

    json_set(&args, "path", json_string(hmp_args_text(&call->args, "path")));
    if (property)
        json_set(&args, "property", json_string(property));
    if (value)
        json_set(&args, "value", json_dup(value));
    qapi_start(env, qapi_command_find(env->table, command), &args, call->session, answered, &a);
    json_fini(&args);
    *ret = a.ret;
    return a.ok;
}

bool hmp_qom_list(struct hmp_call *call)
{
    struct json ret;

    if (!hmp_args_text(&call->args, "path")) {
        text_out_puts(call->out, "/\n");
        return true;
    }
    if (ask(call, "qom-list", NULL, NULL, &ret))
        for (uint32_t i = 0; i < ret.num; i++) {
            const struct json *p = json_at(&ret, i);

            text_out_printf(call->out, "%s (%s)\n", json_get_string(p, "name"), json_get_string(p, "type"));
        }
    json_fini(&ret);
    return true;
}

bool hmp_qom_get(struct hmp_call *call)
{
    struct json ret;

    if (ask(call, "qom-get", hmp_args_text(&call->args, "property"), NULL, &ret)) {
        GString *text = g_string_new("");

        json_print(&ret, JSON_PRETTY, text);
        for (char *line = text->str, *end; line; line = end) {          /* text_out makes CR LF of LF */
            end = strstr(line, "\r\n");
            if (end) {
                *end = '\0';
                end += 2;
            }
            text_out_line(call->out, line);
        }
        g_string_free(text, true);
    }
    json_fini(&ret);
    return true;
}

static bool on_or_off(const char *text, struct json *value)
{
    bool on = !strcmp(text, "on") || !strcmp(text, "yes") || !strcmp(text, "true") || !strcmp(text, "y");

    *value = json_bool(on);
    return on || !strcmp(text, "off") || !strcmp(text, "no") || !strcmp(text, "false") || !strcmp(text, "n");
}

/* The text as a value of the kind of `now`. */
static bool value_read(const struct hmp_call *call, const char *text, const struct json *now, struct json *value)
{
    const char *property = hmp_args_text(&call->args, "property");

    if (now->kind == JSON_BOOL) {
        if (on_or_off(text, value))
            return true;
        text_out_printf(call->out, "Error: Parameter '%s' expects 'on' or 'off'\n", property);
        return false;
    }
    if (now->kind == JSON_STRING) {
        *value = json_string(text);
        return true;
    }
    if (!json_parse(text, value, NULL))
        return true;
    text_out_printf(call->out, "Error: Parameter '%s' expects a number\n", property);
    return false;
}

bool hmp_qom_set(struct hmp_call *call)
{
    const char *property = hmp_args_text(&call->args, "property"), *text = hmp_args_text(&call->args, "value");
    struct json now = json_null(), value = json_null(), ret = json_null();
    struct json_fault fault;
    bool ok;

    if (hmp_args_has(&call->args, "json")) {
        ok = !json_parse(text, &value, &fault);
        if (!ok)
            text_out_printf(call->out, "Error: %s\n", fault.text);
    } else {
        ok = ask(call, "qom-get", property, NULL, &now) && value_read(call, text, &now, &value);
    }
    if (ok)
        ask(call, "qom-set", property, &value, &ret);
    json_fini(&now);
    json_fini(&value);
    json_fini(&ret);
    return true;
}
