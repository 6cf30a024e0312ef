/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Telnet and websockets on a channel: the sentences of RFC 854 and RFC 6455, and peers that do not keep to them
 */

#include "tests/test.h"

#include "io/channel.h"
#include "io/telnet.h"
#include "io/websocket.h"
#include "lib/epoch.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static struct loop *loop;

/* An owner that reads all there is, and the peer's descriptor. */
static struct {
    struct channel c;
    int peer;
    char got[70000];
    size_t len, take;           /* take: bytes per read */
    unsigned ups, breaks, ends;
    size_t len_at_break;
    int code;
} o;

static void owner_read(void)
{
    for (;;) {
        size_t room = sizeof(o.got) - 1 - o.len;
        ssize_t n = channel_read(&o.c, o.got + o.len, o.take && o.take < room ? o.take : room);

        if (n > 0) {
            o.len += n;
            o.got[o.len] = 0;
            continue;
        }
        if (n != -EAGAIN) {
            o.ends++;
            o.code = n;
            channel_close(&o.c);
        }
        return;
    }
}

static void owner_ready(struct channel *c, unsigned events)
{
    o.ups += !!(events & CHANNEL_UP);
    if (events & CHANNEL_BREAK) {
        o.breaks++;
        o.len_at_break = o.len;
        return;
    }
    if (!c->up) {
        o.ends++;
        o.code = -EPROTO;
        channel_close(c);
        return;
    }
    if (events & (LOOP_IN | LOOP_HUP))
        owner_read();
    if (channel_is_open(c))
        channel_want(c, LOOP_IN);
}

enum kind { TELNET, RECORDS, WEBSOCKET, BOTH };

static void turns(unsigned n)
{
    while (n--)
        loop_turn(loop, 0);
}

static void start(enum kind kind)
{
    int fds[2];

    memset(&o, 0, sizeof(o));
    o.c.ready = owner_ready;
    CHECK_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
    o.peer = fds[1];
    CHECK_EQ(channel_open(&o.c, loop, fds[0], fds[0], true, NULL), 0);
    if (kind >= WEBSOCKET)
        websocket_push(&o.c);
    if (kind != WEBSOCKET)
        telnet_push(&o.c, kind == RECORDS);
    CHECK(!o.c.up);
    turns(2);
}

static void end(void)
{
    channel_close(&o.c);
    close(o.peer);
}

static void say(const void *bytes, size_t n)
{
    CHECK_EQ(write(o.peer, bytes, n), (ssize_t)n);
    turns(4);
}

#define SAY(literal) say(literal, sizeof(literal) - 1)

/* What the peer has to read now. */
static size_t hear(char *buf, size_t size)
{
    ssize_t n;

    turns(3);
    n = recv(o.peer, buf, size - 1, MSG_DONTWAIT);
    buf[n > 0 ? n : 0] = 0;
    return n > 0 ? n : 0;
}

#define HEARS(literal) do { \
        char heard_[4000]; \
        CHECK_EQ(hear(heard_, sizeof(heard_)), sizeof(literal) - 1); \
        CHECK(!memcmp(heard_, literal, sizeof(literal) - 1)); \
    } while (0)

/* Telnet */

#define GREETING "\xff\xfb\x01\xff\xfb\x03\xff\xfb\x00\xff\xfd\x00"

static void telnet_offers_a_transparent_line_of_characters(void)
{
    start(TELNET);
    CHECK_EQ(o.ups, 1);
    HEARS(GREETING);
    end();
    start(RECORDS);
    HEARS("\xff\xfd\x19\xff\xfb\x19\xff\xfd\x00\xff\xfb\x00\xff\xfd\x18\xff\xfa\x18\x01\xff\xf0");
    end();
}

static void commands_of_telnet_are_no_data(void)
{
    start(TELNET);
    HEARS(GREETING);
    SAY("a\xff\xfd\x01" "b\xff\xfb\x1f" "c\xff\xf1" "d\xff\xfa\x18\x00xterm\xff\xff\xfa\xff\xf0" "e\xff\xff" "f\r\0g");
    CHECK_EQ(o.len, 10);
    CHECK(!memcmp(o.got, "abcde\xff" "f\r\0g", 10));
    HEARS("");
    end();
}

