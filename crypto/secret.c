/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/secret.h"

/*
 * Secrets (see secret.h; properties as the reference's schema has them; base64 is RFC 4648 section 4, with line ends
 * between; padding of what is decrypted is RFC 5652 section 6.3)
 *
 * What comes in is decoded if it is base64, then decrypted with AES-256-CBC if keyid names a key.  Left out: clearing
 * the copies that others have of a property's text (a command line, a monitor's line, a QMP message); give a file
 * instead.
 *
 * Invariant: secret bytes stand in a struct hidden, and in cfg.data until the object is complete.
 */

#include "crypto/cipher.h"
#include "lib/error.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/keyctl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { SECRET_MAX = 1 << 20, KEY_BYTES = 32, IV_BYTES = 16, BLOCK_BYTES = 16 };
enum { FORMAT_RAW, FORMAT_BASE64 };

/* Pages for bytes that nobody else is to see, and for a zero behind them. */
struct hidden { uint8_t *bytes; size_t size, room; };

struct secret {
    struct user_object user;
    struct hidden secret;
    struct { char *data, *file, *keyid, *iv; int32_t serial; uint8_t format; bool loaded; } cfg;
};
#define T_ struct secret

static const char *const formats[] = { "raw", "base64", NULL };

static struct secret *secret_of(const struct user_object *o)
{
    return (struct secret *)o;
}

static int hidden_new(struct hidden *h, size_t room, const char *owner, struct error **err)
{
    void *pages = mmap(NULL, room + 1, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (pages == MAP_FAILED)
        return error_set_host(err, -errno, owner, "memory for a secret");
    /* Not in a core dump, and on no disk if the host lets us have it so. */
    madvise(pages, room + 1, MADV_DONTDUMP);
    mlock(pages, room + 1);
    *h = (struct hidden){ .bytes = pages, .room = room };
    return 0;
}

static void hidden_free(struct hidden *h)
{
    if (!h->bytes)
        return;
    explicit_bzero(h->bytes, h->room);
    munmap(h->bytes, h->room + 1);
    *h = (struct hidden){ 0 };
}

static int digit(uint8_t c)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *at = c ? strchr(digits, c) : NULL;

    return at ? (int)(at - digits) : -1;
}

/* In place.  -EINVAL: it is no base64, or has not all of its padding. */
static int base64_decode(uint8_t *bytes, size_t *size)
{
    size_t out = 0, in = 0, padding = 0;
    uint32_t group = 0;

    for (size_t i = 0; i < *size; i++) {
        int d = digit(bytes[i]);

        if (bytes[i] == '\n' || bytes[i] == '\r')
            continue;
        padding += bytes[i] == '=';
        if ((d < 0 && bytes[i] != '=') || (d >= 0 && padding) || padding > 2)
            return -EINVAL;
        group = group << 6 | (d < 0 ? 0 : (uint32_t)d);
        if (++in % 4)
            continue;
        for (unsigned b = 0; b < 3 - padding; b++)
            bytes[out++] = group >> (16 - 8 * b);
        group = 0;
    }
    if (in % 4)
        return -EINVAL;
    explicit_bzero(bytes + out, *size - out);
    *size = out;
    return 0;
}

/* All of a file, straight into hidden pages. */
static int file_load(struct secret *s, struct error **err)
{
    int fd = open(s->cfg.file, O_RDONLY | O_CLOEXEC), r = 0;
    ssize_t n = 1;

    if (fd < 0)
        return error_set_host(err, -errno, "secret.file", s->cfg.file);
    r = hidden_new(&s->secret, SECRET_MAX + 1, "secret", err);
    while (!r && n && s->secret.size < s->secret.room) {
        n = read(fd, s->secret.bytes + s->secret.size, s->secret.room - s->secret.size);
        if (n < 0 && errno != EINTR)
            r = error_set_host(err, -errno, "secret.file", s->cfg.file);
        s->secret.size += n > 0 ? (size_t)n : 0;
    }
    close(fd);
    if (!r && s->secret.size > SECRET_MAX)
        r = error_set(err, -EFBIG, ERROR_RANGE, "secret.file", s->cfg.file, T("at most %d bytes", SECRET_MAX));
    return r;
}

