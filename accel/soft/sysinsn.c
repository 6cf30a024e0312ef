/* SPDX-License-Identifier: Apache-2.0 */
#include "accel/soft/sysops.h"
#include "accel/soft/debug.h"
#include "accel/soft/exclusive.h"
#include "accel/soft/sys.h"

#include <sched.h>

/*
 * Control and debug registers, interrupt flag, halting, cache and TLB control
 *
 * Caches do not exist: INVD and WBINVD do nothing.  MWAIT wakes at once, which the architecture allows at any
 * time.  INVPCID, LA57, PCID and protection keys are absent, so their CR4 bits are reserved.
 * Reference: SDM volume 2; volume 3 sections 2.5, 18.2, 20.3.
 */

enum {
    CR0_KNOWN = CR0_PE | CR0_MP | CR0_EM | CR0_TS | CR0_NE | CR0_WP | CR0_AM | CR0_NW | CR0_CD | CR0_PG,
};

/* EFER.LMA follows CR0.PG when EFER.LME is set. */
static void check_paging_change(struct env *e, const struct insn *i, uint64_t v)
{
    bool on = (v & CR0_PG) && !(e->x.cr0 & CR0_PG), off = !(v & CR0_PG) && (e->x.cr0 & CR0_PG);

    if (on && (e->x.efer & EFER_LME) && (!(e->x.cr4 & CR4_PAE) || (e->x.seg[CS].attr & SEG_L)))
        soft_raise(e, i, VEC_GP, 0);
    if (off && e->code64)
        soft_raise(e, i, VEC_GP, 0);
    if (on && (e->x.efer & EFER_LME))
        e->x.efer |= EFER_LMA;
    if (off)
        e->x.efer &= ~(uint64_t)EFER_LMA;
}

static void write_cr0(struct env *e, const struct insn *i, uint64_t v)
{
    uint64_t changed;

    if (v >> 32 || ((v & CR0_PG) && !(v & CR0_PE)) || ((v & CR0_NW) && !(v & CR0_CD)))
        soft_raise(e, i, VEC_GP, 0);
    v = (v & CR0_KNOWN) | CR0_ET;
    check_paging_change(e, i, v);
    changed = v ^ e->x.cr0;
    e->x.cr0 = v;
    if (changed & (CR0_PG | CR0_PE | CR0_WP))
        mmu_flush_all(e);
}

static uint64_t cr4_allowed(struct env *e)
{
    static const struct { uint8_t bit; uint32_t cr4; } in_1d[] = {
        { 1, CR4_VME | CR4_PVI }, { 4, CR4_TSD }, { 2, CR4_DE }, { 3, CR4_PSE }, { 6, CR4_PAE }, { 7, CR4_MCE },
        { 13, CR4_PGE }, { 24, CR4_OSFXSR }, { 25, CR4_OSXMMEXCPT },
    }, in_7b[] = { { 0, CR4_FSGSBASE }, { 7, CR4_SMEP }, { 20, CR4_SMAP } };
    uint64_t allowed = CR4_PCE;
    uint32_t leaf[4] = { 0 };

    for (unsigned n = 0; n < sizeof(in_1d) / sizeof(in_1d[0]); n++)
        if (e->cpuid_1d >> in_1d[n].bit & 1)
            allowed |= in_1d[n].cr4;
    for (unsigned n = 0; n < sizeof(in_7b) / sizeof(in_7b[0]); n++)
        if (e->cpuid_7b >> in_7b[n].bit & 1)
            allowed |= in_7b[n].cr4;
    if (e->cpuid_1c & (1u << 26))
        allowed |= CR4_OSXSAVE;
    if (e->cpuid_max >= 7) {
        e->bus->cpuid(e->bus_opaque, 7, 0, leaf);
        if (leaf[2] & (1u << 2))
            allowed |= CR4_UMIP;
    }
    return allowed;
}

static void write_cr4(struct env *e, const struct insn *i, uint64_t v)
{
    uint64_t changed = v ^ e->x.cr4;

    if (v & ~cr4_allowed(e))
        soft_raise(e, i, VEC_GP, 0);
    if (!(v & CR4_PAE) && (e->x.efer & EFER_LMA))
        soft_raise(e, i, VEC_GP, 0);
    e->x.cr4 = v;
    if (changed & (CR4_PSE | CR4_PAE | CR4_PGE | CR4_SMEP | CR4_SMAP))
        mmu_flush_all(e);
}

static void write_cr3(struct env *e, const struct insn *i, uint64_t v)
{
    if ((e->x.efer & EFER_LMA) && (v >> e->phys_bits))
        soft_raise(e, i, VEC_GP, 0);
    e->x.cr3 = v;
    mmu_flush_nonglobal(e);
}

