/* SPDX-License-Identifier: Apache-2.0 */
#include "hw/timer/mc146818rtc.h"

/*
 * mc146818rtc: the real-time clock of a PC and 128 bytes of battery-backed memory
 *
 * Index and data ports, time and alarm in BCD or binary, 12 or 24 hours, alarm, update-ended and
 * periodic interrupts on ISA line 8.  Not modelled: daylight saving, the square wave, PF without PIE.
 * Reference: Motorola MC146818 data sheet; ICH9 data sheet section 13.6 (index 0x32: century).
 *
 * Invariant: the interrupt line is C.IRQF.
 */

#include "hw/isa/isa.h"
#include "hw/timer/mc146818-chip.h"

#include <errno.h>

static void rtc_outputs(struct device *dev)
{
    irq_set(&rtc(dev)->irq, rtc(dev)->st.cmos[REG_C] & C_IRQF);
}

static uint64_t read_index(struct device *dev, uint32_t at)
{
    return 0xff;                        /* write-only (ICH9 13.6.1) */
}

static void write_index(struct device *dev, uint32_t at, uint64_t val)
{
    rtc(dev)->st.index = val & 0x7f;
}

/* Both places in which software looks for the century are one. */
static unsigned selected(const struct rtc *r)
{
    return r->st.index == CENTURY_PS2 ? (unsigned)CENTURY : r->st.index;
}

static uint64_t read_data(struct device *dev, uint32_t at)
{
    struct rtc *r = rtc(dev);
    unsigned n = selected(r);
    uint8_t val;

    rtc_show_time(r);
    val = r->st.cmos[n];
    if (n == REG_A && rtc_in_progress(r))
        val |= A_UIP;
    if (n == REG_C && val) {            /* reading acknowledges */
        r->st.cmos[REG_C] = 0;
        rtc_rearm(r);
    }
    return val;
}

static bool is_time(unsigned n)
{
    return n == SECONDS || n == MINUTES || n == HOURS || (n >= DAY_OF_WEEK && n <= YEAR) || n == CENTURY;
}

/* SET stops updates and shows what was written since; clearing it takes that over. */
static void write_b(struct rtc *r, uint8_t val)
{
    uint8_t *cmos = r->st.cmos, old = cmos[REG_B];

    rtc_show_time(r);
    if (val & B_SET)
        val &= ~B_UIE;
    cmos[REG_B] = val;
    if ((old & B_SET) && !(val & B_SET))
        rtc_take_time(r);
    if (cmos[REG_C] & val & (C_PF | C_AF | C_UF))
        cmos[REG_C] |= C_IRQF;
    else
        cmos[REG_C] &= ~C_IRQF;
}

/* Leaving the divider's reset starts a second's first half (data sheet: the first update is 0.5 s later). */
static void write_a(struct rtc *r, uint8_t val)
{
    uint8_t *a = &r->st.cmos[REG_A];
    bool was = (*a & A_DIVIDER_RESET) == A_DIVIDER_RESET, is = (val & A_DIVIDER_RESET) == A_DIVIDER_RESET;

    rtc_show_time(r);
    *a = val & ~A_UIP;
    if (was && !is) {
        rtc_take_time(r);
        r->st.offset_ns = SECOND_NS / 2;
    }
}

static void write_data(struct device *dev, uint32_t at, uint64_t val)
{
    struct rtc *r = rtc(dev);
    unsigned n = selected(r);

    rtc_show_time(r);
    switch (n) {
    case REG_A:
        write_a(r, val);
        break;
    case REG_B:
        write_b(r, val);
        break;
    case REG_C:
    case REG_D:
        return;                         /* read-only */
    default:
        r->st.cmos[n] = val;
        if (is_time(n) && !(r->st.cmos[REG_B] & B_SET))
            rtc_take_time(r);
        if (n > REG_D && n != CENTURY)
            return;
    }
    rtc_rearm(r);
}

#define R struct rtc

static const char *const policies[] = { "discard", "delay", "slew", NULL };
static const struct prop rtc_props[] = {
    PROP(R, "base_year", base_year, .def = 1980, .doc = "year that the register's 0 stands for"),
    PROP(R, "iobase", iobase, .def = 0x70, .doc = "port of the index; the data is behind it"),
    PROP(R, "irq", irq, .def = 8, .doc = "ISA line"),
    PROP_NAMED(R, "lost_tick_policy", lost_tick_policy, policies,
               .doc = "periodic interrupts that the guest was too slow for: discard, or give them later (slew)"),
    {}
};
static const struct reg rtc_regs[] = {
    REG_FN(0, "INDEX", 1, .read = read_index, .write = write_index, .doc = "selects a byte of memory"),
    REG_FN(1, "DATA", 1, .read = read_data, .write = write_data, .doc = "the byte selected"),
    {}
};
static const struct region_type rtc_regions[] = {
    { .name = "rtc", .size = 2, .min = 1, .max = 2, .ports = true, .regs = rtc_regs },
    {}
};

/* On the wire deadlines are host time of day, and -1 stands for none, as here. */
static uint64_t deadline_out(const struct device *dev, uint64_t deadline_ns)
{
    return deadline_ns == TIMER_OFF ? TIMER_OFF : deadline_ns - clock_ns(dev) + machine_rtc_ns(dev->machine);
}

static uint64_t deadline_in(const struct device *dev, uint64_t val)
{
    return val == TIMER_OFF ? TIMER_OFF : val - machine_rtc_ns(dev->machine) + clock_ns(dev);
}

static uint64_t periodic_get(const struct device *dev)
{
    return deadline_out(dev, ((const R *)dev)->st.periodic_ns);
}

static void periodic_put(const struct device *dev, void *st, uint64_t val)
{
    ((struct rtc_state *)st)->periodic_ns = deadline_in(dev, val);
}

