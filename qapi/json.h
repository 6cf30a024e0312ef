/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * JSON values (RFC 8259), as QMP speaks it
 *
 * A value is a small struct that owns what it points to; containers hold their values in place.  A
 * json that is all zero is null.  Strings are UTF-8 without a zero byte (U+0000 is held as C0 80),
 * so that they are C strings.  Integers keep 64 bits: INT is a value that int64_t holds, UINT one
 * above that.  Object keys are unique and keep their order.
 *
 * Values belong to one thread at a time.  Out of memory is an assertion: json-parse.h bounds what a
 * peer can ask for.
 */

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum json_kind { JSON_NULL, JSON_BOOL, JSON_INT, JSON_UINT, JSON_DOUBLE, JSON_STRING, JSON_ARRAY, JSON_OBJECT };

struct json_members;

struct json {
    enum json_kind kind;
    uint32_t num;               /* items of an array, members of an object */
    uint32_t cap;
    union {
        bool boolean;
        int64_t i;
        uint64_t u;
        double d;
        char *string;
        struct json *items;
        struct json_members *members;
    };
};

struct json_member {
    char *key;
    struct json value;
};

struct json_members {
    uint32_t *index;            /* hash of key -> place + 1; none while the object is small */
    uint32_t index_size;        /* a power of two, at least twice the members */
    struct json_member m[];
};

struct json json_null(void);
struct json json_bool(bool b);
struct json json_int(int64_t i);
struct json json_uint(uint64_t u);              /* INT when it fits */
struct json json_double(double d);
struct json json_string(const char *s);         /* copies; NULL makes "" */
struct json json_string_take(char *s);          /* from malloc; becomes the value's */
struct json json_array(void);
struct json json_object(void);
struct json json_dup(const struct json *v);

/* Frees what v owns and makes it null. */
void json_fini(struct json *v);

/* Both take what they are given.  json_set returns false, and frees value, when the key is there. */
void json_append(struct json *array, struct json value);
bool json_set(struct json *object, const char *key, struct json value);

/* Borrowed; NULL when there is no such key or v is not an object. */
const struct json *json_get(const struct json *v, const char *key);
const char *json_get_string(const struct json *v, const char *key);    /* NULL too when it is no string */
const char *json_key(const struct json *object, uint32_t at);
const struct json *json_at(const struct json *v, uint32_t at);         /* of an array or an object */

/* Same kind and content; the order of members does not count, and numbers compare by value. */
bool json_equal(const struct json *a, const struct json *b);

/*
 * Appends v in ASCII: what is not ASCII, DEL and control characters become \uXXXX, bytes that are no
 * UTF-8 become \uFFFD, doubles get 17 digits.  JSON_COMPACT is one line with ", " and ": ";
 * JSON_PRETTY indents by four and ends each line but the last with CR LF.
 */
enum json_style { JSON_COMPACT, JSON_PRETTY };
void json_print(const struct json *v, enum json_style style, GString *out);

/* Reads one UTF-8 character of at most n bytes: its length, or -1 with *bad_len bytes to step over.
 * C0 80 is U+0000; surrogates and noncharacters are refused. */
int json_utf8_get(const char *s, size_t n, uint32_t *c, unsigned *bad_len);
