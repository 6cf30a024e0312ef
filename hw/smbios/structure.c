/* SPDX-License-Identifier: Apache-2.0 */
#include "hw/smbios/structure.h"

/*
 * A writer of SMBIOS structures
 *
 *     type (1), length of the formatted area (1), handle (2), ...; strings with a NUL each, one more NUL
 *
 * Strings are numbered from 1; a structure without any ends in two NULs.
 * Reference: SMBIOS 3.0 (DSP0134), section 6.1.
 */

#include <assert.h>
#include <string.h>

enum { LENGTH_AT = 1 };

void smbios_writer_init(struct smbios_writer *w, GByteArray *table)
{
    *w = (struct smbios_writer){ .table = table, .strings = g_byte_array_new() };
}

void smbios_writer_fini(struct smbios_writer *w)
{
    g_byte_array_free(w->strings, TRUE);
}

void smbios_put(struct smbios_writer *w, uint64_t val, unsigned bytes)
{
    for (; bytes--; val >>= 8)
        g_byte_array_append(w->table, &(uint8_t){ val }, 1);
}

void smbios_put_bytes(struct smbios_writer *w, const uint8_t *bytes, unsigned n)
{
    g_byte_array_append(w->table, bytes, n);
}

void smbios_open(struct smbios_writer *w, uint8_t type, uint16_t handle)
{
    w->start = w->table->len;
    w->n_strings = 0;
    g_byte_array_set_size(w->strings, 0);
    smbios_put(w, type, 1);
    smbios_put(w, 0, 1);
    smbios_put(w, handle, 2);
}

void smbios_add_string(struct smbios_writer *w, const char *s)
{
    if (!s || !*s)
        return;
    w->n_strings++;
    g_byte_array_append(w->strings, (const uint8_t *)s, strlen(s) + 1);
}

void smbios_put_string(struct smbios_writer *w, const char *s)
{
    smbios_add_string(w, s);
    smbios_put(w, s && *s ? w->n_strings : 0, 1);
}

static void count(struct smbios_writer *w, size_t bytes)
{
    w->count++;
    if (bytes > w->longest)
        w->longest = bytes;
}

void smbios_close(struct smbios_writer *w)
{
    guint formatted = w->table->len - w->start;

    assert(formatted <= UINT8_MAX);
    w->table->data[w->start + LENGTH_AT] = formatted;
    g_byte_array_append(w->table, w->strings->data, w->strings->len);
    smbios_put(w, 0, w->n_strings ? 1 : 2);
    count(w, w->table->len - w->start);
}

void smbios_append(struct smbios_writer *w, const uint8_t *bytes, size_t n)
{
    g_byte_array_append(w->table, bytes, n);
    count(w, n);
}
