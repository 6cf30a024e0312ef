/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What a monitor says about itself: E-EDID, with a CTA-861 extension, and DisplayID for large pictures. */

#include <stdint.h>

enum { EDID_BLOCK = 128, EDID_BYTES = 3 * EDID_BLOCK };

struct edid_config {
    uint32_t xres, yres;                /* the preferred mode */
    uint32_t xmax, ymax;                /* larger modes are not offered; 0: all are */
    uint32_t refresh_mhz;               /* thousandths of a hertz; 0: 75 Hz */
};

/* All of it; blocks that the first one does not count are zero. */
void edid_build(const struct edid_config *cfg, uint8_t edid[EDID_BYTES]);
