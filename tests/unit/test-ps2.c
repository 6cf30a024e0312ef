/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/ps2-bench.h"

/* PS/2 keyboard and mouse behind their controller, after the IBM PS/2 technical reference. */

#include "hw/input/scancodes.h"

static struct ps2_bench p;

static void hex(const uint8_t *bytes, unsigned n, char *text)
{
    strcpy(text, n ? "" : "-");
    for (unsigned i = 0; i < n; i++)
        sprintf(text + 2 * i, "%02x", bytes[i]);
}

static void check_codes(const char *name, unsigned set, unsigned code, bool down, bool translated, const char *want)
{
    uint8_t bytes[SCANCODES_MAX];
    unsigned n = scan_sequence(set, code, down, 0, bytes);
    char got[2 * SCANCODES_MAX + 1];

    CHECK(n <= SCANCODES_MAX);
    if (translated)
        n = scan_translate(bytes, n);
    hex(bytes, n, got);
    if (strcmp(got, want))
        printf("# %s set %u: %s, not %s\n", name, set, got, want);
    CHECK_STR(got, want);
}

static void each_key_has_the_codes_of_the_reference(void)
{
    FILE *f = fopen(TEST_SOURCE_DIR "/tests/facts/input/scancodes.tsv", "r");
    char line[400], name[40], codes[8][40];
    unsigned code = 0;

    CHECK(f);
    while (fgets(line, sizeof(line), f)) {
        if (*line == '#')
            continue;
        CHECK_EQ(sscanf(line, "%39s%39s%39s%39s%39s%39s%39s%39s%39s", name, codes[0], codes[1], codes[2], codes[3],
                        codes[4], codes[5], codes[6], codes[7]), 9);
        for (unsigned i = 0; i < 8; i++)
            check_codes(name, i < 6 ? i / 2 + 1 : 2, code, !(i & 1), i >= 6, codes[i]);
        code++;
    }
    fclose(f);
    CHECK_EQ(code, KEYS);
}

static void a_key_says_make_and_break(void)
{
    ps2_init(&p, NULL, NULL);
    key(&p, KEY_LEFT, true);
    key(&p, KEY_LEFT, true);            /* repeats as its source does */
    key(&p, KEY_LEFT, false);
    CHECK_STR(drain(&p), "ke0 k6b ke0 k6b ke0 kf0 k6b");
    mode(&p, 0x43);
    key(&p, KEY_LEFT, true);
    key(&p, KEY_LEFT, false);
    CHECK_STR(drain(&p), "ke0 k4b ke0 kcb");
    bench_fini(&p.b);
}

static void modified(enum input_key modifier, enum input_key pressed, const char *down, const char *up)
{
    key(&p, modifier, true);
    drain(&p);
    key(&p, pressed, true);
    CHECK_STR(drain(&p), down);
    key(&p, pressed, false);
    CHECK_STR(drain(&p), up);
    key(&p, modifier, false);
    drain(&p);
}

static void print_screen_and_pause_depend_on_modifiers(void)
{
    ps2_init(&p, NULL, NULL);
    mode(&p, 0x43);
    modified(KEY_A, KEY_PRINT, "ke0 k2a ke0 k37", "ke0 kb7 ke0 kaa");
    modified(KEY_SHIFT, KEY_PRINT, "ke0 k37", "ke0 kb7");
    modified(KEY_SHIFT_R, KEY_PRINT, "ke0 k37", "ke0 kb7");
    modified(KEY_CTRL_R, KEY_SYSRQ, "ke0 k37", "ke0 kb7");
    modified(KEY_ALT, KEY_PRINT, "kb8 k38 k54", "kd4 kb8 k38");
    modified(KEY_ALT_R, KEY_SYSRQ, "ke0 kb8 ke0 k38 k54", "kd4 ke0 kb8 ke0 k38");
    modified(KEY_A, KEY_PAUSE, "ke1 k1d k45 ke1 k9d kc5", "");
    modified(KEY_CTRL, KEY_PAUSE, "ke0 k46 ke0 kc6", "");
    modified(KEY_CTRL_R, KEY_PAUSE, "ke0 k46 ke0 kc6", "");
    modified(KEY_A, KEY_PRINT, "ke0 k2a ke0 k37", "ke0 kb7 ke0 kaa");
    bench_fini(&p.b);
}

