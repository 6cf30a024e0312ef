/* SPDX-License-Identifier: Apache-2.0 */
#include "accel/soft/sysops.h"
#include "accel/soft/sys.h"

/*
 * RDMSR and WRMSR
 *
 * The MSRs that firmware and kernels expect of the models we offer.  Some model-specific ones of AMD read as zero
 * and take any value, since kernels touch them by family without a feature bit; everything else that is
 * not listed is #GP(0).  The local APIC's (APIC_BASE, the x2APIC range, TSC_DEADLINE) are the bus's.
 * Reference: SDM volume 4, chapter 2; AMD APM volume 2, appendix A.
 *
 * Invariant: a value that the architecture refuses changes nothing.
 */

enum {
    MSR_TSC = 0x10, MSR_APIC_BASE = 0x1b, MSR_EBL_CR_POWERON = 0x2a, MSR_SMI_COUNT = 0x34, MSR_TSC_ADJUST = 0x3b,
    MSR_UCODE_REV = 0x8b, MSR_MTRRCAP = 0xfe, MSR_SYSENTER_CS = 0x174, MSR_SYSENTER_ESP, MSR_SYSENTER_EIP,
    MSR_MCG_CAP = 0x179, MSR_MCG_STATUS, MSR_MCG_CTL, MSR_MISC_ENABLE = 0x1a0, MSR_DEBUGCTL = 0x1d9,
    MSR_MTRR_VAR = 0x200, MSR_MTRR_VAR_END = MSR_MTRR_VAR + 2 * X86_MTRR_VAR, MSR_MTRR_64K = 0x250,
    MSR_MTRR_16K = 0x258, MSR_MTRR_4K = 0x268, MSR_MTRR_4K_END = 0x270, MSR_PAT = 0x277, MSR_MTRR_DEFTYPE = 0x2ff,
    MSR_MC0 = 0x400, MSR_MC_END = MSR_MC0 + 4 * X86_MCE_BANKS, MSR_TSC_DEADLINE = 0x6e0,
    MSR_X2APIC = 0x800, MSR_X2APIC_END = 0x900,
};
#define MSR_EFER 0xc0000080u
#define MSR_STAR 0xc0000081u
#define MSR_LSTAR 0xc0000082u
#define MSR_CSTAR 0xc0000083u
#define MSR_FMASK 0xc0000084u
#define MSR_FS_BASE 0xc0000100u
#define MSR_GS_BASE 0xc0000101u
#define MSR_KERNEL_GS_BASE 0xc0000102u
#define MSR_TSC_AUX 0xc0000103u

enum { MTRRCAP = X86_MTRR_VAR | 1 << 8 | 1 << 10 };     /* variable count, fixed ranges, WC */

/* The word of a plain MSR: one that holds what was written.  *rule says what may be. */
enum rule { ANY, CANONICAL, WORD32, MEMTYPES, MTRR_BASE, MTRR_DEFTYPE_RULE };

static uint64_t *mtrr_fixed(struct env *e, uint32_t msr)
{
    if (msr == MSR_MTRR_64K)
        return &e->x.mtrr_fixed[0];
    if (msr == MSR_MTRR_16K || msr == MSR_MTRR_16K + 1)
        return &e->x.mtrr_fixed[1 + msr - MSR_MTRR_16K];
    if (msr >= MSR_MTRR_4K && msr < MSR_MTRR_4K_END)
        return &e->x.mtrr_fixed[3 + msr - MSR_MTRR_4K];
    return NULL;
}

