/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What a PC's board leaves in the battery-backed memory for its firmware.  Home loop.
 */

#include <stdbool.h>
#include <stdint.h>

struct device;

struct pc_cmos {
    uint64_t low_bytes, high_bytes;     /* of RAM, below and above 4 GiB */
    unsigned cpus;
    const char *boot_order;             /* drive letters, at most three count */
    bool floppy_check;                  /* a diskette without the boot signature is refused */
    bool mouse;                         /* a PS/2 pointing device */
};

/* Written once; it survives every reset. */
void pc_cmos_set(struct device *rtc, const struct pc_cmos *c);
/* How many CPUs there are, when that changes. */
void pc_cmos_cpus(struct device *rtc, unsigned cpus);
/* The boot order alone, for a reset after which another one holds. */
void pc_cmos_boot_order(struct device *rtc, const char *order, bool floppy_check);
