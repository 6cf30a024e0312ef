/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/tls-session.h"

/*
 * TLS sessions (see tls-session.h); RFC 5246, RFC 8446; GnuTLS manual, chapter "How to use GnuTLS in applications"
 *
 * A peer is verified inside the handshake, so that there is no session with one that is not believed.
 */

#include "crypto/tls-private.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <gnutls/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WARNINGS = 16, NAME_BYTES = 1024 };

struct tls_session {
    struct tls_creds *creds;
    gnutls_session_t s;
    struct tls_transport transport;
    struct tls_peer peer;       /* with a hostname of its own */
    unsigned status;            /* what is wrong with the peer's certificate, as gnutls says it */
    bool is_stranger;
    char why[200];
};

static ssize_t result(struct tls_session *s, ssize_t r)
{
    if (r < 0)
        gnutls_transport_set_errno(s->s, -r);
    return r < 0 ? -1 : r;
}

static ssize_t pull(gnutls_transport_ptr_t opaque, void *buf, size_t n)
{
    struct tls_session *s = opaque;

    return result(s, s->transport.read(s->transport.opaque, buf, n));
}

static ssize_t push(gnutls_transport_ptr_t opaque, const void *buf, size_t n)
{
    struct tls_session *s = opaque;

    return result(s, s->transport.write(s->transport.opaque, buf, n));
}

static int set_creds(gnutls_session_t s, const struct tls_creds *c)
{
    static const gnutls_credentials_type_t types[] = {
        [TLS_ANON] = GNUTLS_CRD_ANON, [TLS_PSK] = GNUTLS_CRD_PSK, [TLS_X509] = GNUTLS_CRD_CERTIFICATE,
    };

    return gnutls_credentials_set(s, types[c->kind], c->u.any);
}

/* The name as the certificate puts it; -EINVAL: it has none that can be told from others. */
static int identity_of(gnutls_session_t s, char *name, size_t size)
{
    unsigned num = 0;
    const gnutls_datum_t *list = gnutls_certificate_get_peers(s, &num);
    gnutls_x509_crt_t crt;
    size_t len = size;
    int r;

    if (!list || !num || gnutls_x509_crt_init(&crt))
        return -EINVAL;
    r = gnutls_x509_crt_import(crt, &list[0], GNUTLS_X509_FMT_DER);
    if (!r)
        r = gnutls_x509_crt_get_dn(crt, name, &len);
    gnutls_x509_crt_deinit(crt);
    return r || strnlen(name, size) != len ? -EINVAL : 0;
}

/* Inside the handshake; what it returns but 0 ends it. */
static int verify(gnutls_session_t gnutls)
{
    struct tls_session *s = gnutls_session_get_ptr(gnutls);
    char name[NAME_BYTES];

    if (gnutls_certificate_verify_peers3(gnutls, s->peer.hostname, &s->status) || s->status)
        return GNUTLS_E_CERTIFICATE_VERIFICATION_ERROR;
    if (!s->peer.allows)
        return 0;
    if (identity_of(gnutls, name, sizeof(name)) || !s->peer.allows(s->peer.opaque, name)) {
        s->is_stranger = true;
        return GNUTLS_E_CERTIFICATE_VERIFICATION_ERROR;
    }
    return 0;
}

static void set_verification(struct tls_session *s)
{
    const struct tls_creds *c = s->creds;
    const char *hostname = s->peer.hostname;
    struct in6_addr address;

    if (c->kind != TLS_X509)
        return;
    if (c->server)
        gnutls_certificate_server_set_request(s->s, c->verify_peer ? GNUTLS_CERT_REQUIRE : GNUTLS_CERT_IGNORE);
    gnutls_session_set_ptr(s->s, s);
    if (c->verify_peer)
        gnutls_session_set_verify_function(s->s, verify);
    if (hostname && inet_pton(AF_INET, hostname, &address) != 1 && inet_pton(AF_INET6, hostname, &address) != 1)
        gnutls_server_name_set(s->s, GNUTLS_NAME_DNS, hostname, strlen(hostname));
}

int tls_session_new(struct tls_creds *creds, const struct tls_peer *peer, const struct tls_transport *transport,
                    struct tls_session **session, struct error **err)
{
    struct tls_session *s;
    int r;

