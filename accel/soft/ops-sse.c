/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SSE to SSE4.2, AES and PCLMULQDQ through thunks: one function per operand pattern
 *
 * Nothing here knows what an instruction computes.  A pattern says where operands come from and
 * where results go: xmm or memory source, general registers, flags.  Patterns with _fp run under
 * the guest's MXCSR and write their destination only when no unmasked exception was found.
 *
 * Reference: Intel SDM volume 2, instructions named in cpu/x86-simd.tbl; volume 1, section 11.5.
 * Invariant: the destination changes only after the last access that may fault.
 */
#include "accel/soft/regs.h"
#include "accel/soft/simd-ops.h"

#define BUFFER uint8_t __attribute__((aligned(16)))

/*
 * The second operand: an xmm register (size 0) or `size` bytes of memory.  Guest RAM is used where it
 * is: its alignment in the page is the guest's, and the thunk reads it once, as the guest would.
 */
static ALWAYS_INLINE const void *xmm_source(struct env *e, const struct insn *i, void *buf, unsigned size)
{
    const struct tlb_entry *t;
    uint64_t lin;

    if (!size)
        return env_xmm(e, i->rm);
    lin = size == 16 ? simd_ea16(e, i, false) : ea(e, i, size, false);
    t = tlb_slot(e->tlb_rd, lin);
    if (likely(tlb_hit(t, lin, size)) && (size < 16 || !(lin & 15)))
        return (const void *)(lin + t->add);
    mem_read(e, i, lin, buf, size);
    return buf;
}

/* xmm, xmm/mem */

static ALWAYS_INLINE const struct insn *xmm_run(struct env *e, const struct insn *i, unsigned size)
{
    BUFFER buf[16];

    thunk_of(i)(env_xmm(e, i->reg), xmm_source(e, i, buf, size), NULL);
    return i + 1;
}

static const struct insn *op_xmm_reg(struct env *e, const struct insn *i)
{
    thunk_of(i)(env_xmm(e, i->reg), env_xmm(e, i->rm), NULL);
    NEXT(e, i);
}

static ALWAYS_INLINE const struct insn *xmm_run_fp(struct env *e, const struct insn *i, unsigned size)
{
    BUFFER buf[16];
    BUFFER dst[16];
    struct thunk_args a;
    const void *src = xmm_source(e, i, buf, size);

    memcpy(dst, env_xmm(e, i->reg), 16);
    simd_fp(e, i, dst, src, &a);
    memcpy(env_xmm(e, i->reg), dst, 16);
    return i + 1;
}

static ALWAYS_INLINE const struct insn *flags_run(struct env *e, const struct insn *i, unsigned size, bool fp)
{
    BUFFER buf[16];
    BUFFER dst[16];
    struct thunk_args a;
    const void *src = xmm_source(e, i, buf, size);

    memcpy(dst, env_xmm(e, i->reg), 16);
    if (fp)
        simd_fp(e, i, dst, src, &a);
    else
        thunk_of(i)(dst, src, &a);
    simd_set_flags(e, a.flags);
    return i + 1;
}

/* BLENDV: the mask is xmm0 */
static ALWAYS_INLINE const struct insn *implicit_run(struct env *e, const struct insn *i, unsigned size)
{
    BUFFER buf[16];
    struct thunk_args a;
    const void *src = xmm_source(e, i, buf, size);

    memcpy(a.implicit, env_xmm(e, 0), 16);
    thunk_of(i)(env_xmm(e, i->reg), src, &a);
    return i + 1;
}

/* xmm/mem to a general register */
static ALWAYS_INLINE const struct insn *gpr_run(struct env *e, const struct insn *i, unsigned size, bool fp)
{
    BUFFER buf[16];
    BUFFER none[16] = { 0 };
    struct thunk_args a = { .gpr = 0 };
    const void *src = xmm_source(e, i, buf, size);

    if (fp)
        simd_fp(e, i, none, src, &a);
    else
        thunk_of(i)(none, src, &a);
    e->r[i->reg] = a.gpr;
    return i + 1;
}

#define PATTERN(name, body)                                                             \
    static const struct insn *op_##name(struct env *e, const struct insn *i)            \
    {                                                                                   \
        return body;                                                                    \
    }

