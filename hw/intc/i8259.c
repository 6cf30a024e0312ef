/* SPDX-License-Identifier: Apache-2.0 */
#include "hw/intc/i8259.h"

/*
 * 8259A programmable interrupt controller, and the ELCR ports that chipsets add to it
 *
 * Modelled: edge and level inputs (per line, by ELCR), ICW1-4, OCW1-3, the EOI and rotation
 * commands, special mask, special fully nested and automatic-EOI modes, polling.  Not modelled: MCS-80 mode,
 * buffered mode, LTIM of ICW1 (ELCR stands for it), cascades other than slave on IR2.  An edge
 * stays latched when its line falls again, as in the reference.
 * Reference: Intel 8259A data sheet (231468), ICW and OCW formats; 82371AB section 4.2.6 for ELCR.
 *
 * Invariant: INT is a function of st (pending).  Between the two chips only the line IR2 counts: an
 * acknowledge visits the master, leaves it, and then visits the slave, each by itself.
 */

#include "hw/intc/apic.h"
#include "hw/intc/i8259-chip.h"
#include "hw/intc/inside.h"

#include <assert.h>

enum { CASCADE = 2, SPURIOUS = 7, ACK_CASCADE = 0x100 };
enum { ICW1 = 1 << 4, ICW1_ICW4 = 1 << 0, ICW1_SINGLE = 1 << 1, ICW4_AUTO_EOI = 1 << 1, ICW4_SFNM = 1 << 4 };
enum { OCW3 = 1 << 3, OCW3_READ = 1 << 1, OCW3_POLL = 1 << 2, OCW3_SPECIAL = 1 << 6 };
/* The distance of the first of these inputs from the top; 8: none. */
static unsigned rank(const struct i8259_state *st, uint8_t inputs)
{
    unsigned n = 0;

    while (n < 8 && !(inputs >> ((n + st->top) & 7) & 1))
        n++;
    return n;
}

/* The input that asks for service and would get it; -1: none. */
static int pending(const struct i8259 *p)
{
    const struct i8259_state *st = &p->st;
    uint8_t isr = st->special_mask ? st->isr & ~st->imr : st->isr;
    unsigned asks = rank(st, st->irr & ~st->imr);

    if (p->cfg.master && st->special_nested)
        isr &= ~(1 << CASCADE);
    return asks < rank(st, isr) ? (int)((asks + st->top) & 7) : -1;
}

static void i8259_outputs(struct device *dev)
{
    struct i8259 *p = i8259(dev);

    if (p->cfg.master)
        apic_extint(dev->machine, pending(p) >= 0);
    else
        irq_set(&p->out, pending(p) >= 0);
}

static void i8259_set(struct device *dev, unsigned line, bool level)
{
    struct i8259_state *st = &i8259(dev)->st;
    uint8_t bit = 1 << (line & 7);

    irq_count(&i8259(dev)->counts, line & 7, level);
    if (st->elcr & bit)
        st->irr = level ? st->irr | bit : st->irr & ~bit;
    else if (level && !(st->lines & bit))
        st->irr |= bit;
    st->lines = level ? st->lines | bit : st->lines & ~bit;
}

/* A slave's INT falls meanwhile, so that whatever is still pending makes a new edge on IR2. */
static void acknowledge(struct i8259 *p, unsigned line)
{
    struct i8259_state *st = &p->st;
    uint8_t bit = 1 << line;

    if (!st->auto_eoi)
        st->isr |= bit;
    else if (st->rotate_on_auto_eoi)
        st->top = (line + 1) & 7;
    if (!(st->elcr & bit))
        st->irr &= ~bit;
    if (!p->cfg.master)
        irq_set(&p->out, false);
}

static uint64_t inta_read(struct device *dev, uint64_t at, unsigned size)
{
    struct i8259 *p = i8259(dev);
    int line = pending(p);

    if (line < 0)
        return p->st.base + SPURIOUS;
    acknowledge(p, line);
    if (p->cfg.master && line == CASCADE)
        return ACK_CASCADE | (p->st.base + CASCADE);
    return p->st.base + line;
}

static void inta_write(struct device *dev, uint64_t at, unsigned size, uint64_t val)
{
}

static const struct region_type inta_type = {
    .name = "inta", .size = 2, .min = 2, .max = 2, .read = inta_read, .write = inta_write,
};

static unsigned inta_cycle(struct i8259 *p)
{
    struct entry e = { .kind = ENTRY_READ, .region = &p->inta, .size = 2 };

    dispatch(&p->dev, &e);
    return e.val;
}

int i8259_ack(struct device *master)
{
    struct i8259 *p = i8259(master);
    unsigned vector = inta_cycle(p);

    if ((vector & ACK_CASCADE) && p->slave)
        vector = inta_cycle(p->slave);
    return vector & 0xff;
}

