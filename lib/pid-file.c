/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/pid-file.h"

/*
 * Pid files (contract in pid-file.h)
 *
 * Between open and lock the owner before us may unlink the file; a lock on a file without a name
 * would keep nobody out, so the name is looked up again under the lock.
 */

#include "lib/error.h"
#include "lib/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { TRIES = 16 };

/* Does path lead to the file that fd has open? */
static bool same_file(const char *path, int fd)
{
    struct stat a, b;

    return !stat(path, &a) && !fstat(fd, &b) && a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

/* The descriptor of a file that is open, ours and still called path; negative errno. */
static int open_locked(const char *path)
{
    struct flock whole = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

    for (unsigned i = 0; i < TRIES; i++) {
        int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0600), r;

        if (fd < 0)
            return -errno;
        r = fcntl(fd, F_SETLK, &whole) ? -errno : 0;
        if (!r && same_file(path, fd))
            return fd;
        close(fd);
        if (r)
            return r == -EACCES ? -EAGAIN : r;
    }
    return -EAGAIN;
}

int pid_file_new(struct pid_file *f, const char *option, const char *path, struct error **err)
{
    int fd = open_locked(path), r;

    *f = (struct pid_file){ 0 };
    if (fd == -EAGAIN)
        return error_set(err, fd, ERROR_STATE, option, path, "a file that no live process has locked");
    if (fd < 0)
        return error_set_host(err, fd, option, path);
    if (!file_is_regular(fd)) {         /* /dev/null is not to be unlinked in the end */
        close(fd);
        return error_set(err, -EINVAL, ERROR_RANGE, option, path, "a regular file, or a name for one");
    }
    *f = (struct pid_file){ .path = realpath(path, NULL), .fd = fd };
    if (f->path && !ftruncate(fd, 0) && dprintf(fd, "%ld\n", (long)getpid()) > 0)
        return 0;
    r = -errno;
    if (!f->path)
        close(fd);
    pid_file_fini(f);
    return error_set_host(err, r, option, path);
}

void pid_file_fini(struct pid_file *f)
{
    if (!f->path)
        return;
    if (same_file(f->path, f->fd))
        unlink(f->path);
    close(f->fd);
    free(f->path);
    *f = (struct pid_file){ 0 };
}