static void every_cut_of_a_command_is_understood(void)
{
    static const char text[] = "1\xff\xfd\x03" "2\xff\xff" "3\xff\xfa\x01\xff\xff\xff\xf0" "4";

    start(TELNET);
    for (size_t i = 0; i < sizeof(text) - 1; i++)
        say(text + i, 1);
    CHECK_STR(o.got, "12\xff" "34");
    end();
}

static void ff_is_doubled_on_its_way_out(void)
{
    start(TELNET);
    HEARS(GREETING);
    CHECK_EQ(channel_write(&o.c, "x\xff\xf3y", 4), 4);
    HEARS("x\xff\xff\xf3y");
    end();
}

static void a_break_comes_between_the_bytes_around_it(void)
{
    start(TELNET);
    SAY("one\xff\xf3two");
    CHECK_EQ(o.breaks, 1);
    CHECK_EQ(o.len_at_break, 3);
    CHECK_STR(o.got, "onetwo");
    end();
}

static void records_keep_their_ends(void)
{
    start(RECORDS);
    o.take = 3;
    SAY("ab\xff\xef" "cd\xff\xff" "e\xff\xef");
    CHECK_STR(o.got, "ab\xff\xef" "cd\xff" "e\xff\xef");
    CHECK_EQ(channel_write(&o.c, "z\xff\xef", 3), 3);
    turns(1);
    end();
}

static void a_subnegotiation_without_end_takes_no_memory(void)
{
    char block[4096];

    start(TELNET);
    memset(block, 'x', sizeof(block));
    SAY("\xff\xfa\x18");
    for (int i = 0; i < 100; i++)
        say(block, sizeof(block));
    CHECK_EQ(o.len, 0);
    SAY("\xff\xf0" "done");
    CHECK_STR(o.got, "done");
    end();
}

/* Sends what it can, and hears what there is, until all n bytes have come; returns whether they are those. */
static void slow_peer(size_t n, size_t overhead)
{
    size_t sent = 0, heard = 0, marks = 0;
    static char block[3000];

    memset(block, '\xff', sizeof(block));
    while (heard < n * 2 + overhead) {
        char buf[700];
        ssize_t r;

        if (sent < n) {
            r = channel_write(&o.c, block, n - sent < sizeof(block) ? n - sent : sizeof(block));
            CHECK(r > 0 || r == -EAGAIN);
            sent += r > 0 ? r : 0;
        }
        channel_want(&o.c, LOOP_IN | LOOP_OUT);
        loop_turn(loop, 0);
        r = recv(o.peer, buf, sizeof(buf), MSG_DONTWAIT);
        for (ssize_t i = 0; i < r; i++)
            marks += buf[i] == '\xff';
        heard += r > 0 ? r : 0;
    }
    CHECK_EQ(marks, n * 2);
    CHECK(channel_flush(&o.c));
}

static void a_slow_peer_of_telnet_loses_nothing(void)
{
    int small = 1;

    start(TELNET);
    HEARS(GREETING);
    setsockopt(channel_fd(&o.c), SOL_SOCKET, SO_SNDBUF, &small, sizeof(small));
    slow_peer(1000000, 0);
    end();
}

/* Websockets */

#define KEY "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
#define UPGRADE "Upgrade: websocket\r\nConnection: Upgrade\r\n"
#define VERSION "Sec-WebSocket-Version: 13\r\n"
#define BINARY "Sec-WebSocket-Protocol: binary\r\n"
#define GET "GET / HTTP/1.1\r\nHost: x\r\n"
#define ANSWER "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" \
               "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"

/* The example of section 1.3. */
static void a_request_is_answered_with_its_key(void)
{
    start(WEBSOCKET);
    CHECK_EQ(o.ups, 0);
    SAY(GET UPGRADE KEY VERSION);
    HEARS("");
    SAY(BINARY "\r\n");
    HEARS(ANSWER BINARY "\r\n");
    CHECK_EQ(o.ups, 1);
    end();
}

