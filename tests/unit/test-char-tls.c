/* SPDX-License-Identifier: Apache-2.0 */

/*
 * TLS of socket chardevs: the sentences of chardev/socket-tls.h, and peers that do not get through the handshake
 */

#include "tests/unit/certificates.h"
#include "tests/unit/char-bench.h"

#include "crypto/authz.h"
#include "crypto/tls-object.h"
#include "io/tls.h"
#include "qapi/option.h"
#include "qapi/qapi-types.h"

#include <arpa/inet.h>
#include <errno.h>

enum { HALF_OPEN = 100 };

static struct user_objects objects;

static void object(const char *fmt, const char *folder)
{
    struct qapi_fault fault;
    struct error *err = NULL;
    struct json options;
    char path[100], spec[300];

    snprintf(path, sizeof(path), "%s/%s", certificates_dir, folder);
    snprintf(spec, sizeof(spec), fmt, path);
    CHECK_EQ(qapi_option_parse(spec, "qom-type", &options, &fault), 0);
    if (user_object_new(&objects, &options, &err))
        printf("# %s: %s\n", spec, error_line(err).s);
    CHECK(!err);
    json_fini(&options);
}

static struct chardev *serve(const char *more, struct user *u)
{
    return open_user(T("socket,id=s,host=127.0.0.1,port=0,server=on,wait=off,%s", more), u);
}

static unsigned port_of(struct chardev *chr)
{
    const char *at = strstr(chardev_filename(chr), "127.0.0.1:");

    CHECK(at);
    return at ? strtoul(at + 10, NULL, 10) : 0;
}

static struct chardev *come(struct chardev *server, const char *host, const char *more, struct user *u)
{
    return open_user(T("socket,id=c,host=%s,ipv6=off,port=%u,%s", host, port_of(server), more), u);
}

/* The queue of those who have not been let in may be full: that is not waited for. */
static int knock(struct chardev *server)
{
    struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(port_of(server)) };
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    inet_pton(AF_INET, "127.0.0.1", &to.sin_addr);
    CHECK(!connect(fd, (struct sockaddr *)&to, sizeof(to)) || errno == EINPROGRESS);
    return fd;
}

/* Has the server closed it?  Turns the loop until it has. */
static bool is_dropped(int fd)
{
    for (int left = 1000; left; left--) {
        char buf[4096];
        ssize_t n = recv(fd, buf, sizeof(buf), MSG_DONTWAIT);

        if (!n || (n < 0 && errno != EAGAIN))
            return true;
        loop_turn(loop, 10);
    }
    return false;
}

static void talk(struct user *a, struct user *b)
{
    static char block[40000];
    size_t sent = 0, before = b->got_len;

    for (size_t i = 0; i < sizeof(block); i++)
        block[i] = i * 13 + (i >> 8);
    for (int left = 2000; b->got_len < before + sizeof(block) && left; left--) {
        sent += chardev_write(&a->front, block + sent, sizeof(block) - sent);
        loop_turn(loop, sent < sizeof(block) ? 0 : 10);
    }
    CHECK_EQ(b->got_len, before + sizeof(block));
    CHECK(!memcmp(b->got + before, block, sizeof(block)));
}

/* Who speaks what, over TLS */

static void both_sides_of_each_kind_talk(void)
{
    static const char *const kinds[][2] = {
        { "tls-creds=as", "tls-creds=ac" }, { "tls-creds=ps", "tls-creds=pc" }, { "tls-creds=xs", "tls-creds=xc" },
        { "tls-creds=xs,telnet=on", "tls-creds=xc,telnet=on" }, { "tls-creds=xs,tls-authz=who", "tls-creds=xc" },
    };

    for (unsigned i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        struct user server, client;
        struct chardev *s = serve(kinds[i][0], &server);
        struct chardev *c = come(s, "localhost", kinds[i][1], &client);

        WAIT_FOR(server.opened && client.opened);
        talk(&client, &server);
        talk(&server, &client);
        CHECK(!server.early && !client.early);
        CHECK(strstr(chardev_filename(s), i == 3 ? "telnet:127.0.0.1:" : "tcp:127.0.0.1:") == chardev_filename(s));
        done(c, &client);
        WAIT_FOR(server.closed == 1);
        CHECK(!strncmp(chardev_filename(s), "disconnected:", 13));
        done(s, &server);
    }
}

