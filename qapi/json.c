/* SPDX-License-Identifier: Apache-2.0 */
#include "qapi/json.h"

/*
 * JSON values (see json.h)
 *
 * Objects are arrays of members in order; from INDEX_FROM members on a hash table beside them keeps
 * look-ups and the check for duplicate keys short, whatever a peer sends.
 *
 * Invariant: index, if there, has one entry per member.  Recursion is as deep as the value nests.
 */

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { INDEX_FROM = 17 };

struct json json_null(void)
{
    return (struct json){ .kind = JSON_NULL };
}

struct json json_bool(bool b)
{
    return (struct json){ .kind = JSON_BOOL, .boolean = b };
}

struct json json_int(int64_t i)
{
    return (struct json){ .kind = JSON_INT, .i = i };
}

struct json json_uint(uint64_t u)
{
    return u <= INT64_MAX ? json_int((int64_t)u) : (struct json){ .kind = JSON_UINT, .u = u };
}

struct json json_double(double d)
{
    return (struct json){ .kind = JSON_DOUBLE, .d = d };
}

struct json json_string_take(char *s)
{
    assert(s);
    return (struct json){ .kind = JSON_STRING, .string = s };
}

struct json json_string(const char *s)
{
    return json_string_take(strdup(s ? s : ""));
}

struct json json_array(void)
{
    return (struct json){ .kind = JSON_ARRAY };
}

struct json json_object(void)
{
    return (struct json){ .kind = JSON_OBJECT };
}

static uint32_t key_hash(const char *key)
{
    uint64_t h = 0xcbf29ce484222325;

    for (; *key; key++)
        h = (h ^ (unsigned char)*key) * 0x100000001b3;
    return (uint32_t)(h ^ h >> 32);
}

static uint32_t *index_slot(const struct json_members *all, const char *key)
{
    uint32_t mask = all->index_size - 1, at = key_hash(key) & mask;

    while (all->index[at] && strcmp(all->m[all->index[at] - 1].key, key))
        at = (at + 1) & mask;
    return &all->index[at];
}

static void index_build(struct json *object)
{
    struct json_members *all = object->members;

    free(all->index);
    all->index_size = 64;
    while (all->index_size < 4 * (uint64_t)object->num)
        all->index_size *= 2;
    all->index = calloc(all->index_size, sizeof(*all->index));
    assert(all->index);
    for (uint32_t i = 0; i < object->num; i++)
        *index_slot(all, all->m[i].key) = i + 1;
}

static struct json_member *member_find(const struct json *object, const char *key)
{
    struct json_members *all = object->members;

    if (!object->num)
        return NULL;
    if (all->index) {
        uint32_t place = *index_slot(all, key);

        return place ? &all->m[place - 1] : NULL;
    }
    for (uint32_t i = 0; i < object->num; i++)
        if (!strcmp(all->m[i].key, key))
            return &all->m[i];
    return NULL;
}

static void object_grow(struct json *object)
{
    bool fresh = !object->cap;

    object->cap = fresh ? 4 : object->cap * 2;
    object->members = realloc(object->members, sizeof(*object->members) + object->cap * sizeof(struct json_member));
    assert(object->members);
    if (fresh)
        memset(object->members, 0, sizeof(*object->members));
}

bool json_set(struct json *object, const char *key, struct json value)
{
    struct json_members *all;

    assert(object->kind == JSON_OBJECT);
    if (member_find(object, key)) {
        json_fini(&value);
        return false;
    }
    if (object->num == object->cap)
        object_grow(object);
    all = object->members;
    all->m[object->num] = (struct json_member){ .key = strdup(key), .value = value };
    assert(all->m[object->num].key);
    object->num++;
    if (all->index && all->index_size >= 2 * (uint64_t)object->num)
        *index_slot(all, key) = object->num;
    else if (object->num >= INDEX_FROM)
        index_build(object);
    return true;
}

void json_append(struct json *array, struct json value)
{
    assert(array->kind == JSON_ARRAY);
    if (array->num == array->cap) {
        array->cap = array->cap ? array->cap * 2 : 4;
        array->items = realloc(array->items, array->cap * sizeof(struct json));
        assert(array->items);
    }
    array->items[array->num++] = value;
}

void json_fini(struct json *v)
{
    if (v->kind == JSON_STRING) {
        free(v->string);
    } else if (v->kind == JSON_ARRAY) {
        for (uint32_t i = 0; i < v->num; i++)
            json_fini(&v->items[i]);
        free(v->items);
    } else if (v->kind == JSON_OBJECT && v->members) {
        for (uint32_t i = 0; i < v->num; i++) {
            free(v->members->m[i].key);
            json_fini(&v->members->m[i].value);
        }
        free(v->members->index);
        free(v->members);
    }
    *v = json_null();
}

const struct json *json_get(const struct json *v, const char *key)
{
    struct json_member *m = v->kind == JSON_OBJECT ? member_find(v, key) : NULL;

    return m ? &m->value : NULL;
}

const char *json_get_string(const struct json *v, const char *key)
{
    const struct json *s = json_get(v, key);

    return s && s->kind == JSON_STRING ? s->string : NULL;
}

const char *json_key(const struct json *object, uint32_t at)
{
    assert(object->kind == JSON_OBJECT && at < object->num);
    return object->members->m[at].key;
}

const struct json *json_at(const struct json *v, uint32_t at)
{
    assert((v->kind == JSON_OBJECT || v->kind == JSON_ARRAY) && at < v->num);
    return v->kind == JSON_OBJECT ? &v->members->m[at].value : &v->items[at];
}

struct json json_dup(const struct json *v)
{
    struct json copy = *v;

    switch (v->kind) {
    case JSON_STRING:
        return json_string(v->string);
    case JSON_ARRAY:
        copy = json_array();
        for (uint32_t i = 0; i < v->num; i++)
            json_append(&copy, json_dup(&v->items[i]));
        return copy;
    case JSON_OBJECT:
        copy = json_object();
        for (uint32_t i = 0; i < v->num; i++)
            json_set(&copy, v->members->m[i].key, json_dup(&v->members->m[i].value));
        return copy;
    default:
        return copy;
    }
}

static double number(const struct json *v)
{
    return v->kind == JSON_INT ? (double)v->i : v->kind == JSON_UINT ? (double)v->u : v->d;
}

static bool is_number(const struct json *v)
{
    return v->kind == JSON_INT || v->kind == JSON_UINT || v->kind == JSON_DOUBLE;
}

static bool content_equal(const struct json *a, const struct json *b)
{
    if (a->num != b->num)
        return false;
    for (uint32_t i = 0; i < a->num; i++) {
        const struct json *other = a->kind == JSON_ARRAY ? &b->items[i] : json_get(b, json_key(a, i));

        if (!other || !json_equal(json_at(a, i), other))
            return false;
    }
    return true;
}

bool json_equal(const struct json *a, const struct json *b)
{
    if (is_number(a) && is_number(b) && a->kind != b->kind)
        return number(a) == number(b);
    if (a->kind != b->kind)
        return false;
    switch (a->kind) {
    case JSON_NULL: return true;
    case JSON_BOOL: return a->boolean == b->boolean;
    case JSON_INT: return a->i == b->i;
    case JSON_UINT: return a->u == b->u;
    case JSON_DOUBLE: return a->d == b->d || (isnan(a->d) && isnan(b->d));
    case JSON_STRING: return !strcmp(a->string, b->string);
    default: return content_equal(a, b);
    }
}
