/* SPDX-License-Identifier: Apache-2.0 */
#include "accel/soft/shapes.h"
#include "accel/soft/ops.h"

/*
 * Binary arithmetic: ADD ADC SUB SBB CMP INC DEC NEG MUL IMUL DIV IDIV
 *
 * Intel SDM volume 1, 5.1.2.  SF ZF AF PF after MUL and IMUL, all flags after DIV and IDIV are
 * undefined: here they follow the low half of the product, or stay as they were.
 */

static ALWAYS_INLINE uint64_t sem_add(struct env *e, uint64_t a, uint64_t b, unsigned size)
{
    uint64_t r = truncate_to(a + b, size);

    cc_set(e, CC_ADD, size, r, b);
    return r;
}
DEFINE_RMW2(add)

static ALWAYS_INLINE uint64_t sem_adc(struct env *e, uint64_t a, uint64_t b, unsigned size)
{
    uint64_t c = cc_carry(e), r = truncate_to(a + b + c, size);

    cc_set(e, CC_ADC, size, r, b);
    e->cc_aux = c;
    return r;
}
DEFINE_RMW2(adc)

static ALWAYS_INLINE uint64_t sem_sub(struct env *e, uint64_t a, uint64_t b, unsigned size)
{
    cc_set(e, CC_SUB, size, a, b);
    return truncate_to(a - b, size);
}
DEFINE_RMW2(sub)

static ALWAYS_INLINE uint64_t sem_sbb(struct env *e, uint64_t a, uint64_t b, unsigned size)
{
    uint64_t c = cc_carry(e);

    cc_set(e, CC_SBB, size, a, b);
    e->cc_aux = c;
    return truncate_to(a - b - c, size);
}
DEFINE_RMW2(sbb)

static ALWAYS_INLINE void sem_cmp(struct env *e, uint64_t a, uint64_t b, unsigned size)
{
    cc_set(e, CC_SUB, size, a, b);
}
DEFINE_CMP2(cmp)

static ALWAYS_INLINE uint64_t sem_inc(struct env *e, uint64_t a, unsigned size)
{
    uint64_t r = truncate_to(a + 1, size);

    cc_set(e, CC_INC, size, r, cc_carry(e));
    return r;
}
DEFINE_RMW1(inc)

static ALWAYS_INLINE uint64_t sem_dec(struct env *e, uint64_t a, unsigned size)
{
    uint64_t r = truncate_to(a - 1, size);

    cc_set(e, CC_DEC, size, r, cc_carry(e));
    return r;
}
DEFINE_RMW1(dec)

static ALWAYS_INLINE uint64_t sem_neg(struct env *e, uint64_t a, unsigned size)
{
    cc_set(e, CC_SUB, size, 0, a);
    return truncate_to(-a, size);
}
DEFINE_RMW1(neg)

static ALWAYS_INLINE uint64_t sem_imul(struct env *e, uint64_t a, uint64_t b, unsigned size)
{
    int64_t r;
    bool overflow = __builtin_mul_overflow(sign_extend_from(a, size), sign_extend_from(b, size), &r);
    uint64_t low = truncate_to(r, size);

    cc_set(e, CC_MUL, size, low, overflow || sign_extend_from(low, size) != r);
    return low;
}
DEFINE_BIN2(imul)

const struct insn *op_imul3(struct env *e, const struct insn *i)
{
    unsigned size = i->osz;
    uint64_t a = i->flags & I_MEM ? mem_load(e, i, ea(e, i, size, false), size) : reg_get(e, i->r1, size);

    reg_set(e, i->r0, size, sem_imul(e, a, truncate_to(i->imm, size), size));
    NEXT(e, i);
}

/* The one operand of the F6 and F7 groups. */
static uint64_t operand(struct env *e, const struct insn *i)
{
    return i->flags & I_MEM ? mem_load(e, i, ea(e, i, i->osz, false), i->osz) : reg_get(e, i->r0, i->osz);
}

/* A double-width result goes to AX, or to rDX:rAX. */
static void set_double(struct env *e, unsigned size, uint64_t low, uint64_t high)
{
    if (size == 1) {
        reg_set(e, 8 * RAX, 2, (low & 0xff) | high << 8);
    } else {
        reg_set(e, 8 * RAX, size, low);
        reg_set(e, 8 * RDX, size, high);
    }
}

static unsigned __int128 get_double(const struct env *e, unsigned size)
{
    unsigned bits = 8 * size;

    if (size == 1)
        return reg_get(e, 8 * RAX, 2);
    return (unsigned __int128)reg_get(e, 8 * RDX, size) << bits | reg_get(e, 8 * RAX, size);
}

const struct insn *op_mul(struct env *e, const struct insn *i)
{
    unsigned size = i->osz;
    unsigned __int128 r = (unsigned __int128)reg_get(e, 8 * RAX, size) * operand(e, i);
    uint64_t low = truncate_to(r, size), high = truncate_to(r >> 8 * size, size);

    set_double(e, size, low, high);
    cc_set(e, CC_MUL, size, low, high != 0);
    return i + 1;
}

const struct insn *op_imul1(struct env *e, const struct insn *i)
{
    unsigned size = i->osz;
    __int128 r = (__int128)sign_extend_from(reg_get(e, 8 * RAX, size), size) * sign_extend_from(operand(e, i), size);
    uint64_t low = truncate_to(r, size), high = truncate_to(r >> 8 * size, size);

    set_double(e, size, low, high);
    cc_set(e, CC_MUL, size, low, sign_extend_from(low, size) != r);
    return i + 1;
}

const struct insn *op_div(struct env *e, const struct insn *i)
{
    unsigned size = i->osz;
    uint64_t d = operand(e, i);
    unsigned __int128 n = get_double(e, size);

    if (!d || (uint64_t)(n >> 8 * size) >= d)
        soft_raise(e, i, VEC_DE, -1);
    if (n >> 64)
        set_double(e, size, n / d, n % d);
    else
        set_double(e, size, (uint64_t)n / d, (uint64_t)n % d);
    return i + 1;
}

const struct insn *op_idiv(struct env *e, const struct insn *i)
{
    unsigned size = i->osz, shift = 128 - 16 * size;
    __int128 d = sign_extend_from(operand(e, i), size), n = (__int128)(get_double(e, size) << shift) >> shift;
    __int128 q, limit = (__int128)1 << (8 * size - 1);

    if (!d || (d == -1 && n == (__int128)((unsigned __int128)1 << 127)))
        soft_raise(e, i, VEC_DE, -1);
    if (n == (int64_t)n && !(d == -1 && (int64_t)n == INT64_MIN))
        q = (int64_t)n / (int64_t)d;
    else
        q = n / d;
    if (q >= limit || q < -limit)
        soft_raise(e, i, VEC_DE, -1);
    set_double(e, size, truncate_to((uint64_t)q, size), truncate_to((uint64_t)(n - q * d), size));
    return i + 1;
}
