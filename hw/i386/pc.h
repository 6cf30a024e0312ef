/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What the PC boards share: RAM around the hole below 4 GiB, controllers, small chips, a boot without firmware
 *
 * A board's struct begins with struct pc, and its `build` calls the steps below in its own order.  The
 * machine's `board`, `board_free` and `reset_boot` are set by pc_begin().
 */

#include "hw/acpi/tables.h"
#include "hw/i386/board.h"
#include "hw/i386/e820.h"
#include "hw/i386/firmware.h"

struct acpi_parts;
struct linux_image;
struct pc;

#define PC_GIB (1ull << 30)
enum { PC_ACPI_BYTES = 128 << 10 };     /* that a direct boot keeps for tables */
/* PIRQs A to D, or E to H, as firmware routes them: lines 10, 10, 11, 11. */
enum { PC_PIRQ_LINES = 0x0b0b0a0a };

/* What a board's ACPI tables say that no device knows; the members from smm on are the user's choice. */
struct pc_acpi {
    const struct acpi_chipset *chipset;
    /* As firmware has set them; 0: not yet.  NULL: there is no ECAM. */
    uint16_t (*pm_base)(struct pc *pc);
    uint64_t (*ecam_base)(struct pc *pc);
    uint64_t hole64_bytes;              /* for 64-bit BARs above RAM */
    bool smm;
    const struct numa *numa;
    const struct acpi_user_table *user;
    unsigned n_user;
};

struct pc {
    struct ram_block *ram;
    struct region below_4g, above_4g;   /* its two windows */
    struct region pci;                  /* below RAM in priority: BARs, ROMs */
    struct firmware firmware;
    uint64_t low_bytes, high_bytes;
    struct device *host, *gsi, *ioapic, *rtc, *fw_cfg;
    struct linux_image *linux_image;
    struct pc_acpi acpi;
    uint64_t acpi_base;                 /* of a direct boot's tables */
    struct acpi_parts *acpi_parts;      /* found for firmware's tables; NULL: not yet */
    struct e820 e820;
    bool direct_boot;
    const char *boot_order, *boot_once;         /* of -boot, borrowed; once: NULL when its turn is over */
    bool floppy_check, started;
    /* Before a direct boot: programs the bridges through their registers, as firmware would have. */
    void (*firmware_registers)(struct pc *pc);
};

/* RAM below `room` lies below 4 GiB as a whole; of more, `split` bytes do; max-ram-below-4g
 * lowers both. */
struct pc_ram_rule { uint64_t room, split; };

/* What only one board reserves; its e820 lines stand between RAM and the firmware's. Ends in size 0. */
struct pc_reserved { uint64_t base, size; };

/* bytes: of the board's struct, which is zeroed and freed with the machine. */
struct pc *pc_begin(struct machine *m, size_t bytes, void (*firmware_registers)(struct pc *pc));
/* RAM, and the firmware's ROM unless the kernel starts without. */
int pc_memory_build(struct machine *m, const struct board_config *cfg, const struct pc_ram_rule *rule,
                    struct error **err);
/* i8259 pair and IOAPIC behind the GSI router; an ISA bus and the host bridge are there. */
int pc_controllers_build(struct machine *m, struct error **err);
/* An EEPROM for each of eight memory modules; the SMBus is there. */
int pc_modules_build(struct machine *m, struct error **err);
/* DMA, HPET, RTC, PIT, speaker port, port 92h, serial and parallel ports, keyboard controller, vmport.
 * hpet_routes: pins of the IOAPIC that the HPET can drive, a bit each. */
int pc_chips_build(struct machine *m, const struct board_config *cfg, uint32_t hpet_routes, struct error **err);
/* Last: tables, e820, kernel. */
int pc_boot_prepare(struct machine *m, const struct board_config *cfg, const struct pc_acpi *acpi,
                    const struct pc_reserved *reserved, struct error **err);
/* Of it, the tables: notes what they will say, and whether a direct boot has room for them. */
int pc_acpi_prepare(struct machine *m, const struct board_config *cfg, const struct pc_acpi *fixed, struct error **err);
/* The machine as its tables describe it; when all devices are there. */
void pc_acpi_describe(struct machine *m, struct acpi_parts *p);
/* Puts the tables into fw_cfg, which is there. */
int pc_acpi_files(struct machine *m, struct error **err);
/* At each reset: which devices there are for the tables in fw_cfg. */
void pc_acpi_find(struct machine *m);
/* Writes the tables where a direct boot has them; returns the root pointer's address. */
uint64_t pc_acpi_place(struct machine *m);

static inline struct pc *pc_of(struct machine *m)
{
    return m->board;
}
