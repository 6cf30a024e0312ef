/* SPDX-License-Identifier: Apache-2.0 */
#include "chardev/backend.h"

/*
 * udp: datagrams to and from one host and port; udp(7)
 *
 * What a front end writes at once is one datagram, as far as the stage holds it.  One that comes is handed on
 * before the next is read; while nobody takes it the kernel drops what comes behind it.  Nobody is told
 * of datagrams that were lost, and an answer that nobody listens there is none.
 */

#include "io/channel.h"
#include "io/socket.h"
#include "lib/error.h"

#include <errno.h>
#include <sys/socket.h>

enum { DATAGRAM_BYTES = 65536 };

struct char_udp {
    struct chardev chr;
    struct channel channel;
    bool blocked;
    unsigned at, len;           /* of the datagram that is being handed on */
    uint8_t data[DATAGRAM_BYTES];
};

static struct char_udp *udp(struct chardev *chr)
{
    return (struct char_udp *)chr;
}

static void hand_on(struct char_udp *c)
{
    size_t room;

    while (c->at < c->len && (room = chardev_in_room(&c->chr)) > 0) {
        size_t n = c->len - c->at < room ? c->len - c->at : room;
        unsigned at = c->at;

        c->at += n;
        chardev_in(&c->chr, c->data + at, n);
    }
    channel_want(&c->channel, (c->at == c->len ? LOOP_IN : 0) | (c->blocked ? LOOP_OUT : 0));
}

static void udp_ready(struct channel *channel, unsigned events)
{
    struct char_udp *c = list_entry(channel, struct char_udp, channel);
    ssize_t n = c->at == c->len ? channel_read(channel, c->data, sizeof(c->data)) : 0;

    if (n > 0) {
        c->at = 0;
        c->len = n;
    }
    if (c->blocked && (events & LOOP_OUT)) {
        c->blocked = false;
        chardev_out_ready(&c->chr);
    }
    hand_on(c);
}

static void udp_resume(struct chardev *chr)
{
    hand_on(udp(chr));
}

static size_t udp_write(struct chardev *chr, const void *buf, size_t n)
{
    struct char_udp *c = udp(chr);
    ssize_t done = channel_write(&c->channel, buf, n);

    if (done != -EAGAIN)
        return n;
    c->blocked = true;
    hand_on(c);
    return 0;
}

static bool udp_wait_writable(struct chardev *chr, int timeout_ms)
{
    return channel_wait_writable(&udp(chr)->channel, timeout_ms);
}

static int udp_open(struct chardev *chr, const struct chardev_config *cfg, struct error **err)
{
    struct char_udp *c = udp(chr);
    int fd = socket_datagram(&cfg->address, *cfg->local.host || *cfg->local.port ? &cfg->local : NULL, err), r;

    if (fd < 0) {
        error_set_owner(err, T("chardev %s", chr->label));
        return fd;
    }
    c->channel.ready = udp_ready;
    r = channel_open(&c->channel, chr->loop, fd, fd, true, err);
    if (r)
        return r;
    channel_want(&c->channel, LOOP_IN);
    chr->open = true;
    return 0;
}

static void udp_close(struct chardev *chr)
{
    channel_close(&udp(chr)->channel);
}

const struct char_backend char_udp = {
    .kind = CHAR_UDP, .name = "udp", .size = sizeof(struct char_udp),
    .open = udp_open, .close = udp_close, .write = udp_write, .resume = udp_resume,
    .wait_writable = udp_wait_writable,
};
