/* SPDX-License-Identifier: Apache-2.0 */
#include "hw/timer/mc146818rtc.h"

/* The MC146818's data sheet. */

#include "core/clock-state.h"
#include "lib/loop.h"
#include "qapi/event.h"
#include "qapi/json.h"
#include "tests/unit/hw-bench.h"

enum { S = 0, S_ALARM = 1, M = 2, M_ALARM = 3, H = 4, H_ALARM = 5, WDAY = 6, MDAY = 7, MON = 8, YEAR = 9,
       CENTURY = 0x32 };

static struct bench b;
static struct device *rtc;

static uint8_t get(uint8_t at)
{
    return cmos_in(&b, at);
}

static void set(uint8_t at, uint8_t val)
{
    cmos_out(&b, at, val);
}

/* 2026-11-20 07:42:56 and a quarter, a Friday. */
static void begin(void)
{
    bench_init(&b, 0);
    b.m->clock->made_ns = 1795160576250000000;
    rtc = device_new(b.m, device_type_find("mc146818rtc"));
    CHECK(!device_set(rtc, "base_year", "0", NULL) && !device_realize(rtc, NULL, NULL, NULL));
}

static void seconds(unsigned n)
{
    machine_clock_step(b.m, n * 1000000000ull);
}

static void time_after_power_on_is_the_hosts(void)
{
    static const uint8_t bcd[] = { 0x56, 0, 0x42, 0, 0x07, 0, 0x06, 0x20, 0x11, 0x26, 0x26, 0x02, 0x00, 0x80 };

    begin();
    for (unsigned i = 0; i < sizeof(bcd); i++)
        CHECK_EQ(get(i), bcd[i]);
    CHECK_EQ(get(CENTURY), 0x20);
    CHECK_EQ(get(0x37), 0x20);
    seconds(4);
    CHECK(get(S) == 0x00 && get(M) == 0x43);
    bench_fini(&b);
}

static void data_mode_binary_and_twelve_hours(void)
{
    begin();
    set(0x0b, 0x06);
    CHECK(get(S) == 56 && get(YEAR) == 26);
    set(0x0b, 0x00);
    CHECK_EQ(get(H), 0x07);
    seconds(6 * 3600);
    CHECK_EQ(get(H), 0x81);                     /* one in the afternoon */
    bench_fini(&b);
}

static void set_holds_the_time_until_it_is_cleared(void)
{
    begin();
    set(0x0b, 0x82);
    seconds(10);
    CHECK_EQ(get(S), 0x56);
    set(S, 0x00);
    set(M, 0x00);
    set(H, 0x12);
    set(0x0b, 0x02);
    CHECK(get(S) == 0 && get(H) == 0x12);
    seconds(61);
    CHECK(get(S) == 1 && get(M) == 1);
    set(YEAR, 0x30);                            /* and without SET, too */
    CHECK(get(YEAR) == 0x30 && get(MDAY) == 0x20);
    bench_fini(&b);
}

static void update_in_progress_244_us_before_the_second(void)
{
    begin();
    machine_clock_step(b.m, 749000000);
    CHECK_EQ(get(0x0a), 0x26);
    machine_clock_step(b.m, 800000);
    CHECK_EQ(get(0x0a), 0xa6);
    machine_clock_step(b.m, 200000);
    CHECK_EQ(get(0x0a), 0x26);
    CHECK_EQ(get(S), 0x57);
    bench_fini(&b);
}

static void update_ended_interrupt_every_second(void)
{
    begin();
    set(0x0b, 0x12);
    seconds(1);
    CHECK(b.lines->level[8]);
    CHECK_EQ(get(0x0c), 0x90);
    CHECK(!b.lines->level[8] && get(0x0c) == 0);
    seconds(1);
    CHECK(b.lines->level[8]);
    bench_fini(&b);
}

static void uf_is_set_without_an_interrupt_and_nobody_is_woken_again(void)
{
    begin();
    seconds(1);
    CHECK(!b.lines->level[8]);
    CHECK(machine_clock_next(b.m) > 3600 * 1000000000ull);      /* the alarm at midnight */
    CHECK_EQ(get(0x0c), 0x10);
    bench_fini(&b);
}

