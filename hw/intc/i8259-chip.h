/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * 8259A: state and tables, private to i8259.c (the chip) and i8259-inside.c (one that the accelerator keeps)
 */

#include "core/machine.h"
#include "hw/intc/counts.h"
#include "hw/intc/i8259.h"

/* What port 1 expects next. */
enum { READY, WANT_ICW2, WANT_ICW3, WANT_ICW4 };

struct i8259 {
    struct device dev;
    struct {
        uint32_t iobase, elcr_addr;
        uint8_t elcr_mask;
        bool master;
    } cfg;
    struct i8259_state {
        uint8_t lines;                  /* level of each input */
        uint8_t irr, imr, isr;
        uint8_t top;                    /* the input of highest priority */
        uint8_t base;                   /* vector of IR0 */
        uint8_t read_isr;               /* port 0 shows ISR, not IRR */
        uint8_t poll;
        uint8_t special_mask;
        uint8_t expects;                /* READY, WANT_ICW2 ... */
        uint8_t auto_eoi, rotate_on_auto_eoi, special_nested;
        uint8_t wants_icw4, single;
        uint8_t elcr;
    } st;
    struct irq out;                     /* of a slave */
    struct irq_sink sink;
    struct region inta;                 /* INTA cycles are reads here; in no address space */
    struct i8259 *slave;                /* of a master */
    struct irq_counts counts;
    struct i8259_seen { struct i8259_state st; struct irq_counts counts; } seen;        /* the home loop's */
};

#define P struct i8259

static inline struct i8259 *i8259(struct device *dev)
{
    return (struct i8259 *)dev;
}

/* A copy, made inside the chip; of one that the accelerator keeps, of what it has.  Good until the next call. */
const struct i8259_seen *i8259_look(struct device *dev);

extern const struct prop i8259_props[];
extern const struct section i8259_section;
extern const struct device_type i8259_inside_type;
