/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/hw-bench.h"

/* The DMA controllers, after the 8237A data sheet and the ICH9's chapter on them. */

#include "hw/dma/i8257.h"

enum { RAM_BYTES = 4 << 20, SINGLE = 0x40, AUTO = 0x10, DOWN = 0x20, TO_MEMORY = 0x04, FROM_MEMORY = 0x08 };

/* A device with a channel: what it does in its entry is set before. */
struct user {
    struct device dev;
    struct { uint8_t none; } cfg;
    struct isa_dma dma;
    struct work ready;
    unsigned told;
    uint8_t buf[70000];
    size_t n, moved;
    bool to_memory, request, end;
};

static struct user *u;

static void told(struct device *dev)
{
    u->told++;
}

static void transfer(struct device *dev)
{
    isa_dma_request(&u->dma, u->request);
    u->moved = u->to_memory ? isa_dma_to_memory(&u->dma, u->buf, u->n, &u->end)
                            : isa_dma_from_memory(&u->dma, u->buf, u->n, &u->end);
}

static const struct device_type user_type = {
    .type = { .name = "test-dma-user", .parent = "device", .doc = "has a DMA channel", .internal = true,
              DEVICE(struct user), .state = &no_state },
    .locking = LOCKING_CHIPSET,
};
DEVICE_TYPE(user_type);

static struct bench b;
static struct region ram_region;
static uint8_t *ram;

static void init(unsigned channel)
{
    bench_init(&b, 0);
    ram = ram_region_new(b.m, &ram_region, "ram", RAM_BYTES)->host;
    region_map(b.m, &b.m->memory, 0, &ram_region, 0);
    CHECK(!i8257_new_pair(b.m, NULL));
    u = (struct user *)device_new(b.m, &user_type);
    CHECK(!device_realize(&u->dev, NULL, NULL, NULL));
    work_init(&u->ready, &u->dev, told);
    CHECK(!isa_dma_attach(&u->dma, &u->dev, channel, &u->ready, NULL));
    u->request = true;
}

/* Low byte first, whatever order an expression has. */
static unsigned word_in(uint16_t port)
{
    unsigned low = port_in(&b, port);

    return low | port_in(&b, port) << 8;
}

static void fini(void)
{
    isa_dma_detach(&u->dma);
    isa_dma_detach(&u->dma);
    region_drop(b.m, &ram_region);
    bench_fini(&b);
}

static void run(bool to_memory, size_t n)
{
    u->to_memory = to_memory;
    u->n = n;
    u->end = false;
    CHECK(!device_enter(&u->dev, transfer));
}

/* Of the byte controller. */
static void program(unsigned n, uint8_t mode, uint32_t addr, uint16_t count)
{
    static const uint16_t pages[] = { 0x87, 0x83, 0x81, 0x82 };

    port_out(&b, 0x0a, 4 | n);
    port_out(&b, 0x0c, 0);
    port_out(&b, 2 * n, addr);
    port_out(&b, 2 * n, addr >> 8);
    port_out(&b, 2 * n + 1, count);
    port_out(&b, 2 * n + 1, count >> 8);
    port_out(&b, pages[n], addr >> 16);
    port_out(&b, 0x0b, mode | n);
    port_out(&b, 0x0a, n);
}

static void registers_are_two_bytes_behind_a_flip_flop(void)
{
    init(2);
    for (unsigned at = 0; at < 8; at++) {
        port_out(&b, at, 0x30 + at);
        port_out(&b, at, 0x12);
        CHECK_EQ(port_in(&b, at), 0x30 + at);
        CHECK_EQ(port_in(&b, at), 0x12);
    }
    port_out(&b, 0, 0x55);                      /* the flip-flop is everybody's */
    CHECK_EQ(port_in(&b, 2), 0x12);
    port_out(&b, 0, 0x55);
    port_out(&b, 0x0c, 0);
    CHECK_EQ(port_in(&b, 2), 0x32);
    port_out(&b, 0x0d, 0);
    CHECK_EQ(port_in(&b, 2), 0x32);             /* master clear */
    fini();
}

