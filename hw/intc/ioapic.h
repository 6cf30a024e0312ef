/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* The I/O APIC of a PC, for boards and the GSI router.  Home loop. */

#include "core/device.h"

enum { IOAPIC_PINS = 24, IOAPIC_ADDR = 0xfec00000 };

/* Realized as a child of parent (NULL: unattached) and mapped at IOAPIC_ADDR; freed with the machine. */
int ioapic_new(struct machine *m, struct object *parent, struct device **dev, struct error **err);
/* Its inputs, lines 0 to 23. */
const struct irq_sink *ioapic_sink(struct device *dev);
