/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * I/O APIC: state and tables, private to ioapic.c (the chip) and ioapic-inside.c (one that the accelerator keeps)
 */

#include "core/machine.h"
#include "hw/intc/counts.h"
#include "hw/intc/ioapic.h"

#define ENTRY_MASKED (1ull << 16)
#define ENTRY_LEVEL (1ull << 15)
#define ENTRY_REMOTE_IRR (1ull << 14)
#define ENTRY_LOW (1ull << 13)
#define ENTRY_LOGICAL (1ull << 11)

struct ioapic {
    struct device dev;
    struct {
        uint8_t version;
    } cfg;
    struct ioapic_state {
        uint64_t entry[IOAPIC_PINS];
        uint32_t irr;                   /* pins that ask */
        uint16_t id, select;            /* 4 and 8 bits */
    } st;
    uint32_t lines;                     /* level of each input, as its source tells it */
    struct irq_sink sink;
    struct irq_counts counts;
    struct ioapic_seen {
        struct ioapic_state st;
        struct irq_counts counts;
        uint8_t version;
    } seen;                             /* the home loop's */
};

#define I struct ioapic

static inline struct ioapic *ioapic(struct device *dev)
{
    return (struct ioapic *)dev;
}

/* A copy, made inside the chip; of one that the accelerator keeps, of what it has.  Good until the next call. */
const struct ioapic_seen *ioapic_look(struct device *dev);
const struct ioapic_seen *ioapic_inside_look(struct device *dev);

extern const struct section ioapic_section;
extern const struct device_type ioapic_inside_type;
