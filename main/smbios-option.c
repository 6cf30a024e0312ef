/* SPDX-License-Identifier: Apache-2.0 */
#include "main/options.h"

/*
 * -smbios: fields of structures, or whole structures from files; -uuid
 *
 * One line of a table per field.  A type is described by fields or by a file, not by both; of a field that is given
 * twice the last value counts.  Differs from the reference: a number that does not fit its field is refused.
 */

#include "lib/error.h"
#include "lib/file.h"
#include "main/keyval.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum kind { STRING, NUMBER, NUMBER64, BOOL, RELEASE, UUID, DEVICE_KIND };
enum { PORT = 8, OEM_STRINGS = 11, ONBOARD = 41, TYPES = 256, OEM_FILE_MAX = 64 << 10, HEADER_BYTES = 4 };

static const struct smbios_field { uint8_t type, kind; const char *key; size_t off; unsigned max; } fields[] = {
#define LINE(type, key, kind, member, ...) \
    { type, kind, key, offsetof(struct smbios_config, member), __VA_ARGS__ }
    LINE(0, "vendor", STRING, bios.vendor),
    LINE(0, "version", STRING, bios.version),
    LINE(0, "date", STRING, bios.date),
    LINE(0, "release", RELEASE, bios.major),
    LINE(0, "uefi", BOOL, bios.uefi),
    LINE(1, "manufacturer", STRING, system.manufacturer),
    LINE(1, "product", STRING, system.product),
    LINE(1, "version", STRING, system.version),
    LINE(1, "serial", STRING, system.serial),
    LINE(1, "uuid", UUID, system.uuid),
    LINE(1, "sku", STRING, system.sku),
    LINE(1, "family", STRING, system.family),
    LINE(2, "manufacturer", STRING, board.manufacturer),
    LINE(2, "product", STRING, board.product),
    LINE(2, "version", STRING, board.version),
    LINE(2, "serial", STRING, board.serial),
    LINE(2, "asset", STRING, board.asset),
    LINE(2, "location", STRING, board.location),
    LINE(3, "manufacturer", STRING, chassis.manufacturer),
    LINE(3, "version", STRING, chassis.version),
    LINE(3, "serial", STRING, chassis.serial),
    LINE(3, "asset", STRING, chassis.asset),
    LINE(3, "sku", STRING, chassis.sku),
    LINE(4, "sock_pfx", STRING, processor.socket),
    LINE(4, "manufacturer", STRING, processor.manufacturer),
    LINE(4, "version", STRING, processor.version),
    LINE(4, "serial", STRING, processor.serial),
    LINE(4, "asset", STRING, processor.asset),
    LINE(4, "part", STRING, processor.part),
    LINE(4, "max-speed", NUMBER, processor.max_speed, 65535),
    LINE(4, "current-speed", NUMBER, processor.current_speed, 65535),
    LINE(4, "processor-id", NUMBER64, processor.id),
    LINE(17, "loc_pfx", STRING, memory.locator),
    LINE(17, "bank", STRING, memory.bank),
    LINE(17, "manufacturer", STRING, memory.manufacturer),
    LINE(17, "serial", STRING, memory.serial),
    LINE(17, "asset", STRING, memory.asset),
    LINE(17, "part", STRING, memory.part),
    LINE(17, "speed", NUMBER, memory.speed, 65535),
#undef LINE
    /* of the new element */
    { PORT, STRING, "internal_reference", offsetof(struct smbios_port, internal) },
    { PORT, STRING, "external_reference", offsetof(struct smbios_port, external) },
    { PORT, NUMBER, "connector_type", offsetof(struct smbios_port, connector_type), 255 },
    { PORT, NUMBER, "port_type", offsetof(struct smbios_port, port_type), 255 },
    { ONBOARD, STRING, "designation", offsetof(struct smbios_onboard, designation) },
    { ONBOARD, DEVICE_KIND, "kind", offsetof(struct smbios_onboard, kind) },
    { ONBOARD, NUMBER, "instance", offsetof(struct smbios_onboard, instance), 255 },
    { ONBOARD, STRING, "pcidev", offsetof(struct smbios_onboard, pcidev) },
};
enum { FIELDS = sizeof(fields) / sizeof(fields[0]) };

