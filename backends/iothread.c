/* SPDX-License-Identifier: Apache-2.0 */
#include "backends/iothread.h"

/*
 * iothread (see iothread.h; properties as the reference's schema has them)
 *
 * What a user says about polling, batches and worker threads is checked and kept for those who will go by it: the loop
 * (lib/loop.h) does not poll yet, and there is no worker pool.
 *
 * Invariant: the thread runs exactly while the object is complete.
 */

#include "lib/error.h"
#include "lib/lock.h"
#include "lib/loop.h"
#include "lib/thread.h"

#include <errno.h>
#include <inttypes.h>
#include <unistd.h>

struct iothread {
    struct user_object user;
    struct loop *loop;
    struct thread thread;
    struct lock lock;
    struct cond started;
    pid_t id;                   /* under the lock until the thread has told it; 0: not yet */
    struct { int64_t poll_max_ns, poll_grow, poll_shrink, batch, pool_min, pool_max; } cfg;
};
#define T_ struct iothread

static struct iothread *iothread_of(const struct user_object *o)
{
    return (struct iothread *)o;
}

static void *run(void *opaque)
{
    struct iothread *t = opaque;

    lock_take(&t->lock);
    t->id = gettid();
    cond_wake_all(&t->started);
    lock_drop(&t->lock);
    loop_run(t->loop);
    return NULL;
}

static int range(const char *prop, int64_t val, int64_t min, int64_t max, struct error **err)
{
    if (val >= min && val <= max)
        return 0;
    return error_set(err, -ERANGE, ERROR_RANGE, T("iothread.%s", prop), T("%" PRId64, val),
                     T("%" PRId64 " to %" PRId64, min, max));
}

static int check(const struct iothread *t, struct error **err)
{
    int r = range("poll-max-ns", t->cfg.poll_max_ns, 0, INT64_MAX, err);

    if (!r)
        r = range("poll-grow", t->cfg.poll_grow, 0, INT64_MAX, err);
    if (!r)
        r = range("poll-shrink", t->cfg.poll_shrink, 0, INT64_MAX, err);
    if (!r)
        r = range("aio-max-batch", t->cfg.batch, 0, INT64_MAX, err);
    if (!r)
        r = range("thread-pool-max", t->cfg.pool_max, 1, INT32_MAX, err);
    return r ? r : range("thread-pool-min", t->cfg.pool_min, 0, t->cfg.pool_max, err);
}

static int start(struct iothread *t, struct error **err)
{
    int r = thread_start(&t->thread, T("IO %s", user_object_id(&t->user)), run, t, err);

    if (r)
        return r;
    lock_take(&t->lock);
    while (!t->id)
        cond_wait(&t->started, &t->lock);
    lock_drop(&t->lock);
    return 0;
}

static void fini(struct iothread *t)
{
    cond_fini(&t->started);
    lock_fini(&t->lock);
    loop_free(t->loop);
}

static int iothread_complete(struct user_object *o, struct error **err)
{
    struct iothread *t = iothread_of(o);
    int r = check(t, err);

    if (!r)
        r = loop_new(&t->loop, err);
    if (r)
        return r;
    lock_init(&t->lock, RANK_LEAF);
    cond_init(&t->started);
    r = start(t, err);
    if (r)
        fini(t);
    return r;
}

static void iothread_release(struct user_object *o)
{
    struct iothread *t = iothread_of(o);

    loop_quit(t->loop);
    thread_join(&t->thread);
    fini(t);
}

struct loop *iothread_loop(const struct user_object *o)
{
    return iothread_of(o)->loop;
}

pid_t iothread_thread_id(const struct user_object *o)
{
    return iothread_of(o)->id;
}

static const struct prop iothread_props[] = {
    PROP(T_, "aio-max-batch", batch, .shown = "int"),
    PROP(T_, "poll-grow", poll_grow, .shown = "int"),
    PROP(T_, "poll-max-ns", poll_max_ns, .def = 32768, .shown = "int"),
    PROP(T_, "poll-shrink", poll_shrink, .shown = "int"),
    PROP(T_, "thread-pool-max", pool_max, .def = 64, .shown = "int"),
    PROP(T_, "thread-pool-min", pool_min, .shown = "int"),
    {}
};
static const struct user_type iothread_type = {
    .type = { .name = "iothread", .parent = "object", TYPE_OF(T_), .props = iothread_props,
              .doc = "an event loop with a thread of its own" },
    .complete = iothread_complete,
    .release = iothread_release,
};
USER_TYPE(iothread_type, iothread_type);
