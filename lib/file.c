/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/file.h"

/*
 * Reading whole files (see file.h)
 *
 * Invariant: at most `limit` bytes are kept, and never more than STEP_BYTES beyond them allocated.
 */

#include "lib/error.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { STEP_BYTES = 64 << 10 };

static int regular_read(int fd, uint8_t *data, size_t size)
{
    for (size_t done = 0; done < size;) {
        ssize_t n = pread(fd, data + done, size - done, done);

        if (n < 0 && errno != EINTR)
            return -errno;
        if (!n)
            return -EIO;
        done += n > 0 ? n : 0;
    }
    return 0;
}

/* 1: there may be more.  The buffer doubles when it is full. */
static int stream_step(int fd, size_t limit, uint8_t **data, size_t *size, size_t *room)
{
    ssize_t n;

    if (*size == *room) {
        size_t more = *room < limit / 2 ? 2 * *room + STEP_BYTES : limit + STEP_BYTES;
        uint8_t *grown = realloc(*data, more);

        if (!grown)
            return -ENOMEM;
        *data = grown;
        *room = more;
    }
    do
        n = read(fd, *data + *size, *room - *size);
    while (n < 0 && errno == EINTR);
    if (n < 0)
        return -errno;
    if ((size_t)n > limit - *size)
        return -EFBIG;
    *size += n;
    return n > 0;
}

/* Closes fd, and puts a failure into words. */
static int finish(int fd, int r, const char *option, const char *path, size_t limit, uint8_t **data,
                  struct error **err)
{
    if (fd >= 0)
        close(fd);
    if (!r)
        return 0;
    free(*data);
    *data = NULL;
    if (r == -EFBIG)
        return error_set(err, r, ERROR_RANGE, option, path, T("a file of at most %zu bytes", limit));
    if (r == -EINVAL)
        return error_set(err, r, ERROR_SYNTAX, option, path, "a regular file that is not empty");
    return error_set_host(err, r, option, path);
}

int file_create(const char *path, int flags)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | flags, 0666);

    if (fd < 0)
        return -errno;
    fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) & ~O_NONBLOCK);
    return fd;
}

int file_read(const char *option, const char *path, size_t limit, uint8_t **data, size_t *size, struct error **err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK), r = 0;
    struct stat s;

    *data = NULL;
    *size = 0;
    if (fd < 0 || fstat(fd, &s) < 0)
        r = -errno;
    else if (!S_ISREG(s.st_mode) || !s.st_size)
        r = -EINVAL;
    else if ((uint64_t)s.st_size > limit)
        r = -EFBIG;
    if (!r) {
        *size = s.st_size;
        *data = malloc(*size);
        r = *data ? regular_read(fd, *data, *size) : -ENOMEM;
    }
    return finish(fd, r, option, path, limit, data, err);
}

int file_read_stream(const char *option, const char *path, size_t limit, uint8_t **data, size_t *size,
                     struct error **err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC), r = fd < 0 ? -errno : 1;
    size_t room = 0;

    *data = NULL;
    *size = 0;
    while (r > 0)
        r = stream_step(fd, limit, data, size, &room);
    return finish(fd, r, option, path, limit, data, err);
}

bool file_is_regular(int fd)
{
    struct stat st;

    return !fstat(fd, &st) && S_ISREG(st.st_mode);
}
