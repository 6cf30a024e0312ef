/* SPDX-License-Identifier: Apache-2.0 */
#include "core/irq.h"

/*
 * Interrupt lines (see irq.h)
 *
 * Invariant: a sink is entered under its own lock only, which ranks further in than whatever the
 * source holds; nothing here marks the thread as inside a device, since nothing comes back.
 */

#include "core/machine.h"

static void deliver(const struct irq *irq, bool level)
{
    struct device *dev = irq->sink->dev;
    const struct irq_watch *watch = &dev->machine->irq_watch;

    if (watch->fn)
        watch->fn(watch->opaque, irq, level);
    if (dev->lock)
        lock_take(dev->lock);
    irq->sink->set(dev, irq->line, level);
    if (dev->type->outputs)
        dev->type->outputs(dev);
    if (dev->lock)
        lock_drop(dev->lock);
}

void irq_set(struct irq *irq, bool level)
{
    if (irq->level == level)
        return;
    irq->level = level;
    if (irq->sink) {
        TRACE(irq_set, "%s line %u level %d", irq->sink->dev->type->type.name, irq->line, level);
        deliver(irq, level);
    }
}

void irq_refresh(struct irq *irq)
{
    if (irq->sink)
        deliver(irq, irq->level);
}
