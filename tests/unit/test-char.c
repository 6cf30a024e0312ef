/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Character devices: the sentences of chardev/char.h
 */

#include "lib/epoch.h"
#include "lib/ring.h"
#include "lib/thread.h"
#include "tests/unit/char-bench.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

static unsigned quits;

/* The set */

static void ids_are_unique_and_stdio_is_one(void)
{
    struct chardev *a = open_text("null,id=a"), *s = open_text("stdio,id=s,signal=on");
    struct error *err = NULL;
    struct chardev_config cfg;

    CHECK_EQ(chardev_parse_option(&cfg, "null,id=a", NULL), 0);
    CHECK(!chardev_open(&set, &cfg, &err));
    check_refused(-1, err, "null", "id a");
    err = NULL;
    CHECK_EQ(chardev_parse_option(&cfg, "stdio,id=t", NULL), 0);
    CHECK(!chardev_open(&set, &cfg, &err));
    check_refused(-1, err, "stdio", "chardev s is it");
    CHECK(chardev_find(&set, "a") == a && chardev_find(&set, "s") == s && !chardev_find(&set, "t"));
    CHECK(chardev_next(&set, NULL) == a && chardev_next(&set, a) == s && !chardev_next(&set, s));
    chardev_close(s);
    chardev_close(a);
    CHECK(!chardev_next(&set, NULL));
}

static void hosts_that_refuse_are_errors_with_the_address(void)
{
    static const struct { const char *text, *says; } cases[] = {
        { "socket,id=a,path=/nowhere/at/all", "unix:/nowhere/at/all: connect failed on this host: No such file" },
        { "socket,id=a,path=/nowhere/x,server=on", "unix:/nowhere/x: listen failed on this host: No such file" },
        { "socket,id=a,host=127.0.0.1,port=1", "tcp:127.0.0.1:1: connect failed on this host: Connection refused" },
        { "socket,id=a,host=127.0.0.1,port=70000,server=on", "0 to 65535" },
        { "file,id=a,path=/nowhere/x", "path=/nowhere/x failed on this host" },
        { "null,id=a,logfile=/nowhere/x", "logfile=/nowhere/x" },
        { "null,id=a,mux=on,logfile=/nowhere/x", "logfile=/nowhere/x" },
        { "ringbuf,id=a,size=100", "a power of two" }, { "ringbuf,id=a,size=1G", "256M" },
        { "socket,id=a,fd=9999", "fd:9999" },
    };

    for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct error *err = NULL;
        struct chardev_config cfg;

        CHECK_EQ(chardev_parse_option(&cfg, cases[i].text, NULL), 0);
        CHECK(!chardev_open(&set, &cfg, &err));
        check_refused(-1, err, cases[i].text, cases[i].says);
        CHECK(!chardev_next(&set, NULL));
    }
}

static void a_path_in_use_or_too_long_is_refused(void)
{
    struct chardev *a = open_text(in_dir("socket,id=a,path=%s,server=on,wait=off", "busy"));
    struct error *err = NULL;
    struct chardev_config cfg;

    CHECK_EQ(chardev_parse_option(&cfg, in_dir("socket,id=b,path=%s,server=on", "busy"), NULL), 0);
    CHECK(!chardev_open(&set, &cfg, &err));
    check_refused(-1, err, "busy", "Address already in use");
    err = NULL;
    memset(cfg.address.path, 'x', 200);
    CHECK(!chardev_open(&set, &cfg, &err));
    check_refused(-1, err, "long", "1 to 107 bytes");
    turns(2);
    chardev_close(a);
}

static void one_front_end_at_a_time(void)
{
    struct user u, v;
    struct chardev *chr = open_user("null,id=a", &u);
    struct error *err = NULL;
    int r;

    user_init(&v);
    r = chardev_attach(chr, &v.front, &err);
    CHECK_EQ(r, -EBUSY);
    check_refused(r, err, "attach", "mux=on");
    CHECK(chardev_is_attached(chr));
    chardev_detach(&u.front);
    chardev_detach(&u.front);
    CHECK(!chardev_is_attached(chr));
    CHECK_EQ(chardev_attach(chr, &v.front, NULL), 0);
    done(chr, &v);
}

