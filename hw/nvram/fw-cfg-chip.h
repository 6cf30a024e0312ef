/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* fw_cfg: the device and its items; private to fw-cfg.c and fw-cfg-items.c. */

#include "core/device.h"
#include "hw/nvram/fw-cfg.h"

/* Bits of a key beside its number; what is selected when there is no such item. */
enum { KEY_NUMBER = 0x3fff, KEY_ARCH = 0x8000, KEY_NONE = 0xffff };
/* The files whose sizes a migration sends. */
enum { ACPI_TABLES, ACPI_LOADER, ACPI_RSDP, ACPI_FILES };

struct fw_item {
    uint8_t *bytes;             /* NULL: there is no such item */
    uint32_t len;
    bool owned, writable;
    struct ram_block *block;    /* that bytes are in; NULL: none */
    void (*on_select)(void *opaque);
    void (*on_write)(void *opaque, uint32_t at, uint32_t len);
    void *opaque;
};

struct fw_change;

struct fw_cfg {
    struct device dev;
    struct {
        uint16_t file_slots;
        bool dma_enabled, acpi_mr_restore;
    } cfg;
    struct fw_cfg_state {
        uint64_t dma_addr;              /* as far as the guest has written it */
        uint64_t acpi_size[ACPI_FILES]; /* on the wire; 0: not known */
        uint32_t offset;                /* of the next byte */
        uint32_t key;                   /* selected, or KEY_NONE */
    } st;
    struct fw_item *items[2];           /* by key: general, of the architecture */
    char (*names)[FW_CFG_NAME_MAX + 1]; /* of files, sorted; file n has key FW_CFG_FILE_FIRST + n */
    unsigned n_files;
    struct fw_change *change;           /* that waits for the lock */
};

/* fw-cfg-items.c */
void items_init(struct fw_cfg *f);
void items_fini(struct fw_cfg *f);
unsigned items_max(const struct fw_cfg *f);                     /* keys below this exist */
struct fw_item *item_selected(const struct fw_cfg *f);          /* NULL: nothing that can be read */
struct fw_item *item_acpi(struct fw_cfg *f, unsigned n);        /* one of ACPI_FILES; NULL: not there */
void item_resize(struct fw_cfg *f, struct fw_item *item, uint32_t len);
