/* SPDX-License-Identifier: Apache-2.0 */
#include "object/prop.h"

/*
 * Properties (see prop.h)
 *
 * Invariant: a member is written only with a value that passed prop_check().
 */

#include "lib/size.h"
#include "qapi/visit.h"

#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static char *member(const struct prop *p, const void *object)
{
    return (char *)object + p->off;
}

static uint64_t prop_max(const struct prop *p)
{
    uint64_t fits = UINT64_MAX >> (64 - 8 * p->size);

    return p->max ? p->max : p->kind == PROP_BOOL ? 1 : p->kind == PROP_INT ? fits >> 1 : fits;
}

static int64_t prop_min_signed(const struct prop *p)
{
    return p->min ? (int64_t)p->min : -(int64_t)(UINT64_MAX >> (64 - 8 * p->size) >> 1) - 1;
}

const struct prop *prop_find(const struct prop *props, const char *name)
{
    for (const struct prop *p = props; p && p->name; p++)
        if (!strcmp(p->name, name))
            return p;
    return NULL;
}

uint64_t prop_default(const struct prop *p, unsigned version)
{
    for (const struct prop_was *w = p->was; w && w->before; w++)
        if (version < w->before)
            return w->def;
    return p->def;
}

void props_init(const struct prop *props, void *object, unsigned version)
{
    for (const struct prop *p = props; p && p->name; p++) {
        uint64_t def = prop_default(p, version);

        if (p->kind == PROP_SHAPED)
            memset(member(p, object), 0, p->shape->size);
        else if (p->kind != PROP_STRING)
            memcpy(member(p, object), &def, p->size);
        else if (p->def_string)
            *(char **)member(p, object) = strdup(p->def_string);
    }
}

void props_fini(const struct prop *props, void *object)
{
    for (const struct prop *p = props; p && p->name; p++)
        if (p->kind == PROP_STRING) {
            free(*(char **)member(p, object));
            *(char **)member(p, object) = NULL;
        } else if (p->kind == PROP_SHAPED) {
            qapi_fini(p->shape, member(p, object));
        }
}

static int check_bool(const char *owner, const struct prop *p, const char *value, uint64_t *val, struct error **err)
{
    static const char *const on[] = { "on", "true", "yes", "y" }, *const off[] = { "off", "false", "no", "n" };

    for (unsigned i = 0; i < 4; i++)
        if (!strcmp(value, on[i]) || !strcmp(value, off[i])) {
            *val = !strcmp(value, on[i]);
            return 0;
        }
    return error_set(err, -EINVAL, ERROR_SYNTAX, T("%s.%s", owner, p->name), value, "on, off");
}

static int check_name(const char *owner, const struct prop *p, const char *value, uint64_t *val, struct error **err)
{
    char legal[200] = "";

    for (*val = 0; p->names[*val]; ++*val)
        if (!strcmp(value, p->names[*val]))
            return 0;
    for (unsigned i = 0; p->names[i]; i++) {
        strncat(legal, i ? ", " : "", sizeof(legal) - strlen(legal) - 1);
        strncat(legal, p->names[i], sizeof(legal) - strlen(legal) - 1);
    }
    return error_set(err, -EINVAL, ERROR_UNKNOWN, T("%s.%s", owner, p->name), value, legal);
}

/* What a number may be, for errors. */
static struct text numbers(const struct prop *p)
{
    return p->kind == PROP_INT ? text("%" PRId64 " to %" PRId64, prop_min_signed(p), (int64_t)prop_max(p))
                               : text("%" PRIu64 " to %" PRIu64, p->min, prop_max(p));
}

static int check_signed(const char *owner, const struct prop *p, const char *value, uint64_t *val, struct error **err)
{
    char *end;

    errno = 0;
    *val = strtoll(value, &end, 0);
    if (end == value || *end)
        return error_set(err, -EINVAL, ERROR_SYNTAX, T("%s.%s", owner, p->name), value,
                         T("a number, %s", numbers(p).s));
    if (errno || (int64_t)*val < prop_min_signed(p) || (int64_t)*val > (int64_t)prop_max(p))
        return error_set(err, -ERANGE, ERROR_RANGE, T("%s.%s", owner, p->name), value,
                         numbers(p).s);
    return 0;
}