static int data_load(struct secret *s, struct error **err)
{
    size_t size = strlen(s->cfg.data);
    int r;

    if (size > SECRET_MAX)
        return error_set(err, -EFBIG, ERROR_RANGE, "secret.data", T("%zu bytes", size),
                         T("at most %d bytes", SECRET_MAX));
    r = hidden_new(&s->secret, size, "secret", err);
    if (r)
        return r;
    memcpy(s->secret.bytes, s->cfg.data, size);
    s->secret.size = size;
    return 0;
}

static int keyring_load(struct secret *s, struct error **err)
{
    struct text serial = text("%08" PRIx32, (uint32_t)s->cfg.serial);
    long size = syscall(SYS_keyctl, KEYCTL_READ, s->cfg.serial, NULL, 0), got;
    int r;

    if (!s->cfg.serial)
        return error_set(err, -EINVAL, ERROR_RANGE, "secret_keyring.serial", "0", "the number of a key");
    if (size < 0)
        return error_set_host(err, -errno, "secret_keyring.serial", serial.s);
    if (size > SECRET_MAX)
        return error_set(err, -EFBIG, ERROR_RANGE, "secret_keyring.serial", serial.s,
                         T("a key of at most %d bytes", SECRET_MAX));
    r = hidden_new(&s->secret, size, "secret_keyring", err);
    if (r)
        return r;
    got = syscall(SYS_keyctl, KEYCTL_READ, s->cfg.serial, s->secret.bytes, size);
    if (got < 0 || got > size)          /* it has grown meanwhile */
        return error_set_host(err, got < 0 ? -errno : -EAGAIN, "secret_keyring.serial", serial.s);
    s->secret.size = got;
    return 0;
}

int secret_find(const struct user_objects *set, const char *id, const char *what, const uint8_t **bytes, size_t *size,
                struct error **err)
{
    const struct user_object *o = user_object_find(set, id, "secret_common");

    if (!o || !o->complete)
        return error_set(err, -ENOENT, ERROR_UNKNOWN, what, id, "the id of an -object of type secret");
    *bytes = secret_of(o)->secret.bytes;
    *size = secret_of(o)->secret.size;
    return 0;
}

static int iv_read(const struct secret *s, uint8_t iv[IV_BYTES], struct error **err)
{
    const char *type = s->user.type->type.name;
    size_t size = s->cfg.iv ? strlen(s->cfg.iv) : 0;
    uint8_t decoded[64];

    if (!size)
        return error_set(err, -EINVAL, ERROR_STATE, T("%s.iv", type), "nothing", "base64 of 16 bytes, with keyid");
    if (size <= sizeof(decoded)) {
        memcpy(decoded, s->cfg.iv, size);
        if (!base64_decode(decoded, &size) && size == IV_BYTES) {
            memcpy(iv, decoded, IV_BYTES);
            return 0;
        }
    }
    return error_set(err, -EINVAL, ERROR_SYNTAX, T("%s.iv", type), s->cfg.iv, "base64 of 16 bytes");
}

/* Takes off the padding: N bytes that say N, 1 to a block. */
static int padding_drop(struct hidden *h)
{
    unsigned n = h->bytes[h->size - 1];

    if (!n || n > BLOCK_BYTES)
        return -EINVAL;
    for (unsigned i = 1; i <= n; i++)
        if (h->bytes[h->size - i] != n)
            return -EINVAL;
    h->size -= n;
    explicit_bzero(h->bytes + h->size, n);
    return 0;
}