static void requests_may_be_written_differently(void)
{
    static const char *const good[] = {
        GET UPGRADE KEY VERSION "\r\n",
        "GET /some/where?x=y HTTP/1.1\r\nhost:x\r\nupgrade: WebSocket\r\nconnection: keep-alive, upgrade \r\n"
        KEY VERSION "\r\n",
        GET UPGRADE KEY VERSION "Sec-WebSocket-Protocol: chat , binary\r\n\r\n",
    };

    for (unsigned i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        char buf[1000];

        start(WEBSOCKET);
        say(good[i], strlen(good[i]));
        hear(buf, sizeof(buf));
        CHECK(!strncmp(buf, ANSWER, strlen(ANSWER)));
        CHECK_EQ(!!strstr(buf, BINARY), i == 2);
        end();
    }
}

static void other_requests_are_refused_with_400(void)
{
    static const char *const bad[] = {
        "POST / HTTP/1.1\r\nHost: x\r\n" UPGRADE KEY VERSION "\r\n",
        "GET / HTTP/1.0\r\nHost: x\r\n" UPGRADE KEY VERSION "\r\n",
        "GET / HTTP/1.1\r\n" UPGRADE KEY VERSION "\r\n", GET "Upgrade: websocket\r\n" KEY VERSION "\r\n",
        GET "Connection: Upgrade\r\n" KEY VERSION "\r\n", GET UPGRADE VERSION "\r\n",
        GET UPGRADE "Sec-WebSocket-Key: abc\r\n" VERSION "\r\n", GET UPGRADE KEY "\r\n",
        GET UPGRADE KEY "Sec-WebSocket-Version: 8\r\n\r\n",
        GET UPGRADE KEY VERSION "Sec-WebSocket-Protocol: chat\r\n\r\n",
        "\r\n\r\n", "GET /\r\n\r\n", "GET / HTTP/1.1\r\n\r\n", "hello, is this telnet?\r\n\r\n",
        GET UPGRADE KEY VERSION "Sec-WebSocket-Protocol:\r\n\r\n",
    };

    for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        char buf[1000];

        start(WEBSOCKET);
        say(bad[i], strlen(bad[i]));
        hear(buf, sizeof(buf));
        if (strncmp(buf, "HTTP/1.1 400 ", 13))
            printf("# %s\n", bad[i]);
        CHECK(!strncmp(buf, "HTTP/1.1 400 ", 13));
        CHECK_EQ(o.ups, 0);
        CHECK_EQ(o.ends, 1);
        end();
    }
}

static void a_request_of_any_length_is_bounded(void)
{
    char buf[1000], block[5000];

    start(WEBSOCKET);
    memset(block, 'a', sizeof(block));
    say(block, 4096);
    CHECK_EQ(o.ends, 0);
    say(block, 1);
    CHECK_EQ(o.ends, 1);
    hear(buf, sizeof(buf));
    CHECK(strstr(buf, "too long"));
    end();
}

static void open_websocket(enum kind kind)
{
    start(kind);
    SAY(GET UPGRADE KEY VERSION BINARY "\r\n");
    if (kind == WEBSOCKET)
        HEARS(ANSWER BINARY "\r\n");
    else
        HEARS(ANSWER BINARY "\r\n\x82\x0c" GREETING);
    CHECK_EQ(o.ups, 1);
}

static size_t frame(uint8_t *out, uint8_t first, const void *data, size_t n)
{
    static const uint8_t mask[4] = { 1, 2, 3, 4 };
    size_t at = 0;

    out[at++] = first;
    out[at++] = 0x80 | (n < 126 ? n : n < 65536 ? 126 : 127);
    for (int shift = n < 126 ? -8 : n < 65536 ? 8 : 56; shift >= 0; shift -= 8)
        out[at++] = (uint64_t)n >> shift;
    memcpy(out + at, mask, 4);
    at += 4;
    for (size_t i = 0; i < n; i++)
        out[at++] = ((const uint8_t *)data)[i] ^ mask[i % 4];
    return at;
}

