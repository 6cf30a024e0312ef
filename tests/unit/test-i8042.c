/* SPDX-License-Identifier: Apache-2.0 */
#include "core/pins.h"
#include "tests/unit/ps2-bench.h"

/* The keyboard controller, after the IBM PS/2 technical reference's chapter on it. */

static struct ps2_bench p;

static uint8_t saved_byte(const char *name, unsigned at)
{
    struct saved s = bench_save(&p.b, name);
    uint8_t byte = s.fields[at];

    wire_fini(&s.w);
    return byte;
}

static void status_says_what_the_output_buffer_holds(void)
{
    ps2_init(&p, NULL, NULL);
    CHECK_EQ(status(&p), 0x18);
    key(&p, KEY_A, true);
    CHECK_EQ(status(&p), 0x19);
    CHECK_EQ(port_in(&p.b, 0x60), 0x1c);
    CHECK_EQ(status(&p), 0x18);
    CHECK_EQ(port_in(&p.b, 0x60), 0x1c);        /* an empty buffer gives its last byte */
    to_mouse(&p, 0xf4);
    move(&p, 1, 0);
    CHECK_EQ(status(&p), 0x39);
    bench_fini(&p.b);
}

static void each_command_answers(void)
{
    ps2_init(&p, NULL, NULL);
    CHECK_STR(command(&p, 0x20), "k03");
    CHECK_STR(command(&p, 0xa9), "k00");
    CHECK_EQ(status(&p), 0x18);
    CHECK_STR(command(&p, 0xaa), "k55");
    CHECK_EQ(status(&p), 0x1c);                 /* the system flag: self-test passed */
    CHECK_STR(command(&p, 0xab), "k00");
    CHECK_STR(command(&p, 0xc0), "k80");
    CHECK_STR(command(&p, 0xd0), "kcf");
    CHECK_STR(command(&p, 0x21), "");
    bench_fini(&p.b);
}

static void the_command_byte_is_written_and_read(void)
{
    ps2_init(&p, NULL, NULL);
    for (unsigned v = 0; v < 256; v++) {
        mode(&p, v);
        port_out(&p.b, 0x64, 0x20);
        CHECK_EQ(port_in(&p.b, 0x60), v);
    }
    bench_fini(&p.b);
}

static void interfaces_are_disabled_and_enabled(void)
{
    ps2_init(&p, NULL, NULL);
    command(&p, 0xad);
    key(&p, KEY_A, true);
    CHECK_EQ(status(&p), 0x18);
    CHECK_STR(command(&p, 0x20), "k13");
    CHECK_STR(command(&p, 0xae), "k1c");
    CHECK_STR(command(&p, 0x20), "k03");
    to_mouse(&p, 0xf4);
    command(&p, 0xa7);
    move(&p, 1, 0);
    CHECK_EQ(status(&p), 0x18);
    CHECK_STR(command(&p, 0x20), "k23");
    CHECK_STR(command(&p, 0xa8), "m08 m01 m00");
    CHECK_STR(command(&p, 0x20), "k03");
    bench_fini(&p.b);
}

static void writing_to_a_device_enables_it(void)
{
    ps2_init(&p, NULL, NULL);
    command(&p, 0xad);
    command(&p, 0xa7);
    CHECK_STR(to_kbd(&p, 0xee), "kee");
    CHECK_STR(command(&p, 0x20), "k23");
    CHECK_STR(to_mouse(&p, 0xf2), "mfa m00");
    CHECK_STR(command(&p, 0x20), "k03");
    bench_fini(&p.b);
}

static void a_byte_raises_the_line_that_is_enabled(void)
{
    bool *level = (ps2_init(&p, NULL, NULL), p.b.lines->level);

    key(&p, KEY_A, true);
    CHECK(level[KBD_LINE] && !level[MOUSE_LINE]);
    mode(&p, 0x02);
    CHECK(!level[KBD_LINE]);
    mode(&p, 0x13);                             /* nor while the keyboard is disabled */
    CHECK(!level[KBD_LINE]);
    mode(&p, 0x03);
    CHECK(level[KBD_LINE]);
    drain(&p);
    CHECK(!level[KBD_LINE]);
    port_out(&p.b, 0x64, 0xd4);
    port_out(&p.b, 0x60, 0xf2);
    CHECK(level[MOUSE_LINE] && !level[KBD_LINE]);
    mode(&p, 0x01);
    CHECK(!level[MOUSE_LINE]);
    mode(&p, 0x22);
    CHECK(level[MOUSE_LINE]);
    bench_fini(&p.b);
}

