/* SPDX-License-Identifier: Apache-2.0 */
#include "hw/char/uart.h"

/* The 16550A's data sheet (PC16550D), section by section; the wire form is test-uart-stream's, the ISA binding
 * test-isa-char's. */

#include "tests/unit/uart-bench.h"

enum { LINE_ROOM = 8 };

static void registers_after_reset_are_those_of_table_1(void)
{
    begin();
    CHECK_EQ(in(1), 0);
    CHECK_EQ(in(2), 0x01);
    CHECK_EQ(in(3), 0);
    CHECK_EQ(in(4), 0x08);
    CHECK_EQ(in(5), 0x60);
    CHECK(!irq.level);
    bench_fini(&b);
}

static void reading_iir_clears_thre(void)
{
    begin();
    out(1, 2);
    CHECK(irq.level);
    CHECK_EQ(in(2), 0x02);
    CHECK(!irq.level);
    bench_fini(&b);
}

static void dlab_shows_the_divisor(void)
{
    begin();
    out(3, 0x83);
    device_write(chip, 0, 0, 2, 0x1234);        /* both halves at once */
    CHECK_EQ(in(0), 0x34);
    CHECK_EQ(in(1), 0x12);
    out(3, 0x03);
    CHECK_EQ(in(1), 0);
    CHECK_EQ(device_read(chip, 0, 6, 4), UINT64_MAX);   /* across the end */
    bench_fini(&b);
}

static void a_byte_is_sent_and_received(void)
{
    begin();
    out(1, 1);
    out(0, 'x');
    CHECK(n_sent == 1 && sent[0] == 'x' && in(5) == 0x60);
    type("q");
    CHECK(irq.level);
    CHECK_EQ(in(5), 0x61);
    CHECK_EQ(in(2), 0x04);
    CHECK_EQ(in(0), 'q');
    CHECK(!irq.level && in(5) == 0x60);
    bench_fini(&b);
}

static void a_full_line_is_back_pressure_not_loss(void)
{
    begin();
    room = LINE_ROOM;
    out(2, 0x01);
    for (unsigned i = 0; i < LINE_ROOM + 1 + 16; i++)
        out(0, i);                              /* line, TSR, FIFO */
    CHECK_EQ(n_sent, LINE_ROOM);
    CHECK(!(in(5) & 0x60));
    room = sizeof(sent) - LINE_ROOM;
    uart_kick(chip);
    machine_run_posted(b.m);
    CHECK_EQ(n_sent, LINE_ROOM + 17);
    for (unsigned i = 0; i < n_sent; i++)
        CHECK_EQ(sent[i], i);
    CHECK_EQ(in(5) & 0x60, 0x60);
    bench_fini(&b);
}

static void the_receive_fifo_takes_sixteen_and_the_rest_waits(void)
{
    begin();
    out(2, 0xc1);                               /* trigger at 14 */
    out(1, 1);
    type("0123456789abcdefgh");
    CHECK_EQ(n_coming, 2);
    CHECK_EQ(in(2), 0xc4);
    for (unsigned i = 0; i < 18; i++)
        CHECK_EQ(in(0), "0123456789abcdefgh"[i]);
    CHECK_EQ(in(5) & 3, 0);                     /* no overrun */
    bench_fini(&b);
}

static void unread_bytes_time_out_after_four_characters(void)
{
    begin();
    out(2, 0x41);                               /* trigger at 4 */
    out(1, 1);
    type("q");
    CHECK((in(5) & 1) && !irq.level);
    machine_clock_step(b.m, 3 * 1041666);       /* 9600 baud */
    CHECK(!irq.level);
    machine_clock_step(b.m, 2 * 1041666);
    CHECK(irq.level);
    CHECK_EQ(in(2), 0xcc);
    CHECK_EQ(in(0), 'q');
    CHECK(!irq.level);
    bench_fini(&b);
}

static void line_status_errors_have_the_highest_priority(void)
{
    begin();
    out(1, 0x05);
    uart_break_received(chip);
    machine_run_posted(b.m);
    CHECK_EQ(in(2), 0x06);
    CHECK_EQ(in(5), 0x71);
    CHECK_EQ(in(5), 0x61);                      /* reading cleared it */
    CHECK_EQ(in(0), 0);
    out(3, 0x40);
    CHECK(broken);
    out(3, 0x00);
    CHECK(!broken);
    bench_fini(&b);
}

static void loopback_joins_outputs_and_inputs(void)
{
    begin();
    out(4, 0x1a);
    CHECK_EQ(in(6) & 0xf0, 0x90);
    out(0, 'l');
    CHECK_EQ(n_sent, 0);
    CHECK_EQ(in(0), 'l');
    bench_fini(&b);
}

