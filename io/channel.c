/* SPDX-License-Identifier: Apache-2.0 */
#include "io/channel.h"

/*
 * Byte channels (see channel.h)
 *
 * Invariant: no read or write here waits.  Sockets are asked with MSG_DONTWAIT; terminals, pipes and
 * character devices have O_NONBLOCK; regular files never wait for a peer.
 */

#include "lib/error.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

static void drop_fds(struct channel *c)
{
    while (c->n_fds)
        close(c->fds[--c->n_fds]);
}

static void keep_fds(struct channel *c, struct msghdr *m)
{
    for (struct cmsghdr *h = CMSG_FIRSTHDR(m); h; h = CMSG_NXTHDR(m, h)) {
        size_t num = (h->cmsg_len - CMSG_LEN(0)) / sizeof(int);

        if (h->cmsg_level != SOL_SOCKET || h->cmsg_type != SCM_RIGHTS || !num)
            continue;
        drop_fds(c);
        for (size_t i = 0; i < num; i++) {
            int fd;

            memcpy(&fd, CMSG_DATA(h) + i * sizeof(fd), sizeof(fd));
            if (c->n_fds < CHANNEL_FDS)
                c->fds[c->n_fds++] = fd;
            else
                close(fd);
        }
    }
}

/* The kernel closes what the buffer has no room for. */
static ssize_t receive(struct channel *c, void *buf, size_t n)
{
    union { struct cmsghdr align; char bytes[CMSG_SPACE(CHANNEL_FDS * sizeof(int))]; } control;
    struct iovec iov = { buf, n };
    struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = &control,
                        .msg_controllen = sizeof(control) };
    ssize_t r;

    if (!c->takes_fds || !n)
        return recv(c->in.fd, buf, n, MSG_DONTWAIT);
    r = recvmsg(c->in.fd, &m, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    if (r >= 0)
        keep_fds(c, &m);
    return r;
}

void channel_take_fds(struct channel *c)
{
    c->takes_fds = c->in_is_socket && !c->layer;
}

bool channel_has_fds(const struct channel *c)
{
    return c->n_fds > 0;
}

int channel_fd_take(struct channel *c)
{
    int fd = c->n_fds ? c->fds[0] : -1;

    if (c->n_fds)
        c->fds[0] = c->fds[--c->n_fds];
    drop_fds(c);
    return fd;
}

static ssize_t fd_read(struct channel *c, void *buf, size_t n)
{
    ssize_t r;

    if (c->in.fd < 0)
        return 0;
    do
        r = c->in_is_socket ? receive(c, buf, n) : read(c->in.fd, buf, n);
    while (r < 0 && errno == EINTR);
    return r < 0 ? -errno : r;
}

static ssize_t fd_write(struct channel *c, const void *buf, size_t n)
{
    int fd = c->out.fd;
    ssize_t r;

    if (fd < 0)
        return n;
    do
        r = c->out_is_socket ? send(fd, buf, n, MSG_DONTWAIT | MSG_NOSIGNAL) : write(fd, buf, n);
    while (r < 0 && errno == EINTR);
    return r < 0 ? -errno : r;
}

static void fd_close_one(int fd, int flags_before)
{
    if (fd < 0)
        return;
    if (flags_before >= 0)
        fcntl(fd, F_SETFL, flags_before);
    close(fd);
}

static void fd_close(struct channel *c)
{
    drop_fds(c);
    fd_close_one(c->in.fd, c->in_flags_before);
    if (c->out.fd != c->in.fd)
        fd_close_one(c->out.fd, c->out_flags_before);
}

static const struct channel_ops fd_ops = { fd_read, fd_write, fd_close, NULL, NULL };

static bool is_kind(int fd, mode_t kind)
{
    struct stat st;

    return !fstat(fd, &st) && (st.st_mode & S_IFMT) == kind;
}

