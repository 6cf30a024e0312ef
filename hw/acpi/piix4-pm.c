/* SPDX-License-Identifier: Apache-2.0 */
#include "hw/acpi/piix4-pm.h"

/*
 * PIIX4 power management and SMBus, function 01.3: "PIIX4_PM"
 *
 * PM1 and the timer lie at PMBA, the SMBus host at SMBBA, GPE0 at a place of its own that tables tell (AFE0h), the APM
 * ports where they always are.
 * Reference: Intel 82371AB (PIIX4) data sheet, chapter 7.  Left out: the chip's other I/O registers (GLBSTS to GPOREG),
 * device monitors, the interrupt of the SMBus.
 * Invariant: the two blocks of ports are a function of configuration space.
 */

#include "core/pins.h"
#include "hw/acpi/cpu-plug.h"
#include "hw/acpi/pci-plug.h"
#include "hw/acpi/pm-chip.h"
#include "hw/i2c/smb-host.h"
#include "hw/isa/isa.h"
#include "lib/bits.h"

enum { REGION_CONFIG, REGION_EVT, REGION_CNT, REGION_TMR, REGION_GPE0, REGION_APM, REGION_SMBUS, REGION_CPU_PLUG,
       REGION_PCI_PLUG };
enum { DEVACTB = 0x58, DEVACTB_APMC_EN = 1 << 25, DEVRESA = 0x5c, DEVRESB = 0x60, DEVRESC = 0x64, SMBBA = 0x90,
       SMBHSTCFG = 0xd2, SMB_HST_EN = 1 };
enum { APM_ACPI_ENABLE = 0xf1, APM_ACPI_DISABLE = 0xf0 };
enum { PM_PORTS = 64, GPE0_PORT = 0xafe0, CPU_PLUG_PORT = 0xaf00, PCI_PLUG_PORT = 0xae00, GPE_BYTES = 2, SCI_LINE = 9 };
#define IO_BASE 0xffc0u

struct piix4_pm {
    struct acpi_pm_function f;
    struct {
        uint32_t smb_io_base;
        uint8_t disable_s3, disable_s4, s4_val;
        bool smm_enabled, smm_compat, plug_bridges, plug_root, plug_memory, no_acpi_index;
        uint8_t pad[3];
    } cfg;
    struct {
        struct pci_state pci;
        struct acpi_pm_state pm;
        struct smb_host_state smb;
    } st;
    struct smb_host host;
    struct region pm;                   /* the block of ports at PMBA */
    struct irq sci;
};

static struct piix4_pm *piix4(struct device *dev)
{
    return (struct piix4_pm *)dev;
}

void piix4_pm_set_gsi(struct device *pm, const struct irq_sink *gsi)
{
    piix4(pm)->sci = (struct irq){ .sink = gsi, .line = SCI_LINE };
}

/* DEVRESA to DEVRESC, bits 31:24: firmware finds what there is decoded. */
static void resources_init(struct device *dev)
{
    uint8_t *config = piix4(dev)->st.pci.config;

    config[DEVRESA + 3] = 0x10 | (isa_port_used(dev->machine, 0x378) ? 0x80 : 0);
    config[DEVRESB + 3] = 0x60;
    config[DEVRESC + 3] = (isa_port_used(dev->machine, 0x3f8) ? 0x08 : 0) |
                          (isa_port_used(dev->machine, 0x2f8) ? 0x90 : 0);
}

static void blocks_map(struct device *dev)
{
    struct piix4_pm *p = piix4(dev);
    const uint8_t *config = p->st.pci.config;
    uint32_t pm = bits_load(config + PIIX4_PMBA, 4) & IO_BASE, smb = bits_load(config + SMBBA, 4) & IO_BASE;

    map_request(dev, &p->pm, config[PIIX4_PMREGMISC] & PIIX4_PMIOSE, pm);
    map_request(dev, &dev->regions[REGION_SMBUS], config[SMBHSTCFG] & SMB_HST_EN, smb);
}

static void piix4_config_changed(struct device *dev, uint32_t at, unsigned size)
{
    blocks_map(dev);
}

static void apm_command(struct device *dev, uint8_t command)
{
    struct piix4_pm *p = piix4(dev);

    if (command == APM_ACPI_ENABLE || command == APM_ACPI_DISABLE)
        acpi_pm_sci_enable(dev, command == APM_ACPI_ENABLE);
    if (bits_load(p->st.pci.config + DEVACTB, 4) & DEVACTB_APMC_EN && p->cfg.smm_enabled)
        machine_smi(dev->machine, false);
}

static uint64_t smbus_read(struct device *dev, uint64_t at, unsigned size)
{
    return smb_host_read(&piix4(dev)->host, at);
}

static void smbus_write(struct device *dev, uint64_t at, unsigned size, uint64_t val)
{
    smb_host_write(&piix4(dev)->host, at, val);
}

#define P struct piix4_pm

