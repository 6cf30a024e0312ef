/* SPDX-License-Identifier: Apache-2.0 */
#include "io/telnet.h"

/*
 * Telnet (see telnet.h); RFC 854, options by RFC 855 to 858, end of record by RFC 885
 *
 * The options that are announced make a transparent line of characters: binary, echo, no go-ahead.  What the peer
 * says to them is read and not answered, so that no two sides can talk options for ever.  A subnegotiation is read to
 * its end and forgotten, however long it is.  NUL and LF behind CR are bytes like others: the line is binary.
 */

#include "io/layer.h"

#include <assert.h>
#include <stdlib.h>

enum { EOR = 239, SE = 240, BREAK = 243, SB = 250, WILL = 251, DO = 253, DONT = 254, IAC = 255 };
enum { BINARY = 0, ECHO = 1, NO_GO_AHEAD = 3, TERMINAL_TYPE = 24, END_OF_RECORD = 25, SEND = 1 };

struct telnet {
    struct layer l;
    bool records;
    enum { DATA, COMMAND, OPTION, SUB, SUB_COMMAND } state;
    bool greeted, owed;         /* owed: the second byte of an end of record */
};

static void greet(struct telnet *t)
{
    static const uint8_t line[] = { IAC, WILL, ECHO, IAC, WILL, NO_GO_AHEAD, IAC, WILL, BINARY, IAC, DO, BINARY };
    static const uint8_t records[] = { IAC, DO, END_OF_RECORD, IAC, WILL, END_OF_RECORD, IAC, DO, BINARY,
                                       IAC, WILL, BINARY, IAC, DO, TERMINAL_TYPE,
                                       IAC, SB, TERMINAL_TYPE, SEND, IAC, SE };

    if (!t->greeted)
        layer_say(&t->l, t->records ? records : line, t->records ? sizeof(records) : sizeof(line));
    t->greeted = t->l.settled = true;
}

/* The byte behind an IAC.  True: it is data. */
static bool command(struct telnet *t, uint8_t byte)
{
    struct channel *top = t->l.base.top;

    t->state = byte == SB ? SUB : byte >= WILL && byte <= DONT ? OPTION : DATA;
    if (byte == BREAK)
        top->ready(top, CHANNEL_BREAK);
    return byte == IAC;
}

/* True: the byte is data. */
static bool take(struct telnet *t, uint8_t byte)
{
    switch (t->state) {
    case DATA:
        t->state = byte == IAC ? COMMAND : DATA;
        return byte != IAC;
    case COMMAND:
        return command(t, byte);
    case OPTION:
        t->state = DATA;
        return false;
    case SUB:
        t->state = byte == IAC ? SUB_COMMAND : SUB;
        return false;
    case SUB_COMMAND:
        t->state = byte == SE ? DATA : SUB;
        return false;
    }
    return false;
}

/* A break stops here, so that what came before it arrives before it; a full buffer does, too. */
static ssize_t telnet_decode(struct layer *l, void *buf, size_t n)
{
    struct telnet *t = (struct telnet *)l;
    uint8_t *out = buf;
    size_t made = 0;

    greet(t);
    if (n && t->owed) {
        out[made++] = EOR;
        t->owed = false;
    }
    while (made < n && l->in_at < l->in_len) {
        uint8_t byte = l->in[l->in_at];

        if (made && t->state == COMMAND && byte == BREAK)
            break;
        l->in_at++;
        if (t->state == COMMAND && byte == EOR && t->records) {
            t->state = DATA;
            out[made++] = IAC;
            t->owed = made == n;
            if (!t->owed)
                out[made++] = EOR;
        } else if (take(t, byte)) {
            out[made++] = byte;
        }
    }
    return made;
}

static size_t telnet_encode(struct layer *l, const void *buf, size_t n)
{
    const struct telnet *t = (struct telnet *)l;
    const uint8_t *bytes = buf;
    size_t i;

    for (i = 0; i < n && l->out_len + 2 <= sizeof(l->out); i++) {
        l->out[l->out_len++] = bytes[i];
        if (bytes[i] == IAC && !t->records)
            l->out[l->out_len++] = IAC;
    }
    return i;
}

void telnet_push(struct channel *c, bool records)
{
    static const struct layer_ops ops = { telnet_decode, telnet_encode };
    struct telnet *t = calloc(1, sizeof(*t));

    assert(t);
    t->l.ops = &ops;
    t->records = records;
    layer_push(&t->l, c);
}
