/* SPDX-License-Identifier: Apache-2.0 */
#include "accel/soft/exc.h"
#include "accel/soft/exclusive.h"
#include "accel/soft/sys.h"
#include "accel/soft/task.h"

/*
 * Delivery of exceptions and interrupts in every mode
 *
 * Real mode, virtual-8086 mode, 16- and 32-bit gates with inner stacks, task gates, and long mode with
 * IST.  CR4.VME's interrupt redirection bitmap is op_int's (softint.c).  Not modelled: the shadow stack,
 * machine checks, and reserved bits of interrupt gates.
 * Reference: SDM volume 3, chapter 6 (6.12, 6.14, 6.15), volume 1 section 6.5.
 *
 * Invariant: a delivery changes no register until its last access is done; if one faults, what is delivered
 * next has the same return address.
 */

/* SDM table 6-5. */
enum exc_class { BENIGN, CONTRIBUTORY, PAGE_FAULT };

static enum exc_class class_of(unsigned vector)
{
    switch (vector) {
    case VEC_DE: case VEC_TS: case VEC_NP: case VEC_SS: case VEC_GP:
        return CONTRIBUTORY;
    case VEC_PF:
        return PAGE_FAULT;
    default:
        return BENIGN;
    }
}

static _Noreturn void unwind(struct env *e)
{
    soft_exclusive_abandon(e);
    longjmp(e->unwind, 1);
}

static _Noreturn void triple_fault(struct env *e)
{
    e->exc_busy = 0;
    e->shutdown = true;
    e->bus->shutdown(e->bus_opaque);
    unwind(e);
}

/* A second event while one is delivered: what comes of the two. */
static void combine(struct env *e, unsigned *vector, int *error)
{
    enum exc_class first = e->exc_kind == EXC_FAULT ? class_of(e->exc_vector) : BENIGN, second = class_of(*vector);

    if (e->exc_vector == VEC_DF && e->exc_kind == EXC_FAULT)
        triple_fault(e);
    if ((first == CONTRIBUTORY && second == CONTRIBUTORY) || (first == PAGE_FAULT && second != BENIGN)) {
        *vector = VEC_DF;
        *error = 0;
    }
}

_Noreturn void soft_raise(struct env *e, const struct insn *i, unsigned vector, int error)
{
    if (i && !e->exc_busy)
        e->pc = i->pc;
    if (vector == VEC_PF)
        e->x.cr2 = e->exc_cr2;
    if (e->exc_busy)
        combine(e, &vector, &error);
    exc_deliver(e, NULL, vector, error, EXC_FAULT, e->pc);
    unwind(e);
}

_Noreturn void soft_leave(struct env *e, uint64_t pc)
{
    e->pc = pc;
    unwind(e);
}

/* The saved image: faults resume with RF set (SDM volume 3, 6.8.3). */
static uint64_t flags_image(const struct env *e, unsigned vector, enum exc_kind kind)
{
    bool fault = kind == EXC_FAULT && vector != VEC_DB && vector != VEC_DF && vector != VEC_MC;

    return env_rflags(e) | (fault ? FLAG_RF : 0);
}

static void flags_enter(struct env *e, bool interrupt_gate)
{
    e->eflags &= ~(uint64_t)(FLAG_TF | FLAG_NT | FLAG_RF | FLAG_VM);
    if (interrupt_gate)
        e->eflags &= ~(uint64_t)FLAG_IF;
}

static void deliver_real(struct env *e, const struct insn *i, unsigned vector)
{
    struct stack s = stack_current(e);
    uint32_t target;

    if (vector * 4 + 3 > e->x.idt.limit)
        soft_raise(e, i, VEC_GP, 0);
    target = sys_load(e, i, e->x.idt.base + vector * 4, 4);
    stack_push(e, i, &s, 2, env_rflags(e));
    stack_push(e, i, &s, 2, e->x.seg[CS].sel);
    stack_push(e, i, &s, 2, e->exc_ret);
    stack_commit(e, &s);
    e->eflags &= ~(uint64_t)(FLAG_TF | FLAG_IF | FLAG_AC | FLAG_RF);
    e->x.seg[CS] = seg_real(target >> 16, e->x.seg[CS].limit, e->x.seg[CS].attr);
    e->pc = target & 0xffff;
}

/* The code segment that a gate leads to: checks of SDM volume 3, 6.12.1.1 and the INT n pseudo-code. */
static void load_gate_code(struct env *e, const struct insn *i, uint16_t sel, int ext, bool to_long, struct desc *d)
{
    if (sel_is_null(sel))
        soft_raise(e, i, VEC_GP, ext);
    if (!desc_load(e, i, sel, d) || !attr_is_code(d->hi) || desc_dpl(d) > e->cpl)
        soft_raise(e, i, VEC_GP, (sel & ~3) | ext);
    if (to_long && (!(d->hi & SEG_L) || (d->hi & SEG_DB)))
        soft_raise(e, i, VEC_GP, (sel & ~3) | ext);
    if (!(d->hi & SEG_P))
        soft_raise(e, i, VEC_NP, (sel & ~3) | ext);
}

