/* SPDX-License-Identifier: Apache-2.0 */
#include "qapi/qapi-commands.h"

/*
 * Descriptors that a peer passes: under names that are the monitor's own (getfd), and in sets that are everybody's
 * (add-fd)
 *
 * Names outlive the peer that gave them, as the reference's do.  A line of the human monitor that QMP relays has
 * no descriptors, neither those that came along nor names.  Words of errors are the reference's.
 */

#include "monitor/session.h"

#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Names */

static struct named_fd *find(struct monitor_session *s, const char *name)
{
    if (!s->relaying)
        list_for_each(n, &s->fds)
            if (!strcmp(list_entry(n, struct named_fd, node)->name, name))
                return list_entry(n, struct named_fd, node);
    return NULL;
}

/* The descriptor, which nobody owns any more. */
static int forget(struct named_fd *f)
{
    int fd = f->fd;

    list_remove(&f->node);
    free(f->name);
    free(f);
    return fd;
}

int session_fd_take(void *session, const char *name)
{
    struct named_fd *f = find(session, name);

    return f ? forget(f) : -ENOENT;
}

void session_fds_close(struct monitor_session *s)
{
    list_for_each_safe(n, &s->fds)
        close(forget(list_entry(n, struct named_fd, node)));
}

/* What came along with the command; -EBADF: nothing did. */
static int take(struct qapi_ctx *ctx)
{
    struct monitor_session *s = ctx->session;
    int fd = s && !s->relaying && s->out->take_fd ? s->out->take_fd(s->out) : -1;

    return fd >= 0 ? fd : qapi_fail(ctx, -EBADF, QAPI_GENERIC_ERROR, "No file descriptor supplied via SCM_RIGHTS");
}

int qmp_getfd(struct qapi_ctx *ctx, const struct qapi_getfd_arg *arg, struct error **err)
{
    struct monitor_session *s = ctx->session;
    struct named_fd *f;
    int fd = take(ctx);

    if (fd < 0)
        return fd;
    if (isdigit((unsigned char)*arg->fdname)) {
        close(fd);
        return qapi_fail(ctx, -EINVAL, QAPI_GENERIC_ERROR,
                         "Parameter 'fdname' expects a name not starting with a digit");
    }
    f = find(s, arg->fdname);
    if (f)
        close(forget(f));
    f = calloc(1, sizeof(*f));
    assert(f);
    f->name = strdup(arg->fdname);
    assert(f->name);
    f->fd = fd;
    list_append(&s->fds, &f->node);
    return 0;
}

int qmp_closefd(struct qapi_ctx *ctx, const struct qapi_closefd_arg *arg, struct error **err)
{
    int fd = qapi_fd_take(ctx, arg->fdname);

    if (fd < 0)
        return qapi_fail(ctx, fd, QAPI_GENERIC_ERROR, "File descriptor named '%s' not found", arg->fdname);
    close(fd);
    return 0;
}

/* Sets */

static struct fdsets *sets_of(const struct qapi_ctx *ctx)
{
    const struct monitor_session *s = ctx->session;

    return s->monitor->cfg.fdsets;
}

int qmp_add_fd(struct qapi_ctx *ctx, const struct qapi_add_fd_arg *arg, struct qapi_addfd_info *ret,
               struct error **err)
{
    int fd = take(ctx);

    if (fd < 0)
        return fd;
    if (arg->has_fdset_id && arg->fdset_id < 0) {
        close(fd);
        return qapi_fail(ctx, -EINVAL, QAPI_GENERIC_ERROR, "Parameter 'fdset-id' expects a non-negative value");
    }
    ret->fd = fd;
    ret->fdset_id = fdsets_add(sets_of(ctx), arg->has_fdset_id ? arg->fdset_id : -1, fd, arg->opaque)->id;
    return 0;
}

int qmp_remove_fd(struct qapi_ctx *ctx, const struct qapi_remove_fd_arg *arg, struct error **err)
{
    bool no_fd = arg->has_fd && (arg->fd < 0 || arg->fd > INT32_MAX);
    int r = no_fd ? -ENOENT : fdsets_remove(sets_of(ctx), arg->fdset_id, arg->has_fd ? (int)arg->fd : -1);

    if (!r)
        return 0;
    return qapi_fail(ctx, r, QAPI_GENERIC_ERROR, "File descriptor named 'fdset-id:%lld%s' not found",
                     (long long)arg->fdset_id, arg->has_fd ? T(", fd:%lld", (long long)arg->fd) : "");
}

static size_t count(const struct list_node *list)
{
    size_t num = 0;

    list_for_each(n, list)
        num++;
    return num;
}

static void tell_set(const struct fdset *set, struct qapi_fdset_info *info)
{
    info->fdset_id = set->id;
    info->fds.items = calloc(count(&set->fds) + 1, sizeof(*info->fds.items));
    assert(info->fds.items);
    list_for_each(n, &set->fds) {
        const struct fdset_fd *f = list_entry(n, struct fdset_fd, node);
        struct qapi_fdset_fd_info *to = &info->fds.items[info->fds.num++];

        to->fd = f->fd;
        to->opaque = f->opaque ? strdup(f->opaque) : NULL;
    }
}

int qmp_query_fdsets(struct qapi_ctx *ctx, struct qapi_fdset_info_list *ret, struct error **err)
{
    const struct list_node *sets = &sets_of(ctx)->list;

    ret->items = calloc(count(sets) + 1, sizeof(*ret->items));
    assert(ret->items);
    /* The reference tells the highest first. */
    for (const struct list_node *n = sets->prev; n != sets; n = n->prev)
        tell_set(list_entry(n, struct fdset, node), &ret->items[ret->num++]);
    return 0;
}
