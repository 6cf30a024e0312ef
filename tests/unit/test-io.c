/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Byte channels and sockets: the sentences of io/address.h, io/socket.h and io/channel.h
 */

#include "tests/test.h"

#include "io/address.h"
#include "io/channel.h"
#include "io/socket.h"
#include "lib/epoch.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

static struct loop *loop;
static char dir[64];

static struct address unix_address(const char *name)
{
    struct address a = { .kind = ADDRESS_UNIX, .tight = true };

    snprintf(a.path, sizeof(a.path), "%s/%s", dir, name);
    return a;
}

static struct address inet_address(const char *host, const char *port)
{
    struct address a = { .kind = ADDRESS_INET };

    strcpy(a.host, host);
    strcpy(a.port, port);
    return a;
}

/* Takes the error apart from its text, and checks that the address is in it. */
static void check_error(int r, int want, struct error *err, const char *object, const char *in_line)
{
    struct error_line line = error_line(err);

    error_free(err);
    if (!strstr(line.s, object) || !strstr(line.s, in_line))
        printf("# %s\n", line.s);
    CHECK_EQ(r, want);
    CHECK(strstr(line.s, object));
    CHECK(strstr(line.s, in_line));
}

/* Addresses */

static void host_and_port_are_parted(void)
{
    struct address a = { 0 };

    CHECK_EQ(address_parse_inet(&a, "-serial", "localhost:4444", NULL), 0);
    CHECK_STR(a.host, "localhost");
    CHECK_STR(a.port, "4444");
    CHECK_EQ(address_parse_inet(&a, "-serial", ":1", NULL), 0);
    CHECK_STR(a.host, "");
    CHECK_EQ(address_parse_inet(&a, "-serial", "[::1]:22", NULL), 0);
    CHECK_STR(a.host, "::1");
    CHECK_STR(address_text(&a).s, "tcp:[::1]:22");
}

static void what_is_no_host_and_port_is_refused(void)
{
    static const char *const wrong[] = { "", "localhost", "a:", "a:b:c", "[::1]", "[::1", "[::1]22" };

    for (unsigned i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        struct error *err = NULL;
        struct address a = { 0 };
        int r = address_parse_inet(&a, "-serial", wrong[i], &err);

        check_error(r, -EINVAL, err, "-serial", "HOST:PORT");
    }
}

/* Sockets */

static void talk(int server, int client)
{
    char c = 0;

    CHECK_EQ(write(client, "x", 1), 1);
    fcntl(server, F_SETFL, 0);
    CHECK_EQ(read(server, &c, 1), 1);
    CHECK_EQ(c, 'x');
}

static void listen_connect_talk(struct address *a)
{
    int listener = socket_listen(a, NULL), client, server;

    CHECK(listener >= 0);
    CHECK_EQ(socket_accept(listener, NULL), -EAGAIN);
    if (a->kind == ADDRESS_INET && !strcmp(a->port, "0"))
        strcpy(a->port, strrchr(socket_text(listener, false).s, ':') + 1);
    client = socket_connect(a, NULL);
    CHECK(client >= 0);
    server = socket_accept(listener, NULL);
    CHECK(server >= 0);
    CHECK(fcntl(server, F_GETFL) & O_NONBLOCK);
    CHECK(fcntl(server, F_GETFD) & FD_CLOEXEC);
    talk(server, client);
    CHECK_STR(socket_text(client, true).s, socket_text(server, false).s);
    close(client);
    close(server);
    socket_close_listener(a, listener);
}

static void a_unix_path_can_be_served_and_is_removed(void)
{
    struct address a = unix_address("s1");

    listen_connect_talk(&a);
    CHECK(access(a.path, F_OK));
}

static void an_abstract_name_leaves_no_file(void)
{
    struct address a = { .kind = ADDRESS_UNIX, .abstract = true };

    for (a.tight = false; ; a.tight = true) {
        snprintf(a.path, sizeof(a.path), "rhea-test-%d", getpid());
        listen_connect_talk(&a);
        CHECK(access(a.path, F_OK));
        if (a.tight)
            break;
    }
}

