/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * How often each input of an interrupt controller rose, since the controller was made
 *
 * For people who look at a machine (info irq).  Under the controller's lock.  It is not state: a reset does not clear
 * it, and it does not migrate.
 */

#include <stdbool.h>
#include <stdint.h>

enum { IRQ_COUNTS = 24 };

struct irq_counts {
    uint64_t rose[IRQ_COUNTS];
    uint32_t high;                      /* inputs, as they were told last */
};

static inline void irq_count(struct irq_counts *c, unsigned line, bool level)
{
    uint32_t bit = 1u << line;

    c->rose[line] += level && !(c->high & bit);
    c->high = level ? c->high | bit : c->high & ~bit;
}
