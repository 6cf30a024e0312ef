/* SPDX-License-Identifier: Apache-2.0 */
#include "io/layer.h"

/*
 * Layers (see layer.h)
 *
 * Invariant: what is asked of the channel below is what the owner wants, the handshake, and `out` not being empty.
 * The owner may close the channel inside ready(), so nothing is touched after that call.
 */

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Reads from below for one read by the owner: a peer that sends nothing but protocol does not keep the loop. */
enum { ROUNDS = 16 };

static struct layer *layer(struct channel *c)
{
    return (struct layer *)c->layer;
}

static bool out_empty(const struct layer *l)
{
    return l->out_at == l->out_len;
}

static int out_flush(struct layer *l)
{
    while (!out_empty(l)) {
        ssize_t n = channel_write(&l->base.below, l->out + l->out_at, l->out_len - l->out_at);

        if (n < 0)
            return n;
        l->out_at += n;
    }
    l->out_at = l->out_len = 0;
    return 0;
}

static void update(struct layer *l)
{
    bool in = !l->base.top->up || l->wanted & LOOP_IN, out = !out_empty(l) || l->wanted & LOOP_OUT;

    channel_want(&l->base.below, (in ? LOOP_IN : 0) | (out ? LOOP_OUT : 0));
}

bool layer_say(struct layer *l, const void *bytes, size_t n)
{
    if (n > sizeof(l->out) - l->out_len)
        return false;
    memcpy(l->out + l->out_len, bytes, n);
    l->out_len += n;
    return true;
}

/* Bytes decoded; 0: the end. */
static ssize_t pull(struct layer *l, void *buf, size_t n)
{
    for (unsigned round = 0; round < ROUNDS; round++) {
        ssize_t got = l->code ? l->code : l->ops->decode(l, buf, n);

        if (got < 0 && got != -EAGAIN)
            l->code = got;
        if (got || (!n && l->settled))
            return got == -EPIPE ? 0 : got;
        got = channel_read(&l->base.below, l->in, sizeof(l->in));
        if (got <= 0)
            return got;
        l->in_at = 0;
        l->in_len = got;
    }
    loop_post(l->base.top->loop, &l->again);
    return -EAGAIN;
}

static ssize_t layer_read(struct channel *c, void *buf, size_t n)
{
    struct layer *l = layer(c);
    ssize_t r = n ? pull(l, buf, n) : 0;

    out_flush(l);
    update(l);
    return r;
}

static ssize_t layer_write(struct channel *c, const void *buf, size_t n)
{
    struct layer *l = layer(c);
    size_t done = 0;
    int r;

    if (!c->up)
        return -EAGAIN;
    while (!(r = out_flush(l)) && done < n)
        done += l->ops->encode(l, (const char *)buf + done, n - done);
    update(l);
    return r && r != -EAGAIN ? r : done ? (ssize_t)done : -EAGAIN;
}

static void layer_close(struct channel *c)
{
    struct layer *l = layer(c);

    loop_post_cancel(c->loop, &l->again);
    channel_close(&l->base.below);
    free(l);
}

static void layer_want(struct channel *c, unsigned events)
{
    struct layer *l = layer(c);

    l->wanted = events;
    /* What is here already gives no event of the descriptor. */
    if (c->up && (events & LOOP_IN) && (l->in_at < l->in_len || l->code))
        loop_post(c->loop, &l->again);
    update(l);
}

static bool layer_flush(struct channel *c)
{
    struct layer *l = layer(c);

    out_flush(l);
    update(l);
    return out_empty(l) && channel_flush(&l->base.below);
}

static const struct channel_ops ops = { layer_read, layer_write, layer_close, layer_want, layer_flush };

/* A hang-up now ends it, whatever was sent before: there is nobody to answer to. */
static void shake_hands(struct layer *l, unsigned events)
{
    struct channel *top = l->base.top;
    ssize_t r = -EAGAIN;

    if (!l->settled && (events & (LOOP_IN | LOOP_HUP | CHANNEL_UP)))
        r = pull(l, NULL, 0);
    out_flush(l);
    top->up = l->settled && out_empty(l);
    update(l);
    if (top->up)
        top->ready(top, CHANNEL_UP);
    else if ((!l->settled && r != -EAGAIN) || (events & LOOP_HUP))
        top->ready(top, LOOP_HUP);
}

static void layer_event(struct layer *l, unsigned events)
{
    struct channel *top = l->base.top;

    if (!top->up) {
        shake_hands(l, events);
        return;
    }
    out_flush(l);
    events &= (l->wanted & LOOP_IN) | (out_empty(l) ? l->wanted & LOOP_OUT : 0) | LOOP_HUP | CHANNEL_BREAK;
    update(l);
    if (events)
        top->ready(top, events);
}

static void below_ready(struct channel *below, unsigned events)
{
    layer_event((struct layer *)list_entry(below, struct channel_layer, below), events);
}

static void again(struct post *p)
{
    layer_event(list_entry(p, struct layer, again), LOOP_IN);
}

void layer_push(struct layer *l, struct channel *c)
{
    bool begin = c->up;

    l->again.fn = again;
    channel_push(c, &l->base, &ops, below_ready);
    /* In the next round: whoever pushes does not expect an event yet. */
    if (begin)
        loop_post(c->loop, &l->again);
    update(l);
}