/* Back ends */

static void null_takes_everything(void)
{
    static char block[100000];
    struct user u;
    struct chardev *chr = open_user("null,id=n", &u);
    size_t n;

    CHECK_STR(chardev_filename(chr), "null");
    turns(1);
    CHECK_EQ(u.opened, 1);
    n = chardev_write(&u.front, block, sizeof(block));
    CHECK_EQ(n, RING_BYTES);
    CHECK_EQ(u.writable, 0);
    turns(2);
    CHECK_EQ(u.writable, 1);
    CHECK_EQ(chardev_write(&u.front, block, 10), 10);
    done(chr, &u);
    CHECK_EQ(chardev_write(&u.front, block, 10), 10);
}

static char *file_text(const char *name)
{
    static char buf[1 << 18];
    FILE *f = fopen(in_dir("%s", name), "r");
    size_t n = f ? fread(buf, 1, sizeof(buf) - 1, f) : 0;

    if (f)
        fclose(f);
    buf[n] = 0;
    return buf;
}

static void file_gets_what_was_written_and_keeps_it_if_asked(void)
{
    struct user u;
    struct chardev *chr = open_user(in_dir("file,id=f,path=%s", "out"), &u);

    CHECK_STR(chardev_filename(chr), "file");
    CHECK_EQ(chardev_write(&u.front, "one\n", 4), 4);
    done(chr, &u);
    CHECK_STR(file_text("out"), "one\n");
    chr = open_user(in_dir("file,id=f,path=%s,append=on", "out"), &u);
    chardev_write(&u.front, "two\n", 4);
    done(chr, &u);
    CHECK_STR(file_text("out"), "one\ntwo\n");
    chr = open_user(in_dir("file,id=f,path=%s", "out"), &u);
    done(chr, &u);
    CHECK_STR(file_text("out"), "");
}

static void a_logfile_gets_all_output(void)
{
    struct user u;
    struct chardev *chr = open_user(in_dir("null,id=n,logfile=%s", "log"), &u);

    chardev_write(&u.front, "first", 5);
    done(chr, &u);
    chr = open_user(in_dir("null,id=n,logfile=%s,logappend=on", "log"), &u);
    chardev_write(&u.front, "second", 6);
    done(chr, &u);
    CHECK_STR(file_text("log"), "firstsecond");
}

static void a_file_can_be_the_input(void)
{
    struct chardev_config cfg;
    struct chardev *chr;
    struct user u;
    FILE *f = fopen(in_dir("%s", "in"), "w");

    for (int i = 0; i < 2000; i++)
        fprintf(f, "line %d\n", i);
    fclose(f);
    chardev_config_init(&cfg, CHAR_FILE, "f");
    strcpy(cfg.path, "/dev/null");
    strcpy(cfg.input_path, in_dir("%s", "in"));
    chr = chardev_open(&set, &cfg, NULL);
    CHECK(chr);
    user_init(&u);
    CHECK_EQ(chardev_attach(chr, &u.front, NULL), 0);
    turns(20);
    CHECK_STR(u.got, file_text("in"));
    done(chr, &u);
}

static void ringbuf_keeps_the_last_bytes(void)
{
    struct user u;
    struct chardev *chr = open_user("ringbuf,id=r,size=8", &u), *n = open_text("null,id=n");
    char buf[16] = "";

    chardev_write(&u.front, "0123456789", 10);
    turns(2);
    CHECK_EQ(chardev_ringbuf_read(chr, buf, 3), 3);
    CHECK_STR(buf, "234");
    CHECK_EQ(chardev_ringbuf_write(chr, "ab", 2), 2);
    CHECK_EQ(chardev_ringbuf_read(chr, buf, 16), 7);
    CHECK(!memcmp(buf, "56789ab", 7));
    CHECK_EQ(chardev_ringbuf_read(n, buf, 16), -EINVAL);
    chardev_close(n);
    done(chr, &u);
}

