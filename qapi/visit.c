/* SPDX-License-Identifier: Apache-2.0 */
#include "qapi/visit.h"

/*
 * The one marshaller: reading and freeing (see visit.h; writing is in write.c)
 *
 * Recursion follows the schema and the value, both of which nest to a limit.
 *
 * Invariant: what is read is zeroed first, so that qapi_fini() is right at any point of a failure.
 */

#include "qapi/json-parse.h"
#include "qapi/member.h"

#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *qapi_error_class_name(enum qapi_error_class c)
{
    static const char *const names[] = {
        [QAPI_GENERIC_ERROR] = "GenericError", [QAPI_COMMAND_NOT_FOUND] = "CommandNotFound",
        [QAPI_DEVICE_NOT_ACTIVE] = "DeviceNotActive", [QAPI_DEVICE_NOT_FOUND] = "DeviceNotFound",
        [QAPI_KVM_MISSING_CAP] = "KVMMissingCap",
    };

    return names[c];
}

int qapi_fault_set(struct qapi_fault *fault, enum qapi_error_class error_class, const char *fmt, ...)
{
    va_list ap;

    fault->error_class = error_class;
    va_start(ap, fmt);
    vsnprintf(fault->desc, sizeof(fault->desc), fmt, ap);
    va_end(ap);
    return -EINVAL;
}

/* Where a value stands, for the message: keys[0].data */
struct place {
    const struct place *up;
    const char *name;           /* NULL: item number at */
    size_t at;
};

struct place_text { char s[200]; };

static void place_print(const struct place *p, char *buf, size_t n)
{
    size_t used;

    if (!p)
        return;
    place_print(p->up, buf, n);
    used = strlen(buf);
    if (p->name)
        snprintf(buf + used, n - used, "%s%s", used ? "." : "", p->name);
    else
        snprintf(buf + used, n - used, "[%zu]", p->at);
}

static struct place_text place_text(const struct place *p)
{
    struct place_text t = { "" };

    place_print(p, t.s, sizeof(t.s));
    if (!*t.s)
        snprintf(t.s, sizeof(t.s), "null");
    return t;
}

static int wrong_type(const struct place *at, const char *expected, struct qapi_fault *fault)
{
    return qapi_fault_set(fault, QAPI_GENERIC_ERROR, "Invalid parameter type for '%s', expected: %s",
                          place_text(at).s, expected);
}

static int does_not_fit(const struct place *at, const struct qapi_type *t, struct qapi_fault *fault)
{
    return qapi_fault_set(fault, QAPI_GENERIC_ERROR, "Parameter '%s' expects %s", place_text(at).s, t->expected);
}

static int read_any(const struct qapi_type *t, const struct json *from, void *to, const struct place *at,
                    struct qapi_fault *fault);

static int read_int(const struct qapi_type *t, const struct json *from, void *to, const struct place *at,
                    struct qapi_fault *fault)
{
    int shift = 64 - 8 * (int)t->size;

    if (from->kind != JSON_INT)
        return wrong_type(at, "integer", fault);
    if ((int64_t)((uint64_t)from->i << shift) >> shift != from->i)
        return does_not_fit(at, t, fault);
    memcpy(to, &from->i, t->size);      /* little endian */
    return 0;
}

/* Clients have always been allowed to send the upper half of a 64-bit number as a negative one. */
static int read_uint(const struct qapi_type *t, const struct json *from, void *to, const struct place *at,
                     struct qapi_fault *fault)
{
    uint64_t u = from->kind == JSON_INT ? (uint64_t)from->i : from->u;

    if (from->kind != JSON_INT && from->kind != JSON_UINT)
        return qapi_fault_set(fault, QAPI_GENERIC_ERROR, "Parameter '%s' expects uint64", place_text(at).s);
    if (t->size < 8 && u >> (8 * t->size))
        return does_not_fit(at, t, fault);
    memcpy(to, &u, t->size);
    return 0;
}