static void tcp_works_over_both_families(void)
{
    struct address v4 = inet_address("127.0.0.1", "0"), v6 = inet_address("::1", "0");
    int fd;

    listen_connect_talk(&v4);
    fd = socket_listen(&v6, NULL);
    if (fd < 0) {
        test_skip("this host has no IPv6");
        return;
    }
    close(fd);
    listen_connect_talk(&v6);
}

static void a_stale_socket_file_is_replaced(void)
{
    struct address a = unix_address("stale");
    int fd = socket_listen(&a, NULL);

    CHECK(fd >= 0);
    close(fd);
    CHECK_EQ(access(a.path, F_OK), 0);
    listen_connect_talk(&a);
}

static void a_path_in_use_is_refused(void)
{
    struct address a = unix_address("busy");
    struct error *err = NULL;
    int fd = socket_listen(&a, NULL), r = socket_listen(&a, &err);

    check_error(r, -EADDRINUSE, err, "unix:", "Address already in use");
    CHECK_EQ(access(a.path, F_OK), 0);
    socket_close_listener(&a, fd);
}

static void a_file_that_is_no_socket_is_left_alone(void)
{
    struct address a = unix_address("file");
    struct error *err = NULL;
    int fd = open(a.path, O_CREAT | O_WRONLY, 0600), r = socket_listen(&a, &err);

    close(fd);
    check_error(r, -EADDRINUSE, err, a.path, "no socket");
    CHECK_EQ(unlink(a.path), 0);
}

static void errors_name_the_address_and_the_reason(void)
{
    struct address gone = unix_address("gone"), deep = unix_address("a/b/c"), a;
    struct error *err = NULL;
    int r = socket_connect(&gone, &err);

    check_error(r, -ENOENT, err, gone.path, "No such file");
    err = NULL;
    r = socket_listen(&deep, &err);
    check_error(r, -ENOENT, err, deep.path, "No such file");
    a = (struct address){ .kind = ADDRESS_UNIX };
    memset(a.path, 'x', 120);
    err = NULL;
    r = socket_listen(&a, &err);
    check_error(r, -ENAMETOOLONG, err, "unix", "1 to 107 bytes");
    a = inet_address("127.0.0.1", "99999");
    err = NULL;
    r = socket_listen(&a, &err);
    check_error(r, -ERANGE, err, "tcp:127.0.0.1:99999", "0 to 65535");
    a = inet_address("127.0.0.1", "1");
    err = NULL;
    r = socket_connect(&a, &err);
    check_error(r, -ECONNREFUSED, err, "tcp:127.0.0.1:1", "Connection refused");
    a = inet_address("127.0.0.1", "1");
    a.ipv4 = a.ipv6 = CHOICE_OFF;
    err = NULL;
    r = socket_listen(&a, &err);
    check_error(r, -EINVAL, err, "tcp:127.0.0.1:1", "one of them on");
}

static void to_takes_the_next_free_port(void)
{
    struct address a = inet_address("127.0.0.1", "0");
    struct error *err = NULL;
    int first = socket_listen(&a, NULL), second, r;
    unsigned port;

    CHECK(first >= 0);
    snprintf(a.port, sizeof(a.port), "%s", strrchr(socket_text(first, false).s, ':') + 1);
    port = atoi(a.port);
    r = socket_listen(&a, &err);
    check_error(r, -EADDRINUSE, err, "tcp:127.0.0.1", "in use");
    a.to_port = port > 65000 ? 65535 : port + 500;
    second = socket_listen(&a, NULL);
    CHECK(second >= 0);
    CHECK((unsigned)atoi(strrchr(socket_text(second, false).s, ':') + 1) > port);
    a.to_port = port - 1;
    err = NULL;
    r = socket_listen(&a, &err);
    check_error(r, -ERANGE, err, "tcp:127.0.0.1", "to=");
    close(first);
    close(second);
}

