/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The instruction decoder: a pure function of bytes and mode over the tables of cpu/x86*.tbl
 *
 * Intel SDM volume 2, chapter 2 and appendix A.  It knows nothing of what an instruction does.
 */

#include "accel/soft/insn.h"

#include <stdint.h>

/*
 * Decodes one instruction at bytes[0..avail) into i, everything but i->fn.  key: the bits of
 * env->key that say the mode (KEY_CS32, KEY_CS64, KEY_VM86, KEY_PE, KEY_FLAT_*).  pc: its rip.
 * 0; -ENODATA: more bytes are needed; -EINVAL: #UD; -E2BIG: longer than 15 bytes, #GP(0).
 * i is undefined on failure, apart from pc.
 */
int decode_insn(const uint8_t *bytes, unsigned avail, uint32_t key, uint64_t pc, struct insn *i);