/* 8.6.2 (FCR 6 and 7): "used to set the trigger level for the RCVR FIFO interrupt": 1, 4, 8, 14 bytes. */
static void the_trigger_levels_are_1_4_8_and_14(void)
{
    static const uint8_t trigger[] = { 1, 4, 8, 14 };

    for (unsigned i = 0; i < 4; i++) {
        begin();
        out(2, i << 6 | 1);
        out(1, 1);
        for (unsigned n = 1; n <= trigger[i]; n++) {
            CHECK(!irq.level);
            type("x");
        }
        CHECK(irq.level);
        CHECK_EQ(in(2), 0xc4);
        in(0);
        CHECK(!irq.level);                      /* cleared when the FIFO drops below the trigger level */
        bench_fini(&b);
    }
}

/* 8.6.3: "reset by reading the IIR (if source of interrupt) or writing into the transmitter holding register". */
static void writing_thr_clears_thre(void)
{
    begin();
    room = 0;
    out(1, 2);
    CHECK_EQ(in(2), 0x02);
    out(0, 'a');                                /* goes on to the shift register at once: empty again */
    CHECK(irq.level);
    CHECK_EQ(in(5), 0x20);
    out(0, 'b');
    CHECK(!irq.level);
    CHECK_EQ(in(5), 0x00);
    room = 8;
    kick();
    CHECK(irq.level);
    CHECK_EQ(in(2), 0x02);
    CHECK(n_sent == 2 && !memcmp(sent, "ab", 2) && in(5) == 0x60);
    bench_fini(&b);
}

/* 8.6.3: reading IIR resets THRE only "if source of interrupt". */
static void reading_iir_leaves_thre_when_another_is_higher(void)
{
    begin();
    out(1, 3);
    type("q");
    CHECK_EQ(in(2), 0x04);
    in(0);
    CHECK_EQ(in(2), 0x02);
    CHECK_EQ(in(2), 0x01);
    bench_fini(&b);
}

static void in_16450_mode_there_is_one_holding_register(void)
{
    begin();
    room = 0;
    out(0, 'a');
    out(0, 'b');
    out(0, 'c');                                /* over 'b' */
    room = 8;
    kick();
    CHECK(n_sent == 2 && !memcmp(sent, "ac", 2));
    type("xy");
    CHECK_EQ(n_coming, 1);                      /* and one for what comes */
    CHECK_EQ(in(0), 'x');
    CHECK_EQ(in(0), 'y');
    CHECK_EQ(in(5), 0x60);
    bench_fini(&b);
}

static void a_write_to_a_full_transmit_fifo_is_lost(void)
{
    begin();
    room = 0;
    out(2, 1);
    for (unsigned i = 0; i < 18; i++)
        out(0, i);                              /* one in the shift register, sixteen behind it */
    room = sizeof(sent);
    kick();
    CHECK_EQ(n_sent, 17);
    for (unsigned i = 0; i < 17; i++)
        CHECK_EQ(sent[i], i);
    bench_fini(&b);
}

/* What Linux leans on to find out that there is a chip: 0 to 1 in IER bit 1 raises THRE, 1 to 1 does not. */
static void enabling_thre_raises_it_once_and_only_if_empty(void)
{
    begin();
    out(1, 0x02);
    CHECK_EQ(in(2), 0x02);
    out(1, 0x02);
    CHECK(!irq.level);
    out(1, 0x03);
    CHECK(!irq.level);
    out(1, 0xf0);                               /* bits 4 to 7 are always 0 */
    CHECK_EQ(in(1), 0x00);
    out(1, 0x02);
    CHECK(irq.level);
    out(1, 0);
    CHECK(!irq.level);
    room = 0;
    in(2);
    out(0, 'a');
    out(0, 'b');
    out(1, 2);
    CHECK(!irq.level);
    bench_fini(&b);
}

/* 8.6.2: FCR1 and FCR2 clear one FIFO each and clear themselves; "the shift register is not cleared". */
static void fcr_clears_one_fifo_or_the_other(void)
{
    begin();
    room = 0;
    out(2, 1);
    for (unsigned i = 0; i < 4; i++)
        out(0, '0' + i);
    type("0123456789abcdefgh");
    CHECK_EQ(n_coming, 2);
    out(2, 0x03);                               /* receive: what waited on the line takes its place */
    CHECK_EQ(n_coming, 0);
    CHECK_EQ(in(5), 0x01);
    CHECK_EQ(in(0), 'g');
    CHECK_EQ(in(0), 'h');
    CHECK_EQ(in(5), 0x00);
    type("k");
    out(1, 2);
    CHECK(!irq.level);
    out(2, 0x05);                               /* transmit */
    CHECK(irq.level);
    CHECK_EQ(in(5), 0x21);
    out(2, 0xc1);                               /* neither */
    CHECK_EQ(in(0), 'k');
    room = 8;
    kick();
    CHECK(n_sent == 1 && sent[0] == '0');
    bench_fini(&b);
}

