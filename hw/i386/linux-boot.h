/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Starting a Linux kernel at its 64-bit entry, without firmware
 *
 * linux_image_open() reads and checks the files once; linux_image_place() writes kernel, initrd,
 * command line and boot parameters into guest memory, at every reset, and says where the CPU starts.
 * Reference: Documentation of the x86 boot protocol, versions 2.06 to 2.15.
 */

#include "hw/i386/e820.h"
#include "hw/i386/linux-header.h"

#include <stddef.h>
#include <stdint.h>

struct error;
struct x86_state;
struct address_space;

struct linux_image {
    uint8_t *kernel, *initrd;           /* file contents, read once */
    size_t kernel_size, initrd_size;
    char *command_line;
    struct linux_header header;
    uint64_t load_address, init_size;
    uint64_t initrd_address;
};

/* initrd and append may be NULL.  low_memory: bytes of RAM from address 0, of which the last
 * `reserved` are not for the kernel.  Errors name the file and what is wrong with it. */
int linux_image_open(struct linux_image **image, const char *kernel, const char *initrd, const char *append,
                     uint64_t low_memory, uint64_t reserved, struct error **err);
void linux_image_close(struct linux_image *image);      /* NULL is fine */

/* 0, or -EIO: guest memory refused (a board's mistake). */
int linux_image_place(const struct linux_image *image, struct address_space *as, const struct e820 *map,
                      uint64_t acpi_rsdp);
/* The boot CPU at the kernel's entry; everything else as after reset. */
void linux_image_start(const struct linux_image *image, struct x86_state *cpu);
