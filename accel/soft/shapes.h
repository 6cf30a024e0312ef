/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Operand shapes: from one semantic function to one insn_fn for each combination of operands and size
 *
 * An ops-*.c file writes what an operation means,
 *
 *     static ALWAYS_INLINE uint64_t sem_add(struct env *e, uint64_t a, uint64_t b, unsigned size) { ... }
 *     DEFINE_RMW2(add)
 *
 * and gets the functions and the array fns_add, indexed as the enums below say.  form_bind() picks
 * from it.  Operands reach a semantic function zero-extended; results are truncated here.  It may
 * change the lazy flags and nothing else, and it cannot fault: memory is read before and written
 * after it, and a write that could fault was probed before.
 *
 * Memory variants end in s where the address is base + displacement in 64-bit mode with neither
 * segment nor 32-bit address size: the hot case.
 */

#include "accel/soft/exclusive.h"
#include "accel/soft/flags.h"
#include "accel/soft/mem.h"
#include "accel/soft/regs.h"

/* rmw2, cmp2, mov, bin2, movx; rmw1; shift; bit */
enum { V_RR, V_RI, V_RM, V_RMS, V_MR, V_MRS, V_MI, V_MIS, V_LMR, V_LMI, V2_COUNT };
enum { V_R, V_M, V_LM, V1_COUNT };
enum { V_SHIFT_RI, V_SHIFT_RC, V_SHIFT_MI, V_SHIFT_MC, V_SHIFT_COUNT };
enum { V_BIT_RR, V_BIT_RI, V_BIT_MR, V_BIT_MI, V_BIT_LMR, V_BIT_LMI, V_BIT_COUNT };

/* Index into a fns array of those four: variant and log2 of the size. */
#define FNS_AT(variant, log2) ((variant) * 4 + (log2))

#define OPFN static const struct insn *
#define PLAIN_EA(e, i, size, write) ea(e, i, size, write)
#define SIMPLE_EA(e, i, size, write) ((e)->r[(i)->base] + (i)->disp)

struct cc_saved { uint64_t dst, src, aux; uint32_t kind; };

static inline struct cc_saved cc_save(const struct env *e)
{
    return (struct cc_saved){ e->cc_dst, e->cc_src, e->cc_aux, e->cc_kind };
}

static inline void cc_restore(struct env *e, const struct cc_saved *s)
{
    e->cc_dst = s->dst;
    e->cc_src = s->src;
    e->cc_aux = s->aux;
    e->cc_kind = s->kind;
}

static ALWAYS_INLINE bool host_cas(void *p, unsigned size, uint64_t *old, uint64_t val)
{
    switch (size) {
#define CAS_CASE(bytes, type)                                                                                   \
    case bytes: {                                                                                               \
        type expected = *old;                                                                                   \
        bool done = __atomic_compare_exchange_n((type *)p, &expected, (type)val, false, __ATOMIC_SEQ_CST,       \
                                                __ATOMIC_SEQ_CST);                                              \
        *old = expected;                                                                                        \
        return done;                                                                                            \
    }
    CAS_CASE(1, uint8_t)
    CAS_CASE(2, uint16_t)
    CAS_CASE(4, uint32_t)
    default: CAS_CASE(8, uint64_t)
#undef CAS_CASE
    }
}

/* *lin = f(*lin, b), not atomic. */
#define RMW_MEM(e, i, lin, size, expression)                                                                    \
    do {                                                                                                        \
        uint64_t lin_ = (lin), a;                                                                               \
        void *p_ = mem_probe(e, i, lin_, size);                                                                 \
        if (likely(p_ != NULL)) {                                                                               \
            a = host_load(p_, size);                                                                            \
            host_store(p_, size, expression);                                                                   \
        } else {                                                                                                \
            a = mem_load(e, i, lin_, size);                                                                     \
            mem_store(e, i, lin_, size, expression);                                                            \
        }                                                                                                       \
    } while (0)

/*
 * The same with LOCK.  Where there is no host pointer (MMIO, two pages, a page with code) it happens in an
 * exclusive section, and the block is left: it may have been overwritten or flushed meanwhile.
 */
#define LOCKED_RMW_MEM(e, i, lin, size, expression)                                                             \
    do {                                                                                                        \
        uint64_t lin_ = (lin), a;                                                                               \
        void *p_ = mem_probe(e, i, lin_, size);                                                                 \
        if (likely(p_ != NULL)) {                                                                               \
            struct cc_saved cc_ = cc_save(e);                                                                   \
            a = host_load(p_, size);                                                                            \
            while (!host_cas(p_, size, &a, expression))                                                         \
                cc_restore(e, &cc_);                                                                            \
        } else {                                                                                                \
            struct insn copy_ = *(i);                                                                           \
            soft_exclusive_begin(e);                                                                            \
            a = mem_load_slow(e, &copy_, lin_, size);                                                           \
            mem_store_slow(e, &copy_, lin_, size, expression);                                                  \
            soft_exclusive_end(e);                                                                              \
            return insn_end(e, &copy_);                                                                         \
        }                                                                                                       \
    } while (0)

