/* SPDX-License-Identifier: Apache-2.0 */
#include "hw/input/ps2.h"
#include "hw/input/ps2-chip.h"

/* The output buffer of PS/2 devices (see ps2-chip.h). */

#include <errno.h>

static struct ps2_state *state(const struct device *dev)
{
    return &((struct ps2_device *)dev)->st;
}

static unsigned replies(const struct ps2_state *st)
{
    return st->cwptr == PS2_NONE ? 0 : (st->cwptr - st->rptr) % PS2_RING;
}

void ps2_flush(struct ps2_state *st)
{
    st->rptr = st->wptr = st->count = 0;
    st->cwptr = PS2_NONE;
}

unsigned ps2_room(const struct ps2_state *st)
{
    unsigned data = st->count - replies(st);

    return data < PS2_DATA ? PS2_DATA - data : 0;
}

void ps2_queue(struct ps2_state *st, const uint8_t *bytes, unsigned n, unsigned extra)
{
    if (st->count - replies(st) + n > PS2_DATA + extra)
        return;
    for (unsigned i = 0; i < n; i++) {
        st->data[st->wptr] = bytes[i];
        st->wptr = (st->wptr + 1) % PS2_RING;
    }
    st->count += n;
}

static void replies_drop(struct ps2_state *st)
{
    unsigned n = replies(st);

    st->rptr = (st->rptr + n) % PS2_RING;
    st->count -= n;
    st->cwptr = PS2_NONE;
}

void ps2_reply(struct ps2_state *st, const uint8_t *bytes, unsigned n)
{
    replies_drop(st);
    if (n > PS2_REPLY)
        return;
    st->cwptr = st->rptr;
    st->rptr = (st->rptr + PS2_RING - n) % PS2_RING;
    st->count += n;
    for (unsigned i = 0; i < n; i++)
        st->data[(st->rptr + i) % PS2_RING] = bytes[i];
}

bool ps2_pending(const struct device *dev)
{
    return state(dev)->count;
}

uint8_t ps2_read(struct device *dev)
{
    struct ps2_state *st = state(dev);
    uint8_t byte;

    if (!st->count)
        return 0;
    byte = st->data[st->rptr];
    st->rptr = (st->rptr + 1) % PS2_RING;
    st->count--;
    if (st->rptr == st->cwptr)
        st->cwptr = PS2_NONE;
    return byte;
}

const struct field ps2_fields[] = {
    ELEM(struct ps2_state, "write_cmd", write_cmd, .type = "int32", .reset = PS2_NONE),
    ELEM(struct ps2_state, "queue.rptr", rptr, .type = "int32", .max = PS2_RING - 1),
    ELEM(struct ps2_state, "queue.wptr", wptr, .type = "int32", .max = PS2_RING - 1),
    ELEM(struct ps2_state, "queue.count", count, .type = "int32", .max = PS2_DATA + PS2_REPLY),
    { .name = "queue.data", .kind = FIELD_BUFFER, .off = offsetof(struct ps2_state, data), .size = PS2_RING,
      .count = 1 },
    {}
};

int ps2_check(const struct ps2_state *st, const char *owner, struct error **err)
{
    if ((st->wptr - st->rptr) % PS2_RING != st->count)
        return error_set(err, -ERANGE, ERROR_RANGE, T("%s.queue.count", owner), T("%u", st->count),
                         T("%u, the distance of its pointers", (st->wptr - st->rptr) % PS2_RING));
    if (st->cwptr != PS2_NONE && (st->cwptr >= PS2_RING || replies(st) > st->count || replies(st) > PS2_REPLY))
        return error_set(err, -ERANGE, ERROR_RANGE, T("%s.queue.cwptr", owner), T("%u", st->cwptr),
                         "-1, or the end of at most 8 bytes of the queue");
    return 0;
}
