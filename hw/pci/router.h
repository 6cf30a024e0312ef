/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The interrupt router of a root bus: from the pins of functions to PIRQ lines
 *
 * An ISA bridge embeds it.  Its lock ranks behind those of functions (RANK_BRIDGE), so that a function
 * tells its pin's level under its own lock; the bridge's outputs() then follow, as with every controller.
 */

#include "core/irq.h"

#include <stddef.h>

enum { PCI_PINS = 4, PCI_PIRQS = 8, PCI_INTX_LINES = 256 * PCI_PINS };

struct pci_router {
    struct irq_sink sink;       /* a line for each function and pin: pci_intx_line() */
    /* The PIRQ that pin 0 to 3 of a slot is wired to; under the bridge's lock. */
    unsigned (*pirq)(const struct device *bridge, unsigned slot, unsigned pin);
    uint64_t asserted[PCI_INTX_LINES / 64];
};

static inline unsigned pci_intx_line(uint8_t devfn, unsigned pin)
{
    return devfn * PCI_PINS + pin;
}

/* set: the bridge's, for its sink, which becomes its inputs; calls pci_router_input(). */
void pci_router_init(struct pci_router *r, struct device *bridge, void (*set)(struct device *, unsigned, bool),
                     unsigned (*pirq)(const struct device *bridge, unsigned slot, unsigned pin));
void pci_router_input(struct pci_router *r, unsigned line, bool level);
/* How many pins assert each PIRQ now. */
void pci_router_count(const struct pci_router *r, uint32_t count[PCI_PIRQS]);
