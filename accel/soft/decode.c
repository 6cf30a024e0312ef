/* SPDX-License-Identifier: Apache-2.0 */
#include "accel/soft/decode.h"
#include "accel/soft/env.h"
#include "accel/soft/form.h"

#include <errno.h>
#include <string.h>

/*
 * The decoder.  Order of work: prefixes, opcode, the table line, ModRM and SIB, operands, immediates.
 *
 * What a prefix combination does where the manuals leave it open is what current Intel processors
 * do: the last of F2 and F3 counts, a REX that is not directly before the opcode is ignored, 66 is
 * ignored with REX.W, and near branches in 64-bit mode ignore 66.
 */

enum { INSN_MAX = 15 };

struct cursor {
    const uint8_t *bytes;
    unsigned avail, at;
    int error;
    uint32_t key;
    bool code64, has_rex, opsize, addrsize;
    uint8_t rex, rep, seg;      /* seg: X86_SREGS where there is no override */
};

static uint8_t next_byte(struct cursor *c)
{
    if (c->at < c->avail && c->at < INSN_MAX)
        return c->bytes[c->at++];
    if (!c->error)
        c->error = c->at >= INSN_MAX ? -E2BIG : -ENODATA;
    return 0;
}

/* size bytes, little endian, sign-extended. */
static uint64_t next_signed(struct cursor *c, unsigned size)
{
    uint64_t v = 0;

    for (unsigned n = 0; n < size; n++)
        v |= (uint64_t)next_byte(c) << 8 * n;
    return (uint64_t)((int64_t)(v << (64 - 8 * size)) >> (64 - 8 * size));
}

static bool prefix(struct cursor *c, struct insn *i, uint8_t b)
{
    switch (b) {
    case 0x26: case 0x2e: case 0x36: case 0x3e:
        if (!c->code64)
            c->seg = b >> 3 & 3;
        break;
    case 0x64: case 0x65: c->seg = FS + (b & 1); break;
    case 0x66: c->opsize = true; i->flags |= I_OPSIZE; break;
    case 0x67: c->addrsize = true; break;
    case 0xf0: i->flags |= I_LOCK; break;
    case 0xf2: case 0xf3: c->rep = b; break;
    default:
        if (!c->code64 || (b & 0xf0) != 0x40)
            return false;
        c->rex = b;
        c->has_rex = true;
        return true;
    }
    c->rex = 0;
    c->has_rex = false;
    return true;
}

static void opcode(struct cursor *c, struct insn *i, uint8_t b)
{
    i->map = 0;
    if (b == 0x0f) {
        b = next_byte(c);
        i->map = b == 0x38 ? 2 : b == 0x3a ? 3 : 1;
        if (i->map != 1)
            b = next_byte(c);
    }
    i->opcode = b;
}

static bool prefix_fits(const struct form *f, const struct cursor *c)
{
    switch (f->pp) {
    case FORM_PP_ANY: return true;
    case FORM_PP_NONE: return !c->rep && !c->opsize;
    case FORM_PP_66: return !c->rep && c->opsize;
    case FORM_PP_F3: return c->rep == 0xf3;
    default: return c->rep == 0xf2;
    }
}

static bool mode_fits(const struct form *f, const struct cursor *c)
{
    if (f->attrs & (c->code64 ? FORM_I64 : FORM_O64))
        return false;
    return !(f->attrs & FORM_PM) || ((c->key & KEY_PE) && !(c->key & KEY_VM86));
}

static bool has_modrm(const struct insn *i)
{
    return form_modrm[i->map][i->opcode >> 3] & 1 << (i->opcode & 7);
}

static const struct form *choose_form(const struct cursor *c, const struct insn *i)
{
    const struct form_slot *slot = &form_index[i->map][i->opcode][has_modrm(i) ? i->modrm >> 3 & 7 : 0];

    for (unsigned n = 0; n < slot->count; n++) {
        const struct form *f = &forms[form_list[slot->first + n]];

        if (f->fixed && f->fixed != i->modrm)
            continue;
        if (f->mod != FORM_MOD_ANY && (f->mod == FORM_MOD_REG) != (i->modrm >= 0xc0))
            continue;
        if (prefix_fits(f, c) && mode_fits(f, c))
            return f;
    }
    return NULL;
}

static void segment_of_operand(const struct cursor *c, struct insn *i, unsigned by_default)
{
    static const uint32_t flat[X86_SREGS] = {
        [ES] = KEY_FLAT_DATA, [DS] = KEY_FLAT_DATA, [SS] = KEY_FLAT_SS,
        [CS] = 0,               /* may be read at most: always checked */
    };

    i->seg = c->seg < X86_SREGS ? c->seg : by_default;
    if (c->code64) {
        if (i->seg < FS)
            i->seg = SEGBASE_NONE;
    } else if (!(c->key & flat[i->seg])) {
        i->flags |= I_SEGCHECK;
    }
}

