/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SSE moves and bitwise logic, in C
 *
 * These are what memcpy, memset, strlen and every prologue are made of, so they do without a call
 * through a thunk.  Non-temporal stores are ordinary stores: the hint has no architectural effect
 * under the host's stronger order.
 *
 * Reference: Intel SDM volume 2, MOVAPS to MOVUPS, PAND, POR, PXOR; volume 1, section 10.4.
 * Invariant: the destination changes only after the last access that may fault.
 */
#include "accel/soft/regs.h"
#include "accel/soft/simd-ops.h"

typedef uint64_t vec __attribute__((vector_size(16), may_alias));

#define XMM(e, n) ((vec *)env_xmm(e, n))

typedef uint64_t unaligned_vec __attribute__((vector_size(16), may_alias, aligned(1)));

/* By value, so that no local's address escapes from the functions that end in NEXT(). */
static __attribute__((noinline)) vec load_slow(struct env *e, const struct insn *i, uint64_t lin)
{
    vec v;

    mem_read_slow(e, i, lin, &v, sizeof(v));
    return v;
}

static inline __attribute__((always_inline)) vec load_vec(struct env *e, const struct insn *i)
{
    uint64_t lin = simd_ea16(e, i, false);
    const struct tlb_entry *t = tlb_slot(e->tlb_rd, lin);

    if (likely(tlb_hit(t, lin, 16)))
        return *(const unaligned_vec *)(lin + t->add);
    return load_slow(e, i, lin);
}

/* Loads: register to register, and from memory of each size with the rest zeroed. */

static const struct insn *op_move_reg(struct env *e, const struct insn *i)
{
    *XMM(e, i->reg) = *XMM(e, i->rm);
    NEXT(e, i);
}

static const struct insn *op_load16(struct env *e, const struct insn *i)
{
    *XMM(e, i->reg) = load_vec(e, i);
    NEXT(e, i);
}

static const struct insn *op_load8(struct env *e, const struct insn *i)
{
    *XMM(e, i->reg) = (vec){ mem_load(e, i, ea(e, i, 8, false), 8) };
    NEXT(e, i);
}

static const struct insn *op_load4(struct env *e, const struct insn *i)
{
    *XMM(e, i->reg) = (vec){ mem_load(e, i, ea(e, i, 4, false), 4) };
    NEXT(e, i);
}

static const struct insn *op_merge8_reg(struct env *e, const struct insn *i)
{
    memcpy(env_xmm(e, i->reg), env_xmm(e, i->rm), 8);
    NEXT(e, i);
}

static const struct insn *op_merge4_reg(struct env *e, const struct insn *i)
{
    memcpy(env_xmm(e, i->reg), env_xmm(e, i->rm), 4);
    NEXT(e, i);
}

static const struct insn *op_movq_reg(struct env *e, const struct insn *i)
{
    *XMM(e, i->reg) = (vec){ (*XMM(e, i->rm))[0] };
    NEXT(e, i);
}

/* Stores; a register destination is modrm.rm. */

static const struct insn *op_move_to_reg(struct env *e, const struct insn *i)
{
    *XMM(e, i->rm) = *XMM(e, i->reg);
    NEXT(e, i);
}

static const struct insn *op_merge8_to_reg(struct env *e, const struct insn *i)
{
    memcpy(env_xmm(e, i->rm), env_xmm(e, i->reg), 8);
    NEXT(e, i);
}

static const struct insn *op_merge4_to_reg(struct env *e, const struct insn *i)
{
    memcpy(env_xmm(e, i->rm), env_xmm(e, i->reg), 4);
    NEXT(e, i);
}

static const struct insn *op_movq_to_reg(struct env *e, const struct insn *i)
{
    *XMM(e, i->rm) = (vec){ (*XMM(e, i->reg))[0] };
    NEXT(e, i);
}

static const struct insn *op_store16(struct env *e, const struct insn *i)
{
    simd_store(e, i, env_xmm(e, i->reg), 16);
    NEXT(e, i);
}

static const struct insn *op_store8(struct env *e, const struct insn *i)
{
    simd_store(e, i, env_xmm(e, i->reg), 8);
    NEXT(e, i);
}

static const struct insn *op_store4(struct env *e, const struct insn *i)
{
    simd_store(e, i, env_xmm(e, i->reg), 4);
    NEXT(e, i);
}

static const struct insn *op_store_high(struct env *e, const struct insn *i)
{
    simd_store(e, i, env_xmm(e, i->reg) + 8, 8);
    NEXT(e, i);
}

/* MOVD and MOVQ between general registers and xmm */

static const struct insn *op_movd_from_gpr(struct env *e, const struct insn *i)
{
    uint64_t v = e->r[i->rm];

    *XMM(e, i->reg) = (vec){ i->flags & I_REXW ? v : (uint32_t)v };
    NEXT(e, i);
}

static const struct insn *op_movd_to_gpr(struct env *e, const struct insn *i)
{
    uint64_t v = (*XMM(e, i->reg))[0];

    e->r[i->rm] = i->flags & I_REXW ? v : (uint32_t)v;
    NEXT(e, i);
}