static void a_socket_server_has_one_client_after_the_other(void)
{
    struct user u;
    struct chardev *chr = open_user(in_dir("socket,id=s,path=%s,server=on,wait=off", "s"), &u);
    int fd, second;

    CHECK_STR(chardev_filename(chr), in_dir("disconnected:unix:%s,server=on", "s"));
    CHECK(!chardev_is_open(chr) && !chardev_is_waiting(chr));
    chardev_write(&u.front, "lost", 4);
    turns(2);
    CHECK_EQ(u.opened, 0);
    fd = connect_to("s");
    second = connect_to("s");
    turns(2);
    CHECK_EQ(u.opened, 1);
    CHECK_STR(chardev_filename(chr), in_dir("unix:%s,server=on", "s"));
    CHECK_EQ(chardev_write(&u.front, "hello", 5), 5);
    CHECK_STR(hear(fd), "hello");
    say(fd, "to you");
    CHECK_STR(u.got, "to you");
    say(second, ", next");
    CHECK_STR(u.got, "to you");
    close(fd);
    turns(4);
    CHECK_EQ(u.closed, 1);
    CHECK_EQ(u.opened, 2);
    CHECK_STR(u.got, "to you, next");
    close(second);
    turns(4);
    CHECK_STR(chardev_filename(chr), in_dir("disconnected:unix:%s,server=on", "s"));
    done(chr, &u);
    CHECK(access(in_dir("%s", "s"), F_OK));
}

static void what_a_client_sent_before_it_left_arrives(void)
{
    struct user u;
    struct chardev *chr = open_user(in_dir("socket,id=s,path=%s,server=on,wait=off", "s"), &u);
    int fd = connect_to("s");

    CHECK_EQ(write(fd, "bye", 3), 3);
    close(fd);
    turns(5);
    CHECK_STR(u.got, "bye");
    CHECK_EQ(u.opened, 1);
    CHECK_EQ(u.closed, 1);
    done(chr, &u);
}

static void nothing_is_heard_before_opened(void)
{
    struct chardev *chr = open_text(in_dir("socket,id=s,path=%s,server=on,wait=off", "s"));
    int fd = connect_to("s");
    struct user u;

    turns(2);
    CHECK_EQ(write(fd, "early", 5), 5);
    user_init(&u);
    CHECK_EQ(chardev_attach(chr, &u.front, NULL), 0);
    close(fd);
    turns(5);
    CHECK_STR(u.got, "early");
    CHECK(!u.early);
    done(chr, &u);
}

static void a_client_that_leaves_an_unused_server_makes_room(void)
{
    struct chardev *chr = open_text(in_dir("socket,id=s,path=%s,server=on,wait=off", "s"));

    for (int i = 0; i < 3; i++) {
        int fd = connect_to("s");

        turns(2);
        CHECK(chardev_is_open(chr));
        close(fd);
        turns(3);
        CHECK(!chardev_is_open(chr));
    }
    chardev_close(chr);
}

static void wait_holds_until_the_first_client(void)
{
    struct chardev *chr = open_text(in_dir("socket,id=s,path=%s,server=on", "s"));
    int fd;

    turns(3);
    CHECK(chardev_is_waiting(chr));
    fd = connect_to("s");
    turns(2);
    CHECK(!chardev_is_waiting(chr));
    close(fd);
    turns(3);
    CHECK(!chardev_is_waiting(chr));
    chardev_close(chr);
}

static void a_client_of_a_server_talks_both_ways(void)
{
    struct user u, v;
    struct chardev *server = open_user("socket,id=s,host=127.0.0.1,port=0,server=on,wait=off", &u), *client;
    const char *port = strrchr(chardev_filename(server), ':') + 1;
    char option[100], gone[100];

    snprintf(option, sizeof(option), "socket,id=c,host=127.0.0.1,port=%d,nodelay=on", atoi(port));
    client = open_user(option, &v);
    turns(3);
    CHECK(!strncmp(chardev_filename(client), "tcp:127.0.0.1:", 14));
    CHECK(strstr(chardev_filename(client), " <-> 127.0.0.1:"));
    CHECK(strstr(chardev_filename(server), ",server=on <-> 127.0.0.1:"));
    chardev_write(&v.front, "ping", 4);
    chardev_write(&u.front, "pong", 4);
    for (int i = 0; i < 1000 && (u.got_len < 4 || v.got_len < 4); i++)
        loop_turn(loop, 10);
    CHECK_STR(u.got, "ping");
    CHECK_STR(v.got, "pong");
    chardev_detach(&u.front);
    chardev_close(server);
    for (int i = 0; i < 1000 && !v.closed; i++)
        loop_turn(loop, 10);
    CHECK_EQ(v.closed, 1);
    snprintf(gone, sizeof(gone), "disconnected:tcp:127.0.0.1:%d", atoi(strstr(option, "port=") + 5));
    CHECK_STR(chardev_filename(client), gone);
    done(client, &v);
}

