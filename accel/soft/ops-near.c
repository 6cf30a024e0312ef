/* SPDX-License-Identifier: Apache-2.0 */
#include "accel/soft/ops-near.h"
#include "accel/soft/near.h"
#include "accel/soft/flags.h"
#include "accel/soft/ops.h"

#include <errno.h>

/*
 * Near control transfer: JMP, Jcc, CALL, RET, LOOP, JCXZ, ENTER, LEAVE, BOUND
 *
 * Intel SDM volume 1, 5.1.7 and chapter 6.  A direct target outside the code segment faults when it
 * is fetched, not at the branch.  Functions with 64 in their name are for 64-bit mode with the
 * default operand size, all others take every size and mode.
 */

const struct insn *op_jmp(struct env *e, const struct insn *i)
{
    BRANCH_DIRECT(e, i);
}

#define JCC_FN(cond, x)                                                                                         \
    static const struct insn *jcc_##cond(struct env *e, const struct insn *i)                                   \
    {                                                                                                           \
        if (cc_cond(e, cond))                                                                                   \
            BRANCH_DIRECT(e, i);                                                                                \
        NEXT(e, i);                                                                                             \
    }
EACH_COND(JCC_FN, )

#define JCC_ENTRY(cond, x) jcc_##cond,
extern insn_fn *const fns_jcc[];
insn_fn *const fns_jcc[16] = { EACH_COND(JCC_ENTRY, ) };

