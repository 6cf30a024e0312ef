/* SPDX-License-Identifier: Apache-2.0 */
#include "accel/soft/shapes.h"
#include "accel/soft/ops-near.h"
#include "accel/soft/ops.h"

#include <errno.h>

/*
 * Data movement: MOV MOVZX MOVSX CMOV XCHG XADD CMPXCHG(8B/16B) BSWAP MOVBE CBW CWD
 *
 * Intel SDM volume 1, 5.1.1.  XCHG with memory locks whether it says so or not.
 */

#define MOV_FNS(size)                                                                                           \
    OPFN mov_rr##size(struct env *e, const struct insn *i) { reg_set(e, i->r0, size, REG1(size)); NEXT(e, i); } \
    OPFN mov_ri##size(struct env *e, const struct insn *i) { reg_set(e, i->r0, size, i->imm); NEXT(e, i); }     \
    OPFN mov_rm##size(struct env *e, const struct insn *i)                                                      \
    { reg_set(e, i->r0, size, mem_load(e, i, PLAIN_EA(e, i, size, 0), size)); NEXT(e, i); }                     \
    OPFN mov_rms##size(struct env *e, const struct insn *i)                                                     \
    { reg_set(e, i->r0, size, mem_load(e, i, SIMPLE_EA(e, i, size, 0), size)); NEXT(e, i); }                    \
    OPFN mov_mr##size(struct env *e, const struct insn *i)                                                      \
    { mem_store(e, i, PLAIN_EA(e, i, size, 1), size, REG1(size)); NEXT(e, i); }                                 \
    OPFN mov_mrs##size(struct env *e, const struct insn *i)                                                     \
    { mem_store(e, i, SIMPLE_EA(e, i, size, 1), size, REG1(size)); NEXT(e, i); }                                \
    OPFN mov_mi##size(struct env *e, const struct insn *i)                                                      \
    { mem_store(e, i, PLAIN_EA(e, i, size, 1), size, IMM(size)); NEXT(e, i); }                                  \
    OPFN mov_mis##size(struct env *e, const struct insn *i)                                                     \
    { mem_store(e, i, SIMPLE_EA(e, i, size, 1), size, IMM(size)); NEXT(e, i); }
MOV_FNS(1)
MOV_FNS(2)
MOV_FNS(4)
MOV_FNS(8)

extern insn_fn *const fns_mov[];
insn_fn *const fns_mov[V2_COUNT * 4] = {
    ROW4(V_RR, mov_rr), ROW4(V_RI, mov_ri), ROW4(V_RM, mov_rm), ROW4(V_RMS, mov_rms), ROW4(V_MR, mov_mr),
    ROW4(V_MRS, mov_mrs), ROW4(V_MI, mov_mi), ROW4(V_MIS, mov_mis),
};

/* movx: dst and src are sizes (src16: with a 16-bit destination); widen fills the gap. */
#define MOVX_FN(op, dst, src, widen)                                                                            \
    OPFN op##_rr##dst(struct env *e, const struct insn *i)                                                      \
    { reg_set(e, i->r0, dst, widen(REG1(src), src)); NEXT(e, i); }                                              \
    OPFN op##_rm##dst(struct env *e, const struct insn *i)                                                      \
    { reg_set(e, i->r0, dst, widen(mem_load(e, i, PLAIN_EA(e, i, src, 0), src), src)); NEXT(e, i); }            \
    OPFN op##_rms##dst(struct env *e, const struct insn *i)                                                     \
    { reg_set(e, i->r0, dst, widen(mem_load(e, i, SIMPLE_EA(e, i, src, 0), src), src)); NEXT(e, i); }

#define DEFINE_MOVX(op, src16, src, widen)                                                                      \
    MOVX_FN(op, 2, src16, widen) MOVX_FN(op, 4, src, widen) MOVX_FN(op, 8, src, widen)                          \
    extern insn_fn *const fns_##op[];                                                                           \
    insn_fn *const fns_##op[V2_COUNT * 4] = { ROW3(V_RR, op##_rr), ROW3(V_RM, op##_rm), ROW3(V_RMS, op##_rms) };

DEFINE_MOVX(movzxb, 1, 1, truncate_to)
DEFINE_MOVX(movzxw, 2, 2, truncate_to)
DEFINE_MOVX(movsxb, 1, 1, sign_extend_from)
DEFINE_MOVX(movsxw, 2, 2, sign_extend_from)
DEFINE_MOVX(movsxd, 2, 4, sign_extend_from)     /* with 66 it reads but two bytes */

/* The load happens whatever the condition; a 32-bit destination is zero-extended whatever it is. */
#define CMOV_FN(cond, size)                                                                                     \
    OPFN cmov_##cond##_r##size(struct env *e, const struct insn *i)                                             \
    { reg_set(e, i->r0, size, cc_cond(e, cond) ? REG1(size) : REG0(size)); NEXT(e, i); }                        \
    OPFN cmov_##cond##_m##size(struct env *e, const struct insn *i)                                             \
    {                                                                                                           \
        uint64_t v = mem_load(e, i, PLAIN_EA(e, i, size, 0), size);                                             \
        reg_set(e, i->r0, size, cc_cond(e, cond) ? v : REG0(size));                                             \
        NEXT(e, i);                                                                                             \
    }
