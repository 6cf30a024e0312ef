/* SPDX-License-Identifier: Apache-2.0 */
#include "hw/pci/pci.h"

/*
 * The PCI bus: slots, functions, and their names in the stream
 *
 * Invariant: function[devfn] is set exactly while the function is plugged.
 */

#include "core/machine.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

static int addr_parse(struct device *dev, const char *addr, struct error **err)
{
    unsigned slot, fn = 0, end = 0;
    int n = sscanf(addr, "%8x%n.%8x%n", &slot, &end, &fn, &end);

    if (n < 1 || addr[end] || slot > 31 || fn > 7)
        return error_set(err, -EINVAL, ERROR_SYNTAX, T("%s.addr", dev->type->type.name), addr,
                         "SLOT or SLOT.FUNCTION in hexadecimal, 0 to 1f and 0 to 7");
    return slot << 3 | fn;
}

static int free_slot(struct pci_bus *bus)
{
    for (unsigned devfn = 1 << 3; devfn < 256; devfn += 8)
        if (!bus->function[devfn])
            return devfn;
    return -ENOSPC;
}

/* A pin that is asserted when its function leaves, or its router, is so no longer. */
static void pin_wire(struct pci_device *p, const struct pci_router *router)
{
    unsigned pin = pci_type(&p->dev)->pin;
    bool level = p->intx.level;

    irq_set(&p->intx, false);
    p->intx = (struct irq){ .sink = router && pin ? &router->sink : NULL,
                            .line = pci_intx_line(p->devfn, pin ? pin - 1 : 0) };
    irq_set(&p->intx, level);
}

void pci_bus_set_router(struct pci_bus *bus, struct pci_router *router)
{
    bus->router = router;
    for (unsigned devfn = 0; devfn < 256; devfn++)
        if (bus->function[devfn])
            pin_wire(pci_device(bus->function[devfn]), router);
}

static void masks_new(struct device *dev)
{
    struct pci_device *p = pci_device(dev);
    unsigned bytes = pci_config_bytes(dev);

    p->wmask = calloc(4, bytes);
    assert(p->wmask);
    p->w1c = p->wmask + bytes;
    p->reset = p->w1c + bytes;
    p->kept = p->reset + bytes;
}

/* Function 0 says whether there are others, so it has to know. */
static bool slot_is_single(const struct pci_bus *bus, unsigned devfn, bool multifunction)
{
    unsigned slot = devfn & ~7u;

    if (devfn & 7)
        return bus->function[slot] && !pci_device(bus->function[slot])->cfg.multifunction;
    for (unsigned n = 1; n < 8 && !multifunction; n++)
        if (bus->function[slot | n])
            return true;
    return false;
}

static int pci_plug(struct bus *b, struct device *dev, struct error **err)
{
    struct pci_bus *bus = (struct pci_bus *)b;
    struct pci_device *p = pci_device(dev);
    int devfn = p->cfg.addr ? addr_parse(dev, p->cfg.addr, err) : free_slot(bus);

    if (devfn == -ENOSPC)
        return error_set(err, devfn, ERROR_STATE, b->name, "a free slot", "31 slots, all in use");
    if (devfn < 0)
        return devfn;
    if (b->machine->phase == PHASE_READY && devfn & 7 && bus->function[devfn & ~7u])
        return error_set(err, -EBUSY, ERROR_STATE, T("%s.addr", dev->type->type.name),
                         T("%02x.%x", devfn >> 3, devfn & 7), "a slot whose function 0 comes last");
    if (slot_is_single(bus, devfn, p->cfg.multifunction))
        return error_set(err, -EBUSY, ERROR_STATE, T("%s.addr", dev->type->type.name),
                         T("%02x.%x", devfn >> 3, devfn & 7), "a slot whose function 0 has multifunction=on");
    if (bus->function[devfn])
        return error_set(err, -EBUSY, ERROR_STATE, T("%s.addr", dev->type->type.name),
                         T("%02x.%x", devfn >> 3, devfn & 7),
                         T("a place that %s does not hold", bus->function[devfn]->type->type.name));
    p->devfn = devfn;
    free(p->cfg.addr);
    p->cfg.addr = strdup(T("%02x.%x", devfn >> 3, devfn & 7));      /* where it is now, however that was said */
    assert(p->cfg.addr);
    if (asprintf(&dev->bus_path, "0000:%02x:%02x.%x", bus->number, devfn >> 3, devfn & 7) < 0)
        return -ENOMEM;
    masks_new(dev);
    bus->function[devfn] = dev;
    pin_wire(p, bus->router);
    return 0;
}

static void pci_unplug(struct bus *b, struct device *dev)
{
    struct pci_device *p = pci_device(dev);

    irq_set(&p->intx, false);
    ((struct pci_bus *)b)->function[p->devfn] = NULL;
    pci_rom_unrealize(dev);
    free(p->wmask);
}

static bool pci_is_hot(const struct bus *b)
{
    return ((const struct pci_bus *)b)->plug;
}

/* A reset takes functions out that the guest was asked for. */
static int pci_tell(struct bus *b, struct device *dev, bool leaves, struct error **err)
{
    struct pci_bus *bus = (struct pci_bus *)b;

    (void)err;
    dev->leaves = leaves;
    bus->plug_tell(bus->plug, pci_device(dev)->devfn >> 3, leaves);
    return 0;
}

void pci_bus_set_plug(struct pci_bus *bus, struct device *plug, pci_plug_fn *tell)
{
    bus->plug = plug;
    bus->plug_tell = tell;
}

#define PCI_OPS(print_) \
    { .type = "PCI", .print = (print_), .plug = pci_plug, .unplug = pci_unplug, .is_hot = pci_is_hot, .tell = pci_tell }
static const struct bus_ops pci_ops = PCI_OPS("PCI"), pcie_ops = PCI_OPS("PCIE");

void pci_bus_init(struct pci_bus *bus, struct machine *m, struct device *owner, const char *name,
                  struct region *memory, struct region *io, bool express)
{
    *bus = (struct pci_bus){ .memory = memory, .io = io };
    bus_init(&bus->bus, express ? &pcie_ops : &pci_ops, m, owner, name);
}

void pci_bus_fini(struct pci_bus *bus)
{
    bus_fini(&bus->bus);
}

struct region *pci_bus_config(struct pci_bus *bus, uint8_t number, uint8_t devfn)
{
    struct device *dev = number == bus->number ? __atomic_load_n(&bus->function[devfn], __ATOMIC_ACQUIRE) : NULL;

    return dev ? &dev->regions[0] : NULL;
}
