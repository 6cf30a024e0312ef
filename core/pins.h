/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Pins of the processors that chips drive: SMI#, NMI, A20M#
 *
 * Any thread, inside a device or not; no lock is taken.  A vCPU that asks by a port access, as all of these are asked
 * for, has the effect before its next instruction; the others soon.
 */

#include <stdbool.h>

struct error;
struct machine;

/* To all processors, or to the one whose access this is (the first one, if it is nobody's). */
void machine_smi(struct machine *m, bool all);
/* A user's or a watchdog's, to all processors.  -ENOTSUP: none of them takes any. */
int machine_nmi(struct machine *m, struct error **err);

/* Who holds address line 20 up.  It is masked when nobody does any more; after a reset it is not masked until one of
 * these lines changes. */
enum a20_source { A20_KEYBOARD, A20_PORT92 };
void machine_set_a20(struct machine *m, enum a20_source source, bool level);