/* 8.6.2: "When changing from FIFO mode to 16450 mode and vice versa, data is automatically cleared". */
static void changing_the_mode_clears_both_fifos(void)
{
    begin();
    room = 0;
    out(2, 1);
    out(0, 'a');
    out(0, 'b');
    type("xy");
    out(2, 0x40);                               /* bit 0 must be 1 for the others to be programmed */
    CHECK_EQ(in(2), 0x01);
    CHECK_EQ(in(5), 0x20);
    room = 8;
    kick();
    CHECK(n_sent == 1 && sent[0] == 'a');
    type("z");
    out(2, 0x01);
    CHECK_EQ(in(5), 0x60);
    CHECK_EQ(in(2), 0xc1);
    bench_fini(&b);
}

/* 8.4.2: "at least one character is in the FIFO; the most recent was received longer than 4 continuous character
 * times ago; the most recent CPU read of the FIFO was longer than 4 character times ago". */
static void the_time_out_is_four_characters_of_ten_bits(void)
{
    const uint64_t four_ns = 4 * (10 * 1000000000ull * 0xffff / 115200);

    begin();
    out(3, 0x83);
    device_write(chip, 0, 0, 2, 0xffff);
    out(3, 0x03);
    out(2, 0x81);
    out(1, 1);
    type("q");
    machine_clock_step(b.m, four_ns - 1);
    CHECK(!irq.level);
    type("r");                                  /* starts over */
    machine_clock_step(b.m, four_ns - 1);
    CHECK(!irq.level);
    CHECK_EQ(in(0), 'q');                       /* so does a read */
    machine_clock_step(b.m, four_ns - 1);
    CHECK(!irq.level);
    machine_clock_step(b.m, 1);
    CHECK_EQ(in(2), 0xcc);
    CHECK_EQ(machine_clock_next(b.m), TIMER_OFF);
    CHECK_EQ(in(0), 'r');
    CHECK(!irq.level);
    CHECK_EQ(machine_clock_next(b.m), TIMER_OFF);
    bench_fini(&b);
}

static void a_divisor_of_0_counts_as_1(void)
{
    begin();
    out(3, 0x83);
    device_write(chip, 0, 0, 2, 0);
    out(3, 0x03);
    out(2, 0x41);
    out(1, 1);
    type("q");
    machine_clock_step(b.m, 4 * 86805 - 1);
    CHECK(!irq.level);
    machine_clock_step(b.m, 1);
    CHECK(irq.level);
    bench_fini(&b);
}

/* 8.6.4 (LSR 1): "data in the Receiver Buffer Register was not read by the CPU before the next character". */
static void an_overrun_is_marked(void)
{
    begin();
    out(4, 0x10);
    out(0, 'a');
    CHECK_EQ(in(5), 0x61);
    out(0, 'b');
    CHECK_EQ(in(5), 0x63);
    CHECK_EQ(in(5), 0x61);
    CHECK_EQ(in(0), 'b');                       /* the one before is destroyed */
    out(2, 1);
    for (unsigned i = 0; i < 16; i++)
        out(0, '0' + i);
    CHECK_EQ(in(5), 0x61);
    out(0, 'x');
    CHECK_EQ(in(5), 0x63);
    for (unsigned i = 0; i < 16; i++)
        CHECK_EQ(in(0), '0' + i);               /* the FIFO keeps what it has */
    CHECK_EQ(in(5), 0x60);
    bench_fini(&b);
}

static void a_line_that_says_it_gave_more_than_asked_for_is_not_believed(void)
{
    begin();
    out(2, 1);
    lies = true;
    type("0123456789abcdef");
    CHECK_EQ(in(5), 0x61);                      /* no overrun */
    bench_fini(&b);
}

