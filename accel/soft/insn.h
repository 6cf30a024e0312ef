/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A decoded guest instruction, and the contract of the functions that execute one
 *
 * The block builder decodes guest bytes into arrays of struct insn and binds each to the function
 * of its operation, operand shape and size.  Nothing is decoded while a block runs.
 *
 * An insn_fn performs one guest instruction and returns what comes next: i + 1, or the first
 * instruction of a linked block, or NULL to leave for the dispatcher (env->pc is then up to date).
 * It is precise: until its last possible fault it has changed no guest register, flag or memory
 * that the architecture does not allow it to have changed.  A fault does not return: soft_raise()
 * unwinds to the dispatcher with env->pc at the faulting instruction.
 */

#include <stdint.h>

struct env;
struct insn;
typedef const struct insn *insn_fn(struct env *e, const struct insn *i);

enum { REG_NONE = 16 };         /* as base or index: reads as zero (env->r[16]) */
enum { SEGBASE_NONE = 6 };      /* as seg: base zero (env->seg_base[6]) */

/* Bits of insn.flags */
enum {
    I_LOCK = 1 << 0, I_REP = 1 << 1 /* f3 */, I_REPNE = 1 << 2 /* f2 */, I_OPSIZE = 1 << 3 /* 66 */,
    I_REXW = 1 << 4,
    I_MEM = 1 << 5,             /* the modrm operand is in memory */
    I_SEGCHECK = 1 << 6,        /* the segment is not flat: limit and rights are checked per access */
    I_SEGPFX = 1 << 7,          /* had a segment override */
    I_STACK = 1 << 9,           /* accesses the stack besides or instead of its operand (PUSH, CALL ...) */
    I_ALIGN16 = 1 << 8,         /* a misaligned 16-byte memory operand is #GP(0) */
};

struct insn {
    insn_fn *fn;
    uint64_t pc;                /* rip of this instruction (offset in CS), its linear address minus CS.base */
    uint64_t imm;               /* immediate, sign-extended as the form says; or the target rip of a direct branch */
    uint64_t disp;              /* displacement, sign-extended; rip-relative forms: the next rip is added already */
    uint64_t ea_mask;           /* 16, 32 or 64 ones: the address size */
    uint8_t base, index, scale; /* register numbers, or REG_NONE; scale is a shift count */
    uint8_t seg;     /* enum x86_sreg as env->seg_base is indexed; SEGBASE_NONE where 64-bit mode ignores it */
    uint8_t reg, rm; /* register numbers of modrm.reg and modrm.rm with REX applied (rm also of opcode+r forms) */
    uint8_t r0, r1;  /* byte offsets into env->r of the register operands (AH is 1, ECX is 8): what shapes use */
    uint8_t len;                /* bytes, 1 to 15 */
    uint8_t osz, asz;           /* operand and address size in bytes: 1, 2, 4, 8 */
    uint8_t map;                /* 0: one-byte opcodes, 1: 0f, 2: 0f38, 3: 0f3a */
    uint8_t opcode, modrm;
    uint16_t op;                /* enum op, from the table */
    uint16_t flags;
    uint16_t form;              /* index of the table line */
    uint8_t ext;                /* free for the operation (condition code, thunk shape ...) */
    uint8_t spare;
};
_Static_assert(sizeof(struct insn) == 64 + 0, "a decoded instruction fills one cache line");

static inline uint64_t insn_next_pc(const struct insn *i)
{
    return i->pc + i->len;      /* callers outside 64-bit mode mask with env->ip_mask */
}
