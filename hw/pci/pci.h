/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * PCI: functions, their configuration space, and the bus
 *
 * A function embeds struct pci_device first, begins its `st` with struct pci_state and describes
 * itself with a struct pci_type: the identity, its own configuration registers (as register lines
 * without backing: reset value, writable and write-1-to-clear bits) and its BARs.  Configuration
 * space is region 0 of every function; the host bridge routes to it.  An express function has 4096 bytes of
 * it: it begins with a struct pcie_state, says so in its type, and has PCIE_CONFIG_REGION.
 *
 * A function sets its interrupt pin from its outputs(), with pci_irq_set(); the bus's router finds the line.
 *
 * Reference: PCI Local Bus Specification 3.0, chapter 6; PCI Express Base 2.0, chapter 7.
 */

#include "core/bus.h"
#include "core/device.h"
#include "hw/pci/router.h"

enum {
    PCI_VENDOR = 0x00, PCI_DEVICE = 0x02, PCI_COMMAND = 0x04, PCI_STATUS = 0x06, PCI_REVISION = 0x08,
    PCI_CLASS = 0x09, PCI_CACHE_LINE = 0x0c, PCI_LATENCY = 0x0d, PCI_HEADER = 0x0e, PCI_BAR = 0x10,
    PCI_SUBVENDOR = 0x2c, PCI_SUBDEVICE = 0x2e, PCI_ROM = 0x30, PCI_CAPABILITIES = 0x34, PCI_IRQ_LINE = 0x3c,
    PCI_IRQ_PIN = 0x3d,
    PCI_OWN = 0x40,             /* first register that is not the header's */
    PCI_CONFIG = 256, PCIE_CONFIG = 4096,
};
enum { PCI_COMMAND_IO = 1, PCI_COMMAND_MEMORY = 2, PCI_COMMAND_MASTER = 4, PCI_COMMAND_SERR = 1 << 8,
       PCI_COMMAND_NO_INTX = 1 << 10 };
enum { PCI_STATUS_INTX = 1 << 3 };

enum { PCI_BARS = 6 };
/* A BAR of a function; region: its index in the type's regions.  A line with size 0 ends the list. */
struct pci_bar { uint8_t index, region; bool io, prefetch, wide; uint64_t size; };

struct pci_state {
    uint8_t config[PCI_CONFIG];
    uint32_t irq_level[PCI_PINS];
};
struct pcie_state {
    uint8_t config[PCIE_CONFIG];
    uint32_t irq_level[PCI_PINS];
};
extern const struct field pci_state_fields[], pcie_state_fields[];      /* the stream's "PCIDevice" */
/* A section's `check`: a stream of another function is refused. */
int pci_state_check(const struct device *dev, const void *st, struct error **err);

struct pci_type {
    struct device_type dev;
    uint16_t vendor, device, subvendor, subdevice;      /* subsystem 0: 1af4:1100 */
    uint32_t class;             /* 24 bits */
    uint8_t revision, pin;      /* pin: 1 is INTA, 0 none */
    bool express;               /* st begins with a struct pcie_state */
    const char *romfile;        /* what `romfile` is unless the user says otherwise; NULL: no ROM */
    const struct reg *config;   /* lines without backing; ends in {} */
    const struct pci_bar *bars;
    /* after a guest's write, inside the entry */
    void (*config_changed)(struct device *dev, uint32_t at, unsigned size);
};

struct pci_device {
    struct device dev;
    struct {
        char *addr;             /* "1f.0", "1f"; NULL: the first free slot */
        char *romfile;          /* NULL: the type's; empty: none */
        uint32_t rombar, romsize;
        bool multifunction;
        bool pad[7];
    } cfg;
    uint8_t devfn;
    struct irq intx;                    /* into the bus's router; a function sets it with pci_irq_set() */
    /* Of each byte of configuration space, while it is plugged; kept: 1 if only power-on resets it. */
    uint8_t *wmask, *w1c, *reset, *kept;
    struct ram_block *rom_block;        /* behind the ROM BAR; NULL: none */
    struct region rom;
    uint32_t rom_bytes;
    uint64_t bar_bytes[PCI_BARS];       /* where bar_sized; else as the type says */
    bool bar_sized[PCI_BARS];
};

