/* SPDX-License-Identifier: Apache-2.0 */
#include "accel/soft/sysops.h"
#include "accel/soft/exc.h"
#include "accel/soft/seg.h"
#include "accel/soft/sys.h"

/*
 * INT n, INT3, INTO, INT1, and CR4.VME's redirection of INT n in virtual-8086 mode
 *
 * Reference: SDM volume 2 (INT n), volume 3 section 20.3.
 */

/* A fault of the delivery belongs to this instruction, the frame returns to the next. */
static const struct insn *software_interrupt(struct env *e, const struct insn *i, unsigned vector, enum exc_kind kind)
{
    e->pc = i->pc;
    exc_deliver(e, NULL, vector, -1, kind, sys_next(e, i));
    return NULL;
}

const struct insn *op_int3(struct env *e, const struct insn *i)
{
    return software_interrupt(e, i, VEC_BP, EXC_SOFT);
}

const struct insn *op_int1(struct env *e, const struct insn *i)
{
    return software_interrupt(e, i, VEC_DB, EXC_ICEBP);
}

const struct insn *op_into(struct env *e, const struct insn *i)
{
    if (!(env_rflags(e) & FLAG_OF))
        return sys_end(e, i);
    return software_interrupt(e, i, VEC_OF, EXC_SOFT);
}

/* Is INT n handled by the virtual-8086 program itself?  The bitmap lies below the I/O bitmap. */
static bool redirected(struct env *e, const struct insn *i, unsigned vector)
{
    uint32_t base;

    if (!(e->x.tr.attr & 8 << 8) || e->x.tr.limit < 103)
        return false;
    base = sys_load(e, i, e->x.tr.base + 102, 2) - 32;
    if (base + vector / 8 > e->x.tr.limit)
        return false;
    return !(sys_load(e, i, e->x.tr.base + base + vector / 8, 1) >> vector % 8 & 1);
}

static const struct insn *interrupt_8086(struct env *e, const struct insn *i, unsigned vector)
{
    bool virtual = (e->eflags & FLAG_IOPL) != FLAG_IOPL;
    struct stack s = stack_current(e);
    uint32_t target = mem_load(e, i, vector * 4, 4);
    uint64_t flags = env_rflags(e);

    if (virtual)
        flags = (flags & ~(uint64_t)FLAG_IF) | FLAG_IOPL | (flags & FLAG_VIF ? FLAG_IF : 0);
    stack_push(e, i, &s, 2, flags);
    stack_push(e, i, &s, 2, e->x.seg[CS].sel);
    stack_push(e, i, &s, 2, sys_next(e, i));
    stack_commit(e, &s);
    e->eflags &= ~(uint64_t)(FLAG_TF | FLAG_NT | FLAG_RF | (virtual ? FLAG_VIF : FLAG_IF));
    e->x.seg[CS] = seg_real(target >> 16, 0xffff, SEG_ATTR_VM86);
    e->pc = target & 0xffff;
    mode_update(e);
    return NULL;
}

const struct insn *op_int(struct env *e, const struct insn *i)
{
    unsigned vector = i->imm & 0xff;

    if (soft_mode(e) == MODE_VM86) {
        if ((e->x.cr4 & CR4_VME) && redirected(e, i, vector))
            return interrupt_8086(e, i, vector);
        if ((e->eflags & FLAG_IOPL) != FLAG_IOPL)
            soft_raise(e, i, VEC_GP, 0);
    }
    return software_interrupt(e, i, vector, EXC_SOFT);
}
