/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/error.h"

/*
 * Errors that a user can cause (see error.h)
 *
 * Invariant: every string is cut to its buffer and printable, since values come from users, files
 * and peers and end up on terminals and in logs.
 */

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void make_printable(char *s)
{
    for (; *s; s++)
        if ((unsigned char)*s < ' ' || *s == 0x7f)
            *s = '?';
}

struct text text(const char *fmt, ...)
{
    struct text t;
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(t.s, sizeof(t.s), fmt, ap);
    va_end(ap);
    make_printable(t.s);
    return t;
}

int error_set(struct error **err, int code, enum error_kind kind, const char *object,
              const char *value, const char *legal)
{
    struct error *e;

    assert(code < 0);
    if (!err)
        return code;
    assert(!*err);
    e = calloc(1, sizeof(*e));
    assert(e);
    e->kind = kind;
    snprintf(e->object, sizeof(e->object), "%s", object);
    snprintf(e->value, sizeof(e->value), "%s", value);
    snprintf(e->legal, sizeof(e->legal), "%s", legal);
    make_printable(e->object);
    make_printable(e->value);
    make_printable(e->legal);
    *err = e;
    return code;
}

int error_set_host(struct error **err, int code, const char *object, const char *value)
{
    return error_set(err, code, ERROR_HOST, object, value, strerror(-code));
}

void error_set_owner(struct error **err, const char *owner)
{
    struct text object;

    if (!err || !*err)
        return;
    object = text("%s, %s", owner, (*err)->object);
    object.s[sizeof((*err)->object) - 1] = 0;
    memcpy((*err)->object, object.s, sizeof((*err)->object));
}

struct error_line error_line(const struct error *err)
{
    static const char *const what[] = {
        [ERROR_UNKNOWN] = "is not known, legal:",
        [ERROR_SYNTAX] = "cannot be read, legal:",
        [ERROR_RANGE] = "is out of range, legal:",
        [ERROR_STATE] = "is not possible now, legal:",
        [ERROR_STREAM] = "does not belong in this stream, legal:",
        [ERROR_HOST] = "failed on this host:",
        [ERROR_UNSUPPORTED] = "is not supported by this version,",
        [ERROR_MISSING] = "is missing, legal:",
    };
    struct error_line line;

    snprintf(line.s, sizeof(line.s), "%s: %s %s %s", err->object,
             *err->value ? err->value : "\"\"", what[err->kind], err->legal);
    return line;
}

void error_free(struct error *err)
{
    free(err);
}