static int gate_error(unsigned vector, int ext)
{
    return vector * 8 + 2 + ext;
}

static void enter_task(struct env *e, const struct insn *i, uint16_t sel, int error, int ext)
{
    struct stack s;

    task_switch(e, i, sel, TASK_EVENT, e->exc_ret, ext);
    if (error < 0)
        return;
    s = stack_current(e);
    stack_push(e, i, &s, e->x.tr.attr & 8 << 8 ? 4 : 2, error);
    stack_commit(e, &s);
}

struct frame {
    unsigned size;              /* of a push */
    int error;
    int ext;
    uint64_t flags;
};

static void push_frame(struct env *e, const struct insn *i, struct stack *s, const struct frame *f, bool inner)
{
    static const uint8_t vm86[4] = { GS, FS, DS, ES };

    if (e->eflags & FLAG_VM)
        for (unsigned n = 0; n < 4; n++)
            stack_push(e, i, s, f->size, e->x.seg[vm86[n]].sel);
    if (inner) {
        stack_push(e, i, s, f->size, e->x.seg[SS].sel);
        stack_push(e, i, s, f->size, e->r[RSP]);
    }
    stack_push(e, i, s, f->size, f->flags);
    stack_push(e, i, s, f->size, e->x.seg[CS].sel);
    stack_push(e, i, s, f->size, e->exc_ret);
    if (f->error >= 0)
        stack_push(e, i, s, f->size, f->error);
}

static void deliver_prot(struct env *e, const struct insn *i, unsigned vector, int error, enum exc_kind kind)
{
    int ext = kind != EXC_SOFT;
    unsigned cpl, type;
    struct frame f = { .error = error, .ext = ext, .flags = flags_image(e, vector, kind) };
    struct stack s;
    struct desc d;
    uint64_t gate;
    uint32_t hi, offset;
    uint16_t sel;
    bool inner;

    if (vector * 8 + 7 > e->x.idt.limit)
        soft_raise(e, i, VEC_GP, gate_error(vector, ext));
    gate = sys_load(e, i, (e->x.idt.base + vector * 8) & 0xffffffffu, 8);
    hi = gate >> 32;
    type = hi >> 8 & 0x1f;
    sel = gate >> 16;
    if (type != DESC_TASK && (type & ~9u) != DESC_INT16)
        soft_raise(e, i, VEC_GP, gate_error(vector, ext));
    if (kind == EXC_SOFT && (hi >> SEG_DPL_SHIFT & 3) < e->cpl)
        soft_raise(e, i, VEC_GP, gate_error(vector, 0));
    if (!(hi & SEG_P))
        soft_raise(e, i, VEC_NP, gate_error(vector, ext));
    if (type == DESC_TASK) {
        enter_task(e, i, sel, error, ext);
        return;
    }
    load_gate_code(e, i, sel, ext, false, &d);
    inner = !attr_is_conforming(d.hi) && desc_dpl(&d) < e->cpl;
    cpl = inner ? desc_dpl(&d) : e->cpl;
    if ((e->eflags & FLAG_VM) && cpl)
        soft_raise(e, i, VEC_GP, (sel & ~3) | ext);
    s = inner ? stack_inner_legacy(e, i, cpl, ext) : stack_current(e);
    s.error = inner ? s.error : ext;
    f.size = type & 8 ? 4 : 2;
    offset = (gate & 0xffff) | (type & 8 ? hi & 0xffff0000u : 0);
    push_frame(e, i, &s, &f, inner);
    if (offset > desc_limit(&d))
        soft_raise(e, i, VEC_GP, ext);
    desc_set_accessed(e, i, &d);
    if (e->eflags & FLAG_VM)
        e->x.seg[ES] = e->x.seg[DS] = e->x.seg[FS] = e->x.seg[GS] = (struct x86_seg){ 0 };
    if (inner) {
        e->x.seg[SS] = s.seg;
        e->r[RSP] = s.mask == 0xffff ? (e->r[RSP] & ~0xffffull) | (s.sp & 0xffff) : (uint32_t)s.sp;
    } else {
        stack_commit(e, &s);
    }
    seg_set_cs(e, sel, cpl, &d);
    flags_enter(e, !(type & 1));
    e->pc = offset;
}

