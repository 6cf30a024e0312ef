/* SPDX-License-Identifier: Apache-2.0 */

/*
 * QMP commands about PCI
 *
 * What is told is read from configuration space, register by register, as the guest reads it.  Handlers run on the
 * home loop.  Left out: what is behind bridges, which do not exist.
 */

#include "core/machine.h"
#include "hw/pci/pci.h"
#include "qapi/qapi-commands.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* PCI Code and ID Assignment Specification 1.11, section 1: some of its classes, in the words that clients know. */
static const struct { uint16_t class; const char *desc; } classes[] = {
    { 0x0100, "SCSI controller" }, { 0x0101, "IDE controller" }, { 0x0104, "RAID controller" },
    { 0x0106, "SATA controller" }, { 0x0200, "Ethernet controller" }, { 0x0300, "VGA controller" },
    { 0x0380, "Display controller" }, { 0x0401, "Audio controller" }, { 0x0403, "Audio controller" },
    { 0x0600, "Host bridge" }, { 0x0601, "ISA bridge" }, { 0x0680, "Bridge" }, { 0x0900, "Keyboard" },
    { 0x0902, "Mouse" }, { 0x0c03, "USB controller" }, { 0x0c05, "SMBus" },
};

static const char *class_desc(uint16_t class)
{
    for (unsigned i = 0; i < sizeof(classes) / sizeof(classes[0]); i++)
        if (classes[i].class == class)
            return classes[i].desc;
    return NULL;
}

static struct qapi_pci_memory_region *window_add(struct qapi_pci_device_info *info, unsigned bar, uint64_t bytes,
                                                 uint64_t base)
{
    struct qapi_pci_memory_region *r = &info->regions.items[info->regions.num++];

    r->bar = bar;
    r->size = bytes;
    r->address = base ? (int64_t)base : -1;
    return r;
}

static void regions_add(struct device *dev, const uint8_t config[static PCI_OWN], struct qapi_pci_device_info *info)
{
    info->regions.items = calloc(PCI_BARS + 1, sizeof(*info->regions.items));
    assert(info->regions.items);
    for (const struct pci_bar *b = pci_type(dev)->bars; b && b->size; b++) {
        uint64_t bytes = pci_bar_bytes(dev, b);
        struct qapi_pci_memory_region *r;

        if (!bytes)
            continue;
        r = window_add(info, b->index, bytes, pci_bar_base(dev, b, config));
        r->type = strdup(b->io ? "io" : "memory");
        r->has_prefetch = r->has_mem_type_64 = !b->io;
        r->prefetch = b->prefetch;
        r->mem_type_64 = b->wide;
    }
    if (pci_device(dev)->rom_bytes) {
        struct qapi_pci_memory_region *r = window_add(info, PCI_BARS, pci_device(dev)->rom_bytes,
                                                      pci_rom_base(dev, config));

        r->type = strdup("memory");
        r->has_prefetch = r->has_mem_type_64 = true;
    }
}

static uint16_t half(const uint8_t *config, unsigned at)
{
    return config[at] | config[at + 1] << 8;
}

static void function_describe(struct device *dev, unsigned bus, struct qapi_pci_device_info *info)
{
    uint8_t config[PCI_OWN];
    const char *desc;

    for (unsigned at = 0; at < PCI_OWN; at += 4) {
        uint32_t val = device_read(dev, 0, at, 4);

        for (unsigned i = 0; i < 4; i++)
            config[at + i] = val >> 8 * i;
    }
    desc = class_desc(half(config, PCI_CLASS + 1));
    *info = (struct qapi_pci_device_info){
        .bus = bus, .slot = pci_device(dev)->devfn >> 3, .function = pci_device(dev)->devfn & 7,
        .class_info = { .desc = desc ? strdup(desc) : NULL, .class = half(config, PCI_CLASS + 1) },
        .id = { .device = half(config, PCI_DEVICE), .vendor = half(config, PCI_VENDOR),
                .has_subsystem = true, .subsystem = half(config, PCI_SUBDEVICE),
                .has_subsystem_vendor = true, .subsystem_vendor = half(config, PCI_SUBVENDOR) },
        .has_irq = config[PCI_IRQ_PIN], .irq = config[PCI_IRQ_PIN] ? config[PCI_IRQ_LINE] : 0,
        .irq_pin = config[PCI_IRQ_PIN], .qdev_id = strdup(dev->id ? dev->id : ""),
    };
    regions_add(dev, config, info);
}

static void bus_describe(const struct pci_bus *bus, struct qapi_pci_info *info)
{
    info->bus = bus->number;
    info->devices.items = calloc(256, sizeof(*info->devices.items));
    assert(info->devices.items);
    for (unsigned devfn = 0; devfn < 256; devfn++)
        if (bus->function[devfn])
            function_describe(bus->function[devfn], bus->number, &info->devices.items[info->devices.num++]);
}

int qmp_query_pci(struct qapi_ctx *ctx, struct qapi_pci_info_list *ret, struct error **err)
{
    const struct machine *m = ctx->target;

    (void)err;
    list_for_each(n, &m->buses) {
        const struct bus *bus = list_entry(n, struct bus, in_machine);

        if (strcmp(bus->ops->type, "PCI"))
            continue;
        ret->items = realloc(ret->items, (ret->num + 1) * sizeof(*ret->items));
        assert(ret->items);
        ret->items[ret->num] = (struct qapi_pci_info){ 0 };
        bus_describe((const struct pci_bus *)bus, &ret->items[ret->num++]);
    }
    return 0;
}
