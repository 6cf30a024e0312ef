/* SPDX-License-Identifier: Apache-2.0 */
#include "accel/soft/shapes.h"
#include "accel/soft/ops-near.h"
#include "accel/soft/ops.h"

/*
 * Bit and byte instructions: BT BTS BTR BTC BSF BSR TZCNT LZCNT POPCNT CRC32 SETcc
 *
 * Intel SDM volume 1, 5.1.6.  With a register as bit offset the memory operand is a bit string: the
 * offset is signed and reaches beyond the word at the address.
 */

static ALWAYS_INLINE void set_carry(struct env *e, bool carry)
{
    cc_set_raw(e, (cc_flags(e) & ~(uint64_t)FLAG_CF) | (carry ? FLAG_CF : 0));
}

static ALWAYS_INLINE uint64_t sem_bt(struct env *e, uint64_t a, uint64_t bit, unsigned size)
{
    set_carry(e, a >> bit & 1);
    return a;
}

static ALWAYS_INLINE uint64_t sem_bts(struct env *e, uint64_t a, uint64_t bit, unsigned size)
{
    set_carry(e, a >> bit & 1);
    return a | 1ull << bit;
}

static ALWAYS_INLINE uint64_t sem_btr(struct env *e, uint64_t a, uint64_t bit, unsigned size)
{
    set_carry(e, a >> bit & 1);
    return a & ~(1ull << bit);
}

static ALWAYS_INLINE uint64_t sem_btc(struct env *e, uint64_t a, uint64_t bit, unsigned size)
{
    set_carry(e, a >> bit & 1);
    return a ^ 1ull << bit;
}

/* The address of the word of a bit string that holds the bit of the register operand. */
static ALWAYS_INLINE uint64_t bit_string(struct env *e, const struct insn *i, unsigned size, bool write)
{
    struct insn copy = *i;
    int64_t offset = sign_extend_from(reg_get(e, i->r1, size), size);

    copy.disp += (uint64_t)(offset >> (size == 8 ? 6 : size == 4 ? 5 : 4)) * size;
    return ea(e, &copy, size, write);
}

#define BIT(v, size) ((v) & (8 * (size) - 1))