static void write_cr8(struct env *e, const struct insn *i, uint64_t v)
{
    if (v > 15)
        soft_raise(e, i, VEC_GP, 0);
    e->bus->tpr_set(e->bus_opaque, v);
    atomic_fetch_or(&e->kick, KICK_IRQ);        /* what the old priority held back may come now */
}

const struct insn *op_mov_to_cr(struct env *e, const struct insn *i)
{
    uint64_t v = e->code64 ? e->r[i->rm] : (uint32_t)e->r[i->rm];

    require_cpl0(e, i);
    switch (i->reg) {
    case 0: write_cr0(e, i, v); break;
    case 2: e->x.cr2 = v; break;
    case 3: write_cr3(e, i, v); break;
    case 4: write_cr4(e, i, v); break;
    case 8: write_cr8(e, i, v); break;
    default: soft_raise(e, i, VEC_UD, -1);
    }
    e->pc = sys_next(e, i);
    mode_update(e);
    return NULL;
}

const struct insn *op_mov_from_cr(struct env *e, const struct insn *i)
{
    uint64_t v = 0;

    require_cpl0(e, i);
    switch (i->reg) {
    case 0: v = e->x.cr0; break;
    case 2: v = e->x.cr2; break;
    case 3: v = e->x.cr3; break;
    case 4: v = e->x.cr4; break;
    case 8: v = e->bus->tpr_get(e->bus_opaque); break;
    default: soft_raise(e, i, VEC_UD, -1);
    }
    reg_put(e, i->rm, e->code64 ? 8 : 4, v);
    return i + 1;
}

/* DR4 and DR5 are DR6 and DR7 unless CR4.DE; DR7.GD traps every access. */
static unsigned debug_register(struct env *e, const struct insn *i)
{
    unsigned n = i->reg;

    if (n > 7 || ((n == 4 || n == 5) && (e->x.cr4 & CR4_DE)))
        soft_raise(e, i, VEC_UD, -1);
    require_cpl0(e, i);
    if (e->x.dr[7] & DR7_GD) {
        e->x.dr[6] |= DR6_BD;
        e->x.dr[7] &= ~(uint64_t)DR7_GD;
        soft_raise(e, i, VEC_DB, -1);
    }
    return n == 4 || n == 5 ? n + 2 : n;
}

const struct insn *op_mov_from_dr(struct env *e, const struct insn *i)
{
    unsigned n = debug_register(e, i);

    reg_put(e, i->rm, e->code64 ? 8 : 4, e->x.dr[n]);
    return i + 1;
}

const struct insn *op_mov_to_dr(struct env *e, const struct insn *i)
{
    enum { DR6_ZERO = 1 << 12, DR7_ZERO = 1 << 15 | 1 << 14 | 1 << 12 };
    unsigned n = debug_register(e, i);
    uint64_t v = e->code64 ? e->r[i->rm] : (uint32_t)e->r[i->rm];

    if (n >= 6 && v >> 32)
        soft_raise(e, i, VEC_GP, 0);
    if (n == 6)
        v = (v & ~(uint64_t)DR6_ZERO) | DR6_FIXED;
    else if (n == 7)
        v = (v & ~(uint64_t)DR7_ZERO) | DR7_FIXED;
    e->x.dr[n] = v;
    e->pc = sys_next(e, i);
    mode_update(e);
    return NULL;
}

const struct insn *op_clts(struct env *e, const struct insn *i)
{
    require_cpl0(e, i);
    e->x.cr0 &= ~(uint64_t)CR0_TS;
    mode_update(e);
    return sys_end(e, i);
}

const struct insn *op_lmsw(struct env *e, const struct insn *i)
{
    enum { MSW = CR0_PE | CR0_MP | CR0_EM | CR0_TS };
    uint64_t v;

    require_cpl0(e, i);
    v = rm_get(e, i, 2) & MSW;
    write_cr0(e, i, (e->x.cr0 & ~(uint64_t)(MSW & ~CR0_PE)) | v);       /* PE can be set, not cleared */
    e->pc = sys_next(e, i);
    mode_update(e);
    return NULL;
}

const struct insn *op_smsw(struct env *e, const struct insn *i)
{
    require_umip(e, i);
    rm_put(e, i, i->flags & I_MEM ? 2 : i->osz, e->x.cr0);
    return i + 1;
}

const struct insn *op_invlpg(struct env *e, const struct insn *i)
{
    uint64_t lin = (e->seg_base[i->seg] + ea_offset(e, i)) & e->lin_mask;

    require_cpl0(e, i);
    if (lin_canonical(lin))
        mmu_flush_page(e, lin);
    return sys_end(e, i);
}

