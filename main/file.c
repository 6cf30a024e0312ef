/* SPDX-License-Identifier: Apache-2.0 */
#include "main/file.h"

/*
 * Files whose contents an option asks for (see file.h)
 *
 * Invariant: never more than max bytes are held, whatever the file says of its size.
 */

#include "lib/error.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

enum { STEP_BYTES = 64 << 10 };

/* 1: its end; 0: there may be more. */
static int read_step(int fd, size_t max, uint8_t **bytes, size_t *len)
{
    ssize_t n;

    *bytes = realloc(*bytes, *len + STEP_BYTES);
    assert(*bytes);
    do
        n = read(fd, *bytes + *len, STEP_BYTES);
    while (n < 0 && errno == EINTR);
    if (n < 0)
        return -errno;
    if ((size_t)n > max - *len)
        return -EFBIG;
    *len += n;
    return n == 0;
}

int file_contents(const char *option, const char *path, size_t max, uint8_t **bytes, size_t *len, struct error **err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC), r = fd < 0 ? -errno : 0;

    *bytes = NULL;
    *len = 0;
    while (!r)
        r = read_step(fd, max, bytes, len);
    if (fd >= 0)
        close(fd);
    if (r > 0)
        return 0;
    free(*bytes);
    *bytes = NULL;
    if (r == -EFBIG)
        return error_set(err, r, ERROR_RANGE, option, path, T("a file of at most %zu bytes", max));
    return error_set_host(err, r, option, path);
}
