/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Writing a table: header, numbers, pointers, checksum, at the end of the blob of tables
 *
 * Private to hw/acpi.  The functions that write one table each stand at the end.
 */

#include "hw/acpi/chipset.h"

void table_put(GByteArray *b, uint64_t val, unsigned bytes);
/* Exactly n characters, filled up with zeros. */
void table_put_text(GByteArray *b, const char *s, unsigned n);

/* Opens a table with its header; returns its offset, which table_end() takes to give it length and checksum. */
uint32_t table_begin(const struct acpi_machine *m, struct acpi_tables *t, const char *signature, uint8_t revision);
void table_end(struct acpi_tables *t, uint32_t start);
/* Appends an address of `size` bytes: offset `to` of the blob `target`. */
void table_put_pointer(struct acpi_tables *t, enum acpi_blob_id in, enum acpi_blob_id target, uint32_t to,
                       unsigned size);
void table_checksum(struct acpi_tables *t, enum acpi_blob_id in, uint32_t at, uint32_t start, uint32_t len);

void fadt_write(const struct acpi_machine *m, struct acpi_tables *t, uint32_t facs, uint32_t dsdt);
void madt_write(const struct acpi_machine *m, struct acpi_tables *t);
/* numa.c; not called without nodes. */
void srat_write(const struct acpi_machine *m, struct acpi_tables *t);
void slit_write(const struct acpi_machine *m, struct acpi_tables *t);
void hmat_write(const struct acpi_machine *m, struct acpi_tables *t);
