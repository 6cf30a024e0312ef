/* SPDX-License-Identifier: Apache-2.0 */
#include "hw/pci/i440fx.h"

/*
 * i440FX: the host bridge of the PC of 1996, and its function 00.0, which switches memory
 *
 * Reference: Intel 82441FX (PMC) data sheet, sections 3.2 (registers), 3.2.18 (PAM), 3.2.20 (SMRAM).
 * Left out: DRAM timing and rows, error reporting (their registers only store).
 * The lock bit in SMRAM does not lock, as in the reference.
 * Invariant: of the windows of a PAM segment exactly one is on; the compatible SMRAM range belongs to
 * PCI for everybody but vCPUs in SMM, unless it is open.
 */

#include "core/machine.h"
#include "hw/pci/pam.h"
#include "lib/bits.h"

enum { SMRAM_D_OPEN = 1 << 6, SMRAM_G_SMRAME = 1 << 3 };
enum { SMRAM_BASE = 0xa0000, SMRAM_BYTES = 0x20000, DRAMC = 0x57, ROW_BYTES = 8 << 20 };

struct i440fx {
    struct pci_device pci;
    struct {
        struct pci_state pci;
    } st;
    struct device *host;
    struct pam pam;
    struct region smram_pci;    /* the range as everybody sees it: PCI's */
    struct region smram;        /* and as vCPUs in SMM do: RAM */
};

static struct i440fx *i440fx(struct device *dev)
{
    return (struct i440fx *)dev;
}

void i440fx_set_host(struct device *dev, struct device *host)
{
    i440fx(dev)->host = host;
}

static void smram_map(struct device *dev)
{
    struct i440fx *f = i440fx(dev);
    uint8_t smram = f->st.pci.config[I440FX_SMRAM];

    map_request(dev, &f->smram_pci, !(smram & SMRAM_D_OPEN), SMRAM_BASE);
    map_request(dev, &f->smram, smram & SMRAM_G_SMRAME, SMRAM_BASE);
}

static void i440fx_config_changed(struct device *dev, uint32_t at, unsigned size)
{
    pam_map(dev, &i440fx(dev)->pam, pci_config(dev) + I440FX_PAM0);
    smram_map(dev);
}

static const struct reg i440fx_config[] = {
    REG_FN(I440FX_PAM0, "PAM", 1, .count = PAM_REGISTERS, .wmask = 0xff, .kept = true,
           .doc = "programmable attribute maps: read and write enables per segment"),
    REG_FN(I440FX_SMRAM, "SMRAM", 1, .reset = 0x02, .wmask = 0xff, .kept = true,
           .doc = "system management RAM control"),
    {}
};

static int i440fx_realize(struct device *dev, struct error **err)
{
    struct i440fx *f = i440fx(dev);
    const struct pci_host_memory *mem = pci_host_memory(f->host);
    uint64_t rows = mem->ram_bytes / ROW_BYTES;
    int r = pci_realize(dev, err);

    if (r < 0)
        return r;
    f->pci.reset[DRAMC] = rows < 0xff ? rows : 0xff;
    region_init_alias(&f->smram_pci, "smram-region", mem->pci, SMRAM_BASE, SMRAM_BYTES);
    region_init_alias(&f->smram, "smram-low", mem->ram, SMRAM_BASE, SMRAM_BYTES);
    map_begin(&dev->machine->map);
    pam_init(&f->pam, mem);
    region_add(mem->system, SMRAM_BASE, &f->smram_pci, 1);
    region_enable(&f->smram, false);
    region_add(&dev->machine->smram, SMRAM_BASE, &f->smram, 0);
    map_end(&dev->machine->map);
    return 0;
}

static void i440fx_unrealize(struct device *dev)
{
    struct i440fx *f = i440fx(dev);

    map_begin(&dev->machine->map);
    pam_remove(&f->pam);
    region_remove(&f->smram_pci);
    region_remove(&f->smram);
    map_end(&dev->machine->map);
    pam_fini(&f->pam);
    region_fini(&f->smram_pci);
    region_fini(&f->smram);
}

static void i440fx_resumed(struct device *dev)
{
    pci_resumed(dev);
    pam_map(dev, &i440fx(dev)->pam, pci_config(dev) + I440FX_PAM0);
    smram_map(dev);
}

static const struct region_type i440fx_regions[] = { PCI_CONFIG_REGION, {} };

static const struct section i440fx_section = {
    "I440FX", 3, 3, .check = pci_state_check, .fields = (const struct field[]){
        STRUCT(struct i440fx, "parent_obj", pci, pci_state_fields),
        UNUSED("unused", 1), {} },
};

static const struct pci_type i440fx_type = {
    .dev = {
        .type = { .name = "i440FX", .parent = "pci-device", .category = "bridge", .internal = true,
                  .doc = "i440FX memory controller", DEVICE(struct i440fx), TYPE_STATE(struct i440fx),
                  .state = &i440fx_section },
        .locking = LOCKING_DEVICE,
        .regions = i440fx_regions,
        .bus = "PCI", .realize = i440fx_realize, .unrealize = i440fx_unrealize, .reset = pci_reset,
        .resumed = i440fx_resumed,
    },
    .vendor = 0x8086, .device = 0x1237, .revision = 2, .class = 0x060000,
    .config = i440fx_config,
    .config_changed = i440fx_config_changed,
};
TYPE_IN(i440fx_type, i440fx_type.dev.type);

static const struct prop i440fx_host_props[] = {
    PROP_SIZED(struct pci_host, "pci-hole64-size", pci_hole64_size, .def = 2ull << 30,
               .doc = "smallest window for 64-bit BARs that the firmware is told of"),
    {}
};

static const struct region_type i440fx_host_regions[] = { PCI_HOST_ADDRESS_REGION, PCI_HOST_DATA_REGION, {} };

static int i440fx_host_realize(struct device *dev, struct error **err)
{
    (void)err;
    pci_host_realize(dev, "pci.0", false);
    return 0;
}

static const struct device_type i440fx_host_type = {
    .type = { .name = "i440FX-pcihost", .parent = "pci-host-bridge", .category = "bridge", .internal = true,
              .doc = "i440FX host bridge", DEVICE(struct pci_host), TYPE_STATE(struct pci_host),
              .props = i440fx_host_props, .state = &pci_host_section_4 },
    .locking = LOCKING_DEVICE,
    .regions = i440fx_host_regions,
    .realize = i440fx_host_realize,
    .unrealize = pci_host_unrealize,
    .capture = pci_host_capture,
};
DEVICE_TYPE(i440fx_host_type);
