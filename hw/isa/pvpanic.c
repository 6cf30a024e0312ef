/* SPDX-License-Identifier: Apache-2.0 */
#include "hw/isa/pvpanic.h"

/*
 * pvpanic: one port through which a guest tells the host that it has crashed
 *
 * The guest reads it to learn which events the host understands, and writes the event that
 * happened.  It keeps no state.
 * Reference: docs/specs/pvpanic.  The PCI binding is pvpanic-pci.c.
 */

#include "core/machine.h"
#include "hw/isa/isa.h"

struct pvpanic {
    struct device dev;
    struct {
        uint16_t ioport;
        uint8_t events;
    } cfg;
};

static uint64_t events_read(struct device *dev, uint32_t at)
{
    return ((struct pvpanic *)dev)->cfg.events;
}

void pvpanic_event(struct device *dev, uint8_t offered, uint8_t val)
{
    val &= offered;
    if (val & PVPANIC_PANICKED)
        machine_guest_panicked(dev->machine);
    else if (val & PVPANIC_CRASH_LOADED)
        machine_guest_crash_loaded(dev->machine);
}

static void event_write(struct device *dev, uint32_t at, uint64_t val)
{
    pvpanic_event(dev, events_read(dev, at), val);
}

#define P struct pvpanic

static const struct prop pvpanic_props[] = {
    PROP(P, "ioport", ioport, .def = 0x505, .doc = "port"),
    PROP(P, "events", events, .def = PVPANIC_PANICKED | PVPANIC_CRASH_LOADED, .max = 3,
         .doc = "events offered to the guest: 1 panicked, 2 crash kernel loaded"),
    {}
};
static const struct reg pvpanic_regs[] = {
    REG_FN(0, "EVENT", 1, .read = events_read, .write = event_write,
           .doc = "read: events offered; write: event that happened"),
    {}
};
static const struct region_type pvpanic_regions[] = {
    { .name = "pvpanic", .size = 1, .min = 1, .max = 1, .ports = true, .regs = pvpanic_regs },
    {}
};

static int pvpanic_realize(struct device *dev, struct error **err)
{
    return isa_map(dev, 0, ((P *)dev)->cfg.ioport, err);
}

static const struct device_type pvpanic_type = {
    .type = { .name = "pvpanic", .parent = "isa-device", .category = "misc", .doc = "guest crash notification",
              DEVICE(P), .props = pvpanic_props, .state = &no_state },
    .bus = "ISA",
    .regions = pvpanic_regions,
    .realize = pvpanic_realize,
};
DEVICE_TYPE(pvpanic_type);
