/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Sockets as chardevs: the sentences of chardev/socket.c, what is spoken over them, and clients that connect again
 */

#include "io/connector.h"
#include "tests/unit/char-bench.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/wait.h>

#define REQUEST "GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" \
                "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"

static int listen_on(const char *name)
{
    struct sockaddr_un un = { .sun_family = AF_UNIX };
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    snprintf(un.sun_path, sizeof(un.sun_path), "%s/%s", dir, name);
    unlink(un.sun_path);
    CHECK_EQ(bind(fd, (struct sockaddr *)&un, sizeof(un)), 0);
    CHECK_EQ(listen(fd, 4), 0);
    fcntl(fd, F_SETFL, O_NONBLOCK);
    return fd;
}

/* What is spoken */

static void telnet_breaks_and_escapes(void)
{
    struct user u;
    struct chardev *chr = open_user(in_dir("socket,id=s,path=%s,server=on,wait=off,telnet=on", "s"), &u);
    int fd = connect_to("s");

    turns(3);
    CHECK_EQ(u.opened, 1);
    CHECK_EQ(strlen(hear(fd)), 8);              /* up to WILL BINARY, whose number is 0 */
    chardev_write(&u.front, "a\xff", 2);
    CHECK_STR(hear(fd), "a\xff\xff");
    say(fd, "b\xff\xf3\xff\xff" "c");
    CHECK_STR(u.got, "b\xff" "c");
    CHECK_EQ(u.breaks, 1);
    close(fd);
    turns(3);
    CHECK_EQ(u.closed, 1);
    done(chr, &u);
}

static void a_websocket_is_open_when_it_is_agreed(void)
{
    struct user u;
    struct chardev *chr = open_user(in_dir("socket,id=s,path=%s,server=on,websocket=on", "s"), &u);
    int fd = connect_to("s");

    turns(3);
    CHECK_EQ(u.opened, 0);
    CHECK(chardev_is_waiting(chr));
    CHECK_EQ(chardev_write(&u.front, "nobody hears", 12), 12);
    turns(2);
    say(fd, REQUEST);
    CHECK_EQ(u.opened, 1);
    CHECK(!chardev_is_waiting(chr));
    CHECK(!strncmp(hear(fd), "HTTP/1.1 101 ", 13));
    chardev_write(&u.front, "you do", 6);
    CHECK_STR(hear(fd), "\x82\x06you do");
    say(fd, "\x82\x82\1\1\1\1ih");
    CHECK_STR(u.got, "hi");
    close(fd);
    turns(3);
    CHECK_EQ(u.closed, 1);
    done(chr, &u);
}

static void a_client_that_cannot_agree_makes_room_for_the_next(void)
{
    struct user u;
    struct chardev *chr = open_user(in_dir("socket,id=s,path=%s,server=on,wait=off,websocket=on", "s"), &u);
    int bad = connect_to("s"), good = connect_to("s");

    say(bad, "hello?\r\n\r\n");
    CHECK(!strncmp(hear(bad), "HTTP/1.1 400 ", 13));
    say(good, REQUEST);
    turns(3);
    CHECK_EQ(u.opened, 1);
    CHECK_EQ(u.closed, 0);
    close(bad);
    close(good);
    done(chr, &u);
}

static void what_is_spoken_stands_in_the_name(void)
{
    static const struct { const char *option, *name; } cases[] = {
        { "", "disconnected:tcp:127.0.0.1:" }, { ",telnet=on", "disconnected:telnet:127.0.0.1:" },
        { ",tn3270=on", "disconnected:tcp:127.0.0.1:" }, { ",websocket=on", "disconnected:websocket:127.0.0.1:" },
        { ",telnet=on,websocket=on", "disconnected:telnet:127.0.0.1:" },
    };

    for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char option[200];
        struct chardev *chr;

        snprintf(option, sizeof(option), "socket,id=s,host=127.0.0.1,port=0,server=on,wait=off%s", cases[i].option);
        chr = open_text(option);
        CHECK(!strncmp(chardev_filename(chr), cases[i].name, strlen(cases[i].name)));
        CHECK(strstr(chardev_filename(chr), ",server=on"));
        chardev_close(chr);
    }
}

