/* SPDX-License-Identifier: Apache-2.0 */
#include "hw/intc/apic.h"

/*
 * Local APIC: the type, its page and its wire form
 *
 * xAPIC with six local vectors, and x2APIC where the CPU model offers it.  One per vCPU; its page is
 * seen by that vCPU only and follows IA32_APIC_BASE, which holds 32 bits of address here (the wire
 * has no more).  The doorbell for MSIs lies in system memory at its architectural place.  Left out:
 * EOI broadcast suppression, CMCI, virtual APIC assists.
 * Reference: Intel SDM volume 3, chapter 10.
 */

#include "hw/intc/apic-chip.h"
#include "lib/bits.h"

#include <assert.h>
#include <errno.h>

#define A struct apic

/* Registers are 32 bits wide and 16 bytes apart; only whole ones can be written. */
static uint64_t page_read(struct device *dev, uint64_t at, unsigned size)
{
    unsigned byte = at & 0xf;

    if (byte >= 4)
        return 0;
    return apic_page_read(apic(dev), at >> 4) >> 8 * byte & bits_ones(8 * size);
}

static void page_write(struct device *dev, uint64_t at, unsigned size, uint64_t val)
{
    if (size == 4 && !(at & 0xf))
        apic_page_write(apic(dev), at >> 4, val);
    else
        guest_error(dev, "partial write", at);
}

uint64_t apic_doorbell_read(struct device *dev, uint64_t at, unsigned size)
{
    return 0;
}

void apic_doorbell_write(struct device *dev, uint64_t at, unsigned size, uint64_t val)
{
    if (size == 4 && !(at & 3))
        apic_msi(dev->machine, APIC_DEFAULT_BASE | at, val);
}

static const struct region_type apic_regions[] = {
    { .name = "apic", .size = 0x1000, .min = 1, .max = 4, .read = page_read, .write = page_write },
    { .name = "apic-msi", .size = 0x100000, .min = 1, .max = 8, .msi = true, .read = apic_doorbell_read,
      .write = apic_doorbell_write },
    {}
};

const struct prop apic_props[] = {
    PROP(A, "id", id, .doc = "initial APIC ID"),
    PROP(A, "version", version, .def = 0x14, .doc = "as the version register shows it"),
    PROP(A, "vapic", vapic, .def = true, .doc = "accepted for compatibility; no virtual APIC assists are offered"),
    {}
};

/* The vCPU knows whether it waits; st holds what a stream said until the vCPU has been told. */
static uint64_t wait_get(const struct device *dev)
{
    const struct apic *a = (const struct apic *)dev;

    return a->cpu ? a->cpu->wait_sipi : a->st.wait_for_sipi;
}

static uint64_t sipi_get(const struct device *dev)
{
    const struct apic *a = (const struct apic *)dev;

    return a->cpu ? a->cpu->sipi_vector : a->st.sipi_vector;
}

static bool waits(const struct device *dev)
{
    return wait_get(dev);
}

static int apic_check(const struct device *dev, const void *state, struct error **err)
{
    uint32_t base = ((const struct apic_state *)state)->base;

    if (base & ~(BASE_ADDR | BASE_BSP | BASE_X2APIC | BASE_ENABLED))
        return error_set(err, -EINVAL, ERROR_RANGE, "apic.apicbase", T("%#x", base), "no reserved bits");
    if ((base & BASE_X2APIC) && !(base & BASE_ENABLED))
        return error_set(err, -EINVAL, ERROR_RANGE, "apic.apicbase", "x2APIC while disabled", "enabled as well");
    return 0;
}

static const struct field apic_fields[] = {
    FIELD(A, "apicbase", base, .reset = APIC_DEFAULT_BASE | BASE_ENABLED),
    FIELD(A, "id", id),
    FIELD(A, "arb_id", arb_id),
    FIELD(A, "tpr", tpr),
    FIELD(A, "spurious_vec", svr, .reset = 0xff, .max = SVR_BITS),
    FIELD(A, "log_dest", ldr),
    FIELD(A, "dest_mode", dfr, .reset = 0xf, .max = 0xf),
    ARRAY(A, "isr", isr),
    ARRAY(A, "tmr", tmr),
    ARRAY(A, "irr", irr),
    ARRAY(A, "lvt", lvt, .reset = LVT_MASKED, .max = 0x7ffff),
    FIELD(A, "esr", esr, .wire = 4),
    ARRAY(A, "icr", icr),
    FIELD(A, "divide_conf", divide, .wire = 4, .max = 0xf),
    FIELD(A, "count_shift", divide_shift, .wire = 4, .max = 7, .type = "int32"),
    FIELD(A, "initial_count", initial_count),
    FIELD(A, "initial_count_load_time", timer_start_ns, .type = "int64"),
    FIELD(A, "next_time", timer_next_ns, .type = "int64"),
    FIELD(A, "timer_expiry", timer_expiry_ns, .reset = TIMER_OFF, .type = "int64"),
    FIELD(A, "esr_pending", esr_pending, .hidden = true),
    FIELD(A, "tsc_deadline", tsc_deadline, .hidden = true),
    {}
};