static int read_number(const struct json *from, double *to, const struct place *at, struct qapi_fault *fault)
{
    if (from->kind != JSON_INT && from->kind != JSON_UINT && from->kind != JSON_DOUBLE)
        return wrong_type(at, "number", fault);
    *to = from->kind == JSON_INT ? (double)from->i : from->kind == JSON_UINT ? (double)from->u : from->d;
    return 0;
}

/* An enum's message names the member alone, without the way to it: clients know it so. */
static int read_enum(const struct qapi_type *t, const struct json *from, int *to, const struct place *at,
                     struct qapi_fault *fault)
{
    if (from->kind != JSON_STRING)
        return wrong_type(at, "string", fault);
    *to = qapi_enum_value(t, from->string);
    if (*to >= 0)
        return 0;
    *to = 0;
    return qapi_fault_set(fault, QAPI_GENERIC_ERROR, "Parameter '%s' does not accept value '%s'",
                          at && at->name ? at->name : "null", from->string);
}

static int read_list(const struct qapi_type *t, const struct json *from, struct qapi_list *to,
                     const struct place *at, struct qapi_fault *fault)
{
    if (from->kind != JSON_ARRAY)
        return wrong_type(at, "array", fault);
    to->items = calloc(from->num ? from->num : 1, t->element->size);
    assert(to->items);
    to->num = from->num;        /* all of them are zero, and so can be freed, from here on */
    for (uint32_t i = 0; i < from->num; i++) {
        struct place item = { .up = at, .at = i };
        int r = read_any(t->element, json_at(from, i), (char *)to->items + i * t->element->size, &item, fault);

        if (r)
            return r;
    }
    return 0;
}

static bool branch_takes(const struct qapi_type *t, enum json_kind kind)
{
    switch (t->kind) {
    case QAPI_NULL: return kind == JSON_NULL;
    case QAPI_BOOL: return kind == JSON_BOOL;
    case QAPI_INT:
    case QAPI_UINT: return kind == JSON_INT || kind == JSON_UINT;
    case QAPI_NUMBER: return kind == JSON_INT || kind == JSON_UINT || kind == JSON_DOUBLE;
    case QAPI_STRING:
    case QAPI_ENUM: return kind == JSON_STRING;
    case QAPI_OBJECT: return kind == JSON_OBJECT;
    case QAPI_LIST: return kind == JSON_ARRAY;
    default: return false;
    }
}

static int read_alternate(const struct qapi_type *t, const struct json *from, unsigned *to, const struct place *at,
                          struct qapi_fault *fault)
{
    for (*to = 0; *to < t->num_members; ++*to) {
        const struct qapi_member *m = &t->members[*to];

        if (branch_takes(m->type, from->kind))
            return read_any(m->type, from, (char *)to + m->offset, at, fault);
    }
    *to = 0;
    return wrong_type(at, t->name, fault);
}

static int read_default(const struct qapi_member *m, void *to, struct qapi_fault *fault)
{
    struct json value;
    int r = json_parse(m->default_json, &value, NULL);

    assert(!r);                 /* the generator wrote it */
    r = read_any(m->type, &value, to, NULL, fault);
    json_fini(&value);
    return r;
}

static int read_member(const struct qapi_member *m, const struct json *from, char *to, const struct place *at,
                       struct qapi_fault *fault)
{
    const struct json *value = json_get(from, m->name);
    struct place here = { .up = at, .name = m->name };
    void *place = to + m->offset;

    if (!value) {
        if (m->default_json)
            return read_default(m, place, fault);
        return m->optional ? 0 : qapi_fault_set(fault, QAPI_GENERIC_ERROR, "Parameter '%s' is missing",
                                                place_text(&here).s);
    }
    if (m->has)
        *(bool *)(to + m->has_offset) = true;
    if (m->boxed) {
        *(void **)place = calloc(1, m->type->size);
        place = *(void **)place;
        assert(place);
    }
    return read_any(m->type, value, place, &here, fault);
}

/* The members of t and of the branch that its tag chose; the branch's may lie flat in the same object. */
static int read_members(const struct qapi_type *t, const struct json *from, char *to, const struct place *at,
                        struct qapi_fault *fault)
{
    const struct qapi_type *branch;

