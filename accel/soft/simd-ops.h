/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The binders that cpu/x86-simd.tbl names, and what their files share
 *
 * int bind_X(e, i, bytes): binds i for the mode of e; 0, or -EINVAL: #UD.
 */

#include "accel/soft/simd.h"

/* The C function for an operation that needs no thunk, or NULL. */
insn_fn *simd_logic(const struct insn *i);

/* Stores the bytes of data whose mask byte has its sign bit set, at DS:rDI; all faults come first. */
void simd_masked_store(struct env *e, const struct insn *i, const uint8_t *data, const uint8_t *mask, unsigned size);

typedef int simd_binder(struct env *e, struct insn *i, const uint8_t *bytes);

/* ops-sse-mov.c */
simd_binder bind_xmm_load16, bind_xmm_load8, bind_xmm_load4, bind_xmm_movq, bind_xmm_store16, bind_xmm_store8,
    bind_xmm_store4;
simd_binder bind_xmm_store_high, bind_movq_xmm, bind_xmm_movd, bind_movd_xmm, bind_maskmovdqu, bind_movnti;
/* ops-sse.c */
simd_binder bind_xmm16, bind_xmm8, bind_xmm4, bind_xmm2, bind_xmm16_fp, bind_xmm8_fp, bind_xmm4_fp, bind_flags_xmm16;
simd_binder bind_flags_xmm8_fp, bind_flags_xmm4_fp, bind_xmm16_implicit, bind_gpr_xmm, bind_gpr_xmm8_fp,
    bind_gpr_xmm4_fp;
simd_binder bind_pcmpstr, bind_xmm_gpr_fp, bind_xmm_pinsrb, bind_xmm_pinsrw, bind_xmm_pinsrd, bind_pextrb, bind_pextrw;
simd_binder bind_pextrd, bind_extractps, bind_xmm_shift;
/* ops-mmx.c */
simd_binder bind_mmx8, bind_mmx4, bind_mmx_shift, bind_mmx_pinsrw, bind_gpr_mmx, bind_mmx_movd, bind_movd_mmx,
    bind_mmx_load;
simd_binder bind_mmx_store, bind_maskmovq, bind_movq2dq, bind_movdq2q, bind_emms, bind_xmm_mmx_fp, bind_mmx_xmm8_fp;
simd_binder bind_mmx_xmm16_fp;
/* ops-x87.c, ops-fxsave.c */
int x87_normalise(struct env *e);       /* 0 or -ENOMEM */
simd_binder bind_x87, bind_fwait, bind_fxsave, bind_fxrstor, bind_ldmxcsr, bind_stmxcsr, bind_clflush;
