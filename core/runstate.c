/* SPDX-License-Identifier: Apache-2.0 */
#include "core/runstate.h"

/*
 * Run states (see runstate.h)
 *
 * The table follows what QMP clients of the reference observe; from every state that stands the
 * machine may go on, be paused, or shut down, and an incoming machine only ends or starts.
 */

#include <stdint.h>

static const char *const names[RUN_STATES] = {
    [RUN_DEBUG] = "debug", [RUN_INMIGRATE] = "inmigrate", [RUN_INTERNAL_ERROR] = "internal-error",
    [RUN_IO_ERROR] = "io-error", [RUN_PAUSED] = "paused", [RUN_POSTMIGRATE] = "postmigrate",
    [RUN_PRELAUNCH] = "prelaunch", [RUN_FINISH_MIGRATE] = "finish-migrate", [RUN_RESTORE_VM] = "restore-vm",
    [RUN_RUNNING] = "running", [RUN_SAVE_VM] = "save-vm", [RUN_SHUTDOWN] = "shutdown",
    [RUN_SUSPENDED] = "suspended", [RUN_WATCHDOG] = "watchdog", [RUN_GUEST_PANICKED] = "guest-panicked",
    [RUN_COLO] = "colo",
};

#define S(state) (1u << RUN_##state)
enum { STANDS = S(RUNNING) | S(PAUSED) | S(PRELAUNCH) | S(FINISH_MIGRATE) | S(SHUTDOWN) };

static const uint32_t legal[RUN_STATES] = {
    [RUN_DEBUG] = S(RUNNING) | S(FINISH_MIGRATE) | S(PRELAUNCH) | S(SUSPENDED),
    [RUN_INMIGRATE] = STANDS | S(INTERNAL_ERROR) | S(IO_ERROR) | S(SUSPENDED) | S(WATCHDOG) | S(GUEST_PANICKED) |
                      S(POSTMIGRATE),
    [RUN_INTERNAL_ERROR] = S(PAUSED) | S(FINISH_MIGRATE) | S(PRELAUNCH) | S(RUNNING),
    [RUN_IO_ERROR] = S(RUNNING) | S(FINISH_MIGRATE) | S(PRELAUNCH) | S(PAUSED),
    [RUN_PAUSED] = STANDS | S(POSTMIGRATE) | S(RESTORE_VM) | S(SAVE_VM) | S(SUSPENDED),
    [RUN_POSTMIGRATE] = S(RUNNING) | S(FINISH_MIGRATE) | S(PRELAUNCH) | S(PAUSED),
    [RUN_PRELAUNCH] = STANDS | S(INMIGRATE) | S(RESTORE_VM) | S(SAVE_VM) | S(SUSPENDED),
    [RUN_FINISH_MIGRATE] = S(RUNNING) | S(PAUSED) | S(POSTMIGRATE) | S(PRELAUNCH),
    [RUN_RESTORE_VM] = S(RUNNING) | S(PRELAUNCH) | S(PAUSED),
    [RUN_RUNNING] = S(DEBUG) | S(INTERNAL_ERROR) | S(IO_ERROR) | S(PAUSED) | S(FINISH_MIGRATE) | S(RESTORE_VM) |
                    S(SAVE_VM) | S(SHUTDOWN) | S(WATCHDOG) | S(GUEST_PANICKED) | S(SUSPENDED),
    [RUN_SAVE_VM] = S(RUNNING) | S(PAUSED) | S(PRELAUNCH),
    [RUN_SHUTDOWN] = S(PAUSED) | S(FINISH_MIGRATE) | S(PRELAUNCH) | S(RUNNING),
    [RUN_SUSPENDED] = S(RUNNING) | S(FINISH_MIGRATE) | S(PRELAUNCH) | S(PAUSED) | S(SHUTDOWN),
    [RUN_WATCHDOG] = S(RUNNING) | S(FINISH_MIGRATE) | S(PRELAUNCH) | S(PAUSED),
    [RUN_GUEST_PANICKED] = S(RUNNING) | S(FINISH_MIGRATE) | S(PRELAUNCH) | S(PAUSED) | S(SHUTDOWN),
};

const char *run_state_name(enum run_state s)
{
    return names[s];
}

bool run_state_legal(enum run_state from, enum run_state to)
{
    return legal[from] >> to & 1;
}
