/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The instruction generator: see host-gen.h
 *
 * Memory operands are aimed: the address is chosen first (aligned, crossing a page, read-only, not
 * mapped, not canonical), then an addressing form, then the registers are set so that it comes out.
 * No operand can reach memory outside of the sandbox's neighbourhood, which is not mapped.
 *
 * Invariant: the same seed gives the same cases.
 */
#include "tests/unit/host-gen.h"

#include "cpu/state.h"

#include <string.h>

/* Behind a branch: a jump over the UD2 that a taken branch finds.  TAKEN is the displacement to that. */
static const uint8_t branch_tail[] = { 0xeb, 0x02, 0x0f, 0x0b };
enum { TAKEN = 2 };

struct emit {
    struct rng *r;
    struct gen_case *c;
    const struct form *f;
    unsigned rex, osz, base, index;             /* base, index: 16 for none */
    bool reject, opsize, addrsize, memory, plain; /* plain: registers only */
    uint8_t modrm, sib, opcode;
    bool has_modrm, has_sib, relative;
    unsigned disp_len;
    int64_t disp;
};

static bool chance(struct rng *r, unsigned percent)
{
    return rng_below(r, 100) < percent;
}

/* Values */

static uint64_t value_int(struct rng *r)
{
    static const uint64_t picks[] = {
        0, 1, 2, 3, 7, 8, 15, 16, 31, 32, 63, 64, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff, 0x7fffffff, 0x80000000,
            0xffffffff,
        0x7fffffffffffffff, 0x8000000000000000, ~0ull, ~0ull - 1, 0xffffffff80000000, 0xffffffffffffff80,
            0x5555555555555555,
        0x8080808080808080, 0x7f7f7f7f7f7f7f7f, 0x00ff00ff00ff00ff,
    };

    switch (rng_below(r, 5)) {
    case 0: return rng_next(r) >> rng_below(r, 64);
    case 1: return rng_next(r);
    case 2: return (uint64_t)((int64_t)rng_next(r) >> rng_below(r, 64));
    default: return picks[rng_below(r, sizeof(picks) / sizeof(picks[0]))];
    }
}

static uint32_t value_f32(struct rng *r)
{
    static const uint32_t picks[] = {
        0, 0x3f800000, 0x40000000, 0x3f000000, 0x7f800000, 0x7fc00000, 0x7f800001, 0x7fbfffff, 0x00000001, 0x007fffff,
            0x00800000,
        0x7f7fffff, 0x4b000000, 0x4f000000, 0x4effffff, 0x5f000000, 0x3fc00000, 0x40200000, 0x33000000, 0x1e3ce508,
            0x34000000,
    };
    uint32_t v = chance(r, 60) ? picks[rng_below(r, sizeof(picks) / sizeof(picks[0]))] : (uint32_t)rng_next(r);

    return v ^ (chance(r, 30) ? 0x80000000 : 0);
}

static uint64_t value_f64(struct rng *r)
{
    static const uint64_t picks[] = {
        0, 0x3ff0000000000000, 0x4000000000000000, 0x7ff0000000000000, 0x7ff8000000000000, 0x7ff0000000000001,
            0x0000000000000001,
        0x000fffffffffffff, 0x0010000000000000, 0x7fefffffffffffff, 0x41dfffffffc00000, 0x41e0000000000000,
            0x43e0000000000000,
        0x3fe0000000000000, 0x4004000000000000, 0x36a0000000000000, 0x3810000000000000, 0x47efffffe0000000,
            0x2000000000000000,
    };
    uint64_t v = chance(r, 60) ? picks[rng_below(r, sizeof(picks) / sizeof(picks[0]))] : rng_next(r);

    return v ^ (chance(r, 30) ? 1ull << 63 : 0);
}

