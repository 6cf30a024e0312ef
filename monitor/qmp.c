/* SPDX-License-Identifier: Apache-2.0 */
#include "monitor/session.h"

/*
 * A QMP session: greeting, negotiation, requests in order, replies, events (facts/specs/qmp-protocol.md)
 *
 * Deliberately not here: -compat policies.  Requests run one after the other; with the capability oob
 * up to eight are read ahead of the one that runs, so that an exec-oob behind them is seen, which overtakes them.
 *
 * Invariant: `current` is the in-band request that has been started and not answered; nothing else
 * starts while it is there.
 */

#include "monitor/qmp-request.h"
#include "qapi/json-parse.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { QUEUE_OOB = 8, EVENTS_BACKLOG_BYTES = 16 << 20 };

struct qmp_session {
    struct monitor_session base;
    struct json_parser *parser;
    struct qapi_listener listener;
    bool pretty, negotiated, oob;
    GQueue queue;                       /* of struct qmp_request, not started */
    struct qmp_request *current;
    GQueue overtaking;                  /* out of band, started and not answered */
};

static struct qmp_session *qmp_session(const struct monitor_session *s)
{
    return (struct qmp_session *)((char *)s - offsetof(struct qmp_session, base));
}

static void send_json(struct qmp_session *q, const struct json *v)
{
    GString *text = session_write_begin(&q->base);

    if (!text)
        return;
    json_print(v, q->pretty ? JSON_PRETTY : JSON_COMPACT, text);
    g_string_append(text, "\r\n");
    session_write_end(&q->base);
}

/* Takes *ret, or tells fault. */
static void reply(struct qmp_session *q, struct qmp_request *r, struct json *ret, const struct qapi_fault *fault)
{
    struct json message = json_object(), error = json_object();

    if (ret) {
        json_set(&message, "return", *ret);
        *ret = json_null();
    }
    if (r->has_id)
        json_set(&message, "id", json_dup(&r->id));
    if (fault) {
        json_set(&error, "class", json_string(qapi_error_class_name(fault->error_class)));
        json_set(&error, "desc", json_string(fault->desc));
        json_set(&message, "error", error);
    }
    send_json(q, &message);
    json_fini(&message);
}

static void pump(struct qmp_session *q);

static void request_done(struct qapi_ctx *ctx, struct json *ret, const struct qapi_fault *fault)
{
    struct qmp_request *r = ctx->opaque;
    struct qmp_session *q = r->owner;
    bool later = r->ctx != NULL;

    reply(q, r, ret, fault);
    if (r == q->current)
        q->current = NULL;
    else
        g_queue_remove(&q->overtaking, r);
    qmp_request_free(r);
    if (!later)
        return;
    pump(q);
    session_resume(&q->base);
}

/* Which command may it run?  NULL with r->fault set. */
static const struct qapi_command *request_command(struct qmp_session *q, struct qmp_request *r)
{
    const struct qapi_command *c = qapi_command_find(q->base.monitor->cfg.env.table, r->name);

    if (!q->negotiated && (!c || strcmp(c->name, "qmp_capabilities")))
        qapi_fault_set(&r->fault, QAPI_COMMAND_NOT_FOUND,
                       "Expecting capabilities negotiation with 'qmp_capabilities'");
    else if (!c)
        qapi_fault_set(&r->fault, QAPI_COMMAND_NOT_FOUND, "The command %s has not been found", r->name);
    else if (r->oob && !(c->flags & QAPI_OOB))
        qapi_fault_set(&r->fault, QAPI_GENERIC_ERROR, "The command %s does not support OOB", r->name);
    else
        return c;
    return NULL;
}

/* Starts r, which is q->current or one that overtakes. */
static void request_start(struct qmp_session *q, struct qmp_request *r)
{
    const struct qapi_command *c = NULL;
    struct qapi_ctx *ctx;

    if (!r->faulty)
        r->faulty = qmp_request_check(r, q->oob) || !(c = request_command(q, r));
    if (!r->faulty) {
        ctx = qapi_start(&q->base.monitor->cfg.env, c, r->arguments, &q->base, request_done, r);
        if (ctx)
            r->ctx = ctx;
        return;
    }
    reply(q, r, NULL, &r->fault);
    if (r == q->current)
        q->current = NULL;
    else
        g_queue_remove(&q->overtaking, r);
    qmp_request_free(r);
}