static void pages_have_the_places_of_a_pc(void)
{
    static const uint16_t ports[] = { 0x81, 0x82, 0x83, 0x87, 0x89, 0x8a, 0x8b, 0x8f };

    init(2);
    for (unsigned i = 0; i < 8; i++)
        port_out(&b, ports[i], 0x11 + i);
    for (unsigned i = 0; i < 8; i++)
        CHECK_EQ(port_in(&b, ports[i]), 0x11 + i);
    CHECK_EQ(port_in(&b, 0x84), 0xff);
    CHECK_EQ(port_in(&b, 0x80), 0xff);
    CHECK_EQ(port_in(&b, 0x481), 0xff);
    fini();
}

static void the_mask_is_set_by_bits_and_whole(void)
{
    init(2);
    CHECK_EQ(port_in(&b, 0x09), 0xff);
    port_out(&b, 0x0f, 0x05);
    CHECK_EQ(port_in(&b, 0x09), 0x05);
    port_out(&b, 0x0a, 0x07);
    CHECK_EQ(port_in(&b, 0x09), 0x0d);
    port_out(&b, 0x0a, 0x00);
    CHECK_EQ(port_in(&b, 0x09), 0x0c);
    port_out(&b, 0x0e, 0);
    CHECK_EQ(port_in(&b, 0x09), 0x00);
    port_out(&b, 0x0d, 0);
    CHECK_EQ(port_in(&b, 0x09), 0xff);
    CHECK_EQ(port_in(&b, 0x0a), 0);
    fini();
}

static void requests_show_in_the_status(void)
{
    init(2);
    port_out(&b, 0x09, 5);
    CHECK_EQ(port_in(&b, 0x08), 0x20);
    CHECK_EQ(port_in(&b, 0x08), 0x20);
    port_out(&b, 0x09, 7);
    CHECK_EQ(port_in(&b, 0x08), 0xa0);
    port_out(&b, 0x09, 1);
    CHECK_EQ(port_in(&b, 0x08), 0x80);
    port_out(&b, 0x0d, 0);
    CHECK_EQ(port_in(&b, 0x08), 0);
    fini();
}

static void word_registers_answer_at_two_ports(void)
{
    init(5);
    port_out(&b, 0xd8, 0);
    port_out(&b, 0xc4, 0x34);
    port_out(&b, 0xc5, 0x92);
    CHECK_EQ(port_in(&b, 0xc4), 0x34);
    CHECK_EQ(port_in(&b, 0xc4), 0x92);
    port_out(&b, 0xde, 0x03);
    CHECK_EQ(port_in(&b, 0xd2), 0x03);
    CHECK_EQ(port_in(&b, 0xd3), 0x03);
    CHECK_EQ(port_in(&b, 0xd0), 0x00);
    fini();
}

static void wide_accesses_are_bytes_at_neighbouring_ports(void)
{
    init(2);
    port_out(&b, 0, 0x34);
    port_out(&b, 0, 0x12);
    io_out(&b, 0xc0, 2, 0x9234);
    CHECK_EQ(io_in(&b, 0xc0, 2), 0x9234);
    CHECK_EQ(io_in(&b, 0xd0, 4), 0xffff0000);
    fini();
}

static void a_write_transfer_fills_memory_until_terminal_count(void)
{
    init(2);
    for (unsigned i = 0; i < 100; i++)
        u->buf[i] = i + 1;
    program(2, SINGLE | TO_MEMORY, 0x123456, 99);
    run(true, 60);
    CHECK_EQ(u->moved, 60);
    CHECK(!u->end);
    CHECK_EQ(isa_dma_left(&u->dma), 40);
    port_out(&b, 0x0c, 0);
    CHECK_EQ(word_in(4), 0x3456 + 60);
    CHECK_EQ(word_in(5), 99 - 60);
    CHECK_EQ(port_in(&b, 8), 0x40);
    memcpy(u->buf, u->buf + 60, 40);
    run(true, 100);
    CHECK_EQ(u->moved, 40);
    CHECK(u->end);
    for (unsigned i = 0; i < 100; i++)
        CHECK_EQ(ram[0x123456 + i], i + 1);
    CHECK_EQ(ram[0x123456 + 100], 0);
    CHECK_EQ(word_in(5), 0xffff);
    CHECK_EQ(port_in(&b, 8), 0x44);
    CHECK_EQ(port_in(&b, 8), 0x40);             /* reading clears terminal counts */
    CHECK(port_in(&b, 9) & 4);                  /* and the channel masks itself */
    run(true, 100);
    CHECK_EQ(u->moved, 0);
    fini();
}

