/* SPDX-License-Identifier: Apache-2.0 */
#include "hw/acpi/aml.h"

/*
 * AML writer: names, numbers, packages, resources (see aml.h)
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

void aml_bytes(struct aml *a, uint64_t val, unsigned bytes)
{
    while (bytes--) {
        uint8_t b = val;

        g_byte_array_append(a->bytes, &b, 1);
        val >>= 8;
    }
}

void aml_op(struct aml *a, unsigned code)
{
    if (code > 0xff)
        aml_bytes(a, code >> 8, 1);
    aml_bytes(a, code & 0xff, 1);
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
        aml_bytes(a, '\\', 1);
        name++;
        if (!*name)
            aml_bytes(a, 0, 1);
    }
    for (const char *c = name; *c; c++)
        n += *c == '.';
    if (n == 2)
        aml_bytes(a, 0x2e, 1);
    else if (n > 2) {
        aml_bytes(a, 0x2f, 1);
        aml_bytes(a, n, 1);
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

void aml_open(struct aml *a, unsigned opcode)
{
    aml_op(a, opcode);
    open_package(a, false);
}

void aml_begin(struct aml *a, unsigned opcode, const char *name)
{
    aml_open(a, opcode);
    aml_path(a, name);
}

void aml_name(struct aml *a, const char *name)
{
    aml_op(a, 0x08);
    aml_path(a, name);
}

/* A length of n bytes in all: 6 bits in one, or 4 bits in the first and 8 in each further one. */
static unsigned length_encode(guint len, unsigned n, uint8_t bytes[4])
{
    bytes[0] = n == 1 ? len : (n - 1) << 6 | (len & 0xf);
    for (unsigned i = 1; i < n; i++)
        bytes[i] = len >> (4 + 8 * (i - 1));
    return n;
}

/* A package length counts its own bytes: 1 to 4 of them. */
static void insert_length(struct aml *a, guint at)
{
    guint len = a->bytes->len - at, n = len < 0x3f ? 1 : len < 0xffe ? 2 : len < 0xffffd ? 3 : 4;
    uint8_t bytes[4];

    length_encode(len + n, n, bytes);
    g_byte_array_set_size(a->bytes, a->bytes->len + n);
    memmove(a->bytes->data + at + n, a->bytes->data + at, a->bytes->len - n - at);
    memcpy(a->bytes->data + at, bytes, n);
}

void aml_close(struct aml *a)
{
    assert(a->depth);
    insert_length(a, a->open[--a->depth].at);
}

/* Here the length is the field's in bits, and does not count itself. */
void aml_field_unit(struct aml *a, const char *name, unsigned bits)
{
    uint8_t bytes[4];

    if (*name)
        segment(a, name, strlen(name));
    else
        aml_bytes(a, 0, 1);
    g_byte_array_append(a->bytes, bytes, length_encode(bits, bits <= 0x3f ? 1 : bits <= 0xfff ? 2 : 3, bytes));
}

void aml_integer(struct aml *a, uint64_t val)
{
    if (val <= 1) {
        aml_op(a, val);
    } else if (val <= 0xff) {
        aml_op(a, 0x0a);
        aml_bytes(a, val, 1);
    } else if (val <= 0xffff) {
        aml_op(a, 0x0b);
        aml_bytes(a, val, 2);
    } else if (val <= 0xffffffff) {
        aml_op(a, 0x0c);
        aml_bytes(a, val, 4);
    } else {
        aml_op(a, 0x0e);
        aml_bytes(a, val, 8);
    }
}

void aml_string(struct aml *a, const char *s)
{
    aml_op(a, 0x0d);
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

    aml_op(a, 0x0c);
    aml_bytes(a, GUINT32_SWAP_LE_BE(v), 4);
}

/* A Buffer whose size term has room for two bytes, as no template here needs more. */
void aml_resources(struct aml *a)
{
    aml_op(a, 0x11);
    open_package(a, true);
    aml_op(a, 0x0b);
    aml_bytes(a, 0, 2);
}

void aml_resources_end(struct aml *a)
{
    guint at = a->open[a->depth - 1].at, size;

    assert(a->open[a->depth - 1].buffer);
    aml_bytes(a, 0x79, 1);
    aml_bytes(a, 0, 1);            /* checksum 0: not used */
    size = a->bytes->len - at - 3;
    a->bytes->data[at + 1] = size;
    a->bytes->data[at + 2] = size >> 8;
    aml_close(a);
}

void aml_res_io(struct aml *a, uint16_t min, uint8_t align, uint8_t len)
{
    aml_bytes(a, 0x47, 1);
    aml_bytes(a, 1, 1);            /* decodes 16 bits */
    aml_bytes(a, min, 2);
    aml_bytes(a, min, 2);
    aml_bytes(a, align, 1);
    aml_bytes(a, len, 1);
}

void aml_res_irq(struct aml *a, uint16_t mask)
{
    aml_bytes(a, 0x22, 1);
    aml_bytes(a, mask, 2);
}

void aml_res_interrupts(struct aml *a, const uint64_t *gsi, unsigned n)
{
    enum { CONSUMER = 1, SHARED = 8 };

    aml_bytes(a, 0x89, 1);
    aml_bytes(a, 2 + 4 * n, 2);
    aml_bytes(a, CONSUMER | SHARED, 1);
    aml_bytes(a, n, 1);
    for (unsigned i = 0; i < n; i++)
        aml_bytes(a, gsi[i], 4);
}

void aml_res_memory32_fixed(struct aml *a, uint32_t base, uint32_t len, bool writable)
{
    aml_bytes(a, 0x86, 1);
    aml_bytes(a, 9, 2);
    aml_bytes(a, writable, 1);
    aml_bytes(a, base, 4);
    aml_bytes(a, len, 4);
}

/* The word, doubleword and quadword address spaces share their form (6.4.3.5). */
static void address_space(struct aml *a, unsigned tag, unsigned bytes, unsigned type, unsigned general,
                          unsigned specific, uint64_t min, uint64_t max)
{
    aml_bytes(a, tag, 1);
    aml_bytes(a, 3 + 5 * bytes, 2);
    aml_bytes(a, type, 1);
    aml_bytes(a, general, 1);
    aml_bytes(a, specific, 1);
    aml_bytes(a, 0, bytes);
    aml_bytes(a, min, bytes);
    aml_bytes(a, max, bytes);
    aml_bytes(a, 0, bytes);
    aml_bytes(a, max - min + 1, bytes);
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
