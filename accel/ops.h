/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Accelerators, seen by those who write one
 *
 * An implementation registers a constant struct accel_ops through a linker section.  It embeds
 * struct accel at the start of what hangs from the machine.  core/vcpu.c calls these through
 * machine->accel; all vCPU functions run on the vCPU's own thread or while it is parked.
 */

#include "core/accel.h"
