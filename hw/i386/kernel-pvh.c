/* SPDX-License-Identifier: Apache-2.0 */
#include "hw/i386/kernel-load.h"

/*
 * -kernel: an ELF file whose PVH note names a 32-bit entry, as vmlinux has one
 *
 * Segments lie where the file says, the initrd as high as it may, the command line at 20000h; the ROM makes the
 * start info.  Reference: the x86/HVM direct boot ABI.  Left out: more modules than the initrd.
 */

#include "hw/i386/elf-image.h"
#include "lib/error.h"

#include <errno.h>
#include <string.h>

enum { COMMAND_AT = 0x20000, COMMAND_MAX = 0xffff };

static int command_line_check(const struct kernel_load *k, struct error **err)
{
    size_t n = strlen(kernel_command_line(k));

    if (n <= COMMAND_MAX)
        return 0;
    return error_set(err, -E2BIG, ERROR_RANGE, "-append", T("%zu characters", n),
                     T("at most %d characters", COMMAND_MAX));
}

static int parts_add(const struct kernel_load *k, const struct elf_image *image, struct error **err)
{
    const char *command = kernel_command_line(k);
    struct kernel_span initrd;
    int r = kernel_initrd_add(k, image->base + image->size, UINT32_MAX, &initrd, err);

    if (r < 0)
        return r;
    kernel_part_add(k, &kernel_keys, image->base, image->bytes, image->size);
    fw_cfg_add_u32(k->fw_cfg, FW_CFG_KERNEL_ENTRY, image->pvh_entry);
    kernel_part_add(k, &kernel_cmdline_keys, COMMAND_AT, command, strlen(command) + 1);
    return 0;
}

int kernel_pvh_add(const struct kernel_load *k, struct error **err)
{
    struct elf_image image;
    int r = elf_image_read("-kernel", k->cfg->kernel, k->file, k->size, KERNEL_LOWEST, k->top, &image, err);

    if (!r && !image.pvh_entry)
        r = kernel_bad_file(k, "an ELF file with a PVH note (CONFIG_PVH), a Multiboot kernel or a bzImage", err);
    if (!r && image.pvh_entry - image.base >= image.size)
        r = kernel_bad_file(k, "an ELF file whose PVH entry lies in what it loads", err);
    if (!r)
        r = command_line_check(k, err);
    if (!r)
        r = parts_add(k, &image, err);
    elf_image_fini(&image);
    return r;
}
