/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The opcode table as cpu/gen_x86.py compiles it: one struct form per line of cpu/x86*.tbl
 *
 * Operand kinds, shapes and attributes are spelled here once; the generator takes its names from
 * these enums and refuses any other.
 */

#include "accel/soft/insn.h"

#include <stdint.h>

/* Operand kinds.  Letters as in the SDM's appendix A; see the head of cpu/x86.tbl. */
enum opnd {
    OPND_NONE,
    OPND_Eb, OPND_Ew, OPND_Ed, OPND_Eq, OPND_Ev, OPND_Ey, OPND_Ez,
    OPND_Gb, OPND_Gw, OPND_Gd, OPND_Gq, OPND_Gv, OPND_Gy, OPND_Gz,
    OPND_M, OPND_Mb, OPND_Mw, OPND_Md, OPND_Mq, OPND_Mdq, OPND_Mv, OPND_My, OPND_Mt, OPND_Mp, OPND_Ms, OPND_Ma,
    OPND_Mz,
    OPND_Rb, OPND_Rw, OPND_Rd, OPND_Rq, OPND_Ry, OPND_Rv, OPND_Rm,
    OPND_Ib, OPND_Ibs, OPND_Iw, OPND_Iz, OPND_Iv, OPND_Jb, OPND_Jz, OPND_Ob, OPND_Ov, OPND_Ap,
    OPND_Sw, OPND_Cd, OPND_Dd, OPND_Zb, OPND_Zv,
    OPND_AL, OPND_rAX, OPND_eAX, OPND_CL, OPND_DX, OPND_1,
    OPND_Xb, OPND_Xv, OPND_Xz, OPND_Yb, OPND_Yv, OPND_Yz,
    OPND_Vx, OPND_Wx, OPND_Wd, OPND_Wq, OPND_Ww, OPND_Ux, OPND_Pq, OPND_Qq, OPND_Qd, OPND_Nq,
};

/* How a form is bound to functions (shapes.h has the layout of each). */
enum shape {
    SHAPE_op, SHAPE_bind,
    SHAPE_rmw2, SHAPE_cmp2, SHAPE_bin2, SHAPE_mov, SHAPE_movx, SHAPE_rmw1, SHAPE_shift, SHAPE_bit, SHAPE_cmov,
    SHAPE_setcc, SHAPE_jcc,
};

/* Attributes */
enum {
    FORM_LOCK = 1u << 0,        /* LOCK is legal with a memory destination */
    FORM_I64 = 1u << 1,         /* #UD in 64-bit mode */
    FORM_O64 = 1u << 2,         /* only in 64-bit mode */
    FORM_D64 = 1u << 3,         /* operand size defaults to 8 in 64-bit mode */
    FORM_F64 = 1u << 4,         /* operand size is 8 in 64-bit mode */
    FORM_END = 1u << 5,         /* ends its block */
    FORM_CPL0 = 1u << 6,        /* #GP(0) unless CPL is 0 */
    FORM_ALIGN = 1u << 7,       /* 16-byte alignment of the memory operand is enforced */
    FORM_X87 = 1u << 8, FORM_MMX = 1u << 9, FORM_SSE = 1u << 10,
    FORM_FP = 1u << 11,         /* uses MXCSR */
    FORM_CC = 1u << 12,         /* the low 4 opcode bits are a condition (insn.ext) */
    FORM_PM = 1u << 13,         /* #UD in real and virtual-8086 mode */
    FORM_BRANCH = 1u << 14,     /* changes rip other than to the next instruction */
    FORM_NOFUZZ = 1u << 15,     /* not for the comparison with the host: system, time, control transfer */
    FORM_REP = 1u << 16,        /* F3/F2 repeat it */
    FORM_WAIT = 1u << 17,       /* x87: does not check for a pending #MF first ("no wait") */
    FORM_STACK = 1u << 19,      /* accesses the stack by itself (I_STACK) */
    FORM_NOSTEP = 1u << 18,     /* no single-step trap after it: INT n and its kin */
};

/* CPUID words a form may depend on (attr cpuid=): index of the feature in the generated table. */
enum feature {
    FEATURE_NONE, FEATURE_fpu, FEATURE_tsc, FEATURE_msr, FEATURE_cx8, FEATURE_sep, FEATURE_cmov,
    FEATURE_clflush, FEATURE_mmx, FEATURE_fxsr, FEATURE_sse, FEATURE_sse2, FEATURE_sse3, FEATURE_pclmul,
    FEATURE_monitor, FEATURE_ssse3, FEATURE_cx16, FEATURE_sse41, FEATURE_sse42, FEATURE_movbe, FEATURE_popcnt,
    FEATURE_aes, FEATURE_xsave, FEATURE_rdrand, FEATURE_fsgsbase, FEATURE_bmi1, FEATURE_rdseed, FEATURE_adx,
    FEATURE_smap, FEATURE_clflushopt, FEATURE_clwb, FEATURE_sha, FEATURE_rdpid, FEATURE_invpcid,
    FEATURE_syscall, FEATURE_rdtscp, FEATURE_lahf, FEATURE_abm, FEATURE_sse4a, FEATURE_prefetchw, FEATURE_svm,
    FEATURE_fxsr_opt, FEATURE_mmxext, FEATURE_3dnow, FEATURE_lm, FEATURE_nx,
};

enum { FORM_PP_ANY = 0xff, FORM_PP_NONE = 0, FORM_PP_66 = 1, FORM_PP_F3 = 2, FORM_PP_F2 = 3 };
enum { FORM_MOD_ANY, FORM_MOD_MEM, FORM_MOD_REG };
enum { FORM_REG_ANY = 0xff };

struct form {
    const char *name;           /* as in the table */
    insn_fn *fn;                /* shape op */
    int (*bind)(struct env *e, struct insn *i, const uint8_t *bytes);   /* shape bind */
    insn_fn *const *fns;        /* other shapes */
    uint32_t attrs;
    uint16_t op;                /* enum op */
    uint8_t shape, feature;
    uint8_t map, opcode;        /* of the first of its opcodes */
    uint8_t pp, reg, mod;       /* constraints */
    uint8_t fixed;              /* whole modrm byte; 0: none (C0 and above are the only ones in use) */
    uint8_t opnd[4];
    uint8_t fr, fw, fu;         /* arithmetic flags read, written, undefined: see FORM_FLAG_* */
    uint8_t osz;                /* insn.osz: 1, 2, 4, 8; 0: by prefixes; 0x80: 4 or 8 by REX.W; 0x40: 2 or 4 */
};

enum { FORM_FLAG_C = 1, FORM_FLAG_P = 2, FORM_FLAG_A = 4, FORM_FLAG_Z = 8, FORM_FLAG_S = 16, FORM_FLAG_O = 32 };

extern const struct form forms[];
extern const unsigned n_forms;
extern const char *const op_names[];

/* Candidates of an opcode, by modrm.reg (always 0 for opcodes without a modrm byte). */
struct form_slot { uint16_t first, count; };
extern const struct form_slot form_index[4][256][8];
extern const uint16_t form_list[];
extern const uint8_t form_modrm[4][32];     /* bit: the opcode has a modrm byte */

/* Chooses i->fn for a decoded instruction in e's mode.  0, or -EINVAL: bind op_ud. */
int form_bind(struct env *e, struct insn *i, const uint8_t *bytes);
