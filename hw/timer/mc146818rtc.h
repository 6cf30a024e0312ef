/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* The real-time clock's battery-backed memory, for boards.  Home loop. */

#include "core/device.h"

enum { CMOS_BYTES = 128 };

/* What the board writes into memory beyond the clock's registers (at >= 0eh); survives every reset. */
void rtc_cmos_set(struct device *rtc, unsigned at, uint8_t val);
