/* SPDX-License-Identifier: Apache-2.0 */
#include "hw/timer/i8254.h"

/* The 82C54's data sheet (231244), and port 61h. */

#include "tests/unit/hw-bench.h"

static struct bench b;
static struct device *pit;

static void begin(void)
{
    bench_init(&b, 0);
    pit = bench_device(&b, "isa-pit");
    bench_device(&b, "isa-pcspk");
}

static void program(unsigned channel, unsigned mode, unsigned count)
{
    port_out(&b, 0x43, channel << 6 | 0x30 | mode << 1);
    port_out(&b, 0x40 + channel, count);
    port_out(&b, 0x40 + channel, count >> 8);
}

static void step(uint64_t ticks)
{
    machine_clock_step(b.m, clock_muldiv(ticks, 1000000000, PIT_HZ) + 1);
}

static unsigned count(unsigned channel)
{
    unsigned low;

    port_out(&b, 0x43, channel << 6);
    low = port_in(&b, 0x40 + channel);
    return low | port_in(&b, 0x40 + channel) << 8;
}

static void mode_0_interrupts_on_terminal_count(void)
{
    begin();
    program(0, 0, 1000);
    CHECK(!b.lines->level[0]);
    step(999);
    CHECK(!b.lines->level[0]);
    step(1);
    CHECK(b.lines->level[0]);
    CHECK_EQ(machine_clock_next(b.m), TIMER_OFF);
    bench_fini(&b);
}

static void mode_2_divides(void)
{
    begin();
    program(0, 2, 11932);                       /* 100 Hz */
    b.lines->rose[0] = 0;
    for (unsigned i = 0; i < 100; i++)
        machine_clock_step(b.m, 10000000);
    CHECK(b.lines->rose[0] >= 99 && b.lines->rose[0] <= 101);
    bench_fini(&b);
}

static void mode_3_is_a_square_wave(void)
{
    begin();
    program(0, 3, 1000);
    CHECK(b.lines->level[0]);
    step(499);
    CHECK(b.lines->level[0]);
    step(1);
    CHECK(!b.lines->level[0]);
    step(500);
    CHECK(b.lines->level[0]);
    bench_fini(&b);
}

static void the_fastest_rate_is_bounded(void)
{
    begin();
    program(0, 2, 1);
    b.lines->rose[0] = 0;
    machine_clock_step(b.m, 1000000);
    CHECK(b.lines->rose[0] > 100 && b.lines->rose[0] <= 1001);
    program(0, 3, 1);
    machine_clock_step(b.m, 1000000);
    bench_fini(&b);
}

static void the_counter_latch_holds_the_count(void)
{
    begin();
    program(2, 0, 0x8000);
    step(0x100);
    port_out(&b, 0x43, 0x80);
    step(0x100);
    CHECK_EQ(port_in(&b, 0x42), 0x00);
    CHECK_EQ(port_in(&b, 0x42), 0x7f);
    CHECK_EQ(count(2), 0x7e00);
    bench_fini(&b);
}

static void one_byte_counts(void)
{
    begin();
    port_out(&b, 0x43, 0x90);                   /* channel 2, low byte, mode 0 */
    port_out(&b, 0x42, 200);
    step(10);
    CHECK_EQ(port_in(&b, 0x42), 190);
    CHECK_EQ(port_in(&b, 0x42), 190);
    port_out(&b, 0x43, 0xa0);                   /* high byte */
    port_out(&b, 0x42, 2);
    CHECK_EQ(port_in(&b, 0x42), 2);
    bench_fini(&b);
}

static void bcd_counts_in_decimal(void)
{
    begin();
    port_out(&b, 0x43, 0xb1);
    port_out(&b, 0x42, 0x00);
    port_out(&b, 0x42, 0x10);
    step(1);
    CHECK_EQ(count(2), 0x0999);
    bench_fini(&b);
}

