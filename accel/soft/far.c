/* SPDX-License-Identifier: Apache-2.0 */
#include "accel/soft/sysops.h"
#include "accel/soft/seg.h"
#include "accel/soft/sys.h"
#include "accel/soft/task.h"

/*
 * Far JMP, CALL and RET in every mode, with call gates and task switches
 *
 * Reference: SDM volume 2 (CALL, JMP, RET), volume 3 section 5.8.  Parameters of 32-bit call gates are
 * copied with the rights of the caller's stack.  Invariant: nothing changes before the last check.
 */

static void far_real(struct env *e, const struct insn *i, uint16_t sel, uint64_t off, bool call)
{
    struct x86_seg *cs = &e->x.seg[CS];
    bool vm86 = soft_mode(e) == MODE_VM86;
    struct stack s = stack_current(e);

    if (off > cs->limit)
        soft_raise(e, i, VEC_GP, 0);
    if (call) {
        stack_push(e, i, &s, i->osz, cs->sel);
        stack_push(e, i, &s, i->osz, sys_next(e, i));
        stack_commit(e, &s);
    }
    *cs = seg_real(sel, vm86 ? 0xffff : cs->limit,
                   vm86 ? (uint32_t)SEG_ATTR_VM86 : SEG_ATTR_REAL | (cs->attr & SEG_G));
    e->pc = off;
}

/* A direct transfer to a code segment: no change of privilege. */
static void far_code(struct env *e, const struct insn *i, uint16_t sel, struct desc *d, uint64_t off, bool call)
{
    struct stack s = stack_current(e);

    if (attr_is_conforming(d->hi) ? desc_dpl(d) > e->cpl : (sel & 3u) > e->cpl || desc_dpl(d) != e->cpl)
        soft_raise(e, i, VEC_GP, sel & ~3);
    if (!(d->hi & SEG_P))
        soft_raise(e, i, VEC_NP, sel & ~3);
    if (soft_mode(e) == MODE_LONG && (d->hi & SEG_L) && (d->hi & SEG_DB))
        soft_raise(e, i, VEC_GP, sel & ~3);
    if (i->osz == 2)
        off &= 0xffff;
    if (call) {
        stack_push(e, i, &s, i->osz, e->x.seg[CS].sel);
        stack_push(e, i, &s, i->osz, sys_next(e, i));
    }
    seg_check_target(e, i, d, off);
    desc_set_accessed(e, i, d);
    if (call)
        stack_commit(e, &s);
    seg_set_cs(e, sel, e->cpl, d);
    e->pc = off;
}

struct gate {
    uint16_t sel;               /* of the gate itself, for error codes */
    uint16_t cs;
    uint64_t off;
    unsigned size;              /* of its pushes */
    unsigned params;
};

static struct gate read_gate(struct env *e, const struct insn *i, uint16_t sel, const struct desc *d)
{
    unsigned type = desc_type(d);
    bool wide = type == DESC_CALL;
    struct gate g = { .sel = sel, .cs = d->lo >> 16, .size = wide ? 4 : 2, .params = d->hi & 0x1f };

    g.off = (d->lo & 0xffff) | (wide ? d->hi & 0xffff0000u : 0);
    if (soft_mode(e) == MODE_LONG) {
        uint64_t high;

        if ((uint32_t)(sel | 7) + 8 > (sel & 4 ? e->x.ldt.limit : e->x.gdt.limit))
            soft_raise(e, i, VEC_GP, sel & ~3);
        high = sys_load(e, i, d->lin + 8, 8);
        if (high >> 40 & 0x1f)
            soft_raise(e, i, VEC_GP, sel & ~3);
        g.off |= high << 32;
        g.size = 8;
        g.params = 0;
    }
    return g;
}

