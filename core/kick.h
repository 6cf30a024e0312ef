/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Kick, halt and wake: how a vCPU thread sleeps without losing a wake-up
 *
 * One word per vCPU.  The owner halts; anybody kicks.  A kick before, during or after the owner's
 * decision to halt makes the halt return.  The steps are separate functions so that the test can
 * interleave them exhaustively.
 */

#include <stdbool.h>
#include <stdint.h>

enum kick_word { KICK_AWAKE, KICK_ASLEEP, KICK_KICKED };

struct kick { _Atomic uint32_t word; };

/* Any thread; wakes the owner if it sleeps.  Costs one exchange when it does not. */
void kick_set(struct kick *k);
/* Owner: sleeps until kicked, or returns at once if kicked since the last halt. */
void kick_halt(struct kick *k);

/* The steps. kick_try_sleep: false: there was a kick, now consumed.  kick_slept: true when the sleep may end. */
bool kick_try_sleep(struct kick *k);
bool kick_slept(struct kick *k);
bool kick_mark(struct kick *k);         /* true: the owner must be woken */
