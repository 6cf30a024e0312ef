/* SPDX-License-Identifier: Apache-2.0 */
#include "accel/soft/smm.h"
#include "accel/soft/debug.h"
#include "accel/soft/seg.h"
#include "accel/soft/sysops.h"
#include "accel/soft/sys.h"

/*
 * SMI entry and RSM
 *
 * The state save map is AMD's of 64-bit processors, revision 0x20064 (SMBASE relocation, no I/O restart), for every
 * model.  Not saved there: FPU state, as on real processors.  An I/O instruction is not restarted.
 * Reference: AMD APM volume 2, chapter 10 (table 10-1); SDM volume 3, chapter 31.
 *
 * Invariant: x.smm bit 0 is the mode; bit 1 says that NMIs were masked before, which RSM restores.
 */

enum {
    SMM_ON = 1, SMM_NMI_WAS_MASKED = 2,
    SMM_REVISION = 0x00020064, SMM_RELOCATES = 1 << 17,
    MAP_ES = 0xfe00, MAP_GDT = 0xfe60, MAP_LDT = 0xfe70, MAP_IDT = 0xfe80, MAP_TR = 0xfe90,
    MAP_HALT_RESTART = 0xfec9, MAP_EFER = 0xfed0, MAP_REVISION = 0xfefc, MAP_SMBASE = 0xff00,
    MAP_CR4 = 0xff48, MAP_CR3 = 0xff50, MAP_CR0 = 0xff58, MAP_DR7 = 0xff60, MAP_DR6 = 0xff68,
    MAP_RFLAGS = 0xff70, MAP_RIP = 0xff78, MAP_GPR = 0xfff8,        /* RAX; the others below, in order of number */
};

static void put(struct env *e, unsigned off, unsigned size, uint64_t v)
{
    phys_store(e, e->x.smbase + off, size, v);
}

static uint64_t get(struct env *e, unsigned off, unsigned size)
{
    return phys_load(e, e->x.smbase + off, size);
}

/* The map orders RAX RCX RDX RBX RSP RBP RSI RDI from the top, then R8 to R15 below: as the numbers go. */
static unsigned gpr_offset(unsigned n)
{
    return MAP_GPR - 8 * n;
}

static void put_seg(struct env *e, unsigned off, const struct x86_seg *s)
{
    put(e, off, 2, s->sel);
    put(e, off + 2, 2, (s->attr >> 8 & 0xff) | (s->attr >> 12 & 0xf00));
    put(e, off + 4, 4, s->limit);
    put(e, off + 8, 8, s->base);
}

static void get_seg(struct env *e, unsigned off, struct x86_seg *s)
{
    uint32_t attr = get(e, off + 2, 2);

    *s = (struct x86_seg){
        .sel = get(e, off, 2), .attr = (attr & 0xff) << 8 | (attr & 0xf00) << 12,
        .limit = get(e, off + 4, 4), .base = get(e, off + 8, 8),
    };
}

static void save(struct env *e)
{
    for (unsigned n = 0; n < X86_SREGS; n++)
        put_seg(e, MAP_ES + 16 * n, &e->x.seg[n]);
    put_seg(e, MAP_GDT, &e->x.gdt);
    put_seg(e, MAP_LDT, &e->x.ldt);
    put_seg(e, MAP_IDT, &e->x.idt);
    put_seg(e, MAP_TR, &e->x.tr);
    put(e, MAP_HALT_RESTART, 1, e->x.halted);
    put(e, MAP_EFER, 8, e->x.efer);
    put(e, MAP_REVISION, 4, SMM_REVISION);
    put(e, MAP_SMBASE, 4, e->x.smbase);
    put(e, MAP_CR4, 8, e->x.cr4);
    put(e, MAP_CR3, 8, e->x.cr3);
    put(e, MAP_CR0, 8, e->x.cr0);
    put(e, MAP_DR7, 8, e->x.dr[7]);
    put(e, MAP_DR6, 8, e->x.dr[6]);
    put(e, MAP_RFLAGS, 8, env_rflags(e));
    put(e, MAP_RIP, 8, e->pc);
    for (unsigned n = 0; n < X86_GPRS; n++)
        put(e, gpr_offset(n), 8, e->r[n]);
}

