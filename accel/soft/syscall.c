/* SPDX-License-Identifier: Apache-2.0 */
#include "accel/soft/sysops.h"
#include "accel/soft/seg.h"
#include "accel/soft/sys.h"

/*
 * SYSCALL SYSRET SYSENTER SYSEXIT, SWAPGS and the FS/GS base instructions
 *
 * SYSCALL follows AMD where the vendors differ (legacy and compatibility mode have it), SYSRET follows Intel in
 * refusing a non-canonical RCX at CPL 0, SYSENTER follows Intel in existing in long mode.
 * Reference: SDM volume 2; AMD APM volume 3.  Segments are loaded flat, from no table.
 */

enum {
    FLAT_CODE = SEG_P | SEG_S | SEG_CODE | SEG_RW | SEG_ACCESSED | SEG_G,
    FLAT_DATA = SEG_P | SEG_S | SEG_RW | SEG_ACCESSED | SEG_G | SEG_DB,
};

static void set_flat(struct env *e, unsigned sreg, uint16_t sel, uint32_t attr)
{
    e->x.seg[sreg] = (struct x86_seg){ .limit = 0xffffffffu, .attr = attr, .sel = sel };
}

/* CS and SS of a level; code32 or code64 by the L and D bits in `width`. */
static void set_level(struct env *e, uint16_t cs, uint16_t ss, unsigned cpl, uint32_t width)
{
    uint32_t dpl = cpl << SEG_DPL_SHIFT;

    set_flat(e, CS, (cs & ~3) | cpl, FLAT_CODE | dpl | width);
    set_flat(e, SS, (ss & ~3) | cpl, FLAT_DATA | dpl);
}

const struct insn *op_syscall(struct env *e, const struct insn *i)
{
    uint16_t cs = e->x.star >> 32;
    uint64_t next = sys_next(e, i), flags;

    if (!(e->x.efer & EFER_SCE) || !(e->x.cr0 & CR0_PE))
        soft_raise(e, i, VEC_UD, -1);
    if (likely(soft_mode(e) == MODE_LONG)) {
        flags = env_rflags(e) & ~(uint64_t)FLAG_RF;
        e->r[RCX] = next;
        e->r[R11] = flags;
        e->pc = e->code64 ? e->x.lstar : e->x.cstar;
        env_set_rflags(e, (flags & ~e->x.fmask) | FLAG_1);
        set_level(e, cs, cs + 8, 0, SEG_L);
    } else {
        e->r[RCX] = (uint32_t)next;
        e->pc = (uint32_t)e->x.star;
        e->eflags &= ~(uint64_t)(FLAG_IF | FLAG_RF | FLAG_VM);
        set_level(e, cs, cs + 8, 0, SEG_DB);
    }
    mode_update(e);
    return NULL;
}

const struct insn *op_sysret(struct env *e, const struct insn *i)
{
    enum { CHANGEABLE = 0x3c7fd7 };
    uint16_t sel = e->x.star >> 48;

    if (!(e->x.efer & EFER_SCE) || !(e->x.cr0 & CR0_PE))
        soft_raise(e, i, VEC_UD, -1);
    require_cpl0(e, i);
    if (likely(soft_mode(e) == MODE_LONG)) {
        bool to64 = i->osz == 8;

        if (to64 && !lin_canonical(e->r[RCX]))
            soft_raise(e, i, VEC_GP, 0);
        e->pc = to64 ? e->r[RCX] : (uint32_t)e->r[RCX];
        env_set_rflags(e, (e->r[R11] & CHANGEABLE & ~(uint64_t)(FLAG_RF | FLAG_VM)) | FLAG_1);
        set_level(e, to64 ? sel + 16 : sel, sel + 8, 3, to64 ? SEG_L : SEG_DB);
    } else {
        e->pc = (uint32_t)e->r[RCX];
        e->eflags |= FLAG_IF;
        set_level(e, sel, sel + 8, 3, SEG_DB);
    }
    mode_update(e);
    return NULL;
}

const struct insn *op_sysenter(struct env *e, const struct insn *i)
{
    bool long_mode = soft_mode(e) == MODE_LONG;
    uint16_t cs = e->x.sysenter_cs;

    if (!(e->x.cr0 & CR0_PE) || sel_is_null(cs))
        soft_raise(e, i, VEC_GP, 0);
    e->eflags &= ~(uint64_t)(FLAG_VM | FLAG_IF | FLAG_RF);
    set_level(e, cs, (cs & ~3) + 8, 0, long_mode ? SEG_L : SEG_DB);
    e->r[RSP] = long_mode ? e->x.sysenter_esp : (uint32_t)e->x.sysenter_esp;
    e->pc = long_mode ? e->x.sysenter_eip : (uint32_t)e->x.sysenter_eip;
    mode_update(e);
    return NULL;
}

const struct insn *op_sysexit(struct env *e, const struct insn *i)
{
    bool to64 = i->osz == 8;
    uint16_t cs = e->x.sysenter_cs & ~3;

    if (!(e->x.cr0 & CR0_PE) || sel_is_null(cs) || e->cpl)
        soft_raise(e, i, VEC_GP, 0);
    if (to64 && (!lin_canonical(e->r[RCX]) || !lin_canonical(e->r[RDX])))
        soft_raise(e, i, VEC_GP, 0);
    set_level(e, cs + (to64 ? 32 : 16), cs + (to64 ? 40 : 24), 3, to64 ? SEG_L : SEG_DB);
    e->r[RSP] = to64 ? e->r[RCX] : (uint32_t)e->r[RCX];
    e->pc = to64 ? e->r[RDX] : (uint32_t)e->r[RDX];
    mode_update(e);
    return NULL;
}

const struct insn *op_swapgs(struct env *e, const struct insn *i)
{
    uint64_t base = e->x.seg[GS].base;

    require_cpl0(e, i);
    e->x.seg[GS].base = e->seg_base[GS] = e->x.kernel_gs_base;
    e->x.kernel_gs_base = base;
    return i + 1;
}

static void require_fsgsbase(struct env *e, const struct insn *i)
{
    if (!(e->x.cr4 & CR4_FSGSBASE))
        soft_raise(e, i, VEC_UD, -1);
}

static const struct insn *base_read(struct env *e, const struct insn *i, unsigned sreg)
{
    require_fsgsbase(e, i);
    reg_put(e, i->rm, i->osz, e->x.seg[sreg].base);
    return i + 1;
}

static const struct insn *base_write(struct env *e, const struct insn *i, unsigned sreg)
{
    uint64_t v = e->r[i->rm] & size_mask(i->osz);

    require_fsgsbase(e, i);
    if (!lin_canonical(v))
        soft_raise(e, i, VEC_GP, 0);
    e->x.seg[sreg].base = e->seg_base[sreg] = v;
    return i + 1;
}

const struct insn *op_rdfsbase(struct env *e, const struct insn *i)
{
    return base_read(e, i, FS);
}

const struct insn *op_rdgsbase(struct env *e, const struct insn *i)
{
    return base_read(e, i, GS);
}

const struct insn *op_wrfsbase(struct env *e, const struct insn *i)
{
    return base_write(e, i, FS);
}

const struct insn *op_wrgsbase(struct env *e, const struct insn *i)
{
    return base_write(e, i, GS);
}