static void keyboard_commands_answer(void)
{
    ps2_init(&p, NULL, NULL);
    CHECK_STR(to_kbd(&p, 0x00), "kfa");
    CHECK_STR(to_kbd(&p, 0xee), "kee");
    CHECK_STR(to_kbd(&p, 0xf2), "kfa kab k83");
    CHECK_STR(to_kbd(&p, 0xff), "kfa kaa");
    CHECK_STR(to_kbd(&p, 0xfa), "kfa");
    for (unsigned c = 0xf7; c <= 0xfe; c++)
        if (c != 0xfa && c != 0xfc)
            CHECK_STR(to_kbd(&p, c), "kfe");
    CHECK_STR(to_kbd(&p, 0x01), "kfe");
    CHECK_STR(to_kbd(&p, 0xef), "kfe");
    mode(&p, 0x43);
    CHECK_STR(to_kbd(&p, 0xf2), "kfa kab k41");
    bench_fini(&p.b);
}

static void commands_with_an_argument_acknowledge_both(void)
{
    static const uint8_t commands[] = { 0xed, 0xf3, 0xfc };

    ps2_init(&p, NULL, NULL);
    for (unsigned i = 0; i < sizeof(commands); i++) {
        CHECK_STR(to_kbd(&p, commands[i]), "kfa");
        CHECK_STR(to_kbd(&p, 0xff), "kfa");     /* an argument, not a reset */
        CHECK_STR(to_kbd(&p, 0xee), "kee");
    }
    bench_fini(&p.b);
}

static void the_scan_code_set_is_chosen(void)
{
    static const char *const plain[] = { "kfa k01", "kfa k02", "kfa k03" };
    static const char *const translated[] = { "kfa k43", "kfa k41", "kfa k3f" };
    static const char *const menu[] = { "ke0 k1e", "", "k91" };

    ps2_init(&p, NULL, NULL);
    for (unsigned set = 1; set <= 3; set++) {
        to_kbd(&p, 0xf0);
        CHECK_STR(to_kbd(&p, set), "kfa");
        to_kbd(&p, 0xf0);
        CHECK_STR(to_kbd(&p, 0), plain[set - 1]);
        key(&p, KEY_MENU, true);
        CHECK_STR(drain(&p), menu[set - 1]);
        mode(&p, 0x43);
        to_kbd(&p, 0xf0);
        CHECK_STR(to_kbd(&p, 0), translated[set - 1]);
        mode(&p, 0x03);
    }
    to_kbd(&p, 0xf0);
    CHECK_STR(to_kbd(&p, 4), "kfe");
    to_kbd(&p, 0xf0);
    CHECK_STR(to_kbd(&p, 0), "kfa k03");
    to_kbd(&p, 0xff);
    to_kbd(&p, 0xf0);
    CHECK_STR(to_kbd(&p, 0), "kfa k02");        /* reset chooses set 2 */
    bench_fini(&p.b);
}

static void a_disabled_keyboard_is_silent_and_forgets(void)
{
    ps2_init(&p, NULL, NULL);
    key(&p, KEY_A, true);
    port_out(&p.b, 0x60, 0xf5);
    CHECK_STR(drain(&p), "kfa");
    key(&p, KEY_A, true);
    CHECK_STR(drain(&p), "");
    CHECK_STR(to_kbd(&p, 0xf4), "kfa");
    key(&p, KEY_A, true);
    port_out(&p.b, 0x60, 0xf4);
    CHECK_STR(drain(&p), "kfa k1c");
    to_kbd(&p, 0xf5);
    to_kbd(&p, 0xf6);                   /* defaults, and scanning goes on */
    key(&p, KEY_A, true);
    CHECK_STR(drain(&p), "k1c");
    to_kbd(&p, 0xf5);
    CHECK_STR(to_kbd(&p, 0xff), "kfa kaa");
    key(&p, KEY_A, true);
    CHECK_STR(drain(&p), "k1c");
    bench_fini(&p.b);
}