static void read_back_latches_status_and_count(void)
{
    begin();
    program(2, 3, 0x4000);
    port_out(&b, 0x43, 0xc8);                   /* both, channel 2 */
    CHECK_EQ(port_in(&b, 0x42) & 0x7f, 0x36);
    CHECK_EQ(port_in(&b, 0x42), 0x00);
    CHECK_EQ(port_in(&b, 0x42), 0x40);
    port_out(&b, 0x43, 0xe8);                   /* status only */
    step(1);
    CHECK_EQ(port_in(&b, 0x42) & 0x7f, 0x36);
    bench_fini(&b);
}

static void port_61_gates_channel_2_and_shows_its_output(void)
{
    begin();
    port_out(&b, 0x61, 0x01);
    program(2, 0, 1193);
    CHECK_EQ(port_in(&b, 0x61) & 0x23, 0x01);
    step(1193);
    CHECK_EQ(port_in(&b, 0x61) & 0x23, 0x21);
    CHECK_EQ((port_in(&b, 0x61) ^ port_in(&b, 0x61)) & 0x10, 0x10);     /* refresh toggles */
    port_out(&b, 0x61, 0x03);
    CHECK_EQ(port_in(&b, 0x61) & 0x03, 0x03);
    bench_fini(&b);
}

static void a_rising_gate_triggers_mode_1(void)
{
    begin();
    program(2, 1, 100);
    step(1000);
    port_out(&b, 0x61, 1);
    CHECK_EQ(port_in(&b, 0x61) & 0x20, 0);
    step(100);
    CHECK_EQ(port_in(&b, 0x61) & 0x20, 0x20);
    bench_fini(&b);
}

/* Status of a channel as a read-back command latches it: OUT, null count, R/W, mode, BCD. */
static uint8_t status(unsigned channel)
{
    port_out(&b, 0x43, 0xe0 | 2 << channel);
    return port_in(&b, 0x40 + channel);
}

static bool out(unsigned channel)
{
    return status(channel) & 0x80;
}

static void gate_2(bool on)
{
    port_out(&b, 0x61, on);
}

/* "OUT will be initially low after the Control Word is written, and will remain low until the Counter reaches
 * zero. OUT then goes high and remains high until a new count or a new Mode 0 Control Word is written." */
static void mode_0_stays_high_and_the_counter_wraps(void)
{
    begin();
    program(1, 0, 1000);
    CHECK_EQ(status(1), 0x30);
    CHECK_EQ(count(1), 1000);
    step(1);
    CHECK_EQ(count(1), 999);
    step(998);
    CHECK_EQ(status(1), 0x30);
    CHECK_EQ(count(1), 1);
    step(1);
    CHECK_EQ(status(1), 0xb0);
    CHECK_EQ(count(1), 0);
    step(1);
    CHECK_EQ(count(1), 0xffff);                 /* "does not stop when it reaches zero ... and continues counting" */
    step(0x20000);
    CHECK_EQ(status(1), 0xb0);
    CHECK_EQ(count(1), 0xffff);
    port_out(&b, 0x41, 5);
    port_out(&b, 0x41, 0);
    CHECK_EQ(status(1), 0x30);
    CHECK_EQ(count(1), 5);
    program(0, 0, 1);
    CHECK(!b.lines->level[0]);
    step(2);
    CHECK(b.lines->level[0]);
    bench_fini(&b);
}

/* Until a count is written the one of before stands in (ours; the data sheet leaves the count undefined). */
static void a_control_word_starts_over(void)
{
    begin();
    program(0, 2, 1000);
    step(500);
    port_out(&b, 0x43, 0x30);
    CHECK(!b.lines->level[0]);
    CHECK_EQ(count(0), 1000);
    step(999);
    CHECK(!b.lines->level[0]);
    step(1);
    CHECK(b.lines->level[0]);
    CHECK_EQ(machine_clock_next(b.m), TIMER_OFF);
    bench_fini(&b);
}

/* Mode 1: "OUT will go low on the CLK pulse following a trigger to begin the one-shot pulse, and will remain low
 * until the Counter reaches zero"; "the one-shot is retriggerable". */
