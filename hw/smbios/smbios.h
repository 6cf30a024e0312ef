/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * SMBIOS tables: what a guest reads about the machine it runs on
 *
 * Pure: a description of the machine and what the user asked for go in, bytes for fw_cfg come out.
 * Firmware places them, adds its own structure 0 if there is none, and fills in address and checksums.
 */

#include "lib/uuid.h"

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct device;
struct error;

enum { SMBIOS_LIST = 64, SMBIOS_OEM_STRINGS = 255, SMBIOS_BLOB_MAX = 16 << 20 };

/* What -smbios asked for.  A string that is NULL has its default, one that is empty is left out.  Strings and
 * bytes live as long as this; smbios_config_fini() frees them. */
struct smbios_config {
    struct {
        bool given, uefi;
        uint8_t major, minor;
        const char *vendor, *version, *date;
    } bios;
    struct {
        const char *manufacturer, *product, *version, *serial, *sku, *family;
        bool has_uuid;
        uint8_t uuid[UUID_BYTES];
    } system;
    struct { bool given; const char *manufacturer, *product, *version, *serial, *asset, *location; } board;
    struct { const char *manufacturer, *version, *serial, *asset, *sku; } chassis;
    struct {
        const char *socket, *manufacturer, *version, *serial, *asset, *part;
        unsigned max_speed, current_speed;      /* MHz */
        uint64_t id;                            /* 0: the CPU's */
    } processor;
    struct smbios_port { const char *internal, *external; unsigned connector_type, port_type; } port[SMBIOS_LIST];
    const char *oem_string[SMBIOS_OEM_STRINGS];
    struct {
        const char *locator, *bank, *manufacturer, *serial, *asset, *part;
        unsigned speed;
    } memory;
    struct smbios_onboard { const char *designation, *pcidev; unsigned kind, instance; } onboard[SMBIOS_LIST];
    /* Whole structures, which stand for all that would be built of their type. */
    struct smbios_blob { uint8_t *bytes; size_t len; } blob[SMBIOS_LIST];
    unsigned n_ports, n_oem_strings, n_onboard, n_blobs;
    uint64_t fields[4], blobs[4];               /* a bit per type: what was said of it so far */
    GStringChunk *strings;
};

void smbios_config_init(struct smbios_config *c);
void smbios_config_fini(struct smbios_config *c);
static inline bool smbios_bit(const uint64_t bits[4], unsigned type)
{
    return bits[type / 64] >> type % 64 & 1;
}

struct smbios_range { uint64_t base, bytes; };

struct smbios_machine {
    const char *manufacturer, *product, *version;       /* "QEMU", "Standard PC (Q35 + ICH9, 2009)", "pc-q35-7.2" */
    uint8_t uuid[UUID_BYTES];                           /* zeros: none */
    unsigned sockets, cores, threads;                   /* cores of a socket, threads of a core */
    uint64_t cpu_id;                                    /* EAX of CPUID leaf 1, EDX in the high half */
    uint64_t ram_bytes;
    const struct smbios_range *ram;                     /* where it lies, lowest first */
    unsigned n_ram;
    bool entry_point_64;                                /* of version 3.0 */
    /* The address (bus * 256 + devfn) of the PCI function with that id; false: there is none. */
    bool (*pci_find)(void *opaque, const char *id, uint16_t *address);
    void *opaque;
};

struct smbios_tables { GByteArray *anchor, *table; };

/* -E2BIG, -ENODEV.  Free with smbios_tables_fini(), also after an error. */
int smbios_build(const struct smbios_machine *m, const struct smbios_config *c, struct smbios_tables *t,
                 struct error **err);
void smbios_tables_fini(struct smbios_tables *t);
/* Builds, and puts the files etc/smbios/smbios-anchor and etc/smbios/smbios-tables into fw_cfg. */
int smbios_add(struct device *fw_cfg, const struct smbios_machine *m, const struct smbios_config *c,
               struct error **err);
