/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Interrupt lines
 *
 * A line has one source and ends in a controller (i8259, IOAPIC, PIRQ or GSI router).  Setting it is
 * the one call from a device to a device: the controller's lock ranks innermost, controllers call
 * only controllers further in, and nothing comes back.  A source tells the level after each of its
 * entries; only changes travel.
 */

#include <stdbool.h>
#include <stdint.h>

struct device;
struct irq;

/* Who looks on (qtest): told of every level that is delivered, on the thread that sets it, before it arrives. */
struct irq_watch {
    void (*fn)(void *opaque, const struct irq *irq, bool level);
    void *opaque;
};

/* The receiving end: `set` runs under the controller's lock, then its outputs() follow. */
struct irq_sink {
    struct device *dev;
    void (*set)(struct device *dev, unsigned line, bool level);
};

struct irq {
    _Atomic bool level;
    const struct irq_sink *sink;        /* NULL: not wired */
    unsigned line;
};

/* From inside an entry of the source (its outputs()), or from a controller further out. */
void irq_set(struct irq *irq, bool level);
/* Tells the sink the level even if it did not change: after a load, so that levels meet without edges. */
void irq_refresh(struct irq *irq);
