/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* The real-time clock: its battery-backed memory, for boards, and what QMP asks of it.  Home loop. */

#include "core/device.h"

enum { CMOS_BYTES = 128 };

/* What the board writes into memory beyond the clock's registers (at >= 0eh); survives every reset. */
void rtc_cmos_set(struct device *rtc, unsigned at, uint8_t val);
/* Periodic interrupts that guests of this machine are still owed are not given any more. */
void rtc_owed_forget(struct machine *m);
