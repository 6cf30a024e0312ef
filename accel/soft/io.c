/* SPDX-License-Identifier: Apache-2.0 */
#include "accel/soft/sysops.h"
#include "accel/soft/debug.h"
#include "accel/soft/exclusive.h"
#include "accel/soft/seg.h"
#include "accel/soft/sys.h"

/*
 * IN OUT INS OUTS, and who may use a port
 *
 * A repeated form stops at the end of an iteration when the vCPU is kicked, with its registers saying how far it
 * came; it then starts again at the same instruction.  Every form ends its block: a port access may change modes,
 * maps and pending events.
 * Reference: SDM volume 1, chapter 18.5; volume 2.
 *
 * Invariant: what can fault (permission, the memory operand) is checked before the port is touched.
 */

/* SDM volume 1, 18.5.2: the bitmap of the TSS, when the privilege level is not enough. */
static void check_port(struct env *e, const struct insn *i, uint16_t port, unsigned size)
{
    uint32_t off, bits;

    if (!(e->key & KEY_PE) || ((e->key & KEY_IOPL_OK) && !(e->key & KEY_VM86)))
        return;
    if ((e->x.tr.attr >> 8 & 0xd) != DESC_TSS || !(e->x.tr.attr & SEG_P) || e->x.tr.limit < 103)
        soft_raise(e, i, VEC_GP, 0);
    off = sys_load(e, i, e->x.tr.base + 102, 2) + port / 8;
    if (off + 1 > e->x.tr.limit)
        soft_raise(e, i, VEC_GP, 0);
    bits = sys_load(e, i, e->x.tr.base + off, 2) >> port % 8;
    if (bits & ((1u << size) - 1))
        soft_raise(e, i, VEC_GP, 0);
}

static uint64_t port_in(struct env *e, uint16_t port, unsigned size)
{
    uint64_t v;

    if (unlikely(e->key & KEY_SINGLE))
        debug_io(e, port, size);
    soft_pause(e);
    v = e->bus->in(e->bus_opaque, port, size);
    soft_resume(e);
    return v & size_mask(size);
}

static void port_out(struct env *e, uint16_t port, unsigned size, uint64_t v)
{
    if (unlikely(e->key & KEY_SINGLE))
        debug_io(e, port, size);
    soft_pause(e);
    e->bus->out(e->bus_opaque, port, size, v & size_mask(size));
    soft_resume(e);
}

/* Bit 0 of all these opcodes: 0 for bytes, 1 for words or doublewords. */
static unsigned io_size(const struct insn *i)
{
    return !(i->opcode & 1) ? 1 : i->osz == 2 ? 2 : 4;
}

static const struct insn *in(struct env *e, const struct insn *i, uint16_t port)
{
    unsigned size = io_size(i);
    uint64_t v;

    check_port(e, i, port, size);
    v = port_in(e, port, size);
    reg_put(e, RAX, size, v);
    return sys_end(e, i);
}

static const struct insn *out(struct env *e, const struct insn *i, uint16_t port)
{
    unsigned size = io_size(i);

    check_port(e, i, port, size);
    e->pc = sys_next(e, i);     /* a reset or SMI that the access causes finds the instruction done */
    port_out(e, port, size, e->r[RAX]);
    return NULL;
}

const struct insn *op_in_imm(struct env *e, const struct insn *i)
{
    return in(e, i, i->imm & 0xff);
}

const struct insn *op_in_dx(struct env *e, const struct insn *i)
{
    return in(e, i, e->r[RDX]);
}

const struct insn *op_out_imm(struct env *e, const struct insn *i)
{
    return out(e, i, i->imm & 0xff);
}

const struct insn *op_out_dx(struct env *e, const struct insn *i)
{
    return out(e, i, e->r[RDX]);
}

/* Adds delta to an index or count register, within the address size. */
static void advance(struct env *e, const struct insn *i, unsigned reg, int64_t delta)
{
    uint64_t v = e->r[reg] + (uint64_t)delta;

    if (i->asz == 2)
        e->r[reg] = (e->r[reg] & ~0xffffull) | (v & 0xffff);
    else
        e->r[reg] = v & i->ea_mask;
}

static uint64_t string_lin(struct env *e, const struct insn *i, unsigned seg, unsigned reg, unsigned size, bool write)
{
    uint64_t off = e->r[reg] & i->ea_mask;

    seg_check_access(e, i, seg, off, size, write);
    if (seg < SEGBASE_NONE)
        off += e->seg_base[seg];
    return off & e->lin_mask;
}

static void ins_once(struct env *e, const struct insn *i, unsigned size)
{
    uint64_t lin = string_lin(e, i, ES, RDI, size, true);

    mem_probe(e, i, lin, size);
    mem_store(e, i, lin, size, port_in(e, e->r[RDX], size));
    advance(e, i, RDI, e->eflags & FLAG_DF ? -(int64_t)size : size);
}

static void outs_once(struct env *e, const struct insn *i, unsigned size)
{
    unsigned seg = e->code64 && i->seg != FS && i->seg != GS ? (unsigned)SEGBASE_NONE : i->seg;
    uint64_t v = mem_load(e, i, string_lin(e, i, seg, RSI, size, false), size);

    port_out(e, e->r[RDX], size, v);
    advance(e, i, RSI, e->eflags & FLAG_DF ? -(int64_t)size : size);
}

static const struct insn *repeat(struct env *e, const struct insn *i,
                                 void (*once)(struct env *, const struct insn *, unsigned))
{
    unsigned size = io_size(i);

    check_port(e, i, e->r[RDX], size);
    if (!(i->flags & (I_REP | I_REPNE))) {
        once(e, i, size);
        return sys_end(e, i);
    }
    while (e->r[RCX] & i->ea_mask) {
        once(e, i, size);
        advance(e, i, RCX, -1);
        if (unlikely(atomic_load_explicit(&e->kick, memory_order_relaxed) || (e->key & (KEY_TF | KEY_SINGLE))) &&
            (e->r[RCX] & i->ea_mask)) {
            e->pc = i->pc;
            return NULL;
        }
    }
    return sys_end(e, i);
}

const struct insn *op_ins(struct env *e, const struct insn *i)
{
    return repeat(e, i, ins_once);
}

const struct insn *op_outs(struct env *e, const struct insn *i)
{
    return repeat(e, i, outs_once);
}
