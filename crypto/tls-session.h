/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * TLS sessions: one connection, over a transport that never waits
 *
 * The caller owns the transport and calls again when it may go on; nothing here waits.  Home loop.
 */

#include "crypto/tls-creds.h"

#include <stddef.h>
#include <sys/types.h>

struct tls_session;

/* Whom a session believes, of those that its credentials would. */
struct tls_peer {
    const char *hostname;       /* clients with certificates: what the server's has to say; NULL: anything */
    /* Sessions whose credentials name their peers: may that one, "O=us,CN=me" of its certificate, talk to us?  NULL:
     * all may. */
    bool (*allows)(void *opaque, const char *identity);
    void *opaque;
};

/* Bytes moved, 0 from read at the end, or a negative errno; -EAGAIN: later. */
struct tls_transport {
    ssize_t (*read)(void *opaque, void *buf, size_t n);
    ssize_t (*write)(void *opaque, const void *buf, size_t n);
    void *opaque;
};

/* peer: NULL: whomever creds believe.  Holds creds.  -EINVAL: peer asks for names, and creds have none. */
int tls_session_new(struct tls_creds *creds, const struct tls_peer *peer, const struct tls_transport *transport,
                    struct tls_session **session, struct error **err);
void tls_session_free(struct tls_session *s);           /* NULL is fine */

/* 0: it is over, and the peer is whom we believe; -EAGAIN: later; another negative errno: see tls_session_why(). */
int tls_session_handshake(struct tls_session *s);
/* Bytes, 0: the peer has said good-bye, or a negative errno. */
ssize_t tls_session_read(struct tls_session *s, void *buf, size_t n);
/* After -EAGAIN the same bytes are given again. */
ssize_t tls_session_write(struct tls_session *s, const void *buf, size_t n);
bool tls_session_has_bytes(const struct tls_session *s);        /* a read gives some without the transport */
bool tls_session_wants_out(const struct tls_session *s);        /* what said -EAGAIN last waits for writing */
void tls_session_bye(struct tls_session *s);                    /* tries once */
/* Why the handshake failed, for a log; names no secret. */
const char *tls_session_why(const struct tls_session *s);