    for (uint32_t i = 0; i < t->num_members; i++) {
        int r = read_member(&t->members[i], from, to, at, fault);

        if (r)
            return r;
    }
    branch = qapi_branch(t, to);
    return branch ? read_members(branch, from, to + t->variants_offset, at, fault) : 0;
}

static bool knows(const struct qapi_type *t, const char *value, const char *key)
{
    const struct qapi_type *branch;

    for (uint32_t i = 0; i < t->num_members; i++)
        if (!strcmp(t->members[i].name, key))
            return true;
    branch = qapi_branch(t, value);
    return branch && knows(branch, value + t->variants_offset, key);
}

static int read_object(const struct qapi_type *t, const struct json *from, char *to, const struct place *at,
                       struct qapi_fault *fault)
{
    int r;

    if (from->kind != JSON_OBJECT)
        return wrong_type(at, "object", fault);
    r = read_members(t, from, to, at, fault);
    for (uint32_t i = 0; !r && i < from->num; i++) {
        struct place here = { .up = at, .name = json_key(from, i) };

        if (!knows(t, to, here.name))
            r = qapi_fault_set(fault, QAPI_GENERIC_ERROR, "Parameter '%s' is unexpected", place_text(&here).s);
    }
    return r;
}

static int read_any(const struct qapi_type *t, const struct json *from, void *to, const struct place *at,
                    struct qapi_fault *fault)
{
    switch (t->kind) {
    case QAPI_NULL:
        *(bool *)to = true;
        return from->kind == JSON_NULL ? 0 : wrong_type(at, "null", fault);
    case QAPI_BOOL:
        *(bool *)to = from->kind == JSON_BOOL && from->boolean;
        return from->kind == JSON_BOOL ? 0 : wrong_type(at, "boolean", fault);
    case QAPI_INT:
        return read_int(t, from, to, at, fault);
    case QAPI_UINT:
        return read_uint(t, from, to, at, fault);
    case QAPI_NUMBER:
        return read_number(from, to, at, fault);
    case QAPI_STRING:
        if (from->kind != JSON_STRING)
            return wrong_type(at, "string", fault);
        *(char **)to = strdup(from->string);
        assert(*(char **)to);
        return 0;
    case QAPI_ANY:
        *(struct json *)to = json_dup(from);
        return 0;
    case QAPI_ENUM:
        return read_enum(t, from, to, at, fault);
    case QAPI_LIST:
        return read_list(t, from, to, at, fault);
    case QAPI_ALTERNATE:
        return read_alternate(t, from, to, at, fault);
    default:
        return read_object(t, from, to, at, fault);
    }
}

int qapi_read(const struct qapi_type *type, const struct json *from, void *to, struct qapi_fault *fault)
{
    int r;

    memset(to, 0, type->size);
    r = read_any(type, from, to, NULL, fault);
    if (r)
        qapi_fini(type, to);
    return r;
}

static void fini_members(const struct qapi_type *t, char *value)
{
    const struct qapi_type *branch = qapi_branch(t, value);

    if (branch)
        fini_members(branch, value + t->variants_offset);
    for (uint32_t i = 0; i < t->num_members; i++) {
        const struct qapi_member *m = &t->members[i];
        void *place = value + m->offset;

        if (m->boxed && *(void **)place)
            qapi_fini(m->type, *(void **)place);
        if (m->boxed)
            free(*(void **)place);
        else
            qapi_fini(m->type, place);
    }
}

void qapi_fini(const struct qapi_type *t, void *value)
{
    struct qapi_list *list = value;

    switch (t->kind) {
    case QAPI_STRING:
        free(*(char **)value);
        break;
    case QAPI_ANY:
        json_fini(value);
        break;
    case QAPI_LIST:
        for (size_t i = 0; i < list->num; i++)
            qapi_fini(t->element, (char *)list->items + i * t->element->size);
        free(list->items);
        break;
    case QAPI_ALTERNATE:
        qapi_fini(t->members[*(unsigned *)value].type, (char *)value + t->variants_offset);
        break;
    case QAPI_OBJECT:
        fini_members(t, value);
        break;
    default:
        break;
    }
    memset(value, 0, t->size);
}
