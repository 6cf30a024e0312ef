/* SPDX-License-Identifier: Apache-2.0 */
#include "gdb/walk.h"

/*
 * The page walk of a debugger (see walk.h)
 *
 * One loop for all forms of paging: tables of 1024 entries of four bytes, or of 512 of eight; two, three or four
 * levels, of which the upper ones may end in a large page.  PAE's pointers are read from memory, not from the
 * processor's copies.  Five-level paging is not there, since no vCPU has it.
 */

#include "cpu/state.h"

enum { ENTRY_P = 1 << 0, ENTRY_PS = 1 << 7 };
#define ADDRESS 0x000ffffffffff000ull

struct shape { unsigned levels, bits, entry; };

static struct shape shape_of(const struct x86_state *st)
{
    if (st->efer & EFER_LMA)
        return (struct shape){ 4, 9, 8 };
    return st->cr4 & CR4_PAE ? (struct shape){ 3, 9, 8 } : (struct shape){ 2, 10, 4 };
}

static bool canonical(uint64_t lin)
{
    return (uint64_t)((int64_t)(lin << 16) >> 16) == lin;
}

static bool may_be_large(const struct x86_state *st, const struct shape *s, unsigned level)
{
    if (s->levels == 2)
        return level == 1 && st->cr4 & CR4_PSE;
    return level == 1 || (level == 2 && s->levels == 4);
}

/* A 4 MiB page keeps bits 39 to 32 of its address in bits 20 to 13. */
static uint64_t large_address(const struct shape *s, uint64_t entry, unsigned shift)
{
    uint64_t base = entry & ADDRESS & ~((1ull << shift) - 1);

    return s->levels == 2 ? (base & 0xffc00000u) | (entry >> 13 & 0xff) << 32 : base;
}

static void found(uint64_t base, unsigned shift, uint64_t lin, uint64_t *gpa, uint64_t *more)
{
    uint64_t at = lin & ((1ull << shift) - 1);

    *gpa = base + at;
    *more = (1ull << shift) - 1 - at;
}

static bool walk_tables(const struct x86_state *st, uint64_t lin, gdb_walk_read *read, void *opaque, uint64_t *gpa,
                        uint64_t *more)
{
    struct shape s = shape_of(st);
    uint64_t table = st->cr3 & (s.levels == 3 ? 0xffffffe0u : s.levels == 2 ? 0xfffff000u : ADDRESS), entry;

    for (unsigned level = s.levels; level--;) {
        unsigned shift = 12 + s.bits * level;
        uint64_t index = lin >> shift & ((1u << s.bits) - 1);

        if (!read(opaque, table + index * s.entry, s.entry, &entry) || !(entry & ENTRY_P))
            return false;
        if (level && entry & ENTRY_PS && may_be_large(st, &s, level)) {
            found(large_address(&s, entry, shift), shift, lin, gpa, more);
            return true;
        }
        table = entry & ADDRESS;
    }
    found(table, 12, lin, gpa, more);
    return true;
}

bool gdb_walk(const struct x86_state *st, uint64_t lin, gdb_walk_read *read, void *opaque, uint64_t *gpa,
              uint64_t *more)
{
    if (st->efer & EFER_LMA ? !canonical(lin) : lin >> 32)
        return false;
    if (st->cr0 & CR0_PG)
        return walk_tables(st, lin, read, opaque, gpa, more);
    found(0, 32, lin, gpa, more);
    return true;
}
