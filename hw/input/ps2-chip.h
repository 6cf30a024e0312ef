/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What PS/2 keyboard and mouse have in common: an output buffer and a command in progress; private to their files
 *
 * The buffer holds 16 bytes of data (keys, packets); replies to commands go before them and do not count.
 * Its form is that of the stream: a ring of 256 bytes, of which a small part is ever used.
 */

#include "hw/input/ps2.h"

enum { PS2_RING = 256, PS2_DATA = 16, PS2_REPLY = 8 };
enum { PS2_ACK = 0xfa, PS2_SELF_TEST_OK = 0xaa };

#define PS2_NONE UINT32_MAX

/* Invariant: wptr is count bytes after rptr; the replies end at cwptr, if there are any. */
struct ps2_state {
    uint32_t write_cmd;                 /* the command that waits for its argument; PS2_NONE */
    uint32_t rptr, wptr, count;
    uint32_t cwptr;                     /* PS2_NONE: no replies */
    uint8_t data[PS2_RING];
};

/* Begins both devices. */
struct ps2_device {
    struct device dev;
    struct ps2_state st;
};

void ps2_flush(struct ps2_state *st);
/* Bytes of data that there is room for. */
unsigned ps2_room(const struct ps2_state *st);
/* Puts bytes behind what is there, all of them or (no room, counting `extra` bytes beyond PS2_DATA) none. */
void ps2_queue(struct ps2_state *st, const uint8_t *bytes, unsigned n, unsigned extra);
/* Puts the reply to a command before all data; what is left of the reply before it is gone. */
void ps2_reply(struct ps2_state *st, const uint8_t *bytes, unsigned n);

extern const struct field ps2_fields[];         /* "PS2 Common State", all but cwptr */
int ps2_check(const struct ps2_state *st, const char *owner, struct error **err);
