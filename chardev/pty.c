/* SPDX-License-Identifier: Apache-2.0 */
#include "chardev/stream.h"

/*
 * pty: a new pseudo-terminal, whose other side anybody may open; pty(7)
 *
 * There is no event for the other side being opened, so while it is not, a timer looks.  What is written
 * meanwhile is dropped.
 */

#include "lib/error.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <termios.h>
#include <unistd.h>

#define LOOK_NS 100000000u

struct char_pty {
    struct char_stream s;
    struct loop_timer look;
    char path[64];
};

static bool is_hung_up(int master)
{
    struct pollfd p = { .fd = master };

    return poll(&p, 1, 0) > 0 && (p.revents & POLLHUP);
}

static void look_later(struct char_pty *c)
{
    loop_timer_set(c->s.chr.loop, &c->look, LOOP_MONOTONIC, loop_clock_ns(LOOP_MONOTONIC) + LOOK_NS);
}

static void look(struct loop_timer *t)
{
    struct char_pty *c = list_entry(t, struct char_pty, look);

    if (is_hung_up(c->s.channel.in.fd)) {
        look_later(c);
        return;
    }
    chardev_event(&c->s.chr, CHAR_OPENED);
    char_stream_restart(&c->s);
}

static void pty_lost(struct char_stream *s, int code)
{
    s->broken = true;
    s->blocked = false;
    look_later((struct char_pty *)s);
    chardev_event(&s->chr, CHAR_CLOSED);
    chardev_out_ready(&s->chr);
}

/* Raw, and then hung up, which it is not before the other side was opened once. */
static int prepare(int master, char *path, size_t size)
{
    struct termios raw;
    int slave;

    if (grantpt(master) || unlockpt(master) || ptsname_r(master, path, size))
        return -errno;
    slave = open(path, O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (slave < 0)
        return -errno;
    if (!tcgetattr(slave, &raw)) {
        cfmakeraw(&raw);
        tcsetattr(slave, TCSANOW, &raw);
    }
    close(slave);
    return 0;
}

static int pty_open(struct chardev *chr, const struct chardev_config *cfg, struct error **err)
{
    struct char_pty *c = (struct char_pty *)chr;
    int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC), r;

    if (master < 0)
        return error_set_host(err, -errno, T("chardev %s", chr->label), "pty");
    r = prepare(master, c->path, sizeof(c->path));
    if (r) {
        close(master);
        return error_set_host(err, r, T("chardev %s", chr->label), "pty");
    }
    c->s.lost = pty_lost;
    c->look.fn = look;
    r = char_stream_start(&c->s, master, master, true, err);
    if (r)
        return r;
    c->s.ended = c->s.broken = true;
    look_later(c);
    return 0;
}

static void pty_close(struct chardev *chr)
{
    struct char_pty *c = (struct char_pty *)chr;

    loop_timer_del(&c->look);
    char_stream_stop(&c->s);
}

static void pty_filename(struct chardev *chr, char *buf, size_t size)
{
    snprintf(buf, size, "pty:%s", ((struct char_pty *)chr)->path);
}

const struct char_backend char_pty = {
    .kind = CHAR_PTY, .name = "pty", .size = sizeof(struct char_pty),
    .open = pty_open, .close = pty_close, .filename = pty_filename,
    .write = char_stream_write, .resume = char_stream_resume, .wait_writable = char_stream_wait_writable,
};
