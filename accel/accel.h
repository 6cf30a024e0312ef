/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Accelerators, seen by everyone else
 *
 * An accelerator turns guest instructions into exits.  Callers never ask which one is in use: what
 * differs is a capability (core/accel.h), and who needs one has a fallback, or refuses to start and names it.
 * (Implementers see ops.h; only accel/kvm includes the kernel's headers.)
 */

struct error;
struct machine;

/* name: "tcg", "qtest", "kvm"; options: "thread=multi,tb-size=64" or NULL.  -EOPNOTSUPP and an error
 * that lists what this host has, if `name` is not among it.  Before any vCPU exists; machine_free() closes it. */
int accel_open(struct machine *m, const char *name, const char *options, struct error **err);
/* One that this host does in hardware; NULL: none. */
const char *accel_preferred(void);
/* Calls fn for the name of each accelerator in this build, in help order. */
void accel_names(void (*fn)(const char *name, void *opaque), void *opaque);
