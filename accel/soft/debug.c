/* SPDX-License-Identifier: Apache-2.0 */
#include "accel/soft/debug.h"

#include <stddef.h>

/*
 * Breakpoints and single step
 *
 * Models the four breakpoint registers (instruction, write, read or write, I/O with CR4.DE), TF, and RF. Not
 * modelled: DR7.LE/GE, branch trace (BTF), data breakpoints on descriptor tables, task state and stacks
 * that the CPU accesses by itself, and T bits beyond task.c.  Traps of REP strings come after each block
 * of iterations that the run loop executed as one instruction.
 *
 * Invariant: db_pending is non-zero only between an access and the end of its instruction.
 */

enum { RW_EXEC, RW_WRITE, RW_IO, RW_ACCESS };

static unsigned bp_kind(const struct env *e, unsigned n)
{
    return e->x.dr[7] >> (16 + 4 * n) & 3;
}

static uint64_t bp_length(const struct env *e, unsigned n)
{
    static const uint8_t length[4] = { 1, 2, 8, 4 };

    return length[e->x.dr[7] >> (18 + 4 * n) & 3];
}

static bool bp_enabled(const struct env *e, unsigned n)
{
    return e->x.dr[7] >> (2 * n) & 3;
}

static bool bp_overlaps(const struct env *e, unsigned n, uint64_t at, unsigned size)
{
    uint64_t len = bp_length(e, n), base = e->x.dr[n] & ~(len - 1);

    return at < base + len && base < at + size;
}

void debug_before(struct env *e)
{
    uint64_t lin = (e->pc + (e->code64 ? 0 : e->x.seg[CS].base)) & e->lin_mask;
    unsigned hit = 0;

    e->db_pending = 0;
    if (e->eflags & FLAG_RF) {
        e->eflags &= ~(uint64_t)FLAG_RF;    /* good for this one instruction */
        return;
    }
    for (unsigned n = 0; n < 4; n++)
        if (bp_enabled(e, n) && bp_kind(e, n) == RW_EXEC && e->x.dr[n] == lin)
            hit |= 1u << n;
    if (!hit)
        return;
    e->x.dr[6] = (e->x.dr[6] & ~0xfull) | hit;
    e->eflags |= FLAG_RF;                   /* a fault: the saved image has RF set */
    soft_raise(e, NULL, VEC_DB, -1);
}

void debug_after(struct env *e, uint32_t key)
{
    uint32_t hit = e->db_pending;

    e->db_pending = 0;
    if (key & KEY_TF)
        hit |= DR6_BS;
    if (!hit)
        return;
    e->x.dr[6] = (e->x.dr[6] & ~0xfull) | hit;
    soft_raise(e, NULL, VEC_DB, -1);
}

void debug_data(struct env *e, uint64_t lin, unsigned size, bool write)
{
    for (unsigned n = 0; n < 4; n++) {
        unsigned kind = bp_kind(e, n);

        if (bp_enabled(e, n) && (kind == RW_ACCESS || (kind == RW_WRITE && write)) && bp_overlaps(e, n, lin, size))
            e->db_pending |= 1u << n;
    }
}

void debug_io(struct env *e, uint16_t port, unsigned size)
{
    if (!(e->x.cr4 & CR4_DE))
        return;
    for (unsigned n = 0; n < 4; n++)
        if (bp_enabled(e, n) && bp_kind(e, n) == RW_IO && bp_overlaps(e, n, port, size))
            e->db_pending |= 1u << n;
}