static void the_buffer_holds_sixteen_bytes_of_keys(void)
{
    ps2_init(&p, NULL, NULL);
    for (unsigned i = 0; i < 15; i++)
        key(&p, KEY_A, true);
    key(&p, KEY_LEFT, true);            /* two bytes: no room, and no half of it */
    key(&p, KEY_B, true);
    key(&p, KEY_C, true);
    CHECK_STR(drain(&p), "k1c k1c k1c k1c k1c k1c k1c k1c k1c k1c k1c k1c k1c k1c k1c k32");
    bench_fini(&p.b);
}

static void a_reply_goes_before_keys_and_replaces_the_one_before(void)
{
    ps2_init(&p, NULL, NULL);
    for (unsigned i = 0; i < 20; i++)
        key(&p, KEY_A, true);
    port_out(&p.b, 0x60, 0xf2);
    CHECK_EQ(port_in(&p.b, 0x60), 0xfa);
    port_out(&p.b, 0x60, 0xee);
    CHECK_STR(drain(&p), "kee k1c k1c k1c k1c k1c k1c k1c k1c k1c k1c k1c k1c k1c k1c k1c k1c");
    for (unsigned i = 0; i < 300; i++)
        port_out(&p.b, 0x60, 0xf2);
    bench_reload(&p.b);
    CHECK_STR(drain(&p), "kfa kab k83");
    bench_fini(&p.b);
}

static void the_keyboards_state_is_in_the_stream(void)
{
    struct saved s;

    ps2_init(&p, NULL, NULL);
    mode(&p, 0x43);
    key(&p, KEY_A, true);
    to_kbd(&p, 0xed);
    port_out(&p.b, 0x60, 0xff);
    port_out(&p.b, 0x60, 0xf3);
    s = bench_save(&p.b, "ps2kbd");
    CHECK_EQ(s.fields[3], 0xf3);                /* the command that waits */
    CHECK_EQ(s.fields[7], 0x00);                /* one reply before byte 1 */
    CHECK_EQ(s.fields[11], 1);
    CHECK_EQ(s.fields[15], 1);
    CHECK_EQ(s.fields[16], 0xfa);
    CHECK_EQ(s.fields[275], 1);
    CHECK_EQ(s.fields[279], 1);
    CHECK_EQ(s.fields[283], 2);
    CHECK(!memcmp(s.fields + 284, "\5\17ps2kbd/ledstate\0\0\0\3\0\0\0\7\5\32ps2kbd/command_reply_queue", 53));
    wire_fini(&s.w);
    bench_reload(&p.b);
    CHECK_STR(drain(&p), "kfa");
    CHECK_STR(to_kbd(&p, 0x20), "kfa");
    s = bench_save(&p.b, "ps2kbd");
    CHECK_EQ(s.fields[3], 0xff);
    wire_fini(&s.w);
    bench_fini(&p.b);
}

/* Fields at `at` of a section become `val` (4 bytes); what loading says. */
static int load_with(const char *section, unsigned at, uint32_t val)
{
    struct saved s = bench_save(&p.b, section);
    struct wire in = { .buf = s.w.buf, .len = s.w.at };
    struct error *err = NULL;
    uint8_t *field = (uint8_t *)s.fields + at;
    int r;

    for (unsigned i = 0; i < 4; i++)
        field[i] = val >> (24 - 8 * i);
    r = bench_load(&p.b, &in, &err);
    error_free(err);
    wire_fini(&s.w);
    return r;
}

