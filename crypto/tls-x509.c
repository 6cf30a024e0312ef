/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/tls-private.h"

/*
 * TLS credentials: certificates (see tls-creds.h); RFC 5280, sections in brackets
 *
 * A server needs a certificate and its key; a client may have them.  The sanity check asks of our own what a peer
 * would: that times are right, that an authority may sign, that our certificate is for our side and signed by it.
 * Restrictions that are not critical do not count, as with the reference.
 *
 * Invariant: files are read once, and what was read is what is checked and used.
 */

#include "lib/file.h"

#include <assert.h>
#include <errno.h>
#include <gnutls/x509.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { CERTS_MAX = 32, FILE_BYTES = 1 << 20, OID_BYTES = 128, PURPOSES_MAX = 32 };

struct certs {
    gnutls_x509_crt_t *list;
    unsigned num;
};

struct pem {
    struct tls_path path;
    gnutls_datum_t data;        /* nothing: it was not read */
};

struct files { struct pem ca, crl, cert, key; };

static int pem_read(struct pem *p, const struct tls_creds_config *cfg, struct error **err)
{
    uint8_t *bytes;
    size_t size;
    int r = file_read(T("tls-creds %s", cfg->id), p->path.s, FILE_BYTES, &bytes, &size, err);

    if (r < 0)
        return r;
    p->data = (gnutls_datum_t){ bytes, size };
    return 0;
}

static void pem_free(struct pem *p)
{
    if (p->data.data)
        explicit_bzero(p->data.data, p->data.size);
    free(p->data.data);
}

static int certs_read(struct certs *c, const struct tls_creds_config *cfg, const struct pem *p, struct error **err)
{
    int r;

    *c = (struct certs){ NULL, 0 };
    r = gnutls_x509_crt_list_import2(&c->list, &c->num, &p->data, GNUTLS_X509_FMT_PEM, 0);
    if (!r && c->num > CERTS_MAX)
        return error_set(err, -E2BIG, ERROR_RANGE, T("tls-creds %s", cfg->id),
                         T("%s, %u certificates,", p->path.s, c->num), T("at most %d", CERTS_MAX));
    return r ? tls_gnutls_error(cfg, p->path.s, r, err) : 0;
}

static void certs_free(struct certs *c)
{
    for (unsigned i = 0; i < c->num; i++)
        gnutls_x509_crt_deinit(c->list[i]);
    gnutls_free(c->list);
}

/* What is wrong with a certificate: what would be right, or NULL. */

/* [4.1.2.5] */
static const char *fault_of_times(gnutls_x509_crt_t crt)
{
    time_t now = time(NULL);

    if (gnutls_x509_crt_get_expiration_time(crt) < now)
        return "a certificate that has not expired";
    return gnutls_x509_crt_get_activation_time(crt) > now ? "a certificate that is valid already" : NULL;
}

/* [4.2.1.3] */
static bool may_be_used(gnutls_x509_crt_t crt, unsigned usage)
{
    unsigned usages = 0, critical = 0;
    int r = gnutls_x509_crt_get_key_usage(crt, &usages, &critical);

    return r == GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE || (!r && (!critical || usages & usage));
}

/* [4.2.1.12] */
static bool has_purpose(gnutls_x509_crt_t crt, const char *purpose)
{
    bool found = false, any_critical = false;

    for (unsigned i = 0; i < PURPOSES_MAX; i++) {
        char oid[OID_BYTES];
        size_t size = sizeof(oid);
        unsigned critical = 0;
        int r = gnutls_x509_crt_get_key_purpose_oid(crt, i, oid, &size, &critical);

        if (r == GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE)
            return found || !any_critical;
        if (r && r != GNUTLS_E_SHORT_MEMORY_BUFFER)
            return false;
        any_critical |= critical;
        found |= !r && (!strcmp(oid, purpose) || !strcmp(oid, GNUTLS_KP_ANY));
    }
    return false;
}

/* [4.2.1.9] */
static const char *fault_of_authority(gnutls_x509_crt_t crt)
{
    if (gnutls_x509_crt_get_ca_status(crt, NULL) <= 0)
        return "certificates of authorities, which may sign others";
    if (!may_be_used(crt, GNUTLS_KEY_KEY_CERT_SIGN))
        return "certificates of authorities whose key usage lets them sign others";
    return fault_of_times(crt);
}

static const char *fault_of_own(gnutls_x509_crt_t crt, bool server)
{
    if (gnutls_x509_crt_get_ca_status(crt, NULL) > 0)
        return "a certificate that is no authority's";
    if (!may_be_used(crt, GNUTLS_KEY_DIGITAL_SIGNATURE))
        return "a certificate whose key usage lets it make digital signatures";
    if (!has_purpose(crt, server ? GNUTLS_KP_TLS_WWW_SERVER : GNUTLS_KP_TLS_WWW_CLIENT))
        return server ? "a certificate whose purpose is to be a TLS server"
                      : "a certificate whose purpose is to be a TLS client";
    return fault_of_times(crt);
}

static int found_wrong(const struct tls_creds_config *cfg, const struct pem *p, const char *legal, struct error **err)
{
    return error_set(err, -EINVAL, ERROR_STATE, T("tls-creds %s", cfg->id), p->path.s, legal);
}

