/* SPDX-License-Identifier: Apache-2.0 */
#include "hw/i386/board.h"

/*
 * pc-q35-7.2: Q35 host bridge, ICH9, and the small chips of a PC
 *
 *     00000000  RAM (up to 2 GiB when there are 2.75 GiB or more, else all), PAM windows at C0000-FFFFF
 *     B0000000  ECAM      FEC00000  IOAPIC     FED00000  HPET     FEE00000  local APICs, MSI
 *     100000000 the rest of RAM
 *
 * Without firmware (x-direct-boot) the board stands in for it: at every reset it programs the bridges
 * through their registers, as firmware would, and places tables, kernel and initrd.
 * Left out until their parts exist: firmware, VGA, AHCI, SMBus, NIC, i8042, parallel port, SMRAM.
 */

#include "core/accel.h"
#include "core/dma.h"
#include "cpu/state.h"
#include "hw/acpi/tables.h"
#include "hw/i386/firmware.h"
#include "hw/i386/linux-boot.h"
#include "hw/intc/apic.h"
#include "hw/intc/gsi.h"
#include "hw/intc/i8259.h"
#include "hw/intc/ioapic.h"
#include "hw/isa/ich9-lpc.h"
#include "hw/pci/q35-host.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define GIB (1ull << 30)
#define ECAM_BASE 0xb0000000ull
#define RCBA_BASE 0xfed1c000ull
#define HOLE64_BYTES (32 * GIB)
enum { PM_BASE = 0x600, ACPI_BYTES = 128 << 10, MCH_PCIEXBAR = 0x60, MCH_PAM0 = 0x90 };

struct q35 {
    struct ram_block *ram;
    struct region below_4g, above_4g, pci;
    struct firmware firmware;
    uint64_t low_bytes, high_bytes;
    struct device *host, *mch, *lpc, *gsi, *ioapic;
    struct linux_image *linux_image;
    struct acpi_blob acpi;
    uint64_t acpi_base;
    struct e820 e820;
    bool direct_boot;
};

static int ram_build(struct machine *m, struct q35 *b, const struct board_config *cfg, struct error **err)
{
    int r = machine_ram_new(m, &(struct ram_config){ .name = "pc.ram", .size = cfg->ram_bytes }, &b->ram, err);

    if (r < 0)
        return r;
    b->low_bytes = cfg->ram_bytes < ECAM_BASE ? cfg->ram_bytes : 2 * GIB;
    b->high_bytes = cfg->ram_bytes - b->low_bytes;
    region_init(&b->pci, "pci", REGION_CONTAINER, UINT64_MAX);
    region_init_ram(&b->below_4g, "ram-below-4g", b->ram, 0, b->low_bytes);
    map_begin(&m->map);
    region_add(&m->memory, 0, &b->below_4g, 0);
    region_add(&m->memory, 0, &b->pci, -1);
    if (b->high_bytes) {
        region_init_ram(&b->above_4g, "ram-above-4g", b->ram, b->low_bytes, b->high_bytes);
        region_add(&m->memory, 4 * GIB, &b->above_4g, 0);
    }
    map_end(&m->map);
    return 0;
}

static void e820_build(struct q35 *b)
{
    struct e820 *e = &b->e820;

    e820_add(e, 0, 0x9fc00, E820_RAM);
    e820_add(e, 0x9fc00, 0x400, E820_RESERVED);
    e820_add(e, 0xf0000, 0x10000, E820_RESERVED);
    e820_add(e, 0x100000, b->acpi_base - 0x100000, E820_RAM);
    e820_add(e, b->acpi_base, ACPI_BYTES, E820_RESERVED);
    e820_add(e, ECAM_BASE, 256 << 20, E820_RESERVED);
    e820_add(e, RCBA_BASE, 0x4000, E820_RESERVED);
    e820_add(e, 0xfffc0000, 0x40000, E820_RESERVED);
    e820_add(e, 4 * GIB, b->high_bytes, E820_RAM);
    e820_add(e, 0xfd00000000, 0x300000000, E820_RESERVED);
}

