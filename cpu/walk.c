/* SPDX-License-Identifier: Apache-2.0 */
#include "cpu/walk.h"

/*
 * The page walk of who stands outside (see walk.h)
 *
 * One description for all forms of paging: tables of 1024 entries of four bytes, or of 512 of eight; two, three or four
 * levels, of which some may end in a large page.  SDM volume 3, 4.3 (32-bit), 4.4 (PAE), 4.5 (4-level).
 *
 * Left out: reserved bits, but for those that tell a table from a page (what they would forbid is mostly an address
 * where no memory is); PAE's pointer registers, whose source in memory is read instead; five levels, which no vCPU has;
 * address line 20.
 *
 * Invariant: a walk goes down at most four levels, whatever the tables contain.
 */

#include "cpu/state.h"

#include <errno.h>
#include <string.h>

enum { ENTRY_P = 1 << 0, ENTRY_PS = 1 << 7, TABLE_BYTES = 4096 };
#define ADDRESS 0x000ffffffffff000ull

/* top_bits: of the linear address, that index the root. */
struct shape { unsigned levels, bits, top_bits, entry; };

static const struct shape long_mode = { 4, 9, 9, 8 }, pae = { 3, 9, 2, 8 }, legacy = { 2, 10, 10, 4 };

static const struct shape *shape_of(const struct x86_state *st)
{
    if (st->efer & EFER_LMA)
        return &long_mode;
    return st->cr4 & CR4_PAE ? &pae : &legacy;
}

static uint64_t root_of(const struct x86_state *st, const struct shape *s)
{
    return st->cr3 & (s == &pae ? 0xffffffe0u : s == &legacy ? 0xfffff000u : ADDRESS);
}

static unsigned shift_of(const struct shape *s, unsigned level)
{
    return 12 + s->bits * level;
}

static unsigned entries_of(const struct shape *s, unsigned level)
{
    return 1u << (level + 1 == s->levels ? s->top_bits : s->bits);
}

enum kind { NOTHING, TABLE, PAGE };

/* What an entry is, and the address in it. */
static enum kind entry_kind(const struct x86_state *st, const struct shape *s, unsigned level, uint64_t entry,
                            uint64_t *address)
{
    bool ps = entry & ENTRY_PS && level && (s != &legacy || st->cr4 & CR4_PSE);

    if (!(entry & ENTRY_P) || (ps && level + 1 == s->levels && s != &legacy))
        return NOTHING;
    *address = entry & ADDRESS & (s == &legacy ? UINT32_MAX : UINT64_MAX);
    if (ps)
        *address &= ~((1ull << shift_of(s, level)) - 1);
    if (ps && s == &legacy)             /* bits 39 to 32 stand in bits 20 to 13 */
        *address |= (entry >> 13 & 0xff) << 32;
    return ps || !level ? PAGE : TABLE;
}

static bool canonical(uint64_t lin)
{
    return (uint64_t)((int64_t)(lin << 16) >> 16) == lin;
}

static void found(uint64_t base, uint64_t bytes, uint64_t lin, uint64_t *gpa, uint64_t *more)
{
    uint64_t at = lin & (bytes - 1);

    *gpa = base + at;
    *more = bytes - 1 - at;
}

static bool walk_tables(const struct x86_state *st, const struct walk_memory *memory, uint64_t lin, uint64_t *gpa,
                        uint64_t *more)
{
    const struct shape *s = shape_of(st);
    uint64_t table = root_of(st, s);

    for (unsigned level = s->levels; level--;) {
        unsigned shift = shift_of(s, level);
        uint64_t index = lin >> shift & (entries_of(s, level) - 1), entry = 0;
        enum kind kind;

        if (!memory->read(memory->opaque, table + index * s->entry, &entry, s->entry))
            return false;
        kind = entry_kind(st, s, level, entry, &table);
        if (kind == PAGE)
            found(table, 1ull << shift, lin, gpa, more);
        if (kind != TABLE)
            return kind == PAGE;
    }
    return false;
}

bool cpu_walk(const struct x86_state *st, const struct walk_memory *memory, uint64_t lin, uint64_t *gpa,
              uint64_t *more)
{
    if (st->efer & EFER_LMA ? !canonical(lin) : lin >> 32)
        return false;
    if (st->cr0 & CR0_PG)
        return walk_tables(st, memory, lin, gpa, more);
    found(0, 1ull << 32, lin, gpa, more);
    return true;
}

struct walk_all {
    const struct x86_state *st;
    const struct shape *shape;
    const struct walk_memory *memory;
    const struct walk_visitor *visitor;
    unsigned *budget;
};

static int walk_table(const struct walk_all *w, unsigned level, uint64_t table, uint64_t base);

static int walk_entry(const struct walk_all *w, unsigned level, uint64_t entry, uint64_t lin)
{
    const struct walk_visitor *v = w->visitor;
    uint64_t address;

    if (w->shape == &long_mode)
        lin = (uint64_t)((int64_t)(lin << 16) >> 16);
    switch (entry_kind(w->st, w->shape, level, entry, &address)) {
    case PAGE:
        return v->map(v->opaque, lin, address, 1ull << shift_of(w->shape, level));
    case TABLE:
        if (level + 1 == w->shape->levels && v->enter && !v->enter(v->opaque, lin, address))
            return 0;
        return walk_table(w, level - 1, address, lin);
    default:
        return 0;
    }
}

static int walk_table(const struct walk_all *w, unsigned level, uint64_t table, uint64_t base)
{
    unsigned n = entries_of(w->shape, level), size = w->shape->entry;
    uint8_t entries[TABLE_BYTES];
    int r = 0;

    if (!*w->budget)
        return -E2BIG;
    --*w->budget;
    if (!w->memory->read(w->memory->opaque, table, entries, n * size))
        return 0;
    for (unsigned i = 0; i < n && !r; i++) {
        uint64_t entry = 0;

        memcpy(&entry, entries + i * size, size);
        r = walk_entry(w, level, entry, base + ((uint64_t)i << shift_of(w->shape, level)));
    }
    return r;
}

int cpu_walk_all(const struct x86_state *st, const struct walk_memory *memory, const struct walk_visitor *visitor,
                 unsigned *budget)
{
    const struct shape *s = shape_of(st);
    struct walk_all w = { st, s, memory, visitor, budget };

    return walk_table(&w, s->levels - 1, root_of(st, s), 0);
}
