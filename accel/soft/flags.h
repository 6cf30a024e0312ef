/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Lazy arithmetic flags: what an operation leaves behind, and conditions read from that
 *
 * An operation stores its kind, its size and one or two values (zero-extended to 64 bits), and a
 * condition compares them directly.  What the values are, by kind:
 *
 *     CC_RAW             src: OSZAPC as in RFLAGS
 *     CC_ADD, CC_ADC     dst: result, src: second operand, aux: carry in (ADC)
 *     CC_SUB, CC_SBB     dst: first operand, src: second operand, aux: borrow in (SBB)
 *     CC_LOGIC           dst: result
 *     CC_INC, CC_DEC     dst: result, src: CF as it was
 *     CC_SHL             dst: result, src: operand shifted by count - 1 (its top bit is CF)
 *     CC_SHR, CC_SAR     dst: result, src: operand shifted by count - 1 (its bit 0 is CF)
 *     CC_MUL             dst: low half, src: 1 if the high half is significant (CF and OF)
 *
 * NEG leaves a SUB from 0.  Intel SDM volume 1, section 3.4.3.1 and appendix A.
 */

#include "accel/soft/regs.h"

/* Conditions, as the low 4 bits of Jcc; odd ones are the negation of the even one below. */
enum cond { COND_O, COND_NO, COND_B, COND_AE, COND_E, COND_NE, COND_BE, COND_A, COND_S, COND_NS, COND_P, COND_NP,
            COND_L, COND_GE, COND_LE, COND_G };

static ALWAYS_INLINE void cc_set(struct env *e, enum cc_kind kind, unsigned size, uint64_t dst, uint64_t src)
{
    e->cc_dst = dst;
    e->cc_src = src;
    e->cc_kind = kind | size << 8;
}

static inline void cc_set_raw(struct env *e, uint64_t flags)
{
    e->cc_kind = CC_RAW;
    e->cc_src = flags;
}

static ALWAYS_INLINE uint64_t truncate_to(uint64_t v, unsigned size)
{
    return size == 8 ? v : size == 4 ? (uint32_t)v : size == 2 ? (uint16_t)v : (uint8_t)v;
}

static ALWAYS_INLINE int64_t sign_extend_from(uint64_t v, unsigned size)
{
    return size == 8 ? (int64_t)v : size == 4 ? (int32_t)v : size == 2 ? (int16_t)v : (int8_t)v;
}

/* OSZAPC as in RFLAGS (flags.c). */
uint64_t cc_flags(const struct env *e);
bool cc_cond_slow(const struct env *e, unsigned cond);
/* CF alone, 0 or 1. */
uint64_t cc_carry(const struct env *e);

static ALWAYS_INLINE bool cond_from_flags(uint64_t f, unsigned cond)
{
    bool v;

    switch (cond >> 1) {
    case 0: v = f & FLAG_OF; break;
    case 1: v = f & FLAG_CF; break;
    case 2: v = f & FLAG_ZF; break;
    case 3: v = f & (FLAG_CF | FLAG_ZF); break;
    case 4: v = f & FLAG_SF; break;
    case 5: v = f & FLAG_PF; break;
    case 6: v = !(f & FLAG_SF) != !(f & FLAG_OF); break;
    default: v = (f & FLAG_ZF) || !(f & FLAG_SF) != !(f & FLAG_OF); break;
    }
    return v ^ (cond & 1);
}

/* The conditions after a - b.  All values shifted left, so that the operand's sign is bit 63. */
static ALWAYS_INLINE bool cond_sub(uint64_t a, uint64_t b, uint64_t shift, unsigned cond)
{
    uint64_t r = a - b;
    bool v;

    switch (cond >> 1) {
    case 0: v = (int64_t)((a ^ b) & (a ^ r)) < 0; break;
    case 1: v = a < b; break;
    case 2: v = a == b; break;
    case 3: v = a <= b; break;
    case 4: v = (int64_t)r < 0; break;
    case 5: v = !__builtin_parity(r >> shift & 0xff); break;
    case 6: v = (int64_t)a < (int64_t)b; break;
    default: v = (int64_t)a <= (int64_t)b; break;
    }
    return v ^ (cond & 1);
}

/* The conditions after a logical operation, from its result (shifted as above). */
static ALWAYS_INLINE bool cond_logic(uint64_t r, uint64_t shift, unsigned cond)
{
    bool v;

    switch (cond >> 1) {
    case 0: case 1: v = false; break;
    case 2: case 3: v = r == 0; break;
    case 4: case 6: v = (int64_t)r < 0; break;
    case 5: v = !__builtin_parity(r >> shift & 0xff); break;
    default: v = (int64_t)r <= 0; break;
    }
    return v ^ (cond & 1);
}

/* The conditions from a result and the CF and OF that go with it. */
static ALWAYS_INLINE bool cond_result(uint64_t r, bool cf, bool of, uint64_t shift, unsigned cond)
{
    bool v;

    switch (cond >> 1) {
    case 0: v = of; break;
    case 1: v = cf; break;
    case 2: v = r == 0; break;
    case 3: v = cf || r == 0; break;
    case 4: v = (int64_t)r < 0; break;
    case 5: v = !__builtin_parity(r >> shift & 0xff); break;
    case 6: v = ((int64_t)r < 0) != of; break;
    default: v = r == 0 || ((int64_t)r < 0) != of; break;
    }
    return v ^ (cond & 1);
}

/* A condition when the flags are known to be of this kind and size. */
static ALWAYS_INLINE bool cc_cond_known(const struct env *e, enum cc_kind kind, unsigned size, unsigned cond)
{
    unsigned shift = 64 - 8 * size;
    uint64_t d = e->cc_dst << shift, s = e->cc_src << shift, unit = 1ull << shift;

    switch (kind) {
    case CC_SUB:
        return cond_sub(d, s, shift, cond);
    case CC_LOGIC:
        return cond_logic(d, shift, cond);
    case CC_ADD:
        return cond_result(d, d < s, (int64_t)((d ^ (d - s)) & (d ^ s)) < 0, shift, cond);
    case CC_INC:
        return cond_result(d, e->cc_src, d == 1ull << 63, shift, cond);
    case CC_DEC:
        return cond_result(d, e->cc_src, d + unit == 1ull << 63, shift, cond);
    default:
        return cc_cond_slow(e, cond);
    }
}

/* A condition from flags of any kind. */
static ALWAYS_INLINE bool cc_cond(const struct env *e, unsigned cond)
{
    uint32_t kind = e->cc_kind;

    switch (kind & 0xff) {
    case CC_SUB:
        return cc_cond_known(e, CC_SUB, kind >> 8, cond);
    case CC_LOGIC:
        return cc_cond_known(e, CC_LOGIC, kind >> 8, cond);
    default:
        return cc_cond_slow(e, cond);
    }
}
