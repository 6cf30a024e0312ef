/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The notes of a dump: what stood in each CPU
 *
 * For every CPU an NT_PRSTATUS note as Linux writes it into core files (elf_prstatus), then for every CPU a note "QEMU"
 * with what that has no room for: segments, control registers.  Layout of the second: seen in the reference's dumps.
 */

#include <stdbool.h>
#include <stdint.h>

struct _GByteArray;
struct x86_state;

/* wide: elf_prstatus of x86-64, else of i386.  pid: the CPU's index + 1. */
void note_prstatus(struct _GByteArray *out, const struct x86_state *st, unsigned pid, bool wide);
void note_qemu(struct _GByteArray *out, const struct x86_state *st);
