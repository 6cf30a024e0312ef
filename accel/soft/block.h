/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The block cache: decoded guest code, shared by all vCPUs of a machine
 *
 * A block is a run of instructions of one page, entered at its first one.  It goes on through
 * conditional jumps that are not taken and ends at other transfers, at forms that end a block, at
 * the page's end or after BLOCK_INSNS.  An instruction that spans two pages has a block for itself.
 * Its identity is where its bytes are stored (host address: the same RAM has one, ROM and the RAM
 * that shadows it have two), its rip and CS base, and env->key: two modes never share a block.
 * Design sections 5, 8 and 9.
 *
 * Leaving a block: branches to the same page go through a link in the branch itself (insn.disp, the
 * first instruction of the target or 0); all others through the vCPU's jump cache.  Both poll
 * env->kick.  Invariant: a killed block is in neither the hash nor any link, and all its functions
 * are op_stale, which goes to the dispatcher; its memory lives until no vCPU can be inside.
 */

#include "accel/soft/env.h"
#include "accel/soft/smc.h"
#include "accel/soft/soft.h"

enum { BLOCK_INSNS = 48 };

struct block {
    const uint8_t *host;        /* of the first byte */
    uint64_t pc, cs_base;
    uint32_t key;
    uint16_t len, n_insns;      /* bytes; instructions without the tail */
    const uint8_t *host2;       /* the second page's first byte, or NULL */
    _Atomic(struct block *) hash_next;
    struct soft_page_code *code[2];     /* of the pages; NULL: not tracked */
    struct block *page_next[2];
    struct insn *in;            /* branches linked to this block, chained through insn.ea_mask */
    _Atomic bool stale;
    uint8_t pad[39];
    struct insn insn[];         /* n_insns, then the tail: where a block that ends without a branch goes on */
};
_Static_assert(sizeof(struct block) == 128, "instructions stay on cache lines of their own");

enum { BLOCK_MOST_BYTES = sizeof(struct block) + (BLOCK_INSNS + 1) * sizeof(struct insn) };

/* The block at e->pc in the current mode; builds it.  Raises #PF, #GP or #UD-in-waiting as the fetch does. */
struct block *block_lookup(struct env *e);

/* Patches the link of e->link (a direct branch that missed) to b, when both are still good. */
void block_link(struct env *e, struct block *b);

/* Kills blocks with bytes in [first, last] of the page (offsets); takes soft->lock. */
void block_invalidate_range(struct soft *s, struct soft_page_code *code, unsigned first, unsigned last);

/* Forgets every block; the caller is in an exclusive section or no vCPU runs. */
void block_flush_all(struct soft *s);

/*
 * The jump cache.  Entries carry a context number in their low 16 bits, so clearing is only a
 * matter of taking fresh numbers.
 * block_jc_clear(): any mapping of code may have changed (TLB flush, INVLPG).
 * block_jc_clear_local(): the same of pages that are not global (CR3 write); mmu_fetch() says block_jc_local() of them.
 * block_jc_context(): e->key or the CS base changed; mode_update() calls it at its end.
 */
void block_jc_clear(struct env *e);
void block_jc_clear_local(struct env *e);
void block_jc_context(struct env *e);
void block_jc_reset(struct env *e);     /* and the entries themselves; the dispatcher or an exclusive section */

static inline void block_jc_local(struct env *e)
{
    e->jc_contexts[e->jc_current].local = true;
}

static inline struct jump_entry *block_jc_slot(struct env *e, uint64_t pc)
{
    return &e->jc[(pc ^ pc >> 12) & (JUMP_CACHE - 1)];
}

static inline uint64_t block_jc_tag(struct env *e, uint64_t pc)
{
    return pc << 16 | e->jc_context;
}
