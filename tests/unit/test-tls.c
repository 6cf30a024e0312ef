/* SPDX-License-Identifier: Apache-2.0 */

/*
 * TLS: the sentences of crypto/tls-creds.h, crypto/tls-session.h and io/tls.h, with certificates made here
 */

#include "tests/unit/certificates.h"
#include "tests/unit/error-check.h"

#include "io/tls.h"
#include "lib/epoch.h"

#include <errno.h>
#include <signal.h>
#include <sys/socket.h>

static struct loop *loop;

static struct tls_creds_config config(enum tls_kind kind, bool server, const char *folder)
{
    static char paths[4][200];
    static unsigned n;

    n = (n + 1) % 4;
    snprintf(paths[n], sizeof(paths[n]), "%s/%s", certificates_dir, folder);
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
    CHECK_EQ(tls_push(&client.c, of_client, &(struct tls_peer){ .hostname = hostname }, NULL), 0);
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
    static char long_dir[4002];
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
    cfg = config(TLS_PSK, true, "psk");
    cfg.username = "somebody";
    refused(cfg, "endpoint=client only");
    memset(long_dir, 'd', sizeof(long_dir) - 1);
    cfg = config(TLS_PSK, true, "psk");
    cfg.dir = long_dir;
    refused(cfg, "at most 4000 bytes");
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

/* RFC 5280, 4.2.1.3, 4.2.1.9 and 4.2.1.12, where they are critical. */
static void our_own_certificate_must_be_for_our_side(void)
{
    static const struct { unsigned usage; bool ca; const char *purpose, *says; } cases[] = {
        { GNUTLS_KEY_DIGITAL_SIGNATURE, false, GNUTLS_KP_TLS_WWW_SERVER, NULL },
        { GNUTLS_KEY_DIGITAL_SIGNATURE, false, GNUTLS_KP_ANY, NULL },
        { GNUTLS_KEY_DIGITAL_SIGNATURE | GNUTLS_KEY_KEY_AGREEMENT, false, NULL, NULL },
        { GNUTLS_KEY_DIGITAL_SIGNATURE, false, GNUTLS_KP_TLS_WWW_CLIENT, "purpose is to be a TLS server" },
        { GNUTLS_KEY_DIGITAL_SIGNATURE, false, GNUTLS_KP_CODE_SIGNING, "purpose is to be a TLS server" },
        { GNUTLS_KEY_KEY_ENCIPHERMENT, false, NULL, "make digital signatures" },
        { GNUTLS_KEY_DIGITAL_SIGNATURE, true, NULL, "no authority's" },
    };

    make_folder("u", 100000, -1000, true, NULL);
    for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct signer ca = make("authority", NULL, true, -1000, 100000);
        struct signer own = make_for("good.example", &ca, cases[i].ca, -1000, 1000, cases[i].usage, cases[i].purpose);

        write_signer("u", "ca-cert.pem", NULL, &ca, NULL);
        write_signer("u", "server-cert.pem", "server-key.pem", &own, NULL);
        if (cases[i].says)
            refused(config(TLS_X509, true, "u"), cases[i].says);
        else
            tls_creds_put(load(config(TLS_X509, true, "u")));
        forget(&ca);
        forget(&own);
    }
}

static void an_authority_must_be_allowed_to_sign(void)
{
    struct signer ca = make_for("authority", NULL, true, -1000, 1000, GNUTLS_KEY_DIGITAL_SIGNATURE, NULL);

    write_signer("u", "ca-cert.pem", NULL, &ca, NULL);
    refused(config(TLS_X509, true, "u"), "key usage lets them sign");
    forget(&ca);
}

static void a_client_has_a_certificate_if_it_has_its_key(void)
{
    make_folder("half", 100000, -1000, true, NULL);
    CHECK_EQ(unlink(path_of("half", "client-key.pem")), 0);
    tls_creds_put(load(config(TLS_X509, false, "half")));
    CHECK_EQ(unlink(path_of("half", "server-key.pem")), 0);
    refused(config(TLS_X509, true, "half"), "half/server-key.pem");
    refused(config(TLS_X509, true, "x/ca-cert.pem"), "x/ca-cert.pem/ca-cert.pem");
}