static void acpi_prepare(struct machine *m, struct q35 *b, const struct board_config *cfg)
{
    uint32_t *ids = calloc(m->n_vcpus, sizeof(*ids));
    uint64_t hole64 = 4 * GIB + ((b->high_bytes + GIB - 1) & ~(GIB - 1));
    struct acpi_machine a = {
        .n_cpus = m->n_vcpus, .apic_ids = ids, .pm_base = PM_BASE, .ecam_base = ECAM_BASE,
        .pci_memory_first = b->low_bytes, .pci_memory_last = 0xfebfffff,
        .pci_memory64_first = hole64, .pci_memory64_last = hole64 + HOLE64_BYTES - 1,
        .hpet = cfg->hpet, .serial = cfg->serial[0],
    };

    assert(ids);
    for (unsigned i = 0; i < m->n_vcpus; i++)
        ids[i] = m->vcpus[i]->apic_id;
    b->acpi_base = b->low_bytes - ACPI_BYTES;
    acpi_build(&a, b->acpi_base, &b->acpi);
    free(ids);
}

static int bridges_build(struct machine *m, struct q35 *b, struct error **err)
{
    struct q35_memory mem = { .system = &m->memory, .ram = &b->below_4g, .pci = &b->pci };
    int r;

    b->host = device_new(m, device_type_find("q35-pcihost"));
    q35_host_set_memory(b->host, &mem);
    r = device_realize(b->host, &m->obj, "q35", err);
    if (r < 0)
        return r;
    b->mch = device_new(m, device_type_find("mch"));
    mch_set_host(b->mch, b->host);
    r = device_set(b->mch, "addr", "00.0", err);
    if (!r)
        r = device_realize(b->mch, &b->host->obj, "mch", err);
    if (r < 0)
        return r;
    b->lpc = device_new(m, device_type_find("ICH9-LPC"));
    ich9_lpc_set_gsi(b->lpc, gsi_sink(b->gsi));
    r = device_set(b->lpc, "addr", "1f.0", err);
    if (!r)
        r = device_set(b->lpc, "multifunction", "on", err);
    return r ? r : device_realize(b->lpc, NULL, NULL, err);
}

static int controllers_build(struct machine *m, struct q35 *b, struct error **err)
{
    struct i8259_pair pic;
    int r = i8259_new_pair(m, &pic, err);

    if (!r)
        r = ioapic_new(m, &b->host->obj, &b->ioapic, err);
    if (!r)
        gsi_connect(b->gsi, pic.master, pic.slave, b->ioapic);
    return r;
}

static int serial_build(struct machine *m, const struct board_config *cfg, struct error **err)
{
    int r = 0;

    for (unsigned i = 0; i < 4 && !r; i++) {
        struct device *dev;

        if (!cfg->serial[i])
            continue;
        dev = device_new(m, device_type_find("isa-serial"));
        r = device_set(dev, "index", T("%u", i), err);
        if (!r)
            r = device_set(dev, "chardev", cfg->serial[i], err);
        if (!r)
            r = device_realize(dev, NULL, NULL, err);
    }
    return r;
}

static int chips_build(struct machine *m, const struct board_config *cfg, struct error **err)
{
    static const char *const chips[] = { "mc146818rtc", "isa-pit", "isa-pcspk" };
    int r = cfg->hpet ? board_device_new(m, "hpet", NULL, NULL, NULL, err) : 0;

    for (unsigned i = 0; i < sizeof(chips) / sizeof(chips[0]) && !r; i++)
        r = board_device_new(m, chips[i], i ? NULL : "base_year", "0", NULL, err);
    return r ? r : serial_build(m, cfg, err);
}

static void q35_powerdown(struct machine *m)
{
    ich9_lpc_power_button(((struct q35 *)m->board)->lpc);
}