static void a_client_wants_the_name_that_it_was_told(void)
{
    struct user server, client;
    struct chardev *s = serve("tls-creds=xs", &server);
    struct chardev *c = come(s, "127.0.0.1", "tls-creds=xc", &client);

    /* localhost is what the certificate says. */
    turns(200);
    CHECK_EQ(client.opened + server.opened, 0);
    CHECK(!strncmp(chardev_filename(c), "disconnected:", 13));
    done(c, &client);
    c = come(s, "127.0.0.1", "tls-creds=lax", &client);
    WAIT_FOR(server.opened && client.opened);
    done(c, &client);
    done(s, &server);
}

static void who_may_not_come_is_dropped_and_the_next_may(void)
{
    struct user server, client;
    struct chardev *s = serve("tls-creds=xs,tls-authz=nobody", &server);
    struct chardev *c = come(s, "localhost", "tls-creds=xc", &client);

    WAIT_FOR(client.closed);
    CHECK_EQ(server.opened, 0);
    done(c, &client);
    done(s, &server);
    s = serve("tls-creds=xs,tls-authz=who", &server);
    /* Of another authority, then of ours. */
    c = come(s, "localhost", "tls-creds=stranger", &client);
    WAIT_FOR(client.closed);
    CHECK_EQ(server.opened, 0);
    done(c, &client);
    c = come(s, "localhost", "tls-creds=xc", &client);
    WAIT_FOR(server.opened && client.opened);
    done(c, &client);
    done(s, &server);
}

/* Peers that do not get through */

static void plain_text_and_noise_are_dropped(void)
{
    static const struct { const char *bytes; size_t n; } said[] = {
        { "{\"execute\": \"qmp_capabilities\"}\n", 32 }, { "GET / HTTP/1.1\r\nHost: x\r\n\r\n", 27 },
        { "\x16\x03\x01\xff\xff\x01\xff\xff\xff", 9 }, { "\x16\x03\x01\x00\x04\x01\xff\xff\xff", 9 },
        { "\x15\x03\x01\x00\x02\x02\x28", 7 }, { "\x17\x03\x03\x00\x01x", 6 },
        { "\x16\x03\x03\x00\x00\x16\x03\x03\x00\x00", 10 },
        { "\x80\x2e\x01\x00\x02\x00\x15\x00\x00\x00\x10", 11 }, { "\0\0\0\0\0\0\0\0", 8 },
    };
    struct user server, client;
    struct chardev *s = serve("tls-creds=xs", &server), *c;

    for (unsigned i = 0; i < sizeof(said) / sizeof(said[0]); i++) {
        int fd = knock(s);

        CHECK_EQ(send(fd, said[i].bytes, said[i].n, 0), (ssize_t)said[i].n);
        turns(20);
        CHECK_EQ(server.opened, 0);
        /* What could still become a handshake is waited for, and ends with its peer. */
        shutdown(fd, SHUT_WR);
        CHECK(is_dropped(fd));
        close(fd);
    }
    c = come(s, "localhost", "tls-creds=xc", &client);
    WAIT_FOR(server.opened && client.opened);
    talk(&client, &server);
    done(c, &client);
    done(s, &server);
}

static void half_open_handshakes_leave_nothing(void)
{
    struct user server, client;
    struct chardev *s = serve("tls-creds=xs", &server), *c;
    int fds[HALF_OPEN];

    for (unsigned i = 0; i < HALF_OPEN; i++) {
        fds[i] = knock(s);
        if (i % 2)
            send(fds[i], "\x16\x03\x01", 3, MSG_NOSIGNAL);
        turns(1);
    }
    CHECK(!strncmp(chardev_filename(s), "disconnected:", 13));
    CHECK_EQ(server.opened, 0);
    for (unsigned i = 0; i < HALF_OPEN; i++) {
        close(fds[i]);
        turns(1);
    }
    c = come(s, "localhost", "tls-creds=xc", &client);
    WAIT_FOR(server.opened && client.opened);
    CHECK_EQ(server.opened, 1);
    CHECK_EQ(server.closed, 0);
    done(c, &client);
    done(s, &server);
}

/* A client of TLS behind a wire that is cut. */
struct wire {
    struct channel client;
    unsigned ups;
    int inner, outer;           /* the client's other end, and the socket to the server */
    size_t passed, limit;
};

static void wire_ready(struct channel *c, unsigned events)
{
    struct wire *w = list_entry(c, struct wire, client);
    char buf[100];

    w->ups += !!(events & CHANNEL_UP);
    if (events & CHANNEL_UP)
        CHECK_EQ(channel_write(c, "hello", 5), 5);
    else
        channel_read(c, buf, sizeof(buf));
}