static void alarm_at_a_time_and_with_any_value(void)
{
    begin();
    set(S_ALARM, 0x00);
    set(M_ALARM, 0x45);
    set(H_ALARM, 0x07);
    set(0x0b, 0x22);
    seconds(123);
    CHECK(!b.lines->level[8]);
    seconds(1);
    CHECK(b.lines->level[8]);
    CHECK_EQ(get(0x0c) & 0xb0, 0xb0);
    set(M_ALARM, 0xc0);                         /* every minute */
    set(H_ALARM, 0xff);
    seconds(60);
    CHECK_EQ(get(0x0c) & 0x20, 0x20);
    seconds(60);
    CHECK_EQ(get(0x0c) & 0x20, 0x20);
    set(S_ALARM, 0x77);                         /* never */
    seconds(120);
    CHECK_EQ(get(0x0c) & 0x20, 0);
    bench_fini(&b);
}

static void periodic_interrupt_at_the_rate_of_register_a(void)
{
    unsigned n = 0;

    begin();
    set(0x0a, 0x2d);                            /* 8 Hz */
    set(0x0b, 0x42);
    for (unsigned i = 0; i < 1000; i++) {
        machine_clock_step(b.m, 1000000);
        n += b.lines->level[8] && (get(0x0c) & 0x40);
    }
    CHECK_EQ(n, 8);
    set(0x0a, 0x20);                            /* none */
    seconds(1);
    CHECK(!b.lines->level[8]);
    bench_fini(&b);
}

static void reset_clears_enables_and_keeps_memory_and_time(void)
{
    begin();
    set(0x40, 0x5a);
    set(0x0b, 0x72);
    rtc_cmos_set(rtc, 0x34, 0x77);
    machine_reset(b.m, false);
    CHECK(get(0x40) == 0x5a && get(0x0b) == 0x02 && get(0x34) == 0x77 && get(S) == 0x56);
    set(0x34, 0);
    machine_reset(b.m, true);
    CHECK(get(0x40) == 0 && get(0x34) == 0x77 && get(0x0d) == 0x80);
    bench_fini(&b);
}

static void the_stream_has_245_bytes(void)
{
    struct saved s;

    begin();
    s = bench_save(&b, "mc146818rtc");
    CHECK_EQ(s.fields[245], 0x7e);
    CHECK(!memcmp(s.fields, "\x56\x00\x42", 3));
    wire_fini(&s.w);
    set(0x0b, 0x52);
    set(0x0a, 0x26);
    machine_clock_step(b.m, 100000);
    bench_reload(&b);
    CHECK_EQ(get(S), 0x56);
    machine_clock_step(b.m, 1000000);
    CHECK(b.lines->level[8]);
    bench_fini(&b);
}

static void set_time(uint8_t mode, uint8_t hour, uint8_t minute, uint8_t second)
{
    set(0x0b, 0x80 | mode);
    set(H, hour);
    set(M, minute);
    set(S, second);
    set(0x0b, mode);
}

static uint8_t bcd(unsigned n)
{
    return n / 10 << 4 | n % 10;
}

/* Table of the "time, calendar, and alarm data modes": 1 to 12 with bit 7 for PM, or 0 to 23; BCD or binary. */
static void each_hour_in_each_data_mode(void)
{
    begin();
    for (unsigned hour = 0; hour < 24; hour++) {
        unsigned of_12 = hour % 12 ? hour % 12 : 12, pm = hour < 12 ? 0 : 0x80;
        const uint8_t form[4] = { bcd(of_12) | pm, bcd(hour), of_12 | pm, hour };

        for (unsigned n = 0; n < 4; n++) {
            set_time(n << 1, form[n], 0, 0);
            CHECK_EQ(get(H), form[n]);          /* the date was read in another mode: it is whatever it is now */
            for (unsigned other = 0; other < 4; other++) {
                set(0x0b, other << 1);
                CHECK_EQ(get(H), form[other]);
            }
        }
    }
    bench_fini(&b);
}

