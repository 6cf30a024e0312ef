/* SPDX-License-Identifier: Apache-2.0 */
#include "io/websocket.h"

/*
 * Websockets (see websocket.h); RFC 6455, sections in brackets
 *
 * Bytes are what binary messages contain; where one ends means nothing.  Frames are taken as they come, so that no
 * length that a client writes asks for memory.  Pings are answered while there is room.  No extensions, no text.
 *
 * Invariant: of a request at most REQUEST_BYTES are kept, of a control frame at most CONTROL_BYTES.
 */

#include "crypto/sha1.h"
#include "io/layer.h"

#include <assert.h>
#include <errno.h>
#include <glib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { REQUEST_BYTES = 4096, CONTROL_BYTES = 125, KEY_BYTES = 24, FRAME_BYTES = 8192 };
enum { CONTINUATION = 0, TEXT = 1, BINARY = 2, CLOSE = 8, PING = 9, PONG = 10, FIN = 0x80, MASKED = 0x80 };
enum { CLOSE_PROTOCOL = 1002, CLOSE_DATA = 1003 };

struct websocket {
    struct layer l;
    enum { REQUEST, HEAD, PAYLOAD } state;
    bool in_message;
    uint8_t opcode, control_len, head_len, head[14], mask[4], control[CONTROL_BYTES];
    uint64_t left, at;          /* of the frame's payload */
    unsigned len;
    char request[REQUEST_BYTES + 1];
};

static struct websocket *ws(struct layer *l)
{
    return (struct websocket *)l;
}

/* The request (4.2.1) */

/* The value of a header, without spaces around it; NULL: it is not there. */
static const char *header(const char *request, const char *name, size_t *len)
{
    size_t n = strlen(name);

    for (const char *line = strstr(request, "\r\n"); line; line = strstr(line + 2, "\r\n")) {
        const char *value = line + 2 + n;

        if (strncasecmp(line + 2, name, n) || *value != ':')
            continue;
        value += 1 + strspn(value + 1, " \t");
        *len = strcspn(value, "\r");
        while (*len && strchr(" \t", value[*len - 1]))
            --*len;
        return value;
    }
    return NULL;
}

/* Is the token one of the list in that header? */
static bool header_has(const char *request, const char *name, const char *token)
{
    size_t len = 0, n = strlen(token);
    const char *value = header(request, name, &len), *end = value + len;

    while (value && value < end) {
        size_t item = strcspn(value, ",\r"), used = item;

        while (used && strchr(" \t", value[used - 1]))
            used--;
        if (used == n && !strncasecmp(value, token, n))
            return true;
        value += item;
        value += strspn(value, ", \t");
    }
    return false;
}

/* What is wrong with it, or NULL. */
static const char *request_fault(const char *request)
{
    size_t len = 0, line = strcspn(request, "\r");
    const char *version = header(request, "Sec-WebSocket-Version", &len);

    if (line < 14 || strncmp(request, "GET /", 5) || strncmp(request + line - 9, " HTTP/1.1", 9))
        return "GET of HTTP/1.1 is what is spoken here";
    if (!version || len != 2 || strncmp(version, "13", 2))
        return "Sec-WebSocket-Version: 13 is what is spoken here";
    if (!header(request, "Host", &len))
        return "Host is missing";
    if (!header_has(request, "Upgrade", "websocket") || !header_has(request, "Connection", "Upgrade"))
        return "Connection: Upgrade and Upgrade: websocket are missing";
    if (!header(request, "Sec-WebSocket-Key", &len) || len != KEY_BYTES)
        return "Sec-WebSocket-Key is no key";
    if (header(request, "Sec-WebSocket-Protocol", &len) && !header_has(request, "Sec-WebSocket-Protocol", "binary"))
        return "the protocol binary is what is spoken here";
    return NULL;
}

static ssize_t refuse(struct websocket *w, const char *why)
{
    char text[300];
    int n = snprintf(text, sizeof(text), "HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Type: text/plain\r\n"
                     "Content-Length: %zu\r\n\r\n%s", strlen(why), why);

    layer_say(&w->l, text, n);
    return -EPROTO;
}

