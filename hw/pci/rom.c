/* SPDX-License-Identifier: Apache-2.0 */
#include "hw/pci/pci.h"

/*
 * Expansion ROMs: the file of a function, behind the BAR at 30h
 *
 * Reference: PCI Local Bus Specification 3.0, section 6.2.5.2.  The image is shown as it is: the ids in
 * it are not changed to those of the function.  Left out: handing the file to the firmware when `rombar` is 0;
 * such a function shows no ROM.
 * Invariant: a function with a ROM has a RAM block of the BAR's size, a page at least; its bytes after the file are 0.
 */

#include "core/datafile.h"
#include "core/machine.h"
#include "lib/bits.h"
#include "lib/error.h"

#include <errno.h>
#include <stdlib.h>

enum { ROM_ENABLE = 1, ROM_PAGE = 4096, ROM_MAX = 16 << 20 };
/* What romsize says when nobody has chosen. */
#define ROM_SIZE_OF_FILE UINT32_MAX

/* The power of two that is n or the next, 2 at least. */
static uint32_t pow2_up(uint32_t n)
{
    return 1u << (32 - __builtin_clz((n - 1) | 1));
}

/* "0000:00:02.0/vga.rom": the name of the function's section, or of its type. */
static struct text block_name(const struct device *dev)
{
    const struct section *s = dev->type->type.state;

    return text("%s/%s.rom", dev->bus_path, s && s->name ? s->name : dev->type->type.name);
}

static int block_new(struct device *dev, const uint8_t *image, size_t size, struct error **err)
{
    struct pci_device *p = pci_device(dev);
    uint32_t bytes = p->cfg.romsize == ROM_SIZE_OF_FILE ? pow2_up(size) : p->cfg.romsize;
    struct text name = block_name(dev);
    struct ram_config cfg = { .name = name.s, .size = bytes < ROM_PAGE ? ROM_PAGE : bytes };
    int r = machine_ram_new(dev->machine, &cfg, &p->rom_block, err);

    if (r < 0)
        return r;
    memcpy(p->rom_block->host, image, size);
    p->rom_bytes = bytes;
    bits_store(p->wmask + PCI_ROM, 4, ~(bytes - 1) | ROM_ENABLE);
    region_init_rom(&p->rom, name.s, p->rom_block, 0, bytes);
    map_begin(&dev->machine->map);
    region_enable(&p->rom, false);
    region_add(((struct pci_bus *)dev->bus)->memory, 0, &p->rom, 1);
    map_end(&dev->machine->map);
    return 0;
}

int pci_rom_realize(struct device *dev, struct error **err)
{
    struct pci_device *p = pci_device(dev);
    const char *name = p->cfg.romfile ? p->cfg.romfile : pci_type(dev)->romfile;
    const char *type = dev->type->type.name;
    bool sized = p->cfg.romsize != ROM_SIZE_OF_FILE;
    uint8_t *image;
    size_t size;
    int r;

    if (sized && (!bits_is_pow2(p->cfg.romsize) || p->cfg.romsize > ROM_MAX))
        return error_set(err, -ERANGE, ERROR_RANGE, T("%s.romsize", type), T("%u", p->cfg.romsize),
                         T("a power of two, at most %u", ROM_MAX));
    if (!name || !*name || !p->cfg.rombar)
        return 0;
    r = datafile_read(dev->machine, T("%s.romfile", type), name, sized ? p->cfg.romsize : ROM_MAX, &image, &size, err);
    if (!r)
        r = block_new(dev, image, size, err);
    free(image);
    return r;
}

void pci_rom_unrealize(struct device *dev)
{
    struct pci_device *p = pci_device(dev);

    if (!p->rom_bytes)
        return;
    map_begin(&dev->machine->map);
    region_remove(&p->rom);
    map_end(&dev->machine->map);
    region_fini(&p->rom);
    ram_block_free(p->rom_block);
}

/* 6.2.5.2: "only if both the Memory Space Enable bit and the Expansion ROM Enable bit are set". */
uint64_t pci_rom_base(const struct device *dev, const uint8_t *config)
{
    const struct pci_device *p = (const struct pci_device *)dev;
    uint32_t bar = bits_load(config + PCI_ROM, 4), base = bar & ~(p->rom_bytes - 1) & ~ROM_ENABLE;
    bool on = bar & ROM_ENABLE && bits_load(config + PCI_COMMAND, 2) & PCI_COMMAND_MEMORY &&
              base <= UINT32_MAX - p->rom_bytes;

    return on ? base : 0;
}

void pci_rom_map(struct device *dev)
{
    struct pci_device *p = pci_device(dev);
    uint64_t base = p->rom_bytes ? pci_rom_base(dev, pci_config(dev)) : 0;

    if (p->rom_bytes)
        map_request(dev, &p->rom, base, base);
}
