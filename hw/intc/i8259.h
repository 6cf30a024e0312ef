/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* The two 8259A of a PC, for boards and the GSI router.  Home loop. */

#include "core/device.h"

struct i8259_pair { struct device *master, *slave; };

/* Makes and realizes both, wired as in a PC: slave on IR2 of the master, INT of the master to the
 * local APICs, ports 0x20, 0xa0, 0x4d0 and 0x4d1.  They are freed with the machine. */
int i8259_new_pair(struct machine *m, struct i8259_pair *pair, struct error **err);
/* Its inputs, lines 0 to 7. */
const struct irq_sink *i8259_sink(struct device *dev);
/* The INTA cycles of a processor: a vector.  On its thread, inside no device. */
int i8259_ack(struct device *master);