static uint64_t *plain(struct env *e, uint32_t msr, enum rule *rule)
{
    struct x86_state *x = &e->x;
    uint64_t *fixed = mtrr_fixed(e, msr);

    *rule = ANY;
    if (fixed) {
        *rule = MEMTYPES;
        return fixed;
    }
    if (msr >= MSR_MTRR_VAR && msr < MSR_MTRR_VAR_END) {
        *rule = msr & 1 ? ANY : MTRR_BASE;
        return &x->mtrr_var[(msr - MSR_MTRR_VAR) / 2][msr & 1];
    }
    switch (msr) {
    case MSR_MCG_STATUS: return &x->mcg_status;
    case MSR_MISC_ENABLE: return &x->misc_enable;
    case MSR_STAR: return &x->star;
    case MSR_PAT: *rule = MEMTYPES; return &x->pat;
    case MSR_MTRR_DEFTYPE: *rule = MTRR_DEFTYPE_RULE; return &x->mtrr_deftype;
    case MSR_SYSENTER_ESP: *rule = CANONICAL; return &x->sysenter_esp;
    case MSR_SYSENTER_EIP: *rule = CANONICAL; return &x->sysenter_eip;
    case MSR_LSTAR: *rule = CANONICAL; return &x->lstar;
    case MSR_CSTAR: *rule = CANONICAL; return &x->cstar;
    case MSR_FMASK: *rule = WORD32; return &x->fmask;
    case MSR_FS_BASE: *rule = CANONICAL; return &x->seg[FS].base;
    case MSR_GS_BASE: *rule = CANONICAL; return &x->seg[GS].base;
    case MSR_KERNEL_GS_BASE: *rule = CANONICAL; return &x->kernel_gs_base;
    case MSR_TSC_AUX: *rule = WORD32; return &x->tsc_aux;
    default: return NULL;
    }
}

static bool memory_type(uint8_t t, bool pat)
{
    return t <= 7 && t != 2 && t != 3 && (t != 7 || pat);
}

static bool rule_allows(enum rule rule, uint32_t msr, uint64_t v)
{
    switch (rule) {
    case CANONICAL:
        return lin_canonical(v);
    case WORD32:
        return !(v >> 32);
    case MEMTYPES:
        for (unsigned n = 0; n < 64; n += 8)
            if (!memory_type(v >> n, msr == MSR_PAT))
                return false;
        return true;
    case MTRR_BASE:
        return memory_type(v, false);
    case MTRR_DEFTYPE_RULE:
        return memory_type(v, false) && !(v & ~0xcffull);
    default:
        return true;
    }
}

/* Registers of AMD's families that exist without a feature bit: zero, and deaf. */
static bool ignored(uint32_t msr)
{
    static const uint32_t list[] = {
        MSR_EBL_CR_POWERON, MSR_DEBUGCTL, 0xc0010010u /* SYSCFG */, 0xc0010015u /* HWCR */, 0xc001001fu /* NB_CFG */,
        0xc0010055u /* INT_PENDING */, 0xc0010114u /* VM_CR */, 0xc0010140u, 0xc0010141u /* OSVW */,
        0xc001100du, 0xc0011020u /* LS_CFG */, 0xc0011022u /* DC_CFG */, 0xc0011023u /* BU_CFG */,
        0xc0011029u /* DE_CFG */, 0xc001102au,
    };

    for (unsigned n = 0; n < sizeof(list) / sizeof(list[0]); n++)
        if (list[n] == msr)
            return true;
    return msr >= 0xc0010000u && msr <= 0xc0010007u;    /* performance counters */
}

static bool is_bus_msr(uint32_t msr)
{
    return msr == MSR_APIC_BASE || msr == MSR_TSC_DEADLINE || (msr >= MSR_X2APIC && msr < MSR_X2APIC_END);
}

/* Machine check banks that MCG_CAP counts. */
static uint64_t *bank(struct env *e, uint32_t msr)
{
    if (msr < MSR_MC0 || msr >= MSR_MC_END || (msr - MSR_MC0) / 4 >= (e->x.mcg_cap & 0xff))
        return NULL;
    return &e->x.mce_banks[msr - MSR_MC0];
}

static bool has_tsc_adjust(const struct env *e)
{
    return e->cpuid_7b & 2;
}

