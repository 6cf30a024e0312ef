/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Exclusive sections: one thread runs while no vCPU executes guest code
 *
 * For what one host instruction cannot do atomically (a LOCKed access across pages), and for changes
 * that a running vCPU must not meet half done (the block arena, write TLB entries of a new code page, the
 * memory map).  A vCPU is outside of guest code when its epoch is even (it is in the dispatcher or
 * further out, and holds no block) or while `paused` is set (in the middle of an instruction that
 * waits: it holds struct insn pointers, but no host pointers to guest memory).  Design section 15.
 *
 * Invariant: while `active`, every vCPU but the owner is outside, and none enters.
 */

#include <stdbool.h>

struct env;
struct exclusive;               /* opaque; s->exclusive */
struct soft;

struct exclusive *soft_exclusive_new(void);     /* NULL: no memory */
void soft_exclusive_free(struct exclusive *x);

/*
 * Any thread; e is the calling thread's vCPU, or NULL with s given.  begin waits until all others are
 * outside; threads that want it at once take turns.  A section that a fault unwinds out of is ended by
 * soft_raise() and soft_leave().  The caller holds no lock that a vCPU may wait for in guest code.
 */
void soft_exclusive_begin(struct env *e);
void soft_exclusive_end(struct env *e);
void soft_exclusive_begin_foreign(struct soft *s);
void soft_exclusive_end_foreign(struct soft *s);

/* Inside a section: true if no other vCPU is in the middle of an instruction, so that memory of blocks
 * may be reused.  False: end the section, let the others finish, and begin again. */
bool soft_exclusive_quiet(struct soft *s, const struct env *self);

/* Run loop: into and out of guest code.  enter waits for a section of others to end. */
void soft_enter(struct env *e);
void soft_exit(struct env *e);

/* The dispatcher's answer to KICK_PARK: out, wait, in again. */
void soft_park(struct env *e);

/* Around something that may wait inside of an instruction (a bus access).  No host pointer to guest
 * memory is kept across it. */
void soft_pause(struct env *e);
void soft_resume(struct env *e);

/* For soft_raise() and soft_leave(): ends what this vCPU began. */
void soft_exclusive_abandon(struct env *e);
