/* SPDX-License-Identifier: Apache-2.0 */
#include "hw/intc/apic-chip.h"

/*
 * Local APIC: from a request to a vector, and back with the EOI
 *
 * Reference: Intel SDM volume 3, sections 10.8.3 (priorities), 10.8.4 (acceptance), 10.8.5 (EOI),
 * 10.5.3 (errors).
 *
 * Invariant: any thread sets a bit of IRR and then kicks; only the vCPU's thread moves it to ISR.
 * TMR is set before IRR, so whoever sees the request sees its trigger mode.
 */

#include "cpu/model.h"

#include <stdatomic.h>

void apic_kick(struct apic *a, uint32_t requests)
{
    if (a->cpu)
        vcpu_request(a->cpu, requests);
}

/* The highest vector of a 256-bit register; -1: none. */
static int highest(const _Atomic uint32_t word[8])
{
    for (int i = 7; i >= 0; i--) {
        uint32_t w = atomic_load_explicit(&word[i], memory_order_acquire);

        if (w)
            return 32 * i + 31 - __builtin_clz(w);
    }
    return -1;
}

static int in_service(const struct apic *a)
{
    for (int i = 7; i >= 0; i--)
        if (a->st.isr[i])
            return 32 * i + 31 - __builtin_clz(a->st.isr[i]);
    return -1;
}

void apic_error(struct apic *a, uint8_t bit)
{
    uint32_t lvt = a->st.lvt[LVT_ERROR];

    atomic_fetch_or(&a->st.esr_pending, bit);
    if (!(lvt & LVT_MASKED) && (lvt & 0xff) >= 16)
        apic_accept(a, lvt, false);
}

void apic_accept(struct apic *a, uint8_t vector, bool level)
{
    uint32_t bit = 1u << vector % 32;

    if (vector < 16) {
        apic_error(a, ESR_RECEIVE_ILLEGAL);
        return;
    }
    if (level)
        atomic_fetch_or(&a->st.tmr[vector / 32], bit);
    else if (a->st.tmr[vector / 32] & bit)
        atomic_fetch_and(&a->st.tmr[vector / 32], ~bit);
    /* Whoever set the bit first has kicked. */
    if (!(atomic_fetch_or(&a->st.irr[vector / 32], bit) & bit))
        apic_kick(a, VCPU_IRQ);
}

unsigned apic_ppr(const struct apic *a)
{
    int isr = in_service(a);
    unsigned tpr = a->st.tpr, class = isr < 0 ? 0 : isr & 0xf0;

    return (tpr & 0xf0) >= class ? tpr : class;
}

/* The 8259's INT reaches this CPU: through LINT0, or directly while the APIC is switched off. */
static bool extint_pending(const struct apic *a)
{
    uint32_t lint0 = a->st.lvt[LVT_LINT0];

    if (!apic_bus_extint(a->bus))
        return false;
    if (!(a->st.base & BASE_ENABLED))
        return a->cpu && a->cpu->bsp;
    return !(lint0 & LVT_MASKED) && (lint0 >> LVT_MODE_SHIFT & 7) == APIC_EXTINT;
}

static int deliverable(const struct apic *a)
{
    int vector = highest(a->st.irr);

    return vector >= 0 && (unsigned)vector >> 4 > apic_ppr(a) >> 4 ? vector : -1;
}

static bool intc_pending(void *opaque)
{
    const struct apic *a = opaque;

    return deliverable(a) >= 0 || extint_pending(a);
}

static int intc_take(void *opaque)
{
    struct apic *a = opaque;
    int vector = deliverable(a);

    if (vector < 0)
        return extint_pending(a) ? apic_bus_ack(a->bus) : -1;
    atomic_fetch_and(&a->st.irr[vector / 32], ~(1u << vector % 32));
    a->st.isr[vector / 32] |= 1u << vector % 32;
    return vector;
}

void apic_look(struct apic *a)
{
    if (intc_pending(a))
        apic_kick(a, VCPU_IRQ);
}

void apic_eoi_run(struct deferred *d)
{
    struct apic *a = (struct apic *)((char *)d - offsetof(struct apic, eoi));

    for (unsigned i = 0; i < 8; i++) {
        uint32_t vectors = a->eoi_vectors[i];

        a->eoi_vectors[i] = 0;
        for (; vectors; vectors &= vectors - 1)
            apic_bus_eoi(a->bus, 32 * i + __builtin_ctz(vectors));
    }
}

