/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Host bridges, the CPU's side: what those of both PCs share, and what the board wires
 *
 * The board makes "q35-pcihost" or "i440FX-pcihost", gives it the memory that function 00.0 switches,
 * realizes it, and then finds the root bus on it.
 */

#include "hw/pci/pci.h"

struct pci_host_memory {
    struct region *system;      /* the root: windows appear here */
    struct region *ram;         /* RAM from address 0 */
    struct region *pci;         /* what lies below RAM: BARs, ROMs */
    uint64_t ram_bytes;         /* all of it */
};

/* Before realize. */
void pci_host_set_memory(struct device *host, const struct pci_host_memory *mem);
const struct pci_host_memory *pci_host_memory(struct device *host);
/* After it. */
struct pci_bus *pci_host_bus(struct device *host);

/* For the types of host bridges, whose instances are struct pci_host. */
struct pci_host {
    struct device dev;
    struct {
        uint64_t pci_hole64_size;
    } cfg;
    struct pci_host_state {
        uint32_t config_address;
        uint32_t irq_count[PCI_PIRQS];  /* of the bus: fetched when it is saved */
    } st;
    struct pci_bus bus;
    struct pci_host_memory memory;
};

static inline struct pci_host *pci_host(struct device *dev)
{
    return (struct pci_host *)dev;
}

/* Configuration mechanism #1, ports CF8h and CFCh. */
#define PCI_HOST_ADDRESS_REGION                                                                                       \
    { .name = "pci-conf-idx", .size = 4, .min = 1, .max = 4, .ports = true, .read = pci_host_address_read,             \
      .write = pci_host_address_write }
#define PCI_HOST_DATA_REGION \
    { .name = "pci-conf-data", .size = 4, .min = 1, .max = 4, .ports = true, .route = pci_host_data_route }
uint64_t pci_host_address_read(struct device *dev, uint64_t at, unsigned size);
void pci_host_address_write(struct device *dev, uint64_t at, unsigned size, uint64_t val);
bool pci_host_data_route(struct device *dev, uint64_t at, struct region **to, uint64_t *to_at);

/* Makes the bus, and maps the first two regions of the type, which are those above. */
void pci_host_realize(struct device *dev, const char *bus_name, bool express);
void pci_host_unrealize(struct device *dev);
void pci_host_capture(struct device *dev);

/* Sections "PCIHost" and "PCIBUS" of a bus with so many PIRQs. */
extern const struct section pci_host_section_4, pci_host_section_8;
