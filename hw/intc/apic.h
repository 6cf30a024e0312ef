/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Local APICs and what carries interrupt messages to them, for boards and interrupt controllers
 *
 * There is no bus to take a lock on: a message sets bits in its targets' request registers and kicks
 * their vCPUs.  Everything here may be called on any thread, unless it says otherwise.
 */

#include "core/machine.h"

/* Delivery modes, as in redirection entries, ICR, local vectors and MSI data. */
enum apic_mode {
    APIC_FIXED, APIC_LOWEST, APIC_SMI, APIC_RESERVED, APIC_NMI, APIC_INIT, APIC_SIPI, APIC_EXTINT,
};

/* A message as a device would send it: what is written, and where. */
static inline uint64_t apic_message_address(uint32_t dest, bool logical)
{
    uint64_t high = dest == UINT32_MAX ? 0 : dest & ~0xffu;     /* eight bits broadcast as well */

    return high << 32 | MSI_BASE | (dest & 0xff) << 12 | logical << 2;
}

static inline uint32_t apic_message_data(enum apic_mode mode, uint8_t vector, bool level)
{
    return (level ? 0xc000u : 0) | (uint32_t)mode << 8 | vector;
}

#define APIC_BROADCAST UINT32_MAX
#define APIC_DEFAULT_BASE 0xfee00000u

/* A destination that its sender knows eight bits of. */
static inline uint32_t apic_dest8(uint8_t dest)
{
    return dest == 0xff ? APIC_BROADCAST : dest;
}

/* The APIC of cpu, realized and mapped; it becomes cpu->intc.  Home loop.  Freed with the machine, or device_free(). */
int apic_new(struct machine *m, struct vcpu *cpu, struct error **err);

/* A message.  level: the trigger mode, which decides whether the EOI is broadcast.  EXTINT and the
 * reserved mode are dropped: an 8259 is wired to LINT0, see apic_extint(). */
void apic_deliver(struct machine *m, uint32_t dest, bool logical, enum apic_mode mode, uint8_t vector, bool level);
/* The same, from what was written to 0xfeexxxxx (also machine->msi). */
void apic_msi(struct machine *m, uint64_t addr, uint32_t data);

/* The 8259's INT pin, wired to LINT0 of every APIC. */
void apic_extint(struct machine *m, bool level);
/* The NMI button, wired to LINT1 of every APIC. */
void apic_nmi(struct machine *m);

/* Home loop.  ack answers an INTA cycle with a vector or -1; on a vCPU's thread, inside no device. */
void apic_connect_pic(struct machine *m, struct device *pic, int (*ack)(struct device *pic));
/* Home loop.  An EOI is a write of the vector to offset 0x40 of its region 0, as an entry. */
void apic_connect_ioapic(struct machine *m, struct device *ioapic);
/* Home loop: the undoing of either, in unrealize. */
void apic_disconnect(struct machine *m, struct device *dev);