static void value_f80(struct rng *r, uint8_t *p)
{
    static const struct { uint16_t exp; uint64_t frac; } picks[] = {
        { 0, 0 }, { 0x3fff, 1ull << 63 }, { 0x4000, 0xc90fdaa22168c235 }, { 0x7fff, 1ull << 63 }, { 0x7fff,
            3ull << 62 },
        { 0x7fff, (1ull << 63) + 1 }, { 0, 1 }, { 0, ~0ull >> 1 }, { 1, 1ull << 63 }, { 0x7ffe, ~0ull }, { 0x403e,
            1ull << 63 },
        { 0x403d, ~0ull }, { 0x3fff, 1 }, { 0x7fff, 0 }, { 0, 1ull << 63 }, { 0x400e, 0xffff000000000000 }, { 0x3ffd,
            0x9a209a84fbcff799 },
    };
    uint16_t exp = rng_next(r) >> 48;
    uint64_t frac = rng_next(r) | 1ull << 63;

    if (chance(r, 60)) {
        unsigned n = rng_below(r, sizeof(picks) / sizeof(picks[0]));

        exp = picks[n].exp | (exp & 0x8000);
        frac = picks[n].frac;
    } else if (chance(r, 60)) {
        exp = (exp & 0x8000) | (0x3fff - 70 + rng_below(r, 140));
    }
    memcpy(p, &frac, 8);
    memcpy(p + 8, &exp, 2);
}

static void value_vector(struct rng *r, uint8_t *p)
{
    unsigned kind = rng_below(r, 4);

    for (unsigned n = 0; n < 2; n++) {
        uint64_t v = kind == 0 ? rng_next(r) : kind == 1 ? value_f64(r) : value_int(r);

        if (kind == 2)
            v = value_f32(r) | (uint64_t)value_f32(r) << 32;
        memcpy(p + 8 * n, &v, 8);
    }
}

static void random_fx(struct rng *r, uint8_t *fx)
{
    uint16_t cw = 0x37f, sw = 0;
    uint32_t mxcsr = 0x1f80, mask = 0xffff;

    memset(fx, 0, 512);
    if (chance(r, 25))
        cw = (rng_next(r) & 0xf3f) | 0x40;
    else if (chance(r, 30))
        cw = 0x7f | (rng_next(r) & 0xf00);
    sw = rng_next(r) & 0x7f00;
    if (chance(r, 10))
        sw |= rng_next(r) & 0x7f & (chance(r, 50) ? 0x7f : cw | 0x40);
    if (sw & ~cw & 0x3f)
        sw |= 0x8080;
    fx[4] = chance(r, 60) ? 0xff : chance(r, 30) ? 0 : rng_next(r) >> 8;
    if (chance(r, 30))
        mxcsr = 0x1f80 | (rng_next(r) & 0xe07f);
    else if (chance(r, 15))
        mxcsr = rng_next(r) & 0xffff;
    memcpy(fx, &cw, 2);
    memcpy(fx + 2, &sw, 2);
    memcpy(fx + 24, &mxcsr, 4);
    memcpy(fx + 28, &mask, 4);
    for (unsigned n = 0; n < 8; n++)
        value_f80(r, fx + 32 + 16 * n);
    for (unsigned n = 0; n < 16; n++)
        value_vector(r, fx + 160 + 16 * n);
}

static void random_regs(struct rng *r, enum cpu_mode mode, struct cpu_regs *regs)
{
    for (unsigned n = 0; n < (mode == CPU_64 ? 16 : 8); n++)
        regs->gpr[n] = mode == CPU_64 ? value_int(r) : (uint32_t)value_int(r);
    random_fx(r, regs->fx);
    regs->rflags = 0x202 | (rng_next(r) & FLAGS_ARITH) | (chance(r, 20) ? FLAG_DF : 0);
}

static void random_memory(struct rng *r, struct gen_case *c)
{
    unsigned kind = rng_below(r, 3);

    for (unsigned n = 0; n + 16 <= sizeof(c->mem); n += 16) {
        if (n >= 128) {
            memset(c->mem + n, (int)c->mem[n - 128], 16);
            continue;
        }
        value_vector(r, c->mem + n);
        if (kind == 1 && !n)
            value_f80(r, c->mem);
    }
}

