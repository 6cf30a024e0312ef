/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Accelerators, seen by everyone else
 *
 * An accelerator turns guest instructions into exits.  Callers never ask which one is in use: what
 * differs is a capability, and who needs one has a fallback, or refuses to start and names it.
 * (Implementers see ops.h; only accel/kvm includes the kernel's headers.)
 */

#include <stdbool.h>
#include <stdint.h>

struct error;
struct machine;

enum accel_cap { ACCEL_RUNS_CODE, ACCEL_IRQFD, ACCEL_IOEVENTFD, ACCEL_DIRTY_RING, ACCEL_IN_KERNEL_APIC };

/* name: "tcg", "qtest", "kvm"; options: "thread=multi,tb-size=64" or NULL.  -EOPNOTSUPP and an error
 * that lists what this host has, if `name` is not among it.  Before any vCPU exists. */
int accel_open(struct machine *m, const char *name, const char *options, struct error **err);
void accel_close(struct machine *m);
bool accel_can(const struct machine *m, enum accel_cap cap);
/* One that this host does in hardware; NULL: none. */
const char *accel_preferred(void);
/* Calls fn for the name of each accelerator in this build, in help order. */
void accel_names(void (*fn)(const char *name, void *opaque), void *opaque);
