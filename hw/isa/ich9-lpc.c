/* SPDX-License-Identifier: Apache-2.0 */
#include "hw/isa/ich9-lpc.h"
#include "hw/isa/ich9-pm.h"

/*
 * ICH9 LPC bridge, function 1f.0
 *
 * Places the power management block and the root complex registers, carries the APM command port
 * and the reset control register, and owns "isa.0".
 * Reference: Intel I/O Controller Hub 9 data sheet, chapters 10 and 13.
 * Left out: TCO, GPIO, SMI generation.
 */

#include "core/machine.h"

enum { APM_ACPI_ENABLE = 2, APM_ACPI_DISABLE = 3 };
enum { RST_SYS = 1 << 1, RST_CPU = 1 << 2, RST_FULL = 1 << 3 };

void ich9_lpc_set_gsi(struct device *lpc, const struct irq_sink *gsi)
{
    ich9_lpc(lpc)->gsi = gsi;
}

struct isa_bus *ich9_lpc_isa(struct device *lpc)
{
    return &ich9_lpc(lpc)->isa;
}

static void press(struct device *dev)
{
    ich9_lpc(dev)->st.pm1_sts |= PM1_PWRBTN;
}

void ich9_lpc_power_button(struct device *lpc)
{
    device_enter(lpc, press);
}

static void blocks_map(struct device *dev)
{
    struct ich9_lpc *l = ich9_lpc(dev);
    uint32_t pmbase = pci_config_read(dev, LPC_PMBASE, 4) & 0xff80, rcba = pci_config_read(dev, LPC_RCBA, 4);

    map_request(dev, &l->pm, pci_config_read(dev, LPC_ACPI_CNTL, 1) & LPC_ACPI_ENABLE && pmbase, pmbase);
    map_request(dev, &dev->regions[LPC_REGION_RCRB], rcba & 1, rcba & 0xffffc000u);
}

static void lpc_config_changed(struct device *dev, uint32_t at, unsigned size)
{
    if (at < LPC_ACPI_CNTL + 1 && at + size > LPC_PMBASE)
        blocks_map(dev);
    else if (at < LPC_RCBA + 4 && at + size > LPC_RCBA)
        blocks_map(dev);
}

static void apmc_changed(struct device *dev, uint32_t at)
{
    uint8_t command = ich9_lpc(dev)->st.apmc;

    (void)at;
    if (command == APM_ACPI_ENABLE || command == APM_ACPI_DISABLE)
        ich9_pm_enable(dev, command == APM_ACPI_ENABLE);
}

static void reset_write(struct device *dev, uint32_t at, uint64_t val)
{
    (void)at;
    ich9_lpc(dev)->st.rst_cnt = val & (RST_SYS | RST_FULL);
    if (val & RST_CPU)
        machine_request_reset(dev->machine, CAUSE_GUEST_RESET);
}

#define L struct ich9_lpc

static const struct reg apm_regs[] = {
    REG(L, 0, "APM_CNT", apmc, .wmask = 0xff, .changed = apmc_changed,
        .doc = "APM command: 2 enables ACPI mode, 3 disables it"),
    REG(L, 1, "APM_STS", apms, .wmask = 0xff, .doc = "APM status"),
    {}
};

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
    [LPC_REGION_PM_EVT] = { .name = "acpi-evt", .size = 4, .min = 1, .max = 4, .ports = true,
                            .regs = ich9_pm_evt_regs },
    [LPC_REGION_PM_CNT] = { .name = "acpi-cnt", .size = 2, .min = 1, .max = 2, .ports = true,
                            .regs = ich9_pm_cnt_regs },
    [LPC_REGION_PM_TMR] = { .name = "acpi-tmr", .size = 4, .min = 1, .max = 4, .ports = true,
                            .regs = ich9_pm_tmr_regs },
    [LPC_REGION_GPE0] = { .name = "acpi-gpe0", .size = 16, .min = 1, .max = 4, .ports = true, .regs = ich9_gpe0_regs },
    [LPC_REGION_SMI] = { .name = "acpi-smi", .size = 8, .min = 1, .max = 4, .ports = true, .regs = ich9_smi_regs },
    [LPC_REGION_APM] = { .name = "apm-io", .size = 2, .min = 1, .max = 2, .ports = true, .regs = apm_regs },
    [LPC_REGION_RESET] = { .name = "lpc-reset-control", .size = 1, .min = 1, .max = 1, .ports = true,
                           .regs = reset_regs },
    [LPC_REGION_RCRB] = { .name = "lpc-rcrb-mmio", .size = 16384, .min = 1, .max = 4, .regs = rcrb_regs },
    {}
};

static const struct reg lpc_config[] = {
    REG_FN(LPC_PMBASE, "PMBASE", 4, .reset = 1, .wmask = 0xff87, .doc = "where the power management ports lie"),
    REG_FN(LPC_ACPI_CNTL, "ACPI_CNTL", 1, .wmask = 0xff,
           .doc = "bit 7 enables them; bits 2 to 0 choose the SCI's line"),
    REG_FN(0x60, "PIRQ_A_D", 1, .count = 4, .reset = 0x80, .wmask = 0xff, .doc = "PIRQA to PIRQD routing"),
    REG_FN(0x68, "PIRQ_E_H", 1, .count = 4, .reset = 0x80, .wmask = 0xff, .doc = "PIRQE to PIRQH routing"),
    REG_FN(LPC_RCBA, "RCBA", 4, .wmask = 0xffffffff, .doc = "where the root complex registers lie; bit 0 enables them"),
    {}
};

