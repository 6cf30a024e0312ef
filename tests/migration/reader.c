/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/migration/reader.h"

/*
 * The reader (see reader.h): a small JSON cursor over the description, in step with the bytes
 *
 * For each device of the description: name, instance, version, then the sizes of its fields and the
 * names of its subsections must lead exactly to the footer.
 */

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct cursor {
    struct reader *r;
    const uint8_t *bytes;
    size_t at, end;             /* of the sections: the end mark */
    const char *json;           /* NUL-terminated */
};

static bool fail(struct reader *r, const char *fmt, ...)
{
    va_list ap;

    if (!r->error[0]) {
        va_start(ap, fmt);
        vsnprintf(r->error, sizeof(r->error), fmt, ap);
        va_end(ap);
    }
    return false;
}

static uint64_t be(const uint8_t *p, unsigned n)
{
    uint64_t v = 0;

    while (n--)
        v = v << 8 | *p++;
    return v;
}

static bool take(struct cursor *c, unsigned n, uint64_t *v)
{
    *v = 0;
    if (n > c->end - c->at)
        return fail(c->r, "the sections end early, at %zu", c->at);
    *v = be(c->bytes + c->at, n);
    c->at += n;
    return true;
}

static bool take_name(struct cursor *c, char name[256])
{
    uint64_t n = 0;

    if (!take(c, 1, &n) || n > c->end - c->at)
        return fail(c->r, "a name ends early, at %zu", c->at);
    memcpy(name, c->bytes + c->at, n);
    name[n] = '\0';
    c->at += n;
    return true;
}

/* JSON: literal text, strings without escapes, numbers. */

static bool text(struct cursor *c, const char *want)
{
    size_t n = strlen(want);

    if (strncmp(c->json, want, n))
        return fail(c->r, "the description has \"%.40s\", not \"%s\"", c->json, want);
    c->json += n;
    return true;
}

static bool is_text(struct cursor *c, const char *want)
{
    size_t n = strlen(want);
    bool is = !strncmp(c->json, want, n);

    c->json += is ? n : 0;
    return is;
}

static bool string(struct cursor *c, char s[256])
{
    const char *end = c->json[0] == '"' ? strchr(c->json + 1, '"') : NULL;

    if (!end || end - c->json > 255)
        return fail(c->r, "the description has \"%.40s\", not a string", c->json);
    memcpy(s, c->json + 1, end - c->json - 1);
    s[end - c->json - 1] = '\0';
    c->json = end + 1;
    return true;
}

static bool number(struct cursor *c, uint64_t *v)
{
    char *end;

    *v = strtoull(c->json, &end, 10);
    if (end == c->json)
        return fail(c->r, "the description has \"%.40s\", not a number", c->json);
    c->json = end;
    return true;
}

static bool part(struct cursor *c, uint64_t *bytes);

/* What follows {"name":N of one field; *bytes: of all its elements. */
static bool field(struct cursor *c, uint64_t *bytes)
{
    uint64_t count = 1, inside = 0, size, index;
    char name[256], type[256];

    if (!text(c, "{\"name\":") || !string(c, name))
        return false;
    if (is_text(c, ",\"array_len\":") && !number(c, &count))
        return false;
    if (is_text(c, ",\"index\":") && !number(c, &index))
        return false;
    if (!text(c, ",\"type\":") || !string(c, type))
        return false;
    if (is_text(c, ",\"struct\":{")) {
        uint64_t version;

        if (is_text(c, "\"vmsd_name\":") && (!string(c, type) || !text(c, ",\"version\":") || !number(c, &version) ||
            !text(c, ",")))
            return false;
        if (!part(c, &inside))
            return false;
    } else {
        inside = UINT64_MAX;
    }
    if (!text(c, ",\"size\":") || !number(c, &size) || !text(c, "}"))
        return false;
    if (inside != UINT64_MAX && inside != size)
        return fail(c->r, "field %s has %llu bytes, its parts %llu", name, (unsigned long long)size,
            (unsigned long long)inside);
    *bytes = count * size;
    return true;
}

static bool fields(struct cursor *c, uint64_t *bytes)
{
    *bytes = 0;
    if (!text(c, "\"fields\":["))
        return false;
    while (!is_text(c, "]")) {
        uint64_t n;

        is_text(c, ",");
        if (!field(c, &n))
            return false;
        *bytes += n;
    }
    return true;
}

/* A part of a device: fields, then subsections of its own, each with mark, name and version before it. */
static bool part(struct cursor *c, uint64_t *bytes)
{
    if (!fields(c, bytes))
        return false;
    if (is_text(c, ",\"subsections\":["))
        while (!is_text(c, "]")) {
            uint64_t version, inside;
            char name[256];

            is_text(c, ",");
            if (!text(c, "{\"vmsd_name\":") || !string(c, name) || !text(c, ",\"version\":") ||
                !number(c, &version) || !text(c, ",") || !part(c, &inside))
                return false;
            *bytes += 1 + 1 + strlen(name) + 4 + inside;
        }
    return text(c, "}");
}