/* 8.6.7: "DTR, RTS, OUT1 and OUT2 are internally connected to the four MODEM control inputs"; bits 5 to 7 are 0. */
static void each_output_has_its_input_in_loopback(void)
{
    static const uint8_t shown[] = { 0x20, 0x10, 0x40, 0x80 };

    begin();
    out(4, 0xf0);
    CHECK_EQ(in(4), 0x10);
    for (unsigned i = 0; i < 4; i++) {
        out(4, 0x10 | 1 << i);
        CHECK_EQ(in(6), shown[i]);
    }
    type("q");
    CHECK_EQ(n_coming, 1);                      /* the serial input is disconnected */
    out(4, 0);
    CHECK_EQ(in(6), 0xb0);
    kick();
    CHECK_EQ(in(0), 'q');
    bench_fini(&b);
}

static void speed_and_format_are_told_to_the_line(void)
{
    begin();
    out(3, 0x83);
    out(0, 12);
    out(1, 0);
    CHECK_EQ(setting.speed, 9600);
    out(3, 0x1e);
    CHECK(setting.data_bits == 7 && setting.stop_bits == 2 && setting.parity == 'E');
    out(3, 0x08);
    CHECK(setting.data_bits == 5 && setting.stop_bits == 1 && setting.parity == 'O');
    out(3, 0x03);
    CHECK(setting.data_bits == 8 && setting.parity == 'N');
    out(4, 0xe2);
    CHECK(setting.rts && !setting.dtr);
    out(4, 1);
    CHECK(!setting.rts && setting.dtr);
    CHECK_EQ(in(4), 1);
    out(3, 0x80);
    out(0, 0);
    CHECK_EQ(setting.speed, 1);
    bench_fini(&b);
}

static void the_break_bit_is_told_when_it_changes(void)
{
    begin();
    out(3, 0x3f);
    CHECK_EQ(breaks, 0);
    out(3, 0x7f);
    out(3, 0x43);
    CHECK(breaks == 1 && broken);
    out(3, 0x83);
    CHECK(breaks == 2 && !broken);
    CHECK_EQ(in(3), 0x83);
    bench_fini(&b);
}

static void the_scratch_register_holds_data_and_does_nothing(void)
{
    begin();
    out(7, 0xa5);
    CHECK_EQ(in(7), 0xa5);
    bench_fini(&b);
}

static void without_a_line_output_vanishes_and_nothing_comes(void)
{
    bench_init(&b, 0);
    chip = device_new(b.m, device_type_find("serial"));
    uart_connect(chip, NULL, NULL);
    CHECK(!device_realize(chip, NULL, NULL, NULL));
    out(1, 2);
    out(3, 0x40);
    out(0, 'x');
    kick();
    CHECK_EQ(in(5), 0x60);
    CHECK_EQ(in(2), 0x02);
    bench_reload(&b);
    bench_fini(&b);
}

static void what_follows_the_last_register_is_not_the_chips(void)
{
    begin();
    CHECK_EQ(device_read(chip, 0, 0, 8), 0x00b0600800010000);
    CHECK_EQ(device_read(chip, 0, 1, 8), UINT64_MAX);
    bench_fini(&b);
}

int main(void)
{
    epoch_thread_init();
    TEST(registers_after_reset_are_those_of_table_1);
    TEST(reading_iir_clears_thre);
    TEST(dlab_shows_the_divisor);
    TEST(a_byte_is_sent_and_received);
    TEST(a_full_line_is_back_pressure_not_loss);
    TEST(the_receive_fifo_takes_sixteen_and_the_rest_waits);
    TEST(unread_bytes_time_out_after_four_characters);
    TEST(line_status_errors_have_the_highest_priority);
    TEST(loopback_joins_outputs_and_inputs);
    TEST(the_trigger_levels_are_1_4_8_and_14);
    TEST(writing_thr_clears_thre);
    TEST(reading_iir_leaves_thre_when_another_is_higher);
    TEST(in_16450_mode_there_is_one_holding_register);
    TEST(a_write_to_a_full_transmit_fifo_is_lost);
    TEST(enabling_thre_raises_it_once_and_only_if_empty);
    TEST(fcr_clears_one_fifo_or_the_other);
    TEST(changing_the_mode_clears_both_fifos);
    TEST(the_time_out_is_four_characters_of_ten_bits);
    TEST(a_divisor_of_0_counts_as_1);
    TEST(an_overrun_is_marked);
    TEST(a_line_that_says_it_gave_more_than_asked_for_is_not_believed);
    TEST(each_output_has_its_input_in_loopback);
    TEST(speed_and_format_are_told_to_the_line);
    TEST(the_break_bit_is_told_when_it_changes);
    TEST(the_scratch_register_holds_data_and_does_nothing);
    TEST(without_a_line_output_vanishes_and_nothing_comes);
    TEST(what_follows_the_last_register_is_not_the_chips);
    epoch_thread_fini();
    return test_end();
}
