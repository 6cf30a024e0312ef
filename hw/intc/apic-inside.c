/* SPDX-License-Identifier: Apache-2.0 */
#include "hw/intc/apic-chip.h"

/*
 * Local APIC that the accelerator keeps
 *
 * Its page and its MSRs are served there; the region is the doorbell that devices' messages arrive at.  What is
 * left here: state, fetched before a save and given back after reset and load, in the section of apic.c;
 * an 8259 of ours wired to LINT0 of the first processor; EOIs for an I/O APIC of ours.
 * A count that goes on is carried over as what is left of it.
 * Reference: Intel SDM volume 3, table 10-1.
 *
 * Invariant: st is what the accelerator has only between a capture, a reset or a load and the next start.
 */

#include "lib/bits.h"

enum { AT_ID = 0x20, AT_TPR = 0x80, AT_LDR = 0xd0, AT_DFR = 0xe0, AT_SVR = 0xf0, AT_ISR = 0x100, AT_TMR = 0x180,
       AT_IRR = 0x200, AT_ESR = 0x280, AT_ICR = 0x300, AT_LVT = 0x320, AT_INITIAL = 0x380, AT_CURRENT = 0x390,
       AT_DIVIDE = 0x3e0, STEP = 0x10 };

static uint32_t get(const struct lapic_image *image, unsigned at)
{
    return bits_load(image->page + at, 4);
}

static void put(struct lapic_image *image, unsigned at, uint32_t val)
{
    bits_store(image->page + at, 4, val);
}

/* What is left of the count, in its own ticks, makes the moments that st has. */
static void timer_capture(struct apic *a, const struct lapic_image *image)
{
    struct apic_state *st = &a->st;
    uint64_t now = clock_ns(&a->dev), left = get(image, AT_CURRENT);
    unsigned code;

    st->initial_count = get(image, AT_INITIAL);
    st->divide = get(image, AT_DIVIDE) & 0xb;
    code = (st->divide & 3) | (st->divide >> 1 & 4);
    st->divide_shift = (code + 1) & 7;
    if (left > st->initial_count)
        left = st->initial_count;
    st->timer_start_ns = now - ((st->initial_count - left) << st->divide_shift);
    st->timer_expiry_ns = left ? now + (left << st->divide_shift) : TIMER_OFF;
    if (left)
        st->timer_next_ns = st->timer_expiry_ns;
    st->tsc_deadline = image->tsc_deadline;
}

static void capture(struct device *dev)
{
    struct apic *a = apic(dev);
    struct apic_state *st = &a->st;
    struct lapic_image image;

    if (!a->cpu || !inside_chips(dev->machine))
        return;
    inside_chips(dev->machine)->lapic_get(a->cpu, &image);
    st->base = image.base;
    st->id = apic_is_x2(a) ? a->cfg.id : get(&image, AT_ID) >> 24;
    st->tpr = get(&image, AT_TPR);
    st->ldr = get(&image, AT_LDR) >> 24;
    st->dfr = get(&image, AT_DFR) >> 28;
    st->svr = get(&image, AT_SVR) & SVR_BITS;
    st->esr = get(&image, AT_ESR);
    for (unsigned i = 0; i < 8; i++) {
        st->isr[i] = get(&image, AT_ISR + STEP * i);
        st->tmr[i] = get(&image, AT_TMR + STEP * i);
        st->irr[i] = get(&image, AT_IRR + STEP * i);
    }
    for (unsigned i = 0; i < 2; i++)
        st->icr[i] = get(&image, AT_ICR + STEP * i);
    for (unsigned i = 0; i < LVTS; i++)
        st->lvt[i] = get(&image, AT_LVT + STEP * i) & 0x7ffff;
    timer_capture(a, &image);
}

static uint32_t left_now(const struct apic *a)
{
    uint64_t now = clock_ns(&a->dev), at = a->st.timer_expiry_ns;

    return at == TIMER_OFF || at <= now ? 0 : (at - now) >> a->st.divide_shift;
}

