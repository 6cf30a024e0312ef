/* SPDX-License-Identifier: Apache-2.0 */
#include "hw/intc/info.h"

/*
 * Interrupt controllers as text: `info pic` and `info irq` (see info.h)
 *
 * Layouts are those that people know from the reference: the slave before the master, counts of both 8259s in one list.
 * The I/O APIC's pin 2 is where a PC's interrupt 0 ends, so what rose there is counted as 0.
 *
 * Invariant: what is printed is a copy that was made inside the controller, so all of a controller is of one moment.
 */

#include "hw/intc/apic.h"
#include "hw/intc/i8259-chip.h"
#include "hw/intc/ioapic-chip.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

struct printer {
    void (*out)(void *opaque, const char *line);
    void *opaque;
};

static void __attribute__((format(printf, 2, 3))) line(const struct printer *p, const char *fmt, ...)
{
    char buf[200];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(buf, sizeof(buf), fmt, ap);
    va_end(ap);
    p->out(p->opaque, buf);
}

/* Of the machine's own, or of those that its accelerator keeps; NULL: there is none. */
static struct device *controller(struct machine *m, const char *own, const char *inside)
{
    struct device *dev = device_find(m, device_type_find(own));

    return dev ? dev : device_find(m, device_type_find(inside));
}

static struct device *first_ioapic(struct machine *m)
{
    return controller(m, "ioapic", "kvm-ioapic");
}

static struct device *first_i8259(struct machine *m)
{
    return controller(m, "isa-i8259", "kvm-i8259");
}

static void print_entry(const struct printer *p, unsigned pin, uint64_t entry)
{
    static const char *const modes[] = { "fixed", "lowest", "SMI", "...", "NMI", "INIT", "...", "extINT" };
    bool logical = entry & ENTRY_LOGICAL;
    unsigned dest = entry >> 56 & (logical ? 0xff : 0xf);

    line(p, "  pin %-2u 0x%016" PRIx64 " dest=%x vec=%-3u %s %-5s %-6s %-6s %s", pin, entry, dest,
         (unsigned)entry & 0xff, entry & ENTRY_LOW ? "active-lo" : "active-hi", entry & ENTRY_LEVEL ? "level" : "edge",
         entry & ENTRY_MASKED ? "masked" : "", modes[entry >> 8 & 7], logical ? "logical" : "physical");
}

static void print_pins(const struct printer *p, const char *head, uint32_t pins)
{
    char buf[3 * IOAPIC_PINS + 1] = "";
    unsigned n = 0;

    for (unsigned pin = 0; pin < IOAPIC_PINS; pin++)
        if (pins >> pin & 1)
            n += snprintf(buf + n, sizeof(buf) - n, "%-2u ", pin);
    line(p, "  %s %s", head, pins ? buf : "(none)");
}

static void print_ioapic(const struct printer *p, const struct ioapic_seen *io)
{
    char sel[32] = "";
    uint32_t remote = 0;

    /* A selector below the entries is counted from them, too. */
    if (io->st.select)
        snprintf(sel, sizeof(sel), " (redir[%u])", (uint32_t)((io->st.select - 0x10) >> 1));
    line(p, "ioapic0: ver=0x%x id=0x%02x sel=0x%02x%s", io->version, io->st.id, io->st.select, sel);
    for (unsigned pin = 0; pin < IOAPIC_PINS; pin++) {
        print_entry(p, pin, io->st.entry[pin]);
        remote |= (uint32_t)!!(io->st.entry[pin] & ENTRY_REMOTE_IRR) << pin;
    }
    print_pins(p, "IRR     ", io->st.irr);
    print_pins(p, "Remote IRR", remote);
}

static void print_i8259(const struct printer *p, struct device *dev)
{
    const struct i8259_state *st = &i8259_look(dev)->st;

    line(p, "pic%d: irr=%02x imr=%02x isr=%02x hprio=%u irq_base=%02x rr_sel=%u elcr=%02x fnm=%u",
         !i8259(dev)->cfg.master, st->irr, st->imr, st->isr, st->top, st->base, st->read_isr, st->elcr,
         st->special_nested);
}

void intc_print(struct machine *m, void (*out)(void *opaque, const char *line), void *opaque)
{
    struct printer p = { out, opaque };
    struct device *io = first_ioapic(m), *pic = first_i8259(m);

    if (io)
        print_ioapic(&p, ioapic_look(io));
    for (unsigned master = 0; master < 2; master++)
        for (struct device *dev = pic; dev; dev = device_find_next(dev))
            if (i8259(dev)->cfg.master == master)
                print_i8259(&p, dev);
}

static void print_counts(const struct printer *p, const struct device *dev, const uint64_t rose[IRQ_COUNTS])
{
    line(p, "IRQ statistics for %s:", dev->type->type.name);
    for (unsigned n = 0; n < IRQ_COUNTS; n++)
        if (rose[n])
            line(p, "%2u: %" PRIu64, n, rose[n]);
}

void intc_counts_print(struct machine *m, void (*out)(void *opaque, const char *line), void *opaque)
{
    struct printer p = { out, opaque };
    struct device *io = first_ioapic(m), *pic = first_i8259(m);
    uint64_t rose[IRQ_COUNTS] = { 0 };

    if (io) {
        struct irq_counts counts = ioapic_look(io)->counts;

        counts.rose[0] += counts.rose[2];
        counts.rose[2] = 0;
        print_counts(&p, io, counts.rose);
    }
    for (struct device *dev = pic; dev; dev = device_find_next(dev))
        for (unsigned n = 0; n < 8; n++)
            rose[n + (i8259(dev)->cfg.master ? 0 : 8)] = i8259_look(dev)->counts.rose[n];
    if (pic)
        print_counts(&p, pic, rose);
}
