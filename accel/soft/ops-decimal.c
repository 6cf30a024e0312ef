/* SPDX-License-Identifier: Apache-2.0 */
#include "accel/soft/ops.h"
#include "accel/soft/flags.h"
#include "accel/soft/regs.h"

/*
 * Decimal arithmetic: DAA DAS AAA AAS AAM AAD
 *
 * Intel SDM volume 1, 5.1.3, and the operation sections of volume 2.
 */

static void set_al_flags(struct env *e, uint8_t al, bool carry, bool adjust)
{
    cc_set(e, CC_LOGIC, 1, al, 0);
    cc_set_raw(e, cc_flags(e) | (carry ? FLAG_CF : 0) | (adjust ? FLAG_AF : 0));
}

static const struct insn *adjust_packed(struct env *e, const struct insn *i, int sign)
{
    uint8_t old = e->r[RAX], al = old;
    uint64_t f = cc_flags(e);
    bool carry = f & FLAG_CF, low = (old & 15) > 9 || (f & FLAG_AF);
    bool high = old > 0x99 || carry;
    bool borrow = sign < 0 && low && old < 6;

    if (low)
        al += 6 * sign;
    if (high)
        al += 0x60 * sign;
    reg_set(e, 8 * RAX, 1, al);
    set_al_flags(e, al, high || borrow, low);
    return i + 1;
}

const struct insn *op_daa(struct env *e, const struct insn *i)
{
    return adjust_packed(e, i, 1);
}

const struct insn *op_das(struct env *e, const struct insn *i)
{
    return adjust_packed(e, i, -1);
}

static const struct insn *adjust_unpacked(struct env *e, const struct insn *i, int sign)
{
    uint16_t ax = e->r[RAX];
    bool adjust = (ax & 15) > 9 || (cc_flags(e) & FLAG_AF);

    if (adjust)
        ax += sign * 0x106;
    ax &= 0xff0f;
    reg_set(e, 8 * RAX, 2, ax);
    set_al_flags(e, ax, adjust, adjust);
    return i + 1;
}

const struct insn *op_aaa(struct env *e, const struct insn *i)
{
    return adjust_unpacked(e, i, 1);
}

const struct insn *op_aas(struct env *e, const struct insn *i)
{
    return adjust_unpacked(e, i, -1);
}

const struct insn *op_aam(struct env *e, const struct insn *i)
{
    uint8_t al = e->r[RAX], base = i->imm;

    if (!base)
        soft_raise(e, i, VEC_DE, -1);
    reg_set(e, 8 * RAX, 2, (al / base) << 8 | al % base);
    set_al_flags(e, al % base, false, false);
    return i + 1;
}

const struct insn *op_aad(struct env *e, const struct insn *i)
{
    uint16_t ax = e->r[RAX];
    uint8_t al = ax + (ax >> 8) * i->imm;

    reg_set(e, 8 * RAX, 2, al);
    set_al_flags(e, al, false, false);
    return i + 1;
}
