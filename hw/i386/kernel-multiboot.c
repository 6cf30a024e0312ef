/* SPDX-License-Identifier: Apache-2.0 */
#include "hw/i386/kernel-load.h"

/*
 * -kernel: a Multiboot kernel, with the modules of -initrd "FILE ARGUMENTS,FILE ARGUMENTS"
 *
 * KERNEL is one stretch of memory, each part of it beginning at a page:
 *
 *     the image: ELF32 segments, or what the address fields of the header say (the a.out kludge), and zeros
 *     the list of modules, their strings, the kernel's command line, the loader's name
 *     the modules
 *
 * INITRD is the Multiboot information, whose memory sizes and map the ROM fills in.
 * Reference: Multiboot 0.6.96, 3.1 to 3.3.  Left out: graphics modes (flag 2, which is let pass), ELF64.
 * Invariant: the header lies in the first 8192 bytes of the file; what is loaded, within RAM from 1 MiB on.
 */

#include "hw/i386/elf-image.h"
#include "lib/bits.h"
#include "lib/error.h"
#include "lib/file.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

enum { SEARCH_BYTES = 8192, MAGIC = 0x1badb002 };
/* Flags and fields of the header. */
enum { FLAG_KNOWN = 7, FLAG_MUST = 0xffff, FLAG_ADDRESSES = 1 << 16 };
enum { HEADER_FLAGS = 4, HEADER_SUM = 8, HEADER_BYTES = 12, HEADER_ADDR = 12, LOAD_ADDR = 16, LOAD_END_ADDR = 20,
       BSS_END_ADDR = 24, ENTRY_ADDR = 28, HEADER_ADDRESSES_END = 32 };
/* The information. */
enum { MBI_AT = 0x9500, MBI_BYTES = 88, MBI_FLAGS = 0, MBI_BOOT_DEVICE = 12, MBI_CMDLINE = 16, MBI_MODS_COUNT = 20,
       MBI_MODS_ADDR = 24, MBI_MMAP_ADDR = 48, MBI_LOADER_NAME = 64 };
enum { HAS_MEMORY = 1 << 0, HAS_BOOT_DEVICE = 1 << 1, HAS_CMDLINE = 1 << 2, HAS_MODS = 1 << 3, HAS_MMAP = 1 << 6,
       HAS_LOADER_NAME = 1 << 9 };
enum { FIRST_HARD_DISK = (int)0x8000ffff, MMAP_AT = 0x9000, MODULE_BYTES = 16, MODULES_MAX = 64 };

static const char loader_name[] = "qemu";

struct module { char *text; uint8_t *bytes; size_t size; uint64_t at; };

struct multiboot {
    const struct kernel_load *k;
    struct elf_image image;
    struct module module[MODULES_MAX];
    unsigned n_modules;
    uint64_t module_bytes;
    char *command;
    uint64_t list, strings;     /* addresses; they end at list_end */
    uint64_t list_end, end;
};

static uint64_t page_up(uint64_t at)
{
    return (at + KERNEL_PAGE - 1) & ~(uint64_t)(KERNEL_PAGE - 1);
}

/* Where the header is in the file; -1: nowhere. */
static long header_find(const uint8_t *file, size_t size)
{
    for (size_t at = 0; at + HEADER_BYTES <= size && at + HEADER_BYTES <= SEARCH_BYTES; at += 4)
        if (bits_load(file + at, 4) == MAGIC &&
            !(uint32_t)(MAGIC + bits_load(file + at + HEADER_FLAGS, 4) + bits_load(file + at + HEADER_SUM, 4)))
            return at;
    return -1;
}

bool kernel_multiboot_is(const uint8_t *file, size_t size)
{
    return header_find(file, size) >= 0;
}

