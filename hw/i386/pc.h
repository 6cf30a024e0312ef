/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What the PC boards share: RAM around the hole below 4 GiB, controllers, small chips, a boot without firmware
 *
 * A board's struct begins with struct pc; what sets it apart stands in its struct pc_plan, which pc_build() carries
 * out.
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
    const char *oem_id, *oem_table_id;
};

/* What only one board reserves; its e820 lines stand between RAM and the firmware's. */
struct pc_reserved { uint64_t base, size; };

/* One board.  Bridges come before all other chips, `rest` after them, VGA before or after: QOM's unattached devices are
 * numbered so. */
struct pc_plan {
    size_t bytes;                       /* of the board's struct, which is zeroed and freed with the machine */
    /* RAM below ram_room lies below 4 GiB as a whole; of more, ram_split bytes do; max-ram-below-4g lowers both, or
     * takes the place of ram_room where the board has room_of_user. */
    uint64_t ram_room, ram_split;
    bool room_of_user;
    uint32_t hpet_routes;               /* pins of the IOAPIC that the HPET can drive, a bit each */
    struct pc_reserved reserved[3];     /* ends in size 0 */
    struct pc_acpi acpi;
    int (*bridges)(struct machine *m, const struct board_config *cfg, struct error **err);
    int (*rest)(struct machine *m, const struct board_config *cfg, struct error **err);
    bool graphics_first;
    /* Before a direct boot: programs the bridges through their registers, as firmware would have. */
    void (*firmware_registers)(struct pc *pc);
};

struct pc {
    const struct pc_plan *plan;
    struct region memory, below_4g, above_4g;   /* all of it, and its two windows */
    struct region *pieces;              /* of memory, if several blocks make it */
    unsigned n_pieces;
    struct region pci;                  /* below RAM in priority: BARs, ROMs */
    struct firmware firmware;
    uint64_t low_bytes, high_bytes;
    struct device *host, *gsi, *ioapic, *rtc, *fw_cfg;
    struct linux_image *linux_image;
    struct pc_acpi acpi;
    uint64_t acpi_base;                 /* of a direct boot's tables */
    struct acpi_parts *acpi_parts;      /* found for firmware's tables; NULL: not yet, or there are none */
    struct e820 e820;
    bool direct_boot, has_acpi;
    const char *boot_order, *boot_once;         /* of -boot, borrowed; once: NULL when its turn is over */
    bool floppy_check, started;
};

/* Sets the machine's `board`, `board_free`, `reset_boot` and `wake_boot`. */
int pc_build(struct machine *m, const struct board_config *cfg, const struct pc_plan *plan, struct error **err);
/* A PCI function of the board that is made, but not realized; others: more functions share its slot. */
int pc_function_realize(struct device *dev, const char *addr, bool others, struct object *parent, const char *name,
                        struct error **err);
/* An EEPROM for each of eight memory modules; the SMBus is there. */
int pc_modules_build(struct machine *m, struct error **err);
/* Of ACPI's tables: notes what they will say, and whether a direct boot has room for them. */
int pc_acpi_prepare(struct machine *m, const struct board_config *cfg, const struct pc_acpi *fixed, struct error **err);
/* The machine as its tables describe it; when all devices are there. */
void pc_acpi_describe(struct machine *m, struct acpi_parts *p);
/* Puts the tables into fw_cfg, which is there. */
int pc_acpi_files(struct machine *m, struct error **err);
/* At each reset: which devices there are for the tables in fw_cfg. */
void pc_acpi_find(struct machine *m);
/* Writes the tables where a direct boot has them; returns the root pointer's address, 0 if there are none. */
uint64_t pc_acpi_place(struct machine *m);
/* Of these tables: where the guest wants to be woken up, an address; 0: it has not said. */
uint32_t pc_acpi_waking_vector(struct machine *m);

static inline struct pc *pc_of(struct machine *m)
{
    return m->board;
}
