/* SPDX-License-Identifier: Apache-2.0 */
#include "main/options.h"

/* -option-rom: images for the firmware to run */

#include "lib/error.h"
#include "main/keyval.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

int option_option_rom(struct config *c, const char *value, struct error **err)
{
    struct rom_config *rom = &c->roms[c->board.n_roms];
    unsigned index = UINT_MAX;
    struct keyval kv;
    const char *path;
    int r = keyval_parse(&kv, "-option-rom", value, "romfile", err);

    if (r < 0)
        return r;
    path = keyval_take(&kv, "romfile");
    r = keyval_number(&kv, "bootindex", 0, INT_MAX, &index, err);
    if (!r)
        r = keyval_end(&kv, "romfile, bootindex", err);
    if (!r && (!path || !*path))
        r = error_set(err, -EINVAL, ERROR_SYNTAX, "-option-rom", value, "FILE[,bootindex=N]");
    if (!r && c->board.n_roms == CONFIG_ROMS)
        r = error_set(err, -E2BIG, ERROR_RANGE, "-option-rom", value, T("at most %d of them", CONFIG_ROMS));
    if (!r) {
        *rom = (struct rom_config){ .path = strdup(path), .index = index == UINT_MAX ? -1 : (int32_t)index };
        assert(rom->path);
        c->board.roms = c->roms;
        c->board.n_roms++;
    }
    keyval_fini(&kv);
    return r;
}

void config_roms_fini(struct config *c)
{
    for (unsigned i = 0; i < c->board.n_roms; i++)
        free(c->roms[i].path);
    c->board.n_roms = 0;
}
