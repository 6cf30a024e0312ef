/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Errors that a user can cause
 *
 * An error is made once, where the facts are known, and says four things: what kind it is, which
 * object it is about, which value was given, and what would have been legal.  Functions that can
 * fail so take `struct error **err` last and return a negative errno.  Data paths carry the int only.
 */

#include <stddef.h>

enum error_kind { ERROR_UNKNOWN, ERROR_SYNTAX, ERROR_RANGE, ERROR_STATE, ERROR_STREAM, ERROR_HOST, ERROR_UNSUPPORTED,
                  ERROR_MISSING };      /* value: what is not there */

struct error {
    enum error_kind kind;
    char object[128], value[160], legal[400];
};

/* Sets *err unless err is NULL, and returns code, so that `return error_set(...)` is the idiom.
 * Strings are copied, cut to their buffers and made printable.  code is a negative errno. */
int error_set(struct error **err, int code, enum error_kind kind, const char *object,
              const char *value, const char *legal);
/* The host refused: object is what was asked for, value what was tried; legal becomes strerror(-code). */
int error_set_host(struct error **err, int code, const char *object, const char *value);
/* Puts who wanted it in front of the object: "chardev a, tcp:127.0.0.1:1".  err NULL or *err NULL: nothing. */
void error_set_owner(struct error **err, const char *owner);
void error_free(struct error *err);

struct text { char s[200]; };

/* One line for a person: "pvpanic.events: 9 is out of range, legal: 0 to 3". */
struct error_line { char s[760]; } error_line(const struct error *err);

/* T("%s.%s", a, b) is a formatted, printable string that lives until the end of the full expression. */
struct text text(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
#define T(...) (text(__VA_ARGS__).s)