enum { TRAFFIC = 1 << 20 };
static struct user sender;
static _Atomic bool room;
static void sender_writable(struct char_front *f)
{
    room = true;
}

static void *send_all(void *opaque)
{
    for (uint32_t at = 0; at < TRAFFIC; ) {
        uint8_t block[700];
        unsigned n = TRAFFIC - at < 700 ? TRAFFIC - at : 700, took;

        for (unsigned i = 0; i < n; i++)
            block[i] = (at + i) * 13 + ((at + i) >> 9);
        room = false;
        took = chardev_write(&sender.front, block, n);
        at += took;
        while (took < n && !room)
            sched_yield();
    }
    return NULL;
}

static void a_slow_client_loses_nothing(void)
{
    struct chardev *chr = open_user(in_dir("socket,id=s,path=%s,server=on,wait=off", "s"), &sender);
    int fd = connect_to("s");
    struct thread t;
    uint32_t at = 0;

    sender.front.writable = sender_writable;
    turns(2);
    CHECK_EQ(thread_start(&t, "sender", send_all, NULL, NULL), 0);
    while (at < TRAFFIC) {
        uint8_t buf[5000];
        ssize_t n;

        loop_turn(loop, 1);
        n = recv(fd, buf, sizeof(buf), MSG_DONTWAIT);
        for (ssize_t i = 0; i < n; i++, at++)
            if (buf[i] != (uint8_t)(at * 13 + (at >> 9)))
                CHECK_EQ(buf[i], (uint8_t)(at * 13 + (at >> 9)));
    }
    thread_join(&t);
    close(fd);
    done(chr, &sender);
}

static void a_slow_front_end_loses_nothing(void)
{
    struct user u;
    struct chardev *chr = open_user(in_dir("socket,id=s,path=%s,server=on,wait=off", "s"), &u);
    static char lines[40000];
    int fd = connect_to("s");
    size_t sent = 0;

    u.take = 1;
    turns(2);
    for (int i = 0; i < 2000; i++)
        sent += sprintf(lines + sent, "line %d\n", i);
    CHECK_EQ(write(fd, lines, sent), sent);
    close(fd);
    turns(20);
    CHECK(u.got_len < 100);
    CHECK_EQ(u.closed, 0);
    u.take = 100;
    for (int i = 0; i < 1000 && u.got_len < sent; i++) {
        user_readable(&u.front);
        turns(1);
    }
    CHECK_EQ(u.got_len, sent);
    CHECK(strstr(u.got, "line 1999\n"));
    turns(3);
    CHECK_EQ(u.closed, 1);
    done(chr, &u);
}

static void the_next_client_ends_what_a_gone_one_left_unread(void)
{
    struct user u;
    struct chardev *chr = open_user(in_dir("socket,id=s,path=%s,server=on,wait=off", "s"), &u);
    static char much[3 * RING_BYTES];
    int fd = connect_to("s");

    u.front.readable = NULL;    /* a guest that does not look */
    turns(2);
    CHECK_EQ(write(fd, much, sizeof(much)), sizeof(much));
    close(fd);
    turns(20);
    CHECK_EQ(u.closed, 0);
    fd = connect_to("s");
    turns(5);
    CHECK_EQ(u.closed, 1);
    CHECK(chardev_is_open(chr));
    chardev_write(&u.front, "hello", 5);
    turns(3);
    CHECK_EQ(recv(fd, much, sizeof(much), MSG_DONTWAIT), 5);
    close(fd);
    done(chr, &u);
}

