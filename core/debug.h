/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Debugging a guest from outside: what a debugger asks of the vCPUs, and what it is told
 *
 * Breakpoints and watchpoints are one list for the machine, kept by the accelerator where the guest does not see
 * it; the guest's own debug registers are another matter.  A vCPU that meets one, or that has made its step, says
 * so by vcpu_debug_stopped() and parks; the home loop then stops the machine with RUN_DEBUG, and observers find in
 * machine_debug_stop() what it was.  When the machine stands, for whatever reason, nobody is held or steps any more.
 *
 * Everything but vcpu_debug_stopped() is the home loop's.
 */

#include <stdbool.h>
#include <stdint.h>

struct error;
struct machine;
struct vcpu;

enum debug_kind { DEBUG_BREAK, DEBUG_WATCH_WRITE, DEBUG_WATCH_READ, DEBUG_WATCH_ACCESS, DEBUG_KINDS };

/* bytes: of a watchpoint; of a breakpoint the instruction's first byte counts. */
struct debug_point {
    enum debug_kind kind;
    uint64_t lin;               /* linear address: CS.base + rip, or what an operand's segment makes of it */
    uint64_t bytes;
};
enum { DEBUG_POINTS = 256 };    /* the most that a machine has */

enum debug_why { DEBUG_NOTHING, DEBUG_STEPPED, DEBUG_BROKE, DEBUG_WATCHED };

struct debug_stop {
    struct vcpu *cpu;
    enum debug_why why;
    enum debug_kind kind;       /* of DEBUG_WATCHED */
    uint64_t lin;               /* of DEBUG_BROKE the point's, of DEBUG_WATCHED the first byte that was watched */
};

enum debug_step {
    DEBUG_STEP = 1 << 0,        /* one instruction, then stop */
    DEBUG_STEP_NOIRQ = 1 << 1,  /* no interrupt, NMI or SMI is taken before it */
    DEBUG_STEP_NOTIMER = 1 << 2,        /* the virtual clock stands meanwhile */
};

/* What a vCPU does when the machine goes. */
enum debug_go { DEBUG_HOLD, DEBUG_RUN, DEBUG_STEP_ONE };

/* Has the machine vCPUs, and an accelerator that can be asked for this? */
bool machine_debuggable(const struct machine *m);
/* All breakpoints and watchpoints from now on; the machine stands.  points is copied.  -ENOSPC: the accelerator has
 * room for less, -ENOTSUP: it has no such kind; the list is then as before. */
int machine_debug_points(struct machine *m, const struct debug_point *points, unsigned n, struct error **err);
/* As machine_start(), with a plan for each vCPU; step: enum debug_step, for those that step. */
int machine_debug_start(struct machine *m, const enum debug_go *plan, unsigned step, struct error **err);
/* While the state is RUN_DEBUG: who stopped it, and why; DEBUG_NOTHING: no debugger's doing. */
const struct debug_stop *machine_debug_stop(const struct machine *m);

/* The accelerator's word, on the vCPU's thread inside vcpu_run(), which returns then; stop->cpu is set here. */
void vcpu_debug_stopped(struct vcpu *cpu, const struct debug_stop *stop);

/* Core's own: all vCPUs are parked; a stop may be there to be carried out. */
void debug_stand(struct machine *m);
bool debug_is_pending(struct machine *m);     /* a vCPU has stopped, and nobody was told yet */
void debug_run(struct machine *m);
void debug_forget(const struct vcpu *cpu);      /* which leaves; nobody is told of a stop of its any more */
