/* SPDX-License-Identifier: Apache-2.0 */
#include "hw/timer/mc146818-chip.h"

/*
 * MC146818 real-time clock: calendar, alarm, and what interrupts
 *
 * The time is a function of the host's time of day: the registers are filled when they are looked
 * at.  Nobody is woken for an update that would change nothing: once UF is set, and not enabled,
 * only the alarm is waited for.
 * Reference: Motorola MC146818 data sheet, sections on update cycle, alarm and periodic interrupt.
 *
 * Invariant: flags of register C are set by the two timers only, cleared by reading C.
 */

#include <time.h>

enum { UIP_NS = 244000, DAY_S = 86400, TICK_HZ = 32768 };

static int64_t host_ns(const struct rtc *r)
{
    return machine_rtc_ns(r->dev.machine);
}

static int64_t seconds_of(int64_t ns)
{
    return ns / SECOND_NS - (ns % SECOND_NS < 0);
}

static int64_t fraction_of(int64_t ns)
{
    return (ns % SECOND_NS + SECOND_NS) % SECOND_NS;
}

/* Since 1970 of the guest's calendar; its years are more than 64 bits of nanoseconds can say. */
struct moment {
    int64_t s, ns;                      /* ns: 0 to 999999999 */
};

static struct moment now(const struct rtc *r)
{
    /* Without signs: a stream may bring anything. */
    int64_t since_ns = (uint64_t)host_ns(r) - (uint64_t)r->st.last_ns + (uint64_t)r->st.offset_ns;

    return (struct moment){ (uint64_t)r->st.base_s + (uint64_t)seconds_of(since_ns), fraction_of(since_ns) };
}

static bool held(const struct rtc *r)
{
    return (r->st.cmos[REG_B] & B_SET) || (r->st.cmos[REG_A] & A_DIVIDER_RESET) == A_DIVIDER_RESET;
}

static uint8_t encode(const struct rtc *r, unsigned val)
{
    return r->st.cmos[REG_B] & B_BINARY ? val : val / 10 << 4 | val % 10;
}

static unsigned decode(const struct rtc *r, uint8_t val)
{
    return r->st.cmos[REG_B] & B_BINARY ? val : (val >> 4) * 10u + (val & 0xf);
}

/* 12-hour form: 12, 1 ... 11, with bit 7 in the afternoon. */
static uint8_t encode_hour(const struct rtc *r, unsigned hour)
{
    if (r->st.cmos[REG_B] & B_24H)
        return encode(r, hour);
    return encode(r, hour % 12 ? hour % 12 : 12) | (hour >= 12 ? 0x80 : 0);
}

static unsigned decode_hour(const struct rtc *r, uint8_t val)
{
    if (r->st.cmos[REG_B] & B_24H)
        return decode(r, val);
    return decode(r, val & 0x7f) % 12 + (val & 0x80 ? 12 : 0);
}

void rtc_show_time(struct rtc *r)
{
    uint8_t *cmos = r->st.cmos;
    time_t seconds = now(r).s;
    struct tm tm;
    int year;

    if (held(r) || !gmtime_r(&seconds, &tm))
        return;
    year = tm.tm_year + 1900 - r->cfg.base_year;
    cmos[SECONDS] = encode(r, tm.tm_sec);
    cmos[MINUTES] = encode(r, tm.tm_min);
    cmos[HOURS] = encode_hour(r, tm.tm_hour);
    cmos[DAY_OF_WEEK] = encode(r, tm.tm_wday + 1);
    cmos[DAY_OF_MONTH] = encode(r, tm.tm_mday);
    cmos[MONTH] = encode(r, tm.tm_mon + 1);
    cmos[YEAR] = encode(r, (year % 100 + 100) % 100);
    cmos[CENTURY] = encode(r, (year / 100 % 100 + 100) % 100);
}

