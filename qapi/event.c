/* SPDX-License-Identifier: Apache-2.0 */
#include "qapi/event.h"

/*
 * Events (see event.h)
 *
 * Invariant: `held` has at most one entry for each limited event and key, from the moment one is told
 * until a period passes in which nothing was; their number is bounded by the sources that exist.
 */

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct held {
    const struct qapi_event *event;
    char *key;
    uint64_t due_ns;
    bool pending;
    struct json message;        /* the last one that was not told */
    struct list_node node;
};

static uint64_t clock_read(clockid_t clock)
{
    struct timespec t;

    clock_gettime(clock, &t);
    return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static uint64_t realtime(void)
{
    return clock_read(CLOCK_REALTIME);
}

static uint64_t monotonic(void)
{
    return clock_read(CLOCK_MONOTONIC);
}

void qapi_sink_init(struct qapi_sink *sink)
{
    *sink = (struct qapi_sink){ .wall_ns = realtime, .now_ns = monotonic };
    list_init(&sink->listeners);
    list_init(&sink->held);
}

static void held_free(struct held *h)
{
    list_remove(&h->node);
    json_fini(&h->message);
    free(h->key);
    free(h);
}

void qapi_sink_fini(struct qapi_sink *sink)
{
    list_for_each_safe(pos, &sink->held)
        held_free(list_entry(pos, struct held, node));
}

void qapi_sink_add(struct qapi_sink *sink, struct qapi_listener *l)
{
    list_append(&sink->listeners, &l->node);
}

void qapi_sink_remove(struct qapi_sink *sink, struct qapi_listener *l)
{
    list_remove(&l->node);
}

static void tell(struct qapi_sink *sink, const struct json *message)
{
    list_for_each_safe(pos, &sink->listeners) {
        struct qapi_listener *l = list_entry(pos, struct qapi_listener, node);

        l->event(l, message);
    }
}

static struct json message_new(struct qapi_sink *sink, const struct qapi_event *event, const void *data)
{
    struct json message = json_object(), timestamp = json_object();
    uint64_t now = sink->wall_ns();

    json_set(&timestamp, "seconds", json_uint(now / 1000000000));
    json_set(&timestamp, "microseconds", json_uint(now % 1000000000 / 1000));
    json_set(&message, "timestamp", timestamp);
    json_set(&message, "event", json_string(event->name));
    if (event->data)
        json_set(&message, "data", qapi_write(event->data, data));
    return message;
}

static void arm_next(struct qapi_sink *sink)
{
    uint64_t next = UINT64_MAX;

    list_for_each(pos, &sink->held) {
        struct held *h = list_entry(pos, struct held, node);

        next = h->due_ns < next ? h->due_ns : next;
    }
    if (next != UINT64_MAX)
        sink->arm(sink, next);
}

void qapi_sink_poll(struct qapi_sink *sink)
{
    uint64_t now = sink->now_ns();

    list_for_each_safe(pos, &sink->held) {
        struct held *h = list_entry(pos, struct held, node);

        if (h->due_ns > now)
            continue;
        if (!h->pending) {
            held_free(h);
            continue;
        }
        tell(sink, &h->message);
        json_fini(&h->message);
        h->pending = false;
        h->due_ns = now + h->event->rate_ns;
    }
    arm_next(sink);
}

static struct held *held_find(struct qapi_sink *sink, const struct qapi_event *event, const char *key)
{
    list_for_each(pos, &sink->held) {
        struct held *h = list_entry(pos, struct held, node);

        if (h->event == event && !strcmp(h->key, key))
            return h;
    }
    return NULL;
}

static void send_limited(struct qapi_sink *sink, const struct qapi_event *event, struct json *message)
{
    const struct json *data = json_get(message, "data");
    const char *key = event->rate_key && data ? json_get_string(data, event->rate_key) : NULL;
    struct held *h = held_find(sink, event, key ? key : "");

    if (h) {
        json_fini(&h->message);
        h->message = *message;
        h->pending = true;
        return;
    }
    h = calloc(1, sizeof(*h));
    assert(h);
    h->event = event;
    h->key = strdup(key ? key : "");
    assert(h->key);
    h->due_ns = sink->now_ns() + event->rate_ns;
    list_append(&sink->held, &h->node);
    tell(sink, message);
    json_fini(message);         /* and with it the key borrowed above */
    arm_next(sink);
}

void qapi_event_send(struct qapi_sink *sink, const struct qapi_event *event, const void *data)
{
    struct json message = message_new(sink, event, data);

    if (event->rate_ns && sink->arm) {
        send_limited(sink, event, &message);
        return;
    }
    tell(sink, &message);
    json_fini(&message);
}
