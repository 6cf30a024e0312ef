/* SPDX-License-Identifier: Apache-2.0 */
#include "chardev/stream.h"

/*
 * Back ends over a byte channel (see stream.h)
 *
 * Invariant: what the channel is asked to watch is `reading` and `blocked`, after every entry.
 */

#include "lib/error.h"
#include "lib/log.h"

#include <errno.h>
#include <string.h>

enum { READ_BYTES = 4096 };

static struct char_stream *stream(struct chardev *chr)
{
    return (struct char_stream *)chr;
}

static void update(struct char_stream *s)
{
    if (channel_is_open(&s->channel))
        channel_want(&s->channel, (s->reading && !s->ended ? LOOP_IN : 0) | (s->blocked ? LOOP_OUT : 0));
}

static void stream_read(struct char_stream *s, bool hung_up)
{
    /* Descriptors that came are for a command among the bytes that came with them: the next ones wait. */
    size_t room = channel_has_fds(&s->channel) ? chardev_in_room_if_read(&s->chr) : chardev_in_room(&s->chr);
    char buf[READ_BYTES];
    ssize_t n;

    s->reading = room > 0;
    /* A peer that went away is noticed without a reader; if there is one, he gets what was sent first. */
    if (!room && !(hung_up && !chardev_is_attached(&s->chr))) {
        if (hung_up && s->lingers)
            s->lingers(s);
        return;
    }
    n = channel_read(&s->channel, buf, room < sizeof(buf) ? room : sizeof(buf));
    if (n > 0 && room) {
        chardev_in(&s->chr, buf, n);
    } else if (n != -EAGAIN) {
        s->ended = true;
        s->lost(s, n < 0 ? n : 0);
    }
}

static void stream_ready(struct channel *c, unsigned events)
{
    struct char_stream *s = list_entry(c, struct char_stream, channel);

    if (events & CHANNEL_BREAK)
        chardev_break(&s->chr);
    if (!c->up && (events & LOOP_HUP)) {
        s->lost(s, -EPROTO);
        return;
    }
    if (events & CHANNEL_UP)
        s->up(s);
    if (s->blocked && (events & (LOOP_OUT | LOOP_HUP))) {
        s->blocked = false;
        chardev_out_ready(&s->chr);
    }
    if (!s->ended && (events & (LOOP_IN | LOOP_HUP)) && channel_is_open(c))
        stream_read(s, events & LOOP_HUP);
    update(s);
}

int char_stream_start(struct char_stream *s, int in, int out, bool own, struct error **err)
{
    s->reading = s->blocked = s->ended = s->broken = false;
    s->channel.ready = stream_ready;
    return channel_open(&s->channel, s->chr.loop, in, out, own, err);
}

void char_stream_stop(struct char_stream *s)
{
    channel_close(&s->channel);
    s->blocked = false;
}

void char_stream_restart(struct char_stream *s)
{
    s->ended = s->broken = false;
    char_stream_resume(&s->chr);
}

void char_stream_resume(struct chardev *chr)
{
    struct char_stream *s = stream(chr);

    s->reading = chardev_in_room(chr) > 0;
    update(s);
}

size_t char_stream_write(struct chardev *chr, const void *buf, size_t n)
{
    struct char_stream *s = stream(chr);
    ssize_t done;

    if (!s->channel.up || s->broken)
        return n;
    done = channel_write(&s->channel, buf, n);
    if (done < 0 && done != -EAGAIN) {
        s->broken = true;
        if (chr->type->kind != CHAR_SOCKET)
            log_warn("chardev %s: output is lost: %s", chr->label, strerror(-done));
        return n;
    }
    if (done < (ssize_t)n) {
        s->blocked = true;
        update(s);
    }
    return done < 0 ? 0 : done;
}

bool char_stream_wait_writable(struct chardev *chr, int timeout_ms)
{
    struct channel *c = &stream(chr)->channel;
    bool can = !c->up || channel_wait_writable(c, timeout_ms);

    if (c->up)
        channel_flush(c);
    return can;
}

bool char_stream_pending(struct chardev *chr)
{
    return stream(chr)->channel.up && !channel_flush(&stream(chr)->channel);
}
