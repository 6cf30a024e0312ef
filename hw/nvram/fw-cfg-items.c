/* SPDX-License-Identifier: Apache-2.0 */
#include "hw/nvram/fw-cfg-chip.h"

/*
 * fw_cfg: its items and the directory of files (see fw-cfg.h)
 *
 *     directory, key 19h    count (4), then per file: size (4), key (2), 0 (2), name (56); big-endian
 *
 * Files stand sorted by name and are numbered in that order, so that two machines with the same files
 * have the same keys.
 * Invariant: an item's bytes are len bytes at least, and the directory says so for each file.
 */

#include "core/machine.h"
#include "lib/bits.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { DIR_HEAD = 4, DIR_ENTRY = 64, DIR_KEY = 4, DIR_NAME = 8, RAM_PAGE = 4096 };

static struct fw_cfg *fw_cfg(struct device *dev)
{
    assert(type_is(&dev->type->type, "fw_cfg") && dev->realized);
    return (struct fw_cfg *)dev;
}

unsigned items_max(const struct fw_cfg *f)
{
    return FW_CFG_FILE_FIRST + f->cfg.file_slots;
}

static struct fw_item *item_at(const struct fw_cfg *f, uint32_t key)
{
    uint32_t n = key & KEY_NUMBER;

    return key != KEY_NONE && n < items_max(f) ? &f->items[!!(key & KEY_ARCH)][n] : NULL;
}

struct fw_item *item_selected(const struct fw_cfg *f)
{
    struct fw_item *item = item_at(f, f->st.key);

    return item && item->bytes ? item : NULL;
}

static struct fw_item *item_new(struct fw_cfg *f, uint16_t key, const void *bytes, uint32_t len)
{
    struct fw_item *item = item_at(f, key);

    assert(item && !item->bytes && !machine_running(f->dev.machine));
    item->bytes = calloc(1, len ? len : 1);
    assert(item->bytes);
    if (len && bytes)
        memcpy(item->bytes, bytes, len);
    item->len = len;
    item->owned = true;
    return item;
}

void items_init(struct fw_cfg *f)
{
    for (unsigned i = 0; i < 2; i++)
        f->items[i] = calloc(items_max(f), sizeof(*f->items[i]));
    f->names = calloc(f->cfg.file_slots, sizeof(*f->names));
    assert(f->items[0] && f->items[1] && f->names);
}

static void item_free(struct fw_item *item)
{
    if (item->owned)
        free(item->bytes);
    *item = (struct fw_item){ 0 };
}

void items_fini(struct fw_cfg *f)
{
    for (unsigned i = 0; i < 2; i++) {
        for (unsigned n = 0; f->items[i] && n < items_max(f); n++)
            item_free(&f->items[i][n]);
        free(f->items[i]);
        f->items[i] = NULL;
    }
    free(f->names);
    f->names = NULL;
}

static void directory_write(struct fw_cfg *f)
{
    struct fw_item *dir = item_at(f, FW_CFG_FILE_DIR);

    if (!dir->bytes)
        item_new(f, FW_CFG_FILE_DIR, NULL, DIR_HEAD + DIR_ENTRY * f->cfg.file_slots);
    bits_store_be(dir->bytes, 4, f->n_files);
    for (unsigned i = 0; i < f->n_files; i++) {
        uint8_t *entry = dir->bytes + DIR_HEAD + DIR_ENTRY * i;

        bits_store_be(entry, 4, item_at(f, FW_CFG_FILE_FIRST + i)->len);
        bits_store_be(entry + DIR_KEY, 2, FW_CFG_FILE_FIRST + i);
        memcpy(entry + DIR_NAME, f->names[i], sizeof(f->names[i]));
    }
}

void fw_cfg_add_bytes(struct device *dev, uint16_t key, const void *bytes, uint32_t len)
{
    assert((key & KEY_ARCH) || key < FW_CFG_FILE_FIRST);
    item_new(fw_cfg(dev), key, bytes, len);
}

