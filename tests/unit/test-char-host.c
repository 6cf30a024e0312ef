/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Chardevs on what the host has: datagrams, named pipes, serial and parallel ports.  A pseudo-terminal stands for a
 * serial port; of a parallel port only the refusal of what is none can be seen without one.
 */

#include "lib/ring.h"
#include "tests/unit/char-bench.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <termios.h>

/* A datagram socket on a port of its own. */
static int peer_open(unsigned *port)
{
    struct sockaddr_in in = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t len = sizeof(in);
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

    CHECK_EQ(bind(fd, (struct sockaddr *)&in, sizeof(in)), 0);
    CHECK_EQ(getsockname(fd, (struct sockaddr *)&in, &len), 0);
    *port = ntohs(in.sin_port);
    return fd;
}

static struct chardev *open_udp(struct user *u, int *peer)
{
    struct sockaddr_in in;
    socklen_t len = sizeof(in);
    struct chardev *chr;
    char option[100], byte;
    unsigned port;

    *peer = peer_open(&port);
    snprintf(option, sizeof(option), "udp,id=u,host=127.0.0.1,port=%u", port);
    chr = open_user(option, u);
    CHECK_STR(chardev_filename(chr), "udp");
    CHECK_EQ(chardev_write(&u->front, "?", 1), 1);
    turns(2);
    CHECK_EQ(u->opened, 1);
    CHECK_EQ(recvfrom(*peer, &byte, 1, 0, (struct sockaddr *)&in, &len), 1);
    CHECK_EQ(connect(*peer, (struct sockaddr *)&in, len), 0);
    return chr;
}

static void a_burst_is_a_datagram(void)
{
    struct user u;
    int peer;
    struct chardev *chr = open_udp(&u, &peer);

    chardev_write(&u.front, "one", 3);
    turns(2);
    chardev_write(&u.front, "two", 3);
    CHECK_STR(hear(peer), "one");
    CHECK_STR(hear(peer), "two");
    CHECK_EQ(send(peer, "three", 5, 0), 5);
    CHECK_EQ(send(peer, "", 0, 0), 0);
    CHECK_EQ(send(peer, "four", 4, 0), 4);
    WAIT_FOR(u.got_len == 9);
    CHECK_STR(u.got, "threefour");
    CHECK_EQ(u.closed, 0);
    close(peer);
    done(chr, &u);
}

static void a_datagram_longer_than_the_ring_arrives_whole(void)
{
    static char text[3 * RING_BYTES + 100];
    struct user u;
    int peer;
    struct chardev *chr = open_udp(&u, &peer);

    for (unsigned i = 0; i < sizeof(text); i++)
        text[i] = 'a' + i % 26;
    CHECK_EQ(send(peer, text, sizeof(text), 0), sizeof(text));
    CHECK_EQ(send(peer, "!", 1, 0), 1);
    WAIT_FOR(u.got_len == sizeof(text) + 1);
    CHECK(!memcmp(u.got, text, sizeof(text)));
    CHECK_EQ(u.got[sizeof(text)], '!');
    close(peer);
    done(chr, &u);
}

static void only_the_peer_is_heard_and_its_absence_is_survived(void)
{
    struct sockaddr_in in;
    socklen_t len = sizeof(in);
    struct user u;
    unsigned port;
    int peer, other = peer_open(&port);
    struct chardev *chr = open_udp(&u, &peer);

    CHECK_EQ(getpeername(peer, (struct sockaddr *)&in, &len), 0);
    CHECK_EQ(sendto(other, "not me", 6, 0, (struct sockaddr *)&in, len), 6);
    CHECK_EQ(send(peer, "me", 2, 0), 2);
    WAIT_FOR(u.got_len == 2);
    CHECK_STR(u.got, "me");
    close(peer);
    for (int i = 0; i < 5; i++) {
        CHECK_EQ(chardev_write(&u.front, "hello?", 6), 6);
        turns(3);
    }
    CHECK_EQ(u.closed, 0);
    close(other);
    done(chr, &u);
}

