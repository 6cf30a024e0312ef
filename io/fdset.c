/* SPDX-License-Identifier: Apache-2.0 */
#include "io/fdset.h"

/*
 * Sets of passed descriptors (see fdset.h); open(2), fcntl(2); which descriptor is chosen, what stays and what goes
 * when: as the reference shows it (facts/specs/qmp-protocol.md)
 *
 * A duplicate shares its file offset and its status flags with the descriptor in the set, so several users of one file
 * see each other.  How many descriptors there can be is the host's limit (RLIMIT_NOFILE).
 *
 * Invariant: a set has a descriptor or a user, after every call.
 */

#include "lib/file.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Somebody who has opened a set's descriptors, once for each. */
struct user {
    struct list_node node;
    const void *owner;
};

void fdsets_init(struct fdsets *s)
{
    *s = (struct fdsets){ 0 };
    list_init(&s->list);
}

static void fd_free(struct fdset_fd *f)
{
    list_remove(&f->node);
    close(f->fd);
    free(f->opaque);
    free(f);
}

static void user_free(struct user *u)
{
    list_remove(&u->node);
    free(u);
}

static void set_free(struct fdset *set)
{
    list_for_each_safe(n, &set->fds)
        fd_free(list_entry(n, struct fdset_fd, node));
    list_for_each_safe(n, &set->users)
        user_free(list_entry(n, struct user, node));
    list_remove(&set->node);
    free(set);
}

void fdsets_fini(struct fdsets *s)
{
    list_for_each_safe(n, &s->list)
        set_free(list_entry(n, struct fdset, node));
}

static struct fdset *set_find(struct fdsets *s, int64_t id)
{
    list_for_each(n, &s->list)
        if (list_entry(n, struct fdset, node)->id == id)
            return list_entry(n, struct fdset, node);
    return NULL;
}

static int64_t free_id(struct fdsets *s)
{
    int64_t id = 0;

    list_for_each(n, &s->list)
        id += list_entry(n, struct fdset, node)->id == id;
    return id;
}

static struct fdset *set_new(struct fdsets *s, int64_t id)
{
    struct fdset *set = calloc(1, sizeof(*set));
    struct list_node *behind = s->list.next;

    assert(set);
    set->id = id;
    list_init(&set->fds);
    list_init(&set->users);
    while (behind != &s->list && list_entry(behind, struct fdset, node)->id < id)
        behind = behind->next;
    list_append(behind, &set->node);
    return set;
}

struct fdset *fdsets_add(struct fdsets *s, int64_t id, int fd, const char *opaque)
{
    struct fdset *set = id < 0 ? NULL : set_find(s, id);
    struct fdset_fd *f = calloc(1, sizeof(*f));

    assert(f);
    if (!set)
        set = set_new(s, id < 0 ? free_id(s) : id);
    f->fd = fd;
    f->opaque = opaque ? strdup(opaque) : NULL;
    assert(!opaque || f->opaque);
    list_append(&set->fds, &f->node);
    return set;
}

/* Takes out of a set what may go now, and the set with it. */
static void set_clean(struct fdsets *s, struct fdset *set)
{
    bool deserted = list_empty(&set->users) && !s->monitors;

    if (s->running && !s->running(s->opaque))
        return;
    list_for_each_safe(n, &set->fds)
        if (deserted || list_entry(n, struct fdset_fd, node)->removed)
            fd_free(list_entry(n, struct fdset_fd, node));
    if (list_empty(&set->fds) && list_empty(&set->users))
        set_free(set);
}

int fdsets_remove(struct fdsets *s, int64_t id, int fd)
{
    struct fdset *set = set_find(s, id);
    bool any = false;

    if (!set)
        return -ENOENT;
    list_for_each(n, &set->fds) {
        struct fdset_fd *f = list_entry(n, struct fdset_fd, node);

        if (fd != -1 && f->fd != fd)
            continue;
        f->removed = any = true;
    }
    if (!any && fd != -1)
        return -ENOENT;
    set_clean(s, set);
    return 0;
}