static void memory16(struct cursor *c, struct insn *i)
{
    static const uint8_t base[8] = { RBX, RBX, RBP, RBP, RSI, RDI, RBP, RBX };
    static const uint8_t index[8] = { RSI, RDI, RSI, RDI, REG_NONE, REG_NONE, REG_NONE, REG_NONE };
    unsigned mod = i->modrm >> 6, rm = i->modrm & 7;

    i->base = base[rm];
    i->index = index[rm];
    if (mod == 0 && rm == 6) {
        i->base = REG_NONE;
        i->disp = next_signed(c, 2);
    } else if (mod) {
        i->disp = next_signed(c, mod);
    }
    segment_of_operand(c, i, i->base == RBP ? SS : DS);
}

/* Returns true if disp is relative to the next instruction. */
static bool memory32(struct cursor *c, struct insn *i)
{
    unsigned mod = i->modrm >> 6, rm = i->modrm & 7;
    bool relative = false, no_base = false;

    i->base = rm | (c->rex & 1) << 3;
    i->index = REG_NONE;
    if (rm == 4) {
        uint8_t sib = next_byte(c);
        unsigned index = (sib >> 3 & 7) | (c->rex & 2) << 2;

        i->base = (sib & 7) | (c->rex & 1) << 3;
        i->index = index == RSP ? REG_NONE : index;
        i->scale = sib >> 6;
        no_base = mod == 0 && (sib & 7) == 5;
    } else if (mod == 0 && rm == 5) {
        no_base = true;
        relative = c->code64;
    }
    if (no_base)
        i->base = REG_NONE;
    if (mod == 1)
        i->disp = next_signed(c, 1);
    else if (mod == 2 || no_base)
        i->disp = next_signed(c, 4);
    segment_of_operand(c, i, i->base == RSP || i->base == RBP ? SS : DS);
    return relative;
}

static unsigned operand_size(const struct cursor *c, const struct form *f)
{
    bool wide = c->rex & 8;

    switch (f->osz) {
    case 0x80:
        return wide ? 8 : 4;
    case 0x40:
        return c->code64 || (c->key & KEY_CS32) ? (c->opsize && !wide ? 2 : 4) : (c->opsize ? 4 : 2);
    case 0:
        break;
    default:
        return f->osz;
    }
    if (c->code64) {
        if (wide || (f->attrs & FORM_F64))
            return 8;
        return c->opsize ? 2 : f->attrs & FORM_D64 ? 8 : 4;
    }
    return !!(c->key & KEY_CS32) != c->opsize ? 4 : 2;
}

static uint64_t size_mask(unsigned size)
{
    return ~0ull >> (64 - 8 * size);
}

/* Where in env->r a general register operand of this width lies. */
static uint8_t reg_offset(const struct cursor *c, unsigned reg, bool byte)
{
    return byte && !c->has_rex && reg >= 4 && reg < 8 ? 8 * (reg - 4) + 1 : 8 * reg;
}

static void branch_target(struct cursor *c, struct insn *i, unsigned size)
{
    i->imm = next_signed(c, size);      /* made absolute when the length is known */
}

static void immediate(struct cursor *c, struct insn *i, enum opnd kind, unsigned v_size)
{
    switch (kind) {
    case OPND_Ib: i->imm |= (uint64_t)next_byte(c) << (8 * i->spare); break;    /* ENTER: above the word */
    case OPND_Ibs: i->imm = next_signed(c, 1); break;
    case OPND_Iw:
        i->imm = next_signed(c, 2) & 0xffff;
        i->spare = 2;
        break;
    case OPND_Iz: i->imm = next_signed(c, v_size == 2 ? 2 : 4); break;
    case OPND_Iv: i->imm = next_signed(c, v_size); break;
    case OPND_Jb: branch_target(c, i, 1); break;
    case OPND_Jz: branch_target(c, i, v_size == 2 ? 2 : 4); break;
    case OPND_Ap:
        i->imm = next_signed(c, v_size) & size_mask(v_size);
        i->imm |= (next_signed(c, 2) & 0xffff) << 32;
        break;
    case OPND_1: i->imm = 1; break;
    case OPND_Ob: case OPND_Ov:
        i->flags |= I_MEM;
        i->base = i->index = REG_NONE;
        i->disp = next_signed(c, i->asz);
        segment_of_operand(c, i, DS);
        break;
    default: break;
    }
}

static bool is_byte(enum opnd kind)
{
    return kind == OPND_Eb || kind == OPND_Gb || kind == OPND_Zb || kind == OPND_Rb || kind == OPND_Mb;
}