static void an_inherited_descriptor_must_be_the_right_kind_of_socket(void)
{
    struct address a = { .kind = ADDRESS_FD }, u = unix_address("inherit");
    struct error *err = NULL;
    int file = open("/dev/null", O_RDWR), listener = socket_listen(&u, NULL), r;

    a.fd = file;
    r = socket_listen(&a, &err);
    check_error(r, -ENOTSOCK, err, "fd:", "socket");
    a.fd = listener;
    fcntl(listener, F_SETFD, 0);
    err = NULL;
    r = socket_connect(&a, &err);
    check_error(r, -EINVAL, err, "fd:", "listening");
    CHECK_EQ(socket_listen(&a, NULL), listener);
    CHECK(fcntl(listener, F_GETFD) & FD_CLOEXEC);
    close(file);
    socket_close_listener(&a, listener);
    CHECK_EQ(access(u.path, F_OK), -1);
}

static void a_descriptor_that_is_the_programs_own_is_refused(void)
{
    struct address a = { .kind = ADDRESS_FD }, u = unix_address("own");
    struct error *err = NULL;
    int r;

    a.fd = socket_listen(&u, NULL);
    r = socket_listen(&a, &err);
    check_error(r, -EBUSY, err, "fd:", "in use");
    socket_close_listener(&u, a.fd);
    err = NULL;
    r = socket_listen(&a, &err);
    check_error(r, -EBADF, err, "fd:", "Bad file descriptor");
}

static void an_inherited_socket_need_not_listen_yet_but_be_connected(void)
{
    struct address a = { .kind = ADDRESS_FD };
    struct error *err = NULL;
    int on = 0, ends[2], r;
    socklen_t len = sizeof(on);

    a.fd = socket(AF_INET, SOCK_STREAM, 0);
    r = socket_connect(&a, &err);
    check_error(r, -ENOTCONN, err, "fd:", "connected");
    CHECK_EQ(socket_listen(&a, NULL), a.fd);
    CHECK(!getsockopt(a.fd, SOL_SOCKET, SO_ACCEPTCONN, &on, &len) && on);
    socket_close_listener(&a, a.fd);
    CHECK_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    a.fd = ends[0];
    err = NULL;
    r = socket_listen(&a, &err);
    check_error(r, -EINVAL, err, "fd:", "listen");
    CHECK_EQ(socket_connect(&a, NULL), ends[0]);
    close(ends[0]);
    close(ends[1]);
}

static void a_received_socket_is_borrowed(void)
{
    struct address a = { .kind = ADDRESS_FD, .received = true, .path = "name" };
    int ends[2], got;

    CHECK_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    a.fd = ends[0];
    got = socket_connect(&a, NULL);
    CHECK(got >= 0 && got != ends[0]);
    CHECK(fcntl(got, F_GETFD) & FD_CLOEXEC);
    CHECK_EQ(fcntl(ends[0], F_GETFD), FD_CLOEXEC);
    CHECK_STR(address_text(&a).s, "fd:name");
    close(got);
    close(ends[0]);
    close(ends[1]);
}

/* Channels */

struct end { struct channel c; unsigned events, calls; };

static void note(struct channel *c, unsigned events)
{
    struct end *e = list_entry(c, struct end, c);

    e->events |= events;
    e->calls++;
}

static void a_channel_reports_what_was_asked_for(void)
{
    struct end e = { .c.ready = note };
    int fds[2];
    char buf[8];

    CHECK_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
    CHECK_EQ(channel_open(&e.c, loop, fds[0], fds[0], true, NULL), 0);
    CHECK_EQ(channel_read(&e.c, buf, 8), -EAGAIN);
    channel_want(&e.c, LOOP_IN);
    loop_turn(loop, 0);
    CHECK_EQ(e.calls, 0);
    CHECK_EQ(write(fds[1], "hello", 5), 5);
    loop_turn(loop, -1);
    CHECK_EQ(e.events, LOOP_IN);
    CHECK_EQ(channel_read(&e.c, buf, 8), 5);
    channel_want(&e.c, LOOP_OUT);
    e.events = 0;
    loop_turn(loop, -1);
    CHECK_EQ(e.events, LOOP_OUT);
    channel_close(&e.c);
    channel_close(&e.c);
    CHECK_EQ(write(fds[1], "x", 1) < 0 && errno == EPIPE, 1);
    close(fds[1]);
}

