/* SPDX-License-Identifier: Apache-2.0 */
#include "hw/pci/mch-chip.h"

/*
 * Q35 memory controller hub, function 00.0: PCIEXBAR and the programmable attribute maps (SMRAM: mch-smram.c)
 *
 * Reference: Intel 3 Series Express Chipset data sheet, section 5.1.
 * Left out: DRAM timing and everything that only firmware of real boards reads.
 * Invariant: of the three windows on ECAM at most one is on.
 */

#include "core/machine.h"
#include "lib/bits.h"

#define ECAM_BYTES (256ull << 20)
#define ADDRESSES (1ull << 36)

void mch_set_host(struct device *dev, struct device *host)
{
    mch(dev)->host = host;
}

/* PCIEXBAR's length field: 256, 128, 64 MiB, reserved; the base has as many bits, up to 35. */
static void ecam_map(struct device *dev)
{
    uint64_t bar = pci_config_read(dev, MCH_PCIEXBAR, 8);
    unsigned length = bar & 1 ? bar >> 1 & 3 : ECAM_LENGTHS;
    struct mch *m = mch(dev);

    for (unsigned i = 0; i < ECAM_LENGTHS; i++)
        map_request(dev, &m->ecam[i], length == i, bar & (ADDRESSES - 1) & ~((ECAM_BYTES >> i) - 1));
}

static void mch_config_changed(struct device *dev, uint32_t at, unsigned size)
{
    ecam_map(dev);
    pam_map(dev, &mch(dev)->pam, pci_config(dev) + MCH_PAM0);
}

static const struct reg mch_config[] = {
    REG_FN(MCH_EXT_TSEG, "EXT_TSEG_MBYTES", 2, .wmask = 0xffff,
           .doc = "FFFFh asks for the size of the extended TSEG in MiB"),
    REG_FN(MCH_PCIEXBAR, "PCIEXBAR", 8, .reset = 0xb0000000, .wmask = UINT64_MAX,
           .doc = "where the ECAM window lies; bit 0 enables it"),
    REG_FN(MCH_PAM0, "PAM", 1, .count = PAM_REGISTERS, .wmask = 0xff, .kept = true,
           .doc = "programmable attribute maps: read and write enables per segment"),
    REG_FN(MCH_F_SMBASE, "F_SMBASE", 1, .wmask = 0xff, .doc = "FFh asks for SMRAM at 30000h, 2 closes and locks it"),
    REG_FN(MCH_SMRAM, "SMRAM", 1, .reset = 0x02, .wmask = MCH_SMRAM_BITS, .doc = "compatible SMRAM control"),
    REG_FN(MCH_ESMRAMC, "ESMRAMC", 1, .reset = 0x38, .wmask = MCH_ESMRAMC_BITS, .doc = "extended SMRAM control"),
    {}
};

static int mch_realize(struct device *dev, struct error **err)
{
    static const char *const ecam[ECAM_LENGTHS] = { "pcie-mmcfg-256", "pcie-mmcfg-128", "pcie-mmcfg-64" };
    const struct pci_host_memory *mem = pci_host_memory(mch(dev)->host);
    struct mch *m = mch(dev);
    int r = pci_realize(dev, err);

    if (r < 0)
        return r;
    bits_store(m->pci.reset + MCH_EXT_TSEG, 2, m->cfg.extended_tseg_mbytes);
    map_begin(&dev->machine->map);
    pam_init(&m->pam, mem);
    for (unsigned i = 0; i < ECAM_LENGTHS; i++) {
        region_init_alias(&m->ecam[i], ecam[i], q35_host_ecam(m->host), 0, ECAM_BYTES >> i);
        region_enable(&m->ecam[i], false);
        region_add(mem->system, 0, &m->ecam[i], 0);
    }
    mch_smram_add(m);
    map_end(&dev->machine->map);
    return 0;
}

static void mch_unrealize(struct device *dev)
{
    struct mch *m = mch(dev);

    map_begin(&dev->machine->map);
    pam_remove(&m->pam);
    for (unsigned i = 0; i < ECAM_LENGTHS; i++)
        region_remove(&m->ecam[i]);
    mch_smram_remove(m);
    map_end(&dev->machine->map);
    pam_fini(&m->pam);
    for (unsigned i = 0; i < ECAM_LENGTHS; i++)
        region_fini(&m->ecam[i]);
    mch_smram_fini(m);
}

static void mch_resumed(struct device *dev)
{
    pci_resumed(dev);
    ecam_map(dev);
    pam_map(dev, &mch(dev)->pam, pci_config(dev) + MCH_PAM0);
    mch_smram_resumed(dev);
}

static uint64_t blackhole_read(struct device *dev, uint64_t at, unsigned size)
{
    return UINT64_MAX;
}

static void blackhole_write(struct device *dev, uint64_t at, unsigned size, uint64_t val)
{
}

static const struct region_type mch_regions[] = {
    [MCH_REGION_CONFIG] = { .name = "pci-config", .size = PCI_CONFIG, .min = 1, .max = 4, .read = pci_config_read,
                            .write = mch_config_write },
    [MCH_REGION_BLACKHOLE] = { .name = "blackhole", .size = (uint32_t)EXT_TSEG_MAX_MIB << 20, .min = 1, .max = 8,
                               .read = blackhole_read, .write = blackhole_write },
    {}
};

static const struct prop mch_props[] = {
    PROP(struct mch, "extended-tseg-mbytes", extended_tseg_mbytes, .def = 16, .max = EXT_TSEG_MAX_MIB,
         .doc = "size in MiB of the TSEG that TSEG_SZ 3 stands for; 0: there is none"),
    PROP(struct mch, "smbase-smram", smbase_smram, .def = true, .doc = "SMRAM at the default SMBASE is offered"),
    {}
};

static const struct section mch_section = {
    "mch", 1, 1, .check = pci_state_check, .fields = (const struct field[]){
        STRUCT(struct mch, "parent_obj", pci, pci_state_fields),
        UNUSED("unused", 1), {} },
};

static const struct pci_type mch_type = {
    .dev = {
        .type = { .name = "mch", .parent = "pci-device", .category = "bridge", .internal = true,
                  .doc = "Q35 memory controller hub", DEVICE(struct mch), TYPE_STATE(struct mch),
                  .props = mch_props, .state = &mch_section },
        .locking = LOCKING_DEVICE,
        .regions = mch_regions,
        .bus = "PCI", .realize = mch_realize, .unrealize = mch_unrealize, .reset = pci_reset, .resumed = mch_resumed,
    },
    .vendor = 0x8086, .device = 0x29c0, .class = 0x060000,
    .config = mch_config,
    .config_changed = mch_config_changed,
};
TYPE_IN(mch_type, mch_type.dev.type);
