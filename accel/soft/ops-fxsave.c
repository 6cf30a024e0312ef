/* SPDX-License-Identifier: Apache-2.0 */
/*
 * FXSAVE, FXRSTOR, MXCSR, CLFLUSH
 *
 * env->x.fx is such an image already, so saving is a copy.  Outside 64-bit mode xmm8 to xmm15 are
 * neither saved nor loaded.  EFER.FFXSR is ignored: no model offers it.
 *
 * Reference: Intel SDM volume 1, section 10.5; volume 2, FXSAVE, LDMXCSR, CLFLUSH.
 * Invariant: a reserved MXCSR bit never reaches the image.
 */
#include "accel/soft/mmu.h"
#include "accel/soft/simd-ops.h"

static uint64_t fx_operand(struct env *e, const struct insn *i, bool write)
{
    uint64_t off = ea_offset(e, i), lin = (e->seg_base[i->seg] + off) & e->lin_mask;

    /* The order of processors: the first bytes against the limit, alignment, the rest with its end first. */
    if (i->flags & I_SEGCHECK)
        seg_check(e, i, off, 8, write);
    if (lin & 15 && lin_canonical(lin))         /* else the access says which fault that is */
        soft_raise(e, i, VEC_GP, 0);
    if (i->flags & I_SEGCHECK)
        seg_check(e, i, off, FX_SIZE, write);
    if (write)
        mem_probe(e, i, lin + FX_SIZE - 1, 1);
    else
        mem_load(e, i, lin + FX_SIZE - 1, 1);
    return lin;
}

static unsigned fx_bytes(const struct env *e)
{
    return e->key & KEY_CS64 ? FX_END : FX_END32;
}

static const struct insn *op_fxsave(struct env *e, const struct insn *i)
{
    mem_write(e, i, fx_operand(e, i, true), e->x.fx, fx_bytes(e));
    return i + 1;
}

static const struct insn *op_fxrstor(struct env *e, const struct insn *i)
{
    uint8_t image[FX_SIZE] __attribute__((aligned(16)));
    uint32_t mxcsr;

    mem_read(e, i, fx_operand(e, i, false), image, sizeof(image));
    memcpy(&mxcsr, image + FX_MXCSR, 4);
    if (mxcsr & ~(uint32_t)MXCSR_VALID)
        soft_raise(e, i, VEC_GP, 0);
    memcpy(e->x.fx, image, fx_bytes(e));
    memset(e->x.fx + FX_FOP, 0, FX_MXCSR - FX_FOP);
    x87_normalise(e);
    return i + 1;
}

static const struct insn *op_ldmxcsr(struct env *e, const struct insn *i)
{
    uint32_t v = mem_load(e, i, ea(e, i, 4, false), 4);

    if (v & ~(uint32_t)MXCSR_VALID)
        soft_raise(e, i, VEC_GP, 0);
    env_mxcsr_set(e, v);
    return i + 1;
}

static const struct insn *op_stmxcsr(struct env *e, const struct insn *i)
{
    mem_store(e, i, ea(e, i, 4, true), 4, env_mxcsr(e));
    return i + 1;
}

/* Guest caches are always coherent; what remains is the access's faults. */
static const struct insn *op_clflush(struct env *e, const struct insn *i)
{
    mem_load(e, i, ea(e, i, 1, false), 1);
    return i + 1;
}

int bind_fxsave(struct env *e, struct insn *i, const uint8_t *bytes)
{
    i->fn = op_fxsave;
    simd_class_x87(e, i);
    return 0;
}

int bind_fxrstor(struct env *e, struct insn *i, const uint8_t *bytes)
{
    i->fn = op_fxrstor;
    simd_class_x87(e, i);
    return 0;
}

int bind_ldmxcsr(struct env *e, struct insn *i, const uint8_t *bytes)
{
    i->fn = op_ldmxcsr;
    return simd_class_sse(e, i) < 0 ? -EINVAL : 0;
}

int bind_stmxcsr(struct env *e, struct insn *i, const uint8_t *bytes)
{
    i->fn = op_stmxcsr;
    return simd_class_sse(e, i) < 0 ? -EINVAL : 0;
}

int bind_clflush(struct env *e, struct insn *i, const uint8_t *bytes)
{
    i->fn = op_clflush;
    return 0;
}
