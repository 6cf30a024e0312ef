/* SPDX-License-Identifier: Apache-2.0 */
#include "monitor/monitor.h"

/*
 * A monitor session on a chardev
 *
 * Bytes are left in the chardev's ring while the session is busy: that is the back-pressure.  The front
 * end is called on the home loop, which is the main loop.  A session that ends waits a second at most for a
 * peer that takes nothing of what has been said.
 */

#include "chardev/char.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { LAST_WORDS_MS = 1000 };

struct monitor_char {
    struct char_front front;
    struct chardev *chr;
    struct monitor_out out;
    struct monitor_session *session;
};

static struct monitor_char *of_front(struct char_front *f)
{
    return (struct monitor_char *)((char *)f - offsetof(struct monitor_char, front));
}

static struct monitor_char *of_out(struct monitor_out *o)
{
    return (struct monitor_char *)((char *)o - offsetof(struct monitor_char, out));
}

static void front_readable(struct char_front *f)
{
    struct monitor_char *c = of_front(f);
    char bytes[MONITOR_FEED_BYTES];

    f->holding = monitor_session_holding(c->session);
    while (monitor_session_ready(c->session)) {
        size_t n = chardev_read(f, bytes, sizeof(bytes));

        if (!n)
            return;
        monitor_session_feed(c->session, bytes, n);
        f->holding = monitor_session_holding(c->session);
    }
}

/* What a peer that has gone left unread is not the next one's. */
static void leftovers_drop(struct char_front *f)
{
    char bytes[MONITOR_FEED_BYTES];

    while (chardev_read(f, bytes, sizeof(bytes)))
        ;
}

static void front_writable(struct char_front *f)
{
    monitor_session_drain(of_front(f)->session);
}

static void front_event(struct char_front *f, enum char_event event)
{
    struct monitor_session *s = of_front(f)->session;

    switch (event) {
    case CHAR_OPENED:
        monitor_session_open(s);
        break;
    case CHAR_CLOSED:
        monitor_session_close(s);
        f->holding = false;
        leftovers_drop(f);
        break;
    case CHAR_FOCUS_IN:
    case CHAR_FOCUS_OUT:
        monitor_session_focus(s, event == CHAR_FOCUS_IN);
        break;
    default:
        break;
    }
}

static size_t out_write(struct monitor_out *o, const char *bytes, size_t n)
{
    return chardev_write(&of_out(o)->front, bytes, n);
}

static void out_resume(struct monitor_out *o)
{
    front_readable(&of_out(o)->front);
}

static int out_take_fd(struct monitor_out *o)
{
    return chardev_take_fd(&of_out(o)->front);
}

struct monitor_char *monitor_char_new(struct monitor *m, struct chardev *chr, enum monitor_mode mode,
                                      struct error **err)
{
    struct monitor_char *c = calloc(1, sizeof(*c));

    assert(c);
    c->chr = chr;
    c->front = (struct char_front){ .readable = front_readable, .writable = front_writable, .event = front_event };
    c->out = (struct monitor_out){ .write = out_write, .resume = out_resume, .take_fd = out_take_fd };
    c->session = mode == MONITOR_HMP ? monitor_hmp_new(m, &c->out)
                                     : monitor_qmp_new(m, &c->out, mode == MONITOR_QMP_PRETTY);
    /* On a mux the session is not seen before it gets the focus; until then its banner waits. */
    if (!strcmp(chardev_filename(chr), "mux"))
        monitor_session_focus(c->session, false);
    if (!chardev_attach(chr, &c->front, err))
        return c;
    monitor_session_free(c->session);
    free(c);
    return NULL;
}

void monitor_char_free(struct monitor_char *c)
{
    if (!c)
        return;
    while (!monitor_session_flush(c->session) && chardev_flush(c->chr, LAST_WORDS_MS))
        ;
    chardev_detach(&c->front);
    monitor_session_free(c->session);
    free(c);
}
