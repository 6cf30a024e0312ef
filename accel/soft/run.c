/* SPDX-License-Identifier: Apache-2.0 */
#include "accel/soft/soft.h"
#include "accel/soft/block.h"
#include "accel/soft/debug.h"
#include "accel/soft/exc.h"
#include "accel/soft/exclusive.h"
#include "accel/soft/form.h"
#include "accel/soft/mem.h"
#include "accel/soft/mmu.h"
#include "accel/soft/smm.h"

/*
 * The dispatcher: kicks, events, and from block to block
 *
 * It runs between blocks that are not linked.  Faults unwind to soft_run(), with env->pc at the handler.
 * Invariant: no lock is held and nothing of a block is referred to when an event is taken.
 */

/* Work that others asked for.  False: the caller of soft_run() wants its thread back. */
static bool poll_kick(struct env *e)
{
    uint32_t kick = atomic_fetch_and(&e->kick, KICK_EXIT);

    if (kick & KICK_FLUSH)
        mmu_flush_all(e);
    if (kick & KICK_SMC)
        smc_poll(e);
    if (kick & KICK_PARK)
        soft_park(e);
    if (kick & KICK_IRQ)
        e->irq_hint = true;
    return !(kick & KICK_EXIT);
}

static void take_interrupt(struct env *e)
{
    int vector = e->bus->irq_take(e->bus_opaque);

    if (vector < 0)
        return;
    e->x.halted = 0;
    exc_interrupt(e, vector);
}

/*
 * SMI, NMI, interrupt, in the order of SDM volume 3, table 6-2.  irq_hint stays set while something is pending
 * that cannot be taken yet; what unblocks it (STI, POPF, IRET, RSM) comes through here again.
 */
static void take_events(struct env *e)
{
    struct x86_state *x = &e->x;
    bool pending = e->bus->irq_pending(e->bus_opaque);

    e->irq_hint = pending || x->nmi_pending || x->smi_pending;
    if (x->inhibit || x->wait_sipi)
        return;
    if (x->smi_pending && !x->smm) {
        smm_enter(e);
    } else if (x->nmi_pending && !x->nmi_masked) {
        x->halted = 0;
        exc_nmi(e);
    } else if (pending && (e->eflags & FLAG_IF)) {
        take_interrupt(e);
    }
}

static void run_block(struct env *e, struct block *b)
{
    const struct insn *i = b->insn;

    e->insns += i->spare;
    while (i)
        i = i->fn(e, i);
}

/* One instruction, and a look at what it left behind: TF, breakpoints, the shadow of STI and MOV SS. */
static void run_one(struct env *e)
{
    uint32_t key = e->key;
    struct block *b;
    bool traps;

    if (unlikely(e->soft->points.n || e->debugger.step) && debugger_before(e))
        return;
    if (key & (KEY_TF | KEY_SINGLE))
        debug_before(e);
    b = block_lookup(e);
    e->link = NULL;
    traps = !(forms[b->insn[0].form].attrs & FORM_NOSTEP);
    if (key & KEY_INHIBIT) {
        e->x.inhibit = 0;
        e->key &= ~(uint32_t)KEY_INHIBIT;
        block_jc_context(e);
        if (e->irq_hint)
            atomic_fetch_or(&e->kick, KICK_IRQ);    /* so that no link leads past the dispatcher */
    }
    run_block(e, b);
    debugger_after(e);
    if ((key & (KEY_TF | KEY_SINGLE)) && !e->x.inhibit)
        debug_after(e, traps ? key : key & ~(uint32_t)KEY_TF);
}

static bool run_next(struct env *e)
{
    struct block *b;

    if (unlikely(atomic_load_explicit(&e->kick, memory_order_relaxed)) && !poll_kick(e))
        return false;
    if (unlikely(e->irq_hint) && !e->debugger.masked)
        take_events(e);
    if (unlikely(e->x.halted || e->x.wait_sipi || e->shutdown))
        return false;
    if (unlikely(e->key & (KEY_TF | KEY_INHIBIT | KEY_SINGLE))) {
        run_one(e);
        return true;
    }
    b = block_lookup(e);
    if (e->link)
        block_link(e, b);
    run_block(e, b);
    return true;
}

void soft_run(struct env *e)
{
    soft_enter(e);
    if (_setjmp(e->unwind))
        debugger_unwound(e);
    while (run_next(e))
        ;
    soft_exit(e);
}
