/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/aml-reader.h"

/* A reader of definition blocks (see aml-reader.h).  ACPI 3.0, chapter 19. */

#include <stdbool.h>
#include <string.h>

struct aml_in {
    const uint8_t *p, *end;
    bool bad;
};

struct listing { GPtrArray *lines; bool bad; };

static uint64_t take(struct aml_in *in, unsigned bytes)
{
    uint64_t v = 0;

    if (bytes > (size_t)(in->end - in->p)) {
        in->bad = true;
        in->p = in->end;
        return 0;
    }
    for (unsigned i = 0; i < bytes; i++)
        v |= (uint64_t)*in->p++ << 8 * i;
    return v;
}

static uint64_t length_raw(struct aml_in *in)
{
    uint64_t first = take(in, 1), v = first & 0x3f;

    if (first >> 6)
        v = (first & 0xf) | take(in, first >> 6) << 4;
    return v;
}

/* The contents of a package, which `in` is moved past. */
static struct aml_in package_in(struct aml_in *in)
{
    const uint8_t *start = in->p;
    uint64_t len = length_raw(in);
    struct aml_in inner = { .p = in->p, .end = start + len };

    if (len > (size_t)(in->end - start) || inner.end < inner.p) {
        in->bad = true;
        inner.end = inner.p;
    }
    in->p = inner.end;
    return inner;
}

static void segment(struct aml_in *in, GString *s)
{
    char seg[5] = "";

    for (unsigned i = 0; i < 4; i++)
        seg[i] = take(in, 1);
    for (unsigned i = 4; --i && seg[i] == '_';)
        seg[i] = '\0';
    g_string_append(s, seg);
}

/* A name as it is written: "\_SB.PCI0", "^X", "A.B". */
static void name_read(struct aml_in *in, GString *s)
{
    unsigned n = 1;

    while (in->p < in->end && (*in->p == '\\' || *in->p == '^'))
        g_string_append_c(s, take(in, 1));
    if (in->p < in->end && *in->p == 0) {
        take(in, 1);
        return;
    }
    if (in->p < in->end && *in->p == 0x2e) {
        take(in, 1);
        n = 2;
    } else if (in->p < in->end && *in->p == 0x2f) {
        take(in, 1);
        n = take(in, 1);
    }
    for (unsigned i = 0; i < n && !in->bad; i++) {
        if (i)
            g_string_append_c(s, '.');
        segment(in, s);
    }
}

/* The full path of a name that is declared in `scope`. */
static char *path_read(struct aml_in *in, const char *scope)
{
    GString *s = g_string_new(NULL);

    name_read(in, s);
    if (*s->str != '\\') {
        g_string_prepend(s, strcmp(scope, "\\") ? "." : "");
        g_string_prepend(s, scope);
    }
    return g_string_free(s, FALSE);
}

