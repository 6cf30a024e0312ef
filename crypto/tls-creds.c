/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/tls-creds.h"

/*
 * TLS credentials (see tls-creds.h); GnuTLS manual, chapter "Authentication methods"
 *
 * Key files are bounded, and what was read of them is wiped.
 */

#include "crypto/tls-private.h"
#include "lib/file.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { KEYS_BYTES = 65536, DIR_BYTES = 4000 };

struct tls_path tls_path(const struct tls_creds_config *cfg, const char *name)
{
    struct tls_path path;

    snprintf(path.s, sizeof(path.s), "%s/%s", cfg->dir ? cfg->dir : ".", name);
    return path;
}

int tls_gnutls_error(const struct tls_creds_config *cfg, const char *what, int code, struct error **err)
{
    return error_set(err, -EINVAL, ERROR_HOST, T("tls-creds %s", cfg->id), what, gnutls_strerror(code));
}

/* Parameters of our own are an option: gnutls has good ones. */
static int load_dh(struct tls_creds *c, const struct tls_creds_config *cfg, struct error **err)
{
    struct tls_path path = tls_path(cfg, "dh-params.pem");
    gnutls_datum_t datum;
    uint8_t *data;
    size_t size;
    int r;

    if (!cfg->server || !cfg->dir || access(path.s, F_OK))
        return 0;
    r = file_read(T("tls-creds %s", cfg->id), path.s, KEYS_BYTES, &data, &size, err);
    if (r < 0)
        return r;
    datum = (gnutls_datum_t){ data, size };
    r = gnutls_dh_params_init(&c->dh);
    if (!r)
        r = gnutls_dh_params_import_pkcs3(c->dh, &datum, GNUTLS_X509_FMT_PEM);
    free(data);
    return r ? tls_gnutls_error(cfg, path.s, r, err) : 0;
}

static int open_anon(struct tls_creds *c, const struct tls_creds_config *cfg, struct error **err)
{
    int r = c->server ? gnutls_anon_allocate_server_credentials(&c->u.anon_server)
                      : gnutls_anon_allocate_client_credentials(&c->u.anon_client);

    if (r)
        return tls_gnutls_error(cfg, "anon", r, err);
    if (c->server && c->dh)
        gnutls_anon_set_server_dh_params(c->u.anon_server, c->dh);
    else if (c->server)
        gnutls_anon_set_server_known_dh_params(c->u.anon_server, GNUTLS_SEC_PARAM_MEDIUM);
    return 0;
}

/* The key of the line that begins with the user's name. */
static bool find_key(const uint8_t *data, size_t size, const char *user, gnutls_datum_t *key)
{
    size_t n = strlen(user);

    for (const uint8_t *line = data, *end = data + size, *next; line < end; line = next) {
        const uint8_t *stop = memchr(line, '\n', end - line);

        next = stop ? stop + 1 : end;
        stop = stop ? stop : end;
        if ((size_t)(stop - line) <= n || memcmp(line, user, n) || line[n] != ':')
            continue;
        *key = (gnutls_datum_t){ (unsigned char *)line + n + 1, stop - line - n - 1 };
        return true;
    }
    return false;
}

static int open_psk_client(struct tls_creds *c, const struct tls_creds_config *cfg, const char *path,
                           struct error **err)
{
    const char *user = cfg->username ? cfg->username : "qemu";
    int r = gnutls_psk_allocate_client_credentials(&c->u.psk_client);
    gnutls_datum_t key;
    uint8_t *data;
    size_t size;

    if (r)
        return tls_gnutls_error(cfg, "psk", r, err);
    r = file_read(T("tls-creds %s", cfg->id), path, KEYS_BYTES, &data, &size, err);
    if (r < 0)
        return r;
    if (!find_key(data, size, user, &key)) {
        r = error_set(err, -ENOENT, ERROR_UNKNOWN, T("tls-creds %s", cfg->id), T("username %s", user),
                      T("a user of %s", path));
    } else {
        r = gnutls_psk_set_client_credentials(c->u.psk_client, user, &key, GNUTLS_PSK_KEY_HEX);
        r = r ? tls_gnutls_error(cfg, path, r, err) : 0;
    }
    explicit_bzero(data, size);
    free(data);
    return r;
}

static int open_psk(struct tls_creds *c, const struct tls_creds_config *cfg, struct error **err)
{
    struct tls_path path = tls_path(cfg, "keys.psk");
    uint8_t *data;
    size_t size;
    int r;

    if (!c->server)
        return open_psk_client(c, cfg, path.s, err);
    /* gnutls reads it for each client: a pipe would keep the loop. */
    r = file_read(T("tls-creds %s", cfg->id), path.s, KEYS_BYTES, &data, &size, err);
    if (r < 0)
        return r;
    explicit_bzero(data, size);
    free(data);
    r = gnutls_psk_allocate_server_credentials(&c->u.psk_server);
    if (!r)
        r = gnutls_psk_set_server_credentials_file(c->u.psk_server, path.s);
    if (r)
        return tls_gnutls_error(cfg, path.s, r, err);
    if (c->dh)
        gnutls_psk_set_server_dh_params(c->u.psk_server, c->dh);
    else
        gnutls_psk_set_server_known_dh_params(c->u.psk_server, GNUTLS_SEC_PARAM_MEDIUM);
    return 0;
}