void rtc_take_time(struct rtc *r)
{
    const uint8_t *cmos = r->st.cmos;
    struct tm tm = {
        .tm_sec = decode(r, cmos[SECONDS]), .tm_min = decode(r, cmos[MINUTES]), .tm_hour = decode_hour(r, cmos[HOURS]),
        .tm_mday = decode(r, cmos[DAY_OF_MONTH]), .tm_mon = (int)decode(r, cmos[MONTH]) - 1,
        .tm_year = r->cfg.base_year + (int)decode(r, cmos[YEAR]) + (int)decode(r, cmos[CENTURY]) * 100 - 1900,
    };
    int64_t fraction_ns = now(r).ns;

    r->st.base_s = timegm(&tm);
    r->st.last_ns = host_ns(r);
    r->st.offset_ns = fraction_ns;
    rtc_changed(r, r->st.base_s - seconds_of(r->st.last_ns));
}

void rtc_power_on(struct rtc *r)
{
    int64_t host = host_ns(r);

    r->st.base_s = seconds_of(host);
    r->st.offset_ns = fraction_of(host);
    r->st.last_ns = host;
    r->st.cmos[REG_A] = 0x26;
    r->st.cmos[REG_B] = B_24H;
    r->st.cmos[REG_D] = D_VALID;
    rtc_show_time(r);
}

bool rtc_in_progress(const struct rtc *r)
{
    return !held(r) && now(r).ns >= SECOND_NS - UIP_NS;
}

/* 0xc0 to 0xff in an alarm register: any value. */
static bool field_matches(const struct rtc *r, unsigned reg, unsigned val)
{
    uint8_t alarm = r->st.cmos[reg];

    if (alarm >= 0xc0)
        return true;
    return val == (reg == HOURS_ALARM ? decode_hour(r, alarm) : decode(r, alarm));
}

static bool alarm_matches(const struct rtc *r, int64_t s)
{
    unsigned day_s = (s % DAY_S + DAY_S) % DAY_S;

    return field_matches(r, HOURS_ALARM, day_s / 3600) && field_matches(r, MINUTES_ALARM, day_s / 60 % 60) &&
           field_matches(r, SECONDS_ALARM, day_s % 60);
}

/* Seconds from s (exclusive), a second of the day, to the next match; a day and more: there is none. */
static int64_t alarm_distance(const struct rtc *r, int64_t s)
{
    int64_t t = s + 1;

    while (t - s <= DAY_S && !alarm_matches(r, t)) {
        unsigned day_s = (t % DAY_S + DAY_S) % DAY_S;

        if (!field_matches(r, HOURS_ALARM, day_s / 3600))
            t += 3600 - day_s % 3600;
        else if (!field_matches(r, MINUTES_ALARM, day_s / 60 % 60))
            t += 60 - day_s % 60;
        else
            t++;
    }
    return t - s;
}

static uint64_t periodic_ticks(const struct rtc *r)
{
    unsigned rate = r->st.cmos[REG_A] & A_RATE;

    if (!rate || (r->st.cmos[REG_A] & A_DIVIDER_RESET) == A_DIVIDER_RESET)
        return 0;
    return 1u << ((rate < 3 ? rate + 7 : rate) - 1);
}

/* What is owed is time: at another rate it is another number of interrupts. */
static void rescale_owed(struct rtc *r, uint64_t ticks)
{
    uint64_t owed = ticks && (r->st.cmos[REG_B] & B_PIE) ? (uint64_t)r->st.irq_coalesced * r->st.period / ticks : 0;

    r->st.irq_coalesced = owed < UINT32_MAX ? owed : UINT32_MAX;
}

/* On the grid of the 32 kHz divider, so that a change of other bits does not shift it. */
static void arm_periodic(struct rtc *r)
{
    uint64_t ticks = periodic_ticks(r), now = clock_ns(&r->dev), tick;

    rescale_owed(r, ticks);
    r->st.period = ticks;
    r->st.periodic_ns = TIMER_OFF;
    if (ticks && (r->st.cmos[REG_B] & B_PIE)) {
        tick = clock_muldiv(now, TICK_HZ, SECOND_NS) / ticks * ticks + ticks;
        r->st.periodic_ns = clock_muldiv(tick, SECOND_NS, TICK_HZ);
        r->st.periodic_ns += clock_muldiv(r->st.periodic_ns, TICK_HZ, SECOND_NS) < tick;
    }
    timer_update(&r->periodic);
}

