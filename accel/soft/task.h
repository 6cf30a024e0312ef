/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Hardware task switching, SDM volume 3, chapter 7
 */

#include "accel/soft/seg.h"

enum task_how { TASK_JUMP, TASK_CALL, TASK_RETURN, TASK_EVENT };

/*
 * Switches to the task of the TSS selector sel, whose type and rights the caller has checked as far as they differ
 * (gate or direct); next_pc is saved as the outgoing EIP.  Faults are raised, in the old or the new task as
 * the SDM says.  ext: EXT bit of error codes.  Changes modes: the caller ends its block.
 */
void task_switch(struct env *e, const struct insn *i, uint16_t sel, enum task_how how, uint64_t next_pc, int ext);
