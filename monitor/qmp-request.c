/* SPDX-License-Identifier: Apache-2.0 */
#include "monitor/qmp-request.h"

/*
 * A QMP request (see qmp-request.h): which members it may have, in the words that clients know
 */

#include <assert.h>
#include <stdlib.h>
#include <string.h>

struct qmp_request *qmp_request_new(struct json *value)
{
    struct qmp_request *r = calloc(1, sizeof(*r));
    const struct json *id;

    assert(r);
    r->value = *value;
    *value = json_null();
    id = json_get(&r->value, "id");
    if (id) {
        r->has_id = true;
        r->id = *id;
    }
    return r;
}

struct qmp_request *qmp_request_new_faulty(const char *why)
{
    struct json nothing = json_null();
    struct qmp_request *r = qmp_request_new(&nothing);

    r->faulty = true;
    qapi_fault_set(&r->fault, QAPI_GENERIC_ERROR, "%s", why);
    return r;
}

void qmp_request_free(struct qmp_request *r)
{
    json_fini(&r->value);
    free(r);
}

bool qmp_request_is_oob(const struct qmp_request *r)
{
    return json_get(&r->value, "exec-oob") && !json_get(&r->value, "execute");
}

static int refuse(struct qmp_request *r, const char *member, const char *what)
{
    return qapi_fault_set(&r->fault, QAPI_GENERIC_ERROR, "QMP input member '%s' %s", member, what);
}

static int member_check(struct qmp_request *r, const char *key, const struct json *value, bool oob_enabled)
{
    bool oob = !strcmp(key, "exec-oob") && oob_enabled;

    if (oob || !strcmp(key, "execute")) {
        if (value->kind != JSON_STRING)
            return refuse(r, key, "must be a string");
        if (r->name)
            return refuse(r, "execute", "clashes with 'exec-oob'");
        r->name = value->string;
        r->oob = oob;
        return 0;
    }
    if (!strcmp(key, "arguments")) {
        r->arguments = value;
        return value->kind == JSON_OBJECT ? 0 : refuse(r, key, "must be an object");
    }
    return strcmp(key, "id") ? refuse(r, key, "is unexpected") : 0;
}

int qmp_request_check(struct qmp_request *r, bool oob_enabled)
{
    if (r->value.kind != JSON_OBJECT)
        return qapi_fault_set(&r->fault, QAPI_GENERIC_ERROR, "QMP input must be a JSON object");
    for (uint32_t i = 0; i < r->value.num; i++) {
        int e = member_check(r, json_key(&r->value, i), json_at(&r->value, i), oob_enabled);

        if (e)
            return e;
    }
    return r->name ? 0 : qapi_fault_set(&r->fault, QAPI_GENERIC_ERROR, "QMP input lacks member 'execute'");
}
