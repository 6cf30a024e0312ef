/* SPDX-License-Identifier: Apache-2.0 */
#include "chardev/stream.h"

/*
 * stdio: the terminal, or whatever stdin and stdout are; termios(3)
 *
 * A terminal is put into raw mode (with signal=on, Ctrl-C and its like stay signals) and put back when the
 * chardev is closed, or at exit() if it was not.  The end of stdin ends input, not output.
 */

#include "lib/error.h"

#include <assert.h>
#include <stdlib.h>
#include <termios.h>
#include <unistd.h>

/* Outlives the chardev: libc keeps the pointer until the process ends. */
struct saved_terminal {
    bool raw;
    struct termios before;
};

struct char_stdio {
    struct char_stream s;
    struct saved_terminal *terminal;
};

static void restore(int status, void *opaque)
{
    struct saved_terminal *t = opaque;

    if (t->raw)
        tcsetattr(STDIN_FILENO, TCSANOW, &t->before);
    t->raw = false;
}

static struct saved_terminal *make_raw(bool signals)
{
    struct saved_terminal *t;
    struct termios raw;

    if (tcgetattr(STDIN_FILENO, &raw))
        return NULL;
    t = malloc(sizeof(*t));
    assert(t);
    t->before = raw;
    raw.c_iflag &= ~(IGNBRK | BRKINT | PARMRK | ISTRIP | INLCR | IGNCR | ICRNL | IXON);
    raw.c_oflag |= OPOST;
    raw.c_lflag &= ~(ECHO | ECHONL | ICANON | IEXTEN | (signals ? 0 : ISIG));
    raw.c_cflag = (raw.c_cflag & ~(CSIZE | PARENB)) | CS8;
    raw.c_cc[VMIN] = 1;
    raw.c_cc[VTIME] = 0;
    t->raw = !tcsetattr(STDIN_FILENO, TCSANOW, &raw);
    on_exit(restore, t);
    return t;
}

static void stdio_lost(struct char_stream *s, int code)
{
}

static int stdio_open(struct chardev *chr, const struct chardev_config *cfg, struct error **err)
{
    struct char_stdio *c = (struct char_stdio *)chr;
    int r;

    c->s.lost = stdio_lost;
    r = char_stream_start(&c->s, STDIN_FILENO, STDOUT_FILENO, false, err);
    if (r)
        return r;
    c->terminal = make_raw(cfg->signal);
    chr->open = true;
    return 0;
}

static void stdio_close(struct chardev *chr)
{
    struct char_stdio *c = (struct char_stdio *)chr;

    char_stream_stop(&c->s);
    if (c->terminal)
        restore(0, c->terminal);
}

const struct char_backend char_stdio = {
    .kind = CHAR_STDIO, .name = "stdio", .size = sizeof(struct char_stdio),
    .open = stdio_open, .close = stdio_close,
    .write = char_stream_write, .resume = char_stream_resume, .wait_writable = char_stream_wait_writable,
};
