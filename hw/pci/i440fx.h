/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * i440FX (82441FX, PMC): what the board wires beyond host.h, and the registers that firmware programs
 */

#include "hw/pci/host.h"

enum { I440FX_PAM0 = 0x59, I440FX_SMRAM = 0x72 };

/* Before realize of the function "i440FX", at 00.0: whose memory it switches. */
void i440fx_set_host(struct device *dev, struct device *host);
