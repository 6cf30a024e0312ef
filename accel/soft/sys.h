/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Small change for the system instructions: operands, and the two ways to go on
 */

#include "accel/soft/mem.h"
#include "accel/soft/mmu.h"
#include "accel/soft/mode.h"

static inline uint64_t sys_next(const struct env *e, const struct insn *i)
{
    return insn_next_pc(i) & e->ip_mask;
}

/* Ends the block: the dispatcher continues at the next instruction, in whatever mode holds now. */
static inline const struct insn *sys_end(struct env *e, const struct insn *i)
{
    e->pc = sys_next(e, i);
    return NULL;
}

static inline uint64_t size_mask(unsigned size)
{
    return size == 8 ? ~0ull : (1ull << size * 8) - 1;
}

/* A register as a destination: 32-bit writes clear the upper half, 16-bit ones keep it. */
static inline void reg_put(struct env *e, unsigned n, unsigned size, uint64_t v)
{
    if (size == 8)
        e->r[n] = v;
    else if (size == 4)
        e->r[n] = (uint32_t)v;
    else
        e->r[n] = (e->r[n] & ~size_mask(size)) | (v & size_mask(size));
}

/* The modrm.rm operand, 2 to 8 bytes. */
static inline uint64_t rm_get(struct env *e, const struct insn *i, unsigned size)
{
    if (i->flags & I_MEM)
        return mem_load(e, i, ea(e, i, size, false), size);
    return e->r[i->rm] & size_mask(size);
}

static inline void rm_put(struct env *e, const struct insn *i, unsigned size, uint64_t v)
{
    if (i->flags & I_MEM)
        mem_store(e, i, ea(e, i, size, true), size, v);
    else
        reg_put(e, i->rm, size, v);
}

/* Sets the arithmetic flags under mask to v; the others keep their values. */
static inline void flags_change(struct env *e, uint64_t mask, uint64_t v)
{
    env_set_rflags(e, (env_rflags(e) & ~mask) | (v & mask));
}

static inline void require_cpl0(struct env *e, const struct insn *i)
{
    if (e->cpl)
        soft_raise(e, i, VEC_GP, 0);
}

/* Instructions that exist in protected mode only. */
static inline void require_prot(struct env *e, const struct insn *i)
{
    if (soft_mode(e) == MODE_REAL || soft_mode(e) == MODE_VM86)
        soft_raise(e, i, VEC_UD, -1);
}

/* CR4.UMIP: SGDT and its kin are for CPL 0. */
static inline void require_umip(struct env *e, const struct insn *i)
{
    if ((e->x.cr4 & CR4_UMIP) && e->cpl)
        soft_raise(e, i, VEC_GP, 0);
}
