/* SPDX-License-Identifier: Apache-2.0 */
#include "hw/i2c/smb-host.h"

/*
 * The SMBus host controller (see smb-host.h)
 *
 * Quick, byte, byte data, word data and block transfers.  A transfer is carried out as a whole: when the status is read
 * the next time, which shows the host busy once, or at once when its end is to interrupt.  A block goes through the
 * 32-byte buffer (E32B in AUX_CTL), or byte by byte, with BYTE_DONE between.
 * Reference: Intel I/O Controller Hub 9 data sheet, 5.20 and 19.2; SMBus 2.0, 5.5.
 * Left out: process calls and I2C reads (answered as by a device that does not acknowledge), packet error codes, the
 * slave side and host notify, SMBALERT#.
 *
 * Invariant: index < SMBUS_BLOCK_MAX.
 */

enum { HST_STS = 0x00, HST_CNT = 0x02, HST_CMD = 0x03, XMIT_SLVA = 0x04, HST_D0 = 0x05, HST_D1 = 0x06,
       HOST_BLOCK_DB = 0x07, AUX_CTL = 0x0d };
enum { STS_BUSY = 1 << 0, STS_INTR = 1 << 1, STS_DEV_ERR = 1 << 2, STS_BUS_ERR = 1 << 3, STS_FAILED = 1 << 4,
       STS_BYTE_DONE = 1 << 7 };
enum { CNT_INTREN = 1 << 0, CNT_KILL = 1 << 1, CNT_CMD_SHIFT = 2, CNT_START = 1 << 6, CNT_KEPT = 0x1f };
enum { AUX_BITS = 3 };
enum { QUICK, BYTE, BYTE_DATA, WORD_DATA, PROCESS_CALL, BLOCK };

static struct device *target(struct smb_host *h)
{
    return smbus_find(&h->bus, h->st->addr >> 1);
}

static void put(struct device *dev, const uint8_t *bytes, unsigned n)
{
    smbus_type(dev)->write(dev, bytes, n);
}

static uint8_t get(struct device *dev)
{
    return smbus_type(dev)->read(dev);
}

static void finish(struct smb_host *h, uint8_t result)
{
    h->st->sts = (h->st->sts & ~(STS_BUSY | STS_BYTE_DONE)) | result;
    h->st->op_done = true;
}

/* Up to two bytes of data, after a command or without one. */
static void transfer(struct smb_host *h, struct device *dev, unsigned protocol, bool reads)
{
    struct smb_host_state *st = h->st;
    uint8_t out[3] = { st->cmd, st->data0, st->data1 };

    if (protocol == BYTE && reads) {
        st->data0 = get(dev);
    } else if (protocol == BYTE || !reads) {
        put(dev, out, protocol == BYTE ? 1 : protocol == BYTE_DATA ? 2 : 3);
    } else {
        put(dev, out, 1);
        st->data0 = get(dev);
        if (protocol == WORD_DATA)
            st->data1 = get(dev);
    }
}

/* The device says how many; false: more than there may be. */
static bool block_read(struct smb_host *h, struct device *dev)
{
    struct smb_host_state *st = h->st;

    put(dev, &st->cmd, 1);
    st->data0 = get(dev);
    if (st->data0 > SMBUS_BLOCK_MAX)
        return false;
    for (unsigned i = 0; i < st->data0; i++)
        st->data[i] = get(dev);
    st->index = 0;
    return true;
}

/* The guest may have changed the count meanwhile. */
static unsigned block_bytes(const struct smb_host_state *st)
{
    return st->data0 < SMBUS_BLOCK_MAX ? st->data0 : SMBUS_BLOCK_MAX;
}

static void block_write(struct smb_host *h, struct device *dev)
{
    struct smb_host_state *st = h->st;
    unsigned n = block_bytes(st);
    uint8_t out[2 + SMBUS_BLOCK_MAX] = { st->cmd, n };

    memcpy(out + 2, st->data, n);
    put(dev, out, 2 + n);
    st->index = 0;
}

static void block_show(struct smb_host_state *st)
{
    st->blkdata = st->data[st->index];
    st->sts |= STS_BYTE_DONE | STS_BUSY;
    st->op_done = false;
}

static void block(struct smb_host *h, struct device *dev, bool reads)
{
    struct smb_host_state *st = h->st;
    bool buffered = st->aux & SMB_AUX_E32B;

    if (!reads && (!st->data0 || st->data0 > SMBUS_BLOCK_MAX)) {
        finish(h, STS_DEV_ERR);
    } else if (reads && !block_read(h, dev)) {
        finish(h, STS_DEV_ERR);
    } else if (reads && !buffered && st->data0) {
        block_show(st);
    } else if (!reads && !buffered) {
        st->index = 0;
        st->data[0] = st->blkdata;
        st->sts |= STS_BYTE_DONE | STS_BUSY;
        st->op_done = false;
    } else {
        if (!reads)
            block_write(h, dev);
        finish(h, STS_INTR);
    }
}

/* BYTE_DONE was acknowledged: the next byte, or the end. */
static void block_next(struct smb_host *h)
{
    struct smb_host_state *st = h->st;
    struct device *dev = target(h);
    bool reads = st->addr & 1;
    unsigned n = block_bytes(st);

    if (!dev) {
        finish(h, STS_DEV_ERR);
    } else if (st->index + 1 >= n) {
        if (!reads && n)
            block_write(h, dev);
        finish(h, STS_INTR);
    } else {
        st->index++;
        if (reads)
            st->blkdata = st->data[st->index];
        else
            st->data[st->index] = st->blkdata;
        st->sts |= STS_BYTE_DONE;
    }
}