static int bad_value(const struct smbios_field *f, const char *value, const char *legal, struct error **err)
{
    return error_set(err, -EINVAL, ERROR_SYNTAX, T("-smbios type=%u %s", f->type, f->key), value, legal);
}

static int set_number64(const struct smbios_field *f, uint64_t *to, const char *value, struct error **err)
{
    char *end;

    errno = 0;
    *to = strtoull(value, &end, 0);
    if (*value < '0' || *value > '9' || *end || errno)
        return bad_value(f, value, "a number of at most 64 bits", err);
    return 0;
}

static int set_release(struct smbios_config *c, const struct smbios_field *f, const char *value, struct error **err)
{
    unsigned major, minor;
    int end = 0;

    if (sscanf(value, "%3u.%3u%n", &major, &minor, &end) != 2 || value[end] || major > 255 || minor > 255)
        return bad_value(f, value, "two numbers up to 255 with a dot between", err);
    c->bios.major = major;
    c->bios.minor = minor;
    return 0;
}

static int set_device_kind(const struct smbios_field *f, unsigned *to, const char *value, struct error **err)
{
    static const char *const kinds[] = { "other", "unknown", "video", "scsi", "ethernet", "tokenring", "sound", "pata",
                                         "sata", "sas" };

    for (unsigned i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
        if (!strcmp(value, kinds[i])) {
            *to = i + 1;
            return 0;
        }
    return bad_value(f, value, "other, unknown, video, scsi, ethernet, tokenring, sound, pata, sata, sas", err);
}

/* base: of the configuration, or of the element. */
static int set_field(struct smbios_config *c, void *base, const struct smbios_field *f, struct keyval *kv,
                     struct error **err)
{
    const char *value = keyval_take(kv, f->key);
    void *to = (char *)base + f->off;

    if (!value)
        return 0;
    switch (f->kind) {
    case STRING:
        *(const char **)to = g_string_chunk_insert(c->strings, value);
        return 0;
    case NUMBER:
        return keyval_number(kv, f->key, 0, f->max, to, err);
    case NUMBER64:
        return set_number64(f, to, value, err);
    case BOOL:
        return keyval_bool(kv, f->key, to, err);
    case RELEASE:
        return set_release(c, f, value, err);
    case DEVICE_KIND:
        return set_device_kind(f, to, value, err);
    }
    c->system.has_uuid = uuid_parse(value, to);
    return c->system.has_uuid ? 0 : bad_value(f, value, "a UUID such as 00112233-4455-6677-8899-aabbccddeeff", err);
}

static int full(const char *what, unsigned max, struct error **err)
{
    return error_set(err, -E2BIG, ERROR_RANGE, "-smbios", what, T("at most %u of them", max));
}

/* Where the fields of a type go; NULL: there is no room for one more. */
static void *element(struct smbios_config *c, unsigned type)
{
    if (type == PORT)
        return c->n_ports < SMBIOS_LIST ? &c->port[c->n_ports++] : NULL;
    if (type != ONBOARD)
        return c;
    if (c->n_onboard == SMBIOS_LIST)
        return NULL;
    c->onboard[c->n_onboard] = (struct smbios_onboard){ .kind = 1, .instance = 1 };
    return &c->onboard[c->n_onboard++];
}

static int add_oem_file(struct smbios_config *c, const char *path, struct error **err)
{
    uint8_t *bytes;
    size_t len;
    int r = file_read_stream("-smbios path", path, OEM_FILE_MAX, &bytes, &len, err);

    if (r < 0)
        return r;
    if (len && memchr(bytes, '\0', len))
        r = error_set(err, -EINVAL, ERROR_SYNTAX, "-smbios path", path, "a text file");
    else
        c->oem_string[c->n_oem_strings++] = g_string_chunk_insert_len(c->strings, (char *)bytes, len);
    free(bytes);
    return r;
}

/* value= and path= may be repeated, and keep their order. */
static int oem_strings(struct smbios_config *c, struct keyval *kv, struct error **err)
{
    int r = 0;

    for (unsigned i = 0; i < kv->n && !r; i++) {
        bool is_path = !strcmp(kv->pair[i].key, "path");

        if (!is_path && strcmp(kv->pair[i].key, "value"))
            continue;
        kv->pair[i].used = true;
        if (c->n_oem_strings == SMBIOS_OEM_STRINGS)
            r = full("type=11 strings", SMBIOS_OEM_STRINGS, err);
        else if (is_path)
            r = add_oem_file(c, kv->pair[i].value, err);
        else
            c->oem_string[c->n_oem_strings++] = g_string_chunk_insert(c->strings, kv->pair[i].value);
    }
    return r;
}

static int set_fields(struct smbios_config *c, unsigned type, struct keyval *kv, struct error **err)
{
    char legal[300] = "type";
    void *base = element(c, type);
    int r = base ? 0 : full(T("type=%u", type), SMBIOS_LIST, err);

    if (type == OEM_STRINGS) {
        r = oem_strings(c, kv, err);
        return r ? r : keyval_end(kv, "type, value, path", err);
    }
    for (unsigned i = 0; i < FIELDS && !r; i++) {
        if (fields[i].type != type)
            continue;
        r = set_field(c, base, &fields[i], kv, err);
        snprintf(legal + strlen(legal), sizeof(legal) - strlen(legal), ", %s", fields[i].key);
    }
    c->bios.given |= type == 0;
    c->board.given |= type == 2;
    return r ? r : keyval_end(kv, legal, err);
}

static bool has_fields(unsigned type)
{
    for (unsigned i = 0; i < FIELDS; i++)
        if (fields[i].type == type)
            return true;
    return type == OEM_STRINGS;
}

static int add_fields(struct smbios_config *c, struct keyval *kv, struct error **err)
{
    unsigned type = TYPES;
    int r = keyval_number(kv, "type", 0, TYPES - 1, &type, err);

    if (r < 0)
        return r;
    if (type == TYPES)
        return error_set(err, -EINVAL, ERROR_SYNTAX, "-smbios", "a description without them",
                         "type=NUMBER or file=FILE");
    if (!has_fields(type))
        return error_set(err, -EINVAL, ERROR_RANGE, "-smbios type", T("%u", type), "0, 1, 2, 3, 4, 8, 11, 17, 41");
    if (smbios_bit(c->blobs, type))
        return error_set(err, -EBUSY, ERROR_STATE, "-smbios type", T("%u", type),
                         "a type that no file has described");
    c->fields[type / 64] |= 1ull << type % 64;
    return set_fields(c, type, kv, err);
}

static int add_blob(struct smbios_config *c, const char *path, struct error **err)
{
    struct smbios_blob *blob = &c->blob[c->n_blobs];
    unsigned type;
    int r;

    if (c->n_blobs == SMBIOS_LIST)
        return full("file=", SMBIOS_LIST, err);
    r = file_read_stream("-smbios file", path, SMBIOS_BLOB_MAX, &blob->bytes, &blob->len, err);
    if (r < 0)
        return r;
    c->n_blobs++;
    if (blob->len < HEADER_BYTES)
        return error_set(err, -EINVAL, ERROR_SYNTAX, "-smbios file", path, "a structure of at least four bytes");
    type = blob->bytes[0];
    if (smbios_bit(c->fields, type))
        return error_set(err, -EBUSY, ERROR_STATE, "-smbios file", T("%s, type %u", path, type),
                         "a type that has no fields yet");
    c->blobs[type / 64] |= 1ull << type % 64;
    return 0;
}

int option_smbios(struct config *c, const char *value, struct error **err)
{
    struct keyval kv;
    const char *path;
    int r = keyval_parse(&kv, "-smbios", value, NULL, err);

    if (r < 0)
        return r;
    path = keyval_take(&kv, "file");
    if (path)
        r = keyval_end(&kv, "file alone, or type and its fields", err);
    if (!r)
        r = path ? add_blob(&c->smbios, path, err) : add_fields(&c->smbios, &kv, err);
    keyval_fini(&kv);
    return r;
}

int option_uuid(struct config *c, const char *value, struct error **err)
{
    if (uuid_parse(value, c->board.uuid))
        return 0;
    return error_set(err, -EINVAL, ERROR_SYNTAX, "-uuid", value,
                     "a UUID such as 00112233-4455-6677-8899-aabbccddeeff");
}
