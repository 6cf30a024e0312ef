/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Declarations of the integer operations that the opcode table names
 *
 * op_NAME are of shape op, bind_NAME of shape bind; the table's generated source is their only user.
 */

#include "accel/soft/insn.h"

/* Data movement */
insn_fn op_xchg, op_pause, op_xadd, op_cmpxchg, op_pushm, op_popm, op_pusha, op_popa, op_cbw, op_cwd, op_movbe,
    op_movbest;
int bind_xchgax(struct env *e, struct insn *i, const uint8_t *bytes);
int bind_bswap(struct env *e, struct insn *i, const uint8_t *bytes);
int bind_cmpxchg8b(struct env *e, struct insn *i, const uint8_t *bytes);
int bind_push(struct env *e, struct insn *i, const uint8_t *bytes);
int bind_pop(struct env *e, struct insn *i, const uint8_t *bytes);
int bind_pushi(struct env *e, struct insn *i, const uint8_t *bytes);

/* Binary and decimal arithmetic */
insn_fn op_imul3, op_mul, op_imul1, op_div, op_idiv, op_daa, op_das, op_aaa, op_aas, op_aam, op_aad;

/* Shift, bit, byte */
insn_fn op_shld, op_shrd, op_crc32b, op_crc32v;
int bind_tzcnt(struct env *e, struct insn *i, const uint8_t *bytes);
int bind_lzcnt(struct env *e, struct insn *i, const uint8_t *bytes);

/* Near control transfer */
insn_fn op_jmp, op_loop, op_loope, op_loopne, op_jcxz, op_enter, op_bound;
int bind_jmpi(struct env *e, struct insn *i, const uint8_t *bytes);
int bind_call(struct env *e, struct insn *i, const uint8_t *bytes);
int bind_calli(struct env *e, struct insn *i, const uint8_t *bytes);
int bind_ret(struct env *e, struct insn *i, const uint8_t *bytes);
int bind_reti(struct env *e, struct insn *i, const uint8_t *bytes);
int bind_leave(struct env *e, struct insn *i, const uint8_t *bytes);

/* String */
insn_fn op_cmps, op_lods, op_scas;
int bind_movs(struct env *e, struct insn *i, const uint8_t *bytes);
int bind_stos(struct env *e, struct insn *i, const uint8_t *bytes);

/* Flag control and miscellaneous */
insn_fn op_cmc, op_clc, op_stc, op_cld, op_std, op_pushf, op_popf, op_xlat, op_salc, op_ud, op_ud0, op_ud1, op_ud2,
    op_cpuid,
    op_rdtsc, op_rdtscp, op_nop, op_lfence, op_mfence, op_sfence, op_gp0;
int bind_sahf(struct env *e, struct insn *i, const uint8_t *bytes);
int bind_lahf(struct env *e, struct insn *i, const uint8_t *bytes);
int bind_lea(struct env *e, struct insn *i, const uint8_t *bytes);
