/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Byte channels: something to read from and write to without ever waiting, watched by a loop
 *
 * A channel runs over one descriptor (socket, pty) or two (stdin and stdout).  Reading and writing go
 * through its operations, so that TLS and websockets can stand in between.  Everything on the
 * loop's thread.  The owner embeds the struct and is called with what it asked for.
 */

#include "lib/loop.h"

#include <stddef.h>
#include <sys/types.h>

struct channel;
struct error;

struct channel_ops {
    ssize_t (*read)(struct channel *c, void *buf, size_t n);
    ssize_t (*write)(struct channel *c, const void *buf, size_t n);
    void (*close)(struct channel *c);
    /* Of layers; NULL: the descriptors are watched, and nothing is kept back. */
    void (*want)(struct channel *c, unsigned events);
    bool (*flush)(struct channel *c);
};

/* What ready() tells beside the events of a loop. */
enum {
    CHANNEL_UP = 8,             /* the handshakes of all layers are over: bytes may go */
    CHANNEL_BREAK = 16,         /* the peer broke the line (telnet) */
};

/* More than these from one peer at a time are closed. */
enum { CHANNEL_FDS = 16 };

struct channel {
    /* events: LOOP_IN and LOOP_OUT if asked for by channel_want(); LOOP_HUP always, but once until asked again;
     * CHANNEL_UP once, of a channel that was not up after it was opened; LOOP_HUP before that: the handshake failed. */
    void (*ready)(struct channel *c, unsigned events);
    const struct channel_ops *ops;
    struct loop *loop;
    struct watch in, out;       /* the same descriptor: only `in` is watched */
    struct channel_layer *layer;        /* whose ops they are; NULL: the descriptors' */
    unsigned wanted;
    bool up;
    bool in_is_socket, out_is_socket, takes_fds;
    unsigned n_fds;
    int fds[CHANNEL_FDS];       /* that came with what was read and nobody has taken */
    int in_flags_before, out_flags_before;      /* of what had to be made non-blocking for all; -1: untouched */
};

/* What every layer begins with: it has taken over the channel that was there before. */
struct channel_layer {
    struct channel *top;        /* the owner's, or the next layer's `below` */
    struct channel below;
};

/*
 * Over descriptors, in and out may be the same; -1: there is none.  The channel closes them if `own`; from
 * the failure of the call on, too.  Borrowed descriptors (stdio) are left as they were found: a terminal or pipe is
 * opened a second time, since O_NONBLOCK is shared with the shell and with stderr.
 */
int channel_open(struct channel *c, struct loop *loop, int in, int out, bool own, struct error **err);
void channel_close(struct channel *c);                  /* not open (all zero): fine */
bool channel_is_open(const struct channel *c);
void channel_want(struct channel *c, unsigned events);
/* Bytes moved; 0 from read: the end; -EAGAIN or another negative errno. */
ssize_t channel_read(struct channel *c, void *buf, size_t n);
ssize_t channel_write(struct channel *c, const void *buf, size_t n);
/*
 * Takes descriptors that the peer sends along (SCM_RIGHTS) from now on; a Unix socket without layers.  They come with
 * the bytes of a read; those that nobody has taken are closed when more come, and with the channel.
 */
void channel_take_fds(struct channel *c);
/* The first of those that came together, now the caller's, close-on-exec; the others are closed.  -1: none. */
int channel_fd_take(struct channel *c);
bool channel_has_fds(const struct channel *c);
/* Writes what layers keep back; true: that is all on its way. */
bool channel_flush(struct channel *c);
/* Its descriptor, to ask for names; -1: has none. */
int channel_fd(struct channel *c);
/* For layers: c, which is open and up, goes below l and gets these operations.  ready() is below's from now on. */
void channel_push(struct channel *c, struct channel_layer *l, const struct channel_ops *ops,
                  void (*ready)(struct channel *below, unsigned events));
/* For flushing at the end only: waits until it can be written to; false: not within timeout_ms. */
bool channel_wait_writable(struct channel *c, int timeout_ms);
