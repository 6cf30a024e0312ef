/* SPDX-License-Identifier: Apache-2.0 */
#include "monitor/session.h"

/*
 * What sessions of both kinds share (see session.h and monitor.h)
 *
 * A peer that does not take its replies is not read from: its backlog is bounded by one reply beyond
 * BACKLOG_BYTES, and by what events add (qmp.c bounds those).
 */

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { BACKLOG_BYTES = 65536 };

struct monitor *monitor_new(const struct monitor_config *cfg)
{
    struct monitor *m = calloc(1, sizeof(*m));

    assert(m);
    m->cfg = *cfg;
    m->cfg.env.fd_take = session_fd_take;
    fdsets_init(&m->own_fdsets);
    if (!m->cfg.fdsets)
        m->cfg.fdsets = &m->own_fdsets;
    m->format = (struct hmp_format){ .count = 1, .size = 4, .letter = 'x' };
    return m;
}

void monitor_free(struct monitor *m)
{
    if (m)
        fdsets_fini(&m->own_fdsets);
    free(m);
}

const struct monitor_info *monitor_info_find(const struct monitor *m, const char *name)
{
    for (size_t i = 0; i < m->cfg.num_info; i++)
        if (!strcmp(m->cfg.info[i].name, name))
            return &m->cfg.info[i];
    return NULL;
}

void session_init(struct monitor_session *s, const struct session_type *type, struct monitor *m,
                  struct monitor_out *out)
{
    *s = (struct monitor_session){ .type = type, .monitor = m, .out = out, .focused = true };
    s->pending = g_string_new(NULL);
    s->held = g_string_new(NULL);
    list_init(&s->fds);
}

void session_fini(struct monitor_session *s)
{
    session_fds_close(s);
    g_string_free(s->pending, TRUE);
    g_string_free(s->held, TRUE);
}

size_t session_backlog(const struct monitor_session *s)
{
    return s->pending->len - s->pending_at;
}

/* What a long text took is given back; what a short one took is kept for the next. */
static void text_empty(GString **text)
{
    if ((*text)->allocated_len <= 2 * BACKLOG_BYTES) {
        g_string_truncate(*text, 0);
        return;
    }
    g_string_free(*text, TRUE);
    *text = g_string_new(NULL);
}

static void pending_flush(struct monitor_session *s)
{
    while (s->open && s->focused && session_backlog(s)) {
        size_t taken = s->out->write(s->out, s->pending->str + s->pending_at, session_backlog(s));

        s->pending_at += taken;
        if (!taken)
            return;
    }
    if (!session_backlog(s)) {
        text_empty(&s->pending);
        s->pending_at = 0;
    }
}

GString *session_write_begin(struct monitor_session *s)
{
    if (!s->open)
        return NULL;
    if (s->pending_at > BACKLOG_BYTES) {
        g_string_erase(s->pending, 0, (gssize)s->pending_at);
        s->pending_at = 0;
    }
    return s->pending;
}

void session_write_end(struct monitor_session *s)
{
    pending_flush(s);
}

void session_write(struct monitor_session *s, const char *bytes, size_t n)
{
    GString *pending = session_write_begin(s);

    if (!pending)
        return;
    g_string_append_len(pending, bytes, (gssize)n);
    session_write_end(s);
}

bool monitor_session_ready(const struct monitor_session *s)
{
    return s->open && !s->held->len && session_backlog(s) <= BACKLOG_BYTES && s->type->ready(s);
}

bool monitor_session_holding(const struct monitor_session *s)
{
    return s->held->len > 0;
}

static size_t feed_some(struct monitor_session *s, const char *bytes, size_t n)
{
    size_t left = n;

    s->feeding = true;
    while (left && s->open && session_backlog(s) <= BACKLOG_BYTES && s->type->ready(s))
        if (!s->type->feed(s, &bytes, &left))
            break;
    s->feeding = false;
    return n - left;
}

void monitor_session_feed(struct monitor_session *s, const char *bytes, size_t n)
{
    size_t used;

    assert(n <= MONITOR_FEED_BYTES && !s->feeding);
    used = s->held->len ? 0 : feed_some(s, bytes, n);
    if (used < n && s->open)
        g_string_append_len(s->held, bytes + used, (gssize)(n - used));
    s->was_ready = monitor_session_ready(s);
}

void session_resume(struct monitor_session *s)
{
    bool ready;

    if (s->feeding)
        return;
    if (s->held->len) {
        GString *held = s->held;

        s->held = g_string_new(NULL);
        size_t used = feed_some(s, held->str, held->len);
        g_string_append_len(s->held, held->str + used, (gssize)(held->len - used));
        g_string_free(held, TRUE);
    }
    ready = monitor_session_ready(s);
    if (ready && !s->was_ready && s->out->resume) {
        s->was_ready = true;
        s->out->resume(s->out);
        return;
    }
    s->was_ready = ready;
}

bool monitor_session_flush(struct monitor_session *s)
{
    pending_flush(s);
    return !s->open || !s->focused || !session_backlog(s);
}

void monitor_session_drain(struct monitor_session *s)
{
    pending_flush(s);
    session_resume(s);
}

void monitor_session_focus(struct monitor_session *s, bool on)
{
    bool change = s->open && s->focused != on;

    if (change && !on && s->type->focus)
        s->type->focus(s, on);
    s->focused = on;
    monitor_session_drain(s);
    if (change && on && s->type->focus)
        s->type->focus(s, on);
}

void monitor_session_open(struct monitor_session *s)
{
    if (s->open)
        monitor_session_close(s);
    s->open = s->was_ready = true;
    fdsets_monitor_came(s->monitor->cfg.fdsets);
    s->type->open(s);
}

void monitor_session_close(struct monitor_session *s)
{
    if (!s->open)
        return;
    s->open = false;
    s->type->close(s);
    text_empty(&s->pending);
    text_empty(&s->held);
    s->pending_at = 0;
    fdsets_monitor_left(s->monitor->cfg.fdsets);
}

void monitor_session_free(struct monitor_session *s)
{
    if (!s)
        return;
    monitor_session_close(s);
    s->type->free(s);
}