/* "Automatic end of the month recognition" and leap years; the century byte is the board's (ICH9 13.6). */
static void a_new_year_carries_through_all_fields(void)
{
    static const uint8_t new_year[] = { 0x00, 0, 0x00, 0, 0x00, 0, 0x07, 0x01, 0x01, 0x00 };

    begin();
    set(0x0b, 0x82);
    set(YEAR, 0x99);
    set(0x37, 0x19);
    set(MON, 0x12);
    set(MDAY, 0x31);
    set_time(0x02, 0x23, 0x59, 0x59);
    CHECK(get(WDAY) == 0x06 && get(CENTURY) == 0x19);
    seconds(1);
    for (unsigned i = 0; i < sizeof(new_year); i++)
        CHECK_EQ(get(i), new_year[i]);
    CHECK_EQ(get(CENTURY), 0x20);
    set(0x0b, 0x82);
    set(YEAR, 0x28);
    set(MON, 0x02);
    set(MDAY, 0x28);
    set_time(0x02, 0x23, 0x59, 0x59);
    seconds(1);
    CHECK(get(MON) == 0x02 && get(MDAY) == 0x29);
    seconds(86400);
    CHECK(get(MON) == 0x03 && get(MDAY) == 0x01 && get(WDAY) == 0x04);
    bench_fini(&b);
}

/* A guest may set any year that the registers can say. */
static void the_calendar_goes_on_in_any_century(void)
{
    static const uint8_t centuries[] = { 0x00, 0x14, 0x17, 0x22, 0x23, 0x99 };

    begin();
    for (unsigned i = 0; i < sizeof(centuries); i++) {
        set(0x0b, 0x82);
        set(YEAR, 0x01);
        set(CENTURY, centuries[i]);
        set(MON, 0x12);
        set(MDAY, 0x31);
        set_time(0x02, 0x23, 0x59, 0x59);
        CHECK(get(H) == 0x23 && get(MDAY) == 0x31 && get(YEAR) == 0x01 && get(CENTURY) == centuries[i]);
        seconds(1);
        CHECK(get(H) == 0x00 && get(MDAY) == 0x01 && get(YEAR) == 0x02 && get(CENTURY) == centuries[i]);
        bench_reload(&b);
    }
    bench_fini(&b);
}

static void each_field_may_be_written_while_it_runs(void)
{
    static const struct { uint8_t at, val; } field[] = {
        { S, 0x11 }, { M, 0x12 }, { H, 0x13 }, { MDAY, 0x14 }, { MON, 0x05 }, { YEAR, 0x17 }, { CENTURY, 0x21 },
    };

    begin();
    for (unsigned i = 0; i < 7; i++)
        set(field[i].at, field[i].val);
    for (unsigned i = 0; i < 7; i++)
        CHECK_EQ(get(field[i].at), field[i].val);
    set(WDAY, 0x01);                            /* follows from the date */
    CHECK_EQ(get(WDAY), 0x06);
    machine_clock_step(b.m, 749999999);         /* writing does not shift the seconds */
    CHECK_EQ(get(S), 0x11);
    machine_clock_step(b.m, 1);
    CHECK_EQ(get(S), 0x12);
    bench_fini(&b);
}

static void years_count_from_1980_unless_said(void)
{
    bench_init(&b, 0);
    b.m->clock->made_ns = 1795160576250000000;
    rtc = bench_device(&b, "mc146818rtc");
    CHECK(get(YEAR) == 0x46 && get(CENTURY) == 0x00);
    bench_fini(&b);
}

/* "The alarm occurs when all three match"; the next one is waited for, nobody is woken before. */
static void an_alarm_is_waited_for_to_the_nanosecond(void)
{
    static const struct { uint8_t h, m, s; uint32_t in_s; } at[] = {
        { 0x12, 0x30, 0x15, 17239 }, { 0x07, 0x42, 0x58, 2 }, { 0x07, 0x43, 0x00, 4 }, { 0x08, 0x00, 0x00, 1024 },
        { 0x23, 0x59, 0x59, 58623 }, { 0x00, 0x00, 0x00, 58624 }, { 0x07, 0x42, 0x56, 86400 }, { 0x07, 0x42, 0x57, 1 },
    };

    for (unsigned i = 0; i < sizeof(at) / sizeof(at[0]); i++) {
        uint64_t deadline_ns = at[i].in_s * 1000000000ull - 250000000;

        begin();
        b.m->clock->made_ns -= 1000000000;
        machine_clock_step(b.m, 750000000);     /* UF is set: it need not be set again */
        machine_clock_step(b.m, 250000000);
        set(0x0b, 0x22);
        set(S_ALARM, at[i].s);
        set(M_ALARM, at[i].m);
        set(H_ALARM, at[i].h);
        CHECK_EQ(get(S), 0x56);
        CHECK_EQ(machine_clock_next(b.m), 1000000000 + deadline_ns);
        machine_clock_step(b.m, deadline_ns - 1);
        CHECK(!b.lines->level[8]);
        machine_clock_step(b.m, 1);
        CHECK(b.lines->level[8]);
        CHECK_EQ(get(0x0c), 0xb0);
        bench_fini(&b);
    }
}

