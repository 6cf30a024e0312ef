/* SPDX-License-Identifier: Apache-2.0 */
#include "accel/soft/seg.h"
#include "accel/soft/sys.h"

/*
 * Descriptor look-up, loads of segment registers, limit checks, stacks of other privilege levels
 *
 * In real mode a load changes selector and base only; limit and size stay what protected mode left there, as on
 * real processors ("unreal" mode).  A null load clears the base, as Intel's and newer AMD processors do.
 * Reference: SDM volume 2 (MOV, POP), volume 3 sections 3.4.5, 5.3 to 5.7, 6.12.1, 7.2.1, 7.7.
 *
 * Invariant: a segment register changes only after every check of its load.
 */

bool desc_load(struct env *e, const struct insn *i, uint16_t sel, struct desc *d)
{
    const struct x86_seg *table = sel & 4 ? &e->x.ldt : &e->x.gdt;
    uint64_t raw;

    if ((uint32_t)(sel | 7) > table->limit || ((sel & 4) && !(table->attr & SEG_P)))
        return false;
    d->lin = table->base + (sel & ~7u);
    if (soft_mode(e) != MODE_LONG)
        d->lin &= 0xffffffffu;
    raw = sys_load(e, i, d->lin, 8);
    d->lo = raw;
    d->hi = raw >> 32;
    return true;
}

void desc_set_accessed(struct env *e, const struct insn *i, struct desc *d)
{
    if (likely(d->hi & SEG_ACCESSED))
        return;
    d->hi |= SEG_ACCESSED;
    sys_store(e, i, d->lin + 5, 1, d->hi >> 8 & 0xff);
}

static void load_null(struct env *e, const struct insn *i, unsigned sreg, uint16_t sel)
{
    uint32_t attr = 0;

    if (sreg == SS) {
        if (!e->code64 || e->cpl == 3 || (sel & 3) != e->cpl)
            soft_raise(e, i, VEC_GP, 0);
        attr = (uint32_t)e->cpl << SEG_DPL_SHIFT;
    }
    e->x.seg[sreg] = (struct x86_seg){ .sel = sel, .attr = attr };
}

static void check_stack_segment(struct env *e, const struct insn *i, uint16_t sel, const struct desc *d)
{
    if ((sel & 3) != e->cpl || !attr_is_writable_data(d->hi) || desc_dpl(d) != e->cpl)
        soft_raise(e, i, VEC_GP, sel & ~3);
    if (!(d->hi & SEG_P))
        soft_raise(e, i, VEC_SS, sel & ~3);
}

static void check_data_segment(struct env *e, const struct insn *i, uint16_t sel, const struct desc *d)
{
    if (!(d->hi & SEG_S) || (attr_is_code(d->hi) && !(d->hi & SEG_RW)))
        soft_raise(e, i, VEC_GP, sel & ~3);
    if (!attr_is_conforming(d->hi) && ((sel & 3) > desc_dpl(d) || e->cpl > desc_dpl(d)))
        soft_raise(e, i, VEC_GP, sel & ~3);
    if (!(d->hi & SEG_P))
        soft_raise(e, i, VEC_NP, sel & ~3);
}

void seg_load(struct env *e, const struct insn *i, unsigned sreg, uint16_t sel)
{
    struct x86_seg *s = &e->x.seg[sreg];
    struct desc d;

    switch (soft_mode(e)) {
    case MODE_REAL:
        *s = seg_real(sel, s->attr & SEG_P ? s->limit : 0xffff, SEG_ATTR_REAL | (s->attr & (SEG_DB | SEG_G)));
        return;
    case MODE_VM86:
        *s = seg_real(sel, 0xffff, SEG_ATTR_VM86);
        return;
    default:
        break;
    }
    if (sel_is_null(sel)) {
        load_null(e, i, sreg, sel);
        return;
    }
    if (!desc_load(e, i, sel, &d))
        soft_raise(e, i, VEC_GP, sel & ~3);
    if (sreg == SS)
        check_stack_segment(e, i, sel, &d);
    else
        check_data_segment(e, i, sel, &d);
    desc_set_accessed(e, i, &d);
    *s = seg_of_desc(sel, &d);
}

