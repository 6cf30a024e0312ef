/* SPDX-License-Identifier: Apache-2.0 */
#include "hw/isa/ich9-lpc.h"
#include "hw/isa/ich9-pm.h"

/*
 * ICH9 LPC bridge, function 1f.0
 *
 * Places the power management block and the root complex registers, carries the APM command port
 * and the reset control register, and owns "isa.0".
 * Reference: Intel I/O Controller Hub 9 data sheet, chapters 10 and 13.
 * Left out: GPIO (GPIOBASE stores, and no port answers there).
 * Invariant: of the interrupts that the SCI may be, only the one that ACPI_CNTL chooses is ever high.
 */

#include "core/machine.h"
#include "lib/bits.h"

enum { APM_ACPI_ENABLE = 2, APM_ACPI_DISABLE = 3 };
enum { RST_SYS = 1 << 1, RST_CPU = 1 << 2, RST_FULL = 1 << 3 };

void ich9_lpc_set_gsi(struct device *lpc, const struct irq_sink *gsi)
{
    ich9_lpc(lpc)->gsi = gsi;
}

void ich9_lpc_set_no_smm(struct device *lpc)
{
    ich9_lpc(lpc)->no_smm = true;
}

/* "LPC_EN: COMA, COMB, LPT, FDD": firmware finds what there is enabled. */
static uint8_t lpc_en(const struct machine *m)
{
    static const uint16_t ports[] = { 0x3f8, 0x2f8, 0x378, 0x3f2 };
    uint8_t bits = 0;

    for (unsigned i = 0; i < sizeof(ports) / sizeof(ports[0]); i++)
        bits |= isa_port_used(m, ports[i]) << i;
    return bits;
}

static void blocks_map(struct device *dev)
{
    struct ich9_lpc *l = ich9_lpc(dev);
    uint32_t pmbase = pci_config_read(dev, LPC_PMBASE, 2) & 0xff80, rcba = pci_config_read(dev, LPC_RCBA, 4);

    map_request(dev, &l->pm, pci_config_read(dev, LPC_ACPI_CNTL, 1) & LPC_ACPI_ENABLE && pmbase, pmbase);
    map_request(dev, &dev->regions[LPC_REGION_RCRB], rcba & 1, rcba & 0xffffc000u);
}

static void lpc_config_changed(struct device *dev, uint32_t at, unsigned size)
{
    blocks_map(dev);
    ich9_smi_lock(dev);
}

/* What SMM code of a real machine does when it is asked to give the hardware to the OS, and back. */
static void apm_command(struct device *dev, uint8_t command)
{
    if (command == APM_ACPI_ENABLE || command == APM_ACPI_DISABLE)
        acpi_pm_sci_enable(dev, command == APM_ACPI_ENABLE);
    ich9_smi_apm(dev);
}

/* "NO_REBOOT ... may not override the strap when it indicates No Reboot" (10.1.75). */
static void watchdog_expired(struct device *dev)
{
    const struct ich9_lpc *l = ich9_lpc(dev);

    if (!l->cfg.noreboot && !(l->st.chip_config[LPC_GCS] & LPC_GCS_NO_REBOOT))
        machine_watchdog_expired(dev->machine);
}

static void reset_write(struct device *dev, uint32_t at, uint64_t val)
{
    (void)at;
    ich9_lpc(dev)->st.rst_cnt = val & (RST_SYS | RST_FULL);
    if (val & RST_CPU)
        machine_request_reset(dev->machine, CAUSE_GUEST_RESET);
}

#define L struct ich9_lpc

static const struct reg gpe0_regs[] = { ACPI_GPE_REGS(LPC_GPE_BYTES) };
static const struct reg tco_regs[] = { TCO_REGS(L, tco), {} };

static const struct reg reset_regs[] = {
    REG(L, 0, "RST_CNT", rst_cnt, .wmask = RST_SYS | RST_FULL, .write = reset_write,
        .doc = "reset control: bit 2 resets the machine"),
    {}
};

static const struct reg rcrb_regs[] = {
    REGS(L, 0, "RCRB", chip_config, .wmask = 0xff, .doc = "root complex registers"),
    {}
};

