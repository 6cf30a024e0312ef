/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Near branches and the stack: how control goes from block to block
 *
 * A direct branch holds its target in imm and its link (the target block's first instruction, or
 * 0) in disp; `base` is 1 if it may be linked: source and target lie in the same page, so both are
 * mapped or neither is.  Everything else goes through the jump cache.  Every way into a block polls
 * env->kick.  `spare` counts the instructions from here to the end of the block, for env->insns.
 */

#include "accel/soft/block.h"
#include "accel/soft/mem.h"
#include "accel/soft/regs.h"

/* Out of line (block.c): the branch is not linked, or somebody kicks. */
const struct insn *branch_slow(struct env *e, const struct insn *i);

/* The tail instruction of a block that goes on at the next one. */
insn_fn op_block_tail;
/* Of a killed block: to the dispatcher, at this rip. */
insn_fn op_stale;

static ALWAYS_INLINE bool kicked(struct env *e)
{
    return unlikely(atomic_load_explicit(&e->kick, memory_order_relaxed) != 0);
}

/* Leaves the block at i for the block that begins at `next`. */
static ALWAYS_INLINE void count_insns(struct env *e, const struct insn *i, const struct insn *next)
{
    __builtin_prefetch(next + 1);
    __builtin_prefetch(next + 2);
    __builtin_prefetch(next + 3);
    e->insns += next->spare - (i->spare - 1);
}

#define BRANCH_DIRECT(e, i)                                                                                     \
    do {                                                                                                        \
        const struct insn *next_ = (const struct insn *)__atomic_load_n(&(i)->disp, __ATOMIC_ACQUIRE);          \
        if (unlikely(!next_) || kicked(e))                                                                      \
            return branch_slow(e, i);                                                                           \
        count_insns(e, i, next_);                                                                               \
        GO(e, next_);                                                                                           \
    } while (0)

/* Bits 63 to 47 alike, as every address outside of 64-bit mode is. */
static ALWAYS_INLINE bool pc_canonical(uint64_t pc)
{
    return (uint64_t)((int64_t)(pc << 16) >> 16) == pc;
}

/* #GP(0) at the branch, before it changed anything, for a target that is not canonical or outside the segment. */
static ALWAYS_INLINE void branch_check64(struct env *e, const struct insn *i, uint64_t pc)
{
    if (unlikely(!pc_canonical(pc)))
        soft_raise(e, i, VEC_GP, 0);
}

static inline void branch_check(struct env *e, const struct insn *i, uint64_t pc)
{
    if (e->key & KEY_CS64)
        branch_check64(e, i, pc);
    else if (unlikely(pc > e->x.seg[CS].limit))
        soft_raise(e, i, VEC_GP, 0);
}

/* To the block at pc (masked and canonical) if the jump cache has it, else NULL; e->pc is set. */
static ALWAYS_INLINE const struct insn *jump_cached(struct env *e, const struct insn *i, uint64_t pc)
{
    struct jump_entry *j = block_jc_slot(e, pc);

    if (unlikely(j->pc != block_jc_tag(e, pc)) || kicked(e)) {
        e->pc = pc;
        return NULL;
    }
    count_insns(e, i, j->block->insn);
    return j->block->insn;
}

#define BRANCH_INDIRECT(e, i, pc)                                                                               \
    do {                                                                                                        \
        const struct insn *next_ = jump_cached(e, i, pc);                                                       \
        if (unlikely(!next_))                                                                                   \
            return NULL;                                                                                        \
        GO(e, next_);                                                                                           \
    } while (0)

/* Implicit stack accesses: SS, stack address size. */
void stack_check(struct env *e, const struct insn *i, uint64_t off, unsigned size, bool write);

static inline uint64_t stack_lin(struct env *e, const struct insn *i, uint64_t sp, unsigned size, bool write)
{
    uint64_t off = sp & e->sp_mask;

    if (unlikely(!(e->key & (KEY_CS64 | KEY_FLAT_SS))))
        stack_check(e, i, off, size, write);
    return (e->seg_base[SS] + off) & e->lin_mask;
}

static inline void stack_set(struct env *e, uint64_t sp)
{
    e->r[RSP] = (e->r[RSP] & ~e->sp_mask) | (sp & e->sp_mask);
}

static inline void stack_push(struct env *e, const struct insn *i, unsigned size, uint64_t v)
{
    uint64_t sp = e->r[RSP] - size;

    mem_store(e, i, stack_lin(e, i, sp, size, true), size, v);
    stack_set(e, sp);
}

/* Reads the top of the stack; the caller moves rsp when nothing can fault any more. */
static inline uint64_t stack_top(struct env *e, const struct insn *i, unsigned size)
{
    return mem_load(e, i, stack_lin(e, i, e->r[RSP], size, false), size);
}
