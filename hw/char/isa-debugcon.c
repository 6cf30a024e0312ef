/* SPDX-License-Identifier: Apache-2.0 */

/*
 * isa-debugcon: one port, each byte written to it goes to a chardev
 *
 * What firmware writes its messages to.  The port has no status: bytes that the chardev has no room
 * for wait in a small buffer, and beyond that they are lost and counted as a guest error.
 */

#include "hw/char/front.h"
#include "hw/isa/isa.h"

enum { WAITING_BYTES = 4096 };

struct debugcon {
    struct device dev;
    struct {
        char *chardev;
        uint32_t iobase, readback;
    } cfg;
    struct char_front front;
    struct work pump;
    unsigned n_waiting;
    uint8_t waiting[WAITING_BYTES];
};

static struct debugcon *debugcon(struct device *dev)
{
    return (struct debugcon *)dev;
}

static void writable(struct char_front *f)
{
    work_post(&((struct debugcon *)((char *)f - offsetof(struct debugcon, front)))->pump);
}

static void pump(struct device *dev)
{
    struct debugcon *d = debugcon(dev);
    size_t n = chardev_write(&d->front, d->waiting, d->n_waiting);

    d->n_waiting -= n;
    memmove(d->waiting, d->waiting + n, d->n_waiting);
}

static uint64_t read_port(struct device *dev, uint32_t at)
{
    return debugcon(dev)->cfg.readback & 0xff;
}

static void write_port(struct device *dev, uint32_t at, uint64_t val)
{
    struct debugcon *d = debugcon(dev);

    if (!d->front.port)
        return;
    if (d->n_waiting == WAITING_BYTES) {
        guest_error(dev, "debug output is lost", val);
        return;
    }
    d->waiting[d->n_waiting++] = val;
    pump(dev);
}

#define D struct debugcon

static const struct prop debugcon_props[] = {
    PROP(D, "chardev", chardev, .link = true, .doc = "name of the character backend"),
    PROP(D, "iobase", iobase, .def = 0xe9, .doc = "port"),
    PROP(D, "readback", readback, .def = 0xe9,
         .doc = "what reading the port gives, so that software knows it is there"),
    {}
};
static const struct reg debugcon_regs[] = {
    REG_FN(0, "DATA", 1, .read = read_port, .write = write_port, .doc = "a byte for the console"),
    {}
};
static const struct region_type debugcon_regions[] = {
    { .name = "isa-debugcon", .size = 1, .min = 1, .max = 1, .ports = true, .regs = debugcon_regs },
    {}
};

static int debugcon_realize(struct device *dev, struct error **err)
{
    struct debugcon *d = debugcon(dev);
    int r;

    work_init(&d->pump, dev, pump);
    d->front = (struct char_front){ .writable = writable };
    r = isa_map(dev, 0, d->cfg.iobase, err);
    return r < 0 ? r : front_attach(dev->machine, "isa-debugcon", d->cfg.chardev, &d->front, err);
}

static void debugcon_unrealize(struct device *dev)
{
    chardev_detach(&debugcon(dev)->front);
}

static const struct device_type debugcon_type = {
    .type = { .name = "isa-debugcon", .parent = "isa-device", .category = "misc", .doc = "debug console port",
              DEVICE(D), .props = debugcon_props, .state = &no_state },
    .bus = "ISA",
    .regions = debugcon_regions,
    .realize = debugcon_realize,
    .unrealize = debugcon_unrealize,
};
DEVICE_TYPE(debugcon_type);
