/* SPDX-License-Identifier: Apache-2.0 */
#include "chardev/config-params.h"

/*
 * Splitting parameters and reading their values (see config-params.h)
 */

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

int char_params_split(struct char_params *p, const char *spec, const char *object, struct error **err)
{
    char *in = strdup(spec), *out = in;

    *p = (struct char_params){ .buf = in };
    if (!in)
        return -ENOMEM;
    while (*in) {
        char *start = out;

        if (p->num == CHAR_MAX_PARAMS)
            return error_set(err, -E2BIG, ERROR_SYNTAX, object, spec, T("at most %u parameters", CHAR_MAX_PARAMS));
        while (*in && (*in != ',' || in[1] == ',')) {
            in += *in == ',';
            *out++ = *in++;
        }
        in += *in == ',';
        *out++ = 0;
        p->list[p->num].key = start;
        start = strchr(start, '=');
        if (start)
            *start++ = 0;
        p->list[p->num++].value = start;
    }
    return 0;
}

void char_params_free(struct char_params *p)
{
    free(p->buf);
}

const char *char_params_take(struct char_params *p, const char *key)
{
    const char *value = NULL;

    for (unsigned i = 0; i < p->num; i++)
        if (p->list[i].value && !strcmp(p->list[i].key, key)) {
            value = p->list[i].value;
            p->list[i].used = true;
        }
    return value;
}

bool char_params_have(const struct char_params *p, const char *key)
{
    for (unsigned i = 0; i < p->num; i++)
        if (!strcmp(p->list[i].key, key))
            return true;
    return false;
}

/* Values */

static int bad(struct error **err, const char *object, const struct char_param *p, const char *legal)
{
    return error_set(err, -EINVAL, ERROR_RANGE, object, T("%s=%s", p->key, p->value), legal);
}

int char_param_bool(bool *out, const char *object, const struct char_param *p, struct error **err)
{
    if (strcmp(p->value, "on") && strcmp(p->value, "off"))
        return bad(err, object, p, "on, off");
    *out = !strcmp(p->value, "on");
    return 0;
}

int char_param_number(uint64_t *out, uint64_t max, const char *object, const struct char_param *p, const char *legal,
                      struct error **err)
{
    char *end;

    errno = 0;
    *out = strtoull(p->value, &end, 10);
    if (!isdigit((unsigned char)*p->value) || *end || errno || *out > max)
        return bad(err, object, p, legal);
    return 0;
}

int char_param_size(uint64_t *out, const char *object, const struct char_param *p, struct error **err)
{
    static const char units[] = "BKMGTPE", legal[] = "a number, with k, M, G, T, P or E behind it if you like";
    const char *unit;
    char *end;

    errno = 0;
    *out = strtoull(p->value, &end, 0);
    unit = *end ? strchr(units, toupper((unsigned char)*end)) : units;
    if (!isdigit((unsigned char)*p->value) || errno || !unit || (*end && end[1]) ||
        __builtin_mul_overflow(*out, 1ull << 10 * (unit - units), out))
        return bad(err, object, p, legal);
    return 0;
}
