/* SPDX-License-Identifier: Apache-2.0 */

/* A build without gnutls: whoever asks for TLS is told so, and nobody talks in plain text instead. */

#include "chardev/char.h"
#include "tests/unit/object-rig.h"

static void credentials_are_refused_by_name(void)
{
    static const char *const specs[] = { "tls-creds-anon,id=t", "tls-creds-psk,id=t,dir=/tmp",
                                         "tls-creds-x509,id=t,dir=/tmp,endpoint=server" };

    objects_start();
    for (unsigned i = 0; i < sizeof(specs) / sizeof(specs[0]); i++) {
        object_refused(specs[i], "tls-creds t: TLS is not supported by this version, it was built without gnutls");
        CHECK(!user_object_find(&objects, "t", "tls-creds"));
    }
    objects_end();
}

static void a_chardev_that_wants_them_is_not_opened(void)
{
    struct chardev_config cfg;
    struct chardevs set;
    struct error *err = NULL;

    objects_start();
    chardevs_init(&set, objects.loop);
    set.objects = &objects;
    CHECK_EQ(chardev_parse_option(&cfg, "socket,id=c,host=127.0.0.1,port=0,server=on,wait=off,tls-creds=t", NULL), 0);
    CHECK(!chardev_open(&set, &cfg, &err));
    check_refused(-1, err, "socket", "chardev c: tls-creds=t is not known");
    chardevs_fini(&set);
    objects_end();
}

int main(void)
{
    TEST(credentials_are_refused_by_name);
    TEST(a_chardev_that_wants_them_is_not_opened);
    return test_end();
}
