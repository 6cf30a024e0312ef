/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A big-endian byte stream in memory: the only place that touches its buffer
 *
 * Writing grows the buffer up to `limit`.  Reading past the end, or writing past the limit, changes
 * nothing and sets `bad`, which stays.  One thread at a time.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct wire {
    uint8_t *buf;               /* of a writer: owned, wire_fini() frees it; of a reader: borrowed */
    size_t len, at;             /* writer: capacity and end; reader: bytes and position */
    size_t limit;               /* of a writer */
    bool bad;
};

#define WIRE_LIMIT (64u << 20)

static inline void wire_fini(struct wire *w)
{
    free(w->buf);
    *w = (struct wire){ 0 };
}

static inline bool wire_room(struct wire *w, size_t n)
{
    size_t want = w->len ? w->len : 4096;
    uint8_t *buf;

    if (w->bad || n > w->limit - w->at) {
        w->bad = true;
        return false;
    }
    while (want < w->at + n)
        want *= 2;
    if (want > w->len || !w->buf) {
        buf = realloc(w->buf, want);
        if (!buf) {
            w->bad = true;
            return false;
        }
        w->buf = buf;
        w->len = want;
    }
    return true;
}

static inline void wire_put(struct wire *w, uint64_t val, unsigned bytes)
{
    if (wire_room(w, bytes))
        while (bytes--)
            w->buf[w->at++] = val >> 8 * bytes;
}

static inline void wire_put_bytes(struct wire *w, const void *p, size_t n)
{
    if (n && wire_room(w, n)) {
        memcpy(w->buf + w->at, p, n);
        w->at += n;
    }
}

static inline uint64_t wire_get(struct wire *w, unsigned bytes)
{
    uint64_t val = 0;

    if (w->bad || bytes > w->len - w->at) {
        w->bad = true;
        return 0;
    }
    while (bytes--)
        val = val << 8 | w->buf[w->at++];
    return val;
}

static inline void wire_get_bytes(struct wire *w, void *p, size_t n)
{
    if (w->bad || n > w->len - w->at) {
        w->bad = true;
        memset(p, 0, n);
        return;
    }
    memcpy(p, w->buf + w->at, n);
    w->at += n;
}

/* A length byte, then as many characters. */
static inline void wire_put_name(struct wire *w, const char *name)
{
    size_t n = strlen(name);

    wire_put(w, n, 1);
    wire_put_bytes(w, name, n);
    w->bad |= n > 255;
}

static inline const char *wire_get_name(struct wire *w, char name[static 256])
{
    unsigned n = wire_get(w, 1);

    wire_get_bytes(w, name, n);
    name[w->bad ? 0 : n] = '\0';
    return name;
}
