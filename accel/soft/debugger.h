/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A debugger outside the guest: breakpoints, watchpoints, single steps (core/debug.h)
 *
 * It has nothing to do with the guest's own debug registers (debug.h), and the guest sees nothing of it.
 * A breakpoint is built into the blocks that contain it: its instruction is bound to op_breakpoint().  Pages with
 * watchpoints have no TLB entries, so that their accesses take the slow path; one that is watched leaves its block
 * before it has changed anything, and its instruction is done again alone.  So code without breakpoints, and pages
 * without watchpoints, cost what they cost without a debugger.
 */

#include "accel/soft/insn.h"
#include "core/debug.h"

struct soft;

/* Of all vCPUs; changes while none of them runs. */
struct debugger_points {
    unsigned n, n_watches;
    struct debug_point point[DEBUG_POINTS];
};

/* Of a vCPU. */
struct debugger {
    struct debug_stop stop;     /* why it left guest code; DEBUG_NOTHING: not for a debugger */
    struct debug_stop met;      /* the watchpoint that the instruction met */
    bool step, masked;          /* one instruction; no events before it */
    bool one;                   /* an instruction is being done alone */
    bool again;                 /* it is to be: it meets a watchpoint */
};

/* No vCPU runs.  What is to be stopped at from the next debugger_apply() on; n up to DEBUG_POINTS. */
void debugger_set(struct soft *s, const struct debug_point *points, unsigned n);
/* No vCPU runs, and one may soon: forgets the blocks and TLB entries that another list made. */
void debugger_apply(struct soft *s);
/* The vCPU is parked.  step: enum debug_step. */
void debugger_step(struct env *e, unsigned step);
void debugger_reset(struct env *e);

/* Run loop: an instruction is about to be done alone; true: not now, it has a breakpoint. */
bool debugger_before(struct env *e);
void debugger_after(struct env *e);             /* it is done */
void debugger_unwound(struct env *e);           /* an event came instead of its end */

/* Is there a breakpoint at this linear address? */
bool debugger_breaks(const struct soft *s, uint64_t lin);
/* Is there a watchpoint in the page of lin? */
bool debugger_watches(const struct soft *s, uint64_t lin);
/* An access of the current instruction, before it is made: does not return if the instruction is to be done alone. */
void debugger_access(struct env *e, const struct insn *i, uint64_t lin, unsigned size, bool write);

/* What an instruction with a breakpoint is bound to. */
insn_fn op_breakpoint;