/* All that was written is on its way when the chardev is closed, also what a layer still had. */
static void closing_flushes_what_is_in_the_layers(void)
{
    struct user u;
    struct chardev *chr = open_user(in_dir("socket,id=s,path=%s,server=on,wait=off,telnet=on", "s"), &u);
    int fd = connect_to("s"), status;
    char block[4096];
    pid_t pid;

    turns(3);
    memset(block, '\xff', sizeof(block));
    pid = fork();
    if (!pid) {
        size_t heard = 0;
        ssize_t n;

        for (int other = 3; other < 200; other++)
            if (other != fd)
                close(other);
        while ((n = recv(fd, block, 1000, 0)) > 0)
            for (ssize_t i = 0; i < n; i++)
                heard += block[i] == '\xff';
        _exit(heard % 2 || heard < 4 + 2 * 4096);
    }
    CHECK_EQ(chardev_write(&u.front, block, sizeof(block)), sizeof(block));
    close(fd);
    done(chr, &u);
    CHECK_EQ(waitpid(pid, &status, 0), pid);
    CHECK_EQ(status, 0);
}

/* Addresses */

static void an_abstract_name_is_no_file(void)
{
    struct user u, v;
    char option[200];
    struct chardev *server, *client;

    snprintf(option, sizeof(option), "socket,id=s,path=rhea-test-%d,abstract=on,server=on,wait=off", getpid());
    server = open_user(option, &u);
    snprintf(option, sizeof(option), "socket,id=c,path=rhea-test-%d,abstract=on,tight=on", getpid());
    client = open_user(option, &v);
    chardev_write(&v.front, "hi", 2);
    WAIT_FOR(u.got_len == 2);
    CHECK(strstr(chardev_filename(server), ",abstract=on"));
    done(client, &v);
    done(server, &u);
}

static void a_passed_descriptor_serves_or_talks(void)
{
    struct user u;
    char option[100];
    struct chardev *chr;
    int listener = listen_on("passed"), fds[2], fd;

    fcntl(listener, F_SETFD, 0);
    snprintf(option, sizeof(option), "socket,id=s,fd=%d,server=on,wait=off", listener);
    chr = open_user(option, &u);
    fd = connect_to("passed");
    say(fd, "one");
    CHECK_STR(u.got, "one");
    close(fd);
    done(chr, &u);
    CHECK_EQ(fcntl(listener, F_GETFD), -1);
    CHECK_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
    snprintf(option, sizeof(option), "socket,id=s,fd=%d", fds[0]);
    chr = open_user(option, &u);
    say(fds[1], "two");
    CHECK_STR(u.got, "two");
    CHECK(fcntl(fds[0], F_GETFD) & FD_CLOEXEC);
    done(chr, &u);
    close(fds[1]);
}

/* Sends bytes with n descriptors of a pipe's end. */
static void send_fds(int fd, const char *text, int what, unsigned n)
{
    union { struct cmsghdr align; char bytes[CMSG_SPACE(40 * sizeof(int))]; } control = { 0 };
    struct iovec iov = { (char *)text, strlen(text) };
    struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = &control,
                        .msg_controllen = CMSG_SPACE(n * sizeof(int)) };
    struct cmsghdr *h = CMSG_FIRSTHDR(&m);

    h->cmsg_level = SOL_SOCKET;
    h->cmsg_type = SCM_RIGHTS;
    h->cmsg_len = CMSG_LEN(n * sizeof(int));
    for (unsigned i = 0; i < n; i++)
        memcpy(CMSG_DATA(h) + i * sizeof(int), &what, sizeof(int));
    CHECK_EQ(sendmsg(fd, &m, 0), (ssize_t)strlen(text));
    turns(4);
}

static unsigned count_fds(void)
{
    unsigned n = 0;

    for (int fd = 0; fd < 200; fd++)
        n += fcntl(fd, F_GETFD) >= 0;
    return n;
}

