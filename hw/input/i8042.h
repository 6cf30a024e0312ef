/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Keyboard controller: what the board wires
 */

#include "core/irq.h"

struct device;

/* Before realize: where its A20 output ends; NULL: nowhere. */
void i8042_set_a20(struct device *dev, const struct irq_sink *a20);
/* The mouse on its second port, for vmmouse, which shares the chipset's lock with both. */
struct device *i8042_mouse(struct device *dev);