static void at_the_end_everything_is_flushed(void)
{
    static char block[RING_BYTES];
    struct user u;
    struct chardev *chr = open_user(in_dir("socket,id=s,path=%s,server=on,wait=off", "s"), &u);
    int fd = connect_to("s");
    uint64_t before_ns;
    size_t got = 0;
    ssize_t n;

    turns(2);
    memset(block, 'x', sizeof(block));
    CHECK_EQ(chardev_write(&u.front, block, sizeof(block)), sizeof(block));
    done(chr, &u);
    while ((n = recv(fd, block, sizeof(block), 0)) > 0)
        got += n;
    CHECK_EQ(got, RING_BYTES);
    close(fd);
    /* A client that never reads holds nobody up for long. */
    chr = open_user(in_dir("socket,id=s,path=%s,server=on,wait=off", "s"), &u);
    fd = connect_to("s");
    turns(2);
    for (int i = 0; i < 1000; i++) {
        chardev_write(&u.front, block, sizeof(block));
        turns(1);
    }
    before_ns = loop_clock_ns(LOOP_MONOTONIC);
    CHECK(!chardev_flush(chr, 50));
    done(chr, &u);
    CHECK(loop_clock_ns(LOOP_MONOTONIC) - before_ns < 5000000000u);
    close(fd);
}

static void a_pty_can_be_opened_and_closed_from_outside(void)
{
    struct user u;
    struct chardev *chr = open_user("pty,id=p", &u);
    char path[100], buf[16] = "";
    struct termios mode;
    int fd;

    CHECK(!strncmp(chardev_filename(chr), "pty:/dev/pts/", 13));
    strcpy(path, chardev_filename(chr) + 4);
    chardev_write(&u.front, "dropped", 7);
    turns(2);
    for (int round = 1; round <= 2; round++) {
        fd = open(path, O_RDWR | O_NOCTTY);
        CHECK(fd >= 0);
        while (u.opened < (unsigned)round)
            loop_turn(loop, -1);
        CHECK_EQ(tcgetattr(fd, &mode), 0);
        CHECK(!(mode.c_lflag & (ECHO | ICANON)));
        chardev_write(&u.front, "hi", 2);
        turns(3);
        CHECK_EQ(read(fd, buf, 16), 2);
        CHECK(!memcmp(buf, "hi", 2));
        CHECK_EQ(write(fd, "a\003b", 3), 3);
        turns(5);
        close(fd);
        while (u.closed < (unsigned)round)
            loop_turn(loop, -1);
    }
    CHECK_STR(u.got, "a\003ba\003b");
    done(chr, &u);
}

/* stdio, on a terminal of its own in a child */

static void stdio_child(int slave, int report)
{
    struct termios before, raw, after;
    struct user u;
    struct chardev *chr;
    char result = 'n';

    tcgetattr(slave, &before);
    dup2(slave, 0);
    dup2(slave, 1);
    chr = open_user("stdio,id=s,signal=off", &u);
    tcgetattr(0, &raw);
    if (write(report, "g", 1) != 1)
        _exit(1);
    for (int i = 0; i < 200 && u.got_len < 3; i++)
        loop_turn(loop, 100);
    chardev_write(&u.front, "echo ", 5);
    chardev_write(&u.front, u.got, u.got_len);
    if (!strcmp(chardev_filename(chr), "stdio") && !(raw.c_lflag & (ISIG | ICANON | ECHO)) &&
        !(fcntl(0, F_GETFL) & O_NONBLOCK))
        result = 'y';
    done(chr, &u);
    tcgetattr(0, &after);
    if (after.c_lflag != before.c_lflag)
        result = 'r';
    _exit(write(report, &result, 1) != 1);
}

