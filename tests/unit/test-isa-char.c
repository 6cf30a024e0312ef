/* SPDX-License-Identifier: Apache-2.0 */
#include "chardev/char.h"
#include "tests/unit/hw-bench.h"

/*
 * isa-serial and isa-debugcon: what joins a chip or a port to a chardev
 *
 * Places of COM1 to COM4 are those of the PC; the chip itself is test-uart's.
 */

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

enum { RING_BYTES = 4096, WAITING_BYTES = 4096, LOST = 100 };
enum { COM1 = 0x3f8, THR = 0, RBR = 0, IER = 1, FCR = 2, LSR = 5, SCR = 7, DR = 1, BI = 0x10, THRE = 0x20 };

static struct bench b;
static struct chardevs set;
static char input_path[] = "/tmp/rhea-isa-char-XXXXXX";

static void begin(void)
{
    struct chardev_config cfg;

    bench_init(&b, 0);
    chardevs_init(&set, b.loop);
    b.m->chardevs = &set;
    chardev_config_init(&cfg, CHAR_RINGBUF, "c0");
    CHECK(chardev_open(&set, &cfg, NULL));
}

static void end(void)
{
    while (!list_empty(&b.m->devices))
        device_free(list_entry(b.m->devices.prev, struct device, in_machine));
    chardevs_fini(&set);
    bench_fini(&b);
}

/* type, then pairs of a property and its value. */
static struct device *make(const char *type, const char *const props[][2])
{
    struct device *dev = device_new(b.m, device_type_find(type));

    for (; props && (*props)[0]; props++)
        CHECK_EQ(device_set(dev, (*props)[0], (*props)[1], NULL), 0);
    CHECK_EQ(device_realize(dev, NULL, NULL, NULL), 0);
    return dev;
}
#define MAKE(type, ...) make(type, (const char *const[][2]){ __VA_ARGS__ __VA_OPT__(,) { NULL } })

static void turn(void)
{
    for (unsigned i = 0; i < 20; i++) {
        loop_turn(b.loop, 0);
        machine_run_posted(b.m);
    }
}

/* What has come out of c0 since. */
static size_t written(uint8_t *to, size_t room)
{
    long n;

    turn();
    n = chardev_ringbuf_read(chardev_find(&set, "c0"), to, room);
    CHECK(n >= 0);
    return n;
}

/* isa-debugcon */

static void each_byte_written_goes_to_the_chardev(void)
{
    uint8_t got[8];

    begin();
    MAKE("isa-debugcon", { "chardev", "c0" });
    port_out(&b, 0xe9, 'h');
    port_out(&b, 0xe9, 'i');
    CHECK(written(got, 8) == 2 && !memcmp(got, "hi", 2));
    port_out(&b, 0xea, 'A');                            /* one port */
    port_out(&b, 0xe8, 'A');
    CHECK_EQ(written(got, 8), 0);
    CHECK_EQ(port_in(&b, 0xe8), 0xff);
    CHECK_EQ(port_in(&b, 0xea), 0xff);
    end();
}

static void readback_says_that_it_is_there(void)
{
    begin();
    MAKE("isa-debugcon", { "iobase", "0x402" }, { "readback", "0x1234" });
    CHECK_EQ(port_in(&b, 0x402), 0x34);
    CHECK_EQ(port_in(&b, 0xe9), 0xff);
    end();
}

static void without_a_chardev_bytes_vanish(void)
{
    uint8_t got[8];

    begin();
    MAKE("isa-debugcon");
    for (unsigned i = 0; i < 2 * WAITING_BYTES; i++)
        port_out(&b, 0xe9, 'x');
    CHECK_EQ(written(got, 8), 0);
    end();
}

/* The chardev's ring takes 4096, as many wait in the device, and what comes then is lost; all of it in order. */
static void what_finds_no_room_waits_and_then_is_lost(void)
{
    static uint8_t got[RING_BYTES + WAITING_BYTES + LOST];

    begin();
    MAKE("isa-debugcon", { "chardev", "c0" });
    for (unsigned round = 0; round < 3; round++) {
        for (unsigned i = 0; i < sizeof(got); i++)
            port_out(&b, 0xe9, i % 251);
        CHECK_EQ(written(got, sizeof(got)), RING_BYTES + WAITING_BYTES);
        for (unsigned i = 0; i < RING_BYTES + WAITING_BYTES; i++)
            CHECK_EQ(i << 8 | got[i], i << 8 | i % 251);
    }
    port_out(&b, 0xe9, 'y');
    CHECK(written(got, sizeof(got)) == 1 && *got == 'y');
    end();
}

