/* SPDX-License-Identifier: Apache-2.0 */
#include "firmware/option-rom.h"

/* The table of our option ROMs, which rom.py made and embedded. */

#include <string.h>

extern const uint8_t firmware_linuxboot[], firmware_linuxboot_end[];
extern const uint8_t firmware_multiboot[], firmware_multiboot_end[];
extern const uint8_t firmware_pvh[], firmware_pvh_end[];

static const struct option_rom roms[] = {
    { "linuxboot_dma.bin", firmware_linuxboot, firmware_linuxboot_end },
    { "multiboot_dma.bin", firmware_multiboot, firmware_multiboot_end },
    { "pvh.bin", firmware_pvh, firmware_pvh_end },
};

const struct option_rom *option_rom_find(const char *name)
{
    for (unsigned i = 0; i < sizeof(roms) / sizeof(roms[0]); i++)
        if (!strcmp(roms[i].name, name))
            return &roms[i];
    return NULL;
}
