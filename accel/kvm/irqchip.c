/* SPDX-License-Identifier: Apache-2.0 */
#include "accel/kvm/kvm.h"

/*
 * Interrupt controllers in the kernel: making them, and their state
 *
 * on: local APICs, I/O APIC, both 8259s and the 8254 with port 61h.  split: the local APICs only; the others
 * are hw's, and what they send arrives as messages.  off: none.
 * Reference: KVM_CREATE_IRQCHIP, KVM_CREATE_PIT2, KVM_CAP_SPLIT_IRQCHIP, KVM_GET_LAPIC.
 *
 * Invariant: IA32_APIC_BASE is stored before a local APIC's page, and its TSC deadline after it, since the page's
 * timer mode says whether there is one.
 */

#include <errno.h>
#include <string.h>
#include <time.h>

enum { MSR_APIC_BASE = 0x1b, MSR_TSC_DEADLINE = 0x6e0, IOAPICS = 24 };

static struct kvm *kvm_from(struct accel *accel)
{
    return (struct kvm *)accel;
}

/* Local APICs. */

static void lapic_get(struct vcpu *cpu, struct lapic_image *image)
{
    struct kvm_vcpu *v = kvm_vcpu_of(cpu);

    _Static_assert(sizeof(image->page) == KVM_APIC_REG_SIZE, "the page's first KiB");
    kvm_must(kvm_ioctl(v->fd, KVM_GET_LAPIC, image->page), "KVM_GET_LAPIC");
    kvm_must(msr_read(v, MSR_APIC_BASE, &image->base), "IA32_APIC_BASE");
    if (msr_read(v, MSR_TSC_DEADLINE, &image->tsc_deadline) != 1)
        image->tsc_deadline = 0;
}

static void lapic_put(struct vcpu *cpu, const struct lapic_image *image)
{
    struct kvm_vcpu *v = kvm_vcpu_of(cpu);

    kvm_try(msr_write(v, MSR_APIC_BASE, image->base), "IA32_APIC_BASE");
    kvm_try(kvm_ioctl(v->fd, KVM_SET_LAPIC, (void *)image->page), "KVM_SET_LAPIC");
    if (v->tsc_deadline)
        msr_write(v, MSR_TSC_DEADLINE, v->tsc_deadline);
}

bool irqchip_lint1_is_nmi(struct kvm_vcpu *v)
{
    enum { LINT1 = 0x360, MASKED = 1 << 16, MODE = 7 << 8, MODE_NMI = 4 << 8 };
    struct kvm_lapic_state lapic;
    uint32_t lvt;

    kvm_must(kvm_ioctl(v->fd, KVM_GET_LAPIC, &lapic), "KVM_GET_LAPIC");
    memcpy(&lvt, lapic.regs + LINT1, 4);
    return (lvt & (MASKED | MODE)) == MODE_NMI;
}

static void lint1(struct vcpu *cpu)
{
    kvm_vcpu_of(cpu)->lint1 = true;
    vcpu_request(cpu, VCPU_NMI);
}

/* 8259s and I/O APIC. */

static void chip_get(struct accel *accel, struct kvm_irqchip *chip, unsigned id)
{
    *chip = (struct kvm_irqchip){ .chip_id = id };
    kvm_must(kvm_ioctl(kvm_from(accel)->vm, KVM_GET_IRQCHIP, chip), "KVM_GET_IRQCHIP");
}

static void chip_put(struct accel *accel, struct kvm_irqchip *chip)
{
    kvm_try(kvm_ioctl(kvm_from(accel)->vm, KVM_SET_IRQCHIP, chip), "KVM_SET_IRQCHIP");
}

static void pic_get(struct accel *accel, unsigned id, struct pic_image *p)
{
    struct kvm_irqchip chip;
    const struct kvm_pic_state *k = &chip.chip.pic;

    chip_get(accel, &chip, id);
    *p = (struct pic_image){
        .lines = k->last_irr, .irr = k->irr, .imr = k->imr, .isr = k->isr, .top = k->priority_add & 7,
        .base = k->irq_base, .read_isr = k->read_reg_select, .poll = k->poll, .special_mask = k->special_mask,
        .expects = k->init_state, .auto_eoi = k->auto_eoi, .rotate_on_auto_eoi = k->rotate_on_auto_eoi,
        .special_nested = k->special_fully_nested_mode, .wants_icw4 = k->init4, .elcr = k->elcr,
        .elcr_mask = k->elcr_mask,
    };
}

