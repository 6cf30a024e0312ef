/* SPDX-License-Identifier: Apache-2.0 */
#include "hw/acpi/aml.h"

/*
 * AML writer (see aml.h)
 *
 * Encodings: ACPI 3.0, sections 19.2.2 (names), 19.2.3 (data), 19.2.4 (package length), 6.4 (resources).
 * Invariant: every open package is closed before the block is used.
 */

#include <assert.h>
#include <string.h>

void aml_init(struct aml *a)
{
    *a = (struct aml){ .bytes = g_byte_array_new() };
}

void aml_fini(struct aml *a)
{
    g_byte_array_free(a->bytes, TRUE);
}

static void number(struct aml *a, uint64_t val, unsigned bytes)
{
    while (bytes--) {
        uint8_t b = val;

        g_byte_array_append(a->bytes, &b, 1);
        val >>= 8;
    }
}

static void op(struct aml *a, unsigned code)
{
    if (code > 0xff)
        number(a, code >> 8, 1);
    number(a, code & 0xff, 1);
}

/* One segment is four characters, filled up with underscores. */
static void segment(struct aml *a, const char *s, size_t n)
{
    char seg[4] = { '_', '_', '_', '_' };

    assert(n <= 4);
    memcpy(seg, s, n);
    g_byte_array_append(a->bytes, (const uint8_t *)seg, 4);
}

void aml_path(struct aml *a, const char *name)
{
    unsigned n = 1;

    if (*name == '\\') {
        number(a, '\\', 1);
        name++;
        if (!*name)
            number(a, 0, 1);
    }
    for (const char *c = name; *c; c++)
        n += *c == '.';
    if (n == 2)
        number(a, 0x2e, 1);
    else if (n > 2) {
        number(a, 0x2f, 1);
        number(a, n, 1);
    }
    while (*name) {
        size_t len = strcspn(name, ".");

        segment(a, name, len);
        name += len + (name[len] == '.');
    }
}

static void open_package(struct aml *a, bool buffer)
{
    assert(a->depth < G_N_ELEMENTS(a->open));
    a->open[a->depth].at = a->bytes->len;
    a->open[a->depth++].buffer = buffer;
}

/* A package length counts its own bytes: 1 to 4 of them. */
static void insert_length(struct aml *a, guint at)
{
    guint len = a->bytes->len - at, n = len < 0x3f ? 1 : len < 0xffe ? 2 : len < 0xffffd ? 3 : 4;
    uint8_t bytes[4];

    len += n;
    bytes[0] = n == 1 ? len : (n - 1) << 6 | (len & 0xf);
    for (guint i = 1; i < n; i++)
        bytes[i] = len >> (4 + 8 * (i - 1));
    g_byte_array_set_size(a->bytes, a->bytes->len + n);
    memmove(a->bytes->data + at + n, a->bytes->data + at, a->bytes->len - n - at);
    memcpy(a->bytes->data + at, bytes, n);
}

void aml_close(struct aml *a)
{
    assert(a->depth);
    insert_length(a, a->open[--a->depth].at);
}

void aml_scope(struct aml *a, const char *name)
{
    op(a, 0x10);
    open_package(a, false);
    aml_path(a, name);
}

void aml_device(struct aml *a, const char *name)
{
    op(a, 0x5b82);
    open_package(a, false);
    aml_path(a, name);
}

void aml_method(struct aml *a, const char *name, unsigned args, bool serialized)
{
    op(a, 0x14);
    open_package(a, false);
    aml_path(a, name);
    number(a, args | (serialized ? 8 : 0), 1);
}

void aml_package(struct aml *a, uint8_t elements)
{
    op(a, 0x12);
    open_package(a, false);
    number(a, elements, 1);
}

void aml_name(struct aml *a, const char *name)
{
    op(a, 0x08);
    aml_path(a, name);
}

void aml_return(struct aml *a)
{
    op(a, 0xa4);
}

