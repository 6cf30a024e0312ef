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
#include "hw/acpi/pm.h"
#include "hw/intc/gsi.h"
#include "hw/isa/piix3.h"
#include "hw/pci/i440fx.h"

#define RAM_ROOM 0xe0000000ull
#define HOLE64_BYTES (2 * PC_GIB)
enum { HPET_ROUTES = 1 << 2 };
enum { PM_BASE = 0x600 };

struct pc_i440fx {
    struct pc pc;
    struct device *i440fx, *piix3, *pm;
};

static struct pc_i440fx *pc_i440fx(struct pc *pc)
{
    return (struct pc_i440fx *)pc;
}

static int bridges_build(struct machine *m, struct pc_i440fx *b, const struct board_config *cfg, struct error **err)
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
    r = device_set(b->i440fx, "addr", "00.0", err);
    if (!r)
        r = device_realize(b->i440fx, NULL, NULL, err);
    if (r < 0)
        return r;
    b->piix3 = device_new(m, device_type_find("PIIX3"));
    piix3_set_gsi(b->piix3, gsi_sink(pc->gsi));
    r = device_set(b->piix3, "addr", "01.0", err);
    if (!r)
        r = device_set(b->piix3, "multifunction", "on", err);
    return r ? r : device_realize(b->piix3, NULL, NULL, err);
}

static int pm_build(struct machine *m, struct pc_i440fx *b, const struct board_config *cfg, struct error **err)
{
    const char *const props[][2] = {
        { "addr", "01.3" }, { "smb_io_base", "0xb100" }, { "smm-enabled", cfg->smm ? "on" : "off" },
    };
    int r = 0;

    b->pm = device_new(m, device_type_find("PIIX4_PM"));
    piix4_pm_set_gsi(b->pm, gsi_sink(b->pc.gsi));
    for (unsigned i = 0; i < sizeof(props) / sizeof(props[0]) && !r; i++)
        r = device_set(b->pm, props[i][0], props[i][1], err);
    if (!r)
        r = device_realize(b->pm, NULL, NULL, err);
    return r ? r : pc_modules_build(m, err);
}

static void firmware_registers(struct pc *pc)
{
    struct pc_i440fx *b = pc_i440fx(pc);

    device_write(b->i440fx, 0, I440FX_PAM0, 1, 0x30);
    for (unsigned i = 1; i < 7; i++)
        device_write(b->i440fx, 0, I440FX_PAM0 + i, 1, 0x33);
    device_write(b->piix3, 0, PIIX3_PIRQRC_A, 4, PC_PIRQ_LINES);
    device_write(b->pm, 0, PIIX4_PMBA, 4, PM_BASE | 1);
    device_write(b->pm, 0, PIIX4_PMREGMISC, 1, PIIX4_PMIOSE);
}

/* Where firmware put the power management ports. */
static uint16_t pm_base(struct pc *pc)
{
    return pci_config_read(pc_i440fx(pc)->pm, PIIX4_PMBA, 4) & 0xffc0;
}

static int boot_prepare(struct machine *m, const struct board_config *cfg, struct error **err)
{
    static const struct pc_reserved none[] = { {} };
    static const struct pc_acpi acpi = { .chipset = &acpi_pc, .pm_base = pm_base, .hole64_bytes = HOLE64_BYTES };

    return pc_boot_prepare(m, cfg, &acpi, none, err);
}

static int pc_i440fx_build(struct machine *m, const struct board_config *cfg, struct error **err)
{
    struct pc_ram_rule rule = { .room = cfg->max_ram_below_4g ? cfg->max_ram_below_4g : RAM_ROOM,
                                .split = 3 * PC_GIB };
    struct pc_i440fx *b = pc_i440fx(pc_begin(m, sizeof(*b), firmware_registers));
    int r = pc_memory_build(m, cfg, &rule, err);

    m->powerdown = acpi_power_button;
    if (!r)
        r = board_cpus_new(m, cfg, err);
    if (!r)
        r = gsi_new(m, &b->pc.gsi, err);
    if (!r)
        r = bridges_build(m, b, cfg, err);
    if (!r)
        r = pm_build(m, b, cfg, err);
    if (!r)
        r = pc_controllers_build(m, err);
    if (!r)
        r = pc_chips_build(m, cfg, HPET_ROUTES, err);
    return r ? r : boot_prepare(m, cfg, err);
}

static const struct board_type pc_i440fx_type = {
    .type = { .name = "pc-i440fx-7.2-machine",
              .parent = "machine",
              .doc = "Standard PC (i440FX + PIIX, 1996)",
              .state = &no_state },
    .name = "pc-i440fx-7.2",
    .alias = "pc",
    .version = 702,
    .max_cpus = 255,
    .build = pc_i440fx_build,
};
TYPE_IN(pc_i440fx_type, pc_i440fx_type.type);
