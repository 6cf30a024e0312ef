/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Delivery of exceptions and interrupts
 *
 * soft_raise() and soft_leave() are declared in env.h.  The functions here are for the run loop, between
 * instructions; on return (or after an unwinding, if the delivery itself faulted) e->pc is the handler.
 */

#include "accel/soft/env.h"

enum exc_kind {
    EXC_FAULT,                  /* raised by an instruction or a delivery */
    EXC_SOFT,                   /* INT n, INT3, INTO: the gate's DPL is checked */
    EXC_ICEBP,                  /* INT1 */
    EXC_EXTERNAL,               /* interrupts and NMI */
};

/* An external interrupt; the caller has checked IF and the shadow. */
void exc_interrupt(struct env *e, uint8_t vector);
/* An NMI; masks further ones until IRET.  The caller has checked nmi_masked. */
void exc_nmi(struct env *e);
/*
 * Delivers vector; error: -1 for none.  ret is the return address in the frame; e->pc, on entry, is that of the
 * instruction, for faults of the delivery itself: the two differ for INT n and traps.
 */
void exc_deliver(struct env *e, const struct insn *i, unsigned vector, int error, enum exc_kind kind, uint64_t ret);
