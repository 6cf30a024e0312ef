/* SPDX-License-Identifier: Apache-2.0 */
#include "ui/input.h"

/* Input: the list of handlers, and keys that are held for a while (see input.h). */

#include <assert.h>
#include <stddef.h>

_Static_assert(KEYS <= 256, "a key fits into a byte");

static void key_send(struct input *in, enum input_key key, bool down)
{
    input_send(in, &(struct input_event){ INPUT_KEY, .code = key, .down = down });
    input_sync(in);
}

static void held_release(struct input *in)
{
    loop_timer_del(&in->release);
    while (in->n_held)
        key_send(in, in->held[--in->n_held], false);
}

static void release_due(struct loop_timer *t)
{
    held_release(list_entry(t, struct input, release));
}

void input_init(struct input *in, struct loop *loop)
{
    *in = (struct input){ .loop = loop, .next_index = 1, .release.fn = release_due };
    list_init(&in->handlers);
}

void input_fini(struct input *in)
{
    loop_timer_del(&in->release);
}

void input_press(struct input *in, const enum input_key *keys, unsigned n, uint64_t hold_ms)
{
    assert(n <= INPUT_HELD);
    held_release(in);
    for (unsigned i = 0; i < n; i++) {
        key_send(in, keys[i], true);
        in->held[in->n_held++] = keys[i];
    }
    loop_timer_set(in->loop, &in->release, LOOP_MONOTONIC, loop_clock_ns(LOOP_MONOTONIC) + hold_ms * 1000000);
}

void input_attach(struct input *in, struct input_handler *h)
{
    input_detach(h);
    if (!h->index)
        h->index = in->next_index++;
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
