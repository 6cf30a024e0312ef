/* SPDX-License-Identifier: Apache-2.0 */
#include "accel/soft/task.h"
#include "accel/soft/sys.h"

/*
 * Hardware task switching
 *
 * 16- and 32-bit TSSs, JMP, CALL, IRET and task gates.  Not modelled: the T flag's #DB, and the roll-back
 * of a switch whose outgoing state cannot be written: such a fault comes before anything has changed.
 * Reference: SDM volume 3, sections 7.2 and 7.3.
 *
 * Invariant: until commit the current task is untouched, its own TSS apart; from then on faults belong to the new
 * task, whose segment registers are not present until their descriptors have been checked.
 */

struct tss {
    uint32_t cr3, eip, eflags, gpr[8];
    uint16_t seg[X86_SREGS], ldt;
};

/* Byte offsets: 32-bit and 16-bit layout, figures 7-2 and 7-10. */
enum { T32_CR3 = 28, T32_EIP = 32, T32_FLAGS = 36, T32_GPR = 40, T32_SEG = 72, T32_LDT = 96, T32_LIMIT = 0x67 };
enum { T16_IP = 14, T16_FLAGS = 16, T16_GPR = 18, T16_SEG = 34, T16_LDT = 42, T16_LIMIT = 0x2b };

static bool is_wide(uint32_t attr)
{
    return attr & 8 << 8;
}

static struct tss tss_read(struct env *e, const struct insn *i, uint64_t base, bool wide)
{
    struct tss t = { 0 };

    t.eip = sys_load(e, i, base + (wide ? T32_EIP : T16_IP), wide ? 4 : 2);
    t.eflags = sys_load(e, i, base + (wide ? T32_FLAGS : T16_FLAGS), wide ? 4 : 2);
    for (unsigned n = 0; n < 8; n++)
        t.gpr[n] = wide ? sys_load(e, i, base + T32_GPR + 4 * n, 4)
                        : sys_load(e, i, base + T16_GPR + 2 * n, 2) | 0xffff0000u;
    for (unsigned n = 0; n < (wide ? X86_SREGS : 4u); n++)
        t.seg[n] = sys_load(e, i, base + (wide ? T32_SEG + 4 * n : T16_SEG + 2 * n), 2);
    t.ldt = sys_load(e, i, base + (wide ? T32_LDT : T16_LDT), 2);
    if (wide)
        t.cr3 = sys_load(e, i, base + T32_CR3, 4);
    return t;
}

static void tss_write(struct env *e, const struct insn *i, uint64_t next_pc, uint64_t flags)
{
    uint64_t base = e->x.tr.base;
    bool wide = is_wide(e->x.tr.attr);
    unsigned size = wide ? 4 : 2;

    mmu_check_as(e, i, mmu_system_mode(e), base, wide ? T32_LIMIT + 1 : T16_LIMIT + 1, true);
    sys_store(e, i, base + (wide ? T32_EIP : T16_IP), size, next_pc);
    sys_store(e, i, base + (wide ? T32_FLAGS : T16_FLAGS), size, flags);
    for (unsigned n = 0; n < 8; n++)
        sys_store(e, i, base + (wide ? T32_GPR + 4 * n : T16_GPR + 2 * n), size, e->r[n]);
    for (unsigned n = 0; n < (wide ? X86_SREGS : 4u); n++)
        sys_store(e, i, base + (wide ? T32_SEG + 4 * n : T16_SEG + 2 * n), 2, e->x.seg[n].sel);
}

static void set_busy(struct env *e, const struct insn *i, uint16_t sel, bool busy)
{
    uint64_t at = e->x.gdt.base + (sel & ~7u) + 5;
    uint64_t v = sys_load(e, i, at, 1);

    sys_store(e, i, at, 1, busy ? v | 2 : v & ~2ull);
}

static void check_new(struct env *e, const struct insn *i, uint16_t sel, enum task_how how, int ext, struct desc *d)
{
    bool back = how == TASK_RETURN;
    unsigned bad = back || how == TASK_EVENT ? VEC_TS : VEC_GP;
    unsigned type;

    if ((sel & 4) || sel_is_null(sel) || !desc_load(e, i, sel, d))
        soft_raise(e, i, bad, (sel & ~3) | ext);
    type = d->hi >> 8 & 0x1f;
    if (type != (back ? DESC_TSS_BUSY : DESC_TSS) && type != (back ? DESC_TSS16_BUSY : DESC_TSS16))
        soft_raise(e, i, back ? VEC_TS : VEC_GP, (sel & ~3) | ext);
    if (!(d->hi & SEG_P))
        soft_raise(e, i, VEC_NP, (sel & ~3) | ext);
    if (desc_limit(d) < (is_wide(d->hi) ? (uint32_t)T32_LIMIT : T16_LIMIT))
        soft_raise(e, i, VEC_TS, (sel & ~3) | ext);
}

static void load_ldt(struct env *e, uint16_t sel, int ext)
{
    struct desc d;

    e->x.ldt = (struct x86_seg){ .sel = sel };
    if (sel_is_null(sel))
        return;
    if ((sel & 4) || !desc_load(e, NULL, sel, &d) || (d.hi >> 8 & 0x1f) != DESC_LDT || !(d.hi & SEG_P))
        soft_raise(e, NULL, VEC_TS, (sel & ~3) | ext);
    e->x.ldt = seg_of_desc(sel, &d);
}

