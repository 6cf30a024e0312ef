/* SPDX-License-Identifier: Apache-2.0 */
#include "backends/rng.h"

/*
 * Random number generators (see rng.h; properties as the reference's schema has them; the protocol of rng-egd is that
 * of the entropy gathering daemon: 02 N asks for N bytes, which come as they are)
 *
 * Requests are served one after the other.  rng-egd asks for all of the first request's bytes at once; what comes
 * unasked is dropped.  A cancelled request's bytes serve those behind it.
 *
 * Invariant: while a request waits, the source is watched, asked or posted.
 */

#include "chardev/char.h"
#include "io/fdset.h"
#include "lib/error.h"
#include "lib/loop.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

enum { EGD_ASK = 2, EGD_MOST = 255, BUILTIN_MOST = 256 };

struct rng {
    struct user_object user;
    struct list_node requests;
    struct post post;           /* of rng-builtin */
    struct watch watch;         /* of rng-random */
    struct char_front front;    /* of rng-egd */
    size_t owed;                /* bytes that the daemon has been asked for */
    uint8_t ask[2], ask_left;   /* the last bytes of a question that have not been written */
    struct { char *path, *chardev; bool opened; } cfg;
};
#define T_ struct rng

struct rng_type {
    struct user_type user;
    void (*wake)(struct rng *g);        /* there are requests */
};

static struct rng *rng_of(const struct user_object *o)
{
    return (struct rng *)o;
}

static struct rng_request *first(const struct rng *g)
{
    return list_empty(&g->requests) ? NULL : list_entry(g->requests.next, struct rng_request, node);
}

static void wake(struct rng *g)
{
    ((const struct rng_type *)g->user.type)->wake(g);
}

/* The first request is over. */
static void finish(struct rng *g)
{
    struct rng_request *r = first(g);

    list_remove(&r->node);
    r->done(r);
}

struct user_object *rng_find(const struct user_objects *set, const char *id)
{
    return user_object_find(set, id, "rng-backend");
}

void rng_request(struct user_object *o, struct rng_request *r)
{
    struct rng *g = rng_of(o);

    assert(r->size && r->size <= RNG_MAX);
    r->got = 0;
    list_append(&g->requests, &r->node);
    wake(g);
}

void rng_cancel(struct rng_request *r)
{
    if (r->node.next)
        list_remove(&r->node);
}

static int rng_complete(struct rng *g)
{
    list_init(&g->requests);
    g->cfg.opened = true;
    return 0;
}

/* rng-builtin */

/* At most so many bytes a round of the loop: getrandom(2) never comes short of that. */
static void builtin_run(struct post *p)
{
    struct rng *g = (struct rng *)((char *)p - offsetof(struct rng, post));
    struct rng_request *r = first(g);
    size_t n;

    if (!r)
        return;
    n = r->size - r->got < BUILTIN_MOST ? r->size - r->got : BUILTIN_MOST;
    if (getrandom(r->buf + r->got, n, 0) != (ssize_t)n)
        n = 0;
    r->got += n;
    if (!n || r->got == r->size)
        finish(g);
    if (first(g))
        wake(g);
}

static void builtin_wake(struct rng *g)
{
    loop_post(g->user.set->loop, &g->post);
}

static int builtin_complete(struct user_object *o, struct error **err)
{
    (void)err;
    rng_of(o)->post.fn = builtin_run;
    return rng_complete(rng_of(o));
}

static void builtin_release(struct user_object *o)
{
    loop_post_cancel(o->set->loop, &rng_of(o)->post);
}

/* rng-random */

static void file_readable(struct watch *w, unsigned events)
{
    struct rng *g = (struct rng *)((char *)w - offsetof(struct rng, watch));
    struct rng_request *r = first(g);
    ssize_t n;

    (void)events;
    if (r) {
        n = read(w->fd, r->buf + r->got, r->size - r->got);
        if (n < 0 && (errno == EAGAIN || errno == EINTR))
            return;
        r->got += n > 0 ? (size_t)n : 0;
        if (n <= 0 || r->got == r->size)
            finish(g);
    }
    if (!first(g))
        watch_set(w, 0);
}

static void file_wake(struct rng *g)
{
    watch_set(&g->watch, LOOP_IN);
}

static void file_release(struct user_object *o)
{
    watch_del(&rng_of(o)->watch);
    close(rng_of(o)->watch.fd);
    fdsets_release(o->set->fdsets, rng_of(o));
}

static int file_complete(struct user_object *o, struct error **err)
{
    struct rng *g = rng_of(o);
    int r;

    g->watch = (struct watch){ .fd = fdsets_open(o->set->fdsets, g, g->cfg.path, O_RDONLY | O_NONBLOCK, 0),
                               .fn = file_readable };
    if (g->watch.fd < 0)
        return error_set_host(err, g->watch.fd, "rng-random.filename", g->cfg.path);
    r = watch_add(o->set->loop, &g->watch, 0, err);
    if (r)
        file_release(o);
    return r ? r : rng_complete(g);
}

