/* SPDX-License-Identifier: Apache-2.0 */
#include "accel/soft/sysops.h"
#include "accel/soft/seg.h"
#include "accel/soft/sys.h"

/*
 * Instructions on segment registers and descriptor tables
 *
 * MOV, PUSH, POP and LDS.. of segment registers; LAR LSL VERR VERW ARPL; LLDT LTR SLDT STR LGDT LIDT SGDT SIDT.
 * Reference: SDM volume 2.  Invariant: the destination changes after every check.
 */

/* 06, 0E .. 1F, 0F A0 .. A9 carry the register in bits 3 to 5. */
static unsigned sreg_of_opcode(const struct insn *i)
{
    return i->opcode >> 3 & 7;
}

/* SS loads hold interrupts off until the instruction after the next. */
static const struct insn *sreg_loaded(struct env *e, const struct insn *i, unsigned sreg)
{
    if (sreg == SS)
        e->x.inhibit = 1;
    mode_update(e);
    return sys_end(e, i);
}

const struct insn *op_mov_from_sreg(struct env *e, const struct insn *i)
{
    unsigned sreg = i->reg & 7;

    if (sreg >= X86_SREGS)
        soft_raise(e, i, VEC_UD, -1);
    rm_put(e, i, i->flags & I_MEM ? 2 : i->osz, e->x.seg[sreg].sel);
    return i + 1;
}

const struct insn *op_mov_to_sreg(struct env *e, const struct insn *i)
{
    unsigned sreg = i->reg & 7;

    if (sreg >= X86_SREGS || sreg == CS)
        soft_raise(e, i, VEC_UD, -1);
    seg_load(e, i, sreg, rm_get(e, i, 2));
    return sreg_loaded(e, i, sreg);
}

const struct insn *op_push_sreg(struct env *e, const struct insn *i)
{
    struct stack s = stack_current(e);

    stack_push(e, i, &s, i->osz, e->x.seg[sreg_of_opcode(i)].sel);
    stack_commit(e, &s);
    return i + 1;
}

const struct insn *op_pop_sreg(struct env *e, const struct insn *i)
{
    unsigned sreg = sreg_of_opcode(i);
    struct stack s = stack_current(e);
    uint16_t sel = stack_pop(e, i, &s, i->osz);

    seg_load(e, i, sreg, sel);
    stack_commit(e, &s);
    return sreg_loaded(e, i, sreg);
}

const struct insn *op_load_far_ptr(struct env *e, const struct insn *i)
{
    static const uint8_t from_c0[] = { SS, 0, FS, GS };     /* 0F B2, B4, B5 */
    unsigned sreg = i->map == 0 ? (i->opcode == 0xc4 ? ES : DS) : i->opcode == 0xb2 ? SS : from_c0[i->opcode - 0xb2];
    uint64_t lin = ea(e, i, i->osz + 2, false), off;
    uint16_t sel;

    off = mem_load(e, i, lin, i->osz);
    sel = mem_load(e, i, (lin + i->osz) & e->lin_mask, 2);
    seg_load(e, i, sreg, sel);
    reg_put(e, i->reg, i->osz, off);
    return sreg_loaded(e, i, sreg);
}

/* LAR and LSL: is the descriptor of a kind and privilege that they look at?  types: a bit per system type. */
static bool visible(struct env *e, const struct insn *i, uint16_t sel, unsigned types, struct desc *d)
{
    if (sel_is_null(sel) || !desc_load(e, i, sel, d))
        return false;
    if (!(d->hi & SEG_S) && !(types >> desc_type(d) & 1))
        return false;
    return attr_is_conforming(d->hi) || (e->cpl <= desc_dpl(d) && (sel & 3u) <= desc_dpl(d));
}

static unsigned type_bits(const struct env *e, unsigned legacy, unsigned long_mode)
{
    return soft_mode(e) == MODE_LONG ? long_mode : legacy;
}

enum {
    LSL_LONG = 1 << DESC_LDT | 1 << DESC_TSS | 1 << DESC_TSS_BUSY,
    LSL_LEGACY = LSL_LONG | 1 << DESC_TSS16 | 1 << DESC_TSS16_BUSY,
    LAR_LONG = LSL_LONG | 1 << DESC_CALL,
    LAR_LEGACY = LSL_LEGACY | 1 << DESC_CALL | 1 << DESC_CALL16 | 1 << DESC_TASK,
};

const struct insn *op_lar(struct env *e, const struct insn *i)
{
    struct desc d;
    bool ok;

    require_prot(e, i);
    ok = visible(e, i, rm_get(e, i, 2), type_bits(e, LAR_LEGACY, LAR_LONG), &d);
    if (ok)
        reg_put(e, i->reg, i->osz, d.hi & (i->osz == 2 ? 0xff00 : 0xf0ff00));
    flags_change(e, FLAG_ZF, ok ? FLAG_ZF : 0);
    return i + 1;
}

const struct insn *op_lsl(struct env *e, const struct insn *i)
{
    struct desc d;
    bool ok;

    require_prot(e, i);
    ok = visible(e, i, rm_get(e, i, 2), type_bits(e, LSL_LEGACY, LSL_LONG), &d);
    if (ok)
        reg_put(e, i->reg, i->osz, desc_limit(&d));
    flags_change(e, FLAG_ZF, ok ? FLAG_ZF : 0);
    return i + 1;
}

