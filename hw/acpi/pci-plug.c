/* SPDX-License-Identifier: Apache-2.0 */
#include "hw/acpi/pci-plug.h"

/*
 * PCI hot-plug controller: which slots of a bus have been filled, and which shall be left
 *
 *   00h  slots whose function has come, a bit each; reading clears them
 *   04h  slots that are asked to be left; set until they are
 *   08h  writing: the function in the slot of the lowest bit that is set goes; reads 0, as there are no features
 *   0Ch  slots whose function can go, or that are empty
 *   10h  the bus that all this is about
 *   14h  writing: a slot, of which the index that firmware gave it is read; none of ours has one
 *
 * Source: the controller as it answers on the reference, and the DSDT that drives it.  Left out: buses behind bridges,
 * which are never asked for; acpi-index.  A guest may give back a function that nobody asked for, as it may on real
 * hardware.  Accesses narrower than a register read as 0 and write nothing.
 * Invariant: `down` has a bit for each function that was asked to go and is still there.
 */

#include "core/plug.h"
#include "hw/pci/pci.h"

enum { UP = 0x00, DOWN = 0x04, EJECT = 0x08, REMOVABLE = 0x0c, BUS = 0x10, INDEX = 0x14, REG_BYTES = 4 };
enum { ROOT = 0 };              /* the one bus that has a number here */

/* What is in the slot and cannot leave it; NULL: nothing. */
static struct device *fixture(const struct pci_bus *bus, unsigned slot)
{
    for (unsigned fn = 0; fn < 8; fn++) {
        struct device *dev = bus->function[slot << 3 | fn];

        if (dev && !device_can_leave(dev))
            return dev;
    }
    return NULL;
}

static uint32_t removable(struct device *dev)
{
    const struct pci_bus *bus = acpi_pm(dev)->plug_root;
    uint32_t slots = UINT32_MAX;

    if (!bus || acpi_pm_st(dev)->plug_select != ROOT)
        return slots;
    for (unsigned slot = 0; slot < 32; slot++)
        if (fixture(bus, slot))
            slots &= ~(1u << slot);
    return slots;
}

uint64_t pci_plug_read(struct device *dev, uint64_t at, unsigned size)
{
    struct acpi_pm_state *st = acpi_pm_st(dev);
    struct acpi_slots *slots;
    uint32_t up;

    if (size != REG_BYTES || st->plug_select >= ACPI_SLOTS)
        return 0;
    slots = &st->plug_slots[st->plug_select];
    switch (at) {
    case UP:
        up = slots->up;
        slots->up = 0;
        return up;
    case DOWN:
        return slots->down;
    case REMOVABLE:
        return removable(dev);
    case BUS:
        return st->plug_select;
    case INDEX:
        return st->plug_index;
    }
    return 0;
}

static void eject(struct device *dev, unsigned slot)
{
    const struct pci_bus *bus = acpi_pm(dev)->plug_root;

    if (!bus || acpi_pm_st(dev)->plug_select != ROOT || fixture(bus, slot)) {
        guest_error(dev, "ejects what cannot leave its slot", slot);
        return;
    }
    for (unsigned fn = 0; fn < 8; fn++)
        if (bus->function[slot << 3 | fn])
            device_eject(bus->function[slot << 3 | fn]);
    acpi_pm_st(dev)->plug_slots[ROOT].down &= ~(1u << slot);
}

void pci_plug_write(struct device *dev, uint64_t at, unsigned size, uint64_t val)
{
    struct acpi_pm_state *st = acpi_pm_st(dev);

    if (size != REG_BYTES)
        return;
    if (at == BUS)
        st->plug_select = val;
    else if (at == INDEX)
        st->plug_index = 0;
    else if (at == EJECT && val)
        eject(dev, __builtin_ctz(val));
}

void pci_plug_reset(struct device *dev)
{
    struct acpi_pm_state *st = acpi_pm_st(dev);

    st->plug_select = st->plug_index = 0;
    memset(st->plug_slots, 0, sizeof(st->plug_slots));
}

static void tell(struct device *dev)
{
    struct acpi_pm *pm = acpi_pm(dev);
    struct acpi_slots *slots = &acpi_pm_st(dev)->plug_slots[ROOT];

    *(pm->plug_leaves ? &slots->down : &slots->up) |= 1u << pm->plug_slot;
    acpi_pm_st(dev)->gpe_sts[0] |= 1 << GPE_PCI_HOTPLUG;
}

static void told(struct device *dev, unsigned slot, bool leaves)
{
    acpi_pm(dev)->plug_slot = slot;
    acpi_pm(dev)->plug_leaves = leaves;
    device_enter(dev, tell);
}

void pci_plug_start(struct device *dev, struct pci_bus *root)
{
    acpi_pm(dev)->plug_root = root;
    pci_bus_set_plug(root, dev, told);
}

void pci_plug_stop(struct device *dev)
{
    if (acpi_pm(dev)->plug_root)
        pci_bus_set_plug(acpi_pm(dev)->plug_root, NULL, NULL);
    acpi_pm(dev)->plug_root = NULL;
}