void seg_drop_inner(struct env *e, unsigned cpl)
{
    static const uint8_t data[4] = { ES, DS, FS, GS };

    for (unsigned n = 0; n < 4; n++) {
        struct x86_seg *s = &e->x.seg[data[n]];

        if (((s->attr & SEG_DPL) >> SEG_DPL_SHIFT) < cpl && !attr_is_conforming(s->attr) && (s->attr & SEG_P))
            *s = (struct x86_seg){ 0 };
    }
}

void seg_check_target(struct env *e, const struct insn *i, const struct desc *d, uint64_t off)
{
    bool to64 = soft_mode(e) == MODE_LONG && (d->hi & SEG_L);

    if (to64 ? !lin_canonical(off) : off > desc_limit(d))
        soft_raise(e, i, VEC_GP, 0);
}

void seg_return_code(struct env *e, const struct insn *i, uint16_t sel, uint64_t ip, struct desc *d)
{
    unsigned rpl = sel & 3;

    if (sel_is_null(sel))
        soft_raise(e, i, VEC_GP, 0);
    if (!desc_load(e, i, sel, d) || !attr_is_code(d->hi) || rpl < e->cpl)
        soft_raise(e, i, VEC_GP, sel & ~3);
    if (attr_is_conforming(d->hi) ? desc_dpl(d) > rpl : desc_dpl(d) != rpl)
        soft_raise(e, i, VEC_GP, sel & ~3);
    if (!(d->hi & SEG_P))
        soft_raise(e, i, VEC_NP, sel & ~3);
    if (soft_mode(e) == MODE_LONG && (d->hi & SEG_L) && (d->hi & SEG_DB))
        soft_raise(e, i, VEC_GP, sel & ~3);
    seg_check_target(e, i, d, ip);
}

struct x86_seg seg_return_stack(struct env *e, const struct insn *i, uint16_t ss, unsigned cpl, bool to64)
{
    struct desc d;

    if (sel_is_null(ss)) {
        if (!to64 || cpl == 3 || (ss & 3) != cpl)
            soft_raise(e, i, VEC_GP, 0);
        return (struct x86_seg){ .sel = ss, .attr = cpl << SEG_DPL_SHIFT };
    }
    if (!desc_load(e, i, ss, &d) || (ss & 3) != cpl || !attr_is_writable_data(d.hi) || desc_dpl(&d) != cpl)
        soft_raise(e, i, VEC_GP, ss & ~3);
    if (!(d.hi & SEG_P))
        soft_raise(e, i, VEC_SS, ss & ~3);
    desc_set_accessed(e, i, &d);
    return seg_of_desc(ss, &d);
}

bool seg_in_limit(const struct x86_seg *s, uint64_t off, unsigned size)
{
    uint64_t last = off + size - 1;

    if ((s->attr & SEG_S) && !(s->attr & SEG_CODE) && (s->attr & SEG_CE))     /* expands down */
        return off > s->limit && last <= (s->attr & SEG_DB ? 0xffffffffu : 0xffffu);
    return last <= s->limit;
}

void seg_check_access(struct env *e, const struct insn *i, unsigned sreg, uint64_t off, unsigned size, bool write)
{
    const struct x86_seg *s = &e->x.seg[sreg];
    bool ok = true;

    if (e->code64 || sreg >= X86_SREGS)
        return;
    if (soft_mode(e) == MODE_PROT || soft_mode(e) == MODE_LONG) {
        ok = (s->attr & SEG_P) && (s->attr & SEG_S);
        if (write)
            ok &= attr_is_writable_data(s->attr);
        else
            ok &= !(s->attr & SEG_CODE) || (s->attr & SEG_RW);
    }
    if (!ok || !seg_in_limit(s, off, size))
        soft_raise(e, i, sreg == SS ? VEC_SS : VEC_GP, 0);
}

void seg_check(struct env *e, const struct insn *i, uint64_t off, unsigned size, bool write)
{
    seg_check_access(e, i, i->seg, off, size, write);
}

/* Stacks */

