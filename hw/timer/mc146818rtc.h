/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* The real-time clock's battery-backed memory, for boards.  Home loop. */

#include "core/device.h"

enum { CMOS_BYTES = 128, CMOS_TIME = 0x0e };

/* What the board writes into memory beyond the clock's registers (at >= CMOS_TIME); survives every reset. */
void rtc_cmos_set(struct device *rtc, unsigned at, uint8_t val);
/* The machine's; NULL: it has none. */
struct device *rtc_find(struct machine *m);
