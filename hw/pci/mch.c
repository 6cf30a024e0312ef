/* SPDX-License-Identifier: Apache-2.0 */
#include "hw/pci/q35-host.h"

/*
 * Q35 memory controller hub, function 00.0: PCIEXBAR and the programmable attribute maps
 *
 * Reference: Intel 3 Series Express Chipset data sheet, section 5.1.
 * Left out: SMRAM and TSEG (their registers are here, the windows come with SMM's memory), DRAM timing.
 * Invariant: of the three windows of a PAM segment exactly one is on.
 */

#include "core/machine.h"

enum { MCH_PCIEXBAR = 0x60, MCH_PAM0 = 0x90, MCH_SMRAM = 0x9d, MCH_ESMRAMC = 0x9e, MCH_EXT_TSEG = 0x50 };
enum { PAM_SEGMENTS = 13, PAM_READ = 1, PAM_WRITE = 2 };
enum { PAM_TO_PCI, PAM_TO_ROM, PAM_TO_RAM, PAM_TARGETS };

struct mch {
    struct pci_device pci;
    struct {
        struct pci_state pci;
    } st;
    struct device *host;
    struct region pam[PAM_SEGMENTS][PAM_TARGETS];
};

static struct mch *mch(struct device *dev)
{
    return (struct mch *)dev;
}

void mch_set_host(struct device *dev, struct device *host)
{
    mch(dev)->host = host;
}

/* Segment 0 is F0000h to FFFFFh; 1 to 12 are 16 KiB each from C0000h on. */
static uint64_t pam_base(unsigned n)
{
    return n ? 0xc0000 + (n - 1) * 0x4000 : 0xf0000;
}

static unsigned pam_bits(const uint8_t *config, unsigned n)
{
    return n ? config[MCH_PAM0 + (n + 1) / 2] >> (n & 1 ? 0 : 4) & 3 : config[MCH_PAM0] >> 4 & 3;
}

/* Reads from the bus with writes to RAM are not modelled: they go to the bus, as in the reference. */
static void pam_map(struct device *dev)
{
    static const uint8_t target[4] = { PAM_TO_PCI, PAM_TO_ROM, PAM_TO_PCI, PAM_TO_RAM };
    struct mch *m = mch(dev);

    for (unsigned n = 0; n < PAM_SEGMENTS; n++)
        for (unsigned t = 0; t < PAM_TARGETS; t++)
            map_request(dev, &m->pam[n][t], t == target[pam_bits(m->st.pci.config, n)], pam_base(n));
}

/* Base bits 35 to 28; the length field says 256, 128 or 64 MiB, only the first is used by firmware here. */
static void ecam_map(struct device *dev)
{
    uint64_t bar = pci_config_read(dev, MCH_PCIEXBAR, 8);
    bool on = bar & 1 && !(bar & 6);

    map_request(dev, q35_host_ecam(mch(dev)->host), on, bar & 0xff0000000ull);
}

static void mch_config_changed(struct device *dev, uint32_t at, unsigned size)
{
    if (at < MCH_PCIEXBAR + 8 && at + size > MCH_PCIEXBAR)
        ecam_map(dev);
    if (at < MCH_PAM0 + 7 && at + size > MCH_PAM0)
        pam_map(dev);
}

static const struct reg mch_config[] = {
    REG_FN(MCH_EXT_TSEG, "EXT_TSEG_MBYTES", 2, .reset = 0x10, .wmask = 0xffff,
           .doc = "size of the extended TSEG in MiB, when asked"),
    REG_FN(MCH_PCIEXBAR, "PCIEXBAR", 8, .reset = 0xb0000000, .wmask = UINT64_MAX,
           .doc = "where the ECAM window lies; bit 0 enables it"),
    REG_FN(MCH_PAM0, "PAM", 1, .count = 7, .wmask = 0xff,
           .doc = "programmable attribute maps: read and write enables per segment"),
    REG_FN(MCH_SMRAM, "SMRAM", 1, .reset = 0x02, .wmask = 0x78, .doc = "compatible SMRAM control"),
    REG_FN(MCH_ESMRAMC, "ESMRAMC", 1, .reset = 0x38, .wmask = 0x87, .doc = "extended SMRAM control"),
    {}
};

static int mch_realize(struct device *dev, struct error **err)
{
    const struct q35_memory *mem = q35_host_memory(mch(dev)->host);
    struct mch *m = mch(dev);

    map_begin(&dev->machine->map);
    for (unsigned n = 0; n < PAM_SEGMENTS; n++) {
        uint64_t size = n ? 0x4000 : 0x10000;

        region_init_alias(&m->pam[n][PAM_TO_PCI], "pam-pci", mem->pci, pam_base(n), size);
        region_init_alias(&m->pam[n][PAM_TO_ROM], "pam-rom", mem->ram, pam_base(n), size);
        region_init_alias(&m->pam[n][PAM_TO_RAM], "pam-ram", mem->ram, pam_base(n), size);
        region_set_readonly(&m->pam[n][PAM_TO_ROM], true);
        for (unsigned t = 0; t < PAM_TARGETS; t++) {
            region_enable(&m->pam[n][t], false);
            region_add(mem->system, pam_base(n), &m->pam[n][t], 1);
        }
    }
    map_end(&dev->machine->map);
    return pci_realize(dev, err);
}

static void mch_unrealize(struct device *dev)
{
    struct mch *m = mch(dev);

    map_begin(&dev->machine->map);
    for (unsigned n = 0; n < PAM_SEGMENTS; n++)
        for (unsigned t = 0; t < PAM_TARGETS; t++)
            region_remove(&m->pam[n][t]);
    map_end(&dev->machine->map);
    for (unsigned n = 0; n < PAM_SEGMENTS; n++)
        for (unsigned t = 0; t < PAM_TARGETS; t++)
            region_fini(&m->pam[n][t]);
}

static void mch_resumed(struct device *dev)
{
    pci_resumed(dev);
    ecam_map(dev);
    pam_map(dev);
}

static const struct region_type mch_regions[] = { PCI_CONFIG_REGION, {} };

static const struct section mch_section = {
    "mch", 1, 1, .fields = (const struct field[]){
        STRUCT(struct mch, "parent_obj", pci, pci_state_fields),
        UNUSED("unused", 1), {} },
};

static const struct pci_type mch_type = {
    .dev = {
        .type = { .name = "mch", .parent = "pci-device", .category = "bridge", .internal = true,
                  .doc = "Q35 memory controller hub", DEVICE(struct mch), TYPE_STATE(struct mch),
                      .state = &mch_section },
        .locking = LOCKING_DEVICE,
        .regions = mch_regions,
        .bus = "PCI", .realize = mch_realize, .unrealize = mch_unrealize, .reset = pci_reset, .resumed = mch_resumed,
    },
    .vendor = 0x8086, .device = 0x29c0, .class = 0x060000,
    .config = mch_config,
    .config_changed = mch_config_changed,
};
TYPE_IN(mch_type, mch_type.dev.type);
