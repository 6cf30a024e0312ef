/* SPDX-License-Identifier: Apache-2.0 */
#include "hw/timer/i8254.h"

/*
 * 8254 programmable interval timer
 *
 * Three channels in all six modes, binary or BCD, with counter latch and read-back.  Nothing counts:
 * a count is a function of the time since it was loaded.  Not modelled: the clock that loading takes,
 * a gate that pauses modes 0 and 4, modes 1 and 5 waiting for their first trigger (they start when
 * loaded), the null-count bit.  Channel 0 drives ISA line 0, unless the HPET stands in for it.
 * Transitions that a late timer missed are dropped in whole periods.
 * Reference: Intel 82C54 data sheet (231244).
 *
 * Invariant: channel 0 has processed all its transitions before next_ns, and none from there on; its
 * output is what it was just before next_ns.
 */

#include "core/machine.h"
#include "hw/isa/isa.h"
#include "hw/timer/hpet.h"
#include "hw/timer/i8254-chip.h"

#include <errno.h>

enum { STATUS_OUT = 1 << 7, READ_BACK = 3, READ_BACK_NO_COUNT = 1 << 5, READ_BACK_NO_STATUS = 1 << 4 };

struct pit {
    struct device dev;
    struct {
        uint32_t iobase;
    } cfg;
    struct pit_state st;
    struct irq irq;
    struct irq_sink disable;
    struct timer timer;
};

static struct pit *pit(struct device *dev)
{
    return (struct pit *)dev;
}

static uint64_t ticks_at(const struct channel *c, uint64_t ns)
{
    return ns > c->load_ns ? clock_muldiv(ns - c->load_ns, PIT_HZ, SECOND_NS) : 0;
}

/* The first nanosecond at which ticks_at() says so. */
static uint64_t ns_of(const struct channel *c, uint64_t ticks)
{
    uint64_t ns = clock_muldiv(ticks, SECOND_NS, PIT_HZ);

    return c->load_ns + ns + (clock_muldiv(ns, PIT_HZ, SECOND_NS) < ticks);
}

static bool out_at(const struct channel *c, uint64_t ticks)
{
    switch (c->mode) {
    case 0:
    case 1:
        return ticks >= c->count;
    case 2:
        return !c->gate || ticks % c->count != c->count - 1;
    case 3:
        return !c->gate || ticks % c->count < (c->count + 1) / 2;
    default:
        return ticks != c->count;
    }
}

/* The tick of the next edge that matters after `ticks`; UINT64_MAX: none.  Low pulses of one clock
 * (modes 2, 4, 5) count as one edge, where they end or begin. */
static uint64_t next_edge(const struct channel *c, uint64_t ticks)
{
    uint64_t period = ticks / c->count * c->count, half = (c->count + 1) / 2;

    switch (c->mode) {
    case 2:
        return period + c->count;
    case 3:
        return ticks - period < half && half < c->count ? period + half : period + c->count;
    default:
        return ticks < c->count ? c->count : UINT64_MAX;
    }
}

static void schedule(struct pit *p, uint64_t ticks)
{
    struct channel *c = &p->st.channel[0];
    uint64_t edge = next_edge(c, ticks);

    p->st.next_ns = edge == UINT64_MAX || p->st.irq_disabled ? TIMER_OFF : ns_of(c, edge);
    if (p->st.next_ns != TIMER_OFF)
        c->next_ns = p->st.next_ns;
    timer_update(&p->timer);
}

static bool is_pulse(const struct channel *c)
{
    return c->mode == 2 || c->mode >= 4;
}

static void pit_fired(struct device *dev)
{
    struct pit *p = pit(dev);
    struct channel *c = &p->st.channel[0];
    uint64_t done = ticks_at(c, p->st.next_ns), now = ticks_at(c, clock_ns(dev));

    if (is_pulse(c))
        irq_set(&p->irq, false);        /* and up again in outputs() */
    if (now - done >= 2ull * c->count)  /* whole periods that nobody saw */
        done += (now - done) / c->count * c->count - c->count;
    schedule(p, done);
}

static void pit_outputs(struct device *dev)
{
    struct pit *p = pit(dev);
    const struct channel *c = &p->st.channel[0];
    uint64_t next = p->st.next_ns, ticks = next == TIMER_OFF ? ticks_at(c, clock_ns(dev)) : ticks_at(c, next) - 1;

    irq_set(&p->irq, !p->st.irq_disabled && (is_pulse(c) || out_at(c, ticks)));
}

static uint32_t from_bcd(uint32_t v)
{
    return (v & 0xf) + 10 * (v >> 4 & 0xf) + 100 * (v >> 8 & 0xf) + 1000 * (v >> 12 & 0xf);
}

static uint32_t to_bcd(uint32_t v)
{
    return v % 10 | v / 10 % 10 << 4 | v / 100 % 10 << 8 | v / 1000 % 10 << 12;
}

