/* SPDX-License-Identifier: Apache-2.0 */
#include "chardev/backend.h"

/*
 * mux: several front ends share one chardev; the escape key (C-a) and another are a command to the mux
 *
 * The mux is a front end of its base and a chardev to its own.  All of them write; the one that has the focus
 * reads.  Keys that find its ring full wait, and commands behind them, too.  C-a s (write snapshots back) does nothing.
 *
 * Invariant: keys[at..len) have come and are not dealt with; `line` holds what is owed to the base before
 * any other output.
 */

#include "lib/error.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { MAX_FRONTS = 4 };

struct char_mux {
    struct chardev chr;
    struct chardev *base;
    struct char_front below;
    struct char_port *fronts[MAX_FRONTS], *focus, *told_focus;
    unsigned num;
    struct post tell;
    uint8_t keys[256];
    unsigned at, len;
    uint8_t escape;             /* the set's, when this mux was made */
    bool escaped, owns_base;
    bool timestamps, in_line;
    uint64_t start_ns;
    char line[400];
    unsigned line_at;
};

/* Output */

static bool write_line_owed(struct char_mux *m)
{
    m->line_at += chardev_write(&m->below, m->line + m->line_at, strlen(m->line + m->line_at));
    return !m->line[m->line_at];
}

static void say(struct char_mux *m, const char *text)
{
    char owed[sizeof(m->line)];

    snprintf(owed, sizeof(owed), "%s%s", m->line + m->line_at, text);
    memcpy(m->line, owed, sizeof(owed));
    m->line_at = 0;
    write_line_owed(m);
}

static void say_time(struct char_mux *m)
{
    uint64_t now_ns = loop_clock_ns(LOOP_MONOTONIC);
    unsigned long ms;
    char stamp[32];

    if (!m->start_ns)
        m->start_ns = now_ns;
    ms = (now_ns - m->start_ns) / 1000000;
    snprintf(stamp, sizeof(stamp), "[%02lu:%02lu:%02lu.%03lu] ", ms / 3600000, ms / 60000 % 60, ms / 1000 % 60,
             ms % 1000);
    say(m, stamp);
}

static size_t mux_write(struct chardev *chr, const void *buf, size_t n)
{
    struct char_mux *m = (struct char_mux *)chr;
    const char *bytes = buf;
    size_t done = 0;

    while (done < n && write_line_owed(m)) {
        const char *end = m->timestamps ? memchr(bytes + done, '\n', n - done) : NULL;
        size_t part = (end ? (size_t)(end - bytes) + 1 : n) - done, took;

        if (m->timestamps && !m->in_line) {
            say_time(m);
            m->in_line = true;
            continue;
        }
        took = chardev_write(&m->below, bytes + done, part);
        done += took;
        if (end && took == part)
            m->in_line = false;
        if (took < part)
            break;
    }
    return done;
}

static void below_writable(struct char_front *f)
{
    struct char_mux *m = list_entry(f, struct char_mux, below);

    if (write_line_owed(m))
        chardev_out_ready(&m->chr);
}

static bool mux_wait_writable(struct chardev *chr, int timeout_ms)
{
    return chardev_flush(((struct char_mux *)chr)->base, timeout_ms);
}

/* Focus */

static void tell_focus(struct post *p)
{
    struct char_mux *m = list_entry(p, struct char_mux, tell);

    if (m->told_focus == m->focus)
        return;
    if (m->told_focus)
        chardev_port_event(m->told_focus, CHAR_FOCUS_OUT);
    m->told_focus = m->focus;
    if (m->focus)
        chardev_port_event(m->focus, CHAR_FOCUS_IN);
}

static void focus_next(struct char_mux *m)
{
    for (unsigned i = 0; i < m->num; i++)
        if (m->fronts[i] == m->focus) {
            m->focus = m->fronts[(i + 1) % m->num];
            break;
        }
    tell_focus(&m->tell);
}

static struct char_port *mux_focus(struct chardev *chr)
{
    return ((struct char_mux *)chr)->focus;
}

static void mux_attached(struct chardev *chr, struct char_port *port)
{
    struct char_mux *m = (struct char_mux *)chr;

    m->fronts[m->num++] = m->focus = port;
    loop_post(chr->loop, &m->tell);
}

static void mux_detached(struct chardev *chr, struct char_port *port)
{
    struct char_mux *m = (struct char_mux *)chr;
    unsigned kept = 0;

    for (unsigned i = 0; i < m->num; i++)
        if (m->fronts[i] != port)
            m->fronts[kept++] = m->fronts[i];
    m->num = kept;
    if (m->told_focus == port)
        m->told_focus = NULL;
    if (m->focus == port)
        m->focus = kept ? m->fronts[kept - 1] : NULL;
    loop_post(chr->loop, &m->tell);
}

