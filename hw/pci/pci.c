/* SPDX-License-Identifier: Apache-2.0 */
#include "hw/pci/pci.h"

/*
 * PCI functions: configuration space and BARs (see pci.h)
 *
 * The header's own registers are lines here; a function's lines come from its type.  Bytes from 40h
 * on that no line names are scratch, as the reference has them.
 * Invariant: config bytes change only within wmask and w1c once a function is reset, but for the
 * interrupt bit in Status, which shows the pin's level whether it is let through or not (PCI 3.0, 6.2.3).
 */

#include "core/machine.h"
#include "lib/bits.h"
#include "lib/error.h"
#include "object/attr.h"

#include <assert.h>
#include <errno.h>

/* In JSON a number stands for slot and function, as one byte of a configuration address. */
static struct text addr_of_number(int64_t n)
{
    return n < 0 ? text("%s", "") : text("%02x.%x", (unsigned)n >> 3, (unsigned)n & 7);
}

static const struct prop pci_props[] = {
    PROP(struct pci_device, "addr", addr, .shown = "int32", .of_number = addr_of_number, .min = -1, .max = 255,
         .doc = "slot and function: 1f.0"),
    PROP(struct pci_device, "multifunction", multifunction, .doc = "the slot may hold further functions"),
    PROP(struct pci_device, "romfile", romfile, .doc = "file that the expansion ROM shows; empty: no ROM"),
    PROP(struct pci_device, "rombar", rombar, .def = 1, .doc = "0: no BAR for the expansion ROM"),
    PROP(struct pci_device, "romsize", romsize, .def = UINT32_MAX,
         .doc = "size of the expansion ROM, a power of two; 4294967295: from the file's"),
    {}
};

/* A number where the user writes "1f.0". */
static struct json addr_get(const struct object *o, const struct attr *a)
{
    (void)a;
    return json_int(((const struct pci_device *)o)->devfn);
}

static struct json addr_text_get(const struct object *o, const struct attr *a)
{
    uint8_t devfn = ((const struct pci_device *)o)->devfn;

    (void)a;
    return json_string(T("%02x.%x", devfn >> 3, devfn & 7));
}

/* The file that it is, whoever named it. */
static struct json romfile_get(const struct object *o, const struct attr *a)
{
    const struct pci_device *p = (const struct pci_device *)o;

    (void)a;
    return json_string(p->cfg.romfile ? p->cfg.romfile : pci_type(&p->dev)->romfile);
}

static void pci_attrs(const struct type *asked, void (*fn)(const struct attr *a, void *opaque), void *opaque)
{
    static const struct attr attrs[] = {
        { .name = "addr", .type = "int32", .doc = "slot and function: 1f.0", .def_json = "-1", .get = addr_get },
        { .name = "legacy-addr", .type = "str", .get = addr_text_get },
        { .name = "romfile", .type = "str", .doc = "file that the expansion ROM shows", .get = romfile_get },
        {}
    };

    (void)asked;
    ATTRS_EACH(attrs, fn, opaque);
}

static const struct device_type pci_base = {
    .type = { .name = "pci-device", .parent = "device", .doc = "a PCI function", .abstract = true, .props = pci_props,
              .attrs = pci_attrs, .state = &no_state },
};
DEVICE_TYPE(pci_base);

static uint64_t pci_version(const struct device *dev)
{
    (void)dev;
    return 2;
}

#define STATE_FIELDS(T)                                                                                               \
    COMPUTED("version_id", 4, .type = "int32", .get = pci_version, .max = 2),                                          \
    { .name = "config", .kind = FIELD_BUFFER, .type = "pci config", .off = offsetof(T, config),                        \
      .size = sizeof(((T *)0)->config), .count = 1, .keep = true },                                                   \
    { .name = "irq_state", .type = "pci irq state", .off = offsetof(T, irq_level), .size = 4, .count = PCI_PINS,       \
      .max = 1 }

const struct field pci_state_fields[] = { STATE_FIELDS(struct pci_state), {} };
const struct field pcie_state_fields[] = { STATE_FIELDS(struct pcie_state), {} };

