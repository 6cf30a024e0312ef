/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What credentials are inside; private to crypto/
 */

#include "crypto/tls-creds.h"
#include "lib/error.h"

#include <gnutls/gnutls.h>

struct tls_creds {
    unsigned references;
    enum tls_kind kind;
    bool server, verify_peer;
    char id[64];
    char *priority;                     /* all that gnutls is asked for */
    gnutls_dh_params_t dh;              /* NULL: gnutls' own */
    union {
        gnutls_anon_server_credentials_t anon_server;
        gnutls_anon_client_credentials_t anon_client;
        gnutls_psk_server_credentials_t psk_server;
        gnutls_psk_client_credentials_t psk_client;
        gnutls_certificate_credentials_t x509;
        void *any;                      /* NULL: not allocated */
    } u;
};

/* The path of a file in the directory. */
struct tls_path { char s[4200]; } tls_path(const struct tls_creds_config *cfg, const char *name);
/* What gnutls said about it. */
int tls_gnutls_error(const struct tls_creds_config *cfg, const char *what, int code, struct error **err);

/* tls-x509.c: fills in creds->u.x509, which is allocated. */
int tls_x509_load(struct tls_creds *creds, const struct tls_creds_config *cfg, struct error **err);
