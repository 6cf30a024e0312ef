/* SPDX-License-Identifier: Apache-2.0 */
#include "chardev/backend.h"

/*
 * parallel (parport): a printer on a parallel port of the host; Linux's ppdev interface, IEEE 1284 compatibility mode
 *
 * What is written is printed: data, then a strobe, whenever the printer is not busy.  There is no event for
 * that, so while it is, a timer looks.  The guest's port does not get at the host's registers.
 */

#include "io/fdset.h"
#include "lib/error.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/parport.h>
#include <linux/ppdev.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define LOOK_NS 1000000u
enum { BYTES_AT_ONCE = 256 };

struct char_parallel {
    struct chardev chr;
    struct loop_timer look;
    int fd;
    bool claimed;
};

static struct char_parallel *parallel(struct chardev *chr)
{
    return (struct char_parallel *)chr;
}

static bool print(const struct char_parallel *c, uint8_t byte)
{
    struct ppdev_frob_struct strobe = { .mask = PARPORT_CONTROL_STROBE, .val = PARPORT_CONTROL_STROBE };
    uint8_t status;

    /* The port shows BUSY inverted: high is ready. */
    if (ioctl(c->fd, PPRSTATUS, &status) || !(status & PARPORT_STATUS_BUSY) || ioctl(c->fd, PPWDATA, &byte))
        return false;
    ioctl(c->fd, PPFCONTROL, &strobe);
    strobe.val = 0;
    ioctl(c->fd, PPFCONTROL, &strobe);
    return true;
}

static size_t parallel_write(struct chardev *chr, const void *buf, size_t n)
{
    struct char_parallel *c = parallel(chr);
    const uint8_t *bytes = buf;
    size_t done = 0;

    while (done < n && done < BYTES_AT_ONCE && print(c, bytes[done]))
        done++;
    if (done < n)
        loop_timer_set(chr->loop, &c->look, LOOP_MONOTONIC, loop_clock_ns(LOOP_MONOTONIC) + LOOK_NS);
    return done;
}

static void look(struct loop_timer *t)
{
    chardev_out_ready(&list_entry(t, struct char_parallel, look)->chr);
}

static bool parallel_wait_writable(struct chardev *chr, int timeout_ms)
{
    /* A printer takes seconds for what is left: whoever closes does not wait for it. */
    return false;
}

static int parallel_open(struct chardev *chr, const struct chardev_config *cfg, struct error **err)
{
    struct char_parallel *c = parallel(chr);

    c->look.fn = look;
    c->fd = fdsets_open(chr->set->fdsets, chr, cfg->path, O_RDWR | O_NONBLOCK, 0);
    if (c->fd < 0)
        return error_set_host(err, c->fd, T("chardev %s", chr->label), T("path=%s", cfg->path));
    if (ioctl(c->fd, PPCLAIM))
        return error_set_host(err, -errno, T("chardev %s", chr->label), T("use %s as a parallel port", cfg->path));
    chr->open = c->claimed = true;
    return 0;
}

static void parallel_close(struct chardev *chr)
{
    struct char_parallel *c = parallel(chr);

    loop_timer_del(&c->look);
    if (c->claimed)
        ioctl(c->fd, PPRELEASE);
    if (c->fd >= 0)
        close(c->fd);
}

const struct char_backend char_parallel = {
    .kind = CHAR_PARALLEL, .name = "parallel", .size = sizeof(struct char_parallel),
    .open = parallel_open, .close = parallel_close, .write = parallel_write, .wait_writable = parallel_wait_writable,
};
