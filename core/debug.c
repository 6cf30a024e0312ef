/* SPDX-License-Identifier: Apache-2.0 */
#include "core/debug.h"

/*
 * Debugging from outside: from the vCPU that stops to the machine that stops (see debug.h)
 *
 * Of several vCPUs that stop at once the first is told of.  The others stand at their breakpoints and meet them again;
 * a step or a watchpoint of theirs that was done at the same moment is not told of.
 *
 * Invariant: `pending` is filled by a vCPU that is about to park, and emptied by the home loop when all are parked, so
 * that a stop is never told of after the guest went on.
 */

#include "core/accel.h"
#include "core/machine.h"

#include <assert.h>
#include <errno.h>
#include <stdatomic.h>

static const struct accel_ops *ops_of(const struct machine *m)
{
    return m->accel->ops;
}

bool machine_debuggable(const struct machine *m)
{
    return m->accel && ops_of(m)->debug_points && m->n_vcpus;
}

int machine_debug_points(struct machine *m, const struct debug_point *points, unsigned n, struct error **err)
{
    assert(!machine_running(m) && machine_debuggable(m));
    if (n > DEBUG_POINTS)
        return error_set(err, -ENOSPC, ERROR_RANGE, "breakpoints", T("%u", n), T("at most %d", DEBUG_POINTS));
    return ops_of(m)->debug_points(m->accel, points, n, err);
}

int machine_debug_start(struct machine *m, const enum debug_go *plan, unsigned step, struct error **err)
{
    int r;

    assert(!machine_running(m) && machine_debuggable(m));
    for (unsigned i = 0; i < m->n_vcpus; i++) {
        bool steps = plan[i] == DEBUG_STEP_ONE && step & DEBUG_STEP;

        m->vcpus[i]->held = plan[i] == DEBUG_HOLD;
        ops_of(m)->vcpu_step(m->vcpus[i], steps ? step : 0);
        m->debug.clock_stands |= steps && step & DEBUG_STEP_NOTIMER;
    }
    r = machine_start(m, err);
    if (r < 0 || !machine_running(m))
        debug_stand(m);
    return r;
}

const struct debug_stop *machine_debug_stop(const struct machine *m)
{
    return &m->debug.last;
}

void debug_stand(struct machine *m)
{
    lock_take(&m->debug.lock);
    m->debug.pending = (struct debug_stop){ 0 };
    lock_drop(&m->debug.lock);
    m->debug.clock_stands = false;
    if (!machine_debuggable(m))
        return;
    for (unsigned i = 0; i < m->n_vcpus; i++) {
        m->vcpus[i]->held = false;
        ops_of(m)->vcpu_step(m->vcpus[i], 0);
    }
}

bool debug_is_pending(struct machine *m)
{
    bool pending;

    lock_take(&m->debug.lock);
    pending = m->debug.pending.why != DEBUG_NOTHING;
    lock_drop(&m->debug.lock);
    return pending;
}

void debug_run(struct machine *m)
{
    struct debug_stop stop;

    lock_take(&m->debug.lock);
    stop = m->debug.pending;
    lock_drop(&m->debug.lock);
    if (stop.why == DEBUG_NOTHING)
        return;
    m->debug.last = stop;
    machine_stop(m, RUN_DEBUG, NULL);
    m->debug.last = (struct debug_stop){ 0 };
}

void debug_forget(const struct vcpu *cpu)
{
    struct machine *m = cpu->machine;

    lock_take(&m->debug.lock);
    if (m->debug.pending.cpu == cpu)
        m->debug.pending = (struct debug_stop){ 0 };
    lock_drop(&m->debug.lock);
}

void vcpu_debug_stopped(struct vcpu *cpu, const struct debug_stop *stop)
{
    struct machine *m = cpu->machine;

    lock_take(&m->debug.lock);
    if (m->debug.pending.why == DEBUG_NOTHING) {
        m->debug.pending = *stop;
        m->debug.pending.cpu = cpu;
    }
    lock_drop(&m->debug.lock);
    atomic_fetch_or(&cpu->requests, VCPU_STOP);
    machine_requests_post(m);
}