static uint64_t random_target(struct rng *r, enum cpu_mode mode)
{
    unsigned where = rng_below(r, 100);
    uint64_t page = SANDBOX_DATA + SANDBOX_PAGE * rng_below(r, 3);

    if (where < 60)
        return page + 16 * rng_below(r, 200);
    if (where < 78)
        return page + rng_below(r, 3300);
    if (where < 86)
        return SANDBOX_DATA + SANDBOX_PAGE - rng_below(r, 20);          /* into the next page */
    if (where < 90)
        return SANDBOX_DATA + 3 * SANDBOX_PAGE - rng_below(r, 20);      /* into nothing */
    if (where < 93)
        return SANDBOX_DATA + 3 * SANDBOX_PAGE + rng_below(r, 4000);
    if (where < 95)
        return SANDBOX_DATA + 4 * SANDBOX_PAGE + rng_below(r, 3300);    /* read-only */
    if (where < 97)
        return SANDBOX_DATA + 6 * SANDBOX_PAGE - rng_below(r, 20);      /* writable into read-only */
    if (where < 98)
        return SANDBOX_DATA + 5 * SANDBOX_PAGE - rng_below(r, 20);      /* read-only into writable */
    if (mode == CPU_16)         /* around the segment's limit */
        return SANDBOX_DATA + SANDBOX_PAGES * SANDBOX_PAGE + rng_below(r, 0x100) - 32;
    if (mode == CPU_32)
        return 0xf0000000 + rng_below(r, 0x1000000);
    return 0x8000000000000000ull + rng_next(r) % 0x7fff000000000000ull;
}

/* As an instruction of this mode sees a linear address of the data. */
static uint64_t offset_of(enum cpu_mode mode, uint64_t linear)
{
    return mode == CPU_16 ? linear - SANDBOX_DATA : linear;
}

static uint64_t random_offset(struct rng *r, enum cpu_mode mode)
{
    return offset_of(mode, random_target(r, mode));
}

/* Operands */

static bool has_operand(const struct form *f, enum opnd kind)
{
    for (unsigned n = 0; n < 4; n++)
        if (f->opnd[n] == kind)
            return true;
    return false;
}

static bool named(const struct form *f, const char *prefix)
{
    return !strncmp(f->name, prefix, strlen(prefix));
}

static bool is_division(const struct form *f)
{
    return !strcmp(f->name, "div") || !strcmp(f->name, "idiv");
}

static bool uses_stack(const struct form *f)
{
    return named(f, "call") || named(f, "ret") || named(f, "push") || (named(f, "pop") && !named(f, "popcnt")) ||
        named(f, "enter") || named(f, "leave");
}

static bool is_near_branch(const struct form *f)
{
    static const char *const names[] = { "jcc", "jmp", "jmpi", "call", "calli", "ret", "reti", "loop", "loope",
                                         "loopne", "jcxz" };

    for (unsigned n = 0; n < sizeof(names) / sizeof(names[0]); n++)
        if (!strcmp(f->name, names[n]))
            return true;
    return false;
}

bool gen_usable(const struct form *f, enum cpu_mode mode)
{
    static const enum opnd never[] = { OPND_Sw, OPND_Cd, OPND_Dd, OPND_Ap, OPND_Mp, OPND_Ms };

    if (f->attrs & (FORM_CPL0 | (mode == CPU_64 ? FORM_I64 : FORM_O64)))
        return false;
    if (f->attrs & (FORM_NOFUZZ | FORM_END) && !is_near_branch(f) && !named(f, "pushf") && !named(f, "popf") &&
        !named(f, "ud"))
        return false;
    for (unsigned n = 0; n < sizeof(never) / sizeof(never[0]); n++)
        if (has_operand(f, never[n]))
            return false;
    return true;
}

static void put(struct emit *m, uint64_t v, unsigned bytes)
{
    for (unsigned n = 0; n < bytes; n++)
        m->c->code[m->c->len++] = v >> 8 * n;
}

static bool opcode_has_modrm(const struct form *f)
{
    return form_modrm[f->map][f->opcode >> 3] & 1 << (f->opcode & 7);
}

static void rex(struct emit *m, unsigned bits)
{
    if (m->c->mode == CPU_64)
        m->rex |= bits;
}

