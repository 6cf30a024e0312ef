/* SPDX-License-Identifier: Apache-2.0 */
#include "hw/dma/i8257.h"

/*
 * 8237-compatible DMA controllers, as a PC has two of them
 *
 * The registers of four channels, with page registers; single, demand and block mode alike move what the user
 * offers.  Not modelled: memory to memory, the temporary register, priorities, compressed timing, the cascade's
 * mask: commands that ask for them are refused, as the reference does.
 * Reference: Intel 8237A data sheet; Intel ICH9 data sheet, section 13.2 (DMA I/O registers).
 *
 * Invariant: now[COUNT] counts bytes that have moved since base was loaded, at most (base + 1) units of them.
 */

#include "core/dma.h"
#include "core/machine.h"
#include "hw/isa/isa.h"

#include <errno.h>
#include <string.h>

enum { CHANNELS = 4, ADDR = 0, COUNT = 1 };
enum { MODE_CHANNEL = 3, MODE_DIRECTION = 3 << 2, MODE_TO_MEMORY = 1 << 2, MODE_FROM_MEMORY = 2 << 2,
       MODE_AUTO = 1 << 4, MODE_DOWN = 1 << 5 };
enum { COMMAND_DISABLE = 1 << 2, SET = 1 << 2 };
enum { STATUS_TC = 0x0f, STATUS_REQUEST_SHIFT = 4 };
enum { R_COMMAND, R_REQUEST, R_MASK, R_MODE, R_FLIP_FLOP, R_CLEAR, R_UNMASK, R_MASK_ALL };

struct dma_channel {
    uint32_t now[2];            /* address in bytes, and bytes moved */
    uint16_t base[2];           /* address and count in units, as written */
    uint8_t mode, page, pageh;
    uint8_t dack, eop;          /* in the stream only */
    uint8_t spare[3];
};

struct i8257 {
    struct device dev;
    struct {
        int32_t base, page_base, pageh_base, dshift;
    } cfg;
    struct i8257_state {
        struct dma_channel channel[CHANNELS];
        uint8_t command, mask, flip_flop, status;
    } st;
    struct work *user[CHANNELS];
};

static struct i8257 *i8257(struct device *dev)
{
    return (struct i8257 *)dev;
}

static bool ready(const struct i8257 *d, unsigned n)
{
    return d->st.status >> (STATUS_REQUEST_SHIFT + n) & 1 && !(d->st.mask >> n & 1) &&
           !(d->st.command & COMMAND_DISABLE);
}

static void tell(struct i8257 *d)
{
    for (unsigned n = 0; n < CHANNELS; n++)
        if (d->user[n] && ready(d, n))
            work_post(d->user[n]);
}

static void load(struct i8257 *d, struct dma_channel *c)
{
    c->now[ADDR] = (uint32_t)c->base[ADDR] << d->cfg.dshift;
    c->now[COUNT] = 0;
}

/* Both bytes of a register go through the same port; one flip-flop for all says which comes. */
static bool high_byte(struct i8257 *d)
{
    d->st.flip_flop ^= 1;
    return !d->st.flip_flop;
}

static uint8_t channel_read(struct i8257 *d, unsigned at)
{
    const struct dma_channel *c = &d->st.channel[at >> 1];
    uint32_t moved = c->now[COUNT], val;

    if (at & 1)
        val = c->base[COUNT] - (moved >> d->cfg.dshift);
    else
        val = (c->mode & MODE_DOWN ? c->now[ADDR] - moved : c->now[ADDR] + moved) >> d->cfg.dshift;
    return high_byte(d) ? val >> 8 : val;
}

static void channel_write(struct i8257 *d, unsigned at, uint8_t val)
{
    struct dma_channel *c = &d->st.channel[at >> 1];
    uint16_t *base = &c->base[at & 1];

    if (high_byte(d)) {
        *base = (*base & 0x00ff) | val << 8;
        load(d, c);
    } else {
        *base = (*base & 0xff00) | val;
    }
}

static uint8_t control_read(struct i8257 *d, unsigned at)
{
    uint8_t val = 0;

    if (at == R_COMMAND) {
        val = d->st.status;
        d->st.status &= ~STATUS_TC;
    } else if (at == R_REQUEST) {
        val = d->st.mask;
    }
    return val;
}

static uint8_t bit_set(uint8_t bits, unsigned bit, bool on)
{
    return (bits & ~(1u << bit)) | on << bit;
}

static void command_write(struct i8257 *d, uint8_t val)
{
    if (val & ~COMMAND_DISABLE)
        guest_error(&d->dev, "a command that this controller does not have", val);
    else
        d->st.command = val;
}