/* The first of a function's regions: never mapped, reached through the host bridge. */
#define PCI_CONFIG_REGION                                                              \
    { .name = "pci-config", .size = PCI_CONFIG, .min = 1, .max = 4,                    \
      .read = pci_config_read, .write = pci_config_write }
#define PCIE_CONFIG_REGION                                                             \
    { .name = "pci-config", .size = PCIE_CONFIG, .min = 1, .max = 4,                   \
      .read = pci_config_read, .write = pci_config_write }
uint64_t pci_config_read(struct device *dev, uint64_t at, unsigned size);
void pci_config_write(struct device *dev, uint64_t at, unsigned size, uint64_t val);

/* What a function's description shares: in its device_type. */
#define PCI_TYPE_HOOKS .bus = "PCI", .realize = pci_realize, .reset = pci_reset, .resumed = pci_resumed
int pci_realize(struct device *dev, struct error **err);        /* a bad ROM file fails: before what has to be undone */
/*
 * All of the header and what `config` declares, unless as kept.  Bytes beyond the header that nobody declares hold what
 * was written through every reset but power-on, as in the reference.
 */
void pci_reset(struct device *dev);
bool pci_is_power_on(struct device *dev);       /* in a function's own reset, before pci_reset() */
void pci_resumed(struct device *dev);           /* maps BARs from st */

/* Its size, 0: this function has not got it; and where it lies as `config` says, 0: nowhere. */
uint64_t pci_bar_bytes(const struct device *dev, const struct pci_bar *b);
uint64_t pci_bar_base(const struct device *dev, const struct pci_bar *b, const uint8_t *config);
uint64_t pci_rom_base(const struct device *dev, const uint8_t *config);

/* The ROM's part in these (rom.c); the bus takes it down when the function leaves. */
int pci_rom_realize(struct device *dev, struct error **err);
void pci_rom_unrealize(struct device *dev);
void pci_rom_map(struct device *dev);

/* The level of the function's interrupt pin, which its type says; from its outputs(). */
void pci_irq_set(struct device *dev, bool level);

/* Before pci_realize(): the size of a BAR when it is not the type's, a power of two; 0: it is not there. */
void pci_bar_set_bytes(struct device *dev, unsigned index, uint64_t bytes);

static inline struct pci_device *pci_device(struct device *dev)
{
    return (struct pci_device *)dev;
}

static inline uint8_t *pci_config(struct device *dev)
{
    return ((struct pci_state *)device_st(dev))->config;
}

static inline const struct pci_type *pci_type(const struct device *dev)
{
    return (const struct pci_type *)dev->type;
}

static inline unsigned pci_config_bytes(const struct device *dev)
{
    return pci_type(dev)->express ? PCIE_CONFIG : PCI_CONFIG;
}

/* The function in that slot has come, or (leaves) is asked to go.  Home loop, outside of any device. */
typedef void pci_plug_fn(struct device *plug, unsigned slot, bool leaves);

/* The bus behind a host bridge. */
struct pci_bus {
    struct bus bus;
    uint8_t number;
    struct device *function[256];       /* by devfn; changed on the home loop, read under no lock */
    struct region *memory, *io;         /* where BARs appear */
    struct pci_router *router;          /* where pins end; NULL: not wired */
    struct device *plug;                /* who tells the guest of functions that come and shall go; NULL: they cannot */
    pci_plug_fn *plug_tell;
};
void pci_bus_init(struct pci_bus *bus, struct machine *m, struct device *owner, const char *name,
                  struct region *memory, struct region *io, bool express);
void pci_bus_fini(struct pci_bus *bus);
/* Wires the pins of all functions, present and to come; NULL: of none any more.  Home loop. */
void pci_bus_set_router(struct pci_bus *bus, struct pci_router *router);
/* From now on functions come and go while the machine runs; plug NULL: no more.  Home loop. */
void pci_bus_set_plug(struct pci_bus *bus, struct device *plug, pci_plug_fn *tell);
/* The configuration region of a function of this bus; NULL: nobody.  Any thread. */
struct region *pci_bus_config(struct pci_bus *bus, uint8_t number, uint8_t devfn);
