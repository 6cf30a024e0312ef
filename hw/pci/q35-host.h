/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Q35 host bridge and memory controller hub: what the board wires beyond host.h
 */

#include "hw/pci/host.h"

/* What the MCH shows where PCIEXBAR says. */
struct region *q35_host_ecam(struct device *host);
/* After the host: the function 00.0 that switches its windows. */
void mch_set_host(struct device *mch, struct device *host);
