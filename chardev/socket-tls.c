/* SPDX-License-Identifier: Apache-2.0 */
#include "chardev/socket-tls.h"

/*
 * TLS of a socket chardev (see socket-tls.h)
 *
 * A client with certificates wants to find the host that it was told to connect to in the server's.  Who may come to a
 * server is asked of tls-authz= inside the handshake; where nobody could be told from anybody else, it is refused.
 * (There the reference lets all pass.)
 */

#include "crypto/authz.h"
#include "crypto/tls-object.h"
#include "lib/error.h"

#include <errno.h>

static bool allows(void *opaque, const char *identity)
{
    return authz_allows(opaque, identity);
}

static int authz_take(struct char_tls *t, const struct chardev *chr, const char *id, const char *object,
                      struct error **err)
{
    struct user_object *o = authz_find(chr->set->objects, id);

    if (!o)
        return error_set(err, -ENOENT, ERROR_UNKNOWN, object, T("tls-authz=%s", id),
                         "the id of an -object of a type authz-...");
    if (!tls_creds_names_peers(tls_object_creds(t->creds)))
        return error_set(err, -EINVAL, ERROR_STATE, object, T("tls-authz=%s", id),
                         "tls-authz with a tls-creds-x509 that has verify-peer=on only");
    t->authz = user_object_hold(o);
    t->peer.allows = allows;
    t->peer.opaque = o;
    return 0;
}

int char_tls_init(struct char_tls *t, const struct chardev *chr, const struct chardev_config *cfg, const char *host,
                  struct error **err)
{
    struct text object = text("chardev %s", chr->label);
    struct user_object *o;

    if (!*cfg->tls_creds)
        return 0;
    o = tls_object_find(chr->set->objects, cfg->tls_creds, cfg->server, object.s, err);
    if (!o)
        return -EINVAL;
    t->creds = user_object_hold(o);
    /* Without a host it is this one that a client connects to. */
    if (!cfg->server)
        t->peer.hostname = *host ? host : "localhost";
    return *cfg->tls_authz ? authz_take(t, chr, cfg->tls_authz, object.s, err) : 0;
}

void char_tls_fini(struct char_tls *t)
{
    user_object_drop(t->authz);
    user_object_drop(t->creds);
    *t = (struct char_tls){ NULL };
}

int char_tls_push(const struct char_tls *t, struct channel *c, struct error **err)
{
    return t->creds ? tls_push(c, tls_object_creds(t->creds), &t->peer, err) : 0;
}

bool char_tls_is_on(const struct char_tls *t)
{
    return t->creds;
}
