/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What the PIT asks of the HPET.  Home loop. */

#include "core/device.h"

/* The line that goes high while the HPET stands in for the PIT; NULL unwires it.  No HPET: nothing happens. */
void hpet_wire_pit(struct machine *m, const struct irq_sink *pit);