/* The byte offset of operand n if it is a general register. */
static uint8_t register_operand(const struct cursor *c, const struct insn *i, enum opnd kind)
{
    switch (kind) {
    case OPND_Gb: case OPND_Gw: case OPND_Gd: case OPND_Gq: case OPND_Gv: case OPND_Gy: case OPND_Gz:
        return reg_offset(c, i->reg, is_byte(kind));
    case OPND_Eb: case OPND_Ew: case OPND_Ed: case OPND_Eq: case OPND_Ev: case OPND_Ey: case OPND_Ez:
    case OPND_Rb: case OPND_Rw: case OPND_Rd: case OPND_Rq: case OPND_Ry: case OPND_Rv: case OPND_Rm:
    case OPND_Zb: case OPND_Zv:
        return reg_offset(c, i->rm, is_byte(kind));
    case OPND_CL: return 8 * RCX;
    case OPND_DX: return 8 * RDX;
    default: return 8 * RAX;
    }
}

static void finish(struct cursor *c, struct insn *i, const struct form *f, bool relative)
{
    unsigned size = i->osz;

    for (unsigned n = 0; n < 4; n++)
        immediate(c, i, f->opnd[n], f->osz == 0 ? size : operand_size(c, &(struct form){ .attrs = f->attrs }));
    i->r0 = register_operand(c, i, f->opnd[0]);
    i->r1 = register_operand(c, i, f->opnd[1]);
    i->len = c->at;
    if (relative)
        i->disp += i->pc + i->len;
    if (f->opnd[0] == OPND_Jb || f->opnd[0] == OPND_Jz) {
        i->imm += i->pc + i->len;
        if (!c->code64)
            i->imm &= size == 2 ? 0xffff : 0xffffffff;
    }
    i->spare = 0;
    if (f->attrs & FORM_CC)
        i->ext = i->opcode & 15;
}

static bool lock_is_legal(const struct form *f, const struct insn *i)
{
    static const bool memory[] = {
        [OPND_Eb] = true, [OPND_Ew] = true, [OPND_Ed] = true, [OPND_Eq] = true, [OPND_Ev] = true, [OPND_Ey] = true,
        [OPND_M] = true, [OPND_Mq] = true, [OPND_Mdq] = true, [OPND_Nq] = false,
    };

    return (f->attrs & FORM_LOCK) && (i->flags & I_MEM) && memory[f->opnd[0]];
}

static bool has_memory_operand(const struct form *f)
{
    for (unsigned n = 0; n < 4; n++)
        if (f->opnd[n] == OPND_Cd || f->opnd[n] == OPND_Dd)
            return false;
    return true;
}

/* Registers, sizes and the memory operand.  Returns true if disp is relative to the next instruction. */
static bool operands(struct cursor *c, struct insn *i, const struct form *f)
{
    bool modrm = has_modrm(i), relative = false;

    i->flags |= (c->rep == 0xf3 ? I_REP : c->rep == 0xf2 ? I_REPNE : 0) | (c->rex & 8 ? I_REXW : 0);
    i->flags |= (c->seg < X86_SREGS ? I_SEGPFX : 0) | (f->attrs & FORM_ALIGN ? I_ALIGN16 : 0);
    i->flags |= f->attrs & FORM_STACK ? I_STACK : 0;
    i->asz = c->code64 ? (c->addrsize ? 4 : 8) : !!(c->key & KEY_CS32) != c->addrsize ? 4 : 2;
    i->ea_mask = size_mask(i->asz);
    i->osz = operand_size(c, f);
    i->base = i->index = REG_NONE;
    i->reg = (i->modrm >> 3 & 7) | (c->rex & 4) << 1;
    i->rm = (modrm ? i->modrm & 7 : i->opcode & 7) | (c->rex & 1) << 3;
    if (modrm && i->modrm < 0xc0 && has_memory_operand(f)) {
        i->flags |= I_MEM;
        if (i->asz == 2)
            memory16(c, i);
        else
            relative = memory32(c, i);
    } else {
        segment_of_operand(c, i, DS);   /* strings and XLAT use it; others ignore it */
    }
    return relative;
}

int decode_insn(const uint8_t *bytes, unsigned avail, uint32_t key, uint64_t pc, struct insn *i)
{
    struct cursor c = { .bytes = bytes, .avail = avail, .key = key, .code64 = key & KEY_CS64, .seg = X86_SREGS };
    const struct form *f;
    bool relative;
    uint8_t b;

    memset(i, 0, sizeof(*i));
    i->pc = pc;
    while (prefix(&c, i, b = next_byte(&c)) && !c.error)
        ;
    opcode(&c, i, b);
    if (has_modrm(i))
        i->modrm = next_byte(&c);
    if (c.error)
        return c.error;
    f = choose_form(&c, i);
    if (!f)
        return -EINVAL;
    i->form = f - forms;
    i->op = f->op;
    relative = operands(&c, i, f);
    finish(&c, i, f, relative);
    if (c.error)
        return c.error;
    return (i->flags & I_LOCK) && !lock_is_legal(f, i) ? -EINVAL : 0;
}
