/* SPDX-License-Identifier: Apache-2.0 */
#include "qapi/option.h"

/*
 * Options that the schema declares, as a command line writes them (see option.h)
 *
 * Left out: the reference's warning for words without '='.  Bounds: the text's own length, and the nesting of a JSON
 * reader; a list that is written as a range has at most LIST_MAX numbers.
 */

#include "lib/error.h"
#include "lib/size.h"
#include "qapi/json-parse.h"
#include "qapi/member.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { KEY_MAX = 127, LIST_MAX = 65536, DEPTH_MAX = 8 };

bool qapi_option_is_json(const char *text)
{
    return *text == '{';
}

static int parse_json(const char *text, struct json *to, struct qapi_fault *fault)
{
    struct json_fault why;
    int r = json_parse(text, to, &why);

    if (r)
        return qapi_fault_set(fault, QAPI_GENERIC_ERROR, "%s", why.text);
    if (to->kind == JSON_OBJECT)
        return 0;
    json_fini(to);
    return qapi_fault_set(fault, QAPI_GENERIC_ERROR, "JSON of an option is an object");
}

static struct json *member(struct json *object, const char *key)
{
    return (struct json *)json_get(object, key);        /* the object is ours */
}

/* Puts value, which it takes, at "a.b.c"; what was there is replaced.  False: a part is a value and an object, too. */
static bool put(struct json *object, char *key, struct json value)
{
    char *dot = strchr(key, '.');
    struct json *there;

    if (dot)
        *dot = '\0';
    there = member(object, key);
    if (!dot && (!there || there->kind != JSON_OBJECT)) {
        if (there) {
            json_fini(there);
            *there = value;
        } else {
            json_set(object, key, value);
        }
        return true;
    }
    if (dot && !there) {
        json_set(object, key, json_object());
        there = member(object, key);
    }
    if (dot && there->kind == JSON_OBJECT)
        return put(there, dot + 1, value);
    json_fini(&value);
    return false;
}

/* A key has letters, digits, '-', '_' and dots between parts; no part is empty. */
static bool key_is_good(const char *key, size_t len)
{
    unsigned depth = 0;

    for (size_t i = 0; i < len; i++) {
        if (key[i] == '.' && (!i || i + 1 == len || key[i + 1] == '.' || ++depth > DEPTH_MAX))
            return false;
        if (!isalnum((unsigned char)key[i]) && !strchr("-_.", key[i]))
            return false;
    }
    return len && len <= KEY_MAX;
}

/* Copies the value at text up to a single comma; returns where the next item begins, or NULL. */
static const char *value_take(const char *text, GString *value)
{
    g_string_truncate(value, 0);
    for (; *text; text++) {
        if (*text == ',' && *++text != ',')
            return text;
        g_string_append_c(value, *text);
    }
    return NULL;
}

/* One "key=value" or word at text; *first is used up by the first item. */
static const char *item_take(const char *text, const char **first, struct json *to, GString *value,
                             struct qapi_fault *fault)
{
    size_t len = strcspn(text, "=,");
    bool has_value = text[len] == '=';
    char key[KEY_MAX + 1];
    const char *next;

    if (!has_value && *first) {
        snprintf(key, sizeof(key), "%s", *first);
        next = value_take(text, value);
    } else if (!key_is_good(text, len)) {
        qapi_fault_set(fault, QAPI_GENERIC_ERROR, "Invalid parameter '%.*s'", len > KEY_MAX ? KEY_MAX : (int)len, text);
        return NULL;
    } else {
        snprintf(key, sizeof(key), "%.*s", (int)len, text);
        next = value_take(has_value ? text + len + 1 : text + len, value);
        if (!has_value)
            g_string_assign(value, "on");
    }
    *first = NULL;
    if (!put(to, key, json_string(value->str)))
        qapi_fault_set(fault, QAPI_GENERIC_ERROR, "Parameter '%s' has a value and members", key);
    return next;
}

/* An object whose keys are 0, 1, 2 ... is an array. */
static void arrays_find(struct json *v)
{
    struct json array;

    if (v->kind != JSON_OBJECT)
        return;
    for (uint32_t i = 0; i < v->num; i++)
        arrays_find((struct json *)json_at(v, i));
    for (uint32_t i = 0; i < v->num; i++)
        if (!json_get(v, T("%u", i)))
            return;
    if (!v->num)
        return;
    array = json_array();
    for (uint32_t i = 0; i < v->num; i++)
        json_append(&array, json_dup(json_get(v, T("%u", i))));
    json_fini(v);
    *v = array;
}

