/* SPDX-License-Identifier: Apache-2.0 */
#include "accel/kvm/kvm.h"

/*
 * Lines and messages to the kernel's interrupt controllers, and its routing table
 *
 * Each input of each chip has a number of its own, so that hw/intc's router stays the one place that knows
 * which line goes where:
 *
 *     on      0       the kernel's 8254: input 0 of the 8259s and pin 2 of the I/O APIC
 *             1-16    inputs 0 to 15 of the 8259s        17-40   pins 0 to 23 of the I/O APIC
 *     split   0-23    what pin n of our I/O APIC sends, as a message: the kernel finds there which EOIs to tell
 *
 * Messages of devices need no route.
 * Reference: KVM_SET_GSI_ROUTING, KVM_IRQ_LINE, KVM_SIGNAL_MSI.
 */

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { LINE_PIT, LINE_PIC, LINE_IOAPIC = LINE_PIC + 16, ROUTES = 2 + 16 + IRQCHIP_PINS, PIT_PIN = 2 };

static void chip_route(struct routes *t, uint32_t line, uint32_t chip, uint32_t pin)
{
    t->table->entries[t->n++] = (struct kvm_irq_routing_entry){
        .gsi = line, .type = KVM_IRQ_ROUTING_IRQCHIP, .u.irqchip = { chip, pin },
    };
}

static int table_set(struct kvm *kvm)
{
    kvm->routes.table->nr = kvm->routes.n;
    return kvm_ioctl(kvm->vm, KVM_SET_GSI_ROUTING, kvm->routes.table);
}

static void chips_fill(struct routes *t)
{
    chip_route(t, LINE_PIT, KVM_IRQCHIP_PIC_MASTER, 0);
    chip_route(t, LINE_PIT, KVM_IRQCHIP_IOAPIC, PIT_PIN);
    for (unsigned n = 0; n < 16; n++)
        chip_route(t, LINE_PIC + n, n < 8 ? KVM_IRQCHIP_PIC_MASTER : KVM_IRQCHIP_PIC_SLAVE, n % 8);
    for (unsigned n = 0; n < IRQCHIP_PINS; n++)
        chip_route(t, LINE_IOAPIC + n, KVM_IRQCHIP_IOAPIC, n);
}

int routes_init(struct kvm *kvm, struct error **err)
{
    struct routes *t = &kvm->routes;
    int r;

    t->table = calloc(1, sizeof(*t->table) + ROUTES * sizeof(t->table->entries[0]));
    assert(t->table);
    if (kvm->mode == KERNEL_IRQCHIP_ON)
        chips_fill(t);
    r = table_set(kvm);
    return r < 0 ? error_set_host(err, r, "-accel kvm", "KVM_SET_GSI_ROUTING") : 0;
}

void routes_free(struct kvm *kvm)
{
    free(kvm->routes.table);
    kvm->routes = (struct routes){ 0 };
}

void routes_line(struct accel *accel, unsigned chip, unsigned line, bool level)
{
    uint32_t at = chip == IRQCHIP_IOAPIC ? LINE_IOAPIC : chip == IRQCHIP_PIC_SLAVE ? LINE_PIC + 8 : LINE_PIC;
    struct kvm_irq_level set = { .irq = at + line, .level = level };

    kvm_must(kvm_ioctl(((struct kvm *)accel)->vm, KVM_IRQ_LINE, &set), "KVM_IRQ_LINE");
}

/* Nobody may be there to take it: that is not an error. */
void routes_msi(struct accel *accel, uint64_t addr, uint32_t data)
{
    struct kvm_msi msi = { .address_lo = addr, .address_hi = addr >> 32, .data = data };

    kvm_ioctl(((struct kvm *)accel)->vm, KVM_SIGNAL_MSI, &msi);
}

/* Masked pins stand in the table no more; it is handed over only when something differs. */
void routes_pin(struct accel *accel, unsigned pin, bool masked, uint64_t addr, uint32_t data)
{
    struct kvm *kvm = (struct kvm *)accel;
    struct routes *t = &kvm->routes;
    struct kvm_irq_routing_entry e = { 0 };

    if (!masked)
        e = (struct kvm_irq_routing_entry){ .gsi = pin, .type = KVM_IRQ_ROUTING_MSI,
                                            .u.msi = { .address_lo = addr, .address_hi = addr >> 32, .data = data } };
    lock_take(&kvm->lock);
    if (memcmp(&t->pin[pin], &e, sizeof(e))) {
        t->pin[pin] = e;
        t->n = 0;
        for (unsigned n = 0; n < IRQCHIP_PINS; n++)
            if (t->pin[n].type)
                t->table->entries[t->n++] = t->pin[n];
        kvm_try(table_set(kvm), "KVM_SET_GSI_ROUTING");
    }
    lock_drop(&kvm->lock);
}