static int check_number(const char *owner, const struct prop *p, const char *value, uint64_t *val, struct error **err)
{
    char *end;
    int r = 0;

    errno = 0;
    if (p->kind == PROP_SIZE) {
        r = size_parse(value, 1, val);
    } else {
        *val = strtoull(value, &end, 0);
        r = !isdigit((unsigned char)*value) || *end ? -EINVAL : -errno;
    }
    if (r == -EINVAL)
        return error_set(err, -EINVAL, ERROR_SYNTAX, T("%s.%s", owner, p->name), value,
                         p->kind == PROP_SIZE ? "a size: digits, then k, M, G, T, P or E"
                                              : T("a number, %s", numbers(p).s));
    if (r || *val < p->min || *val > prop_max(p))
        return error_set(err, -ERANGE, ERROR_RANGE, T("%s.%s", owner, p->name), value,
                         numbers(p).s);
    return 0;
}

int prop_check(const struct prop *p, const char *owner, const char *value, uint64_t *val, struct error **err)
{
    *val = 0;
    if (p->read_only)
        return error_set(err, -EACCES, ERROR_UNSUPPORTED, T("%s.%s", owner, p->name), value,
                         "legal: nothing, as it says what is");
    switch (p->kind) {
    case PROP_STRING:
        return 0;
    case PROP_SHAPED:
        return error_set(err, -EINVAL, ERROR_SYNTAX, T("%s.%s", owner, p->name), value,
                         T("members, as in %s.NAME=VALUE", p->name));
    case PROP_BOOL:
        return check_bool(owner, p, value, val, err);
    case PROP_ENUM:
        return check_name(owner, p, value, val, err);
    case PROP_INT:
        return check_signed(owner, p, value, val, err);
    default:
        return check_number(owner, p, value, val, err);
    }
}

int prop_set(const struct prop *p, void *object, const char *owner, const char *value, struct error **err)
{
    uint64_t val;
    int r = prop_check(p, owner, value, &val, err);

    if (r < 0)
        return r;
    if (p->kind == PROP_STRING) {
        char **s = (char **)member(p, object);

        free(*s);
        *s = strdup(value);
        assert(*s);
    } else {
        memcpy(member(p, object), &val, p->size);
    }
    return 0;
}

static int set_shaped(const struct prop *p, void *object, const char *owner, const struct json *value,
                      struct error **err)
{
    void *copy = malloc(p->shape->size);
    struct qapi_fault fault;
    int r;

    assert(copy);
    r = qapi_read(p->shape, value, copy, &fault);
    if (r) {
        r = error_set(err, r, ERROR_SYNTAX, T("%s.%s", owner, p->name), "", fault.desc);
    } else {
        qapi_fini(p->shape, member(p, object));
        memcpy(member(p, object), copy, p->shape->size);
    }
    free(copy);
    return r;
}

static bool takes_numbers(const struct prop *p)
{
    return p->kind == PROP_UINT || p->kind == PROP_INT || p->kind == PROP_SIZE;
}

/* As it stands in JSON. */
static struct text json_text(const struct json *v)
{
    GString *s = g_string_new(NULL);
    struct text t;

    json_print(v, JSON_COMPACT, s);
    t = text("%s", s->str);
    g_string_free(s, TRUE);
    return t;
}

/* A value of another kind than the property's. */
static int refuse_kind(const struct prop *p, const char *owner, const struct json *value, struct error **err)
{
    struct text name = text("%s.%s", owner, p->name), val = json_text(value);

    if (takes_numbers(p) && value->kind == JSON_DOUBLE && (value->d >= 0x1p63 || value->d <= -0x1p63))
        return error_set(err, -ERANGE, ERROR_RANGE, name.s, T("%.0f", value->d), numbers(p).s);
    return error_set(err, -EINVAL, ERROR_SYNTAX, name.s, val.s,
                     takes_numbers(p) ? T("a number, %s", numbers(p).s) : p->kind == PROP_BOOL ? "true, false"
                     : p->of_number   ? T("a string or a number, %" PRId64 " to %" PRId64, (int64_t)p->min,
                                          (int64_t)p->max)
                     : p->kind == PROP_SHAPED ? p->shape->name : "a string");
}