void fdsets_monitor_came(struct fdsets *s)
{
    s->monitors++;
}

void fdsets_monitor_left(struct fdsets *s)
{
    assert(s->monitors);
    s->monitors--;
    list_for_each_safe(n, &s->list)
        set_clean(s, list_entry(n, struct fdset, node));
}

/* Opening */

/* What follows the prefix that names sets, or NULL. */
static const char *set_name(const char *path)
{
    static const char prefix[] = "/dev/fdset/";

    return strncmp(path, prefix, sizeof(prefix) - 1) ? NULL : path + sizeof(prefix) - 1;
}

static int parse_id(const char *name, int64_t *id)
{
    char *end;

    errno = 0;
    *id = strtoll(name, &end, 10);
    return *name < '0' || *name > '9' || *end || errno ? -EINVAL : 0;
}

/* The newest that can be read and written as asked for. */
static const struct fdset_fd *choose(const struct fdset *set, int flags)
{
    for (const struct list_node *n = set->fds.prev; n != &set->fds; n = n->prev) {
        const struct fdset_fd *f = list_entry(n, struct fdset_fd, node);
        int have = fcntl(f->fd, F_GETFL);

        if (have >= 0 && (have & O_ACCMODE) == (flags & O_ACCMODE))
            return f;
    }
    return NULL;
}

/* Status flags belong to the open file, so that the set's descriptor gets them, too. */
static int apply_flags(int fd, int flags)
{
    int have = fcntl(fd, F_GETFL);

    if (have < 0 || fcntl(fd, F_SETFL, (have & ~O_APPEND) | (flags & (O_APPEND | O_NONBLOCK))))
        return -errno;
    return flags & O_TRUNC && file_is_regular(fd) && ftruncate(fd, 0) ? -errno : 0;
}

static void use(struct fdset *set, const void *owner)
{
    struct user *u;

    if (!owner)
        return;
    u = calloc(1, sizeof(*u));
    assert(u);
    u->owner = owner;
    list_append(&set->users, &u->node);
}

static int open_set(struct fdsets *s, const void *owner, const char *name, int flags)
{
    const struct fdset_fd *f;
    struct fdset *set;
    int64_t id;
    int fd, r = parse_id(name, &id);

    if (r)
        return r;
    set = s ? set_find(s, id) : NULL;
    if (!set)
        return -ENOENT;
    f = choose(set, flags);
    if (!f)
        return -EACCES;
    fd = fcntl(f->fd, F_DUPFD_CLOEXEC, 3);
    if (fd < 0)
        return -errno;
    r = apply_flags(fd, flags);
    if (r) {
        close(fd);
        return r;
    }
    use(set, owner);
    return fd;
}

int fdsets_open(struct fdsets *s, const void *owner, const char *path, int flags, mode_t mode)
{
    const char *name = set_name(path);
    int fd;

    if (name)
        return open_set(s, owner, name, flags);
    fd = open(path, flags | O_CLOEXEC, mode);
    return fd < 0 ? -errno : fd;
}

int fdsets_create(struct fdsets *s, const void *owner, const char *path, int flags)
{
    const char *name = set_name(path);

    return name ? open_set(s, owner, name, O_WRONLY | flags) : file_create(path, flags);
}

void fdsets_release(struct fdsets *s, const void *owner)
{
    if (!s)
        return;
    list_for_each_safe(n, &s->list) {
        struct fdset *set = list_entry(n, struct fdset, node);
        bool any = false;

        list_for_each_safe(u, &set->users)
            if (list_entry(u, struct user, node)->owner == owner) {
                user_free(list_entry(u, struct user, node));
                any = true;
            }
        if (any && list_empty(&set->users))
            set_clean(s, set);
    }
}