static int decrypt(struct secret *s, struct error **err)
{
    const char *type = s->user.type->type.name;
    struct text object = text("%s.keyid", type);
    const uint8_t *key = NULL;
    uint8_t iv[IV_BYTES];
    size_t size = 0;
    int r = secret_find(s->user.set, s->cfg.keyid, object.s, &key, &size, err);

    if (!r && size != KEY_BYTES)
        r = error_set(err, -EINVAL, ERROR_RANGE, object.s, s->cfg.keyid, T("a secret of %d bytes", KEY_BYTES));
    if (!r)
        r = iv_read(s, iv, err);
    if (!r && (!s->secret.size || s->secret.size % BLOCK_BYTES))
        r = error_set(err, -EINVAL, ERROR_RANGE, type, T("%zu bytes to decrypt", s->secret.size),
                      T("a multiple of %d", BLOCK_BYTES));
    if (!r)
        r = cipher_decrypt(key, iv, s->secret.bytes, s->secret.size, object.s, err);
    if (!r && padding_drop(&s->secret))
        r = error_set(err, -EINVAL, ERROR_SYNTAX, object.s, s->cfg.keyid, "the key that it was encrypted with");
    return r;
}

static void text_clear(char **text)
{
    if (*text)
        explicit_bzero(*text, strlen(*text));
    free(*text);
    *text = NULL;
}

/* From what was loaded to the secret; in any case, its text is gone after it. */
static int secret_take(struct secret *s, int loaded, struct error **err)
{
    int r = loaded;

    if (!r && s->cfg.format == FORMAT_BASE64 && base64_decode(s->secret.bytes, &s->secret.size))
        r = error_set(err, -EINVAL, ERROR_SYNTAX, s->user.type->type.name, "what was given", "base64");
    if (!r && s->cfg.keyid && *s->cfg.keyid)
        r = decrypt(s, err);
    if (r)
        hidden_free(&s->secret);
    text_clear(&s->cfg.data);
    s->cfg.loaded = !r;
    return r;
}

static int secret_complete(struct user_object *o, struct error **err)
{
    struct secret *s = secret_of(o);
    int r;

    if (!s->cfg.data == !s->cfg.file)
        r = error_set(err, -EINVAL, ERROR_STATE, "secret", s->cfg.data ? "data and file" : "neither data nor file",
                      "one of data, file");
    else
        r = s->cfg.file ? file_load(s, err) : data_load(s, err);
    return secret_take(s, r, err);
}

static int keyring_complete(struct user_object *o, struct error **err)
{
    return secret_take(secret_of(o), keyring_load(secret_of(o), err), err);
}

static void secret_release(struct user_object *o)
{
    hidden_free(&secret_of(o)->secret);
}

static const struct prop common_props[] = {
    PROP_NAMED(T_, "format", format, formats, .shown = "QCryptoSecretFormat"),
    PROP(T_, "iv", iv, .shown = "string"),
    PROP(T_, "keyid", keyid, .shown = "string", .link = true),
    PROP(T_, "loaded", loaded, .read_only = true),
    {}
};
static const struct type secret_base = { .name = "secret_common", .parent = "object", .doc = "a password or a key",
    .abstract = true, .props = common_props };
TYPE(secret_base);

static const struct prop secret_props[] = {
    PROP(T_, "data", data, .shown = "string"),
    PROP(T_, "file", file, .shown = "string"),
    {}
};
static const struct user_type secret_type = {
    .type = { .name = "secret", .parent = "secret_common", TYPE_OF(T_), .props = secret_props,
              .doc = "a password or a key" },
    .complete = secret_complete,
    .release = secret_release,
};
USER_TYPE(secret_type, secret_type);

static const struct prop keyring_props[] = {
    PROP(T_, "serial", serial, .shown = "int32_t"),
    {}
};
static const struct user_type keyring_type = {
    .type = { .name = "secret_keyring", .parent = "secret_common", TYPE_OF(T_), .props = keyring_props,
              .doc = "a password or a key of the kernel's" },
    .complete = keyring_complete,
    .release = secret_release,
};
USER_TYPE(keyring_type, keyring_type);