/* Of the header all that the guest cannot write, apart from Command and Status, is the function's identity. */
int pci_state_check(const struct device *dev, const void *st, struct error **err)
{
    const struct pci_device *p = (const struct pci_device *)dev;
    const uint8_t *config = st;

    for (unsigned at = 0; at < PCI_OWN; at++) {
        uint8_t fixed = at >= PCI_COMMAND && at < PCI_REVISION ? 0 : ~(p->wmask[at] | p->w1c[at]);

        if ((config[at] ^ p->reset[at]) & fixed)
            return error_set(err, -EINVAL, ERROR_RANGE, T("%s.config[%#x]", dev->type->type.name, at),
                             T("%#x", config[at]), T("%#x in the bits %#x", p->reset[at] & fixed, fixed));
    }
    return 0;
}

static void put(uint8_t *bytes, uint32_t at, unsigned size, uint64_t val)
{
    bits_store(bytes + at, size, val);
}

static void header_init(struct device *dev)
{
    const struct pci_type *t = pci_type(dev);
    struct pci_device *p = pci_device(dev);

    put(p->reset, PCI_VENDOR, 2, t->vendor);
    put(p->reset, PCI_DEVICE, 2, t->device);
    put(p->reset, PCI_REVISION, 1, t->revision);
    put(p->reset, PCI_CLASS, 3, t->class);
    put(p->reset, PCI_HEADER, 1, p->cfg.multifunction ? 0x80 : 0);
    put(p->reset, PCI_SUBVENDOR, 2, t->subvendor ? t->subvendor : 0x1af4);
    put(p->reset, PCI_SUBDEVICE, 2, t->subdevice ? t->subdevice : 0x1100);
    put(p->reset, PCI_IRQ_PIN, 1, t->pin);
    put(p->wmask, PCI_COMMAND, 2,
        PCI_COMMAND_IO | PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER | PCI_COMMAND_SERR | PCI_COMMAND_NO_INTX);
    put(p->w1c, PCI_STATUS, 2, 0xf900);
    put(p->wmask, PCI_CACHE_LINE, 1, 0xff);
    put(p->wmask, PCI_IRQ_LINE, 1, 0xff);
    memset(p->wmask + PCI_OWN, 0xff, pci_config_bytes(dev) - PCI_OWN);
    memset(p->kept + PCI_OWN, 1, pci_config_bytes(dev) - PCI_OWN);
}

static void own_init(struct device *dev)
{
    struct pci_device *p = pci_device(dev);

    for (const struct reg *r = pci_type(dev)->config; r && r->name; r++)
        for (unsigned i = 0; i < (r->count ? r->count : 1u); i++) {
            uint32_t at = r->at + i * r->width;

            assert(at + r->width <= pci_config_bytes(dev));
            put(p->reset, at, r->width, r->reset);
            put(p->wmask, at, r->width, r->wmask);
            put(p->w1c, at, r->width, r->w1c);
            memset(p->kept + at, r->kept, r->width);
        }
}

void pci_bar_set_bytes(struct device *dev, unsigned index, uint64_t bytes)
{
    struct pci_device *p = pci_device(dev);

    assert(index < PCI_BARS && (!bytes || bits_is_pow2(bytes)));
    p->bar_bytes[index] = bytes;
    p->bar_sized[index] = true;
}

uint64_t pci_bar_bytes(const struct device *dev, const struct pci_bar *b)
{
    const struct pci_device *p = (const struct pci_device *)dev;

    return p->bar_sized[b->index] ? p->bar_bytes[b->index] : b->size;
}

static void bars_init(struct device *dev)
{
    struct pci_device *p = pci_device(dev);

    for (const struct pci_bar *b = pci_type(dev)->bars; b && b->size; b++) {
        uint64_t bytes = pci_bar_bytes(dev, b);
        uint32_t at = PCI_BAR + 4 * b->index;

        assert(b->index < PCI_BARS && bits_is_pow2(b->size));
        if (!bytes)
            continue;
        put(p->reset, at, 4, b->io ? 1 : (b->prefetch ? 8 : 0) | (b->wide ? 4 : 0));
        put(p->wmask, at, b->wide ? 8 : 4, ~(bytes - 1) & ~(uint64_t)(b->io ? 3 : 15));
    }
}

