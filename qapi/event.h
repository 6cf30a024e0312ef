/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Events: from the folder where something happened to everyone who listens
 *
 * The generated functions qapi_event_NAME() are called on the main loop only; other threads post.
 * An event with a rate limit is told at most once per period and key: the first at once, then the
 * last of each period.
 */

#include "lib/list.h"
#include "qapi/visit.h"

/* A line of the schema. */
struct qapi_event {
    const char *name;
    const struct qapi_type *data;       /* NULL: none */
    uint64_t rate_ns;                   /* 0: no limit */
    const char *rate_key;               /* the member of data that tells one source from another; NULL: one for all */
};

struct qapi_listener {
    void (*event)(struct qapi_listener *l, const struct json *event);   /* borrowed */
    struct list_node node;
};

struct qapi_sink {
    struct list_node listeners;
    struct list_node held;              /* what a rate limit is watching */
    uint64_t (*wall_ns)(void);          /* CLOCK_REALTIME, for timestamps */
    uint64_t (*now_ns)(void);           /* CLOCK_MONOTONIC, for rate limits */
    /* Asks for qapi_sink_poll() at that time of now_ns; a later call replaces an earlier one.  NULL: no limits. */
    void (*arm)(struct qapi_sink *sink, uint64_t at_ns);
    void *opaque;                       /* of whoever provides arm */
};

void qapi_sink_init(struct qapi_sink *sink);
void qapi_sink_fini(struct qapi_sink *sink);            /* drops what is held */
void qapi_sink_add(struct qapi_sink *sink, struct qapi_listener *l);
void qapi_sink_remove(struct qapi_sink *sink, struct qapi_listener *l);
void qapi_sink_poll(struct qapi_sink *sink);            /* tells what is due, and arms again */

/* For the generated functions.  data has the layout of event->data and stays the caller's. */
void qapi_event_send(struct qapi_sink *sink, const struct qapi_event *event, const void *data);
