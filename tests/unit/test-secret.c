/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/secret.h"

/*
 * Secrets: data and files, base64 (RFC 4648 section 10), AES-256-CBC (SP 800-38A F.2.6, and what openssl enc made),
 * and that nobody sees them.
 */

#include "tests/unit/object-rig.h"

#include <errno.h>
#include <linux/keyctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static const uint8_t *bytes;
static size_t size;

static bool holds(const char *id, const char *want)
{
    CHECK_EQ(secret_find(&objects, id, "test", &bytes, &size, NULL), 0);
    return size == strlen(want) && !memcmp(bytes, want, size);
}

static void data_is_the_secret(void)
{
    objects_start();
    object_made("secret,id=a,data=p,,w=1", "a");
    CHECK(holds("a", "p,w=1"));
    object_made("secret,id=b,data=", "b");
    CHECK(holds("b", ""));
    CHECK(!bytes[size]);
    CHECK_EQ(secret_find(&objects, "c", "test", &bytes, &size, NULL), (uint64_t)-ENOENT);
    objects_end();
}

/* Whoever wants a C string has one, also when the bytes fill their pages. */
static void a_zero_follows_the_secret(void)
{
    char spec[4096 + 40];

    objects_start();
    memset(spec, 'x', sizeof(spec));
    memcpy(spec, "secret,id=a,data=", 17);
    spec[17 + 4096] = 0;
    object_made(spec, "a");
    CHECK_EQ(secret_find(&objects, "a", "test", &bytes, &size, NULL), 0);
    CHECK_EQ(size, 4096);
    CHECK(bytes[4095] == 'x' && !bytes[4096]);
    objects_end();
}

static void a_file_is_taken_to_its_last_byte(void)
{
    char path[] = "/tmp/rhea-test-secret.XXXXXX";
    int fd = mkstemp(path);

    objects_start();
    CHECK(fd >= 0 && write(fd, "line\n", 5) == 5);
    object_made(T("secret,id=a,file=%s", path), "a");
    CHECK(holds("a", "line\n"));
    CHECK(!bytes[size]);
    object_refused(T("secret,id=b,file=%s,data=x", path), "data and file");
    CHECK(!ftruncate(fd, (1 << 20) + 1));
    object_refused(T("secret,id=b,file=%s", path), "at most 1048576 bytes");
    object_refused("secret,id=b,file=/nonexistent/s", "secret.file: /nonexistent/s");
    object_refused("secret,id=b,file=/tmp", "secret.file: /tmp");
    close(fd);
    unlink(path);
    objects_end();
}

static void base64_is_that_of_the_rfc(void)
{
    static const char *const good[][2] = {
        { "", "" }, { "Zg==", "f" }, { "Zm8=", "fo" }, { "Zm9v", "foo" }, { "Zm9vYg==", "foob" },
        { "Zm9vYmE=", "fooba" },
        { "Zm9vYmFy", "foobar" }, { "Zm9v\nYmFy\n", "foobar" },
    };
    static const char *const bad[] = { "Z", "Zg", "Zg=", "Zg=a", "=", "====", "Z===", "Zm9v!", "Zm9 v", "Zg==Zg==",
                                       "Zm9-", "Zm9_" };
    char spec[100];

    objects_start();
    for (unsigned i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        snprintf(spec, sizeof(spec), "secret,id=s%u,format=base64,data=%s", i, good[i][0]);
        object_made(spec, T("s%u", i));
        CHECK(holds(T("s%u", i), good[i][1]));
    }
    for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        object_refused(T("secret,id=b,format=base64,data=%s", bad[i]), "base64");
    objects_end();
}

/* The key of SP 800-38A F.2.5; the text is "correct horse battery staple", padded to two blocks. */
#define KEY "secret,id=key,format=base64,data=YD3rEBXKcb4rc67whX13gR81LAc7YQjXLZgQowkU3/Q="
#define IV "AAECAwQFBgcICQoLDA0ODw=="
#define TEXT "ITamFLnEyT5A2xCo61nNpuwiEZEkrDwDtmehS/63xJE="