const struct insn *op_verr(struct env *e, const struct insn *i)
{
    struct desc d;
    bool ok;

    require_prot(e, i);
    ok = visible(e, i, rm_get(e, i, 2), 0, &d) && (!attr_is_code(d.hi) || (d.hi & SEG_RW));
    flags_change(e, FLAG_ZF, ok ? FLAG_ZF : 0);
    return i + 1;
}

const struct insn *op_verw(struct env *e, const struct insn *i)
{
    struct desc d;
    bool ok;

    require_prot(e, i);
    ok = visible(e, i, rm_get(e, i, 2), 0, &d) && attr_is_writable_data(d.hi);
    flags_change(e, FLAG_ZF, ok ? FLAG_ZF : 0);
    return i + 1;
}

const struct insn *op_arpl(struct env *e, const struct insn *i)
{
    unsigned rpl = e->r[i->reg] & 3;
    uint16_t sel;
    bool adjust;

    require_prot(e, i);
    sel = rm_get(e, i, 2);
    adjust = (sel & 3u) < rpl;
    if (adjust)
        rm_put(e, i, 2, (sel & ~3u) | rpl);
    flags_change(e, FLAG_ZF, adjust ? FLAG_ZF : 0);
    return i + 1;
}

const struct insn *op_sldt(struct env *e, const struct insn *i)
{
    require_prot(e, i);
    require_umip(e, i);
    rm_put(e, i, i->flags & I_MEM ? 2 : i->osz, e->x.ldt.sel);
    return i + 1;
}

const struct insn *op_str(struct env *e, const struct insn *i)
{
    require_prot(e, i);
    require_umip(e, i);
    rm_put(e, i, i->flags & I_MEM ? 2 : i->osz, e->x.tr.sel);
    return i + 1;
}

/* A system descriptor of the GDT, 16 bytes long in long mode. */
static struct x86_seg load_system(struct env *e, const struct insn *i, uint16_t sel, unsigned types, struct desc *d)
{
    struct x86_seg s;

    if ((sel & 4) || !desc_load(e, i, sel, d) || (d->hi & SEG_S) || !(types >> desc_type(d) & 1))
        soft_raise(e, i, VEC_GP, sel & ~3);
    if (!(d->hi & SEG_P))
        soft_raise(e, i, VEC_NP, sel & ~3);
    s = seg_of_desc(sel, d);
    if (soft_mode(e) == MODE_LONG) {
        uint64_t high;

        if ((uint32_t)(sel | 7) + 8 > e->x.gdt.limit)
            soft_raise(e, i, VEC_GP, sel & ~3);
        high = sys_load(e, i, d->lin + 8, 8);
        s.base |= high << 32;
        if ((high >> 40 & 0x1f) || !lin_canonical(s.base))
            soft_raise(e, i, VEC_GP, sel & ~3);
    }
    return s;
}

const struct insn *op_lldt(struct env *e, const struct insn *i)
{
    struct desc d;
    uint16_t sel;

    require_prot(e, i);
    require_cpl0(e, i);
    sel = rm_get(e, i, 2);
    if (sel_is_null(sel))
        e->x.ldt = (struct x86_seg){ .sel = sel };
    else
        e->x.ldt = load_system(e, i, sel, 1 << DESC_LDT, &d);
    return i + 1;
}

const struct insn *op_ltr(struct env *e, const struct insn *i)
{
    struct x86_seg s;
    struct desc d;
    uint16_t sel;

    require_prot(e, i);
    require_cpl0(e, i);
    sel = rm_get(e, i, 2);
    if (sel_is_null(sel))
        soft_raise(e, i, VEC_GP, 0);
    s = load_system(e, i, sel, type_bits(e, 1 << DESC_TSS | 1 << DESC_TSS16, 1 << DESC_TSS), &d);
    s.attr |= 2 << 8;           /* busy, here and in memory */
    sys_store(e, i, d.lin + 5, 1, (d.hi >> 8 & 0xff) | 2);
    e->x.tr = s;
    return i + 1;
}

static const struct insn *store_table(struct env *e, const struct insn *i, const struct x86_seg *t)
{
    unsigned size = e->code64 ? 8 : 4;
    uint64_t lin;

    require_umip(e, i);
    lin = ea(e, i, size + 2, true);
    mem_probe(e, i, (lin + 2) & e->lin_mask, size);
    mem_store(e, i, lin, 2, t->limit);
    mem_store(e, i, (lin + 2) & e->lin_mask, size, t->base);
    return i + 1;
}

static const struct insn *load_table(struct env *e, const struct insn *i, struct x86_seg *t)
{
    unsigned size = e->code64 ? 8 : 4;
    uint64_t lin, base;
    uint16_t limit;

    require_cpl0(e, i);
    lin = ea(e, i, size + 2, false);
    limit = mem_load(e, i, lin, 2);
    base = mem_load(e, i, (lin + 2) & e->lin_mask, size);
    if (!e->code64 && i->osz == 2)
        base &= 0xffffff;
    if (!lin_canonical(base))
        soft_raise(e, i, VEC_GP, 0);
    t->base = base;
    t->limit = limit;
    return i + 1;
}

const struct insn *op_sgdt(struct env *e, const struct insn *i)
{
    return store_table(e, i, &e->x.gdt);
}

const struct insn *op_sidt(struct env *e, const struct insn *i)
{
    return store_table(e, i, &e->x.idt);
}

const struct insn *op_lgdt(struct env *e, const struct insn *i)
{
    return load_table(e, i, &e->x.gdt);
}

const struct insn *op_lidt(struct env *e, const struct insn *i)
{
    return load_table(e, i, &e->x.idt);
}