static const struct reg gpe0_regs[] = {
    { .name = "GPE0_STS", .width = GPE_BYTES, .size = GPE_BYTES, .off = ST_OFF(P, pm.gpe_sts), .w1c = 0xffff,
      .hw = 0xffff, .doc = "general purpose event 0 status" },
    { .name = "GPE0_EN", .at = GPE_BYTES, .width = GPE_BYTES, .size = GPE_BYTES, .off = ST_OFF(P, pm.gpe_en),
      .wmask = 0xffff, .doc = "general purpose event 0 enable" },
    {}
};
static const struct region_type piix4_regions[] = {
    [REGION_CONFIG] = PCI_CONFIG_REGION,
    [REGION_EVT] = ACPI_PM_EVT_REGION,
    [REGION_CNT] = ACPI_PM_CNT_REGION,
    [REGION_TMR] = ACPI_PM_TMR_REGION,
    [REGION_GPE0] = { .name = "acpi-gpe0", .size = 2 * GPE_BYTES, .min = 1, .max = 4, .ports = true,
                      .regs = gpe0_regs },
    [REGION_APM] = ACPI_APM_REGION,
    [REGION_SMBUS] = { .name = "pm-smbus", .size = SMB_PORTS, .min = 1, .max = 1, .ports = true, .read = smbus_read,
                       .write = smbus_write },
    [REGION_CPU_PLUG] = CPU_PLUG_REGION,
    [REGION_PCI_PLUG] = PCI_PLUG_REGION,
    {}
};

static const struct reg piix4_config[] = {
    REG_FN(PCI_STATUS, "STATUS", 2, .reset = 0x0280, .w1c = 0xf900, .doc = "fast back-to-back, medium DEVSEL# timing"),
    REG_FN(PIIX4_PMBA, "PMBA", 4, .reset = 1, .wmask = 0xffffffff, .kept = true,
           .doc = "where the power management ports lie"),
    REG_FN(DEVACTB, "DEVACTB", 4, .wmask = 0xffffffff, .doc = "bit 25: writes to APM_CNT raise SMI"),
    REG_FN(PIIX4_PMREGMISC, "PMREGMISC", 1, .wmask = 0xff, .doc = "bit 0 enables the power management ports"),
    REG_FN(SMBBA, "SMBBA", 4, .reset = 1, .wmask = 0xffffffff, .kept = true,
           .doc = "where the SMBus ports lie"),
    REG_FN(SMBHSTCFG, "SMBHSTCFG", 1, .reset = 0x09, .wmask = 0xff, .kept = true,
           .doc = "bit 0 enables the SMBus ports"),
    {}
};

static const struct prop piix4_props[] = {
    PROP(P, "smb_io_base", smb_io_base, .max = IO_BASE, .doc = "where the SMBus ports lie after reset"),
    ACPI_PM_PROPS(P),
    PROP(P, "smm-enabled", smm_enabled, .doc = "the machine has system management mode"),
    PROP(P, "smm-compat", smm_compat, .doc = "accepted for compatibility"),
    PROP(P, "acpi-pci-hotplug-with-bridge-support", plug_bridges, .def = true,
         .doc = "buses behind bridges take functions while the machine runs; none of ours does so far"),
    PROP(P, "acpi-root-pci-hotplug", plug_root, .def = true,
         .doc = "bus pci.0 takes functions while the machine runs"),
    PROP(P, "memory-hotplug-support", plug_memory, .def = true,
         .doc = "accepted for compatibility; memory cannot be plugged yet"),
    PROP(P, "x-not-migrate-acpi-index", no_acpi_index, .doc = "acpi_index is not in the stream"),
    {}
};

#define GPE_REST (ACPI_GPE_BYTES - GPE_BYTES)
#define REST(name_, m) \
    { .name = (name_), .off = ST_OFF(P, pm.m) + GPE_BYTES, .size = 1, .count = GPE_REST, .hidden = true }

static const struct section gpe_section = {
    "gpe", 1, 1, .fields = (const struct field[]){
        { .name = "sts", .off = ST_OFF(P, pm.gpe_sts), .size = GPE_BYTES, .count = 1 },
        { .name = "en", .off = ST_OFF(P, pm.gpe_en), .size = GPE_BYTES, .count = 1 },
        {} },
};
static const struct section memory_section = {
    "memory hotplug state", 1, 1, .fields = (const struct field[]){
        ACPI_FIELD("selector", plug_memory_select), {} },
};

static bool memory_needed(const struct device *dev)
{
    return ((const P *)dev)->cfg.plug_memory;
}

static const struct section piix4_subs[] = {
    { "piix4_pm/memhp", 1, 1, .needed = memory_needed,
      .fields = (const struct field[]){ PART("acpi_memory_hotplug", &memory_section), {} } },
    CPU_PLUG_SUBSECTION("piix4_pm/cpuhp"),
    {}
};

