/* SPDX-License-Identifier: Apache-2.0 */
#include "accel/soft/sysops.h"
#include "accel/soft/seg.h"
#include "accel/soft/sys.h"
#include "accel/soft/task.h"

/*
 * IRET in every mode
 *
 * Real mode, virtual-8086 mode with and without VME, task return, protected mode to the same and to outer
 * levels and to virtual-8086 mode, long mode.  A popped RF is kept only while breakpoints are armed (debug.c):
 * otherwise the next instruction would clear it unseen.
 * Reference: SDM volume 2 (IRET), AMD APM volume 3.
 *
 * Invariant: nothing changes before the last check.
 */

enum {
    /* what any level may change */
    IRET_ANY = FLAGS_ARITH | FLAG_TF | FLAG_DF | FLAG_NT | FLAG_AC | FLAG_ID,
    IRET_PRIVILEGED = FLAG_IOPL | FLAG_VIF | FLAG_VIP,
};

struct image {
    uint64_t ip, cs, flags;
};

static struct image pop_image(struct env *e, const struct insn *i, struct stack *s)
{
    struct image m;

    m.ip = stack_pop(e, i, s, i->osz);
    m.cs = stack_pop(e, i, s, i->osz) & 0xffff;
    m.flags = stack_pop(e, i, s, i->osz);
    return m;
}

static void flags_load(struct env *e, const struct insn *i, uint64_t flags, uint64_t mask)
{
    if (e->key & KEY_SINGLE)
        mask |= FLAG_RF;
    if (i->osz == 2)
        mask &= 0xffff;
    flags_change(e, mask, flags);
}

/* NMIs are let in again; one may wait. */
static void finish(struct env *e)
{
    if (e->x.nmi_masked) {
        e->x.nmi_masked = 0;
        if (e->x.nmi_pending)
            atomic_fetch_or(&e->kick, KICK_IRQ);
    }
    mode_update(e);
}

static void iret_real(struct env *e, const struct insn *i)
{
    struct stack s = stack_current(e);
    struct image m = pop_image(e, i, &s);

    if (m.ip > e->x.seg[CS].limit)
        soft_raise(e, i, VEC_GP, 0);
    stack_commit(e, &s);
    e->x.seg[CS] = seg_real(m.cs, e->x.seg[CS].limit, e->x.seg[CS].attr);
    e->pc = m.ip;
    flags_load(e, i, m.flags, IRET_ANY | FLAG_IF | FLAG_IOPL);
}

static void iret_vm86(struct env *e, const struct insn *i)
{
    bool iopl3 = (e->eflags & FLAG_IOPL) == FLAG_IOPL;
    struct stack s = stack_current(e);
    struct image m;

    if (!iopl3 && (!(e->x.cr4 & CR4_VME) || i->osz != 2))
        soft_raise(e, i, VEC_GP, 0);
    m = pop_image(e, i, &s);
    if (m.ip > 0xffff)
        soft_raise(e, i, VEC_GP, 0);
    if (!iopl3 && ((m.flags & FLAG_TF) || ((m.flags & FLAG_IF) && (e->eflags & FLAG_VIP))))
        soft_raise(e, i, VEC_GP, 0);
    stack_commit(e, &s);
    e->x.seg[CS] = seg_real(m.cs, 0xffff, SEG_ATTR_VM86);
    e->pc = m.ip;
    flags_load(e, i, m.flags, IRET_ANY | (iopl3 ? FLAG_IF : 0));
    if (!iopl3)
        e->eflags = (e->eflags & ~(uint64_t)FLAG_VIF) | (m.flags & FLAG_IF ? FLAG_VIF : 0);
}

static void iret_to_vm86(struct env *e, const struct insn *i, struct stack *s, const struct image *m)
{
    static const uint8_t order[4] = { ES, DS, FS, GS };
    uint64_t esp = stack_pop(e, i, s, 4);
    uint16_t ss = stack_pop(e, i, s, 4), sel[4];

    for (unsigned n = 0; n < 4; n++)
        sel[n] = stack_pop(e, i, s, 4);
    for (unsigned n = 0; n < 4; n++)
        e->x.seg[order[n]] = seg_real(sel[n], 0xffff, SEG_ATTR_VM86);
    e->x.seg[SS] = seg_real(ss, 0xffff, SEG_ATTR_VM86);
    e->x.seg[CS] = seg_real(m->cs, 0xffff, SEG_ATTR_VM86);
    e->r[RSP] = esp;
    e->pc = m->ip & 0xffff;
    flags_load(e, i, m->flags, IRET_ANY | IRET_PRIVILEGED | FLAG_IF | FLAG_VM);
}

static void iret_prot(struct env *e, const struct insn *i)
{
    struct stack s = stack_current(e);
    struct image m = pop_image(e, i, &s);
    uint64_t mask = IRET_ANY, rsp = 0;
    bool to64, outer;
    struct x86_seg ss = e->x.seg[SS];
    struct desc d;
    unsigned cpl;

    if ((m.flags & FLAG_VM) && e->cpl == 0 && i->osz == 4 && soft_mode(e) == MODE_PROT) {
        iret_to_vm86(e, i, &s, &m);
        return;
    }
    seg_return_code(e, i, m.cs, m.ip, &d);
    cpl = m.cs & 3;
    outer = cpl > e->cpl;
    to64 = soft_mode(e) == MODE_LONG && (d.hi & SEG_L);
    if (outer || e->code64) {
        rsp = stack_pop(e, i, &s, i->osz);
        ss = seg_return_stack(e, i, stack_pop(e, i, &s, i->osz), cpl, to64);
    }
    desc_set_accessed(e, i, &d);
    if (e->cpl == 0)
        mask |= IRET_PRIVILEGED;
    if (e->cpl <= (e->eflags & FLAG_IOPL) >> 12)
        mask |= FLAG_IF;
    if (outer || e->code64) {
        e->x.seg[SS] = ss;
        if (to64 || (ss.attr & SEG_DB))
            e->r[RSP] = to64 ? rsp : (uint32_t)rsp;
        else
            e->r[RSP] = (e->r[RSP] & ~0xffffull) | (rsp & 0xffff);
    } else {
        stack_commit(e, &s);
    }
    seg_set_cs(e, m.cs, cpl, &d);
    e->pc = m.ip;
    flags_load(e, i, m.flags, mask);
    if (outer)
        seg_drop_inner(e, cpl);
}

static void iret_task(struct env *e, const struct insn *i)
{
    uint16_t link = sys_load(e, i, e->x.tr.base, 2);

    task_switch(e, i, link, TASK_RETURN, sys_next(e, i), 0);
}

const struct insn *op_iret(struct env *e, const struct insn *i)
{
    switch (soft_mode(e)) {
    case MODE_REAL:
        iret_real(e, i);
        break;
    case MODE_VM86:
        iret_vm86(e, i);
        break;
    case MODE_PROT:
        if (e->eflags & FLAG_NT)
            iret_task(e, i);
        else
            iret_prot(e, i);
        break;
    case MODE_LONG:
        if (e->eflags & FLAG_NT)
            soft_raise(e, i, VEC_GP, 0);
        iret_prot(e, i);
        break;
    }
    finish(e);
    return NULL;
}
