/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The system firmware of a PC: where its ROM lies.  Home loop.
 */

#include "core/memory.h"

struct machine;

struct firmware {
    struct ram_block *bios_block, *rom_block;
    struct region bios, isa_bios, rom;
    uint64_t bytes;             /* of the image; 0: none */
};

/* Maps the image `name` (-bios; NULL: SeaBIOS) into the PCI address space.  The blocks are the machine's. */
int firmware_map(struct firmware *f, struct machine *m, struct region *pci, const char *name, struct error **err);
void firmware_unmap(struct firmware *f, struct machine *m);