static void every_byte_is_an_edge(void)
{
    ps2_init(&p, NULL, NULL);
    key(&p, KEY_A, true);
    key(&p, KEY_B, true);
    CHECK_EQ(p.b.lines->rose[KBD_LINE], 1);
    port_in(&p.b, 0x60);
    CHECK_EQ(p.b.lines->rose[KBD_LINE], 2);
    drain(&p);
    CHECK_EQ(p.b.lines->rose[KBD_LINE], 2);
    port_out(&p.b, 0x64, 0x20);
    port_out(&p.b, 0x64, 0xaa);                 /* replaces the answer before it */
    CHECK_EQ(p.b.lines->rose[KBD_LINE], 4);
    CHECK_STR(drain(&p), "k55");
    bench_fini(&p.b);
}

static void lines_are_the_users_choice(void)
{
    ps2_init(&p, "kbd-irq", "5");
    key(&p, KEY_A, true);
    CHECK(p.b.lines->level[5] && !p.b.lines->level[KBD_LINE]);
    bench_fini(&p.b);
    ps2_init(&p, "mouse-irq", "9");
    CHECK_STR(to_mouse(&p, 0xe6), "mfa");
    CHECK_EQ(p.b.lines->rose[9], 1);
    bench_fini(&p.b);
}

static void a_line_beyond_isa_is_refused(void)
{
    struct error *err = NULL;
    struct device *dev;

    bench_init(&p.b, 0);
    for (unsigned i = 0; i < 2; i++) {
        dev = device_new(p.b.m, device_type_find("i8042"));
        CHECK(!device_set(dev, i ? "mouse-irq" : "kbd-irq", "16", NULL));
        CHECK(device_realize(dev, NULL, NULL, &err) < 0);
        error_free(err);
        err = NULL;
        device_free(dev);
    }
    bench_fini(&p.b);
}

static void keyboard_and_mouse_take_turns(void)
{
    ps2_init(&p, NULL, NULL);
    to_mouse(&p, 0xf4);
    key(&p, KEY_A, true);
    move(&p, 1, 0);
    key(&p, KEY_B, true);
    CHECK_STR(drain(&p), "k1c m08 k32 m01 m00");
    move(&p, 1, 0);
    key(&p, KEY_A, true);
    CHECK_STR(drain(&p), "m08 k1c m01 m00");
    bench_fini(&p.b);
}

static void an_answer_comes_before_further_keys_but_not_before_the_byte_in_the_buffer(void)
{
    ps2_init(&p, NULL, NULL);
    key(&p, KEY_A, true);
    key(&p, KEY_B, true);
    port_out(&p.b, 0x64, 0x20);
    CHECK_STR(drain(&p), "k1c k03 k32");
    to_mouse(&p, 0xf4);
    move(&p, 1, 0);
    key(&p, KEY_A, true);
    port_out(&p.b, 0x64, 0xd3);
    port_out(&p.b, 0x60, 9);
    CHECK_STR(drain(&p), "m08 m09 k1c m01 m00");
    bench_fini(&p.b);
}

static void the_output_buffer_is_written_as_either_device(void)
{
    ps2_init(&p, NULL, NULL);
    port_out(&p.b, 0x64, 0xd2);
    CHECK_EQ(status(&p), 0x18);
    port_out(&p.b, 0x60, 0x77);
    CHECK(p.b.lines->level[KBD_LINE]);
    CHECK_STR(drain(&p), "k77");
    port_out(&p.b, 0x64, 0xd3);
    port_out(&p.b, 0x60, 0x78);
    CHECK(p.b.lines->level[MOUSE_LINE]);
    CHECK_STR(drain(&p), "m78");
    bench_fini(&p.b);
}

