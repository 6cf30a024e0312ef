/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What a CPU has by name that is no feature bit and not in CPUID (switch.c).  No state, any thread. */

#include "cpu/model.h"

#include <stddef.h>

struct cpu_switch {
    const char *name;           /* the reference's property */
    size_t at;                  /* in struct cpu_switches; SWITCH_FIXED: it only can be `value` here */
    bool value;
};
enum { SWITCH_FIXED = 0xffff };
extern const struct cpu_switch cpu_switches[];          /* ends in a line without a name */

/* Numbers and texts that clients read and nobody changes here. */
struct cpu_constant {
    const char *name, *type;    /* type: as qom-list says it */
    const char *text;           /* of "str" and enums */
    uint64_t number;
};
extern const struct cpu_constant cpu_constants[];       /* ends in a line without a name */

bool cpu_switch_get(const struct cpu_config *c, const struct cpu_switch *s);
/* False: it cannot be that here. */
bool cpu_switch_set(struct cpu_config *c, const struct cpu_switch *s, bool on);
