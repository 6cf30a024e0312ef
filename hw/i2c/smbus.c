/* SPDX-License-Identifier: Apache-2.0 */
#include "hw/i2c/smbus.h"

/* The SMBus (see smbus.h). */

#include "core/machine.h"

#include <errno.h>

static const struct prop smbus_props[] = {
    PROP(struct smbus_device, "address", address, .max = 0x7f, .doc = "where it answers, 7 bits"),
    {}
};

static const struct device_type i2c_base = {
    .type = { .name = "i2c-slave", .parent = "device", .doc = "a device on an I2C bus", .abstract = true,
              .props = smbus_props, .state = &no_state },
};
DEVICE_TYPE(i2c_base);

static const struct device_type smbus_base = {
    .type = { .name = "smbus-device", .parent = "i2c-slave", .doc = "a device on the SMBus", .abstract = true,
              .state = &no_state },
};
DEVICE_TYPE(smbus_base);

static int plug(struct bus *bus, struct device *dev, struct error **err)
{
    uint8_t address = ((struct smbus_device *)dev)->cfg.address;

    if (!smbus_find((struct smbus *)bus, address))
        return 0;
    return error_set(err, -EBUSY, ERROR_STATE, T("%s.address", dev->type->type.name), T("%#x", address),
                     "an address that nobody has");
}

static const struct bus_ops ops = { .type = "i2c-bus", .print = "i2c-bus", .plug = plug };

void smbus_init(struct smbus *bus, struct machine *m, struct device *owner)
{
    bus_init(&bus->bus, &ops, m, owner, "i2c");
}

void smbus_fini(struct smbus *bus)
{
    bus_fini(&bus->bus);
}

struct device *smbus_find(struct smbus *bus, uint8_t address)
{
    list_for_each(n, &bus->bus.devices) {
        struct smbus_device *d = list_entry(n, struct smbus_device, dev.in_bus);

        if (d->cfg.address == address)
            return &d->dev;
    }
    return NULL;
}
