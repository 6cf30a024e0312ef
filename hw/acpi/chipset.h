/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What differs between the machines' tables for good (acpi_q35 and acpi_pc).  Private to hw/acpi. */

#include "hw/acpi/aml.h"
#include "hw/acpi/tables.h"

struct acpi_chipset {
    const char *host;                   /* terms of the host bridge beside _ADR and _UID */
    const char *isa_bridge;             /* terms of the function isa_devfn: its PIRQ registers */
    uint8_t isa_devfn;
    uint8_t fadt_revision;              /* 1, or 3 with the extended addresses */
    uint8_t acpi_enable, acpi_disable;  /* values for the SMI command port */
    uint16_t gpe0_base;                 /* 0: 20h above the PM1 event block */
    uint8_t gpe0_bytes;
    uint16_t pci_hotplug_base, cpu_hotplug_base;
    bool reset_register;
    bool keyboard_flag;                 /* FADT tells whether there is an i8042 */
    void (*osc)(struct aml *a, const struct acpi_machine *m);           /* in the host bridge; NULL: none */
    void (*routing)(struct aml *a, const struct acpi_machine *m);       /* link devices, _PRT; at the root */
};

static inline uint16_t acpi_gpe0(const struct acpi_machine *m)
{
    return m->chipset->gpe0_base ? m->chipset->gpe0_base : m->pm_base + 0x20;
}