static void pump(struct qmp_session *q)
{
    while (!q->current && !g_queue_is_empty(&q->queue)) {
        q->current = g_queue_pop_head(&q->queue);
        request_start(q, q->current);
    }
}

static void request_take(struct qmp_session *q, struct qmp_request *r)
{
    r->owner = q;
    if (q->oob && qmp_request_is_oob(r)) {
        g_queue_push_tail(&q->overtaking, r);
        request_start(q, r);
        return;
    }
    g_queue_push_tail(&q->queue, r);
    pump(q);
}

static bool qmp_feed(struct monitor_session *s, const char **bytes, size_t *n)
{
    struct qmp_session *q = qmp_session(s);
    struct json value;
    struct json_fault fault;
    enum json_result result = json_parser_next(q->parser, bytes, n, &value, &fault);

    if (result == JSON_VALUE)
        request_take(q, qmp_request_new(&value));
    else if (result == JSON_FAULT)
        request_take(q, qmp_request_new_faulty(fault.text));
    return result != JSON_MORE;
}

static bool qmp_ready(const struct monitor_session *s)
{
    const struct qmp_session *q = qmp_session(s);
    bool room = q->oob ? q->queue.length < QUEUE_OOB : !q->current && !q->queue.length;

    return room && q->overtaking.length < QUEUE_OOB;
}

/* A peer that never reads loses events rather than making us keep them for ever. */
static void qmp_event(struct qapi_listener *l, const struct json *event)
{
    struct qmp_session *q = (struct qmp_session *)((char *)l - offsetof(struct qmp_session, listener));

    if (q->base.open && q->negotiated && session_backlog(&q->base) < EVENTS_BACKLOG_BYTES)
        send_json(q, event);
}

bool qmp_session_negotiate(struct monitor_session *s, bool oob)
{
    struct qmp_session *q = qmp_session(s);

    if (q->negotiated)
        return false;
    q->negotiated = true;
    q->oob = oob;
    return true;
}

static void qmp_open(struct monitor_session *s)
{
    const struct monitor_config *cfg = &s->monitor->cfg;
    struct json message = json_object(), greeting = json_object(), version = json_object(), triple = json_object();
    struct json capabilities = json_array();

    json_parser_restart(qmp_session(s)->parser);
    json_set(&triple, "micro", json_int(cfg->micro));
    json_set(&triple, "minor", json_int(cfg->minor));
    json_set(&triple, "major", json_int(cfg->major));
    json_set(&version, "qemu", triple);
    json_set(&version, "package", json_string(cfg->package));
    json_set(&greeting, "version", version);
    json_append(&capabilities, json_string("oob"));
    json_set(&greeting, "capabilities", capabilities);
    json_set(&message, "QMP", greeting);
    send_json(qmp_session(s), &message);
    json_fini(&message);
}

static void request_abandon(gpointer data, gpointer unused)
{
    struct qmp_request *r = data;

    if (r->ctx)
        qapi_orphan(r->ctx);
    qmp_request_free(r);
}

static void qmp_close(struct monitor_session *s)
{
    struct qmp_session *q = qmp_session(s);

    q->negotiated = q->oob = false;
    if (q->current)
        request_abandon(q->current, NULL);
    q->current = NULL;
    g_queue_foreach(&q->queue, request_abandon, NULL);
    g_queue_clear(&q->queue);
    g_queue_foreach(&q->overtaking, request_abandon, NULL);
    g_queue_clear(&q->overtaking);
}

static void qmp_free(struct monitor_session *s)
{
    struct qmp_session *q = qmp_session(s);

    qapi_sink_remove(s->monitor->cfg.env.sink, &q->listener);
    json_parser_free(q->parser);
    session_fini(s);
    free(q);
}

struct monitor_session *monitor_qmp_new(struct monitor *m, struct monitor_out *out, bool pretty)
{
    static const struct session_type type = {
        .open = qmp_open, .close = qmp_close, .ready = qmp_ready, .feed = qmp_feed, .free = qmp_free,
    };
    struct qmp_session *q = calloc(1, sizeof(*q));

    assert(q);
    session_init(&q->base, &type, m, out);
    q->pretty = pretty;
    q->parser = json_parser_new(JSON_LIMITS_QMP);
    q->listener.event = qmp_event;
    qapi_sink_add(m->cfg.env.sink, &q->listener);
    return &q->base;
}
