/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * -kernel with firmware: the kernel lies in fw_cfg, and an option ROM of ours starts it
 *
 * kernel_add() reads and checks the files and fills the keys; the ROM asks where each part belongs.  Home loop.
 */

#include <stdint.h>

struct board_config;
struct device;
struct error;

enum kernel_kind {
    KERNEL_LINUX = 1,           /* a bzImage */
    KERNEL_MULTIBOOT,           /* Multiboot 0.6.96 */
    KERNEL_PVH,                 /* an ELF file that names a PVH entry, as vmlinux does */
};

/* Adds the kernel that cfg names to fw_cfg, and the ROM that starts it.  low_bytes: RAM from address 0.
 * The kind that it found, or a negative errno with an error that names option, file and what is wrong. */
int kernel_add(struct device *fw_cfg, const struct board_config *cfg, uint64_t low_bytes, struct error **err);
/* What the "bootorder" file calls the ROM: "/rom@genroms/linuxboot_dma.bin". */
const char *kernel_boot_path(enum kernel_kind kind);