#define REG0(size) reg_get(e, i->r0, size)
#define REG1(size) reg_get(e, i->r1, size)
#define IMM(size) truncate_to(i->imm, size)
#define LOAD(how, size) mem_load(e, i, how##_EA(e, i, size, 0), size)

#define RMW2_FNS(op, size)                                                                                      \
    OPFN op##_rr##size(struct env *e, const struct insn *i)                                                     \
    { reg_set(e, i->r0, size, sem_##op(e, REG0(size), REG1(size), size)); NEXT(e, i); }                         \
    OPFN op##_ri##size(struct env *e, const struct insn *i)                                                     \
    { reg_set(e, i->r0, size, sem_##op(e, REG0(size), IMM(size), size)); NEXT(e, i); }                          \
    OPFN op##_rm##size(struct env *e, const struct insn *i)                                                     \
    { reg_set(e, i->r0, size, sem_##op(e, REG0(size), LOAD(PLAIN, size), size)); NEXT(e, i); }                  \
    OPFN op##_rms##size(struct env *e, const struct insn *i)                                                    \
    { reg_set(e, i->r0, size, sem_##op(e, REG0(size), LOAD(SIMPLE, size), size)); NEXT(e, i); }                 \
    OPFN op##_mr##size(struct env *e, const struct insn *i)                                                     \
    { RMW_MEM(e, i, PLAIN_EA(e, i, size, 1), size, sem_##op(e, a, REG1(size), size)); NEXT(e, i); }             \
    OPFN op##_mi##size(struct env *e, const struct insn *i)                                                     \
    { RMW_MEM(e, i, PLAIN_EA(e, i, size, 1), size, sem_##op(e, a, IMM(size), size)); NEXT(e, i); }              \
    OPFN op##_lmr##size(struct env *e, const struct insn *i)                                                    \
    { LOCKED_RMW_MEM(e, i, PLAIN_EA(e, i, size, 1), size, sem_##op(e, a, REG1(size), size)); return i + 1; }    \
    OPFN op##_lmi##size(struct env *e, const struct insn *i)                                                    \
    { LOCKED_RMW_MEM(e, i, PLAIN_EA(e, i, size, 1), size, sem_##op(e, a, IMM(size), size)); return i + 1; }

#define ROW4(v, f) [FNS_AT(v, 0)] = f##1, [FNS_AT(v, 1)] = f##2, [FNS_AT(v, 2)] = f##4, [FNS_AT(v, 3)] = f##8
#define ROW3(v, f) [FNS_AT(v, 1)] = f##2, [FNS_AT(v, 2)] = f##4, [FNS_AT(v, 3)] = f##8

#define DEFINE_RMW2(op)                                                                                         \
    RMW2_FNS(op, 1) RMW2_FNS(op, 2) RMW2_FNS(op, 4) RMW2_FNS(op, 8)                                             \
    extern insn_fn *const fns_##op[];                                                                           \
    insn_fn *const fns_##op[V2_COUNT * 4] = {                                                                   \
        ROW4(V_RR, op##_rr), ROW4(V_RI, op##_ri), ROW4(V_RM, op##_rm), ROW4(V_RMS, op##_rms), ROW4(V_MR, op##_mr), \
        ROW4(V_MRS, op##_mr), ROW4(V_MI, op##_mi), ROW4(V_MIS, op##_mi), ROW4(V_LMR, op##_lmr), ROW4(V_LMI, op##_lmi), \
    };

/* cmp2: flags only. */
#define CMP2_FNS(op, size)                                                                                      \
    OPFN op##_rr##size(struct env *e, const struct insn *i)                                                     \
    { sem_##op(e, REG0(size), REG1(size), size); NEXT(e, i); }                                                  \
    OPFN op##_ri##size(struct env *e, const struct insn *i)                                                     \
    { sem_##op(e, REG0(size), IMM(size), size); NEXT(e, i); }                                                   \
    OPFN op##_rm##size(struct env *e, const struct insn *i)                                                     \
    { sem_##op(e, REG0(size), mem_load(e, i, PLAIN_EA(e, i, size, 0), size), size); NEXT(e, i); }               \
    OPFN op##_rms##size(struct env *e, const struct insn *i)                                                    \
    { sem_##op(e, REG0(size), mem_load(e, i, SIMPLE_EA(e, i, size, 0), size), size); NEXT(e, i); }              \
    OPFN op##_mr##size(struct env *e, const struct insn *i)                                                     \
    { sem_##op(e, mem_load(e, i, PLAIN_EA(e, i, size, 0), size), REG1(size), size); NEXT(e, i); }               \
    OPFN op##_mrs##size(struct env *e, const struct insn *i)                                                    \
    { sem_##op(e, mem_load(e, i, SIMPLE_EA(e, i, size, 0), size), REG1(size), size); NEXT(e, i); }              \
    OPFN op##_mi##size(struct env *e, const struct insn *i)                                                     \
    { sem_##op(e, mem_load(e, i, PLAIN_EA(e, i, size, 0), size), IMM(size), size); NEXT(e, i); }                \
    OPFN op##_mis##size(struct env *e, const struct insn *i)                                                    \
    { sem_##op(e, mem_load(e, i, SIMPLE_EA(e, i, size, 0), size), IMM(size), size); NEXT(e, i); }

#define DEFINE_CMP2(op)                                                                                         \
    CMP2_FNS(op, 1) CMP2_FNS(op, 2) CMP2_FNS(op, 4) CMP2_FNS(op, 8)                                             \
    extern insn_fn *const fns_##op[];                                                                           \
    insn_fn *const fns_##op[V2_COUNT * 4] = {                                                                   \
        ROW4(V_RR, op##_rr), ROW4(V_RI, op##_ri), ROW4(V_RM, op##_rm), ROW4(V_RMS, op##_rms), ROW4(V_MR, op##_mr), \
        ROW4(V_MRS, op##_mrs), ROW4(V_MI, op##_mi), ROW4(V_MIS, op##_mis),                                      \
    };

/* bin2: register = f(register, register or memory); sizes 2, 4, 8. */
#define BIN2_FNS(op, size)                                                                                      \
    OPFN op##_rr##size(struct env *e, const struct insn *i)                                                     \
    { reg_set(e, i->r0, size, sem_##op(e, REG0(size), REG1(size), size)); NEXT(e, i); }                         \
    OPFN op##_rm##size(struct env *e, const struct insn *i)                                                     \
    { reg_set(e, i->r0, size, sem_##op(e, REG0(size), LOAD(PLAIN, size), size)); NEXT(e, i); }

#define DEFINE_BIN2(op)                                                                                         \
    BIN2_FNS(op, 2) BIN2_FNS(op, 4) BIN2_FNS(op, 8)                                                             \
    extern insn_fn *const fns_##op[];                                                                           \
    insn_fn *const fns_##op[V2_COUNT * 4] = { ROW3(V_RR, op##_rr), ROW3(V_RM, op##_rm), ROW3(V_RMS, op##_rm) };

/* rmw1: operand = f(operand). */
#define RMW1_FNS(op, size)                                                                                      \
    OPFN op##_r##size(struct env *e, const struct insn *i)                                                      \
    { reg_set(e, i->r0, size, sem_##op(e, REG0(size), size)); NEXT(e, i); }                                     \
    OPFN op##_m##size(struct env *e, const struct insn *i)                                                      \
    { RMW_MEM(e, i, PLAIN_EA(e, i, size, 1), size, sem_##op(e, a, size)); NEXT(e, i); }                         \
    OPFN op##_lm##size(struct env *e, const struct insn *i)                                                     \
    { LOCKED_RMW_MEM(e, i, PLAIN_EA(e, i, size, 1), size, sem_##op(e, a, size)); return i + 1; }

#define DEFINE_RMW1(op)                                                                                         \
    RMW1_FNS(op, 1) RMW1_FNS(op, 2) RMW1_FNS(op, 4) RMW1_FNS(op, 8)                                             \
    extern insn_fn *const fns_##op[];                                                                           \
    insn_fn *const fns_##op[V1_COUNT * 4] = { ROW4(V_R, op##_r), ROW4(V_M, op##_m), ROW4(V_LM, op##_lm) };

/* shift: operand = f(operand, count); the count is the immediate or CL, masked to 5 or 6 bits. */
#define SHIFT_COUNT(v, size) ((v) & ((size) == 8 ? 63 : 31))
#define SHIFT_FNS(op, size)                                                                                     \
    OPFN op##_ri##size(struct env *e, const struct insn *i)                                                     \
    { reg_set(e, i->r0, size, sem_##op(e, REG0(size), SHIFT_COUNT(i->imm, size), size)); NEXT(e, i); }          \
    OPFN op##_rc##size(struct env *e, const struct insn *i)                                                     \
    { reg_set(e, i->r0, size, sem_##op(e, REG0(size), SHIFT_COUNT(e->r[RCX], size), size)); NEXT(e, i); }       \
    OPFN op##_mi##size(struct env *e, const struct insn *i)                                                     \
    { RMW_MEM(e, i, PLAIN_EA(e, i, size, 1), size, sem_##op(e, a, SHIFT_COUNT(i->imm, size), size)); NEXT(e, i); } \
    OPFN op##_mc##size(struct env *e, const struct insn *i)                                                     \
    { RMW_MEM(e, i, PLAIN_EA(e, i, size, 1), size, sem_##op(e, a, SHIFT_COUNT(e->r[RCX], size), size)); NEXT(e, i); }

#define DEFINE_SHIFT(op)                                                                                        \
    SHIFT_FNS(op, 1) SHIFT_FNS(op, 2) SHIFT_FNS(op, 4) SHIFT_FNS(op, 8)                                         \
    extern insn_fn *const fns_##op[];                                                                           \
    insn_fn *const fns_##op[V_SHIFT_COUNT * 4] = {                                                              \
        ROW4(V_SHIFT_RI, op##_ri), ROW4(V_SHIFT_RC, op##_rc), ROW4(V_SHIFT_MI, op##_mi), ROW4(V_SHIFT_MC, op##_mc), \
    };
