/* SPDX-License-Identifier: Apache-2.0 */

/*
 * TLS: the sentences of crypto/tls-creds.h, crypto/tls-session.h and io/tls.h, with certificates made here
 */

#include "tests/unit/error-check.h"

#include "io/tls.h"
#include "lib/epoch.h"

#include <errno.h>
#include <gnutls/x509.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static struct loop *loop;
static char dir[64];

/* Certificates */

struct signer { gnutls_x509_privkey_t key; gnutls_x509_crt_t crt; };

static const char *path_of(const char *folder, const char *name)
{
    static char path[200];

    snprintf(path, sizeof(path), "%s/%s/%s", dir, folder, name);
    return path;
}

static void write_text(const char *folder, const char *name, const void *text, size_t n)
{
    FILE *f = fopen(path_of(folder, name), "w");

    CHECK(f && fwrite(text, 1, n, f) == n);
    fclose(f);
}

static void write_signer(const char *folder, const char *cert, const char *key, const struct signer *s,
                         const char *password)
{
    static char text[20000];
    size_t n = sizeof(text);

    CHECK_EQ(gnutls_x509_crt_export(s->crt, GNUTLS_X509_FMT_PEM, text, &n), 0);
    write_text(folder, cert, text, n);
    n = sizeof(text);
    if (password)
        CHECK_EQ(gnutls_x509_privkey_export_pkcs8(s->key, GNUTLS_X509_FMT_PEM, password, GNUTLS_PKCS_PBES2_AES_256,
                                                  text, &n), 0);
    else
        CHECK_EQ(gnutls_x509_privkey_export(s->key, GNUTLS_X509_FMT_PEM, text, &n), 0);
    if (key)
        write_text(folder, key, text, n);
}

/* Signed by another, or by itself if by is NULL.  from_s and to_s: when it is valid, from now. */
static struct signer make(const char *name, const struct signer *by, bool ca, long from_s, long to_s)
{
    static unsigned char serial;
    struct signer s;

    CHECK_EQ(gnutls_x509_privkey_init(&s.key) | gnutls_x509_crt_init(&s.crt), 0);
    CHECK_EQ(gnutls_x509_privkey_generate(s.key, GNUTLS_PK_ECDSA, GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), 0),
             0);
    serial++;
    gnutls_x509_crt_set_version(s.crt, 3);
    gnutls_x509_crt_set_serial(s.crt, &serial, 1);
    gnutls_x509_crt_set_dn_by_oid(s.crt, GNUTLS_OID_X520_COMMON_NAME, 0, name, strlen(name));
    gnutls_x509_crt_set_key(s.crt, s.key);
    gnutls_x509_crt_set_activation_time(s.crt, time(NULL) + from_s);
    gnutls_x509_crt_set_expiration_time(s.crt, time(NULL) + to_s);
    gnutls_x509_crt_set_basic_constraints(s.crt, ca, -1);
    gnutls_x509_crt_set_key_usage(s.crt, ca ? GNUTLS_KEY_KEY_CERT_SIGN : GNUTLS_KEY_DIGITAL_SIGNATURE);
    if (!ca)
        gnutls_x509_crt_set_subject_alt_name(s.crt, GNUTLS_SAN_DNSNAME, name, strlen(name), GNUTLS_FSAN_SET);
    CHECK_EQ(gnutls_x509_crt_sign2(s.crt, by ? by->crt : s.crt, by ? by->key : s.key, GNUTLS_DIG_SHA256, 0), 0);
    return s;
}

static void forget(struct signer *s)
{
    gnutls_x509_privkey_deinit(s->key);
    gnutls_x509_crt_deinit(s->crt);
}

/* A folder with an authority, a server "good.example" and a client that it has signed. */
static void make_folder(const char *folder, long ca_to_s, long own_from_s, bool ca_may_sign, const char *password)
{
    struct signer ca = make("authority", NULL, ca_may_sign, -1000, ca_to_s);
    struct signer server = make("good.example", &ca, false, own_from_s, 100000);
    struct signer client = make("client", &ca, false, own_from_s, 100000);

    mkdir(path_of(folder, ""), 0700);
    write_signer(folder, "ca-cert.pem", NULL, &ca, NULL);
    write_signer(folder, "server-cert.pem", "server-key.pem", &server, password);
    write_signer(folder, "client-cert.pem", "client-key.pem", &client, password);
    forget(&ca);
    forget(&server);
    forget(&client);
}

