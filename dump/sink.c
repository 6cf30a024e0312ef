/* SPDX-License-Identifier: Apache-2.0 */
#include "dump/sink.h"

/*
 * Writing a dump (see sink.h); write(2), fcntl(2), eventfd(2)
 *
 * The descriptor does not block, so that a wait is one in poll(2), on it and on the cancelling descriptor.  A regular
 * file is always ready: what its disk takes, it takes.
 */

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PAGE = 4096, WRITE_MAX = 1 << 20 };

/* What is skipped there reads as zeros: nothing is behind it, and writing goes on where the offset is. */
static bool can_have_holes(const struct sink *s)
{
    struct stat st;

    return !fstat(s->fd, &st) && S_ISREG(st.st_mode) && !st.st_size && !lseek(s->fd, 0, SEEK_CUR) &&
           !(s->flags_before & O_APPEND);
}

int sink_open(struct sink *s, int fd)
{
    *s = (struct sink){ .fd = fd, .cancel_fd = -1 };
    if (fd < 0)
        return fd;
    s->flags_before = fcntl(fd, F_GETFL);
    s->cancel_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (s->cancel_fd < 0 || fcntl(fd, F_SETFL, s->flags_before | O_NONBLOCK) < 0) {
        int r = -errno;

        sink_close(s);
        return r;
    }
    s->holes = can_have_holes(s);
    return 0;
}

static int wait_writable(const struct sink *s)
{
    struct pollfd p[2] = { { .fd = s->fd, .events = POLLOUT }, { .fd = s->cancel_fd, .events = POLLIN } };

    if (poll(p, 2, -1) < 0 && errno != EINTR)
        return -errno;
    return p[1].revents ? -ECANCELED : 0;
}

static int write_all(struct sink *s, const uint8_t *data, size_t n)
{
    while (n) {
        ssize_t done = write(s->fd, data, n < WRITE_MAX ? n : WRITE_MAX);
        int r = 0;

        if (done > 0) {
            data += done;
            n -= done;
        } else if (done < 0 && errno == EAGAIN) {
            r = wait_writable(s);
        } else if (done == 0 || errno != EINTR) {
            return done == 0 ? -EIO : -errno;
        }
        if (r < 0)
            return r;
    }
    return s->cancelled ? -ECANCELED : 0;
}

/* What has been left out is left out by a seek, or written. */
static int fill(struct sink *s)
{
    static const uint8_t zeros[65536];
    int r = 0;

    if (s->holes && s->hole) {
        r = lseek(s->fd, s->hole, SEEK_CUR) < 0 ? -errno : 0;
        s->hole = 0;
    }
    while (s->hole && !r) {
        size_t n = s->hole < sizeof(zeros) ? s->hole : sizeof(zeros);

        r = write_all(s, zeros, n);
        s->hole -= n;
    }
    return r;
}

int sink_zeros(struct sink *s, uint64_t n)
{
    s->hole += n;
    s->pos += n;
    if (!s->holes)
        return fill(s);
    return s->cancelled ? -ECANCELED : 0;
}

int sink_write(struct sink *s, const void *data, size_t n)
{
    int r = fill(s);

    s->pos += n;
    return r ? r : write_all(s, data, n);
}

static bool is_zero(const uint8_t *data, size_t n)
{
    return !n || (!data[0] && !memcmp(data, data + 1, n - 1));
}

int sink_write_sparse(struct sink *s, const uint8_t *data, size_t n)
{
    size_t from = 0;
    int r = 0;

    if (!s->holes)
        return sink_write(s, data, n);
    for (size_t at = 0, step; at < n && !r; at += step) {
        step = n - at < PAGE ? n - at : PAGE;
        if (!is_zero(data + at, step))
            continue;
        if (at > from)
            r = sink_write(s, data + from, at - from);
        if (!r)
            r = sink_zeros(s, step);
        from = at + step;
    }
    return !r && n > from ? sink_write(s, data + from, n - from) : r;
}

int sink_end(struct sink *s)
{
    if (s->holes && s->hole && ftruncate(s->fd, s->pos) < 0)
        return -errno;
    return 0;
}

void sink_cancel(struct sink *s)
{
    uint64_t one = 1;
    ssize_t n;

    s->cancelled = true;
    n = write(s->cancel_fd, &one, sizeof(one));
    (void)n;                    /* a full counter cancels as well */
}

int sink_close(struct sink *s)
{
    int r;

    if (s->fd >= 0)
        fcntl(s->fd, F_SETFL, s->flags_before);
    r = s->fd >= 0 && close(s->fd) < 0 ? -errno : 0;

    if (s->cancel_fd >= 0)
        close(s->cancel_fd);
    s->fd = s->cancel_fd = -1;
    return r;
}
