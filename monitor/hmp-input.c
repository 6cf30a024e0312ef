/* SPDX-License-Identifier: Apache-2.0 */
#include "monitor/hmp.h"

/*
 * mouse_move, mouse_button, info mice: pointers, by the QMP commands input-send-event and query-mice
 *
 * A button's state is sent for all three buttons; those that do not change do not move anything in the guest.
 */

#include "monitor/session.h"

#include <stdlib.h>

static void event_add(struct json *events, const char *type, const char *name, const char *what, const char *number,
                      struct json value)
{
    struct json event = json_object(), data = json_object();

    json_set(&data, name, json_string(what));
    json_set(&data, number, value);
    json_set(&event, "type", json_string(type));
    json_set(&event, "data", data);
    json_append(events, event);
}

static void move_add(struct json *events, const char *axis, const char *text)
{
    long by = strtol(text, NULL, 0);

    by = by < -INT16_MAX ? -INT16_MAX : by > INT16_MAX ? INT16_MAX : by;
    event_add(events, "rel", "axis", axis, "value", json_int(by));
}

static bool send(struct hmp_call *call, struct json events)
{
    struct json args = json_object();

    json_set(&args, "events", events);
    hmp_qmp(call, "input-send-event", args);
    return false;
}

bool hmp_mouse_move(struct hmp_call *call)
{
    const char *wheel = hmp_args_text(&call->args, "dz_str");
    long dz = wheel ? strtol(wheel, NULL, 0) : 0;
    struct json events = json_array();

    move_add(&events, "x", hmp_args_text(&call->args, "dx_str"));
    move_add(&events, "y", hmp_args_text(&call->args, "dy_str"));
    for (int down = 1; dz && down >= 0; down--)
        event_add(&events, "btn", "button", dz > 0 ? "wheel-up" : "wheel-down", "down", json_bool(down));
    return send(call, events);
}

bool hmp_mouse_button(struct hmp_call *call)
{
    static const char *const buttons[] = { "left", "middle", "right" };
    int64_t state = hmp_args_number(&call->args, "button_state", 0);
    struct json events = json_array();

    for (unsigned i = 0; i < 3; i++)
        event_add(&events, "btn", "button", buttons[i], "down", json_bool(state >> i & 1));
    return send(call, events);
}

static bool flag(const struct json *object, const char *key)
{
    const struct json *v = json_get(object, key);

    return v && v->kind == JSON_BOOL && v->boolean;
}

static void mice_print(struct qapi_ctx *ctx, struct json *ret, const struct qapi_fault *fault)
{
    if (!ret || !ret->num)
        text_out_puts(ctx->opaque, fault ? "Error: no answer\n" : "No mouse devices connected\n");
    for (uint32_t i = 0; ret && i < ret->num; i++) {
        const struct json *m = json_at(ret, i), *index = json_get(m, "index");

        text_out_printf(ctx->opaque, "%c Mouse #%lld: %s%s\n", flag(m, "current") ? '*' : ' ', (long long)index->i,
                        json_get_string(m, "name"), flag(m, "absolute") ? " (absolute)" : "");
    }
}

bool hmp_info_mice(struct hmp_call *call)
{
    const struct qapi_env *env = &call->monitor->cfg.env;

    qapi_start(env, qapi_command_find(env->table, "query-mice"), NULL, call->session, mice_print, call->out);
    return true;
}
