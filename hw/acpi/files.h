/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * ACPI tables on their way to firmware: three files in fw_cfg, made again when firmware asks for them
 *
 * What the tables say depends on what firmware programmed (the base of power management, ECAM, BARs), so they are
 * built once when the machine is made, and again when one of the files is first selected after a reset.
 */

#include "hw/acpi/loader.h"

struct error;
struct machine;

/* Tables one after the other, their root pointer, and the script that ties them together. */
struct acpi_build {
    GByteArray *tables, *rsdp;
    struct acpi_loader loader;
};

void acpi_build_init(struct acpi_build *b);
void acpi_build_fini(struct acpi_build *b);
/* Writes the offset into dest at `at`, and the command that adds the address of the tables. */
void acpi_build_pointer(struct acpi_build *b, GByteArray *dest, uint32_t at, uint8_t size, uint32_t offset);
/* The command that makes the checksum of len bytes from start on; the byte is 0 until then. */
void acpi_build_checksum(struct acpi_build *b, GByteArray *dest, uint32_t at, uint32_t start, uint32_t len);

/*
 * Builds once and puts the files into the machine's fw_cfg.  build() fills an initialised b; it is called again on the
 * thread of the guest's access, inside fw_cfg: it reads, and enters no device.  The files keep their size.
 * Home loop, after fw_cfg_new() and all devices.
 */
int acpi_files_new(struct machine *m, void (*build)(void *opaque, struct acpi_build *b), void *opaque,
                   struct error **err);