static bool body(struct cursor *c, uint64_t version);

static bool subsection(struct cursor *c)
{
    char name[256], said[256];
    uint64_t mark = 0, version = 0, said_version = 0;

    if (!take(c, 1, &mark) || !take_name(c, name) || !take(c, 4, &version))
        return false;
    if (!text(c, "{\"vmsd_name\":") || !string(c, said) || !text(c, ",\"version\":") || !number(c, &said_version))
        return false;
    if (mark != 5 || strcmp(name, said) || version != said_version)
        return fail(c->r, "subsection %s at %zu is not the %s that the description has", name, c->at, said);
    return text(c, ",") && body(c, version);
}

/* From "fields" on; leaves the closing brace behind. */
static bool body(struct cursor *c, uint64_t version)
{
    uint64_t bytes;

    (void)version;
    if (!fields(c, &bytes))
        return false;
    if (bytes > c->end - c->at)
        return fail(c->r, "fields reach beyond the end, at %zu", c->at);
    c->at += bytes;
    if (is_text(c, ",\"subsections\":["))
        while (!is_text(c, "]")) {
            is_text(c, ",");
            if (!subsection(c))
                return false;
        }
    return text(c, "}");
}

static bool section(struct cursor *c)
{
    struct reader_section *s = &c->r->section[c->r->n];
    uint64_t mark = 0, id = 0, instance = 0, version = 0, said_instance = 0, said_version = 0, footer = 0;
    char said[256], vmsd[256];

    if (c->r->n == READER_SECTIONS)
        return fail(c->r, "more than %u sections", READER_SECTIONS);
    if (!take(c, 1, &mark) || !take(c, 4, &id) || !take_name(c, s->name) || !take(c, 4, &instance) || !take(c, 4,
        &version))
        return false;
    if (mark != 4)
        return fail(c->r, "a section of kind %u at %zu", (unsigned)mark, c->at);
    if (!text(c, "{\"name\":") || !string(c, said) || !text(c, ",\"instance_id\":") || !number(c, &said_instance) ||
        !text(c, ",\"vmsd_name\":") || !string(c, vmsd) || !text(c, ",\"version\":") || !number(c, &said_version) ||
            !text(c, ","))
        return false;
    if (strcmp(said, s->name) || said_instance != instance || said_version != version)
        return fail(c->r, "section %s is not the %s that the description has", s->name, said);
    s->id = id;
    s->instance = instance;
    s->version = version;
    s->body = c->at;
    if (!body(c, version))
        return false;
    s->end = c->at;
    if (!take(c, 1, &mark) || !take(c, 4, &footer))
        return false;
    if (mark != 0x7e || footer != id)
        return fail(c->r, "section %s does not end where its description says, at %zu", s->name, s->end);
    c->r->n++;
    return true;
}

/* The description stands last: 06, length, and text up to the end of the stream. */
static const uint8_t *find_description(const uint8_t *bytes, size_t len)
{
    for (size_t at = len; at-- > 0;)
        if (bytes[at] == 6 && len - at >= 5 && be(bytes + at + 1, 4) == len - at - 5 && at + 5 < len &&
            bytes[at + 5] == '{')
            return bytes + at;
    return NULL;
}

static bool read_all(struct cursor *c)
{
    uint64_t v = 0, n = 0;

    if (!take(c, 8, &v) || v != 0x5145564d00000003ull)
        return fail(c->r, "no header");
    if (!take(c, 1, &v) || v != 7 || !take(c, 4, &n) || n > 255 || n > c->end - c->at)
        return fail(c->r, "no configuration");
    memcpy(c->r->machine, c->bytes + c->at, n);
    c->at += n;
    if (!text(c, "{\"page_size\":4096,\"devices\":["))
        return false;
    while (!is_text(c, "]")) {
        is_text(c, ",");
        if (!section(c))
            return false;
    }
    if (!text(c, "}") || *c->json)
        return fail(c->r, "the description goes on: %.40s", c->json);
    if (!take(c, 1, &v) || v || c->at != c->end)
        return fail(c->r, "no end mark at %zu of %zu", c->at, c->end);
    return true;
}

bool reader_read(struct reader *r, const uint8_t *bytes, size_t len)
{
    const uint8_t *description = find_description(bytes, len);
    struct cursor c = { .r = r, .bytes = bytes };
    char *json;
    bool ok;

    *r = (struct reader){ 0 };
    if (!description)
        return fail(r, "no description");
    c.end = description - bytes;
    json = strndup((const char *)description + 5, len - c.end - 5);
    c.json = json;
    ok = read_all(&c);
    free(json);
    return ok;
}