/* Our own is the first of its file; authorities between may follow it. */
static int check_all(const struct certs *c, bool own, const struct tls_creds_config *cfg, const struct pem *p,
                     struct error **err)
{
    for (unsigned i = 0; i < c->num; i++) {
        const char *legal = own && !i ? fault_of_own(c->list[i], cfg->server) : fault_of_authority(c->list[i]);

        if (legal)
            return found_wrong(cfg, p, legal, err);
    }
    return 0;
}

static int check_signature(const struct certs *own, const struct certs *ca, const struct tls_creds_config *cfg,
                           const struct pem *p, struct error **err)
{
    unsigned status = 0;
    int r = gnutls_x509_crt_list_verify(own->list, own->num, ca->list, ca->num, NULL, 0, 0, &status);

    if (r)
        return tls_gnutls_error(cfg, p->path.s, r, err);
    return status ? found_wrong(cfg, p, "one that ca-cert.pem has signed", err) : 0;
}

static int check_sanity(const struct tls_creds_config *cfg, const struct files *f, struct error **err)
{
    struct certs ca, own = { NULL, 0 };
    int r = certs_read(&ca, cfg, &f->ca, err);

    if (!r)
        r = check_all(&ca, false, cfg, &f->ca, err);
    if (!r && f->cert.data.data) {
        r = certs_read(&own, cfg, &f->cert, err);
        if (!r)
            r = check_all(&own, true, cfg, &f->cert, err);
        if (!r)
            r = check_signature(&own, &ca, cfg, &f->cert, err);
    }
    certs_free(&own);
    certs_free(&ca);
    return r;
}

static int files_read(struct files *f, const struct tls_creds_config *cfg, struct error **err)
{
    bool own;
    int r;

    f->ca.path = tls_path(cfg, "ca-cert.pem");
    f->crl.path = tls_path(cfg, "ca-crl.pem");
    f->cert.path = tls_path(cfg, cfg->server ? "server-cert.pem" : "client-cert.pem");
    f->key.path = tls_path(cfg, cfg->server ? "server-key.pem" : "client-key.pem");
    own = cfg->server || (!access(f->cert.path.s, F_OK) && !access(f->key.path.s, F_OK));
    r = pem_read(&f->ca, cfg, err);
    if (!r && !access(f->crl.path.s, F_OK))
        r = pem_read(&f->crl, cfg, err);
    if (!r && own)
        r = pem_read(&f->cert, cfg, err);
    return !r && own ? pem_read(&f->key, cfg, err) : r;
}

/* Not by gnutls_certificate_set_x509_key_mem2(), which would keep the password.  What gnutls says. */
static int key_use(struct tls_creds *c, const struct files *f, const char *password)
{
    struct certs own = { NULL, 0 };
    gnutls_x509_privkey_t key = NULL;
    int r = gnutls_x509_crt_list_import2(&own.list, &own.num, &f->cert.data, GNUTLS_X509_FMT_PEM,
                                         GNUTLS_X509_CRT_LIST_SORT);

    if (!r)
        r = gnutls_x509_privkey_init(&key);
    if (!r)
        r = gnutls_x509_privkey_import2(key, &f->key.data, GNUTLS_X509_FMT_PEM, password,
                                        password ? 0 : GNUTLS_PKCS_PLAIN);
    if (!r)
        r = gnutls_certificate_set_x509_key(c->u.x509, own.list, own.num, key);
    gnutls_x509_privkey_deinit(key);
    certs_free(&own);
    return r;
}

static int files_use(struct tls_creds *c, const struct files *f, const struct tls_creds_config *cfg,
                     struct error **err)
{
    int r = gnutls_certificate_set_x509_trust_mem(c->u.x509, &f->ca.data, GNUTLS_X509_FMT_PEM);

    if (r <= 0)         /* that many certificates */
        return tls_gnutls_error(cfg, f->ca.path.s, r ? r : GNUTLS_E_NO_CERTIFICATE_FOUND, err);
    if (f->crl.data.data) {
        r = gnutls_certificate_set_x509_crl_mem(c->u.x509, &f->crl.data, GNUTLS_X509_FMT_PEM);
        if (r < 0)
            return tls_gnutls_error(cfg, f->crl.path.s, r, err);
    }
    if (cfg->sanity_check) {
        r = check_sanity(cfg, f, err);
        if (r)
            return r;
    }
    if (!f->key.data.data)
        return 0;
    r = key_use(c, f, cfg->password);
    return r < 0 ? tls_gnutls_error(cfg, T("%s with %s", f->cert.path.s, f->key.path.s), r, err) : 0;
}

int tls_x509_load(struct tls_creds *c, const struct tls_creds_config *cfg, struct error **err)
{
    struct files *f = calloc(1, sizeof(*f));
    int r;

    assert(f);
    r = files_read(f, cfg, err);
    if (!r)
        r = files_use(c, f, cfg, err);
    pem_free(&f->ca);
    pem_free(&f->crl);
    pem_free(&f->cert);
    pem_free(&f->key);
    free(f);
    return r;
}
