/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/thread.h"

/*
 * Threads (see thread.h); pthread_create(3), pthread_sigmask(3)
 *
 * Faults of the thread itself stay unblocked: they are synchronous, and a blocked one kills without a word.
 */

#include "lib/epoch.h"
#include "lib/error.h"

#include <signal.h>
#include <stdio.h>
#include <unistd.h>

static void *thread_main(void *opaque)
{
    struct thread *t = opaque;
    void *result;

    pthread_setname_np(pthread_self(), t->name);
    t->tid = gettid();
    sem_post(&t->begun);
    epoch_thread_init();
    result = t->fn(t->arg);
    epoch_thread_fini();
    return result;
}

int thread_start(struct thread *t, const char *name, void *(*fn)(void *), void *arg, struct error **err)
{
    static const int faults[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGSYS, SIGABRT };
    sigset_t blocked, before;
    int r;

    snprintf(t->name, sizeof(t->name), "%s", name);
    t->fn = fn;
    t->arg = arg;
    sem_init(&t->begun, 0, 0);
    sigfillset(&blocked);
    for (unsigned i = 0; i < sizeof(faults) / sizeof(faults[0]); i++)
        sigdelset(&blocked, faults[i]);
    /* The child inherits the mask, so that there is no moment in which it could take a signal. */
    pthread_sigmask(SIG_SETMASK, &blocked, &before);
    r = pthread_create(&t->id, NULL, thread_main, t);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (r)
        return error_set_host(err, -r, T("thread %s", name), "start");
    while (sem_wait(&t->begun))         /* it has its number; EINTR alone can fail */
        ;
    return 0;
}

void thread_join(struct thread *t)
{
    pthread_join(t->id, NULL);
}
