/* SPDX-License-Identifier: Apache-2.0 */
/*
 * MMX, and the SSE instructions with an MMX operand
 *
 * MMn is the physical x87 register n.  The FXSAVE image is ordered by the stack, so the slot of MMn
 * moves with TOP; every MMX instruction sets TOP to 0 and all tags to valid (EMMS: to empty), and a
 * write sets the exponent's bits.  mmx_enter() does that.
 *
 * Reference: Intel SDM volume 1, chapter 9; volume 3, chapter 13.
 * Invariant: no operand changes before a fault; a store that faults has made the transition, as on the host.
 */
#include "accel/soft/simd-ops.h"

#define BUFFER uint8_t __attribute__((aligned(16)))

void mmx_enter(struct env *e)
{
    unsigned top = (fx16(e, FX_FSW) & FSW_TOP) >> FSW_TOP_SHIFT;
    uint8_t st[8][16];

    if (top) {
        for (unsigned n = 0; n < 8; n++)
            memcpy(st[n], e->x.fx + FX_ST + 16 * ((n - top) & 7), 16);
        memcpy(e->x.fx + FX_ST, st, sizeof(st));
        fx16_set(e, FX_FSW, fx16(e, FX_FSW) & ~FSW_TOP);
    }
    e->x.fx[FX_FTW] = 0xff;
}

void mmx_write(struct env *e, unsigned n, const void *val)
{
    uint8_t *slot = e->x.fx + FX_ST + 16 * (n & 7);

    memcpy(slot, val, 8);
    slot[8] = slot[9] = 0xff;
}

/* MMn, or insn.ext bytes of memory */
static void mmx_source(struct env *e, const struct insn *i, void *buf)
{
    if (!(i->flags & I_MEM))
        memcpy(buf, mmx_slot(e, i->rm), 8);
    else if (i->ext == 4)
        simd_load(e, i, buf, 4);
    else
        simd_load(e, i, buf, 8);
}

/* mm, mm/mem */
static const struct insn *op_mmx(struct env *e, const struct insn *i)
{
    BUFFER src[16];
    BUFFER dst[16];

    x87_check(e, i);
    mmx_source(e, i, src);
    mmx_enter(e);
    memcpy(dst, mmx_slot(e, i->reg), 8);
    thunk_of(i)(dst, src, NULL);
    mmx_write(e, i->reg, dst);
    return i + 1;
}

static const struct insn *op_mmx_shift(struct env *e, const struct insn *i)
{
    BUFFER dst[16];

    x87_check(e, i);
    mmx_enter(e);
    memcpy(dst, mmx_slot(e, i->rm), 8);
    thunk_of(i)(dst, NULL, NULL);
    mmx_write(e, i->rm, dst);
    return i + 1;
}

static const struct insn *op_mmx_pinsrw(struct env *e, const struct insn *i)
{
    BUFFER dst[16];
    struct thunk_args a;

    x87_check(e, i);
    a.gpr = i->flags & I_MEM ? mem_load(e, i, ea(e, i, 2, false), 2) : e->r[i->rm];
    mmx_enter(e);
    memcpy(dst, mmx_slot(e, i->reg), 8);
    thunk_of(i)(dst, NULL, &a);
    mmx_write(e, i->reg, dst);
    return i + 1;
}

static const struct insn *op_gpr_mmx(struct env *e, const struct insn *i)
{
    BUFFER src[16];
    struct thunk_args a;

    x87_check(e, i);
    mmx_enter(e);
    memcpy(src, mmx_slot(e, i->rm), 8);
    thunk_of(i)(NULL, src, &a);
    e->r[i->reg] = a.gpr;
    return i + 1;
}

/* Moves */

static const struct insn *op_mmx_movd(struct env *e, const struct insn *i)
{
    uint64_t v;

    x87_check(e, i);
    if (i->flags & I_MEM)
        v = i->flags & I_REXW ? mem_load(e, i, ea(e, i, 8, false), 8) : mem_load(e, i, ea(e, i, 4, false), 4);
    else
        v = i->flags & I_REXW ? e->r[i->rm] : (uint32_t)e->r[i->rm];
    mmx_enter(e);
    mmx_write(e, i->reg, &v);
    return i + 1;
}

static const struct insn *op_movd_mmx(struct env *e, const struct insn *i)
{
    const uint8_t *slot;
    bool wide = i->flags & I_REXW;

    x87_check(e, i);
    mmx_enter(e);
    slot = mmx_slot(e, i->reg);
    if (i->flags & I_MEM)
        simd_store(e, i, slot, wide ? 8 : 4);
    else
        e->r[i->rm] = wide ? host_load(slot, 8) : host_load(slot, 4);
    return i + 1;
}

static const struct insn *op_mmx_load(struct env *e, const struct insn *i)
{
    BUFFER src[16];

    x87_check(e, i);
    mmx_source(e, i, src);
    mmx_enter(e);
    mmx_write(e, i->reg, src);
    return i + 1;
}

static const struct insn *op_mmx_store(struct env *e, const struct insn *i)
{
    uint64_t v;

    x87_check(e, i);
    mmx_enter(e);
    v = host_load(mmx_slot(e, i->reg), 8);
    if (i->flags & I_MEM)
        simd_store(e, i, &v, 8);
    else
        mmx_write(e, i->rm, &v);
    return i + 1;
}

