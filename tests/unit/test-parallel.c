/* SPDX-License-Identifier: Apache-2.0 */
#include "chardev/char.h"
#include "tests/unit/hw-bench.h"

/* isa-parallel, after the PC's parallel printer adapter and IEEE 1284's compatibility mode. */

enum { DATA = 0x378, STATUS = 0x379, CONTROL = 0x37a, LINE = 7 };
enum { IDLE = 0x0c, STROBE = 0x0d, INTERRUPTS = 0x1c };

static struct bench b;
static struct chardevs set;

static void init(bool paper)
{
    struct chardev_config *cfg = malloc(sizeof(*cfg));
    struct device *dev;

    bench_init(&b, 0);
    chardevs_init(&set, b.loop);
    b.m->chardevs = &set;
    CHECK(!chardev_parse_option(cfg, "ringbuf,id=paper,size=8k", NULL) && chardev_open(&set, cfg, NULL));
    free(cfg);
    dev = device_new(b.m, device_type_find("isa-parallel"));
    CHECK(!paper || !device_set(dev, "chardev", "paper", NULL));
    CHECK(!device_realize(dev, NULL, NULL, NULL));
}

static void fini(void)
{
    bench_fini(&b);
}

static void drop_chardevs(void)
{
    while (!list_empty(&b.m->devices))
        device_free(list_entry(b.m->devices.prev, struct device, in_machine));
    chardevs_fini(&set);
}

static const char *printed(void)
{
    static char text[9000];
    long n;

    for (unsigned i = 0; i < 10; i++)
        loop_turn(b.loop, 0);
    n = chardev_ringbuf_read(chardev_find(&set, "paper"), text, sizeof(text) - 1);
    CHECK(n >= 0);
    text[n] = 0;
    return text;
}

static void print(uint8_t byte)
{
    port_out(&b, DATA, byte);
    port_out(&b, CONTROL, STROBE);
    port_out(&b, CONTROL, IDLE);
}

static void registers_after_reset(void)
{
    init(true);
    CHECK_EQ(port_in(&b, DATA), 0xff);
    CHECK_EQ(port_in(&b, STATUS), 0xd9);
    CHECK_EQ(port_in(&b, CONTROL), 0xcc);
    for (unsigned i = 3; i < 8; i++)
        CHECK_EQ(port_in(&b, DATA + i), 0xff);
    port_out(&b, STATUS, 0);
    CHECK_EQ(port_in(&b, STATUS), 0xd9);
    drop_chardevs();
    fini();
}

static void a_strobe_prints_the_data(void)
{
    init(true);
    port_out(&b, DATA, 'A');
    CHECK_EQ(port_in(&b, DATA), 'A');
    CHECK_STR(printed(), "");
    port_out(&b, CONTROL, STROBE);
    port_out(&b, CONTROL, STROBE);              /* held: no second byte */
    port_out(&b, CONTROL, IDLE);
    print('B');
    CHECK_STR(printed(), "AB");
    port_out(&b, CONTROL, 0x05);                /* not selected */
    CHECK_STR(printed(), "");
    drop_chardevs();
    fini();
}

static void the_printer_is_busy_acknowledges_and_is_ready(void)
{
    init(true);
    port_out(&b, CONTROL, STROBE);
    CHECK_EQ(port_in(&b, STATUS), 0x59);
    CHECK_EQ(port_in(&b, STATUS), 0x59);        /* as long as the strobe is held */
    port_out(&b, CONTROL, IDLE);
    CHECK_EQ(port_in(&b, STATUS), 0x59);
    CHECK_EQ(port_in(&b, STATUS), 0x19);
    CHECK_EQ(port_in(&b, STATUS), 0xd9);
    CHECK_EQ(port_in(&b, STATUS), 0xd9);
    drop_chardevs();
    fini();
}

static void init_makes_the_printer_ready(void)
{
    init(true);
    port_out(&b, CONTROL, STROBE);
    port_out(&b, CONTROL, 0x08);
    CHECK_EQ(port_in(&b, STATUS), 0xd8);
    CHECK_EQ(port_in(&b, CONTROL), 0xc8);
    drop_chardevs();
    fini();
}

static void the_end_of_a_strobe_interrupts_when_enabled(void)
{
    init(true);
    print('x');
    CHECK(!b.lines->level[LINE]);
    port_out(&b, CONTROL, INTERRUPTS);
    port_in(&b, STATUS);
    port_out(&b, CONTROL, INTERRUPTS | 1);
    CHECK(!b.lines->level[LINE]);
    port_out(&b, CONTROL, INTERRUPTS);
    CHECK(b.lines->level[LINE]);
    bench_reload(&b);
    CHECK(b.lines->level[LINE]);
    port_in(&b, DATA);
    CHECK(b.lines->level[LINE]);
    port_in(&b, STATUS);
    CHECK(!b.lines->level[LINE]);
    drop_chardevs();
    fini();
}

static void the_direction_bit_shows_what_comes_in(void)
{
    init(true);
    port_out(&b, DATA, 0x99);
    port_out(&b, CONTROL, 0x2c);
    CHECK_EQ(port_in(&b, DATA), 0xff);
    CHECK_EQ(port_in(&b, CONTROL), 0xec);
    port_out(&b, CONTROL, IDLE);
    CHECK_EQ(port_in(&b, DATA), 0x99);
    drop_chardevs();
    fini();
}