/* Carries what there is, from the client up to the limit.  false: that is reached. */
static bool wire_carry(struct wire *w)
{
    char buf[4096];
    size_t room = w->limit - w->passed;
    ssize_t n = recv(w->inner, buf, room < sizeof(buf) ? room : sizeof(buf), MSG_DONTWAIT);

    if (n > 0) {
        CHECK_EQ(send(w->outer, buf, n, MSG_NOSIGNAL), n);
        w->passed += n;
    }
    n = recv(w->outer, buf, sizeof(buf), MSG_DONTWAIT);
    if (n > 0)
        CHECK_EQ(send(w->inner, buf, n, MSG_NOSIGNAL), n);
    return w->passed < w->limit;
}

static void wire_open(struct wire *w, struct chardev *s, size_t limit)
{
    struct user_object *creds = tls_object_find(&objects, "xc", false, "test", NULL);
    int fds[2];

    *w = (struct wire){ .outer = knock(s), .limit = limit, .client.ready = wire_ready };
    CHECK_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
    w->inner = fds[1];
    CHECK_EQ(channel_open(&w->client, loop, fds[0], fds[0], true, NULL), 0);
    CHECK_EQ(tls_push(&w->client, tls_object_creds(creds), NULL, NULL), 0);
}

static void wire_close(struct wire *w)
{
    close(w->outer);
    channel_close(&w->client);
    close(w->inner);
}

static void a_client_may_leave_in_each_phase(void)
{
    struct user server;
    struct chardev *s = serve("tls-creds=xs", &server);
    struct wire w;
    size_t whole;

    wire_open(&w, s, SIZE_MAX);
    for (int left = 1000; server.got_len < 5 && left; left--) {
        wire_carry(&w);
        loop_turn(loop, 1);
    }
    CHECK_STR(server.got, "hello");
    CHECK_EQ(w.ups, 1);
    whole = w.passed;
    wire_close(&w);
    WAIT_FOR(server.closed == 1);
    for (size_t limit = 0; limit < whole; limit += limit < 12 || limit + 40 > whole ? 1 : whole / 24) {
        unsigned opened = server.opened, closed = server.closed;

        wire_open(&w, s, limit);
        for (int left = 1000; wire_carry(&w) && left; left--)
            loop_turn(loop, 1);
        turns(5);
        wire_close(&w);
        /* There was a peer or there was none: never half of one, and no byte of a record that is not whole.  (How long
         * a handshake is, is not always the same.) */
        WAIT_FOR(!strncmp(chardev_filename(s), "disconnected:", 13));
        WAIT_FOR(server.closed - closed == server.opened - opened);
        CHECK(server.opened - opened <= 1);
        CHECK_EQ(server.got_len % 5, 0);
    }
    done(s, &server);
}

static void a_client_comes_again_after_a_handshake_that_failed(void)
{
    struct user server, client;
    struct chardev *s = serve("tls-creds=xs", &server);
    struct chardev *c = come(s, "localhost", "tls-creds=wary,reconnect=1", &client);

    /* It believes nobody here, again and again, and holds nothing up. */
    turns(100);
    CHECK_EQ(server.opened + client.opened, 0);
    done(c, &client);
    c = come(s, "localhost", "tls-creds=xc,reconnect=1", &client);
    WAIT_FOR(server.opened && client.opened);
    chardev_yank(s);
    WAIT_FOR(server.closed == 1 && client.closed == 1);
    WAIT_FOR(server.opened == 2 && client.opened == 2);
    talk(&client, &server);
    done(c, &client);
    done(s, &server);
}

/* Objects */

static void refused(const char *option, const char *says)
{
    struct error *err = NULL;
    struct chardev_config cfg;
    struct chardev *chr = NULL;

    if (!chardev_parse_option(&cfg, option, &err))
        chr = chardev_open(&set, &cfg, &err);
    check_refused(chr ? 0 : -1, err, option, says);
}

#define SERVER "socket,id=s,host=127.0.0.1,port=0,server=on,wait=off,"
#define CLIENT "socket,id=c,host=127.0.0.1,port=1,"

