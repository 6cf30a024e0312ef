/* SPDX-License-Identifier: Apache-2.0 */
#include "hw/isa/ich9-pm.h"

/*
 * ICH9 interrupt routing: from PCI pins to PIRQA to PIRQH, and from those to the 8259s and the IOAPIC
 *
 * Slots 25 to 31 are the ICH9's own functions, whose pins the DnnIR registers of the root complex
 * block place.  The other slots are wired by the board, which turns them around PIRQE to PIRQH.
 * PIRQA to PIRQH are pins 16 to 23 of the IOAPIC, always, and an input of the 8259s each as far as their
 * routing register says so.
 * Reference: Intel I/O Controller Hub 9 data sheet, 5.9 (interrupts), 10.1.46 to 10.1.52 (DnnIR),
 * 13.1.17 and 13.1.19 (PIRQ[n]_ROUT); the wiring of the board as its ACPI tables give it.
 * Invariant: all lines are a function of the pins' levels, PIRQ[n]_ROUT and DnnIR.
 */

#include "lib/bits.h"

enum { PIRQ_A_D = 0x60, PIRQ_E_H = 0x68, ROUT_IRQEN = 0x80, ROUT_IRQ = 0x0f };
enum { DIR_RESET = 0x3210, DIR_NONE = 0 };
enum { FIRST_OWN_SLOT = 25, DMI_SLOT = 30, GSI_PIRQA = 16, PIRQ_E = 4 };

/* D25IR to D31IR; the bridge in slot 30 has none. */
static const uint16_t dir_at[] = { 0x3150, 0x314c, 0x3148, 0x3146, 0x3144, DIR_NONE, 0x3140 };

/* Four bits a pin, of which three name a PIRQ. */
static unsigned own_pirq(const struct ich9_lpc *l, unsigned slot, unsigned pin)
{
    const uint8_t *dir = &l->st.chip_config[dir_at[slot - FIRST_OWN_SLOT]];

    return dir[pin / 2] >> (pin & 1 ? 4 : 0) & 7;
}

static unsigned pirq_of(const struct device *dev, unsigned slot, unsigned pin)
{
    if (slot >= FIRST_OWN_SLOT && slot != DMI_SLOT)
        return own_pirq((const struct ich9_lpc *)dev, slot, pin);
    return PIRQ_E + (slot == DMI_SLOT ? pin : slot + pin) % PCI_PINS;
}

static void input(struct device *dev, unsigned line, bool level)
{
    pci_router_input(&ich9_lpc(dev)->router, line, level);
}

void ich9_pirq_reset(struct device *dev)
{
    for (unsigned i = 0; i < sizeof(dir_at) / sizeof(dir_at[0]); i++)
        if (dir_at[i] != DIR_NONE)
            bits_store(&ich9_lpc(dev)->st.chip_config[dir_at[i]], 2, DIR_RESET);
}

static uint8_t rout(const uint8_t *config, unsigned pirq)
{
    return config[pirq < PIRQ_E ? PIRQ_A_D + pirq : PIRQ_E_H + pirq - PIRQ_E];
}

void ich9_pirq_outputs(struct device *dev)
{
    struct ich9_lpc *l = ich9_lpc(dev);
    uint32_t count[PCI_PIRQS], lines = 0;

    pci_router_count(&l->router, count);
    for (unsigned n = 0; n < PCI_PIRQS; n++) {
        uint8_t r = rout(l->st.pci.config, n);

        if (count[n])
            lines |= 1u << (GSI_PIRQA + n) | (r & ROUT_IRQEN ? 0 : 1u << (r & ROUT_IRQ));
    }
    for (unsigned n = 0; n < GSI_PINS; n++)
        irq_set(&l->pirq[n], lines >> n & 1);
}

void ich9_pirq_wire(struct device *dev)
{
    struct ich9_lpc *l = ich9_lpc(dev);

    for (unsigned n = 0; n < GSI_PINS; n++)
        l->pirq[n] = (struct irq){ .sink = l->gsi, .line = GSI_PIRQ + n };
    pci_router_init(&l->router, dev, input, pirq_of);
    pci_bus_set_router((struct pci_bus *)dev->bus, &l->router);
}