/* "An alarm byte from C0 to FF is a don't care"; 80 to BF is an hour of the afternoon, or none. */
static void an_alarm_in_the_afternoon_is_no_dont_care(void)
{
    begin();
    set(0x0b, 0x00);
    set(S_ALARM, 0xc0);
    set(M_ALARM, 0xff);
    set(H_ALARM, 0x81);
    seconds(1);
    CHECK_EQ(get(0x0c), 0x10);
    set_time(0x00, 0x92, 0x59, 0x58);
    seconds(1);
    CHECK_EQ(get(0x0c), 0x10);
    seconds(1);
    CHECK_EQ(get(0x0c), 0x30);
    seconds(1);
    CHECK_EQ(get(0x0c), 0x30);                  /* each second of that hour */
    set_time(0x00, 0x01, 0x00, 0x00);
    get(0x0c);
    seconds(1);
    CHECK_EQ(get(0x0c), 0x10);
    bench_fini(&b);
}

/* Table "periodic interrupt rate" for 32.768 kHz: 1 and 2 are 256 and 128 Hz, 3 to 15 go from 8192 to 2 Hz. */
static void the_periodic_rates_are_those_of_the_table(void)
{
    static const uint32_t hz[] = { 0, 256, 128, 8192, 4096, 2048, 1024, 512, 256, 128, 64, 32, 16, 8, 4, 2 };

    for (unsigned rate = 0; rate < 16; rate++) {
        begin();
        set(0x0a, 0x20 | rate);
        CHECK_EQ(machine_clock_next(b.m), 750000000);
        set(0x0b, 0x42);
        if (!rate) {
            CHECK_EQ(machine_clock_next(b.m), 750000000);
            bench_fini(&b);
            continue;
        }
        for (unsigned n = 1; n <= 5 && n * 4 < hz[rate] * 3; n++) {
            uint64_t now_ns = machine_clock_ns(b.m);

            CHECK_EQ(machine_clock_next(b.m), (n * 1000000000ull + hz[rate] - 1) / hz[rate]);
            machine_clock_step(b.m, machine_clock_next(b.m) - now_ns);
            CHECK(b.lines->level[8]);           /* not acknowledged, it goes on all the same */
        }
        CHECK_EQ(get(0x0c), 0xc0);
        CHECK(!b.lines->level[8]);
        set(0x0a, 0x60 | rate);                 /* the divider is held in reset */
        CHECK_EQ(machine_clock_next(b.m), TIMER_OFF);
        bench_fini(&b);
    }
}

/* "When the divider is removed from reset, the first update cycle begins one-half second later." */
static void the_first_update_after_divider_reset_is_half_a_second_later(void)
{
    begin();
    set(0x0a, 0x66);
    seconds(10);
    CHECK(get(S) == 0x56 && get(0x0a) == 0x66);
    set(0x0a, 0x26);
    machine_clock_step(b.m, 499999999);
    CHECK_EQ(get(S), 0x56);
    machine_clock_step(b.m, 1);
    CHECK_EQ(get(S), 0x57);
    set(0x0a, 0x25);                            /* from another rate nothing starts over */
    machine_clock_step(b.m, 999999999);
    CHECK_EQ(get(S), 0x57);
    machine_clock_step(b.m, 1);
    CHECK_EQ(get(S), 0x58);
    bench_fini(&b);
}

/* "IRQF = PF.PIE + AF.AIE + UF.UIE", whichever of the two comes last; SET "clears UIE". */
static void the_line_is_flag_and_enable(void)
{
    begin();
    set(S_ALARM, 0xff);
    set(M_ALARM, 0xff);
    set(H_ALARM, 0xff);
    seconds(1);
    CHECK(!b.lines->level[8]);
    set(0x0b, 0x22);
    CHECK(b.lines->level[8]);
    set(0x0b, 0x02);
    CHECK(!b.lines->level[8]);
    set(0x0b, 0x42);
    CHECK(!b.lines->level[8]);
    set(0x0b, 0x12);
    CHECK(b.lines->level[8]);
    set(0x0b, 0x92);
    CHECK(!b.lines->level[8] && get(0x0b) == 0x82);
    CHECK_EQ(get(0x0c), 0x30);
    bench_fini(&b);
}