/* rng-egd */

/* True: nothing is left.  Otherwise writable() comes. */
static bool egd_flush(struct rng *g)
{
    g->ask_left -= chardev_write(&g->front, g->ask + sizeof(g->ask) - g->ask_left, g->ask_left);
    return !g->ask_left;
}

/* Asks for what the first request wants and nobody has asked for yet. */
static void egd_wake(struct rng *g)
{
    const struct rng_request *r = first(g);

    while (egd_flush(g) && r && g->owed < r->size - r->got) {
        size_t n = r->size - r->got - g->owed;

        g->ask[0] = EGD_ASK;
        g->ask[1] = n < EGD_MOST ? n : EGD_MOST;
        g->ask_left = sizeof(g->ask);
        g->owed += g->ask[1];
    }
}

static void egd_readable(struct char_front *f)
{
    struct rng *g = (struct rng *)((char *)f - offsetof(struct rng, front));
    uint8_t dropped[256];
    size_t n;

    do {
        struct rng_request *r = first(g);
        size_t room = r ? r->size - r->got : sizeof(dropped);

        if (r && room > g->owed)
            room = g->owed;     /* what it was not asked for is none of ours */
        n = chardev_read(f, r && room ? r->buf + r->got : dropped, r && room ? room : sizeof(dropped));
        g->owed -= n < g->owed ? n : g->owed;
        if (!r || !room)
            continue;
        r->got += n;
        if (r->got == r->size) {
            finish(g);
            egd_wake(g);
        }
    } while (n);
}

static void egd_writable(struct char_front *f)
{
    egd_wake((struct rng *)((char *)f - offsetof(struct rng, front)));
}

/* A daemon that went away owes nothing; one that comes is asked anew. */
static void egd_event(struct char_front *f, enum char_event event)
{
    struct rng *g = (struct rng *)((char *)f - offsetof(struct rng, front));

    if (event == CHAR_OPENED || event == CHAR_CLOSED)
        g->owed = g->ask_left = 0;
    if (event == CHAR_OPENED)
        egd_wake(g);
}

static int egd_complete(struct user_object *o, struct error **err)
{
    struct rng *g = rng_of(o);
    struct chardev *chr = g->cfg.chardev && o->set->chardevs ? chardev_find(o->set->chardevs, g->cfg.chardev) : NULL;

    if (!chr)
        return error_set(err, -ENOENT, ERROR_UNKNOWN, "rng-egd.chardev", g->cfg.chardev ? g->cfg.chardev : "nothing",
                         "the id of a -chardev");
    rng_complete(g);
    g->front = (struct char_front){ .readable = egd_readable, .writable = egd_writable, .event = egd_event };
    return chardev_attach(chr, &g->front, err);
}

static void egd_release(struct user_object *o)
{
    chardev_detach(&rng_of(o)->front);
}

static const struct prop rng_props[] = {
    PROP(T_, "opened", opened, .read_only = true),
    {}
};
static const struct type rng_base = { .name = "rng-backend", .parent = "object", .doc = "a source of entropy",
    .abstract = true, .props = rng_props };
TYPE(rng_base);

static const struct rng_type builtin_type = {
    .user = {
        .type = { .name = "rng-builtin", .parent = "rng-backend", TYPE_OF(T_), .doc = "the kernel's entropy" },
        .complete = builtin_complete,
        .release = builtin_release,
    },
    .wake = builtin_wake,
};
USER_TYPE(builtin_type, builtin_type.user);

static const struct prop file_props[] = {
    PROP(T_, "filename", path, .def_string = "/dev/urandom", .shown = "string"),
    {}
};
static const struct rng_type file_type = {
    .user = {
        .type = { .name = "rng-random", .parent = "rng-backend", TYPE_OF(T_), .props = file_props,
                  .doc = "entropy from a file" },
        .complete = file_complete,
        .release = file_release,
    },
    .wake = file_wake,
};
USER_TYPE(file_type, file_type.user);

static const struct prop egd_props[] = {
    PROP(T_, "chardev", chardev, .shown = "string", .link = true),
    {}
};
static const struct rng_type egd_type = {
    .user = {
        .type = { .name = "rng-egd", .parent = "rng-backend", TYPE_OF(T_), .props = egd_props,
                  .doc = "entropy from a daemon behind a chardev" },
        .wants_chardevs = true,
        .complete = egd_complete,
        .release = egd_release,
    },
    .wake = egd_wake,
};
USER_TYPE(egd_type, egd_type.user);