static void run(struct smb_host *h)
{
    unsigned protocol = h->st->cnt >> CNT_CMD_SHIFT & 7;
    struct device *dev = target(h);
    bool reads = h->st->addr & 1;

    h->st->start_on_read = false;
    if (!dev || protocol == PROCESS_CALL || protocol > BLOCK) {
        finish(h, STS_DEV_ERR);
    } else if (protocol == BLOCK) {
        block(h, dev, reads);
    } else {
        if (protocol != QUICK)
            transfer(h, dev, protocol, reads);
        finish(h, STS_INTR);
    }
}

static uint8_t status_read(struct smb_host *h)
{
    uint8_t val = h->st->sts;

    if (h->st->start_on_read)
        run(h);
    return val;
}

static void status_write(struct smb_host *h, uint8_t val)
{
    struct smb_host_state *st = h->st;
    bool next = !st->op_done && st->sts & val & STS_BYTE_DONE;

    st->sts &= ~(val & ~STS_BUSY);
    if (next)
        block_next(h);
}

/* "KILL: kills the current host transaction taking place, sets the FAILED status bit". */
static void control_write(struct smb_host *h, uint8_t val)
{
    struct smb_host_state *st = h->st;

    st->cnt = val & CNT_KEPT;
    if (val & CNT_KILL) {
        st->start_on_read = false;
        finish(h, STS_FAILED);
    } else if (val & CNT_START && !(st->sts & STS_BUSY)) {
        st->sts = (st->sts & ~STS_BYTE_DONE) | STS_BUSY;
        st->op_done = false;
        st->start_on_read = true;
        if (val & CNT_INTREN)
            run(h);
    }
}

static uint8_t buffer_next(struct smb_host_state *st)
{
    uint8_t at = st->index;

    st->index = (st->index + 1) % SMBUS_BLOCK_MAX;
    return at;
}

uint64_t smb_host_read(struct smb_host *h, uint32_t at)
{
    struct smb_host_state *st = h->st;

    switch (at) {
    case HST_STS:
        return status_read(h);
    case HST_CNT:
        st->index = st->op_done ? 0 : st->index;        /* "reads to this register clear the pointer" */
        return st->cnt;
    case HST_CMD:
        return st->cmd;
    case XMIT_SLVA:
        return st->addr;
    case HST_D0:
        return st->data0;
    case HST_D1:
        return st->data1;
    case HOST_BLOCK_DB:
        return st->aux & SMB_AUX_E32B ? st->data[buffer_next(st)] : st->blkdata;
    case AUX_CTL:
        return st->aux;
    default:
        return 0;
    }
}

void smb_host_write(struct smb_host *h, uint32_t at, uint8_t val)
{
    struct smb_host_state *st = h->st;

    switch (at) {
    case HST_STS:
        status_write(h, val);
        break;
    case HST_CNT:
        control_write(h, val);
        break;
    case HST_CMD:
        st->cmd = val;
        break;
    case XMIT_SLVA:
        st->addr = val;
        break;
    case HST_D0:
        st->data0 = val;
        break;
    case HST_D1:
        st->data1 = val;
        break;
    case HOST_BLOCK_DB:
        if (st->aux & SMB_AUX_E32B)
            st->data[buffer_next(st)] = val;
        else
            st->blkdata = val;
        break;
    case AUX_CTL:
        st->aux = val & AUX_BITS;
        break;
    }
}

void smb_host_reset(struct smb_host *h)
{
    h->st->aux = h->aux_reset;
}

bool smb_host_irq(const struct smb_host_state *st)
{
    return st->cnt & CNT_INTREN && st->sts & (STS_INTR | STS_DEV_ERR | STS_BUS_ERR | STS_FAILED | STS_BYTE_DONE);
}

#define S struct smb_host_state

const struct field smb_host_fields[] = {
    ELEM(S, "smb_stat", sts), ELEM(S, "smb_ctl", cnt), ELEM(S, "smb_cmd", cmd), ELEM(S, "smb_addr", addr),
    ELEM(S, "smb_data0", data0), ELEM(S, "smb_data1", data1),
    ELEM(S, "smb_index", index, .max = SMBUS_BLOCK_MAX - 1),
    { .name = "smb_data", .off = offsetof(S, data), .size = 1, .count = SMBUS_BLOCK_MAX },
    ELEM(S, "smb_auxctl", aux, .max = AUX_BITS), ELEM(S, "smb_blkdata", blkdata),
    ELEM(S, "i2c_enable", i2c_enable), ELEM(S, "op_done", op_done, .reset = true),
    ELEM(S, "in_i2c_block_read", in_i2c_read), ELEM(S, "start_transaction_on_status_read", start_on_read),
    {}
};

enum { NO_ADDRESS = 0xff };

static uint64_t no_address(const struct device *dev)
{
    (void)dev;
    return NO_ADDRESS;
}

const struct section smb_bus_section = {
    "i2c_bus", 1, 1, .no_path = true,
    .fields = (const struct field[]){ COMPUTED("saved_address", 1, .get = no_address), {} },
};
