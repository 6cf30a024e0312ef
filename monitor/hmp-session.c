/* SPDX-License-Identifier: Apache-2.0 */
#include "monitor/session.h"

/*
 * An HMP session: banner, prompt, line editor (facts/cli/hmp-commands.tsv)
 *
 * While a command goes on nothing is read; its end brings the prompt back.
 */

#include "monitor/readline.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

struct hmp_session {
    struct monitor_session base;
    struct text_out out;
    struct readline readline;
    struct hmp_call *call;              /* the line being run */
    int64_t cpu;                        /* that `cpu` has chosen; -1: none */
    bool left;                          /* another front end had the terminal meanwhile */
};

static struct hmp_session *hmp_session(const struct monitor_session *s)
{
    return (struct hmp_session *)((char *)s - offsetof(struct hmp_session, base));
}

static void hmp_put(struct text_out *out, const char *text, size_t n)
{
    struct hmp_session *h = (struct hmp_session *)((char *)out - offsetof(struct hmp_session, out));
    const char *end;

    while ((end = memchr(text, '\n', n))) {
        session_write(&h->base, text, (size_t)(end - text));
        session_write(&h->base, "\r\n", 2);
        n -= (size_t)(end + 1 - text);
        text = end + 1;
    }
    session_write(&h->base, text, n);
}

static struct hmp_session *of_readline(struct readline *r)
{
    return (struct hmp_session *)((char *)r - offsetof(struct hmp_session, readline));
}

static void editor_show(struct readline *r, const char *bytes, size_t n)
{
    session_write(&of_readline(r)->base, bytes, n);
}

static void call_done(struct hmp_call *call)
{
    struct hmp_session *h = call->opaque;

    h->call = NULL;
    if (!call->last)
        readline_prompt(&h->readline);
    free(call);
    session_resume(&h->base);
}

bool hmp_info_history(struct hmp_call *call)
{
    const struct readline *r = call->history;

    for (unsigned i = 0; r && i < r->history_num; i++)
        text_out_printf(call->out, "%u: '%s'\n", i, r->history[i]);
    return true;
}

static void editor_line(struct readline *r, const char *line)
{
    struct hmp_session *h = of_readline(r);

    h->call = calloc(1, sizeof(*h->call));
    assert(h->call);
    *h->call = (struct hmp_call){ .monitor = h->base.monitor, .session = &h->base, .out = &h->out, .cpu = h->cpu,
                                  .chosen = &h->cpu, .history = &h->readline,
                                  .done = call_done, .opaque = h };
    hmp_run(h->call, line);
}

static void editor_complete(struct readline *r, const char *before, struct readline_words *words)
{
    hmp_complete(&of_readline(r)->base, before, words);
}

static void hmp_open(struct monitor_session *s)
{
    struct hmp_session *h = hmp_session(s);
    const struct monitor_config *cfg = &s->monitor->cfg;

    text_out_printf(&h->out, "QEMU %u.%u.%u monitor - type 'help' for more information\n", cfg->major, cfg->minor,
                    cfg->micro);
    readline_prompt(&h->readline);
}

/* The line begun is given up when another front end gets the terminal. */
static void hmp_focus(struct monitor_session *s, bool on)
{
    struct hmp_session *h = hmp_session(s);

    if (!on)
        session_write(s, "\r\n", 2);
    else if (h->left && !h->call)
        readline_prompt(&h->readline);
    h->left = !on;
}

static void hmp_close(struct monitor_session *s)
{
    struct hmp_session *h = hmp_session(s);

    if (h->call)
        hmp_orphan(h->call);
    free(h->call);
    h->call = NULL;
}

static bool hmp_ready(const struct monitor_session *s)
{
    return !hmp_session(s)->call;
}

static bool hmp_feed(struct monitor_session *s, const char **bytes, size_t *n)
{
    readline_put(&hmp_session(s)->readline, (unsigned char)**bytes);
    ++*bytes;
    --*n;
    return true;
}

static void hmp_free(struct monitor_session *s)
{
    struct hmp_session *h = hmp_session(s);

    readline_fini(&h->readline);
    session_fini(s);
    free(h);
}

struct monitor_session *monitor_hmp_new(struct monitor *m, struct monitor_out *out)
{
    static const struct session_type type = {
        .open = hmp_open, .close = hmp_close, .ready = hmp_ready,
        .feed = hmp_feed, .focus = hmp_focus, .free = hmp_free,
    };
    struct hmp_session *h = calloc(1, sizeof(*h));

    assert(h);
    session_init(&h->base, &type, m, out);
    h->out.put = hmp_put;
    h->readline.show = editor_show;
    h->readline.line = editor_line;
    h->readline.complete = editor_complete;
    h->readline.prompt = "(qemu) ";
    h->cpu = -1;
    return &h->base;
}
