/* SPDX-License-Identifier: Apache-2.0 */
#include "hw/nvram/fw-cfg.h"

/*
 * fw_cfg_io: selector, data port and DMA register at 510h
 *
 *     510h  selector, 16 bits, written      511h  the next byte of the selected item
 *     514h  address of a transfer, big-endian, high half first; its low half starts; reads "QEMU CFG"
 *
 *     transfer, in guest memory, big-endian: control (4), length (4), address (8)
 *         control: bit 0 error, 1 read, 2 skip, 3 select what bits 31-16 say, 4 write; read before write before skip
 *
 * When a transfer is done, its control is 0 or the error bit.  Behind the end of an item everything reads as
 * zeros; a write changes a writable item within its length, or nothing.
 * The work of a transfer is bounded by the item and by ZEROS_MAX bytes behind its end: who asks for more of
 * them gets an error.  DMA reaches memory only, so a transfer into a device, this one included, is an error.
 * Reference: docs/specs/fw_cfg.  Left out: the memory-mapped binding, streams of section version 1.
 *
 * Invariant: the selected key names an existing slot, or is KEY_NONE.
 */

#include "core/dma.h"
#include "core/machine.h"
#include "hw/nvram/fw-cfg-chip.h"
#include "lib/bits.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <string.h>

enum { PORT_SELECT = 0x510, PORT_DMA = 0x514 };
enum { ID_PORTS = 1 << 0, ID_DMA = 1 << 1 };
enum { DMA_ERROR = 1 << 0, DMA_READ = 1 << 1, DMA_SKIP = 1 << 2, DMA_SELECT = 1 << 3, DMA_WRITE = 1 << 4 };
enum { ZEROS_MAX = 1 << 20, TABLES_MAX = 2 << 20, LOADER_MAX = 64 << 10, RSDP_MAX = 4096 };

static struct fw_cfg *fw_cfg(struct device *dev)
{
    return (struct fw_cfg *)dev;
}

static void select_key(struct fw_cfg *f, uint16_t key)
{
    struct fw_item *item;

    f->st.key = (key & KEY_NUMBER) < items_max(f) ? key : KEY_NONE;
    f->st.offset = 0;
    item = item_selected(f);
    if (item && item->on_select)
        item->on_select(item->opaque);
}

/* Bytes of the item from the offset on. */
static uint32_t bytes_left(const struct fw_cfg *f, const struct fw_item *item)
{
    return item && f->st.offset < item->len ? item->len - f->st.offset : 0;
}

static uint64_t port_read(struct device *dev, uint64_t at, unsigned size)
{
    struct fw_cfg *f = fw_cfg(dev);
    const struct fw_item *item = item_selected(f);

    if (size != 1 || !bytes_left(f, item))
        return 0;
    return item->bytes[f->st.offset++];
}

static void port_write(struct device *dev, uint64_t at, unsigned size, uint64_t val)
{
    if (size == 2)
        select_key(fw_cfg(dev), val);
    else
        guest_error(dev, "the data port cannot be written", val);
}

struct transfer { uint32_t control, len; uint64_t addr; };

/* Zeros for what an item does not have. */
static bool zeros_copy(struct fw_cfg *f, uint64_t addr, uint32_t len)
{
    static const uint8_t zeros[64 << 10];
    uint32_t want = len < ZEROS_MAX ? len : ZEROS_MAX, n;

    for (uint32_t done = 0; done < want; done += n) {
        n = want - done < sizeof(zeros) ? want - done : sizeof(zeros);
        if (dma_write(&f->dev.machine->memory_as, addr + done, zeros, n) != MEM_OK)
            return false;
    }
    if (want < len)
        guest_error(&f->dev, "a transfer far behind the end of its item", len);
    return want == len;
}

static bool transfer_read(struct fw_cfg *f, const struct transfer *t)
{
    const struct fw_item *item = item_selected(f);
    uint32_t left = bytes_left(f, item), n = t->len < left ? t->len : left;
    bool ok = !n || dma_write(&f->dev.machine->memory_as, t->addr, item->bytes + f->st.offset, n) == MEM_OK;

    f->st.offset += n;
    return ok && zeros_copy(f, t->addr + n, t->len - n);
}

