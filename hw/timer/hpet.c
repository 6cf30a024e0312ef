/* SPDX-License-Identifier: Apache-2.0 */
#include "hw/timer/hpet.h"

/*
 * High precision event timer
 *
 * A 64-bit counter of 100 MHz and 3 to 32 comparators, one-shot or periodic, 32 or 64 bits wide,
 * routed to the IOAPIC, to PIT's and RTC's lines (legacy replacement), or sent as messages when
 * `msi` is on.  The counter is a function of the virtual clock.  A one-shot comparator matches once,
 * and at once when it is written with a value just passed; the match after the 32-bit counter has
 * wrapped is not modelled.  Periods that a late timer missed are dropped.
 * Reference: IA-PC HPET specification 1.0a, section 2.3.
 *
 * Invariant: expiry_ns of a comparator is TIMER_OFF unless the counter runs and its interrupt is enabled.
 */

#include "core/machine.h"
#include "hw/intc/gsi.h"

enum { PERIOD_NS = 10, TIMERS_MIN = 3, TIMERS_MAX = 32, PC_ROUTES = 0xff0104, ROUTES = 24 };
#define HPET_ADDR 0xfed00000u
#define CLK_PERIOD_FS (PERIOD_NS * 1000000u)

enum { CFG_ENABLE = 1 << 0, CFG_LEGACY = 1 << 1 };
enum { TN_LEVEL = 1 << 1, TN_ENABLE = 1 << 2, TN_PERIODIC = 1 << 3, TN_PERIODIC_CAP = 1 << 4, TN_SIZE_CAP = 1 << 5,
       TN_SETVAL = 1 << 6, TN_32BIT = 1 << 8, TN_ROUTE_SHIFT = 9, TN_FSB = 1 << 14, TN_FSB_CAP = 1 << 15,
       TN_WRITABLE = 0x7f4e };

struct comparator {
    uint64_t config, cmp, fsb, period;
    uint64_t expiry_ns;
    uint32_t number, wrap_flag;
};

struct hpet {
    struct device dev;
    struct {
        uint32_t intcap;
        uint8_t timers;
        bool msi, offset_saved;
    } cfg;
    struct hpet_state {
        uint64_t config, isr;
        uint64_t counter;               /* while it stands */
        uint64_t offset_ns;             /* while it runs: counter = (clock + offset) / period */
        uint64_t n_timers;
        struct comparator timer[TIMERS_MAX];
    } st;
    struct timer watch[TIMERS_MAX];
    struct irq legacy, legacy_timer, legacy_rtc, pit_off;
    struct irq route[ROUTES];
};

static struct hpet *hpet(struct device *dev)
{
    return (struct hpet *)dev;
}

static uint64_t counter_now(const struct hpet *h)
{
    return h->st.config & CFG_ENABLE ? (clock_ns(&h->dev) + h->st.offset_ns) / PERIOD_NS : h->st.counter;
}

/* How far the comparator is ahead; negative: passed. */
static int64_t ahead(const struct comparator *t, uint64_t counter)
{
    return t->config & TN_32BIT ? (int32_t)(t->cmp - counter) : (int64_t)(t->cmp - counter);
}

/* A periodic comparator moves on by whole periods until it is ahead. */
static void advance(struct comparator *t, uint64_t counter)
{
    uint64_t behind = -ahead(t, counter);

    if (!(t->config & TN_PERIODIC) || !t->period || ahead(t, counter) > 0)
        return;
    t->cmp += (behind / t->period + 1) * t->period;
    if (t->config & TN_32BIT)
        t->cmp &= UINT32_MAX;
}

/* late: a one-shot comparator that has been passed matches now. */
static void arm(struct hpet *h, unsigned n, bool late)
{
    struct comparator *t = &h->st.timer[n];
    uint64_t counter = counter_now(h);
    int64_t left;

    t->expiry_ns = TIMER_OFF;
    if ((h->st.config & CFG_ENABLE) && (t->config & TN_ENABLE)) {
        if (!late)
            advance(t, counter);
        left = ahead(t, counter);
        if (left > 0 && left < INT64_MAX / PERIOD_NS)
            t->expiry_ns = (counter + left) * PERIOD_NS - h->st.offset_ns;
        else if (left <= 0 && late)
            t->expiry_ns = clock_ns(&h->dev);
    }
    timer_update(&h->watch[n]);
}

static bool is_legacy(const struct hpet *h, unsigned n)
{
    return (h->st.config & CFG_LEGACY) && n < 2;
}

