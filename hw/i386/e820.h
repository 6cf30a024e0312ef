/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* The map of memory that firmware, or a direct boot in its place, hands to the guest (INT 15h, E820h). */

#include <stdint.h>

enum e820_type { E820_RAM = 1, E820_RESERVED = 2 };
enum { E820_ENTRIES = 32 };

struct e820_entry { uint64_t base, size; uint32_t type; } __attribute__((packed));
struct e820 { unsigned n; struct e820_entry entry[E820_ENTRIES]; };

/* size 0 adds nothing.  At most E820_ENTRIES lines: a board's matter. */
static inline void e820_add(struct e820 *e, uint64_t base, uint64_t size, enum e820_type type)
{
    if (size && e->n < E820_ENTRIES)
        e->entry[e->n++] = (struct e820_entry){ base, size, type };
}
