/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A CPU device for a vCPU that a test has made itself, on a machine without places for CPUs
 */

#include "core/machine.h"
#include "cpu/device.h"

/* Realized, at cpu->dev. */
static inline int cpu_device_new(struct machine *m, struct vcpu *cpu, const struct device_type *type)
{
    struct device *dev = device_new(m, type);

    cpu_device_place(dev)->apic_id = cpu->apic_id;
    cpu_device_bind(dev, cpu);
    return device_realize(dev, NULL, NULL, NULL);
}
