/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Register operands by byte offset into env->r (insn.r0, insn.r1), and where an instruction goes next
 *
 * A 4-byte write clears the upper half, 1- and 2-byte writes keep the rest (Intel SDM volume 1, 3.4.1.1).
 */

#include "accel/soft/env.h"

#include <stddef.h>

#define ALWAYS_INLINE inline __attribute__((always_inline))

static ALWAYS_INLINE uint64_t reg_get(const struct env *e, unsigned offset, unsigned size)
{
    const char *p = (const char *)e->r + offset;

    switch (size) {
    case 1: return *(const uint8_t *)p;
    case 2: return *(const uint16_t *)p;
    case 4: return *(const uint32_t *)p;
    default: return *(const uint64_t *)p;
    }
}

static ALWAYS_INLINE void reg_set(struct env *e, unsigned offset, unsigned size, uint64_t v)
{
    char *p = (char *)e->r + offset;

    switch (size) {
    case 1: *(uint8_t *)p = v; break;
    case 2: *(uint16_t *)p = v; break;
    case 4: *(uint64_t *)p = (uint32_t)v; break;
    default: *(uint64_t *)p = v; break;
    }
}

/*
 * NEXT(e, i): the end of an insn_fn that goes on with the following instruction.  With SOFT_TAIL
 * (optimised builds, see meson.build) it jumps there; else it returns it to the loop of run.c.
 * GO(e, i) is the same for an instruction elsewhere.  Functions that simply return i + 1 mix freely
 * with these.  Only for functions without locals whose address escapes: the jump must not grow the stack.
 */
#ifdef SOFT_TAIL
#ifdef __clang__
#define GO(e, i) __attribute__((musttail)) return (i)->fn(e, i)
#else
#define GO(e, i) return (i)->fn(e, i)
#endif
#else
#define GO(e, i) return (i)
#endif
#define NEXT(e, i) do { (i)++; GO(e, i); } while (0)

/* Sequential, but the block ends here: modes or flags changed that the dispatcher looks at. */
static ALWAYS_INLINE const struct insn *insn_end(struct env *e, const struct insn *i)
{
    e->pc = insn_next_pc(i) & e->ip_mask;
    return NULL;
}
