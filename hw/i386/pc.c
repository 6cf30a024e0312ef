/* SPDX-License-Identifier: Apache-2.0 */
#include "hw/i386/pc.h"

/*
 * What the PC boards share (see pc.h)
 *
 * Without firmware (x-direct-boot) the board stands in for it: at every reset it programs the bridges
 * through their registers, as firmware would, and places tables, kernel and initrd.
 * Left out until their parts exist: disks, NIC.
 * ACPI tables are in pc-acpi.c.
 */

#include "core/accel.h"
#include "core/dma.h"
#include "cpu/state.h"
#include "hw/acpi/pm.h"
#include "hw/dma/i8257.h"
#include "hw/i386/kernel-image.h"
#include "hw/i386/linux-boot.h"
#include "hw/i386/pc-cmos.h"
#include "hw/i386/pc-firmware.h"
#include "hw/intc/gsi.h"
#include "hw/intc/i8259.h"
#include "hw/intc/ioapic.h"
#include "hw/timer/i8254.h"
#include "hw/timer/mc146818rtc.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

/* The first processor goes where `start` puts it instead of to the reset vector. */
static void boot_cpu_start(struct machine *m, void (*start)(const void *opaque, struct x86_state *st),
                           const void *opaque)
{
    struct x86_state *st = calloc(1, sizeof(*st));

    assert(st);
    m->accel->ops->vcpu_get(m->vcpus[0], st);
    start(opaque, st);
    m->accel->ops->vcpu_put(m->vcpus[0], st);
    free(st);
}

static void kernel_start(const void *image, struct x86_state *st)
{
    linux_image_start(image, st);
}

/* ACPI 3.0, 5.2.10: real mode, at the "physical address of OS's waking vector", CS a multiple of 16 below. */
static void waking_start(const void *vector, struct x86_state *st)
{
    uint32_t at = *(const uint32_t *)vector;

    st->seg[CS].sel = at >> 4;
    st->seg[CS].base = at & ~0xfu;
    st->rip = at & 0xf;
}

/* -boot once holds until the first reset after power-on. */
static void boot_once_over(struct pc *pc)
{
    if (pc->started && pc->boot_once) {
        pc_cmos_boot_order(pc->rtc, pc->boot_order, pc->floppy_check);
        pc->boot_once = NULL;
    }
    pc->started = true;
}

/* What firmware finds is what there is now: CPUs and functions may have come and gone. */
static void pc_reset_boot(struct machine *m)
{
    struct pc *pc = pc_of(m);
    uint64_t rsdp;

    boot_once_over(pc);
    pc_cmos_cpus(pc->rtc, m->n_vcpus);
    fw_cfg_set_u16(pc->fw_cfg, FW_CFG_NB_CPUS, m->n_vcpus);
    if (pc->acpi_parts)
        pc_acpi_find(m);
    if (!pc->direct_boot)
        return;
    pc->plan->firmware_registers(pc);
    rsdp = pc_acpi_place(m);
    if (pc->linux_image && m->accel->ops->runs_code) {
        linux_image_place(pc->linux_image, &m->memory_as, &pc->e820, rsdp);
        boot_cpu_start(m, kernel_start, pc->linux_image);
    }
}

