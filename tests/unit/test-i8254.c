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
    TEST(the_stream_is_the_references);
    epoch_thread_fini();
    return test_end();
}