static unsigned random_reg(struct emit *m)
{
    return rng_below(m->r, m->c->mode == CPU_64 ? 16 : 8);
}

/* The same with 16-bit addressing: [BX+SI] and so on; the upper halves of the registers do not count. */
static void aim16(struct emit *m)
{
    static const uint8_t bases[8] = { RBX, RBX, RBP, RBP, RSI, RDI, RBP, RBX }, indexes[4] = { RSI, RDI, RSI, RDI };
    unsigned mod = rng_below(m->r, 3), rm = rng_below(m->r, 8);
    uint64_t *gpr = m->c->in.gpr, target = offset_of(CPU_16, m->c->target);

    m->disp_len = mod == 0 && rm == 6 ? 2 : mod;
    m->modrm |= mod << 6 | rm;
    m->disp = mod == 0 && rm == 6 ? (int64_t)target : mod == 1 ? (int8_t)rng_next(m->r) : mod ?
        (int16_t)rng_next(m->r) : 0;
    if (mod == 0 && rm == 6)
        return;
    m->base = bases[rm];
    target -= m->disp;
    if (rm < 4) {
        m->index = indexes[rm];
        target -= gpr[m->index];
    }
    gpr[m->base] = (target & 0xffff) | (rng_next(m->r) & 0xffff0000);
}

/* Chooses an addressing form for c->target and sets base and index so that it comes out. */
static void aim(struct emit *m)
{
    struct rng *r = m->r;
    enum cpu_mode mode = m->c->mode;
    uint64_t *gpr = m->c->in.gpr, target = offset_of(mode, m->c->target);
    unsigned base = random_reg(m), index = random_reg(m), scale = rng_below(r, 4);
    bool low = target + 0x1000000 < 1ull << 31 || mode != CPU_64;

    if (mode == CPU_16 && !(m->addrsize = chance(r, 30))) {
        aim16(m);
        return;
    }
    if (low && chance(r, 8)) {
        m->modrm |= 5;
        m->relative = mode == CPU_64;
        m->disp_len = 4;
        m->disp = (int64_t)target;
        return;
    }
    if (low && chance(r, 5)) {
        m->modrm |= 4;
        m->sib = 0x25;
        m->has_sib = true;
        m->disp_len = 4;
        m->disp = (int64_t)target;
        return;
    }
    m->disp_len = rng_below(r, 3);
    m->disp_len = m->disp_len == 2 ? 4 : m->disp_len;
    m->disp = m->disp_len == 1 ? (int8_t)rng_next(r) : m->disp_len ? (int32_t)rng_next(r) >> rng_below(r, 31) : 0;
    if ((base & 7) == RBP && !m->disp_len) {
        m->disp_len = 1;
        m->disp = 0;
    }
    m->modrm |= (m->disp_len == 4 ? 2 : m->disp_len) << 6;
    m->has_sib = (base & 7) == RSP || chance(r, 40);
    rex(m, base >> 3);
    target -= m->disp;
    if (m->has_sib) {
        if (index == base || chance(r, 20))
            index = RSP;
        m->modrm |= 4;
        m->sib = scale << 6 | (index & 7) << 3 | (base & 7);
        rex(m, index >> 3 << 1);
        m->index = index == RSP ? 16 : index;
        if (index != RSP)
            target -= gpr[index] << scale;
    } else {
        m->modrm |= base & 7;
    }
    m->base = base;
    gpr[base] = mode == CPU_64 ? target : (uint32_t)target;
    if (mode == CPU_64 && low && chance(r, 15)) {
        m->addrsize = true;
        gpr[base] = (uint32_t)target | rng_next(r) << 32;
    }
}

