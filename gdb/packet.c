/* SPDX-License-Identifier: Apache-2.0 */
#include "gdb/packet.h"

/*
 * Packets: framing and hexadecimal (see packet.h)
 *
 * Run-length encoding is the stub's to use; a peer does not send it, and we do not.
 * Invariant: data holds at most GDB_PACKET bytes of a packet, whatever comes.
 */

#include <string.h>

enum { INTERRUPT = 0x03, ESCAPE = '}', ESCAPE_BIT = 0x20 };

void gdb_in_init(struct gdb_in *in)
{
    in->state = GDB_IN_IDLE;
    in->len = 0;
}

static enum gdb_came idle(struct gdb_in *in, uint8_t byte)
{
    switch (byte) {
    case '$':
        in->state = GDB_IN_DATA;
        in->sum = in->len = 0;
        in->too_long = false;
        return GDB_CAME_START;
    case INTERRUPT: return GDB_CAME_INTERRUPT;
    case '+': return GDB_CAME_ACK;
    case '-': return GDB_CAME_NAK;
    default: return GDB_CAME_NOTHING;
    }
}

static void take(struct gdb_in *in, uint8_t byte)
{
    if (in->len == GDB_PACKET)
        in->too_long = true;
    else
        in->data[in->len++] = (char)byte;
    in->state = GDB_IN_DATA;
}

static void data(struct gdb_in *in, uint8_t byte)
{
    if (byte == '#') {
        in->state = GDB_IN_SUM1;
        return;
    }
    in->sum += byte;
    if (byte == ESCAPE)
        in->state = GDB_IN_ESCAPE;
    else
        take(in, byte);
}

static enum gdb_came ended(struct gdb_in *in, int low)
{
    bool right = low >= 0 && in->said != 0xff && (in->said << 4 | low) == in->sum;

    in->state = GDB_IN_IDLE;
    in->data[in->len] = 0;
    if (!right)
        return GDB_CAME_BROKEN;
    return in->too_long ? GDB_CAME_TOO_LONG : GDB_CAME_PACKET;
}

enum gdb_came gdb_in_byte(struct gdb_in *in, uint8_t byte)
{
    switch (in->state) {
    case GDB_IN_IDLE:
        return idle(in, byte);
    case GDB_IN_DATA:
        if (byte == '$')                /* the one before was cut short */
            return idle(in, byte);
        data(in, byte);
        return GDB_CAME_NOTHING;
    case GDB_IN_ESCAPE:
        in->sum += byte;
        take(in, byte ^ ESCAPE_BIT);
        return GDB_CAME_NOTHING;
    case GDB_IN_SUM1:
        in->said = (uint8_t)g_ascii_xdigit_value((char)byte);
        in->state = GDB_IN_SUM2;
        return GDB_CAME_NOTHING;
    case GDB_IN_SUM2:
        return ended(in, g_ascii_xdigit_value((char)byte));
    }
    return GDB_CAME_NOTHING;
}

void gdb_frame(GString *out, const char *bytes, size_t len)
{
    uint8_t sum = 0;

    g_string_append_c(out, '$');
    for (size_t i = 0; i < len; i++) {
        char c = bytes[i];

        if (c == '$' || c == '#' || c == ESCAPE || c == '*') {
            g_string_append_c(out, ESCAPE);
            sum += ESCAPE;
            c ^= ESCAPE_BIT;
        }
        g_string_append_c(out, c);
        sum += (uint8_t)c;
    }
    g_string_append_printf(out, "#%02x", sum);
}

void gdb_hex_append(GString *out, const void *bytes, size_t n)
{
    static const char digits[] = "0123456789abcdef";
    const uint8_t *b = bytes;

    for (size_t i = 0; i < n; i++) {
        g_string_append_c(out, digits[b[i] >> 4]);
        g_string_append_c(out, digits[b[i] & 15]);
    }
}

bool gdb_args_char(struct gdb_args *a, char c)
{
    bool there = !a->bad && a->at < a->end && *a->at == c;

    a->at += there;
    return there;
}

bool gdb_args_word(struct gdb_args *a, const char *word)
{
    size_t n = strlen(word);

    if (a->bad || (size_t)(a->end - a->at) < n || memcmp(a->at, word, n))
        return false;
    a->at += n;
    return true;
}

void gdb_args_expect(struct gdb_args *a, char c)
{
    if (!gdb_args_char(a, c))
        a->bad = true;
}

bool gdb_args_end(const struct gdb_args *a)
{
    return !a->bad && a->at == a->end;
}

static int digit(struct gdb_args *a)
{
    int d = a->bad || a->at == a->end ? -1 : g_ascii_xdigit_value(*a->at);

    a->at += d >= 0;
    return d;
}

uint64_t gdb_args_hex(struct gdb_args *a)
{
    uint64_t val = 0;
    unsigned n = 0;

    for (int d; (d = digit(a)) >= 0; n++) {
        if (val >> 60)
            a->bad = true;
        val = val << 4 | (unsigned)d;
    }
    if (!n)
        a->bad = true;
    return a->bad ? 0 : val;
}

void gdb_args_bytes(struct gdb_args *a, void *bytes, size_t n)
{
    uint8_t *b = bytes;

    for (size_t i = 0; i < n; i++) {
        int high = digit(a), low = digit(a);

        if (high < 0 || low < 0) {
            a->bad = true;
            return;
        }
        b[i] = (uint8_t)(high << 4 | low);
    }
}