#define CMOV_FNS(cond, x) CMOV_FN(cond, 2) CMOV_FN(cond, 4) CMOV_FN(cond, 8)
EACH_COND(CMOV_FNS, )

#define CMOV_ENTRY(cond, x) NULL, cmov_##cond##_r2, cmov_##cond##_r4, cmov_##cond##_r8, \
                            NULL, cmov_##cond##_m2, cmov_##cond##_m4, cmov_##cond##_m8,
extern insn_fn *const fns_cmov[];
insn_fn *const fns_cmov[16 * 2 * 4] = { EACH_COND(CMOV_ENTRY, ) };

const struct insn *op_xchg(struct env *e, const struct insn *i)
{
    unsigned size = i->osz;
    uint64_t b = reg_get(e, i->r1, size), old;

    if (i->flags & I_MEM) {
        uint64_t lin = ea(e, i, size, true);

        LOCKED_RMW_MEM(e, i, lin, size, (reg_set(e, i->r1, size, a), b));
        return i + 1;
    }
    old = reg_get(e, i->r0, size);
    reg_set(e, i->r0, size, b);
    reg_set(e, i->r1, size, old);
    NEXT(e, i);
}

static const struct insn *xchg_ax(struct env *e, const struct insn *i)
{
    unsigned size = i->osz;
    uint64_t a = reg_get(e, i->r0, size), b = reg_get(e, 8 * RAX, size);

    reg_set(e, i->r0, size, b);
    reg_set(e, 8 * RAX, size, a);
    NEXT(e, i);
}

/* 90 is NOP, and does not clear the upper half of rAX. */
int bind_xchgax(struct env *e, struct insn *i, const uint8_t *bytes)
{
    i->fn = i->r0 == 8 * RAX ? op_nop : xchg_ax;
    return 0;
}

static ALWAYS_INLINE uint64_t sem_xadd(struct env *e, uint64_t a, uint64_t b, unsigned size)
{
    uint64_t r = truncate_to(a + b, size);

    cc_set(e, CC_ADD, size, r, b);
    return r;
}

const struct insn *op_xadd(struct env *e, const struct insn *i)
{
    unsigned size = i->osz;
    uint64_t b = reg_get(e, i->r1, size), a;

    if (!(i->flags & I_MEM)) {
        a = reg_get(e, i->r0, size);
        reg_set(e, i->r1, size, a);
        reg_set(e, i->r0, size, sem_xadd(e, a, b, size));
    } else if (i->flags & I_LOCK) {
        uint64_t lin = ea(e, i, size, true);

        LOCKED_RMW_MEM(e, i, lin, size, (reg_set(e, i->r1, size, a), sem_xadd(e, a, b, size)));
    } else {
        uint64_t lin = ea(e, i, size, true);

        RMW_MEM(e, i, lin, size, (reg_set(e, i->r1, size, a), sem_xadd(e, a, b, size)));
    }
    return i + 1;
}

/* What CMPXCHG writes back; rAX is loaded only if they differ. */
static ALWAYS_INLINE uint64_t sem_cmpxchg(struct env *e, uint64_t a, uint64_t ax, uint64_t b, unsigned size)
{
    cc_set(e, CC_SUB, size, ax, a);
    if (a == ax)
        return b;
    reg_set(e, 8 * RAX, size, a);
    return a;
}

static const struct insn *cmpxchg_mem(struct env *e, const struct insn *i, unsigned size)
{
    uint64_t lin = ea(e, i, size, true), ax = reg_get(e, 8 * RAX, size), b = reg_get(e, i->r1, size), a = ax;
    void *p = mem_probe(e, i, lin, size);
    struct insn copy;

    if (likely(p != NULL)) {
        /* Atomic without LOCK too: nobody can tell. */
        host_cas(p, size, &a, b);
        sem_cmpxchg(e, a, ax, b, size);
        return i + 1;
    }
    copy = *i;
    soft_exclusive_begin(e);
    a = mem_load_slow(e, &copy, lin, size);
    mem_store_slow(e, &copy, lin, size, sem_cmpxchg(e, a, ax, b, size));
    soft_exclusive_end(e);
    return insn_end(e, &copy);
}

const struct insn *op_cmpxchg(struct env *e, const struct insn *i)
{
    unsigned size = i->osz;
    uint64_t a, ax = reg_get(e, 8 * RAX, size);

    if (i->flags & I_MEM)
        return cmpxchg_mem(e, i, size);
    a = reg_get(e, i->r0, size);
    cc_set(e, CC_SUB, size, ax, a);
    if (a == ax)
        reg_set(e, i->r0, size, reg_get(e, i->r1, size));
    else
        reg_set(e, 8 * RAX, size, a);
    return i + 1;
}

static void set_zf(struct env *e, bool z)
{
    cc_set_raw(e, (cc_flags(e) & ~(uint64_t)FLAG_ZF) | (z ? FLAG_ZF : 0));
}