static void a_queue_that_contradicts_itself_is_refused(void)
{
    ps2_init(&p, NULL, NULL);
    key(&p, KEY_A, true);
    CHECK(!load_with("ps2kbd", 8, 1));
    CHECK(load_with("ps2kbd", 4, 256) < 0);
    CHECK(load_with("ps2kbd", 8, 256) < 0);
    CHECK(load_with("ps2kbd", 8, 2) < 0);
    CHECK(load_with("ps2kbd", 12, 0) < 0);
    CHECK(load_with("ps2kbd", 12, 25) < 0);
    CHECK(load_with("ps2kbd", 280, 0) < 0);
    CHECK(load_with("ps2kbd", 280, 4) < 0);
    CHECK(load_with("ps2mouse", 12, 1) < 0);
    port_out(&p.b, 0x60, 0xee);
    CHECK(!load_with("ps2kbd", 284 + 32, 0));
    CHECK(load_with("ps2kbd", 284 + 32, 2) < 0);        /* more replies than bytes */
    CHECK(load_with("ps2kbd", 284 + 32, 256) < 0);
    CHECK_STR(drain(&p), "kee k1c");
    bench_fini(&p.b);
}

static void mouse_commands_answer(void)
{
    ps2_init(&p, NULL, NULL);
    CHECK_STR(to_mouse(&p, 0xff), "mfa maa m00");
    CHECK_STR(to_mouse(&p, 0xf2), "mfa m00");
    CHECK_STR(to_mouse(&p, 0xe9), "mfa m00 m02 m64");
    CHECK_STR(to_mouse(&p, 0xe8), "mfa");
    CHECK_STR(to_mouse(&p, 0x03), "mfa");
    CHECK_STR(to_mouse(&p, 0xe7), "mfa");
    CHECK_STR(to_mouse(&p, 0xe9), "mfa m10 m03 m64");
    CHECK_STR(to_mouse(&p, 0xe6), "mfa");
    CHECK_STR(to_mouse(&p, 0xf3), "mfa");
    CHECK_STR(to_mouse(&p, 0xc8), "mfa");
    CHECK_STR(to_mouse(&p, 0xf4), "mfa");
    CHECK_STR(to_mouse(&p, 0xe9), "mfa m20 m03 mc8");
    CHECK_STR(to_mouse(&p, 0xf0), "mfa");
    CHECK_STR(to_mouse(&p, 0xe9), "mfa m60 m03 mc8");
    CHECK_STR(to_mouse(&p, 0xea), "mfa");
    CHECK_STR(to_mouse(&p, 0xf5), "mfa");
    CHECK_STR(to_mouse(&p, 0xe9), "mfa m00 m03 mc8");
    CHECK_STR(to_mouse(&p, 0xf6), "mfa");
    CHECK_STR(to_mouse(&p, 0xe9), "mfa m00 m02 m64");
    CHECK_STR(to_mouse(&p, 0xe0), "");
    bench_fini(&p.b);
}

static void wrap_mode_echoes(void)
{
    ps2_init(&p, NULL, NULL);
    CHECK_STR(to_mouse(&p, 0xee), "mfa");
    CHECK_STR(to_mouse(&p, 0xf2), "mf2");
    CHECK_STR(to_mouse(&p, 0xee), "mee");
    CHECK_STR(to_mouse(&p, 0xec), "mfa");
    CHECK_STR(to_mouse(&p, 0xf2), "mfa m00");
    to_mouse(&p, 0xee);
    CHECK_STR(to_mouse(&p, 0xff), "mfa maa m00");
    CHECK_STR(to_mouse(&p, 0xf2), "mfa m00");
    bench_fini(&p.b);
}

static void movement_is_reported_when_enabled(void)
{
    ps2_init(&p, NULL, NULL);
    move(&p, 9, 9);
    CHECK_STR(drain(&p), "");
    to_mouse(&p, 0xf4);
    move(&p, 5, -3);
    CHECK_STR(drain(&p), "m08 m05 m03");        /* upwards is positive */
    move(&p, -1, 0);
    CHECK_STR(drain(&p), "m18 mff m00");
    move(&p, 0, 1);
    CHECK_STR(drain(&p), "m28 m00 mff");
    key(&p, KEY_A, true);
    CHECK_STR(drain(&p), "k1c");                /* a key is no movement */
    bench_fini(&p.b);
}

