/* SPDX-License-Identifier: Apache-2.0 */
#include "gdb/regs.h"

/*
 * Registers as GDB numbers them (see regs.h)
 *
 * Values are whole in every mode: 32-bit code shows the upper halves, too, so that writing back what was read changes
 * nothing.  st0 is the top of the x87 stack and ftag the full tag word, as GDB's own description has them.  What
 * no processor could hold is not taken over: reserved bits are dropped, and a change of a control register that
 * leads to no mode leaves it as it was.
 * Reference: GDB's manual, "Target Descriptions" and "i386 Features"; SDM volume 1, 10.5.1 (FXSAVE's image).
 *
 * Invariant: sizes in the table are at most GDB_REG_BYTES.
 */

#include "cpu/state.h"

#include <string.h>

enum { FX_FCW = 0, FX_FSW = 2, FX_FTW = 4, FX_FOP = 6, FX_FIP = 8, FX_FDP = 16, FX_MXCSR = 24, FX_ST = 32,
       FX_XMM = 160 };

struct gdb_reg;
struct reg_ctx { struct gdb_target *t; unsigned cpu; struct x86_state *st; };

struct gdb_reg {
    const char *name, *type, *group;
    uint8_t bytes;
    uint8_t arg;                /* which of its kind, or where it is in the image */
    void (*get)(const struct reg_ctx *c, const struct gdb_reg *r, uint8_t *bytes);
    void (*set)(const struct reg_ctx *c, const struct gdb_reg *r, const uint8_t *bytes);
};

static uint64_t value_of(const struct gdb_reg *r, const uint8_t *bytes)
{
    uint64_t v = 0;

    memcpy(&v, bytes, r->bytes);
    return v;
}

static void value_put(const struct gdb_reg *r, uint8_t *bytes, uint64_t v)
{
    memcpy(bytes, &v, r->bytes);
}

static void gpr_get(const struct reg_ctx *c, const struct gdb_reg *r, uint8_t *bytes)
{
    value_put(r, bytes, c->st->gpr[r->arg]);
}

static void gpr_set(const struct reg_ctx *c, const struct gdb_reg *r, const uint8_t *bytes)
{
    c->st->gpr[r->arg] = value_of(r, bytes);
}

static void rip_get(const struct reg_ctx *c, const struct gdb_reg *r, uint8_t *bytes)
{
    value_put(r, bytes, c->st->rip);
}

static void rip_set(const struct reg_ctx *c, const struct gdb_reg *r, const uint8_t *bytes)
{
    c->st->rip = value_of(r, bytes);
}

static void eflags_get(const struct reg_ctx *c, const struct gdb_reg *r, uint8_t *bytes)
{
    value_put(r, bytes, c->st->rflags);
}

static void eflags_set(const struct reg_ctx *c, const struct gdb_reg *r, const uint8_t *bytes)
{
    enum { LEGAL = 0x3f7fd5 };

    c->st->rflags = (value_of(r, bytes) & LEGAL) | FLAG_1;
}

/* Segment registers. */

static void seg_get(const struct reg_ctx *c, const struct gdb_reg *r, uint8_t *bytes)
{
    value_put(r, bytes, c->st->seg[r->arg].sel);
}

/* The descriptor of sel, as a load of the register would find it; false: there is none that a program could use. */
static bool descriptor(const struct reg_ctx *c, uint16_t sel, struct x86_seg *seg)
{
    const struct x86_seg *table = sel & 4 ? &c->st->ldt : &c->st->gdt;
    uint64_t at = table->base + (sel & ~7u);
    uint32_t d[2], limit;

    if ((sel | 7u) > table->limit || c->t->ops->read(c->t, c->cpu, false, at, d, sizeof(d)) < 0 ||
        (d[1] & (SEG_S | SEG_P)) != (SEG_S | SEG_P))
        return false;
    limit = (d[0] & 0xffff) | (d[1] & 0xf0000);
    *seg = (struct x86_seg){ .sel = sel, .attr = d[1] & 0x00f0ff00, .base = d[0] >> 16 | (d[1] & 0xff) << 16 |
                             (d[1] & 0xff000000), .limit = d[1] & SEG_G ? limit << 12 | 0xfff : limit };
    return true;
}