PATTERN(xmm_mem16, xmm_run(e, i, 16))
PATTERN(xmm_mem8, xmm_run(e, i, 8))
PATTERN(xmm_mem4, xmm_run(e, i, 4))
PATTERN(xmm_mem2, xmm_run(e, i, 2))
PATTERN(xmm_fp_reg, xmm_run_fp(e, i, 0))
PATTERN(xmm_fp_mem16, xmm_run_fp(e, i, 16))
PATTERN(xmm_fp_mem8, xmm_run_fp(e, i, 8))
PATTERN(xmm_fp_mem4, xmm_run_fp(e, i, 4))
PATTERN(flags_reg, flags_run(e, i, 0, false))
PATTERN(flags_mem16, flags_run(e, i, 16, false))
PATTERN(flags_fp_reg, flags_run(e, i, 0, true))
PATTERN(flags_fp_mem8, flags_run(e, i, 8, true))
PATTERN(flags_fp_mem4, flags_run(e, i, 4, true))
PATTERN(implicit_reg, implicit_run(e, i, 0))
PATTERN(implicit_mem, implicit_run(e, i, 16))
PATTERN(gpr_reg, gpr_run(e, i, 0, false))
PATTERN(gpr_fp_reg, gpr_run(e, i, 0, true))
PATTERN(gpr_fp_mem8, gpr_run(e, i, 8, true))
PATTERN(gpr_fp_mem4, gpr_run(e, i, 4, true))

/* A general register or memory into xmm: CVTSI2Sx, PINSRx.  The thunk always takes rax. */

static ALWAYS_INLINE uint64_t gpr_source(struct env *e, const struct insn *i, unsigned size)
{
    if (i->flags & I_MEM)
        return mem_load(e, i, ea(e, i, size, false), size);
    return e->r[i->rm];
}

static const struct insn *op_cvtsi(struct env *e, const struct insn *i)
{
    BUFFER dst[16];
    struct thunk_args a;

    a.gpr = i->flags & I_REXW ? gpr_source(e, i, 8) : gpr_source(e, i, 4);
    memcpy(dst, env_xmm(e, i->reg), 16);
    simd_fp(e, i, dst, NULL, &a);
    memcpy(env_xmm(e, i->reg), dst, 16);
    return i + 1;
}

static ALWAYS_INLINE const struct insn *insert_run(struct env *e, const struct insn *i, unsigned size)
{
    struct thunk_args a;

    a.gpr = gpr_source(e, i, size);
    thunk_of(i)(env_xmm(e, i->reg), NULL, &a);
    return i + 1;
}

PATTERN(pinsrb, insert_run(e, i, 1))
PATTERN(pinsrw, insert_run(e, i, 2))
PATTERN(pinsrd, i->flags & I_REXW ? insert_run(e, i, 8) : insert_run(e, i, 4))

/* PEXTRx, EXTRACTPS: xmm to r/m; the thunk always gives rax. */
static ALWAYS_INLINE const struct insn *extract_run(struct env *e, const struct insn *i, unsigned size)
{
    struct thunk_args a = { .gpr = 0 };

    thunk_of(i)(NULL, env_xmm(e, i->reg), &a);
    if (i->flags & I_MEM)
        mem_store(e, i, ea(e, i, size, true), size, a.gpr);
    else
        e->r[i->rm] = a.gpr;
    return i + 1;
}

PATTERN(pextrb, extract_run(e, i, 1))
PATTERN(pextrw, extract_run(e, i, 2))
PATTERN(extractps, extract_run(e, i, 4))
PATTERN(pextrd, i->flags & I_REXW ? extract_run(e, i, 8) : extract_run(e, i, 4))

/* Shifts by an immediate: modrm.rm is the destination. */
static const struct insn *op_shift(struct env *e, const struct insn *i)
{
    thunk_of(i)(env_xmm(e, i->rm), NULL, NULL);
    return i + 1;
}

/* PCMPxSTRI gives ecx, PCMPxSTRM xmm0; both flags. */
static const struct insn *op_pcmpstr(struct env *e, const struct insn *i)
{
    BUFFER buf[16];
    BUFFER dst[16];
    struct thunk_args a;
    const void *src = i->flags & I_MEM ? xmm_source(e, i, buf, 16) : env_xmm(e, i->rm);

    memcpy(dst, env_xmm(e, i->reg), 16);
    a.gpr = e->r[RAX];
    a.gpr2 = e->r[RDX];
    thunk_of(i)(dst, src, &a);
    if (i->opcode & 1)
        e->r[RCX] = a.gpr;
    else
        memcpy(env_xmm(e, 0), dst, 16);
    simd_set_flags(e, a.flags);
    return i + 1;
}

/* Binders */