static void far_movement_takes_several_packets_and_what_does_not_fit_waits(void)
{
    ps2_init(&p, NULL, NULL);
    to_mouse(&p, 0xf4);
    move(&p, 300, 1000);
    CHECK_STR(drain(&p), "m28 m7f m81 m28 m7f m81 m28 m2e m81 m28 m00 m81 m28 m00 m81");
    move(&p, -300, -1000);
    CHECK_STR(drain(&p), "m18 m81 m7f m18 m81 m7f m18 md2 m7f m08 m00 m7f m08 m00 m7f");
    move(&p, INT32_MAX, 0);
    move(&p, INT32_MAX, INT32_MIN);
    drain(&p);
    bench_reload(&p.b);
    bench_fini(&p.b);
}

static void buttons_are_bits(void)
{
    ps2_init(&p, NULL, NULL);
    to_mouse(&p, 0xf4);
    button(&p, BUTTON_LEFT, true);
    CHECK_STR(drain(&p), "m09 m00 m00");
    CHECK_STR(to_mouse(&p, 0xe9), "mfa m24 m00 m00");
    button(&p, BUTTON_RIGHT, true);
    CHECK_STR(drain(&p), "m0b m00 m00");
    button(&p, BUTTON_LEFT, false);
    CHECK_STR(drain(&p), "m0a m00 m00");
    CHECK_STR(to_mouse(&p, 0xe9), "mfa m21 m00 m00");
    button(&p, BUTTON_RIGHT, false);
    button(&p, BUTTON_MIDDLE, true);
    CHECK_STR(drain(&p), "m08 m00 m00 m0c m00 m00");
    CHECK_STR(to_mouse(&p, 0xe9), "mfa m22 m00 m00");
    button(&p, BUTTON_SIDE, true);
    button(&p, BUTTON_WHEEL_UP, true);
    CHECK_STR(drain(&p), "m0c m00 m00 m0c m00 m00");
    bench_fini(&p.b);
}

static void rates(const uint8_t *list, unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        to_mouse(&p, 0xf3);
        to_mouse(&p, list[i]);
    }
}

static void turn(enum input_button wheel, const char *want)
{
    button(&p, wheel, true);
    CHECK_STR(drain(&p), want);
    button(&p, wheel, false);
    drain(&p);
}

static void the_knock_makes_a_wheel_mouse(void)
{
    ps2_init(&p, NULL, NULL);
    rates((const uint8_t[]){ 200, 100, 81 }, 3);
    CHECK_STR(to_mouse(&p, 0xf2), "mfa m00");
    rates((const uint8_t[]){ 200, 100, 80 }, 3);
    CHECK_STR(to_mouse(&p, 0xf2), "mfa m03");
    to_mouse(&p, 0xf4);
    turn(BUTTON_WHEEL_UP, "m08 m00 m00 mff");
    turn(BUTTON_WHEEL_DOWN, "m08 m00 m00 m01");
    turn(BUTTON_WHEEL_LEFT, "m08 m00 m00 m00");
    turn(BUTTON_SIDE, "m08 m00 m00 m00");
    for (unsigned i = 0; i < 9; i++)
        button(&p, BUTTON_WHEEL_DOWN, true);
    drain(&p);
    CHECK_STR(to_mouse(&p, 0xeb), "mfa m08 m00 m00 m05");       /* four packets fit, the rest adds up */
    to_mouse(&p, 0xff);
    CHECK_STR(to_mouse(&p, 0xf2), "mfa m00");
    bench_fini(&p.b);
}

