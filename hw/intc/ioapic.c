/* SPDX-License-Identifier: Apache-2.0 */
#include "hw/intc/ioapic.h"

/*
 * I/O APIC, version 0x20: 24 pins, their redirection entries, and the EOI register
 *
 * An edge on a masked pin is lost, as the data sheet says; a level waits for its pin.  Inputs arrive
 * as asserted or not, so the polarity bit is kept and means nothing.  An EOI from the local APICs
 * arrives as a write to the EOI register, which is what version 0x20 calls a directed EOI; it is
 * there whatever `version` says.  ExtINT entries deliver nothing: the 8259 is wired to LINT0.
 * Reference: Intel 82093AA data sheet (290566), section 3; ICH9 data sheet section 13.5.
 *
 * Invariant: a level entry with remote IRR set has been delivered and its EOI has not come.
 */

#include "hw/intc/apic.h"
#include "hw/intc/inside.h"
#include "hw/intc/ioapic-chip.h"

#define ENTRY_WRITABLE 0xffffffffffffafffull        /* reserved bits are kept, as in the reference */

/* A local APIC elsewhere has to know which of its EOIs we wait for. */
static void tell_route(struct ioapic *io, unsigned pin)
{
    const struct accel_irqchip *chips = inside_chips(io->dev.machine);
    uint64_t entry = io->st.entry[pin];

    if (chips && chips->ioapic_route)
        chips->ioapic_route(io->dev.machine->accel, pin, entry & ENTRY_MASKED,
                            apic_message_address(apic_dest8(entry >> 56), entry & ENTRY_LOGICAL),
                            apic_message_data(entry >> 8 & 7, entry, entry & ENTRY_LEVEL));
}

static void service(struct ioapic *io, unsigned pin)
{
    uint64_t *entry = &io->st.entry[pin];
    bool level = *entry & ENTRY_LEVEL;

    if (!(io->st.irr >> pin & 1) || (*entry & (ENTRY_MASKED | ENTRY_REMOTE_IRR)))
        return;
    if (level)
        *entry |= ENTRY_REMOTE_IRR;
    else
        io->st.irr &= ~(1u << pin);
    apic_deliver(io->dev.machine, apic_dest8(*entry >> 56), *entry & ENTRY_LOGICAL, *entry >> 8 & 7, *entry, level);
}

static void ioapic_set(struct device *dev, unsigned pin, bool level)
{
    struct ioapic *io = ioapic(dev);
    uint32_t bit = 1u << pin, was = io->lines;

    irq_count(&io->counts, pin, level);
    io->lines = level ? was | bit : was & ~bit;
    if (io->st.entry[pin] & ENTRY_LEVEL)
        io->st.irr = (io->st.irr & ~bit) | (io->lines & bit);
    else if (level && !(was & bit) && !(io->st.entry[pin] & ENTRY_MASKED))
        io->st.irr |= bit;
    service(io, pin);
}

static uint64_t read_select(struct device *dev, uint32_t at)
{
    return ioapic(dev)->st.select;
}

static void write_select(struct device *dev, uint32_t at, uint64_t val)
{
    ioapic(dev)->st.select = val & 0xff;
}

enum { REG_ID, REG_VERSION, REG_ARBITRATION, REG_ENTRIES = 0x10 };

static uint64_t read_window(struct device *dev, uint32_t at)
{
    const struct ioapic *io = ioapic(dev);
    unsigned n = io->st.select - REG_ENTRIES;

    switch (io->st.select) {
    case REG_ID:
    case REG_ARBITRATION:
        return (uint64_t)io->st.id << 24;
    case REG_VERSION:
        return io->cfg.version | (IOAPIC_PINS - 1) << 16;
    default:
        return n < 2 * IOAPIC_PINS ? io->st.entry[n / 2] >> n % 2 * 32 & UINT32_MAX : 0;
    }
}

/* An entry that becomes edge-triggered forgets that it waited for an EOI; one that becomes
 * level-triggered looks at its line. */
static void write_entry(struct ioapic *io, unsigned n, uint32_t val)
{
    unsigned pin = n / 2, shift = n % 2 * 32;
    uint64_t mask = ENTRY_WRITABLE & (uint64_t)UINT32_MAX << shift, *entry = &io->st.entry[pin], old = *entry;

    *entry = (old & ~mask) | ((uint64_t)val << shift & mask);
    if (!(*entry & ENTRY_LEVEL))
        *entry &= ~ENTRY_REMOTE_IRR;
    if ((*entry ^ old) & ENTRY_LEVEL)
        io->st.irr = (io->st.irr & ~(1u << pin)) | (*entry & ENTRY_LEVEL ? io->lines & 1u << pin : 0);
    tell_route(io, pin);
    service(io, pin);
}