void fw_cfg_add_u16(struct device *dev, uint16_t key, uint16_t val)
{
    fw_cfg_add_bytes(dev, key, &val, sizeof(val));
}

void fw_cfg_set_u16(struct device *dev, uint16_t key, uint16_t val)
{
    struct fw_item *item = item_at(fw_cfg(dev), key);

    assert(item->len == sizeof(val));
    memcpy(item->bytes, &val, sizeof(val));
}

void fw_cfg_add_u32(struct device *dev, uint16_t key, uint32_t val)
{
    fw_cfg_add_bytes(dev, key, &val, sizeof(val));
}

void fw_cfg_add_u64(struct device *dev, uint16_t key, uint64_t val)
{
    fw_cfg_add_bytes(dev, key, &val, sizeof(val));
}

void fw_cfg_add_string(struct device *dev, uint16_t key, const char *s)
{
    fw_cfg_add_bytes(dev, key, s, strlen(s) + 1);
}

/* The first file whose name is not before this one; *found: it is this one. */
static unsigned file_place(const struct fw_cfg *f, const char *name, bool *found)
{
    unsigned i = 0;

    while (i < f->n_files && strcmp(f->names[i], name) < 0)
        i++;
    *found = i < f->n_files && !strcmp(f->names[i], name);
    return i;
}

static struct fw_item *file_find(const struct fw_cfg *f, const char *name)
{
    bool found;
    unsigned i = file_place(f, name, &found);

    return found ? item_at(f, FW_CFG_FILE_FIRST + i) : NULL;
}

/* An empty slot at the place of that name; those behind it move up. */
static int file_new(struct fw_cfg *f, const char *name, struct fw_item **item, struct error **err)
{
    bool found;
    unsigned i = file_place(f, name, &found);

    if (!*name || strlen(name) > FW_CFG_NAME_MAX)
        return error_set(err, -ENAMETOOLONG, ERROR_RANGE, "fw_cfg file name", name,
                         T("1 to %d characters", FW_CFG_NAME_MAX));
    if (found)
        return error_set(err, -EEXIST, ERROR_STATE, "fw_cfg file", name, "a name that is not in use");
    if (f->n_files == f->cfg.file_slots)
        return error_set(err, -ENOSPC, ERROR_RANGE, "fw_cfg file", name,
                         T("at most %u files (x-file-slots)", f->cfg.file_slots));
    assert(!machine_running(f->dev.machine));
    *item = item_at(f, FW_CFG_FILE_FIRST + i);
    memmove(*item + 1, *item, (f->n_files - i) * sizeof(**item));
    memmove(f->names[i + 1], f->names[i], (f->n_files - i) * sizeof(*f->names));
    **item = (struct fw_item){ 0 };
    memset(f->names[i], 0, sizeof(f->names[i]));
    memcpy(f->names[i], name, strlen(name));
    f->n_files++;
    return 0;
}

int fw_cfg_add_file(struct device *dev, const char *name, const void *bytes, uint32_t len, struct error **err)
{
    struct fw_cfg *f = fw_cfg(dev);
    struct fw_item *item;
    int r = file_new(f, name, &item, err);

    if (r < 0)
        return r;
    item_new(f, FW_CFG_FILE_FIRST + (item - &f->items[0][FW_CFG_FILE_FIRST]), bytes, len);
    directory_write(f);
    return 0;
}

int fw_cfg_add_items(struct device *dev, const struct fw_cfg_item *items, unsigned n, struct error **err)
{
    int r = 0;

    for (unsigned i = 0; i < n && !r; i++)
        r = fw_cfg_add_file(dev, items[i].name, items[i].bytes, items[i].len, err);
    return r;
}

int fw_cfg_add_file_hooks(struct device *dev, const char *name, void *bytes, uint32_t len,
                          void (*on_select)(void *opaque), void (*on_write)(void *opaque, uint32_t at, uint32_t len),
                          void *opaque, struct error **err)
{
    struct fw_cfg *f = fw_cfg(dev);
    struct fw_item *item;
    int r = file_new(f, name, &item, err);

    if (r < 0)
        return r;
    assert(bytes && (!on_write || len <= FW_CFG_WRITABLE_MAX));
    *item = (struct fw_item){ .bytes = bytes, .len = len, .writable = on_write, .on_select = on_select,
                              .on_write = on_write, .opaque = opaque };
    directory_write(f);
    return 0;
}