/* What firmware does at the end of a sleep.  A guest that left no vector starts anew. */
static void pc_wake_boot(struct machine *m)
{
    struct pc *pc = pc_of(m);
    uint32_t vector;

    if (!pc->direct_boot)
        return;
    vector = pc_acpi_waking_vector(m);
    if (!vector || vector >= 1 << 20) {
        pc_reset_boot(m);
        return;
    }
    pc->plan->firmware_registers(pc);
    boot_cpu_start(m, waking_start, &vector);
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

static void pc_free(struct machine *m)
{
    struct pc *pc = pc_of(m);

    linux_image_close(pc->linux_image);
    free(pc->acpi_parts);
    firmware_unmap(&pc->firmware, m);
    for (unsigned i = 0; i < pc->n_pieces; i++)
        region_drop(m, &pc->pieces[i]);
    free(pc->pieces);
    region_drop(m, &pc->below_4g);
    region_drop(m, &pc->above_4g);
    region_drop(m, &pc->memory);
    region_drop(m, &pc->pci);
    free(pc);
}

static struct pc *pc_begin(struct machine *m, const struct pc_plan *plan)
{
    struct pc *pc = calloc(1, plan->bytes);

    assert(pc);
    pc->plan = plan;
    m->board = pc;
    m->board_free = pc_free;
    m->reset_boot = pc_reset_boot;
    m->wake_boot = pc_wake_boot;
    m->powerdown = acpi_power_button;
    return pc;
}

static uint64_t low_bytes(const struct board_config *cfg, const struct pc_plan *plan)
{
    uint64_t user = cfg->max_ram_below_4g;
    uint64_t room = plan->room_of_user && user ? user : plan->ram_room;
    uint64_t low = cfg->ram_bytes < room ? cfg->ram_bytes : plan->ram_split;

    return user && user < low ? user : low;
}

/* The block of RAM, or a container of the blocks, one behind the other. */
static void ram_init(struct pc *pc, const struct board_config *cfg)
{
    uint64_t at = 0;

    if (cfg->n_ram == 1) {
        region_init_ram(&pc->memory, cfg->ram[0]->name, cfg->ram[0], 0, cfg->ram_bytes);
        return;
    }
    pc->pieces = calloc(cfg->n_ram, sizeof(pc->pieces[0]));
    assert(pc->pieces);
    region_init(&pc->memory, "pc.ram", REGION_CONTAINER, cfg->ram_bytes - 1);
    for (; pc->n_pieces < cfg->n_ram; at += cfg->ram[pc->n_pieces++]->size) {
        struct ram_block *b = cfg->ram[pc->n_pieces];

        region_init_ram(&pc->pieces[pc->n_pieces], b->name, b, 0, b->size);
        region_add(&pc->memory, at, &pc->pieces[pc->n_pieces], 0);
    }
}

static void windows_map(struct machine *m, const struct board_config *cfg)
{
    struct pc *pc = pc_of(m);

    map_begin(&m->map);
    ram_init(pc, cfg);
    region_init_alias(&pc->below_4g, "ram-below-4g", &pc->memory, 0, pc->low_bytes);
    region_add(&m->memory, 0, &pc->below_4g, 0);
    region_add(&m->memory, 0, &pc->pci, -1);
    if (pc->high_bytes) {
        region_init_alias(&pc->above_4g, "ram-above-4g", &pc->memory, pc->low_bytes, pc->high_bytes);
        region_add(&m->memory, 4 * PC_GIB, &pc->above_4g, 0);
    }
    map_end(&m->map);
}

/* RAM, and the firmware's ROM unless the kernel starts without. */
static int memory_build(struct machine *m, const struct board_config *cfg, struct error **err)
{
    struct pc *pc = pc_of(m);
    struct ram_config ram = { .name = "pc.ram", .size = cfg->ram_bytes, .merge = cfg->mem_merge,
                              .no_dump = !cfg->dump_guest_core };
    struct board_config with_ram = *cfg;
    struct ram_block *own;
    int r = 0;

    for (unsigned i = 0; i < cfg->n_ram; i++)
        machine_ram_borrow(m, cfg->ram[i]);
    if (!cfg->n_ram) {
        r = machine_ram_new(m, &ram, &own, err);
        with_ram.ram = &own;
        with_ram.n_ram = 1;
    }
    if (r < 0)
        return r;
    m->ram_bytes = cfg->ram_bytes;
    pc->low_bytes = low_bytes(cfg, pc->plan);
    pc->high_bytes = cfg->ram_bytes - pc->low_bytes;
    region_init(&pc->pci, "pci", REGION_CONTAINER, UINT64_MAX);
    windows_map(m, &with_ram);
    return cfg->bios || !cfg->direct_boot ? firmware_map(&pc->firmware, m, &pc->pci, cfg->bios, err) : 0;
}

/* DMA; i8259 pair and IOAPIC behind the GSI router; an ISA bus and the host bridge are there. */
static int controllers_build(struct machine *m, const struct board_config *cfg, struct error **err)
{
    struct pc *pc = pc_of(m);
    struct i8259_pair pic = { 0 };
    int r = i8257_new_pair(m, err);

    if (!r && cfg->pic)
        r = i8259_new_pair(m, &pic, err);
    if (!r)
        r = ioapic_new(m, &pc->host->obj, &pc->ioapic, err);
    if (!r)
        gsi_connect(pc->gsi, pic.master, pic.slave, pc->ioapic);
    return r;
}

/* A port of a type at its place; chardev NULL: none. */
static int port_build(struct machine *m, const char *type, unsigned index, const char *chardev, struct error **err)
{
    struct device *dev;
    int r;

    if (!chardev)
        return 0;
    dev = device_new(m, device_type_find(type));
    r = device_set(dev, "index", T("%u", index), err);
    if (!r)
        r = device_set(dev, "chardev", chardev, err);
    return r ? r : device_realize(dev, NULL, NULL, err);
}

/* Serial and parallel ports, keyboard controller, VMware's port with its pointer, port 92h. */
static int super_io_build(struct machine *m, const struct board_config *cfg, struct error **err)
{
    int r = 0;

    for (unsigned i = 0; i < 4 && !r; i++)
        r = port_build(m, "isa-serial", i, cfg->serial[i], err);
    for (unsigned i = 0; i < 3 && !r; i++)
        r = port_build(m, "isa-parallel", i, cfg->parallel[i], err);
    if (!r && cfg->i8042)
        r = board_device_new(m, "i8042", NULL, NULL, NULL, err);
    if (!r && cfg->vmport)
        r = board_device_new(m, "vmport", NULL, NULL, NULL, err);
    if (!r && cfg->vmport && cfg->i8042)        /* the pointer interrupts as the controller's mouse */
        r = board_device_new(m, "vmmouse", NULL, NULL, NULL, err);
    return r ? r : board_device_new(m, "port92", NULL, NULL, NULL, err);
}

static void cmos_fill(struct machine *m, const struct board_config *cfg)
{
    struct pc *pc = pc_of(m);
    struct pc_cmos c = { .low_bytes = pc->low_bytes, .high_bytes = pc->high_bytes, .cpus = m->n_vcpus,
                         .floppy_check = cfg->floppy_check, .mouse = cfg->i8042 };

    pc->boot_order = cfg->boot.order ? cfg->boot.order : "cad";
    pc->boot_once = cfg->boot.once;
    pc->floppy_check = cfg->floppy_check;
    c.boot_order = pc->boot_once ? pc->boot_once : pc->boot_order;
    pc_cmos_set(pc->rtc, &c);
}

int pc_modules_build(struct machine *m, struct error **err)
{
    enum { FIRST_ADDRESS = 0x50, MODULES = 8 };
    int r = 0;

    for (unsigned i = 0; i < MODULES && !r; i++)
        r = board_device_new(m, "smbus-eeprom", "address", T("%u", FIRST_ADDRESS + i), NULL, err);
    return r;
}

static int rtc_build(struct machine *m, const struct board_config *cfg, struct error **err)
{
    struct device *rtc = pc_of(m)->rtc = device_new(m, device_type_find("mc146818rtc"));
    int r = device_set(rtc, "base_year", "0", err);

    if (!r && cfg->rtc_slew)
        r = device_set(rtc, "lost_tick_policy", "slew", err);
    return r ? r : device_realize(rtc, NULL, NULL, err);
}

/* HPET, RTC, PIT, speaker port, and what is in a super I/O chip. */
static int chips_build(struct machine *m, const struct board_config *cfg, struct error **err)
{
    struct pc *pc = pc_of(m);
    struct text routes = text("%u", pc->plan->hpet_routes);
    int r = pc_firmware_new(m, cfg, err);

    if (!r && cfg->hpet)
        r = board_device_new(m, "hpet", "hpet-intcap", routes.s, NULL, err);
    if (!r)
        r = rtc_build(m, cfg, err);
    if (!r && cfg->pit)
        r = board_device_new(m, i8254_type_name(m), NULL, NULL, NULL, err);
    if (!r && cfg->pit)
        r = board_device_new(m, "isa-pcspk", NULL, NULL, NULL, err);
    if (r < 0)
        return r;
    cmos_fill(m, cfg);
    return super_io_build(m, cfg, err);
}

static int graphics_build(struct machine *m, const struct board_config *cfg, struct error **err)
{
    return cfg->vga == VGA_STD ? board_device_new(m, "VGA", NULL, NULL, NULL, err) : 0;
}

static void e820_build(const struct machine *m, struct pc *pc)
{
    const struct pc_reserved *reserved = pc->plan->reserved;
    struct e820 *e = &pc->e820;

    e820_add(e, 0, 0x9fc00, E820_RAM);
    e820_add(e, 0x9fc00, 0x400, E820_RESERVED);
    e820_add(e, 0xf0000, 0x10000, E820_RESERVED);
    e820_add(e, 0x100000, pc->acpi_base - 0x100000, E820_RAM);
    e820_add(e, pc->acpi_base, PC_ACPI_BYTES, E820_RESERVED);
    for (; reserved->size; reserved++)
        e820_add(e, reserved->base, reserved->size, E820_RESERVED);
    e820_add(e, m->accel->reserved_gpa, m->accel->reserved_bytes, E820_RESERVED);
    e820_add(e, 0xfffc0000, 0x40000, E820_RESERVED);
    e820_add(e, 4 * PC_GIB, pc->high_bytes, E820_RAM);
    e820_add(e, 0xfd00000000, 0x300000000, E820_RESERVED);
}

/* With firmware, an option ROM starts the kernel.  *path: how bootorder calls it. */
static int kernel_prepare(struct pc *pc, const struct board_config *cfg, const char **path, struct error **err)
{
    int r;

    *path = NULL;
    if (!cfg->kernel || cfg->direct_boot)
        return 0;
    r = kernel_add(pc->fw_cfg, cfg, pc->low_bytes, err);
    if (r < 0)
        return r;
    *path = kernel_boot_path(r);
    return 0;
}

static int firmware_prepare(struct machine *m, const struct board_config *cfg, struct error **err)
{
    struct pc *pc = pc_of(m);
    const char *kernel;
    char *first;
    int r = kernel_prepare(pc, cfg, &kernel, err);

    if (!r)
        r = rom_files_add(m, pc->fw_cfg, cfg, err);
    if (r < 0)
        return r;
    first = rom_boot_list(cfg, kernel);
    r = pc_firmware_finish(m, cfg, first, err);
    free(first);
    return r || !cfg->acpi ? r : pc_acpi_files(m, err);
}

/* Last: tables, e820, kernel. */
static int boot_prepare(struct machine *m, const struct board_config *cfg, struct error **err)
{
    struct pc *pc = pc_of(m);
    int r = pc_acpi_prepare(m, cfg, &pc->plan->acpi, err);

    pc->direct_boot = cfg->direct_boot;
    e820_build(m, pc);
    if (!r)
        r = firmware_prepare(m, cfg, err);
    if (r < 0 || !cfg->kernel || !cfg->direct_boot)
        return r;
    return linux_image_open(&pc->linux_image, cfg->kernel, cfg->initrd, cfg->append, pc->low_bytes, PC_ACPI_BYTES, err);
}

int pc_function_realize(struct device *dev, const char *addr, bool others, struct object *parent, const char *name,
                        struct error **err)
{
    int r = device_set(dev, "addr", addr, err);

    if (!r && others)
        r = device_set(dev, "multifunction", "on", err);
    return r ? r : device_realize(dev, parent, name, err);
}

static const struct type x86_base = { .name = "x86-machine", .parent = "machine", .doc = "a machine of x86 CPUs",
                                      .abstract = true };
TYPE(x86_base);
static const struct type pc_base = { .name = "generic-pc-machine", .parent = "x86-machine", .doc = "a PC",
                                     .abstract = true };
TYPE(pc_base);

int pc_build(struct machine *m, const struct board_config *cfg, const struct pc_plan *plan, struct error **err)
{
    struct pc *pc = pc_begin(m, plan);
    int r = memory_build(m, cfg, err);

    board_config_keep(m, cfg);
    if (!r)
        r = board_cpus_new(m, cfg, err);
    if (!r)
        r = gsi_new(m, &pc->gsi, err);
    if (!r)
        r = plan->bridges(m, cfg, err);
    if (!r)
        r = controllers_build(m, cfg, err);
    if (!r && plan->graphics_first)
        r = graphics_build(m, cfg, err);
    if (!r)
        r = chips_build(m, cfg, err);
    if (!r)
        r = plan->rest(m, cfg, err);
    if (!r && !plan->graphics_first)
        r = graphics_build(m, cfg, err);
    return r ? r : boot_prepare(m, cfg, err);
}