/* Through a copy, so that a transfer that fails half way has changed nothing. */
static bool transfer_write(struct fw_cfg *f, const struct transfer *t)
{
    struct fw_item *item = item_selected(f);
    uint32_t left = bytes_left(f, item), at = f->st.offset;
    uint8_t bytes[FW_CFG_WRITABLE_MAX];

    f->st.offset += t->len < left ? t->len : left;
    if (!left || !item->writable || t->len > left || t->len > sizeof(bytes))
        return !t->len;
    if (dma_read(&f->dev.machine->memory_as, t->addr, bytes, t->len) != MEM_OK)
        return false;
    memcpy(item->bytes + at, bytes, t->len);
    item->on_write(item->opaque, at, t->len);
    return true;
}

static bool wraps(const struct transfer *t)
{
    return t->len && t->addr + (t->len - 1) < t->addr;
}

static bool transfer_run(struct fw_cfg *f, const struct transfer *t)
{
    uint32_t left;

    if (t->control & DMA_SELECT)
        select_key(f, t->control >> 16);
    if (t->control & DMA_READ)
        return !wraps(t) && transfer_read(f, t);
    if (t->control & DMA_WRITE)
        return transfer_write(f, t);
    left = bytes_left(f, item_selected(f));
    if (t->control & DMA_SKIP)
        f->st.offset += t->len < left ? t->len : left;
    return true;
}

/* The block is fetched once: a transfer over itself changes nothing of what it does. */
static void dma_start(struct fw_cfg *f, uint64_t addr)
{
    struct address_space *as = &f->dev.machine->memory_as;
    uint8_t block[16], done[4] = { 0 };
    bool ok = dma_read(as, addr, block, sizeof(block)) == MEM_OK;

    if (ok) {
        struct transfer t = { bits_load_be(block, 4), bits_load_be(block + 4, 4), bits_load_be(block + 8, 8) };

        ok = transfer_run(f, &t);
    }
    if (!ok) {
        guest_error(&f->dev, "a transfer failed, its block is at", addr);
        done[3] = DMA_ERROR;
    }
    dma_write(as, addr, done, sizeof(done));
}

static uint64_t dma_reg_read(struct device *dev, uint64_t at, unsigned size)
{
    uint64_t val = 0;

    memcpy(&val, &"QEMU CFG"[at], size);
    return val;
}

static void dma_reg_write(struct device *dev, uint64_t at, unsigned size, uint64_t val)
{
    struct fw_cfg *f = fw_cfg(dev);
    uint64_t addr;

    if (size == 4 && at == 0) {
        f->st.dma_addr = (uint64_t)__builtin_bswap32(val) << 32;
        return;
    }
    if (!(size == 8 && at == 0) && !(size == 4 && at == 4)) {
        guest_error(dev, "a write of no half of the DMA address at", at);
        return;
    }
    addr = size == 8 ? __builtin_bswap64(val) : f->st.dma_addr | __builtin_bswap32(val);
    f->st.dma_addr = 0;
    dma_start(f, addr);
}

#define F struct fw_cfg

static const struct prop fw_cfg_props[] = {
    PROP(F, "acpi-mr-restore", acpi_mr_restore, .def = true, .doc = "a migration sends the sizes of the ACPI files"),
    {}
};
static const struct prop fw_cfg_io_props[] = {
    PROP(F, "dma_enabled", dma_enabled, .def = true, .doc = "the DMA register"),
    PROP(F, "x-file-slots", file_slots, .def = 0x20, .min = 0x10, .max = 0x3fe0, .doc = "room for so many files"),
    {}
};
static const struct region_type fw_cfg_regions[] = {
    { .name = "fwcfg", .size = 2, .min = 1, .max = 2, .ports = true, .read = port_read, .write = port_write },
    { .name = "fwcfg.dma", .size = 8, .min = 1, .max = 8, .ports = true, .read = dma_reg_read,
      .write = dma_reg_write },
    {}
};

static bool acpi_needed(const struct device *dev)
{
    const struct fw_cfg *f = (const struct fw_cfg *)dev;
    uint64_t all = 0;

    for (unsigned i = 0; i < ACPI_FILES; i++)
        all |= f->st.acpi_size[i];
    return f->cfg.acpi_mr_restore && (all & 0xfff);
}

static bool dma_needed(const struct device *dev)
{
    return ((const struct fw_cfg *)dev)->cfg.dma_enabled;
}