static void write_window(struct device *dev, uint32_t at, uint64_t val)
{
    struct ioapic *io = ioapic(dev);
    unsigned n = io->st.select - REG_ENTRIES;

    if (io->st.select == REG_ID)
        io->st.id = val >> 24 & 0xf;
    else if (n < 2 * IOAPIC_PINS)
        write_entry(io, n, val);
}

static void write_eoi(struct device *dev, uint32_t at, uint64_t val)
{
    struct ioapic *io = ioapic(dev);

    for (unsigned pin = 0; pin < IOAPIC_PINS; pin++) {
        uint64_t *entry = &io->st.entry[pin];

        if ((*entry & ENTRY_REMOTE_IRR) && (uint8_t)*entry == (uint8_t)val) {
            *entry &= ~ENTRY_REMOTE_IRR;
            service(io, pin);
        }
    }
}

static const struct prop ioapic_props[] = {
    PROP(I, "version", version, .def = 0x20, .doc = "as the version register shows it"),
    {}
};

static const struct reg ioapic_regs[] = {
    REG_FN(0x00, "IOREGSEL", 4, .read = read_select, .write = write_select, .doc = "which register IOWIN shows"),
    REG_FN(0x10, "IOWIN", 4, .read = read_window, .write = write_window, .doc = "the register selected"),
    REG_FN(0x40, "EOI", 4, .write = write_eoi, .doc = "ends service of every level entry with this vector"),
    {}
};
static const struct region_type ioapic_regions[] = {
    { .name = "ioapic", .size = 0x1000, .min = 1, .max = 4, .regs = ioapic_regs },
    {}
};

static const struct field ioapic_fields[] = {
    FIELD(I, "id", id, .wire = 1, .max = 0xf),
    FIELD(I, "ioregsel", select, .wire = 1),
    UNUSED("unused", 8),
    FIELD(I, "irr", irr, .max = (1u << IOAPIC_PINS) - 1),
    ARRAY(I, "ioredtbl", entry, .reset = ENTRY_MASKED),
    {}
};
const struct section ioapic_section = { "ioapic", 3, 3, .fields = ioapic_fields };

static int ioapic_realize(struct device *dev, struct error **err)
{
    ioapic(dev)->sink = (struct irq_sink){ dev, ioapic_set };
    dev->inputs = &ioapic(dev)->sink;
    dev->n_inputs = IOAPIC_PINS;
    apic_connect_ioapic(dev->machine, dev);
    return 0;
}

static void ioapic_resumed(struct device *dev)
{
    for (unsigned pin = 0; pin < IOAPIC_PINS; pin++)
        tell_route(ioapic(dev), pin);
}

static void ioapic_unrealize(struct device *dev)
{
    apic_disconnect(dev->machine, dev);
}

static const struct device_type ioapic_common = {
    .type = { .name = "ioapic-common", .parent = "sys-bus-device", .doc = "an I/O APIC", .abstract = true,
              .state = &no_state },
};
DEVICE_TYPE(ioapic_common);

static const struct device_type ioapic_type = {
    .type = { .name = "ioapic", .parent = "ioapic-common", .doc = "I/O APIC", .internal = true,
              DEVICE(I), TYPE_STATE(I), .props = ioapic_props, .state = &ioapic_section },
    .locking = LOCKING_CONTROLLER,
    .rank = RANK_IRQCHIP,
    .regions = ioapic_regions,
    .realize = ioapic_realize,
    .unrealize = ioapic_unrealize,
    .resumed = ioapic_resumed,
};
DEVICE_TYPE(ioapic_type);

static void look(struct device *dev)
{
    struct ioapic *io = ioapic(dev);

    io->seen = (struct ioapic_seen){ io->st, io->counts, io->cfg.version };
}

const struct ioapic_seen *ioapic_look(struct device *dev)
{
    if (dev->type == &ioapic_inside_type)
        return ioapic_inside_look(dev);
    device_enter(dev, look);
    return &ioapic(dev)->seen;
}

const struct irq_sink *ioapic_sink(struct device *dev)
{
    return dev->inputs;
}

int ioapic_new(struct machine *m, struct object *parent, struct device **dev, struct error **err)
{
    int r;

    *dev = device_new(m, inside_all(m) ? &ioapic_inside_type : &ioapic_type);
    r = device_realize(*dev, parent, parent ? "ioapic" : NULL, err);
    if (!r)
        device_map(*dev, 0, &m->memory, IOAPIC_ADDR, 0);
    return r;
}
