/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Keyboard controller: what the board wires
 */

#include "core/irq.h"

struct device;

/* Before realize: where its A20 output ends; NULL: nowhere. */
void i8042_set_a20(struct device *dev, const struct irq_sink *a20);
/* While it exists: does something drive a mouse on its second port?  vmmouse asks for it. */
struct device *i8042_mouse(struct device *dev);
