/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Properties: what a user can choose
 *
 * A table of properties describes the members of an object's `cfg`.  A line says name, range,
 * default, documentation, the defaults of older machines, and whether the value may change at any
 * time; the kind comes from the C type of the member.  Tables of parent types apply too, since a
 * type's struct begins with its parent's (type_prop_find() in type.h walks them).
 */

#include "lib/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum prop_kind { PROP_UINT, PROP_INT, PROP_BOOL, PROP_STRING, PROP_SIZE, PROP_ENUM, PROP_SHAPED };

struct json;
struct qapi_type;

/* Machines older than `before` have this default.  A list is sorted, oldest first, and ends in {}. */
struct prop_was { unsigned before; uint64_t def; };

struct prop {
    const char *name;
    const char *doc;
    enum prop_kind kind;
    uint16_t off;               /* of the member, from the start of the object */
    uint8_t size;               /* of a shaped value: its shape's */
    const char *shown;          /* the type that listings name, where it is not the kind's; NULL */
    const struct qapi_type *shape;      /* of PROP_SHAPED: the member is a value of this type of the schema */
    bool read_only;             /* says what is; nobody sets it */
    bool link;                  /* a string that names another object (chardev, netdev ...) */
    /* Of a string that may be said as a number from min to max, too, in JSON: what that stands for; "": not set. */
    struct text (*of_number)(int64_t n);
    uint64_t def;
    const char *def_string;     /* of a string; NULL: not set */
    uint64_t min, max;          /* max == 0: whatever fits; PROP_INT: as int64_t */
    const char *const *names;   /* of PROP_ENUM: value 0, 1, ..., NULL */
    const struct prop_was *was;
    int (*set)(void *object, uint64_t val, struct error **err); /* present: may change at any time */
};

#define PROP_KIND_OF(m) _Generic((m), bool: PROP_BOOL, char *: PROP_STRING, \
                                 int8_t: PROP_INT, int16_t: PROP_INT, int32_t: PROP_INT, int64_t: PROP_INT, \
                                 default: PROP_UINT)
#define PROP(T, name_, m, ...)                                                                     \
    { .name = (name_), .off = offsetof(T, cfg.m), .size = sizeof(((T *)0)->cfg.m),                 \
      .kind = PROP_KIND_OF(((T *)0)->cfg.m), __VA_ARGS__ }
/* A size in bytes with suffixes k M G T. */
#define PROP_SIZED(T, name_, m, ...)                                                               \
    { .name = (name_), .off = offsetof(T, cfg.m), .size = sizeof(((T *)0)->cfg.m), .kind = PROP_SIZE, __VA_ARGS__ }
#define PROP_NAMED(T, name_, m, names_, ...)                                                       \
    { .name = (name_), .off = offsetof(T, cfg.m), .size = sizeof(((T *)0)->cfg.m), .kind = PROP_ENUM, \
      .names = (names_), __VA_ARGS__ }
/* A list or a struct of the schema; it begins empty. */
#define PROP_OF(T, name_, m, shape_, ...)                                                          \
    { .name = (name_), .off = offsetof(T, cfg.m), .kind = PROP_SHAPED, .shape = (shape_), __VA_ARGS__ }
#define WAS(...) .was = (const struct prop_was[]){ __VA_ARGS__, {} }

const struct prop *prop_find(const struct prop *props, const char *name);
uint64_t prop_default(const struct prop *p, unsigned version);
void props_init(const struct prop *props, void *object, unsigned version);
void props_fini(const struct prop *props, void *object);

/* Checks `value` as a person wrote it and stores it.  `owner` names the object in errors. */
int prop_set(const struct prop *p, void *object, const char *owner, const char *value, struct error **err);
/* The same check alone; *val is meaningless for a string. */
int prop_check(const struct prop *p, const char *owner, const char *value, uint64_t *val, struct error **err);
/* The same from JSON, whose kind fits or is a string as above; typed: it has to fit. */
int prop_set_typed(const struct prop *p, void *object, const char *owner, const struct json *value,
                   struct error **err);
int prop_set_json(const struct prop *p, void *object, const char *owner, const struct json *value, struct error **err);
/* A string that is not set is "". */
struct json prop_json(const struct prop *p, const void *object);
struct json prop_json_of(const struct prop *p, uint64_t val);          /* not of a string or a shaped value */
uint64_t prop_get(const struct prop *p, const void *object);            /* not of a string or a shaped value */
const char *prop_get_string(const struct prop *p, const void *object);  /* borrowed; NULL: not set */
/* "uint32", "bool", "str", "size", or what `shown` says: as device-list-properties says it. */
const char *prop_type_name(const struct prop *p);
/* The value as `info qtree` prints it: 115200 (0x1c200), true, "text". */
struct text prop_text(const struct prop *p, const void *object);