/* The pair of half-size registers high:low, and what the comparison leaves in rDX:rAX. */
static bool pair_differs(struct env *e, unsigned half, const uint64_t old[2])
{
    bool same = old[0] == reg_get(e, 8 * RAX, half) && old[1] == reg_get(e, 8 * RDX, half);

    if (!same) {
        reg_set(e, 8 * RAX, half, old[0]);
        reg_set(e, 8 * RDX, half, old[1]);
    }
    set_zf(e, same);
    return !same;
}

static const struct insn *cmpxchg_pair_slow(struct env *e, const struct insn *i, uint64_t lin, unsigned half)
{
    struct insn copy = *i;
    uint64_t old[2], val[2] = { reg_get(e, 8 * RBX, half), reg_get(e, 8 * RCX, half) };

    soft_exclusive_begin(e);
    old[0] = mem_load_slow(e, &copy, lin, half);
    old[1] = mem_load_slow(e, &copy, lin + half, half);
    if (pair_differs(e, half, old))
        memcpy(val, old, sizeof(val));
    mem_store_slow(e, &copy, lin, half, val[0]);
    mem_store_slow(e, &copy, lin + half, half, val[1]);
    soft_exclusive_end(e);
    return insn_end(e, &copy);
}

static const struct insn *cmpxchg8b(struct env *e, const struct insn *i)
{
    uint64_t lin = ea(e, i, 8, true), val = (uint32_t)e->r[RBX] | e->r[RCX] << 32;
    uint64_t old = (uint32_t)e->r[RAX] | e->r[RDX] << 32;
    void *p = mem_probe(e, i, lin, 8);

    if (!p)
        return cmpxchg_pair_slow(e, i, lin, 4);
    host_cas(p, 8, &old, val);
    pair_differs(e, 4, (const uint64_t[2]){ (uint32_t)old, old >> 32 });
    return i + 1;
}

static const struct insn *cmpxchg16b(struct env *e, const struct insn *i)
{
    uint64_t lin = ea(e, i, 16, true), low = e->r[RAX], high = e->r[RDX];
    void *p;

    if (lin & 15)
        soft_raise(e, i, VEC_GP, 0);
    p = mem_probe(e, i, lin, 16);
    if (!p)
        return cmpxchg_pair_slow(e, i, lin, 8);
    __asm__ volatile("lock cmpxchg16b %0" : "+m"(*(unsigned __int128 *)p), "+a"(low), "+d"(high)
                     : "b"(e->r[RBX]), "c"(e->r[RCX]) : "cc", "memory");
    pair_differs(e, 8, (const uint64_t[2]){ low, high });
    return i + 1;
}

int bind_cmpxchg8b(struct env *e, struct insn *i, const uint8_t *bytes)
{
    if (i->osz == 8 && !(e->cpuid_1c & 1 << 13))
        return -EINVAL;
    i->fn = i->osz == 8 ? cmpxchg16b : cmpxchg8b;
    return 0;
}

static const struct insn *bswap4(struct env *e, const struct insn *i)
{
    reg_set(e, i->r0, 4, __builtin_bswap32(reg_get(e, i->r0, 4)));
    NEXT(e, i);
}

static const struct insn *bswap8(struct env *e, const struct insn *i)
{
    reg_set(e, i->r0, 8, __builtin_bswap64(reg_get(e, i->r0, 8)));
    NEXT(e, i);
}

/* Undefined by the manual; zero is what processors make of it. */
static const struct insn *bswap2(struct env *e, const struct insn *i)
{
    reg_set(e, i->r0, 2, 0);
    NEXT(e, i);
}

int bind_bswap(struct env *e, struct insn *i, const uint8_t *bytes)
{
    i->fn = i->osz == 8 ? bswap8 : i->osz == 4 ? bswap4 : bswap2;
    return 0;
}

static uint64_t bswap_any(uint64_t v, unsigned size)
{
    return __builtin_bswap64(v) >> (64 - 8 * size);
}

const struct insn *op_movbe(struct env *e, const struct insn *i)
{
    reg_set(e, i->r0, i->osz, bswap_any(mem_load(e, i, ea(e, i, i->osz, false), i->osz), i->osz));
    return i + 1;
}

const struct insn *op_movbest(struct env *e, const struct insn *i)
{
    mem_store(e, i, ea(e, i, i->osz, true), i->osz, bswap_any(reg_get(e, i->r1, i->osz), i->osz));
    return i + 1;
}

/* CBW CWDE CDQE */
const struct insn *op_cbw(struct env *e, const struct insn *i)
{
    reg_set(e, 8 * RAX, i->osz, sign_extend_from(reg_get(e, 8 * RAX, i->osz / 2), i->osz / 2));
    NEXT(e, i);
}

/* CWD CDQ CQO */
const struct insn *op_cwd(struct env *e, const struct insn *i)
{
    reg_set(e, 8 * RDX, i->osz, sign_extend_from(reg_get(e, 8 * RAX, i->osz), i->osz) >> 63);
    NEXT(e, i);
}
