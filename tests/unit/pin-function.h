/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A PCI function for tests of interrupt routing: a register says the level of its pin
 */

#include "hw/pci/pci.h"
#include "tests/test.h"

struct pin_function {
    struct pci_device pci;
    struct {
        struct pci_state pci;
        uint32_t level;
    } st;
};

static const struct reg pin_regs[] = { REG(struct pin_function, 0, "LEVEL", level, .wmask = 1), {} };
static const struct region_type pin_regions[] = {
    PCI_CONFIG_REGION, { .name = "pin", .size = 4, .min = 4, .max = 4, .regs = pin_regs }, {}
};

static inline void pin_outputs(struct device *dev)
{
    pci_irq_set(dev, ((struct pin_function *)dev)->st.level);
}

static const struct section pin_section = {
    "pin", 1, 1, .fields = (const struct field[]){ STRUCT(struct pin_function, "pci", pci, pci_state_fields),
                                                   FIELD(struct pin_function, "level", level, .max = 1), {} },
};

#define PIN_FUNCTION(id, n)                                                                                            \
    static const struct pci_type id = {                                                                                \
        .dev = { .type = { .name = "test-pin-" #n, .parent = "pci-device", .doc = "a function for tests",              \
                           DEVICE(struct pin_function), TYPE_STATE(struct pin_function), .state = &pin_section },      \
                 .locking = LOCKING_DEVICE, .regions = pin_regions, PCI_TYPE_HOOKS, .outputs = pin_outputs },          \
        .vendor = 0x1af4, .device = 0x10f0, .class = 0xff0000, .pin = n,                                               \
    };                                                                                                                 \
    TYPE_IN(id, id.dev.type)
PIN_FUNCTION(pin_a, 1);
PIN_FUNCTION(pin_b, 2);
PIN_FUNCTION(pin_c, 3);
PIN_FUNCTION(pin_d, 4);

/* pin: 0 is INTA. */
static inline struct device *pin_new(struct machine *m, unsigned slot, unsigned pin)
{
    static const struct pci_type *const types[] = { &pin_a, &pin_b, &pin_c, &pin_d };
    struct device *dev = device_new(m, &types[pin]->dev);

    CHECK(!device_set(dev, "addr", T("%x", slot), NULL) && !device_realize(dev, NULL, NULL, NULL));
    return dev;
}

static inline void pin_set(struct device *dev, bool level)
{
    device_write(dev, 1, 0, 4, level);
}
