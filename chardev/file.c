/* SPDX-License-Identifier: Apache-2.0 */
#include "chardev/stream.h"

/*
 * file: output into a file, input (QMP's "in" only) from another
 *
 * The file is emptied unless append is set.  When input has come to its end, there is no more.
 */

#include "io/fdset.h"
#include "lib/error.h"

#include <fcntl.h>
#include <unistd.h>

static void file_lost(struct char_stream *s, int code)
{
}

static int file_open(struct chardev *chr, const struct chardev_config *cfg, struct error **err)
{
    int flags = cfg->append ? O_APPEND : O_TRUNC, in = -1, out, r;
    struct char_stream *s = (struct char_stream *)chr;

    if (*cfg->input_path) {
        in = fdsets_open(chr->set->fdsets, chr, cfg->input_path, O_RDONLY, 0);
        if (in < 0)
            return error_set_host(err, in, T("chardev %s", chr->label), T("in=%s", cfg->input_path));
    }
    out = fdsets_create(chr->set->fdsets, chr, cfg->path, flags);
    if (out < 0) {
        r = error_set_host(err, out, T("chardev %s", chr->label), T("path=%s", cfg->path));
        if (in >= 0)
            close(in);
        return r;
    }
    s->lost = file_lost;
    chr->open = true;
    return char_stream_start(s, in, out, true, err);
}

static void file_close(struct chardev *chr)
{
    char_stream_stop((struct char_stream *)chr);
}

const struct char_backend char_file = {
    .kind = CHAR_FILE, .name = "file", .size = sizeof(struct char_stream),
    .open = file_open, .close = file_close,
    .write = char_stream_write, .resume = char_stream_resume, .wait_writable = char_stream_wait_writable,
};
