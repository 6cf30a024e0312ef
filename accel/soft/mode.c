/* SPDX-License-Identifier: Apache-2.0 */
#include "accel/soft/mode.h"
#include "accel/soft/block.h"
#include "accel/soft/debug.h"
#include "accel/soft/mmu.h"

#include <string.h>

/*
 * Modes, reset, and the architectural state in and out
 *
 * The privilege level is SS.DPL, which the hidden part of SS keeps in all modes, also for a null SS in 64-bit
 * mode.  Reference: SDM volume 3, chapters 2, 5.5 and 9.1.
 *
 * Invariant: after mode_update() everything in struct env that is derived from control registers, RFLAGS and
 * segments is right, and the jump cache has the context of the key.
 */

static inline bool flat_data(const struct x86_seg *s)
{
    /* present, S, data, writable, expands up */
    return !s->base && s->limit == 0xffffffffu &&
           (s->attr & (SEG_P | SEG_S | SEG_CODE | SEG_CE | SEG_RW)) == (SEG_P | SEG_S | SEG_RW);
}

static inline bool flat_code(const struct x86_seg *s)
{
    return !s->base && s->limit == 0xffffffffu && (s->attr & SEG_P) && (s->attr & SEG_RW);
}

/* Bases, masks and key bits of 16- and 32-bit code. */
static uint32_t update_legacy(struct env *e)
{
    const struct x86_seg *s = e->x.seg;
    uint32_t key = 0;

    for (unsigned n = 0; n < X86_SREGS; n++)
        e->seg_base[n] = s[n].base;
    e->lin_mask = 0xffffffffu;
    e->ip_mask = s[CS].attr & SEG_DB ? 0xffffffffu : 0xffff;
    e->sp_mask = s[SS].attr & SEG_DB ? 0xffffffffu : 0xffff;
    if (s[CS].attr & SEG_DB)
        key |= KEY_CS32;
    if (s[SS].attr & SEG_DB)
        key |= KEY_SS32;
    if (flat_data(&s[DS]) && flat_data(&s[ES]))
        key |= KEY_FLAT_DATA;
    if (flat_data(&s[SS]))
        key |= KEY_FLAT_SS;
    if (flat_code(&s[CS]))
        key |= KEY_FLAT_CS;
    return key;
}

static uint32_t update_64(struct env *e)
{
    e->seg_base[ES] = e->seg_base[CS] = e->seg_base[SS] = e->seg_base[DS] = 0;
    e->seg_base[FS] = e->x.seg[FS].base;
    e->seg_base[GS] = e->x.seg[GS].base;
    e->lin_mask = e->ip_mask = e->sp_mask = ~0ull;
    return KEY_CS64 | KEY_FLAT_DATA | KEY_FLAT_SS | KEY_FLAT_CS;
}

static inline uint32_t when(uint64_t condition, uint32_t bits)
{
    return condition ? bits : 0;
}

void mode_update(struct env *e)
{
    uint64_t cr0 = e->x.cr0, cr4 = e->x.cr4, flags = e->eflags;
    enum soft_mode mode = soft_mode(e);
    uint32_t key;

    e->code64 = mode == MODE_LONG && (e->x.seg[CS].attr & SEG_L);
    key = e->code64 ? update_64(e) : update_legacy(e);
    e->cpl = mode == MODE_REAL ? 0 : mode == MODE_VM86 ? 3 : (e->x.seg[SS].attr & SEG_DPL) >> SEG_DPL_SHIFT;
    e->mmu_mode = e->cpl == 3 ? MMU_USER : (cr4 & CR4_SMAP) && !(flags & FLAG_AC) ? MMU_SUPER_SMAP : MMU_SUPER;
    key |= (uint32_t)e->cpl << KEY_CPL_SHIFT | (uint32_t)e->mmu_mode << KEY_MMU_SHIFT;
    key |= when(mode == MODE_VM86, KEY_VM86) | when(cr0 & CR0_PE, KEY_PE);
    key |= when(cr0 & CR0_TS, KEY_TS) | when(cr0 & CR0_EM, KEY_EM) | when(cr0 & CR0_MP, KEY_MP);
    key |= when(cr4 & CR4_OSFXSR, KEY_OSFXSR) | when(cr4 & CR4_OSXSAVE, KEY_OSXSAVE);
    key |= when(flags & FLAG_TF, KEY_TF) | when(e->x.inhibit, KEY_INHIBIT) | when(e->x.smm, KEY_SMM);
    key |= when(e->cpl <= (flags & FLAG_IOPL) >> 12, KEY_IOPL_OK);
    key |= when((cr0 & CR0_AM) && (flags & FLAG_AC) && e->cpl == 3, KEY_AC) | when(debug_active(e), KEY_SINGLE);
    e->key = key;
    if (__builtin_expect(key & (KEY_AC | KEY_SINGLE), 0)) {
        e->tlb_rd = e->tlb_wr = mmu_never(e);
    } else {
        e->tlb_rd = e->tlb[e->mmu_mode][TLB_READ];
        e->tlb_wr = e->tlb[e->mmu_mode][TLB_WRITE];
    }
    block_jc_context(e);
}

