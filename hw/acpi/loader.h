/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The linker/loader script: how firmware puts blobs from fw_cfg into memory
 *
 * Firmware allocates memory for a file, fetches it, adds its address wherever a pointer to it stands, and makes
 * checksums.  A pointer in a blob holds the offset in the file that it points into until then.
 * Pure; a script that grows too long is marked, and acpi_files_new() refuses it.
 */

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#define ACPI_FILE_TABLES "etc/acpi/tables"
#define ACPI_FILE_RSDP "etc/acpi/rsdp"
#define ACPI_FILE_LOADER "etc/table-loader"

enum { ACPI_COMMAND_BYTES = 128, ACPI_LOADER_MAX = 64 << 10 };
enum acpi_zone { ACPI_ZONE_HIGH = 1, ACPI_ZONE_F = 2 };         /* anywhere below 4 GiB; F0000h-FFFFFh */

struct acpi_loader { GByteArray *commands; bool full; };

void acpi_loader_init(struct acpi_loader *l);
void acpi_loader_fini(struct acpi_loader *l);
/* Allocations go to the front of the script, the latest first. */
void acpi_loader_allocate(struct acpi_loader *l, const char *file, uint32_t align, enum acpi_zone zone);
/* The little-endian number of size (1, 2, 4, 8) bytes at `at` of file grows by the address of target. */
void acpi_loader_add_pointer(struct acpi_loader *l, const char *file, uint32_t at, uint8_t size, const char *target);
/* The byte at `at` of file makes the sum of len bytes from start on 0; at lies among them. */
void acpi_loader_add_checksum(struct acpi_loader *l, const char *file, uint32_t at, uint32_t start, uint32_t len);
/* The address of target plus target_at is written at `at` of a writable fw_cfg file. */
void acpi_loader_write_pointer(struct acpi_loader *l, const char *file, uint32_t at, uint8_t size, const char *target,
                               uint32_t target_at);
