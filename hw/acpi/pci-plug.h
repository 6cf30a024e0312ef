/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The PCI hot-plug controller's ports, as the DSDT of both machines uses them (dsdt-pci.c)
 *
 * Part of the power management chip: its state is in struct acpi_pm_state, its event is GPE 1.
 */

#include "hw/acpi/pm-chip.h"

enum { PCI_PLUG_PORTS = 24 };

uint64_t pci_plug_read(struct device *dev, uint64_t at, unsigned size);
void pci_plug_write(struct device *dev, uint64_t at, unsigned size, uint64_t val);
/* In realize: functions of this bus, the guest's bus 0, come and go by the controller from now on. */
void pci_plug_start(struct device *dev, struct pci_bus *root);
void pci_plug_stop(struct device *dev);
/* In reset. */
void pci_plug_reset(struct device *dev);

#define PCI_PLUG_REGION \
    { .name = "acpi-pci-hotplug", .size = PCI_PLUG_PORTS, .min = 1, .max = 4, .ports = true, .read = pci_plug_read, \
      .write = pci_plug_write }
