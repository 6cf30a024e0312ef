/* SPDX-License-Identifier: Apache-2.0 */
#include "hw/i386/linux-boot.h"

/*
 * Starting a Linux kernel at its 64-bit entry (see linux-boot.h)
 *
 *     0x08000  GDT                0x10000  boot parameters ("zero page")
 *     0x20000  command line       0x30000  page tables: 4 GiB one to one, 2 MiB pages
 *     load address: the kernel, decompressing upwards within init_size; initrd: as high as it may lie
 *
 * Every number of the file is checked before it is used (THREATS R2, scenario 7).
 * Left out: 16- and 32-bit entries, multiboot, PVH; setup_data.
 */

#include "core/dma.h"
#include "cpu/state.h"
#include "lib/bits.h"
#include "lib/error.h"
#include "lib/file.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
    GDT_AT = 0x8000,
    PARAMS_AT = 0x10000,
    COMMAND_AT = 0x20000,
    COMMAND_MAX = 0xffff,
    TABLES_AT = 0x30000,
    STACK_AT = 0x9f000
};
enum { PAGE = 4096, PARAMS_BYTES = PAGE };
/* Fields of the boot parameters that are not the header's. */
enum { PARAMS_RSDP = 0x070, PARAMS_E820_N = 0x1e8, PARAMS_HEADER = 0x1f1, PARAMS_E820 = 0x2d0 };
enum { ENTRY_64 = 0x200, LOADER_OTHER = 0xff };

static int bad_file(struct error **err, const char *option, const char *path, const char *legal)
{
    return error_set(err, -EINVAL, ERROR_SYNTAX, option, path, legal);
}

static int header_check(struct linux_image *image, const char *path, struct error **err)
{
    struct linux_header *h = &image->header;
    int r = linux_header_read(path, image->kernel, image->kernel_size, h, err);

    if (r < 0)
        return r;
    if (h->protocol < 0x20c || !(h->xloadflags & LINUX_KERNEL_64) || !h->loaded_high)
        return bad_file(err, "-kernel", path,
                        "with x-direct-boot, a bzImage that has a 64-bit entry (boot protocol 2.12)");
    if (h->setup_bytes + ENTRY_64 >= image->kernel_size)
        return bad_file(err, "-kernel", path, "a bzImage that is not cut short");
    image->load_address = h->pref_address;
    image->init_size = h->init_size;
    return 0;
}

static int kernel_fit(struct linux_image *image, const char *path, uint64_t top, struct error **err)
{
    uint64_t end, bytes = image->kernel_size - image->header.setup_bytes;

    if (image->init_size < bytes)
        image->init_size = bytes;
    if (image->load_address < 0x100000 || image->load_address % PAGE)
        return bad_file(err, "-kernel", path, "a bzImage to be loaded on a page at or above 1 MiB");
    if (!bits_add(image->load_address, image->init_size, &end) || end > top)
        return error_set(err, -ENOSPC, ERROR_RANGE, "-kernel", T("%s, which needs RAM up to %#llx", path,
                         (unsigned long long)image->load_address + image->init_size),
                         T("at most %#llx with this -m", (unsigned long long)top));
    return 0;
}

static int initrd_fit(struct linux_image *image, const char *path, uint64_t top, struct error **err)
{
    uint64_t limit = image->header.initrd_max + 1ull, kernel_end = image->load_address + image->init_size;

    if (limit < top)
        top = limit;
    image->initrd_address = (top - image->initrd_size) & ~(uint64_t)(PAGE - 1);
    if (image->initrd_size > top || image->initrd_address < kernel_end)
        return error_set(err, -ENOSPC, ERROR_RANGE, "-initrd", T("%s of %zu bytes", path, image->initrd_size),
                         T("at most %llu bytes beside this kernel with this -m",
                           top > kernel_end ? (unsigned long long)(top - kernel_end) : 0ull));
    return 0;
}

static int command_line_set(struct linux_image *image, const char *append, struct error **err)
{
    uint64_t max = image->header.cmdline_max;

    if (max > COMMAND_MAX)
        max = COMMAND_MAX;
    if (strlen(append) > max)
        return error_set(err, -E2BIG, ERROR_RANGE, "-append", T("%zu characters", strlen(append)),
                         T("at most %llu characters for this kernel", (unsigned long long)max));
    image->command_line = strdup(append);
    assert(image->command_line);
    return 0;
}

int linux_image_open(struct linux_image **out, const char *kernel, const char *initrd, const char *append,
                     uint64_t low_memory, uint64_t reserved, struct error **err)
{
    struct linux_image *image = calloc(1, sizeof(*image));
    uint64_t top = low_memory - reserved;
    int r;

    assert(image && reserved <= low_memory);
    r = file_read("-kernel", kernel, low_memory, &image->kernel, &image->kernel_size, err);
    if (!r)
        r = header_check(image, kernel, err);
    if (!r)
        r = kernel_fit(image, kernel, top, err);
    if (!r && initrd)
        r = file_read("-initrd", initrd, low_memory, &image->initrd, &image->initrd_size, err);
    if (!r && initrd)
        r = initrd_fit(image, initrd, top, err);
    if (!r)
        r = command_line_set(image, append ? append : "", err);
    if (r < 0) {
        linux_image_close(image);
        return r;
    }
    *out = image;
    return 0;
}