static void seg_set(const struct reg_ctx *c, const struct gdb_reg *r, const uint8_t *bytes)
{
    struct x86_seg *seg = &c->st->seg[r->arg], loaded;
    uint16_t sel = (uint16_t)value_of(r, bytes);

    if (sel == seg->sel)
        return;
    if (!(c->st->cr0 & CR0_PE) || c->st->rflags & FLAG_VM) {
        seg->sel = sel;
        seg->base = (uint64_t)sel << 4;
    } else if (!(sel & ~3) && r->arg != CS && r->arg != SS) {
        *seg = (struct x86_seg){ .sel = sel };
    } else if (descriptor(c, sel, &loaded)) {
        *seg = loaded;
    }
}

static uint64_t *base_of(const struct reg_ctx *c, const struct gdb_reg *r)
{
    return r->arg == X86_SREGS ? &c->st->kernel_gs_base : &c->st->seg[r->arg].base;
}

static void base_get(const struct reg_ctx *c, const struct gdb_reg *r, uint8_t *bytes)
{
    value_put(r, bytes, *base_of(c, r));
}

static void base_set(const struct reg_ctx *c, const struct gdb_reg *r, const uint8_t *bytes)
{
    *base_of(c, r) = value_of(r, bytes);
}

/* Control registers. */

enum { EFER = 9 };

static uint64_t *control_of(const struct reg_ctx *c, const struct gdb_reg *r)
{
    switch (r->arg) {
    case 0: return &c->st->cr0;
    case 2: return &c->st->cr2;
    case 3: return &c->st->cr3;
    case 4: return &c->st->cr4;
    default: return &c->st->efer;
    }
}

static uint64_t control_legal(const struct gdb_reg *r)
{
    switch (r->arg) {
    case 0: return CR0_PE | CR0_MP | CR0_EM | CR0_TS | CR0_ET | CR0_NE | CR0_WP | CR0_AM | CR0_NW | CR0_CD | CR0_PG;
    case 4: return CR4_VME | CR4_PVI | CR4_TSD | CR4_DE | CR4_PSE | CR4_PAE | CR4_MCE | CR4_PGE | CR4_PCE |
                   CR4_OSFXSR | CR4_OSXMMEXCPT | CR4_UMIP | CR4_FSGSBASE | CR4_SMEP | CR4_SMAP;
    case EFER: return EFER_SCE | EFER_LME | EFER_NXE | EFER_FFXSR;
    default: return ~0ull;
    }
}

static bool mode_possible(const struct x86_state *st)
{
    return (!(st->cr0 & CR0_PG) || st->cr0 & CR0_PE) && (!(st->efer & EFER_LMA) || st->cr4 & CR4_PAE);
}

static void control_get(const struct reg_ctx *c, const struct gdb_reg *r, uint8_t *bytes)
{
    value_put(r, bytes, *control_of(c, r));
}

static void control_set(const struct reg_ctx *c, const struct gdb_reg *r, const uint8_t *bytes)
{
    uint64_t *reg = control_of(c, r), before = *reg, efer = c->st->efer, val = value_of(r, bytes);

    if (val == before)
        return;
    *reg = val & control_legal(r);
    c->st->efer &= ~(uint64_t)EFER_LMA;
    if (c->st->efer & EFER_LME && c->st->cr0 & CR0_PG)
        c->st->efer |= EFER_LMA;
    if (mode_possible(c->st))
        return;
    *reg = before;
    c->st->efer = efer;
}

static void cr8_get(const struct reg_ctx *c, const struct gdb_reg *r, uint8_t *bytes)
{
    value_put(r, bytes, c->t->ops->cr8_get(c->t, c->cpu));
}

