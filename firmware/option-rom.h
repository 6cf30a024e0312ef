/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Our own option ROMs: small programs that firmware finds in fw_cfg and runs
 *
 * They are part of this library, so there is no file to be found at run time.
 */

#include <stdint.h>

struct option_rom {
    const char *name;           /* of the file below genroms/ in fw_cfg */
    const uint8_t *bytes, *end;
};

/* NULL: no such ROM. */
const struct option_rom *option_rom_find(const char *name);