uint64_t pci_config_read(struct device *dev, uint64_t at, unsigned size)
{
    return bits_load(pci_config(dev) + at, size);
}

/* A BAR lies where its register says, while its kind of decoding is on and it is not being sized: that it
 * ends with the last byte of 32 bits is taken for that, as in the reference. */
uint64_t pci_bar_base(const struct device *dev, const struct pci_bar *b, const uint8_t *config)
{
    uint16_t command = bits_load(config + PCI_COMMAND, 2);
    uint64_t kind = b->io ? 3 : 15, bytes = pci_bar_bytes(dev, b), last = bytes - 1;
    uint64_t base = bits_load(config + PCI_BAR + 4 * b->index, b->wide ? 8 : 4) & ~last & ~kind;
    uint64_t limit = b->io ? 0xffff : b->wide ? UINT64_MAX >> 1 : UINT32_MAX - 1;
    bool on = bytes && command & (b->io ? PCI_COMMAND_IO : PCI_COMMAND_MEMORY) && base <= limit - last;

    return on ? base : 0;
}

static void bars_map(struct device *dev)
{
    for (const struct pci_bar *b = pci_type(dev)->bars; b && b->size; b++) {
        uint64_t base = pci_bar_base(dev, b, pci_config(dev));

        map_request(dev, &dev->regions[b->region], base, base);
    }
    pci_rom_map(dev);
}

void pci_config_write(struct device *dev, uint64_t at, unsigned size, uint64_t val)
{
    struct pci_device *p = pci_device(dev);
    uint8_t *config = pci_config(dev);

    for (unsigned i = 0; i < size; i++) {
        uint8_t byte = val >> 8 * i, *c = &config[at + i];

        *c = ((*c & ~p->wmask[at + i]) | (byte & p->wmask[at + i])) & ~(byte & p->w1c[at + i]);
    }
    if (at < PCI_ROM + 4 && at + size > PCI_COMMAND)
        bars_map(dev);
    if (pci_type(dev)->config_changed)
        pci_type(dev)->config_changed(dev, at, size);
}

static uint32_t *irq_levels(struct device *dev)
{
    void *st = device_st(dev);

    return pci_type(dev)->express ? ((struct pcie_state *)st)->irq_level : ((struct pci_state *)st)->irq_level;
}

void pci_irq_set(struct device *dev, bool level)
{
    struct pci_device *p = pci_device(dev);
    unsigned pin = pci_type(dev)->pin;
    uint8_t *config = pci_config(dev);

    assert(pin >= 1 && pin <= PCI_PINS);
    irq_levels(dev)[pin - 1] = level;
    config[PCI_STATUS] = level ? config[PCI_STATUS] | PCI_STATUS_INTX : config[PCI_STATUS] & ~PCI_STATUS_INTX;
    irq_set(&p->intx, level && !(bits_load(config + PCI_COMMAND, 2) & PCI_COMMAND_NO_INTX));
}

int pci_realize(struct device *dev, struct error **err)
{
    struct pci_bus *bus = (struct pci_bus *)dev->bus;

    assert(dev->regions[0].type->size == pci_config_bytes(dev));
    header_init(dev);
    own_init(dev);
    bars_init(dev);
    map_begin(&dev->machine->map);
    for (const struct pci_bar *b = pci_type(dev)->bars; b && b->size; b++) {
        region_enable(&dev->regions[b->region], false);
        region_add(b->io ? bus->io : bus->memory, 0, &dev->regions[b->region], 1);
    }
    map_end(&dev->machine->map);
    return pci_rom_realize(dev, err);
}

/* State begins as zeros, and no function's vendor is 0. */
bool pci_is_power_on(struct device *dev)
{
    return !bits_load(pci_config(dev) + PCI_VENDOR, 2);
}

void pci_reset(struct device *dev)
{
    const struct pci_device *p = pci_device(dev);
    bool all = pci_is_power_on(dev);
    uint8_t *config = pci_config(dev);

    for (unsigned at = 0; at < pci_config_bytes(dev); at++)
        if (all || !p->kept[at])
            config[at] = p->reset[at];
}

void pci_resumed(struct device *dev)
{
    bars_map(dev);
}
