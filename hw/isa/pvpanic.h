/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * pvpanic: what its two bindings (ISA port, PCI function) share
 */

#include "core/device.h"

enum { PVPANIC_PANICKED = 1 << 0, PVPANIC_CRASH_LOADED = 1 << 1 };

/* The guest wrote val; offered: what it was told that the host understands. */
void pvpanic_event(struct device *dev, uint8_t offered, uint8_t val);
