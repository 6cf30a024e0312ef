/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A machine as a debugger's target: private to gdb/
 */

#include "gdb/gdb.h"
#include "gdb/target.h"

struct gdb_machine {
    struct gdb_target target;
    struct gdb_config cfg;
};

/* In place; cfg->machine has vCPUs by now. */
void gdb_machine_init(struct gdb_machine *g, const struct gdb_config *cfg);
/* What the state in which the machine stands is to a debugger. */
enum gdb_signal gdb_machine_signal(const struct machine *m);
