/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The setup header of a Linux kernel, as its x86 boot protocol gives it to boot loaders: versions 2.00 to 2.15
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct error;

/* Fields of the setup header, as offsets in the file. */
enum {
    LINUX_CMD_LINE_MAGIC = 0x020,       /* this and the next: before 2.02 */
    LINUX_CMD_LINE_OFFSET = 0x022,
    LINUX_SETUP_SECTS = 0x1f1,
    LINUX_SYSSIZE = 0x1f4,
    LINUX_VID_MODE = 0x1fa,
    LINUX_BOOT_FLAG = 0x1fe,
    LINUX_SETUP_JUMP = 0x201,
    LINUX_MAGIC = 0x202,
    LINUX_PROTOCOL = 0x206,
    LINUX_LOADER = 0x210,
    LINUX_LOADFLAGS = 0x211,
    LINUX_RAMDISK_IMAGE = 0x218,
    LINUX_RAMDISK_SIZE = 0x21c,
    LINUX_HEAP_END_PTR = 0x224,
    LINUX_CMD_LINE_PTR = 0x228,
    LINUX_INITRD_MAX = 0x22c,
    LINUX_XLOADFLAGS = 0x236,
    LINUX_CMDLINE_SIZE = 0x238,
    LINUX_PREF_ADDRESS = 0x258,
    LINUX_INIT_SIZE = 0x260,
    LINUX_HEADER_END = 0x268,
};
enum { LINUX_LOADED_HIGH = 1 << 0, LINUX_CAN_USE_HEAP = 1 << 7 };               /* loadflags */
enum { LINUX_KERNEL_64 = 1 << 0, LINUX_ABOVE_4G = 1 << 1 };                     /* xloadflags */

/* What the file says; what its version of the protocol does not have yet is what the protocol says about that. */
struct linux_header {
    uint64_t pref_address;      /* 0: not said */
    uint32_t init_size;         /* 0: not said */
    uint32_t setup_bytes;       /* boot sector and setup code; the rest is the kernel proper, which is not empty */
    uint32_t initrd_max;        /* the last byte that an initrd may have */
    uint32_t cmdline_max;       /* without its NUL */
    uint16_t protocol, xloadflags;
    bool loaded_high;           /* a bzImage */
};

bool linux_header_is(const uint8_t *file, size_t size);
/* -EINVAL: none, or cut short; errors name -kernel and path. */
int linux_header_read(const char *path, const uint8_t *file, size_t size, struct linux_header *h, struct error **err);