static void pic_put(struct accel *accel, unsigned id, const struct pic_image *p)
{
    struct kvm_irqchip chip = { .chip_id = id, .chip.pic = {
        .last_irr = p->lines, .irr = p->irr, .imr = p->imr, .isr = p->isr, .priority_add = p->top,
        .irq_base = p->base, .read_reg_select = p->read_isr, .poll = p->poll, .special_mask = p->special_mask,
        .init_state = p->expects, .auto_eoi = p->auto_eoi, .rotate_on_auto_eoi = p->rotate_on_auto_eoi,
        .special_fully_nested_mode = p->special_nested, .init4 = p->wants_icw4, .elcr = p->elcr,
        .elcr_mask = p->elcr_mask,
    } };

    chip_put(accel, &chip);
}

static void ioapic_get(struct accel *accel, struct ioapic_image *io)
{
    struct kvm_irqchip chip;

    chip_get(accel, &chip, KVM_IRQCHIP_IOAPIC);
    *io = (struct ioapic_image){ .base = chip.chip.ioapic.base_address, .select = chip.chip.ioapic.ioregsel,
                                 .id = chip.chip.ioapic.id, .irr = chip.chip.ioapic.irr };
    for (unsigned pin = 0; pin < IRQCHIP_PINS; pin++)
        io->entry[pin] = chip.chip.ioapic.redirtbl[pin].bits;
}

static void ioapic_put(struct accel *accel, const struct ioapic_image *io)
{
    struct kvm_irqchip chip = { .chip_id = KVM_IRQCHIP_IOAPIC, .chip.ioapic = {
        .base_address = io->base, .ioregsel = io->select, .id = io->id, .irr = io->irr,
    } };

    for (unsigned pin = 0; pin < IRQCHIP_PINS; pin++)
        chip.chip.ioapic.redirtbl[pin].bits = io->entry[pin];
    chip_put(accel, &chip);
}

/* The 8254.  The kernel counts in the host's monotonic clock. */

static int64_t host_ahead_ns(const struct machine *m)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return ts.tv_sec * 1000000000ll + ts.tv_nsec - (int64_t)machine_clock_ns(m);
}

static void pit_get(struct accel *accel, struct pit_image *p)
{
    int64_t ahead = host_ahead_ns(accel->machine);
    struct kvm_pit_state2 k;

    kvm_must(kvm_ioctl(kvm_from(accel)->vm, KVM_GET_PIT2, &k), "KVM_GET_PIT2");
    *p = (struct pit_image){ .disabled = k.flags & KVM_PIT_FLAGS_HPET_LEGACY };
    for (unsigned i = 0; i < IRQCHIP_PIT_CHANNELS; i++) {
        const struct kvm_pit_channel_state *c = &k.channels[i];

        p->channel[i] = (struct pit_channel_image){
            .load_ns = c->count_load_time > ahead ? c->count_load_time - ahead : 0, .count = c->count,
            .latched_count = c->latched_count, .count_latched = c->count_latched,
            .status_latched = c->status_latched, .status = c->status, .read_state = c->read_state,
            .write_state = c->write_state, .write_latch = c->write_latch, .rw_mode = c->rw_mode, .mode = c->mode,
            .bcd = c->bcd, .gate = c->gate,
        };
    }
}

static void pit_put(struct accel *accel, const struct pit_image *p)
{
    int64_t ahead = host_ahead_ns(accel->machine);
    struct kvm_pit_state2 k = { .flags = p->disabled ? KVM_PIT_FLAGS_HPET_LEGACY : 0 };

    for (unsigned i = 0; i < IRQCHIP_PIT_CHANNELS; i++) {
        const struct pit_channel_image *c = &p->channel[i];

        k.channels[i] = (struct kvm_pit_channel_state){
            .count = c->count, .latched_count = c->latched_count, .count_latched = c->count_latched,
            .status_latched = c->status_latched, .status = c->status, .read_state = c->read_state,
            .write_state = c->write_state, .write_latch = c->write_latch, .rw_mode = c->rw_mode, .mode = c->mode,
            .bcd = c->bcd, .gate = c->gate, .count_load_time = (int64_t)c->load_ns + ahead,
        };
    }
    kvm_try(kvm_ioctl(kvm_from(accel)->vm, KVM_SET_PIT2, &k), "KVM_SET_PIT2");
}

