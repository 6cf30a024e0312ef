/* SPDX-License-Identifier: Apache-2.0 */
#include "main/start.h"

/*
 * Devices that -device and -debugcon add
 *
 * driver=, id= and bus= are said here; everything else is a property of the type.  In JSON the values have the kinds of
 * the properties.
 * Invariant: a device that could not be realized is still the machine's, and goes with it.
 */

#include "core/machine.h"
#include "core/plug.h"
#include "lib/error.h"
#include "lib/log.h"
#include "main/options.h"
#include "qapi/option.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The text of a member that is no property; false: it is none. */
static bool text_take(const char *key, const struct json *value, struct device_wish *wish)
{
    const char **to = !strcmp(key, "driver") ? &wish->driver : !strcmp(key, "id") ? &wish->id
                      : !strcmp(key, "bus") ? &wish->bus : NULL;

    if (!to || value->kind != JSON_STRING)
        return false;
    *to = value->string;
    return true;
}

static int device_add(struct machine *m, const struct json *said, bool typed, struct error **err)
{
    struct json values = json_object();
    struct device_wish wish = { .option = "-device", .values = &values, .typed = typed };
    int r;

    for (uint32_t i = 0; i < said->num; i++)
        if (!text_take(json_key(said, i), json_at(said, i), &wish))
            json_set(&values, json_key(said, i), json_dup(json_at(said, i)));
    r = device_create(m, &wish, err);
    json_fini(&values);
    return r;
}

static bool any_of_type(const struct machine *m, const char *type)
{
    list_for_each(n, &m->devices)
        if (type_is(&list_entry(n, struct device, in_machine)->type->type, type))
            return true;
    return false;
}

void process_globals_warn(const struct process *p)
{
    const struct machine *m = p->machine;

    for (const struct global_prop *g = m->globals; g < m->globals + m->n_globals; g++)
        if (!any_of_type(m, g->type))
            log_warn("-global %s.%s=%s: this machine has no device of that type", g->type, g->prop, g->value);
}

/* What the guest writes to port E9h, which SeaBIOS and others use. */
int process_debugcon(struct process *p, const char *spec, struct error **err)
{
    const char *id;
    int r = process_chardev(p, "-debugcon", spec, "debugcon", &id, err);

    return r || !id ? r : process_device(p, T("isa-debugcon,chardev=%s", id), err);
}

int process_device(struct process *p, const char *spec, struct error **err)
{
    struct json said;
    int r = device_option_parse(spec, &said, err);

    if (r < 0)
        return r;
    r = device_add(p->machine, &said, qapi_option_is_json(spec), err);
    json_fini(&said);
    return r;
}
