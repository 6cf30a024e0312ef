/* SPDX-License-Identifier: Apache-2.0 */
#include "accel/soft/flags.h"

/*
 * Lazy flags made visible: RFLAGS for PUSHF, interrupts, and conditions off the fast path
 *
 * AF of logical operations and shifts, and OF of shifts by more than one, are undefined; what comes
 * out here is what current Intel processors show, except where that would cost on the fast path.
 */

static uint64_t flags_of_result(uint64_t r, unsigned size)
{
    uint64_t f = __builtin_parity(r & 0xff) ? 0 : FLAG_PF;

    if (!truncate_to(r, size))
        f |= FLAG_ZF;
    if (sign_extend_from(r, size) < 0)
        f |= FLAG_SF;
    return f;
}

static uint64_t flags_add(const struct env *e, unsigned size, uint64_t carry)
{
    uint64_t r = e->cc_dst, b = e->cc_src, a = truncate_to(r - b - carry, size), f = flags_of_result(r, size);

    if (carry ? r <= b : r < b)
        f |= FLAG_CF;
    f |= (a ^ b ^ r) & FLAG_AF;
    if (sign_extend_from((a ^ r) & (b ^ r), size) < 0)
        f |= FLAG_OF;
    return f;
}

static uint64_t flags_sub(const struct env *e, unsigned size, uint64_t borrow)
{
    uint64_t a = e->cc_dst, b = e->cc_src, r = truncate_to(a - b - borrow, size), f = flags_of_result(r, size);

    if (borrow ? a <= b : a < b)
        f |= FLAG_CF;
    f |= (a ^ b ^ r) & FLAG_AF;
    if (sign_extend_from((a ^ b) & (a ^ r), size) < 0)
        f |= FLAG_OF;
    return f;
}

static uint64_t flags_step(const struct env *e, unsigned size, bool up)
{
    uint64_t r = e->cc_dst, f = flags_of_result(r, size) | (e->cc_src ? FLAG_CF : 0), top = 1ull << (8 * size - 1);

    if ((r & 0xf) == (up ? 0 : 0xf))
        f |= FLAG_AF;
    if (r == (up ? top : top - 1))
        f |= FLAG_OF;
    return f;
}

static uint64_t flags_shift(const struct env *e, enum cc_kind kind, unsigned size)
{
    uint64_t r = e->cc_dst, last = e->cc_src, f = flags_of_result(r, size);
    bool top = sign_extend_from(last, size) < 0, carry = kind == CC_SHL ? top : last & 1;

    if (carry)
        f |= FLAG_CF;
    if (kind == CC_SHL ? carry != (sign_extend_from(r, size) < 0) : kind == CC_SHR && top)
        f |= FLAG_OF;
    return f;
}

uint64_t cc_flags(const struct env *e)
{
    unsigned size = e->cc_kind >> 8;
    enum cc_kind kind = e->cc_kind & 0xff;

    switch (kind) {
    case CC_RAW: return e->cc_src;
    case CC_ADD: return flags_add(e, size, 0);
    case CC_ADC: return flags_add(e, size, e->cc_aux);
    case CC_SUB: return flags_sub(e, size, 0);
    case CC_SBB: return flags_sub(e, size, e->cc_aux);
    case CC_INC: return flags_step(e, size, true);
    case CC_DEC: return flags_step(e, size, false);
    case CC_SHL: case CC_SHR: case CC_SAR: return flags_shift(e, kind, size);
    case CC_MUL: return flags_of_result(e->cc_dst, size) | (e->cc_src ? FLAG_CF | FLAG_OF : 0);
    default: return flags_of_result(e->cc_dst, size);
    }
}

bool cc_cond_slow(const struct env *e, unsigned cond)
{
    uint32_t kind = e->cc_kind;

    switch (kind & 0xff) {
    case CC_ADD: return cc_cond_known(e, CC_ADD, kind >> 8, cond);
    case CC_INC: return cc_cond_known(e, CC_INC, kind >> 8, cond);
    case CC_DEC: return cc_cond_known(e, CC_DEC, kind >> 8, cond);
    default: return cond_from_flags(cc_flags(e), cond);
    }
}

uint64_t cc_carry(const struct env *e)
{
    switch (e->cc_kind & 0xff) {
    case CC_RAW: return e->cc_src & FLAG_CF;
    case CC_LOGIC: return 0;
    case CC_ADD: return e->cc_dst < e->cc_src;
    case CC_SUB: return e->cc_dst < e->cc_src;
    case CC_INC: case CC_DEC: return e->cc_src;
    default: return cc_flags(e) & FLAG_CF;
    }
}

uint64_t env_rflags(const struct env *e)
{
    return e->eflags | cc_flags(e);
}

void env_set_rflags(struct env *e, uint64_t rflags)
{
    e->eflags = (rflags & ~(uint64_t)FLAGS_ARITH) | FLAG_1;
    cc_set_raw(e, rflags & FLAGS_ARITH);
}
