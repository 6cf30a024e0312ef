/* SPDX-License-Identifier: Apache-2.0 */
#include "hw/pci/q35-host.h"

/*
 * Q35 host bridge, the CPU's side: configuration mechanism #1 and the ECAM window
 *
 * Ports CF8h and CFCh, and the ECAM region, which the MCH's PCIEXBAR places.  Both only
 * route: an access enters the function that it names.
 * Reference: Intel 3 Series Express Chipset data sheet, sections 3.8 and 3.9; PCI 3.0, section 3.2.2.3.2.
 * Invariant: config_address has bits 1 and 0 clear.
 */

#include "core/machine.h"

enum { CONFIG_ENABLE = 1u << 31, ECAM_BYTES = 256 << 20 };
enum { REGION_ADDRESS, REGION_DATA, REGION_ECAM };

struct q35_host {
    struct device dev;
    struct {
        uint64_t pci_hole64_size;
    } cfg;
    struct {
        uint32_t config_address;
    } st;
    struct pci_bus bus;
    struct q35_memory memory;
};

static struct q35_host *q35_host(struct device *dev)
{
    return (struct q35_host *)dev;
}

void q35_host_set_memory(struct device *host, const struct q35_memory *mem)
{
    q35_host(host)->memory = *mem;
}

struct pci_bus *q35_host_bus(struct device *host)
{
    return &q35_host(host)->bus;
}

const struct q35_memory *q35_host_memory(struct device *host)
{
    return &q35_host(host)->memory;
}

struct region *q35_host_ecam(struct device *host)
{
    return &host->regions[REGION_ECAM];
}

/* Only a whole doubleword reaches the register; other widths pass it by (PCI 3.0, 3.2.2.3.2). */
static uint64_t address_read(struct device *dev, uint64_t at, unsigned size)
{
    return at || size != 4 ? UINT64_MAX : q35_host(dev)->st.config_address;
}

static void address_write(struct device *dev, uint64_t at, unsigned size, uint64_t val)
{
    if (!at && size == 4)
        q35_host(dev)->st.config_address = val & ~3u;
}

static bool data_route(struct device *dev, uint64_t at, struct region **to, uint64_t *to_at)
{
    uint32_t address = __atomic_load_n(&q35_host(dev)->st.config_address, __ATOMIC_RELAXED);

    *to = address & CONFIG_ENABLE ? pci_bus_config(&q35_host(dev)->bus, address >> 16, address >> 8) : NULL;
    *to_at = (address & 0xfc) + at;
    return *to;
}

static bool ecam_route(struct device *dev, uint64_t at, struct region **to, uint64_t *to_at)
{
    *to = pci_bus_config(&q35_host(dev)->bus, at >> 20, at >> 12);
    *to_at = at & 0xfff;
    return *to && *to_at < (*to)->type->size;
}

static const struct region_type q35_host_regions[] = {
    [REGION_ADDRESS] = { .name = "pci-conf-idx", .size = 4, .min = 1, .max = 4, .ports = true, .read = address_read,
                         .write = address_write },
    [REGION_DATA] = { .name = "pci-conf-data", .size = 4, .min = 1, .max = 4, .ports = true, .route = data_route },
    [REGION_ECAM] = { .name = "pcie-mmcfg-mmio", .size = ECAM_BYTES, .min = 1, .max = 8, .route = ecam_route },
    {}
};

static const struct prop q35_host_props[] = {
    PROP_SIZED(struct q35_host, "pci-hole64-size", pci_hole64_size, .def = 32ull << 30,
               .doc = "smallest window for 64-bit BARs that the firmware is told of"),
    {}
};

static const struct section q35_host_section = {
    "PCIHost", 1, 1, .fields = (const struct field[]){
        FIELD(struct q35_host, "config_reg", config_address, .max = UINT32_MAX - 3), {} },
};

static int q35_host_realize(struct device *dev, struct error **err)
{
    struct q35_host *h = q35_host(dev);
    struct machine *m = dev->machine;

    (void)err;
    pci_bus_init(&h->bus, m, dev, "pcie.0", h->memory.pci, &m->io, true);
    device_map(dev, REGION_ADDRESS, &m->io, 0xcf8, 0);
    device_map(dev, REGION_DATA, &m->io, 0xcfc, 0);
    return 0;
}

static void q35_host_unrealize(struct device *dev)
{
    pci_bus_fini(&q35_host(dev)->bus);
}

static const struct device_type q35_host_type = {
    .type = { .name = "q35-pcihost", .parent = "sys-bus-device", .category = "bridge", .internal = true,
              .doc = "Q35 host bridge", DEVICE(struct q35_host), TYPE_STATE(struct q35_host),
              .props = q35_host_props, .state = &q35_host_section },
    .locking = LOCKING_DEVICE,
    .regions = q35_host_regions,
    .realize = q35_host_realize,
    .unrealize = q35_host_unrealize,
};
DEVICE_TYPE(q35_host_type);
