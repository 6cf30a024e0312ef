/* SPDX-License-Identifier: Apache-2.0 */
#include "hw/isa/ich9-pm.h"

/*
 * ICH9: what raises system management interrupts, and what firmware may agree on about them
 *
 * A write to APM_CNT and the TCO logic raise SMI# while SMI_EN lets them.  It goes to the processor whose access it
 * was, or to all of them once firmware has asked for that: it finds what it may ask for in the fw_cfg file
 * etc/smi/supported-features, writes its choice to etc/smi/requested-features, and reads etc/smi/features-ok.
 * Reference: Intel I/O Controller Hub 9 data sheet, 13.8.3.9 (SMI_EN), 13.8.3.10 (SMI_STS), 13.8.1.1 (SMI_LOCK).
 * Left out: all other causes of SMI_EN (their bits only store), EOS.
 *
 * Invariant: what was agreed on is part of what is supported, and does not change until reset.  The members of the
 * agreement are touched by fw_cfg, under its own lock, and are read here: hence atomics.
 */

#include "core/machine.h"
#include "core/pins.h"
#include "lib/bits.h"

#include <errno.h>
#include <inttypes.h>

enum { GBL_SMI_EN = 1 << 0, APMC_EN = 1 << 5, TCO_EN = 1 << 13 };       /* the same in SMI_STS, but for the first */
enum { BROADCAST = 1 << 0, CPU_HOTPLUG = 1 << 1, CPU_HOT_UNPLUG = 1 << 2 };

static void raise_smi(struct device *dev, uint32_t cause)
{
    struct ich9_lpc *l = ich9_lpc(dev);
    bool all = __atomic_load_n(&l->st.smi_negotiated, __ATOMIC_RELAXED) & BROADCAST;

    if (!(l->st.smi_en & cause))
        return;
    l->st.smi_sts |= cause;
    if (l->st.smi_en & GBL_SMI_EN && !l->no_smm)
        machine_smi(dev->machine, all);
}

void ich9_smi_apm(struct device *dev)
{
    raise_smi(dev, APMC_EN);
}

void ich9_smi_tco(struct device *dev)
{
    raise_smi(dev, TCO_EN);
}

void ich9_smi_reset(struct device *dev)
{
    bool alone = ich9_lpc(dev)->no_smm || dev->machine->power.waking;

    /* Firmware that finds it set leaves SMM alone, as it has to at a wake-up, when its handler may be gone. */
    ich9_lpc(dev)->st.smi_en = alone ? APMC_EN : 0;
}

void ich9_smi_lock(struct device *dev)
{
    struct ich9_lpc *l = ich9_lpc(dev);

    if (l->st.pci.config[LPC_GEN_PMCON_1] & LPC_SMI_LOCK)
        l->f.pci.wmask[LPC_GEN_PMCON_1] &= ~LPC_SMI_LOCK;
    else
        l->f.pci.wmask[LPC_GEN_PMCON_1] |= LPC_SMI_LOCK;
}

/* "When [SMI_LOCK] is set, writes to the GLB_SMI_EN bit will have no effect"; TCO_LOCK "prevents writes from changing
 * the TCO_EN bit". */
static void smi_en_write(struct device *dev, uint32_t at, uint64_t val)
{
    struct ich9_lpc *l = ich9_lpc(dev);
    uint32_t fixed = l->st.pci.config[LPC_GEN_PMCON_1] & LPC_SMI_LOCK ? GBL_SMI_EN : 0;

    (void)at;
    fixed |= l->st.tco.cnt1 & TCO_CNT1_LOCK ? TCO_EN : 0;
    l->st.smi_en = (l->st.smi_en & fixed) | (val & ~fixed);
}

#define L struct ich9_lpc

const struct reg ich9_smi_regs[] = {
    REG(L, 0, "SMI_EN", smi_en, .wmask = 0xffffffff, .write = smi_en_write, .doc = "SMI control and enable"),
    REG(L, 4, "SMI_STS", smi_sts, .w1c = 0xffffffff, .hw = 0xffffffff, .doc = "SMI status"),
    {}
};

uint64_t ich9_lpc_smi_supported(const struct device *lpc)
{
    const struct ich9_lpc *l = (const struct ich9_lpc *)lpc;

    return (l->cfg.smi_broadcast ? BROADCAST : 0) | (l->cfg.smi_cpu_hotplug ? CPU_HOTPLUG : 0) |
           (l->cfg.smi_cpu_hotunplug ? CPU_HOT_UNPLUG : 0);
}

uint8_t *ich9_lpc_smi_requested(struct device *lpc)
{
    return ich9_lpc(lpc)->st.smi_requested;
}

uint8_t *ich9_lpc_smi_features_ok(struct device *lpc)
{
    return &ich9_lpc(lpc)->st.smi_features_ok;
}

/* Hot-plug by SMI needs all CPUs to hear of it, and unplug without plug makes no sense. */
static bool agreeable(const struct device *lpc, uint64_t wish)
{
    uint64_t plug = wish & (CPU_HOTPLUG | CPU_HOT_UNPLUG);

    return !(wish & ~ich9_lpc_smi_supported(lpc)) && (!plug || wish & BROADCAST) && plug != CPU_HOT_UNPLUG;
}

void ich9_lpc_smi_negotiate(struct device *lpc)
{
    struct ich9_lpc *l = ich9_lpc(lpc);
    uint64_t wish = bits_load(l->st.smi_requested, 8);

    if (__atomic_load_n(&l->st.smi_features_ok, __ATOMIC_RELAXED) || !agreeable(lpc, wish))
        return;
    __atomic_store_n(&l->st.smi_negotiated, wish, __ATOMIC_RELAXED);
    __atomic_store_n(&l->st.smi_features_ok, 1, __ATOMIC_RELAXED);
}

bool ich9_smi_features_needed(const struct device *dev)
{
    const struct ich9_lpc_state *st = &((const L *)dev)->st;

    return st->smi_features_ok || bits_load(st->smi_requested, 8);
}

int ich9_smi_features_check(const struct device *dev, const void *state, struct error **err)
{
    const struct ich9_lpc_state *st = state;

    if (agreeable(dev, st->smi_negotiated) && (st->smi_features_ok || !st->smi_negotiated))
        return 0;
    return error_set(err, -EINVAL, ERROR_STREAM, "ICH9LPC/smi_feat.smi_negotiated_features",
                     T("%#" PRIx64, st->smi_negotiated), T("features of %#" PRIx64, ich9_lpc_smi_supported(dev)));
}