static unsigned route_of(const struct comparator *t)
{
    return t->config >> TN_ROUTE_SHIFT & 0x1f;
}

static struct irq *line_of(struct hpet *h, unsigned n)
{
    unsigned route = route_of(&h->st.timer[n]);

    if (is_legacy(h, n))
        return n ? &h->legacy_rtc : &h->legacy_timer;
    return route < ROUTES ? &h->route[route] : NULL;
}

static void match(struct hpet *h, unsigned n)
{
    struct machine *m = h->dev.machine;
    struct comparator *t = &h->st.timer[n];
    struct irq *line = line_of(h, n);

    if (t->config & TN_FSB) {
        if (m->msi.send)
            m->msi.send(m->msi.opaque, t->fsb >> 32, t->fsb);
    } else if (t->config & TN_LEVEL) {
        h->st.isr |= 1ull << n;
    } else if (line) {
        irq_set(line, true);            /* and down again in outputs() */
    }
}

static void hpet_fired(struct device *dev)
{
    struct hpet *h = hpet(dev);
    uint64_t now = clock_ns(dev);

    for (unsigned n = 0; n < h->st.n_timers; n++)
        if (h->st.timer[n].expiry_ns <= now) {
            match(h, n);
            arm(h, n, false);
        }
}

static void hpet_outputs(struct device *dev)
{
    struct hpet *h = hpet(dev);
    uint32_t routes = 0, legacy = 0;

    for (unsigned n = 0; n < h->st.n_timers; n++) {
        const struct comparator *t = &h->st.timer[n];

        if (!(h->st.isr >> n & 1) || !(t->config & TN_ENABLE) || !(t->config & TN_LEVEL))
            continue;
        if (is_legacy(h, n))
            legacy |= 1u << n;
        else
            routes |= 1u << route_of(t);
    }
    irq_set(&h->pit_off, h->st.config & CFG_LEGACY);
    irq_set(&h->legacy, h->st.config & CFG_LEGACY);
    irq_set(&h->legacy_timer, legacy & 1);
    irq_set(&h->legacy_rtc, legacy & 2);
    for (unsigned n = 0; n < ROUTES; n++)
        irq_set(&h->route[n], routes >> n & 1);
}

/* Registers are 64 bits wide; their halves are lines of their own, so that both can be written apart. */
static uint64_t half(uint64_t val, uint32_t at)
{
    return val >> (at & 4 ? 32 : 0) & UINT32_MAX;
}

static uint64_t with_half(uint64_t old, uint32_t at, uint64_t val)
{
    return at & 4 ? (old & UINT32_MAX) | val << 32 : (old & ~(uint64_t)UINT32_MAX) | val;
}

static uint64_t cap_read(struct device *dev, uint32_t at)
{
    return half((uint64_t)CLK_PERIOD_FS << 32 | 0x8086a001u | (hpet(dev)->cfg.timers - 1) << 8, at);
}

static uint64_t config_read(struct device *dev, uint32_t at)
{
    return half(hpet(dev)->st.config, at);
}

static void config_write(struct device *dev, uint32_t at, uint64_t val)
{
    struct hpet *h = hpet(dev);
    uint64_t old = h->st.config, counter = counter_now(h);

    if (at & 4)
        return;
    h->st.config = val & (CFG_ENABLE | CFG_LEGACY);
    if (!((old ^ val) & CFG_ENABLE))
        return;
    if (val & CFG_ENABLE)
        h->st.offset_ns = counter * PERIOD_NS - clock_ns(dev);
    else
        h->st.counter = counter;
    for (unsigned n = 0; n < h->st.n_timers; n++)
        arm(h, n, false);
}

static uint64_t isr_read(struct device *dev, uint32_t at)
{
    return half(hpet(dev)->st.isr, at);
}

static void isr_write(struct device *dev, uint32_t at, uint64_t val)
{
    if (!(at & 4))
        hpet(dev)->st.isr &= ~val;
}

static uint64_t counter_read(struct device *dev, uint32_t at)
{
    return half(counter_now(hpet(dev)), at);
}

static void counter_write(struct device *dev, uint32_t at, uint64_t val)
{
    struct hpet *h = hpet(dev);

    if (h->st.config & CFG_ENABLE)
        guest_error(dev, "the counter is written while it runs", val);
    else
        h->st.counter = with_half(h->st.counter, at, val);
}

static struct comparator *comparator(struct device *dev, uint32_t at, unsigned *n)
{
    struct hpet *h = hpet(dev);

    *n = (at - 0x100) / 0x20;
    return *n < h->st.n_timers ? &h->st.timer[*n] : NULL;
}