void smm_enter(struct env *e)
{
    const uint32_t data = SEG_P | SEG_S | SEG_RW | SEG_ACCESSED | SEG_G;

    e->x.smi_pending = 0;
    e->x.smi_count++;
    e->x.smm = SMM_ON | (e->x.nmi_masked ? SMM_NMI_WAS_MASKED : 0);
    e->bus->smm_changed(e->bus_opaque, true);
    mmu_flush_all(e);
    save(e);
    e->x.nmi_masked = 1;
    e->x.halted = e->x.inhibit = 0;
    env_set_rflags(e, FLAG_1);
    e->x.cr0 &= ~(uint64_t)(CR0_PE | CR0_EM | CR0_TS | CR0_PG);
    e->x.cr4 = e->x.efer = 0;
    e->x.dr[7] = DR7_FIXED;
    for (unsigned n = 0; n < X86_SREGS; n++)
        e->x.seg[n] = (struct x86_seg){ .limit = 0xffffffffu, .attr = data };
    e->x.seg[CS] = (struct x86_seg){ .base = e->x.smbase, .limit = 0xffffffffu, .sel = e->x.smbase >> 4 & 0xffff,
                                     .attr = data };
    e->pc = 0x8000;
    mode_update(e);             /* nothing was translated since the flush: the map is saved by physical address */
}

/* The combinations that RSM refuses; the processor shuts down. */
static bool map_is_sane(uint64_t cr0, uint64_t cr4, uint64_t efer)
{
    if ((cr0 >> 32) || ((cr0 & CR0_PG) && !(cr0 & CR0_PE)) || ((cr0 & CR0_NW) && !(cr0 & CR0_CD)))
        return false;
    if ((efer & EFER_LMA) && (!(cr0 & CR0_PG) || !(cr4 & CR4_PAE) || !(efer & EFER_LME)))
        return false;
    return true;
}

static void restore(struct env *e, uint64_t cr0)
{
    uint32_t smbase = get(e, MAP_SMBASE, 4);
    bool relocate = get(e, MAP_REVISION, 4) & SMM_RELOCATES;

    for (unsigned n = 0; n < X86_SREGS; n++)
        get_seg(e, MAP_ES + 16 * n, &e->x.seg[n]);
    get_seg(e, MAP_GDT, &e->x.gdt);
    get_seg(e, MAP_LDT, &e->x.ldt);
    get_seg(e, MAP_IDT, &e->x.idt);
    get_seg(e, MAP_TR, &e->x.tr);
    e->x.halted = get(e, MAP_HALT_RESTART, 1) & 1;
    e->x.efer = get(e, MAP_EFER, 8);
    e->x.cr4 = get(e, MAP_CR4, 8);
    e->x.cr3 = get(e, MAP_CR3, 8);
    e->x.cr0 = cr0;
    e->x.dr[7] = (uint32_t)get(e, MAP_DR7, 8) | DR7_FIXED;
    e->x.dr[6] = (uint32_t)get(e, MAP_DR6, 8) | DR6_FIXED;
    env_set_rflags(e, (get(e, MAP_RFLAGS, 8) & 0x3f7fd5) | FLAG_1);
    e->pc = get(e, MAP_RIP, 8);
    for (unsigned n = 0; n < X86_GPRS; n++)
        e->r[n] = get(e, gpr_offset(n), 8);
    if (relocate)
        e->x.smbase = smbase;
}

const struct insn *op_rsm(struct env *e, const struct insn *i)
{
    uint64_t cr0;

    if (!e->x.smm)
        soft_raise(e, i, VEC_UD, -1);
    cr0 = get(e, MAP_CR0, 8);
    if (!map_is_sane(cr0, get(e, MAP_CR4, 8), get(e, MAP_EFER, 8))) {
        e->shutdown = true;
        e->bus->shutdown(e->bus_opaque);
        soft_leave(e, i->pc);
    }
    restore(e, cr0);
    e->x.nmi_masked = e->x.smm & SMM_NMI_WAS_MASKED ? 1 : 0;
    e->x.smm = 0;
    e->bus->smm_changed(e->bus_opaque, false);
    mode_update(e);
    mmu_flush_all(e);
    atomic_fetch_or(&e->kick, KICK_IRQ);        /* what was masked may be pending */
    return NULL;
}