static void mode_1_is_retriggered_by_a_rising_gate_only(void)
{
    begin();
    program(2, 1, 100);
    step(1000);
    gate_2(1);
    CHECK(!out(2));
    step(60);
    gate_2(1);                                  /* no edge */
    step(39);
    CHECK(!out(2));
    step(1);
    CHECK(out(2));
    gate_2(0);
    CHECK(out(2));
    gate_2(1);
    step(60);
    gate_2(0);
    gate_2(1);                                  /* again */
    step(60);
    CHECK(!out(2));
    step(40);
    CHECK(out(2));
    bench_fini(&b);
}

/* Mode 2: "When the initial count has decremented to 1, OUT goes low for one CLK pulse. OUT then goes high again,
 * the Counter reloads the initial count and the process is repeated." */
static void mode_2_is_low_for_the_last_clock_of_a_period(void)
{
    begin();
    program(1, 2, 5);
    for (unsigned i = 0; i < 15; i++) {
        CHECK_EQ(count(1), 5 - i % 5);
        CHECK_EQ(status(1), i % 5 == 4 ? 0x34 : 0xb4);
        step(1);
    }
    bench_fini(&b);
}

/* Mode 3: "If the count is odd, OUT will be high for (N + 1)/2 counts and low for (N - 1)/2 counts"; "decremented
 * by two on succeeding CLK pulses". */
static void mode_3_counts_by_two_and_an_odd_count_is_longer_high(void)
{
    begin();
    program(1, 3, 10);
    for (unsigned i = 0; i < 20; i++) {
        CHECK_EQ(count(1), 10 - 2 * i % 10);
        CHECK_EQ(status(1), i % 10 < 5 ? 0xb6 : 0x36);
        step(1);
    }
    program(0, 3, 5);
    for (unsigned i = 0; i < 20; i++) {
        CHECK_EQ(out(0), i % 5 < 3);
        CHECK_EQ(b.lines->level[0], i % 5 < 3);
        step(1);
    }
    bench_fini(&b);
}

/* "If GATE goes low ..., OUT is set high immediately. A trigger reloads the Counter with the initial count". */
static void a_low_gate_sets_out_high_in_modes_2_and_3_and_a_trigger_starts_over(void)
{
    for (unsigned mode = 2; mode <= 3; mode++) {
        begin();
        gate_2(1);
        program(2, mode, 100);
        step(99);
        CHECK(!out(2));
        gate_2(0);
        CHECK(out(2));
        step(17);
        gate_2(1);
        CHECK(out(2));
        CHECK_EQ(count(2), 100);
        step(99);
        CHECK(!out(2));
        bench_fini(&b);
    }
}

/* Mode 4: "OUT will be initially high. When the initial count expires, OUT will go low for one CLK pulse and then go
 * high again"; mode 5 is "triggered by a rising edge of GATE". */
static void modes_4_and_5_strobe_once(void)
{
    for (unsigned mode = 4; mode <= 5; mode++) {
        begin();
        program(2, mode, 50);
        if (mode == 5) {
            step(1000);
            gate_2(1);
        }
        CHECK(out(2));
        step(49);
        CHECK(out(2));
        step(1);
        CHECK(!out(2));
        step(1);
        CHECK(out(2));
        CHECK_EQ(count(2), 0xffff);
        step(0x10000);
        CHECK(out(2));
        bench_fini(&b);
    }
    begin();
    program(0, 4, 50);
    CHECK(b.lines->level[0]);
    b.lines->rose[0] = 0;
    step(49);
    CHECK_EQ(b.lines->rose[0], 0);
    step(1);
    CHECK_EQ(b.lines->rose[0], 1);              /* the end of the pulse is the edge that counts */
    CHECK_EQ(machine_clock_next(b.m), TIMER_OFF);
    bench_fini(&b);
}

/* A rising gate means nothing to a mode 0 or 4 counter but that it may count (table of gate operations). */
static void a_rising_gate_does_not_reload_modes_0_and_4(void)
{
    for (unsigned mode = 0; mode <= 4; mode += 4) {
        begin();
        gate_2(1);
        program(2, mode, 1000);
        step(100);
        gate_2(0);
        gate_2(1);
        CHECK_EQ(count(2), 900);
        bench_fini(&b);
    }
}

