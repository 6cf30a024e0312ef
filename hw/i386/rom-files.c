/* SPDX-License-Identifier: Apache-2.0 */
#include "hw/i386/rom-files.h"

/*
 * -option-rom (see rom-files.h)
 *
 * Firmware finds the images in fw_cfg, below genroms/, and runs them.  An image has to look like one: it begins with
 * 55h AAh and a length in units of 512 bytes that the file has; other images may follow, as in those of PCI cards.
 * Left out: checksums, since not all firmware wants one.
 * Reference: BIOS Boot Specification 1.01, 3.3.
 */

#include "core/datafile.h"
#include "hw/i386/board.h"
#include "lib/error.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROM_BYTES_MAX = 1 << 20, UNIT = 512 };

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? slash + 1 : path;
}

static int image_check(const char *path, const uint8_t *bytes, size_t size, struct error **err)
{
    if (size < UNIT || bytes[0] != 0x55 || bytes[1] != 0xaa)
        return error_set(err, -EINVAL, ERROR_SYNTAX, "-option-rom", path, "an option ROM, which begins with 55h AAh");
    if (!bytes[2] || (size_t)bytes[2] * UNIT > size)
        return error_set(err, -EINVAL, ERROR_RANGE, "-option-rom",
                         T("%s, which says that it has %u bytes", path, bytes[2] * UNIT),
                         T("%d to %zu bytes, as the file has", UNIT, size));
    return 0;
}

static int index_check(const struct board_config *cfg, unsigned n, struct error **err)
{
    int32_t index = cfg->roms[n].index;
    bool used = index == 0 && cfg->kernel && !cfg->direct_boot;

    for (unsigned i = 0; i < n; i++)
        used |= index >= 0 && cfg->roms[i].index == index;
    if (!used)
        return 0;
    return error_set(err, -EBUSY, ERROR_STATE, "-option-rom bootindex", T("%d", index),
                     "each number once; 0 is the kernel's, if there is one");
}

static int rom_file_add(struct machine *m, struct device *fw_cfg, const char *path, struct error **err)
{
    uint8_t *bytes;
    size_t size;
    int r = datafile_read(m, "-option-rom", path, ROM_BYTES_MAX, &bytes, &size, err);

    if (!r)
        r = image_check(path, bytes, size, err);
    if (!r)
        r = fw_cfg_add_file(fw_cfg, T("genroms/%s", base_name(path)), bytes, size, err);
    free(bytes);
    return r;
}

int rom_files_add(struct machine *m, struct device *fw_cfg, const struct board_config *cfg, struct error **err)
{
    int r = 0;

    for (unsigned i = 0; i < cfg->n_roms && !r; i++) {
        r = index_check(cfg, i, err);
        if (!r)
            r = rom_file_add(m, fw_cfg, cfg->roms[i].path, err);
    }
    return r;
}

/* The one that follows `after`; NULL: none. */
static const struct rom_config *next_rom(const struct board_config *cfg, int64_t after)
{
    const struct rom_config *best = NULL;

    for (unsigned i = 0; i < cfg->n_roms; i++)
        if (cfg->roms[i].index > after && (!best || cfg->roms[i].index < best->index))
            best = &cfg->roms[i];
    return best;
}

char *rom_boot_list(const struct board_config *cfg, const char *kernel)
{
    const struct rom_config *rom = next_rom(cfg, -1);
    char *list;
    size_t len;
    FILE *f;

    if (!rom && !kernel)
        return NULL;
    f = open_memstream(&list, &len);
    assert(f);
    fprintf(f, "%s", kernel ? kernel : "");
    for (; rom; rom = next_rom(cfg, rom->index))
        fprintf(f, "%s/rom@genroms/%s", ftell(f) ? "\n" : "", base_name(rom->path));
    fclose(f);
    return list;
}
