/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What the protocol asks of a machine
 *
 * machine.c binds it to a struct machine; tests put a stand-in in its place.  Home loop.  vCPUs are numbered from 0.
 * State and memory are asked for only while the target stands.
 */

#include "core/debug.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct x86_state;

/* How the target has come to stand, or has ended; numbers of signals as the protocol has them. */
enum gdb_signal {
    GDB_SIGNAL_INT = 2, GDB_SIGNAL_QUIT = 3, GDB_SIGNAL_TRAP = 5, GDB_SIGNAL_ABRT = 6, GDB_SIGNAL_ALRM = 14,
    GDB_SIGNAL_IO = 23, GDB_SIGNAL_XCPU = 24, GDB_SIGNAL_UNKNOWN = 143,
};

struct gdb_target;

struct gdb_target_ops {
    bool (*running)(struct gdb_target *t);
    void (*halt)(struct gdb_target *t);                         /* stands when it returns */
    /* -EINVAL: it cannot, in its state.  plan: for each vCPU; step: enum debug_step. */
    int (*go)(struct gdb_target *t, const enum debug_go *plan, unsigned step);
    void (*kill)(struct gdb_target *t);                         /* the process will end, later */
    bool (*halted)(struct gdb_target *t, unsigned cpu);         /* does the vCPU wait for an interrupt? */
    void (*state_get)(struct gdb_target *t, unsigned cpu, struct x86_state *st);
    void (*state_put)(struct gdb_target *t, unsigned cpu, const struct x86_state *st);
    uint8_t (*cr8_get)(struct gdb_target *t, unsigned cpu);
    void (*cr8_put)(struct gdb_target *t, unsigned cpu, uint8_t cr8);
    /* Through the vCPU's page tables, or at a physical address as it sees it.  -EFAULT: nothing there. */
    int (*read)(struct gdb_target *t, unsigned cpu, bool physical, uint64_t addr, void *buf, size_t n);
    int (*write)(struct gdb_target *t, unsigned cpu, bool physical, uint64_t addr, const void *buf, size_t n);
    /* All of them.  -ENOSPC, -ENOTSUP; the list is then as before. */
    int (*points)(struct gdb_target *t, const struct debug_point *points, unsigned n);
    /* A line of the human monitor; its text goes to put, which is not called after the return.  NULL: there is none. */
    void (*monitor)(struct gdb_target *t, const char *line, void (*put)(void *opaque, const char *text, size_t n),
                    void *opaque);
};

struct gdb_target {
    const struct gdb_target_ops *ops;
    unsigned n_vcpus;           /* at least one */
};
