/* SPDX-License-Identifier: Apache-2.0 */
#include "hw/pci/router.h"

/*
 * PCI interrupt routing (see router.h)
 *
 * Pins are level-triggered and shared: a PIRQ is asserted while any pin that is wired to it is
 * (PCI Local Bus Specification 3.0, 2.2.6).  Who asserts is kept pin by pin rather than counted, so
 * that neither a repeated level nor a new wiring can leave a count behind.
 * Invariant: a PIRQ's level is a function of `asserted` and of the bridge's registers.
 */

#include "core/device.h"

#include <string.h>

void pci_router_init(struct pci_router *r, struct device *bridge, void (*set)(struct device *, unsigned, bool),
                     unsigned (*pirq)(const struct device *bridge, unsigned slot, unsigned pin))
{
    *r = (struct pci_router){ .sink = { bridge, set }, .pirq = pirq };
    bridge->inputs = &r->sink;
    bridge->n_inputs = PCI_INTX_LINES;
}

void pci_router_input(struct pci_router *r, unsigned line, bool level)
{
    uint64_t bit = 1ull << line % 64;

    if (level)
        r->asserted[line / 64] |= bit;
    else
        r->asserted[line / 64] &= ~bit;
}

void pci_router_count(const struct pci_router *r, uint32_t count[PCI_PIRQS])
{
    memset(count, 0, PCI_PIRQS * sizeof(count[0]));
    for (unsigned i = 0; i < PCI_INTX_LINES / 64; i++)
        for (uint64_t bits = r->asserted[i]; bits; bits &= bits - 1) {
            unsigned line = i * 64 + __builtin_ctzll(bits);

            count[r->pirq(r->sink.dev, line / PCI_PINS >> 3, line % PCI_PINS) % PCI_PIRQS]++;
        }
}
