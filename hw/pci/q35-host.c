/* SPDX-License-Identifier: Apache-2.0 */
#include "hw/pci/q35-host.h"

/*
 * Q35 host bridge, the CPU's side: configuration mechanism #1 and the ECAM window
 *
 * The ECAM region, which the MCH's PCIEXBAR places, only routes: an access enters the function that it names.
 * Reference: Intel 3 Series Express Chipset data sheet, sections 3.8 and 3.9.
 */

enum { ECAM_BYTES = 256 << 20 };
enum { REGION_ADDRESS, REGION_DATA, REGION_ECAM };

struct region *q35_host_ecam(struct device *host)
{
    return &host->regions[REGION_ECAM];
}

static bool ecam_route(struct device *dev, uint64_t at, struct region **to, uint64_t *to_at)
{
    *to = pci_bus_config(pci_host_bus(dev), at >> 20, at >> 12);
    *to_at = at & 0xfff;
    return *to && *to_at < (*to)->type->size;
}

static const struct region_type q35_host_regions[] = {
    [REGION_ADDRESS] = PCI_HOST_ADDRESS_REGION,
    [REGION_DATA] = PCI_HOST_DATA_REGION,
    [REGION_ECAM] = { .name = "pcie-mmcfg-mmio", .size = ECAM_BYTES, .min = 1, .max = 8, .route = ecam_route },
    {}
};

static const struct prop q35_host_props[] = {
    PROP_SIZED(struct pci_host, "pci-hole64-size", pci_hole64_size, .def = 32ull << 30,
               .doc = "smallest window for 64-bit BARs that the firmware is told of"),
    {}
};

static int q35_host_realize(struct device *dev, struct error **err)
{
    (void)err;
    pci_host_realize(dev, "pcie.0", true);
    return 0;
}

static const struct device_type q35_host_type = {
    .type = { .name = "q35-pcihost", .parent = "pcie-host-bridge", .category = "bridge", .internal = true,
              .doc = "Q35 host bridge", DEVICE(struct pci_host), TYPE_STATE(struct pci_host),
              .props = q35_host_props, .state = &pci_host_section_8 },
    .locking = LOCKING_DEVICE,
    .regions = q35_host_regions,
    .realize = q35_host_realize,
    .unrealize = pci_host_unrealize,
    .capture = pci_host_capture,
};
DEVICE_TYPE(q35_host_type);
