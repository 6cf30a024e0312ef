/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/tls-private.h"

/*
 * TLS credentials: certificates (see tls-creds.h); RFC 5280
 *
 * A server needs a certificate and its key; a client may have them.  The sanity check asks of our own what a peer
 * would: that times are right, that an authority may sign, that our certificate is signed by it.
 */

#include <errno.h>
#include <gnutls/x509.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum { CERTS_MAX = 32 };

struct certs {
    gnutls_x509_crt_t *list;
    unsigned num;
};

static int certs_read(struct certs *c, const struct tls_creds_config *cfg, const char *path, struct error **err)
{
    gnutls_datum_t file = { NULL, 0 };
    int r = gnutls_load_file(path, &file);

    *c = (struct certs){ NULL, 0 };
    if (!r)
        r = gnutls_x509_crt_list_import2(&c->list, &c->num, &file, GNUTLS_X509_FMT_PEM, 0);
    gnutls_free(file.data);
    if (!r && c->num > CERTS_MAX)
        return error_set(err, -E2BIG, ERROR_RANGE, T("tls-creds %s", cfg->id), T("%s, %u certificates,", path, c->num),
                         T("at most %d", CERTS_MAX));
    return r ? tls_gnutls_error(cfg, path, r, err) : 0;
}

static void certs_free(struct certs *c)
{
    for (unsigned i = 0; i < c->num; i++)
        gnutls_x509_crt_deinit(c->list[i]);
    gnutls_free(c->list);
}

static int check_times(const struct certs *c, const struct tls_creds_config *cfg, const char *path, struct error **err)
{
    time_t now = time(NULL);

    for (unsigned i = 0; i < c->num; i++) {
        bool late = gnutls_x509_crt_get_expiration_time(c->list[i]) < now;

        if (late || gnutls_x509_crt_get_activation_time(c->list[i]) > now)
            return error_set(err, -EINVAL, ERROR_STATE, T("tls-creds %s", cfg->id), path,
                             late ? "a certificate that has not expired" : "a certificate that is valid already");
    }
    return 0;
}

static int check_authorities(const struct certs *c, const struct tls_creds_config *cfg, const char *path,
                             struct error **err)
{
    for (unsigned i = 0; i < c->num; i++)
        if (gnutls_x509_crt_get_ca_status(c->list[i], NULL) <= 0)
            return error_set(err, -EINVAL, ERROR_STATE, T("tls-creds %s", cfg->id), path,
                             "certificates of authorities, which may sign others");
    return check_times(c, cfg, path, err);
}

static int check_own(const struct certs *own, const struct certs *ca, const struct tls_creds_config *cfg,
                     const char *path, struct error **err)
{
    unsigned status = 0;
    int r = check_times(own, cfg, path, err);

    if (r)
        return r;
    r = gnutls_x509_crt_list_verify(own->list, own->num, ca->list, ca->num, NULL, 0, 0, &status);
    if (r)
        return tls_gnutls_error(cfg, path, r, err);
    if (status)
        return error_set(err, -EINVAL, ERROR_STATE, T("tls-creds %s", cfg->id), path,
                         "one that ca-cert.pem has signed");
    return 0;
}

static int check_sanity(const struct tls_creds_config *cfg, const char *ca_path, const char *own_path,
                        struct error **err)
{
    struct certs ca, own = { NULL, 0 };
    int r = certs_read(&ca, cfg, ca_path, err);

    if (!r)
        r = check_authorities(&ca, cfg, ca_path, err);
    if (!r && own_path)
        r = certs_read(&own, cfg, own_path, err);
    if (!r && own_path)
        r = check_own(&own, &ca, cfg, own_path, err);
    certs_free(&own);
    certs_free(&ca);
    return r;
}

static int load_trust(struct tls_creds *c, const struct tls_creds_config *cfg, const char *ca_path, struct error **err)
{
    struct tls_path crl = tls_path(cfg, "ca-crl.pem");
    int r;

    if (access(ca_path, R_OK))
        return tls_file_error(cfg, ca_path, -errno, err);
    r = gnutls_certificate_set_x509_trust_file(c->u.x509, ca_path, GNUTLS_X509_FMT_PEM);
    if (r <= 0)         /* that many certificates */
        return tls_gnutls_error(cfg, ca_path, r ? r : GNUTLS_E_NO_CERTIFICATE_FOUND, err);
    if (access(crl.s, F_OK))
        return 0;
    r = gnutls_certificate_set_x509_crl_file(c->u.x509, crl.s, GNUTLS_X509_FMT_PEM);
    return r < 0 ? tls_gnutls_error(cfg, crl.s, r, err) : 0;
}

int tls_x509_load(struct tls_creds *c, const struct tls_creds_config *cfg, struct error **err)
{
    struct tls_path ca = tls_path(cfg, "ca-cert.pem");
    struct tls_path cert = tls_path(cfg, c->server ? "server-cert.pem" : "client-cert.pem");
    struct tls_path key = tls_path(cfg, c->server ? "server-key.pem" : "client-key.pem");
    bool own = c->server || !access(cert.s, F_OK);
    int r = load_trust(c, cfg, ca.s, err);

    if (r)
        return r;
    if (own && access(cert.s, R_OK))
        return tls_file_error(cfg, cert.s, -errno, err);
    if (own && access(key.s, R_OK))
        return tls_file_error(cfg, key.s, -errno, err);
    if (cfg->sanity_check)
        r = check_sanity(cfg, ca.s, own ? cert.s : NULL, err);
    if (r || !own)
        return r;
    r = gnutls_certificate_set_x509_key_file2(c->u.x509, cert.s, key.s, GNUTLS_X509_FMT_PEM, cfg->password, 0);
    return r < 0 ? tls_gnutls_error(cfg, key.s, r, err) : 0;
}