static void a_chardev_has_one_device(void)
{
    struct error *err = NULL;
    struct device *dev, *other;

    begin();
    dev = MAKE("isa-debugcon", { "chardev", "c0" });
    other = device_new(b.m, device_type_find("isa-debugcon"));
    CHECK(!device_set(other, "iobase", "0x402", NULL) && !device_set(other, "chardev", "c0", NULL));
    CHECK_EQ(device_realize(other, NULL, NULL, NULL), -EBUSY);
    device_free(other);
    CHECK(chardev_is_attached(chardev_find(&set, "c0")));
    device_free(dev);
    CHECK(!chardev_is_attached(chardev_find(&set, "c0")));
    dev = MAKE("isa-serial", { "chardev", "c0" });
    CHECK(chardev_is_attached(chardev_find(&set, "c0")));
    device_free(dev);
    CHECK(!chardev_is_attached(chardev_find(&set, "c0")));
    for (unsigned i = 0; i < 2; i++) {
        const char *type = i ? "isa-serial" : "isa-debugcon";

        dev = device_new(b.m, device_type_find(type));
        CHECK(!device_set(dev, "chardev", "c1", NULL));
        CHECK_EQ(device_realize(dev, NULL, NULL, &err), -ENOENT);
        CHECK_STR(err->object, T("%s.chardev", type));
        CHECK_STR(err->value, "c1");
        error_free(err);
        err = NULL;
        device_free(dev);
    }
    end();
}

/* isa-serial */

static void the_first_four_have_the_places_of_com1_to_com4(void)
{
    static const struct { uint16_t port; uint8_t line; } com[4] = {
        { 0x3f8, 4 }, { 0x2f8, 3 }, { 0x3e8, 4 }, { 0x2e8, 3 },
    };

    begin();
    for (unsigned i = 0; i < 4; i++)
        MAKE("isa-serial");
    for (unsigned i = 0; i < 4; i++) {
        port_out(&b, com[i].port + IER, 2);             /* the transmitter is empty */
        CHECK(b.lines->level[com[i].line] && !b.lines->level[7 - com[i].line]);
        port_out(&b, com[i].port + IER, 0);
        CHECK(!b.lines->level[com[i].line]);
        port_out(&b, com[i].port + SCR, 0x50 + i);
    }
    for (unsigned i = 0; i < 4; i++)
        CHECK_EQ(port_in(&b, com[i].port + SCR), 0x50 + i);
    end();
}

static void the_next_one_comes_after_the_highest_index(void)
{
    struct error *err = NULL;
    struct device *dev;

    begin();
    MAKE("isa-serial", { "index", "2" });
    MAKE("isa-serial", { "index", "1" });
    MAKE("isa-serial");
    CHECK_EQ(port_in(&b, 0x2e8 + LSR), 0x60);
    CHECK_EQ(port_in(&b, COM1 + LSR), 0xff);
    dev = device_new(b.m, device_type_find("isa-serial"));
    CHECK_EQ(device_realize(dev, NULL, NULL, &err), -ERANGE);
    CHECK_STR(error_line(err).s, "isa-serial.index: 4 is out of range, legal: 0 to 3");
    error_free(err);
    end();
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

        begin();
        dev = device_new(b.m, device_type_find("isa-serial"));
        CHECK(!device_set(dev, bad[i].prop, bad[i].value, NULL));
        CHECK(device_realize(dev, NULL, NULL, &err) < 0);
        CHECK_STR(error_line(err).s, bad[i].line);
        error_free(err);
        end();
    }
}

static void any_place_with_room_for_eight_ports_will_do(void)
{
    struct device *dev;

    begin();
    MAKE("isa-serial", { "iobase", "0xfff8" }, { "irq", "15" });
    CHECK_EQ(port_in(&b, 0xfff8 + LSR), 0x60);
    port_out(&b, 0xfff8 + SCR, 0x5a);
    CHECK_EQ(port_in(&b, 0xffff), 0x5a);
    port_out(&b, 0xfff8 + IER, 2);
    CHECK(b.lines->level[15]);
    dev = device_new(b.m, device_type_find("isa-serial"));
    CHECK(!device_set(dev, "iobase", "0xfff9", NULL));
    CHECK_EQ(device_realize(dev, NULL, NULL, NULL), -ERANGE);
    end();
}

/* A file plays the other end of the line: the chardev "f". */
static void input_of(const char *keys, bool mux)
{
    int fd = open(input_path, O_WRONLY | O_TRUNC | O_CLOEXEC);
    struct chardev_config cfg;

    CHECK(fd >= 0 && write(fd, keys, strlen(keys)) == (ssize_t)strlen(keys));
    close(fd);
    chardev_config_init(&cfg, CHAR_FILE, "f");
    cfg.mux = mux;
    strcpy(cfg.path, "/dev/null");
    strcpy(cfg.input_path, input_path);
    CHECK(chardev_open(&set, &cfg, NULL));
}

