/* SPDX-License-Identifier: Apache-2.0 */
#include "accel/qtest/qtest.h"

/*
 * The qtest server: the connection, its lines and its log
 *
 * One request per line, one reply per request, in order.  A line that is longer than any request can
 * be ends in FAIL, and is skipped.  While the peer does not read, nothing more is executed.
 * Invariant: a line is executed on the home loop, outside of every device.
 */

#include "accel/qtest/server.h"
#include "lib/file.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

enum { LINE_MAX_BYTES = 2 * QTEST_BYTES_MAX + 128, OUT_HIGH = 1 << 20 };

static void log_line_of(struct qtest *q, char kind, const char *text, size_t n)
{
    uint64_t us = (loop_clock_ns(LOOP_MONOTONIC) - q->opened_ns) / 1000;

    if (q->log)
        fprintf(q->log, "[%c +%" G_GUINT64_FORMAT ".%06u] %.*s\n", kind, us / 1000000, (unsigned)(us % 1000000),
            (int)n, text);
}

static void out_flush(struct qtest *q)
{
    size_t n = chardev_write(&q->front, q->out->str, q->out->len);

    g_string_erase(q->out, 0, n);
}

static void out_line(struct qtest *q, size_t start)
{
    log_line_of(q, 'S', q->out->str + start, q->out->len - start);
    g_string_append_c(q->out, '\n');
    out_flush(q);
}

void qtest_reply(struct qtest *q, const char *fmt, ...)
{
    size_t start = q->out->len;
    va_list ap;

    va_start(ap, fmt);
    g_string_append_vprintf(q->out, fmt, ap);
    va_end(ap);
    out_line(q, start);
}

void qtest_reply_text(struct qtest *q, const char *text)
{
    size_t start = q->out->len;

    g_string_append(q->out, "OK ");
    g_string_append(q->out, text);
    out_line(q, start);
}

static void in_fill(struct qtest *q)
{
    char buf[4096];
    size_t n;

    while (q->in->len <= LINE_MAX_BYTES && (n = chardev_read(&q->front, buf, sizeof(buf))))
        g_string_append_len(q->in, buf, n);
}

/* What follows of a line that was too long is no request. */
static void rest_skip(struct qtest *q)
{
    char *end = memchr(q->in->str, '\n', q->in->len);

    g_string_erase(q->in, 0, end ? end - q->in->str + 1 : (gssize)q->in->len);
    q->skipping = !end;
}

/* NULL: none yet.  A long line comes in many pieces, each of which is looked at once. */
static char *line_end(struct qtest *q)
{
    char *end = memchr(q->in->str + q->looked, '\n', q->in->len - q->looked);

    q->looked = end ? 0 : q->in->len;
    return end;
}

static bool line_take(struct qtest *q)
{
    char *end, *line;
    size_t n;

    if (q->skipping)
        rest_skip(q);
    end = line_end(q);
    n = end ? (size_t)(end - q->in->str) : q->in->len;
    if (!end && n <= LINE_MAX_BYTES)
        return false;
    q->skipping = !end;
    q->looked = 0;
    line = g_strndup(q->in->str, n);
    g_string_erase(q->in, 0, end ? n + 1 : n);
    log_line_of(q, 'R', line, strlen(line));
    if (end)
        qtest_command(q, line);
    else
        qtest_reply(q, "FAIL line too long");
    g_free(line);
    return true;
}

static void next(struct post *p)
{
    struct qtest *q = (struct qtest *)((char *)p - offsetof(struct qtest, next));

    if (q->stepping)
        qtest_step(q);
    if (q->stepping) {
        loop_post(q->m->loop, &q->next);        /* signals and monitors have their turn */
        return;
    }
    in_fill(q);
    if (q->out->len < OUT_HIGH && line_take(q))
        loop_post(q->m->loop, &q->next);
}

static void readable(struct char_front *f)
{
    struct qtest *q = (struct qtest *)((char *)f - offsetof(struct qtest, front));

    loop_post(q->m->loop, &q->next);
}

static void writable(struct char_front *f)
{
    struct qtest *q = (struct qtest *)((char *)f - offsetof(struct qtest, front));

    out_flush(q);
    loop_post(q->m->loop, &q->next);
}

static void event(struct char_front *f, enum char_event event)
{
    struct qtest *q = (struct qtest *)((char *)f - offsetof(struct qtest, front));

    if (event == CHAR_OPENED) {
        memset(q->level, 0, sizeof(q->level));
        q->opened_ns = loop_clock_ns(LOOP_MONOTONIC);
        if (q->log)
            fputs("[I 0.000000] OPENED\n", q->log);
    } else if (event == CHAR_CLOSED) {
        g_string_truncate(q->in, 0);
        g_string_truncate(q->out, 0);
        q->skipping = q->stepping = false;
        q->looked = 0;
        log_line_of(q, 'I', "CLOSED", 6);
    }
}

static int chardev_get(struct machine *m, const char *spec, struct chardev **chr, struct error **err)
{
    struct chardev_config *cfg = malloc(sizeof(*cfg));
    int r;

    assert(cfg && m->chardevs);
    r = chardev_parse_legacy(cfg, "-qtest", spec, "qtest", err);
    *chr = NULL;
    if (!r && cfg->kind == CHAR_REFER)
        *chr = chardev_find(m->chardevs, cfg->label);
    else if (!r && cfg->kind != CHAR_NONE)
        *chr = chardev_open(m->chardevs, cfg, err);
    if (!r && !*chr && cfg->kind == CHAR_REFER)
        r = error_set(err, -ENOENT, ERROR_UNKNOWN, "-qtest", spec, "the id of a -chardev");
    else if (!r && !*chr)
        r = cfg->kind == CHAR_NONE ? error_set(err, -EINVAL, ERROR_UNKNOWN, "-qtest", spec, "a chardev") : -EINVAL;
    free(cfg);
    return r;
}

static int log_get(const char *path, FILE **log, struct error **err)
{
    int fd;

    *log = path ? NULL : stderr;
    if (!path || !strcmp(path, "none"))
        return 0;
    fd = file_create(path, O_TRUNC);
    if (fd < 0)
        return error_set_host(err, fd, "-qtest-log", path);
    *log = fdopen(fd, "w");
    assert(*log);
    setvbuf(*log, NULL, _IOLBF, 0);
    return 0;
}

int qtest_open(struct machine *m, const char *chardev_spec, const char *log, struct error **err)
{
    struct qtest *q;
    struct chardev *chr;
    int r = chardev_get(m, chardev_spec, &chr, err);

    if (r < 0)
        return r;
    q = calloc(1, sizeof(*q));
    assert(q);
    q->m = m;
    q->in = g_string_new(NULL);
    q->out = g_string_new(NULL);
    q->next.fn = next;
    q->front = (struct char_front){ .readable = readable, .writable = writable, .event = event };
    m->irq_watch = (struct irq_watch){ qtest_line_changed, q };
    r = log_get(log, &q->log, err);
    if (!r)
        r = chardev_attach(chr, &q->front, err);
    if (r < 0)
        qtest_close(m);
    return r;
}

void qtest_close(struct machine *m)
{
    struct qtest *q = m->irq_watch.opaque;

    if (!q)
        return;
    m->irq_watch = (struct irq_watch){ 0 };
    chardev_detach(&q->front);
    loop_post_cancel(m->loop, &q->next);
    g_string_free(q->in, TRUE);
    g_string_free(q->out, TRUE);
    if (q->log && q->log != stderr)
        fclose(q->log);
    free(q);
}
