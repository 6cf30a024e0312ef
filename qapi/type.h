/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What the schema says about a type, as tables that one marshaller reads
 *
 * gen_qapi.py writes these tables beside the C types that they describe.  How a schema type looks in C:
 *
 *   str                  char * from malloc; NULL is absent
 *   bool, intN, uintN,   bool, intN_t, uintN_t, int64_t, uint64_t, double
 *   int, size, number
 *   any                  struct json; null        bool (always true)
 *   enum                 enum; counts up from 0
 *   struct, union        struct in place; a union has its tag and an anonymous-named union `u`
 *   alternate            struct { unsigned which; union u }
 *   list                 struct { T *items; size_t num; }
 *
 * An optional member of a scalar, list, any or alternate type has a `bool has_NAME` beside it, an
 * optional struct or union is a pointer, an optional str is NULL; one with a default is always there.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum qapi_kind {
    QAPI_NULL, QAPI_BOOL, QAPI_INT, QAPI_UINT, QAPI_NUMBER, QAPI_STRING, QAPI_ANY,
    QAPI_ENUM, QAPI_OBJECT, QAPI_LIST, QAPI_ALTERNATE,
};

enum qapi_feature { QAPI_DEPRECATED = 1, QAPI_UNSTABLE = 2 };

struct qapi_type;

struct qapi_member {
    const char *name;
    const struct qapi_type *type;
    uint32_t offset;
    uint32_t has_offset;        /* of the bool has_NAME, if has */
    bool optional, has, boxed;  /* boxed: a pointer to the value, NULL is absent */
    uint8_t features;
    const char *default_json;   /* of an optional member that is never absent in C; NULL: none */
};

struct qapi_type {
    const char *name;           /* as the schema spells it */
    enum qapi_kind kind;
    uint32_t size;              /* of the C type */
    const char *expected;       /* "Parameter 'x' expects ..." of an integer that does not fit */
    const char *const *values;  /* of an enum */
    uint32_t num_values;
    const struct qapi_member *members;      /* base first; the branches of an alternate */
    uint32_t num_members;
    const struct qapi_member *tag;          /* of a union */
    const struct qapi_type *const *variants;    /* by value of the tag; NULL: adds no members */
    uint32_t variants_offset;   /* of the C union of a union or an alternate */
    const struct qapi_type *element;        /* of a list */
};

/* Any list in C. */
struct qapi_list { void *items; size_t num; };
struct str_list { char **items; size_t num; };
struct int_list { int64_t *items; size_t num; };

extern const struct qapi_type qapi_type_null, qapi_type_bool, qapi_type_str, qapi_type_any, qapi_type_number;
extern const struct qapi_type qapi_type_int, qapi_type_int8, qapi_type_int16, qapi_type_int32, qapi_type_int64;
extern const struct qapi_type qapi_type_uint8, qapi_type_uint16, qapi_type_uint32, qapi_type_uint64, qapi_type_size;
extern const struct qapi_type qapi_type_str_list, qapi_type_int_list;

/* The name of an enum value, or its number from the name: -1 when there is none. */
const char *qapi_enum_name(const struct qapi_type *type, unsigned value);
int qapi_enum_value(const struct qapi_type *type, const char *name);