static const struct region_type lpc_regions[] = {
    [LPC_REGION_CONFIG] = PCI_CONFIG_REGION,
    [LPC_REGION_PM_EVT] = ACPI_PM_EVT_REGION,
    [LPC_REGION_PM_CNT] = ACPI_PM_CNT_REGION,
    [LPC_REGION_PM_TMR] = ACPI_PM_TMR_REGION,
    [LPC_REGION_GPE0] = { .name = "acpi-gpe0", .size = 2 * LPC_GPE_BYTES, .min = 1, .max = 4, .ports = true,
                          .regs = gpe0_regs },
    [LPC_REGION_SMI] = { .name = "acpi-smi", .size = 8, .min = 1, .max = 4, .ports = true, .regs = ich9_smi_regs },
    [LPC_REGION_TCO] = { .name = "sm-tco", .size = TCO_BYTES, .min = 1, .max = 4, .ports = true, .regs = tco_regs },
    [LPC_REGION_APM] = ACPI_APM_REGION,
    [LPC_REGION_RESET] = { .name = "lpc-reset-control", .size = 1, .min = 1, .max = 1, .ports = true,
                           .regs = reset_regs },
    [LPC_REGION_RCRB] = { .name = "lpc-rcrb-mmio", .size = 16384, .min = 1, .max = 8, .regs = rcrb_regs },
    [LPC_REGION_CPU_PLUG] = CPU_PLUG_REGION,
    [LPC_REGION_PCI_PLUG] = PCI_PLUG_REGION,
    {}
};

static const struct reg lpc_config[] = {
    REG_FN(LPC_PMBASE, "PMBASE", 4, .reset = 1, .wmask = 0xff87, .doc = "where the power management ports lie"),
    REG_FN(LPC_ACPI_CNTL, "ACPI_CNTL", 1, .wmask = 0xff,
           .doc = "bit 7 enables them; bits 2 to 0 choose the SCI's line"),
    REG_FN(0x60, "PIRQ_A_D", 1, .count = 4, .reset = 0x80, .wmask = 0xff, .doc = "PIRQA to PIRQD routing"),
    REG_FN(0x68, "PIRQ_E_H", 1, .count = 4, .reset = 0x80, .wmask = 0xff, .doc = "PIRQE to PIRQH routing"),
    REG_FN(LPC_EN, "LPC_EN", 1, .wmask = 0xff, .kept = true, .doc = "which ports of the low pin count bus are decoded"),
    REG_FN(LPC_GEN_PMCON_1, "GEN_PMCON_1", 2, .wmask = 0xffff, .doc = "bit 4 locks GBL_SMI_EN until reset"),
    REG_FN(LPC_RCBA, "RCBA", 4, .wmask = 0xffffffff, .doc = "where the root complex registers lie; bit 0 enables them"),
    {}
};

static const struct prop lpc_props[] = {
    ACPI_PM_PROPS(L),
    PROP(L, "noreboot", noreboot, .def = 1, .doc = "the second expiry of the watchdog does not reset"),
    PROP(L, "enable_tco", enable_tco, .def = 1, .doc = "TCO, with its watchdog, is there"),
    PROP(L, "smm-compat", smm_compat, .doc = "SMRAM is always open in the old way"),
    PROP(L, "x-smi-broadcast", smi_broadcast, .def = 1, .doc = "offer the firmware SMIs to all CPUs"),
    PROP(L, "x-smi-cpu-hotplug", smi_cpu_hotplug, .def = 1, .doc = "offer the firmware SMIs on CPU plug"),
    PROP(L, "x-smi-cpu-hotunplug", smi_cpu_hotunplug, .def = 1, .doc = "offer the firmware SMIs on CPU unplug"),
    {}
};

static uint64_t sci_level_get(const struct device *dev)
{
    return acpi_pm_sci(dev);
}

static bool rst_cnt_needed(const struct device *dev)
{
    return ((const L *)dev)->st.rst_cnt;
}

static bool tco_needed(const struct device *dev)
{
    return ((const L *)dev)->cfg.enable_tco;
}

