/* SPDX-License-Identifier: Apache-2.0 */
#include "chardev/socket-tls.h"

/*
 * socket: one peer over a Unix or TCP stream, as its server or its client
 *
 * A server has one client at a time; the next waits in the kernel's queue until the first has gone.  What a client
 * that left has sent before is still read, until the next one comes.
 * What is written while there is none is dropped; a slow client slows the front end down and loses nothing.  A
 * client with `reconnect` connects in the background, again and again.  Over the socket there may be TLS, over that a
 * websocket, over that telnet; a peer is there when these are agreed, for which it has HANDSHAKE_NS.
 *
 * Invariant: the timer belongs to a handshake that is under way; without one, to a listener that nobody could be taken
 * from, or to `reconnect`.
 */

#include "chardev/stream.h"
#include "io/connector.h"
#include "io/socket.h"
#include "io/telnet.h"
#include "io/websocket.h"
#include "lib/error.h"
#include "lib/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define HANDSHAKE_NS 10000000000u
#define SECOND_NS 1000000000ull

struct char_socket {
    struct char_stream s;
    struct address address;
    bool server, nodelay, telnet, tn3270, websocket;
    bool complained;            /* of this loss: once is enough */
    uint32_t reconnect_s;
    struct watch listener;      /* fd -1: none */
    struct connector *connector;
    struct loop_timer timer;
    struct char_tls tls;
};

static struct char_socket *sock(struct chardev *chr)
{
    return (struct char_socket *)chr;
}

static void timer_in(struct char_socket *c, uint64_t ns)
{
    loop_timer_set(c->s.chr.loop, &c->timer, LOOP_MONOTONIC, loop_clock_ns(LOOP_MONOTONIC) + ns);
}

static void peer_up(struct char_stream *s)
{
    loop_timer_del(&sock(&s->chr)->timer);
    sock(&s->chr)->complained = false;
    s->chr.waiting = false;
    chardev_event(&s->chr, CHAR_OPENED);
    char_stream_resume(&s->chr);
}

static int connected(struct char_socket *c, int fd, struct error **err)
{
    int r;

    if (c->nodelay)
        socket_set_nodelay(fd);
    r = char_stream_start(&c->s, fd, fd, true, err);
    if (r)
        return r;
    r = char_tls_push(&c->tls, &c->s.channel, err);
    if (r) {
        char_stream_stop(&c->s);
        return r;
    }
    if (!char_tls_is_on(&c->tls))
        channel_take_fds(&c->s.channel);
    if (c->websocket)
        websocket_push(&c->s.channel);
    if (c->telnet || c->tn3270)
        telnet_push(&c->s.channel, c->tn3270);
    if (c->s.channel.up)
        peer_up(&c->s);
    else
        timer_in(c, HANDSHAKE_NS);
    return 0;
}

static void peer_lost(struct char_stream *s, int code)
{
    struct char_socket *c = sock(&s->chr);

    loop_timer_del(&c->timer);
    char_stream_stop(s);
    chardev_event(&s->chr, CHAR_CLOSED);
    /* Whoever waited for room may go on: there is nobody to write to. */
    chardev_out_ready(&s->chr);
    if (c->listener.loop)
        watch_set(&c->listener, LOOP_IN);
    if (c->reconnect_s)
        timer_in(c, c->reconnect_s * SECOND_NS);
}

static void peer_lingers(struct char_stream *s)
{
    struct char_socket *c = sock(&s->chr);

    if (c->listener.loop)
        watch_set(&c->listener, LOOP_IN);
}

static void complain(struct char_socket *c, struct error *err)
{
    if (!c->complained)
        log_warn("chardev %s: %s", c->s.chr.label, error_line(err).s);
    c->complained = c->reconnect_s || c->server;
    error_free(err);
}

/* Servers */

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
    }
    /* A host without descriptors will have some again; until then whoever knocks would be told of for ever. */
    watch_set(w, 0);
    complain(c, err);
    timer_in(c, SECOND_NS);
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

/* Clients */

static void connect_ended(void *opaque, int fd, struct error *err)
{
    struct char_socket *c = opaque;

    c->connector = NULL;
    if (fd >= 0 && !connected(c, fd, &err))
        return;
    complain(c, err);
    timer_in(c, c->reconnect_s * SECOND_NS);
}

