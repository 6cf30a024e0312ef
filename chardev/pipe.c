/* SPDX-License-Identifier: Apache-2.0 */
#include "chardev/stream.h"

/*
 * pipe: two named pipes, PATH.in and PATH.out, or one path for both directions; fifo(7)
 *
 * All are opened for reading and writing, so that there is no end of input when a peer leaves, and nobody waits for
 * one to come.
 */

#include "io/fdset.h"
#include "lib/error.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

static void pipe_lost(struct char_stream *s, int code)
{
}

static int open_path(struct chardev *chr, const char *path, const char *suffix)
{
    char name[sizeof(((struct chardev_config *)0)->path) + 8];

    snprintf(name, sizeof(name), "%s%s", path, suffix);
    return fdsets_open(chr->set->fdsets, chr, name, O_RDWR | O_NONBLOCK | O_NOCTTY, 0);
}

static int pipe_open(struct chardev *chr, const struct chardev_config *cfg, struct error **err)
{
    int in = open_path(chr, cfg->path, ".in"), out = in < 0 ? -1 : open_path(chr, cfg->path, ".out");
    struct char_stream *s = (struct char_stream *)chr;

    if (out < 0 && in >= 0) {
        close(in);
        in = -1;
    }
    if (in < 0)
        in = out = open_path(chr, cfg->path, "");
    if (in < 0)
        return error_set_host(err, in, T("chardev %s", chr->label), T("path=%s", cfg->path));
    s->lost = pipe_lost;
    chr->open = true;
    return char_stream_start(s, in, out, true, err);
}

static void pipe_close(struct chardev *chr)
{
    char_stream_stop((struct char_stream *)chr);
}

const struct char_backend char_pipe = {
    .kind = CHAR_PIPE, .name = "pipe", .size = sizeof(struct char_stream),
    .open = pipe_open, .close = pipe_close,
    .write = char_stream_write, .resume = char_stream_resume, .wait_writable = char_stream_wait_writable,
};