static void send_frame(uint8_t first, const void *data, size_t n)
{
    static uint8_t buf[70100];

    say(buf, frame(buf, first, data, n));
}

static void binary_frames_are_bytes_both_ways(void)
{
    static char block[60000];

    for (size_t i = 0; i < sizeof(block); i++)
        block[i] = 'a' + i % 26;
    open_websocket(WEBSOCKET);
    send_frame(0x82, "hello", 5);
    send_frame(0x82, "", 0);
    send_frame(0x02, " part", 5);
    send_frame(0x89, "mid", 3);
    send_frame(0x00, " by ", 4);
    send_frame(0x80, "part", 4);
    CHECK_STR(o.got, "hello part by part");
    HEARS("\x8a\x03mid");
    send_frame(0x82, block, 200);
    CHECK_EQ(o.len, 218);
    CHECK(!memcmp(o.got + 18, block, 200));
    send_frame(0x82, block, sizeof(block));
    turns(20);
    CHECK_EQ(o.len, 218 + sizeof(block));
    CHECK(!memcmp(o.got + 218, block, sizeof(block)));
    CHECK_EQ(channel_write(&o.c, "out", 3), 3);
    HEARS("\x82\x03out");
    CHECK_EQ(channel_write(&o.c, block, 300), 300);
    end();
}

static void every_cut_of_a_frame_is_understood(void)
{
    uint8_t buf[400];
    size_t n;

    open_websocket(WEBSOCKET);
    n = frame(buf, 0x82, "abc", 3);
    n += frame(buf + n, 0x8a, "pong", 4);
    n += frame(buf + n, 0x82, buf, 130);
    for (size_t i = 0; i < n; i++)
        say(buf + i, 1);
    CHECK_EQ(o.len, 133);
    end();
}

static void close_is_answered_and_ends(void)
{
    open_websocket(WEBSOCKET);
    send_frame(0x82, "bye", 3);
    send_frame(0x88, "\x03\xe8gone", 6);
    CHECK_STR(o.got, "bye");
    HEARS("\x88\x02\x03\xe8");
    CHECK_EQ(o.ends, 1);
    CHECK_EQ(o.code, 0);
    end();
}

static void frames_that_break_the_rules_end_it(void)
{
    static const struct { const char *bytes; size_t n; const char *status; } cases[] = {
        { "\x81\x81\1\2\3\4x", 7, "\x03\xeb" },                 /* text */
        { "\x82\x01x", 3, "\x03\xea" },                         /* not masked: of the mask there is "x" only */
        { "\xc2\x81\1\2\3\4x", 7, "\x03\xea" },                 /* an extension */
        { "\x83\x81\1\2\3\4x", 7, "\x03\xeb" },                 /* reserved opcodes */
        { "\x8b\x81\1\2\3\4x", 7, "\x03\xea" },
        { "\x09\x81\1\2\3\4x", 7, "\x03\xea" },                 /* a ping in pieces */
        { "\x89\xfe\0\x7e\1\2\3\4", 8, "\x03\xea" },            /* a long one */
        { "\x80\x81\1\2\3\4x", 7, "\x03\xea" },                 /* continues nothing */
        { "\x82\xff\x80\0\0\0\0\0\0\0\1\2\3\4", 14, "\x03\xea" },       /* 2^63 bytes */
    };

    for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char buf[300];

        open_websocket(WEBSOCKET);
        say(cases[i].bytes, cases[i].n);
        if (i == 1)
            SAY("xxx");
        hear(buf, sizeof(buf));
        CHECK_EQ((uint8_t)buf[0], 0x88);
        CHECK(!memcmp(buf + 2, cases[i].status, 2));
        CHECK_EQ(o.ends, 1);
        CHECK_EQ(o.code, -EPROTO);
        CHECK_EQ(o.len, 0);
        end();
    }
}

