/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/tls-creds.h"

/*
 * A build without gnutls: there are no credentials, and so no sessions
 */

#include "crypto/tls-session.h"
#include "lib/error.h"

#include <assert.h>
#include <errno.h>
#include <stddef.h>

struct tls_creds *tls_creds_new(const struct tls_creds_config *cfg, struct error **err)
{
    error_set(err, -ENOTSUP, ERROR_UNSUPPORTED, T("tls-creds %s", cfg->id), "TLS", "it was built without gnutls");
    return NULL;
}

struct tls_creds *tls_creds_get(struct tls_creds *creds)
{
    return creds;
}

void tls_creds_put(struct tls_creds *creds)
{
}

bool tls_creds_is_server(const struct tls_creds *creds)
{
    return false;
}

bool tls_creds_names_peers(const struct tls_creds *creds)
{
    return false;
}

int tls_session_new(struct tls_creds *creds, const struct tls_peer *peer, const struct tls_transport *transport,
                    struct tls_session **session, struct error **err)
{
    return error_set(err, -ENOTSUP, ERROR_UNSUPPORTED, "tls", "TLS", "it was built without gnutls");
}

void tls_session_free(struct tls_session *s)
{
}

int tls_session_handshake(struct tls_session *s)
{
    return -ENOTSUP;
}

ssize_t tls_session_read(struct tls_session *s, void *buf, size_t n)
{
    return -ENOTSUP;
}

ssize_t tls_session_write(struct tls_session *s, const void *buf, size_t n)
{
    return -ENOTSUP;
}

bool tls_session_has_bytes(const struct tls_session *s)
{
    return false;
}

bool tls_session_wants_out(const struct tls_session *s)
{
    return false;
}

void tls_session_bye(struct tls_session *s)
{
}

const char *tls_session_why(const struct tls_session *s)
{
    return "";
}
