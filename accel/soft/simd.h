/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What the x87, MMX and SSE instructions have in common: who may execute them, operands, MXCSR
 *
 * A binder bind_X() looks at the mode once, when the block is built: CR0.TS, EM, MP and CR4.OSFXSR
 * are in the block key.  It stores the thunk in insn.imm (an immediate byte is part of the thunk)
 * and the function for its operand pattern in insn.fn.
 *
 * Reference: Intel SDM volume 1, chapters 8 to 12; volume 3, sections 2.5 and 13.1.
 * Invariant: env->x.fx always is an image that FXRSTOR accepts, with FIP, FDP and FOP 0.
 */

#include "accel/soft/form.h"
#include "accel/soft/mem.h"
#include "accel/soft/thunk.h"

#include <errno.h>

enum {
    MXCSR_IE = 1 << 0, MXCSR_DE = 1 << 1, MXCSR_ZE = 1 << 2, MXCSR_OE = 1 << 3, MXCSR_UE = 1 << 4, MXCSR_PE = 1 << 5,
    MXCSR_STATUS = 0x3f, MXCSR_PRE = MXCSR_IE | MXCSR_DE | MXCSR_ZE,    /* known before the computation */
    MXCSR_DAZ = 1 << 6, MXCSR_MASKS = 0x1f80, MXCSR_UM = 1 << 11, MXCSR_RC = 3 << 13, MXCSR_FZ = 1 << 15,
    MXCSR_RESET = 0x1f80, MXCSR_VALID = 0xffff,
};

/* Offsets in an FXSAVE image */
enum {
    FX_FCW = 0, FX_FSW = 2, FX_FTW = 4, FX_FOP = 6, FX_FIP = 8, FX_FDP = 16, FX_MXCSR = 24, FX_MXCSR_MASK = 28,
    FX_ST = 32, FX_XMM = 160, FX_END32 = 288, FX_END = 416, FX_SIZE = 512,
};
enum { FSW_ES = 1 << 7, FSW_B = 1 << 15, FSW_TOP_SHIFT = 11, FSW_TOP = 7 << 11 };

static inline uint16_t fx16(const struct env *e, unsigned at)
{
    uint16_t v;

    memcpy(&v, e->x.fx + at, 2);
    return v;
}

static inline void fx16_set(struct env *e, unsigned at, uint16_t v)
{
    memcpy(e->x.fx + at, &v, 2);
}

static inline uint32_t env_mxcsr(const struct env *e)
{
    uint32_t v;

    memcpy(&v, e->x.fx + FX_MXCSR, 4);
    return v;
}

static inline void env_mxcsr_set(struct env *e, uint32_t v)
{
    memcpy(e->x.fx + FX_MXCSR, &v, 4);
}

static inline thunk_fn *thunk_of(const struct insn *i)
{
    return (thunk_fn *)(uintptr_t)i->imm;
}

/* May the guest execute this class now?  0; 1: i->fn raises #NM; -EINVAL: #UD. */
int simd_class_sse(struct env *e, struct insn *i);
int simd_class_mmx(struct env *e, struct insn *i);
int simd_class_x87(struct env *e, struct insn *i);

/* Puts the thunk of i (prefix from its form, immediate if it has one) in i->imm.  0 or -EINVAL. */
int simd_thunk(struct env *e, struct insn *i, enum thunk_file dst, enum thunk_file src, unsigned flags);

/* Runs a TH_FP thunk under the guest's MXCSR; raises #XM (or #UD) when it unmasked what was found. */
void simd_fp_unmasked(struct env *e, const struct insn *i, void *dst, const void *src, struct thunk_args *a);

static inline void simd_fp(struct env *e, const struct insn *i, void *dst, const void *src, struct thunk_args *a)
{
    a->mxcsr = env_mxcsr(e);
    a->host_mxcsr = MXCSR_RESET;
    if (unlikely((a->mxcsr & MXCSR_MASKS) != MXCSR_MASKS)) {
        simd_fp_unmasked(e, i, dst, src, a);
        return;
    }
    thunk_of(i)(dst, src, a);
    env_mxcsr_set(e, a->mxcsr);
}

/* The address of a 16-byte operand: processors check alignment before the segment's limit. */
static inline __attribute__((always_inline)) uint64_t simd_ea16(struct env *e, const struct insn *i, bool write)
{
    uint64_t off = ea_offset(e, i), lin = (e->seg_base[i->seg] + off) & e->lin_mask;

    if (unlikely(lin & 15) && i->flags & I_ALIGN16)
        soft_raise(e, i, VEC_GP, 0);
    if (unlikely(i->flags & I_SEGCHECK))
        seg_check(e, i, off, 16, write);
    return lin;
}

/* The memory operand; buf is written only when nothing faults. */
static inline __attribute__((always_inline)) void simd_load(struct env *e, const struct insn *i, void *buf,
                                                            unsigned size)
{
    uint64_t v;

    if (size == 16) {
        mem_read(e, i, simd_ea16(e, i, false), buf, 16);
        return;
    }
    v = mem_load(e, i, ea(e, i, size, false), size);
    memcpy(buf, &v, 8);
}

static inline __attribute__((always_inline)) void simd_store(struct env *e, const struct insn *i, const void *buf,
                                                             unsigned size)
{
    if (size == 16)
        mem_write(e, i, simd_ea16(e, i, true), buf, 16);
    else
        mem_store(e, i, ea(e, i, size, true), size, host_load(buf, size));
}

static inline void simd_set_flags(struct env *e, uint64_t rflags)
{
    e->cc_kind = CC_RAW;
    e->cc_src = rflags & FLAGS_ARITH;
}

/* x87 side (ops-x87.c).  #MF when an unmasked exception is pending. */
void x87_check(struct env *e, const struct insn *i);
/* The slot of MMn as the stack is rotated now, and the transition that every MMX instruction makes. */
static inline uint8_t *mmx_slot(struct env *e, unsigned n)
{
    return e->x.fx + FX_ST + 16 * ((n - (fx16(e, FX_FSW) >> FSW_TOP_SHIFT)) & 7);
}
void mmx_enter(struct env *e);
void mmx_write(struct env *e, unsigned n, const void *val);     /* after mmx_enter() */
