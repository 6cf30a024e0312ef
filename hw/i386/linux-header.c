/* SPDX-License-Identifier: Apache-2.0 */
#include "hw/i386/linux-header.h"

/*
 * The setup header of a Linux kernel (see linux-header.h)
 *
 * The one place that reads it: whoever starts kernels asks here, and adds what its own entry needs.
 * Reference: Documentation of the x86 boot protocol, "The real-mode kernel header".
 * Invariant: a header that was read has its setup code, and all of the kernel that syssize speaks of, in the file.
 */

#include "lib/bits.h"
#include "lib/error.h"

#include <errno.h>

enum { SECTOR = 512, PARAGRAPH = 16 };

bool linux_header_is(const uint8_t *file, size_t size)
{
    return size >= LINUX_HEADER_END && bits_load(file + LINUX_BOOT_FLAG, 2) == 0xaa55 &&
           !memcmp(file + LINUX_MAGIC, "HdrS", 4);
}

static void fields_read(const uint8_t *file, struct linux_header *h)
{
    if (h->protocol >= 0x203)
        h->initrd_max = bits_load(file + LINUX_INITRD_MAX, 4);
    if (h->protocol >= 0x206)
        h->cmdline_max = bits_load(file + LINUX_CMDLINE_SIZE, 4);
    if (h->protocol >= 0x20a) {
        h->pref_address = bits_load(file + LINUX_PREF_ADDRESS, 8);
        h->init_size = bits_load(file + LINUX_INIT_SIZE, 4);
    }
    if (h->protocol >= 0x20c)
        h->xloadflags = bits_load(file + LINUX_XLOADFLAGS, 2);
    if (h->xloadflags & LINUX_ABOVE_4G)
        h->initrd_max = UINT32_MAX;
}

int linux_header_read(const char *path, const uint8_t *file, size_t size, struct linux_header *h, struct error **err)
{
    uint32_t sectors, paragraphs;

    *h = (struct linux_header){ .initrd_max = 0x37ffffff, .cmdline_max = 255 };
    if (!linux_header_is(file, size))
        return error_set(err, -EINVAL, ERROR_SYNTAX, "-kernel", path, "a Linux bzImage");
    h->protocol = bits_load(file + LINUX_PROTOCOL, 2);
    if (h->protocol < 0x200)
        return error_set(err, -EINVAL, ERROR_SYNTAX, "-kernel", path, "a Linux kernel of boot protocol 2.00 or later");
    sectors = file[LINUX_SETUP_SECTS];
    h->setup_bytes = ((sectors ? sectors : 4) + 1) * SECTOR;
    paragraphs = bits_load(file + LINUX_SYSSIZE, h->protocol < 0x204 ? 2 : 4);
    if (h->setup_bytes >= size || (uint64_t)paragraphs * PARAGRAPH > size - h->setup_bytes)
        return error_set(err, -EINVAL, ERROR_SYNTAX, "-kernel", path, "a bzImage that is not cut short");
    h->loaded_high = file[LINUX_LOADFLAGS] & LINUX_LOADED_HIGH;
    fields_read(file, h);
    return 0;
}
