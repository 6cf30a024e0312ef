/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What kernel-image.c and those that read one kind of kernel share. */

#include "hw/i386/board.h"
#include "hw/i386/kernel-image.h"

#include <stddef.h>

struct kernel_load {
    struct device *fw_cfg;
    const struct board_config *cfg;
    uint64_t top;               /* end of the RAM that a kernel and its files may have; below 4 GiB */
    uint8_t *file;              /* -kernel, all of it */
    size_t size;
};

enum { KERNEL_PAGE = 4096 };
#define KERNEL_LOWEST 0x100000ull       /* what is below belongs to firmware and to the ROM */

/* Each fills the keys of fw_cfg. */
int kernel_linux_add(const struct kernel_load *k, struct error **err);
int kernel_multiboot_add(const struct kernel_load *k, struct error **err);
int kernel_pvh_add(const struct kernel_load *k, struct error **err);
/* Does the file have a Multiboot header? */
bool kernel_multiboot_is(const uint8_t *file, size_t size);

/* Three keys of one part: where it belongs, how long it is, its bytes. */
struct kernel_keys { uint16_t addr, size, data; };
void kernel_part_add(const struct kernel_load *k, const struct kernel_keys *keys, uint64_t addr, const void *bytes,
                     uint32_t len);
struct kernel_span { uint32_t at, bytes; };
/* The initrd as high as it may lie: not above `last`, not below `lowest`.  *initrd says where; 0 bytes: none. */
int kernel_initrd_add(const struct kernel_load *k, uint64_t lowest, uint64_t last, struct kernel_span *initrd,
                      struct error **err);
/* -append, or "". */
const char *kernel_command_line(const struct kernel_load *k);
int kernel_bad_file(const struct kernel_load *k, const char *legal, struct error **err);
/* It wants RAM up to `end`. */
int kernel_too_high(const struct kernel_load *k, uint64_t end, struct error **err);

extern const struct kernel_keys kernel_keys, kernel_initrd_keys, kernel_cmdline_keys, kernel_setup_keys;