static void a_read_transfer_takes_from_memory(void)
{
    init(1);
    memcpy(ram + 0x2fff0, "sixteen bytes at", 16);
    memcpy(ram + 0x20000, "the page's start", 16);
    program(1, SINGLE | FROM_MEMORY, 0x2fff0, 31);
    run(false, sizeof(u->buf));
    CHECK_EQ(u->moved, 32);
    CHECK(u->end);
    CHECK(!memcmp(u->buf, "sixteen bytes atthe page's start", 32));     /* the address wraps in its page */
    fini();
}

static void the_other_direction_moves_nothing(void)
{
    init(1);
    program(1, SINGLE | FROM_MEMORY, 0, 31);
    run(true, 16);
    CHECK_EQ(u->moved, 0);
    program(1, SINGLE, 0x1000, 31);             /* verify: counts */
    memset(u->buf, 0x55, 16);
    run(true, 16);
    CHECK_EQ(u->moved, 16);
    CHECK_EQ(ram[0x1000], 0);
    run(false, 32);
    CHECK_EQ(u->moved, 16);
    CHECK_EQ(u->buf[0], 0);
    CHECK(u->end);
    fini();
}

static void autoinitialize_starts_over(void)
{
    init(3);
    program(3, SINGLE | TO_MEMORY | AUTO, 0x1000, 9);
    run(true, 15);
    CHECK_EQ(u->moved, 10);
    CHECK(u->end);
    CHECK_EQ(port_in(&b, 8) & 8, 8);
    CHECK(!(port_in(&b, 9) & 8));
    CHECK_EQ(isa_dma_left(&u->dma), 10);
    u->buf[0] = 0x77;
    run(true, 1);
    CHECK_EQ(ram[0x1000], 0x77);
    fini();
}

static void addresses_may_count_down(void)
{
    init(0);
    program(0, SINGLE | TO_MEMORY | DOWN, 0x10001, 3);
    memcpy(u->buf, "abcd", 4);
    run(true, 4);
    CHECK(u->end);
    CHECK(ram[0x10001] == 'a' && ram[0x10000] == 'b' && ram[0x1ffff] == 'c' && ram[0x1fffe] == 'd');
    port_out(&b, 0x0c, 0);
    CHECK_EQ(word_in(0), 0xfffd);
    fini();
}

static void words_have_an_address_twice_as_far(void)
{
    init(6);
    port_out(&b, 0xd8, 0);
    port_out(&b, 0xc8, 0x00);
    port_out(&b, 0xc8, 0xc0);                   /* word C000h */
    port_out(&b, 0xca, 3);
    port_out(&b, 0xca, 0);
    port_out(&b, 0x89, 0x13);                   /* bit 0 of the page does not count */
    port_out(&b, 0xd6, SINGLE | TO_MEMORY | 2);
    port_out(&b, 0xd4, 2);
    memcpy(u->buf, "abcdefgh", 8);
    CHECK_EQ(isa_dma_left(&u->dma), 8);
    run(true, 3);
    CHECK_EQ(u->moved, 2);
    CHECK(!memcmp(ram + 0x138000, "ab", 3));
    CHECK_EQ(word_in(0xc8), 0xc001);
    CHECK_EQ(word_in(0xca), 2);
    run(true, 8);
    CHECK_EQ(u->moved, 6);
    CHECK(u->end);
    CHECK(!memcmp(ram + 0x138002, "abcdef", 7));
    fini();
}

