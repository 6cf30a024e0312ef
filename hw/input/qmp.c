/* SPDX-License-Identifier: Apache-2.0 */

/*
 * QMP commands that send input.  Handlers run on the home loop.
 *
 * The schema's enumerations have the order of ui/input.h's, which is asserted here, so that values pass unchanged.
 */

#include "core/machine.h"
#include "hw/input/scancodes.h"
#include "qapi/qapi-commands.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

_Static_assert((int)QAPI_Q_KEY_CODE_KP_EQUALS == (int)KEY_KP_EQUALS && (int)QAPI_Q_KEY_CODE__NUM == (int)KEYS, "keys");
_Static_assert((int)QAPI_INPUT_BUTTON_SIDE == (int)BUTTON_SIDE && (int)QAPI_INPUT_BUTTON__NUM == (int)BUTTONS,
               "buttons");
_Static_assert((int)QAPI_INPUT_AXIS_Y == (int)AXIS_Y, "axes");
_Static_assert((int)QAPI_INPUT_EVENT_KIND_ABS == (int)INPUT_ABS && (int)QAPI_INPUT_EVENT_KIND__NUM == (int)INPUT_KINDS,
               "kinds of events");

enum { HOLD_MS = 100, HOLD_MAX_MS = 1000000 };

static enum input_key key_of(const struct qapi_key_value *v)
{
    return v->type == QAPI_KEY_VALUE_KIND_NUMBER ? scan_key(v->u.number.data) : (enum input_key)v->u.qcode.data;
}

int qmp_send_key(struct qapi_ctx *ctx, const struct qapi_send_key_arg *arg, struct error **err)
{
    struct machine *m = ctx->target;
    int64_t hold_ms = arg->has_hold_time ? arg->hold_time : HOLD_MS;
    enum input_key keys[INPUT_HELD];

    if (arg->keys.num > INPUT_HELD)
        return qapi_fail(ctx, -E2BIG, QAPI_GENERIC_ERROR, "send-key takes at most %d keys", INPUT_HELD);
    for (size_t i = 0; i < arg->keys.num; i++)
        keys[i] = key_of(&arg->keys.items[i]);
    if (m->input && machine_running(m))
        input_press(m->input, keys, arg->keys.num, hold_ms < 0 ? 0 : hold_ms > HOLD_MAX_MS ? HOLD_MAX_MS : hold_ms);
    return 0;
}

static struct input_event event_of(const struct qapi_input_event *e)
{
    struct input_event to = { .kind = (enum input_kind)e->type };

    switch (e->type) {
    case QAPI_INPUT_EVENT_KIND_KEY:
        to.code = key_of(&e->u.key.data.key);
        to.down = e->u.key.data.down;
        break;
    case QAPI_INPUT_EVENT_KIND_BTN:
        to.code = e->u.btn.data.button;
        to.down = e->u.btn.data.down;
        break;
    default:
        to.code = e->u.rel.data.axis;
        to.value = e->u.rel.data.value > INT32_MAX ? INT32_MAX
            : e->u.rel.data.value < INT32_MIN ? INT32_MIN : e->u.rel.data.value;
        break;
    }
    return to;
}

int qmp_input_send_event(struct qapi_ctx *ctx, const struct qapi_input_send_event_arg *arg, struct error **err)
{
    struct machine *m = ctx->target;

    if (arg->device)
        return qapi_fail(ctx, -ENODEV, QAPI_DEVICE_NOT_FOUND, "Device '%s' not found", arg->device);
    if (!machine_running(m) && m->run_state != RUN_SUSPENDED)
        return qapi_fail(ctx, -EINVAL, QAPI_GENERIC_ERROR, "VM not running");
    for (size_t i = 0; i < arg->events.num; i++) {
        enum qapi_input_event_kind kind = arg->events.items[i].type;

        if (!m->input || !input_taker(m->input, (enum input_kind)kind))
            return qapi_fail(ctx, -ENODEV, QAPI_GENERIC_ERROR, "Input handler not found for event type %s",
                             qapi_enum_name(&qapi_type_input_event_kind, kind));
    }
    for (size_t i = 0; i < arg->events.num; i++) {
        struct input_event e = event_of(&arg->events.items[i]);

        input_send(m->input, &e);
    }
    if (m->input)
        input_sync(m->input);
    return 0;
}

static bool is_pointer(const struct input_handler *h)
{
    return h->kinds & (1 << INPUT_REL | 1 << INPUT_ABS);
}

int qmp_query_mice(struct qapi_ctx *ctx, struct qapi_mouse_info_list *ret, struct error **err)
{
    struct machine *m = ctx->target;

    if (!m->input)
        return 0;
    list_for_each(node, &m->input->handlers) {
        const struct input_handler *h = list_entry(node, struct input_handler, node);
        struct qapi_mouse_info *info;

        if (!is_pointer(h))
            continue;
        ret->items = realloc(ret->items, (ret->num + 1) * sizeof(*ret->items));
        assert(ret->items);
        info = &ret->items[ret->num++];
        *info = (struct qapi_mouse_info){ .name = strdup(h->name), .index = h->index, .current = ret->num == 1,
                                          .absolute = h->kinds >> INPUT_ABS & 1 };
    }
    return 0;
}