/* Making them. */

static int lacks(const char *what, const char *legal, struct error **err)
{
    return error_set(err, -ENOTSUP, ERROR_UNSUPPORTED, "-accel kvm,kernel-irqchip", what, legal);
}

static int pit_reinject(struct accel *accel, bool later)
{
    struct kvm *kvm = (struct kvm *)accel;
    struct kvm_reinject_control control = { .pit_reinject = later };

    return kvm_has(kvm, KVM_CAP_REINJECT_CONTROL) ? kvm_ioctl(kvm->vm, KVM_REINJECT_CONTROL, &control) : -ENOTSUP;
}

static int full_new(struct kvm *kvm, struct error **err)
{
    struct kvm_pit_config pit = { .flags = KVM_PIT_SPEAKER_DUMMY };
    int r;

    if (!kvm_has(kvm, KVM_CAP_IRQCHIP) || !kvm_has(kvm, KVM_CAP_PIT2) || !kvm_has(kvm, KVM_CAP_PIT_STATE2) ||
        !kvm_has(kvm, KVM_CAP_IRQ_ROUTING) || !kvm_has(kvm, KVM_CAP_SIGNAL_MSI))
        return lacks("on", "off: this kernel has no interrupt controllers", err);
    r = kvm_ioctl(kvm->vm, KVM_CREATE_IRQCHIP, NULL);
    if (!r)
        r = kvm_ioctl(kvm->vm, KVM_CREATE_PIT2, &pit);
    if (r < 0)
        return error_set_host(err, r, "-accel kvm,kernel-irqchip", "on");
    kvm->irqchip = (struct accel_irqchip){
        .lapic_get = lapic_get, .lapic_put = lapic_put, .msi = routes_msi, .lint1 = lint1, .line = routes_line,
        .pic_get = pic_get, .pic_put = pic_put, .ioapic_get = ioapic_get, .ioapic_put = ioapic_put,
        .pit_get = pit_get, .pit_put = pit_put, .pit_reinject = pit_reinject,
    };
    return 0;
}

static int split_new(struct kvm *kvm, struct error **err)
{
    int r;

    if (!kvm_has(kvm, KVM_CAP_SPLIT_IRQCHIP) || !kvm_has(kvm, KVM_CAP_SIGNAL_MSI))
        return lacks("split", "on, off: this kernel cannot split them", err);
    r = kvm_enable(kvm, KVM_CAP_SPLIT_IRQCHIP, IOAPICS);
    if (r < 0)
        return error_set_host(err, r, "-accel kvm,kernel-irqchip", "split");
    kvm->irqchip = (struct accel_irqchip){
        .lapic_get = lapic_get, .lapic_put = lapic_put, .msi = routes_msi, .lint1 = lint1,
        .ioapic_route = routes_pin,
    };
    return 0;
}

int irqchip_new(struct kvm *kvm, struct error **err)
{
    int r;

    if (kvm->mode == KERNEL_IRQCHIP_OFF)
        return 0;
    r = kvm->mode == KERNEL_IRQCHIP_ON ? full_new(kvm, err) : split_new(kvm, err);
    if (r < 0)
        return r;
    /* Whole APIC ids in messages and pages, where the kernel can; LINT0 after reset as the data sheet has it. */
    kvm_enable(kvm, KVM_CAP_X2APIC_API, KVM_X2APIC_API_USE_32BIT_IDS | KVM_X2APIC_API_DISABLE_BROADCAST_QUIRK);
    if (kvm_has(kvm, KVM_CAP_DISABLE_QUIRKS))
        kvm_enable(kvm, KVM_CAP_DISABLE_QUIRKS, KVM_X86_QUIRK_LINT0_REENABLED);
    kvm->accel.irqchip = &kvm->irqchip;
    kvm->accel.halts_inside = true;
    return routes_init(kvm, err);
}

void irqchip_free(struct kvm *kvm)
{
    kvm->accel.irqchip = NULL;
    routes_free(kvm);
}