/* Registers that instructions use without naming them. */
static void aim_implicit(struct emit *m)
{
    struct rng *r = m->r;
    enum cpu_mode mode = m->c->mode;
    uint64_t *gpr = m->c->in.gpr, target = offset_of(mode, m->c->target);
    static const enum opnd strings[] = { OPND_Xb, OPND_Xv, OPND_Yb, OPND_Yv };

    for (unsigned n = 0; n < 4; n++) {
        if (!has_operand(m->f, strings[n]))
            continue;
        gpr[RSI] = random_offset(r, mode);
        gpr[RDI] = target;
        gpr[RCX] = rng_below(r, chance(r, 80) ? 12 : 200);
        m->addrsize = false;
        if (chance(r, 30))
            gpr[RSI] = gpr[RDI] + rng_below(r, 16) - 8;
    }
    if (named(m->f, "maskmov"))
        gpr[RDI] = target;
    if (named(m->f, "xlat"))
        gpr[RBX] = target - (gpr[RAX] & 0xff);
    if (uses_stack(m->f)) {
        if (m->base == RSP || (!strcmp(m->f->name, "calli") && !m->memory && (m->modrm & 7) == RSP && !(m->rex & 1)))
            m->reject = true;
        gpr[RSP] = named(m->f, "popf") ? target : random_offset(r, mode);
        if (m->base != RBP && m->index != RBP)
            gpr[RBP] = random_offset(r, mode);
        return;
    }
    if (is_division(m->f) && m->base != RDX && m->index != RDX && chance(r, 60))
        gpr[RDX] = chance(r, 50) ? 0 : (uint64_t)((int64_t)gpr[RAX] >> 63);
    if (m->f->shape == SHAPE_bit && m->memory && !has_operand(m->f, OPND_Ib)) {
        unsigned reg = (m->modrm >> 3 & 7) | (m->rex & 4) << 1;

        if (reg == m->base || reg == m->index)
            m->reject = true;
        else
            gpr[reg] = (int64_t)rng_below(r, 4096) - 2048;
    }
}

/* Memory that makes the instruction do something. */
static void fit_memory(struct emit *m)
{
    struct gen_case *c = m->c;
    uint32_t mxcsr = rng_next(m->r) & 0xffff;

    if (named(m->f, "cmpxchg") && chance(m->r, 60))
        memcpy(c->mem, &c->in.gpr[RAX], 8), memcpy(c->mem + (m->osz == 8 ? 8 : 4), &c->in.gpr[RDX], 8);
    if (named(m->f, "ldmxcsr") && chance(m->r, 80))
        memcpy(c->mem, &mxcsr, 4);
    if (named(m->f, "popf"))
        c->mem[1] &= ~(FLAG_TF >> 8), c->mem[2] &= ~(FLAG_AC >> 16);
    if (named(m->f, "fxrstor")) {
        random_fx(m->r, c->mem);
        if (chance(m->r, 20))
            c->mem[26] = 1;
    }
    if (named(m->f, "fx") && chance(m->r, 70))
        c->target &= ~15ull;
    c->mem_len = named(m->f, "fx") ? 512 : 128;
}

static void choose_modrm(struct emit *m)
{
    const struct form *f = m->f;

    m->has_modrm = opcode_has_modrm(f);
    if (!m->has_modrm)
        return;
    m->modrm = f->fixed ? f->fixed : (f->reg < 8 ? f->reg : rng_below(m->r, 8)) << 3;
    if (f->reg >= 8 && chance(m->r, 50))
        rex(m, 4);
    m->memory = f->mod == FORM_MOD_MEM || (f->mod == FORM_MOD_ANY && !m->plain && !f->fixed && chance(m->r, 50));
    if (m->memory) {
        aim(m);
    } else {
        m->modrm |= 0xc0 | (f->fixed ? 0 : rng_below(m->r, 8));
        rex(m, chance(m->r, 40));
    }
}

static unsigned address_size(const struct emit *m)
{
    switch (m->c->mode) {
    case CPU_64: return m->addrsize ? 4 : 8;
    case CPU_32: return m->addrsize ? 2 : 4;
    default: return m->addrsize ? 4 : 2;
    }
}

