/* SPDX-License-Identifier: Apache-2.0 */
#include "hw/i386/pc-cmos.h"

/*
 * CMOS memory as a PC's firmware expects it (see pc-cmos.h)
 *
 *     14      equipment: FPU, pointing device       15-16  base memory, KiB      17-18, 30-31  above 1 MiB, KiB
 *     34-35   above 16 MiB, in 64 KiB               5b-5d  above 4 GiB, in 64 KiB
 *     3d, 38  boot devices, four bits each: first and second, third; bit 0 of 38: do not check diskettes
 *     5f      CPUs but one
 *
 * Each amount is cut to what its bytes can say; firmware looks at the next one then.
 * Left out: diskette and disk types, which come with those drives.
 * Reference: IBM PC AT technical reference, and what the reference's CMOS holds at reset.
 */

#include "hw/timer/mc146818rtc.h"

enum { EQUIPMENT = 0x14, BASE_KIB = 0x15, EXTENDED_KIB = 0x17, EXTENDED_KIB_2 = 0x30, ABOVE_16M = 0x34, BOOT_2 = 0x38,
       BOOT_1 = 0x3d, ABOVE_4G = 0x5b, CPUS = 0x5f };
enum { HAS_FPU = 1 << 1, HAS_MOUSE = 1 << 2, NO_FLOPPY_CHECK = 1 << 0, BASE_KIB_MAX = 640 };
#define KIB 1024ull
#define MIB (KIB * 1024)

/* little-endian, the most that n bytes can say if val is more */
static void number_set(struct device *rtc, unsigned at, unsigned n, uint64_t val)
{
    uint64_t max = (1ull << 8 * n) - 1;

    if (val > max)
        val = max;
    for (unsigned i = 0; i < n; i++)
        rtc_cmos_set(rtc, at + i, val >> 8 * i);
}

static uint64_t above(uint64_t bytes, uint64_t from, uint64_t unit)
{
    return bytes > from ? (bytes - from) / unit : 0;
}

/* Diskette 1, disk 2, CD 3, network 4, as BIOS setup programs had them. */
static uint8_t device_code(char letter)
{
    switch (letter) {
    case 'a':
    case 'b':
        return 1;
    case 'c':
        return 2;
    case 'd':
        return 3;
    case 'n':
        return 4;
    default:
        return 0;
    }
}

void pc_cmos_boot_order(struct device *rtc, const char *order, bool floppy_check)
{
    uint8_t code[3] = { 0 };

    for (unsigned i = 0; i < 3 && order[i]; i++)
        code[i] = device_code(order[i]);
    rtc_cmos_set(rtc, BOOT_1, code[1] << 4 | code[0]);
    rtc_cmos_set(rtc, BOOT_2, code[2] << 4 | (floppy_check ? 0 : NO_FLOPPY_CHECK));
}

void pc_cmos_cpus(struct device *rtc, unsigned cpus)
{
    number_set(rtc, CPUS, 1, cpus - 1);
}

void pc_cmos_set(struct device *rtc, const struct pc_cmos *c)
{
    uint64_t base = c->low_bytes / KIB;

    rtc_cmos_set(rtc, EQUIPMENT, HAS_FPU | (c->mouse ? HAS_MOUSE : 0));
    number_set(rtc, BASE_KIB, 2, base < BASE_KIB_MAX ? base : BASE_KIB_MAX);
    number_set(rtc, EXTENDED_KIB, 2, above(c->low_bytes, MIB, KIB));
    number_set(rtc, EXTENDED_KIB_2, 2, above(c->low_bytes, MIB, KIB));
    number_set(rtc, ABOVE_16M, 2, above(c->low_bytes, 16 * MIB, 64 * KIB));
    number_set(rtc, ABOVE_4G, 3, c->high_bytes / (64 * KIB));
    pc_cmos_cpus(rtc, c->cpus);
    pc_cmos_boot_order(rtc, c->boot_order, c->floppy_check);
}