static const struct section tco_section = {
    "tco io device status", 1, 1, .fields = (const struct field[]){ TCO_FIELDS(L, tco), {} },
};
static const struct section memory_section = {
    "memory hotplug state", 1, 1, .fields = (const struct field[]){
        ACPI_FIELD("selector", plug_memory_select), {} },
};
static const struct section pm_subs[] = {
    { "ich9_pm/memhp", 1, 1, .fields = (const struct field[]){ PART("acpi_memory_hotplug", &memory_section), {} } },
    { "ich9_pm/tco", 1, 1, .needed = tco_needed,
      .fields = (const struct field[]){ PART("tco_regs", &tco_section), {} } },
    { "ich9_pm/pcihp", 1, 1, .fields = (const struct field[]){
        ACPI_FIELD("acpi_pci_hotplug.hotplug_select", plug_select),
        ACPI_SLOTS_FIELD("acpi_pci_hotplug.acpi_pcihp_pci_status"),
        ACPI_FIELD("acpi_pci_hotplug.acpi_index", plug_index), {} } },
    CPU_PLUG_SUBSECTION("ich9_pm/cpuhp"),
    {}
};
static const struct section pm_section = {
    "ich9_pm", 1, 1, .subs = pm_subs, .fields = (const struct field[]){
        ACPI_FIELD("acpi_regs.pm1.evt.sts", pm1_sts),
        ACPI_FIELD("acpi_regs.pm1.evt.en", pm1_en),
        ACPI_FIELD("acpi_regs.pm1.cnt.cnt", pm1_cnt),
        ACPI_FIELD("acpi_regs.tmr.timer", timer_ns, .type = "timer", .reset = TIMER_OFF),
        ACPI_FIELD("acpi_regs.tmr.overflow_time", overflow_ns, .type = "int64"),
        ACPI_BYTES("acpi_regs.gpe.sts", gpe_sts, 0, ACPI_GPE_BYTES),
        ACPI_BYTES("acpi_regs.gpe.en", gpe_en, 0, ACPI_GPE_BYTES),
        FIELD(L, "smi_en", smi_en),
        FIELD(L, "smi_sts", smi_sts),
        {} },
};

static const struct section lpc_subs[] = {
    { "ICH9LPC/rst_cnt", 1, 1, .needed = rst_cnt_needed,
      .fields = (const struct field[]){ FIELD(L, "rst_cnt", rst_cnt), {} } },
    { "ICH9LPC/smi_feat", 1, 1, .needed = ich9_smi_features_needed, .check = ich9_smi_features_check,
      .fields = (const struct field[]){
        ARRAY(L, "smi_guest_features_le", smi_requested), FIELD(L, "smi_features_ok", smi_features_ok, .max = 1),
        FIELD(L, "smi_negotiated_features", smi_negotiated), {} } },
    {}
};

static const struct section lpc_section = {
    "ICH9LPC", 1, 1, .check = pci_state_check, .subs = lpc_subs, .fields = (const struct field[]){
        STRUCT(L, "d", pci, pci_state_fields),
        PART("apm", &acpi_apm_section),
        PART("pm", &pm_section),
        ARRAY(L, "chip_config", chip_config),
        COMPUTED("sci_level", 4, .get = sci_level_get),
        ACPI_HIDDEN_FIELDS,
        ARRAY(L, "spare", spare, .hidden = true),
        {} },
};

/* SCI_IRQ_SEL (13.1.13): IRQ 9, 10, 11, a reserved value, 20, 21; of the reserved ones we make IRQ 9. */
static void sci_outputs(struct device *dev)
{
    static const uint8_t chosen[8] = { 0, 1, 2, 0, 3, 4, 0, 0 };
    struct ich9_lpc *l = ich9_lpc(dev);
    unsigned which = chosen[l->st.pci.config[LPC_ACPI_CNTL] & 7];
    bool level = acpi_pm_sci(dev);

    for (unsigned i = 0; i < LPC_SCIS; i++)
        irq_set(&l->sci[i], level && i == which);
}

static void lpc_outputs(struct device *dev)
{
    sci_outputs(dev);
    acpi_pm_outputs(dev);
    ich9_pirq_outputs(dev);
}

/*
 * A wake-up keeps the place of the power management block.  The reference loses it, and SeaBIOS, which would place it
 * anew, does so at a start only: the guest's power button and power-off would be dead after the first sleep.
 */
static void config_reset(struct device *dev)
{
    uint8_t *config = ich9_lpc(dev)->st.pci.config;
    uint16_t base = bits_load(config + LPC_PMBASE, 2);
    uint8_t cntl = config[LPC_ACPI_CNTL];

    pci_reset(dev);
    if (dev->machine->power.waking) {
        bits_store(config + LPC_PMBASE, 2, base);
        config[LPC_ACPI_CNTL] = cntl;
    }
}

static void lpc_reset(struct device *dev)
{
    bool power_on = pci_is_power_on(dev);

    config_reset(dev);
    ich9_pirq_reset(dev);
    ich9_smi_reset(dev);
    pci_plug_reset(dev);
    ich9_lpc(dev)->st.chip_config[LPC_GCS] = LPC_GCS_NO_REBOOT;
    if (power_on)
        ich9_lpc(dev)->st.pci.config[LPC_EN] = lpc_en(dev->machine);
}