const struct insn *op_invd(struct env *e, const struct insn *i)
{
    require_cpl0(e, i);
    return i + 1;
}

const struct insn *op_hlt(struct env *e, const struct insn *i)
{
    require_cpl0(e, i);
    e->x.halted = 1;
    return sys_end(e, i);
}

/* CR4.VME and CR4.PVI: CLI and STI act on VIF where IOPL forbids IF. */
static bool virtual_if(struct env *e, const struct insn *i)
{
    bool allowed = soft_mode(e) == MODE_VM86 ? e->x.cr4 & CR4_VME : (e->x.cr4 & CR4_PVI) && e->cpl == 3;

    if (!allowed)
        soft_raise(e, i, VEC_GP, 0);
    return true;
}

const struct insn *op_cli(struct env *e, const struct insn *i)
{
    if (likely(e->key & KEY_IOPL_OK))
        e->eflags &= ~(uint64_t)FLAG_IF;
    else if (virtual_if(e, i))
        e->eflags &= ~(uint64_t)FLAG_VIF;
    return i + 1;
}

const struct insn *op_sti(struct env *e, const struct insn *i)
{
    if (likely(e->key & KEY_IOPL_OK)) {
        if (!(e->eflags & FLAG_IF)) {
            e->eflags |= FLAG_IF;
            e->x.inhibit = 1;
            mode_update(e);
        }
    } else if (virtual_if(e, i)) {
        if (e->eflags & FLAG_VIP)
            soft_raise(e, i, VEC_GP, 0);
        e->eflags |= FLAG_VIF;
    }
    return sys_end(e, i);
}

const struct insn *op_rdpmc(struct env *e, const struct insn *i)
{
    soft_raise(e, i, VEC_GP, 0);
}

const struct insn *op_monitor(struct env *e, const struct insn *i)
{
    uint64_t off = e->r[RAX] & i->ea_mask;
    unsigned seg = e->code64 && i->seg != FS && i->seg != GS ? SEGBASE_NONE : i->seg == SEGBASE_NONE ? DS : i->seg;

    if (e->cpl)
        soft_raise(e, i, VEC_UD, -1);
    if ((uint32_t)e->r[RCX])
        soft_raise(e, i, VEC_GP, 0);
    mem_load(e, i, (e->seg_base[seg] + off) & e->lin_mask, 1);
    return i + 1;
}

const struct insn *op_mwait(struct env *e, const struct insn *i)
{
    if (e->cpl)
        soft_raise(e, i, VEC_UD, -1);
    if ((uint32_t)e->r[RCX] > 1)
        soft_raise(e, i, VEC_GP, 0);
    soft_pause(e);
    sched_yield();
    soft_resume(e);
    return sys_end(e, i);
}

static void require_osxsave(struct env *e, const struct insn *i)
{
    if (!(e->x.cr4 & CR4_OSXSAVE))
        soft_raise(e, i, VEC_UD, -1);
}

const struct insn *op_xgetbv(struct env *e, const struct insn *i)
{
    require_osxsave(e, i);
    if ((uint32_t)e->r[RCX])
        soft_raise(e, i, VEC_GP, 0);
    e->r[RAX] = (uint32_t)e->x.xcr0;
    e->r[RDX] = e->x.xcr0 >> 32;
    return i + 1;
}

const struct insn *op_xsetbv(struct env *e, const struct insn *i)
{
    uint64_t v = (uint32_t)e->r[RAX] | e->r[RDX] << 32;
    uint32_t leaf[4] = { 0 };

    require_osxsave(e, i);
    require_cpl0(e, i);
    e->bus->cpuid(e->bus_opaque, 0xd, 0, leaf);
    if ((uint32_t)e->r[RCX] || !(v & 1) || (v & ~(leaf[0] | (uint64_t)leaf[3] << 32)) || ((v & 4) && !(v & 2)))
        soft_raise(e, i, VEC_GP, 0);
    e->x.xcr0 = v;
    return sys_end(e, i);
}

static const struct insn *set_ac(struct env *e, const struct insn *i, bool on)
{
    if (e->cpl)
        soft_raise(e, i, VEC_UD, -1);
    e->eflags = on ? e->eflags | FLAG_AC : e->eflags & ~(uint64_t)FLAG_AC;
    mode_update(e);
    return sys_end(e, i);
}

const struct insn *op_clac(struct env *e, const struct insn *i)
{
    return set_ac(e, i, false);
}

const struct insn *op_stac(struct env *e, const struct insn *i)
{
    return set_ac(e, i, true);
}
