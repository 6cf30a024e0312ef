/* SPDX-License-Identifier: Apache-2.0 */
#include "io/connector.h"

/*
 * Connecting without waiting (see connector.h)
 *
 * A resolver or a host that does not answer can take minutes, and cannot be interrupted.  So a thread that nobody
 * waits for any more is left alone, and cleans up when its call returns.
 *
 * Invariant: under the lock, either the thread or the loop is still to come, and whoever comes last frees.
 */

#include "io/socket.h"
#include "lib/lock.h"
#include "lib/loop.h"
#include "lib/thread.h"

#include <assert.h>
#include <stdlib.h>
#include <unistd.h>

struct connector {
    struct lock lock;
    struct thread thread;
    struct post post;
    struct loop *loop;
    struct address address;
    void (*done)(void *opaque, int fd, struct error *err);
    void *opaque;
    bool finished, cancelled;
    int fd;
    struct error *err;
};

static void discard(struct connector *c)
{
    if (c->finished && c->fd >= 0)
        close(c->fd);
    error_free(c->err);
    lock_fini(&c->lock);
    free(c);
}

static void *work(void *opaque)
{
    struct connector *c = opaque;
    bool cancelled;

    pthread_detach(pthread_self());
    c->fd = socket_connect(&c->address, &c->err);
    lock_take(&c->lock);
    c->finished = true;
    cancelled = c->cancelled;
    if (!cancelled)
        loop_post(c->loop, &c->post);
    lock_drop(&c->lock);
    if (cancelled)
        discard(c);
    return NULL;
}

static void finished(struct post *p)
{
    struct connector *c = list_entry(p, struct connector, post);
    void (*done)(void *opaque, int fd, struct error *err) = c->done;
    void *opaque = c->opaque;
    struct error *err = c->err;
    int fd = c->fd;

    /* The thread may be on its way out of the lock. */
    lock_take(&c->lock);
    lock_drop(&c->lock);
    lock_fini(&c->lock);
    free(c);
    done(opaque, fd, err);
}

struct connector *connector_new(struct loop *loop, const struct address *a,
                                void (*done)(void *opaque, int fd, struct error *err), void *opaque,
                                struct error **err)
{
    struct connector *c = calloc(1, sizeof(*c));

    assert(c);
    lock_init(&c->lock, RANK_LEAF);
    c->post.fn = finished;
    c->loop = loop;
    c->address = *a;
    c->done = done;
    c->opaque = opaque;
    if (thread_start(&c->thread, "connect", work, c, err)) {
        discard(c);
        return NULL;
    }
    return c;
}

void connector_cancel(struct connector *c)
{
    bool last;

    if (!c)
        return;
    lock_take(&c->lock);
    c->cancelled = true;
    last = c->finished;
    lock_drop(&c->lock);
    if (!last)
        return;
    loop_post_cancel(c->loop, &c->post);
    discard(c);
}
