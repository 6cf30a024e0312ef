/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* The parts of the DSDT, in the order of their appearance.  Private to hw/acpi. */

#include "hw/acpi/chipset.h"

/* The DSDT's definition block without its header; caller frees. */
GByteArray *dsdt_body(const struct acpi_machine *m);
/* The generation id's SSDT, the same; *address gets the offset of the four bytes that point to its page. */
GByteArray *vmgenid_body(uint32_t *address);

/* dsdt-pci.c */
void dsdt_hotplug_controller(struct aml *a, const struct acpi_machine *m);
void dsdt_link(struct aml *a, char letter, unsigned uid, char reg);    /* LNKx on the register PRQx */
void dsdt_windows(struct aml *a, const struct acpi_machine *m);
void dsdt_functions(struct aml *a, const struct acpi_machine *m);
/* dsdt-isa.c: the devices behind the ISA bridge, inside it. */
void dsdt_isa(struct aml *a, const struct acpi_machine *m);
/* dsdt-cpu.c */
void dsdt_cpus(struct aml *a, const struct acpi_machine *m);
