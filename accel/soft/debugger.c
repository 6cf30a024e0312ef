/* SPDX-License-Identifier: Apache-2.0 */
#include "accel/soft/debugger.h"

/*
 * Breakpoints, watchpoints and steps of a debugger outside the guest (see debugger.h)
 *
 * An event that is delivered (a fault, INT n) counts as the instruction's end: a step stops at the handler.  Not
 * watched: what the CPU accesses by itself (descriptor tables, task state, stacks of exceptions, page tables), DMA,
 * other processors' page walks.
 *
 * Invariant: an access that is watched happens only while `one` is set, so the stop comes right after its instruction.
 */

#include "accel/soft/block.h"
#include "accel/soft/mmu.h"
#include "accel/soft/mode.h"

static bool same_points(const struct debugger_points *a, const struct debugger_points *b)
{
    if (a->n != b->n)
        return false;
    for (unsigned i = 0; i < a->n; i++) {
        const struct debug_point *p = &a->point[i], *q = &b->point[i];

        if (p->kind != q->kind || p->lin != q->lin || p->bytes != q->bytes)
            return false;
    }
    return true;
}

void debugger_set(struct soft *s, const struct debug_point *points, unsigned n)
{
    s->points.n = n;
    s->points.n_watches = 0;
    for (unsigned i = 0; i < n; i++) {
        s->points.point[i] = points[i];
        s->points.n_watches += points[i].kind != DEBUG_BREAK;
    }
}

/* A debugger takes its breakpoints out at each stop and puts them in again: then there is nothing to do. */
void debugger_apply(struct soft *s)
{
    if (same_points(&s->points, &s->built))
        return;
    s->built = s->points;
    block_flush_all(s);
    for (unsigned n = 0; n < s->n_vcpus; n++)
        mmu_flush_all(s->vcpus[n]);
}

void debugger_step(struct env *e, unsigned step)
{
    e->debugger.step = step & DEBUG_STEP;
    e->debugger.masked = step & DEBUG_STEP_NOIRQ;
    mode_update(e);
}

void debugger_reset(struct env *e)
{
    e->debugger.one = e->debugger.again = false;
    e->debugger.stop.why = e->debugger.met.why = DEBUG_NOTHING;
}

static void stop(struct env *e, enum debug_why why, enum debug_kind kind, uint64_t lin)
{
    e->debugger.stop = (struct debug_stop){ .why = why, .kind = kind, .lin = lin };
    atomic_fetch_or(&e->kick, KICK_EXIT);
}

bool debugger_breaks(const struct soft *s, uint64_t lin)
{
    for (unsigned i = 0; i < s->points.n; i++)
        if (s->points.point[i].kind == DEBUG_BREAK && s->points.point[i].lin == lin)
            return true;
    return false;
}

static uint64_t pc_lin(const struct env *e, uint64_t pc)
{
    return (e->seg_base[CS] + pc) & e->lin_mask;
}

/* Whoever steps wants to get past the breakpoint where he stands. */
bool debugger_before(struct env *e)
{
    uint64_t lin = pc_lin(e, e->pc);

    if (!e->debugger.step && debugger_breaks(e->soft, lin)) {
        stop(e, DEBUG_BROKE, DEBUG_BREAK, lin);
        return true;
    }
    e->debugger.one = true;
    e->debugger.met.why = DEBUG_NOTHING;
    return false;
}

static void one_ends(struct env *e)
{
    e->debugger.one = false;
    if (e->debugger.again) {
        e->debugger.again = false;
        mode_update(e);
    }
}

void debugger_after(struct env *e)
{
    const struct debug_stop *met = &e->debugger.met;

    if (!e->debugger.one)
        return;
    if (met->why == DEBUG_WATCHED)
        stop(e, DEBUG_WATCHED, met->kind, met->lin);
    else if (e->debugger.step)
        stop(e, DEBUG_STEPPED, DEBUG_BREAK, 0);
    one_ends(e);
}

/* The instruction may come again after a fault: only then will it have accessed what it meant to. */
void debugger_unwound(struct env *e)
{
    if (!e->debugger.one)
        return;
    if (e->debugger.step)
        stop(e, DEBUG_STEPPED, DEBUG_BREAK, 0);
    one_ends(e);
}

static bool overlaps(const struct debug_point *p, uint64_t lin, uint64_t size)
{
    return p->kind != DEBUG_BREAK && (lin - p->lin < p->bytes || (p->bytes && p->lin - lin < size));
}

bool debugger_watches(const struct soft *s, uint64_t lin)
{
    for (unsigned i = 0; i < s->points.n; i++)
        if (overlaps(&s->points.point[i], lin & SOFT_PAGE_MASK, SOFT_PAGE))
            return true;
    return false;
}

static bool kind_meets(enum debug_kind kind, bool write)
{
    return kind == DEBUG_WATCH_ACCESS || (kind == DEBUG_WATCH_WRITE) == write;
}

void debugger_access(struct env *e, const struct insn *i, uint64_t lin, unsigned size, bool write)
{
    for (unsigned n = 0; n < e->soft->points.n; n++) {
        const struct debug_point *p = &e->soft->points.point[n];

        if (!overlaps(p, lin, size) || !kind_meets(p->kind, write))
            continue;
        if (!e->debugger.one) {
            e->debugger.again = true;
            mode_update(e);
            soft_leave(e, i->pc);
        }
        if (e->debugger.met.why == DEBUG_NOTHING)
            e->debugger.met = (struct debug_stop){ .why = DEBUG_WATCHED, .kind = p->kind,
                                                   .lin = lin > p->lin ? lin : p->lin };
    }
}

const struct insn *op_breakpoint(struct env *e, const struct insn *i)
{
    e->pc = i->pc;
    e->insns -= i->spare;
    stop(e, DEBUG_BROKE, DEBUG_BREAK, pc_lin(e, i->pc));
    return NULL;
}