static void what_comes_from_the_chardev_is_received_and_interrupts(void)
{
    begin();
    input_of("ok", false);
    MAKE("isa-serial", { "chardev", "f" });
    turn();
    CHECK_EQ(port_in(&b, COM1 + LSR) & DR, DR);
    port_out(&b, COM1 + IER, 1);
    CHECK(b.lines->level[4]);
    CHECK_EQ(port_in(&b, COM1 + RBR), 'o');
    turn();
    CHECK_EQ(port_in(&b, COM1 + RBR), 'k');
    turn();
    CHECK_EQ(port_in(&b, COM1 + LSR) & DR, 0);
    CHECK(!b.lines->level[4]);
    end();
}

/* C-a b on a multiplexed chardev; its other events, such as its opening, are none. */
static void a_break_of_the_chardev_is_one_on_the_line(void)
{
    begin();
    input_of("", true);
    MAKE("isa-serial", { "chardev", "f" });
    turn();
    CHECK_EQ(port_in(&b, COM1 + LSR) & BI, 0);
    end();
    begin();
    input_of("\001b", true);
    MAKE("isa-serial", { "chardev", "f" });
    turn();
    CHECK_EQ(port_in(&b, COM1 + LSR) & BI, BI);
    end();
}

/* A full ring is back-pressure, not loss: the transmitter is busy until there is room. */
static void a_full_chardev_makes_the_transmitter_busy(void)
{
    static uint8_t got[3 * RING_BYTES];
    unsigned sent = 0;

    begin();
    MAKE("isa-serial", { "chardev", "c0" });
    for (unsigned round = 0; round < 2; round++) {
        unsigned n = 0;

        while (port_in(&b, COM1 + LSR) & THRE && n < sizeof(got)) {
            port_out(&b, COM1 + THR, sent++ % 253);
            n++;
        }
        CHECK(n > RING_BYTES - 2 && n < RING_BYTES + 4);
        CHECK_EQ(written(got, sizeof(got)), n);         /* the last one, too */
        for (unsigned i = 0; i < n; i++)
            CHECK_EQ(got[i], (sent - n + i) % 253);
        CHECK_EQ(port_in(&b, COM1 + LSR) & THRE, THRE);
    }
    end();
}

/* A character of ten bits takes 10 * divisor / baudbase seconds; four of them time out what is below the trigger. */
static void baudbase_is_how_fast_the_chip_counts(void)
{
    static const struct { const char *value; unsigned hz; } base[] = { { NULL, 115200 }, { "9600", 9600 } };

    for (unsigned i = 0; i < 2; i++) {
        const uint64_t four_ns = 4 * (10 * 1000000000ull * 0xffff / base[i].hz);

        begin();
        input_of("x", false);
        if (base[i].value)
            MAKE("isa-serial", { "chardev", "f" }, { "baudbase", base[i].value });
        else
            MAKE("isa-serial", { "chardev", "f" });
        port_out(&b, COM1 + 3, 0x80);                   /* divisor FFFFh, then eight bits, one stop bit */
        port_out(&b, COM1 + 0, 0xff);
        port_out(&b, COM1 + 1, 0xff);
        port_out(&b, COM1 + 3, 3);
        port_out(&b, COM1 + FCR, 0xc1);
        port_out(&b, COM1 + IER, 1);
        turn();
        CHECK(!b.lines->level[4]);
        machine_clock_step(b.m, four_ns - 1);
        CHECK(!b.lines->level[4]);
        machine_clock_step(b.m, 1);
        CHECK(b.lines->level[4]);
        end();
    }
}

int main(void)
{
    int fd = mkstemp(input_path);

    CHECK(fd >= 0);
    close(fd);
    epoch_thread_init();
    TEST(each_byte_written_goes_to_the_chardev);
    TEST(readback_says_that_it_is_there);
    TEST(without_a_chardev_bytes_vanish);
    TEST(what_finds_no_room_waits_and_then_is_lost);
    TEST(a_chardev_has_one_device);
    TEST(the_first_four_have_the_places_of_com1_to_com4);
    TEST(the_next_one_comes_after_the_highest_index);
    TEST(a_wrong_place_is_refused_by_name);
    TEST(any_place_with_room_for_eight_ports_will_do);
    TEST(what_comes_from_the_chardev_is_received_and_interrupts);
    TEST(a_break_of_the_chardev_is_one_on_the_line);
    TEST(a_full_chardev_makes_the_transmitter_busy);
    TEST(baudbase_is_how_fast_the_chip_counts);
    epoch_thread_fini();
    unlink(input_path);
    return test_end();
}