/* "UIP is a read-only bit", so are registers C and D; the index has 7 bits and is not read (ICH9 13.6.1). */
static void what_cannot_be_written_stays(void)
{
    begin();
    set(0x0a, 0xa6);
    set(0x0c, 0xff);
    set(0x0d, 0x00);
    CHECK(get(0x0a) == 0x26 && get(0x0c) == 0 && get(0x0d) == 0x80);
    set(0x7f, 0x5a);
    CHECK(get(0xff) == 0x5a && get(0x7f) == 0x5a && get(0x3f) == 0);
    CHECK_EQ(port_in(&b, 0x70), 0xff);
    io_out(&b, 0x70, 2, 0xa541);        /* both ports at once */
    CHECK_EQ(get(0x41), 0xa5);
    bench_fini(&b);
}

static void when_the_hosts_time_goes_back_so_does_the_guests(void)
{
    begin();
    b.m->clock->made_ns -= 500000000;
    CHECK_EQ(get(S), 0x55);
    machine_clock_step(b.m, 249999999);
    CHECK_EQ(get(S), 0x55);
    machine_clock_step(b.m, 1);
    CHECK_EQ(get(S), 0x56);
    bench_fini(&b);
}

/* "RESET does not affect the clock, calendar, or RAM functions"; PIE, AIE, UIE and the flags are cleared. */
static void reset_clears_flags_and_does_not_shift_the_second(void)
{
    begin();
    set(0x0b, 0x52);
    machine_clock_step(b.m, 750000000);
    CHECK(b.lines->level[8]);
    machine_reset(b.m, false);
    CHECK(!b.lines->level[8] && get(0x0c) == 0 && get(0x0b) == 0x02 && get(S) == 0x57);
    machine_clock_step(b.m, 999999999);
    CHECK_EQ(get(S), 0x57);
    machine_clock_step(b.m, 1);
    CHECK_EQ(get(S), 0x58);
    bench_fini(&b);
}

static uint64_t number(const struct saved *s, unsigned at, unsigned bytes)
{
    struct wire w = { .buf = s->w.buf, .len = s->w.at, .at = s->fields + at - s->w.buf };

    return wire_get(&w, bytes);
}

/* facts/migration/vmstate-dump.json, "mc146818rtc": deadlines are host time of day on the wire. */
static void the_stream_carries_deadlines_as_time_of_day(void)
{
    const uint64_t base = 1795160576250000000;
    struct saved s;

    begin();
    machine_clock_step(b.m, 5000);
    set(0x0a, 0x23);
    set(0x0b, 0x42);
    port_out(&b, 0x70, 0x7f);
    s = bench_save(&b, "mc146818rtc");
    CHECK_EQ(number(&s, 128, 1), 0x7f);
    CHECK_EQ(number(&s, 157, 8), base + 122071);
    CHECK_EQ(number(&s, 165, 8), base + 122071);
    CHECK_EQ(number(&s, 197, 4), 0);
    CHECK_EQ(number(&s, 201, 4), 4);
    CHECK_EQ(number(&s, 205, 8), base / 1000000000);
    CHECK_EQ(number(&s, 213, 8), base);
    CHECK_EQ(number(&s, 221, 8), 250000000);
    CHECK_EQ(number(&s, 229, 8), base + 750000000);
    CHECK_EQ(number(&s, 237, 8), base + 58624ull * 1000000000 - 250000000);
    bench_fini(&b);
    begin();                                    /* where it goes on, time of day is a second on, its clock is not */
    b.m->clock->made_ns -= 3000;
    CHECK(!bench_load(&b, &(struct wire){ .buf = s.w.buf, .len = s.w.at }, NULL));
    CHECK_EQ(machine_clock_next(b.m), 125071);
    CHECK_EQ(port_in(&b, 0x71), 0);
    machine_clock_step(b.m, 125071);
    CHECK(b.lines->level[8]);
    wire_fini(&s.w);
    s = bench_save(&b, "mc146818rtc");
    bench_fini(&b);
    begin();
    CHECK(!bench_load(&b, &(struct wire){ .buf = s.w.buf, .len = s.w.at }, NULL));
    CHECK(b.lines->level[8]);
    set(0x0b, 0x02);
    wire_fini(&s.w);
    s = bench_save(&b, "mc146818rtc");
    CHECK_EQ(number(&s, 157, 8), UINT64_MAX);
    CHECK_EQ(number(&s, 165, 8), 0);
    wire_fini(&s.w);
    bench_fini(&b);
}