int fw_cfg_add_file_ram(struct device *dev, const char *name, const void *bytes, uint32_t len, uint32_t max,
                        void (*on_select)(void *opaque), void *opaque, struct error **err)
{
    struct fw_cfg *f = fw_cfg(dev);
    struct text block_name = text("/rom@%s", name);
    struct ram_block *block;
    struct fw_item *item;
    int r;

    if (len > max)
        return error_set(err, -EFBIG, ERROR_RANGE, name, T("%u bytes", len), T("up to %u bytes", max));
    r = machine_ram_new(dev->machine, &(struct ram_config){ .name = block_name.s, .size = max }, &block, err);
    if (!r)
        r = file_new(f, name, &item, err);
    if (r < 0)
        return r;
    *item = (struct fw_item){ .bytes = block->host, .block = block, .on_select = on_select, .opaque = opaque };
    memcpy(block->host, bytes, len);
    item_resize(f, item, len);
    return 0;
}

void item_resize(struct fw_cfg *f, struct fw_item *item, uint32_t len)
{
    item->len = len;
    if (item->block)
        ram_block_set_used(item->block, len);
    directory_write(f);
}

struct fw_item *item_acpi(struct fw_cfg *f, unsigned n)
{
    static const char *const names[ACPI_FILES] = { "etc/acpi/tables", "etc/table-loader", "etc/acpi/rsdp" };
    struct fw_item *item = file_find(f, names[n]);

    return item && item->block ? item : NULL;
}

/* What a change needs; the home loop leaves it in the device, since an entry takes no arguments. */
struct fw_change { struct fw_item *item; const void *bytes; uint32_t len; };

static void change_apply(struct fw_cfg *f, const struct fw_change *c)
{
    struct fw_item *item = c->item;

    if (item->owned) {
        free(item->bytes);
        item->bytes = malloc(c->len ? c->len : 1);
        assert(item->bytes);
    }
    if (c->len)
        memcpy(item->bytes, c->bytes, c->len);
    if (item->block)
        ram_written(item->block, 0, c->len);
    item_resize(f, item, c->len);
}

static void change_run(struct device *dev)
{
    struct fw_cfg *f = (struct fw_cfg *)dev;

    change_apply(f, f->change);
}

int fw_cfg_modify_file(struct device *dev, const char *name, const void *bytes, uint32_t len, struct error **err)
{
    struct fw_cfg *f = fw_cfg(dev);
    struct fw_change change = { .item = file_find(f, name), .bytes = bytes, .len = len };

    if (!change.item || (!change.item->owned && !change.item->block))
        return error_set(err, -ENOENT, ERROR_UNKNOWN, "fw_cfg file", name, "a file that fw_cfg keeps");
    if (change.item->block && len > change.item->block->size)
        return error_set(err, -EFBIG, ERROR_RANGE, name, T("%u bytes", len),
                         T("up to %lu bytes", (unsigned long)change.item->block->size));
    if (device_inside()) {      /* one of our hooks; the home loop may wait for the lock with a change of its own */
        change_apply(f, &change);
        return 0;
    }
    f->change = &change;
    device_enter(dev, change_run);
    return 0;
}

const uint8_t *fw_cfg_bytes(struct device *dev, uint16_t key, uint32_t *len)
{
    const struct fw_item *item = item_at(fw_cfg(dev), key);

    if (!item || !item->bytes)
        return NULL;
    *len = item->len;
    return item->bytes;
}

uint16_t fw_cfg_file_key(struct device *dev, const char *name)
{
    struct fw_cfg *f = fw_cfg(dev);
    bool found;
    unsigned i = file_place(f, name, &found);

    return found ? FW_CFG_FILE_FIRST + i : 0;
}
