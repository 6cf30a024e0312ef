/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Q35 host bridge: what the board wires
 *
 * The board makes "q35-pcihost", gives it the memory that the PAM registers switch, realizes it and
 * then finds the root bus "pcie.0" on it.
 */

#include "hw/pci/pci.h"

struct q35_memory {
    struct region *system;      /* the root: windows appear here */
    struct region *ram;         /* RAM from address 0 */
    struct region *pci;         /* what lies below RAM: BARs, ROMs */
};

/* Before realize. */
void q35_host_set_memory(struct device *host, const struct q35_memory *mem);
struct pci_bus *q35_host_bus(struct device *host);
/* For the MCH: what it switches, and what it shows where PCIEXBAR says. */
const struct q35_memory *q35_host_memory(struct device *host);
struct region *q35_host_ecam(struct device *host);
/* After the host: the function 00.0 that switches its windows. */
void mch_set_host(struct device *mch, struct device *host);