static uint16_t count_at(const struct channel *c, uint64_t ticks)
{
    uint32_t range = c->bcd ? 10000 : 0x10000, left;

    if (c->mode == 2)
        left = c->count - ticks % c->count;
    else if (c->mode == 3)
        left = c->count - 2 * ticks % c->count;
    else
        left = (c->count + range - ticks % range) % range;
    return c->bcd ? to_bcd(left % range) : left;
}

static uint16_t count_now(const struct pit *p, unsigned n)
{
    return count_at(&p->st.channel[n], ticks_at(&p->st.channel[n], clock_ns(&p->dev)));
}

static void load(struct pit *p, unsigned n, uint32_t val)
{
    struct channel *c = &p->st.channel[n];
    uint32_t count = c->bcd ? from_bcd(val) : val;

    c->count = count ? count : c->bcd ? 10000 : 0x10000;
    c->load_ns = clock_ns(&p->dev);
    if (n == 0)
        schedule(p, 0);
}

static void write_count(struct device *dev, uint32_t at, uint64_t val)
{
    struct pit *p = pit(dev);
    struct channel *c = &p->st.channel[at];

    switch (c->write_state) {
    case RW_LOW:
        load(p, at, val);
        break;
    case RW_HIGH:
        load(p, at, val << 8);
        break;
    case RW_BOTH:
        c->write_latch = val;
        c->write_state = RW_BOTH_HIGH;
        break;
    case RW_BOTH_HIGH:
        c->write_state = RW_BOTH;
        load(p, at, c->write_latch | val << 8);
        break;
    }
}

/* The byte that `state` says; two bytes are read one after the other. */
static uint8_t next_byte(uint8_t *state, uint16_t count, uint8_t after_low, uint8_t after_high)
{
    bool high = *state == RW_HIGH || *state == RW_BOTH_HIGH;

    if (*state == RW_BOTH)
        *state = after_low;
    else if (*state == RW_BOTH_HIGH)
        *state = after_high;
    return high ? count >> 8 : count;
}

static uint64_t read_count(struct device *dev, uint32_t at)
{
    struct pit *p = pit(dev);
    struct channel *c = &p->st.channel[at];

    if (c->status_latched) {
        c->status_latched = 0;
        return c->status;
    }
    if (c->count_latched) {
        uint8_t byte = next_byte(&c->count_latched, c->latched_count, RW_BOTH_HIGH, RW_LATCH);

        if (c->count_latched == RW_LOW || c->count_latched == RW_HIGH)
            c->count_latched = RW_LATCH;
        return byte;
    }
    return next_byte(&c->read_state, count_now(p, at), RW_BOTH_HIGH, RW_BOTH);
}

static void latch_count(struct pit *p, unsigned n)
{
    struct channel *c = &p->st.channel[n];

    if (c->count_latched)
        return;
    c->latched_count = count_now(p, n);
    c->count_latched = c->rw_mode;
}

static void latch_status(struct pit *p, unsigned n)
{
    struct channel *c = &p->st.channel[n];

    if (c->status_latched)
        return;
    c->status = (i8254_out(&p->dev, n) ? STATUS_OUT : 0) | c->rw_mode << 4 | c->mode << 1 | c->bcd;
    c->status_latched = 1;
}

static void read_back(struct pit *p, uint8_t val)
{
    for (unsigned n = 0; n < CHANNELS; n++) {
        if (!(val >> (n + 1) & 1))
            continue;
        if (!(val & READ_BACK_NO_COUNT))
            latch_count(p, n);
        if (!(val & READ_BACK_NO_STATUS))
            latch_status(p, n);
    }
}

/* A new mode starts over; the count of before stands in until one is loaded. */
static void write_control(struct device *dev, uint32_t at, uint64_t val)
{
    struct pit *p = pit(dev);
    unsigned n = val >> 6, rw = val >> 4 & 3, mode = val >> 1 & 7;
    struct channel *c = &p->st.channel[n % CHANNELS];

    if (n == READ_BACK) {
        read_back(p, val);
        return;
    }
    if (rw == RW_LATCH) {
        latch_count(p, n);
        return;
    }
    c->rw_mode = c->read_state = c->write_state = rw;
    c->count_latched = 0;
    c->mode = mode > 5 ? mode & 3 : mode;
    c->bcd = val & 1;
    c->load_ns = clock_ns(dev);
    if (n == 0)
        schedule(p, 0);
}

bool i8254_out(struct device *dev, unsigned n)
{
    const struct channel *c = &pit(dev)->st.channel[n];

    return out_at(c, ticks_at(c, clock_ns(dev)));
}

bool i8254_gate(struct device *dev, unsigned n)
{
    return pit(dev)->st.channel[n].gate;
}

/* A rising gate triggers: it starts over in all modes but 0 and 4. */
void i8254_set_gate(struct device *dev, unsigned n, bool gate)
{
    struct channel *c = &pit(dev)->st.channel[n];

    if (gate && !c->gate && c->mode != 0 && c->mode != 4)
        c->load_ns = clock_ns(dev);
    c->gate = gate;
}