/* Five or six pushes in one page, which is what they are: through one look-up. */
static bool push_fast(struct env *e, const struct stack *s, const uint64_t *frame, unsigned count)
{
    uint64_t lin = s->sp - 8 * count;
    const struct tlb_entry *t = tlb_slot(e->tlb[s->mmu][TLB_WRITE], lin);
    uint64_t *host = (uint64_t *)(lin + t->add);

    if (unlikely(lin - t->tag > SOFT_PAGE - 8 * count))
        return false;
    for (unsigned n = 0; n < count; n++)
        host[count - 1 - n] = frame[n];
    return true;
}

static void push_long(struct env *e, const struct insn *i, struct stack *s, int error, uint64_t flags)
{
    uint64_t frame[6] = { e->x.seg[SS].sel, e->r[RSP], flags, e->x.seg[CS].sel, e->exc_ret, (uint32_t)error };
    unsigned count = error < 0 ? 5 : 6;

    s->sp &= ~15ull;
    if (likely(push_fast(e, s, frame, count))) {
        s->sp -= 8 * count;
        return;
    }
    for (unsigned n = 0; n < count; n++)
        stack_push(e, i, s, 8, frame[n]);
}

static void deliver_long(struct env *e, const struct insn *i, unsigned vector, int error, enum exc_kind kind)
{
    int ext = kind != EXC_SOFT;
    uint64_t lo, hi, flags = flags_image(e, vector, kind), offset;
    unsigned cpl, type, ist;
    struct stack s;
    struct desc d;
    uint16_t sel;
    bool inner;

    if (unlikely(vector * 16 + 15 > e->x.idt.limit))
        soft_raise(e, i, VEC_GP, gate_error(vector, ext));
    lo = sys_load(e, i, e->x.idt.base + vector * 16, 8);
    hi = sys_load(e, i, e->x.idt.base + vector * 16 + 8, 8);
    type = lo >> 40 & 0x1f;
    if (unlikely(type != DESC_INT && type != DESC_TRAP))
        soft_raise(e, i, VEC_GP, gate_error(vector, ext));
    if (kind == EXC_SOFT && (lo >> 45 & 3) < e->cpl)
        soft_raise(e, i, VEC_GP, gate_error(vector, 0));
    if (unlikely(!(lo >> 47 & 1)))
        soft_raise(e, i, VEC_NP, gate_error(vector, ext));
    sel = lo >> 16;
    ist = lo >> 32 & 7;
    offset = (lo & 0xffff) | (lo >> 32 & 0xffff0000u) | hi << 32;
    load_gate_code(e, i, sel, ext, true, &d);
    inner = !attr_is_conforming(d.hi) && desc_dpl(&d) < e->cpl;
    cpl = inner ? desc_dpl(&d) : e->cpl;
    if (ist || inner) {
        s = stack_inner_long(e, i, cpl, ist, ext);
    } else {
        s = (struct stack){ .sp = e->r[RSP], .mask = ~0ull, .mmu = stack_mmu(e, cpl), .flat64 = true, .error = ext };
    }
    push_long(e, i, &s, error, flags);
    if (unlikely(!lin_canonical(offset)))
        soft_raise(e, i, VEC_GP, ext);
    desc_set_accessed(e, i, &d);
    if (inner)
        e->x.seg[SS] = s.seg;
    e->r[RSP] = s.sp;
    seg_set_cs(e, sel, cpl, &d);
    flags_enter(e, type == DESC_INT);
    e->pc = offset;
}

void exc_deliver(struct env *e, const struct insn *i, unsigned vector, int error, enum exc_kind kind, uint64_t ret)
{
    enum soft_mode mode = soft_mode(e);

    /* a fault within the delivery of an external event or a fault has EXT set in a selector error code */
    if (e->exc_busy && error >= 0 && (vector == VEC_TS || vector == VEC_NP || vector == VEC_SS || vector == VEC_GP) &&
        e->exc_kind != EXC_SOFT)
        error |= 1;
    e->exc_busy = 1;
    e->exc_vector = vector;
    e->exc_kind = kind;
    e->exc_ret = ret;
    if (mode == MODE_LONG)
        deliver_long(e, i, vector, error, kind);
    else if (mode == MODE_REAL)
        deliver_real(e, i, vector);
    else
        deliver_prot(e, i, vector, error, kind);
    e->exc_busy = 0;
    e->x.inhibit = 0;
    e->x.halted = 0;
    mode_update(e);
}

void exc_interrupt(struct env *e, uint8_t vector)
{
    exc_deliver(e, NULL, vector, -1, EXC_EXTERNAL, e->pc);
}

void exc_nmi(struct env *e)
{
    e->x.nmi_pending = 0;
    e->x.nmi_masked = 1;
    exc_deliver(e, NULL, VEC_NMI, -1, EXC_EXTERNAL, e->pc);
}