static void what_is_encrypted_is_decrypted(void)
{
    struct error *err = NULL;

    objects_start();
    object_made(KEY, "key");
    if (object_new("secret,id=a,format=base64,keyid=key,iv=" IV ",data=" TEXT, &err) == -ENOTSUP) {
        error_free(err);
        objects_end();
        test_skip("built without gnutls");
        return;
    }
    CHECK(holds("a", "correct horse battery staple"));
    object_refused("secret,id=b,format=base64,keyid=key,data=" TEXT, "secret.iv: nothing");
    object_refused("secret,id=b,format=base64,keyid=key,iv=AAAA,data=" TEXT, "secret.iv: AAAA");
    object_refused("secret,id=b,format=base64,keyid=key,iv=!,data=" TEXT, "secret.iv: !");
    object_refused("secret,id=b,format=base64,keyid=key,iv=AAECAwQFBgcICQoLDA0OEA==,data=AAECAwQFBgcICQoLDA0ODw==",
                   "the key that it was encrypted with");
    object_refused("secret,id=b,format=base64,keyid=key,iv=" IV ",data=AAAA", "a multiple of 16");
    object_refused("secret,id=b,format=base64,keyid=key,iv=" IV ",data=", "a multiple of 16");
    object_refused("secret,id=b,format=base64,keyid=a,iv=" IV ",data=" TEXT, "a secret of 32 bytes");
    object_refused("secret,id=b,format=base64,keyid=nosuch,iv=" IV ",data=" TEXT, "secret.keyid: nosuch");
    object_refused("secret,id=b,format=base64,keyid=b,iv=" IV ",data=" TEXT, "secret.keyid: b");
    objects_end();
}

/* Does the memory of this process that core dumps have hold the text, outside of the test's own copies? */
static bool core_dump_has(const void *at)
{
    char line[256];
    bool in = false, dumped = true;
    FILE *f = fopen("/proc/self/smaps", "r");
    unsigned long from, to;

    CHECK(f);
    while (fgets(line, sizeof(line), f)) {
        if (sscanf(line, "%lx-%lx ", &from, &to) == 2)
            in = (uintptr_t)at >= from && (uintptr_t)at < to;
        else if (in && !strncmp(line, "VmFlags:", 8))
            dumped = !strstr(line, " dd");
    }
    fclose(f);
    return dumped;
}

static void nobody_sees_it(void)
{
    struct user_object *o;
    struct error *err = NULL;

    objects_start();
    o = object_made("secret,id=a,data=hunter2", "a");
    CHECK(holds("a", "hunter2"));
    CHECK_STR(object_prop(o, "data"), "\"\"");
    CHECK_STR(object_prop(o, "loaded"), "true");
    CHECK(!core_dump_has(bytes));
    CHECK(core_dump_has(o));
    CHECK(object_new("secret,id=b,format=base64,data=hunter2", &err) < 0);
    CHECK(!strstr(error_line(err).s, "hunter2"));
    error_free(err);
    objects_end();
}

static void a_key_of_the_kernel_is_a_secret(void)
{
    long key = syscall(SYS_add_key, "user", "rhea-test", "keyring's", 9, KEY_SPEC_PROCESS_KEYRING);

    objects_start();
    object_refused("secret_keyring,id=a", "secret_keyring.serial: 0");
    object_refused("secret_keyring,id=a,serial=2147483647", "secret_keyring.serial: 7fffffff");
    if (key >= 0) {
        object_made(T("secret_keyring,id=a,serial=%ld", key), "a");
        CHECK(holds("a", "keyring's"));
    } else {
        test_skip("this host has no keyrings for us");
    }
    objects_end();
}

int main(void)
{
    TEST(data_is_the_secret);
    TEST(a_zero_follows_the_secret);
    TEST(a_file_is_taken_to_its_last_byte);
    TEST(base64_is_that_of_the_rfc);
    TEST(what_is_encrypted_is_decrypted);
    TEST(nobody_sees_it);
    TEST(a_key_of_the_kernel_is_a_secret);
    return test_end();
}