static uint64_t tn_config_read(struct device *dev, uint32_t at)
{
    unsigned n;
    struct comparator *t = comparator(dev, at, &n);

    return t ? half(t->config, at) : 0;
}

static void tn_config_write(struct device *dev, uint32_t at, uint64_t val)
{
    unsigned n;
    struct comparator *t = comparator(dev, at, &n);

    if (!t || (at & 4))
        return;
    t->config = (t->config & ~(uint64_t)TN_WRITABLE) | (val & TN_WRITABLE);
    if (t->config & TN_32BIT) {
        t->cmp &= UINT32_MAX;
        t->period &= UINT32_MAX;
    }
    if (!(t->config & TN_LEVEL))
        hpet(dev)->st.isr &= ~(1ull << n);
    arm(hpet(dev), n, false);
}

static uint64_t tn_cmp_read(struct device *dev, uint32_t at)
{
    struct hpet *h = hpet(dev);
    unsigned n;
    struct comparator *t = comparator(dev, at, &n);

    if (!t)
        return 0;
    if ((h->st.config & CFG_ENABLE) && t->expiry_ns == TIMER_OFF)
        advance(t, counter_now(h));
    return half(t->cmp, at);
}

/* Periodic: the value is the period, and with SETVAL the comparator, too (2.3.9.2.2). */
static void tn_cmp_write(struct device *dev, uint32_t at, uint64_t val)
{
    unsigned n;
    struct comparator *t = comparator(dev, at, &n);

    if (!t || ((at & 4) && (t->config & TN_32BIT)))
        return;
    if (!(t->config & TN_PERIODIC) || (t->config & TN_SETVAL))
        t->cmp = with_half(t->cmp, at, val);
    if (t->config & TN_PERIODIC)
        t->period = with_half(t->period, at, val);
    t->config &= ~(uint64_t)TN_SETVAL;
    arm(hpet(dev), n, !(t->config & TN_PERIODIC));
}

static uint64_t tn_fsb_read(struct device *dev, uint32_t at)
{
    unsigned n;
    struct comparator *t = comparator(dev, at, &n);

    return t ? half(t->fsb, at) : 0;
}

static void tn_fsb_write(struct device *dev, uint32_t at, uint64_t val)
{
    unsigned n;
    struct comparator *t = comparator(dev, at, &n);

    if (t)
        t->fsb = with_half(t->fsb, at, val);
}

#define H struct hpet

static const struct prop hpet_props[] = {
    PROP(H, "hpet-intcap", intcap, .doc = "IOAPIC pins that interrupts can be routed to; 0: a PC's"),
    PROP(H, "hpet-offset-saved", offset_saved, .def = true, .doc = "the stream carries the offset to the clock"),
    PROP(H, "msi", msi, .doc = "comparators can send messages"),
    PROP(H, "timers", timers, .def = TIMERS_MIN, .min = TIMERS_MIN, .max = TIMERS_MAX, .doc = "comparators"),
    {}
};

#define PAIR(at, name, r, w, text) \
    REG_FN(at, name, 4, .count = 2, .read = r, .write = w, .doc = text)
#define PER_TIMER(at, name, r, w, text) \
    REG_FN(at, name, 4, .count = 24, .stride = 0x20, .read = r, .write = w, .doc = text), \
    REG_FN(at + 4, name " high", 4, .count = 24, .stride = 0x20, .read = r, .write = w, .doc = text)
static const struct reg hpet_regs[] = {
    PAIR(0x000, "GCAP_ID", cap_read, NULL, "capabilities and counter period"),
    PAIR(0x010, "GEN_CONF", config_read, config_write, "counter runs, legacy replacement"),
    PAIR(0x020, "GINTR_STA", isr_read, isr_write, "level interrupts pending; writing 1 clears"),
    PAIR(0x0f0, "MAIN_CNT", counter_read, counter_write, "main counter"),
    PER_TIMER(0x100, "TN_CONF", tn_config_read, tn_config_write, "configuration and capabilities of a comparator"),
    PER_TIMER(0x108, "TN_CMP", tn_cmp_read, tn_cmp_write, "comparator, or its period"),
    PER_TIMER(0x110, "TN_FSB", tn_fsb_read, tn_fsb_write, "message: value, then address"),
    {}
};
static const struct region_type hpet_regions[] = {
    { .name = "hpet", .size = 0x400, .min = 1, .max = 8, .regs = hpet_regs },
    {}
};

static uint64_t counter_get(const struct device *dev)
{
    return counter_now((const H *)dev);
}

