/* SPDX-License-Identifier: Apache-2.0 */
#include "hw/i386/pc.h"

/*
 * pc-i440fx-7.2: i440FX host bridge, PIIX3, and the small chips of a PC
 *
 *     00000000  RAM (up to 3 GiB when there are 3.5 GiB or more, else all; max-ram-below-4g says
 *               another number in the place of 3.5 GiB), PAM windows at C0000-FFFFF
 *     FEC00000  IOAPIC     FED00000  HPET     FEE00000  local APICs, MSI
 *     100000000 the rest of RAM
 *
 * What both PC boards have is in pc.c.
 * Left out until their parts exist: IDE (01.1), USB (01.2).
 */

#include "hw/acpi/piix4-pm.h"
#include "hw/intc/gsi.h"
#include "hw/isa/piix3.h"
#include "hw/pci/i440fx.h"

enum { PM_BASE = 0x600 };

struct pc_i440fx {
    struct pc pc;
    struct device *i440fx, *piix3, *pm;
};

static struct pc_i440fx *pc_i440fx(struct pc *pc)
{
    return (struct pc_i440fx *)pc;
}

static int host_build(struct machine *m, struct pc_i440fx *b, const struct board_config *cfg, struct error **err)
{
    struct pc *pc = &b->pc;
    struct pci_host_memory mem = { &m->memory, &pc->below_4g, &pc->pci, cfg->ram_bytes };
    int r;

    pc->host = device_new(m, device_type_find("i440FX-pcihost"));
    pci_host_set_memory(pc->host, &mem);
    r = device_realize(pc->host, &m->obj, "i440fx", err);
    if (r < 0)
        return r;
    b->i440fx = device_new(m, device_type_find("i440FX"));
    i440fx_set_host(b->i440fx, pc->host);
    return pc_function_realize(b->i440fx, "00.0", false, NULL, NULL, err);
}

static int rest_build(struct machine *m, const struct board_config *cfg, struct error **err)
{
    struct pc_i440fx *b = pc_i440fx(pc_of(m));
    int r;

    if (!cfg->acpi)
        return 0;
    b->pm = device_new(m, device_type_find("PIIX4_PM"));
    piix4_pm_set_gsi(b->pm, gsi_sink(b->pc.gsi));
    r = device_set(b->pm, "smb_io_base", "0xb100", err);
    if (!r)
        r = device_set(b->pm, "smm-enabled", cfg->smm ? "on" : "off", err);
    if (!r)
        r = pc_function_realize(b->pm, "01.3", false, NULL, NULL, err);
    return r ? r : pc_modules_build(m, err);
}

static int bridges_build(struct machine *m, const struct board_config *cfg, struct error **err)
{
    struct pc_i440fx *b = pc_i440fx(pc_of(m));
    int r = host_build(m, b, cfg, err);

    if (r < 0)
        return r;
    b->piix3 = device_new(m, device_type_find("PIIX3"));
    piix3_set_gsi(b->piix3, gsi_sink(b->pc.gsi));
    return pc_function_realize(b->piix3, "01.0", true, NULL, NULL, err);
}

static void firmware_registers(struct pc *pc)
{
    struct pc_i440fx *b = pc_i440fx(pc);

    device_write(b->i440fx, 0, I440FX_PAM0, 1, 0x30);
    for (unsigned i = 1; i < 7; i++)
        device_write(b->i440fx, 0, I440FX_PAM0 + i, 1, 0x33);
    device_write(b->piix3, 0, PIIX3_PIRQRC_A, 4, PC_PIRQ_LINES);
    if (!b->pm)
        return;
    device_write(b->pm, 0, PIIX4_PMBA, 4, PM_BASE | 1);
    device_write(b->pm, 0, PIIX4_PMREGMISC, 1, PIIX4_PMIOSE);
}

/* Where firmware put the power management ports. */
static uint16_t pm_base(struct pc *pc)
{
    return pci_config_read(pc_i440fx(pc)->pm, PIIX4_PMBA, 4) & 0xffc0;
}

static int pc_i440fx_build(struct machine *m, const struct board_config *cfg, struct error **err)
{
    static const struct pc_plan plan = {
        .bytes = sizeof(struct pc_i440fx),
        .ram_room = 0xe0000000, .ram_split = 3 * PC_GIB, .room_of_user = true,
        .hpet_routes = 1 << 2,
        .acpi = { .chipset = &acpi_pc, .pm_base = pm_base, .hole64_bytes = 2 * PC_GIB },
        .bridges = bridges_build,
        .rest = rest_build,
        .graphics_first = true,
        .firmware_registers = firmware_registers,
    };

    return pc_build(m, cfg, &plan, err);
}

static const struct board_type pc_i440fx_type = {
    .type = { .name = "pc-i440fx-7.2-machine",
              .parent = "generic-pc-machine",
              .doc = "Standard PC (i440FX + PIIX, 1996)",
              .attrs = board_pc_attrs,
              .state = &no_state },
    .name = "pc-i440fx-7.2",
    .alias = "pc",
    .is_default = true,
    .cpu_type = "qemu64-x86_64-cpu",
    .ram_id = "pc.ram",
    .version = 702,
    .max_cpus = 255,
    .build = pc_i440fx_build,
};
TYPE_IN(pc_i440fx_type, pc_i440fx_type.type);
