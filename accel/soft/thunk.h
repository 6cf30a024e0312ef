/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Native thunks: one guest instruction, re-encoded for fixed host registers and callable from C
 *
 * x87, MMX and SSE results (rounding, NaNs, MXCSR flags, table approximations) are the host's own,
 * so they are exact.  A thunk never sees a guest address: its memory operand is a buffer of ours.
 * Thunks are deduplicated by their bytes.  Those bytes have fixed registers, no displacement and no
 * prefix that does not matter, so a pool is bounded whatever the guest does; thunk_get() counts on
 * it, and answers NULL when it was wrong.
 *
 * Registers inside a thunk: rdi dst, rsi src, rdx (moved to r8) args.  The operands are xmm0/xmm1,
 * mm0/mm1, rax, or memory at [rsi].
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct thunk_pool;

enum thunk_file { TH_NONE, TH_XMM, TH_MMX, TH_GPR, TH_MEM };

enum {
    TH_FP = 1 << 0,             /* runs under args.mxcsr and leaves MXCSR there; the host's is put back */
    TH_FLAGS = 1 << 1,          /* leaves RFLAGS in args.flags */
    TH_RM_DST = 1 << 2,         /* modrm.rm is the destination, modrm.reg the source */
    TH_IMPLICIT0 = 1 << 3,      /* xmm0 is a third operand, from args.implicit */
    TH_STRING = 1 << 4,         /* PCMPxSTRx: rax and rdx from args, rcx to args.gpr, xmm0 to *dst */
    TH_GROUP = 1 << 5,          /* modrm.reg is `ext`, modrm.rm the destination */
};

/* What to emit.  prefix: 0, 0x66, 0xf3 or 0xf2.  map: 1 to 3, as in struct insn.  imm: -1 for none. */
struct thunk_spec {
    uint8_t prefix, map, opcode, ext;
    uint8_t dst, src;           /* enum thunk_file */
    uint8_t flags;
    bool rexw;
    int imm;
};

struct thunk_args {
    uint64_t gpr, gpr2, flags;
    uint32_t mxcsr, host_mxcsr;
    uint8_t implicit[16] __attribute__((aligned(16)));
};

/* dst and src: 16-byte aligned buffers (8 bytes are enough for MMX); args may be NULL where no flag
 * and no GPR asks for it.  Any thread. */
typedef void thunk_fn(void *dst, const void *src, struct thunk_args *args);

/*
 * x87: `in` is an FXSAVE image (16-byte aligned, MXCSR valid), `out` receives the image after the
 * instruction, `mem` is its memory operand (up to 108 bytes), `flags` holds RFLAGS in and out.
 * Exceptions stay pending in the image, whatever is unmasked: no signal.  The host's x87 is reset.
 */
typedef void thunk_x87_fn(const void *in, void *mem, void *out, uint64_t *flags);

/* NULL and errno when there is no executable memory to be had. */
struct thunk_pool *thunk_pool_new(void);
void thunk_pool_free(struct thunk_pool *pool);                  /* NULL is fine; nobody may be inside a thunk */

/* Executable code of these bytes, from the pool; NULL: the pool is full.  Any thread. */
const void *thunk_get(struct thunk_pool *pool, const uint8_t *code, unsigned len);
unsigned thunk_pool_count(const struct thunk_pool *pool);

thunk_fn *thunk_simd(struct thunk_pool *pool, const struct thunk_spec *spec);
/* opcode 0xd8 to 0xdf; a modrm byte with mod < 3 means memory, whatever its rm; opsize: with prefix 66. */
thunk_x87_fn *thunk_x87(struct thunk_pool *pool, uint8_t opcode, uint8_t modrm, bool opsize);