static int open_x509(struct tls_creds *c, const struct tls_creds_config *cfg, struct error **err)
{
    int r = gnutls_certificate_allocate_credentials(&c->u.x509);

    if (r)
        return tls_gnutls_error(cfg, "x509", r, err);
    if (c->server && c->dh)
        gnutls_certificate_set_dh_params(c->u.x509, c->dh);
    else if (c->server)
        gnutls_certificate_set_known_dh_params(c->u.x509, GNUTLS_SEC_PARAM_MEDIUM);
    return tls_x509_load(c, cfg, err);
}

static int check(const struct tls_creds_config *cfg, struct error **err)
{
    struct text object = text("tls-creds %s", cfg->id);

    if (cfg->kind != TLS_ANON && !cfg->dir)
        return error_set(err, -EINVAL, ERROR_SYNTAX, object.s, "no dir", "dir=PATH");
    if (cfg->dir && strlen(cfg->dir) > DIR_BYTES)
        return error_set(err, -ENAMETOOLONG, ERROR_RANGE, object.s, T("dir of %zu bytes", strlen(cfg->dir)),
                         T("at most %d bytes", DIR_BYTES));
    if (cfg->server && cfg->username)
        return error_set(err, -EINVAL, ERROR_STATE, object.s, T("username=%s", cfg->username),
                         "username with endpoint=client only");
    return 0;
}

/* What a session asks for, checked now: what the user wants, and what the kind of credentials adds to it. */
static int set_priority(struct tls_creds *c, const struct tls_creds_config *cfg, struct error **err)
{
    static const char *const extra[] = {
        [TLS_ANON] = ":+ANON-ECDH:+ANON-DH", [TLS_PSK] = ":+ECDHE-PSK:+DHE-PSK:+PSK", [TLS_X509] = "",
    };
    const char *base = cfg->priority && *cfg->priority ? cfg->priority : "NORMAL", *at;
    size_t size = strlen(base) + 64;
    gnutls_priority_t priority;
    int r;

    c->priority = malloc(size);
    assert(c->priority);
    snprintf(c->priority, size, "%s%s", base, extra[c->kind]);
    r = gnutls_priority_init2(&priority, c->priority, &at, 0);
    if (r)
        return error_set(err, -EINVAL, ERROR_SYNTAX, T("tls-creds %s", cfg->id), T("priority=%s", base),
                         "a priority string of GnuTLS");
    gnutls_priority_deinit(priority);
    return 0;
}

struct tls_creds *tls_creds_new(const struct tls_creds_config *cfg, struct error **err)
{
    static int (*const open_kind[])(struct tls_creds *, const struct tls_creds_config *, struct error **) = {
        [TLS_ANON] = open_anon, [TLS_PSK] = open_psk, [TLS_X509] = open_x509,
    };
    struct tls_creds *c;

    if (check(cfg, err))
        return NULL;
    c = calloc(1, sizeof(*c));
    assert(c);
    c->references = 1;
    c->kind = cfg->kind;
    c->server = cfg->server;
    c->verify_peer = cfg->verify_peer;
    snprintf(c->id, sizeof(c->id), "%s", cfg->id);
    if (!set_priority(c, cfg, err) && !load_dh(c, cfg, err) && !open_kind[cfg->kind](c, cfg, err))
        return c;
    tls_creds_put(c);
    return NULL;
}

struct tls_creds *tls_creds_get(struct tls_creds *creds)
{
    creds->references++;
    return creds;
}

static void free_kind(struct tls_creds *c)
{
    if (c->kind == TLS_X509)
        gnutls_certificate_free_credentials(c->u.x509);
    else if (c->kind == TLS_PSK && c->server)
        gnutls_psk_free_server_credentials(c->u.psk_server);
    else if (c->kind == TLS_PSK)
        gnutls_psk_free_client_credentials(c->u.psk_client);
    else if (c->server)
        gnutls_anon_free_server_credentials(c->u.anon_server);
    else
        gnutls_anon_free_client_credentials(c->u.anon_client);
}

void tls_creds_put(struct tls_creds *creds)
{
    if (!creds || --creds->references)
        return;
    if (creds->u.any)
        free_kind(creds);
    if (creds->dh)
        gnutls_dh_params_deinit(creds->dh);
    free(creds->priority);
    free(creds);
}

bool tls_creds_is_server(const struct tls_creds *creds)
{
    return creds->server;
}

bool tls_creds_names_peers(const struct tls_creds *creds)
{
    return creds->kind == TLS_X509 && creds->verify_peer;
}
