/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What the block builder asks of the near branches: Jcc for flags of a known origin
 */

#include "accel/soft/flags.h"

#define EACH_COND(M, x) M(0, x) M(1, x) M(2, x) M(3, x) M(4, x) M(5, x) M(6, x) M(7, x) \
                        M(8, x) M(9, x) M(10, x) M(11, x) M(12, x) M(13, x) M(14, x) M(15, x)

/* A Jcc function that needs no switch, or NULL: the generic one it is. */
insn_fn *jcc_for_flags(enum cc_kind kind, unsigned size, unsigned cond);