void linux_image_close(struct linux_image *image)
{
    if (!image)
        return;
    free(image->kernel);
    free(image->initrd);
    free(image->command_line);
    free(image);
}

static void params_fill(const struct linux_image *image, const struct e820 *map, uint64_t rsdp,
                        uint8_t params[PARAMS_BYTES])
{
    unsigned header = 0x202 + image->kernel[LINUX_SETUP_JUMP] - PARAMS_HEADER;

    if (header > LINUX_HEADER_END + 0x40 - PARAMS_HEADER)
        header = LINUX_HEADER_END + 0x40 - PARAMS_HEADER;
    assert(PARAMS_HEADER + header <= image->kernel_size);       /* setup is two sectors or more */
    memcpy(params + PARAMS_HEADER, image->kernel + PARAMS_HEADER, header);
    params[LINUX_LOADER] = LOADER_OTHER;
    bits_store(params + LINUX_CMD_LINE_PTR, 4, COMMAND_AT);
    bits_store(params + LINUX_RAMDISK_IMAGE, 4, image->initrd_address);
    bits_store(params + LINUX_RAMDISK_SIZE, 4, image->initrd_size);
    bits_store(params + PARAMS_RSDP, 8, rsdp);
    params[PARAMS_E820_N] = map->n;
    memcpy(params + PARAMS_E820, map->entry, map->n * sizeof(map->entry[0]));
}

/* PML4, PDPT and four directories of 2 MiB pages: what the 64-bit entry asks for, and some. */
static void tables_fill(uint64_t tables[6 * 512])
{
    enum { PRESENT_RW = 3, LARGE = 0x80 };

    tables[0] = (TABLES_AT + PAGE) | PRESENT_RW;
    for (unsigned i = 0; i < 4; i++)
        tables[512 + i] = (TABLES_AT + (2 + i) * PAGE) | PRESENT_RW;
    for (uint64_t i = 0; i < 4 * 512; i++)
        tables[1024 + i] = i << 21 | PRESENT_RW | LARGE;
}

static const uint64_t gdt[4] = { 0, 0, 0x00af9b000000ffff, 0x00cf93000000ffff };

static int put(struct address_space *as, uint64_t gpa, const void *bytes, uint64_t n)
{
    return dma_write(as, gpa, bytes, n) == MEM_OK ? 0 : -EIO;
}

int linux_image_place(const struct linux_image *image, struct address_space *as, const struct e820 *map, uint64_t rsdp)
{
    uint32_t setup_bytes = image->header.setup_bytes;
    uint64_t *tables = calloc(6, PAGE);
    uint8_t params[PARAMS_BYTES] = { 0 };
    int r;

    assert(tables);
    params_fill(image, map, rsdp, params);
    tables_fill(tables);
    r = put(as, GDT_AT, gdt, sizeof(gdt));
    if (!r)
        r = put(as, TABLES_AT, tables, 6 * PAGE);
    if (!r)
        r = put(as, PARAMS_AT, params, sizeof(params));
    if (!r)
        r = put(as, COMMAND_AT, image->command_line, strlen(image->command_line) + 1);
    if (!r)
        r = put(as, image->load_address, image->kernel + setup_bytes, image->kernel_size - setup_bytes);
    if (!r && image->initrd)
        r = put(as, image->initrd_address, image->initrd, image->initrd_size);
    free(tables);
    return r;
}

void linux_image_start(const struct linux_image *image, struct x86_state *cpu)
{
    enum { CODE = 0x10, DATA = 0x18 };

    for (unsigned i = 0; i < X86_SREGS; i++)
        cpu->seg[i] = (struct x86_seg){ .sel = i == CS ? CODE : DATA, .limit = UINT32_MAX,
                                        .attr = (i == CS ? gdt[2] : gdt[3]) >> 32 & 0x00f0ff00 };
    cpu->gdt = (struct x86_seg){ .base = GDT_AT, .limit = sizeof(gdt) - 1 };
    cpu->idt = (struct x86_seg){ 0 };
    cpu->cr0 = CR0_PE | CR0_ET | CR0_NE | CR0_PG;
    cpu->cr3 = TABLES_AT;
    cpu->cr4 = CR4_PAE;
    cpu->efer = EFER_LME | EFER_LMA;
    cpu->gpr[RSI] = PARAMS_AT;
    cpu->gpr[RSP] = STACK_AT;
    cpu->rip = image->load_address + ENTRY_64;
    cpu->rflags = FLAG_1;
    cpu->halted = 0;
}