static void a_length_of_2_to_the_62_asks_for_no_memory(void)
{
    open_websocket(WEBSOCKET);
    SAY("\x82\xff\x40\0\0\0\0\0\0\0\0\0\0\0");
    for (int i = 0; i < 50; i++)
        SAY("0123456789");
    CHECK_EQ(o.len, 500);
    end();
}

/* A thousand pings from a peer that reads nothing: what there is no room for is not answered, and nothing grows. */
static void pings_do_not_pile_up(void)
{
    char data[125] = "";
    int small = 1;

    open_websocket(WEBSOCKET);
    setsockopt(channel_fd(&o.c), SOL_SOCKET, SO_SNDBUF, &small, sizeof(small));
    for (int i = 0; i < 1000; i++)
        send_frame(0x89, data, sizeof(data));
    send_frame(0x82, "still here", 10);
    CHECK_STR(o.got, "still here");
    end();
}

static void telnet_can_be_inside_a_websocket(void)
{
    open_websocket(BOTH);
    send_frame(0x82, "a\xff", 2);
    send_frame(0x82, "\xff" "b\xff\xf3" "c", 5);
    CHECK_STR(o.got, "a\xff" "bc");
    CHECK_EQ(o.breaks, 1);
    end();
}

/* Any bytes at all: nothing crashes, and what is told is consistent. */
static void noise_is_survived(void)
{
    uint32_t seed = 1;

    for (unsigned round = 0; round < 300; round++) {
        uint8_t noise[600];

        start(round % 4);
        if (round % 4 >= WEBSOCKET && round % 8 >= 4)
            SAY(GET UPGRADE KEY VERSION "\r\n");
        for (unsigned i = 0; i < sizeof(noise); i++) {
            seed = seed * 1103515245 + 12345;
            noise[i] = seed >> 16;
            if (seed >> 28 < 6)
                noise[i] = (const uint8_t[]){ 0xff, 0xfa, 0xf0, 0x82, 0x80, 0x89 }[seed >> 28];
        }
        for (unsigned at = 0; at < sizeof(noise) && channel_is_open(&o.c); at += 60)
            say(noise + at, 60);
        CHECK(o.ups <= 1 && o.ends <= 1);
        end();
    }
}

static void a_peer_that_leaves_in_any_state_is_told_once(void)
{
    for (enum kind kind = TELNET; kind <= BOTH; kind++)
        for (int sent = 0; sent < 3; sent++) {
            start(kind);
            if (sent == 1)
                SAY("GET /");
            if (sent == 2)
                SAY(GET UPGRADE KEY VERSION "\r\n");
            shutdown(o.peer, SHUT_RDWR);
            turns(5);
            CHECK_EQ(o.ends, 1);
            end();
        }
}

int main(void)
{
    epoch_thread_init();
    signal(SIGPIPE, SIG_IGN);
    if (loop_new(&loop, NULL))
        return 1;
    TEST(telnet_offers_a_transparent_line_of_characters);
    TEST(commands_of_telnet_are_no_data);
    TEST(every_cut_of_a_command_is_understood);
    TEST(ff_is_doubled_on_its_way_out);
    TEST(a_break_comes_between_the_bytes_around_it);
    TEST(records_keep_their_ends);
    TEST(a_subnegotiation_without_end_takes_no_memory);
    TEST(a_slow_peer_of_telnet_loses_nothing);
    TEST(a_request_is_answered_with_its_key);
    TEST(requests_may_be_written_differently);
    TEST(other_requests_are_refused_with_400);
    TEST(a_request_of_any_length_is_bounded);
    TEST(binary_frames_are_bytes_both_ways);
    TEST(every_cut_of_a_frame_is_understood);
    TEST(close_is_answered_and_ends);
    TEST(frames_that_break_the_rules_end_it);
    TEST(a_length_of_2_to_the_62_asks_for_no_memory);
    TEST(pings_do_not_pile_up);
    TEST(telnet_can_be_inside_a_websocket);
    TEST(noise_is_survived);
    TEST(a_peer_that_leaves_in_any_state_is_told_once);
    loop_free(loop);
    return test_end();
}
