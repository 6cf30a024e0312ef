/* SPDX-License-Identifier: Apache-2.0 */
#include "hw/i386/pc-firmware.h"

/*
 * A PC's fw_cfg (see pc-firmware.h)
 *
 * What firmware cannot find out by looking: how much RAM, how many CPUs, what not to use, what the user wants
 * started, SMBIOS tables.  ACPI tables and a kernel are added by those who make them.
 * Reference: docs/specs/fw_cfg, and the directory and keys of the reference.
 * Left out: "genroms/kvmvapic.bin", by which KVM speeds up old Windows guests; sizes per NUMA node (key 0dh), which no
 * firmware in use reads.
 */

#include "core/accel.h"
#include "core/datafile.h"
#include "core/machine.h"
#include "hw/acpi/pm.h"
#include "hw/i386/e820.h"
#include "hw/nvram/fw-cfg.h"
#include "hw/pci/host.h"
#include "lib/error.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HT_BASE 0xfd00000000ull     /* AMD's HyperTransport range: addresses there are not memory's */
#define HT_BYTES 0x300000000ull
enum { HPETS_MAX = 8, NO_HPETS = 255, SPLASH_BYTES_MAX = 8 << 20, COM1 = 0x3f8 };

/* Event timer blocks, as firmware describes them to the guest (IA-PC HPET 1.0a, 3.2.4). */
struct hpets {
    uint8_t n;
    struct { uint32_t id; uint64_t address; uint16_t min_tick; uint8_t page_protection; } __attribute__((packed))
    block[HPETS_MAX];
} __attribute__((packed));

static void numbers_add(struct machine *m, struct device *fw, const struct board_config *cfg)
{
    struct hpets hpets = { .n = NO_HPETS };
    uint32_t ids = 0;

    for (unsigned i = 0; i < m->n_slots; i++)
        if (m->slots[i].apic_id >= ids)
            ids = m->slots[i].apic_id + 1;
    fw_cfg_add_u64(fw, FW_CFG_RAM_SIZE, cfg->ram_bytes);
    fw_cfg_add_u16(fw, FW_CFG_NOGRAPHIC, !cfg->graphics);
    fw_cfg_add_u16(fw, FW_CFG_NB_CPUS, m->n_vcpus);
    fw_cfg_add_u16(fw, FW_CFG_MAX_CPUS, ids);
    fw_cfg_add_u16(fw, FW_CFG_BOOT_MENU, cfg->boot.menu);
    fw_cfg_add_u32(fw, FW_CFG_IRQ0_OVERRIDE, 1);
    fw_cfg_add_bytes(fw, FW_CFG_UUID, cfg->uuid, sizeof(cfg->uuid));
    if (cfg->hpet)
        hpets = (struct hpets){ .n = 1, .block = { { .id = 0x8086a201, .address = 0xfed00000 } } };
    fw_cfg_add_bytes(fw, FW_CFG_HPET, &hpets, sizeof(hpets));
}

/* The firmware knows what lies below 1 MiB, and its own place; it asks for the rest. */
static int e820_add_file(struct machine *m, struct device *fw, const struct pc *pc, struct error **err)
{
    struct e820 e = { 0 };

    e820_add(&e, m->accel->reserved_gpa, m->accel->reserved_bytes, E820_RESERVED);
    e820_add(&e, HT_BASE, HT_BYTES, E820_RESERVED);
    e820_add(&e, 0, pc->low_bytes, E820_RAM);
    e820_add(&e, 4 * PC_GIB, pc->high_bytes, E820_RAM);
    return fw_cfg_add_file(fw, "etc/e820", e.entry, e.n * sizeof(e.entry[0]), err);
}

static bool is_picture(const uint8_t *bytes, size_t size, bool *bmp)
{
    *bmp = size > 30 && bytes[0] == 'B' && bytes[1] == 'M' && bytes[28] == 24;
    return *bmp || (size > 3 && bytes[0] == 0xff && bytes[1] == 0xd8);
}

static int splash_add(struct machine *m, struct device *fw, const char *name, struct error **err)
{
    uint8_t *bytes;
    size_t size;
    bool bmp;
    int r = datafile_read(m, "-boot splash", name, SPLASH_BYTES_MAX, &bytes, &size, err);

    if (!r && !is_picture(bytes, size, &bmp))
        r = error_set(err, -EINVAL, ERROR_SYNTAX, "-boot splash", name, "a JPEG picture, or a BMP of 24 bits a pixel");
    if (!r)
        r = fw_cfg_add_file(fw, bmp ? "bootsplash.bmp" : "bootsplash.jpg", bytes, size, err);
    free(bytes);
    return r;
}

