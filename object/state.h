/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * State tables: reset, save and load of a device's `st`
 *
 * The state table of a type IS its migration section, in the dialect of QEMU 7.2: fields in order
 * with their wire type, then optional subsections.  Each byte of `st` is described exactly once,
 * by the fields of the section and its subsections together; the conformance suite proves it.
 * A register's member takes its reset value and its legal bits from its register.
 */

#include "object/reg.h"
#include "object/wire.h"

struct error;
struct section;

enum field_kind {
    FIELD_NUMBER,               /* a number of 1, 2, 4 or 8 bytes, or an array of them */
    FIELD_BUFFER,               /* raw bytes */
    FIELD_STRUCT,               /* nested fields (`nested`), one or an array, without framing; or a `section` */
    FIELD_UNUSED,               /* `size` zero bytes on the wire, nothing in st */
};

/* One line: some bytes of st, a value on the wire, or (nearly always) both. */
struct field {
    const char *name;
    enum field_kind kind;
    uint32_t off, size; /* member of st (of the element, when nested), one element; NUMBER with size == 0: computed */
    uint32_t count;             /* elements, the bound of `used` */
    uint32_t used_off, used_size;       /* member that says how many are on the wire; or 0: all */
    unsigned (*used)(const struct device *dev); /* or the machine says it: the same on both sides */
    uint8_t wire;               /* bytes on the wire, big-endian; 0: as in st */
    const char *type;           /* its name in the stream's description; NULL: from size ("uint32") */
    bool is_bool;
    bool keep;                  /* survives reset (not power-on) */
    bool equal;                 /* a stream with another value than ours is refused */
    bool hidden; /* in st, never on the wire: `computed` from others, or host-side; reset still applies */
    uint64_t reset;
    uint64_t max;               /* a stream with more is refused; 0: whatever fits */
    uint16_t since, until;      /* machine versions that send it: since <= version < until */
    uint16_t from;              /* section versions that carry it, when an older one may be loaded */
    const struct field *nested; /* of FIELD_STRUCT */
    /* Of FIELD_STRUCT instead: a part of the device that has subsections of its own, which follow its fields.  Its
     * fields count from st, so registers reach them.  Not inside of a nested table. */
    const struct section *section;
    uint64_t (*get)(const struct device *dev);                          /* computed: to the wire */
    void (*put)(const struct device *dev, void *st, uint64_t val);      /* and back; or NULL */
};

/* A migration section, or a subsection of one.  A type with nothing to save says &no_state. */
struct section {
    const char *name;
    uint32_t version, min_version;
    const struct field *fields;
    const struct section *subs;                 /* ends in {} */
    bool (*needed)(const struct device *dev);   /* of a subsection; of a section: NULL is always */
    int (*check)(const struct device *dev, const void *st, struct error **err);    /* over several fields */
    const struct section *also;                 /* a second section of the same device */
    bool fixed_instance;                        /* the instance number is the device's own (CPUs, APICs) */
    bool no_path;                               /* its name stands alone, wherever the device is (a bus's section) */
};

extern const struct section no_state;

#define STATE_TYPE_OF(m) .is_bool = _Generic((m), bool: true, default: false)
#define FIELD(T, name_, m, ...)                                                                  \
    { .name = (name_), .off = ST_OFF(T, m), .size = ST_SIZE(T, m), .count = 1,                     \
      STATE_TYPE_OF(((T *)0)->st.m), __VA_ARGS__ }
#define ARRAY(T, name_, m, ...) \
    { .name = (name_), .off = ST_OFF(T, m), .size = ST_SIZE(T, m[0]), .count = ST_COUNT(T, m), __VA_ARGS__ }
#define BUFFER(T, name_, m, ...) \
    { .name = (name_), .kind = FIELD_BUFFER, .off = ST_OFF(T, m), .size = ST_SIZE(T, m), .count = 1, __VA_ARGS__ }
#define STRUCT(T, name_, m, nested_, ...)                                                              \
    {                                                                                                  \
        .name = (name_), .kind = FIELD_STRUCT, .off = ST_OFF(T, m), .size = ST_SIZE(T, m), .count = 1, \
        .nested = (nested_), __VA_ARGS__                                                               \
    }
#define STRUCTS(T, name_, m, nested_, ...)                                                                             \
    {                                                                                                                  \
        .name = (name_), .kind = FIELD_STRUCT, .off = ST_OFF(T, m), .size = ST_SIZE(T, m[0]), .count = ST_COUNT(T, m), \
        .nested = (nested_), __VA_ARGS__                                                                               \
    }
#define PART(name_, section_) { .name = (name_), .kind = FIELD_STRUCT, .count = 1, .section = (section_) }
/* Inside a nested table: E is the element's type. */
#define ELEM(E, name_, m, ...)                                                                   \
    { .name = (name_), .off = offsetof(E, m), .size = sizeof(((E *)0)->m), .count = 1,             \
      STATE_TYPE_OF(((E *)0)->m), __VA_ARGS__ }
#define UNUSED(name_, bytes_) { .name = (name_), .kind = FIELD_UNUSED, .size = (bytes_), .count = 1 }
#define USED(T, m) .used_off = ST_OFF(T, m), .used_size = ST_SIZE(T, m)
#define COMPUTED(name_, wire_, ...) { .name = (name_), .wire = (wire_), .count = 1, __VA_ARGS__ }

/* What a state table belongs to: filled by core from a device. */
struct state_owner {
    const struct device *dev;
    const void *st;                     /* its own, to which `equal` fields are compared */
    const struct reg *const *regs;      /* register tables of the type's regions, NULL-terminated */
    unsigned version;                   /* of the machine: 702 */
};

/* Puts every field of s, its subsections and `also` to its reset value; power_on: `keep` fields too. */
void state_reset(const struct state_owner *o, const struct section *s, void *st, bool power_on);

/* Fields and needed subsections of s alone (no header, no footer, not `also`). */
void state_save(const struct state_owner *o, const struct section *s, const void *st, struct wire *w);
/* Reads and checks into `staged` (a copy of st); nothing else changes.  -EINVAL or -ERANGE with an error. */
int state_load(const struct state_owner *o, const struct section *s, uint32_t version, void *staged,
               struct wire *w, struct error **err);

/* The members, and the closing brace, of the object that describes s in the stream's trailer:
 * "vmsd_name", "version", "fields", "subsections". */
struct _GString;
void state_describe_members(const struct state_owner *o, const struct section *s, const void *st,
                            struct _GString *json);

/* The register that owns the bytes at off of st, or NULL. */
const struct reg *state_reg(const struct state_owner *o, uint32_t off);
/* Elements of f that are on the wire now. */
unsigned state_elements(const struct state_owner *o, const struct field *f, const void *st);
bool state_sent(const struct state_owner *o, const struct field *f, uint32_t section_version);
