/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Which bits of a function's own configuration registers, 40h to FFh, a guest can set: the column "attribute" of a data
 * sheet, bit by bit.  What no row names begins as 0 and is stored, as in the reference.
 */

#include "tests/unit/pci-bench.h"

/* From `at` on so many bytes, little-endian.  Special: writing does more than setting bits, and is tested apart. */
struct config_bits { uint8_t at, bytes; uint64_t value, writable; bool special; };

static inline void config_bits_check(struct pci_bench *p, unsigned slot, unsigned fn, const struct config_bits *rows,
                                     unsigned n)
{
    uint8_t value[256] = { 0 }, writable[256];
    bool special[256] = { false };

    memset(writable, 0xff, sizeof(writable));
    for (unsigned i = 0; i < n; i++)
        for (unsigned byte = 0; byte < rows[i].bytes; byte++) {
            value[rows[i].at + byte] = rows[i].value >> 8 * byte;
            writable[rows[i].at + byte] = rows[i].writable >> 8 * byte;
            special[rows[i].at + byte] = rows[i].special;
        }
    for (unsigned at = 0x40; at < 256; at++)
        CHECK_EQ(at << 8 | pci_in(p, slot, fn, at, 1), at << 8 | value[at]);
    for (unsigned at = 0x40; at < 256; at++) {
        if (special[at])
            continue;
        pci_out(p, slot, fn, at, 1, 0xff);
        CHECK_EQ(at << 8 | pci_in(p, slot, fn, at, 1), at << 8 | value[at] | writable[at]);
        pci_out(p, slot, fn, at, 1, 0);
        CHECK_EQ(at << 8 | pci_in(p, slot, fn, at, 1), at << 8 | (value[at] & ~writable[at]));
    }
}