/* CALL through a gate to an inner level. */
static void gate_inner(struct env *e, const struct insn *i, const struct gate *g, struct desc *d)
{
    bool long_mode = soft_mode(e) == MODE_LONG;
    unsigned dpl = desc_dpl(d);
    struct stack old = stack_current(e), s;

    s = long_mode ? stack_inner_long(e, i, dpl, 0, 0) : stack_inner_legacy(e, i, dpl, 0);
    stack_push(e, i, &s, g->size, e->x.seg[SS].sel);
    stack_push(e, i, &s, g->size, e->r[RSP]);
    old.sp += (uint64_t)g->params * g->size;
    for (unsigned n = g->params; n-- > 0;) {
        struct stack at = old;

        at.sp -= (uint64_t)(g->params - n) * g->size;
        stack_push(e, i, &s, g->size, stack_pop(e, i, &at, g->size));
    }
    stack_push(e, i, &s, g->size, e->x.seg[CS].sel);
    stack_push(e, i, &s, g->size, sys_next(e, i));
    seg_check_target(e, i, d, g->off);
    desc_set_accessed(e, i, d);
    e->x.seg[SS] = s.seg;
    stack_commit(e, &s);
    seg_set_cs(e, g->cs, dpl, d);
    e->pc = g->off;
}

static void gate_same(struct env *e, const struct insn *i, const struct gate *g, struct desc *d, bool call)
{
    struct stack s = stack_current(e);

    if (call) {
        stack_push(e, i, &s, g->size, e->x.seg[CS].sel);
        stack_push(e, i, &s, g->size, sys_next(e, i));
    }
    seg_check_target(e, i, d, g->off);
    desc_set_accessed(e, i, d);
    if (call)
        stack_commit(e, &s);
    seg_set_cs(e, g->cs, e->cpl, d);
    e->pc = g->off;
}

static void far_gate(struct env *e, const struct insn *i, uint16_t sel, const struct desc *gate_desc, bool call)
{
    struct gate g = read_gate(e, i, sel, gate_desc);
    struct desc d;
    bool to_long = soft_mode(e) == MODE_LONG;

    if (!(gate_desc->hi & SEG_P))
        soft_raise(e, i, VEC_NP, sel & ~3);
    if (sel_is_null(g.cs))
        soft_raise(e, i, VEC_GP, 0);
    if (!desc_load(e, i, g.cs, &d) || !attr_is_code(d.hi) || desc_dpl(&d) > e->cpl)
        soft_raise(e, i, VEC_GP, g.cs & ~3);
    if (!call && !attr_is_conforming(d.hi) && desc_dpl(&d) != e->cpl)
        soft_raise(e, i, VEC_GP, g.cs & ~3);
    if (to_long && (!(d.hi & SEG_L) || (d.hi & SEG_DB)))
        soft_raise(e, i, VEC_GP, g.cs & ~3);
    if (!(d.hi & SEG_P))
        soft_raise(e, i, VEC_NP, g.cs & ~3);
    if (call && !attr_is_conforming(d.hi) && desc_dpl(&d) < e->cpl)
        gate_inner(e, i, &g, &d);
    else
        gate_same(e, i, &g, &d, call);
}

/* Gates, TSSs and task gates. */
static void far_system(struct env *e, const struct insn *i, uint16_t sel, const struct desc *d, bool call)
{
    bool long_mode = soft_mode(e) == MODE_LONG;
    enum task_how how = call ? TASK_CALL : TASK_JUMP;
    unsigned type = desc_type(d);
    uint16_t tss = sel;

    if (desc_dpl(d) < e->cpl || desc_dpl(d) < (sel & 3u))
        soft_raise(e, i, VEC_GP, sel & ~3);
    if (type == DESC_CALL || (type == DESC_CALL16 && !long_mode)) {
        far_gate(e, i, sel, d, call);
        return;
    }
    if (long_mode || (type != DESC_TASK && type != DESC_TSS && type != DESC_TSS16))
        soft_raise(e, i, VEC_GP, sel & ~3);
    if (!(d->hi & SEG_P))
        soft_raise(e, i, VEC_NP, sel & ~3);
    if (type == DESC_TASK)
        tss = d->lo >> 16;
    task_switch(e, i, tss, how, sys_next(e, i), 0);
}

