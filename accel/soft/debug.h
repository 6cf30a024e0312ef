/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Debug registers and the #DB conditions: single step, instruction and data breakpoints
 *
 * The run loop calls before and after around a one-instruction block whose key has KEY_TF or KEY_SINGLE.
 * Reference: SDM volume 3, chapter 18.2 and 18.3.
 */

#include "accel/soft/env.h"

enum { DR6_BS = 1 << 14, DR6_BD = 1 << 13, DR6_FIXED = 0xffff0ff0u, DR7_FIXED = 0x400, DR7_GD = 1 << 13 };

/* KEY_SINGLE: does DR7 enable any instruction or data breakpoint, or does a debugger want an instruction alone? */
static inline bool debug_active(const struct env *e)
{
    return (e->x.dr[7] & 0xff) != 0 || e->debugger.step || e->debugger.again;
}

/* The instruction at e->pc is about to run: raises the #DB of an instruction breakpoint (a fault). */
void debug_before(struct env *e);

/* It has run under `key`, e->pc is the next: raises the trap of TF and of data breakpoints. */
void debug_after(struct env *e, uint32_t key);

/* A data access of the current instruction: notes the breakpoints that it hits.  The access goes on. */
void debug_data(struct env *e, uint64_t lin, unsigned size, bool write);
/* The same for an I/O port (CR4.DE). */
void debug_io(struct env *e, uint16_t port, unsigned size);