static void a_command_in_between_does_not_take_the_data(void)
{
    ps2_init(&p, NULL, NULL);
    port_out(&p.b, 0x64, 0xd4);
    CHECK_STR(command(&p, 0x20), "k03");
    port_out(&p.b, 0x60, 0xf2);
    CHECK_STR(drain(&p), "mfa m00");
    CHECK_STR(to_kbd(&p, 0xee), "kee");         /* the command is used up */
    bench_fini(&p.b);
}

static void the_output_port_shows_full_buffers(void)
{
    ps2_init(&p, NULL, NULL);
    key(&p, KEY_A, true);
    port_out(&p.b, 0x64, 0xd0);
    CHECK_STR(drain(&p), "k1c kdf");
    to_mouse(&p, 0xf4);
    move(&p, 1, 0);
    port_out(&p.b, 0x64, 0xd0);
    CHECK_STR(drain(&p), "m08 kff m01 m00");
    key(&p, KEY_A, true);
    CHECK_EQ(saved_byte("pckbd", 5), 20);       /* the next subsection: nothing to say about the port */
    bench_reload(&p.b);
    port_out(&p.b, 0x64, 0xd0);
    CHECK_STR(drain(&p), "k1c kdf");
    port_out(&p.b, 0x64, 0xd1);
    port_out(&p.b, 0x60, 0xdf);
    CHECK_STR(command(&p, 0xd0), "kdf");
    CHECK_STR(command(&p, 0xd0), "kcf");        /* reading the buffer has cleared its bit */
    bench_fini(&p.b);
}

static bool a20(void)
{
    return p.b.m->a20_lines >> A20_KEYBOARD & 1;
}

static void the_output_port_drives_a20(void)
{
    ps2_init(&p, NULL, NULL);
    CHECK(a20());
    command(&p, 0xdd);
    CHECK(!a20());
    CHECK_STR(command(&p, 0xd0), "kcd");
    bench_reload(&p.b);
    CHECK(!a20());
    command(&p, 0xdf);
    CHECK(a20());
    CHECK_STR(command(&p, 0xd0), "kcf");
    port_out(&p.b, 0x64, 0xd1);
    port_out(&p.b, 0x60, 0x01);
    CHECK(!a20());
    CHECK_STR(command(&p, 0xd0), "k01");
    CHECK_EQ(p.b.m->reset_requested, CAUSE_NONE);
    bench_fini(&p.b);
}

static void the_reset_line_resets_the_machine(void)
{
    ps2_init(&p, NULL, NULL);
    command(&p, 0xff);
    command(&p, 0xf1);
    CHECK_EQ(p.b.m->reset_requested, CAUSE_NONE);
    command(&p, 0xfe);
    CHECK_EQ(p.b.m->reset_requested, CAUSE_GUEST_RESET);
    p.b.m->reset_requested = CAUSE_NONE;
    command(&p, 0xf0);
    CHECK_EQ(p.b.m->reset_requested, CAUSE_GUEST_RESET);
    p.b.m->reset_requested = CAUSE_NONE;
    port_out(&p.b, 0x64, 0xd1);
    port_out(&p.b, 0x60, 0xfe);
    CHECK_EQ(p.b.m->reset_requested, CAUSE_GUEST_RESET);
    bench_fini(&p.b);
}

static void a_throttled_keyboard_sends_a_byte_each_millisecond(void)
{
    ps2_init(&p, "kbd-throttle", "on");
    key(&p, KEY_A, true);
    key(&p, KEY_B, true);
    CHECK_STR(drain(&p), "k1c");
    machine_clock_step(p.b.m, 999999);
    CHECK_EQ(status(&p), 0x18);
    bench_reload(&p.b);
    CHECK_STR(drain(&p), "");                   /* the wait that was loaded ends at the clock's next step */
    machine_clock_step(p.b.m, 1000);
    CHECK_STR(drain(&p), "k32");
    bench_fini(&p.b);
}

