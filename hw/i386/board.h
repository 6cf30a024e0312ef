/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Machine types, as -machine names them, and what a board is told when it is built
 *
 * A machine type is a type below "machine" (its QOM name ends in "-machine"); building one fills an empty
 * struct machine whose accelerator is open.  Home loop.
 */

#include "core/machine.h"
#include "cpu/model.h"
#include "cpu/topology.h"
#include "hw/i386/rom-files.h"
#include "hw/nvram/fw-cfg.h"
#include "hw/smbios/smbios.h"

/* -boot */
struct boot_config {
    const char *order, *once;                   /* drive letters; once: for the first start; NULL: not given */
    bool menu, strict;
    const char *splash;                         /* a picture's path */
    int splash_ms, reboot_ms;                   /* -1: not given */
};

struct acpi_user_table;
struct attr;
struct numa;

/* -vga */
enum board_vga { VGA_NONE, VGA_STD };

struct board_config {
    uint64_t ram_bytes;
    struct ram_block *const *ram;               /* lent to the board, one behind the other: ram_bytes in all */
    unsigned n_ram;                             /* 0: the board makes its own */
    uint64_t max_ram_below_4g;                  /* in whole MiB; 0: the board's own rule */
    bool ram_asked;                             /* -m was given */
    struct cpu_topology smp;
    struct cpu_config cpu;
    const char *kernel, *initrd, *append;       /* NULL: none */
    const char *bios;           /* -bios; NULL: the default, if the board starts firmware */
    bool direct_boot;                           /* x-direct-boot */
    bool hpet, smm, vmport, graphics;
    bool acpi, i8042, pic, pit, smbus;          /* what there is of it: smbus is q35's */
    bool dump_guest_core, mem_merge;            /* RAM in core dumps of the program; equal pages may be one */
    const char *oem_id, *oem_table_id;          /* of ACPI tables, up to 6 and 8 characters; NULL: the reference's */
    enum board_vga vga;
    struct boot_config boot;
    bool floppy_check;                          /* no -no-fd-bootchk */
    const char *serial[4], *parallel[3];        /* ids of chardevs; NULL: no port */
    const struct fw_cfg_item *fw_cfg;           /* files that the user gives to the firmware */
    unsigned n_fw_cfg;
    const struct rom_config *roms;              /* -option-rom */
    unsigned n_roms;
    const struct smbios_config *smbios;
    bool smbios_64;                             /* smbios-entry-point-type=64 */
    uint8_t uuid[UUID_BYTES];                   /* zeros: none */
    bool hmat;
    bool rtc_slew;              /* -rtc driftfix=slew */
    struct numa *numa;                          /* NULL: no nodes were asked for */
    const struct acpi_user_table *acpi_tables;
    unsigned n_acpi_tables;
};

/* What a board has when nobody asks for anything: 128 MiB, one CPU, all parts, no graphics adapter. */
void board_config_init(struct board_config *cfg);

struct board_type {
    struct type type;           /* "pc-q35-7.2-machine" */
    const char *name, *alias;   /* "pc-q35-7.2", "q35" */
    bool is_default;            /* one is: when nobody names a machine */
    const char *cpu_type;       /* unless -cpu says otherwise; NULL: it has no CPUs */
    const char *ram_id;         /* of its RAM, if the user names no memory backend */
    unsigned version;
    unsigned max_cpus;
    int (*build)(struct machine *m, const struct board_config *cfg, struct error **err);
};

static inline const struct board_type *board_type_of(const struct type *t)
{
    return (const struct board_type *)((const char *)t - offsetof(struct board_type, type));
}

/* By name or alias; NULL: none. */
const struct board_type *board_find(const char *name);
const struct board_type *board_default(void);
void board_each(void (*fn)(const struct board_type *b, void *opaque), void *opaque);

/* The places of CPUs, for who asks before the board is built; board_cpus_new() makes them otherwise. */
void board_places_new(struct machine *m, const struct board_config *cfg);
/* Makes the vCPUs and their devices, with APIC ids after the topology, threads parked. */
int board_cpus_new(struct machine *m, const struct board_config *cfg, struct error **err);
/* A board's first step: what it is built from stays with the machine, in place of what was kept before, for who asks
 * later.  Texts are borrowed. */
void board_config_keep(struct machine *m, const struct board_config *cfg);
/* Of QOM's /machine: what every machine has, and a PC. */
void board_attrs(const struct type *asked, void (*fn)(const struct attr *a, void *opaque), void *opaque);
void board_pc_attrs(const struct type *asked, void (*fn)(const struct attr *a, void *opaque), void *opaque);
/* Realizes a device of a type with a property or none (NULL); in /machine/unattached. */
int board_device_new(struct machine *m, const char *type, const char *prop, const char *value, struct device **dev,
                     struct error **err);
