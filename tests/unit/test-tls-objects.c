/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/tls-object.h"

/* Credentials as a user makes them: the sentences of crypto/tls-object.h. */

#include "tests/unit/certificates.h"
#include "tests/unit/object-rig.h"

#include <errno.h>

#define KEY "5f4dcc3b5aa765d61d8327deb882cf99"

static const char *folder(const char *name)
{
    static char path[2][100];
    static unsigned n;

    n ^= 1;
    snprintf(path[n], sizeof(path[n]), "%s/%s", certificates_dir, name);
    return path[n];
}

static void each_kind_has_the_reference_s_properties(void)
{
    const char *const dirs[] = { "", folder("psk"), folder("x") };
    const struct text specs[] = { text("tls-creds-anon,id=t"), text("tls-creds-psk,id=t,dir=%s", dirs[1]),
                                  text("tls-creds-x509,id=t,dir=%s", dirs[2]) };

    for (unsigned i = 0; i < 3; i++) {
        struct user_object *o;

        objects_start();
        o = object_made(specs[i].s, "t");
        CHECK_STR(object_prop(o, "loaded"), "true");
        CHECK_STR(object_prop(o, "endpoint"), "\"client\"");
        CHECK_STR(object_prop(o, "verify-peer"), "true");
        CHECK_STR(object_prop(o, "priority"), "\"\"");
        CHECK_STR(object_prop(o, "dir"), T("\"%s\"", dirs[i]));
        if (i == 2)
            CHECK_STR(object_prop(o, "sanity-check"), "true");
        CHECK_EQ(tls_creds_names_peers(tls_object_creds(o)), i == 2);
        objects_end();
    }
}

static void an_object_is_for_one_side(void)
{
    struct user_object *o;
    struct error *err = NULL;

    objects_start();
    o = object_made("tls-creds-anon,id=s,endpoint=server", "s");
    object_made("tls-creds-anon,id=c,endpoint=client,priority=NORMAL", "c");
    object_made("secret,id=other,data=x", "other");
    CHECK(tls_object_find(&objects, "s", true, "test", NULL) == o);
    CHECK(tls_object_find(&objects, "c", false, "test", NULL) && tls_creds_is_server(tls_object_creds(o)));
    CHECK(!tls_object_find(&objects, "s", false, "test", &err));
    check_refused(-1, err, "s", "test: tls-creds=s is not possible now, legal: credentials with endpoint=client");
    err = NULL;
    CHECK(!tls_object_find(&objects, "c", true, "test", &err));
    check_refused(-1, err, "c", "credentials with endpoint=server");
    err = NULL;
    CHECK(!tls_object_find(&objects, "nosuch", true, "test", &err));
    check_refused(-1, err, "nosuch", "tls-creds=nosuch is not known");
    err = NULL;
    CHECK(!tls_object_find(&objects, "other", true, "test", &err));
    check_refused(-1, err, "other", "tls-creds=other is not known");
    CHECK(!tls_object_find(NULL, "s", true, "test", NULL));
    objects_end();
}

static void what_is_in_use_stays(void)
{
    struct user_object *o;

    objects_start();
    o = user_object_hold(object_made("tls-creds-anon,id=t", "t"));
    CHECK_EQ(user_object_delete(&objects, "t", NULL), (uint64_t)-EBUSY);
    user_object_drop(o);
    CHECK_EQ(user_object_delete(&objects, "t", NULL), 0);
    objects_end();
}

static void the_password_of_a_key_is_a_secret(void)
{
    const char *dir = folder("p");

    objects_start();
    object_made("secret,id=good,data=s3cret-w0rd", "good");
    object_made("secret,id=bad,data=wrong-w0rd", "bad");
    object_made("secret,id=zero,data=czNjcmV0LXcwcmQAeA==,format=base64", "zero");
    object_made(T("tls-creds-x509,id=s,dir=%s,endpoint=server,passwordid=good", dir), "s");
    object_made(T("tls-creds-x509,id=c,dir=%s,passwordid=good", dir), "c");
    /* It is used once. */
    CHECK_EQ(user_object_delete(&objects, "good", NULL), 0);
    object_refused(T("tls-creds-x509,id=t,dir=%s,passwordid=good", dir), "tls-creds t passwordid: good");
    object_refused(T("tls-creds-x509,id=t,dir=%s,passwordid=s", dir), "tls-creds t passwordid: s");
    object_refused(T("tls-creds-x509,id=t,dir=%s,passwordid=zero", dir), "a secret without zero bytes");
    object_refused(T("tls-creds-x509,id=t,dir=%s,passwordid=bad", dir), "client-key.pem");
    object_refused(T("tls-creds-x509,id=t,dir=%s", dir), "client-key.pem");
    objects_end();
}

static void what_is_wrong_is_refused_with_its_object(void)
{
    static const struct { const char *spec, *says; } wrong[] = {
        { "tls-creds-x509,id=t", "tls-creds t: no dir" }, { "tls-creds-psk,id=t", "tls-creds t: no dir" },
        { "tls-creds,id=t", "qom-type: tls-creds is not known" },
        { "tls-creds-anon,id=t,endpoint=both", "client, server" },
        { "tls-creds-anon,id=t,loaded=on", "tls-creds-anon.loaded" },
        { "tls-creds-anon,id=t,username=x", "tls-creds-anon: username" },
        { "tls-creds-psk,id=t,sanity-check=on", "tls-creds-psk: sanity-check" },
        { "tls-creds-anon,id=t,priority=SECURE-THAN-EVER", "tls-creds t: priority=SECURE-THAN-EVER" },
        { "tls-creds-x509,id=t,dir=/nonexistent", "/nonexistent/ca-cert.pem" },
        { "tls-creds-psk,id=t,dir=/nonexistent,endpoint=server", "/nonexistent/keys.psk" },
        { "tls-creds-psk,id=t,dir=%s,username=nobody", "username nobody" },
        { "tls-creds-psk,id=t,dir=%s,username=mad", "keys.psk" },
        { "tls-creds-psk,id=t,dir=%s,endpoint=server,username=qemu", "endpoint=client only" },
        { "tls-cipher-suites,id=t", "tls-cipher-suites" },
    };

    objects_start();
    for (unsigned i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        char spec[200];
        const char *place = strstr(wrong[i].spec, "%s");
        struct error *err = NULL;
        int r;

        snprintf(spec, sizeof(spec), "%s", wrong[i].spec);
        if (place)
            snprintf(spec, sizeof(spec), "%.*s%s%s", (int)(place - wrong[i].spec), wrong[i].spec, folder("psk"),
                     place + 2);
        r = object_new(spec, &err);
        CHECK(err && !strstr(error_line(err).s, KEY) && !strstr(error_line(err).s, "not-hex"));
        check_refused(r, err, spec, wrong[i].says);
        CHECK(list_empty(&objects.container->children));
    }
    objects_end();
}

int main(void)
{
    static const char keys[] = "qemu:" KEY "\nmad:not-hex\n";

    certificates_begin();
    make_folder("x", 100000, -1000, true, NULL);
    make_folder("p", 100000, -1000, true, "s3cret-w0rd");
    mkdir(folder("psk"), 0700);
    write_text("psk", "keys.psk", keys, sizeof(keys) - 1);
    TEST(each_kind_has_the_reference_s_properties);
    TEST(an_object_is_for_one_side);
    TEST(what_is_in_use_stays);
    TEST(the_password_of_a_key_is_a_secret);
    TEST(what_is_wrong_is_refused_with_its_object);
    return certificates_end() || test_end();
}
