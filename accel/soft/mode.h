/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Processor modes: what follows from control registers and segments, reset, and the state in and out
 *
 * All of it on the vCPU's own thread, or while the vCPU is stopped.
 */

#include "accel/soft/env.h"

enum soft_mode { MODE_REAL, MODE_VM86, MODE_PROT, MODE_LONG };      /* LONG: EFER.LMA, compatibility mode too */

static inline enum soft_mode soft_mode(const struct env *e)
{
    if (!(e->x.cr0 & CR0_PE))
        return MODE_REAL;
    if (e->x.efer & EFER_LMA)
        return MODE_LONG;
    return e->eflags & FLAG_VM ? MODE_VM86 : MODE_PROT;
}

/* The architectural state as a whole; put makes the caches (modes, TLBs) follow. */
void soft_state_get(const struct env *e, struct x86_state *st);
void soft_state_put(struct env *e, const struct x86_state *st);

/* RESET: SDM volume 3, table 9-1.  INIT keeps what the table says.  The bus is bound. */
void soft_reset(struct env *e);
void soft_init_signal(struct env *e);
/* A start-up IPI: only a vCPU that waits for it (x.wait_sipi) starts; at vector << 12. */
void soft_sipi(struct env *e, uint8_t vector);
