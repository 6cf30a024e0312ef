/* SPDX-License-Identifier: Apache-2.0 */
#include "accel/soft/near.h"
#include "accel/soft/flags.h"
#include "accel/soft/ops.h"

/*
 * PUSH, POP, PUSHA, POPA
 *
 * Intel SDM volume 1, 6.2.  Functions with 64 in their name are for 64-bit mode with 8-byte operands;
 * the others take every stack and operand size.
 */

static const struct insn *push64_r(struct env *e, const struct insn *i)
{
    uint64_t lin = e->r[RSP] - 8;

    mem_store(e, i, lin, 8, e->r[i->rm]);
    e->r[RSP] = lin;
    NEXT(e, i);
}

static const struct insn *push_r(struct env *e, const struct insn *i)
{
    stack_push(e, i, i->osz, reg_get(e, i->r0, i->osz));
    return i + 1;
}

int bind_push(struct env *e, struct insn *i, const uint8_t *bytes)
{
    i->fn = i->osz == 8 ? push64_r : push_r;
    return 0;
}

static const struct insn *push64_i(struct env *e, const struct insn *i)
{
    uint64_t lin = e->r[RSP] - 8;

    mem_store(e, i, lin, 8, i->imm);
    e->r[RSP] = lin;
    NEXT(e, i);
}

static const struct insn *push_i(struct env *e, const struct insn *i)
{
    stack_push(e, i, i->osz, truncate_to(i->imm, i->osz));
    return i + 1;
}

int bind_pushi(struct env *e, struct insn *i, const uint8_t *bytes)
{
    i->fn = i->osz == 8 ? push64_i : push_i;
    return 0;
}

static const struct insn *pop64_r(struct env *e, const struct insn *i)
{
    uint64_t v = mem_load(e, i, e->r[RSP], 8);

    e->r[RSP] += 8;
    e->r[i->rm] = v;
    NEXT(e, i);
}

static const struct insn *pop_r(struct env *e, const struct insn *i)
{
    uint64_t v = stack_top(e, i, i->osz);

    stack_set(e, e->r[RSP] + i->osz);
    reg_set(e, i->r0, i->osz, v);
    return i + 1;
}

int bind_pop(struct env *e, struct insn *i, const uint8_t *bytes)
{
    i->fn = i->osz == 8 ? pop64_r : pop_r;
    return 0;
}

const struct insn *op_pushm(struct env *e, const struct insn *i)
{
    uint64_t v = i->flags & I_MEM ? mem_load(e, i, ea(e, i, i->osz, false), i->osz) : reg_get(e, i->r0, i->osz);

    stack_push(e, i, i->osz, v);
    return i + 1;
}

/* An address that depends on rSP is computed with rSP after the pop (SDM, POP). */
const struct insn *op_popm(struct env *e, const struct insn *i)
{
    uint64_t v = stack_top(e, i, i->osz);

    if (i->flags & I_MEM) {
        struct insn copy = *i;

        if (i->base == RSP)
            copy.disp += i->osz;
        mem_store(e, i, ea(e, &copy, i->osz, true), i->osz, v);
        stack_set(e, e->r[RSP] + i->osz);
    } else {
        stack_set(e, e->r[RSP] + i->osz);
        reg_set(e, i->r0, i->osz, v);
    }
    return i + 1;
}

const struct insn *op_pusha(struct env *e, const struct insn *i)
{
    unsigned size = i->osz;
    uint64_t sp = e->r[RSP];

    /* Both ends first: if they can be written the rest can, or nothing was. */
    mem_probe(e, i, stack_lin(e, i, sp - size, size, true), size);
    mem_probe(e, i, stack_lin(e, i, sp - 8 * size, size, true), size);
    for (unsigned r = RAX; r <= RDI; r++)
        mem_store(e, i, stack_lin(e, i, sp - (r + 1) * size, size, true), size, reg_get(e, 8 * r, size));
    stack_set(e, sp - 8 * size);
    return i + 1;
}

const struct insn *op_popa(struct env *e, const struct insn *i)
{
    unsigned size = i->osz;
    uint64_t v[8];

    for (unsigned n = 0; n < 8; n++)
        v[n] = mem_load(e, i, stack_lin(e, i, e->r[RSP] + n * size, size, false), size);
    for (unsigned n = 0; n < 8; n++)
        if (7 - n != RSP)
            reg_set(e, 8 * (7 - n), size, v[n]);
    stack_set(e, e->r[RSP] + 8 * size);
    return i + 1;
}