static const struct section apic_subsections[] = {
    { "apic_sipi", 1, 1, .needed = waits, .fields = (const struct field[]){
        FIELD(A, "sipi_vector", sipi_vector, .wire = 4, .max = 0xff, .get = sipi_get, .type = "int32"),
        FIELD(A, "wait_for_sipi", wait_for_sipi, .wire = 4, .max = 1, .get = wait_get, .type = "int32"), {} } },
    {}
};

const struct section apic_section = {
    "apic", 3, 3, .fields = apic_fields, .subs = apic_subsections, .check = apic_check, .fixed_instance = true,
};

static void apic_reset(struct device *dev)
{
    struct apic *a = apic(dev);
    bool bsp = a->cpu && a->cpu->bsp;

    a->st.id = a->cfg.id;
    if (bsp)
        a->st.base |= BASE_BSP;
    a->st.wait_for_sipi = a->cpu && !bsp;
}

static void apic_resumed(struct device *dev)
{
    struct apic *a = apic(dev);
    uint32_t base = a->st.base;

    if (a->cpu) {
        a->cpu->wait_sipi = a->st.wait_for_sipi;
        a->cpu->sipi_vector = a->st.sipi_vector;
    }
    map_request(dev, &dev->regions[0], (base & BASE_ENABLED) && !(base & BASE_X2APIC), base & BASE_ADDR);
    timer_update(&a->timer);
    apic_look(a);
}

static int apic_realize(struct device *dev, struct error **err)
{
    struct apic *a = apic(dev);

    lock_init(&a->timer_lock, RANK_DEVICE);
    a->bus = apic_bus_get(dev->machine);
    a->eoi.fn = apic_eoi_run;
    timer_init(&a->timer, dev, &a->st.timer_expiry_ns, apic_timer_fired);
    return 0;
}

static void apic_unrealize(struct device *dev)
{
    struct apic *a = apic(dev);

    if (a->cpu && a->cpu->intc_opaque == a) {
        a->cpu->intc = NULL;
        a->cpu->intc_opaque = NULL;
    }
    timer_fini(&a->timer);
    apic_bus_put(dev->machine);
    lock_fini(&a->timer_lock);
}

static const struct device_type apic_common = {
    .type = { .name = "apic-common", .parent = "device", .doc = "a local APIC", .abstract = true, .state = &no_state },
};
DEVICE_TYPE(apic_common);

static const struct device_type apic_type = {
    .type = { .name = "apic", .parent = "apic-common", .doc = "local APIC", .internal = true,
              DEVICE(A), TYPE_STATE(A), .props = apic_props, .state = &apic_section },
    .locking = LOCKING_NONE,
    .regions = apic_regions,
    .realize = apic_realize,
    .unrealize = apic_unrealize,
    .reset = apic_reset,
    .resumed = apic_resumed,
};
DEVICE_TYPE(apic_type);

int apic_new(struct machine *m, struct vcpu *cpu, struct error **err)
{
    struct device *dev = device_new(m, inside_chips(m) ? &apic_inside_type : &apic_type);
    struct apic *a = apic(dev);
    int r = device_set(dev, "id", T("%u", cpu->apic_id), err);

    a->cpu = cpu;
    dev->instance = cpu->apic_id;
    cpu->intc = &apic_intc;
    cpu->intc_opaque = a;
    m->nmi = apic_nmi;
    if (inside_chips(m))
        apic_inside_wire(a);
    r = r < 0 ? r : device_realize(dev, cpu->dev ? &cpu->dev->obj : NULL, "lapic", err);
    if (r < 0)
        return r;
    if (!inside_chips(m))
        device_map(dev, 0, &cpu->root, a->st.base & BASE_ADDR, 4096);
    if (apic_bus_first(a->bus))
        device_map(dev, inside_chips(m) ? 0 : 1, &m->memory, APIC_DEFAULT_BASE, 4096);
    return 0;
}
