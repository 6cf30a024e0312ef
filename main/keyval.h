/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Option values of the form "first,key=value,key" ( ",," is a comma inside a value )
 */

#include <stdbool.h>

struct error;

enum { KEYVAL_MAX = 64 };

struct keyval {
    const char *option;         /* "-machine", for errors */
    char *text;                 /* owned; keys and values point into it */
    unsigned n;
    struct { const char *key, *value; bool used, flag; } pair[KEYVAL_MAX];     /* flag: without "=value" */
};

/* first: the key that a leading word without '=' gets; NULL: such a word is a flag, value "on".
 * -E2BIG: too many pairs. */
int keyval_parse(struct keyval *kv, const char *option, const char *spec, const char *first, struct error **err);
void keyval_fini(struct keyval *kv);
/* The last value of key, or NULL; marks every such pair as used. */
const char *keyval_take(struct keyval *kv, const char *key);
/* -EINVAL with an error that names the first pair that nobody took; legal: what could have been written. */
int keyval_end(const struct keyval *kv, const char *legal, struct error **err);
/* The value of "id" into *id, NULL if absent. -EINVAL: not an identifier. */
int keyval_id(struct keyval *kv, const char **id, struct error **err);
/* -EINVAL if a word but the first has no value, as in "type,key". */
int keyval_no_flags(const struct keyval *kv, const char *legal, struct error **err);
/* "on" or "off" (or yes, no, true, false, y, n) into *val; unchanged if key is absent.  "key" and "nokey" alone are on
 * and off, with a warning, as they are deprecated. */
int keyval_bool(struct keyval *kv, const char *key, bool *val, struct error **err);
/* A number from min to max into *val; unchanged if absent. */
int keyval_number(struct keyval *kv, const char *key, unsigned min, unsigned max, unsigned *val, struct error **err);
