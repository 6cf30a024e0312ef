/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * ACPI power management: what boards and other devices ask of the chip, be it the ICH9's or the PIIX4's
 */

#include "core/device.h"

/* General purpose events, by their bit in GPE0. */
enum acpi_gpe { GPE_PCI_HOTPLUG = 1, GPE_CPU_HOTPLUG = 2, GPE_MEMORY_HOTPLUG = 3, GPE_NVDIMM = 4, GPE_VMGENID = 5 };

/* Any thread, inside a device or not: the event's status bit is set on the home loop.  Nothing without such a chip. */
void acpi_gpe_raise(struct machine *m, enum acpi_gpe gpe);
/* The guest is told that a CPU has come into a place, or is asked to let it go.  -ENOTSUP, of one that is to leave: the
 * guest has not left the old registers, which cannot say that.  Home loop; there is a chip. */
int acpi_cpu_tell(struct machine *m, unsigned index, bool leaves, struct error **err);
/* The power button was pressed; home loop. */
void acpi_power_button(struct machine *m);
/* The fw_cfg file "etc/system-states": a byte for each of S0 to S5, bit 7: supported, bits 2 to 0: SLP_TYP. */
enum { ACPI_SYSTEM_STATES = 6 };
void acpi_system_states(struct machine *m, uint8_t states[static ACPI_SYSTEM_STATES]);