static void descriptors_come_along(void)
{
    struct user u, v;
    struct chardev *chr = open_user(in_dir("socket,id=s,path=%s,server=on,wait=off", "s"), &u);
    int fd = connect_to("s"), p[2], got;
    unsigned before;
    char byte = 0;

    CHECK_EQ(pipe(p), 0);
    turns(3);
    CHECK_EQ(chardev_take_fd(&u.front), -1);
    send_fds(fd, "take", p[1], 1);
    CHECK_STR(u.got, "take");
    got = chardev_take_fd(&u.front);
    CHECK(got >= 0 && got != p[1]);
    CHECK(fcntl(got, F_GETFD) & FD_CLOEXEC);
    CHECK_EQ(write(got, "!", 1), 1);
    CHECK_EQ(read(p[0], &byte, 1), 1);
    close(got);
    CHECK_EQ(chardev_take_fd(&u.front), -1);
    before = count_fds();
    for (int i = 0; i < 20; i++)
        send_fds(fd, "flood", p[1], i % 2 ? 40 : 3);
    CHECK(count_fds() <= before + 16);
    send_fds(fd, "last", p[0], 2);
    CHECK_EQ(count_fds(), before + 2);
    close(fd);
    turns(4);
    CHECK_EQ(count_fds(), before - 2);          /* ours and the peer's end of the socket, too */
    close(p[0]);
    close(p[1]);
    done(chr, &u);
    chr = open_user("null,id=n", &v);
    CHECK_EQ(chardev_take_fd(&v.front), -1);
    done(chr, &v);
    CHECK_EQ(chardev_take_fd(&v.front), -1);
}

/* What came with "one" is not lost to what comes with "two", however late it is looked at. */
static void descriptors_wait_for_the_bytes_before_them(void)
{
    struct user u;
    struct chardev *chr = open_user(in_dir("socket,id=s,path=%s,server=on,wait=off", "s"), &u);
    int fd = connect_to("s"), first[2], second[2], got;
    struct stat want, st;
    char bytes[10];

    CHECK_EQ(pipe(first) | pipe(second), 0);
    turns(3);
    u.front.readable = NULL;
    send_fds(fd, "one", first[1], 1);
    send_fds(fd, "two", second[1], 1);
    CHECK_EQ(chardev_read(&u.front, bytes, 1), 1);
    turns(3);
    CHECK_EQ(chardev_read(&u.front, bytes, sizeof(bytes)), 2);
    u.front.holding = true;
    turns(3);
    got = chardev_take_fd(&u.front);
    CHECK(!fstat(got, &st) && !fstat(first[1], &want));
    CHECK_EQ(st.st_ino, want.st_ino);
    close(got);
    CHECK_EQ(chardev_take_fd(&u.front), -1);
    u.front.holding = false;
    CHECK_EQ(chardev_read(&u.front, bytes, sizeof(bytes)), 0);
    turns(3);
    CHECK_EQ(chardev_read(&u.front, bytes, sizeof(bytes)), 3);
    got = chardev_take_fd(&u.front);
    CHECK(!fstat(got, &st) && !fstat(second[1], &want));
    CHECK_EQ(st.st_ino, want.st_ino);
    close(got);
    for (int i = 0; i < 2; i++) {
        close(first[i]);
        close(second[i]);
    }
    close(fd);
    done(chr, &u);
}

/* A host without descriptors is told of once, and the client is taken when there are some again. */
static void who_cannot_be_taken_yet_is_taken_later(void)
{
    struct user u;
    struct chardev *chr = open_user(in_dir("socket,id=s,path=%s,server=on,wait=off", "s"), &u);
    int log = open(in_dir("%s", "log"), O_RDWR | O_CREAT | O_TRUNC, 0600), saved = dup(STDERR_FILENO), client;
    struct rlimit before, none;
    char said[4096];
    ssize_t n;

    CHECK(!getrlimit(RLIMIT_NOFILE, &before));
    client = connect_to("s");
    none = (struct rlimit){ 3, before.rlim_max };
    dup2(log, STDERR_FILENO);
    setrlimit(RLIMIT_NOFILE, &none);
    turns(50);
    setrlimit(RLIMIT_NOFILE, &before);
    dup2(saved, STDERR_FILENO);
    n = pread(log, said, sizeof(said) - 1, 0);
    said[n > 0 ? n : 0] = 0;
    CHECK(strstr(said, "accept failed on this host: Too many open files\n"));
    CHECK_EQ(strlen(strchr(said, '\n')), 1);
    CHECK_EQ(u.opened, 0);
    WAIT_FOR(u.opened == 1);
    say(client, "late");
    CHECK_STR(u.got, "late");
    close(client);
    close(saved);
    close(log);
    done(chr, &u);
}