/* Control word: "M2 M1 M0 ... X 1 0 Mode 2, X 1 1 Mode 3". */
static void modes_6_and_7_are_2_and_3(void)
{
    begin();
    for (unsigned mode = 0; mode < 8; mode++) {
        program(1, mode, 1000);
        CHECK_EQ(status(1) & 0x7f, 0x30 | (mode > 5 ? mode - 4 : mode) << 1);
    }
    bench_fini(&b);
}

/* "The largest possible initial count is 0; this is equivalent to 2^16 for binary counting and 10^4 for BCD". */
static void a_count_of_0_is_the_largest(void)
{
    begin();
    program(1, 2, 0);
    CHECK_EQ(count(1), 0);
    step(1);
    CHECK_EQ(count(1), 0xffff);
    step(0xfffe);
    CHECK_EQ(status(1), 0x34);
    CHECK_EQ(count(1), 1);
    port_out(&b, 0x43, 0x75);
    port_out(&b, 0x41, 0);
    port_out(&b, 0x41, 0);
    CHECK_EQ(count(1), 0);
    step(1);
    CHECK_EQ(count(1), 0x9999);
    step(9998);
    CHECK_EQ(status(1), 0x35);
    CHECK_EQ(count(1), 1);
    bench_fini(&b);
}

static void each_digit_of_a_bcd_count_counts(void)
{
    static const uint16_t digits[] = { 0x9876, 0x1234, 0x0907, 0x8080, 0x5319 };

    begin();
    for (unsigned i = 0; i < 5; i++) {
        port_out(&b, 0x43, 0x71);
        port_out(&b, 0x41, digits[i]);
        port_out(&b, 0x41, digits[i] >> 8);
        CHECK_EQ(count(1), digits[i]);
    }
    step(5320);
    CHECK_EQ(count(1), 0x9999);                 /* 0000 is followed by 9999 */
    CHECK_EQ(status(1), 0xb1);
    bench_fini(&b);
}

static void the_rate_is_1193182_hz_however_long(void)
{
    begin();
    program(1, 2, 0);
    machine_clock_step(b.m, 1000 * 1000000000ull);
    CHECK_EQ(count(1), (0x10000 - 1193182000 % 0x10000) & 0xffff);
    program(0, 0, 1000);
    CHECK_EQ(machine_clock_next(b.m) - 1000 * 1000000000ull, 838096);
    bench_fini(&b);
}

/* "RW1 RW0: ... 01 read/write least significant byte only, 10 most significant byte only, 11 LSB first, then MSB". */
static void a_count_is_written_and_read_as_rw_says(void)
{
    begin();
    port_out(&b, 0x43, 0x50);
    port_out(&b, 0x41, 0x34);
    CHECK_EQ(status(1), 0x10);
    CHECK_EQ(port_in(&b, 0x41), 0x34);
    CHECK_EQ(port_in(&b, 0x41), 0x34);
    port_out(&b, 0x41, 0x35);
    CHECK_EQ(port_in(&b, 0x41), 0x35);
    port_out(&b, 0x43, 0x60);
    port_out(&b, 0x41, 0x12);
    CHECK_EQ(status(1), 0x20);
    CHECK_EQ(port_in(&b, 0x41), 0x12);
    CHECK_EQ(port_in(&b, 0x41), 0x12);
    port_out(&b, 0x41, 0x13);
    CHECK_EQ(port_in(&b, 0x41), 0x13);
    program(1, 0, 0x5678);
    CHECK_EQ(port_in(&b, 0x41), 0x78);
    CHECK_EQ(port_in(&b, 0x41), 0x56);
    CHECK_EQ(port_in(&b, 0x41), 0x78);
    port_out(&b, 0x43, 0x70);                   /* a new control word starts with the low byte again */
    CHECK_EQ(port_in(&b, 0x41), 0x78);
    port_out(&b, 0x41, 0x9a);
    CHECK_EQ(count(1), 0x5678);                 /* half a count is none */
    port_out(&b, 0x41, 0xbc);
    CHECK_EQ(count(1), 0xbc9a);
    bench_fini(&b);
}