static void stdio_is_raw_and_put_back(void)
{
    int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC), slave, report[2];
    char buf[100] = "", result = 0;
    size_t n = 0;
    pid_t pid;

    CHECK_EQ(grantpt(master) | unlockpt(master) | pipe(report), 0);
    slave = open(ptsname(master), O_RDWR | O_NOCTTY);
    CHECK(slave >= 0);
    fflush(stdout);
    pid = fork();
    if (!pid)
        stdio_child(slave, report[1]);
    CHECK_EQ(read(report[0], &result, 1), 1);
    CHECK_EQ(write(master, "q\003z", 3), 3);
    CHECK_EQ(read(report[0], &result, 1), 1);
    waitpid(pid, NULL, 0);
    CHECK_EQ(result, 'y');
    while (n < 8) {
        ssize_t got = read(master, buf + n, sizeof(buf) - 1 - n);

        CHECK(got > 0);
        n += got;
    }
    CHECK(strstr(buf, "echo q\003z"));
    close(slave);
    close(master);
    close(report[0]);
    close(report[1]);
}

/* mux */

static struct chardev *mux, *mux_base;
static struct user console, monitor;
static int keyboard;

static void open_mux(void)
{
    mux = open_text(in_dir("socket,id=m,path=%s,server=on,wait=off,mux=on", "m"));
    mux_base = chardev_find(&set, "m-base");
    CHECK(mux_base);
    user_init(&console);
    user_init(&monitor);
    CHECK_EQ(chardev_attach(mux, &monitor.front, NULL), 0);
    CHECK_EQ(chardev_attach(mux, &console.front, NULL), 0);
    keyboard = connect_to("m");
    turns(4);
}

static void close_mux(void)
{
    chardev_detach(&console.front);
    chardev_detach(&monitor.front);
    chardev_close(mux);
    close(keyboard);
    CHECK(!chardev_next(&set, NULL));
}

static void mux_gives_the_keys_to_the_one_with_the_focus(void)
{
    open_mux();
    CHECK_STR(chardev_filename(mux), "mux");
    CHECK_STR(chardev_filename(mux_base), in_dir("unix:%s,server=on", "m"));
    CHECK(chardev_is_attached(mux_base));
    CHECK_EQ(console.opened, 1);
    CHECK_EQ(monitor.opened, 1);
    CHECK_EQ(console.focus_in, 1);
    say(keyboard, "abc");
    CHECK_STR(console.got, "abc");
    say(keyboard, "d\001ce");
    CHECK_STR(console.got, "abcd");
    CHECK_STR(monitor.got, "e");
    CHECK_EQ(console.focus_out, 1);
    CHECK_EQ(monitor.focus_in, 1);
    say(keyboard, "\001");
    say(keyboard, "cf");
    CHECK_STR(console.got, "abcdf");
    chardev_write(&console.front, "C", 1);
    chardev_write(&monitor.front, "M", 1);
    CHECK_EQ(strlen(hear(keyboard)), 2);
    close(keyboard);
    turns(4);
    CHECK_EQ(console.closed, 1);
    keyboard = connect_to("m");
    turns(4);
    CHECK_EQ(console.opened, 2);
    close_mux();
}

static void mux_commands(void)
{
    const char *text;

    open_mux();
    say(keyboard, "\001b");
    CHECK_EQ(console.breaks, 1);
    CHECK_EQ(monitor.breaks, 0);
    say(keyboard, "1\001\0012\001z3");
    CHECK_STR(console.got, "1\00123");
    say(keyboard, "\001h");
    text = hear(keyboard);
    CHECK(strstr(text, "C-a x") && strstr(text, "C-a C-a"));
    say(keyboard, "\001?");
    CHECK(strstr(hear(keyboard), "C-a h"));
    say(keyboard, "\001s");
    CHECK_STR(hear(keyboard), "");
    quits = 0;
    say(keyboard, "\001x");
    CHECK_EQ(quits, 1);
    CHECK_STR(hear(keyboard), "QEMU: Terminated\n\r");
    close_mux();
}

/* -echr: a mux has the key that the set had when it was made; C-a is one like any other then. */
static void mux_has_another_escape_key_if_asked(void)
{
    const char *text;

    set.escape = 0x14;
    open_mux();
    set.escape = 1;
    say(keyboard, "\001b");
    CHECK_EQ(console.breaks, 0);
    CHECK_STR(console.got, "\001b");
    say(keyboard, "\024b\024\024");
    CHECK_EQ(console.breaks, 1);
    CHECK_STR(console.got, "\001b\024");
    say(keyboard, "\024h");
    text = hear(keyboard);
    CHECK(strstr(text, "C-t x") && strstr(text, "C-t C-t  send C-t itself") && !strstr(text, "C-a"));
    close_mux();
    set.escape = '~';
    open_mux();
    set.escape = 1;
    say(keyboard, "~?");
    text = hear(keyboard);
    CHECK(strstr(text, "0x7e x") && strstr(text, "0x7e 0x7e  send 0x7e itself\n\r"));
    close_mux();
}

