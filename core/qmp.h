/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The machine for QMP: its events, from its observer to a sink (in place).  Home loop.
 */

#include "core/machine.h"

struct qapi_sink;

struct machine_qmp {
    struct qapi_sink *sink;
    struct machine *machine;
    struct machine_observer observer;
};

void machine_qmp_init(struct machine_qmp *q, struct machine *m, struct qapi_sink *sink);
void machine_qmp_fini(struct machine_qmp *q);