static void clear(struct i8257 *d)
{
    d->st.command = d->st.flip_flop = d->st.status = 0;
    d->st.mask = 0xff;
}

static void control_write(struct i8257 *d, unsigned at, uint8_t val)
{
    unsigned n = val & MODE_CHANNEL;

    switch (at) {
    case R_COMMAND:
        command_write(d, val);
        break;
    case R_REQUEST:
        d->st.status = bit_set(d->st.status, STATUS_REQUEST_SHIFT + n, val & SET);
        break;
    case R_MASK:
        d->st.mask = bit_set(d->st.mask, n, val & SET);
        break;
    case R_MODE:
        d->st.channel[n].mode = val;
        break;
    case R_FLIP_FLOP:
        d->st.flip_flop = 0;
        break;
    case R_CLEAR:
        clear(d);
        break;
    case R_UNMASK:
        d->st.mask = 0;
        break;
    case R_MASK_ALL:
        d->st.mask = val;
        break;
    }
    tell(d);
}

/* A register of the word controller answers at two ports. */
static unsigned reg_at(struct device *dev, uint64_t at)
{
    return at >> i8257(dev)->cfg.dshift & 7;
}

/* A wide access is one access to each port. */
static uint64_t bytes_read(struct device *dev, uint64_t at, unsigned size, uint8_t (*fn)(struct i8257 *, unsigned))
{
    uint64_t val = 0;

    for (unsigned i = 0; i < size; i++)
        val |= (uint64_t)fn(i8257(dev), reg_at(dev, at + i)) << 8 * i;
    return val;
}

static void bytes_write(struct device *dev, uint64_t at, unsigned size, uint64_t val,
                        void (*fn)(struct i8257 *, unsigned, uint8_t))
{
    for (unsigned i = 0; i < size; i++)
        fn(i8257(dev), reg_at(dev, at + i), val >> 8 * i);
}

static uint64_t channels_read(struct device *dev, uint64_t at, unsigned size)
{
    return bytes_read(dev, at, size, channel_read);
}

static void channels_write(struct device *dev, uint64_t at, unsigned size, uint64_t val)
{
    bytes_write(dev, at, size, val, channel_write);
}

static uint64_t controls_read(struct device *dev, uint64_t at, unsigned size)
{
    return bytes_read(dev, at, size, control_read);
}

static void controls_write(struct device *dev, uint64_t at, unsigned size, uint64_t val)
{
    bytes_write(dev, at, size, val, control_write);
}

/* By offset from port 81h: 81h is channel 2's, 82h 3's, 83h 1's, 87h 0's. */
static struct dma_channel *of_page(struct device *dev, uint32_t at)
{
    static const uint8_t channel[] = { 2, 3, 1, 0, 0, 0, 0 };

    return &i8257(dev)->st.channel[channel[at]];
}

static uint64_t page_read(struct device *dev, uint32_t at)
{
    return of_page(dev, at)->page;
}

static void page_write(struct device *dev, uint32_t at, uint64_t val)
{
    of_page(dev, at)->page = val;
}

static uint64_t pageh_read(struct device *dev, uint32_t at)
{
    return of_page(dev, at)->pageh;
}

static void pageh_write(struct device *dev, uint32_t at, uint64_t val)
{
    of_page(dev, at)->pageh = val & 0x7f;
}

static const struct device_type i8257_type;

static struct device *find(struct machine *m, int32_t dshift)
{
    struct device *dev = device_find(m, &i8257_type);

    while (dev && i8257(dev)->cfg.dshift != dshift)
        dev = device_find_next(dev);
    return dev;
}

int isa_dma_attach(struct isa_dma *d, struct device *user, unsigned channel, struct work *work, struct error **err)
{
    const char *name = user->type->type.name;
    struct device *chip = find(user->machine, channel > 3);

    if (channel > 7 || channel == 4)
        return error_set(err, -ERANGE, ERROR_RANGE, T("%s.dma", name), T("%u", channel), "0 to 3, 5 to 7");
    if (!chip)
        return error_set(err, -ENODEV, ERROR_STATE, T("%s.dma", name), T("%u", channel),
                         "a machine with DMA controllers");
    if (i8257(chip)->user[channel % CHANNELS])
        return error_set(err, -EBUSY, ERROR_STATE, T("%s.dma", name), T("%u", channel),
                         "a channel that nobody else uses");
    i8257(chip)->user[channel % CHANNELS] = work;
    *d = (struct isa_dma){ chip, channel % CHANNELS };
    return 0;
}