/* Where the builder knows which operation sets the flags. */
#define JCC_KNOWN_FN(cond, kind, size)                                                                          \
    static const struct insn *jcc_##cond##_##kind##_##size(struct env *e, const struct insn *i)                 \
    {                                                                                                           \
        if (cc_cond_known(e, CC_##kind, size, cond))                                                            \
            BRANCH_DIRECT(e, i);                                                                                \
        NEXT(e, i);                                                                                             \
    }
#define JCC_KNOWN_1(cond, kind) JCC_KNOWN_FN(cond, kind, 1)
#define JCC_KNOWN_2(cond, kind) JCC_KNOWN_FN(cond, kind, 2)
#define JCC_KNOWN_4(cond, kind) JCC_KNOWN_FN(cond, kind, 4)
#define JCC_KNOWN_8(cond, kind) JCC_KNOWN_FN(cond, kind, 8)
#define JCC_KIND(kind) EACH_COND(JCC_KNOWN_1, kind) EACH_COND(JCC_KNOWN_2, kind) EACH_COND(JCC_KNOWN_4, kind) \
                       EACH_COND(JCC_KNOWN_8, kind)
JCC_KIND(SUB)
JCC_KIND(LOGIC)
JCC_KIND(ADD)
JCC_KIND(INC)
JCC_KIND(DEC)

#define JCC_NAME_1(cond, kind) jcc_##cond##_##kind##_1,
#define JCC_NAME_2(cond, kind) jcc_##cond##_##kind##_2,
#define JCC_NAME_4(cond, kind) jcc_##cond##_##kind##_4,
#define JCC_NAME_8(cond, kind) jcc_##cond##_##kind##_8,
#define JCC_ROWS(kind) [CC_##kind] = { { EACH_COND(JCC_NAME_1, kind) }, { EACH_COND(JCC_NAME_2, kind) }, \
                                       { EACH_COND(JCC_NAME_4, kind) }, { EACH_COND(JCC_NAME_8, kind) } }

static insn_fn *const jcc_known[CC_KINDS][4][16] = {
    JCC_ROWS(SUB), JCC_ROWS(LOGIC), JCC_ROWS(ADD), JCC_ROWS(INC), JCC_ROWS(DEC),
};

insn_fn *jcc_for_flags(enum cc_kind kind, unsigned size, unsigned cond)
{
    return jcc_known[kind][__builtin_ctz(size)][cond];
}

/* Operand of the indirect forms. */
static uint64_t near_operand(struct env *e, const struct insn *i)
{
    if (i->flags & I_MEM)
        return mem_load(e, i, ea(e, i, i->osz, false), i->osz);
    return reg_get(e, i->r0, i->osz);
}

/* 16-bit operands clear the upper part of the instruction pointer. */
static inline uint64_t near_mask(const struct insn *i)
{
    return ~0ull >> (64 - 8 * i->osz);
}

static const struct insn *jmpi_r64(struct env *e, const struct insn *i)
{
    branch_check64(e, i, e->r[i->rm]);
    BRANCH_INDIRECT(e, i, e->r[i->rm]);
}

static const struct insn *jmpi_any(struct env *e, const struct insn *i)
{
    uint64_t target = near_operand(e, i) & near_mask(i);

    branch_check(e, i, target);
    return jump_cached(e, i, target);
}

int bind_jmpi(struct env *e, struct insn *i, const uint8_t *bytes)
{
    i->fn = i->osz == 8 && !(i->flags & I_MEM) ? jmpi_r64 : jmpi_any;
    return 0;
}

static const struct insn *call64(struct env *e, const struct insn *i)
{
    uint64_t lin = e->r[RSP] - 8;

    mem_store(e, i, lin, 8, insn_next_pc(i));
    e->r[RSP] = lin;
    BRANCH_DIRECT(e, i);
}

static const struct insn *call_any(struct env *e, const struct insn *i)
{
    stack_push(e, i, i->osz, insn_next_pc(i) & e->ip_mask);
    BRANCH_DIRECT(e, i);
}

int bind_call(struct env *e, struct insn *i, const uint8_t *bytes)
{
    i->fn = e->key & KEY_CS64 ? call64 : call_any;
    return 0;
}

static const struct insn *calli_any(struct env *e, const struct insn *i)
{
    uint64_t target = near_operand(e, i) & near_mask(i), sp = e->r[RSP] - i->osz;

    mem_store(e, i, stack_lin(e, i, sp, i->osz, true), i->osz, insn_next_pc(i) & e->ip_mask);
    branch_check(e, i, target);
    stack_set(e, sp);
    return jump_cached(e, i, target);
}

static const struct insn *calli_r64(struct env *e, const struct insn *i)
{
    uint64_t target = e->r[i->rm], lin = e->r[RSP] - 8;

    mem_store(e, i, lin, 8, insn_next_pc(i));
    branch_check64(e, i, target);
    e->r[RSP] = lin;
    BRANCH_INDIRECT(e, i, target);
}

int bind_calli(struct env *e, struct insn *i, const uint8_t *bytes)
{
    i->fn = i->osz == 8 && !(i->flags & I_MEM) ? calli_r64 : calli_any;
    return 0;
}

static const struct insn *ret64(struct env *e, const struct insn *i)
{
    uint64_t target = mem_load(e, i, e->r[RSP], 8);

    branch_check64(e, i, target);
    e->r[RSP] += 8;
    BRANCH_INDIRECT(e, i, target);
}

static const struct insn *ret_any(struct env *e, const struct insn *i)
{
    uint64_t target = stack_top(e, i, i->osz) & near_mask(i);

    branch_check(e, i, target);
    stack_set(e, e->r[RSP] + i->osz + i->imm);
    return jump_cached(e, i, target);
}

int bind_ret(struct env *e, struct insn *i, const uint8_t *bytes)
{
    i->fn = i->osz == 8 ? ret64 : ret_any;
    return 0;
}

int bind_reti(struct env *e, struct insn *i, const uint8_t *bytes)
{
    i->fn = ret_any;
    return 0;
}

/* LOOP and JCXZ count in CX, ECX or RCX by address size (ea_mask is the link's in direct branches). */
static bool loop_count_down(struct env *e, const struct insn *i)
{
    uint64_t left = truncate_to(e->r[RCX] - 1, i->asz);

    reg_set(e, 8 * RCX, i->asz, left);
    return left != 0;
}

const struct insn *op_loop(struct env *e, const struct insn *i)
{
    if (loop_count_down(e, i))
        BRANCH_DIRECT(e, i);
    return i + 1;
}

const struct insn *op_loope(struct env *e, const struct insn *i)
{
    if (loop_count_down(e, i) && cc_cond(e, COND_E))
        BRANCH_DIRECT(e, i);
    return i + 1;
}

const struct insn *op_loopne(struct env *e, const struct insn *i)
{
    if (loop_count_down(e, i) && cc_cond(e, COND_NE))
        BRANCH_DIRECT(e, i);
    return i + 1;
}

const struct insn *op_jcxz(struct env *e, const struct insn *i)
{
    if (!reg_get(e, 8 * RCX, i->asz))
        BRANCH_DIRECT(e, i);
    return i + 1;
}

/*
 * ENTER size, level.  rBP and rSP change last: a fault on any of the accesses leaves both as they
 * were, and what was stored below rSP does not matter.
 */
const struct insn *op_enter(struct env *e, const struct insn *i)
{
    unsigned size = i->osz, level = i->imm >> 16 & 31;
    uint64_t sp = e->r[RSP] - size, frame = sp, bp = e->r[RBP];

    mem_store(e, i, stack_lin(e, i, sp, size, true), size, truncate_to(bp, size));
    for (unsigned n = 1; n < level; n++) {
        bp -= size;
        sp -= size;
        mem_store(e, i, stack_lin(e, i, sp, size, true), size,
                  mem_load(e, i, stack_lin(e, i, bp, size, false), size));
    }
    if (level) {
        sp -= size;
        mem_store(e, i, stack_lin(e, i, sp, size, true), size, truncate_to(frame & e->sp_mask, size));
    }
    sp -= i->imm & 0xffff;
    mem_probe(e, i, stack_lin(e, i, sp, size, true), size);     /* the new top must be writable */
    stack_set(e, sp);
    reg_set(e, 8 * RBP, size, (e->r[RBP] & ~e->sp_mask) | (frame & e->sp_mask));
    return i + 1;
}

static const struct insn *leave64(struct env *e, const struct insn *i)
{
    uint64_t bp = e->r[RBP];

    e->r[RBP] = mem_load(e, i, bp, 8);
    e->r[RSP] = bp + 8;
    NEXT(e, i);
}

static const struct insn *leave_any(struct env *e, const struct insn *i)
{
    uint64_t bp = e->r[RBP], v = mem_load(e, i, stack_lin(e, i, bp, i->osz, false), i->osz);

    stack_set(e, bp + i->osz);
    reg_set(e, 8 * RBP, i->osz, v);
    return i + 1;
}

int bind_leave(struct env *e, struct insn *i, const uint8_t *bytes)
{
    i->fn = i->osz == 8 ? leave64 : leave_any;
    return 0;
}

const struct insn *op_bound(struct env *e, const struct insn *i)
{
    unsigned size = i->osz;
    uint64_t lin = ea(e, i, 2 * size, false);
    int64_t low = sign_extend_from(mem_load(e, i, lin, size), size);
    int64_t high = sign_extend_from(mem_load(e, i, lin + size, size), size);
    int64_t v = sign_extend_from(reg_get(e, i->r0, size), size);

    if (v < low || v > high)
        soft_raise(e, i, VEC_BR, -1);
    return i + 1;
}

void stack_check(struct env *e, const struct insn *i, uint64_t off, unsigned size, bool write)
{
    struct insn copy = *i;

    copy.seg = SS;
    seg_check(e, &copy, off, size, write);
}
