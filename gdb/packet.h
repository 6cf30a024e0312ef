/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Packets of GDB's remote serial protocol: framing, and the hexadecimal inside
 *
 * Reference: the manual of GDB, appendix "Remote Protocol", section "Overview": $data#checksum, with } as the escape
 * of the bytes # $ } and *, a byte 03 between packets for an interrupt, + and - for what arrived well or did not.
 * What a peer sends is taken byte by byte; a packet that is too long is read to its end and refused.
 */

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { GDB_PACKET = 4096 };     /* the most that a packet from the peer holds: what qSupported says */

enum gdb_came {
    GDB_CAME_NOTHING,           /* more bytes are needed */
    GDB_CAME_START,             /* $ */
    GDB_CAME_PACKET,            /* data, len */
    GDB_CAME_TOO_LONG,          /* a packet of the right checksum that did not fit */
    GDB_CAME_BROKEN,            /* one of the wrong checksum */
    GDB_CAME_INTERRUPT, GDB_CAME_ACK, GDB_CAME_NAK,
};

struct gdb_in {
    enum { GDB_IN_IDLE, GDB_IN_DATA, GDB_IN_ESCAPE, GDB_IN_SUM1, GDB_IN_SUM2 } state;
    bool too_long;
    uint8_t sum, said;
    size_t len;
    char data[GDB_PACKET + 1];  /* ends with NUL, and may hold others */
};

void gdb_in_init(struct gdb_in *in);             /* also: forgets the packet that is coming */
enum gdb_came gdb_in_byte(struct gdb_in *in, uint8_t byte);

/* Appends data as a packet. */
void gdb_frame(GString *out, const char *data, size_t len);

/* Hexadecimal digits of bytes, in memory order; of text that may hold none. */
void gdb_hex_append(GString *out, const void *bytes, size_t n);

/* What is left to read of a packet.  A function that finds something else sets `bad` and reads nothing. */
struct gdb_args { const char *at, *end; bool bad; };

bool gdb_args_char(struct gdb_args *a, char c);                 /* is it next?  Then it is taken. */
bool gdb_args_word(struct gdb_args *a, const char *word);       /* the same of several */
void gdb_args_expect(struct gdb_args *a, char c);
bool gdb_args_end(const struct gdb_args *a);                    /* nothing is left, and nothing was bad */
uint64_t gdb_args_hex(struct gdb_args *a);                      /* 1 to 16 digits */
/* Exactly n bytes as 2n digits. */
void gdb_args_bytes(struct gdb_args *a, void *bytes, size_t n);
