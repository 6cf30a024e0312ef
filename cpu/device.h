/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * CPU devices: a vCPU as the object tree and the migration stream know it
 *
 * The accelerator owns the architectural state while the machine runs.  Before a save it is fetched
 * into the device's st; after a load it is given back.  Home loop, while the vCPU is parked.
 */

#include <stdbool.h>

struct cpu_config;
struct error;
struct machine;
struct vcpu;
struct x86_state;

/* model: a name of cpu/model.h; its type is "MODEL-x86_64-cpu".  Realized, at cpu->dev; freed with the machine. */
int cpu_device_new(struct machine *m, struct vcpu *cpu, const char *model, struct error **err);

struct attr;
struct device;
struct type;
/* The vCPU that a CPU device describes; NULL: none. */
struct vcpu *cpu_device_vcpu(const struct device *dev);
/* Of the type of all CPU devices (device-attrs.c). */
void cpu_attrs(const struct type *asked, void (*fn)(const struct attr *a, void *opaque), void *opaque);

/* What RESET leaves (Intel SDM volume 3, table 9-1).  bsp: runs at once; the others wait for INIT-SIPI. */
void x86_state_reset(struct x86_state *st, const struct cpu_config *model, bool bsp);
/* What the INIT signal makes of st: x87, SSE, MTRRs, most MSRs and the TSC stay. */
void x86_state_init(struct x86_state *st, const struct cpu_config *model, bool bsp);