void isa_dma_detach(struct isa_dma *d)
{
    if (!d->chip)
        return;
    i8257(d->chip)->user[d->channel] = NULL;
    d->chip = NULL;
}

void isa_dma_request(struct isa_dma *d, bool on)
{
    struct i8257 *chip = i8257(d->chip);

    chip->st.status = bit_set(chip->st.status, STATUS_REQUEST_SHIFT + d->channel, on);
}

bool isa_dma_ready(const struct isa_dma *d)
{
    return ready(i8257(d->chip), d->channel);
}

uint32_t isa_dma_left(const struct isa_dma *d)
{
    const struct i8257 *chip = i8257(d->chip);
    const struct dma_channel *c = &chip->st.channel[d->channel];
    uint32_t all = (c->base[COUNT] + 1u) << chip->cfg.dshift;

    return c->now[COUNT] < all ? all - c->now[COUNT] : 0;
}

/* What lies together from here on; the address wraps within its page (64 KiB, or 128 KiB of words). */
static uint64_t place(const struct i8257 *d, const struct dma_channel *c, size_t *n)
{
    uint32_t window = 0x10000u << d->cfg.dshift, unit = 1u << d->cfg.dshift;
    bool down = c->mode & MODE_DOWN;
    uint32_t at = (down ? c->now[ADDR] - c->now[COUNT] : c->now[ADDR] + c->now[COUNT]) % window;
    size_t together = down ? unit : window - at;

    if (*n > together)
        *n = together;
    return (uint64_t)c->pageh << 24 | (uint32_t)(c->page & ~(unit - 1)) << 16 | at;
}

static bool count(struct i8257 *d, unsigned n, size_t bytes)
{
    struct dma_channel *c = &d->st.channel[n];

    c->now[COUNT] += bytes;
    if (c->now[COUNT] < (c->base[COUNT] + 1u) << d->cfg.dshift)
        return false;
    d->st.status |= 1u << n;
    if (c->mode & MODE_AUTO)
        load(d, c);
    else
        d->st.mask |= 1u << n;
    return true;
}

/* Guest memory that does not answer reads as zeros. */
static void copy(struct address_space *as, uint64_t addr, uint8_t *in, const uint8_t *out, size_t n)
{
    if (out) {
        dma_write(as, addr, out, n);
    } else {
        memset(in, 0, n);
        dma_read(as, addr, in, n);
    }
}

static size_t move(struct isa_dma *d, uint8_t *in, const uint8_t *out, size_t n, bool *end)
{
    struct i8257 *chip = i8257(d->chip);
    struct dma_channel *c = &chip->st.channel[d->channel];
    unsigned direction = c->mode & MODE_DIRECTION;
    size_t done = 0;

    *end = false;
    if (!isa_dma_ready(d) || (direction && direction != (out ? MODE_TO_MEMORY : MODE_FROM_MEMORY)))
        return 0;
    if (n > isa_dma_left(d))
        n = isa_dma_left(d);
    n &= -(size_t)1 << chip->cfg.dshift;
    while (done < n) {
        size_t part = n - done;
        uint64_t addr = place(chip, c, &part);

        if (direction)
            copy(&chip->dev.machine->memory_as, addr, in ? in + done : NULL, out ? out + done : NULL, part);
        else if (in)
            memset(in + done, 0, part);
        done += part;
        *end = count(chip, d->channel, part);
    }
    return done;
}

size_t isa_dma_from_memory(struct isa_dma *d, void *buf, size_t n, bool *end)
{
    return move(d, buf, NULL, n, end);
}

size_t isa_dma_to_memory(struct isa_dma *d, const void *buf, size_t n, bool *end)
{
    return move(d, NULL, buf, n, end);
}

#define D struct i8257

