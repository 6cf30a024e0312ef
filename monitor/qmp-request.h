/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A QMP request: an object with execute or exec-oob, arguments, id; private to qmp.c
 */

#include "qapi/dispatch.h"
#include "qapi/json.h"

struct qmp_session;

struct qmp_request {
    struct qmp_session *owner;
    struct json value;                  /* what was read */
    bool has_id;
    struct json id;                     /* borrowed from value */
    bool faulty;
    struct qapi_fault fault;
    /* after a successful qmp_request_check(), borrowed from value */
    const char *name;
    const struct json *arguments;
    bool oob;
    struct qapi_ctx *ctx;               /* while it goes on */
};

struct qmp_request *qmp_request_new(struct json *value);               /* takes value */
struct qmp_request *qmp_request_new_faulty(const char *why);           /* the reader could not make sense of it */
void qmp_request_free(struct qmp_request *r);
/* Does it ask to overtake?  (A request that also has execute clashes, in its turn.) */
bool qmp_request_is_oob(const struct qmp_request *r);
/* Looks at the members; 0 or -EINVAL with r->fault. */
int qmp_request_check(struct qmp_request *r, bool oob_enabled);
