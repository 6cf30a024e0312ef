/* SPDX-License-Identifier: Apache-2.0 */
#include "hw/isa/pvpanic.h"

/*
 * pvpanic-pci: pvpanic's register in the memory of a PCI function, for machines without ISA
 *
 * Reference: docs/specs/pvpanic.
 * Invariant: it keeps no state but its configuration space.
 */

#include "hw/pci/pci.h"

struct pvpanic_pci {
    struct pci_device pci;
    struct {
        uint8_t events;
    } cfg;
    struct {
        struct pci_state pci;
    } st;
};

static uint64_t events_read(struct device *dev, uint32_t at)
{
    return ((struct pvpanic_pci *)dev)->cfg.events;
}

static void event_write(struct device *dev, uint32_t at, uint64_t val)
{
    pvpanic_event(dev, events_read(dev, at), val);
}

#define P struct pvpanic_pci

static const struct prop pvpanic_pci_props[] = {
    PROP(P, "events", events, .def = PVPANIC_PANICKED | PVPANIC_CRASH_LOADED, .max = 3,
         .doc = "events offered to the guest: 1 panicked, 2 crash kernel loaded"),
    {}
};
static const struct reg pvpanic_pci_regs[] = {
    REG_FN(0, "EVENT", 1, .read = events_read, .write = event_write,
           .doc = "read: events offered; write: event that happened"),
    {}
};
enum { REGION_CONFIG, REGION_MEMORY };
static const struct region_type pvpanic_pci_regions[] = {
    PCI_CONFIG_REGION,
    { .name = "pvpanic-pci", .size = 16, .min = 1, .max = 1, .regs = pvpanic_pci_regs },
    {}
};
static const struct pci_bar pvpanic_pci_bars[] = { { .index = 0, .region = REGION_MEMORY, .size = 16 }, {} };
static const struct section pvpanic_pci_section = {
    "pvpanic-pci", 1, 1, .fields = (const struct field[]){ STRUCT(P, "dev", pci, pci_state_fields), {} },
};

static const struct pci_type pvpanic_pci_type = {
    .dev = {
        .type = { .name = "pvpanic-pci", .parent = "pci-device", .category = "misc", .doc = "guest crash notification",
                  DEVICE(P), TYPE_STATE(P), .props = pvpanic_pci_props, .state = &pvpanic_pci_section },
        PCI_TYPE_HOOKS,
        .regions = pvpanic_pci_regions,
    },
    .vendor = 0x1b36, .device = 0x0011, .revision = 1, .class = 0x088000,
    .bars = pvpanic_pci_bars,
};
TYPE_IN(pvpanic_pci_type, pvpanic_pci_type.dev.type);