static void line(struct listing *l, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void line(struct listing *l, const char *format, ...)
{
    va_list ap;

    va_start(ap, format);
    g_ptr_array_add(l->lines, g_strdup_vprintf(format, ap));
    va_end(ap);
}

static bool integer(struct aml_in *in, uint64_t *v)
{
    static const uint8_t ops[] = { 0x0a, 0x0b, 0x0c, 0x0e };

    if (in->p == in->end)
        return false;
    if (*in->p <= 1 || *in->p == 0xff) {
        *v = *in->p == 0xff ? UINT64_MAX : *in->p;
        in->p++;
        return true;
    }
    for (unsigned i = 0; i < 4; i++)
        if (*in->p == ops[i]) {
            in->p++;
            *v = take(in, 1u << i);
            return true;
        }
    return false;
}

static void data(struct aml_in *in, GString *s);

static void package_data(struct aml_in *in, GString *s)
{
    struct aml_in inner = package_in(in);

    take(&inner, 1);
    g_string_append_c(s, '{');
    for (bool first = true; inner.p < inner.end && !inner.bad; first = false) {
        if (!first)
            g_string_append_c(s, ',');
        data(&inner, s);
    }
    g_string_append_c(s, '}');
    in->bad |= inner.bad;
}

static void buffer_data(struct aml_in *in, GString *s)
{
    struct aml_in inner = package_in(in);
    uint64_t size;

    in->bad |= !integer(&inner, &size) || size != (size_t)(inner.end - inner.p);
    g_string_append(s, "bytes ");
    while (inner.p < inner.end)
        g_string_append_printf(s, "%02x", *inner.p++);
}

static void data(struct aml_in *in, GString *s)
{
    uint64_t v;

    if (integer(in, &v)) {
        g_string_append_printf(s, "%#llx", (unsigned long long)v);
    } else if (in->p < in->end && *in->p == 0x0d) {
        in->p++;
        g_string_append_c(s, '"');
        while (in->p < in->end && *in->p)
            g_string_append_c(s, take(in, 1));
        take(in, 1);
        g_string_append_c(s, '"');
    } else if (in->p < in->end && *in->p == 0x11) {
        in->p++;
        buffer_data(in, s);
    } else if (in->p < in->end && *in->p == 0x12) {
        in->p++;
        package_data(in, s);
    } else {
        name_read(in, s);
    }
}

/* A package of packages, element by element; false: it is another thing, and nothing was read. */
static bool elements(struct listing *l, struct aml_in *in, const char *path, const char *suffix)
{
    struct aml_in look = *in, inner;

    if (take(&look, 1) != 0x12)
        return false;
    inner = package_in(&look);
    take(&inner, 1);
    if (inner.p == inner.end || *inner.p != 0x12)
        return false;
    for (unsigned i = 0; inner.p < inner.end && !inner.bad; i++) {
        GString *s = g_string_new(NULL);

        data(&inner, s);
        line(l, "%s%s[%u]\tElement\t%s", path, suffix, i, s->str);
        g_string_free(s, TRUE);
    }
    look.bad |= inner.bad;
    *in = look;
    return true;
}

static void name_list(struct listing *l, struct aml_in *in, const char *scope)
{
    char *path = path_read(in, scope);

    if (!elements(l, in, path, "")) {
        GString *s = g_string_new(NULL);

        data(in, s);
        line(l, "%s\tName\t%s", path, s->str);
        g_string_free(s, TRUE);
    }
    g_free(path);
}

static void method_list(struct listing *l, struct aml_in *in, const char *scope)
{
    struct aml_in inner = package_in(in);
    char *path = path_read(&inner, scope);
    uint64_t flags = take(&inner, 1);

    line(l, "%s\tMethod\t%u%s", path, (unsigned)(flags & 7), flags & 8 ? " serialized" : "");
    if (inner.p < inner.end && *inner.p == 0xa4) {
        inner.p++;
        elements(l, &inner, path, "()");
    }
    in->bad |= inner.bad;
    g_free(path);
}

static void region_list(struct listing *l, struct aml_in *in, const char *scope)
{
    char *path = path_read(in, scope);
    unsigned space = take(in, 1);
    uint64_t offset = 0, len = 0;

    in->bad |= !integer(in, &offset) || !integer(in, &len);
    line(l, "%s\tRegion\tspace %u\t%#llx\t%#llx bytes", path, space, (unsigned long long)offset,
         (unsigned long long)len);
    g_free(path);
}

static void field_list(struct listing *l, struct aml_in *in, const char *scope)
{
    struct aml_in inner = package_in(in);
    GString *region = g_string_new(NULL);
    unsigned flags;
    uint64_t bit = 0;

    name_read(&inner, region);
    flags = take(&inner, 1);
    while (inner.p < inner.end && !inner.bad) {
        bool named = *inner.p != 0;
        char *path = NULL;
        uint64_t bits;

        if (named)
            path = path_read(&inner, scope);
        else
            take(&inner, 1);
        bits = length_raw(&inner);
        if (named)
            line(l, "%s\tField\t%s\tbit %llu\t%llu wide\tflags %#x", path, region->str, (unsigned long long)bit,
                 (unsigned long long)bits, flags);
        bit += bits;
        g_free(path);
    }
    in->bad |= inner.bad;
    g_string_free(region, TRUE);
}

static void mutex_list(struct listing *l, struct aml_in *in, const char *scope)
{
    char *path = path_read(in, scope);

    line(l, "%s\tMutex\t%u", path, (unsigned)take(in, 1));
    g_free(path);
}

static void terms(struct listing *l, struct aml_in *in, const char *scope);

/* Scope, Device, Processor: what is in them has their path before it. */
static void container_list(struct listing *l, struct aml_in *in, const char *scope, const char *kind)
{
    struct aml_in inner = package_in(in);
    char *path = path_read(&inner, scope);

    if (!strcmp(kind, "Processor")) {
        unsigned id = take(&inner, 1);

        line(l, "%s\tProcessor\t%u\t%#x\t%u", path, id, (unsigned)take(&inner, 4), (unsigned)take(&inner, 1));
    } else if (strcmp(kind, "Scope")) {
        line(l, "%s\t%s", path, kind);
    }
    terms(l, &inner, path);
    in->bad |= inner.bad;
    g_free(path);
}

static void extended(struct listing *l, struct aml_in *in, const char *scope)
{
    switch (take(in, 1)) {
    case 0x01:
        mutex_list(l, in, scope);
        break;
    case 0x80:
        region_list(l, in, scope);
        break;
    case 0x81:
        field_list(l, in, scope);
        break;
    case 0x82:
        container_list(l, in, scope, "Device");
        break;
    case 0x83:
        container_list(l, in, scope, "Processor");
        break;
    default:
        in->bad = true;
    }
}

static void terms(struct listing *l, struct aml_in *in, const char *scope)
{
    while (in->p < in->end && !in->bad)
        switch (take(in, 1)) {
        case 0x08:
            name_list(l, in, scope);
            break;
        case 0x10:
            container_list(l, in, scope, "Scope");
            break;
        case 0x14:
            method_list(l, in, scope);
            break;
        case 0x5b:
            extended(l, in, scope);
            break;
        default:
            in->bad = true;
        }
    l->bad |= in->bad;
}

static gint by_text(gconstpointer a, gconstpointer b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

GPtrArray *aml_list(const uint8_t *bytes, size_t n)
{
    struct listing l = { .lines = g_ptr_array_new_with_free_func(g_free) };
    struct aml_in in = { .p = bytes, .end = bytes + n };

    terms(&l, &in, "\\");
    if (l.bad) {
        g_ptr_array_free(l.lines, TRUE);
        return NULL;
    }
    g_ptr_array_sort(l.lines, by_text);
    return l.lines;
}
