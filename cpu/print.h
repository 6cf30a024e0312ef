/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* The registers of a CPU as text, in the layout of the reference's `info registers`. */

#include "cpu/state.h"

#include <stdbool.h>

void x86_state_print(const struct x86_state *st, bool halted, void (*out)(void *opaque, const char *line),
                     void *opaque);
