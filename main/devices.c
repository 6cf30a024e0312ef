/* SPDX-License-Identifier: Apache-2.0 */
#include "main/start.h"

/*
 * Devices that -device and -debugcon add
 *
 * driver=, id= and bus= are said here; everything else is a property of the type.  Left out: values
 * in JSON.
 * Invariant: a device that could not be realized is still the machine's, and goes with it.
 */

#include "core/machine.h"
#include "core/plug.h"
#include "lib/error.h"
#include "lib/log.h"
#include "main/keyval.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int device_add(struct machine *m, struct keyval *kv, const char *spec, struct error **err)
{
    struct device_value values[KEYVAL_MAX];
    struct device_wish wish = { .option = "-device", .values = values };
    const char *driver = keyval_take(kv, "driver");
    int r;

    wish.bus = keyval_take(kv, "bus");
    wish.driver = driver ? driver : spec;
    r = keyval_id(kv, &wish.id, err);
    if (r < 0)
        return r;
    for (unsigned i = 0; i < kv->n; i++)
        if (!kv->pair[i].used)
            values[wish.n_values++] = (struct device_value){ kv->pair[i].key, kv->pair[i].value };
    return device_create(m, &wish, err);
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
    struct keyval kv;
    int r = keyval_parse(&kv, "-device", spec, "driver", err);

    if (r < 0)
        return r;
    r = device_add(p->machine, &kv, spec, err);
    keyval_fini(&kv);
    return r;
}