static void where_it_comes_from_can_be_chosen(void)
{
    struct sockaddr_in in;
    socklen_t len = sizeof(in);
    struct user u;
    char option[200], byte;
    unsigned port, mine;
    int peer = peer_open(&port), other = peer_open(&mine);
    struct chardev *chr;

    close(other);
    snprintf(option, sizeof(option), "udp,id=u,host=127.0.0.1,port=%u,localaddr=127.0.0.1,localport=%u", port, mine);
    chr = open_user(option, &u);
    chardev_write(&u.front, "x", 1);
    turns(2);
    CHECK_EQ(recvfrom(peer, &byte, 1, 0, (struct sockaddr *)&in, &len), 1);
    CHECK_EQ(ntohs(in.sin_port), mine);
    close(peer);
    done(chr, &u);
}

static void check_not_opened(const char *option, const char *says)
{
    struct error *err = NULL;
    struct chardev_config cfg;

    CHECK_EQ(chardev_parse_option(&cfg, option, NULL), 0);
    CHECK(!chardev_open(&set, &cfg, &err));
    check_refused(-1, err, option, says);
    CHECK(!chardev_next(&set, NULL));
}

static void what_the_host_has_not_is_refused_by_name(void)
{
    check_not_opened("udp,id=a,host=127.0.0.1,port=1,localaddr=192.0.2.1", "192.0.2.1");
    check_not_opened("udp,id=a,host=127.0.0.1,port=1,localaddr=::1", "127.0.0.1");
    check_not_opened("udp,id=a,host=127.0.0.1,port=99999", "0 to 65535");
    check_not_opened("pipe,id=a,path=/nowhere/p", "/nowhere/p");
    check_not_opened("serial,id=a,path=/nowhere/s", "/nowhere/s");
    check_not_opened("parallel,id=a,path=/nowhere/l", "/nowhere/l");
    check_not_opened("parallel,id=a,path=/dev/null", "use /dev/null as a parallel port");
}

/* Named pipes */

static void two_pipes_are_two_directions(void)
{
    char in[200], out[200];
    struct user u;
    struct chardev *chr;
    int to, from;

    snprintf(in, sizeof(in), "%s/p.in", dir);
    snprintf(out, sizeof(out), "%s/p.out", dir);
    CHECK_EQ(mkfifo(in, 0600) | mkfifo(out, 0600), 0);
    chr = open_user(in_dir("pipe,id=p,path=%s", "p"), &u);
    CHECK_STR(chardev_filename(chr), "pipe");
    to = open(in, O_WRONLY);
    from = open(out, O_RDONLY | O_NONBLOCK);
    CHECK_EQ(write(to, "in", 2), 2);
    chardev_write(&u.front, "out", 3);
    turns(4);
    CHECK_STR(u.got, "in");
    CHECK_EQ(read(from, in, 10), 3);
    close(to);
    close(from);
    turns(4);
    CHECK_EQ(u.closed, 0);
    to = open(in_dir("%s", "p.in"), O_WRONLY);
    CHECK_EQ(write(to, "again", 5), 5);
    turns(4);
    CHECK_STR(u.got, "inagain");
    close(to);
    done(chr, &u);
}

static void one_pipe_is_both_directions(void)
{
    struct user u;
    struct chardev *chr;

    CHECK_EQ(mkfifo(in_dir("%s", "one"), 0600), 0);
    chr = open_user(in_dir("pipe,id=p,path=%s", "one"), &u);
    chardev_write(&u.front, "echo", 4);
    turns(4);
    CHECK_STR(u.got, "echo");
    done(chr, &u);
}

/* Serial ports */

