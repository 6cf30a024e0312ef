/* SPDX-License-Identifier: Apache-2.0 */
#include "hw/char/uart.h"

/* The 16550A's data sheet (PC16550D), its wire form byte by byte, and its ISA binding. */

#include "chardev/char.h"
#include "tests/unit/hw-bench.h"

enum { LINE_ROOM = 8 };

static struct bench b;
static struct device *chip;
static struct irq irq;
static uint8_t sent[64], coming[64];
static size_t n_sent, n_coming, room;
static bool broken;

static size_t line_send(void *opaque, const uint8_t *bytes, size_t n)
{
    size_t i;

    for (i = 0; i < n && room; i++, room--)
        sent[n_sent++] = bytes[i];
    return i;
}

static size_t line_receive(void *opaque, uint8_t *bytes, size_t n)
{
    n = n < n_coming ? n : n_coming;
    memcpy(bytes, coming, n);
    memmove(coming, coming + n, n_coming -= n);
    return n;
}

static void line_break(void *opaque, bool on)
{
    broken = on;
}

static void begin(void)
{
    bench_init(&b, 0);
    irq = (struct irq){ .sink = &b.sink, .line = 4 };
    n_sent = n_coming = 0;
    room = sizeof(sent);
    chip = device_new(b.m, device_type_find("serial"));
    uart_connect(chip, &irq, &(struct uart_line){ line_send, line_receive, line_break, NULL });
    CHECK(!device_realize(chip, NULL, NULL, NULL));
    machine_run_posted(b.m);
}

static uint8_t in(unsigned at)
{
    return device_read(chip, 0, at, 1);
}

static void out(unsigned at, uint8_t val)
{
    device_write(chip, 0, at, 1, val);
}

static void type(const char *text)
{
    memcpy(coming + n_coming, text, strlen(text));
    n_coming += strlen(text);
    uart_kick(chip);
    machine_run_posted(b.m);
}

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

static void the_wire_form_is_the_references(void)
{
    static const uint8_t reset[] = { 0, 0x0c, 0, 0, 0x01, 0, 0x08, 0x60, 0xb0, 0, 0 };
    static const uint8_t linux_booted[] = { 0, 0x0c, 0, 5, 0xc1, 0x13, 0x0b, 0x60, 0xb0, 0, 0x81 };
    struct saved s, after;
    struct error *err = NULL;
    struct wire in_;

    begin();
    s = bench_save(&b, "serial");
    CHECK(!memcmp(s.fields, reset, sizeof(reset)) && s.fields[sizeof(reset)] == 0x7e);
    memcpy((uint8_t *)s.fields, linux_booted, sizeof(linux_booted));
    in_ = (struct wire){ .buf = s.w.buf, .len = s.w.at };
    CHECK(!bench_load(&b, &in_, NULL));
    after = bench_save(&b, "serial");
    CHECK(!memcmp(after.fields, linux_booted, sizeof(linux_booted)));
    wire_fini(&after.w);
    ((uint8_t *)s.fields)[7] = 0xff;            /* bits that LSR never shows */
    in_.at = 0;
    CHECK(bench_load(&b, &in_, &err) < 0);
    error_free(err);
    CHECK_EQ(device_read(chip, 0, 5, 1), 0x60);
    wire_fini(&s.w);
    type("ab");
    bench_reload(&b);
    CHECK_EQ(in(0), 'a');
    bench_fini(&b);
}

static void isa_serial_has_the_places_of_com1_and_com2(void)
{
    struct chardevs set;
    struct chardev_config cfg;
    struct device *dev[2];
    char got[8];

    bench_init(&b, 0);
    chardevs_init(&set, b.loop);
    b.m->chardevs = &set;
    chardev_config_init(&cfg, CHAR_RINGBUF, "c0");
    CHECK(chardev_open(&set, &cfg, NULL));
    for (unsigned i = 0; i < 2; i++) {
        dev[i] = device_new(b.m, device_type_find("isa-serial"));
        if (i)
            CHECK(!device_set(dev[i], "chardev", "c0", NULL));
        CHECK(!device_realize(dev[i], NULL, NULL, NULL));
    }
    port_out(&b, 0x3ff, 0x5a);
    CHECK_EQ(port_in(&b, 0x3ff), 0x5a);
    port_out(&b, 0x2f8, 'h');
    port_out(&b, 0x2f8, 'i');
    port_out(&b, 0x2f9, 2);
    CHECK(b.lines->level[3] && !b.lines->level[4]);
    for (unsigned i = 0; i < 4; i++)
        loop_turn(b.loop, 0);
    CHECK(chardev_ringbuf_read(chardev_find(&set, "c0"), got, 8) == 2 && !memcmp(got, "hi", 2));
    bench_fini(&b);
    chardevs_fini(&set);
    (void)dev;
}

static void a_wrong_place_is_refused_by_name(void)
{
    static const struct { const char *prop, *value, *line; } bad[] = {
        { "index", "4", "isa-serial.index: 4 is out of range, legal: 0 to 3" },
        { "irq", "16", "isa-serial.irq: 16 is out of range, legal: 0 to 15" },
        { "iobase", "0xfffc", "isa-serial.iobase: 0xfffc is out of range, legal: 0 to 0xfff8" },
    };

    for (unsigned i = 0; i < 3; i++) {
        struct error *err = NULL;
        struct device *dev;

        bench_init(&b, 0);
        dev = device_new(b.m, device_type_find("isa-serial"));
        CHECK(!device_set(dev, bad[i].prop, bad[i].value, NULL));
        CHECK(device_realize(dev, NULL, NULL, &err) < 0);
        CHECK_STR(error_line(err).s, bad[i].line);
        error_free(err);
        bench_fini(&b);
    }
}

static void debugcon_reads_as_its_readback(void)
{
    bench_init(&b, 0);
    bench_device(&b, "isa-debugcon");
    CHECK_EQ(port_in(&b, 0xe9), 0xe9);
    port_out(&b, 0xe9, 'x');
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
    TEST(the_wire_form_is_the_references);
    TEST(isa_serial_has_the_places_of_com1_and_com2);
    TEST(a_wrong_place_is_refused_by_name);
    TEST(debugcon_reads_as_its_readback);
    epoch_thread_fini();
    return test_end();
}
