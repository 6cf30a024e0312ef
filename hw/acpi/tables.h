/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * ACPI tables of the PC machines
 *
 * Pure: a description of the machine goes in, bytes and a list of what has to be put right in them, once
 * their addresses are known, come out.  Firmware gets both through the table loader (etc/table-loader);
 * the direct boot puts them right itself.
 * A part of the machine that the description does not mention has no object in the tables.
 */

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

struct numa;

/* What differs between the machines for good: fixed ports, link devices, FADT's form. */
struct acpi_chipset;
extern const struct acpi_chipset acpi_q35, acpi_pc;

struct acpi_cpu {
    uint32_t apic_id;
    bool absent;                /* possible, but not there: enabled when it is plugged */
};

/* A function of bus 0.  Of those that are not function 0 the reference describes the SMBus only. */
enum acpi_function_kind {
    ACPI_FUNCTION_FIXED,        /* can neither be plugged nor unplugged: bridges */
    ACPI_FUNCTION_VGA,          /* stays in D0 while the machine sleeps */
    ACPI_FUNCTION_QXL,          /* the same, but D3 in S3 */
    ACPI_FUNCTION_PLUGGABLE
};
struct acpi_function {
    uint8_t devfn;
    enum acpi_function_kind kind;
};

/* An ISA serial or parallel port; irq is its ISA line. */
struct acpi_port {
    uint16_t iobase;            /* 0: no such port */
    uint8_t irq;
};

/* -acpitable: a whole table; its checksum is made here. */
struct acpi_user_table {
    const uint8_t *bytes;
    uint32_t len;               /* at least a header's 36 */
};

struct acpi_machine {
    const struct acpi_chipset *chipset;
    const struct acpi_cpu *cpus;                        /* in order of their index */
    unsigned n_cpus;
    uint16_t pm_base;           /* of the PM1 event block */
    uint64_t ecam_base;         /* 256 buses; 0: none */
    uint32_t pci_memory_first, pci_memory_last;         /* the window for 32-bit BARs */
    uint64_t pci_memory64_first, pci_memory64_last;     /* last 0: none */
    const struct acpi_function *functions;              /* of bus 0, in order; the ISA bridge is one */
    unsigned n_functions;
    struct acpi_port serial[4], parallel[3];            /* COM1 to COM4, LPT1 to LPT3 */
    uint16_t pvpanic_port;      /* 0: none */
    uint8_t s4_value;           /* SLP_TYP of S4 */
    bool s3, s4, smm, hpet, i8042, fw_cfg, vmgenid;
    bool pirq;                  /* the ISA bridge routes INTA to INTD: link devices, _PRT */
    bool pci_hotplug;           /* the controller of 0CC0h or AE00h */
    bool pci_hotplug_root;      /* bus 0 is among its buses */
    bool cpu_hotplug;           /* the controller of 0CD8h or AF00h */
    const struct numa *numa;    /* NULL: one node, and no tables of nodes */
    uint64_t ram_below_4g, ram_above_4g;                /* for the nodes' ranges */
    const struct acpi_user_table *user;
    unsigned n_user;
    const char *oem_id, *oem_table_id;                  /* up to 6 and 8 characters; NULL: the reference's */
};

/* The blobs that a loader allocates; VMGENID is a page of the guest's with the generation id in it. */
enum acpi_blob_id { ACPI_TABLES, ACPI_RSDP, ACPI_VMGENID, ACPI_BLOBS };

/*
 * One thing to be put right, in order: a pointer's `size` bytes at `at` of `in` hold an offset in `target`, to
 * which the address of `target` is added; a checksum at `at` makes the `len` bytes from `start` on sum to zero;
 * tell: the device that owns etc/vmgenid_addr learns the address of byte `start` of `target`.
 */
enum acpi_fixup_kind { ACPI_POINTER, ACPI_CHECKSUM, ACPI_TELL };
struct acpi_fixup {
    enum acpi_fixup_kind kind;
    enum acpi_blob_id in, target;
    uint32_t at, start, len;
    uint8_t size;
};

struct acpi_tables {
    GByteArray *blob[ACPI_BLOBS];       /* NULL: none, or not made here (VMGENID) */
    GArray *fixups;                     /* of struct acpi_fixup */
};

void acpi_tables_build(const struct acpi_machine *m, struct acpi_tables *t);
void acpi_tables_fini(struct acpi_tables *t);
/* Applies the fixups for blobs at these addresses, once. */
void acpi_tables_place(struct acpi_tables *t, const uint64_t base[ACPI_BLOBS]);

/* For a machine without firmware: tables and root pointer in one piece, valid at `base`, a multiple of 64. */
struct acpi_blob {
    GByteArray *bytes;
    uint64_t rsdp;              /* offset of the root pointer in bytes */
};

void acpi_build(const struct acpi_machine *m, uint64_t base, struct acpi_blob *blob);
void acpi_blob_fini(struct acpi_blob *blob);
