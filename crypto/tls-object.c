/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/tls-object.h"

/*
 * Objects of TLS credentials (see tls-object.h; properties as the reference's schema has them)
 *
 * They are loaded when the object is complete, and stay as they were loaded: files that change later count for the next
 * object.  The one exception is a server's keys.psk, which gnutls reads at each handshake.
 *
 * Invariant: the password of a key is nowhere but in its secret.
 */

#include "crypto/secret.h"
#include "lib/error.h"

#include <errno.h>
#include <string.h>

struct tls_object {
    struct user_object user;
    struct tls_creds *creds;
    struct {
        char *dir, *priority, *username, *passwordid;
        uint8_t endpoint;
        bool verify_peer, sanity_check, loaded;
    } cfg;
};
#define T_ struct tls_object

struct tls_object_type {
    struct user_type user;
    enum tls_kind kind;
};

enum { CLIENT, SERVER };
static const char *const endpoints[] = { "client", "server", NULL };

static struct tls_object *tls_object(const struct user_object *o)
{
    return (struct tls_object *)o;
}

struct user_object *tls_object_find(const struct user_objects *set, const char *id, bool server, const char *what,
                                    struct error **err)
{
    struct user_object *o = set ? user_object_find(set, id, "tls-creds") : NULL;

    if (!o || !o->complete) {
        error_set(err, -ENOENT, ERROR_UNKNOWN, what, T("tls-creds=%s", id),
                  "the id of an -object of a type tls-creds-...");
        return NULL;
    }
    if (tls_creds_is_server(tls_object(o)->creds) != server) {
        error_set(err, -EINVAL, ERROR_STATE, what, T("tls-creds=%s", id),
                  server ? "credentials with endpoint=server" : "credentials with endpoint=client");
        return NULL;
    }
    return o;
}

struct tls_creds *tls_object_creds(const struct user_object *o)
{
    return tls_object(o)->creds;
}

/* Borrowed, from the secret's own pages, where a zero follows. */
static int password_find(const struct tls_object *t, const char **password, struct error **err)
{
    struct text what = text("tls-creds %s passwordid", user_object_id(&t->user));
    const uint8_t *bytes = NULL;
    size_t size = 0;
    int r;

    *password = NULL;
    if (!t->cfg.passwordid || !*t->cfg.passwordid)
        return 0;
    r = secret_find(t->user.set, t->cfg.passwordid, what.s, &bytes, &size, err);
    if (!r && memchr(bytes, 0, size))
        r = error_set(err, -EINVAL, ERROR_SYNTAX, what.s, t->cfg.passwordid, "a secret without zero bytes");
    *password = (const char *)bytes;
    return r;
}

static int tls_complete(struct user_object *o, struct error **err)
{
    struct tls_object *t = tls_object(o);
    struct tls_creds_config cfg = {
        .kind = ((const struct tls_object_type *)o->type)->kind, .server = t->cfg.endpoint == SERVER,
        .verify_peer = t->cfg.verify_peer, .sanity_check = t->cfg.sanity_check, .id = user_object_id(o),
        .dir = t->cfg.dir, .username = t->cfg.username, .priority = t->cfg.priority,
    };
    int r = password_find(t, &cfg.password, err);

    if (r)
        return r;
    t->creds = tls_creds_new(&cfg, err);
    t->cfg.loaded = t->creds;
    return t->creds ? 0 : -EINVAL;
}

static void tls_release(struct user_object *o)
{
    tls_creds_put(tls_object(o)->creds);
}

static const struct prop base_props[] = {
    PROP(T_, "dir", dir, .shown = "string"),
    PROP_NAMED(T_, "endpoint", endpoint, endpoints, .def = CLIENT, .shown = "QCryptoTLSCredsEndpoint"),
    PROP(T_, "priority", priority, .shown = "string"),
    PROP(T_, "verify-peer", verify_peer, .def = true),
    {}
};
static const struct type tls_base = { .name = "tls-creds", .parent = "object", .doc = "credentials for TLS",
    .abstract = true, .props = base_props };
TYPE(tls_base);

#define LOADED PROP(T_, "loaded", loaded, .read_only = true)

static const struct prop anon_props[] = { LOADED, {} };
static const struct tls_object_type anon_type = {
    .user = {
        .type = { .name = "tls-creds-anon", .parent = "tls-creds", TYPE_OF(T_), .props = anon_props,
                  .doc = "TLS with anybody" },
        .complete = tls_complete,
        .release = tls_release,
    },
    .kind = TLS_ANON,
};
USER_TYPE(anon_type, anon_type.user);

static const struct prop psk_props[] = { LOADED, PROP(T_, "username", username, .shown = "string"), {} };
static const struct tls_object_type psk_type = {
    .user = {
        .type = { .name = "tls-creds-psk", .parent = "tls-creds", TYPE_OF(T_), .props = psk_props,
                  .doc = "TLS with keys that both sides know" },
        .complete = tls_complete,
        .release = tls_release,
    },
    .kind = TLS_PSK,
};
USER_TYPE(psk_type, psk_type.user);

static const struct prop x509_props[] = {
    LOADED,
    PROP(T_, "passwordid", passwordid, .shown = "string", .link = true),
    PROP(T_, "sanity-check", sanity_check, .def = true),
    {}
};
static const struct tls_object_type x509_type = {
    .user = {
        .type = { .name = "tls-creds-x509", .parent = "tls-creds", TYPE_OF(T_), .props = x509_props,
                  .doc = "TLS with certificates" },
        .complete = tls_complete,
        .release = tls_release,
    },
    .kind = TLS_X509,
};
USER_TYPE(x509_type, x509_type.user);