static const struct field fw_cfg_fields[] = {
    FIELD(F, "cur_entry", key, .wire = 2),
    FIELD(F, "cur_offset[1]", offset),
    {}
};
static const struct section fw_cfg_subsections[] = {
    { "fw_cfg/dma", 0, 0, .needed = dma_needed, .fields = (const struct field[]){
        FIELD(F, "dma_addr", dma_addr), {} } },
    { "fw_cfg/acpi_mr", 1, 1, .needed = acpi_needed, .fields = (const struct field[]){
        FIELD(F, "table_mr_size", acpi_size[ACPI_TABLES], .max = TABLES_MAX),
        FIELD(F, "linker_mr_size", acpi_size[ACPI_LOADER], .max = LOADER_MAX),
        FIELD(F, "rsdp_mr_size", acpi_size[ACPI_RSDP], .max = RSDP_MAX), {} } },
    {}
};

static int fw_cfg_check(const struct device *dev, const void *state, struct error **err)
{
    const struct fw_cfg *f = (const struct fw_cfg *)dev;
    const struct fw_cfg_state *st = state;

    if (st->key == KEY_NONE || (st->key & KEY_NUMBER) < items_max(f))
        return 0;
    return error_set(err, -ERANGE, ERROR_RANGE, "fw_cfg.cur_entry", T("%#x", st->key),
                     T("0xffff, or a key below %#x", items_max(f)));
}

static const struct section fw_cfg_section = {
    "fw_cfg", 2, 2, .fields = fw_cfg_fields, .subs = fw_cfg_subsections, .check = fw_cfg_check,
};

static void fw_cfg_capture(struct device *dev)
{
    struct fw_cfg *f = fw_cfg(dev);

    for (unsigned i = 0; i < ACPI_FILES; i++) {
        const struct fw_item *item = item_acpi(f, i);

        if (item)
            f->st.acpi_size[i] = item->len;
    }
}

/* The sizes that came with a stream are those of the blocks' contents there. */
static void fw_cfg_resumed(struct device *dev)
{
    struct fw_cfg *f = fw_cfg(dev);

    for (unsigned i = 0; i < ACPI_FILES; i++) {
        struct fw_item *item = item_acpi(f, i);

        if (item && f->st.acpi_size[i] && f->st.acpi_size[i] <= item->block->size)
            item_resize(f, item, f->st.acpi_size[i]);
    }
}

static int fw_cfg_realize(struct device *dev, struct error **err)
{
    struct fw_cfg *f = fw_cfg(dev);

    if (fw_cfg_find(dev->machine))
        return error_set(err, -EBUSY, ERROR_STATE, dev->type->type.name, "a second one", "one in a machine");
    items_init(f);
    device_map(dev, 0, &dev->machine->io, PORT_SELECT, 0);
    if (f->cfg.dma_enabled)
        device_map(dev, 1, &dev->machine->io, PORT_DMA, 0);
    return 0;
}

static void fw_cfg_unrealize(struct device *dev)
{
    items_fini(fw_cfg(dev));
}

static const struct device_type fw_cfg_base = {
    .type = { .name = "fw_cfg", .parent = "sys-bus-device", .doc = "what the machine tells its firmware",
              .abstract = true, DEVICE(F), .props = fw_cfg_props, .state = &no_state },
};
DEVICE_TYPE(fw_cfg_base);

static const struct device_type fw_cfg_io_type = {
    .type = { .name = "fw_cfg_io", .parent = "fw_cfg", .doc = "fw_cfg in port space", .internal = true,
              DEVICE(F), TYPE_STATE(F), .props = fw_cfg_io_props, .state = &fw_cfg_section },
    .regions = fw_cfg_regions,
    .realize = fw_cfg_realize,
    .unrealize = fw_cfg_unrealize,
    .resumed = fw_cfg_resumed,
    .capture = fw_cfg_capture,
};
DEVICE_TYPE(fw_cfg_io_type);

struct device *fw_cfg_find(struct machine *m)
{
    return device_find(m, &fw_cfg_io_type);
}

bool fw_cfg_has_dma(struct device *dev)
{
    return fw_cfg(dev)->cfg.dma_enabled;
}

int fw_cfg_new(struct machine *m, struct device **out, struct error **err)
{
    struct device *dev = device_new(m, &fw_cfg_io_type);
    int r = device_realize(dev, &m->obj, "fw_cfg", err);

    if (r < 0)
        return r;
    fw_cfg_add_bytes(dev, FW_CFG_SIGNATURE, "QEMU", 4);
    fw_cfg_add_u32(dev, FW_CFG_ID, ID_PORTS | (fw_cfg_has_dma(dev) ? ID_DMA : 0));
    *out = dev;
    return 0;
}