static bool msr_read(struct env *e, uint32_t msr, uint64_t *v)
{
    enum rule rule;
    uint64_t *p;

    if (is_bus_msr(msr))
        return e->bus->apic_msr_read(e->bus_opaque, msr, v);
    p = plain(e, msr, &rule);
    if (!p)
        p = bank(e, msr);
    if (p) {
        *v = *p;
        return true;
    }
    *v = 0;
    switch (msr) {
    case MSR_EFER: *v = e->x.efer; return true;
    case MSR_TSC: *v = e->bus->tsc(e->bus_opaque) + e->x.tsc_offset; return true;
    case MSR_TSC_ADJUST: *v = e->x.tsc_offset; return has_tsc_adjust(e);
    case MSR_SYSENTER_CS: *v = e->x.sysenter_cs; return true;
    case MSR_MTRRCAP: *v = MTRRCAP; return true;
    case MSR_MCG_CAP: *v = e->x.mcg_cap; return true;
    case MSR_MCG_CTL: *v = e->x.mcg_ctl; return e->x.mcg_cap & 1 << 8;
    case MSR_SMI_COUNT: *v = e->x.smi_count; return true;
    case MSR_UCODE_REV: *v = 1ull << 32; return true;
    default: return ignored(msr);
    }
}

static bool efer_write(struct env *e, uint64_t v)
{
    uint64_t allowed = EFER_LMA, changed;

    if (e->cpuid_81d & (1u << 11))
        allowed |= EFER_SCE;
    if (e->cpuid_81d & (1u << 20))
        allowed |= EFER_NXE;
    if (e->cpuid_81d & (1u << 25))
        allowed |= EFER_FFXSR;
    if (e->cpuid_81d & (1u << 29))
        allowed |= EFER_LME;
    if (v & ~allowed)
        return false;
    v = (v & ~(uint64_t)EFER_LMA) | (e->x.efer & EFER_LMA);
    changed = v ^ e->x.efer;
    if ((changed & EFER_LME) && (e->x.cr0 & CR0_PG))
        return false;
    e->x.efer = v;
    if (changed & EFER_NXE)
        mmu_flush_all(e);
    return true;
}

/* SDM volume 3, 15.3.2: control takes anything, status and the rest take zero only. */
static bool bank_write(uint64_t *p, uint32_t msr, uint64_t v)
{
    if ((msr & 3) && v)
        return false;
    *p = v;
    return true;
}

static bool msr_write(struct env *e, uint32_t msr, uint64_t v)
{
    enum rule rule;
    uint64_t *p;

    if (is_bus_msr(msr))
        return e->bus->apic_msr_write(e->bus_opaque, msr, v);
    p = plain(e, msr, &rule);
    if (p) {
        if (!rule_allows(rule, msr, v))
            return false;
        *p = v;
        return true;
    }
    p = bank(e, msr);
    if (p)
        return bank_write(p, msr, v);
    switch (msr) {
    case MSR_EFER: return efer_write(e, v);
    case MSR_TSC: e->x.tsc_offset = v - e->bus->tsc(e->bus_opaque); return true;
    case MSR_TSC_ADJUST:
        if (!has_tsc_adjust(e))
            return false;
        e->x.tsc_offset = v;
        return true;
    case MSR_SYSENTER_CS: e->x.sysenter_cs = v; return true;
    case MSR_MCG_CTL:
        if (!(e->x.mcg_cap & 1 << 8))
            return false;
        e->x.mcg_ctl = v;
        return true;
    case MSR_UCODE_REV: return true;
    default: return ignored(msr);
    }
}

const struct insn *op_rdmsr(struct env *e, const struct insn *i)
{
    uint64_t v = 0;

    require_cpl0(e, i);
    if (!msr_read(e, e->r[RCX], &v))
        soft_raise(e, i, VEC_GP, 0);
    e->r[RAX] = (uint32_t)v;
    e->r[RDX] = v >> 32;
    return i + 1;
}

const struct insn *op_wrmsr(struct env *e, const struct insn *i)
{
    require_cpl0(e, i);
    if (!msr_write(e, e->r[RCX], (uint32_t)e->r[RAX] | e->r[RDX] << 32))
        soft_raise(e, i, VEC_GP, 0);
    e->pc = sys_next(e, i);
    mode_update(e);
    return NULL;
}