static void connect_again(struct char_socket *c)
{
    struct error *err = NULL;

    c->connector = connector_new(c->s.chr.loop, &c->address, connect_ended, c, &err);
    if (!c->connector)
        connect_ended(c, -EAGAIN, err);
}

static void timer_due(struct loop_timer *t)
{
    struct char_socket *c = list_entry(t, struct char_socket, timer);

    if (channel_is_open(&c->s.channel) && !c->s.channel.up)
        peer_lost(&c->s, -ETIMEDOUT);
    else if (c->server)
        watch_set(&c->listener, LOOP_IN);
    else
        connect_again(c);
}

static int open_client(struct char_socket *c, const struct chardev_config *cfg, struct error **err)
{
    int fd;

    if (c->reconnect_s) {
        connect_again(c);
        return 0;
    }
    if (!cfg->connected)
        fd = socket_connect(&c->address, err);
    else if ((fd = fcntl(cfg->peer_fd, F_DUPFD_CLOEXEC, 0)) < 0)
        return error_set_host(err, -errno, address_text(&c->address).s, "connect");
    return fd < 0 ? fd : connected(c, fd, err);
}

static int socket_open(struct chardev *chr, const struct chardev_config *cfg, struct error **err)
{
    struct char_socket *c = sock(chr);
    int r;

    c->address = cfg->address;
    c->server = cfg->server;
    c->nodelay = cfg->nodelay;
    c->telnet = cfg->telnet;
    c->tn3270 = cfg->tn3270;
    c->websocket = cfg->websocket;
    c->reconnect_s = cfg->reconnect_s;
    c->listener.fd = -1;
    c->timer.fn = timer_due;
    c->s.up = peer_up;
    c->s.lost = peer_lost;
    c->s.lingers = peer_lingers;
    r = char_tls_init(&c->tls, chr, cfg, c->address.host, err);
    if (!r)
        r = c->server ? open_server(c, cfg->wait, err) : open_client(c, cfg, err);
    if (r)
        error_set_owner(err, T("chardev %s", chr->label));
    return r;
}

/* The loop hears of it as of a peer that has gone. */
static void socket_yank(struct chardev *chr)
{
    if (channel_is_open(&sock(chr)->s.channel))
        shutdown(channel_fd(&sock(chr)->s.channel), SHUT_RDWR);
}

static int socket_take_fd(struct chardev *chr)
{
    return channel_fd_take(&sock(chr)->s.channel);
}

static void socket_close(struct chardev *chr)
{
    struct char_socket *c = sock(chr);

    connector_cancel(c->connector);
    loop_timer_del(&c->timer);
    char_stream_stop(&c->s);
    watch_del(&c->listener);
    if (c->listener.fd >= 0)
        socket_close_listener(&c->address, c->listener.fd);
    char_tls_fini(&c->tls);
}

/* What is spoken stands where "tcp" would. */
static struct text spoken(const struct char_socket *c, struct text address)
{
    const char *name = c->telnet ? "telnet" : c->websocket ? "websocket" : "tcp";

    return strncmp(address.s, "tcp:", 4) ? address : text("%s:%s", name, address.s + 4);
}

static void socket_filename(struct chardev *chr, char *buf, size_t size)
{
    struct char_socket *c = sock(chr);
    bool there = c->s.channel.up;
    int fd = there ? channel_fd(&c->s.channel) : c->listener.fd;
    struct text local = spoken(c, fd < 0 ? address_text(&c->address) : socket_text(fd, false));
    struct text remote = there ? socket_text(fd, true) : text("%s", "");
    bool show = !strncmp(remote.s, "tcp:", 4);

    snprintf(buf, size, "%s%s%s%s%s", there ? "" : "disconnected:", local.s, c->server ? ",server=on" : "",
             show ? " <-> " : "", show ? remote.s + 4 : "");
}

const struct char_backend char_socket = {
    .kind = CHAR_SOCKET, .name = "socket", .size = sizeof(struct char_socket),
    .open = socket_open, .close = socket_close, .filename = socket_filename, .pending = char_stream_pending,
    .take_fd = socket_take_fd, .yank = socket_yank,
    .write = char_stream_write, .resume = char_stream_resume, .wait_writable = char_stream_wait_writable,
};