/* Each file has a number of milliseconds, little-endian. */
static int waits_add(struct device *fw, const struct boot_config *boot, struct error **err)
{
    uint32_t reboot_ms = boot->reboot_ms;
    uint16_t splash_ms = boot->splash_ms;
    int r = fw_cfg_add_file(fw, "etc/boot-fail-wait", &reboot_ms, sizeof(reboot_ms), err);

    if (!r && boot->splash_ms >= 0)
        r = fw_cfg_add_file(fw, "etc/boot-menu-wait", &splash_ms, sizeof(splash_ms), err);
    return r;
}

static bool pci_function_find(void *opaque, const char *id, uint16_t *address)
{
    struct pci_bus *bus = pci_host_bus(pc_of(opaque)->host);

    for (unsigned devfn = 0; devfn < 256; devfn++) {
        const struct device *dev = bus->function[devfn];

        if (dev && dev->id && !strcmp(dev->id, id)) {
            *address = bus->number << 8 | devfn;
            return true;
        }
    }
    return false;
}

/* The model's, as it is; what depends on the CPU's place and state in leaf 1 is not SMBIOS's. */
static uint64_t cpu_signature(const struct cpu_model *model)
{
    return (uint64_t)model->words[WORD_1_EDX] << 32 | model->signature;
}

static int smbios_fill(struct machine *m, const struct board_config *cfg, struct error **err)
{
    const struct pc *pc = pc_of(m);
    const struct board_type *type = board_find(m->type_name);
    struct smbios_range ram[] = { { 0, pc->low_bytes }, { 4 * PC_GIB, pc->high_bytes } };
    struct smbios_machine s = {
        .manufacturer = "QEMU", .product = type->type.doc, .version = type->name, .sockets = cfg->smp.sockets,
        .cores = cfg->smp.dies * cfg->smp.cores, .threads = cfg->smp.threads, .cpu_id = cpu_signature(&cfg->cpu.model),
        .ram_bytes = cfg->ram_bytes, .ram = ram, .n_ram = pc->high_bytes ? 2 : 1, .entry_point_64 = cfg->smbios_64,
        .pci_find = pci_function_find, .opaque = m,
    };

    memcpy(s.uuid, cfg->uuid, sizeof(s.uuid));
    return smbios_add(pc->fw_cfg, &s, cfg->smbios, err);
}

int pc_firmware_new(struct machine *m, const struct board_config *cfg, struct error **err)
{
    static const uint64_t sercon_port = COM1;
    struct pc *pc = pc_of(m);
    int r = fw_cfg_new(m, &pc->fw_cfg, err);

    if (r < 0)
        return r;
    numbers_add(m, pc->fw_cfg, cfg);
    r = e820_add_file(m, pc->fw_cfg, pc, err);
    if (!r)
        r = waits_add(pc->fw_cfg, &cfg->boot, err);
    if (!r && cfg->boot.splash)
        r = splash_add(m, pc->fw_cfg, cfg->boot.splash, err);
    if (!r && !cfg->graphics)
        r = fw_cfg_add_file(pc->fw_cfg, "etc/sercon-port", &sercon_port, sizeof(sercon_port), err);
    return r ? r : fw_cfg_add_items(pc->fw_cfg, cfg->fw_cfg, cfg->n_fw_cfg, err);
}

/* Paths, a line each, and a NUL behind the last; "HALT": nothing else may be tried. */
static int boot_order_add(struct device *fw, const char *first, bool strict, struct error **err)
{
    size_t room = (first ? strlen(first) : 0) + sizeof("\nHALT");
    char *list = malloc(room);
    int r;

    assert(list);
    snprintf(list, room, "%s%s%s", first ? first : "", first && strict ? "\n" : "", strict ? "HALT" : "");
    r = fw_cfg_add_file(fw, "bootorder", list, *list ? strlen(list) + 1 : 0, err);
    free(list);
    return r;
}

int pc_firmware_finish(struct machine *m, const struct board_config *cfg, const char *first, struct error **err)
{
    struct device *fw = pc_of(m)->fw_cfg;
    uint8_t states[ACPI_SYSTEM_STATES];
    int r = boot_order_add(fw, first, cfg->boot.strict, err);

    acpi_system_states(m, states);
    if (!r && m->pm)
        r = fw_cfg_add_file(fw, "etc/system-states", states, sizeof(states), err);
    if (!r)
        r = fw_cfg_add_file(fw, "bios-geometry", "", 0, err);
    return r ? r : smbios_fill(m, cfg, err);
}
