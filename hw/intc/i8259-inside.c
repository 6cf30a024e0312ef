/* SPDX-License-Identifier: Apache-2.0 */
#include "hw/intc/i8259-chip.h"

/*
 * 8259A that the accelerator keeps
 *
 * Its ports are served there: the regions here only say who has them.  Lines are handed on as they come.
 * State is fetched before a save (and to be looked at), and given back after reset and load.  Section and
 * properties are those of i8259.c, so a guest moves from one to the other.
 *
 * Invariant: st is what the accelerator has only between a capture, a reset or a load and the next start.
 */

#include "hw/intc/inside.h"

static const struct accel_irqchip *chips(const struct device *dev)
{
    return inside_all(dev->machine);
}

static unsigned chip_of(const struct i8259 *p)
{
    return p->cfg.master ? IRQCHIP_PIC_MASTER : IRQCHIP_PIC_SLAVE;
}

static void set(struct device *dev, unsigned line, bool level)
{
    irq_count(&i8259(dev)->counts, line, level);
    if (chips(dev))
        chips(dev)->line(dev->machine->accel, chip_of(i8259(dev)), line, level);
}

static void capture(struct device *dev)
{
    struct i8259_state *st = &i8259(dev)->st;
    struct pic_image p;

    if (!chips(dev))
        return;
    chips(dev)->pic_get(dev->machine->accel, chip_of(i8259(dev)), &p);
    *st = (struct i8259_state){
        .lines = p.lines, .irr = p.irr, .imr = p.imr, .isr = p.isr, .top = p.top, .base = p.base,
        .read_isr = p.read_isr, .poll = p.poll, .special_mask = p.special_mask, .expects = p.expects,
        .auto_eoi = p.auto_eoi, .rotate_on_auto_eoi = p.rotate_on_auto_eoi, .special_nested = p.special_nested,
        .wants_icw4 = p.wants_icw4, .single = st->single, .elcr = p.elcr,
    };
}

static void resumed(struct device *dev)
{
    const struct i8259_state *st = &i8259(dev)->st;
    struct pic_image p = {
        .lines = st->lines, .irr = st->irr, .imr = st->imr, .isr = st->isr, .top = st->top, .base = st->base,
        .read_isr = st->read_isr, .poll = st->poll, .special_mask = st->special_mask, .expects = st->expects,
        .auto_eoi = st->auto_eoi, .rotate_on_auto_eoi = st->rotate_on_auto_eoi, .special_nested = st->special_nested,
        .wants_icw4 = st->wants_icw4, .elcr = st->elcr, .elcr_mask = i8259(dev)->cfg.elcr_mask,
    };

    if (chips(dev))
        chips(dev)->pic_put(dev->machine->accel, chip_of(i8259(dev)), &p);
}

static const struct region_type regions[] = {
    { .name = "kvm-pic", .size = 2, .min = 1, .max = 2, .ports = true,
      .read = inside_read, .write = inside_write },
    { .name = "kvm-elcr", .size = 1, .min = 1, .max = 1, .ports = true,
      .read = inside_read, .write = inside_write },
    {}
};

static int realize(struct device *dev, struct error **err)
{
    i8259(dev)->sink = (struct irq_sink){ dev, set };
    dev->inputs = &i8259(dev)->sink;
    dev->n_inputs = 8;
    return 0;
}

const struct device_type i8259_inside_type = {
    .type = { .name = "kvm-i8259", .parent = "pic-common", .doc = "8259A interrupt controller in the kernel",
              .internal = true, DEVICE(P), TYPE_STATE(P), .props = i8259_props, .state = &i8259_section },
    .locking = LOCKING_CONTROLLER,
    .rank = RANK_IRQCHIP_PIC,
    .bus = "ISA",
    .regions = regions,
    .realize = realize,
    .resumed = resumed,
    .capture = capture,
};
DEVICE_TYPE(i8259_inside_type);
