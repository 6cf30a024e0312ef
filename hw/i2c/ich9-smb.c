/* SPDX-License-Identifier: Apache-2.0 */

/*
 * ICH9 SMBus controller, function 1f.3
 *
 * Reference: Intel I/O Controller Hub 9 data sheet, chapter 19.  Left out: the memory BAR (SMBMBAR0), SMI instead of an
 * interrupt, I2C mode.
 * HST_EN only stores: transfers are carried out without it, too, as in the reference.
 */

#include "hw/i2c/smb-host.h"
#include "hw/pci/pci.h"

enum { REGION_CONFIG, REGION_PORTS };
enum { HOSTC = 0x40, HOSTC_I2C_EN = 1 << 2, HOSTC_BITS = 0xf7 };

struct ich9_smb {
    struct pci_device pci;
    struct {
        struct pci_state pci;
        struct smb_host_state smb;
    } st;
    struct smb_host host;
};

static struct ich9_smb *ich9_smb(struct device *dev)
{
    return (struct ich9_smb *)dev;
}

static uint64_t ports_read(struct device *dev, uint64_t at, unsigned size)
{
    return smb_host_read(&ich9_smb(dev)->host, at);
}

static void ports_write(struct device *dev, uint64_t at, unsigned size, uint64_t val)
{
    smb_host_write(&ich9_smb(dev)->host, at, val);
}

static void config_changed(struct device *dev, uint32_t at, unsigned size)
{
    ich9_smb(dev)->st.smb.i2c_enable = ich9_smb(dev)->st.pci.config[HOSTC] & HOSTC_I2C_EN;
}

static void smb_reset(struct device *dev)
{
    pci_reset(dev);
    smb_host_reset(&ich9_smb(dev)->host);
}

static void smb_outputs(struct device *dev)
{
    pci_irq_set(dev, smb_host_irq(&ich9_smb(dev)->st.smb));
}

static int smb_realize(struct device *dev, struct error **err)
{
    struct ich9_smb *s = ich9_smb(dev);

    s->host.st = &s->st.smb;
    smbus_init(&s->host.bus, dev->machine, dev);
    return pci_realize(dev, err);
}

static void smb_unrealize(struct device *dev)
{
    smbus_fini(&ich9_smb(dev)->host.bus);
}

#define S struct ich9_smb

static const struct region_type smb_regions[] = {
    [REGION_CONFIG] = PCI_CONFIG_REGION,
    [REGION_PORTS] = { .name = "pm-smbus", .size = SMB_PORTS, .min = 1, .max = 1, .ports = true, .read = ports_read,
                       .write = ports_write },
    {}
};
static const struct reg smb_config[] = {
    REG_FN(HOSTC, "HOSTC", 1, .wmask = HOSTC_BITS, .kept = true,
           .doc = "host configuration: bit 0 enables, bit 2 is I2C's"),
    {}
};
static const struct pci_bar smb_bars[] = {
    { .index = 4, .region = REGION_PORTS, .io = true, .size = SMB_PORTS },
    {}
};

static uint64_t irq_get(const struct device *dev)
{
    return smb_host_irq(&((const S *)dev)->st.smb);
}

static const struct section smb_section = {
    "ich9_smb", 1, 1, .also = &smb_bus_section, .fields = (const struct field[]){
        STRUCT(S, "dev", pci, pci_state_fields),
        COMPUTED("irq_enabled", 1, .get = irq_get, .type = "bool"),
        STRUCT(S, "smb", smb, smb_host_fields),
        {} },
};

static const struct pci_type smb_type = {
    .dev = {
        .type = { .name = "ICH9-SMB", .parent = "pci-device", .category = "bridge", .internal = true,
                  .doc = "ICH9 SMBus controller", DEVICE(S), TYPE_STATE(S), .state = &smb_section },
        .locking = LOCKING_CHIPSET,
        .regions = smb_regions,
        .bus = "PCI", .realize = smb_realize, .unrealize = smb_unrealize, .reset = smb_reset, .resumed = pci_resumed,
        .outputs = smb_outputs,
    },
    .vendor = 0x8086, .device = 0x2930, .revision = 2, .class = 0x0c0500, .pin = 1,
    .config = smb_config, .bars = smb_bars, .config_changed = config_changed,
};
TYPE_IN(smb_type, smb_type.dev.type);