static uint64_t next_periodic_get(const struct device *dev)
{
    return ((const R *)dev)->st.periodic_ns == TIMER_OFF ? 0 : periodic_get(dev);
}

static uint64_t update_get(const struct device *dev)
{
    return deadline_out(dev, ((const R *)dev)->st.update_ns);
}

static void update_put(const struct device *dev, void *st, uint64_t val)
{
    ((struct rtc_state *)st)->update_ns = deadline_in(dev, val);
}

static const struct section rtc_section = {
    "mc146818rtc", 3, 3, .fields = (const struct field[]){
        BUFFER(R, "cmos_data", cmos, .keep = true),
        FIELD(R, "cmos_index", index, .wire = 1, .max = 0x7f),
        UNUSED("unused", 28),
        COMPUTED("periodic_timer", 8, .get = periodic_get, .put = periodic_put, .type = "timer"),
        COMPUTED("next_periodic_time", 8, .get = next_periodic_get, .type = "int64"),
        UNUSED("unused", 24),
        FIELD(R, "irq_coalesced", irq_coalesced),
        FIELD(R, "period", period),
        FIELD(R, "base_rtc", base_s, .keep = true),
        FIELD(R, "last_update", last_ns, .keep = true),
        FIELD(R, "offset", offset_ns, .keep = true, .type = "int64"),
        COMPUTED("update_timer", 8, .get = update_get, .put = update_put, .type = "timer"),
        FIELD(R, "next_alarm_time", next_alarm_ns),
        FIELD(R, "periodic_ns", periodic_ns, .hidden = true, .reset = TIMER_OFF),
        FIELD(R, "update_ns", update_ns, .hidden = true, .reset = TIMER_OFF),
        FIELD(R, "slew_ns", slew_ns, .hidden = true, .reset = TIMER_OFF),
        {} },
};

/* Power was lost: everything is new.  Else: only interrupts are off (data sheet, RESET pin). */
static void rtc_reset(struct device *dev)
{
    struct rtc *r = rtc(dev);

    if (!(r->st.cmos[REG_D] & D_VALID)) {
        for (unsigned n = 0; n < CMOS_BYTES; n++)
            if (r->board_set[n])
                r->st.cmos[n] = r->board[n];
        rtc_power_on(r);
    }
    r->st.cmos[REG_B] &= ~(B_PIE | B_AIE | B_UIE | B_SQWE);
    r->st.cmos[REG_C] = 0;
    rtc_rearm(r);
}

static void rtc_resumed(struct device *dev)
{
    struct rtc *r = rtc(dev);

    timer_update(&r->periodic);
    timer_update(&r->update);
    rtc_slew_resumed(r);
    rtc_outputs(dev);
    irq_refresh(&r->irq);
}

/* Firmware finds there, at the reset that ends the sleep, that it is not a start. */
static void note_sleep(struct device *dev)
{
    enum { SHUTDOWN_STATUS = 0x0f, S3_RESUME = 0xfe };

    rtc(dev)->st.cmos[SHUTDOWN_STATUS] = S3_RESUME;
}

static void hear(struct machine_observer *o, enum machine_event event, enum shutdown_cause cause)
{
    struct rtc *r = (struct rtc *)((char *)o - offsetof(struct rtc, observer));

    (void)cause;
    if (event == EVENT_SUSPEND)
        device_enter(&r->dev, note_sleep);
}

static void rtc_unrealize(struct device *dev)
{
    rtc_change_stop(rtc(dev));
    machine_unobserve(&rtc(dev)->observer);
}

static int rtc_realize(struct device *dev, struct error **err)
{
    struct rtc *r = rtc(dev);
    int e = isa_irq(dev, &r->irq, "irq", r->cfg.irq, err);

    if (r->cfg.lost_tick_policy == LOST_TICK_DELAY)
        return error_set(err, -EINVAL, ERROR_UNKNOWN, "mc146818rtc.lost_tick_policy", policies[LOST_TICK_DELAY],
                         "discard, slew");
    timer_init(&r->periodic, dev, &r->st.periodic_ns, rtc_periodic_fired);
    timer_init(&r->update, dev, &r->st.update_ns, rtc_update_fired);
    timer_init(&r->slew, dev, &r->st.slew_ns, rtc_slew_fired);
    if (!e)
        e = isa_map(dev, 0, r->cfg.iobase, err);
    if (e < 0)
        return e;
    rtc_change_start(r);
    r->observer = (struct machine_observer){ .fn = hear };
    machine_observe(dev->machine, &r->observer);
    return 0;
}

static const struct device_type rtc_type = {
    .type = { .name = "mc146818rtc", .parent = "isa-device", .category = "misc", .doc = "real-time clock",
              DEVICE(R), TYPE_STATE(R), .props = rtc_props, .state = &rtc_section },
    .bus = "ISA",
    .regions = rtc_regions,
    .realize = rtc_realize,
    .unrealize = rtc_unrealize,
    .reset = rtc_reset,
    .resumed = rtc_resumed,
    .outputs = rtc_outputs,
};
DEVICE_TYPE(rtc_type);

void rtc_owed_forget(struct machine *m)
{
    list_for_each(n, &m->devices) {
        struct device *dev = list_entry(n, struct device, in_machine);

        if (dev->type == &rtc_type && dev->realized)
            device_enter(dev, rtc_slew_forget);
    }
}

void rtc_cmos_set(struct device *dev, unsigned at, uint8_t val)
{
    struct rtc *r = rtc(dev);

    r->board[at % CMOS_BYTES] = r->st.cmos[at % CMOS_BYTES] = val;
    r->board_set[at % CMOS_BYTES] = true;
}