static const struct prop i8257_props[] = {
    PROP(D, "base", base, .min = 0, .max = 0xffe0, .doc = "first port of the channels' registers"),
    PROP(D, "page-base", page_base, .def = 0x80, .min = 0, .max = 0xff00, .doc = "where page registers count from"),
    PROP(D, "pageh-base", pageh_base, .def = 0x480, .min = (uint64_t)-1, .max = 0xff00,
         .doc = "the same for the high page registers; -1: none"),
    PROP(D, "dshift", dshift, .min = 0, .max = 1, .doc = "1: moves words"),
    {}
};
static const struct reg page_regs[] = {
    REG_FN(0, "PAGE", 1, .count = 3, .read = page_read, .write = page_write, .doc = "address bits 16 to 23"),
    REG_FN(6, "PAGE0", 1, .read = page_read, .write = page_write, .doc = "the same for channel 0"),
    {}
};
static const struct reg pageh_regs[] = {
    REG_FN(0, "PAGEH", 1, .count = 3, .read = pageh_read, .write = pageh_write, .doc = "address bits 24 to 30"),
    REG_FN(6, "PAGEH0", 1, .read = pageh_read, .write = pageh_write, .doc = "the same for channel 0"),
    {}
};
enum { REGION_CHANNELS, REGION_CONTROL, REGION_PAGE, REGION_PAGEH };
static const struct region_type i8257_regions[] = {
    { .name = "dma-chan", .size = 16, .min = 1, .max = 4, .ports = true, .read = channels_read,
      .write = channels_write },
    { .name = "dma-cont", .size = 16, .min = 1, .max = 4, .ports = true, .read = controls_read,
      .write = controls_write },
    { .name = "dma-page", .size = 7, .min = 1, .max = 4, .ports = true, .hole = 0xff, .regs = page_regs },
    { .name = "dma-pageh", .size = 7, .min = 1, .max = 4, .ports = true, .hole = 0xff, .regs = pageh_regs },
    {}
};

static const struct field channel_fields[] = {
    { .name = "now", .type = "int32", .off = offsetof(struct dma_channel, now), .size = 4, .count = 2,
      .max = 0x20000 },
    { .name = "base", .off = offsetof(struct dma_channel, base), .size = 2, .count = 2 },
    ELEM(struct dma_channel, "mode", mode),
    ELEM(struct dma_channel, "page", page),
    ELEM(struct dma_channel, "pageh", pageh, .max = 0x7f),
    ELEM(struct dma_channel, "dack", dack),
    ELEM(struct dma_channel, "eop", eop),
    { .name = "spare", .off = offsetof(struct dma_channel, spare), .size = 1, .count = 3, .hidden = true },
    {}
};

static uint64_t dshift_get(const struct device *dev)
{
    return ((const D *)dev)->cfg.dshift;
}

static const struct section i8257_section = {
    "dma", 1, 1, .fields = (const struct field[]){
        FIELD(D, "command", command),
        FIELD(D, "mask", mask, .reset = 0xff),
        FIELD(D, "flip_flop", flip_flop, .max = 1),
        COMPUTED("dshift", 4, .type = "int32", .equal = true, .get = dshift_get),
        STRUCTS(D, "regs", channel, channel_fields),
        FIELD(D, "status", status, .hidden = true),
        {} },
};

static int i8257_realize(struct device *dev, struct error **err)
{
    struct i8257 *d = i8257(dev);
    unsigned ports = 8u << d->cfg.dshift;
    int r;

    dev->regions[REGION_CHANNELS].last = dev->regions[REGION_CONTROL].last = ports - 1;         /* before mapping */
    r = isa_map(dev, REGION_CHANNELS, d->cfg.base, err);
    if (!r)
        r = isa_map(dev, REGION_CONTROL, d->cfg.base + ports, err);
    if (!r)
        r = isa_map(dev, REGION_PAGE, d->cfg.page_base + 1, err);
    if (!r && d->cfg.pageh_base >= 0)
        r = isa_map(dev, REGION_PAGEH, d->cfg.pageh_base + 1, err);
    return r;
}

static void i8257_resumed(struct device *dev)
{
    tell(i8257(dev));
}

static const struct device_type i8257_type = {
    .type = { .name = "i8257", .parent = "isa-device", .doc = "DMA controller", .internal = true,
              DEVICE(D), TYPE_STATE(D), .props = i8257_props, .state = &i8257_section },
    .locking = LOCKING_CHIPSET,
    .bus = "ISA",
    .regions = i8257_regions,
    .realize = i8257_realize,
    .resumed = i8257_resumed,
};
DEVICE_TYPE(i8257_type);

static int one_new(struct machine *m, const char *base, const char *page_base, const char *dshift, struct error **err)
{
    struct device *dev = device_new(m, &i8257_type);
    int r = device_set(dev, "base", base, err);

    if (!r)
        r = device_set(dev, "page-base", page_base, err);
    if (!r)
        r = device_set(dev, "pageh-base", "-1", err);
    if (!r)
        r = device_set(dev, "dshift", dshift, err);
    return r ? r : device_realize(dev, NULL, NULL, err);
}

int i8257_new_pair(struct machine *m, struct error **err)
{
    int r = one_new(m, "0", "0x80", "0", err);

    return r ? r : one_new(m, "0xc0", "0x88", "1", err);
}
