/* SPDX-License-Identifier: Apache-2.0 */
#include "main/keyval.h"

/* Option values (see keyval.h). */

#include "lib/error.h"
#include "lib/log.h"

#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define ID_CHARACTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._"

/* Ends the item at s in place, folding doubled commas; returns the next item, or NULL. */
static char *item_end(char *s)
{
    char *out = s;

    for (; *s; s++) {
        if (*s == ',' && s[1] != ',') {
            *out = '\0';
            return s + 1;
        }
        if (*s == ',')
            s++;
        *out++ = *s;
    }
    *out = '\0';
    return NULL;
}

int keyval_parse(struct keyval *kv, const char *option, const char *spec, const char *first, struct error **err)
{
    char *item, *next;

    *kv = (struct keyval){ .option = option, .text = strdup(spec) };
    assert(kv->text);
    for (item = kv->text; item && *item; item = next) {
        char *eq;

        next = item_end(item);
        if (kv->n == KEYVAL_MAX) {
            keyval_fini(kv);
            return error_set(err, -E2BIG, ERROR_RANGE, option, "more pairs than can be", T("at most %d", KEYVAL_MAX));
        }
        eq = strchr(item, '=');
        if (eq)
            *eq = '\0';
        kv->pair[kv->n].key = eq || !first || kv->n ? item : first;
        kv->pair[kv->n].value = eq ? eq + 1 : first && !kv->n ? item : "on";
        kv->pair[kv->n].flag = !eq && (!first || kv->n);
        kv->n++;
    }
    return 0;
}

void keyval_fini(struct keyval *kv)
{
    free(kv->text);
    *kv = (struct keyval){ 0 };
}

const char *keyval_take(struct keyval *kv, const char *key)
{
    const char *value = NULL;

    for (unsigned i = 0; i < kv->n; i++)
        if (!strcmp(kv->pair[i].key, key)) {
            kv->pair[i].used = true;
            value = kv->pair[i].value;
        }
    return value;
}

int keyval_end(const struct keyval *kv, const char *legal, struct error **err)
{
    for (unsigned i = 0; i < kv->n; i++)
        if (!kv->pair[i].used)
            return error_set(err, -EINVAL, ERROR_UNKNOWN, kv->option, T("%s=%s", kv->pair[i].key, kv->pair[i].value),
                             legal);
    return 0;
}

int keyval_no_flags(const struct keyval *kv, const char *legal, struct error **err)
{
    for (unsigned i = 0; i < kv->n; i++)
        if (kv->pair[i].flag)
            return error_set(err, -EINVAL, ERROR_SYNTAX, kv->option, kv->pair[i].key, legal);
    return 0;
}

/* Finds "key" and "nokey" without a value: they are pairs with one from now on. */
static void flag_expand(struct keyval *kv, const char *key)
{
    for (unsigned i = 0; i < kv->n; i++) {
        const char *word = kv->pair[i].key;
        bool on = !strcmp(word, key);

        if (!kv->pair[i].flag || (!on && (strncmp(word, "no", 2) || strcmp(word + 2, key))))
            continue;
        log_warn("%s: warning: short-form boolean option '%s' deprecated\nPlease use %s=%s instead", kv->option, word,
                 key, on ? "on" : "off");
        kv->pair[i].key = key;
        kv->pair[i].value = on ? "on" : "off";
        kv->pair[i].flag = false;
    }
}

int keyval_bool(struct keyval *kv, const char *key, bool *val, struct error **err)
{
    static const char *const on[] = { "on", "yes", "true", "y" }, *const off[] = { "off", "no", "false", "n" };
    const char *value;

    flag_expand(kv, key);
    value = keyval_take(kv, key);
    if (!value)
        return 0;
    for (unsigned i = 0; i < 4; i++)
        if (!strcmp(value, on[i]) || !strcmp(value, off[i])) {
            *val = !strcmp(value, on[i]);
            return 0;
        }
    return error_set(err, -EINVAL, ERROR_SYNTAX, T("%s %s", kv->option, key), value, "on, off");
}

int keyval_id(struct keyval *kv, const char **id, struct error **err)
{
    const char *value = keyval_take(kv, "id");

    if (value && (!isalpha((unsigned char)*value) || value[strspn(value, ID_CHARACTERS)]))
        return error_set(err, -EINVAL, ERROR_SYNTAX, T("%s id", kv->option), value,
                         "letters, digits, '-', '.', '_', of which the first is a letter");
    *id = value;
    return 0;
}

int keyval_number(struct keyval *kv, const char *key, unsigned min, unsigned max, unsigned *val, struct error **err)
{
    const char *value = keyval_take(kv, key);
    unsigned long long v;
    char *end;

    if (!value)
        return 0;
    errno = 0;
    v = strtoull(value, &end, 0);
    if (*value < '0' || *value > '9' || *end)
        return error_set(err, -EINVAL, ERROR_SYNTAX, T("%s %s", kv->option, key), value, "a number");
    if (errno || v < min || v > max)
        return error_set(err, -ERANGE, ERROR_RANGE, T("%s %s", kv->option, key), value, T("%u to %u", min, max));
    *val = v;
    return 0;
}
