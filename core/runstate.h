/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Run states and their legal transitions (names as in QMP's RunState)
 *
 * Home loop only.  A transition that the table does not list is refused, never taken silently.
 */

#include <stdbool.h>

enum run_state {
    RUN_DEBUG, RUN_INMIGRATE, RUN_INTERNAL_ERROR, RUN_IO_ERROR, RUN_PAUSED, RUN_POSTMIGRATE, RUN_PRELAUNCH,
    RUN_FINISH_MIGRATE, RUN_RESTORE_VM, RUN_RUNNING, RUN_SAVE_VM, RUN_SHUTDOWN, RUN_SUSPENDED, RUN_WATCHDOG,
    RUN_GUEST_PANICKED, RUN_COLO, RUN_STATES,
};

const char *run_state_name(enum run_state s);
bool run_state_legal(enum run_state from, enum run_state to);