void soft_state_get(const struct env *e, struct x86_state *st)
{
    *st = e->x;
    memcpy(st->gpr, e->r, sizeof(st->gpr));
    st->rip = e->pc;
    st->rflags = env_rflags(e);
}

void soft_state_put(struct env *e, const struct x86_state *st)
{
    e->x = *st;
    memcpy(e->r, st->gpr, sizeof(st->gpr));
    e->r[REG_NONE] = 0;
    e->pc = st->rip;
    env_set_rflags(e, st->rflags);
    e->seg_base[SEGBASE_NONE] = e->seg_base[7] = 0;
    mode_update(e);
    mmu_flush_all(e);
}

/* What RESET and INIT have in common. */
static void start_state(struct env *e)
{
    struct x86_state *x = &e->x;
    uint32_t id[4] = { 0 };

    e->bus->cpuid(e->bus_opaque, 1, 0, id);
    memset(e->r, 0, sizeof(e->r));
    e->r[RDX] = id[0];
    e->pc = 0xfff0;
    env_set_rflags(e, FLAG_1);
    for (unsigned n = 0; n < X86_SREGS; n++)
        x->seg[n] = (struct x86_seg){ .limit = 0xffff, .attr = SEG_P | SEG_S | SEG_RW | SEG_ACCESSED };
    x->seg[CS] = (struct x86_seg){ .base = 0xffff0000u, .limit = 0xffff, .sel = 0xf000,
                                   .attr = SEG_P | SEG_S | SEG_CODE | SEG_RW | SEG_ACCESSED };
    x->ldt = (struct x86_seg){ .limit = 0xffff, .attr = SEG_P | 2 << 8 };
    x->tr = (struct x86_seg){ .limit = 0xffff, .attr = SEG_P | 11 << 8 };
    x->gdt = x->idt = (struct x86_seg){ .limit = 0xffff };
    x->cr2 = x->cr3 = x->cr4 = x->efer = 0;
    memset(x->dr, 0, sizeof(x->dr));
    x->dr[6] = DR6_FIXED;
    x->dr[7] = DR7_FIXED;
    x->halted = x->wait_sipi = x->inhibit = x->nmi_pending = x->nmi_masked = x->smi_pending = x->smm = 0;
    x->kernel_gs_base = 0;
    e->exc_busy = 0;
    e->db_pending = 0;
    e->shutdown = false;
    debugger_reset(e);
}

void soft_reset(struct env *e)
{
    memset(&e->x, 0, sizeof(e->x));
    start_state(e);
    e->x.cr0 = CR0_CD | CR0_NW | CR0_ET;
    e->x.xcr0 = 1;
    e->x.a20 = 1;
    e->x.pat = 0x0007040600070406ull;
    e->x.misc_enable = 1;                   /* fast strings */
    e->x.smbase = 0x30000;
    e->x.fx[0] = 0x7f;                      /* FCW 037F, all registers empty */
    e->x.fx[1] = 0x03;
    e->x.fx[24] = 0x80;                     /* MXCSR 1F80 */
    e->x.fx[25] = 0x1f;
    if ((e->cpuid_1d & (1u << 7)) && (e->cpuid_1d & (1u << 14))) {
        e->x.mcg_cap = 1u << 24 | 1u << 8 | X86_MCE_BANKS;
        e->x.mcg_ctl = ~0ull;
        for (unsigned n = 0; n < X86_MCE_BANKS; n++)
            e->x.mce_banks[4 * n] = ~0ull;
    }
    e->seg_base[SEGBASE_NONE] = e->seg_base[7] = 0;
    mode_update(e);
    mmu_flush_all(e);
}

void soft_init_signal(struct env *e)
{
    bool smm = e->x.smm;

    start_state(e);
    e->x.cr0 = (e->x.cr0 & (CR0_CD | CR0_NW)) | CR0_ET;
    if (smm)
        e->bus->smm_changed(e->bus_opaque, false);
    mode_update(e);
    mmu_flush_all(e);
}

void soft_sipi(struct env *e, uint8_t vector)
{
    if (!e->x.wait_sipi)
        return;
    e->x.wait_sipi = e->x.halted = 0;
    e->x.seg[CS].sel = vector << 8;
    e->x.seg[CS].base = (uint64_t)vector << 12;
    e->pc = 0;
    mode_update(e);
}