static void resumed(struct device *dev)
{
    struct apic *a = apic(dev);
    const struct apic_state *st = &a->st;
    struct lapic_image image = { .base = st->base, .tsc_deadline = st->tsc_deadline };

    if (!a->cpu || !inside_chips(dev->machine))
        return;
    put(&image, AT_ID, apic_is_x2(a) ? a->cfg.id : (uint32_t)st->id << 24);
    put(&image, AT_TPR, st->tpr);
    put(&image, AT_LDR, apic_is_x2(a) ? apic_x2_ldr(a) : (uint32_t)st->ldr << 24);
    put(&image, AT_DFR, (uint32_t)st->dfr << 28 | 0x0fffffff);
    put(&image, AT_SVR, st->svr);
    put(&image, AT_ESR, st->esr);
    for (unsigned i = 0; i < 8; i++) {
        put(&image, AT_ISR + STEP * i, st->isr[i]);
        put(&image, AT_TMR + STEP * i, st->tmr[i]);
        put(&image, AT_IRR + STEP * i, st->irr[i]);
    }
    for (unsigned i = 0; i < 2; i++)
        put(&image, AT_ICR + STEP * i, st->icr[i]);
    for (unsigned i = 0; i < LVTS; i++)
        put(&image, AT_LVT + STEP * i, st->lvt[i]);
    put(&image, AT_INITIAL, st->initial_count);
    put(&image, AT_CURRENT, left_now(a));
    put(&image, AT_DIVIDE, st->divide);
    inside_chips(dev->machine)->lapic_put(a->cpu, &image);
}

/* An 8259 of ours interrupts the first processor; whether its LINT0 lets it is the accelerator's to know. */
static bool extint_pending(void *opaque)
{
    const struct apic *a = opaque;

    return a->cpu->bsp && apic_bus_extint(a->bus);
}

static int extint_take(void *opaque)
{
    const struct apic *a = opaque;

    return extint_pending(opaque) ? apic_bus_ack(a->bus) : -1;
}

static uint8_t no_tpr(void *opaque)
{
    return 0;
}

static void no_tpr_set(void *opaque, uint8_t tpr)
{
}

static bool no_msr_read(void *opaque, uint32_t msr, uint64_t *val)
{
    return false;
}

static bool no_msr_write(void *opaque, uint32_t msr, uint64_t val)
{
    return false;
}

static void eoi(void *opaque, uint8_t vector)
{
    apic_bus_eoi(((struct apic *)opaque)->bus, vector);
}

static const struct vcpu_intc inside_intc = {
    .pending = extint_pending, .take = extint_take, .tpr_get = no_tpr, .tpr_set = no_tpr_set, .msr_read = no_msr_read,
    .msr_write = no_msr_write, .eoi = eoi,
};

void apic_inside_wire(struct apic *a)
{
    a->cpu->intc = &inside_intc;
}

static const struct region_type regions[] = {
    { .name = "kvm-apic-msi", .size = 0x100000, .min = 1, .max = 8, .msi = true, .read = apic_doorbell_read,
      .write = apic_doorbell_write },
    {}
};

static void reset(struct device *dev)
{
    struct apic *a = apic(dev);

    a->st.id = a->cfg.id;
    if (a->cpu && a->cpu->bsp)
        a->st.base |= BASE_BSP;
}

static int realize(struct device *dev, struct error **err)
{
    apic(dev)->bus = apic_bus_get(dev->machine);
    return 0;
}

static void unrealize(struct device *dev)
{
    struct apic *a = apic(dev);

    if (a->cpu && a->cpu->intc_opaque == a) {
        a->cpu->intc = NULL;
        a->cpu->intc_opaque = NULL;
    }
    apic_bus_put(dev->machine);
}

const struct device_type apic_inside_type = {
    .type = { .name = "kvm-apic", .parent = "apic-common", .doc = "local APIC in the kernel", .internal = true,
              DEVICE(struct apic), TYPE_STATE(struct apic), .props = apic_props, .state = &apic_section },
    .locking = LOCKING_NONE,
    .regions = regions,
    .realize = realize,
    .unrealize = unrealize,
    .reset = reset,
    .resumed = resumed,
    .capture = capture,
};
DEVICE_TYPE(apic_inside_type);
