/* SPDX-License-Identifier: Apache-2.0 */
#include "hw/intc/apic-chip.h"

/*
 * Interrupt messages: from IOAPICs, MSIs and other CPUs to the local APICs, and EOIs back
 *
 * There is nothing to wait for: destinations are decoded by looking at every APIC's registers,
 * which are atomics.  Arbitration for lowest priority looks at TPR only; the focus processor and
 * the arbitration ID went with the Pentium 4.
 * Reference: Intel SDM volume 3, sections 10.6 (IPIs), 10.11 (MSI), 10.12.10 (x2APIC destinations).
 *
 * Invariant: the members of the bus other than extint change only while no vCPU runs.
 */

#include <assert.h>
#include <stdatomic.h>
#include <stdlib.h>

enum { IOAPICS = 4 };

struct apic_bus {
    struct machine *machine;
    unsigned users;
    bool doorbell;              /* the MSI region is mapped */
    _Atomic bool extint;
    struct device *pic;
    int (*ack)(struct device *pic);
    struct device *ioapic[IOAPICS];
};

static void msi_send(void *opaque, uint64_t addr, uint32_t data)
{
    apic_msi(((struct apic_bus *)opaque)->machine, addr, data);
}

struct apic_bus *apic_bus_get(struct machine *m)
{
    struct apic_bus *bus = m->msi.opaque;

    if (!bus) {
        bus = calloc(1, sizeof(*bus));
        assert(bus);
        bus->machine = m;
        m->msi = (struct msi_sink){ msi_send, bus };
    }
    bus->users++;
    return bus;
}

void apic_bus_put(struct machine *m)
{
    struct apic_bus *bus = m->msi.opaque;

    if (--bus->users)
        return;
    m->msi = (struct msi_sink){ 0 };
    free(bus);
}

bool apic_bus_first(struct apic_bus *bus)
{
    bool first = !bus->doorbell;

    bus->doorbell = true;
    return first;
}

void apic_connect_pic(struct machine *m, struct device *pic, int (*ack)(struct device *pic))
{
    struct apic_bus *bus = apic_bus_get(m);

    bus->pic = pic;
    bus->ack = ack;
}

void apic_connect_ioapic(struct machine *m, struct device *ioapic)
{
    struct apic_bus *bus = apic_bus_get(m);

    for (unsigned i = 0; i < IOAPICS; i++)
        if (!bus->ioapic[i]) {
            bus->ioapic[i] = ioapic;
            return;
        }
    assert(!"more IOAPICs than a board has");
}

void apic_disconnect(struct machine *m, struct device *dev)
{
    struct apic_bus *bus = m->msi.opaque;

    if (bus->pic == dev) {
        bus->pic = NULL;
        bus->extint = false;
    }
    for (unsigned i = 0; i < IOAPICS; i++)
        if (bus->ioapic[i] == dev)
            bus->ioapic[i] = NULL;
    apic_bus_put(m);
}

bool apic_bus_extint(const struct apic_bus *bus)
{
    return bus->extint;
}

int apic_bus_ack(struct apic_bus *bus)
{
    return bus->pic ? bus->ack(bus->pic) : -1;
}

void apic_bus_eoi(struct apic_bus *bus, uint8_t vector)
{
    for (unsigned i = 0; i < IOAPICS; i++)
        if (bus->ioapic[i])
            device_write(bus->ioapic[i], 0, 0x40, 4, vector);
}

/* NULL: that CPU has no APIC of ours. */
static struct apic *apic_of(const struct machine *m, unsigned i)
{
    return m->vcpus[i]->intc == &apic_intc ? m->vcpus[i]->intc_opaque : NULL;
}

static bool matches(const struct apic *a, uint32_t dest, bool logical)
{
    uint8_t ldr = a->st.ldr;

    if (dest == APIC_BROADCAST)
        return true;
    if (!logical)
        return dest == (apic_is_x2(a) ? a->cfg.id : a->st.id);
    if (apic_is_x2(a))
        return dest >> 16 == apic_x2_ldr(a) >> 16 && (dest & apic_x2_ldr(a) & 0xffff);
    if (dest > 0xff)
        return false;
    if (a->st.dfr == 0xf)
        return dest & ldr;
    return dest >> 4 == ldr >> 4 && (dest & ldr & 0xf);
}

static bool accepts(const struct apic *a)
{
    return (a->st.base & BASE_ENABLED) && (a->st.svr & SVR_ENABLED);
}

static void deliver_one(struct apic *a, enum apic_mode mode, uint8_t vector, bool level)
{
    switch (mode) {
    case APIC_FIXED:
    case APIC_LOWEST:
        if (accepts(a))
            apic_accept(a, vector, level);
        break;
    case APIC_SMI:
        apic_kick(a, VCPU_SMI);
        break;
    case APIC_NMI:
        apic_kick(a, VCPU_NMI);
        break;
    case APIC_INIT:
        apic_kick(a, VCPU_INIT);
        break;
    case APIC_SIPI:
        if (a->cpu)
            a->cpu->sipi_vector = vector;
        apic_kick(a, VCPU_SIPI);
        break;
    case APIC_EXTINT:
    case APIC_RESERVED:
        break;
    }
}

