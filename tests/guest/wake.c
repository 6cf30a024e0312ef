/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Runs in the guest: wake-ups across CPUs, none of which may get lost
 *
 *     wake ROUNDS
 *
 * Two threads, pinned to two CPUs, hand a token to and fro, first through a futex, then through
 * pipes, then through short timed sleeps on both.  Every hand-over puts a CPU to sleep and has the
 * other wake it by an interrupt, so an interrupt that is lost shows as a pair that stands still.
 * Every pair of CPUs takes its share of the rounds.  A round that takes over ten seconds is
 * reported as lost.  With one CPU the two threads share it.
 *
 * Prints "wake: N rounds, PAIRS pairs, ok" and ends with 0, or says what stood still and ends with 1.
 */

#include <errno.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum kind { KIND_FUTEX, KIND_PIPE, KIND_SLEEP, KIND_COUNT };
enum { LOST_SECONDS = 10 };

static const char *const kind_names[KIND_COUNT] = { "futex", "pipe", "sleep" };

struct pair {
    enum kind kind;
    unsigned rounds, cpu[2];
    _Atomic uint32_t token;             /* whose turn it is */
    int pipes[2][2];
};

static _Atomic unsigned progress;

static void pin(unsigned cpu)
{
    cpu_set_t set;

    CPU_ZERO(&set);
    CPU_SET(cpu, &set);
    if (sched_setaffinity(0, sizeof(set), &set))
        perror("wake: sched_setaffinity");
}

static void futex_pass(struct pair *p, unsigned me)
{
    while (p->token != me)
        syscall(SYS_futex, &p->token, FUTEX_WAIT, !me, NULL, NULL, 0);
    p->token = !me;
    syscall(SYS_futex, &p->token, FUTEX_WAKE, 1, NULL, NULL, 0);
}

static void pipe_pass(struct pair *p, unsigned me)
{
    char byte;

    if (read(p->pipes[me][0], &byte, 1) != 1 || write(p->pipes[!me][1], &byte, 1) != 1)
        perror("wake: pipe");
}

static void sleep_pass(unsigned round)
{
    struct timespec pause = { .tv_nsec = 20000 + round % 7 * 10000 };

    nanosleep(&pause, NULL);
}

static void side(struct pair *p, unsigned me)
{
    pin(p->cpu[me]);
    for (unsigned i = 0; i < p->rounds; i++) {
        switch (p->kind) {
        case KIND_FUTEX: futex_pass(p, me); break;
        case KIND_PIPE: pipe_pass(p, me); break;
        default: sleep_pass(i); break;
        }
        progress++;
    }
}

static void *other_side(void *opaque)
{
    side(opaque, 1);
    return NULL;
}

static void *watch(void *opaque)
{
    struct pair *p = opaque;
    struct timespec pause = { .tv_sec = LOST_SECONDS };

    for (;;) {
        unsigned before = progress;
        nanosleep(&pause, NULL);
        if (progress == before) {
            printf("wake: LOST, %s between CPU %u and %u stands still after %u hand-overs\n", kind_names[p->kind],
                   p->cpu[0], p->cpu[1], before);
            exit(1);
        }
    }
    return NULL;
}

static void run(struct pair *p)
{
    pthread_t thread;
    char byte = 0;

    p->token = 0;
    if (pipe(p->pipes[0]) || pipe(p->pipes[1]) || write(p->pipes[0][1], &byte, 1) != 1 ||
        pthread_create(&thread, NULL, other_side, p)) {
        perror("wake: set-up");
        exit(1);
    }
    side(p, 0);
    pthread_join(thread, NULL);
    for (int i = 0; i < 4; i++)
        close(p->pipes[i / 2][i % 2]);
}

int main(int argc, char **argv)
{
    static struct pair pair;
    unsigned rounds = argc > 1 ? strtoul(argv[1], NULL, 0) : 100000;
    unsigned cpus = sysconf(_SC_NPROCESSORS_ONLN), pairs = cpus > 1 ? cpus * (cpus - 1) / 2 : 1, done = 0;
    pthread_t watcher;

    if (pthread_create(&watcher, NULL, watch, &pair))
        return 1;
    for (unsigned a = 0; a < cpus; a++)
        for (unsigned b = cpus > 1 ? a + 1 : 0; b < cpus; b++)
            for (pair.kind = 0; pair.kind < KIND_COUNT; pair.kind++) {
                pair.cpu[0] = a;
                pair.cpu[1] = b;
                pair.rounds = rounds / pairs / (pair.kind == KIND_SLEEP ? 20 : 2);
                run(&pair);
                done += pair.rounds;
            }
    printf("wake: %u rounds, %u pairs, ok\n", done, pairs);
    return 0;
}
