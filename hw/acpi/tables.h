/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * ACPI tables of the PC machines
 *
 * Pure: a description of the machine goes in, bytes that are valid at one address come out.
 */

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

struct acpi_machine {
    unsigned n_cpus;
    const uint32_t *apic_ids;
    uint16_t pm_base;           /* of the PM1 event block */
    uint64_t ecam_base;         /* 256 buses; 0: none */
    uint32_t pci_memory_first, pci_memory_last;         /* the window for 32-bit BARs */
    uint64_t pci_memory64_first, pci_memory64_last;     /* last 0: none */
    bool hpet, serial;
};

struct acpi_blob {
    GByteArray *bytes;
    uint64_t rsdp;              /* offset of the root pointer in bytes */
};

/* All tables one after the other, each aligned, with checksums and addresses for a blob at `base`. */
void acpi_build(const struct acpi_machine *m, uint64_t base, struct acpi_blob *blob);
void acpi_blob_fini(struct acpi_blob *blob);
/* The DSDT alone; for tests and for the table loader. */
GByteArray *acpi_build_dsdt(const struct acpi_machine *m);
