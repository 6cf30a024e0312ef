/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Global system interrupts of a PC: from the lines of devices to the controllers' pins.  Home loop.
 */

#include "core/device.h"

enum { GSI_PINS = 24, GSI_ISA = 16 };

/* Input lines of the router beyond the GSIs themselves. */
enum gsi_line {
    GSI_LEGACY = GSI_PINS,      /* high: the HPET stands in for PIT and RTC on GSI 0 and 8 */
    GSI_LEGACY_TIMER,           /* what it puts on GSI 0 then */
    GSI_LEGACY_RTC,             /* and on GSI 8 */
    GSI_HPET,                   /* GSI_HPET + n: a second wire to GSI n, or-ed with the first */
    GSI_PIRQ = GSI_HPET + GSI_PINS,     /* GSI_PIRQ + n: a third one, from the PCI interrupt router */
    GSI_LINES = GSI_PIRQ + GSI_PINS,
};

/* The router, realized as /machine/gsi; freed with the machine. */
int gsi_new(struct machine *m, struct device **gsi, struct error **err);
/* Before the machine runs.  Any controller may be missing (NULL). */
void gsi_connect(struct device *gsi, struct device *pic_master, struct device *pic_slave, struct device *ioapic);
/* Its inputs: a GSI each, then the lines above. */
const struct irq_sink *gsi_sink(struct device *gsi);
/* The machine's router; NULL: it has none. */
struct device *gsi_find(struct machine *m);
