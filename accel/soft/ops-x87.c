/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The x87 instructions, through thunks on the FXSAVE image
 *
 * An unmasked exception stays pending in the image, exactly as the host's x87 leaves it: results,
 * stack and condition codes of the faulting instruction are the hardware's own.  It is raised as
 * #MF before the next waiting instruction, which is what CR0.NE = 1 asks for.
 *
 * Not modelled: CR0.NE = 0 (FERR# and IRQ 13) behaves like NE = 1.  FIP, FDP and FOP read as 0, as
 * recent processors leave them without an exception; it keeps host addresses out of the guest.
 *
 * Reference: Intel SDM volume 1, chapter 8; volume 2, appendix A.4 (escape opcodes).
 * Invariant: the image changes only after the last access that may fault.
 */
#include "accel/soft/simd-ops.h"
#include "accel/soft/soft.h"

enum { ENV32 = 28, ENV16 = 14, SAVE32 = 108, SAVE16 = 94, ENV = 100, SAVE = 101 };

/* Memory forms by opcode and modrm.reg: bytes loaded, or minus the bytes stored; 0: #UD. */
static const int8_t mem_bytes[8][8] = {
    { 4, 4, 4, 4, 4, 4, 4, 4 },
    { 4, 0, -4, -4, ENV, 2, -ENV, -2 },
    { 4, 4, 4, 4, 4, 4, 4, 4 },
    { 4, -4, -4, -4, 0, 10, 0, -10 },
    { 8, 8, 8, 8, 8, 8, 8, 8 },
    { 8, -8, -8, -8, SAVE, 0, -SAVE, -2 },
    { 2, 2, 2, 2, 2, 2, 2, 2 },
    { 2, -2, -2, -2, 10, 8, -10, -8 },
};

/* Register forms by opcode and modrm.reg: which modrm.rm are defined, old aliases included. */
static const uint8_t reg_forms[8][8] = {
    { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff },
    { 0xff, 0xff, 0x01, 0xff, 0x33, 0x7f, 0xff, 0xff },
    { 0xff, 0xff, 0xff, 0xff, 0x00, 0x02, 0x00, 0x00 },
    { 0xff, 0xff, 0xff, 0xff, 0x1f, 0xff, 0xff, 0x00 },
    { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff },
    { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x00, 0x00 },
    { 0xff, 0xff, 0xff, 0x02, 0xff, 0xff, 0xff, 0xff },
    { 0xff, 0xff, 0xff, 0xff, 0x01, 0xff, 0xff, 0x00 },
};

/* An inconsistent image (from a migration stream) counts as pending either way: the host never sees one run. */
static bool x87_pending(const struct env *e)
{
    return fx16(e, FX_FSW) & FSW_ES || fx16(e, FX_FSW) & ~fx16(e, FX_FCW) & 0x3f;
}

void x87_check(struct env *e, const struct insn *i)
{
    if (unlikely(x87_pending(e)))
        soft_raise(e, i, VEC_MF, -1);
}

/* Runs the thunk; the new x87 part of the image is left in out. */
static void x87_call(struct env *e, const struct insn *i, void *mem, uint8_t *out, uint64_t *flags)
{
    thunk_x87_fn *thunk = (thunk_x87_fn *)(uintptr_t)i->imm;

    env_mxcsr_set(e, env_mxcsr(e) & MXCSR_VALID);
    thunk(e->x.fx, mem, out, flags);
}

static void x87_commit(struct env *e, const uint8_t *out)
{
    memcpy(e->x.fx, out, FX_FOP);
    memset(e->x.fx + FX_FOP, 0, FX_MXCSR - FX_FOP);
    memcpy(e->x.fx + FX_MXCSR_MASK, out + FX_MXCSR_MASK, FX_XMM - FX_MXCSR_MASK);
}

static uint64_t x87_flags(struct env *e)
{
    return (env_rflags(e) & FLAGS_ARITH) | FLAG_1;
}

static const struct insn *x87_reg(struct env *e, const struct insn *i)
{
    uint8_t out[FX_SIZE] __attribute__((aligned(16)));
    uint64_t flags = FLAG_1;

    x87_call(e, i, NULL, out, &flags);
    x87_commit(e, out);
    return i + 1;
}

static const struct insn *op_x87_reg(struct env *e, const struct insn *i)
{
    x87_check(e, i);
    return x87_reg(e, i);
}

/* FCMOVcc reads the flags, FCOMI and FUCOMI write them. */
static const struct insn *op_x87_flags(struct env *e, const struct insn *i)
{
    uint8_t out[FX_SIZE] __attribute__((aligned(16)));
    uint64_t flags = x87_flags(e);

    x87_check(e, i);
    x87_call(e, i, NULL, out, &flags);
    x87_commit(e, out);
    if (i->opcode != 0xda && i->modrm >= 0xe0)
        simd_set_flags(e, flags);
    return i + 1;
}

static const struct insn *op_x87_load(struct env *e, const struct insn *i)
{
    uint8_t out[FX_SIZE] __attribute__((aligned(16))), mem[SAVE32] = { 0 };
    uint64_t flags = FLAG_1;
    unsigned size = i->ext;

    x87_check(e, i);
    mem_read(e, i, ea(e, i, size, false), mem, size);
    x87_call(e, i, mem, out, &flags);
    x87_commit(e, out);
    return i + 1;
}

/* Memory is not touched when an exception other than precision was found and is unmasked. */
static const struct insn *op_x87_store(struct env *e, const struct insn *i)
{
    uint8_t out[FX_SIZE] __attribute__((aligned(16))), mem[SAVE32] = { 0 };
    uint64_t flags = FLAG_1;
    uint16_t cw, sw;

    x87_check(e, i);
    x87_call(e, i, mem, out, &flags);
    memcpy(&cw, out + FX_FCW, 2);
    memcpy(&sw, out + FX_FSW, 2);
    if (!(sw & ~cw & 0x1f))
        mem_write(e, i, ea(e, i, i->ext, true), mem, i->ext);
    x87_commit(e, out);
    return i + 1;
}

/* FNSTENV and FNSAVE: like a store, with the pointers cleared, and without waiting. */
static const struct insn *op_x87_save(struct env *e, const struct insn *i)
{
    uint8_t out[FX_SIZE] __attribute__((aligned(16))), mem[SAVE32] = { 0 };
    uint64_t flags = FLAG_1, lin = ea(e, i, i->ext, true);

    x87_call(e, i, mem, out, &flags);
    if (i->osz == 2)
        memset(mem + 6, 0, 8);
    else
        memset(mem + 12, 0, 14);
    mem_write(e, i, lin, mem, i->ext);
    x87_commit(e, out);
    return i + 1;
}

static const struct insn *op_fnstcw(struct env *e, const struct insn *i)
{
    mem_store(e, i, ea(e, i, 2, true), 2, fx16(e, FX_FCW));
    return i + 1;
}

static const struct insn *op_fnstsw(struct env *e, const struct insn *i)
{
    mem_store(e, i, ea(e, i, 2, true), 2, fx16(e, FX_FSW));
    return i + 1;
}

static const struct insn *op_fnstsw_ax(struct env *e, const struct insn *i)
{
    e->r[RAX] = (e->r[RAX] & ~0xffffull) | fx16(e, FX_FSW);
    return i + 1;
}

static const struct insn *op_fwait(struct env *e, const struct insn *i)
{
    x87_check(e, i);
    return i + 1;
}

static int bind_memory(struct env *e, struct insn *i)
{
    unsigned reg = i->modrm >> 3 & 7, small = i->osz == 2;
    int bytes = mem_bytes[i->opcode & 7][reg];

    if (!bytes || (bytes < 0 && reg == 1 && !(e->cpuid_1c & 1)))       /* FISTTP came with SSE3 */
        return -EINVAL;
    if (bytes == ENV || bytes == -ENV)
        i->ext = small ? ENV16 : ENV32;
    else if (bytes == SAVE || bytes == -SAVE)
        i->ext = small ? SAVE16 : SAVE32;
    else
        i->ext = bytes < 0 ? -bytes : bytes;
    i->fn = bytes > 0 ? op_x87_load : bytes <= -ENV ? op_x87_save : op_x87_store;
    if (bytes == -2 && reg == 7)
        i->fn = i->opcode == 0xd9 ? op_fnstcw : i->opcode == 0xdd ? op_fnstsw : op_x87_store;
    return 0;
}

static int bind_register(struct insn *i)
{
    unsigned reg = i->modrm >> 3 & 7, low = i->opcode & 7;

    if (!(reg_forms[low][reg] >> (i->modrm & 7) & 1))
        return -EINVAL;
    if (low == 7 && reg == 4)
        i->fn = op_fnstsw_ax;
    else if (low == 3 && reg == 4)
        i->fn = x87_reg;
    else if (((low == 2 || low == 3) && reg < 4) || ((low == 3 || low == 7) && (reg == 5 || reg == 6)))
        i->fn = op_x87_flags;
    else
        i->fn = op_x87_reg;
    return 0;
}

int bind_x87(struct env *e, struct insn *i, const uint8_t *bytes)
{
    int r = i->flags & I_MEM ? bind_memory(e, i) : bind_register(i);

    if (!r)
        r = simd_class_x87(e, i);
    if (r)
        return r < 0 ? r : 0;
    /* The prefix chooses the layout of environments and means nothing elsewhere. */
    i->imm = (uintptr_t)thunk_x87(e->soft->thunks, i->opcode, i->modrm, i->flags & I_MEM && i->ext > 10 && i->osz == 2);
    return i->imm ? 0 : -EINVAL;
}

int bind_fwait(struct env *e, struct insn *i, const uint8_t *bytes)
{
    i->fn = op_fwait;
    if (e->key & KEY_TS && e->key & KEY_MP)
        simd_class_x87(e, i);
    return 0;
}

/* Brings the image that FXRSTOR loaded into the form the host gives it (summary bit, reserved bits). */
int x87_normalise(struct env *e)
{
    thunk_x87_fn *thunk = thunk_x87(e->soft->thunks, 0xdf, 0xe0, false);
    uint8_t out[FX_SIZE] __attribute__((aligned(16)));
    uint64_t flags = FLAG_1;

    if (!thunk)
        return -ENOMEM;
    thunk(e->x.fx, NULL, out, &flags);
    x87_commit(e, out);
    return 0;
}
