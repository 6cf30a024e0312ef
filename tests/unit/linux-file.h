/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Linux kernels made by hand: only the fields that the boot protocol gives a boot loader; and a folder for the files
 * that a boot loader is told of
 */

#include "lib/bits.h"
#include "tests/test.h"

#include <fcntl.h>
#include <unistd.h>

enum { PAYLOAD = 4096, LOAD = 1 << 20, FILE_MAX = 257 * 512 + PAYLOAD };

static uint8_t file[FILE_MAX];
static size_t file_size;
static char folder[] = "/tmp/rhea-kernel-XXXXXX";
static char kernel_path[64], initrd_path[64];

static inline void set(unsigned at, unsigned bytes, uint64_t val)
{
    bits_store(file + at, bytes, val);
}

/* A kernel that is right in every field. */
static inline void good(unsigned setup_sects)
{
    memset(file, 0, sizeof(file));
    file_size = ((setup_sects ? setup_sects : 4) + 1) * 512 + PAYLOAD;
    memset(file + file_size - PAYLOAD, 0xc3, PAYLOAD);
    set(0x1f1, 1, setup_sects);
    set(0x1f4, 4, PAYLOAD / 16);        /* syssize */
    set(0x1fe, 2, 0xaa55);
    set(0x200, 2, 0x66eb);              /* jump over the header: it ends at 268h */
    memcpy(file + 0x202, "HdrS", 4);
    set(0x206, 2, 0x20f);
    set(0x211, 1, 1);                   /* LOADED_HIGH */
    set(0x22c, 4, 0x7fffffff);
    set(0x236, 2, 1);                   /* XLF_KERNEL_64 */
    set(0x238, 4, 255);
    set(0x258, 8, LOAD);
    set(0x260, 4, 2 * PAYLOAD);
}

static inline void put_file(const char *path, const void *bytes, size_t n)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

    CHECK(fd >= 0 && write(fd, bytes, n) == (ssize_t)n);
    close(fd);
}

/* Neither file is there yet. */
static inline bool folder_open(void)
{
    if (!mkdtemp(folder))
        return false;
    snprintf(kernel_path, sizeof(kernel_path), "%s/kernel", folder);
    snprintf(initrd_path, sizeof(initrd_path), "%s/initrd", folder);
    return true;
}

static inline void folder_close(void)
{
    unlink(kernel_path);
    unlink(initrd_path);
    rmdir(folder);
}
