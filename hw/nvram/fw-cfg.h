/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * fw_cfg: what the machine tells its firmware
 *
 * Items have 16-bit keys; those from 20h up are files, which have names as well and stand in a directory.
 * A board makes the device, then adds items; nothing is added once the machine has run.  Home loop, where
 * nothing else is said.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct device;
struct error;
struct machine;

enum fw_cfg_key {
    FW_CFG_SIGNATURE = 0x00,    /* this, ID and FILE_DIR are the device's own */
    FW_CFG_ID = 0x01,
    FW_CFG_UUID = 0x02,
    FW_CFG_RAM_SIZE = 0x03,
    FW_CFG_NOGRAPHIC = 0x04,
    FW_CFG_NB_CPUS = 0x05,
    FW_CFG_KERNEL_ADDR = 0x07,
    FW_CFG_KERNEL_SIZE = 0x08,
    FW_CFG_INITRD_ADDR = 0x0a,
    FW_CFG_INITRD_SIZE = 0x0b,
    FW_CFG_BOOT_MENU = 0x0e,
    FW_CFG_MAX_CPUS = 0x0f,
    FW_CFG_KERNEL_ENTRY = 0x10,
    FW_CFG_KERNEL_DATA = 0x11,
    FW_CFG_INITRD_DATA = 0x12,
    FW_CFG_CMDLINE_ADDR = 0x13,
    FW_CFG_CMDLINE_SIZE = 0x14,
    FW_CFG_CMDLINE_DATA = 0x15,
    FW_CFG_SETUP_ADDR = 0x16,
    FW_CFG_SETUP_SIZE = 0x17,
    FW_CFG_SETUP_DATA = 0x18,
    FW_CFG_FILE_DIR = 0x19,
    FW_CFG_FILE_FIRST = 0x20,
    FW_CFG_IRQ0_OVERRIDE = 0x8002,      /* from 8000h on: a second set of keys, of the architecture */
    FW_CFG_HPET = 0x8004,
};

enum { FW_CFG_NAME_MAX = 55, FW_CFG_WRITABLE_MAX = 4096 };

/* A file that a user asked for: bytes belong to whoever made it. */
struct fw_cfg_item { const char *name; const uint8_t *bytes; uint32_t len; };

/* Makes and realizes the device, at /machine/fw_cfg. */
int fw_cfg_new(struct machine *m, struct device **dev, struct error **err);
/* The machine's; NULL: none. */
struct device *fw_cfg_find(struct machine *m);
bool fw_cfg_has_dma(struct device *dev);

/* By key; bytes are copied, numbers are little-endian, a string keeps its NUL.  Each key once. */
void fw_cfg_add_bytes(struct device *dev, uint16_t key, const void *bytes, uint32_t len);
void fw_cfg_add_u16(struct device *dev, uint16_t key, uint16_t val);
void fw_cfg_set_u16(struct device *dev, uint16_t key, uint16_t val);    /* one that is there; no vCPU runs */
void fw_cfg_add_u32(struct device *dev, uint16_t key, uint32_t val);
void fw_cfg_add_u64(struct device *dev, uint16_t key, uint64_t val);
void fw_cfg_add_string(struct device *dev, uint16_t key, const char *s);

/* A file; bytes are copied.  -EEXIST, -ENAMETOOLONG, -ENOSPC: no slot is left. */
int fw_cfg_add_file(struct device *dev, const char *name, const void *bytes, uint32_t len, struct error **err);
/* What the user asked for, one after the other. */
int fw_cfg_add_items(struct device *dev, const struct fw_cfg_item *items, unsigned n, struct error **err);

/*
 * A file that somebody else keeps: `bytes` stay theirs and outlive the device.  on_select runs when the
 * guest selects the file, before it reads; on_write after it has written len bytes at `at` by DMA.  A file
 * without on_write cannot be written; one with it has at most FW_CFG_WRITABLE_MAX bytes.  Both may be NULL.
 * Hooks run on the thread of the access, inside fw_cfg's entry and under its lock: they may look at bytes,
 * change files, post work; they enter no other device.
 */
int fw_cfg_add_file_hooks(struct device *dev, const char *name, void *bytes, uint32_t len,
                          void (*on_select)(void *opaque), void (*on_write)(void *opaque, uint32_t at, uint32_t len),
                          void *opaque, struct error **err);
/* A file in a RAM block called "/rom@NAME", which a migration sends: it may grow to max bytes. */
int fw_cfg_add_file_ram(struct device *dev, const char *name, const void *bytes, uint32_t len, uint32_t max,
                        void (*on_select)(void *opaque), void *opaque, struct error **err);
/* Other contents for a file that fw_cfg keeps; at most its max bytes if it has one.  At any time, also in a hook. */
int fw_cfg_modify_file(struct device *dev, const char *name, const void *bytes, uint32_t len, struct error **err);
/* For tests and for boards that look: the contents of a key; NULL: no such item. */
const uint8_t *fw_cfg_bytes(struct device *dev, uint16_t key, uint32_t *len);
/* The key of a file; 0: no such file. */
uint16_t fw_cfg_file_key(struct device *dev, const char *name);
