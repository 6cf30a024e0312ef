/* SPDX-License-Identifier: Apache-2.0 */
#include "object/state.h"

/*
 * State tables described in JSON, for the trailer of a stream
 *
 * Shape: {"vmsd_name":N,"version":V,"fields":[{"name","type","size"[,"index"|"array_len"]...}],
 * "subsections":[...]}, as readers of QEMU 7.2 streams expect it.
 */

#include <glib.h>
#include <string.h>

static void describe_fields(const struct state_owner *o, const struct field *fields, uint32_t version,
                            const void *st, GString *json);

static uint32_t wire_size(const struct state_owner *o, const struct field *f, uint32_t version, const void *elem);

static uint32_t fields_size(const struct state_owner *o, const struct field *fields, uint32_t version, const void *st)
{
    uint32_t sum = 0;

    for (const struct field *f = fields; f->name; f++)
        if (state_sent(o, f, version))
            sum += state_elements(o, f, st) * wire_size(o, f, version, (const char *)st + f->off);
    return sum;
}

/* A part's, with its subsections: mark, name with its length, version, body. */
static uint32_t section_size(const struct state_owner *o, const struct section *s, const void *st)
{
    uint32_t sum = fields_size(o, s->fields, s->version, st);

    for (const struct section *sub = s->subs; sub && sub->name; sub++)
        if (!sub->needed || sub->needed(o->dev))
            sum += 2 + strlen(sub->name) + 4 + section_size(o, sub, st);
    return sum;
}

static uint32_t wire_size(const struct state_owner *o, const struct field *f, uint32_t version, const void *elem)
{
    if (f->kind == FIELD_BUFFER || f->kind == FIELD_UNUSED)
        return f->size;
    if (f->kind == FIELD_NUMBER)
        return f->wire ? f->wire : f->size;
    return f->section ? section_size(o, f->section, elem) : fields_size(o, f->nested, version, elem);
}

static const char *type_name(const struct field *f)
{
    static const char *const uints[] = { [1] = "uint8", [2] = "uint16", [4] = "uint32", [8] = "uint64" };

    if (f->type)
        return f->type;
    switch (f->kind) {
    case FIELD_BUFFER:
        return "buffer";
    case FIELD_UNUSED:
        return "unused_buffer";
    case FIELD_STRUCT:
        return "struct";
    default:
        return f->is_bool && !f->wire ? "bool" : uints[f->wire ? f->wire : f->size];
    }
}

static void describe_one(const struct state_owner *o, const struct field *f, uint32_t version, const char *elem,
                         GString *json)
{
    g_string_append_printf(json, "\"type\":\"%s\"", type_name(f));
    if (f->section) {
        g_string_append(json, ",\"struct\":{");
        state_describe_members(o, f->section, elem, json);
    } else if (f->kind == FIELD_STRUCT) {
        g_string_append(json, ",\"struct\":{\"fields\":[");
        describe_fields(o, f->nested, version, elem, json);
        g_string_append(json, "]}");
    }
    g_string_append_printf(json, ",\"size\":%u}", wire_size(o, f, version, elem));
}

/* Elements of a struct array differ in content, so each gets an entry; plain arrays get one. */
static void describe_fields(const struct state_owner *o, const struct field *fields, uint32_t version,
                            const void *st, GString *json)
{
    const char *comma = "";

    for (const struct field *f = fields; f->name; f++) {
        unsigned n = state_sent(o, f, version) ? state_elements(o, f, st) : 0;
        bool each = f->kind == FIELD_STRUCT && n > 1;

        for (unsigned i = 0; i < (each ? n : n ? 1 : 0); i++) {
            g_string_append_printf(json, "%s{\"name\":\"%s\",", comma, f->name);
            if (each)
                g_string_append_printf(json, "\"index\":%u,", i);
            else if (n > 1)
                g_string_append_printf(json, "\"array_len\":%u,", n);
            describe_one(o, f, version, (const char *)st + f->off + i * f->size, json);
            comma = ",";
        }
    }
}

void state_describe_members(const struct state_owner *o, const struct section *s, const void *st, GString *json)
{
    bool any = false;

    g_string_append_printf(json, "\"vmsd_name\":\"%s\",\"version\":%u,\"fields\":[", s->name, s->version);
    describe_fields(o, s->fields, s->version, st, json);
    g_string_append_c(json, ']');
    for (const struct section *sub = s->subs; sub && sub->name; sub++) {
        if (sub->needed && !sub->needed(o->dev))
            continue;
        g_string_append(json, any ? ",{" : ",\"subsections\":[{");
        any = true;
        state_describe_members(o, sub, st, json);
    }
    g_string_append(json, any ? "]}" : "}");
}