static const struct section piix4_section = {
    "piix4_pm", 3, 3, .subs = piix4_subs, .also = &smb_bus_section, .fields = (const struct field[]){
        STRUCT(P, "parent_obj", pci, pci_state_fields),
        ACPI_FIELD("ar.pm1.evt.sts", pm1_sts),
        ACPI_FIELD("ar.pm1.evt.en", pm1_en),
        ACPI_FIELD("ar.pm1.cnt.cnt", pm1_cnt),
        PART("apm", &acpi_apm_section),
        STRUCT(P, "smb", smb, smb_host_fields),
        ACPI_FIELD("ar.tmr.timer", timer_ns, .type = "timer", .reset = TIMER_OFF),
        ACPI_FIELD("ar.tmr.overflow_time", overflow_ns, .type = "int64"),
        PART("ar.gpe", &gpe_section),
        ACPI_FIELD("acpi_pci_hotplug.hotplug_select", plug_select),
        ACPI_SLOTS_FIELD("acpi_pci_hotplug.acpi_pcihp_pci_status"),
        ACPI_FIELD("acpi_pci_hotplug.acpi_index", plug_index),
        ACPI_HIDDEN_FIELDS,
        REST("gpe_sts", gpe_sts), REST("gpe_en", gpe_en),
        {} },
};

static void piix4_outputs(struct device *dev)
{
    irq_set(&piix4(dev)->sci, acpi_pm_sci(dev));
    acpi_pm_outputs(dev);
}

static void piix4_reset(struct device *dev)
{
    struct piix4_pm *p = piix4(dev);
    bool power_on = pci_is_power_on(dev);

    pci_reset(dev);
    p->st.pci.config[PIIX4_PMBA] = 1;           /* the upper bytes keep the last place, which is closed */
    if (power_on) {
        bits_store(p->st.pci.config + SMBBA, 4, p->cfg.smb_io_base | 1);
        resources_init(dev);
    }
    if (!p->cfg.smm_enabled)            /* firmware that finds it set leaves SMM alone */
        bits_store(p->st.pci.config + DEVACTB, 4, DEVACTB_APMC_EN);
    smb_host_reset(&p->host);
    pci_plug_reset(dev);
}

static void piix4_resumed(struct device *dev)
{
    pci_resumed(dev);
    blocks_map(dev);
    acpi_pm_resumed(dev);
}

static void blocks_add(struct piix4_pm *p)
{
    struct device *dev = &p->f.pci.dev;
    struct region *io = &dev->machine->io;

    region_init(&p->pm, "piix4-pm", REGION_CONTAINER, PM_PORTS - 1);
    map_begin(&dev->machine->map);
    region_enable(&p->pm, false);
    region_enable(&dev->regions[REGION_SMBUS], false);
    region_add(&p->pm, 0, &dev->regions[REGION_EVT], 0);
    region_add(&p->pm, 4, &dev->regions[REGION_CNT], 0);
    region_add(&p->pm, 8, &dev->regions[REGION_TMR], 0);
    region_add(io, 0, &p->pm, 0);
    region_add(io, 0, &dev->regions[REGION_SMBUS], 0);
    map_end(&dev->machine->map);
    device_map(dev, REGION_GPE0, io, GPE0_PORT, 0);
    device_map(dev, REGION_APM, io, ACPI_APM_PORT, 0);
    device_map(dev, REGION_CPU_PLUG, io, CPU_PLUG_PORT, 0);
    if (p->cfg.plug_root || p->cfg.plug_bridges)
        device_map(dev, REGION_PCI_PLUG, io, PCI_PLUG_PORT, 0);
}

static int piix4_realize(struct device *dev, struct error **err)
{
    struct piix4_pm *p = piix4(dev);
    int r = pci_realize(dev, err);

    if (r < 0)
        return r;
    p->f.pm = (struct acpi_pm){ .disable_s3 = p->cfg.disable_s3, .disable_s4 = p->cfg.disable_s4,
                                .s4_val = p->cfg.s4_val, .gpe_bytes = GPE_BYTES, .apm_command = apm_command };
    p->host = (struct smb_host){ .st = &p->st.smb, .aux_reset = SMB_AUX_E32B };
    smbus_init(&p->host.bus, dev->machine, dev);
    acpi_pm_start(dev);
    if (p->cfg.plug_root)
        pci_plug_start(dev, (struct pci_bus *)dev->bus);
    blocks_add(p);
    return 0;
}

static void piix4_unrealize(struct device *dev)
{
    struct piix4_pm *p = piix4(dev);

    pci_plug_stop(dev);
    acpi_pm_stop(dev);
    smbus_fini(&p->host.bus);
    map_begin(&dev->machine->map);
    region_remove(&p->pm);
    map_end(&dev->machine->map);
    region_fini(&p->pm);
}

static const struct pci_type piix4_type = {
    .dev = {
        .type = { .name = "PIIX4_PM", .parent = "pci-device", .category = "bridge", .internal = true,
                  .doc = "PIIX4 power management and SMBus", DEVICE(P), TYPE_STATE(P), .props = piix4_props,
                  .state = &piix4_section },
        .locking = LOCKING_CHIPSET,
        .regions = piix4_regions,
        .bus = "PCI", .realize = piix4_realize, .unrealize = piix4_unrealize, .reset = piix4_reset,
        .resumed = piix4_resumed, .outputs = piix4_outputs,
    },
    .vendor = 0x8086, .device = 0x7113, .revision = 3, .class = 0x068000, .pin = 1,
    .config = piix4_config,
    .config_changed = piix4_config_changed,
};
TYPE_IN(piix4_type, piix4_type.dev.type);
