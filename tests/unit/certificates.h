/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Certificates that a test makes for itself, in folders of a directory of its own
 */

#include "tests/test.h"

#include <gnutls/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static char certificates_dir[64];

static inline void certificates_begin(void)
{
    snprintf(certificates_dir, sizeof(certificates_dir), "/tmp/rhea-test-certs-%d", getpid());
    CHECK_EQ(mkdir(certificates_dir, 0700), 0);
}

static inline int certificates_end(void)
{
    char command[100];

    snprintf(command, sizeof(command), "rm -rf %s", certificates_dir);
    return system(command);
}

struct signer { gnutls_x509_privkey_t key; gnutls_x509_crt_t crt; };

static inline const char *path_of(const char *folder, const char *name)
{
    static char path[200];

    snprintf(path, sizeof(path), "%s/%s/%s", certificates_dir, folder, name);
    return path;
}

static inline void write_text(const char *folder, const char *name, const void *text, size_t n)
{
    FILE *f = fopen(path_of(folder, name), "w");

    CHECK(f && fwrite(text, 1, n, f) == n);
    fclose(f);
}

static inline void write_signer(const char *folder, const char *cert, const char *key, const struct signer *s,
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

/* Signed by another, or by itself if by is NULL.  from_s and to_s: when it is valid, from now; usage and purpose (NULL:
 * any) are critical. */
static inline struct signer make_for(const char *name, const struct signer *by, bool ca, long from_s, long to_s,
                                     unsigned usage, const char *purpose)
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
    gnutls_x509_crt_set_key_usage(s.crt, usage);
    if (purpose)
        gnutls_x509_crt_set_key_purpose_oid(s.crt, purpose, true);
    if (!ca)
        gnutls_x509_crt_set_subject_alt_name(s.crt, GNUTLS_SAN_DNSNAME, name, strlen(name), GNUTLS_FSAN_SET);
    CHECK_EQ(gnutls_x509_crt_sign2(s.crt, by ? by->crt : s.crt, by ? by->key : s.key, GNUTLS_DIG_SHA256, 0), 0);
    return s;
}

static inline struct signer make(const char *name, const struct signer *by, bool ca, long from_s, long to_s)
{
    return make_for(name, by, ca, from_s, to_s, ca ? GNUTLS_KEY_KEY_CERT_SIGN : GNUTLS_KEY_DIGITAL_SIGNATURE, NULL);
}

static inline void forget(struct signer *s)
{
    gnutls_x509_privkey_deinit(s->key);
    gnutls_x509_crt_deinit(s->crt);
}

/* A folder with an authority, a server "good.example" and a client that it has signed. */
static inline void make_folder(const char *folder, long ca_to_s, long own_from_s, bool ca_may_sign,
                               const char *password)
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