#define BIT_REGISTER_FNS(op, size)                                                                              \
    OPFN op##_rr##size(struct env *e, const struct insn *i)                                                     \
    { reg_set(e, i->r0, size, sem_##op(e, REG0(size), BIT(REG1(size), size), size)); NEXT(e, i); }              \
    OPFN op##_ri##size(struct env *e, const struct insn *i)                                                     \
    { reg_set(e, i->r0, size, sem_##op(e, REG0(size), BIT(i->imm, size), size)); NEXT(e, i); }

#define BIT_FNS(op, size)                                                                                       \
    BIT_REGISTER_FNS(op, size)                                                                                  \
    OPFN op##_mr##size(struct env *e, const struct insn *i)                                                     \
    { RMW_MEM(e, i, bit_string(e, i, size, 1), size, sem_##op(e, a, BIT(REG1(size), size), size)); return i + 1; } \
    OPFN op##_mi##size(struct env *e, const struct insn *i)                                                     \
    { RMW_MEM(e, i, PLAIN_EA(e, i, size, 1), size, sem_##op(e, a, BIT(i->imm, size), size)); return i + 1; }    \
    OPFN op##_lmr##size(struct env *e, const struct insn *i)                                                    \
    {                                                                                                           \
        LOCKED_RMW_MEM(e, i, bit_string(e, i, size, 1), size, sem_##op(e, a, BIT(REG1(size), size), size));     \
        return i + 1;                                                                                           \
    }                                                                                                           \
    OPFN op##_lmi##size(struct env *e, const struct insn *i)                                                    \
    { LOCKED_RMW_MEM(e, i, PLAIN_EA(e, i, size, 1), size, sem_##op(e, a, BIT(i->imm, size), size)); return i + 1; }

#define DEFINE_BIT(op)                                                                                          \
    BIT_FNS(op, 2) BIT_FNS(op, 4) BIT_FNS(op, 8)                                                                \
    extern insn_fn *const fns_##op[];                                                                           \
    insn_fn *const fns_##op[V_BIT_COUNT * 4] = {                                                                \
        ROW3(V_BIT_RR, op##_rr), ROW3(V_BIT_RI, op##_ri), ROW3(V_BIT_MR, op##_mr), ROW3(V_BIT_MI, op##_mi),     \
        ROW3(V_BIT_LMR, op##_lmr), ROW3(V_BIT_LMI, op##_lmi),                                                   \
    };

DEFINE_BIT(bts)
DEFINE_BIT(btr)
DEFINE_BIT(btc)

/* BT only reads. */
#define BT_FNS(size)                                                                                            \
    OPFN bt_rr##size(struct env *e, const struct insn *i)                                                       \
    { sem_bt(e, REG0(size), BIT(REG1(size), size), size); NEXT(e, i); }                                         \
    OPFN bt_ri##size(struct env *e, const struct insn *i)                                                       \
    { sem_bt(e, REG0(size), BIT(i->imm, size), size); NEXT(e, i); }                                             \
    OPFN bt_mr##size(struct env *e, const struct insn *i)                                                       \
    { sem_bt(e, mem_load(e, i, bit_string(e, i, size, 0), size), BIT(REG1(size), size), size); return i + 1; }  \
    OPFN bt_mi##size(struct env *e, const struct insn *i)                                                       \
    { sem_bt(e, mem_load(e, i, PLAIN_EA(e, i, size, 0), size), BIT(i->imm, size), size); NEXT(e, i); }
BT_FNS(2)
BT_FNS(4)
BT_FNS(8)
extern insn_fn *const fns_bt[];
insn_fn *const fns_bt[V_BIT_COUNT * 4] = {
    ROW3(V_BIT_RR, bt_rr), ROW3(V_BIT_RI, bt_ri), ROW3(V_BIT_MR, bt_mr), ROW3(V_BIT_MI, bt_mi),
};

/* With a source of 0 the destination stays (AMD says so, and Intel processors do it). */
static ALWAYS_INLINE uint64_t sem_bsf(struct env *e, uint64_t a, uint64_t b, unsigned size)
{
    cc_set_raw(e, b ? 0 : FLAG_ZF);
    return b ? (uint64_t)__builtin_ctzll(b) : a;
}
DEFINE_BIN2(bsf)

static ALWAYS_INLINE uint64_t sem_bsr(struct env *e, uint64_t a, uint64_t b, unsigned size)
{
    cc_set_raw(e, b ? 0 : FLAG_ZF);
    return b ? 63 - (uint64_t)__builtin_clzll(b) : a;
}
DEFINE_BIN2(bsr)

static ALWAYS_INLINE uint64_t sem_tzcnt(struct env *e, uint64_t a, uint64_t b, unsigned size)
{
    uint64_t n = b ? (uint64_t)__builtin_ctzll(b) : 8 * size;

    cc_set_raw(e, (b ? 0 : FLAG_CF) | (n ? 0 : FLAG_ZF));
    return n;
}
DEFINE_BIN2(tzcnt)

static ALWAYS_INLINE uint64_t sem_lzcnt(struct env *e, uint64_t a, uint64_t b, unsigned size)
{
    uint64_t n = b ? (uint64_t)__builtin_clzll(b) - (64 - 8 * size) : 8 * size;

    cc_set_raw(e, (b ? 0 : FLAG_CF) | (n ? 0 : FLAG_ZF));
    return n;
}
DEFINE_BIN2(lzcnt)

static ALWAYS_INLINE uint64_t sem_popcnt(struct env *e, uint64_t a, uint64_t b, unsigned size)
{
    cc_set_raw(e, b ? 0 : FLAG_ZF);
    return __builtin_popcountll(b);
}
DEFINE_BIN2(popcnt)

/* Processors without the extension ignore the prefix. */
static int bind_count(struct insn *i, bool have, insn_fn *const *with, insn_fn *const *without)
{
    unsigned at = FNS_AT(i->flags & I_MEM ? V_RM : V_RR, __builtin_ctz(i->osz));

    i->fn = have ? with[at] : without[at];
    return 0;
}

int bind_tzcnt(struct env *e, struct insn *i, const uint8_t *bytes)
{
    return bind_count(i, e->cpuid_7b & 1 << 3, fns_tzcnt, fns_bsf);
}

int bind_lzcnt(struct env *e, struct insn *i, const uint8_t *bytes)
{
    return bind_count(i, e->cpuid_81c & 1 << 5, fns_lzcnt, fns_bsr);
}

/* CRC-32C, polynomial 0x1edc6f41, bits reflected. */
static const struct insn *crc32(struct env *e, const struct insn *i, unsigned size)
{
    uint64_t v = i->flags & I_MEM ? mem_load(e, i, ea(e, i, size, false), size) : reg_get(e, i->r1, size);
    uint32_t crc = reg_get(e, i->r0, 4);

    for (unsigned n = 0; n < size; n++) {
        crc ^= v >> 8 * n & 0xff;
        for (unsigned bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (crc & 1 ? 0x82f63b78 : 0);
    }
    reg_set(e, i->r0, 8, crc);
    return i + 1;
}

const struct insn *op_crc32b(struct env *e, const struct insn *i)
{
    return crc32(e, i, 1);
}

const struct insn *op_crc32v(struct env *e, const struct insn *i)
{
    return crc32(e, i, i->flags & I_REXW ? 8 : i->flags & I_OPSIZE ? 2 : e->key & (KEY_CS32 | KEY_CS64) ? 4 : 2);
}

#define SETCC_FN(cond, x)                                                                                       \
    OPFN setcc_##cond##_r(struct env *e, const struct insn *i) { reg_set(e, i->r0, 1, cc_cond(e, cond)); NEXT(e, i); } \
    OPFN setcc_##cond##_m(struct env *e, const struct insn *i)                                                  \
    { mem_store(e, i, PLAIN_EA(e, i, 1, 1), 1, cc_cond(e, cond)); NEXT(e, i); }
EACH_COND(SETCC_FN, )

#define SETCC_ENTRY(cond, x) setcc_##cond##_r, setcc_##cond##_m,
extern insn_fn *const fns_setcc[];
insn_fn *const fns_setcc[16 * 2] = { EACH_COND(SETCC_ENTRY, ) };
