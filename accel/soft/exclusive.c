/* SPDX-License-Identifier: Apache-2.0 */
#include "accel/soft/exclusive.h"
#include "accel/soft/env.h"
#include "accel/soft/soft.h"

#include <pthread.h>
#include <stdlib.h>

/*
 * Exclusive sections: see exclusive.h
 *
 * The hand-over is Dekker's: the owner stores `active` and then reads every epoch, a vCPU stores its
 * epoch and then reads `active`.  Both are sequentially consistent, so at least one sees the other;
 * whoever goes outside and sees `active` wakes the owner under the lock.
 */

struct exclusive {
    pthread_mutex_t lock;
    pthread_cond_t changed;     /* active fell, or a vCPU went outside */
    _Atomic bool active;
    _Atomic pthread_t owner;
    unsigned depth;             /* the owner may begin again */
};

struct exclusive *soft_exclusive_new(void)
{
    struct exclusive *x = calloc(1, sizeof(*x));

    if (!x)
        return NULL;
    pthread_mutex_init(&x->lock, NULL);
    pthread_cond_init(&x->changed, NULL);
    return x;
}

void soft_exclusive_free(struct exclusive *x)
{
    if (!x)
        return;
    pthread_cond_destroy(&x->changed);
    pthread_mutex_destroy(&x->lock);
    free(x);
}

static bool env_outside(const struct env *e)
{
    return !(atomic_load(&e->epoch) & 1) || atomic_load(&e->paused);
}

static bool others_outside(const struct soft *s, const struct env *self)
{
    for (unsigned n = 0; n < s->n_vcpus; n++)
        if (s->vcpus[n] != self && !env_outside(s->vcpus[n]))
            return false;
    return true;
}

/* After this vCPU went outside. */
static void wake_owner(struct exclusive *x)
{
    if (!atomic_load(&x->active))
        return;
    pthread_mutex_lock(&x->lock);
    pthread_cond_broadcast(&x->changed);
    pthread_mutex_unlock(&x->lock);
}

static bool owns(const struct exclusive *x)
{
    return atomic_load(&x->active) && pthread_equal(x->owner, pthread_self());
}

static void wait_for_others(struct exclusive *x)
{
    if (!atomic_load(&x->active) || owns(x))
        return;
    pthread_mutex_lock(&x->lock);
    while (x->active)
        pthread_cond_wait(&x->changed, &x->lock);
    pthread_mutex_unlock(&x->lock);
}

static void begin(struct soft *s, struct env *self)
{
    struct exclusive *x = s->exclusive;
    bool was_paused = false;

    if (owns(x)) {
        x->depth++;
        return;
    }
    if (self) {                 /* others that are first count on us to be out of the way */
        was_paused = atomic_exchange(&self->paused, 1);
        wake_owner(x);
    }
    pthread_mutex_lock(&x->lock);
    while (x->active)
        pthread_cond_wait(&x->changed, &x->lock);
    x->owner = pthread_self();
    x->depth = 1;
    atomic_store(&x->active, true);
    for (unsigned n = 0; n < s->n_vcpus; n++)
        if (s->vcpus[n] != self)
            atomic_fetch_or(&s->vcpus[n]->kick, KICK_PARK);
    while (!others_outside(s, self))
        pthread_cond_wait(&x->changed, &x->lock);
    if (self)
        atomic_store(&self->paused, was_paused);
    pthread_mutex_unlock(&x->lock);
}

static void end(struct exclusive *x)
{
    if (--x->depth)
        return;
    pthread_mutex_lock(&x->lock);
    atomic_store(&x->active, false);
    pthread_cond_broadcast(&x->changed);
    pthread_mutex_unlock(&x->lock);
}

void soft_exclusive_begin(struct env *e)
{
    begin(e->soft, e);
}

void soft_exclusive_end(struct env *e)
{
    end(e->soft->exclusive);
}

void soft_exclusive_begin_foreign(struct soft *s)
{
    begin(s, NULL);
}

void soft_exclusive_end_foreign(struct soft *s)
{
    end(s->exclusive);
}

bool soft_exclusive_quiet(struct soft *s, const struct env *self)
{
    for (unsigned n = 0; n < s->n_vcpus; n++)
        if (s->vcpus[n] != self && (atomic_load(&s->vcpus[n]->epoch) & 1))
            return false;
    return true;
}

void soft_enter(struct env *e)
{
    struct exclusive *x = e->soft->exclusive;

    for (;;) {
        atomic_fetch_add(&e->epoch, 1);
        if (!atomic_load(&x->active) || owns(x))
            return;
        soft_exit(e);
        wait_for_others(x);
    }
}

void soft_exit(struct env *e)
{
    atomic_fetch_add(&e->epoch, 1);
    wake_owner(e->soft->exclusive);
}

void soft_park(struct env *e)
{
    soft_exit(e);
    soft_enter(e);
}

void soft_pause(struct env *e)
{
    atomic_store(&e->paused, 1);
    wake_owner(e->soft->exclusive);
}

void soft_resume(struct env *e)
{
    struct exclusive *x = e->soft->exclusive;

    for (;;) {
        atomic_store(&e->paused, 0);
        if (!atomic_load(&x->active) || owns(x))
            return;
        soft_pause(e);
        wait_for_others(x);
    }
}

void soft_exclusive_abandon(struct env *e)
{
    struct exclusive *x = e->soft->exclusive;

    if (atomic_load_explicit(&x->active, memory_order_relaxed) && owns(x)) {
        x->depth = 1;
        end(x);
    }
}