static int bind(struct env *e, struct insn *i, enum thunk_file dst, enum thunk_file src, unsigned flags, insn_fn *fn)
{
    int r = simd_class_sse(e, i);

    if (r)
        return r < 0 ? r : 0;
    i->fn = fn;
    return simd_thunk(e, i, dst, src, flags);
}

#define BINDER(name, dst, reg_src, what, reg_fn, mem_fn)                                        \
    int bind_##name(struct env *e, struct insn *i, const uint8_t *bytes)                        \
    {                                                                                           \
        return i->flags & I_MEM ? bind(e, i, dst, TH_MEM, what, mem_fn)                         \
                                : bind(e, i, dst, reg_src, what, reg_fn);                       \
    }

int bind_xmm16(struct env *e, struct insn *i, const uint8_t *bytes)
{
    insn_fn *fn = simd_logic(i);
    int r = fn ? simd_class_sse(e, i) : 1;

    if (!fn)
        return bind(e, i, TH_XMM, i->flags & I_MEM ? TH_MEM : TH_XMM, 0, i->flags & I_MEM ? op_xmm_mem16 : op_xmm_reg);
    if (!r)
        i->fn = fn;
    return r < 0 ? r : 0;
}

BINDER(xmm8, TH_XMM, TH_XMM, 0, op_xmm_reg, op_xmm_mem8)
BINDER(xmm4, TH_XMM, TH_XMM, 0, op_xmm_reg, op_xmm_mem4)
BINDER(xmm2, TH_XMM, TH_XMM, 0, op_xmm_reg, op_xmm_mem2)
BINDER(xmm16_fp, TH_XMM, TH_XMM, TH_FP, op_xmm_fp_reg, op_xmm_fp_mem16)
BINDER(xmm8_fp, TH_XMM, TH_XMM, TH_FP, op_xmm_fp_reg, op_xmm_fp_mem8)
BINDER(xmm4_fp, TH_XMM, TH_XMM, TH_FP, op_xmm_fp_reg, op_xmm_fp_mem4)
BINDER(flags_xmm16, TH_XMM, TH_XMM, TH_FLAGS, op_flags_reg, op_flags_mem16)
BINDER(flags_xmm8_fp, TH_XMM, TH_XMM, TH_FP | TH_FLAGS, op_flags_fp_reg, op_flags_fp_mem8)
BINDER(flags_xmm4_fp, TH_XMM, TH_XMM, TH_FP | TH_FLAGS, op_flags_fp_reg, op_flags_fp_mem4)
BINDER(xmm16_implicit, TH_XMM, TH_XMM, TH_IMPLICIT0, op_implicit_reg, op_implicit_mem)
BINDER(gpr_xmm, TH_GPR, TH_XMM, 0, op_gpr_reg, NULL)
BINDER(gpr_xmm8_fp, TH_GPR, TH_XMM, TH_FP, op_gpr_fp_reg, op_gpr_fp_mem8)
BINDER(gpr_xmm4_fp, TH_GPR, TH_XMM, TH_FP, op_gpr_fp_reg, op_gpr_fp_mem4)
BINDER(pcmpstr, TH_XMM, TH_XMM, TH_STRING | TH_FLAGS, op_pcmpstr, op_pcmpstr)

/* Patterns whose thunk has the same operands for memory and registers. */
#define BINDER1(name, dst, src, what, fn)                                                      \
    int bind_##name(struct env *e, struct insn *i, const uint8_t *bytes)                        \
    {                                                                                           \
        return bind(e, i, dst, src, what, fn);                                                  \
    }

BINDER1(xmm_gpr_fp, TH_XMM, TH_GPR, TH_FP, op_cvtsi)
BINDER1(xmm_pinsrb, TH_XMM, TH_GPR, 0, op_pinsrb)
BINDER1(xmm_pinsrw, TH_XMM, TH_GPR, 0, op_pinsrw)
BINDER1(xmm_pinsrd, TH_XMM, TH_GPR, 0, op_pinsrd)
BINDER1(pextrb, TH_GPR, TH_XMM, TH_RM_DST, op_pextrb)
BINDER1(pextrw, TH_GPR, TH_XMM, TH_RM_DST, op_pextrw)
BINDER1(pextrd, TH_GPR, TH_XMM, TH_RM_DST, op_pextrd)
BINDER1(extractps, TH_GPR, TH_XMM, TH_RM_DST, op_extractps)
BINDER1(xmm_shift, TH_XMM, TH_NONE, TH_GROUP, op_shift)