/* "If a Counter is latched and then, some time later, latched again before the count is read, the second Counter
 * Latch Command is ignored"; the latch "is held until it is read by the CPU (or until the Counter is reprogrammed)". */
static void a_latched_count_is_held_until_it_is_read(void)
{
    begin();
    program(1, 0, 0x8000);
    port_out(&b, 0x43, 0x40);
    step(0x100);
    port_out(&b, 0x43, 0x40);
    CHECK_EQ(port_in(&b, 0x41), 0x00);
    step(0x100);
    CHECK_EQ(port_in(&b, 0x41), 0x80);
    CHECK_EQ(port_in(&b, 0x41), 0x00);          /* then what counts */
    CHECK_EQ(port_in(&b, 0x41), 0x7e);
    port_out(&b, 0x43, 0x40);
    program(1, 0, 0x1234);
    CHECK_EQ(port_in(&b, 0x41), 0x34);
    CHECK_EQ(port_in(&b, 0x41), 0x12);
    port_out(&b, 0x43, 0x50);                   /* of one byte only that one is latched */
    port_out(&b, 0x41, 0x80);
    port_out(&b, 0x43, 0x40);
    step(1);
    CHECK_EQ(port_in(&b, 0x41), 0x80);
    CHECK_EQ(port_in(&b, 0x41), 0x7f);
    port_out(&b, 0x43, 0x60);
    port_out(&b, 0x41, 0x80);
    port_out(&b, 0x43, 0x40);
    step(1);
    CHECK_EQ(port_in(&b, 0x41), 0x80);
    CHECK_EQ(port_in(&b, 0x41), 0x7f);
    bench_fini(&b);
}

/* "This single command is functionally equivalent to several counter latch commands, one for each counter latched"
 * (bits 1 to 3); bit 5 and bit 4 are COUNT and STATUS, active low. */
static void a_read_back_command_latches_the_counters_it_names(void)
{
    begin();
    for (unsigned n = 0; n < 3; n++)
        program(n, n == 2 ? 0 : 4, 0x1100 * (n + 1));
    port_out(&b, 0x43, 0xda);                   /* counts of 0 and 2 */
    step(0x10);
    CHECK(port_in(&b, 0x40) == 0x00 && port_in(&b, 0x40) == 0x11);
    CHECK(port_in(&b, 0x41) == 0xf0 && port_in(&b, 0x41) == 0x21);
    CHECK(port_in(&b, 0x42) == 0x00 && port_in(&b, 0x42) == 0x33);
    port_out(&b, 0x43, 0xe4);                   /* status of 1 */
    CHECK_EQ(port_in(&b, 0x41), 0xb8);
    CHECK(port_in(&b, 0x41) == 0xf0 && port_in(&b, 0x41) == 0x21);
    CHECK_EQ(port_in(&b, 0x40), 0xf0);
    port_in(&b, 0x40);
    port_out(&b, 0x43, 0xfe);                   /* nothing */
    CHECK_EQ(port_in(&b, 0x40), 0xf0);
    bench_fini(&b);
}

/* "If multiple status latch operations are performed without reading the status, all but the first are ignored"; "the
 * first read operation of that counter will return the latched status", the next ones the latched count. */
static void the_first_latched_status_stays_and_comes_before_the_count(void)
{
    begin();
    program(1, 0, 0x20);
    port_out(&b, 0x43, 0xc4);
    step(0x30);
    port_out(&b, 0x43, 0xe4);
    CHECK_EQ(port_in(&b, 0x41), 0x30);
    CHECK_EQ(port_in(&b, 0x41), 0x20);
    CHECK_EQ(port_in(&b, 0x41), 0x00);
    CHECK_EQ(status(1), 0xb0);
    bench_fini(&b);
}