/* The a.out kludge: load_addr is where the file's byte at header - (header_addr - load_addr) goes. */
static int addresses_read(const struct kernel_load *k, size_t header, struct elf_image *image, struct error **err)
{
    const uint8_t *h = k->file + header;
    uint64_t header_addr = bits_load(h + HEADER_ADDR, 4), load = bits_load(h + LOAD_ADDR, 4);
    uint64_t load_end = bits_load(h + LOAD_END_ADDR, 4), bss_end = bits_load(h + BSS_END_ADDR, 4);
    uint64_t from = header - (header_addr - load);

    if (load > header_addr || header_addr - load > header)
        return kernel_bad_file(k, "a Multiboot header whose load_addr lies in the file, not behind the header", err);
    if (!load_end)
        load_end = load + (k->size - from);
    if (!bss_end)
        bss_end = load_end;
    if (load_end <= load || load_end - load > k->size - from || bss_end < load_end)
        return kernel_bad_file(k, "a Multiboot kernel that is not cut short, with addresses in order", err);
    if (load < KERNEL_LOWEST || bss_end > k->top || bss_end - load > k->size + ELF_SPARE)
        return kernel_too_high(k, bss_end, err);
    *image = (struct elf_image){ .base = load, .size = bss_end - load, .entry = bits_load(h + ENTRY_ADDR, 4) };
    if (image->entry - load >= image->size)
        return kernel_bad_file(k, "a Multiboot kernel whose entry point lies in what it loads", err);
    image->bytes = calloc(1, image->size);
    if (!image->bytes)
        return error_set_host(err, -ENOMEM, "-kernel", k->cfg->kernel);
    memcpy(image->bytes, k->file + from, load_end - load);
    return 0;
}

static int image_read(const struct kernel_load *k, struct elf_image *image, struct error **err)
{
    long header = header_find(k->file, k->size);
    uint32_t flags = bits_load(k->file + header + HEADER_FLAGS, 4);
    int r;

    if (flags & FLAG_MUST & ~FLAG_KNOWN)
        return error_set(err, -ENOTSUP, ERROR_UNSUPPORTED, "-kernel",
                         T("%s, whose Multiboot flags are %#x", k->cfg->kernel, flags), "legal: flags 0 to 2, and 16");
    if (flags & FLAG_ADDRESSES) {
        if (header + HEADER_ADDRESSES_END > (long)k->size)
            return kernel_bad_file(k, "a Multiboot kernel that is not cut short", err);
        return addresses_read(k, header, image, err);
    }
    r = elf_image_read("-kernel", k->cfg->kernel, k->file, k->size, KERNEL_LOWEST, k->top, image, err);
    if (!r && (image->is_64 || !image->entry))
        r = kernel_bad_file(k, "a Multiboot kernel of 32 bits whose entry point lies in what it loads", err);
    return r;
}

/* The next of "FILE ARGUMENTS,FILE ARGUMENTS", where a comma twice is one of its own; owned by the caller. */
static char *module_text(const char **at)
{
    char *text = malloc(strlen(*at) + 1), *to = text;
    const char *p = *at;

    assert(text);
    for (; *p; *to++ = *p++)
        if (*p == ',' && *++p != ',')
            break;
    *to = '\0';
    *at = p;
    return text;
}

/* All of them fit into RAM, so that reading them is bounded. */
static int module_read(struct multiboot *mb, struct module *mod, struct error **err)
{
    const char *space = strchr(mod->text, ' ');
    char *path = space ? strndup(mod->text, space - mod->text) : strdup(mod->text);
    int r;

    assert(path);
    r = file_read("-initrd", path, mb->k->top - mb->module_bytes, &mod->bytes, &mod->size, err);
    mb->module_bytes += mod->size;
    free(path);
    return r;
}

static int modules_read(struct multiboot *mb, struct error **err)
{
    const char *at = mb->k->cfg->initrd;
    int r = 0;

    while (!r && at && *at) {
        struct module *mod = &mb->module[mb->n_modules];

        if (mb->n_modules == MODULES_MAX)
            return error_set(err, -E2BIG, ERROR_RANGE, "-initrd", at, T("at most %d modules", MODULES_MAX));
        mb->n_modules++;
        mod->text = module_text(&at);
        r = module_read(mb, mod, err);
    }
    return r;
}

/* The file, a space, and -append: so the reference, also when there is nothing to append. */
static void command_make(struct multiboot *mb)
{
    const char *append = kernel_command_line(mb->k);

    size_t room = strlen(mb->k->cfg->kernel) + strlen(append) + 2;

    mb->command = malloc(room);
    assert(mb->command);
    snprintf(mb->command, room, "%s %s", mb->k->cfg->kernel, append);
}

