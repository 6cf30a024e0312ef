/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The SMBus host controller that ICH9 and PIIX4 have: registers, and the protocols of the specification
 *
 * Its state and host side are members of the function that carries it, which says where they are in every call
 * (smb_host_of in its type's functions), and share the chipset's lock with the devices on the bus.
 */

#include "hw/i2c/smbus.h"

enum { SMB_PORTS = 64, SMB_AUX_E32B = 1 << 1 };

struct smb_host_state {
    uint32_t index;                     /* into data */
    uint8_t sts, cnt, cmd, addr, data0, data1;
    uint8_t data[SMBUS_BLOCK_MAX];
    uint8_t aux, blkdata;
    bool i2c_enable, op_done, in_i2c_read, start_on_read;
};

struct smb_host {
    struct smb_host_state *st;
    struct smbus bus;
    uint8_t aux_reset;                  /* AUX_CTL after reset: PIIX4 has its block buffer always */
};

uint64_t smb_host_read(struct smb_host *h, uint32_t at);
void smb_host_write(struct smb_host *h, uint32_t at, uint8_t val);
void smb_host_reset(struct smb_host *h);
/* Does it ask for an interrupt? */
bool smb_host_irq(const struct smb_host_state *st);

extern const struct field smb_host_fields[];            /* the stream's "pmsmb" */
/* The section of the bus, whose devices are never in the middle of a transfer. */
extern const struct section smb_bus_section;
