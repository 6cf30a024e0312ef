/* SPDX-License-Identifier: Apache-2.0 */

/*
 * isa-debug-exit: a port that ends the process
 *
 * For test guests: writing v makes the exit status (v << 1) | 1, so that it is never 0.  The port
 * reads as 0 and keeps no state.
 */

#include "core/machine.h"
#include "hw/isa/isa.h"

#include <errno.h>

enum { SIZE_MAX_BYTES = 4 };

struct debug_exit {
    struct device dev;
    struct {
        uint32_t iobase, iosize;
    } cfg;
};

static uint64_t exit_read(struct device *dev, uint64_t at, unsigned size)
{
    return 0;
}

static void exit_write(struct device *dev, uint64_t at, unsigned size, uint64_t val)
{
    machine_request_quit(dev->machine, (val << 1 | 1) & 0xff);
}

#define D struct debug_exit

static const struct prop exit_props[] = {
    PROP(D, "iobase", iobase, .def = 0x501, .doc = "first port"),
    PROP(D, "iosize", iosize, .def = 2, .min = 1, .max = SIZE_MAX_BYTES, .doc = "number of ports that answer"),
    {}
};
static const struct region_type exit_regions[] = {
    { .name = "isa-debug-exit", .size = SIZE_MAX_BYTES, .min = 1, .max = 4, .ports = true, .read = exit_read,
      .write = exit_write },
    {}
};

static int exit_realize(struct device *dev, struct error **err)
{
    D *d = (D *)dev;

    dev->regions[0].last = d->cfg.iosize - 1;   /* before it is mapped */
    return isa_map(dev, 0, d->cfg.iobase, err);
}

static const struct device_type exit_type = {
    .type = { .name = "isa-debug-exit", .parent = "isa-device", .category = "misc",
              .doc = "a port that ends the process", DEVICE(D), .props = exit_props, .state = &no_state },
    .bus = "ISA",
    .regions = exit_regions,
    .realize = exit_realize,
};
DEVICE_TYPE(exit_type);
