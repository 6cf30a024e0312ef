/* SPDX-License-Identifier: Apache-2.0 */
#include "hw/pci/mch-chip.h"

/*
 * Q35 memory controller hub: RAM that only system management mode sees
 *
 * Three pieces of RAM are hidden behind other things outside of SMM: the compatible segment at A0000h (behind PCI,
 * where VGA lies), TSEG at the top of low memory, and 128 KiB at the processors' reset SMBASE, 30000h.  The last two
 * are black holes to everybody else: reads give ones, and DMA is refused.
 * Reference: Intel 3 Series Express Chipset data sheet, 5.1.25 (SMRAM) and 5.1.26 (ESMRAMC).  Not Intel's: the
 * extended TSEG (TSEG_SZ 3, its size read at 50h after FFFFh was written) and the register at 9Ch (FFh asks whether
 * there is SMRAM at 30000h, then 2 closes and locks it); both as in the reference.
 * Left out: D_CLS (a data access cannot be told from a fetch behind the CPU's TLB), SMRAM error status, and D_OPEN for
 * TSEG, which the reference keeps closed.
 *
 * Invariant: which bits can be written follows from the registers themselves, so that a lock survives a load.
 */

#include "core/machine.h"
#include "lib/bits.h"

enum { TSEG_SZ_SHIFT = 1 };
enum { SMBASE_ASKS = 0xff, SMBASE_THERE = 1, SMBASE_LOCKED = 2 };
enum { EXT_TSEG_ASKS = 0xffff };
enum { SEGMENT = 0xa0000, SEGMENT_BYTES = 0x20000, SMBASE = 0x30000 };
#define SEGMENT_HIGH 0xfeda0000u

static uint64_t tseg_bytes(const struct mch *m, unsigned size)
{
    static const uint8_t mib[TSEG_SIZES - 1] = { 1, 2, 8 };

    return (uint64_t)(size < TSEG_SIZES - 1 ? mib[size] : m->cfg.extended_tseg_mbytes) << 20;
}

static uint64_t low_bytes(const struct mch *m)
{
    return pci_host_memory(m->host)->ram->last + 1;
}

static bool tseg_fits(const struct mch *m, unsigned size)
{
    return tseg_bytes(m, size) && tseg_bytes(m, size) <= low_bytes(m);
}

static void add(struct region *to, uint64_t at, struct region *r, const char *name, struct region *target,
                uint64_t target_at, uint64_t size, int priority)
{
    region_init_alias(r, name, target, target_at, size);
    region_enable(r, false);
    region_add(to, at, r, priority);
}

void mch_smram_add(struct mch *m)
{
    const struct pci_host_memory *mem = pci_host_memory(m->host);
    struct region *hole = &m->pci.dev.regions[MCH_REGION_BLACKHOLE], *smram = &m->pci.dev.machine->smram;
    struct mch_smram *s = &m->smram;

    add(mem->system, SEGMENT, &s->low_closed, "smram-region", mem->pci, SEGMENT, SEGMENT_BYTES, 1);
    add(mem->system, SEGMENT_HIGH, &s->high_open, "smram-open-high", mem->ram, SEGMENT, SEGMENT_BYTES, 1);
    add(smram, SEGMENT, &s->low, "smram-low", mem->ram, SEGMENT, SEGMENT_BYTES, 0);
    add(smram, SEGMENT_HIGH, &s->high, "smram-high", mem->ram, SEGMENT, SEGMENT_BYTES, 0);
    add(mem->system, SMBASE, &s->smbase_closed, "smbase-blackhole", hole, 0, SEGMENT_BYTES, 1);
    add(smram, SMBASE, &s->smbase, "smbase-window", mem->ram, SMBASE, SEGMENT_BYTES, 0);
    for (unsigned i = 0; i < TSEG_SIZES; i++) {
        uint64_t size = tseg_fits(m, i) ? tseg_bytes(m, i) : 1 << 20, at = low_bytes(m) - size;

        add(mem->system, at, &s->tseg_closed[i], "tseg-blackhole", hole, 0, size, 1);
        add(smram, at, &s->tseg[i], "tseg-window", mem->ram, at, size, 0);
    }
}

