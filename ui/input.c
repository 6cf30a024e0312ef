/* SPDX-License-Identifier: Apache-2.0 */
#include "ui/input.h"

/* Input: the list of handlers (see input.h). */

#include <stddef.h>

void input_init(struct input *in)
{
    list_init(&in->handlers);
}

void input_attach(struct input *in, struct input_handler *h)
{
    input_detach(h);
    list_append(in->handlers.next, &h->node);   /* before the first */
}

void input_detach(struct input_handler *h)
{
    if (list_linked(&h->node))
        list_remove(&h->node);
}

struct input_handler *input_taker(const struct input *in, enum input_kind kind)
{
    list_for_each(node, &in->handlers) {
        struct input_handler *h = list_entry(node, struct input_handler, node);

        if (h->kinds >> kind & 1)
            return h;
    }
    return NULL;
}

static bool legal(const struct input_event *e)
{
    switch (e->kind) {
    case INPUT_KEY:
        return e->code < KEYS;
    case INPUT_BUTTON:
        return e->code < BUTTONS;
    case INPUT_ABS:
        return e->code <= AXIS_Y && e->value >= 0 && e->value <= INPUT_ABS_MAX;
    default:
        return e->code <= AXIS_Y;
    }
}

void input_send(struct input *in, const struct input_event *e)
{
    struct input_handler *h = legal(e) ? input_taker(in, e->kind) : NULL;

    if (!h)
        return;
    h->told = true;
    h->event(h, e);
}

void input_sync(struct input *in)
{
    list_for_each_safe(node, &in->handlers) {
        struct input_handler *h = list_entry(node, struct input_handler, node);

        if (h->told && h->sync)
            h->sync(h);
        h->told = false;
    }
}