static struct tls_creds_config config(enum tls_kind kind, bool server, const char *folder)
{
    static char paths[4][200];
    static unsigned n;

    n = (n + 1) % 4;
    snprintf(paths[n], sizeof(paths[n]), "%s/%s", dir, folder);
    return (struct tls_creds_config){ .kind = kind, .server = server, .verify_peer = true, .sanity_check = true,
                                      .id = "tls0", .dir = kind == TLS_ANON ? NULL : paths[n] };
}

static struct tls_creds *load(struct tls_creds_config cfg)
{
    struct error *err = NULL;
    struct tls_creds *c = tls_creds_new(&cfg, &err);

    if (!c)
        printf("# %s\n", error_line(err).s);
    CHECK(c);
    return c;
}

/* Two channels, one on the other */

static struct side {
    struct channel c;
    char got[300000];
    size_t len;
    unsigned ups, ends;
    int code;
} server, client;

static void side_ready(struct channel *c, unsigned events)
{
    struct side *s = list_entry(c, struct side, c);
    ssize_t n = -EAGAIN;

    s->ups += !!(events & CHANNEL_UP);
    CHECK(sizeof(s->got) - s->len >= 1000);
    while (c->up && (n = channel_read(c, s->got + s->len, 1000)) > 0)
        s->len += n;
    if (n == -EAGAIN && (c->up || !(events & LOOP_HUP))) {
        channel_want(c, LOOP_IN);
        return;
    }
    s->ends++;
    s->code = n;
    channel_close(c);
}

static void turns(unsigned n)
{
    while (n--)
        loop_turn(loop, 0);
}

static void pair(void)
{
    int fds[2];

    memset(&server, 0, sizeof(server));
    memset(&client, 0, sizeof(client));
    server.c.ready = client.c.ready = side_ready;
    CHECK_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
    CHECK_EQ(channel_open(&server.c, loop, fds[0], fds[0], true, NULL), 0);
    CHECK_EQ(channel_open(&client.c, loop, fds[1], fds[1], true, NULL), 0);
}

/* Takes both credentials. */
static void shake_hands(struct tls_creds *of_server, struct tls_creds *of_client, const char *hostname)
{
    pair();
    CHECK_EQ(tls_push(&server.c, of_server, NULL, NULL), 0);
    CHECK_EQ(tls_push(&client.c, of_client, hostname, NULL), 0);
    tls_creds_put(of_server);
    tls_creds_put(of_client);
    CHECK_EQ(channel_write(&client.c, "early", 5), -EAGAIN);
    for (int i = 0; i < 50; i++)
        turns(2);
}

static void end(void)
{
    channel_close(&server.c);
    channel_close(&client.c);
}

static void talk(void)
{
    static char block[100000];
    size_t sent = 0;

    CHECK_EQ(server.ups, 1);
    CHECK_EQ(client.ups, 1);
    CHECK_EQ(channel_write(&client.c, "question", 8), 8);
    CHECK_EQ(channel_write(&server.c, "answer", 6), 6);
    turns(6);
    CHECK_EQ(server.len, 8);
    CHECK(!memcmp(server.got, "question", 8));
    CHECK(!memcmp(client.got, "answer", 6));
    for (size_t i = 0; i < sizeof(block); i++)
        block[i] = i * 7 + (i >> 8);
    for (int i = 0; i < 1000 && client.len < 6 + sizeof(block); i++) {
        ssize_t n = sent < sizeof(block) ? channel_write(&server.c, block + sent, sizeof(block) - sent) : -EAGAIN;

        CHECK(n > 0 || n == -EAGAIN);
        sent += n > 0 ? n : 0;
        channel_want(&server.c, LOOP_IN | LOOP_OUT);
        turns(1);
    }
    CHECK_EQ(client.len, 6 + sizeof(block));
    CHECK(!memcmp(client.got + 6, block, sizeof(block)));
    CHECK(channel_flush(&server.c));
}

static void without_certificates_anybody_may_talk(void)
{
    shake_hands(load(config(TLS_ANON, true, "")), load(config(TLS_ANON, false, "")), NULL);
    talk();
    end();
}

#define PSK "qemu:5f4dcc3b5aa765d61d8327deb882cf99\nother:00112233445566778899aabbccddeeff\n"

