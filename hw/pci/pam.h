/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Programmable attribute maps: what the CPU finds at C0000h to FFFFFh, segment by segment
 *
 * Function 00.0 of a host bridge embeds it.  Its seven registers say for each of 13 segments whether
 * reads and writes go to RAM or to PCI.
 */

#include "core/device.h"

struct pci_host_memory;

enum { PAM_SEGMENTS = 13, PAM_REGISTERS = 7 };
enum pam_target { PAM_TO_PCI, PAM_TO_ROM, PAM_TO_RAM, PAM_TARGETS };

struct pam { struct region window[PAM_SEGMENTS][PAM_TARGETS]; };

/* Inside a transaction; every window begins switched off. */
void pam_init(struct pam *pam, const struct pci_host_memory *mem);
void pam_remove(struct pam *pam);       /* inside a transaction, too */
void pam_fini(struct pam *pam);
/* Inside an entry of dev: requests what the registers say. */
void pam_map(struct device *dev, struct pam *pam, const uint8_t registers[PAM_REGISTERS]);