    if (peer && peer->allows && !tls_creds_names_peers(creds))
        return error_set(err, -EINVAL, ERROR_STATE, T("tls-creds %s", creds->id), "peers without names",
                         "tls-creds-x509 with verify-peer=on, to tell whose they are");
    s = calloc(1, sizeof(*s));
    assert(s);
    s->creds = tls_creds_get(creds);
    s->transport = *transport;
    s->peer = peer ? *peer : (struct tls_peer){ NULL };
    s->peer.hostname = s->peer.hostname && !creds->server ? strdup(s->peer.hostname) : NULL;
    r = gnutls_init(&s->s, (creds->server ? GNUTLS_SERVER : GNUTLS_CLIENT) | GNUTLS_NONBLOCK);
    if (!r)
        r = gnutls_priority_set_direct(s->s, creds->priority, NULL);
    if (!r)
        r = set_creds(s->s, creds);
    if (r) {
        tls_session_free(s);
        return error_set(err, -EINVAL, ERROR_HOST, T("tls-creds %s", creds->id), "TLS session", gnutls_strerror(r));
    }
    set_verification(s);
    gnutls_transport_set_ptr(s->s, s);
    gnutls_transport_set_pull_function(s->s, pull);
    gnutls_transport_set_push_function(s->s, push);
    *session = s;
    return 0;
}

void tls_session_free(struct tls_session *s)
{
    if (!s)
        return;
    if (s->s)
        gnutls_deinit(s->s);
    tls_creds_put(s->creds);
    free((char *)s->peer.hostname);
    free(s);
}

static bool is_passing(ssize_t r)
{
    return r == GNUTLS_E_AGAIN || r == GNUTLS_E_INTERRUPTED;
}

static void explain(struct tls_session *s, int code)
{
    gnutls_datum_t text = { NULL, 0 };

    snprintf(s->why, sizeof(s->why), "%s", s->is_stranger ? "its name may not come here" : gnutls_strerror(code));
    if (s->status && !gnutls_certificate_verification_status_print(s->status, GNUTLS_CRT_X509, &text, 0))
        snprintf(s->why, sizeof(s->why), "%.*s", (int)text.size, (char *)text.data);
    gnutls_free(text.data);
}

int tls_session_handshake(struct tls_session *s)
{
    int r = GNUTLS_E_INTERRUPTED;

    /* Warnings in between are passed over, but not for ever. */
    for (unsigned i = 0; i < WARNINGS && r < 0 && !gnutls_error_is_fatal(r) && r != GNUTLS_E_AGAIN; i++)
        r = gnutls_handshake(s->s);
    if (!r || r == GNUTLS_E_AGAIN)
        return r ? -EAGAIN : 0;
    explain(s, r);
    /* The peer may like to know; it is not waited for. */
    gnutls_alert_send_appropriate(s->s, r);
    return -EPROTO;
}

/* What a warning or a new handshake means in the middle: nothing is renegotiated. */
static ssize_t code_of(ssize_t r)
{
    return r == GNUTLS_E_PREMATURE_TERMINATION ? -ECONNRESET : r == GNUTLS_E_REHANDSHAKE ? -EPROTO
           : is_passing(r) || !gnutls_error_is_fatal(r) ? -EAGAIN : -EPROTO;
}

ssize_t tls_session_read(struct tls_session *s, void *buf, size_t n)
{
    ssize_t r = gnutls_record_recv(s->s, buf, n);

    return r < 0 ? code_of(r) : r;
}

ssize_t tls_session_write(struct tls_session *s, const void *buf, size_t n)
{
    ssize_t r = gnutls_record_send(s->s, buf, n);

    return r < 0 ? code_of(r) : r;
}

bool tls_session_has_bytes(const struct tls_session *s)
{
    return gnutls_record_check_pending(s->s) > 0;
}

bool tls_session_wants_out(const struct tls_session *s)
{
    return gnutls_record_get_direction(s->s);
}

void tls_session_bye(struct tls_session *s)
{
    gnutls_bye(s->s, GNUTLS_SHUT_WR);
}

const char *tls_session_why(const struct tls_session *s)
{
    return s->why;
}