static int set_by_number(const struct prop *p, void *object, const char *owner, int64_t n, struct error **err)
{
    struct text as;

    if (n < (int64_t)p->min || n > (int64_t)p->max)
        return error_set(err, -ERANGE, ERROR_RANGE, T("%s.%s", owner, p->name), T("%" PRId64, n),
                         T("%" PRId64 " to %" PRId64, (int64_t)p->min, (int64_t)p->max));
    as = p->of_number(n);
    if (*as.s)
        return prop_set(p, object, owner, as.s, err);
    free(*(char **)member(p, object));
    *(char **)member(p, object) = NULL;
    return 0;
}

int prop_set_typed(const struct prop *p, void *object, const char *owner, const struct json *value, struct error **err)
{
    bool number = value->kind == JSON_INT || value->kind == JSON_UINT;

    if (p->of_number && value->kind == JSON_INT)
        return set_by_number(p, object, owner, value->i, err);
    if (p->kind == PROP_SHAPED || p->read_only || (takes_numbers(p) && number) ||
        (p->kind == PROP_BOOL && value->kind == JSON_BOOL) ||
        ((p->kind == PROP_STRING || p->kind == PROP_ENUM) && value->kind == JSON_STRING))
        return prop_set_json(p, object, owner, value, err);
    return refuse_kind(p, owner, value, err);
}

int prop_set_json(const struct prop *p, void *object, const char *owner, const struct json *value, struct error **err)
{
    if (p->kind == PROP_SHAPED && !p->read_only && value->kind != JSON_STRING)
        return set_shaped(p, object, owner, value, err);
    if (takes_numbers(p) && value->kind == JSON_BOOL)
        return refuse_kind(p, owner, value, err);
    switch (value->kind) {
    case JSON_STRING:
        return prop_set(p, object, owner, value->string, err);
    case JSON_BOOL:
        return prop_set(p, object, owner, value->boolean ? "on" : "off", err);
    case JSON_INT:
        return prop_set(p, object, owner, T("%" PRId64, value->i), err);
    case JSON_UINT:
        return prop_set(p, object, owner, T("%" PRIu64, value->u), err);
    default:
        return refuse_kind(p, owner, value, err);
    }
}

struct json prop_json_of(const struct prop *p, uint64_t val)
{
    switch (p->kind) {
    case PROP_BOOL:
        return json_bool(val);
    case PROP_ENUM:
        return json_string(p->names[val]);
    case PROP_INT:
        return json_int((int64_t)val);
    default:
        return json_uint(val);
    }
}

struct json prop_json(const struct prop *p, const void *object)
{
    switch (p->kind) {
    case PROP_STRING:
        return json_string(prop_get_string(p, object));
    case PROP_SHAPED:
        return qapi_write(p->shape, member(p, object));
    default:
        return prop_json_of(p, prop_get(p, object));
    }
}

uint64_t prop_get(const struct prop *p, const void *object)
{
    uint64_t val = 0;

    memcpy(&val, member(p, object), p->size);
    if (p->kind == PROP_INT && val >> (8 * p->size - 1))
        val |= UINT64_MAX << (8 * p->size - 1);
    return val;
}

const char *prop_get_string(const struct prop *p, const void *object)
{
    return *(char **)member(p, object);
}

const char *prop_type_name(const struct prop *p)
{
    static const char *const uints[] = { [1] = "uint8", [2] = "uint16", [4] = "uint32", [8] = "uint64" };
    static const char *const ints[] = { [1] = "int8", [2] = "int16", [4] = "int32", [8] = "int64" };

    if (p->shown)
        return p->shown;
    switch (p->kind) {
    case PROP_BOOL:
        return "bool";
    case PROP_STRING:
    case PROP_ENUM:
    case PROP_SHAPED:
        return "str";
    case PROP_SIZE:
        return "size";
    case PROP_INT:
        return ints[p->size];
    default:
        return uints[p->size];
    }
}

struct text prop_text(const struct prop *p, const void *object)
{
    uint64_t val = p->kind == PROP_STRING || p->kind == PROP_SHAPED ? 0 : prop_get(p, object);
    const char *s;

    switch (p->kind) {
    case PROP_SHAPED:
        return text("<%s>", p->shape->name);
    case PROP_STRING:
        s = prop_get_string(p, object);
        return text("\"%s\"", s ? s : "");
    case PROP_ENUM:
        return text("\"%s\"", p->names[val]);
    case PROP_BOOL:
        return text("%s", val ? "true" : "false");
    case PROP_INT:
        return text("%" PRId64 " (0x%" PRIx64 ")", val, val);
    default:
        return text("%" PRIu64 " (0x%" PRIx64 ")", val, val);
    }
}
