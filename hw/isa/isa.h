/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The ISA bus: port space and sixteen interrupt lines
 *
 * A binding calls isa_map() and isa_irq() in its realize; both name the property and the range when
 * the user's choice is not possible.
 */

#include "core/bus.h"
#include "core/device.h"

struct isa_bus {
    struct bus bus;
    const struct irq_sink *gsi; /* where lines end */
};

/* In place, named "isa.0".  gsi: the router whose first 16 lines are ISA's; NULL: not wired (tests). */
void isa_bus_init(struct isa_bus *isa, struct machine *m, struct device *owner, const struct irq_sink *gsi);
void isa_bus_fini(struct isa_bus *isa);

/* Maps region n of a device on an ISA bus at a port. -ERANGE: beyond port space. */
int isa_map(struct device *dev, unsigned n, uint32_t port, struct error **err);
/* Does a device answer at that port?  Any thread, inside a device or not. */
bool isa_port_used(const struct machine *m, uint16_t port);
/* Wires irq to ISA line `line`, 0 to 15, which the user chose with the property `prop`. */
int isa_irq(struct device *dev, struct irq *irq, const char *prop, uint32_t line, struct error **err);