/* Gives each part its address. */
static int layout(struct multiboot *mb, struct error **err)
{
    mb->list = page_up(mb->image.base + mb->image.size);
    mb->list_end = mb->strings = mb->list + MODULE_BYTES * mb->n_modules;
    for (unsigned i = 0; i < mb->n_modules; i++)
        mb->list_end += strlen(mb->module[i].text) + 1;
    mb->list_end += strlen(mb->command) + 1 + sizeof(loader_name);
    mb->end = page_up(mb->list_end);
    for (unsigned i = 0; i < mb->n_modules; i++) {
        mb->module[i].at = mb->end;
        mb->end = page_up(mb->end + mb->module[i].size);
    }
    if (mb->end > mb->k->top)
        return error_set(err, -ENOSPC, ERROR_RANGE, mb->n_modules ? "-initrd" : "-kernel",
                         T("%s, with which memory is needed up to %#llx",
                           mb->n_modules ? mb->k->cfg->initrd : mb->k->cfg->kernel, (unsigned long long)mb->end),
                         T("at most %#llx with this -m", (unsigned long long)mb->k->top));
    return 0;
}

/* Copies a string and says where the guest finds it. */
static uint32_t string_put(struct multiboot *mb, uint8_t *all, const char *s)
{
    uint32_t at = mb->strings;

    memcpy(all + (at - mb->image.base), s, strlen(s) + 1);
    mb->strings += strlen(s) + 1;
    return at;
}

static void information_add(const struct kernel_load *k, const struct multiboot *mb, uint32_t command, uint32_t name)
{
    uint8_t mbi[MBI_BYTES] = { 0 };

    bits_store(mbi + MBI_FLAGS, 4, HAS_MEMORY | HAS_BOOT_DEVICE | HAS_CMDLINE | HAS_MODS | HAS_MMAP | HAS_LOADER_NAME);
    bits_store(mbi + MBI_BOOT_DEVICE, 4, FIRST_HARD_DISK);
    bits_store(mbi + MBI_CMDLINE, 4, command);
    bits_store(mbi + MBI_MODS_COUNT, 4, mb->n_modules);
    bits_store(mbi + MBI_MODS_ADDR, 4, mb->list);
    bits_store(mbi + MBI_MMAP_ADDR, 4, MMAP_AT);
    bits_store(mbi + MBI_LOADER_NAME, 4, name);
    kernel_part_add(k, &kernel_initrd_keys, MBI_AT, mbi, sizeof(mbi));
}

static int parts_add(struct multiboot *mb, struct error **err)
{
    const struct kernel_load *k = mb->k;
    uint64_t base = mb->image.base;
    uint8_t *all = calloc(1, mb->end - base);
    uint32_t command, name;

    if (!all)
        return error_set_host(err, -ENOMEM, "-kernel", k->cfg->kernel);
    memcpy(all, mb->image.bytes, mb->image.size);
    for (unsigned i = 0; i < mb->n_modules; i++) {
        const struct module *mod = &mb->module[i];
        uint8_t *line = all + (mb->list - base) + MODULE_BYTES * i;

        memcpy(all + (mod->at - base), mod->bytes, mod->size);
        bits_store(line, 4, mod->at);
        bits_store(line + 4, 4, mod->at + mod->size);
        bits_store(line + 8, 4, string_put(mb, all, mod->text));
    }
    command = string_put(mb, all, mb->command);
    name = string_put(mb, all, loader_name);
    kernel_part_add(k, &kernel_keys, base, all, mb->end - base);
    fw_cfg_add_u32(k->fw_cfg, FW_CFG_KERNEL_ENTRY, mb->image.entry);
    information_add(k, mb, command, name);
    free(all);
    return 0;
}

static void multiboot_fini(struct multiboot *mb)
{
    elf_image_fini(&mb->image);
    for (unsigned i = 0; i < mb->n_modules; i++) {
        free(mb->module[i].text);
        free(mb->module[i].bytes);
    }
    free(mb->command);
}

int kernel_multiboot_add(const struct kernel_load *k, struct error **err)
{
    struct multiboot mb = { .k = k };
    int r = image_read(k, &mb.image, err);

    if (!r)
        r = modules_read(&mb, err);
    if (!r) {
        command_make(&mb);
        r = layout(&mb, err);
    }
    if (!r)
        r = parts_add(&mb, err);
    multiboot_fini(&mb);
    return r;
}