static void reset_forgets_what_waited(void)
{
    ps2_init(&p, NULL, NULL);
    to_mouse(&p, 0xf4);
    key(&p, KEY_A, true);
    move(&p, 1, 0);
    mode(&p, 0x30);
    command(&p, 0xdd);
    machine_reset(p.b.m, false);
    CHECK_EQ(status(&p), 0x18);
    CHECK_STR(command(&p, 0x20), "k03");
    CHECK_STR(command(&p, 0xd0), "kcf");
    bench_fini(&p.b);
}

/* write_cmd, status, mode, pending */
static void the_stream_says_who_is_pending(void)
{
    ps2_init(&p, NULL, NULL);
    CHECK_EQ(saved_byte("pckbd", 1), 0x18);
    CHECK_EQ(saved_byte("pckbd", 2), 0x03);
    CHECK_EQ(saved_byte("pckbd", 3), 0);
    key(&p, KEY_A, true);
    CHECK_EQ(saved_byte("pckbd", 3), 0x10);
    port_out(&p.b, 0x64, 0x20);
    CHECK_EQ(saved_byte("pckbd", 3), 0x14);
    port_out(&p.b, 0x64, 0xd3);
    CHECK_EQ(saved_byte("pckbd", 0), 0xd3);
    port_out(&p.b, 0x60, 9);
    CHECK_EQ(saved_byte("pckbd", 3), 0x18);
    port_out(&p.b, 0x64, 0xd4);
    port_out(&p.b, 0x60, 0xf4);
    CHECK_EQ(saved_byte("pckbd", 3), 0x38);
    bench_reload(&p.b);
    CHECK_STR(drain(&p), "k1c m09 mfa");
    bench_fini(&p.b);
}

static void an_older_stream_says_less(void)
{
    ps2_init(&p, "extended-state", "off");
    key(&p, KEY_A, true);
    CHECK_EQ(saved_byte("pckbd", 3), 0x01);
    CHECK_EQ(saved_byte("pckbd", 4), 0x7e);     /* the footer: no subsection */
    bench_reload(&p.b);
    CHECK_STR(drain(&p), "k1c");
    port_out(&p.b, 0x64, 0xd4);
    port_out(&p.b, 0x60, 0xf4);
    CHECK_EQ(saved_byte("pckbd", 3), 0x02);
    bench_reload(&p.b);
    CHECK_STR(drain(&p), "mfa");
    bench_fini(&p.b);
}

static void the_output_port_is_in_the_stream_when_it_was_changed(void)
{
    ps2_init(&p, NULL, NULL);
    command(&p, 0xdd);
    CHECK_EQ(saved_byte("pckbd", 4), 0x05);
    bench_reload(&p.b);
    CHECK_STR(command(&p, 0xd0), "kcd");
    bench_fini(&p.b);
}

int main(void)
{
    epoch_thread_init();
    TEST(status_says_what_the_output_buffer_holds);
    TEST(each_command_answers);
    TEST(the_command_byte_is_written_and_read);
    TEST(interfaces_are_disabled_and_enabled);
    TEST(writing_to_a_device_enables_it);
    TEST(a_byte_raises_the_line_that_is_enabled);
    TEST(every_byte_is_an_edge);
    TEST(lines_are_the_users_choice);
    TEST(a_line_beyond_isa_is_refused);
    TEST(keyboard_and_mouse_take_turns);
    TEST(an_answer_comes_before_further_keys_but_not_before_the_byte_in_the_buffer);
    TEST(the_output_buffer_is_written_as_either_device);
    TEST(a_command_in_between_does_not_take_the_data);
    TEST(the_output_port_shows_full_buffers);
    TEST(the_output_port_drives_a20);
    TEST(the_reset_line_resets_the_machine);
    TEST(a_throttled_keyboard_sends_a_byte_each_millisecond);
    TEST(reset_forgets_what_waited);
    TEST(the_stream_says_who_is_pending);
    TEST(an_older_stream_says_less);
    TEST(the_output_port_is_in_the_stream_when_it_was_changed);
    epoch_thread_fini();
    return test_end();
}
