/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the x87, MMX and SSE instructions have in common: see simd.h
 *
 * Reference: Intel SDM volume 3, section 2.5 (CR0.TS, EM, MP) and table 2-2; volume 1, section 11.5.
 */
#include "accel/soft/simd.h"
#include "accel/soft/soft.h"

static insn_fn op_no_fpu;

static const struct insn *op_no_fpu(struct env *e, const struct insn *i)
{
    soft_raise(e, i, VEC_NM, -1);
}

static int class_ts(struct env *e, struct insn *i, uint32_t when)
{
    if (!(e->key & when))
        return 0;
    i->fn = op_no_fpu;
    return 1;
}

int simd_class_sse(struct env *e, struct insn *i)
{
    return e->key & KEY_EM || !(e->key & KEY_OSFXSR) ? -EINVAL : class_ts(e, i, KEY_TS);
}

int simd_class_mmx(struct env *e, struct insn *i)
{
    return e->key & KEY_EM ? -EINVAL : class_ts(e, i, KEY_TS);
}

int simd_class_x87(struct env *e, struct insn *i)
{
    return class_ts(e, i, KEY_TS | KEY_EM);
}

int simd_thunk(struct env *e, struct insn *i, enum thunk_file dst, enum thunk_file src, unsigned flags)
{
    static const uint8_t prefixes[] = { [FORM_PP_NONE] = 0, [FORM_PP_66] = 0x66, [FORM_PP_F3] = 0xf3,
                                        [FORM_PP_F2] = 0xf2 };
    const struct form *f = &forms[i->form];
    bool has_imm = f->opnd[1] == OPND_Ib || f->opnd[2] == OPND_Ib;
    struct thunk_spec spec = {
        .prefix = f->pp < sizeof(prefixes) ? prefixes[f->pp] : 0, .map = i->map, .opcode = i->opcode,
        .ext = i->modrm >> 3 & 7, .dst = dst, .src = src, .flags = flags, .rexw = i->flags & I_REXW,
        .imm = has_imm ? (int)(i->imm & 0xff) : -1,
    };

    i->imm = (uintptr_t)thunk_simd(e->soft->thunks, &spec);
    return i->imm ? 0 : -EINVAL;
}

/*
 * The thunk runs with everything masked, so unmasked exceptions must be recognised afterwards.
 * Underflow is the odd one: unmasked, an exact denormal result counts too and FZ is ignored.  A
 * second run with FZ set tells: the host then flags every tiny result.
 */
void simd_fp_unmasked(struct env *e, const struct insn *i, void *dst, const void *src, struct thunk_args *a)
{
    uint32_t guest = env_mxcsr(e), set = MXCSR_MASKS | (guest & (MXCSR_RC | MXCSR_DAZ)), found;
    struct thunk_args again = *a;
    uint8_t copy[16] __attribute__((aligned(16)));

    memcpy(copy, dst, sizeof(copy));
    a->mxcsr = set | (guest & MXCSR_UM ? guest & MXCSR_FZ : 0);
    thunk_of(i)(dst, src, a);
    found = a->mxcsr & MXCSR_STATUS;
    if (!(guest & MXCSR_UM)) {
        again.mxcsr = set | MXCSR_FZ;
        thunk_of(i)(copy, src, &again);
        found |= again.mxcsr & MXCSR_UE;
    }
    if (found & ~(guest >> 7) & MXCSR_PRE)
        found &= MXCSR_PRE;
    env_mxcsr_set(e, guest | found);
    if (found & ~(guest >> 7) & MXCSR_STATUS)
        soft_raise(e, i, e->x.cr4 & CR4_OSXMMEXCPT ? VEC_XM : VEC_UD, -1);
}