static void begin_with_policy(const char *policy)
{
    bench_init(&b, 0);
    b.m->clock->made_ns = 1795160576250000000;
    rtc = device_new(b.m, device_type_find("mc146818rtc"));
    CHECK(!device_set(rtc, "base_year", "0", NULL) && !device_set(rtc, "lost_tick_policy", policy, NULL));
    CHECK(!device_realize(rtc, NULL, NULL, NULL));
}

/* Steps the clock by 32768ths of a second, and counts what is acknowledged at once. */
static unsigned acknowledged(unsigned ticks)
{
    unsigned n = 0;

    for (unsigned i = 0; i < ticks; i++) {
        machine_clock_step(b.m, 30518);
        n += !!(get(0x0c) & 0x40);
    }
    return n;
}

/* 64 Hz, of which the guest sleeps through ten. */
static unsigned after_a_pause(const char *policy)
{
    unsigned n;

    begin_with_policy(policy);
    set(0x0a, 0x2a);
    set(0x0b, 0x42);
    CHECK_EQ(acknowledged(10 * 512), 10);
    machine_clock_step(b.m, 10 * 512 * 30518ull);
    CHECK(b.lines->level[8]);
    n = acknowledged(5 * 512);
    bench_fini(&b);
    return n;
}

static void lost_ticks_are_one_or_come_later(void)
{
    CHECK_EQ(after_a_pause("discard"), 1 + 5);
    CHECK_EQ(after_a_pause("slew"), 10 + 5);
}

static void what_is_owed_is_time(void)
{
    begin_with_policy("slew");
    set(0x0a, 0x2a);
    set(0x0b, 0x42);
    machine_clock_step(b.m, 9 * 512 * 30518ull);        /* one is there, eight are owed */
    set(0x0a, 0x29);                                    /* 128 Hz */
    CHECK_EQ(acknowledged(10 * 256), 1 + 16 + 10);
    set(0x0b, 0x02);                                    /* nobody wants any */
    CHECK_EQ(acknowledged(10 * 256), 0);
    bench_fini(&b);
}

static void what_is_owed_is_in_the_stream(void)
{
    struct saved s;

    begin_with_policy("slew");
    set(0x0a, 0x2a);
    set(0x0b, 0x42);
    machine_clock_step(b.m, 4 * 512 * 30518ull);
    s = bench_save(&b, "mc146818rtc");
    bench_fini(&b);
    begin_with_policy("slew");
    CHECK(!bench_load(&b, &(struct wire){ .buf = s.w.buf, .len = s.w.at }, NULL));
    CHECK_EQ(acknowledged(4 * 512), 4 + 4);
    wire_fini(&s.w);
    bench_fini(&b);
}

static void what_is_owed_can_be_dropped(void)
{
    begin_with_policy("slew");
    set(0x0a, 0x2a);
    set(0x0b, 0x42);
    machine_clock_step(b.m, 9 * 512 * 30518ull);        /* one is there, eight are owed */
    rtc_owed_forget(b.m);
    CHECK_EQ(acknowledged(10 * 512), 1 + 10);
    bench_fini(&b);
}

static struct {
    struct qapi_sink sink;
    struct qapi_listener listener;
    unsigned told;
    int64_t ahead_s;
} client;

static void client_hears(struct qapi_listener *l, const struct json *event)
{
    const struct json *data = json_get(event, "data");

    CHECK_STR(json_get_string(event, "event"), "RTC_CHANGE");
    CHECK(strstr(json_get_string(data, "qom-path"), "device["));
    client.told++;
    client.ahead_s = json_get(data, "offset")->i;
}

/* How far the guest's clock is ahead, which is what its clients are told; 0: nothing is told. */
static int64_t told_of(uint8_t at, uint8_t val)
{
    client.told = 0;
    client.ahead_s = 0;
    set(at, val);
    loop_turn(b.m->loop, 0);
    CHECK(client.told <= 1);
    return client.ahead_s;
}