static void a_full_chardev_keeps_the_printer_busy(void)
{
    unsigned errors;

    init(true);
    for (unsigned i = 0; i < 4096; i++)
        print('a');
    for (unsigned i = 0; i < 3; i++)
        port_in(&b, STATUS);
    CHECK_EQ(port_in(&b, STATUS), 0xd9);
    print('b');                                 /* no room */
    for (unsigned i = 0; i < 3; i++)
        port_in(&b, STATUS);
    CHECK_EQ(port_in(&b, STATUS), 0x19);
    errors = b.m->guest_errors;
    print('c');                                 /* does not look at the status */
    CHECK_EQ(b.m->guest_errors, errors + 1);
    CHECK_EQ(strlen(printed()), 4096 + 1);
    port_in(&b, STATUS);
    port_in(&b, STATUS);
    CHECK_EQ(port_in(&b, STATUS), 0xd9);
    drop_chardevs();
    fini();
}

static void ports_follow_from_the_index(void)
{
    static const uint16_t ports[] = { 0x378, 0x278, 0x3bc };
    struct error *err = NULL;
    struct device *dev;

    bench_init(&b, 0);
    for (unsigned i = 0; i < 3; i++) {
        bench_device(&b, "isa-parallel");
        CHECK_EQ(port_in(&b, ports[i] + 2), 0xcc);
    }
    dev = device_new(b.m, device_type_find("isa-parallel"));
    CHECK(device_realize(dev, NULL, NULL, &err) < 0);
    CHECK_STR(err->legal, "0 to 2");
    error_free(err);
    device_free(dev);
    fini();
}

static void place_line_and_chardev_are_the_users_choice(void)
{
    struct error *err = NULL;
    struct device *dev;

    bench_init(&b, 0);
    dev = device_new(b.m, device_type_find("isa-parallel"));
    CHECK(!device_set(dev, "iobase", "0x500", NULL) && !device_set(dev, "irq", "5", NULL));
    CHECK(!device_realize(dev, NULL, NULL, NULL));
    port_out(&b, 0x502, INTERRUPTS | 1);
    port_out(&b, 0x502, INTERRUPTS);
    CHECK(b.lines->level[5]);
    chardevs_init(&set, b.loop);
    b.m->chardevs = &set;
    dev = device_new(b.m, device_type_find("isa-parallel"));
    CHECK(!device_set(dev, "chardev", "nobody", NULL));
    CHECK(device_realize(dev, NULL, NULL, &err) < 0);
    error_free(err);
    device_free(dev);
    drop_chardevs();
    fini();
}

/* Bytes of the section: data, input, status, control, two numbers. */
static int load_with(unsigned at, uint8_t val)
{
    struct saved s = bench_save(&b, "parallel_isa");
    struct wire in = { .buf = s.w.buf, .len = s.w.at };
    struct error *err = NULL;
    int r;

    ((uint8_t *)s.fields)[at] = val;
    r = bench_load(&b, &in, &err);
    error_free(err);
    wire_fini(&s.w);
    return r;
}

static void the_stream_is_the_reference_s(void)
{
    struct saved s;

    init(true);
    port_out(&b, DATA, 0x12);
    s = bench_save(&b, "parallel_isa");
    CHECK(!memcmp(s.fields - 4, "\0\0\0\1\x12\xff\xd9\xcc\0\0\0\0\0\0\0\0", 16));
    wire_fini(&s.w);
    CHECK(!load_with(0, 0xff) && !load_with(1, 0x55) && !load_with(2, 0xff) && !load_with(3, 0xff));
    CHECK(!load_with(7, 1) && !load_with(11, 1));
    CHECK(load_with(7, 2) < 0);
    CHECK(load_with(11, 2) < 0);
    CHECK(b.lines->level[LINE]);
    drop_chardevs();
    fini();
}

static void what_waits_is_gone_after_reset_but_the_port_is_there(void)
{
    init(false);
    print('x');                                 /* nobody has the paper: it vanishes */
    CHECK_EQ(port_in(&b, STATUS), 0x59);
    machine_reset(b.m, false);
    CHECK_EQ(port_in(&b, STATUS), 0xd9);
    CHECK_EQ(port_in(&b, DATA), 0xff);
    drop_chardevs();
    fini();
}

int main(void)
{
    epoch_thread_init();
    TEST(registers_after_reset);
    TEST(a_strobe_prints_the_data);
    TEST(the_printer_is_busy_acknowledges_and_is_ready);
    TEST(init_makes_the_printer_ready);
    TEST(the_end_of_a_strobe_interrupts_when_enabled);
    TEST(the_direction_bit_shows_what_comes_in);
    TEST(a_full_chardev_keeps_the_printer_busy);
    TEST(ports_follow_from_the_index);
    TEST(place_line_and_chardev_are_the_users_choice);
    TEST(the_stream_is_the_reference_s);
    TEST(what_waits_is_gone_after_reset_but_the_port_is_there);
    epoch_thread_fini();
    return test_end();
}