static void who_knows_the_key_may_talk(void)
{
    struct tls_creds_config cfg;

    mkdir(path_of("psk", ""), 0700);
    write_text("psk", "keys.psk", PSK, sizeof(PSK) - 1);
    shake_hands(load(config(TLS_PSK, true, "psk")), load(config(TLS_PSK, false, "psk")), NULL);
    talk();
    end();
    cfg = config(TLS_PSK, false, "psk");
    cfg.username = "other";
    shake_hands(load(config(TLS_PSK, true, "psk")), load(cfg), NULL);
    talk();
    end();
}

static void who_has_another_key_may_not(void)
{
    mkdir(path_of("psk2", ""), 0700);
    write_text("psk2", "keys.psk", "qemu:00112233445566778899aabbccddee00\n", 38);
    shake_hands(load(config(TLS_PSK, true, "psk")), load(config(TLS_PSK, false, "psk2")), NULL);
    CHECK_EQ(server.ups, 0);
    CHECK_EQ(server.ends, 1);
    end();
}

static void certificates_of_one_authority_believe_each_other(void)
{
    make_folder("x", 100000, -1000, true, NULL);
    shake_hands(load(config(TLS_X509, true, "x")), load(config(TLS_X509, false, "x")), "good.example");
    talk();
    end();
}

static void another_name_is_not_believed(void)
{
    shake_hands(load(config(TLS_X509, true, "x")), load(config(TLS_X509, false, "x")), "bad.example");
    CHECK_EQ(client.ups, 0);
    CHECK_EQ(client.ends, 1);
    CHECK_EQ(server.ups, 0);
    end();
}

static void another_authority_is_not_believed(void)
{
    struct tls_creds_config cfg;

    make_folder("y", 100000, -1000, true, NULL);
    shake_hands(load(config(TLS_X509, true, "x")), load(config(TLS_X509, false, "y")), NULL);
    CHECK_EQ(client.ups, 0);
    CHECK_EQ(client.ends, 1);
    end();
    /* A client that believes anybody, at a server that does not. */
    cfg = config(TLS_X509, false, "y");
    cfg.verify_peer = false;
    shake_hands(load(config(TLS_X509, true, "x")), load(cfg), NULL);
    CHECK_EQ(server.ups, 0);
    CHECK_EQ(server.ends, 1);
    end();
}

static void a_client_without_certificate_is_for_servers_that_do_not_ask(void)
{
    struct tls_creds_config cfg = config(TLS_X509, true, "x"), none = config(TLS_X509, false, "y");

    none.verify_peer = false;
    CHECK_EQ(unlink(path_of("y", "client-cert.pem")), 0);
    cfg.verify_peer = false;
    shake_hands(load(cfg), load(none), NULL);
    talk();
    end();
    shake_hands(load(config(TLS_X509, true, "x")), load(none), NULL);
    CHECK_EQ(server.ups, 0);
    end();
}

static void a_key_may_have_a_password(void)
{
    struct tls_creds_config a = config(TLS_X509, true, "p"), b = config(TLS_X509, false, "p");

    make_folder("p", 100000, -1000, true, "s3cret-w0rd");
    a.password = b.password = "s3cret-w0rd";
    shake_hands(load(a), load(b), "good.example");
    talk();
    end();
}

static void refused(struct tls_creds_config cfg, const char *says)
{
    struct error *err = NULL;

    if (tls_creds_new(&cfg, &err))
        printf("# %s\n", says);
    CHECK(err);
    CHECK(err && !strstr(error_line(err).s, "w0rd") && !strstr(error_line(err).s, "5f4dcc3b"));
    CHECK(strstr(error_line(err).s, "tls0"));
    check_refused(-1, err, "creds", says);
}

static void credentials_that_are_not_good_are_refused_with_their_file(void)
{
    struct tls_creds_config cfg;

    refused(config(TLS_X509, true, "nowhere"), "nowhere/ca-cert.pem");
    refused(config(TLS_PSK, true, "nowhere"), "nowhere/keys.psk");
    refused(config(TLS_PSK, false, "nowhere"), "nowhere/keys.psk");
    cfg = config(TLS_X509, true, "");
    cfg.dir = NULL;
    refused(cfg, "dir=PATH");
    cfg = config(TLS_PSK, false, "psk");
    cfg.username = "nobody";
    refused(cfg, "username nobody");
    cfg = config(TLS_X509, true, "p");
    cfg.password = "wrong-w0rd";
    refused(cfg, "server-key.pem");
    cfg = config(TLS_ANON, true, "");
    cfg.priority = "NO-SUCH-THING";
    refused(cfg, "priority=NO-SUCH-THING");
    make_folder("late", -10, -1000, true, NULL);
    refused(config(TLS_X509, true, "late"), "has not expired");
    make_folder("soon", 100000, 5000, true, NULL);
    refused(config(TLS_X509, true, "soon"), "valid already");
    make_folder("noca", 100000, -1000, false, NULL);
    refused(config(TLS_X509, true, "noca"), "may sign");
    write_text("late", "ca-cert.pem", "nonsense", 8);
    refused(config(TLS_X509, true, "late"), "late/ca-cert.pem");
    cfg = config(TLS_X509, true, "late");
    cfg.sanity_check = false;
    refused(cfg, "late/ca-cert.pem");
}