/* Keys */

static void help(struct char_mux *m)
{
    static const struct { char key; const char *does; } lines[] = {
        { 'h', "this list (or ?)" }, { 'x', "end the emulator" },
        { 's', "write snapshots back (not in this version)" }, { 't', "time stamps on and off" },
        { 'b', "send a break" }, { 'c', "next front end: console, monitor" },
    };
    char name[12], text[sizeof(m->line)] = "\n\r";

    if (m->escape && m->escape < 0x20)
        snprintf(name, sizeof(name), "C-%c", m->escape + 'a' - 1);
    else
        snprintf(name, sizeof(name), "0x%02x", m->escape);
    for (unsigned i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
        snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s %c    %s\n\r", name, lines[i].key,
                 lines[i].does);
    snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s %s  send %s itself\n\r", name, name, name);
    say(m, text);
}

static void command(struct char_mux *m, uint8_t key)
{
    switch (key) {
    case 'h':
    case '?':
        help(m);
        break;
    case 'x':
        say(m, "QEMU: Terminated\n\r");
        if (m->chr.set->quit)
            m->chr.set->quit(m->chr.set);
        break;
    case 'b':
        if (m->focus)
            chardev_port_event(m->focus, CHAR_BREAK);
        break;
    case 'c':
        focus_next(m);
        break;
    case 't':
        m->timestamps = !m->timestamps;
        m->in_line = false;
        m->start_ns = 0;
        break;
    }
}

/* Hands on plain keys up to the next C-a; false if there is no room. */
static bool pass_keys(struct char_mux *m)
{
    size_t room = chardev_in_room(&m->chr), n = m->len - m->at;
    /* An escaped C-a is a key like any other. */
    const uint8_t *first = m->keys + m->at, *escape = memchr(first + m->escaped, m->escape, n - m->escaped);
    unsigned at = m->at;

    if (escape)
        n = escape - first;
    if (!room)
        return false;
    n = n < room ? n : room;
    m->escaped = false;
    m->at += n;
    chardev_in(&m->chr, m->keys + at, n);
    return true;
}

static void mux_pump(struct char_mux *m)
{
    for (;;) {
        uint8_t key;

        if (m->at == m->len) {
            m->at = 0;
            m->len = chardev_read(&m->below, m->keys, sizeof(m->keys));
            if (!m->len)
                return;
        }
        key = m->keys[m->at];
        if (m->escaped && key != m->escape) {
            m->escaped = false;
            m->at++;
            command(m, key);
        } else if (!m->escaped && key == m->escape) {
            m->escaped = true;
            m->at++;
        } else if (!pass_keys(m)) {
            return;
        }
    }
}

static void below_readable(struct char_front *f)
{
    mux_pump(list_entry(f, struct char_mux, below));
}

static void below_event(struct char_front *f, enum char_event event)
{
    struct char_mux *m = list_entry(f, struct char_mux, below);

    if (event != CHAR_BREAK)
        chardev_event(&m->chr, event);
    else if (m->focus)
        chardev_port_event(m->focus, event);
}

static void mux_resume(struct chardev *chr)
{
    mux_pump((struct char_mux *)chr);
}

static int mux_take_fd(struct chardev *chr)
{
    return chardev_take_fd(&((struct char_mux *)chr)->below);
}

static int mux_open(struct chardev *chr, const struct chardev_config *cfg, struct error **err)
{
    struct char_mux *m = (struct char_mux *)chr;
    int r;

    m->below = (struct char_front){ below_readable, below_writable, below_event, NULL };
    m->tell.fn = tell_focus;
    m->escape = chr->set->escape;
    m->base = chardev_find(chr->set, *cfg->base ? cfg->base : T("%s-base", cfg->label));
    if (!m->base)
        return error_set(err, -ENOENT, ERROR_UNKNOWN, T("chardev %s", cfg->label), cfg->base, "the id of a chardev");
    r = chardev_attach(m->base, &m->below, err);
    m->owns_base = !r && !*cfg->base;
    return r;
}

static void mux_close(struct chardev *chr)
{
    struct char_mux *m = (struct char_mux *)chr;

    loop_post_cancel(chr->loop, &m->tell);
    chardev_detach(&m->below);
    if (m->owns_base)
        chardev_close(m->base);
}

const struct char_backend char_mux = {
    .kind = CHAR_MUX, .name = "mux", .size = sizeof(struct char_mux), .max_fronts = MAX_FRONTS,
    .open = mux_open, .close = mux_close, .write = mux_write, .resume = mux_resume, .wait_writable = mux_wait_writable,
    .take_fd = mux_take_fd,
    .focus = mux_focus, .attached = mux_attached, .detached = mux_detached,
};
