/* SPDX-License-Identifier: Apache-2.0 */
#include "hw/i386/kernel-image.h"

/*
 * -kernel with firmware: which kind of file it is, and what all kinds share (see kernel-image.h)
 *
 * A kind is told by what only it has: a bzImage by its setup header, Multiboot by its header, and what is left
 * has to be an ELF file with a PVH note.  Files are read here and by the kinds, whole, once, with bounds; every
 * number of theirs is checked before it is used (THREATS R2).
 * Left out: fw_cfg without DMA, since the ROMs write above 1 MiB by no other way.
 * Invariant: what the keys say lies between 1 MiB and the end of RAM below 4 GiB but for RESERVED, which
 * firmware fills with ACPI tables; setup, command line and the ROM's own blocks lie below 640 KiB.
 */

#include "firmware/option-rom.h"
#include "hw/i386/elf-image.h"
#include "hw/i386/kernel-load.h"
#include "hw/i386/linux-header.h"
#include "lib/error.h"
#include "lib/file.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { RESERVED = 160 << 10 };

static const struct {
    int (*add)(const struct kernel_load *k, struct error **err);
    const char *rom, *boot_path;
} kinds[] = {
    [KERNEL_LINUX] = { kernel_linux_add, "linuxboot_dma.bin", "/rom@genroms/linuxboot_dma.bin" },
    [KERNEL_MULTIBOOT] = { kernel_multiboot_add, "multiboot_dma.bin", "/rom@genroms/multiboot_dma.bin" },
    [KERNEL_PVH] = { kernel_pvh_add, "pvh.bin", "/rom@genroms/pvh.bin" },
};

const struct kernel_keys kernel_keys = { FW_CFG_KERNEL_ADDR, FW_CFG_KERNEL_SIZE, FW_CFG_KERNEL_DATA };
const struct kernel_keys kernel_initrd_keys = { FW_CFG_INITRD_ADDR, FW_CFG_INITRD_SIZE, FW_CFG_INITRD_DATA };
const struct kernel_keys kernel_cmdline_keys = { FW_CFG_CMDLINE_ADDR, FW_CFG_CMDLINE_SIZE, FW_CFG_CMDLINE_DATA };
const struct kernel_keys kernel_setup_keys = { FW_CFG_SETUP_ADDR, FW_CFG_SETUP_SIZE, FW_CFG_SETUP_DATA };

int kernel_bad_file(const struct kernel_load *k, const char *legal, struct error **err)
{
    return error_set(err, -EINVAL, ERROR_SYNTAX, "-kernel", k->cfg->kernel, legal);
}

int kernel_too_high(const struct kernel_load *k, uint64_t end, struct error **err)
{
    return error_set(err, -ENOSPC, ERROR_RANGE, "-kernel",
                     T("%s, which needs RAM up to %#llx", k->cfg->kernel, (unsigned long long)end),
                     T("at most %#llx with this -m", (unsigned long long)k->top));
}

const char *kernel_command_line(const struct kernel_load *k)
{
    return k->cfg->append ? k->cfg->append : "";
}

void kernel_part_add(const struct kernel_load *k, const struct kernel_keys *keys, uint64_t addr, const void *bytes,
                     uint32_t len)
{
    fw_cfg_add_u32(k->fw_cfg, keys->addr, addr);
    fw_cfg_add_u32(k->fw_cfg, keys->size, len);
    fw_cfg_add_bytes(k->fw_cfg, keys->data, bytes, len);
}

static int initrd_fit(const struct kernel_load *k, uint64_t lowest, uint64_t last, size_t size, uint64_t *at,
                      struct error **err)
{
    if (last > k->top - 1)
        last = k->top - 1;
    *at = size <= last ? (last - size) & ~(uint64_t)(KERNEL_PAGE - 1) : 0;
    if (*at >= lowest)
        return 0;
    return error_set(err, -ENOSPC, ERROR_RANGE, "-initrd", T("%s of %zu bytes", k->cfg->initrd, size),
                     T("at most %llu bytes beside this kernel with this -m",
                       last > lowest ? (unsigned long long)(last - lowest) : 0ull));
}

int kernel_initrd_add(const struct kernel_load *k, uint64_t lowest, uint64_t last, struct kernel_span *initrd,
                      struct error **err)
{
    uint8_t *bytes;
    size_t size;
    uint64_t at;
    int r;

    *initrd = (struct kernel_span){ 0 };
    if (!k->cfg->initrd)
        return 0;
    r = file_read("-initrd", k->cfg->initrd, k->top, &bytes, &size, err);
    if (!r)
        r = initrd_fit(k, lowest, last, size, &at, err);
    if (!r) {
        *initrd = (struct kernel_span){ at, size };
        kernel_part_add(k, &kernel_initrd_keys, at, bytes, size);
    }
    free(bytes);
    return r;
}

static int kind_find(const struct kernel_load *k, struct error **err)
{
    if (linux_header_is(k->file, k->size))
        return KERNEL_LINUX;
    if (kernel_multiboot_is(k->file, k->size))
        return KERNEL_MULTIBOOT;
    if (elf_image_is(k->file, k->size))
        return KERNEL_PVH;
    return kernel_bad_file(k, "a Linux bzImage, a Multiboot kernel, or an ELF file with a PVH note", err);
}

static int rom_add(struct device *fw_cfg, enum kernel_kind kind, struct error **err)
{
    const struct option_rom *rom = option_rom_find(kinds[kind].rom);

    assert(rom);
    return fw_cfg_add_file(fw_cfg, kinds[kind].boot_path + strlen("/rom@"), rom->bytes, rom->end - rom->bytes, err);
}

static int kernel_load(struct kernel_load *k, struct error **err)
{
    int kind = kind_find(k, err), r = kind;

    if (r > 0)
        r = kinds[kind].add(k, err);
    if (!r)
        r = rom_add(k->fw_cfg, kind, err);
    return r < 0 ? r : kind;
}

int kernel_add(struct device *fw_cfg, const struct board_config *cfg, uint64_t low_bytes, struct error **err)
{
    struct kernel_load k = { .fw_cfg = fw_cfg, .cfg = cfg };
    int r;

    if (!fw_cfg_has_dma(fw_cfg))
        return error_set(err, -ENOTSUP, ERROR_UNSUPPORTED, "-kernel", cfg->kernel,
                         "legal: with fw_cfg's dma_enabled=on, or with -machine x-direct-boot=on");
    if (low_bytes < KERNEL_LOWEST + RESERVED)
        return error_set(err, -ENOSPC, ERROR_RANGE, "-kernel", T("%s with %llu bytes of RAM below 4 GiB", cfg->kernel,
                         (unsigned long long)low_bytes), "at least 2 MiB");
    k.top = low_bytes - RESERVED;
    r = file_read("-kernel", cfg->kernel, low_bytes, &k.file, &k.size, err);
    if (!r)
        r = kernel_load(&k, err);
    free(k.file);
    return r;
}

const char *kernel_boot_path(enum kernel_kind kind)
{
    return kinds[kind].boot_path;
}
