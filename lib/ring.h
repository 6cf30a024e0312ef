/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A bounded byte ring between one producer and one consumer, on different threads (sketch: design of chardev front
 * ends)
 *
 * Nobody blocks and nothing is lost: who finds it full keeps its bytes and is owed a call once there
 * is room.  Who puts the first byte into an empty ring wakes the consumer, so a burst wakes it once.
 */

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RING_BYTES 4096u

struct ring {
    _Atomic uint32_t put, taken;        /* running counts; put - taken bytes are inside */
    _Atomic bool owed;
    uint8_t data[RING_BYTES];
};

enum ring_result { RING_FULL, RING_STORED, RING_STORED_FIRST };

static inline enum ring_result ring_put(struct ring *r, uint8_t byte)
{
    uint32_t at = r->put;

    if (at - r->taken == RING_BYTES) {
        r->owed = true;
        if (at - r->taken == RING_BYTES)        /* again: the consumer may just have made room */
            return RING_FULL;
    }
    r->data[at % RING_BYTES] = byte;
    r->put = at + 1;
    return r->taken == at ? RING_STORED_FIRST : RING_STORED;
}

/* Takes up to n bytes.  The consumer then asks ring_owed() and calls the producer if it is true. */
static inline size_t ring_take(struct ring *r, uint8_t *buf, size_t n)
{
    uint32_t at = r->taken;
    size_t i = 0;

    while (i < n && at != r->put)
        buf[i++] = r->data[at++ % RING_BYTES];
    r->taken = at;
    return i;
}

static inline bool ring_owed(struct ring *r)
{
    return atomic_exchange(&r->owed, false);
}