/* What firmware would have programmed by the time a kernel starts. */
static void firmware_registers(struct q35 *b)
{
    device_write(b->mch, 0, MCH_PCIEXBAR + 4, 4, 0);
    device_write(b->mch, 0, MCH_PCIEXBAR, 4, ECAM_BASE | 1);
    device_write(b->mch, 0, MCH_PAM0, 1, 0x30);
    for (unsigned i = 1; i < 7; i++)
        device_write(b->mch, 0, MCH_PAM0 + i, 1, 0x33);
    device_write(b->lpc, 0, LPC_PMBASE, 4, PM_BASE | 1);
    device_write(b->lpc, 0, LPC_ACPI_CNTL, 1, LPC_ACPI_ENABLE);
    device_write(b->lpc, 0, LPC_RCBA, 4, RCBA_BASE | 1);
}

static void boot_cpu_start(struct machine *m, const struct linux_image *image)
{
    struct x86_state *st = calloc(1, sizeof(*st));

    assert(st);
    m->accel->ops->vcpu_get(m->vcpus[0], st);
    linux_image_start(image, st);
    m->accel->ops->vcpu_put(m->vcpus[0], st);
    free(st);
}

static void q35_reset_boot(struct machine *m)
{
    struct q35 *b = m->board;

    if (!b->direct_boot)
        return;
    firmware_registers(b);
    dma_write(&m->memory_as, b->acpi_base, b->acpi.bytes->data, b->acpi.bytes->len);
    if (b->linux_image && m->accel->ops->runs_code) {
        linux_image_place(b->linux_image, &m->memory_as, &b->e820, b->acpi_base + b->acpi.rsdp);
        boot_cpu_start(m, b->linux_image);
    }
}

/* A board that failed half way has not made all of them. */
static void region_drop(struct machine *m, struct region *r)
{
    if (!r->name)
        return;
    map_begin(&m->map);
    if (r->parent)
        region_remove(r);
    map_end(&m->map);
    region_fini(r);
}

static void q35_free(struct machine *m)
{
    struct q35 *b = m->board;

    linux_image_close(b->linux_image);
    if (b->acpi.bytes)
        acpi_blob_fini(&b->acpi);
    firmware_unmap(&b->firmware, m);
    region_drop(m, &b->below_4g);
    region_drop(m, &b->above_4g);
    region_drop(m, &b->pci);
    free(b);
}

static int boot_prepare(struct machine *m, struct q35 *b, const struct board_config *cfg, struct error **err)
{
    b->direct_boot = cfg->direct_boot;
    acpi_prepare(m, b, cfg);
    e820_build(b);
    if (!cfg->kernel)
        return 0;
    if (!cfg->direct_boot)
        return error_set(err, -ENOTSUP, ERROR_UNSUPPORTED, "-kernel", cfg->kernel,
                         "legal: with -machine x-direct-boot=on");
    return linux_image_open(&b->linux_image, cfg->kernel, cfg->initrd, cfg->append, b->low_bytes, ACPI_BYTES, err);
}

static int q35_build(struct machine *m, const struct board_config *cfg, struct error **err)
{
    struct q35 *b = calloc(1, sizeof(*b));
    int r;

    assert(b);
    m->board = b;
    m->board_free = q35_free;
    m->powerdown = q35_powerdown;
    m->reset_boot = q35_reset_boot;
    r = ram_build(m, b, cfg, err);
    if (!r && (cfg->bios || !cfg->direct_boot))
        r = firmware_map(&b->firmware, m, &b->pci, cfg->bios, err);
    if (!r)
        r = board_cpus_new(m, cfg, err);
    if (!r)
        r = gsi_new(m, &b->gsi, err);
    if (!r)
        r = bridges_build(m, b, err);
    if (!r)
        r = controllers_build(m, b, err);
    if (!r)
        r = chips_build(m, cfg, err);
    return r ? r : boot_prepare(m, b, cfg, err);
}

static const struct board_type q35_type = {
    .type = { .name = "pc-q35-7.2-machine",
              .parent = "machine",
              .doc = "Standard PC (Q35 + ICH9, 2009)",
              .state = &no_state },
    .name = "pc-q35-7.2",
    .alias = "q35",
    .version = 702,
    .max_cpus = 288,
    .build = q35_build,
};
TYPE_IN(q35_type, q35_type.type);
