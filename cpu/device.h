/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * CPU devices: a vCPU as the object tree and the migration stream know it
 *
 * The accelerator owns the architectural state while the machine runs.  Before a save it is fetched
 * into the device's st; after a load it is given back.  Home loop, while the vCPU is parked.
 */

#include <stdbool.h>
#include <stdint.h>

struct cpu_config;
struct error;
struct machine;
struct vcpu;
struct x86_state;

struct attr;
struct device;
struct type;

/* Where a CPU is to be, as its properties say it: -1, and UINT32_MAX as APIC id, where nobody has said. */
struct cpu_device_place {
    uint32_t apic_id;
    int32_t socket, die, core, thread, node;
};
/* Before realize. */
struct cpu_device_place *cpu_device_place(struct device *dev);
/* Before realize: the device describes cpu from now on; NULL: nobody, when the vCPU goes. */
void cpu_device_bind(struct device *dev, struct vcpu *cpu);
/* The vCPU that a CPU device describes; NULL: none. */
struct vcpu *cpu_device_vcpu(const struct device *dev);
/* Of the type of all CPU devices (device-attrs.c). */
void cpu_attrs(const struct type *asked, void (*fn)(const struct attr *a, void *opaque), void *opaque);

/* What RESET leaves (Intel SDM volume 3, table 9-1).  bsp: runs at once; the others wait for INIT-SIPI. */
void x86_state_reset(struct x86_state *st, const struct cpu_config *model, bool bsp);
/* What the INIT signal makes of st: x87, SSE, MTRRs, most MSRs and the TSC stay. */
void x86_state_init(struct x86_state *st, const struct cpu_config *model, bool bsp);