int qapi_option_parse(const char *text, const char *first, struct json *to, struct qapi_fault *fault)
{
    GString *value;

    *to = json_null();
    *fault = (struct qapi_fault){ 0 };
    if (qapi_option_is_json(text))
        return parse_json(text, to, fault);
    *to = json_object();
    value = g_string_new("");
    while (text && *text && !*fault->desc)
        text = item_take(text, &first, to, value, fault);
    memset(value->str, 0, value->len);          /* it may have been a secret */
    g_string_free(value, TRUE);
    if (*fault->desc) {
        json_fini(to);
        return -EINVAL;
    }
    for (uint32_t i = 0; i < to->num; i++)
        arrays_find((struct json *)json_at(to, i));
    return 0;
}

/* Takes the place of the string at v. */
static void replace(struct json *v, struct json with)
{
    json_fini(v);
    *v = with;
}

static void convert_bool(struct json *v)
{
    if (!strcmp(v->string, "on") || !strcmp(v->string, "true") || !strcmp(v->string, "yes") || !strcmp(v->string, "y"))
        replace(v, json_bool(true));
    else if (!strcmp(v->string, "off") || !strcmp(v->string, "false") || !strcmp(v->string, "no") ||
             !strcmp(v->string, "n"))
        replace(v, json_bool(false));
}

static void convert_number(const struct qapi_type *t, struct json *v)
{
    const char *s = v->string;
    uint64_t u;
    char *end;

    if (t == &qapi_type_size) {
        if (!size_parse(s, 1, &u))
            replace(v, json_uint(u));
        return;
    }
    if (!isdigit((unsigned char)s[*s == '-']))
        return;
    errno = 0;
    if (*s == '-') {
        int64_t i = strtoll(s, &end, 0);

        if (!*end && !errno)
            replace(v, json_int(i));
    } else {
        u = strtoull(s, &end, 0);
        if (!*end && !errno)
            replace(v, json_uint(u));
    }
}

/* "3" or "0-3" */
static void convert_range(struct json *v)
{
    struct json array = json_array();
    unsigned long first, last;
    char *end;

    errno = 0;
    first = last = strtoul(v->string, &end, 10);
    if (isdigit((unsigned char)*v->string) && *end == '-' && isdigit((unsigned char)end[1]))
        last = strtoul(end + 1, &end, 10);
    if (!isdigit((unsigned char)*v->string) || *end || errno || last < first || last - first >= LIST_MAX) {
        json_fini(&array);
        return;
    }
    for (; first <= last; first++)
        json_append(&array, json_uint(first));
    replace(v, array);
}

static void convert_list(const struct qapi_type *t, struct json *v)
{
    if (v->kind == JSON_STRING && (t->element->kind == QAPI_INT || t->element->kind == QAPI_UINT))
        convert_range(v);
    if (v->kind == JSON_ARRAY)
        for (uint32_t i = 0; i < v->num; i++)
            qapi_option_convert(t->element, (struct json *)json_at(v, i));
}

static void convert_members(const struct qapi_type *t, struct json *v)
{
    const char *tag;
    int branch;

    for (uint32_t i = 0; i < t->num_members; i++) {
        struct json *m = member(v, t->members[i].name);

        if (m)
            qapi_option_convert(t->members[i].type, m);
    }
    tag = t->tag ? json_get_string(v, t->tag->name) : NULL;
    branch = tag ? qapi_enum_value(t->tag->type, tag) : -1;
    if (branch >= 0 && t->variants[branch])
        convert_members(t->variants[branch], v);
}

void qapi_option_convert(const struct qapi_type *t, struct json *v)
{
    if (v->kind == JSON_STRING && t->kind == QAPI_BOOL)
        convert_bool(v);
    else if (v->kind == JSON_STRING && (t->kind == QAPI_INT || t->kind == QAPI_UINT))
        convert_number(t, v);
    else if (t->kind == QAPI_LIST)
        convert_list(t, v);
    else if (v->kind == JSON_OBJECT && t->kind == QAPI_OBJECT)
        convert_members(t, v);
}