/* RFC 5280, 5: ca-crl.pem names it. */
static void a_certificate_that_was_taken_back_is_not_believed(void)
{
    struct signer ca = make_for("authority", NULL, true, -1000, 100000,
                                GNUTLS_KEY_KEY_CERT_SIGN | GNUTLS_KEY_CRL_SIGN, NULL);
    struct signer own = make("good.example", &ca, false, -1000, 100000);
    struct signer bad = make("client", &ca, false, -1000, 100000);
    static char text[8192];
    size_t n = sizeof(text);
    gnutls_x509_crl_t crl;

    make_folder("r", 100000, -1000, true, NULL);
    write_signer("r", "ca-cert.pem", NULL, &ca, NULL);
    write_signer("r", "server-cert.pem", "server-key.pem", &own, NULL);
    write_signer("r", "client-cert.pem", "client-key.pem", &bad, NULL);
    shake_hands(load(config(TLS_X509, true, "r")), load(config(TLS_X509, false, "r")), "good.example");
    CHECK_EQ(server.ups, 1);
    end();
    CHECK_EQ(gnutls_x509_crl_init(&crl), 0);
    gnutls_x509_crl_set_version(crl, 2);
    gnutls_x509_crl_set_this_update(crl, time(NULL) - 100);
    gnutls_x509_crl_set_next_update(crl, time(NULL) + 10000);
    CHECK_EQ(gnutls_x509_crl_set_crt(crl, bad.crt, time(NULL) - 50), 0);
    CHECK_EQ(gnutls_x509_crl_sign2(crl, ca.crt, ca.key, GNUTLS_DIG_SHA256, 0), 0);
    CHECK_EQ(gnutls_x509_crl_export(crl, GNUTLS_X509_FMT_PEM, text, &n), 0);
    write_text("r", "ca-crl.pem", text, n);
    gnutls_x509_crl_deinit(crl);
    shake_hands(load(config(TLS_X509, true, "r")), load(config(TLS_X509, false, "r")), "good.example");
    CHECK_EQ(server.ups, 0);
    CHECK_EQ(server.ends, 1);
    end();
    forget(&ca);
    forget(&own);
    forget(&bad);
}

/* Cut anywhere, or with a byte changed anywhere: refused with its file, or as good as before. */
static void damaged_files_are_refused_or_do_no_harm(void)
{
    static const char *const files[] = { "ca-cert.pem", "server-cert.pem", "server-key.pem" };
    unsigned refusals = 0;

    make_folder("d", 100000, -1000, true, NULL);
    for (unsigned i = 0; i < 3; i++) {
        static char whole[4096], text[4096];
        FILE *f = fopen(path_of("d", files[i]), "r");
        size_t n = f ? fread(whole, 1, sizeof(whole), f) : 0;

        CHECK(n > 100 && n < sizeof(whole));
        fclose(f);
        for (size_t at = 1; at < n; at += 11) {
            struct tls_creds_config cfg = config(TLS_X509, true, "d");
            struct error *err = NULL;
            struct tls_creds *c;

            memcpy(text, whole, n);
            text[at] ^= 1 << at % 8;
            write_text("d", files[i], text, at % 2 ? n : at);
            c = tls_creds_new(&cfg, &err);
            CHECK(!c == !!err);
            CHECK(c || strstr(error_line(err).s, certificates_dir));
            refusals += !c;
            tls_creds_put(c);
            error_free(err);
        }
        write_text("d", files[i], whole, n);
    }
    CHECK(refusals > 50);
    tls_creds_put(load(config(TLS_X509, true, "d")));
}

/* Names, where credentials have them */

static char asked[200];
static bool allows(void *opaque, const char *identity)
{
    snprintf(asked, sizeof(asked), "%s", identity);
    return *(bool *)opaque;
}

static void a_server_may_be_asked_who_may_talk(void)
{
    bool may = false;
    struct tls_peer peer = { .allows = allows, .opaque = &may };

    for (unsigned i = 0; i < 2; i++, may = true) {
        struct tls_creds *a = load(config(TLS_X509, true, "x")), *b = load(config(TLS_X509, false, "x"));

        pair();
        *asked = 0;
        CHECK_EQ(tls_push(&server.c, a, &peer, NULL), 0);
        CHECK_EQ(tls_push(&client.c, b, NULL, NULL), 0);
        tls_creds_put(a);
        tls_creds_put(b);
        turns(100);
        CHECK_STR(asked, "CN=client");
        CHECK_EQ(server.ups, may);
        CHECK_EQ(server.ends, !may);
        if (may)
            talk();
        end();
    }
}

static void who_has_no_name_cannot_be_asked_about(void)
{
    bool may = true;
    struct tls_peer peer = { .allows = allows, .opaque = &may };
    struct tls_creds_config all[] = { config(TLS_ANON, true, ""), config(TLS_PSK, true, "psk"),
                                      config(TLS_X509, true, "x") };

    all[2].verify_peer = false;
    for (unsigned i = 0; i < 3; i++) {
        struct tls_creds *creds = load(all[i]);
        struct error *err = NULL;
        int r;

        CHECK(!tls_creds_names_peers(creds));
        pair();
        r = tls_push(&server.c, creds, &peer, &err);
        check_refused(r, err, "peer", "verify-peer=on");
        CHECK(server.c.up);
        tls_creds_put(creds);
        end();
    }
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
    epoch_thread_init();
    signal(SIGPIPE, SIG_IGN);
    certificates_begin();
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
    TEST(our_own_certificate_must_be_for_our_side);
    TEST(an_authority_must_be_allowed_to_sign);
    TEST(a_client_has_a_certificate_if_it_has_its_key);
    TEST(a_certificate_that_was_taken_back_is_not_believed);
    TEST(damaged_files_are_refused_or_do_no_harm);
    TEST(a_server_may_be_asked_who_may_talk);
    TEST(who_has_no_name_cannot_be_asked_about);
    TEST(our_own_certificate_must_be_signed_by_the_authority);
    TEST(peers_that_speak_something_else_are_refused);
    TEST(a_good_bye_is_an_end_and_a_cut_is_an_error);
    loop_free(loop);
    return certificates_end() || test_end();
}