static void each(struct mch *m, void (*fn)(struct region *r))
{
    struct mch_smram *s = &m->smram;
    struct region *const single[] = { &s->low, &s->high, &s->low_closed, &s->high_open, &s->smbase, &s->smbase_closed };

    for (unsigned i = 0; i < sizeof(single) / sizeof(single[0]); i++)
        fn(single[i]);
    for (unsigned i = 0; i < TSEG_SIZES; i++) {
        fn(&s->tseg[i]);
        fn(&s->tseg_closed[i]);
    }
}

void mch_smram_remove(struct mch *m)
{
    each(m, region_remove);
}

void mch_smram_fini(struct mch *m)
{
    each(m, region_fini);
}

static void show(struct mch *m, struct region *r, bool on)
{
    map_request(&m->pci.dev, r, on, r->base);
}

/* "D_OPEN ... When D_OPEN=1 and D_LCK=0, the SMM space DRAM is made visible even when SMM decode is not active." */
static void windows(struct mch *m)
{
    uint8_t smram = m->st.pci.config[MCH_SMRAM], esmramc = m->st.pci.config[MCH_ESMRAMC];
    bool open = smram & SMRAM_D_OPEN, on = smram & SMRAM_G_SMRAME, high = esmramc & ESMRAMC_H_SMRAME;
    bool smbase = m->cfg.smbase_smram && m->st.pci.config[MCH_F_SMBASE] == SMBASE_LOCKED;
    struct mch_smram *s = &m->smram;

    show(m, &s->low_closed, !open || high);
    show(m, &s->high_open, open && high);
    show(m, &s->low, on && !high);
    show(m, &s->high, on && high);
    show(m, &s->smbase_closed, smbase);
    show(m, &s->smbase, smbase);
    for (unsigned i = 0; i < TSEG_SIZES; i++) {
        bool tseg = on && esmramc & ESMRAMC_T_EN && (esmramc >> TSEG_SZ_SHIFT & 3) == i && tseg_fits(m, i);

        show(m, &s->tseg[i], tseg);
        show(m, &s->tseg_closed[i], tseg);
    }
}

/* "When D_LCK is set to 1 then D_OPEN is reset to 0 and D_LCK, D_OPEN, C_BASE_SEG, H_SMRAM_EN, TSEG_SZ and TSEG_EN
 * become read only." */
static void locks(struct mch *m)
{
    bool locked = m->st.pci.config[MCH_SMRAM] & SMRAM_D_LCK;

    if (locked)
        m->st.pci.config[MCH_SMRAM] &= ~SMRAM_D_OPEN;
    m->pci.wmask[MCH_SMRAM] = locked ? SMRAM_D_CLS : MCH_SMRAM_BITS;
    m->pci.wmask[MCH_ESMRAMC] = locked ? 0 : MCH_ESMRAMC_BITS;
}

/* It takes certain steps only: 0, there, locked. */
static uint8_t smbase_step(uint8_t was, uint8_t written)
{
    switch (was) {
    case 0:
        return written == SMBASE_ASKS ? SMBASE_THERE : 0;
    case SMBASE_THERE:
        return written & SMBASE_LOCKED ? SMBASE_LOCKED : SMBASE_THERE;
    default:
        return SMBASE_LOCKED;
    }
}

static bool touches(uint32_t reg, unsigned bytes, uint64_t at, unsigned size)
{
    return at < reg + bytes && at + size > reg;
}

void mch_config_write(struct device *dev, uint64_t at, unsigned size, uint64_t val)
{
    struct mch *m = mch(dev);
    uint8_t *config = m->st.pci.config, smbase = config[MCH_F_SMBASE];

    pci_config_write(dev, at, size, val);
    if (touches(MCH_EXT_TSEG, 2, at, size) && bits_load(config + MCH_EXT_TSEG, 2) == EXT_TSEG_ASKS &&
        m->cfg.extended_tseg_mbytes)
        bits_store(config + MCH_EXT_TSEG, 2, m->cfg.extended_tseg_mbytes);
    if (touches(MCH_F_SMBASE, 1, at, size) && m->cfg.smbase_smram)
        config[MCH_F_SMBASE] = smbase_step(smbase, config[MCH_F_SMBASE]);
    if (touches(MCH_F_SMBASE, 3, at, size))
        mch_smram_resumed(dev);
}

void mch_smram_resumed(struct device *dev)
{
    locks(mch(dev));
    windows(mch(dev));
}
