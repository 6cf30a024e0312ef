/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* A set of objects as a user makes them, from the text of -object; what was refused says why. */

#include "lib/loop.h"
#include "object/user.h"
#include "qapi/option.h"
#include "qapi/qapi-types.h"
#include "tests/unit/error-check.h"

static struct user_objects objects;

static inline void objects_start(void)
{
    struct loop *loop;

    CHECK_EQ(loop_new(&loop, NULL), 0);
    user_objects_init(&objects, loop);
}

static inline void objects_end(void)
{
    user_objects_fini(&objects);
    loop_free(objects.loop);
}

static inline int object_new(const char *spec, struct error **err)
{
    struct qapi_fault fault;
    struct json options;
    int r;

    CHECK_EQ(qapi_option_parse(spec, "qom-type", &options, &fault), 0);
    qapi_option_convert(&qapi_type_object_options, &options);
    r = user_object_new(&objects, &options, err);
    json_fini(&options);
    return r;
}

static inline struct user_object *object_made(const char *spec, const char *id)
{
    struct user_object *o;
    struct error *err = NULL;
    int r = object_new(spec, &err);

    if (r)
        printf("# %s: %s\n", spec, error_line(err).s);
    error_free(err);
    CHECK_EQ(r, 0);
    o = user_object_find(&objects, id, "object");
    CHECK(o);
    return o;
}

static inline void object_refused(const char *spec, const char *says)
{
    struct error *err = NULL;
    int r = object_new(spec, &err);

    check_refused(r, err, spec, says);
}

/* The property as a client sees it. */
static inline const char *object_prop(const struct user_object *o, const char *name)
{
    static char shown[1000];
    const struct prop *p = type_prop_find(&o->type->type, name);
    GString *out = g_string_new("");
    struct json v;

    CHECK(p);
    v = prop_json(p, o);
    json_print(&v, JSON_COMPACT, out);
    snprintf(shown, sizeof(shown), "%s", out->str);
    g_string_free(out, TRUE);
    json_fini(&v);
    return shown;
}
