/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A layer that turns bytes into other bytes: what telnet and websockets have in common; private to io/
 *
 * It sits between an owner's channel and the channel below, which it has taken over.  Bytes from below wait
 * in `in` until they are decoded; what is encoded waits in `out` until it is taken below.  Both are bounded, and
 * so is the work of one read.
 */

#include "io/channel.h"

#include <stdint.h>

enum { LAYER_IN_BYTES = 4096, LAYER_OUT_BYTES = 16384 };

struct layer;

struct layer_ops {
    /*
     * Takes from in[in_at..in_len) and makes at most n bytes; before the handshake is over n is 0, and it sets
     * `settled` when it is.  0: there is nothing left to take, more is needed.  -EPIPE: the peer has said good-bye;
     * another negative errno: it has broken the protocol.  May call layer_say().
     */
    ssize_t (*decode)(struct layer *l, void *buf, size_t n);
    /* `out` is empty.  Takes of n what it has room for, and returns how much that was. */
    size_t (*encode)(struct layer *l, const void *buf, size_t n);
};

struct layer {
    struct channel_layer base;
    const struct layer_ops *ops;
    struct post again;
    unsigned wanted, in_at, in_len, out_at, out_len;
    bool settled;
    int code;                   /* of decode(), once it has ended the stream */
    uint8_t in[LAYER_IN_BYTES], out[LAYER_OUT_BYTES];
};

/* l: from malloc, with ops, settled and the private part set; it is freed when c is closed.  c is open and up. */
void layer_push(struct layer *l, struct channel *c);
/* Bytes of the protocol itself, in order with the rest; false: there is no room, and none of them went. */
bool layer_say(struct layer *l, const void *bytes, size_t n);
