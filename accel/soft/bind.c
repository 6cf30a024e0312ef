/* SPDX-License-Identifier: Apache-2.0 */
#include "accel/soft/form.h"
#include "accel/soft/env.h"
#include "accel/soft/ops.h"
#include "accel/soft/shapes.h"

#include <errno.h>

/*
 * Binding: from a decoded instruction to the function that executes it in this mode
 *
 * Everything that depends on the mode (privilege, CR0.TS, 64-bit fast paths) or on the CPU model is decided
 * here, once per instruction of a block; env->key is part of the block's identity.
 */

/* Which CPUID word and bit a feature is.  Features without an entry are always there. */
enum { W_NONE, W_1C, W_1D, W_7B, W_81C, W_81D };

static const struct { uint8_t word, bit; } feature_bits[] = {
    [FEATURE_fpu] = { W_1D, 0 }, [FEATURE_tsc] = { W_1D, 4 }, [FEATURE_msr] = { W_1D, 5 },
    [FEATURE_cx8] = { W_1D, 8 }, [FEATURE_sep] = { W_1D, 11 }, [FEATURE_cmov] = { W_1D, 15 },
    [FEATURE_clflush] = { W_1D, 19 }, [FEATURE_mmx] = { W_1D, 23 }, [FEATURE_fxsr] = { W_1D, 24 },
    [FEATURE_sse] = { W_1D, 25 }, [FEATURE_sse2] = { W_1D, 26 }, [FEATURE_sse3] = { W_1C, 0 },
    [FEATURE_pclmul] = { W_1C, 1 }, [FEATURE_monitor] = { W_1C, 3 }, [FEATURE_ssse3] = { W_1C, 9 },
    [FEATURE_cx16] = { W_1C, 13 }, [FEATURE_sse41] = { W_1C, 19 }, [FEATURE_sse42] = { W_1C, 20 },
    [FEATURE_movbe] = { W_1C, 22 }, [FEATURE_popcnt] = { W_1C, 23 }, [FEATURE_aes] = { W_1C, 25 },
    [FEATURE_xsave] = { W_1C, 26 }, [FEATURE_rdrand] = { W_1C, 30 }, [FEATURE_fsgsbase] = { W_7B, 0 },
    [FEATURE_bmi1] = { W_7B, 3 }, [FEATURE_invpcid] = { W_7B, 10 }, [FEATURE_rdseed] = { W_7B, 18 },
    [FEATURE_adx] = { W_7B, 19 }, [FEATURE_smap] = { W_7B, 20 }, [FEATURE_clflushopt] = { W_7B, 23 },
    [FEATURE_clwb] = { W_7B, 24 }, [FEATURE_sha] = { W_7B, 29 }, [FEATURE_syscall] = { W_81D, 11 },
    [FEATURE_nx] = { W_81D, 20 }, [FEATURE_mmxext] = { W_81D, 22 }, [FEATURE_fxsr_opt] = { W_81D, 25 },
    [FEATURE_rdtscp] = { W_81D, 27 }, [FEATURE_lm] = { W_81D, 29 }, [FEATURE_3dnow] = { W_81D, 31 },
    [FEATURE_lahf] = { W_81C, 0 }, [FEATURE_svm] = { W_81C, 2 }, [FEATURE_abm] = { W_81C, 5 },
    [FEATURE_sse4a] = { W_81C, 6 }, [FEATURE_prefetchw] = { W_81C, 8 },
};

static bool has_feature(const struct env *e, unsigned feature)
{
    const uint32_t words[] = {
        [W_1C] = e->cpuid_1c, [W_1D] = e->cpuid_1d, [W_7B] = e->cpuid_7b,
        [W_81C] = e->cpuid_81c, [W_81D] = e->cpuid_81d,
    };

    if (feature >= sizeof(feature_bits) / sizeof(feature_bits[0]) || feature_bits[feature].word == W_NONE)
        return true;
    return words[feature_bits[feature].word] >> feature_bits[feature].bit & 1;
}

static bool is_immediate(unsigned opnd)
{
    return opnd >= OPND_Ib && opnd <= OPND_Iv;
}

static bool is_rm(unsigned opnd)
{
    return (opnd >= OPND_Eb && opnd <= OPND_Ez) || (opnd >= OPND_M && opnd <= OPND_Rm) || opnd == OPND_Ob ||
           opnd == OPND_Ov;
}

/* 64-bit mode, base and displacement, no segment: the address needs neither mask nor check. */
static bool is_simple(const struct insn *i)
{
    return i->asz == 8 && i->index == REG_NONE && i->seg == SEGBASE_NONE;
}

/* Variant of the shapes with two operands. */
static unsigned variant2(const struct form *f, const struct insn *i)
{
    bool imm = is_immediate(f->opnd[1]);

    if (!(i->flags & I_MEM))
        return imm ? V_RI : V_RR;
    if (!is_rm(f->opnd[0]))
        return is_simple(i) ? V_RMS : V_RM;
    if (i->flags & I_LOCK)
        return imm ? V_LMI : V_LMR;
    if (is_simple(i))
        return imm ? V_MIS : V_MRS;
    return imm ? V_MI : V_MR;
}

static unsigned variant_bit(const struct form *f, const struct insn *i)
{
    unsigned v = is_immediate(f->opnd[1]) ? V_BIT_RI : V_BIT_RR;

    if (i->flags & I_MEM)
        v += V_BIT_MR - V_BIT_RR;
    if (i->flags & I_LOCK)
        v += V_BIT_LMR - V_BIT_MR;
    return v;
}

static unsigned variant_shift(const struct form *f, const struct insn *i)
{
    return (i->flags & I_MEM ? V_SHIFT_MI : V_SHIFT_RI) + (f->opnd[1] == OPND_CL);
}

static insn_fn *shape_function(const struct form *f, const struct insn *i)
{
    bool mem = i->flags & I_MEM;
    unsigned log2 = __builtin_ctz(i->osz);

    switch (f->shape) {
    case SHAPE_rmw2: case SHAPE_cmp2: case SHAPE_mov: case SHAPE_movx: case SHAPE_bin2:
        return f->fns[FNS_AT(variant2(f, i), log2)];
    case SHAPE_rmw1:
        return f->fns[FNS_AT(!mem ? V_R : i->flags & I_LOCK ? V_LM : V_M, log2)];
    case SHAPE_shift:
        return f->fns[FNS_AT(variant_shift(f, i), log2)];
    case SHAPE_bit:
        return f->fns[FNS_AT(variant_bit(f, i), log2)];
    case SHAPE_cmov:
        return f->fns[(i->ext * 2 + mem) * 4 + log2];
    case SHAPE_setcc:
        return f->fns[i->ext * 2 + mem];
    default:
        return f->fns[i->ext];
    }
}

int form_bind(struct env *e, struct insn *i, const uint8_t *bytes)
{
    const struct form *f = &forms[i->form];

    if (!has_feature(e, f->feature))
        return -EINVAL;
    if ((f->attrs & FORM_CPL0) && e->cpl) {
        i->fn = op_gp0;
        return 0;
    }
    if (f->shape == SHAPE_op) {
        i->fn = f->fn;
    } else if (f->shape == SHAPE_bind) {
        i->fn = NULL;
        if (!f->bind || f->bind(e, i, bytes) < 0)
            return -EINVAL;
    } else {
        i->fn = shape_function(f, i);
    }
    return i->fn ? 0 : -EINVAL;
}