static bool offset_needed(const struct device *dev)
{
    const H *h = (const H *)dev;

    return h->cfg.offset_saved && (h->st.config & CFG_ENABLE);
}

static const struct field comparator_fields[] = {
    ELEM(struct comparator, "tn", number, .wire = 1, .max = TIMERS_MAX - 1),
    ELEM(struct comparator, "config", config),
    ELEM(struct comparator, "cmp", cmp, .reset = UINT64_MAX),
    ELEM(struct comparator, "fsb", fsb),
    ELEM(struct comparator, "period", period),
    ELEM(struct comparator, "wrap_flag", wrap_flag, .wire = 1, .max = 1),
    ELEM(struct comparator, "qemu_timer", expiry_ns, .reset = TIMER_OFF, .type = "timer"),
    {}
};
static const struct section hpet_subsections[] = {
    { "hpet/offset", 1, 1, .needed = offset_needed, .fields = (const struct field[]){
        FIELD(H, "hpet_offset", offset_ns), {} } },
    {}
};
static const struct section hpet_section = {
    "hpet", 2, 2, .subs = hpet_subsections, .fields = (const struct field[]){
        FIELD(H, "config", config, .max = CFG_ENABLE | CFG_LEGACY),
        FIELD(H, "isr", isr),
        FIELD(H, "hpet_counter", counter, .get = counter_get),
        FIELD(H, "num_timers", n_timers, .wire = 1, .max = TIMERS_MAX, .equal = true),
        STRUCTS(H, "timer", timer, comparator_fields, USED(H, n_timers)),
        {} },
};

static void hpet_reset(struct device *dev)
{
    struct hpet *h = hpet(dev);

    h->st.n_timers = h->cfg.timers;
    for (unsigned n = 0; n < h->cfg.timers; n++) {
        struct comparator *t = &h->st.timer[n];

        t->number = n;
        t->config = (uint64_t)h->cfg.intcap << 32 | TN_PERIODIC_CAP | TN_SIZE_CAP | (h->cfg.msi ? TN_FSB_CAP : 0);
    }
}

/* A stream without the offset tells the counter's value alone. */
static void hpet_resumed(struct device *dev)
{
    struct hpet *h = hpet(dev);

    if ((h->st.config & CFG_ENABLE) && !h->st.offset_ns)
        h->st.offset_ns = h->st.counter * PERIOD_NS - clock_ns(dev);
    for (unsigned n = 0; n < TIMERS_MAX; n++)
        timer_update(&h->watch[n]);
    hpet_outputs(dev);
    irq_refresh(&h->legacy);
    irq_refresh(&h->legacy_timer);
    irq_refresh(&h->legacy_rtc);
    for (unsigned n = 0; n < ROUTES; n++)
        irq_refresh(&h->route[n]);
}

static int hpet_realize(struct device *dev, struct error **err)
{
    struct hpet *h = hpet(dev);
    struct device *gsi = gsi_find(dev->machine);
    const struct irq_sink *sink = gsi ? gsi_sink(gsi) : NULL;

    if (!h->cfg.intcap)
        h->cfg.intcap = PC_ROUTES;
    for (unsigned n = 0; n < TIMERS_MAX; n++)
        timer_init(&h->watch[n], dev, &h->st.timer[n].expiry_ns, hpet_fired);
    h->legacy = (struct irq){ .sink = sink, .line = GSI_LEGACY };
    h->legacy_timer = (struct irq){ .sink = sink, .line = GSI_LEGACY_TIMER };
    h->legacy_rtc = (struct irq){ .sink = sink, .line = GSI_LEGACY_RTC };
    for (unsigned n = 0; n < ROUTES; n++)
        h->route[n] = (struct irq){ .sink = sink, .line = GSI_HPET + n };
    device_map(dev, 0, &dev->machine->memory, HPET_ADDR, 0);
    return 0;
}

static const struct device_type hpet_type = {
    .type = { .name = "hpet", .parent = "sys-bus-device", .doc = "high precision event timer", .internal = true,
              DEVICE(H), TYPE_STATE(H), .props = hpet_props, .state = &hpet_section },
    .regions = hpet_regions,
    .realize = hpet_realize,
    .reset = hpet_reset,
    .resumed = hpet_resumed,
    .outputs = hpet_outputs,
};
DEVICE_TYPE(hpet_type);

void hpet_wire_pit(struct machine *m, const struct irq_sink *pit)
{
    for (struct device *dev = device_find(m, &hpet_type); dev; dev = device_find_next(dev))
        hpet(dev)->pit_off.sink = pit;
}
