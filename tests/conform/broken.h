/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Test devices, each broken in one way that the suite must name; none is registered. */

#include "core/device.h"

struct broken {
    const struct device_type *type;
    const char *says;           /* how its first finding begins */
    unsigned findings;          /* how many it has; 0: as it happens */
};
extern const struct broken broken_types[];      /* ends in {} */
