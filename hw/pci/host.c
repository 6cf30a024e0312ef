/* SPDX-License-Identifier: Apache-2.0 */
#include "hw/pci/host.h"

/*
 * Host bridges: configuration mechanism #1 and what is saved of a root bus (see host.h)
 *
 * CFCh only routes: an access enters the function that CF8h names.
 * Reference: PCI Local Bus Specification 3.0, section 3.2.2.3.2.
 * Invariant: what the guest wrote into config_address has bits 1 and 0 clear; what a stream brought is
 * taken as it is, since only bits 31 and 23 to 2 are ever used.
 */

#include "core/machine.h"

#include <string.h>

static const struct device_type pci_host_base = {
    .type = { .name = "pci-host-bridge", .parent = "sys-bus-device", .doc = "a host bridge", .abstract = true,
              .state = &no_state },
};
DEVICE_TYPE(pci_host_base);
static const struct device_type pcie_host_base = {
    .type = { .name = "pcie-host-bridge", .parent = "pci-host-bridge", .doc = "a host bridge of PCI Express",
              .abstract = true, .state = &no_state },
};
DEVICE_TYPE(pcie_host_base);

enum { REGION_ADDRESS, REGION_DATA };
#define CONFIG_ENABLE (1u << 31)

void pci_host_set_memory(struct device *host, const struct pci_host_memory *mem)
{
    pci_host(host)->memory = *mem;
}

const struct pci_host_memory *pci_host_memory(struct device *host)
{
    return &pci_host(host)->memory;
}

struct pci_bus *pci_host_bus(struct device *host)
{
    return &pci_host(host)->bus;
}

/* Only a whole doubleword reaches the register; other widths pass it by (PCI 3.0, 3.2.2.3.2). */
uint64_t pci_host_address_read(struct device *dev, uint64_t at, unsigned size)
{
    return at || size != 4 ? UINT64_MAX : pci_host(dev)->st.config_address;
}

void pci_host_address_write(struct device *dev, uint64_t at, unsigned size, uint64_t val)
{
    if (!at && size == 4)
        pci_host(dev)->st.config_address = val & ~3u;
}

bool pci_host_data_route(struct device *dev, uint64_t at, struct region **to, uint64_t *to_at)
{
    uint32_t address = __atomic_load_n(&pci_host(dev)->st.config_address, __ATOMIC_RELAXED);

    *to = address & CONFIG_ENABLE ? pci_bus_config(&pci_host(dev)->bus, address >> 16, address >> 8) : NULL;
    *to_at = (address & 0xfc) + at;
    return *to;
}

void pci_host_realize(struct device *dev, const char *bus_name, bool express)
{
    struct pci_host *h = pci_host(dev);
    struct machine *m = dev->machine;

    pci_bus_init(&h->bus, m, dev, bus_name, h->memory.pci, &m->io, express);
    device_map(dev, REGION_ADDRESS, &m->io, 0xcf8, 0);
    device_map(dev, REGION_DATA, &m->io, 0xcfc, 0);
}

void pci_host_unrealize(struct device *dev)
{
    pci_bus_fini(&pci_host(dev)->bus);
}

/* The machine stands, so the router may be looked into. */
void pci_host_capture(struct device *dev)
{
    struct pci_host *h = pci_host(dev);

    memset(h->st.irq_count, 0, sizeof(h->st.irq_count));
    if (h->bus.router)
        pci_router_count(h->bus.router, h->st.irq_count);
}

static uint64_t four(const struct device *dev)
{
    (void)dev;
    return 4;
}

static uint64_t eight(const struct device *dev)
{
    (void)dev;
    return 8;
}

#define COUNTS(first, n, ...)                                                                                          \
    { .name = "irq_count", .off = offsetof(struct pci_host_state, irq_count) + 4 * (first), .size = 4, .count = (n),   \
      .type = "int32", .max = PCI_INTX_LINES, __VA_ARGS__ }
#define NIRQ(fn) COMPUTED("nirq", 4, .type = "int32 equal", .equal = true, .get = (fn))

static const struct section bus_section_4 = {
    "PCIBUS", 1, 1, .fields = (const struct field[]){ NIRQ(four), COUNTS(0, 4), COUNTS(4, 4, .hidden = true), {} },
};
static const struct section bus_section_8 = {
    "PCIBUS", 1, 1, .fields = (const struct field[]){ NIRQ(eight), COUNTS(0, 8), {} },
};
#define HOST_FIELDS (const struct field[]){ FIELD(struct pci_host, "config_reg", config_address), {} }
const struct section pci_host_section_4 = { "PCIHost", 1, 1, .fields = HOST_FIELDS, .also = &bus_section_4 };
const struct section pci_host_section_8 = { "PCIHost", 1, 1, .fields = HOST_FIELDS, .also = &bus_section_8 };
