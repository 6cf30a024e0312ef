/* SPDX-License-Identifier: Apache-2.0 */
#include "main/start.h"

/*
 * -add-fd: descriptors that the program was started with, into sets
 *
 * A set gets a duplicate, so that one descriptor may be in several sets; when all sets are filled, the descriptors
 * themselves are closed.  One that is close-on-exec did not come from who started the program: it is the program's own.
 */

#include "core/machine.h"
#include "lib/error.h"
#include "main/keyval.h"

#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

static bool guest_runs(void *opaque)
{
    const struct process *p = opaque;

    return p->machine && p->machine->run_state == RUN_RUNNING;
}

/* A number from 0 to max; -EINVAL: value is NULL, or none. */
static int number(const char *key, const char *value, int64_t max, int64_t *n, struct error **err)
{
    char *end;

    if (!value)
        return error_set(err, -EINVAL, ERROR_MISSING, "-add-fd", key, "fd=NUMBER,set=NUMBER[,opaque=TEXT]");
    errno = 0;
    *n = strtoll(value, &end, 0);
    if (*value < '0' || *value > '9' || *end || errno || *n > max)
        return error_set(err, -EINVAL, ERROR_RANGE, "-add-fd", T("%s=%s", key, value), T("0 to %lld", (long long)max));
    return 0;
}

static int check_fd(int64_t fd, struct error **err)
{
    int flags;

    if (fd <= STDERR_FILENO)
        return error_set(err, -EINVAL, ERROR_RANGE, "-add-fd", T("fd=%lld", (long long)fd),
                         "no descriptor of standard input, output or error");
    flags = fcntl((int)fd, F_GETFD);
    if (flags < 0 || flags & FD_CLOEXEC)
        return error_set(err, -EBADF, ERROR_STATE, "-add-fd", T("fd=%lld", (long long)fd),
                         "a descriptor that the program was started with");
    return 0;
}

static int add_pairs(struct process *p, struct keyval *kv, int *given, struct error **err)
{
    const char *fd_text = keyval_take(kv, "fd"), *set_text = keyval_take(kv, "set");
    const char *opaque = keyval_take(kv, "opaque");
    int64_t fd = -1, set = -1;
    int r = keyval_end(kv, "fd, set, opaque", err), copy;

    if (!r)
        r = number("fd", fd_text, INT_MAX, &fd, err);
    if (!r)
        r = number("set", set_text, INT64_MAX, &set, err);
    if (!r)
        r = check_fd(fd, err);
    if (r)
        return r;
    copy = fcntl((int)fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    if (copy < 0)
        return error_set_host(err, -errno, "-add-fd", T("fd=%d", (int)fd));
    fdsets_add(&p->fdsets, set, copy, opaque);
    *given = (int)fd;
    return 0;
}

static int add_one(struct process *p, const char *spec, int *given, struct error **err)
{
    struct keyval kv;
    int r = keyval_parse(&kv, "-add-fd", spec, NULL, err);

    if (r < 0)
        return r;
    r = add_pairs(p, &kv, given, err);
    keyval_fini(&kv);
    return r;
}

int process_fdsets(struct process *p, struct error **err)
{
    const struct config_list *list = &p->cfg->add_fds;
    g_autofree int *given = g_new(int, list->n);
    unsigned n = 0;
    int r = 0;

    p->fdsets.running = guest_runs;
    p->fdsets.opaque = p;
    for (; n < list->n && !r; n++)
        r = add_one(p, list->item[n], &given[n], err);
    while (!r && n)
        close(given[--n]);
    return r;
}