/* Clients that connect again */

static void reconnect_waits_for_its_server_in_the_background(void)
{
    struct user u;
    struct chardev *chr = open_user(in_dir("socket,id=c,path=%s,reconnect=1", "later"), &u);
    int listener, fd = -1;

    CHECK_STR(chardev_filename(chr), in_dir("disconnected:unix:%s", "later"));
    chardev_write(&u.front, "dropped", 7);
    turns(3);
    listener = listen_on("later");
    WAIT_FOR(u.opened == 1);
    fd = accept(listener, NULL, NULL);
    CHECK(fd >= 0);
    chardev_write(&u.front, "heard", 5);
    CHECK_STR(hear(fd), "heard");
    close(fd);
    WAIT_FOR(u.closed == 1);
    WAIT_FOR(u.opened == 2);
    fd = accept(listener, NULL, NULL);
    CHECK(fd >= 0);
    say(fd, "again");
    CHECK_STR(u.got, "again");
    close(fd);
    close(listener);
    done(chr, &u);
}

static void without_reconnect_a_loss_is_for_ever(void)
{
    int listener = listen_on("once");
    struct user u;
    struct chardev *chr = open_user(in_dir("socket,id=c,path=%s", "once"), &u);
    int fd = accept(listener, NULL, NULL);

    close(fd);
    WAIT_FOR(u.closed == 1);
    CHECK_STR(chardev_filename(chr), in_dir("disconnected:unix:%s", "once"));
    turns(5);
    CHECK(accept(listener, NULL, NULL) < 0);
    close(listener);
    done(chr, &u);
}

static void closing_while_it_connects_is_fine(void)
{
    for (int i = 0; i < 20; i++) {
        struct chardev *chr = open_text(in_dir("socket,id=c,path=%s,reconnect=1", "nobody"));

        if (i % 2)
            turns(1);
        chardev_close(chr);
    }
    turns(3);
}

static struct { unsigned calls; int fd; char line[760]; } ended;

static void connector_ended(void *opaque, int fd, struct error *err)
{
    ended.calls++;
    ended.fd = fd;
    if (err)
        snprintf(ended.line, sizeof(ended.line), "%s", error_line(err).s);
    error_free(err);
    CHECK(opaque == &ended);
}

static void a_connector_ends_once_or_not_at_all(void)
{
    struct address a = { .kind = ADDRESS_UNIX };
    int listener = listen_on("c");

    memset(&ended, 0, sizeof(ended));
    snprintf(a.path, sizeof(a.path), "%s/c", dir);
    CHECK(connector_new(loop, &a, connector_ended, &ended, NULL));
    WAIT_FOR(ended.calls == 1);
    CHECK(ended.fd >= 0);
    close(ended.fd);
    close(listener);
    CHECK(connector_new(loop, &a, connector_ended, &ended, NULL));
    WAIT_FOR(ended.calls == 2);
    CHECK_EQ(ended.fd, -ECONNREFUSED);
    CHECK(strstr(ended.line, a.path) && strstr(ended.line, "refused"));
    for (int i = 0; i < 50; i++) {
        struct connector *c = connector_new(loop, &a, connector_ended, &ended, NULL);

        if (i % 2)
            sched_yield();
        connector_cancel(c);
    }
    connector_cancel(NULL);
    turns(10);
    CHECK_EQ(ended.calls, 2);
}

int main(void)
{
    if (bench_start())
        return 1;
    TEST(telnet_breaks_and_escapes);
    TEST(a_websocket_is_open_when_it_is_agreed);
    TEST(a_client_that_cannot_agree_makes_room_for_the_next);
    TEST(what_is_spoken_stands_in_the_name);
    TEST(closing_flushes_what_is_in_the_layers);
    TEST(an_abstract_name_is_no_file);
    TEST(a_passed_descriptor_serves_or_talks);
    TEST(descriptors_come_along);
    TEST(descriptors_wait_for_the_bytes_before_them);
    TEST(who_cannot_be_taken_yet_is_taken_later);
    TEST(reconnect_waits_for_its_server_in_the_background);
    TEST(without_reconnect_a_loss_is_for_ever);
    TEST(closing_while_it_connects_is_fine);
    TEST(a_connector_ends_once_or_not_at_all);
    return bench_end();
}
