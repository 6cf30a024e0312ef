/* SPDX-License-Identifier: Apache-2.0 */
#include "qapi/visit.h"

/*
 * The one marshaller: writing, and the types that every schema has (see visit.h and type.h)
 *
 * Deliberately trusts what it is given: a handler that returns an enum out of range is a mistake of
 * ours and trips an assertion.
 */

#include "qapi/member.h"

#include <assert.h>
#include <string.h>

const struct qapi_type qapi_type_null = { .name = "null", .kind = QAPI_NULL, .size = sizeof(bool) };
const struct qapi_type qapi_type_bool = { .name = "bool", .kind = QAPI_BOOL, .size = sizeof(bool) };
const struct qapi_type qapi_type_str = { .name = "str", .kind = QAPI_STRING, .size = sizeof(char *) };
const struct qapi_type qapi_type_any = { .name = "any", .kind = QAPI_ANY, .size = sizeof(struct json) };
const struct qapi_type qapi_type_number = { .name = "number", .kind = QAPI_NUMBER, .size = sizeof(double) };

#define INTEGER(type_name, c_kind, c_size, c_expected)                                           \
    const struct qapi_type qapi_type_##type_name = { .name = #type_name, .kind = c_kind, .size = c_size, \
                                                     .expected = c_expected }
INTEGER(int, QAPI_INT, 8, "int64");
INTEGER(int8, QAPI_INT, 1, "int8_t");
INTEGER(int16, QAPI_INT, 2, "int16_t");
INTEGER(int32, QAPI_INT, 4, "int32_t");
INTEGER(int64, QAPI_INT, 8, "int64");
INTEGER(uint8, QAPI_UINT, 1, "uint8_t");
INTEGER(uint16, QAPI_UINT, 2, "uint16_t");
INTEGER(uint32, QAPI_UINT, 4, "uint32_t");
INTEGER(uint64, QAPI_UINT, 8, "uint64");
INTEGER(size, QAPI_UINT, 8, "uint64");

const struct qapi_type qapi_type_str_list = { .name = "[str]", .kind = QAPI_LIST, .size = sizeof(struct str_list),
                                              .element = &qapi_type_str };
const struct qapi_type qapi_type_int_list = { .name = "[int]", .kind = QAPI_LIST, .size = sizeof(struct int_list),
                                              .element = &qapi_type_int };

const char *qapi_enum_name(const struct qapi_type *type, unsigned value)
{
    return value < type->num_values ? type->values[value] : NULL;
}

int qapi_enum_value(const struct qapi_type *type, const char *name)
{
    for (uint32_t i = 0; i < type->num_values; i++)
        if (!strcmp(type->values[i], name))
            return (int)i;
    return -1;
}

static struct json write_int(const struct qapi_type *t, const void *from)
{
    int shift = 64 - 8 * (int)t->size;
    uint64_t u = 0;

    memcpy(&u, from, t->size);          /* little endian */
    return t->kind == QAPI_UINT ? json_uint(u) : json_int((int64_t)(u << shift) >> shift);
}

static void write_members(const struct qapi_type *t, const char *from, struct json *object)
{
    const struct qapi_type *branch = qapi_branch(t, from);

    for (uint32_t i = 0; i < t->num_members; i++) {
        const struct qapi_member *m = &t->members[i];
        const void *place = from + m->offset;

        if ((m->has && !*(const bool *)(from + m->has_offset)) ||
            ((m->boxed || (m->optional && m->type->kind == QAPI_STRING)) && !*(void *const *)place))
            continue;
        json_set(object, m->name, qapi_write(m->type, m->boxed ? *(void *const *)place : place));
    }
    if (branch)
        write_members(branch, from + t->variants_offset, object);
}

static struct json write_list(const struct qapi_type *t, const struct qapi_list *list)
{
    struct json array = json_array();

    for (size_t i = 0; i < list->num; i++)
        json_append(&array, qapi_write(t->element, (const char *)list->items + i * t->element->size));
    return array;
}

struct json qapi_write(const struct qapi_type *t, const void *from)
{
    struct json object;

    switch (t->kind) {
    case QAPI_NULL:
        return json_null();
    case QAPI_BOOL:
        return json_bool(*(const bool *)from);
    case QAPI_INT:
    case QAPI_UINT:
        return write_int(t, from);
    case QAPI_NUMBER:
        return json_double(*(const double *)from);
    case QAPI_STRING:
        return json_string(*(char *const *)from);
    case QAPI_ANY:
        return json_dup(from);
    case QAPI_ENUM:
        assert(*(const unsigned *)from < t->num_values);
        return json_string(t->values[*(const unsigned *)from]);
    case QAPI_LIST:
        return write_list(t, from);
    case QAPI_ALTERNATE:
        assert(*(const unsigned *)from < t->num_members);
        return qapi_write(t->members[*(const unsigned *)from].type, (const char *)from + t->variants_offset);
    default:
        object = json_object();
        write_members(t, from, &object);
        return object;
    }
}