static void the_user_is_told_when_its_channel_can_run(void)
{
    init(2);
    run(true, 1);                               /* requests, in vain */
    CHECK_EQ(u->moved, 0);
    machine_run_posted(b.m);
    CHECK_EQ(u->told, 0);
    port_out(&b, 0x08, 4);                      /* disabled */
    port_out(&b, 0x0a, 2);
    machine_run_posted(b.m);
    CHECK_EQ(u->told, 0);
    port_out(&b, 0x08, 0);
    machine_run_posted(b.m);
    CHECK_EQ(u->told, 1);
    port_out(&b, 0x0e, 0);
    machine_run_posted(b.m);
    CHECK_EQ(u->told, 2);
    u->request = false;
    run(true, 1);
    CHECK_EQ(u->moved, 0);
    port_out(&b, 0x0f, 0);
    machine_run_posted(b.m);
    CHECK_EQ(u->told, 2);
    fini();
}

static void commands_that_are_not_there_are_refused(void)
{
    unsigned errors;

    init(2);
    errors = b.m->guest_errors;
    port_out(&b, 0x08, 0x01);
    CHECK_EQ(b.m->guest_errors, errors + 1);
    port_out(&b, 0x0a, 2);
    run(true, 1);
    CHECK_EQ(u->moved, 1);                      /* the channel runs on; verify is the mode after reset */
    fini();
}

static void a_hole_in_memory_reads_as_zeros(void)
{
    init(2);
    memset(u->buf, 0x55, 4);
    program(2, SINGLE | FROM_MEMORY, 0xff0000, 3);
    run(false, 4);
    CHECK_EQ(u->moved, 4);
    CHECK(!memcmp(u->buf, "\0\0\0", 4));
    fini();
}

static void channels_are_given_once(void)
{
    struct isa_dma d = { 0 };
    struct work w;

    init(2);
    work_init(&w, &u->dev, told);
    CHECK(isa_dma_attach(&d, &u->dev, 2, &w, NULL) < 0);
    CHECK(isa_dma_attach(&d, &u->dev, 4, &w, NULL) < 0);
    CHECK(isa_dma_attach(&d, &u->dev, 8, &w, NULL) < 0);
    CHECK(!isa_dma_attach(&d, &u->dev, 6, &w, NULL));
    isa_dma_detach(&d);
    CHECK(!isa_dma_attach(&d, &u->dev, 6, &w, NULL));
    fini();
}

static void without_controllers_there_is_no_channel(void)
{
    struct isa_dma d = { 0 };
    struct device *dev;
    struct work w;

    bench_init(&b, 0);
    dev = device_new(b.m, &user_type);
    CHECK(!device_realize(dev, NULL, NULL, NULL));
    work_init(&w, dev, told);
    CHECK(isa_dma_attach(&d, dev, 2, &w, NULL) < 0);
    bench_fini(&b);
}

/* A field of the first section "dma" becomes other bytes; what loading says. */
static int load_with(unsigned at, uint64_t val, unsigned size)
{
    struct saved s = bench_save(&b, "dma");
    struct wire in = { .buf = s.w.buf, .len = s.w.at };
    struct error *err = NULL;
    int r;

    for (unsigned i = 0; i < size; i++)
        ((uint8_t *)s.fields)[at + i] = val >> 8 * (size - 1 - i);
    r = bench_load(&b, &in, &err);
    error_free(err);
    wire_fini(&s.w);
    return r;
}

static void a_stream_of_another_controller_is_refused(void)
{
    init(2);
    CHECK(!load_with(3, 0, 4));
    CHECK(load_with(3, 1, 4) < 0);              /* it moves words */
    CHECK(load_with(2, 2, 1) < 0);
    CHECK(!load_with(7, 0x20000, 4));
    CHECK(load_with(7, 0x20001, 4) < 0);
    CHECK(!load_with(7 + 14, 0x7f, 1));
    CHECK(load_with(7 + 14, 0x80, 1) < 0);
    fini();
}