static const struct insn *op_movnti(struct env *e, const struct insn *i)
{
    uint64_t v = e->r[i->reg];

    if (i->flags & I_REXW)
        mem_store(e, i, ea(e, i, 8, true), 8, v);
    else
        mem_store(e, i, ea(e, i, 4, true), 4, (uint32_t)v);
    NEXT(e, i);
}

/* The bytes chosen by the mask's sign bits go to DS:rDI; a fault on any of them comes before the first store. */
static const struct insn *op_maskmovdqu(struct env *e, const struct insn *i)
{
    simd_masked_store(e, i, env_xmm(e, i->reg), env_xmm(e, i->rm), 16);
    return i + 1;
}

/* Bitwise logic, and the compares that string functions live on */

#define LOGIC(name, expr)                                                               \
    static const struct insn *op_##name##_reg(struct env *e, const struct insn *i)      \
    {                                                                                   \
        vec a = *XMM(e, i->reg), b = *XMM(e, i->rm);                                    \
        *XMM(e, i->reg) = (vec)(expr);                                                  \
        NEXT(e, i);                                                                     \
    }                                                                                   \
    static const struct insn *op_##name##_mem(struct env *e, const struct insn *i)      \
    {                                                                                   \
        vec b = load_vec(e, i), a = *XMM(e, i->reg);                                    \
        *XMM(e, i->reg) = (vec)(expr);                                                  \
        NEXT(e, i);                                                                     \
    }

typedef uint8_t vec8 __attribute__((vector_size(16), may_alias));
typedef uint32_t vec32 __attribute__((vector_size(16), may_alias));

LOGIC(and, a & b)
LOGIC(andn, ~a & b)
LOGIC(or, a | b)
LOGIC(xor, a ^ b)
LOGIC(pcmpeqb, (vec8)a == (vec8)b)
LOGIC(pcmpeqd, (vec32)a == (vec32)b)
LOGIC(paddq, a + b)
LOGIC(paddd, (vec32)a + (vec32)b)

insn_fn *simd_logic(const struct insn *i)
{
    static insn_fn *const fns[][2] = {
        { op_and_reg, op_and_mem }, { op_andn_reg, op_andn_mem }, { op_or_reg, op_or_mem }, { op_xor_reg, op_xor_mem },
        { op_pcmpeqb_reg, op_pcmpeqb_mem }, { op_pcmpeqd_reg, op_pcmpeqd_mem },
        { op_paddq_reg, op_paddq_mem }, { op_paddd_reg, op_paddd_mem },
    };
    unsigned mem = !!(i->flags & I_MEM);

    switch (i->map == 1 ? i->opcode : 0) {
    case 0x54: case 0xdb: return fns[0][mem];
    case 0x55: case 0xdf: return fns[1][mem];
    case 0x56: case 0xeb: return fns[2][mem];
    case 0x57: case 0xef: return fns[3][mem];
    case 0x74: return fns[4][mem];
    case 0x76: return fns[5][mem];
    case 0xd4: return fns[6][mem];
    case 0xfe: return fns[7][mem];
    default: return NULL;
    }
}

/* Binders: a function for a register operand and one for memory; NULL: the decoder lets only the other through. */
#define MOVE(name, reg_fn, mem_fn)                                                      \
    int bind_##name(struct env *e, struct insn *i, const uint8_t *bytes)                \
    {                                                                                   \
        int r = simd_class_sse(e, i);                                                   \
        if (!r)                                                                         \
            i->fn = i->flags & I_MEM ? mem_fn : reg_fn;                                 \
        return r < 0 || !i->fn ? -EINVAL : 0;                                           \
    }

static const struct insn *op_movd_load(struct env *e, const struct insn *i)
{
    return i->flags & I_REXW ? op_load8(e, i) : op_load4(e, i);
}

static const struct insn *op_movd_store(struct env *e, const struct insn *i)
{
    return i->flags & I_REXW ? op_store8(e, i) : op_store4(e, i);
}

MOVE(xmm_load16, op_move_reg, op_load16)
MOVE(xmm_load8, op_merge8_reg, op_load8)
MOVE(xmm_load4, op_merge4_reg, op_load4)
MOVE(xmm_movq, op_movq_reg, op_load8)
MOVE(xmm_store16, op_move_to_reg, op_store16)
MOVE(xmm_store8, op_merge8_to_reg, op_store8)
MOVE(xmm_store4, op_merge4_to_reg, op_store4)
MOVE(xmm_store_high, NULL, op_store_high)
MOVE(movq_xmm, op_movq_to_reg, op_store8)
MOVE(xmm_movd, op_movd_from_gpr, op_movd_load)
MOVE(movd_xmm, op_movd_to_gpr, op_movd_store)
MOVE(maskmovdqu, op_maskmovdqu, NULL)

int bind_movnti(struct env *e, struct insn *i, const uint8_t *bytes)
{
    i->fn = op_movnti;
    return i->flags & I_MEM ? 0 : -EINVAL;
}
