/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Devices whose chip the accelerator keeps (kvm-...): what they share
 *
 * An access that arrives at one of their regions all the same (by qtest, or by DMA) finds nobody.
 */

#include "core/accel.h"
#include "core/machine.h"

/* NULL: the accelerator keeps no chips. */
static inline const struct accel_irqchip *inside_chips(const struct machine *m)
{
    return m->accel ? m->accel->irqchip : NULL;
}

/* All of them, not the local APICs only. */
static inline const struct accel_irqchip *inside_all(const struct machine *m)
{
    const struct accel_irqchip *chips = inside_chips(m);

    return chips && chips->line ? chips : NULL;
}

static inline uint64_t inside_read(struct device *dev, uint64_t at, unsigned size)
{
    return UINT64_MAX;
}

static inline void inside_write(struct device *dev, uint64_t at, unsigned size, uint64_t val)
{
}