static void who_listens_is_told_what_the_guest_sets(void)
{
    begin();
    qapi_sink_init(&client.sink);
    client.listener.event = client_hears;
    qapi_sink_add(&client.sink, &client.listener);
    b.m->events = &client.sink;
    CHECK_EQ(told_of(S, 0x30), -26);
    CHECK_EQ(told_of(S_ALARM, 0x30), 0);
    CHECK_EQ(told_of(0x40, 0x30), 0);
    CHECK_EQ(told_of(0x0b, 0x82), 0);
    CHECK_EQ(told_of(M, 0x43), 0);
    seconds(3);
    CHECK_EQ(told_of(0x0b, 0x02), 60 - 26 - 3);         /* it stood for three seconds */
    CHECK_EQ(told_of(0x0a, 0x76), 0);
    CHECK_EQ(told_of(0x0a, 0x26), 60 - 26 - 3);
    CHECK_EQ(told_of(CENTURY, 0x19), 60 - 26 - 3 - 36525 * 86400ll);
    b.m->events = NULL;
    CHECK_EQ(told_of(CENTURY, 0x20), 0);
    qapi_sink_fini(&client.sink);
    bench_fini(&b);
}

static void delay_is_no_policy_for_lost_ticks(void)
{
    struct error *err = NULL;

    bench_init(&b, 0);
    rtc = device_new(b.m, device_type_find("mc146818rtc"));
    CHECK(!device_set(rtc, "lost_tick_policy", "delay", NULL));
    CHECK(device_realize(rtc, NULL, NULL, &err) < 0);
    CHECK(strstr(error_line(err).s, "mc146818rtc.lost_tick_policy") && strstr(error_line(err).s, "discard, slew"));
    error_free(err);
    bench_fini(&b);
}

/* "AIE": the alarm that interrupts is the one that ends a sleep; whether it may is the power management chip's. */
static void an_alarm_that_is_enabled_asks_for_a_wake_up(void)
{
    begin();
    for (unsigned at = S_ALARM; at <= H_ALARM; at += 2)
        set(at, 0xff);
    seconds(2);
    CHECK_EQ(b.m->power.wakeup_requested, WAKEUP_NONE);
    set(0x0b, 0x22);
    seconds(2);
    CHECK_EQ(b.m->power.wakeup_requested, WAKEUP_RTC);
    bench_fini(&b);
}

static void the_shutdown_status_says_that_the_machine_slept(void)
{
    begin();
    CHECK_EQ(get(0x0f), 0);
    machine_notify(b.m, EVENT_SUSPEND, CAUSE_NONE);
    CHECK_EQ(get(0x0f), 0xfe);
    machine_reset(b.m, false);
    CHECK_EQ(get(0x0f), 0xfe);
    bench_fini(&b);
}

int main(void)
{
    epoch_thread_init();
    TEST(time_after_power_on_is_the_hosts);
    TEST(data_mode_binary_and_twelve_hours);
    TEST(set_holds_the_time_until_it_is_cleared);
    TEST(update_in_progress_244_us_before_the_second);
    TEST(update_ended_interrupt_every_second);
    TEST(uf_is_set_without_an_interrupt_and_nobody_is_woken_again);
    TEST(alarm_at_a_time_and_with_any_value);
    TEST(periodic_interrupt_at_the_rate_of_register_a);
    TEST(reset_clears_enables_and_keeps_memory_and_time);
    TEST(the_stream_has_245_bytes);
    TEST(each_hour_in_each_data_mode);
    TEST(a_new_year_carries_through_all_fields);
    TEST(the_calendar_goes_on_in_any_century);
    TEST(each_field_may_be_written_while_it_runs);
    TEST(years_count_from_1980_unless_said);
    TEST(an_alarm_is_waited_for_to_the_nanosecond);
    TEST(an_alarm_in_the_afternoon_is_no_dont_care);
    TEST(an_alarm_that_is_enabled_asks_for_a_wake_up);
    TEST(the_shutdown_status_says_that_the_machine_slept);
    TEST(the_periodic_rates_are_those_of_the_table);
    TEST(the_first_update_after_divider_reset_is_half_a_second_later);
    TEST(the_line_is_flag_and_enable);
    TEST(what_cannot_be_written_stays);
    TEST(when_the_hosts_time_goes_back_so_does_the_guests);
    TEST(reset_clears_flags_and_does_not_shift_the_second);
    TEST(the_stream_carries_deadlines_as_time_of_day);
    TEST(lost_ticks_are_one_or_come_later);
    TEST(what_is_owed_is_time);
    TEST(what_is_owed_is_in_the_stream);
    TEST(what_is_owed_can_be_dropped);
    TEST(who_listens_is_told_what_the_guest_sets);
    TEST(delay_is_no_policy_for_lost_ticks);
    epoch_thread_fini();
    return test_end();
}