static void lpc_resumed(struct device *dev)
{
    pci_resumed(dev);
    blocks_map(dev);
    ich9_smi_lock(dev);
    acpi_pm_resumed(dev);
    tco_resumed(dev);
}

static void pm_block_init(struct ich9_lpc *l)
{
    struct device *dev = &l->f.pci.dev;
    static const struct { uint8_t region; uint8_t at; } parts[] = {
        { LPC_REGION_PM_EVT, 0 }, { LPC_REGION_PM_CNT, 4 }, { LPC_REGION_PM_TMR, 8 }, { LPC_REGION_GPE0, 0x20 },
        { LPC_REGION_SMI, 0x30 }, { LPC_REGION_TCO, 0x60 },
    };

    region_init(&l->pm, "ich9-pm", REGION_CONTAINER, LPC_PMBASE_BYTES - 1);
    map_begin(&dev->machine->map);
    region_enable(&l->pm, false);
    region_enable(&dev->regions[LPC_REGION_TCO], l->cfg.enable_tco);
    for (unsigned i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
        region_add(&l->pm, parts[i].at, &dev->regions[parts[i].region], 0);
    region_add(&dev->machine->io, 0, &l->pm, 0);
    region_enable(&dev->regions[LPC_REGION_RCRB], false);
    region_add(&dev->machine->memory, 0, &dev->regions[LPC_REGION_RCRB], 1);
    map_end(&dev->machine->map);
}

static int lpc_realize(struct device *dev, struct error **err)
{
    static const uint8_t sci_lines[LPC_SCIS] = { 9, 10, 11, 20, 21 };
    struct ich9_lpc *l = ich9_lpc(dev);

    isa_bus_init(&l->isa, dev->machine, dev, l->gsi);
    for (unsigned i = 0; i < LPC_SCIS; i++)
        l->sci[i] = (struct irq){ .sink = l->gsi, .line = sci_lines[i] };
    l->f.pm = (struct acpi_pm){ .disable_s3 = l->cfg.disable_s3, .disable_s4 = l->cfg.disable_s4,
                                .s4_val = l->cfg.s4_val, .gpe_bytes = LPC_GPE_BYTES, .apm_command = apm_command,
                                .tco = &l->tco };
    l->tco = (struct tco){ .st = &l->st.tco, .smi = ich9_smi_tco, .expired = watchdog_expired };
    acpi_pm_start(dev);
    tco_start(dev);
    ich9_pirq_wire(dev);
    pm_block_init(l);
    device_map(dev, LPC_REGION_APM, &dev->machine->io, ACPI_APM_PORT, 0);
    device_map(dev, LPC_REGION_CPU_PLUG, &dev->machine->io, LPC_CPU_PLUG_PORT, 0);
    device_map(dev, LPC_REGION_PCI_PLUG, &dev->machine->io, LPC_PCI_PLUG_PORT, 0);
    device_map(dev, LPC_REGION_RESET, &dev->machine->io, 0xcf9, 1);
    return pci_realize(dev, err);
}

static void lpc_unrealize(struct device *dev)
{
    struct ich9_lpc *l = ich9_lpc(dev);

    acpi_pm_stop(dev);
    pci_bus_set_router((struct pci_bus *)dev->bus, NULL);
    map_begin(&dev->machine->map);
    region_remove(&l->pm);
    map_end(&dev->machine->map);
    region_fini(&l->pm);
    isa_bus_fini(&l->isa);
}

static const struct pci_type lpc_type = {
    .dev = {
        .type = { .name = "ICH9-LPC", .parent = "pci-device", .category = "bridge", .internal = true,
                  .doc = "ICH9 LPC bridge",
                  DEVICE(L), TYPE_STATE(L), .props = lpc_props, .state = &lpc_section },
        .locking = LOCKING_CONTROLLER,
        .rank = RANK_BRIDGE,
        .regions = lpc_regions,
        .bus = "PCI", .realize = lpc_realize, .unrealize = lpc_unrealize, .reset = lpc_reset, .resumed = lpc_resumed,
        .outputs = lpc_outputs,
    },
    .vendor = 0x8086, .device = 0x2918, .revision = 2, .class = 0x060100,
    .config = lpc_config,
    .config_changed = lpc_config_changed,
};
TYPE_IN(lpc_type, lpc_type.dev.type);
