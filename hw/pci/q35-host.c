/* SPDX-License-Identifier: Apache-2.0 */
#include "hw/pci/q35-host.h"

/*
 * Q35 host bridge, the CPU's side: configuration mechanism #1 and the ECAM window
 *
 * Ports CF8h and CFCh, and the 256 MiB window that the MCH's PCIEXBAR places.  Both windows only
 * route: an access enters the function that it names.
 * Reference: Intel 3 Series Express Chipset data sheet, sections 3.8 and 3.9; PCI 3.0, section 3.2.2.3.2.
 * Invariant: config_address has bits 1 and 0 clear.
 */

#include "core/machine.h"

enum { CONFIG_ENABLE = 1u << 31, ECAM_BYTES = 256 << 20 };
enum { REGION_ADDRESS, REGION_DATA, REGION_ECAM };

struct q35_host {
    struct device dev;
    struct {
        uint64_t pci_hole64_size;
    } cfg;
    struct {
        uint32_t config_address;
    } st;
    struct pci_bus bus;
    struct q35_memory memory;
};

static struct q35_host *q35_host(struct device *dev)
{
    return (struct q35_host *)dev;
}

void q35_host_set_memory(struct device *host, const struct q35_memory *mem)
{
    q35_host(host)->memory = *mem;
}

struct pci_bus *q35_host_bus(struct device *host)
{
    return &q35_host(host)->bus;
}

/* Only a whole doubleword reaches the register; other widths pass it by (PCI 3.0, 3.2.2.3.2). */
static uint64_t address_read(struct device *dev, uint64_t at, unsigned size)
{
    return at || size != 4 ? UINT64_MAX : q35_host(dev)->st.config_address;
}

static void address_write(struct device *dev, uint64_t at, unsigned size, uint64_t val)
{
    if (!at && size == 4)
        q35_host(dev)->st.config_address = val & ~3u;
}

static bool data_route(struct device *dev, uint64_t at, struct region **to, uint64_t *to_at)
{
    uint32_t address = __atomic_load_n(&q35_host(dev)->st.config_address, __ATOMIC_RELAXED);

    *to = address & CONFIG_ENABLE ? pci_bus_config(&q35_host(dev)->bus, address >> 16, address >> 8) : NULL;
    *to_at = (address & 0xfc) + at;
    return *to;
}

static bool ecam_route(struct device *dev, uint64_t at, struct region **to, uint64_t *to_at)
{
    *to = pci_bus_config(&q35_host(dev)->bus, at >> 20, at >> 12);
    *to_at = at & 0xfff;
    return *to && *to_at < (*to)->type->size;
}

static const struct region_type q35_host_regions[] = {
    [REGION_ADDRESS] = { .name = "pci-conf-idx", .size = 4, .min = 1, .max = 4, .ports = true, .read = address_read, .write = address_write },
    [REGION_DATA] = { .name = "pci-conf-data", .size = 4, .min = 1, .max = 4, .ports = true, .route = data_route },
    [REGION_ECAM] = { .name = "pcie-mmcfg-mmio", .size = ECAM_BYTES, .min = 1, .max = 8, .route = ecam_route },
    {}
};

static const struct prop q35_host_props[] = {
    PROP_SIZED(struct q35_host, "pci-hole64-size", pci_hole64_size, .def = 32ull << 30,
               .doc = "smallest window for 64-bit BARs that the firmware is told of"),
    {}
};

static const struct section q35_host_section = {
    "PCIHost", 1, 1, .fields = (const struct field[]){
        FIELD(struct q35_host, "config_reg", config_address, .max = UINT32_MAX - 3), {} },
};

static int q35_host_realize(struct device *dev, struct error **err)
{
    struct q35_host *h = q35_host(dev);
    struct machine *m = dev->machine;

    (void)err;
    pci_bus_init(&h->bus, m, dev, "pcie.0", h->memory.pci, &m->io, true);
    device_map(dev, REGION_ADDRESS, &m->io, 0xcf8, 0);
    device_map(dev, REGION_DATA, &m->io, 0xcfc, 0);
    map_begin(&m->map);
    region_enable(&dev->regions[REGION_ECAM], false);
    region_add(&m->memory, 0, &dev->regions[REGION_ECAM], 0);
    map_end(&m->map);
    return 0;
}

static void q35_host_unrealize(struct device *dev)
{
    pci_bus_fini(&q35_host(dev)->bus);
}

static const struct device_type q35_host_type = {
    .type = { .name = "q35-pcihost", .parent = "sys-bus-device", .category = "bridge", .internal = true,
              .doc = "Q35 host bridge", DEVICE(struct q35_host), TYPE_STATE(struct q35_host),
              .props = q35_host_props, .state = &q35_host_section },
    .locking = LOCKING_DEVICE,
    .regions = q35_host_regions,
    .realize = q35_host_realize,
    .unrealize = q35_host_unrealize,
};
DEVICE_TYPE(q35_host_type);

/*
 * MCH, function 00.0: PCIEXBAR and the programmable attribute maps
 *
 * Left out: SMRAM and TSEG (their registers are here, the windows come with SMM's memory), DRAM timing.
 */

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

    map_request(dev, &mch(dev)->host->regions[REGION_ECAM], on, bar & 0xff0000000ull);
}

static void mch_config_changed(struct device *dev, uint32_t at, unsigned size)
{
    if (at < MCH_PCIEXBAR + 8 && at + size > MCH_PCIEXBAR)
        ecam_map(dev);
    if (at < MCH_PAM0 + 7 && at + size > MCH_PAM0)
        pam_map(dev);
}

static const struct reg mch_config[] = {
    REG_FN(MCH_EXT_TSEG, "EXT_TSEG_MBYTES", 2, .reset = 0x10, .wmask = 0xffff, .doc = "size of the extended TSEG in MiB, when asked"),
    REG_FN(MCH_PCIEXBAR, "PCIEXBAR", 8, .reset = 0xb0000000, .wmask = UINT64_MAX, .doc = "where the ECAM window lies; bit 0 enables it"),
    REG_FN(MCH_PAM0, "PAM", 1, .count = 7, .wmask = 0xff, .doc = "programmable attribute maps: read and write enables per segment"),
    REG_FN(MCH_SMRAM, "SMRAM", 1, .reset = 0x02, .wmask = 0x78, .doc = "compatible SMRAM control"),
    REG_FN(MCH_ESMRAMC, "ESMRAMC", 1, .reset = 0x38, .wmask = 0x87, .doc = "extended SMRAM control"),
    {}
};

static int mch_realize(struct device *dev, struct error **err)
{
    const struct q35_memory *mem = &q35_host(mch(dev)->host)->memory;
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
                  .doc = "Q35 memory controller hub", DEVICE(struct mch), TYPE_STATE(struct mch), .state = &mch_section },
        .locking = LOCKING_DEVICE,
        .regions = mch_regions,
        .bus = "PCI", .realize = mch_realize, .unrealize = mch_unrealize, .reset = pci_reset, .resumed = mch_resumed,
    },
    .vendor = 0x8086, .device = 0x29c0, .class = 0x060000,
    .config = mch_config,
    .config_changed = mch_config_changed,
};
TYPE_IN(mch_type, mch_type.dev.type);