static void mux_stamps_lines_when_asked(void)
{
    const char *text;
    unsigned a, b, c, d;
    char rest[100] = "";

    open_mux();
    say(keyboard, "\001t");
    chardev_write(&console.front, "one", 3);
    chardev_write(&console.front, " line\ntwo\n", 10);
    text = hear(keyboard);
    CHECK_EQ(sscanf(text, "[%2u:%2u:%2u.%3u] one line\n[%99s", &a, &b, &c, &d, rest), 5);
    CHECK(strstr(text, "] two\n"));
    say(keyboard, "\001t");
    chardev_write(&console.front, "three\n", 6);
    CHECK_STR(hear(keyboard), "three\n");
    close_mux();
}

static void mux_loses_nothing_when_its_client_is_slow(void)
{
    size_t got = 0, sent = 0;
    char buf[5000];
    ssize_t n;

    open_mux();
    for (int i = 0; i < 500; i++) {
        memset(buf, 'a' + i % 26, 1000);
        sent += chardev_write(&console.front, buf, 1000);
        turns(1);
    }
    CHECK(sent < 500000);
    while ((n = recv(keyboard, buf, sizeof(buf), MSG_DONTWAIT)) > 0) {
        got += n;
        turns(4);
    }
    CHECK_EQ(got, sent);
    CHECK(console.writable > 0);
    close_mux();
}

static void mux_takes_four(void)
{
    struct user more[3];
    struct error *err = NULL;

    open_mux();
    for (int i = 0; i < 3; i++)
        user_init(&more[i]);
    CHECK_EQ(chardev_attach(mux, &more[0].front, NULL), 0);
    CHECK_EQ(chardev_attach(mux, &more[1].front, NULL), 0);
    CHECK_EQ(chardev_attach(mux, &more[2].front, &err), -EBUSY);
    error_free(err);
    chardev_detach(&more[1].front);
    say(keyboard, "x");
    CHECK_STR(more[0].got, "x");
    chardev_detach(&more[0].front);
    close_mux();
}

static void on_quit(struct chardevs *s)
{
    quits++;
}

int main(void)
{
    if (bench_start())
        return 1;
    set.quit = on_quit;
    TEST(ids_are_unique_and_stdio_is_one);
    TEST(hosts_that_refuse_are_errors_with_the_address);
    TEST(a_path_in_use_or_too_long_is_refused);
    TEST(one_front_end_at_a_time);
    TEST(null_takes_everything);
    TEST(file_gets_what_was_written_and_keeps_it_if_asked);
    TEST(a_logfile_gets_all_output);
    TEST(a_file_can_be_the_input);
    TEST(ringbuf_keeps_the_last_bytes);
    TEST(a_socket_server_has_one_client_after_the_other);
    TEST(what_a_client_sent_before_it_left_arrives);
    TEST(nothing_is_heard_before_opened);
    TEST(a_client_that_leaves_an_unused_server_makes_room);
    TEST(wait_holds_until_the_first_client);
    TEST(a_client_of_a_server_talks_both_ways);
    TEST(a_slow_client_loses_nothing);
    TEST(a_slow_front_end_loses_nothing);
    TEST(the_next_client_ends_what_a_gone_one_left_unread);
    TEST(at_the_end_everything_is_flushed);
    TEST(a_pty_can_be_opened_and_closed_from_outside);
    TEST(stdio_is_raw_and_put_back);
    TEST(mux_gives_the_keys_to_the_one_with_the_focus);
    TEST(mux_commands);
    TEST(mux_has_another_escape_key_if_asked);
    TEST(mux_stamps_lines_when_asked);
    TEST(mux_loses_nothing_when_its_client_is_slow);
    TEST(mux_takes_four);
    return bench_end();
}