static void arm_update(struct rtc *r)
{
    struct moment at = now(r);
    int64_t distance = alarm_distance(r, at.s % DAY_S);
    uint64_t to_next = SECOND_NS - at.ns, to_alarm = to_next + (distance - 1) * SECOND_NS;
    uint8_t b = r->st.cmos[REG_B], c = r->st.cmos[REG_C];
    bool every_second = (b & B_UIE) || !(c & C_UF);

    r->st.update_ns = TIMER_OFF;
    r->st.next_alarm_ns = distance <= DAY_S ? host_ns(r) + to_alarm : 0;
    if (!held(r) && (every_second || distance <= DAY_S))
        r->st.update_ns = clock_ns(&r->dev) + (every_second ? to_next : to_alarm);
    timer_update(&r->update);
}

/*
 * Interrupts that are owed come between the others, each once the one before has been acknowledged, at up to eight
 * times their rate.  One that is on its way is not put off.
 */
static void arm_slew(struct rtc *r)
{
    enum { RATE_MAX = 8 };
    bool slews = r->cfg.lost_tick_policy == LOST_TICK_SLEW;
    bool due = slews && r->st.irq_coalesced && r->st.period && !(r->st.cmos[REG_C] & C_PF);
    uint64_t rate = r->st.irq_coalesced < RATE_MAX ? r->st.irq_coalesced + 1 : RATE_MAX;

    if (!due)
        r->st.slew_ns = TIMER_OFF;
    else if (r->st.slew_ns == TIMER_OFF)
        r->st.slew_ns = clock_ns(&r->dev) + clock_muldiv(r->st.period, SECOND_NS, TICK_HZ * rate);
    timer_update(&r->slew);
}

void rtc_rearm(struct rtc *r)
{
    arm_periodic(r);
    arm_slew(r);
    arm_update(r);
}

static void raise(struct rtc *r, uint8_t flags)
{
    uint8_t *c = &r->st.cmos[REG_C];

    *c |= flags;
    if (*c & r->st.cmos[REG_B] & (C_PF | C_AF | C_UF))
        *c |= C_IRQF;
}

/* That the guest has not acknowledged the one before, or that the host comes late. */
static void note_lost_ticks(struct rtc *r)
{
    uint64_t late = clock_ns(&r->dev) - r->st.periodic_ns;
    uint64_t period_ns = clock_muldiv(r->st.period, SECOND_NS, TICK_HZ);
    uint64_t lost = !!(r->st.cmos[REG_C] & C_PF) + (period_ns ? late / period_ns : 0);
    uint64_t owed = r->st.irq_coalesced + lost;

    r->st.irq_coalesced = owed < UINT32_MAX ? owed : UINT32_MAX;
}

/* lost_tick_policy=discard: what the guest has not acknowledged is one interrupt. */
void rtc_periodic_fired(struct device *dev)
{
    struct rtc *r = rtc(dev);

    if (r->cfg.lost_tick_policy == LOST_TICK_SLEW)
        note_lost_ticks(r);
    raise(r, C_PF);
    arm_periodic(r);
    arm_slew(r);
}

void rtc_slew_resumed(struct rtc *r)
{
    r->st.slew_ns = TIMER_OFF;
    arm_slew(r);
}

void rtc_slew_forget(struct device *dev)
{
    struct rtc *r = rtc(dev);

    r->st.irq_coalesced = 0;
    arm_slew(r);
}

void rtc_slew_fired(struct device *dev)
{
    struct rtc *r = rtc(dev);

    r->st.irq_coalesced--;
    raise(r, C_PF);
    arm_slew(r);
}

/* The clock that fires and the clock that is shown are two: the last nanoseconds may still be ahead. */
void rtc_update_fired(struct device *dev)
{
    struct rtc *r = rtc(dev);
    struct moment at = now(r);
    bool alarm;

    if (at.ns > SECOND_NS - 1000000) {
        arm_update(r);
        return;
    }
    alarm = (r->st.next_alarm_ns && (uint64_t)host_ns(r) >= r->st.next_alarm_ns) || alarm_matches(r, at.s);
    raise(r, C_UF | (alarm ? C_AF : 0));
    if (alarm && r->st.cmos[REG_B] & B_AIE)
        machine_request_wakeup(dev->machine, WAKEUP_RTC);
    arm_update(r);
}