static void the_control_port_is_not_read(void)
{
    begin();
    program(1, 0, 0x1234);
    CHECK_EQ(port_in(&b, 0x43), 0x00);
    CHECK_EQ(port_in(&b, 0x44), 0xff);          /* and what follows is not the timer's */
    bench_fini(&b);
}

static void the_line_follows_channel_0_edge_by_edge(void)
{
    begin();
    program(0, 2, 3);
    CHECK(b.lines->level[0]);
    b.lines->rose[0] = 0;
    for (unsigned i = 1; i <= 30; i++) {
        step(1);
        CHECK_EQ(b.lines->rose[0], i / 3);
    }
    program(1, 2, 3);                           /* no other has a line */
    program(2, 2, 3);
    program(0, 0, 10);
    b.lines->rose[0] = 0;
    CHECK(!b.lines->level[0]);
    step(9);
    CHECK(!b.lines->level[0]);
    step(100);
    CHECK(b.lines->level[0] && b.lines->rose[0] == 1);
    bench_fini(&b);
}

static const uint8_t at_reset[] =
    "\0\0\0\0"
    "\0\1\0\0" "\0\0\0\0\0\0\0\0\0\3\0\1" "\0\0\0\0\0\0\0\0" "\0\0\0\0\1\xa3\x0c\x2d"
    "\0\1\0\0" "\0\0\0\0\0\0\0\0\0\3\0\1" "\0\0\0\0\0\0\0\0" "\0\0\0\0\0\0\0\0"
    "\0\1\0\0" "\0\0\0\0\0\0\0\0\0\3\0\0" "\0\0\0\0\0\0\0\0" "\0\0\0\0\0\0\0\0"
    "\0\0\0\0\1\xa3\x0c\x2d\x7e";

static void the_stream_has_the_references_fields_and_ranges(void)
{
    static const struct { uint8_t at, max; } field[] = {
        { 3, 1 }, { 10, 4 }, { 11, 1 }, { 12, 255 }, { 13, 4 }, { 14, 4 }, { 15, 255 }, { 16, 3 }, { 17, 5 }, { 18, 1 },
        { 19, 1 },
    };
    struct saved s;

    begin();
    s = bench_save(&b, "i8254");
    CHECK(!memcmp(s.fields, at_reset, sizeof(at_reset) - 1));
    for (unsigned i = 0; i < sizeof(field) / sizeof(field[0]); i++) {
        CHECK(!bench_load_with(&b, &s, field[i].at, field[i].max));
        CHECK(field[i].max == 255 || bench_load_with(&b, &s, field[i].at, field[i].max + 1) < 0);
    }
    CHECK(bench_load_with(&b, &s, 7, 1) < 0);   /* counts go from 1 to 0x10000 */
    for (unsigned n = 0; n < 3; n++)
        CHECK(bench_load_with(&b, &s, 5 + 32 * n, 0) < 0);
    CHECK(bench_load_with(&b, &s, -1, 2) < 0 && bench_load_with(&b, &s, -1, 4) < 0);
    wire_fini(&s.w);
    bench_fini(&b);
}

static void every_field_goes_out_and_comes_back(void)
{
    static const uint8_t channel_1[] =
        "\0\0\x0d\x80" "\x34\x56\4\1\xbb\3\4\x12\3\5\1\1" "\0\0\0\0\0\0\x3a\x98";
    struct saved s;

    begin();
    machine_clock_step(b.m, 15000);
    port_out(&b, 0x43, 0x7b);
    port_out(&b, 0x41, 0x56);
    port_out(&b, 0x41, 0x34);
    port_out(&b, 0x43, 0xcc);
    CHECK_EQ(port_in(&b, 0x41), 0xbb);
    CHECK_EQ(port_in(&b, 0x41), 0x56);
    port_out(&b, 0x43, 0xe4);
    port_out(&b, 0x41, 0x12);
    s = bench_save(&b, "i8254");
    CHECK(!memcmp(s.fields + 36, channel_1, 32));
    wire_fini(&s.w);
    bench_reload(&b);
    CHECK_EQ(port_in(&b, 0x41), 0xbb);
    CHECK_EQ(port_in(&b, 0x41), 0x34);
    CHECK_EQ(port_in(&b, 0x41), 0x56);
    CHECK_EQ(port_in(&b, 0x41), 0x34);
    bench_fini(&b);
}