void aml_integer(struct aml *a, uint64_t val)
{
    if (val <= 1) {
        op(a, val);
    } else if (val <= 0xff) {
        op(a, 0x0a);
        number(a, val, 1);
    } else if (val <= 0xffff) {
        op(a, 0x0b);
        number(a, val, 2);
    } else if (val <= 0xffffffff) {
        op(a, 0x0c);
        number(a, val, 4);
    } else {
        op(a, 0x0e);
        number(a, val, 8);
    }
}

void aml_string(struct aml *a, const char *s)
{
    op(a, 0x0d);
    g_byte_array_append(a->bytes, (const uint8_t *)s, strlen(s) + 1);
}

static unsigned hex_digit(char c)
{
    return c <= '9' ? c - '0' : c - 'A' + 10;
}

/* Three letters in five bits each, then four hexadecimal digits; big-endian. */
void aml_eisaid(struct aml *a, const char *id)
{
    uint32_t v = (id[0] - 0x40u) << 26 | (id[1] - 0x40u) << 21 | (id[2] - 0x40u) << 16 | hex_digit(id[3]) << 12 |
                 hex_digit(id[4]) << 8 | hex_digit(id[5]) << 4 | hex_digit(id[6]);

    op(a, 0x0c);
    number(a, GUINT32_SWAP_LE_BE(v), 4);
}

/* A Buffer whose size term has room for two bytes, as no template here needs more. */
void aml_resources(struct aml *a)
{
    op(a, 0x11);
    open_package(a, true);
    op(a, 0x0b);
    number(a, 0, 2);
}

void aml_resources_end(struct aml *a)
{
    guint at = a->open[a->depth - 1].at, size;

    assert(a->open[a->depth - 1].buffer);
    number(a, 0x79, 1);
    number(a, 0, 1);            /* checksum 0: not used */
    size = a->bytes->len - at - 3;
    a->bytes->data[at + 1] = size;
    a->bytes->data[at + 2] = size >> 8;
    aml_close(a);
}

void aml_res_io(struct aml *a, uint16_t min, uint16_t max, uint8_t align, uint8_t len)
{
    number(a, 0x47, 1);
    number(a, 1, 1);            /* decodes 16 bits */
    number(a, min, 2);
    number(a, max, 2);
    number(a, align, 1);
    number(a, len, 1);
}

void aml_res_irq(struct aml *a, uint16_t mask)
{
    number(a, 0x22, 1);
    number(a, mask, 2);
}

void aml_res_memory32_fixed(struct aml *a, uint32_t base, uint32_t len, bool writable)
{
    number(a, 0x86, 1);
    number(a, 9, 2);
    number(a, writable, 1);
    number(a, base, 4);
    number(a, len, 4);
}

/* The word, doubleword and quadword address spaces share their form (6.4.3.5). */
static void address_space(struct aml *a, unsigned tag, unsigned bytes, unsigned type, unsigned general,
                          unsigned specific, uint64_t min, uint64_t max)
{
    number(a, tag, 1);
    number(a, 3 + 5 * bytes, 2);
    number(a, type, 1);
    number(a, general, 1);
    number(a, specific, 1);
    number(a, 0, bytes);
    number(a, min, bytes);
    number(a, max, bytes);
    number(a, 0, bytes);
    number(a, max - min + 1, bytes);
}

enum { FIXED_PRODUCER = 0x0c };

void aml_res_bus_range(struct aml *a, uint16_t min, uint16_t max)
{
    address_space(a, 0x88, 2, 2, FIXED_PRODUCER, 0, min, max);
}

void aml_res_io_range(struct aml *a, uint16_t min, uint16_t max)
{
    address_space(a, 0x88, 2, 1, FIXED_PRODUCER, 3, min, max);
}

void aml_res_memory_range(struct aml *a, uint32_t min, uint32_t max, bool cacheable)
{
    address_space(a, 0x87, 4, 0, FIXED_PRODUCER, cacheable ? 3 : 1, min, max);
}

void aml_res_memory_range64(struct aml *a, uint64_t min, uint64_t max)
{
    address_space(a, 0x8a, 8, 0, FIXED_PRODUCER, 3, min, max);
}