static void a_hang_up_is_told_once_until_asked_again(void)
{
    struct end e = { .c.ready = note };
    int fds[2];
    char c;

    CHECK_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
    CHECK_EQ(channel_open(&e.c, loop, fds[0], fds[0], true, NULL), 0);
    CHECK_EQ(write(fds[1], "z", 1), 1);
    close(fds[1]);
    loop_turn(loop, -1);
    loop_turn(loop, 0);
    CHECK_EQ(e.calls, 1);
    CHECK(e.events & LOOP_HUP);
    channel_want(&e.c, LOOP_IN);
    loop_turn(loop, -1);
    CHECK_EQ(e.calls, 2);
    CHECK_EQ(channel_read(&e.c, &c, 1), 1);
    CHECK_EQ(channel_read(&e.c, &c, 1), 0);
    channel_close(&e.c);
}

static void borrowed_descriptors_are_left_as_they_were(void)
{
    struct end e = { .c.ready = note };
    int in[2], out[2];
    char buf[16];

    CHECK_EQ(pipe(in), 0);
    CHECK_EQ(pipe(out), 0);
    CHECK_EQ(channel_open(&e.c, loop, in[0], out[1], false, NULL), 0);
    CHECK(!(fcntl(in[0], F_GETFL) & O_NONBLOCK));
    CHECK(!(fcntl(out[1], F_GETFL) & O_NONBLOCK));
    CHECK_EQ(channel_read(&e.c, buf, 16), -EAGAIN);
    CHECK_EQ(channel_write(&e.c, "out", 3), 3);
    CHECK_EQ(read(out[0], buf, 16), 3);
    channel_close(&e.c);
    CHECK(fcntl(in[0], F_GETFL) >= 0);
    CHECK(fcntl(out[1], F_GETFL) >= 0);
    for (int i = 0; i < 2; i++)
        close(in[i]), close(out[i]);
}

static void a_full_pipe_says_so_and_never_waits(void)
{
    struct end e = { .c.ready = note };
    static char block[65536];
    int out[2];
    ssize_t n;

    CHECK_EQ(pipe(out), 0);
    CHECK_EQ(channel_open(&e.c, loop, -1, out[1], false, NULL), 0);
    while ((n = channel_write(&e.c, block, sizeof(block))) > 0)
        ;
    CHECK_EQ(n, -EAGAIN);
    CHECK(!channel_wait_writable(&e.c, 0));
    CHECK_EQ(read(out[0], block, 4096), 4096);
    CHECK(channel_wait_writable(&e.c, 0));
    channel_close(&e.c);
    close(out[0]);
    close(out[1]);
}

int main(void)
{
    char command[100];

    epoch_thread_init();
    signal(SIGPIPE, SIG_IGN);
    snprintf(dir, sizeof(dir), "/tmp/rhea-test-io-%d", getpid());
    mkdir(dir, 0700);
    if (loop_new(&loop, NULL))
        return 1;
    TEST(host_and_port_are_parted);
    TEST(what_is_no_host_and_port_is_refused);
    TEST(a_unix_path_can_be_served_and_is_removed);
    TEST(an_abstract_name_leaves_no_file);
    TEST(tcp_works_over_both_families);
    TEST(a_stale_socket_file_is_replaced);
    TEST(a_path_in_use_is_refused);
    TEST(a_file_that_is_no_socket_is_left_alone);
    TEST(errors_name_the_address_and_the_reason);
    TEST(to_takes_the_next_free_port);
    TEST(an_inherited_descriptor_must_be_the_right_kind_of_socket);
    TEST(a_descriptor_that_is_the_programs_own_is_refused);
    TEST(an_inherited_socket_need_not_listen_yet_but_be_connected);
    TEST(a_received_socket_is_borrowed);
    TEST(a_channel_reports_what_was_asked_for);
    TEST(a_hang_up_is_told_once_until_asked_again);
    TEST(borrowed_descriptors_are_left_as_they_were);
    TEST(a_full_pipe_says_so_and_never_waits);
    loop_free(loop);
    snprintf(command, sizeof(command), "rm -rf %s", dir);
    return system(command) || test_end();
}
