/* SPDX-License-Identifier: Apache-2.0 */
#include "monitor/hmp.h"

/*
 * sendkey: "ctrl-alt-f1", "0x1e-b", "<"
 *
 * Reads keys as a person writes them, and is the QMP command send-key.
 */

#include "monitor/session.h"
#include "qapi/qapi-types.h"

#include <stdlib.h>
#include <string.h>

enum { KEY_NAME = 32 };

/* Appends one key to the array; false: there is none of that name. */
static bool key_append(struct json *keys, const char *name)
{
    bool is_number = !strncmp(name, "0x", 2);
    struct json key = json_object();
    char *end;
    long number = strtol(name, &end, 0);

    if (!strcmp(name, "<"))
        name = "less";
    if (is_number ? *end || end == name + 2 : qapi_enum_value(&qapi_type_q_key_code, name) < 0) {
        json_fini(&key);
        return false;
    }
    json_set(&key, "type", json_string(is_number ? "number" : "qcode"));
    json_set(&key, "data", is_number ? json_int(number) : json_string(name));
    json_append(keys, key);
    return true;
}

static bool keys_append(struct json *keys, const char *text, struct text_out *out)
{
    for (;; text++) {
        size_t len = strcspn(text, "-");
        char name[KEY_NAME];

        snprintf(name, sizeof(name), "%.*s", (int)(len < KEY_NAME ? len : KEY_NAME), text);
        if (len >= KEY_NAME || !key_append(keys, name)) {
            text_out_printf(out, "invalid parameter: %s\n", name);
            return false;
        }
        text += len;
        if (!*text)
            return true;
    }
}

static void sent(struct qapi_ctx *ctx, struct json *ret, const struct qapi_fault *fault)
{
    if (fault)
        text_out_printf(ctx->opaque, "Error: %s\n", fault->desc);
}

bool hmp_sendkey(struct hmp_call *call)
{
    const struct qapi_env *env = &call->monitor->cfg.env;
    const struct qapi_command *c = qapi_command_find(env->table, "send-key");
    struct json args = json_object(), keys = json_array();

    if (!c || !keys_append(&keys, hmp_args_text(&call->args, "keys"), call->out)) {
        json_fini(&keys);
    } else {
        json_set(&args, "keys", keys);
        if (hmp_args_has(&call->args, "hold-time"))
            json_set(&args, "hold-time", json_int(hmp_args_number(&call->args, "hold-time", 0)));
        qapi_start(env, c, &args, call->session, sent, call->out);
    }
    json_fini(&args);
    return true;
}