static void the_other_knock_makes_an_explorer(void)
{
    ps2_init(&p, NULL, NULL);
    rates((const uint8_t[]){ 200, 200, 80 }, 3);
    CHECK_STR(to_mouse(&p, 0xf2), "mfa m04");
    to_mouse(&p, 0xf4);
    turn(BUTTON_SIDE, "m08 m00 m00 m10");
    turn(BUTTON_EXTRA, "m08 m00 m00 m20");
    turn(BUTTON_WHEEL_UP, "m08 m00 m00 m0f");
    turn(BUTTON_WHEEL_DOWN, "m08 m00 m00 m01");
    turn(BUTTON_WHEEL_LEFT, "m08 m00 m00 m41");
    turn(BUTTON_WHEEL_RIGHT, "m08 m00 m00 m7f");
    bench_fini(&p.b);
}

static void remote_mode_waits_to_be_asked(void)
{
    ps2_init(&p, NULL, NULL);
    to_mouse(&p, 0xf4);
    to_mouse(&p, 0xf0);
    move(&p, 7, 7);
    CHECK_STR(drain(&p), "");
    CHECK_STR(to_mouse(&p, 0xeb), "mfa m28 m07 mf9");
    CHECK_STR(to_mouse(&p, 0xeb), "mfa m08 m00 m00");
    bench_fini(&p.b);
}

static void replies_queue_behind_packets_without_bound_by_the_guest(void)
{
    ps2_init(&p, NULL, NULL);
    to_mouse(&p, 0xf4);
    for (unsigned i = 0; i < 20; i++)
        move(&p, 1, 0);
    for (unsigned i = 0; i < 300; i++) {
        port_out(&p.b, 0x64, 0xd4);
        port_out(&p.b, 0x60, 0xf2);
    }
    CHECK_STR(drain(&p), "m08 m01 m00 m08 m01 m00 m08 m01 m00 m08 m01 m00 m08 m01 m00 mfa m00 mfa m00 mfa m00 mfa m00");
    move(&p, 1, 0);
    port_out(&p.b, 0x64, 0xd4);
    port_out(&p.b, 0x60, 0xff);
    CHECK_STR(drain(&p), "mfa maa m00");        /* reset forgets what was queued */
    bench_fini(&p.b);
}

static void reset_values_are_those_of_the_reference(void)
{
    ps2_init(&p, NULL, NULL);
    CHECK_STR(to_mouse(&p, 0xe9), "mfa m00 m00 m00");
    to_kbd(&p, 0xf5);
    key(&p, KEY_SHIFT, true);
    machine_reset(p.b.m, false);
    key(&p, KEY_PRINT, true);
    CHECK_STR(drain(&p), "ke0 k12 ke0 k7c");
    bench_fini(&p.b);
}

int main(void)
{
    epoch_thread_init();
    TEST(each_key_has_the_codes_of_the_reference);
    TEST(a_key_says_make_and_break);
    TEST(print_screen_and_pause_depend_on_modifiers);
    TEST(keyboard_commands_answer);
    TEST(commands_with_an_argument_acknowledge_both);
    TEST(the_scan_code_set_is_chosen);
    TEST(a_disabled_keyboard_is_silent_and_forgets);
    TEST(the_buffer_holds_sixteen_bytes_of_keys);
    TEST(a_reply_goes_before_keys_and_replaces_the_one_before);
    TEST(the_keyboards_state_is_in_the_stream);
    TEST(a_queue_that_contradicts_itself_is_refused);
    TEST(mouse_commands_answer);
    TEST(wrap_mode_echoes);
    TEST(movement_is_reported_when_enabled);
    TEST(far_movement_takes_several_packets_and_what_does_not_fit_waits);
    TEST(buttons_are_bits);
    TEST(the_knock_makes_a_wheel_mouse);
    TEST(the_other_knock_makes_an_explorer);
    TEST(remote_mode_waits_to_be_asked);
    TEST(replies_queue_behind_packets_without_bound_by_the_guest);
    TEST(reset_values_are_those_of_the_reference);
    epoch_thread_fini();
    return test_end();
}