static const struct insn *far_transfer(struct env *e, const struct insn *i, uint16_t sel, uint64_t off, bool call)
{
    struct desc d;

    if (soft_mode(e) == MODE_REAL || soft_mode(e) == MODE_VM86) {
        far_real(e, i, sel, off, call);
    } else {
        if (sel_is_null(sel))
            soft_raise(e, i, VEC_GP, 0);
        if (!desc_load(e, i, sel, &d))
            soft_raise(e, i, VEC_GP, sel & ~3);
        if (attr_is_code(d.hi))
            far_code(e, i, sel, &d, off, call);
        else if (d.hi & SEG_S)
            soft_raise(e, i, VEC_GP, sel & ~3);
        else
            far_system(e, i, sel, &d, call);
    }
    mode_update(e);
    return NULL;
}

static const struct insn *far_memory(struct env *e, const struct insn *i, bool call)
{
    uint64_t lin = ea(e, i, i->osz + 2, false);
    uint64_t off = mem_load(e, i, lin, i->osz);
    uint16_t sel = mem_load(e, i, (lin + i->osz) & e->lin_mask, 2);

    return far_transfer(e, i, sel, off, call);
}

const struct insn *op_jmp_far_imm(struct env *e, const struct insn *i)
{
    return far_transfer(e, i, i->imm >> 32, (uint32_t)i->imm, false);
}

const struct insn *op_call_far_imm(struct env *e, const struct insn *i)
{
    return far_transfer(e, i, i->imm >> 32, (uint32_t)i->imm, true);
}

const struct insn *op_jmp_far_mem(struct env *e, const struct insn *i)
{
    return far_memory(e, i, false);
}

const struct insn *op_call_far_mem(struct env *e, const struct insn *i)
{
    return far_memory(e, i, true);
}

static void ret_prot(struct env *e, const struct insn *i, struct stack *s, uint64_t ip, uint16_t sel)
{
    unsigned cpl = sel & 3, extra = i->imm & 0xffff;
    struct desc d;

    seg_return_code(e, i, sel, ip, &d);
    s->sp += extra;
    if (cpl > e->cpl) {
        bool to64 = soft_mode(e) == MODE_LONG && (d.hi & SEG_L);
        uint64_t sp = stack_pop(e, i, s, i->osz);
        struct x86_seg ss = seg_return_stack(e, i, stack_pop(e, i, s, i->osz), cpl, to64);

        e->x.seg[SS] = ss;
        s->mask = to64 ? ~0ull : ss.attr & SEG_DB ? 0xffffffffu : 0xffff;
        s->sp = sp + extra;
    }
    desc_set_accessed(e, i, &d);
    stack_commit(e, s);
    if (cpl > e->cpl)
        seg_drop_inner(e, cpl);
    seg_set_cs(e, sel, cpl, &d);
    e->pc = ip;
}

const struct insn *op_ret_far(struct env *e, const struct insn *i)
{
    struct stack s = stack_current(e);
    uint64_t ip = stack_pop(e, i, &s, i->osz);
    uint16_t sel = stack_pop(e, i, &s, i->osz);
    struct x86_seg *cs = &e->x.seg[CS];

    if (soft_mode(e) == MODE_REAL || soft_mode(e) == MODE_VM86) {
        bool vm86 = soft_mode(e) == MODE_VM86;

        if (ip > cs->limit)
            soft_raise(e, i, VEC_GP, 0);
        s.sp += i->imm & 0xffff;
        stack_commit(e, &s);
        *cs = seg_real(sel, vm86 ? 0xffff : cs->limit,
                       vm86 ? (uint32_t)SEG_ATTR_VM86 : SEG_ATTR_REAL | (cs->attr & SEG_G));
        e->pc = ip;
    } else {
        ret_prot(e, i, &s, ip, sel);
    }
    mode_update(e);
    return NULL;
}