static void periods_that_nobody_saw_are_dropped_whole(void)
{
    const uint64_t period_ns = 838095;
    struct saved s;

    begin();
    program(0, 2, 1000);
    s = bench_save(&b, "i8254");
    machine_clock_step(b.m, 100 * period_ns + period_ns / 2);
    b.lines->rose[0] = 0;
    CHECK(!bench_load(&b, &(struct wire){ .buf = s.w.buf, .len = s.w.at }, NULL));
    machine_clock_step(b.m, period_ns / 4);
    CHECK(b.lines->rose[0] >= 1 && b.lines->rose[0] <= 3);
    CHECK(machine_clock_next(b.m) >= 101 * period_ns && machine_clock_next(b.m) < 101 * period_ns + 200);
    wire_fini(&s.w);
    bench_fini(&b);
}

static void a_reset_starts_the_channels_over(void)
{
    begin();
    machine_clock_step(b.m, 15000);
    program(0, 4, 1000);
    gate_2(1);
    machine_reset(b.m, false);
    CHECK_EQ(status(0), 0x86);
    bench_fini(&b);
}

static void the_stream_is_the_references(void)
{
    static const uint8_t channel[20] = { 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 3, 0, 1 };
    struct saved s;

    begin();
    s = bench_save(&b, "i8254");
    CHECK_EQ(s.fields[108], 0x7e);
    CHECK(!memcmp(s.fields + 4, channel, 16) && !memcmp(s.fields + 36, channel, 16));
    wire_fini(&s.w);
    program(0, 2, 1000);
    step(100);
    bench_reload(&b);
    b.lines->rose[0] = 0;
    step(901);
    CHECK_EQ(b.lines->rose[0], 1);
    bench_fini(&b);
}

int main(void)
{
    epoch_thread_init();
    TEST(mode_0_interrupts_on_terminal_count);
    TEST(mode_2_divides);
    TEST(mode_3_is_a_square_wave);
    TEST(the_fastest_rate_is_bounded);
    TEST(the_counter_latch_holds_the_count);
    TEST(one_byte_counts);
    TEST(bcd_counts_in_decimal);
    TEST(read_back_latches_status_and_count);
    TEST(port_61_gates_channel_2_and_shows_its_output);
    TEST(a_rising_gate_triggers_mode_1);
    TEST(mode_0_stays_high_and_the_counter_wraps);
    TEST(a_control_word_starts_over);
    TEST(mode_1_is_retriggered_by_a_rising_gate_only);
    TEST(mode_2_is_low_for_the_last_clock_of_a_period);
    TEST(mode_3_counts_by_two_and_an_odd_count_is_longer_high);
    TEST(a_low_gate_sets_out_high_in_modes_2_and_3_and_a_trigger_starts_over);
    TEST(modes_4_and_5_strobe_once);
    TEST(a_rising_gate_does_not_reload_modes_0_and_4);
    TEST(modes_6_and_7_are_2_and_3);
    TEST(a_count_of_0_is_the_largest);
    TEST(each_digit_of_a_bcd_count_counts);
    TEST(the_rate_is_1193182_hz_however_long);
    TEST(a_count_is_written_and_read_as_rw_says);
    TEST(a_latched_count_is_held_until_it_is_read);
    TEST(a_read_back_command_latches_the_counters_it_names);
    TEST(the_first_latched_status_stays_and_comes_before_the_count);
    TEST(the_control_port_is_not_read);
    TEST(the_line_follows_channel_0_edge_by_edge);
    TEST(the_stream_has_the_references_fields_and_ranges);
    TEST(every_field_goes_out_and_comes_back);
    TEST(periods_that_nobody_saw_are_dropped_whole);
    TEST(a_reset_starts_the_channels_over);
    TEST(the_stream_is_the_references);
    epoch_thread_fini();
    return test_end();
}
