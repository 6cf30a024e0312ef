/* SPDX-License-Identifier: Apache-2.0 */
#include "hw/intc/ioapic-chip.h"

/*
 * I/O APIC that the accelerator keeps
 *
 * Its page is served there: the region here only says who has it.  Lines are handed on as they come; state is
 * fetched before a save (and to be looked at), and given back after reset and load.  The section is that of ioapic.c.
 *
 * Invariant: st is what the accelerator has only between a capture, a reset or a load and the next start.
 */

#include "hw/intc/inside.h"

struct ioapic_inside {
    struct device dev;
    struct {
        uint32_t gsi_base;
    } cfg;
    struct ioapic_state st;
    struct irq_sink sink;
    struct irq_counts counts;
    struct ioapic_seen seen;
};
#define K struct ioapic_inside

enum { KERNEL_VERSION = 0x11 };         /* that its guests read */

static const struct accel_irqchip *chips(const struct device *dev)
{
    return inside_all(dev->machine);
}

static void set(struct device *dev, unsigned pin, bool level)
{
    irq_count(&((K *)dev)->counts, pin, level);
    if (chips(dev))
        chips(dev)->line(dev->machine->accel, IRQCHIP_IOAPIC, pin, level);
}

static void capture(struct device *dev)
{
    struct ioapic_state *st = &((K *)dev)->st;
    struct ioapic_image io;

    if (!chips(dev))
        return;
    chips(dev)->ioapic_get(dev->machine->accel, &io);
    memcpy(st->entry, io.entry, sizeof(st->entry));
    st->irr = io.irr & ((1u << IOAPIC_PINS) - 1);
    st->id = io.id & 0xf;
    st->select = io.select & 0xff;
}

static void resumed(struct device *dev)
{
    const struct ioapic_state *st = &((K *)dev)->st;
    struct ioapic_image io = { .base = IOAPIC_ADDR, .irr = st->irr, .id = st->id, .select = st->select };

    memcpy(io.entry, st->entry, sizeof(io.entry));
    if (chips(dev))
        chips(dev)->ioapic_put(dev->machine->accel, &io);
}

static void look(struct device *dev)
{
    K *io = (K *)dev;

    capture(dev);
    io->seen = (struct ioapic_seen){ io->st, io->counts, KERNEL_VERSION };
}

const struct ioapic_seen *ioapic_inside_look(struct device *dev)
{
    device_enter(dev, look);
    return &((K *)dev)->seen;
}

static const struct prop props[] = {
    PROP(K, "gsi_base", gsi_base, .doc = "number of its first pin among the machine's interrupts"),
    {}
};
static const struct region_type regions[] = {
    { .name = "kvm-ioapic", .size = 0x1000, .min = 1, .max = 4, .read = inside_read,
      .write = inside_write },
    {}
};

static int realize(struct device *dev, struct error **err)
{
    ((K *)dev)->sink = (struct irq_sink){ dev, set };
    dev->inputs = &((K *)dev)->sink;
    dev->n_inputs = IOAPIC_PINS;
    return 0;
}

const struct device_type ioapic_inside_type = {
    .type = { .name = "kvm-ioapic", .parent = "ioapic-common", .doc = "I/O APIC in the kernel", .internal = true,
              DEVICE(K), TYPE_STATE(K), .props = props, .state = &ioapic_section },
    .locking = LOCKING_CONTROLLER,
    .rank = RANK_IRQCHIP,
    .regions = regions,
    .realize = realize,
    .resumed = resumed,
    .capture = capture,
};
DEVICE_TYPE(ioapic_inside_type);