static void our_own_certificate_must_be_signed_by_the_authority(void)
{
    struct signer other = make("authority", NULL, true, -1000, 100000);

    make_folder("z", 100000, -1000, true, NULL);
    write_signer("z", "ca-cert.pem", NULL, &other, NULL);
    refused(config(TLS_X509, true, "z"), "ca-cert.pem has signed");
    forget(&other);
}

/* A peer that speaks no TLS, or leaves, or says anything: it is refused once, and nothing crashes. */
static void peers_that_speak_something_else_are_refused(void)
{
    static const char *const said[] = { "GET / HTTP/1.1\r\n\r\n", "\x16\x03\x01\x40\x00",
                                        "\x16\x03\x01\x00\x05\x01\x00\x00\x01\x00",
                                        "\x15\x03\x01\x00\x02\x01\x00" };
    static const size_t len[] = { 18, 5, 10, 7 };

    for (unsigned i = 0; i < 8; i++) {
        struct tls_creds *creds = load(config(TLS_X509, true, "x"));

        pair();
        CHECK_EQ(tls_push(&server.c, creds, NULL, NULL), 0);
        tls_creds_put(creds);
        if (i < 4)
            CHECK_EQ(channel_write(&client.c, said[i], len[i]), (ssize_t)len[i]);
        for (unsigned k = 0; i > 4 && k < 100; k++) {
            uint32_t noise = (k + 1) * 2654435761u * i;

            CHECK_EQ(channel_write(&client.c, &noise, 4), 4);
        }
        turns(10);
        channel_close(&client.c);
        turns(10);
        CHECK_EQ(server.ups, 0);
        CHECK_EQ(server.ends, 1);
        end();
    }
}

static void a_good_bye_is_an_end_and_a_cut_is_an_error(void)
{
    shake_hands(load(config(TLS_X509, true, "x")), load(config(TLS_X509, false, "x")), "good.example");
    channel_write(&client.c, "last", 4);
    channel_close(&client.c);
    turns(6);
    CHECK_EQ(server.len, 4);
    CHECK_EQ(server.ends, 1);
    CHECK_EQ(server.code, 0);
    end();
    shake_hands(load(config(TLS_X509, true, "x")), load(config(TLS_X509, false, "x")), "good.example");
    shutdown(channel_fd(&client.c), SHUT_RDWR);
    turns(6);
    CHECK_EQ(server.ends, 1);
    CHECK_EQ(server.code, -ECONNRESET);
    end();
}

int main(void)
{
    char command[100];

    epoch_thread_init();
    signal(SIGPIPE, SIG_IGN);
    snprintf(dir, sizeof(dir), "/tmp/rhea-test-tls-%d", getpid());
    mkdir(dir, 0700);
    if (loop_new(&loop, NULL))
        return 1;
    TEST(without_certificates_anybody_may_talk);
    TEST(who_knows_the_key_may_talk);
    TEST(who_has_another_key_may_not);
    TEST(certificates_of_one_authority_believe_each_other);
    TEST(another_name_is_not_believed);
    TEST(another_authority_is_not_believed);
    TEST(a_client_without_certificate_is_for_servers_that_do_not_ask);
    TEST(a_key_may_have_a_password);
    TEST(credentials_that_are_not_good_are_refused_with_their_file);
    TEST(our_own_certificate_must_be_signed_by_the_authority);
    TEST(peers_that_speak_something_else_are_refused);
    TEST(a_good_bye_is_an_end_and_a_cut_is_an_error);
    loop_free(loop);
    snprintf(command, sizeof(command), "rm -rf %s", dir);
    return system(command) || test_end();
}