/* A descriptor of our own for what a borrowed one stands for, so that ours alone is non-blocking. */
static int borrow(int fd, int mode, int *flags_before)
{
    char path[32];
    int mine;

    if (fd < 0)
        return -1;
    /* To open the master's side of a pty again would make another pty. */
    if (is_kind(fd, S_IFIFO) || (isatty(fd) && ptsname_r(fd, path, sizeof(path)))) {
        snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
        mine = open(path, mode | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
        if (mine >= 0)
            return mine;
    }
    mine = fcntl(fd, F_DUPFD_CLOEXEC, 3);
    if (mine >= 0 && !is_kind(fd, S_IFREG) && !is_kind(fd, S_IFSOCK)) {
        *flags_before = fcntl(mine, F_GETFL);
        fcntl(mine, F_SETFL, *flags_before | O_NONBLOCK);
    }
    return mine;
}

/* A hang-up that nobody acts on would be reported for ever: the descriptor is left alone until it is wanted again. */
static void report(struct channel *c, struct watch *w, unsigned events)
{
    if (events & LOOP_HUP)
        watch_del(w);
    c->ready(c, events);
}

static void in_ready(struct watch *w, unsigned events)
{
    report(list_entry(w, struct channel, in), w, events);
}

static void out_ready(struct watch *w, unsigned events)
{
    report(list_entry(w, struct channel, out), w, events);
}

static void open_up(int fd)
{
    if (fd >= 0 && !is_kind(fd, S_IFREG))
        fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
}

int channel_open(struct channel *c, struct loop *loop, int in, int out, bool own, struct error **err)
{
    bool same = in == out;
    int r = 0;

    c->in_flags_before = c->out_flags_before = -1;
    if (own) {
        open_up(in);
        open_up(out);
    } else {
        in = borrow(in, same ? O_RDWR : O_RDONLY, &c->in_flags_before);
        out = same ? in : borrow(out, O_WRONLY, &c->out_flags_before);
    }
    c->ops = &fd_ops;
    c->loop = loop;
    c->wanted = 0;
    c->layer = NULL;
    c->takes_fds = false;
    c->n_fds = 0;
    c->up = true;
    c->in_is_socket = in >= 0 && is_kind(in, S_IFSOCK);
    c->out_is_socket = out >= 0 && is_kind(out, S_IFSOCK);
    c->in = (struct watch){ .fd = in, .fn = in_ready };
    c->out = (struct watch){ .fd = out, .fn = out_ready };
    if (in >= 0)
        r = watch_add(loop, &c->in, 0, err);
    if (!r && out >= 0 && !same)
        r = watch_add(loop, &c->out, 0, err);
    if (r)
        channel_close(c);
    return r;
}

void channel_close(struct channel *c)
{
    if (!c->ops)
        return;
    watch_del(&c->in);
    watch_del(&c->out);
    c->ops->close(c);
    c->ops = NULL;
    c->up = false;
}

/* Watches are known by their place, so they are left, and taken up again by the next channel_want(). */
void channel_push(struct channel *c, struct channel_layer *l, const struct channel_ops *ops,
                  void (*ready)(struct channel *below, unsigned events))
{
    watch_del(&c->in);
    watch_del(&c->out);
    l->below = *c;
    l->below.ready = ready;
    if (l->below.layer)
        l->below.layer->top = &l->below;
    l->top = c;
    c->in.fd = c->out.fd = -1;
    c->layer = l;
    c->ops = ops;
    c->up = false;
}

static struct channel *bottom(struct channel *c)
{
    while (c->layer)
        c = &c->layer->below;
    return c;
}

int channel_fd(struct channel *c)
{
    return bottom(c)->in.fd;
}

bool channel_is_open(const struct channel *c)
{
    return c->ops != NULL;
}

static void want_one(struct channel *c, struct watch *w, unsigned events)
{
    if (w->loop)
        watch_set(w, events);
    else if (w->fd >= 0 && events)
        watch_add(c->loop, w, events, NULL);
}

void channel_want(struct channel *c, unsigned events)
{
    c->wanted = events;
    if (c->ops->want) {
        c->ops->want(c, events);
        return;
    }
    if (c->in.fd == c->out.fd) {
        want_one(c, &c->in, events);
    } else {
        want_one(c, &c->in, events & LOOP_IN);
        want_one(c, &c->out, events & LOOP_OUT);
    }
}

ssize_t channel_read(struct channel *c, void *buf, size_t n)
{
    return c->ops->read(c, buf, n);
}

ssize_t channel_write(struct channel *c, const void *buf, size_t n)
{
    return c->ops->write(c, buf, n);
}

bool channel_flush(struct channel *c)
{
    return !c->ops || !c->ops->flush || c->ops->flush(c);
}

bool channel_wait_writable(struct channel *c, int timeout_ms)
{
    struct pollfd p = { .fd = bottom(c)->out.fd, .events = POLLOUT };

    return p.fd < 0 || poll(&p, 1, timeout_ms) > 0;
}
