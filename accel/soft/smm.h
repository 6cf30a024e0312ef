/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * System management mode: entry by an SMI (RSM is an instruction, sysops.h)
 */

struct env;

/* Takes a pending SMI between instructions; the caller has checked that the vCPU is not in SMM already. */
void smm_enter(struct env *e);