static void emit_immediates(struct emit *m)
{
    for (unsigned n = 0; n < 4; n++) {
        switch (m->f->opnd[n]) {
        case OPND_Jb: put(m, TAKEN, 1); break;
        case OPND_Jz: put(m, TAKEN, m->c->mode == CPU_64 || m->osz != 2 ? 4 : 2); break;
        case OPND_Ib: case OPND_Ibs: put(m, chance(m->r, 50) ? value_int(m->r) : rng_next(m->r), 1); break;
        case OPND_Iw: put(m, rng_below(m->r, 2048), 2); break;
        case OPND_Iz: put(m, value_int(m->r), m->osz == 2 ? 2 : 4); break;
        case OPND_Iv: put(m, value_int(m->r), m->osz); break;
        case OPND_Ob: case OPND_Ov: put(m, offset_of(m->c->mode, m->c->target), address_size(m)); break;
        default: break;
        }
    }
}

static void emit_prefixes(struct emit *m)
{
    static const uint8_t mandatory[] = { 0, 0x66, 0xf3, 0xf2 }, segments[] = { 0x26, 0x36, 0x3e, 0x2e };
    bool flat = m->c->mode != CPU_16;           /* CS is another segment in 16-bit code */

    if (m->memory && (m->f->attrs & FORM_LOCK) && m->f->shape != SHAPE_cmp2 && chance(m->r, 30))
        put(m, 0xf0, 1);
    if (!m->plain && chance(m->r, 3))
        put(m, segments[rng_below(m->r, flat ? 4 : 3)], 1);
    if (m->addrsize)
        put(m, 0x67, 1);
    if (m->opsize)
        put(m, 0x66, 1);
    if (m->f->attrs & FORM_REP && chance(m->r, 60))
        put(m, chance(m->r, 65) ? 0xf3 : 0xf2, 1);
    if (m->f->pp < 4 && m->f->pp)
        put(m, mandatory[m->f->pp], 1);
    if (m->rex || (m->c->mode == CPU_64 && chance(m->r, 15)))
        put(m, 0x40 | m->rex, 1);
}

static void emit_body(struct emit *m)
{
    static const uint8_t maps[4][2] = { { 0 }, { 0x0f }, { 0x0f, 0x38 }, { 0x0f, 0x3a } };
    unsigned at;

    put(m, maps[m->f->map][0] | maps[m->f->map][1] << 8, m->f->map > 1 ? 2 : m->f->map);
    put(m, m->opcode, 1);
    if (m->has_modrm)
        put(m, m->modrm, 1);
    if (m->has_sib)
        put(m, m->sib, 1);
    at = m->c->len;
    put(m, m->disp, m->disp_len);
    emit_immediates(m);
    if (m->relative) {
        uint32_t disp = m->disp - (m->c->in.rip + m->c->len);

        memcpy(m->c->code + at, &disp, 4);
    }
}

static void choose_sizes(struct emit *m)
{
    const struct form *f = m->f;
    /* With 66 the result (or, for MOVSXD, how much is read) is up to the processor. */
    bool odd = named(f, "shld") || named(f, "shrd") || named(f, "bswap") || named(f, "movsxd");

    if (m->c->mode == CPU_32 && is_near_branch(f))
        odd = true;             /* 66 cuts EIP to 16 bits */
    if (f->pp == FORM_PP_ANY && !odd && chance(m->r, 25))
        m->opsize = true;
    if (m->c->mode != CPU_64) {
        m->osz = m->opsize == (m->c->mode == CPU_16) ? 4 : 2;
        return;
    }
    if (chance(m->r, 40))
        rex(m, 8);
    m->osz = m->rex & 8 || f->attrs & FORM_F64 ? 8 : m->opsize ? 2 : f->attrs & FORM_D64 ? 8 : 4;
}

static uint64_t flags_of(unsigned letters)
{
    static const uint16_t bits[6] = { FLAG_CF, FLAG_PF, FLAG_AF, FLAG_ZF, FLAG_SF, FLAG_OF };
    uint64_t v = 0;

    for (unsigned n = 0; n < 6; n++)
        v |= letters >> n & 1 ? bits[n] : 0;
    return v;
}

