/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What -cpu switches that is no feature bit (switch.c).  No state, any thread. */

#include "cpu/model.h"

#include <stddef.h>

struct cpu_switch {
    const char *name;           /* the reference's property */
    size_t at;                  /* in struct cpu_switches; SWITCH_FIXED: it only can be `value` here */
    bool value;
};
enum { SWITCH_FIXED = 0xffff };
extern const struct cpu_switch cpu_switches[];          /* ends in a line without a name */

bool cpu_switch_get(const struct cpu_config *c, const struct cpu_switch *s);
/* False: it cannot be that here. */
bool cpu_switch_set(struct cpu_config *c, const struct cpu_switch *s, bool on);