struct stack stack_current(const struct env *e)
{
    return (struct stack){
        .seg = e->x.seg[SS], .sp = e->r[RSP], .mask = e->sp_mask, .mmu = e->mmu_mode, .flat64 = e->code64,
    };
}

static uint64_t stack_lin(struct env *e, const struct insn *i, const struct stack *s, uint64_t sp, unsigned size)
{
    if (s->flat64)
        return sp;
    if (unlikely(!seg_in_limit(&s->seg, sp & s->mask, size)))
        soft_raise(e, i, VEC_SS, s->error);
    return (s->seg.base + (sp & s->mask)) & 0xffffffffu;
}

/* Non-canonical stack addresses are #SS, which mmu.c cannot know from an instruction that is no push. */
static void check_canonical(struct env *e, const struct insn *i, const struct stack *s, uint64_t lin)
{
    if (unlikely(!lin_canonical(lin)))
        soft_raise(e, i, VEC_SS, s->error);
}

void stack_push(struct env *e, const struct insn *i, struct stack *s, unsigned size, uint64_t val)
{
    uint64_t sp = s->sp - size, lin = stack_lin(e, i, s, sp, size);

    check_canonical(e, i, s, lin);
    mmu_store_as(e, i, s->mmu, lin, size, val);
    s->sp = sp;
}

uint64_t stack_pop(struct env *e, const struct insn *i, struct stack *s, unsigned size)
{
    uint64_t lin = stack_lin(e, i, s, s->sp, size), v;

    check_canonical(e, i, s, lin);
    v = mmu_load_as(e, i, s->mmu, lin, size);
    s->sp += size;
    return v;
}

void stack_commit(struct env *e, const struct stack *s)
{
    if (s->mask == 0xffff)
        e->r[RSP] = (e->r[RSP] & ~0xffffull) | (s->sp & 0xffff);
    else
        e->r[RSP] = s->sp & s->mask;
}

struct stack stack_inner_legacy(struct env *e, const struct insn *i, unsigned dpl, int ext)
{
    unsigned type = e->x.tr.attr >> 8 & 0xf;
    bool wide = type & 8;
    unsigned off = wide ? 4 + 8 * dpl : 2 + 4 * dpl, last = off + (wide ? 5 : 3);
    struct stack s = { 0 };
    struct desc d;
    uint16_t ss;

    if (!(e->x.tr.attr & SEG_P) || last > e->x.tr.limit)
        soft_raise(e, i, VEC_TS, (e->x.tr.sel & ~3) | ext);
    s.sp = sys_load(e, i, e->x.tr.base + off, wide ? 4 : 2);
    ss = sys_load(e, i, e->x.tr.base + off + (wide ? 4 : 2), 2);
    if (sel_is_null(ss))
        soft_raise(e, i, VEC_TS, ext);
    if (!desc_load(e, i, ss, &d) || (ss & 3) != dpl || desc_dpl(&d) != dpl || !attr_is_writable_data(d.hi))
        soft_raise(e, i, VEC_TS, (ss & ~3) | ext);
    if (!(d.hi & SEG_P))
        soft_raise(e, i, VEC_SS, (ss & ~3) | ext);
    desc_set_accessed(e, i, &d);
    s.seg = seg_of_desc(ss, &d);
    s.mask = d.hi & SEG_DB ? 0xffffffffu : 0xffff;
    s.mmu = stack_mmu(e, dpl);
    s.error = (ss & ~3) | ext;
    return s;
}

struct stack stack_inner_long(struct env *e, const struct insn *i, unsigned dpl, unsigned ist, int ext)
{
    unsigned off = ist ? 0x1c + 8 * ist : 4 + 8 * dpl;
    struct stack s = { .mask = ~0ull, .flat64 = true, .error = ext };

    if (off + 7 > e->x.tr.limit)
        soft_raise(e, i, VEC_TS, (e->x.tr.sel & ~3) | ext);
    s.sp = sys_load(e, i, e->x.tr.base + off, 8);
    s.mmu = stack_mmu(e, dpl);
    s.seg = (struct x86_seg){ .sel = dpl, .attr = dpl << SEG_DPL_SHIFT };
    return s;
}
