/* SPDX-License-Identifier: Apache-2.0 */
#include "chardev/stream.h"

/*
 * socket: one peer over a Unix or TCP stream, as its server or its client
 *
 * A server has one client at a time; the next waits in the kernel's queue until the first has gone.  What a client
 * that left has sent before is still read, until the next one comes.
 * What is written while there is none is dropped; a slow client slows the front end down and loses nothing.
 * No telnet, websocket, TLS, and a client that lost its server does not connect again.
 */

#include "io/socket.h"
#include "lib/error.h"
#include "lib/log.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct char_socket {
    struct char_stream s;
    struct address address;
    bool server, nodelay;
    struct watch listener;      /* fd -1: none */
};

static struct char_socket *sock(struct chardev *chr)
{
    return (struct char_socket *)chr;
}

static int connected(struct char_socket *c, int fd, struct error **err)
{
    int r;

    if (c->nodelay)
        socket_set_nodelay(fd);
    r = char_stream_start(&c->s, fd, fd, true, err);
    if (r)
        return r;
    c->s.chr.waiting = false;
    chardev_event(&c->s.chr, CHAR_OPENED);
    char_stream_resume(&c->s.chr);
    return 0;
}

static void peer_lost(struct char_stream *s, int code)
{
    struct char_socket *c = (struct char_socket *)s;

    char_stream_stop(s);
    chardev_event(&s->chr, CHAR_CLOSED);
    /* Whoever waited for room may go on: there is nobody to write to. */
    chardev_out_ready(&s->chr);
    if (c->listener.loop)
        watch_set(&c->listener, LOOP_IN);
}

static void peer_lingers(struct char_stream *s)
{
    struct char_socket *c = (struct char_socket *)s;

    if (c->listener.loop)
        watch_set(&c->listener, LOOP_IN);
}

static void client_knocks(struct watch *w, unsigned events)
{
    struct char_socket *c = list_entry(w, struct char_socket, listener);
    struct error *err = NULL;
    int fd = socket_accept(w->fd, &err);

    if (fd == -EAGAIN)
        return;
    if (fd >= 0) {
        if (channel_is_open(&c->s.channel))
            peer_lost(&c->s, 0);
        watch_set(w, 0);
        if (!connected(c, fd, &err))
            return;
        watch_set(w, LOOP_IN);
    }
    log_warn("chardev %s: %s", c->s.chr.label, error_line(err).s);
    error_free(err);
}

static int open_server(struct char_socket *c, bool wait, struct error **err)
{
    int fd = socket_listen(&c->address, err);

    if (fd < 0)
        return fd;
    c->listener = (struct watch){ .fd = fd, .fn = client_knocks };
    c->s.chr.waiting = wait;
    return watch_add(c->s.chr.loop, &c->listener, LOOP_IN, err);
}

static int socket_open(struct chardev *chr, const struct chardev_config *cfg, struct error **err)
{
    struct char_socket *c = sock(chr);
    int fd;

    c->address = cfg->address;
    c->server = cfg->server;
    c->nodelay = cfg->nodelay;
    c->listener.fd = -1;
    c->s.lost = peer_lost;
    c->s.lingers = peer_lingers;
    if (c->server)
        return open_server(c, cfg->wait, err);
    fd = socket_connect(&c->address, err);
    return fd < 0 ? fd : connected(c, fd, err);
}

static void socket_close(struct chardev *chr)
{
    struct char_socket *c = sock(chr);

    char_stream_stop(&c->s);
    watch_del(&c->listener);
    if (c->listener.fd >= 0)
        socket_close_listener(&c->address, c->listener.fd);
}

static void socket_filename(struct chardev *chr, char *buf, size_t size)
{
    struct char_socket *c = sock(chr);
    bool there = channel_is_open(&c->s.channel);
    int fd = there ? c->s.channel.in.fd : c->listener.fd;
    struct text local = fd < 0 ? address_text(&c->address) : socket_text(fd, false);
    struct text remote = there ? socket_text(fd, true) : text("%s", "");
    bool show = !strncmp(remote.s, "tcp:", 4);

    snprintf(buf, size, "%s%s%s%s%s", there ? "" : "disconnected:", local.s, c->server ? ",server=on" : "",
             show ? " <-> " : "", show ? remote.s + 4 : "");
}

const struct char_backend char_socket = {
    .kind = CHAR_SOCKET, .name = "socket", .size = sizeof(struct char_socket),
    .open = socket_open, .close = socket_close, .filename = socket_filename,
    .write = char_stream_write, .resume = char_stream_resume, .wait_writable = char_stream_wait_writable,
};
