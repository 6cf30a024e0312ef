/* SPDX-License-Identifier: Apache-2.0 */
#include "hw/i386/pc.h"

/*
 * pc-q35-7.2: Q35 host bridge, ICH9, and the small chips of a PC
 *
 *     00000000  RAM (up to 2 GiB when there are 2.75 GiB or more, else all), PAM windows at C0000-FFFFF
 *     B0000000  ECAM      FEC00000  IOAPIC     FED00000  HPET     FEE00000  local APICs, MSI
 *     100000000 the rest of RAM
 *
 * What both PC boards have is in pc.c.
 * Left out until its part exists: AHCI.
 */

#include "hw/intc/gsi.h"
#include "hw/isa/ich9-lpc.h"
#include "hw/pci/q35-host.h"

#define ECAM_BASE 0xb0000000ull
#define ECAM_BYTES (256ull << 20)
#define RCBA_BASE 0xfed1c000ull
#define RCBA_BYTES 0x4000
enum { PM_BASE = 0x600, MCH_PCIEXBAR = 0x60, MCH_PAM0 = 0x90, LPC_PIRQA = 0x60, LPC_PIRQE = 0x68 };

struct q35 {
    struct pc pc;
    struct device *mch, *lpc, *smb;
};

static struct q35 *q35(struct pc *pc)
{
    return (struct q35 *)pc;
}

static int host_build(struct machine *m, struct q35 *b, struct error **err)
{
    struct pc *pc = &b->pc;
    struct pci_host_memory mem = { .system = &m->memory, .ram = &pc->below_4g, .pci = &pc->pci };
    int r;

    pc->host = device_new(m, device_type_find("q35-pcihost"));
    pci_host_set_memory(pc->host, &mem);
    r = device_realize(pc->host, &m->obj, "q35", err);
    if (r < 0)
        return r;
    b->mch = device_new(m, device_type_find("mch"));
    mch_set_host(b->mch, pc->host);
    return pc_function_realize(b->mch, "00.0", false, &pc->host->obj, "mch", err);
}

static int bridges_build(struct machine *m, const struct board_config *cfg, struct error **err)
{
    struct q35 *b = q35(pc_of(m));
    int r = host_build(m, b, err);

    if (r < 0)
        return r;
    b->lpc = device_new(m, device_type_find("ICH9-LPC"));
    ich9_lpc_set_gsi(b->lpc, gsi_sink(b->pc.gsi));
    if (!cfg->smm)
        ich9_lpc_set_no_smm(b->lpc);
    return pc_function_realize(b->lpc, "1f.0", true, NULL, NULL, err);
}

static void firmware_registers(struct pc *pc)
{
    struct q35 *b = q35(pc);

    device_write(b->mch, 0, MCH_PCIEXBAR, 4, ECAM_BASE | 1);
    device_write(b->mch, 0, MCH_PAM0, 1, 0x30);
    for (unsigned i = 1; i < 7; i++)
        device_write(b->mch, 0, MCH_PAM0 + i, 1, 0x33);
    device_write(b->lpc, 0, LPC_PMBASE, 4, PM_BASE | 1);
    device_write(b->lpc, 0, LPC_ACPI_CNTL, 1, LPC_ACPI_ENABLE);
    device_write(b->lpc, 0, LPC_RCBA, 4, RCBA_BASE | 1);
    device_write(b->lpc, 0, LPC_PIRQA, 4, PC_PIRQ_LINES);
    device_write(b->lpc, 0, LPC_PIRQE, 4, PC_PIRQ_LINES);
}

/* Where the window of 256 buses is; the shorter ones have no table. */
static uint64_t ecam_base(struct pc *pc)
{
    enum { ENABLED = 1, LENGTH = 6 };
    uint64_t bar = pci_config_read(q35(pc)->mch, MCH_PCIEXBAR, 8);

    return (bar & (ENABLED | LENGTH)) == ENABLED ? bar & 0xff0000000ull : 0;
}

static uint16_t pm_base(struct pc *pc)
{
    enum { BASE = 0xff80 };

    if (!(pci_config_read(q35(pc)->lpc, LPC_ACPI_CNTL, 1) & LPC_ACPI_ENABLE))
        return 0;
    return pci_config_read(q35(pc)->lpc, LPC_PMBASE, 4) & BASE;
}

static void smi_negotiate(void *lpc)
{
    ich9_lpc_smi_negotiate(lpc);
}

static void smi_requested(void *lpc, uint32_t at, uint32_t len)
{
    (void)lpc;
    (void)at;
    (void)len;
}

/* How firmware and the LPC bridge agree on SMIs to all processors: offer, wish, answer. */
static int smi_features_add(struct q35 *b, struct error **err)
{
    uint64_t supported = ich9_lpc_smi_supported(b->lpc);
    struct device *fw = b->pc.fw_cfg;
    int r = fw_cfg_add_file(fw, "etc/smi/supported-features", &supported, sizeof(supported), err);

    if (!r)
        r = fw_cfg_add_file_hooks(fw, "etc/smi/requested-features", ich9_lpc_smi_requested(b->lpc), sizeof(supported),
                                  NULL, smi_requested, b->lpc, err);
    return r ? r : fw_cfg_add_file_hooks(fw, "etc/smi/features-ok", ich9_lpc_smi_features_ok(b->lpc), 1,
                                         smi_negotiate, NULL, b->lpc, err);
}

static int rest_build(struct machine *m, const struct board_config *cfg, struct error **err)
{
    struct q35 *b = q35(pc_of(m));
    int r = smi_features_add(b, err);

    if (r < 0 || !cfg->smbus)
        return r;
    b->smb = device_new(m, device_type_find("ICH9-SMB"));
    r = pc_function_realize(b->smb, "1f.3", true, NULL, NULL, err);
    return r ? r : pc_modules_build(m, err);
}

static int q35_build(struct machine *m, const struct board_config *cfg, struct error **err)
{
    static const struct pc_plan plan = {
        .bytes = sizeof(struct q35),
        .ram_room = ECAM_BASE, .ram_split = 2 * PC_GIB,
        .hpet_routes = 0xff0104,        /* 2, 8, 16 to 23 */
        .reserved = { { ECAM_BASE, ECAM_BYTES }, { RCBA_BASE, RCBA_BYTES } },
        .acpi = { .chipset = &acpi_q35, .pm_base = pm_base, .ecam_base = ecam_base, .hole64_bytes = 32 * PC_GIB },
        .bridges = bridges_build,
        .rest = rest_build,
        .firmware_registers = firmware_registers,
    };

    return pc_build(m, cfg, &plan, err);
}

static const struct board_type q35_type = {
    .type = { .name = "pc-q35-7.2-machine",
              .parent = "generic-pc-machine",
              .doc = "Standard PC (Q35 + ICH9, 2009)",
              .attrs = board_pc_attrs,
              .state = &no_state },
    .name = "pc-q35-7.2",
    .alias = "q35",
    .cpu_type = "qemu64-x86_64-cpu",
    .ram_id = "pc.ram",
    .version = 702,
    .max_cpus = 288,
    .build = q35_build,
};
TYPE_IN(q35_type, q35_type.type);
