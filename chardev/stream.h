/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Back ends over a byte channel: what stdio, file, pty and socket have in common
 *
 * Input is read as the front end has room, output is written as the peer takes it.  While the channel
 * is closed or broken, output is dropped.
 */

#include "chardev/backend.h"
#include "io/channel.h"

struct char_stream {
    struct chardev chr;
    struct channel channel;
    /* A channel that was not up when it was started is: bytes may go.  NULL: it always was. */
    void (*up)(struct char_stream *s);
    /* The peer has gone, or its handshake has failed: code is 0 for the end of input, or a negative errno.  May close
     * the channel. */
    void (*lost)(struct char_stream *s, int code);
    /* The peer has gone, but the front end has yet to take what it sent before; lost() follows then.  May be NULL. */
    void (*lingers)(struct char_stream *s);
    bool reading, blocked, ended, broken;
};

int char_stream_start(struct char_stream *s, int in, int out, bool own, struct error **err);
void char_stream_stop(struct char_stream *s);
/* Is anything that was written still in the layers of the channel? */
bool char_stream_pending(struct chardev *chr);
/* Reads on after the end (a pty whose other side was opened again). */
void char_stream_restart(struct char_stream *s);

size_t char_stream_write(struct chardev *chr, const void *buf, size_t n);
void char_stream_resume(struct chardev *chr);
bool char_stream_wait_writable(struct chardev *chr, int timeout_ms);