static void disable(struct device *dev, unsigned line, bool level)
{
    struct pit *p = pit(dev);
    const struct channel *c = &p->st.channel[0];

    if (p->st.irq_disabled == level)
        return;
    p->st.irq_disabled = level;
    schedule(p, ticks_at(c, clock_ns(dev)));
}

#define PIT struct pit

static const struct prop pit_props[] = {
    PROP(PIT, "iobase", iobase, .def = UINT32_MAX, .doc = "first of four ports; default: 0x40"),
    {}
};
static const struct reg pit_regs[] = {
    REG_FN(0, "COUNT", 1, .count = 3, .read = read_count, .write = write_count, .doc = "counts, or what was latched"),
    REG_FN(3, "CONTROL", 1, .write = write_control, .doc = "control word, latch and read-back commands"),
    {}
};
static const struct region_type pit_regions[] = {
    { .name = "pit", .size = 4, .min = 1, .max = 4, .ports = true, .regs = pit_regs },
    {}
};

static const struct field channel_fields[] = {
    ELEM(struct channel, "count", count, .reset = 0x10000, .max = 0x10000, .type = "int32"),
    ELEM(struct channel, "latched_count", latched_count),
    ELEM(struct channel, "count_latched", count_latched, .max = RW_BOTH_HIGH),
    ELEM(struct channel, "status_latched", status_latched, .max = 1),
    ELEM(struct channel, "status", status),
    ELEM(struct channel, "read_state", read_state, .max = RW_BOTH_HIGH),
    ELEM(struct channel, "write_state", write_state, .max = RW_BOTH_HIGH),
    ELEM(struct channel, "write_latch", write_latch),
    ELEM(struct channel, "rw_mode", rw_mode, .max = RW_BOTH),
    ELEM(struct channel, "mode", mode, .reset = 3, .max = 5),
    ELEM(struct channel, "bcd", bcd, .max = 1),
    ELEM(struct channel, "gate", gate, .reset = 1, .max = 1),
    ELEM(struct channel, "count_load_time", load_ns, .type = "int64"),
    ELEM(struct channel, "next_transition_time", next_ns, .type = "int64"),
    {}
};
static const struct field pit_fields[] = {
    FIELD(PIT, "channels[0].irq_disabled", irq_disabled, .wire = 4, .max = 1),
    STRUCTS(PIT, "channels", channel, channel_fields),
    FIELD(PIT, "channels[0].next_transition_time", next_ns, .reset = TIMER_OFF, .type = "int64"),
    {}
};

static int pit_check(const struct device *dev, const void *state, struct error **err)
{
    const struct pit_state *st = state;

    for (unsigned n = 0; n < CHANNELS; n++)
        if (!st->channel[n].count)
            return error_set(err, -ERANGE, ERROR_RANGE, "i8254.channels.count", "0", "1 to 0x10000");
    return 0;
}

const struct section pit_section = { "i8254", 3, 3, .fields = pit_fields, .check = pit_check };

static void pit_reset(struct device *dev)
{
    struct pit *p = pit(dev);

    p->st.channel[2].gate = 0;
    for (unsigned n = 0; n < CHANNELS; n++)
        p->st.channel[n].load_ns = clock_ns(dev);
    p->st.irq_disabled = 0;
    schedule(p, 0);
}

static void pit_resumed(struct device *dev)
{
    timer_update(&pit(dev)->timer);
}

static int pit_realize(struct device *dev, struct error **err)
{
    struct pit *p = pit(dev);
    int r;

    timer_init(&p->timer, dev, &p->st.next_ns, pit_fired);
    p->disable = (struct irq_sink){ dev, disable };
    hpet_wire_pit(dev->machine, &p->disable);
    if (p->cfg.iobase == UINT32_MAX)
        p->cfg.iobase = 0x40;
    r = isa_irq(dev, &p->irq, "irq", 0, err);
    return r < 0 ? r : isa_map(dev, 0, p->cfg.iobase, err);
}

static void pit_unrealize(struct device *dev)
{
    hpet_wire_pit(dev->machine, NULL);
}

static const struct device_type pit_common = {
    .type = { .name = "pit-common", .parent = "isa-device", .doc = "an interval timer", .abstract = true,
              .state = &no_state },
};
DEVICE_TYPE(pit_common);

static const struct device_type pit_type = {
    .type = { .name = "isa-pit", .parent = "pit-common", .doc = "8254 interval timer", .internal = true,
              DEVICE(PIT), TYPE_STATE(PIT), .props = pit_props, .state = &pit_section },
    .locking = LOCKING_CHIPSET,
    .bus = "ISA",
    .regions = pit_regions,
    .realize = pit_realize,
    .unrealize = pit_unrealize,
    .reset = pit_reset,
    .resumed = pit_resumed,
    .outputs = pit_outputs,
};
DEVICE_TYPE(pit_type);

struct device *i8254_find(struct machine *m)
{
    return device_find(m, &pit_type);
}
