/* SPDX-License-Identifier: Apache-2.0 */
#include "hw/acpi/table.h"

/*
 * Writing a table (see table.h)
 *
 * ACPI 3.0, 5.2.6 (system description table header).
 * Invariant: addresses are offsets, and checksums are 0, until the fixups are applied.
 */

#include <assert.h>
#include <string.h>

void table_put(GByteArray *b, uint64_t val, unsigned bytes)
{
    while (bytes--) {
        uint8_t byte = val;

        g_byte_array_append(b, &byte, 1);
        val >>= 8;
    }
}

void table_put_text(GByteArray *b, const char *s, unsigned n)
{
    unsigned len = strnlen(s, n);

    g_byte_array_append(b, (const uint8_t *)s, len);
    while (len++ < n)
        table_put(b, 0, 1);
}

uint32_t table_begin(const struct acpi_machine *m, struct acpi_tables *t, const char *signature, uint8_t revision)
{
    GByteArray *b = t->blob[ACPI_TABLES];
    uint32_t start = b->len;

    table_put_text(b, signature, 4);
    table_put(b, 0, 4);
    table_put(b, revision, 1);
    table_put(b, 0, 1);
    table_put_text(b, m->oem_id ? m->oem_id : "BOCHS ", 6);
    table_put_text(b, m->oem_table_id ? m->oem_table_id : "BXPC    ", 8);
    table_put(b, 1, 4);
    table_put_text(b, "BXPC", 4);
    table_put(b, 1, 4);
    return start;
}

void table_checksum(struct acpi_tables *t, enum acpi_blob_id in, uint32_t at, uint32_t start, uint32_t len)
{
    struct acpi_fixup f = { .kind = ACPI_CHECKSUM, .in = in, .target = in, .at = at, .start = start, .len = len,
                            .size = 1 };

    g_array_append_val(t->fixups, f);
}

void table_end(struct acpi_tables *t, uint32_t start)
{
    GByteArray *b = t->blob[ACPI_TABLES];
    uint32_t len = b->len - start;

    for (unsigned i = 0; i < 4; i++)
        b->data[start + 4 + i] = len >> 8 * i;
    table_checksum(t, ACPI_TABLES, start + 9, start, len);
}

void table_put_pointer(struct acpi_tables *t, enum acpi_blob_id in, enum acpi_blob_id target, uint32_t to,
                       unsigned size)
{
    struct acpi_fixup f = { .kind = ACPI_POINTER, .in = in, .target = target, .at = t->blob[in]->len, .size = size };

    g_array_append_val(t->fixups, f);
    table_put(t->blob[in], to, size);
}
