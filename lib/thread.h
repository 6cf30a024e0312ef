/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Threads: named, registered with the epoch, all signals blocked (the main loop takes them by signalfd)
 */

#include <pthread.h>
#include <semaphore.h>
#include <sys/types.h>

struct error;

struct thread {
    pthread_t id;
    pid_t tid;                  /* as the host's tools know it; from thread_start() on */
    sem_t begun;
    char name[16];
    void *(*fn)(void *);
    void *arg;
};

/* t stays in place until thread_join(). */
int thread_start(struct thread *t, const char *name, void *(*fn)(void *), void *arg, struct error **err);
void thread_join(struct thread *t);