static void a_terminal_gets_the_settings_of_the_guest_s_port(void)
{
    struct char_line line = { .speed = 9615, .data_bits = 7, .parity = 'E', .stop_bits = 2, .dtr = true };
    int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC), slave;
    char option[100], path[64];
    struct termios t;
    struct user u;
    struct chardev *chr;

    CHECK_EQ(grantpt(master) | unlockpt(master) | ptsname_r(master, path, sizeof(path)), 0);
    slave = open(path, O_RDWR | O_NOCTTY);
    snprintf(option, sizeof(option), "serial,id=s,path=%s", path);
    chr = open_user(option, &u);
    CHECK_STR(chardev_filename(chr), "serial");
    CHECK_EQ(tcgetattr(slave, &t), 0);
    CHECK_EQ(cfgetospeed(&t), B115200);
    CHECK_EQ(t.c_cflag & (CSIZE | PARENB | CSTOPB), CS8);
    CHECK(!(t.c_lflag & (ICANON | ECHO | ISIG)) && !(t.c_oflag & OPOST));
    chardev_set_line(&u.front, &line);
    turns(2);
    CHECK_EQ(tcgetattr(slave, &t), 0);
    CHECK_EQ(cfgetospeed(&t), B9600);
    /* A pseudo-terminal has eight bits and no parity, whatever is asked for. */
    CHECK(t.c_cflag & CSTOPB);
    chardev_write(&u.front, "out\n", 4);
    turns(3);
    CHECK_EQ(read(master, option, 10), 4);
    CHECK_EQ(write(master, "in\r", 3), 3);
    WAIT_FOR(u.got_len == 3);
    CHECK_STR(u.got, "in\r");
    close(slave);
    close(master);
    done(chr, &u);
}

/* A line that was set before, and while another back end was there, is the new one's. */
static void settings_follow_a_change(void)
{
    struct char_line line = { .speed = 300, .data_bits = 8, .parity = 'N', .stop_bits = 2 };
    int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    char path[64], option[100];
    struct chardev_config cfg;
    struct termios t;
    struct user u;
    struct chardev *chr = open_user("null,id=s", &u);

    u.front.swappable = true;
    chardev_set_line(&u.front, &line);
    turns(2);
    CHECK_EQ(grantpt(master) | unlockpt(master) | ptsname_r(master, path, sizeof(path)), 0);
    snprintf(option, sizeof(option), "serial,path=%s", path);
    CHECK_EQ(chardev_parse_change(&cfg, option, "s", NULL), 0);
    CHECK_EQ(chardev_change(chr, &cfg, &chr, NULL), 0);
    turns(2);
    CHECK_EQ(tcgetattr(master, &t), 0);
    CHECK_EQ(cfgetospeed(&t), B300);
    CHECK(t.c_cflag & CSTOPB);
    done(chr, &u);
    close(master);
}

static void what_is_no_terminal_gets_bytes(void)
{
    struct char_line line = { .speed = 1, .data_bits = 5, .parity = 'O', .stop_bits = 1, .in_break = true };
    struct user u;
    struct chardev *chr = open_user("tty,id=s,path=/dev/null", &u);

    chardev_set_line(&u.front, &line);
    chardev_write(&u.front, "x", 1);
    turns(3);
    CHECK_EQ(u.closed, 0);
    done(chr, &u);
    chardev_set_line(&u.front, &line);
}

int main(void)
{
    if (bench_start())
        return 1;
    TEST(a_burst_is_a_datagram);
    TEST(a_datagram_longer_than_the_ring_arrives_whole);
    TEST(only_the_peer_is_heard_and_its_absence_is_survived);
    TEST(where_it_comes_from_can_be_chosen);
    TEST(what_the_host_has_not_is_refused_by_name);
    TEST(two_pipes_are_two_directions);
    TEST(one_pipe_is_both_directions);
    TEST(a_terminal_gets_the_settings_of_the_guest_s_port);
    TEST(settings_follow_a_change);
    TEST(what_is_no_terminal_gets_bytes);
    return bench_end();
}