/* Where an indirect branch or RET shall go: mostly behind itself. */
static void aim_branch(struct emit *m)
{
    struct gen_case *c = m->c;
    uint64_t to = c->in.rip + c->len + TAKEN - (c->mode == CPU_16 ? SANDBOX_CODE : 0);
    unsigned reg = (m->modrm & 7) | (m->rex & 1) << 3;

    memcpy(c->code + c->len, branch_tail, sizeof(branch_tail));
    c->len += sizeof(branch_tail);
    if (chance(m->r, 10))
        to = c->mode == CPU_16 ? 0x3000 : chance(m->r, 50) ? SANDBOX_DATA + 3 * SANDBOX_PAGE :
             c->mode == CPU_32 ? 0xf0000000 : 0x1234567890abcdefull;
    if (named(m->f, "ret"))
        c->target = c->in.gpr[RSP] + (c->mode == CPU_16 ? SANDBOX_DATA : 0);
    if (m->memory || named(m->f, "ret"))
        memcpy(c->mem, &to, 8);
    else if (m->has_modrm)
        c->in.gpr[reg] = to;
}

/* Appends one instruction; false: this combination is not wanted. */
static bool emit_insn(struct rng *r, const struct form *f, struct gen_case *c, bool plain)
{
    struct emit m = { .r = r, .c = c, .f = f, .plain = plain, .opcode = f->opcode, .base = 16, .index = 16 };
    unsigned start = c->len;

    choose_sizes(&m);
    if (f->attrs & FORM_CC)
        m.opcode += rng_below(r, 16);
    else if (has_operand(f, OPND_Zb) || has_operand(f, OPND_Zv)) {
        m.opcode += rng_below(r, 8);
        rex(&m, chance(r, 40));
    }
    if (!plain && (chance(r, 70) || named(f, "popf")))
        fit_memory(&m);
    choose_modrm(&m);
    if (!plain) {
        aim_implicit(&m);
        for (unsigned n = 0; n < 16 && c->mode != CPU_64; n++)
            c->in.gpr[n] = (uint32_t)c->in.gpr[n];
    }
    if (m.reject)
        return false;
    emit_prefixes(&m);
    emit_body(&m);
    if (is_near_branch(f))
        aim_branch(&m);
    c->form = f;
    c->insns++;
    if (c->len - start > (is_near_branch(f) ? 19 : 15)) {
        c->len = start;
        return false;
    }
    return true;
}

void gen_single(struct rng *r, const struct form *f, struct gen_case *c)
{
    uint64_t rip = c->in.rip;

    do {
        memset(&c->in, 0, sizeof(c->in));
        c->in.rip = rip;
        c->len = c->insns = 0;
        random_regs(r, c->mode, &c->in);
        random_memory(r, c);
        c->target = random_target(r, c->mode);
        c->mem_len = 128;
    } while (!emit_insn(r, f, c, false));
    c->undefined = flags_of(f->fu);
}

static bool fits_sequence(const struct form *f, uint64_t undefined)
{
    static const enum opnd memory[] = { OPND_Xb, OPND_Xv, OPND_Yb, OPND_Yv, OPND_Ob, OPND_Ov };

    if (f->mod == FORM_MOD_MEM || (flags_of(f->fr) & undefined) || is_division(f))
        return false;
    for (unsigned n = 0; n < sizeof(memory) / sizeof(memory[0]); n++)
        if (has_operand(f, memory[n]))
            return false;
    return !uses_stack(f) && !is_near_branch(f) && !named(f, "ud") && !named(f, "xlat") && !named(f, "maskmov") &&
        !named(f, "lea") &&
           strcmp(f->name, "bsf") && strcmp(f->name, "bsr");     /* a source of 0 leaves the destination undefined */
}

void gen_sequence(struct rng *r, const struct form *const *list, unsigned n, struct gen_case *c)
{
    unsigned insns = 5 + rng_below(r, 26);

    c->len = c->insns = c->mem_len = 0;
    c->undefined = c->target = 0;
    random_regs(r, c->mode, &c->in);
    while (c->insns < insns) {
        const struct form *f = list[rng_below(r, n)];

        if (!fits_sequence(f, c->undefined) || !emit_insn(r, f, c, true))
            continue;
        c->undefined = (c->undefined & ~flags_of(f->fw)) | flags_of(f->fu);
    }
}
