/* SPDX-License-Identifier: Apache-2.0 */
#include "hw/timer/mc146818rtc.h"

/* The MC146818's data sheet. */

#include "core/clock-state.h"
#include "tests/unit/hw-bench.h"

enum { S = 0, S_ALARM = 1, M = 2, M_ALARM = 3, H = 4, H_ALARM = 5, WDAY = 6, MDAY = 7, MON = 8, YEAR = 9,
       CENTURY = 0x32 };

static struct bench b;
static struct device *rtc;

static uint8_t get(uint8_t at)
{
    port_out(&b, 0x70, at);
    return port_in(&b, 0x71);
}

static void set(uint8_t at, uint8_t val)
{
    port_out(&b, 0x70, at);
    port_out(&b, 0x71, val);
}

/* 2026-11-20 07:42:56 and a quarter, a Friday. */
static void begin(void)
{
    bench_init(&b, 0);
    b.m->clock->rtc_base_ns = 1795160576250000000;
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
    epoch_thread_fini();
    return test_end();
}