static void a_channel_whose_count_was_overrun_has_nothing_left(void)
{
    init(2);
    program(2, SINGLE | TO_MEMORY, 0x1000, 3);
    CHECK(!load_with(7 + 2 * 17 + 4, 100, 4));
    CHECK_EQ(isa_dma_left(&u->dma), 0);
    run(true, 4);
    CHECK_EQ(u->moved, 0);
    fini();
}

static void high_pages_have_a_place_of_their_own(void)
{
    struct device *dev;

    bench_init(&b, 0);
    dev = bench_device(&b, "i8257");
    for (unsigned i = 1; i <= 7; i++) {
        port_out(&b, 0x80 + i, 0x10 + i);
        port_out(&b, 0x480 + i, 0xa0 + i);
    }
    for (unsigned i = 1; i <= 7; i++) {
        bool is_page = i < 4 || i == 7;

        CHECK_EQ(port_in(&b, 0x80 + i), is_page ? 0x10 + i : 0xff);
        CHECK_EQ(port_in(&b, 0x480 + i), is_page ? 0x20 + i : 0xff);
    }
    device_free(dev);
    dev = device_new(b.m, device_type_find("i8257"));
    CHECK(!device_set(dev, "pageh-base", "0", NULL) && !device_set(dev, "page-base", "0x300", NULL));
    CHECK(device_set(dev, "pageh-base", "-2", NULL) < 0);
    CHECK(device_set(dev, "dshift", "2", NULL) < 0);
    CHECK(device_set(dev, "base", "0xffe1", NULL) < 0);
    CHECK(!device_set(dev, "base", "0xffe0", NULL));
    CHECK(!device_realize(dev, NULL, NULL, NULL));
    port_out(&b, 1, 0x42);
    CHECK_EQ(port_in(&b, 1), 0x42);
    bench_fini(&b);
}

static void the_stream_has_the_reference_s_form(void)
{
    static const uint8_t want[] = {
        0x00, 0x0b, 0x00, 0, 0, 0, 0,
    };
    struct saved s;

    init(2);
    port_out(&b, 0x0e, 0);
    port_out(&b, 0x0f, 0x0b);
    program(2, SINGLE | TO_MEMORY, 0x123456, 0x99);
    port_out(&b, 0x0f, 0x0b);
    run(true, 5);
    s = bench_save(&b, "dma");
    CHECK(!memcmp(s.fields, want, sizeof(want)));
    CHECK(!memcmp(s.fields + 7 + 2 * 17, "\0\0\x34\x56\0\0\0\5\x34\x56\0\x99\x46\x12\0\0\0", 17));
    wire_fini(&s.w);
    bench_reload(&b);
    fini();
}

int main(void)
{
    epoch_thread_init();
    TEST(registers_are_two_bytes_behind_a_flip_flop);
    TEST(pages_have_the_places_of_a_pc);
    TEST(the_mask_is_set_by_bits_and_whole);
    TEST(requests_show_in_the_status);
    TEST(word_registers_answer_at_two_ports);
    TEST(wide_accesses_are_bytes_at_neighbouring_ports);
    TEST(a_write_transfer_fills_memory_until_terminal_count);
    TEST(a_read_transfer_takes_from_memory);
    TEST(the_other_direction_moves_nothing);
    TEST(autoinitialize_starts_over);
    TEST(addresses_may_count_down);
    TEST(words_have_an_address_twice_as_far);
    TEST(the_user_is_told_when_its_channel_can_run);
    TEST(commands_that_are_not_there_are_refused);
    TEST(a_hole_in_memory_reads_as_zeros);
    TEST(channels_are_given_once);
    TEST(without_controllers_there_is_no_channel);
    TEST(a_stream_of_another_controller_is_refused);
    TEST(a_channel_whose_count_was_overrun_has_nothing_left);
    TEST(high_pages_have_a_place_of_their_own);
    TEST(the_stream_has_the_reference_s_form);
    epoch_thread_fini();
    return test_end();
}
