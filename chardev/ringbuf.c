/* SPDX-License-Identifier: Apache-2.0 */
#include "chardev/backend.h"

/*
 * ringbuf: the last bytes written, for ringbuf-read
 *
 * Invariant: put - taken <= size, a power of two; what is older than that has been overwritten.
 */

#include "lib/bits.h"
#include "lib/error.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

enum { DEFAULT_BYTES = 65536, MAX_BYTES = 1 << 28 };

struct char_ringbuf {
    struct chardev chr;
    uint8_t *data;
    size_t size;
    uint64_t put, taken;
};

static int ringbuf_open(struct chardev *chr, const struct chardev_config *cfg, struct error **err)
{
    struct char_ringbuf *c = (struct char_ringbuf *)chr;
    uint64_t size = cfg->size_bytes ? cfg->size_bytes : DEFAULT_BYTES;

    if (!bits_is_pow2(size) || size > MAX_BYTES)
        return error_set(err, -EINVAL, ERROR_RANGE, T("chardev %s", chr->label),
                         T("size=%llu", (unsigned long long)size), "a power of two from 1 to 256M");
    c->size = size;
    c->data = malloc(size);
    chr->open = c->data != NULL;
    return c->data ? 0 : error_set_host(err, -ENOMEM, T("chardev %s", chr->label), "size");
}

static void ringbuf_close(struct chardev *chr)
{
    free(((struct char_ringbuf *)chr)->data);
}

static size_t ringbuf_write(struct chardev *chr, const void *buf, size_t n)
{
    struct char_ringbuf *c = (struct char_ringbuf *)chr;
    const uint8_t *bytes = buf;

    for (size_t i = 0; i < n; i++)
        c->data[c->put++ & (c->size - 1)] = bytes[i];
    if (c->put - c->taken > c->size)
        c->taken = c->put - c->size;
    return n;
}

long chardev_ringbuf_write(struct chardev *chr, const void *buf, size_t n)
{
    return chr->type == &char_ringbuf ? (long)ringbuf_write(chr, buf, n) : -EINVAL;
}

long chardev_ringbuf_held(struct chardev *chr)
{
    struct char_ringbuf *c = (struct char_ringbuf *)chr;

    return chr->type == &char_ringbuf ? (long)(c->put - c->taken) : -EINVAL;
}

long chardev_ringbuf_read(struct chardev *chr, void *buf, size_t n)
{
    struct char_ringbuf *c = (struct char_ringbuf *)chr;
    uint8_t *bytes = buf;
    size_t i = 0;

    if (chr->type != &char_ringbuf)
        return -EINVAL;
    while (i < n && c->taken != c->put)
        bytes[i++] = c->data[c->taken++ & (c->size - 1)];
    return i;
}

const struct char_backend char_ringbuf = {
    .kind = CHAR_RINGBUF, .name = "ringbuf", .size = sizeof(struct char_ringbuf),
    .open = ringbuf_open, .close = ringbuf_close, .write = ringbuf_write,
};