/* Bytes that are not chosen may fault too, as on the host; they are never written. */
void simd_masked_store(struct env *e, const struct insn *i, const uint8_t *data, const uint8_t *mask, unsigned size)
{
    uint64_t off = e->r[RDI] & i->ea_mask, lin = (e->seg_base[i->seg] + off) & e->lin_mask;

    if (i->flags & I_SEGCHECK)
        seg_check(e, i, off, size, true);
    mem_probe(e, i, lin, 1);
    mem_probe(e, i, (lin + size - 1) & e->lin_mask, 1);
    for (unsigned n = 0; n < size; n++)
        if (mask[n] & 0x80)
            mem_store(e, i, (lin + n) & e->lin_mask, 1, data[n]);
}

static const struct insn *op_maskmovq(struct env *e, const struct insn *i)
{
    BUFFER data[16];
    BUFFER mask[16];

    x87_check(e, i);
    memcpy(data, mmx_slot(e, i->reg), 8);
    memcpy(mask, mmx_slot(e, i->rm), 8);
    simd_masked_store(e, i, data, mask, 8);
    mmx_enter(e);
    return i + 1;
}

static const struct insn *op_movq2dq(struct env *e, const struct insn *i)
{
    uint8_t *dst = env_xmm(e, i->reg);

    x87_check(e, i);
    mmx_enter(e);
    memcpy(dst, mmx_slot(e, i->rm), 8);
    memset(dst + 8, 0, 8);
    return i + 1;
}

static const struct insn *op_movdq2q(struct env *e, const struct insn *i)
{
    x87_check(e, i);
    mmx_enter(e);
    mmx_write(e, i->reg, env_xmm(e, i->rm));
    return i + 1;
}

static const struct insn *op_emms(struct env *e, const struct insn *i)
{
    x87_check(e, i);
    mmx_enter(e);
    e->x.fx[FX_FTW] = 0;
    return i + 1;
}

/* Conversions between xmm and mm */

static const struct insn *op_xmm_mmx_fp(struct env *e, const struct insn *i)
{
    BUFFER src[16];
    BUFFER dst[16];
    struct thunk_args a;

    /* From memory they are no MMX instructions. */
    if (!(i->flags & I_MEM))
        x87_check(e, i);
    mmx_source(e, i, src);
    if (!(i->flags & I_MEM))
        mmx_enter(e);
    memcpy(dst, env_xmm(e, i->reg), 16);
    simd_fp(e, i, dst, src, &a);
    memcpy(env_xmm(e, i->reg), dst, 16);
    return i + 1;
}

static const struct insn *op_mmx_xmm_fp(struct env *e, const struct insn *i)
{
    BUFFER src[16];
    BUFFER dst[16] = { 0 };
    struct thunk_args a;

    x87_check(e, i);
    if (!(i->flags & I_MEM))
        memcpy(src, env_xmm(e, i->rm), 16);
    else if (i->ext == 16)
        simd_load(e, i, src, 16);
    else
        simd_load(e, i, src, 8);
    mmx_enter(e);
    simd_fp(e, i, dst, src, &a);
    mmx_write(e, i->reg, dst);
    return i + 1;
}

/* Binders */

static int bind(struct env *e, struct insn *i, enum thunk_file dst, enum thunk_file src, unsigned flags, insn_fn *fn,
                unsigned size)
{
    int r = forms[i->form].attrs & FORM_SSE ? simd_class_sse(e, i) : simd_class_mmx(e, i);

    if (r)
        return r < 0 ? r : 0;
    i->fn = fn;
    i->ext = size;
    return dst == TH_NONE ? 0 : simd_thunk(e, i, dst, src, flags);
}

#define SRC(i, file) ((i)->flags & I_MEM ? TH_MEM : (file))
#define BINDER(name, ...)                                                               \
    int bind_##name(struct env *e, struct insn *i, const uint8_t *bytes)                \
    {                                                                                   \
        return bind(e, i, __VA_ARGS__);                                                 \
    }

BINDER(mmx8, TH_MMX, SRC(i, TH_MMX), 0, op_mmx, 8)
BINDER(mmx4, TH_MMX, SRC(i, TH_MMX), 0, op_mmx, 4)
BINDER(mmx_shift, TH_MMX, TH_NONE, TH_GROUP, op_mmx_shift, 0)
BINDER(mmx_pinsrw, TH_MMX, TH_GPR, 0, op_mmx_pinsrw, 0)
BINDER(gpr_mmx, TH_GPR, TH_MMX, 0, op_gpr_mmx, 0)
BINDER(xmm_mmx_fp, TH_XMM, SRC(i, TH_MMX), TH_FP, op_xmm_mmx_fp, 8)
BINDER(mmx_xmm8_fp, TH_MMX, SRC(i, TH_XMM), TH_FP, op_mmx_xmm_fp, 8)
BINDER(mmx_xmm16_fp, TH_MMX, SRC(i, TH_XMM), TH_FP, op_mmx_xmm_fp, 16)
BINDER(mmx_movd, TH_NONE, TH_NONE, 0, op_mmx_movd, 0)
BINDER(movd_mmx, TH_NONE, TH_NONE, 0, op_movd_mmx, 0)
BINDER(mmx_load, TH_NONE, TH_NONE, 0, op_mmx_load, 0)
BINDER(mmx_store, TH_NONE, TH_NONE, 0, op_mmx_store, 0)
BINDER(maskmovq, TH_NONE, TH_NONE, 0, op_maskmovq, 0)
BINDER(movq2dq, TH_NONE, TH_NONE, 0, op_movq2dq, 0)
BINDER(movdq2q, TH_NONE, TH_NONE, 0, op_movdq2q, 0)
BINDER(emms, TH_NONE, TH_NONE, 0, op_emms, 0)
