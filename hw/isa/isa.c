/* SPDX-License-Identifier: Apache-2.0 */
#include "hw/isa/isa.h"

/* The ISA bus (see isa.h). */

#include "core/machine.h"
#include "lib/epoch.h"

#include <errno.h>

static const struct bus_ops isa_ops = { .type = "ISA", .print = "ISA" };

static const struct device_type isa_base = {
    .type = { .name = "isa-device",
              .parent = "device",
              .doc = "a device on the ISA bus",
              .abstract = true,
              .state = &no_state },
};
DEVICE_TYPE(isa_base);

void isa_bus_init(struct isa_bus *isa, struct machine *m, struct device *owner, const struct irq_sink *gsi)
{
    bus_init(&isa->bus, &isa_ops, m, owner, "isa.0");
    isa->gsi = gsi;
}

void isa_bus_fini(struct isa_bus *isa)
{
    bus_fini(&isa->bus);
}

int isa_map(struct device *dev, unsigned n, uint32_t port, struct error **err)
{
    const char *prop = type_prop_find(&dev->type->type, "ioport") ? "ioport" : "iobase";
    uint32_t size = dev->regions[n].last + 1;

    if (port > 0x10000 - size)
        return error_set(err, -ERANGE, ERROR_RANGE, T("%s.%s", dev->type->type.name, prop), T("%#x", port),
                         T("0 to %#x", 0x10000 - size));
    device_map(dev, n, &dev->machine->io, port, 0);
    return 0;
}

bool isa_port_used(const struct machine *m, uint16_t port)
{
    bool used;

    epoch_enter();
    used = view_find(epoch_load(m->io_as.view), port, NULL);
    epoch_leave();
    return used;
}

int isa_irq(struct device *dev, struct irq *irq, const char *prop, uint32_t line, struct error **err)
{
    struct isa_bus *isa = (struct isa_bus *)dev->bus;

    if (line > 15)
        return error_set(err, -ERANGE, ERROR_RANGE, T("%s.%s", dev->type->type.name, prop), T("%u", line), "0 to 15");
    irq->sink = isa->gsi;
    irq->line = line;
    return 0;
}