void apic_eoi(struct apic *a)
{
    int vector = in_service(a);

    if (vector < 0)
        return;
    a->st.isr[vector / 32] &= ~(1u << vector % 32);
    if (a->st.tmr[vector / 32] >> vector % 32 & 1) {
        a->eoi_vectors[vector / 32] |= 1u << vector % 32;
        dispatch_defer(&a->eoi);        /* the IOAPIC is further out */
    }
    apic_look(a);
}

static uint8_t intc_tpr_get(void *opaque)
{
    return ((struct apic *)opaque)->st.tpr >> 4;
}

static void intc_tpr_set(void *opaque, uint8_t tpr)
{
    struct apic *a = opaque;

    a->st.tpr = tpr << 4;
    apic_look(a);
}

/* On a bench without a CPU model everything is offered. */
static bool offers_x2apic(const struct apic *a)
{
    return !a->cpu || !a->cpu->model || cpu_has(a->cpu->model, WORD_1_ECX, 21);
}

static bool base_legal(const struct apic *a, uint64_t val)
{
    uint32_t old = a->st.base;
    bool on = val & BASE_ENABLED, x2 = val & BASE_X2APIC;

    if (val & ~(uint64_t)(BASE_ADDR | BASE_ENABLED | BASE_X2APIC | BASE_BSP))
        return false;
    if (x2 && (!on || !offers_x2apic(a)))
        return false;
    if (x2 && !(old & BASE_ENABLED))            /* off to x2APIC: not in figure 10-27 */
        return false;
    return x2 || !on || !(old & BASE_X2APIC);   /* x2APIC to xAPIC: through off only */
}

static void base_changed(struct device *dev)
{
    struct apic *a = apic(dev);
    uint32_t base = a->st.base;

    map_request(dev, &dev->regions[0], (base & BASE_ENABLED) && !(base & BASE_X2APIC), base & BASE_ADDR);
    if (!(base & BASE_ENABLED))
        apic_init(a);
    apic_look(a);
}

static bool base_write(struct apic *a, uint64_t val)
{
    uint32_t old = a->st.base;

    if (!base_legal(a, val))
        return false;
    a->st.base = (val & ~(uint64_t)BASE_BSP) | (old & BASE_BSP);
    if (a->st.base != old)
        device_enter(&a->dev, base_changed);
    return true;
}

enum { MSR_APIC_BASE = 0x1b, MSR_TSC_DEADLINE = 0x6e0, MSR_X2APIC = 0x800, MSR_X2APIC_LAST = 0x8ff };

/* IA32_TSC_DEADLINE counts in the machine's TSC here: the accelerator applies the vCPU's offset. */
static bool intc_msr_read(void *opaque, uint32_t msr, uint64_t *val)
{
    struct apic *a = opaque;

    if (msr == MSR_APIC_BASE)
        *val = a->st.base;
    else if (msr == MSR_TSC_DEADLINE)
        *val = a->st.tsc_deadline;
    else
        return msr >= MSR_X2APIC && msr <= MSR_X2APIC_LAST && apic_is_x2(a) && apic_x2_read(a, msr - MSR_X2APIC, val);
    return true;
}

static bool intc_msr_write(void *opaque, uint32_t msr, uint64_t val)
{
    struct apic *a = opaque;

    if (msr == MSR_APIC_BASE)
        return base_write(a, val);
    if (msr == MSR_TSC_DEADLINE) {
        apic_timer_deadline(a, val);
        return true;
    }
    return msr >= MSR_X2APIC && msr <= MSR_X2APIC_LAST && apic_is_x2(a) && apic_x2_write(a, msr - MSR_X2APIC, val);
}

static void intc_init(void *opaque)
{
    apic_init(opaque);
}

const struct vcpu_intc apic_intc = {
    .pending = intc_pending,
    .take = intc_take,
    .tpr_get = intc_tpr_get,
    .tpr_set = intc_tpr_set,
    .msr_read = intc_msr_read,
    .msr_write = intc_msr_write,
    .init = intc_init,
};
