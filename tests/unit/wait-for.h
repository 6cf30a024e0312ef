/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <sched.h>

/* For others, who need the processor to get there; the test's time limit ends what never happens. */
#define WAIT_FOR(condition) do sched_yield(); while (!(condition))
