/* SPDX-License-Identifier: Apache-2.0 */
#include "gdb/packet.h"
#include "tests/test.h"

/* Framing of GDB's remote serial protocol: the manual of GDB, appendix E, sections E.1 and E.8. */

static struct gdb_in in;

/* Feeds all of it; what the last byte made of it. */
static enum gdb_came feed(const char *bytes, size_t n)
{
    enum gdb_came came = GDB_CAME_NOTHING;

    for (size_t i = 0; i < n; i++)
        came = gdb_in_byte(&in, (uint8_t)bytes[i]);
    return came;
}
#define FEED(text) feed(text, sizeof(text) - 1)

static void a_packet_is_what_stands_between_dollar_and_sum(void)
{
    gdb_in_init(&in);
    CHECK_EQ(FEED("$"), GDB_CAME_START);
    CHECK_EQ(FEED("OK#9"), GDB_CAME_NOTHING);
    CHECK_EQ(FEED("a"), GDB_CAME_PACKET);
    CHECK_STR(in.data, "OK");
    CHECK_EQ(in.len, 2);
    CHECK_EQ(FEED("$#00"), GDB_CAME_PACKET);
    CHECK_EQ(in.len, 0);
    CHECK_EQ(FEED("$OK#9A"), GDB_CAME_PACKET);
}

static void the_sum_is_checked(void)
{
    gdb_in_init(&in);
    CHECK_EQ(FEED("$OK#9b"), GDB_CAME_BROKEN);
    CHECK_EQ(FEED("$OK#zz"), GDB_CAME_BROKEN);
    CHECK_EQ(FEED("$OK#9z"), GDB_CAME_BROKEN);
    CHECK_EQ(FEED("$OK#z9"), GDB_CAME_BROKEN);
    CHECK_EQ(FEED("$\xff#ff"), GDB_CAME_PACKET);
    CHECK_EQ(FEED("$OK#9a"), GDB_CAME_PACKET);
}

static void an_escaped_byte_is_taken_with_bit_5_turned(void)
{
    gdb_in_init(&in);
    CHECK_EQ(FEED("$}\x03}\x04}]#db"), GDB_CAME_PACKET);
    CHECK_EQ(in.len, 3);
    CHECK(!memcmp(in.data, "#$}", 3));
}

static void between_packets_there_are_signs_and_interrupts(void)
{
    gdb_in_init(&in);
    CHECK_EQ(FEED("+"), GDB_CAME_ACK);
    CHECK_EQ(FEED("-"), GDB_CAME_NAK);
    CHECK_EQ(FEED("\x03"), GDB_CAME_INTERRUPT);
    CHECK_EQ(FEED("x#00"), GDB_CAME_NOTHING);
    CHECK_EQ(FEED("$\x03+-#5b"), GDB_CAME_PACKET);              /* inside, they are data */
    CHECK_EQ(in.len, 3);
}

static void a_packet_that_is_cut_short_makes_room_for_the_next(void)
{
    gdb_in_init(&in);
    CHECK_EQ(FEED("$m0,4"), GDB_CAME_NOTHING);
    CHECK_EQ(FEED("$OK#9a"), GDB_CAME_PACKET);
    CHECK_STR(in.data, "OK");
}

static void a_packet_of_the_largest_size_fits_and_a_longer_one_is_refused_whole(void)
{
    gdb_in_init(&in);
    FEED("$");
    for (unsigned n = 0; n < GDB_PACKET; n++)
        CHECK_EQ(FEED("a"), GDB_CAME_NOTHING);
    CHECK_EQ(FEED("#00"), GDB_CAME_PACKET);                     /* 4096 * 61h */
    CHECK_EQ(in.len, GDB_PACKET);
    FEED("$");
    for (unsigned n = 0; n < GDB_PACKET + 256; n++)
        CHECK_EQ(FEED("a"), GDB_CAME_NOTHING);
    CHECK_EQ(FEED("#00"), GDB_CAME_TOO_LONG);
    CHECK_EQ(in.len, GDB_PACKET);
    CHECK_EQ(FEED("$OK#9a"), GDB_CAME_PACKET);
}

static void half_a_packet_for_ever_stays_within_its_room(void)
{
    gdb_in_init(&in);
    FEED("$");
    for (unsigned n = 0; n < 1 << 20; n++)
        FEED("}x");
    CHECK_EQ(in.len, GDB_PACKET);
    CHECK_EQ(gdb_in_byte(&in, '$'), GDB_CAME_START);
}

static void what_goes_out_comes_in_again(void)
{
    char all[256];
    GString *out = g_string_new(NULL);

    for (unsigned n = 0; n < 256; n++)
        all[n] = (char)n;
    gdb_frame(out, all, sizeof(all));
    gdb_in_init(&in);
    CHECK_EQ(feed(out->str, out->len), GDB_CAME_PACKET);
    CHECK_EQ(in.len, sizeof(all));
    CHECK(!memcmp(in.data, all, sizeof(all)));
    g_string_truncate(out, 0);
    gdb_frame(out, "a*#}", 4);
    CHECK_STR(out->str, "$a}\x0a}\x03}]#42");
    g_string_free(out, TRUE);
}

static void arguments_are_read_once_and_nothing_behind_an_error(void)
{
    const char text[] = "1f,:zz", digits[] = "12345678123456781";
    struct gdb_args a = { text, text + 6, false };
    uint8_t bytes[2];

    CHECK_EQ(gdb_args_hex(&a), 0x1f);
    CHECK(!gdb_args_char(&a, ':') && gdb_args_char(&a, ',') && gdb_args_word(&a, ":z"));
    CHECK(!gdb_args_end(&a));
    gdb_args_expect(&a, 'y');
    CHECK(a.bad && !gdb_args_char(&a, 'z') && gdb_args_hex(&a) == 0);
    a = (struct gdb_args){ digits, digits + 16, false };
    CHECK_EQ(gdb_args_hex(&a), 0x1234567812345678);
    CHECK(gdb_args_end(&a));
    a = (struct gdb_args){ digits, digits + 17, false };
    CHECK_EQ(gdb_args_hex(&a), 0);                              /* more than 64 bits */
    CHECK(a.bad);
    a = (struct gdb_args){ digits, digits + 3, false };
    gdb_args_bytes(&a, bytes, 2);
    CHECK(a.bad);
    a = (struct gdb_args){ digits, digits + 4, false };
    gdb_args_bytes(&a, bytes, 2);
    CHECK(gdb_args_end(&a) && bytes[0] == 0x12 && bytes[1] == 0x34);
}

int main(void)
{
    TEST(a_packet_is_what_stands_between_dollar_and_sum);
    TEST(the_sum_is_checked);
    TEST(an_escaped_byte_is_taken_with_bit_5_turned);
    TEST(between_packets_there_are_signs_and_interrupts);
    TEST(a_packet_that_is_cut_short_makes_room_for_the_next);
    TEST(a_packet_of_the_largest_size_fits_and_a_longer_one_is_refused_whole);
    TEST(half_a_packet_for_ever_stays_within_its_room);
    TEST(what_goes_out_comes_in_again);
    TEST(arguments_are_read_once_and_nothing_behind_an_error);
    return test_end();
}
