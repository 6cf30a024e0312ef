/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The SMBus of a PC: a master, and devices that answer at an address
 *
 * All of them share the chipset's lock, so that the master may call the device that it addresses.  What a device
 * sees are bytes after its address; the protocols of the specification are the master's.
 *
 * Reference: System Management Bus Specification 2.0, section 5.5.
 */

#include "core/device.h"

enum { SMBUS_BLOCK_MAX = 32 };

struct smbus { struct bus bus; };

/* A device type on the bus: begins with struct device_type, its instances with struct smbus_device. */
struct smbus_type {
    struct device_type dev;
    void (*write)(struct device *dev, const uint8_t *bytes, unsigned n);        /* a command, and what follows it */
    uint8_t (*read)(struct device *dev);                                        /* the next byte */
};

struct smbus_device {
    struct device dev;
    struct {
        uint8_t address;        /* 7 bits */
        uint8_t pad[7];
    } cfg;
};

/* Named "i2c". */
void smbus_init(struct smbus *bus, struct machine *m, struct device *owner);
void smbus_fini(struct smbus *bus);

/* Inside the chipset's lock.  NULL: nobody acknowledges the address. */
struct device *smbus_find(struct smbus *bus, uint8_t address);
static inline const struct smbus_type *smbus_type(const struct device *dev)
{
    return (const struct smbus_type *)dev->type;
}