static void write_icw1(struct i8259_state *st, uint8_t val)
{
    st->irr &= st->elcr;                /* edges are forgotten, levels are not */
    st->imr = st->isr = st->top = st->read_isr = st->poll = st->special_mask = 0;
    st->auto_eoi = st->rotate_on_auto_eoi = st->special_nested = 0;
    st->wants_icw4 = val & ICW1_ICW4;
    st->single = !!(val & ICW1_SINGLE);
    st->expects = WANT_ICW2;
}

static void write_ocw3(struct i8259_state *st, uint8_t val)
{
    if (val & OCW3_POLL)
        st->poll = 1;
    if (val & OCW3_READ)
        st->read_isr = val & 1;
    if (val & OCW3_SPECIAL)
        st->special_mask = val >> 5 & 1;
}

static void end_of_interrupt(struct i8259_state *st, unsigned line, bool rotate)
{
    st->isr &= ~(1 << line);
    if (rotate)
        st->top = (line + 1) & 7;
}

/* R, SL and EOI, bits 7 to 5. */
static void write_ocw2(struct i8259_state *st, uint8_t val)
{
    unsigned command = val >> 5, line = val & 7;
    unsigned n = rank(st, st->special_mask ? st->isr & ~st->imr : st->isr);

    switch (command) {
    case 0:
    case 4:
        st->rotate_on_auto_eoi = command >> 2;
        break;
    case 1:
    case 5:
        if (n < 8)
            end_of_interrupt(st, (n + st->top) & 7, command == 5);
        break;
    case 3:
    case 7:
        end_of_interrupt(st, line, command == 7);
        break;
    case 6:
        st->top = (line + 1) & 7;
        break;
    }
}

static void write_command(struct device *dev, uint32_t at, uint64_t val)
{
    struct i8259_state *st = &i8259(dev)->st;

    if (val & ICW1)
        write_icw1(st, val);
    else if (val & OCW3)
        write_ocw3(st, val);
    else
        write_ocw2(st, val);
}

static void write_data(struct device *dev, uint32_t at, uint64_t val)
{
    struct i8259_state *st = &i8259(dev)->st;
    uint8_t last = st->wants_icw4 ? WANT_ICW4 : READY;

    switch (st->expects) {
    case WANT_ICW2:
        st->base = val & 0xf8;
        st->expects = st->single ? last : WANT_ICW3;
        break;
    case WANT_ICW3:                     /* the cascade is wired, not programmed */
        st->expects = last;
        break;
    case WANT_ICW4:
        st->special_nested = !!(val & ICW4_SFNM);
        st->auto_eoi = !!(val & ICW4_AUTO_EOI);
        st->expects = READY;
        break;
    default:
        st->imr = val;
    }
}

/* OCW3 with P: the next read of either port is an acknowledge. */
static bool poll(struct i8259 *p, uint64_t *val)
{
    int line = pending(p);

    if (!p->st.poll)
        return false;
    p->st.poll = 0;
    *val = line < 0 ? 0u : 0x80 | (unsigned)line;
    if (line >= 0)
        acknowledge(p, line);
    return true;
}

static uint64_t read_command(struct device *dev, uint32_t at)
{
    struct i8259 *p = i8259(dev);
    uint64_t val;

    if (poll(p, &val))
        return val;
    return p->st.read_isr ? p->st.isr : p->st.irr;
}

static uint64_t read_data(struct device *dev, uint32_t at)
{
    struct i8259 *p = i8259(dev);
    uint64_t val;

    return poll(p, &val) ? val : p->st.imr;
}

static void write_elcr(struct device *dev, uint32_t at, uint64_t val)
{
    i8259(dev)->st.elcr = val & i8259(dev)->cfg.elcr_mask;
}

const struct prop i8259_props[] = {
    PROP(P, "iobase", iobase, .def = UINT32_MAX, .doc = "port of command and data"),
    PROP(P, "elcr_addr", elcr_addr, .def = UINT32_MAX, .doc = "port of the edge/level control register"),
    PROP(P, "elcr_mask", elcr_mask, .def = 0xff, .doc = "inputs that can be made level-triggered"),
    PROP(P, "master", master, .doc = "its INT goes to the processors, and IR2 is the slave's"),
    {}
};

static const struct reg pic_regs[] = {
    REG_FN(0, "ICW1/OCW2/OCW3", 1, .read = read_command, .write = write_command,
           .doc = "commands; reads IRR, ISR or the answer to a poll"),
    REG_FN(1, "ICW2-4/OCW1", 1, .read = read_data, .write = write_data, .doc = "initialisation words, then the mask"),
    {}
};
static const struct reg elcr_regs[] = {
    REG(P, 0, "ELCR", elcr, .wmask = 0xff, .write = write_elcr, .doc = "1: level-triggered"),
    {}
};
static const struct region_type i8259_regions[] = {
    { .name = "pic", .size = 2, .min = 1, .max = 2, .ports = true, .regs = pic_regs },
    { .name = "elcr", .size = 1, .min = 1, .max = 1, .ports = true, .regs = elcr_regs },
    {}
};

