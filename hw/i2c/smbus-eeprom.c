/* SPDX-License-Identifier: Apache-2.0 */

/*
 * smbus-eeprom: 256 bytes behind an SMBus address, as memory modules have them
 *
 * A command byte sets the offset, bytes that follow are stored, reads give the byte at the offset; both count it on and
 * around.  Every reset makes the content what it was: nothing, as on the reference's PCs, whose modules describe
 * nothing.
 * Reference: 24C02 data sheets; JEDEC 21-C, 4.1.2 (where SPD would be).
 */

#include "hw/i2c/smbus.h"

enum { EEPROM_BYTES = 256, I2C_BUFFER_BYTES = 34 };

struct eeprom {
    struct smbus_device smb;
    struct {
        uint8_t data[EEPROM_BYTES];
        uint8_t offset;
        bool accessed;                  /* else it is not in the stream */
    } st;
};

static struct eeprom *eeprom(struct device *dev)
{
    return (struct eeprom *)dev;
}

static void eeprom_write(struct device *dev, const uint8_t *bytes, unsigned n)
{
    struct eeprom *e = eeprom(dev);

    e->st.accessed = true;
    e->st.offset = bytes[0];
    for (unsigned i = 1; i < n; i++)
        e->st.data[e->st.offset++] = bytes[i];
}

static uint8_t eeprom_read(struct device *dev)
{
    struct eeprom *e = eeprom(dev);

    e->st.accessed = true;
    return e->st.data[e->st.offset++];
}

static bool accessed(const struct device *dev)
{
    return ((const struct eeprom *)dev)->st.accessed;
}

static uint64_t address_get(const struct device *dev)
{
    return ((const struct eeprom *)dev)->smb.cfg.address;
}

static uint64_t idle_get(const struct device *dev)
{
    (void)dev;
    return 0;
}

#define E struct eeprom

/* Between transfers, where a stream always finds us, the state machine of the bus is idle. */
static const struct section i2c_section = {
    "I2CSlave", 1, 1, .fields = (const struct field[]){ COMPUTED("address", 1, .get = address_get, .equal = true), {} },
};
static const struct section smbus_section = {
    "smbus-device", 1, 1, .fields = (const struct field[]){
        PART("i2c", &i2c_section),
        COMPUTED("mode", 4, .get = idle_get, .equal = true, .type = "int32"),
        COMPUTED("data_len", 4, .get = idle_get, .equal = true, .type = "int32"),
        UNUSED("data_buf", I2C_BUFFER_BYTES),
        {} },
};
static const struct section eeprom_section = {
    "smbus-eeprom", 1, 1, .needed = accessed, .fields = (const struct field[]){
        PART("smbusdev", &smbus_section),
        ARRAY(E, "data", data),
        FIELD(E, "offset", offset),
        FIELD(E, "accessed", accessed),
        {} },
};

static const struct smbus_type eeprom_type = {
    .dev = {
        .type = { .name = "smbus-eeprom", .parent = "smbus-device", .doc = "EEPROM of a memory module",
                  .internal = true, DEVICE(E), TYPE_STATE(E), .state = &eeprom_section },
        .locking = LOCKING_CHIPSET,
        .bus = "i2c-bus",
    },
    .write = eeprom_write,
    .read = eeprom_read,
};
TYPE_IN(eeprom_type, eeprom_type.dev.type);
