/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/file.h"

/* Reading whole files (see file.h).  Invariant: at most `limit` bytes are allocated and read. */

#include "lib/error.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static int bytes_read(int fd, uint8_t *data, size_t size)
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

static int open_file_read(int fd, const char *option, const char *path, size_t limit, uint8_t **data, size_t *size,
                          struct error **err)
{
    struct stat s;
    int r;

    if (fstat(fd, &s) < 0)
        return error_set_host(err, -errno, option, path);
    if (!S_ISREG(s.st_mode) || !s.st_size)
        return error_set(err, -EINVAL, ERROR_SYNTAX, option, path, "a regular file that is not empty");
    if ((uint64_t)s.st_size > limit)
        return error_set(err, -EFBIG, ERROR_RANGE, option, T("%s of %lld bytes", path, (long long)s.st_size),
                         T("at most %zu bytes", limit));
    *size = s.st_size;
    *data = malloc(*size);
    r = *data ? bytes_read(fd, *data, *size) : -ENOMEM;
    return r < 0 ? error_set_host(err, r, option, path) : 0;
}

int file_read(const char *option, const char *path, size_t limit, uint8_t **data, size_t *size, struct error **err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK), r;

    *data = NULL;
    *size = 0;
    if (fd < 0)
        return error_set_host(err, -errno, option, path);
    r = open_file_read(fd, option, path, limit, data, size, err);
    close(fd);
    return r;
}
