/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * 8253/8254 interval timer: for port 61h, which shares its lock (LOCKING_CHIPSET), and the HPET
 */

#include "core/device.h"

enum { PIT_HZ = 1193182 };

/* Inside an entry of a device with LOCKING_CHIPSET. */
bool i8254_out(struct device *pit, unsigned channel);
bool i8254_gate(struct device *pit, unsigned channel);
void i8254_set_gate(struct device *pit, unsigned channel, bool gate);
/* The machine's; NULL: it has none.  Home loop. */
struct device *i8254_find(struct machine *m);
/* The type that boards make: the accelerator may keep the timer itself. */
const char *i8254_type_name(const struct machine *m);