static void load_cs(struct env *e, uint16_t sel, int ext)
{
    unsigned cpl = sel & 3;
    struct desc d;

    if (sel_is_null(sel) || !desc_load(e, NULL, sel, &d) || !attr_is_code(d.hi) ||
        (attr_is_conforming(d.hi) ? desc_dpl(&d) > cpl : desc_dpl(&d) != cpl))
        soft_raise(e, NULL, VEC_TS, (sel & ~3) | ext);
    if (!(d.hi & SEG_P))
        soft_raise(e, NULL, VEC_NP, (sel & ~3) | ext);
    desc_set_accessed(e, NULL, &d);
    seg_set_cs(e, sel, cpl, &d);
}

static void load_ss(struct env *e, uint16_t sel, unsigned cpl, int ext)
{
    struct desc d;

    if (sel_is_null(sel) || !desc_load(e, NULL, sel, &d) || !attr_is_writable_data(d.hi) || desc_dpl(&d) != cpl ||
        (sel & 3) != cpl)
        soft_raise(e, NULL, VEC_TS, (sel & ~3) | ext);
    if (!(d.hi & SEG_P))
        soft_raise(e, NULL, VEC_SS, (sel & ~3) | ext);
    desc_set_accessed(e, NULL, &d);
    e->x.seg[SS] = seg_of_desc(sel, &d);
}

static void load_data(struct env *e, unsigned sreg, uint16_t sel, unsigned cpl, int ext)
{
    struct desc d;

    if (sel_is_null(sel))
        return;
    if (!desc_load(e, NULL, sel, &d) || !(d.hi & SEG_S) || (attr_is_code(d.hi) && !(d.hi & SEG_RW)) ||
        (!attr_is_conforming(d.hi) && (desc_dpl(&d) < cpl || desc_dpl(&d) < (sel & 3u))))
        soft_raise(e, NULL, VEC_TS, (sel & ~3) | ext);
    if (!(d.hi & SEG_P))
        soft_raise(e, NULL, VEC_NP, (sel & ~3) | ext);
    desc_set_accessed(e, NULL, &d);
    e->x.seg[sreg] = seg_of_desc(sel, &d);
}

/* In the new task already: its segments. */
static void load_segments(struct env *e, const struct tss *t, int ext)
{
    static const uint8_t data[4] = { ES, DS, FS, GS };
    unsigned cpl = t->seg[CS] & 3;

    if (t->eflags & FLAG_VM) {
        for (unsigned n = 0; n < X86_SREGS; n++)
            e->x.seg[n] = seg_real(t->seg[n], 0xffff, SEG_ATTR_VM86);
        mode_update(e);
        load_ldt(e, t->ldt, ext);
        return;
    }
    /* the level counts from here on: SS.DPL is where it is kept */
    for (unsigned n = 0; n < X86_SREGS; n++)
        e->x.seg[n] = (struct x86_seg){ .sel = t->seg[n], .attr = n == SS ? cpl << SEG_DPL_SHIFT : 0 };
    mode_update(e);
    load_ldt(e, t->ldt, ext);
    load_cs(e, t->seg[CS], ext);
    load_ss(e, t->seg[SS], cpl, ext);
    for (unsigned n = 0; n < 4; n++)
        load_data(e, data[n], t->seg[data[n]], cpl, ext);
    mode_update(e);
    if (t->eip > e->x.seg[CS].limit)
        soft_raise(e, NULL, VEC_GP, ext);
}

static void commit(struct env *e, const struct tss *t, uint16_t sel, const struct desc *d, bool nested)
{
    bool wide = is_wide(d->hi);

    e->x.tr = seg_of_desc(sel, d);
    e->x.tr.attr |= 2 << 8;
    e->x.cr0 |= CR0_TS;
    e->x.dr[7] &= ~0x55ull;     /* local breakpoints are a task's own */
    if (wide && (e->x.cr0 & CR0_PG)) {
        e->x.cr3 = t->cr3;
        mmu_flush_nonglobal(e);
    }
    for (unsigned n = 0; n < 8; n++)
        e->r[n] = t->gpr[n];
    env_set_rflags(e, (t->eflags & (wide ? 0x3f7fd5u : 0x7fd5u)) | FLAG_1 | (nested ? FLAG_NT : 0));
    e->pc = t->eip;
}

void task_switch(struct env *e, const struct insn *i, uint16_t sel, enum task_how how, uint64_t next_pc, int ext)
{
    uint16_t old = e->x.tr.sel;
    uint64_t flags = env_rflags(e);
    bool nested = how == TASK_CALL || how == TASK_EVENT;
    struct desc d;
    struct tss t;

    check_new(e, i, sel, how, ext, &d);
    t = tss_read(e, i, desc_base(&d), is_wide(d.hi));
    if (nested)
        mmu_check_as(e, i, mmu_system_mode(e), desc_base(&d), 2, true);
    tss_write(e, i, next_pc, how == TASK_RETURN ? flags & ~(uint64_t)FLAG_NT : flags);
    if (nested)
        sys_store(e, i, desc_base(&d), 2, old);
    else
        set_busy(e, i, old, false);
    if (how != TASK_RETURN)
        set_busy(e, i, sel, true);
    commit(e, &t, sel, &d, nested);
    load_segments(e, &t, ext);
}