static void cr8_set(const struct reg_ctx *c, const struct gdb_reg *r, const uint8_t *bytes)
{
    c->t->ops->cr8_put(c->t, c->cpu, value_of(r, bytes) & 0xf);
}

/* x87 and SSE, in FXSAVE's image. */

static uint8_t *fx_of(const struct reg_ctx *c, const struct gdb_reg *r)
{
    return c->st->fx + r->arg;
}

static void fx_get(const struct reg_ctx *c, const struct gdb_reg *r, uint8_t *bytes)
{
    memcpy(bytes, fx_of(c, r), r->bytes);
}

static void fx_set(const struct reg_ctx *c, const struct gdb_reg *r, const uint8_t *bytes)
{
    memcpy(fx_of(c, r), bytes, r->bytes);
}

/* Control and status words and the opcode are two bytes in the image, four for GDB. */
static void word_get(const struct reg_ctx *c, const struct gdb_reg *r, uint8_t *bytes)
{
    memset(bytes, 0, r->bytes);
    memcpy(bytes, fx_of(c, r), 2);
}

static void word_set(const struct reg_ctx *c, const struct gdb_reg *r, const uint8_t *bytes)
{
    memcpy(fx_of(c, r), bytes, 2);
}

static uint8_t *st_of(const struct reg_ctx *c, unsigned n)
{
    return c->st->fx + FX_ST + 16 * n;
}

static void st_get(const struct reg_ctx *c, const struct gdb_reg *r, uint8_t *bytes)
{
    memcpy(bytes, st_of(c, r->arg), r->bytes);
}

static void st_set(const struct reg_ctx *c, const struct gdb_reg *r, const uint8_t *bytes)
{
    memcpy(st_of(c, r->arg), bytes, r->bytes);
}

/* 0 valid, 1 zero, 2 special; 3, empty, is the caller's to know. */
static unsigned tag_of(const uint8_t *st)
{
    uint64_t fraction;
    uint16_t exponent;

    memcpy(&fraction, st, 8);
    memcpy(&exponent, st + 8, 2);
    exponent &= 0x7fff;
    if (!exponent && !fraction)
        return 1;
    return exponent == 0x7fff || !(fraction >> 63) ? 2 : 0;
}

static void tags_get(const struct reg_ctx *c, const struct gdb_reg *r, uint8_t *bytes)
{
    unsigned top = c->st->fx[FX_FSW + 1] >> 3 & 7, tags = 0;

    for (unsigned n = 0; n < 8; n++)
        tags |= (c->st->fx[FX_FTW] >> n & 1 ? tag_of(st_of(c, (n - top) & 7)) : 3) << 2 * n;
    value_put(r, bytes, tags);
}

static void tags_set(const struct reg_ctx *c, const struct gdb_reg *r, const uint8_t *bytes)
{
    uint64_t tags = value_of(r, bytes);

    c->st->fx[FX_FTW] = 0;
    for (unsigned n = 0; n < 8; n++)
        c->st->fx[FX_FTW] |= (uint8_t)(((tags >> 2 * n & 3) != 3) << n);
}

static void xmm_get(const struct reg_ctx *c, const struct gdb_reg *r, uint8_t *bytes)
{
    memcpy(bytes, c->st->fx + FX_XMM + 16 * r->arg, r->bytes);
}

static void xmm_set(const struct reg_ctx *c, const struct gdb_reg *r, const uint8_t *bytes)
{
    memcpy(c->st->fx + FX_XMM + 16 * r->arg, bytes, r->bytes);
}

static void mxcsr_set(const struct reg_ctx *c, const struct gdb_reg *r, const uint8_t *bytes)
{
    uint32_t val = value_of(r, bytes) & 0xffff;

    memcpy(fx_of(c, r), &val, 4);
}