static void what_does_not_fit_is_refused_by_name(void)
{
    refused(SERVER "tls-creds=nosuch", "chardev s: tls-creds=nosuch is not known");
    refused(SERVER "tls-creds=who", "chardev s: tls-creds=who is not known");
    refused(SERVER "tls-creds=xc", "tls-creds=xc is not possible now, legal: credentials with endpoint=server");
    refused(CLIENT "tls-creds=xs", "tls-creds=xs is not possible now, legal: credentials with endpoint=client");
    refused(SERVER "tls-creds=", "tls-creds=");
    refused(SERVER "tls-creds", "tls-creds");
    refused(SERVER "tls-creds=xs,tls-authz=", "tls-authz=");
    refused(SERVER "tls-authz=who", "tls-authz with tls-creds= and server=on only");
    refused(CLIENT "tls-creds=xc,tls-authz=who", "tls-authz with tls-creds= and server=on only");
    refused(SERVER "tls-creds=xs,tls-authz=nosuch", "chardev s: tls-authz=nosuch is not known");
    refused(SERVER "tls-creds=xs,tls-authz=xs", "chardev s: tls-authz=xs is not known");
    refused(SERVER "tls-creds=as,tls-authz=who", "verify-peer=on");
    refused(SERVER "tls-creds=ps,tls-authz=who", "verify-peer=on");
    refused("socket,id=s,path=/tmp/x,server=on,wait=off,tls-creds=xs", "host= and port=");
    refused("socket,id=c,fd=3,tls-creds=xc", "host= and port=");
    refused("null,id=c,tls-creds=xc", "tls-creds");
    CHECK(!chardev_find(&set, "s") && !chardev_find(&set, "c"));
}

static void objects_of_a_chardev_stay_as_long_as_it(void)
{
    struct user u;
    struct chardev *s;

    object("tls-creds-anon,id=own,endpoint=server", "");
    object("tls-creds-x509,id=own2,endpoint=server,dir=%s", "x");
    object("authz-simple,id=own3,identity=x", "");
    s = serve("tls-creds=own2,tls-authz=own3", &u);
    CHECK_EQ(user_object_delete(&objects, "own2", NULL), (uint64_t)-EBUSY);
    CHECK_EQ(user_object_delete(&objects, "own3", NULL), (uint64_t)-EBUSY);
    /* A chardev that is not made holds nothing. */
    refused("socket,id=t,host=127.0.0.1,port=99999,server=on,wait=off,tls-creds=own", "99999");
    refused(SERVER "tls-creds=own,tls-authz=own3", "id s");
    CHECK_EQ(user_object_delete(&objects, "own", NULL), 0);
    done(s, &u);
    CHECK_EQ(user_object_delete(&objects, "own2", NULL), 0);
    CHECK_EQ(user_object_delete(&objects, "own3", NULL), 0);
}

static void make_objects(void)
{
    struct signer ca = make("authority", NULL, true, -1000, 100000);
    struct signer server = make("localhost", &ca, false, -1000, 100000);
    struct signer client = make("client", &ca, false, -1000, 100000);

    mkdir(path_of("x", ""), 0700);
    write_signer("x", "ca-cert.pem", NULL, &ca, NULL);
    write_signer("x", "server-cert.pem", "server-key.pem", &server, NULL);
    write_signer("x", "client-cert.pem", "client-key.pem", &client, NULL);
    forget(&ca);
    forget(&server);
    forget(&client);
    make_folder("y", 100000, -1000, true, NULL);
    write_text("x", "keys.psk", "qemu:00112233445566778899aabbccddeeff\n", 38);
    object("tls-creds-anon,id=as,endpoint=server", "");
    object("tls-creds-anon,id=ac", "");
    object("tls-creds-psk,id=ps,endpoint=server,dir=%s", "x");
    object("tls-creds-psk,id=pc,dir=%s", "x");
    object("tls-creds-x509,id=xs,endpoint=server,dir=%s", "x");
    object("tls-creds-x509,id=xc,dir=%s", "x");
    object("tls-creds-x509,id=lax,verify-peer=off,dir=%s", "x");
    object("tls-creds-x509,id=stranger,verify-peer=off,dir=%s", "y");
    object("tls-creds-x509,id=wary,dir=%s", "y");
    object("authz-simple,id=who,identity=CN=client", "");
    object("authz-simple,id=nobody,identity=CN=somebody", "");
}

int main(void)
{
    if (bench_start())
        return 1;
    certificates_begin();
    user_objects_init(&objects, loop);
    set.objects = &objects;
    make_objects();
    TEST(both_sides_of_each_kind_talk);
    TEST(a_client_wants_the_name_that_it_was_told);
    TEST(who_may_not_come_is_dropped_and_the_next_may);
    TEST(plain_text_and_noise_are_dropped);
    TEST(half_open_handshakes_leave_nothing);
    TEST(a_client_may_leave_in_each_phase);
    TEST(a_client_comes_again_after_a_handshake_that_failed);
    TEST(what_does_not_fit_is_refused_by_name);
    TEST(objects_of_a_chardev_stay_as_long_as_it);
    user_objects_fini(&objects);
    return certificates_end() || bench_end();
}
