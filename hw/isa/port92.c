/* SPDX-License-Identifier: Apache-2.0 */

/*
 * port92: the fast gate of address line 20, and the fast reset
 *
 * Bit 1 holds the line up, together with the keyboard controller; a 1 in bit 0 resets.  The other bits store.
 * Reference: Intel I/O Controller Hub 9 data sheet, 13.7.2.  Left out: INIT of the processors alone: bit 0 resets the
 * machine, as in the reference.
 */

#include "core/machine.h"
#include "core/pins.h"
#include "hw/isa/isa.h"

enum { INIT_NOW = 1 << 0, ALT_A20_GATE = 1 << 1 };

struct port92 {
    struct device dev;
    struct {
        uint8_t outport;
    } st;
};

static void outport_write(struct device *dev, uint32_t at, uint64_t val)
{
    (void)at;
    ((struct port92 *)dev)->st.outport = val & ~INIT_NOW;
    if (val & INIT_NOW)
        machine_request_reset(dev->machine, CAUSE_GUEST_RESET);
}

static void port92_outputs(struct device *dev)
{
    machine_set_a20(dev->machine, A20_PORT92, ((struct port92 *)dev)->st.outport & ALT_A20_GATE);
}

#define P struct port92

static const struct reg port92_regs[] = {
    REG(P, 0, "PORT92", outport, .wmask = 0xff & ~INIT_NOW, .write = outport_write,
        .doc = "bit 1 lets address line 20 through, bit 0 resets"),
    {}
};
static const struct region_type port92_regions[] = {
    { .name = "port92", .size = 1, .min = 1, .max = 1, .ports = true, .regs = port92_regs },
    {}
};
static const struct section port92_section = {
    "port92", 1, 1, .fields = (const struct field[]){ FIELD(P, "outport", outport), {} },
};

static int port92_realize(struct device *dev, struct error **err)
{
    return isa_map(dev, 0, 0x92, err);
}

static const struct device_type port92_type = {
    .type = { .name = "port92", .parent = "isa-device", .doc = "fast A20 gate and reset", .internal = true,
              DEVICE(P), TYPE_STATE(P), .state = &port92_section },
    .bus = "ISA",
    .regions = port92_regions,
    .realize = port92_realize,
    .outputs = port92_outputs,
};
DEVICE_TYPE(port92_type);