#define GPR(name, n) { name, "int64", NULL, 8, n, gpr_get, gpr_set }
#define SEG(name, n) { name, "int32", NULL, 4, n, seg_get, seg_set }
#define BASE(name, n) { name, "int64", NULL, 8, n, base_get, base_set }
#define CONTROL(name, type, n) { name, type, NULL, 8, n, control_get, control_set }
#define X87(n) { "st" #n, "i387_ext", NULL, 10, n, st_get, st_set }
#define X87_WORD(name, at) { name, "int", "float", 4, at, word_get, word_set }
#define X87_LONG(name, at) { name, "int", "float", 4, at, fx_get, fx_set }
#define XMM(n) { "xmm" #n, "vec128", NULL, 16, n, xmm_get, xmm_set }

static const struct gdb_reg regs[GDB_REGS] = {
    GPR("rax", RAX), GPR("rbx", RBX), GPR("rcx", RCX), GPR("rdx", RDX), GPR("rsi", RSI), GPR("rdi", RDI),
    { "rbp", "data_ptr", NULL, 8, RBP, gpr_get, gpr_set }, { "rsp", "data_ptr", NULL, 8, RSP, gpr_get, gpr_set },
    GPR("r8", R8), GPR("r9", R9), GPR("r10", R10), GPR("r11", R11), GPR("r12", R12), GPR("r13", R13), GPR("r14", R14),
    GPR("r15", R15),
    { "rip", "code_ptr", NULL, 8, 0, rip_get, rip_set }, { "eflags", "x64_eflags", NULL, 4, 0, eflags_get, eflags_set },
    SEG("cs", CS), SEG("ss", SS), SEG("ds", DS), SEG("es", ES), SEG("fs", FS), SEG("gs", GS),
    BASE("fs_base", FS), BASE("gs_base", GS), BASE("k_gs_base", X86_SREGS),
    CONTROL("cr0", "x64_cr0", 0), CONTROL("cr2", "int64", 2), CONTROL("cr3", "x64_cr3", 3),
    CONTROL("cr4", "x64_cr4", 4), { "cr8", "int64", NULL, 8, 0, cr8_get, cr8_set },
    CONTROL("efer", "x64_efer", EFER),
    X87(0), X87(1), X87(2), X87(3), X87(4), X87(5), X87(6), X87(7),
    X87_WORD("fctrl", FX_FCW), X87_WORD("fstat", FX_FSW),
    { "ftag", "int", "float", 4, 0, tags_get, tags_set },
    X87_LONG("fiseg", FX_FIP + 4), X87_LONG("fioff", FX_FIP), X87_LONG("foseg", FX_FDP + 4), X87_LONG("fooff", FX_FDP),
    X87_WORD("fop", FX_FOP),
    XMM(0), XMM(1), XMM(2), XMM(3), XMM(4), XMM(5), XMM(6), XMM(7), XMM(8), XMM(9), XMM(10), XMM(11), XMM(12),
    XMM(13), XMM(14), XMM(15),
    { "mxcsr", "x64_mxcsr", "vector", 4, FX_MXCSR, fx_get, mxcsr_set },
};

struct gdb_reg_info gdb_reg_info(unsigned n)
{
    return (struct gdb_reg_info){ regs[n].name, regs[n].type, regs[n].group };
}

unsigned gdb_reg_bytes(unsigned n)
{
    return n < GDB_REGS ? regs[n].bytes : 0;
}

unsigned gdb_reg_get(struct gdb_target *t, unsigned cpu, const struct x86_state *st, unsigned n,
                     uint8_t bytes[GDB_REG_BYTES])
{
    const struct reg_ctx c = { t, cpu, (struct x86_state *)st };        /* only read */

    if (n >= GDB_REGS)
        return 0;
    regs[n].get(&c, &regs[n], bytes);
    return regs[n].bytes;
}

void gdb_reg_set(struct gdb_target *t, unsigned cpu, struct x86_state *st, unsigned n, const uint8_t *bytes)
{
    const struct reg_ctx c = { t, cpu, st };

    if (n < GDB_REGS)
        regs[n].set(&c, &regs[n], bytes);
}
