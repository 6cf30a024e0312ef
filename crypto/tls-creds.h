/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * TLS credentials: who we are, and whom we believe
 *
 * Loaded once from files in a directory, whose names are the reference's; sessions hold references.  Nothing secret
 * ever stands in an error: it names the file at most.  Home loop.
 */

#include <stdbool.h>

struct error;
struct tls_creds;

enum tls_kind {
    TLS_ANON,           /* encrypted, and anybody could be the peer */
    TLS_PSK,            /* a key that both know: keys.psk, lines of USER:HEX */
    TLS_X509,           /* certificates: ca-cert.pem, ca-crl.pem, {server,client}-{cert,key}.pem.  A client that has not
                         * got both a certificate and a key has neither */
};

struct tls_creds_config {
    enum tls_kind kind;
    bool server;                /* the endpoint */
    bool verify_peer;           /* x509: refuse a peer whose certificate is not good; a server asks for one then */
    bool sanity_check;          /* x509: refuse certificates of our own that no peer would believe */
    const char *id;             /* for errors */
    const char *dir;            /* psk, x509; a server's dh-params.pem may be there, too.  NULL: anon only */
    const char *username;       /* psk, clients only; NULL: "qemu" */
    const char *password;       /* x509: of the key file; NULL: it has none */
    const char *priority;       /* of gnutls; NULL: its own choice */
};

/* A reference, or NULL with an error that names the object and the file. */
struct tls_creds *tls_creds_new(const struct tls_creds_config *cfg, struct error **err);
struct tls_creds *tls_creds_get(struct tls_creds *creds);
void tls_creds_put(struct tls_creds *creds);                    /* NULL is fine */
bool tls_creds_is_server(const struct tls_creds *creds);
/* Does a peer have a name that its certificate proves? */
bool tls_creds_names_peers(const struct tls_creds *creds);
