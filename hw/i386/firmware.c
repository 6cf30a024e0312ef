/* SPDX-License-Identifier: Apache-2.0 */
#include "hw/i386/firmware.h"

/*
 * The firmware's ROM (see firmware.h)
 *
 *     C0000-DFFFF  pc.rom: where firmware shadows option ROMs; empty until then
 *     E0000-FFFFF  isa-bios: the last 128 KiB of the image, or all of a smaller one
 *     up to 4 GiB  pc.bios: the whole image, whose last 16 bytes the reset vector points to
 *
 * What lies below 1 MiB is behind the host bridge's PAM windows.
 * Invariant: the image is a multiple of 64 KiB, at most 8 MiB; its RAM block changes at no time.
 */

#include "core/datafile.h"
#include "core/machine.h"
#include "lib/error.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define GIB (1ull << 30)
enum { UNIT = 64 << 10, MAX_BYTES = 8 << 20, ISA_BYTES = 128 << 10, MIB = 1 << 20, ROM_AT = 0xc0000 };

static int size_check(const char *name, size_t size, struct error **err)
{
    if (size % UNIT == 0)
        return 0;
    return error_set(err, -EINVAL, ERROR_RANGE, "-bios", T("%s of %zu bytes", name, size),
                     "a multiple of 65536, at most 8388608");
}

static void regions_add(struct firmware *f, struct region *pci)
{
    uint64_t isa = f->bytes < ISA_BYTES ? f->bytes : ISA_BYTES;

    region_init_rom(&f->bios, "pc.bios", f->bios_block, 0, f->bytes);
    region_init_alias(&f->isa_bios, "isa-bios", &f->bios, f->bytes - isa, isa);
    region_init_rom(&f->rom, "pc.rom", f->rom_block, 0, ISA_BYTES);
    region_add(pci, ROM_AT, &f->rom, 1);
    region_add(pci, MIB - isa, &f->isa_bios, 1);
    region_add(pci, 4 * GIB - f->bytes, &f->bios, 0);
}

int firmware_map(struct firmware *f, struct machine *m, struct region *pci, const char *name, struct error **err)
{
    uint8_t *image;
    size_t size;
    int r;

    if (!name)
        name = "bios-256k.bin";
    r = datafile_read(m, "-bios", name, MAX_BYTES, &image, &size, err);
    if (!r)
        r = size_check(name, size, err);
    if (!r)
        r = machine_ram_new(m, &(struct ram_config){ .name = "pc.bios", .size = size }, &f->bios_block, err);
    if (!r)
        r = machine_ram_new(m, &(struct ram_config){ .name = "pc.rom", .size = ISA_BYTES }, &f->rom_block, err);
    if (!r) {
        f->bytes = size;
        memcpy(f->bios_block->host, image, size);
        map_begin(&m->map);
        regions_add(f, pci);
        map_end(&m->map);
    }
    free(image);
    return r;
}

void firmware_unmap(struct firmware *f, struct machine *m)
{
    struct region *regions[] = { &f->isa_bios, &f->bios, &f->rom };

    if (!f->bytes)
        return;
    map_begin(&m->map);
    for (unsigned i = 0; i < 3; i++)
        region_remove(regions[i]);
    map_end(&m->map);
    for (unsigned i = 0; i < 3; i++)
        region_fini(regions[i]);
}
