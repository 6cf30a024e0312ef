/* SPDX-License-Identifier: Apache-2.0 */
#include "hw/intc/gsi.h"

/*
 * The GSI router of a PC
 *
 * GSI n goes to input n of the 8259 pair (0 to 15) and to pin n of the IOAPIC, except that GSI 0
 * goes to pin 2, as the interrupt source override in the MADT says; input 2 of the 8259s is their
 * own.  The HPET's legacy replacement cuts PIT and RTC off and puts two of its timers in their place.
 * Reference: ACPI MADT of the machine; IA-PC HPET specification 1.0a, section 2.3.5 (LEG_RT_CNF).
 *
 * Invariant: there is no state; the controllers' inputs are a function of the levels of the lines,
 * which their sources tell again after a load.
 */

#include "core/machine.h"
#include "hw/intc/i8259.h"
#include "hw/intc/ioapic.h"

struct gsi {
    struct device dev;
    struct { uint8_t none; } cfg;
    bool level[GSI_LINES];
    struct irq_sink sink;
    struct irq pic[GSI_ISA], pin[GSI_PINS];
};

static struct gsi *gsi(struct device *dev)
{
    return (struct gsi *)dev;
}

static void gsi_set(struct device *dev, unsigned line, bool level)
{
    gsi(dev)->level[line] = level;
}

static bool gsi_level(const struct gsi *g, unsigned n)
{
    unsigned first = n;

    if (g->level[GSI_LEGACY] && (n == 0 || n == 8))
        first = n ? GSI_LEGACY_RTC : GSI_LEGACY_TIMER;
    return g->level[first] || g->level[GSI_HPET + n] || g->level[GSI_PIRQ + n];
}

static void gsi_outputs(struct device *dev)
{
    struct gsi *g = gsi(dev);

    for (unsigned n = 0; n < GSI_ISA; n++)
        irq_set(&g->pic[n], gsi_level(g, n));
    for (unsigned n = 1; n < GSI_PINS; n++)
        irq_set(&g->pin[n], gsi_level(g, n) || (n == 2 && gsi_level(g, 0)));
}

static int gsi_realize(struct device *dev, struct error **err)
{
    gsi(dev)->sink = (struct irq_sink){ dev, gsi_set };
    dev->inputs = &gsi(dev)->sink;
    dev->n_inputs = GSI_LINES;
    return 0;
}

static const struct device_type gsi_type = {
    .type = { .name = "gsi-router", .parent = "device", .doc = "interrupt lines of a PC", .internal = true,
              DEVICE(struct gsi), .state = &no_state },
    .locking = LOCKING_CONTROLLER,
    .rank = RANK_IRQCHIP_ROUTER,
    .realize = gsi_realize,
    .outputs = gsi_outputs,
};
DEVICE_TYPE(gsi_type);

int gsi_new(struct machine *m, struct device **dev, struct error **err)
{
    *dev = device_new(m, &gsi_type);
    return device_realize(*dev, &m->obj, "gsi", err);
}

void gsi_connect(struct device *dev, struct device *pic_master, struct device *pic_slave, struct device *ioapic)
{
    struct gsi *g = gsi(dev);

    for (unsigned n = 0; n < GSI_ISA; n++) {
        struct device *pic = n < 8 ? pic_master : pic_slave;

        g->pic[n] = (struct irq){ .sink = pic && n != 2 ? i8259_sink(pic) : NULL, .line = n % 8 };
    }
    for (unsigned n = 0; n < GSI_PINS; n++)
        g->pin[n] = (struct irq){ .sink = ioapic ? ioapic_sink(ioapic) : NULL, .line = n };
}

const struct irq_sink *gsi_sink(struct device *dev)
{
    return &gsi(dev)->sink;
}

struct device *gsi_find(struct machine *m)
{
    struct object *o = object_child(&m->obj, "gsi");

    return o && o->type == &gsi_type.type ? (struct device *)o : NULL;
}
