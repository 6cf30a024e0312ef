/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/lock.h"

/*
 * Ranked locks (see lock.h)
 *
 * Invariant: `held` has one bit for each rank that this thread holds.
 */

#include <assert.h>

static _Thread_local uint32_t held;

void lock_init(struct lock *l, enum lock_rank rank)
{
    pthread_mutex_init(&l->mutex, NULL);
    l->rank = rank;
    l->contended = 0;
}

void lock_fini(struct lock *l)
{
    pthread_mutex_destroy(&l->mutex);
}

void lock_take(struct lock *l)
{
    assert(held < 1u << l->rank);
    if (pthread_mutex_trylock(&l->mutex)) {
        l->contended++;
        pthread_mutex_lock(&l->mutex);
    }
    held |= 1u << l->rank;
}

void lock_drop(struct lock *l)
{
    held &= ~(1u << l->rank);
    pthread_mutex_unlock(&l->mutex);
}

uint32_t lock_contended(const struct lock *l)
{
    return l->contended;
}

bool lock_none_held(void)
{
    return !held;
}

void cond_init(struct cond *c)
{
    pthread_condattr_t attr;

    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&c->cond, &attr);
    pthread_condattr_destroy(&attr);
}

void cond_fini(struct cond *c)
{
    pthread_cond_destroy(&c->cond);
}

void cond_wait(struct cond *c, struct lock *l)
{
    pthread_cond_wait(&c->cond, &l->mutex);
}

void cond_wake_all(struct cond *c)
{
    pthread_cond_broadcast(&c->cond);
}
