/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Ranked locks: the sentences of lib/lock.h
 */

#include "tests/test.h"

#include "lib/epoch.h"
#include "lib/lock.h"
#include "lib/thread.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static struct lock device, leaf, other_leaf;
static struct cond turned;

static void ranks_rise(void)
{
    CHECK(lock_none_held());
    lock_take(&device);
    lock_take(&leaf);
    CHECK(!lock_none_held());
    lock_drop(&device);
    lock_drop(&leaf);
    CHECK(lock_none_held());
}

static bool aborts(void (*fn)(void))
{
    pid_t pid = fork();
    int status = 0;

    if (!pid) {
        setrlimit(RLIMIT_CORE, &(struct rlimit){ 0, 0 });
        CHECK(freopen("/dev/null", "w", stderr));
        signal(SIGABRT, SIG_DFL);
        fn();
        _exit(0);
    }
    waitpid(pid, &status, 0);
    return WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;
}

static void take_rising(void)
{
    lock_take(&device);
    lock_take(&leaf);
}

static void take_falling(void)
{
    lock_take(&leaf);
    lock_take(&device);
}

static void take_same_rank(void)
{
    lock_take(&leaf);
    lock_take(&other_leaf);
}

static void a_take_against_the_ranks_is_asserted(void)
{
    CHECK(!aborts(take_rising));
#ifdef NDEBUG
    test_skip("built with NDEBUG: ranks are not asserted");
#else
    CHECK(aborts(take_falling));
    CHECK(aborts(take_same_rank));
#endif
}

enum { ROUNDS = 100000 };
static unsigned counter, turn;

static void *counts(void *opaque)
{
    for (int i = 0; i < ROUNDS; i++) {
        lock_take(&device);
        counter++;
        lock_drop(&device);
    }
    return NULL;
}

static void one_thread_at_a_time_is_inside(void)
{
    struct thread a, b;

    CHECK_EQ(thread_start(&a, "a", counts, NULL, NULL), 0);
    CHECK_EQ(thread_start(&b, "b", counts, NULL, NULL), 0);
    thread_join(&a);
    thread_join(&b);
    CHECK_EQ(counter, 2 * ROUNDS);
}

static void *takes_once(void *opaque)
{
    lock_take(&leaf);
    lock_drop(&leaf);
    return NULL;
}

static void who_has_to_wait_is_counted(void)
{
    uint32_t before = lock_contended(&leaf);
    struct thread t;

    lock_take(&leaf);
    lock_drop(&leaf);
    CHECK_EQ(lock_contended(&leaf), before);
    lock_take(&leaf);
    CHECK_EQ(thread_start(&t, "waits", takes_once, NULL, NULL), 0);
    while (lock_contended(&leaf) == before)
        sched_yield();
    lock_drop(&leaf);
    thread_join(&t);
    CHECK_EQ(lock_contended(&leaf), before + 1);
}

static void *answers(void *opaque)
{
    lock_take(&device);
    for (unsigned i = 0; i < 1000; i++) {
        while (turn % 2 == 0)
            cond_wait(&turned, &device);
        turn++;
        cond_wake_all(&turned);
    }
    lock_drop(&device);
    return NULL;
}

static void a_condition_hands_the_lock_over_and_back(void)
{
    struct thread t;

    CHECK_EQ(thread_start(&t, "answers", answers, NULL, NULL), 0);
    lock_take(&device);
    for (unsigned i = 0; i < 1000; i++) {
        while (turn % 2 == 1)
            cond_wait(&turned, &device);
        turn++;
        cond_wake_all(&turned);
    }
    lock_drop(&device);
    thread_join(&t);
    CHECK_EQ(turn, 2000);
}

int main(void)
{
    epoch_thread_init();
    lock_init(&device, RANK_DEVICE);
    lock_init(&leaf, RANK_LEAF);
    lock_init(&other_leaf, RANK_LEAF);
    cond_init(&turned);
    TEST(ranks_rise);
    TEST(a_take_against_the_ranks_is_asserted);
    TEST(one_thread_at_a_time_is_inside);
    TEST(who_has_to_wait_is_counted);
    TEST(a_condition_hands_the_lock_over_and_back);
    cond_fini(&turned);
    lock_fini(&device);
    return test_end();
}