/* The answer (4.2.2): the key and a number that no other server would put behind it. */
static void accept_request(struct websocket *w)
{
    static const char guid[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    char text[300], proof[KEY_BYTES + sizeof(guid)];
    uint8_t digest[SHA1_BYTES];
    size_t len;
    const char *key = header(w->request, "Sec-WebSocket-Key", &len);
    bool named = header_has(w->request, "Sec-WebSocket-Protocol", "binary");
    gchar *accept;
    int n;

    memcpy(proof, key, KEY_BYTES);
    memcpy(proof + KEY_BYTES, guid, sizeof(guid));
    sha1(proof, KEY_BYTES + sizeof(guid) - 1, digest);
    accept = g_base64_encode(digest, sizeof(digest));
    n = snprintf(text, sizeof(text), "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                 "Sec-WebSocket-Accept: %s\r\n%s\r\n", accept, named ? "Sec-WebSocket-Protocol: binary\r\n" : "");
    g_free(accept);
    layer_say(&w->l, text, n);
    w->l.settled = true;
    w->state = HEAD;
}

static ssize_t take_request(struct websocket *w)
{
    while (w->l.in_at < w->l.in_len) {
        char c = w->l.in[w->l.in_at++];
        const char *fault;

        if (!c || w->len == REQUEST_BYTES)
            return refuse(w, c ? "the request is too long" : "no text");
        w->request[w->len++] = c;
        if (w->len < 4 || memcmp(w->request + w->len - 4, "\r\n\r\n", 4))
            continue;
        fault = request_fault(w->request);
        if (fault)
            return refuse(w, fault);
        accept_request(w);
        return 0;
    }
    return 0;
}

/* Frames (5.2) */

static bool say_frame(struct websocket *w, uint8_t opcode, const void *data, uint8_t n)
{
    uint8_t frame[2 + CONTROL_BYTES] = { FIN | opcode, n };

    memcpy(frame + 2, data, n);
    return layer_say(&w->l, frame, 2 + n);
}

static ssize_t fail(struct websocket *w, uint16_t status, const char *why)
{
    char data[CONTROL_BYTES + 1];
    int n = snprintf(data + 2, sizeof(data) - 2, "%s", why);

    data[0] = status >> 8;
    data[1] = (char)status;
    say_frame(w, CLOSE, data, 2 + n);
    return -EPROTO;
}

/* How long the head is, by what is there of it. */
static unsigned head_size(const struct websocket *w)
{
    unsigned len = w->head[1] & 0x7f;

    return w->head_len < 2 ? 2 : 2 + (len == 126 ? 2 : len == 127 ? 8 : 0) + 4;
}

static ssize_t head_check(struct websocket *w)
{
    bool fin = w->head[0] & FIN, control = w->opcode & 8;

    if ((w->head[0] & 0x70) || !(w->head[1] & MASKED) || w->left >> 63)
        return fail(w, CLOSE_PROTOCOL, "frames from clients are masked, without extensions");
    if (control && (!fin || w->left > CONTROL_BYTES))
        return fail(w, CLOSE_PROTOCOL, "control frames are whole and short");
    if (!control && w->opcode != BINARY && w->opcode != CONTINUATION)
        return fail(w, CLOSE_DATA, "only binary, close, ping, and pong frames are supported");
    if (w->opcode > PONG || (!control && w->in_message != (w->opcode == CONTINUATION)))
        return fail(w, CLOSE_PROTOCOL, "no such frame here");
    if (!control)
        w->in_message = !fin;
    w->state = PAYLOAD;
    return 0;
}

static ssize_t take_head(struct websocket *w)
{
    unsigned ext;

    w->head[w->head_len++] = w->l.in[w->l.in_at++];
    if (w->head_len < head_size(w))
        return 0;
    ext = head_size(w) - 6;
    w->left = ext ? 0 : w->head[1] & 0x7f;
    for (unsigned i = 0; i < ext; i++)
        w->left = w->left << 8 | w->head[2 + i];
    memcpy(w->mask, w->head + 2 + ext, sizeof(w->mask));
    w->opcode = w->head[0] & 0xf;
    w->at = w->head_len = w->control_len = 0;
    return head_check(w);
}

/* -EPIPE after a close, which is answered with the same status (5.5.1). */
static ssize_t control_done(struct websocket *w)
{
    if (w->opcode == PING)
        say_frame(w, PONG, w->control, w->control_len);
    if (w->opcode != CLOSE)
        return 0;
    say_frame(w, CLOSE, w->control, w->control_len < 2 ? 0 : 2);
    return -EPIPE;
}

/* Bytes made, at most n. */
static ssize_t take_payload(struct websocket *w, uint8_t *out, size_t n)
{
    bool control = w->opcode & 8;
    size_t part = w->l.in_len - w->l.in_at, made;

    part = part < w->left ? part : w->left;
    part = control || part < n ? part : n;
    for (made = 0; made < part; made++, w->at++) {
        uint8_t byte = w->l.in[w->l.in_at++] ^ w->mask[w->at % 4];

        if (control)
            w->control[w->control_len++] = byte;
        else
            out[made] = byte;
    }
    w->left -= part;
    if (w->left)
        return control ? 0 : made;
    w->state = HEAD;
    return control ? control_done(w) : (ssize_t)made;
}

static ssize_t websocket_decode(struct layer *l, void *buf, size_t n)
{
    struct websocket *w = ws(l);
    ssize_t r = 0;

    if (w->state == REQUEST)
        r = take_request(w);
    while (!r && n && (l->in_at < l->in_len || (w->state == PAYLOAD && !w->left)))
        r = w->state == HEAD ? take_head(w) : take_payload(w, buf, n);
    return r;
}

static size_t websocket_encode(struct layer *l, const void *buf, size_t n)
{
    size_t part = n < FRAME_BYTES ? n : FRAME_BYTES;
    uint8_t head[4] = { FIN | BINARY, part < 126 ? part : 126, part >> 8, part };

    layer_say(l, head, part < 126 ? 2 : 4);
    layer_say(l, buf, part);
    return part;
}

void websocket_push(struct channel *c)
{
    static const struct layer_ops ops = { websocket_decode, websocket_encode };
    struct websocket *w = calloc(1, sizeof(*w));

    assert(w);
    w->l.ops = &ops;
    layer_push(&w->l, c);
}
