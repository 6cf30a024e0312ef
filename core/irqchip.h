/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Interrupt controllers that an accelerator keeps itself
 *
 * A kernel can run the local APICs, and with them the I/O APIC, the 8259s and the 8254, without an exit for
 * each access.  hw/intc then has devices that only hold the state while the machine stands, and hands lines
 * and messages on through the functions here.  Images are in the chips' own terms, not in any kernel's.
 *
 * Three arrangements: no struct accel_irqchip, every chip is hw/intc's; one with `ioapic_route`, the local
 * APICs are the accelerator's ("split"); one with `line`, all chips are.
 */

#include <stdbool.h>
#include <stdint.h>

struct accel;
struct vcpu;

enum { IRQCHIP_PINS = 24, IRQCHIP_PIT_CHANNELS = 3 };

/* Register n of the page at 16 * n, little-endian, also in x2APIC mode. */
struct lapic_image {
    uint8_t page[1024];
    uint64_t base;              /* IA32_APIC_BASE */
    uint64_t tsc_deadline;      /* IA32_TSC_DEADLINE, in the vCPU's own TSC; 0: not armed */
};

/* One 8259; members as in the stream's section "i8259". */
struct pic_image {
    uint8_t lines, irr, imr, isr, top, base, read_isr, poll, special_mask, expects;
    uint8_t auto_eoi, rotate_on_auto_eoi, special_nested, wants_icw4, elcr, elcr_mask;
};

struct ioapic_image {
    uint64_t entry[IRQCHIP_PINS], base;
    uint32_t select, id, irr;
};

/* load_ns: in the machine's virtual clock. */
struct pit_image {
    struct pit_channel_image {
        uint64_t load_ns;
        uint32_t count;         /* 1 to 65536 */
        uint16_t latched_count;
        uint8_t count_latched, status_latched, status, read_state, write_state, write_latch, rw_mode, mode, bcd, gate;
    } channel[IRQCHIP_PIT_CHANNELS];
    bool disabled;              /* the HPET stands in for it */
};

/* get and put: while no vCPU runs; pic_get and ioapic_get also while they do, for people to look at.
 * msi, lint1, line, ioapic_route: any thread, under a controller's lock at most. */
struct accel_irqchip {
    void (*lapic_get)(struct vcpu *cpu, struct lapic_image *image);
    void (*lapic_put)(struct vcpu *cpu, const struct lapic_image *image);
    void (*msi)(struct accel *accel, uint64_t addr, uint32_t data);
    void (*lint1)(struct vcpu *cpu);    /* an edge at that pin: an NMI, if its local vector says so */
    /* What pin sends, so that its EOIs are told (vcpu_intc.eoi); masked: nothing.  NULL: see `line`. */
    void (*ioapic_route)(struct accel *accel, unsigned pin, bool masked, uint64_t addr, uint32_t data);
    /* The rest is there with `line` only.  chip: 0 the master, 1 the slave, 2 the I/O APIC. */
    void (*line)(struct accel *accel, unsigned chip, unsigned line, bool level);
    void (*pic_get)(struct accel *accel, unsigned chip, struct pic_image *image);
    void (*pic_put)(struct accel *accel, unsigned chip, const struct pic_image *image);
    void (*ioapic_get)(struct accel *accel, struct ioapic_image *image);
    void (*ioapic_put)(struct accel *accel, const struct ioapic_image *image);
    void (*pit_get)(struct accel *accel, struct pit_image *image);
    void (*pit_put)(struct accel *accel, const struct pit_image *image);
    /* Ticks that the guest was too slow for are given later (how it begins) or lost.  Negative errno: it cannot. */
    int (*pit_reinject)(struct accel *accel, bool later);
};
enum { IRQCHIP_PIC_MASTER, IRQCHIP_PIC_SLAVE, IRQCHIP_IOAPIC };