static const struct field i8259_fields[] = {
    FIELD(P, "last_irr", lines),
    FIELD(P, "irr", irr),
    FIELD(P, "imr", imr),
    FIELD(P, "isr", isr),
    FIELD(P, "priority_add", top, .max = 7),
    FIELD(P, "irq_base", base),
    FIELD(P, "read_reg_select", read_isr, .max = 1),
    FIELD(P, "poll", poll, .max = 4),
    FIELD(P, "special_mask", special_mask, .max = 1),
    FIELD(P, "init_state", expects, .max = WANT_ICW4),
    FIELD(P, "auto_eoi", auto_eoi, .max = 1),
    FIELD(P, "rotate_on_auto_eoi", rotate_on_auto_eoi, .max = 1),
    FIELD(P, "special_fully_nested_mode", special_nested, .max = 1),
    FIELD(P, "init4", wants_icw4, .max = 1),
    FIELD(P, "single_mode", single, .max = 2),
    FIELD(P, "elcr", elcr),
    {}
};
const struct section i8259_section = { "i8259", 1, 1, .fields = i8259_fields };

static int i8259_realize(struct device *dev, struct error **err)
{
    struct i8259 *p = i8259(dev);

    region_init_io(&p->inta, dev, &inta_type, NULL);
    p->sink = (struct irq_sink){ dev, i8259_set };
    dev->inputs = &p->sink;
    dev->n_inputs = 8;
    if (p->cfg.master) {                /* further in than its slave, which holds a lock of the type's rank */
        lock_fini(&dev->own);
        lock_init(&dev->own, RANK_IRQCHIP);
        apic_connect_pic(dev->machine, dev, i8259_ack);
    }
    return 0;
}

static void i8259_unrealize(struct device *dev)
{
    struct i8259 *p = i8259(dev);

    if (p->cfg.master)
        apic_disconnect(dev->machine, dev);
    region_fini(&p->inta);
}

static const struct device_type pic_common = {
    .type = { .name = "pic-common", .parent = "isa-device", .doc = "an 8259", .abstract = true, .state = &no_state },
};
DEVICE_TYPE(pic_common);

static const struct device_type i8259_type = {
    .type = { .name = "isa-i8259", .parent = "pic-common", .doc = "8259A interrupt controller", .internal = true,
              DEVICE(P), TYPE_STATE(P), .props = i8259_props, .state = &i8259_section },
    .locking = LOCKING_CONTROLLER,
    .rank = RANK_IRQCHIP_PIC,
    .bus = "ISA",
    .regions = i8259_regions,
    .realize = i8259_realize,
    .unrealize = i8259_unrealize,
    .outputs = i8259_outputs,
};
DEVICE_TYPE(i8259_type);

static void look(struct device *dev)
{
    struct i8259 *p = i8259(dev);

    if (dev->type->capture)
        dev->type->capture(dev);
    p->seen = (struct i8259_seen){ p->st, p->counts };
}

const struct i8259_seen *i8259_look(struct device *dev)
{
    device_enter(dev, look);
    return &i8259(dev)->seen;
}

const struct irq_sink *i8259_sink(struct device *dev)
{
    return &i8259(dev)->sink;
}

static int i8259_new(struct machine *m, bool master, struct device **dev, struct error **err)
{
    struct i8259 *p = i8259(device_new(m, inside_all(m) ? &i8259_inside_type : &i8259_type));
    int r;

    p->cfg.master = master;
    p->cfg.iobase = master ? 0x20 : 0xa0;
    p->cfg.elcr_addr = master ? 0x4d0 : 0x4d1;
    p->cfg.elcr_mask = master ? 0xf8 : 0xde;
    *dev = &p->dev;
    r = device_realize(*dev, NULL, NULL, err);
    if (r < 0)
        return r;
    device_map(*dev, 0, &m->io, p->cfg.iobase, 0);
    device_map(*dev, 1, &m->io, p->cfg.elcr_addr, 0);
    return 0;
}

int i8259_new_pair(struct machine *m, struct i8259_pair *pair, struct error **err)
{
    int r = i8259_new(m, true, &pair->master, err);

    if (!r)
        r = i8259_new(m, false, &pair->slave, err);
    if (r < 0 || pair->master->type != &i8259_type)
        return r;
    i8259(pair->slave)->out = (struct irq){ .sink = i8259_sink(pair->master), .line = CASCADE };
    i8259(pair->master)->slave = i8259(pair->slave);
    return 0;
}
