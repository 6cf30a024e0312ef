/* SPDX-License-Identifier: Apache-2.0 */
#include "main/options.h"

/*
 * -global: what a property of every device of a type begins with
 *
 * Two forms: TYPE.PROPERTY=VALUE, where the value may hold commas, and driver=,property=,value=.
 * A type that no device has is no mistake, only warned of: the same line is given to many machines.  A property that
 * a device of the type has not got is one.
 */

#include "lib/error.h"
#include "main/keyval.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static char *copy(const char *text, size_t len)
{
    char *s = strndup(text, len);

    assert(s);
    return s;
}

static void store(struct config *c, char *type, char *prop, char *value)
{
    c->globals[c->n_globals++] = (struct global_prop){ .type = type, .prop = prop, .value = value };
}

static int option_pairs(struct config *c, const char *spec, struct error **err)
{
    const char *type, *prop, *value;
    struct keyval kv;
    int r = keyval_parse(&kv, "-global", spec, NULL, err);

    if (r < 0)
        return r;
    type = keyval_take(&kv, "driver");
    prop = keyval_take(&kv, "property");
    value = keyval_take(&kv, "value");
    if (!type || !prop || !value || !*type || !*prop)
        r = error_set(err, -EINVAL, ERROR_SYNTAX, "-global", spec,
                      "TYPE.PROPERTY=VALUE or driver=TYPE,property=PROPERTY,value=VALUE");
    else
        r = keyval_end(&kv, "driver, property, value", err);
    if (!r)
        store(c, copy(type, strlen(type)), copy(prop, strlen(prop)), copy(value, strlen(value)));
    keyval_fini(&kv);
    return r;
}

int option_global(struct config *c, const char *spec, struct error **err)
{
    size_t dot = strcspn(spec, ".="), equals = dot + strcspn(spec + dot, "=");

    if (c->n_globals == CONFIG_LIST)
        return error_set(err, -E2BIG, ERROR_RANGE, "-global", spec, T("at most %d of them", CONFIG_LIST));
    if (!dot || spec[dot] != '.' || equals == dot + 1 || !spec[equals])
        return option_pairs(c, spec, err);
    store(c, copy(spec, dot), copy(spec + dot + 1, equals - dot - 1),
          copy(spec + equals + 1, strlen(spec + equals + 1)));
    return 0;
}

void config_globals_fini(struct config *c)
{
    for (const struct global_prop *g = c->globals; g < c->globals + c->n_globals; g++) {
        free((char *)g->type);
        free((char *)g->prop);
        free((char *)g->value);
    }
}
