/* SPDX-License-Identifier: Apache-2.0 */
#include "core/machine.h"

/*
 * Reset: devices in creation order, then CPUs, then the board's boot
 *
 * Invariant: the machine stands while it resets, so that no entry sees a half-reset machine.
 */

void device_reset_state(struct device *dev, bool power_on)
{
    const struct type *t = &dev->type->type;
    const struct reg *tables[DEVICE_REGIONS + 1];
    struct state_owner o = device_state_owner(dev, tables);

    if (t->state)
        state_reset(&o, t->state, device_st(dev), power_on);
    if (dev->type->reset)
        dev->type->reset(dev);
}

struct state_owner device_state_owner(const struct device *dev, const struct reg *tables[])
{
    unsigned n = 0;

    for (const struct region_type *t = dev->type->regions; t && t->name; t++)
        if (t->regs)
            tables[n++] = t->regs;
    tables[n] = NULL;
    return (struct state_owner){ .dev = dev, .st = device_st(dev), .regs = tables, .version = dev->machine->version };
}

static void warm_reset(struct device *dev)
{
    device_reset_state(dev, false);
    if (dev->type->resumed)
        dev->type->resumed(dev);
}

static void cold_reset(struct device *dev)
{
    device_reset_state(dev, true);
    if (dev->type->resumed)
        dev->type->resumed(dev);
}

void machine_reset(struct machine *m, bool cold)
{
    list_for_each(n, &m->devices) {
        struct device *dev = list_entry(n, struct device, in_machine);

        if (dev->realized)
            device_enter(dev, cold ? cold_reset : warm_reset);
    }
    for (unsigned i = 0; i < m->n_vcpus; i++)
        vcpu_reset(m->vcpus[i], false);
    if (m->power.waking ? m->wake_boot : m->reset_boot)
        (m->power.waking ? m->wake_boot : m->reset_boot)(m);
    machine_notify(m, EVENT_RESET_DONE, CAUSE_NONE);
}