static const struct prop lpc_props[] = {
    PROP(L, "noreboot", noreboot, .def = 1, .doc = "the second expiry of the watchdog does not reset"),
    PROP(L, "smm-compat", smm_compat, .doc = "SMRAM is always open in the old way"),
    PROP(L, "x-smi-broadcast", smi_broadcast, .def = 1, .doc = "offer the firmware SMIs to all CPUs"),
    PROP(L, "x-smi-cpu-hotplug", smi_cpu_hotplug, .def = 1, .doc = "offer the firmware SMIs on CPU plug"),
    PROP(L, "x-smi-cpu-hotunplug", smi_cpu_hotunplug, .def = 1, .doc = "offer the firmware SMIs on CPU unplug"),
    {}
};

static uint64_t sci_level_get(const struct device *dev)
{
    return ich9_pm_sci(&((const L *)dev)->st);
}

static bool rst_cnt_needed(const struct device *dev)
{
    return ((const L *)dev)->st.rst_cnt;
}

static const struct section lpc_subs[] = {
    { "ICH9LPC/rst_cnt", 1, 1, .needed = rst_cnt_needed,
      .fields = (const struct field[]){ FIELD(L, "rst_cnt", rst_cnt), {} } },
    {}
};

static const struct section lpc_section = {
    "ICH9LPC", 1, 1, .check = pci_state_check, .subs = lpc_subs, .fields = (const struct field[]){
        STRUCT(L, "d", pci, pci_state_fields),
        FIELD(L, "apm.apmc", apmc),
        FIELD(L, "apm.apms", apms),
        FIELD(L, "pm.acpi_regs.pm1.evt.sts", pm1_sts),
        FIELD(L, "pm.acpi_regs.pm1.evt.en", pm1_en),
        FIELD(L, "pm.acpi_regs.pm1.cnt.cnt", pm1_cnt),
        FIELD(L, "pm.acpi_regs.tmr.timer", timer_ns, .type = "timer", .reset = TIMER_OFF),
        FIELD(L, "pm.acpi_regs.tmr.overflow_time", overflow_ns, .type = "int64"),
        ARRAY(L, "pm.acpi_regs.gpe.sts", gpe_sts),
        ARRAY(L, "pm.acpi_regs.gpe.en", gpe_en),
        FIELD(L, "pm.smi_en", smi_en),
        FIELD(L, "pm.smi_sts", smi_sts),
        ARRAY(L, "chip_config", chip_config),
        COMPUTED("sci_level", 4, .get = sci_level_get),
        ARRAY(L, "spare", spare, .hidden = true),
        {} },
};

static void lpc_outputs(struct device *dev)
{
    irq_set(&ich9_lpc(dev)->sci, ich9_pm_sci(&ich9_lpc(dev)->st));
    ich9_pirq_outputs(dev);
}

static void lpc_reset(struct device *dev)
{
    pci_reset(dev);
    ich9_pirq_reset(dev);
}

static void lpc_resumed(struct device *dev)
{
    pci_resumed(dev);
    blocks_map(dev);
    ich9_pm_watch(dev);
}

static void pm_block_init(struct ich9_lpc *l)
{
    struct device *dev = &l->pci.dev;
    static const struct { uint8_t region; uint8_t at; } parts[] = {
        { LPC_REGION_PM_EVT, 0 }, { LPC_REGION_PM_CNT, 4 }, { LPC_REGION_PM_TMR, 8 }, { LPC_REGION_GPE0, 0x20 },
        { LPC_REGION_SMI, 0x30 },
    };

    region_init(&l->pm, "ich9-pm", REGION_CONTAINER, LPC_PMBASE_BYTES - 1);
    map_begin(&dev->machine->map);
    region_enable(&l->pm, false);
    for (unsigned i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
        region_add(&l->pm, parts[i].at, &dev->regions[parts[i].region], 0);
    region_add(&dev->machine->io, 0, &l->pm, 0);
    region_enable(&dev->regions[LPC_REGION_RCRB], false);
    region_add(&dev->machine->memory, 0, &dev->regions[LPC_REGION_RCRB], 1);
    map_end(&dev->machine->map);
}

static int lpc_realize(struct device *dev, struct error **err)
{
    struct ich9_lpc *l = ich9_lpc(dev);

    isa_bus_init(&l->isa, dev->machine, dev, l->gsi);
    l->sci = (struct irq){ .sink = l->gsi, .line = 9 };
    timer_init(&l->timer, dev, &l->st.timer_ns, ich9_pm_timer_fired);
    ich9_pirq_wire(dev);
    pm_block_init(l);
    device_map(dev, LPC_REGION_APM, &dev->machine->io, LPC_APM_PORT, 0);
    device_map(dev, LPC_REGION_RESET, &dev->machine->io, 0xcf9, 1);
    return pci_realize(dev, err);
}

static void lpc_unrealize(struct device *dev)
{
    struct ich9_lpc *l = ich9_lpc(dev);

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
