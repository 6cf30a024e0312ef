/* SPDX-License-Identifier: Apache-2.0 */
#include "io/tls.h"

/*
 * TLS on a channel (see tls.h, crypto/tls-session.h)
 *
 * What the owner writes is kept until TLS has taken it, since TLS wants the same bytes again after it could not go on.
 * Either direction may wait for the other one below, so an event below is an opportunity for both.
 *
 * Invariant: at most OUT_BYTES are kept.  The owner may close the channel inside ready(), so nothing is touched after.
 */

#include "lib/trace.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { OUT_BYTES = 16384 };

struct tls {
    struct channel_layer base;
    struct tls_session *session;
    struct post again;
    unsigned wanted;
    size_t out_at, out_len;
    bool wants_out;             /* of the session, when it could not go on */
    bool failed;
    uint8_t out[OUT_BYTES];
};

static struct tls *tls(struct channel *c)
{
    return (struct tls *)c->layer;
}

static ssize_t below_read(void *opaque, void *buf, size_t n)
{
    return channel_read(&((struct tls *)opaque)->base.below, buf, n);
}

static ssize_t below_write(void *opaque, const void *buf, size_t n)
{
    return channel_write(&((struct tls *)opaque)->base.below, buf, n);
}

static void note(struct tls *t, ssize_t r)
{
    t->wants_out = r == -EAGAIN && tls_session_wants_out(t->session);
}

static int out_flush(struct tls *t)
{
    ssize_t r = 1;

    while (t->out_at < t->out_len && r > 0) {
        r = tls_session_write(t->session, t->out + t->out_at, t->out_len - t->out_at);
        t->out_at += r > 0 ? r : 0;
    }
    note(t, r);
    if (t->out_at == t->out_len)
        t->out_at = t->out_len = 0;
    return r < 0 ? r : 0;
}

static void update(struct tls *t)
{
    bool shaking = !t->base.top->up && t->base.below.up;
    bool in = shaking ? !t->wants_out : t->wanted & LOOP_IN || t->out_len;
    bool out = t->wants_out || (!shaking && t->wanted & LOOP_OUT);

    if (!t->failed)
        channel_want(&t->base.below, (in ? LOOP_IN : 0) | (out ? LOOP_OUT : 0));
}

static ssize_t tls_read(struct channel *c, void *buf, size_t n)
{
    struct tls *t = tls(c);
    ssize_t r = n ? tls_session_read(t->session, buf, n) : 0;

    if (r == -EAGAIN && tls_session_wants_out(t->session))
        t->wants_out = true;
    update(t);
    return r;
}

static ssize_t tls_write(struct channel *c, const void *buf, size_t n)
{
    struct tls *t = tls(c);
    size_t done = 0;
    int r;

    if (!c->up)
        return -EAGAIN;
    while (!(r = out_flush(t)) && done < n) {
        t->out_len = n - done < OUT_BYTES ? n - done : OUT_BYTES;
        memcpy(t->out, (const char *)buf + done, t->out_len);
        done += t->out_len;
    }
    update(t);
    return r && r != -EAGAIN ? r : done ? (ssize_t)done : -EAGAIN;
}

static void tls_close(struct channel *c)
{
    struct tls *t = tls(c);

    if (c->up)
        tls_session_bye(t->session);
    tls_session_free(t->session);
    loop_post_cancel(c->loop, &t->again);
    channel_close(&t->base.below);
    explicit_bzero(t->out, sizeof(t->out));
    free(t);
}

static void tls_want(struct channel *c, unsigned events)
{
    struct tls *t = tls(c);

    t->wanted = events;
    /* What is decrypted already gives no event of the descriptor. */
    if (c->up && (events & LOOP_IN) && tls_session_has_bytes(t->session))
        loop_post(c->loop, &t->again);
    update(t);
}

static bool tls_flush(struct channel *c)
{
    struct tls *t = tls(c);

    if (c->up)
        out_flush(t);
    update(t);
    return !t->out_len && channel_flush(&t->base.below);
}

static const struct channel_ops ops = { tls_read, tls_write, tls_close, tls_want, tls_flush };

static void shake_hands(struct tls *t, unsigned events)
{
    struct channel *top = t->base.top;
    int r = t->base.below.up ? tls_session_handshake(t->session) : -EAGAIN;

    note(t, r);
    t->failed = (r && r != -EAGAIN) || (r && events & LOOP_HUP);
    top->up = !r;
    update(t);
    if (t->failed && r != -EAGAIN)
        TRACE(tls_refused, "%s", tls_session_why(t->session));
    if (top->up)
        top->ready(top, CHANNEL_UP);
    else if (t->failed)
        top->ready(top, LOOP_HUP);
}

static void tls_event(struct tls *t, unsigned events)
{
    struct channel *top = t->base.top;

    if (!top->up) {
        shake_hands(t, events);
        return;
    }
    out_flush(t);
    events = (events & LOOP_HUP) | (t->wanted & LOOP_IN) | (t->out_len ? 0 : t->wanted & LOOP_OUT);
    update(t);
    if (events)
        top->ready(top, events);
}

static void below_ready(struct channel *below, unsigned events)
{
    tls_event((struct tls *)list_entry(below, struct channel_layer, below), events);
}

static void again(struct post *p)
{
    tls_event(list_entry(p, struct tls, again), LOOP_IN);
}

int tls_push(struct channel *c, struct tls_creds *creds, const struct tls_peer *peer, struct error **err)
{
    struct tls *t = calloc(1, sizeof(*t));
    const struct tls_transport transport = { below_read, below_write, t };
    bool begin = c->up;
    int r;

    assert(t);
    r = tls_session_new(creds, peer, &transport, &t->session, err);
    if (r) {
        free(t);
        return r;
    }
    t->again.fn = again;
    channel_push(c, &t->base, &ops, below_ready);
    if (begin)
        loop_post(c->loop, &t->again);
    update(t);
    return 0;
}
