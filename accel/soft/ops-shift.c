/* SPDX-License-Identifier: Apache-2.0 */
#include "accel/soft/shapes.h"
#include "accel/soft/ops.h"

/*
 * Shifts and rotates: SHL SHR SAR ROL ROR RCL RCR SHLD SHRD
 *
 * Intel SDM volume 1, 5.1.5.  Counts are masked to 5 bits, 6 with 64-bit operands; a count of 0 changes
 * no flag.  OF of counts above 1 is undefined; it is computed as if the last step were the only one.
 */

static ALWAYS_INLINE uint64_t sem_shl(struct env *e, uint64_t a, unsigned n, unsigned size)
{
    uint64_t last, r;

    if (!n)
        return a;
    last = truncate_to(a << (n - 1), size);
    r = truncate_to(last << 1, size);
    cc_set(e, CC_SHL, size, r, last);
    return r;
}
DEFINE_SHIFT(shl)

static ALWAYS_INLINE uint64_t sem_shr(struct env *e, uint64_t a, unsigned n, unsigned size)
{
    uint64_t last = n ? a >> (n - 1) : 0;

    if (!n)
        return a;
    cc_set(e, CC_SHR, size, last >> 1, last);
    return last >> 1;
}
DEFINE_SHIFT(shr)

static ALWAYS_INLINE uint64_t sem_sar(struct env *e, uint64_t a, unsigned n, unsigned size)
{
    int64_t last;
    uint64_t r;

    if (!n)
        return a;
    last = sign_extend_from(a, size) >> (n - 1);
    r = truncate_to(last >> 1, size);
    cc_set(e, CC_SAR, size, r, truncate_to(last, size));
    return r;
}
DEFINE_SHIFT(sar)

/* Rotates change CF and OF only. */
static ALWAYS_INLINE void set_carry_overflow(struct env *e, bool carry, bool overflow)
{
    uint64_t keep = cc_flags(e) & ~(uint64_t)(FLAG_CF | FLAG_OF);

    cc_set_raw(e, keep | (carry ? FLAG_CF : 0) | (overflow ? FLAG_OF : 0));
}

static ALWAYS_INLINE bool top_bit(uint64_t v, unsigned size)
{
    return v >> (8 * size - 1) & 1;
}

static ALWAYS_INLINE uint64_t sem_rol(struct env *e, uint64_t a, unsigned n, unsigned size)
{
    unsigned bits = 8 * size, by = n & (bits - 1);
    uint64_t r = by ? truncate_to(a << by | a >> (bits - by), size) : a;

    if (n)
        set_carry_overflow(e, r & 1, top_bit(r, size) != (r & 1));
    return r;
}
DEFINE_SHIFT(rol)

static ALWAYS_INLINE uint64_t sem_ror(struct env *e, uint64_t a, unsigned n, unsigned size)
{
    unsigned bits = 8 * size, by = n & (bits - 1);
    uint64_t r = by ? truncate_to(a >> by | a << (bits - by), size) : a;

    if (n)
        set_carry_overflow(e, top_bit(r, size), top_bit(r, size) != top_bit(r << 1, size));
    return r;
}
DEFINE_SHIFT(ror)

/* Through carry the ring has one bit more than the operand. */
static ALWAYS_INLINE uint64_t sem_rcl(struct env *e, uint64_t a, unsigned n, unsigned size)
{
    unsigned bits = 8 * size;
    uint64_t carry, r;

    n = size >= 4 ? n : n % (bits + 1);
    if (!n)
        return a;
    carry = cc_carry(e);
    r = truncate_to(a << (n & 63), size) | carry << (n - 1) | (n > 1 ? a >> (bits + 1 - n) : 0);
    carry = a >> (bits - n) & 1;
    set_carry_overflow(e, carry, top_bit(r, size) != carry);
    return r;
}
DEFINE_SHIFT(rcl)

static ALWAYS_INLINE uint64_t sem_rcr(struct env *e, uint64_t a, unsigned n, unsigned size)
{
    unsigned bits = 8 * size;
    uint64_t carry, r;

    n = size >= 4 ? n : n % (bits + 1);
    if (!n)
        return a;
    carry = cc_carry(e);
    r = (n < 64 ? a >> n : 0) | carry << (bits - n) | (n > 1 ? truncate_to(a << (bits + 1 - n), size) : 0);
    set_carry_overflow(e, a >> (n - 1) & 1, top_bit(r, size) != top_bit(r << 1, size));
    return r;
}
DEFINE_SHIFT(rcr)

/* A 16-bit double shift by more than 16 is undefined; processors rotate the 32 bits dst:src. */
static uint64_t double_shift(struct env *e, uint64_t a, uint64_t b, unsigned n, unsigned size, bool left)
{
    unsigned bits = 8 * size, wide = size == 2 ? 3 * bits : 2 * bits;
    unsigned __int128 v;
    uint64_t last, r;

    if (left) {
        v = (unsigned __int128)a << bits | b;
        if (size == 2)
            v = v << bits | a;
        last = truncate_to(v >> (wide - bits - (n - 1)), size);
        r = truncate_to(v >> (wide - bits - n), size);
        cc_set(e, CC_SHL, size, r, last);
        return r;
    }
    v = (unsigned __int128)b << bits | a;
    if (size == 2)
        v |= (unsigned __int128)a << 2 * bits;
    last = truncate_to(v >> (n - 1), size);
    r = truncate_to(v >> n, size);
    cc_set_raw(e, 0);
    cc_set(e, CC_SHR, size, r, last);
    if (top_bit(a, size) != top_bit(r, size))
        cc_set_raw(e, cc_flags(e) | FLAG_OF);
    else
        cc_set_raw(e, cc_flags(e) & ~(uint64_t)FLAG_OF);
    return r;
}

static const struct insn *shift_double(struct env *e, const struct insn *i, bool left)
{
    unsigned size = i->osz, n = SHIFT_COUNT(i->opcode & 1 ? e->r[RCX] : i->imm, size);
    uint64_t b = reg_get(e, i->r1, size);

    if (i->flags & I_MEM) {
        uint64_t lin = ea(e, i, size, true);

        RMW_MEM(e, i, lin, size, n ? double_shift(e, a, b, n, size, left) : a);
    } else {
        uint64_t a = reg_get(e, i->r0, size);

        reg_set(e, i->r0, size, n ? double_shift(e, a, b, n, size, left) : a);
    }
    return i + 1;
}

const struct insn *op_shld(struct env *e, const struct insn *i)
{
    return shift_double(e, i, true);
}

const struct insn *op_shrd(struct env *e, const struct insn *i)
{
    return shift_double(e, i, false);
}