static struct apic *lowest(const struct machine *m, uint32_t dest, bool logical)
{
    struct apic *best = NULL;

    for (unsigned i = 0; i < m->n_vcpus; i++) {
        struct apic *a = apic_of(m, i);

        if (a && accepts(a) && matches(a, dest, logical) && (!best || a->st.tpr < best->st.tpr))
            best = a;
    }
    return best;
}

void apic_deliver(struct machine *m, uint32_t dest, bool logical, enum apic_mode mode, uint8_t vector, bool level)
{
    if (inside_chips(m)) {
        inside_chips(m)->msi(m->accel, apic_message_address(dest, logical),
                            apic_message_data(mode, vector, level));
        return;
    }
    if (mode == APIC_LOWEST) {
        struct apic *a = lowest(m, dest, logical);

        if (a)
            deliver_one(a, mode, vector, level);
        return;
    }
    for (unsigned i = 0; i < m->n_vcpus; i++) {
        struct apic *a = apic_of(m, i);

        if (a && matches(a, dest, logical))
            deliver_one(a, mode, vector, level);
    }
}

/*
 * Address: destination 19:12, redirection hint 3, logical 2.  Data: level 15, mode 10:8, vector.
 * A hint with a logical destination asks for one of them, whatever the mode says.
 */
void apic_msi(struct machine *m, uint64_t addr, uint32_t data)
{
    enum apic_mode mode = data >> 8 & 7;
    bool logical = addr >> 2 & 1, hint = addr >> 3 & 1;

    if (inside_chips(m)) {
        inside_chips(m)->msi(m->accel, addr, data);
        return;
    }
    if (mode == APIC_FIXED && hint && logical)
        mode = APIC_LOWEST;
    apic_deliver(m, apic_dest8(addr >> 12), logical, mode, data, data >> 15 & 1);
}

/* A rising edge at LINT0 or LINT1; ExtINT is a level and looked up when it is wanted. */
static void lint(struct apic *a, enum lvt n)
{
    uint32_t lvt = a->st.lvt[n];

    if ((lvt & LVT_MASKED) || !(a->st.base & BASE_ENABLED))
        return;
    deliver_one(a, lvt >> LVT_MODE_SHIFT & 7, lvt, false);
}

void apic_extint(struct machine *m, bool level)
{
    struct apic_bus *bus = m->msi.opaque;

    if (!bus || atomic_exchange(&bus->extint, level) == level || !level)
        return;
    for (unsigned i = 0; i < m->n_vcpus; i++) {
        struct apic *a = apic_of(m, i);

        if (!a && m->vcpus[i]->intc && m->vcpus[i]->bsp)
            vcpu_request(m->vcpus[i], VCPU_IRQ);        /* the accelerator's APIC, an 8259 of ours */
        if (!a)
            continue;
        lint(a, LVT_LINT0);
        if ((a->st.base & BASE_ENABLED) ? (a->st.lvt[LVT_LINT0] >> LVT_MODE_SHIFT & 7) == APIC_EXTINT : a->cpu->bsp)
            apic_kick(a, VCPU_IRQ);
    }
}

void apic_nmi(struct machine *m)
{
    for (unsigned i = 0; i < m->n_vcpus; i++)
        if (apic_of(m, i))
            lint(apic_of(m, i), LVT_LINT1);
        else if (inside_chips(m) && m->vcpus[i]->intc)
            inside_chips(m)->lint1(m->vcpus[i]);
}

enum { SHORT_NONE, SHORT_SELF, SHORT_ALL, SHORT_OTHERS };

/* On the sender's thread.  An INIT that is de-asserted only synchronised arbitration IDs (10.6.1). */
void apic_ipi(struct apic *a, uint32_t icr, uint32_t dest)
{
    struct machine *m = a->dev.machine;
    enum apic_mode mode = icr >> LVT_MODE_SHIFT & 7;
    unsigned shorthand = icr >> 18 & 3;

    if (mode == APIC_INIT && (icr & ICR_LEVEL) && !(icr & ICR_ASSERT))
        return;
    if (mode <= APIC_LOWEST && (icr & 0xff) < 16) {
        apic_error(a, ESR_SEND_ILLEGAL);
        return;
    }
    if (shorthand == SHORT_NONE)
        apic_deliver(m, dest, icr & ICR_LOGICAL, mode, icr, false);
    else if (shorthand == SHORT_SELF)
        deliver_one(a, mode, icr, false);
    else
        for (unsigned i = 0; i < m->n_vcpus; i++) {
            struct apic *to = apic_of(m, i);

            if (to && (shorthand == SHORT_ALL || to != a))
                deliver_one(to, mode, icr, false);
        }
}
