/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Event loop: the sentences of lib/loop.h and lib/signal.h
 */

#include "tests/test.h"

#include "lib/epoch.h"
#include "lib/error.h"
#include "lib/loop.h"
#include "lib/signal.h"
#include "lib/thread.h"
#include "lib/timer-heap.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

static struct loop *loop;

static void fresh_loop(void)
{
    loop_free(loop);
    loop = NULL;
    CHECK_EQ(loop_new(&loop, NULL), 0);
}

/* Watches */

struct end { struct watch watch; unsigned calls, events; struct end *kill; bool stay_full; };

static void end_called(struct watch *w, unsigned events)
{
    struct end *e = list_entry(w, struct end, watch);
    char buf[64];

    e->calls++;
    e->events = events;
    if (e->kill)
        watch_del(&e->kill->watch);
    if (!e->stay_full && (events & LOOP_IN) && !w->always)
        while (read(w->fd, buf, sizeof(buf)) > 0)
            ;
}

static void open_pair(struct end *a, struct end *b)
{
    int fds[2];

    CHECK_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
    a->watch = (struct watch){ .fd = fds[0], .fn = end_called };
    b->watch = (struct watch){ .fd = fds[1], .fn = end_called };
}

static void close_pair(struct end *a, struct end *b)
{
    watch_del(&a->watch);
    watch_del(&b->watch);
    close(a->watch.fd);
    close(b->watch.fd);
}

static void a_readable_descriptor_is_called(void)
{
    struct end a = { 0 }, b = { 0 };

    fresh_loop();
    open_pair(&a, &b);
    CHECK_EQ(watch_add(loop, &a.watch, LOOP_IN, NULL), 0);
    loop_turn(loop, 0);
    CHECK_EQ(a.calls, 0);
    CHECK_EQ(write(b.watch.fd, "x", 1), 1);
    loop_turn(loop, -1);
    CHECK_EQ(a.calls, 1);
    CHECK_EQ(a.events, LOOP_IN);
    watch_set(&a.watch, LOOP_IN | LOOP_OUT);
    loop_turn(loop, -1);
    CHECK_EQ(a.events, LOOP_OUT);
    close_pair(&a, &b);
}

static void hang_up_is_reported_always(void)
{
    struct end a = { 0 }, b = { 0 };

    fresh_loop();
    open_pair(&a, &b);
    CHECK_EQ(watch_add(loop, &a.watch, 0, NULL), 0);
    close(b.watch.fd);
    loop_turn(loop, -1);
    CHECK_EQ(a.events, LOOP_HUP);
    watch_del(&a.watch);
    close(a.watch.fd);
}

static void a_watch_deleted_in_the_same_round_is_not_called(void)
{
    struct end a = { 0 }, b = { 0 }, c = { 0 }, d = { 0 };

    fresh_loop();
    open_pair(&a, &b);
    open_pair(&c, &d);
    a.kill = &c;
    c.kill = &a;
    CHECK_EQ(watch_add(loop, &a.watch, LOOP_IN, NULL), 0);
    CHECK_EQ(watch_add(loop, &c.watch, LOOP_IN, NULL), 0);
    CHECK_EQ(write(b.watch.fd, "x", 1), 1);
    CHECK_EQ(write(d.watch.fd, "x", 1), 1);
    loop_turn(loop, -1);
    CHECK_EQ(a.calls + c.calls, 1);
    close_pair(&a, &b);
    close_pair(&c, &d);
}

static void a_watch_may_delete_itself(void)
{
    struct end a = { 0 }, b = { 0 };

    fresh_loop();
    open_pair(&a, &b);
    a.kill = &a;
    CHECK_EQ(watch_add(loop, &a.watch, LOOP_IN, NULL), 0);
    CHECK_EQ(write(b.watch.fd, "x", 1), 1);
    loop_turn(loop, -1);
    loop_turn(loop, 0);
    CHECK_EQ(a.calls, 1);
    close_pair(&a, &b);
}

static void a_file_is_always_ready(void)
{
    struct end a = { .watch = { .fn = end_called } }, b = { .watch = { .fn = end_called } };

    fresh_loop();
    a.watch.fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
    b.watch.fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
    a.kill = &b;
    CHECK_EQ(watch_add(loop, &a.watch, LOOP_IN, NULL), 0);
    CHECK_EQ(watch_add(loop, &b.watch, LOOP_IN, NULL), 0);
    loop_turn(loop, -1);
    CHECK_EQ(a.calls, 1);
    CHECK_EQ(b.calls, 0);
    loop_turn(loop, -1);
    CHECK_EQ(a.calls, 2);
    watch_set(&a.watch, 0);
    loop_turn(loop, 0);
    CHECK_EQ(a.calls, 2);
    close_pair(&a, &b);
}

static void a_bad_descriptor_is_an_error_of_the_host(void)
{
    struct watch w = { .fd = 999999, .fn = end_called };
    struct error *err = NULL;

    fresh_loop();
    CHECK(watch_add(loop, &w, LOOP_IN, &err) < 0);
    CHECK_EQ(err->kind, ERROR_HOST);
    error_free(err);
    watch_del(&w);
}

/* Timers */

struct tick { struct loop_timer timer; uint64_t at_ns; unsigned calls; bool again; };
static struct tick *order[4096];
static unsigned ordered;

static void ticked(struct loop_timer *t)
{
    struct tick *k = list_entry(t, struct tick, timer);

    k->calls++;
    k->at_ns = loop_clock_ns(t->clock);
    if (ordered < 4096)
        order[ordered++] = k;
    if (k->again)
        loop_timer_set(loop, t, t->clock, 0);
}

static void a_timer_fires_once_and_not_early(void)
{
    fresh_loop();
    for (unsigned clock = LOOP_REALTIME; clock <= LOOP_MONOTONIC; clock++) {
        struct tick k = { .timer.fn = ticked };
        uint64_t at_ns = loop_clock_ns(clock) + 2000000;

        loop_timer_set(loop, &k.timer, clock, at_ns);
        loop_turn(loop, 0);
        while (!k.calls)
            loop_turn(loop, -1);
        CHECK(k.at_ns >= at_ns);
        loop_turn(loop, 0);
        CHECK_EQ(k.calls, 1);
        CHECK(!k.timer.loop);
    }
}

static void a_timer_is_precise_to_less_than_a_millisecond(void)
{
    uint64_t best_ns = UINT64_MAX;

    fresh_loop();
    for (int i = 0; i < 20; i++) {
        struct tick k = { .timer.fn = ticked };
        uint64_t at_ns = loop_clock_ns(LOOP_MONOTONIC) + 100000;

        loop_timer_set(loop, &k.timer, LOOP_MONOTONIC, at_ns);
        while (!k.calls)
            loop_turn(loop, -1);
        if (k.at_ns - at_ns < best_ns)
            best_ns = k.at_ns - at_ns;
    }
    CHECK(best_ns < 1000000);
}

static void a_timer_in_the_past_fires_in_the_next_round_and_starves_nobody(void)
{
    struct tick k = { .timer.fn = ticked, .again = true }, other = { .timer.fn = ticked };

    fresh_loop();
    loop_timer_set(loop, &k.timer, LOOP_MONOTONIC, 0);
    loop_timer_set(loop, &other.timer, LOOP_MONOTONIC, 1);
    loop_turn(loop, -1);
    CHECK_EQ(k.calls, 1);
    CHECK_EQ(other.calls, 1);
    loop_turn(loop, -1);
    CHECK_EQ(k.calls, 2);
    loop_timer_del(&k.timer);
    loop_timer_set(loop, &k.timer, LOOP_MONOTONIC, UINT64_MAX);
    loop_turn(loop, 0);
    CHECK_EQ(k.calls, 2);
    loop_timer_del(&k.timer);
}

static struct tick victim;
static void kills_the_victim(struct loop_timer *t)
{
    loop_timer_del(&victim.timer);
}

static void a_timer_deleted_in_the_same_round_is_not_called(void)
{
    struct loop_timer killer = { .fn = kills_the_victim };

    fresh_loop();
    victim = (struct tick){ .timer.fn = ticked };
    loop_timer_set(loop, &killer, LOOP_MONOTONIC, 1);
    loop_timer_set(loop, &victim.timer, LOOP_MONOTONIC, 2);
    loop_turn(loop, -1);
    CHECK_EQ(victim.calls, 0);
}

static void timers_fire_in_order_whatever_is_set_and_deleted(void)
{
    static struct tick ticks[1000];
    uint32_t seed = 12345;
    unsigned alive = 0;

    fresh_loop();
    memset(ticks, 0, sizeof(ticks));
    for (int i = 0; i < 20000; i++) {
        struct tick *k = &ticks[(seed >> 8) % 1000];

        k->timer.fn = ticked;
        seed = seed * 1103515245 + 12345;
        if ((seed >> 16) % 3)
            loop_timer_set(loop, &k->timer, LOOP_MONOTONIC, 1 + (seed >> 4) % 100000);
        else
            loop_timer_del(&k->timer);
    }
    for (int i = 0; i < 1000; i++)
        alive += !!ticks[i].timer.loop;
    ordered = 0;
    loop_turn(loop, 0);
    CHECK_EQ(ordered, alive);
    for (unsigned i = 1; i < ordered; i++)
        CHECK(order[i - 1]->timer.at_ns <= order[i]->timer.at_ns);
}

/* Posts and quitting */

enum { POSTS = 100, ROUNDS = 2000 };
struct work { struct post post; _Atomic unsigned asked; unsigned done, runs; };
static struct work works[POSTS];
static _Atomic unsigned left;

static void work_run(struct post *p)
{
    struct work *w = list_entry(p, struct work, post);

    w->runs++;
    w->done = w->asked;
}

static void *poster(void *opaque)
{
    for (int i = 0; i < ROUNDS; i++)
        for (int j = 0; j < POSTS; j++) {
            works[j].asked++;
            loop_post(loop, &works[j].post);
        }
    if (!--left)
        loop_quit(loop);
    return NULL;
}

static void whatever_threads_post_is_seen(void)
{
    struct thread threads[3];

    fresh_loop();
    memset(works, 0, sizeof(works));
    for (int j = 0; j < POSTS; j++)
        works[j].post.fn = work_run;
    left = 3;
    for (int i = 0; i < 3; i++)
        CHECK_EQ(thread_start(&threads[i], "poster", poster, NULL, NULL), 0);
    loop_run(loop);
    loop_turn(loop, 0);
    for (int i = 0; i < 3; i++)
        thread_join(&threads[i]);
    for (int j = 0; j < POSTS; j++) {
        CHECK_EQ(works[j].done, 3 * ROUNDS);
        CHECK(works[j].runs >= 1);
    }
}

static void posting_what_is_queued_does_nothing(void)
{
    struct work w = { .post.fn = work_run };

    fresh_loop();
    CHECK(loop_post(loop, &w.post));
    CHECK(!loop_post(loop, &w.post));
    loop_turn(loop, -1);
    CHECK_EQ(w.runs, 1);
    loop_turn(loop, 0);
    CHECK_EQ(w.runs, 1);
    CHECK(loop_post(loop, &w.post));
    loop_turn(loop, -1);
    CHECK_EQ(w.runs, 2);
}

static void posts_run_in_the_order_of_posting_and_can_be_taken_back(void)
{
    fresh_loop();
    memset(works, 0, sizeof(works));
    for (int j = 0; j < 5; j++) {
        works[j].post.fn = work_run;
        loop_post(loop, &works[j].post);
    }
    loop_post_cancel(loop, &works[4].post);
    loop_post_cancel(loop, &works[1].post);
    loop_post_cancel(loop, &works[1].post);
    works[5].post.fn = work_run;
    loop_post(loop, &works[5].post);
    loop_turn(loop, -1);
    for (int j = 0; j < 6; j++)
        CHECK_EQ(works[j].runs, j != 1 && j != 4);
    CHECK(loop_post(loop, &works[1].post));
    loop_turn(loop, -1);
    CHECK_EQ(works[1].runs, 1);
}

static void a_loop_told_to_quit_before_it_runs_does_not_run(void)
{
    fresh_loop();
    loop_quit(loop);
    loop_run(loop);
    CHECK(loop_is_mine(loop));
}

static void *asks_whose(void *opaque)
{
    return loop_is_mine(loop) ? opaque : NULL;
}

static void another_thread_is_not_the_loops(void)
{
    void *result;
    pthread_t id;

    fresh_loop();
    CHECK_EQ(pthread_create(&id, NULL, asks_whose, loop), 0);
    pthread_join(id, &result);
    CHECK(!result);
}

/* Signals */

static int got_signal;
static pid_t got_sender;
static void signal_came(struct signal_watch *w, int signal, pid_t sender)
{
    got_signal = signal;
    got_sender = sender;
}

static void signals_that_end_us_are_events_with_their_sender(void)
{
    static const int signals[] = { SIGINT, SIGTERM, SIGHUP };
    struct signal_watch w = { .fn = signal_came };

    fresh_loop();
    CHECK_EQ(signal_watch_add(loop, &w, NULL), 0);
    for (unsigned i = 0; i < 3; i++) {
        kill(getpid(), signals[i]);
        loop_turn(loop, -1);
        CHECK_EQ(got_signal, signals[i]);
        CHECK_EQ(got_sender, getpid());
    }
    signal_watch_del(&w);
    signal_watch_del(&w);
}

int main(void)
{
    epoch_thread_init();
    TEST(a_readable_descriptor_is_called);
    TEST(hang_up_is_reported_always);
    TEST(a_watch_deleted_in_the_same_round_is_not_called);
    TEST(a_watch_may_delete_itself);
    TEST(a_file_is_always_ready);
    TEST(a_bad_descriptor_is_an_error_of_the_host);
    TEST(a_timer_fires_once_and_not_early);
    TEST(a_timer_is_precise_to_less_than_a_millisecond);
    TEST(a_timer_in_the_past_fires_in_the_next_round_and_starves_nobody);
    TEST(a_timer_deleted_in_the_same_round_is_not_called);
    TEST(timers_fire_in_order_whatever_is_set_and_deleted);
    TEST(whatever_threads_post_is_seen);
    TEST(posting_what_is_queued_does_nothing);
    TEST(posts_run_in_the_order_of_posting_and_can_be_taken_back);
    TEST(a_loop_told_to_quit_before_it_runs_does_not_run);
    TEST(another_thread_is_not_the_loops);
    TEST(signals_that_end_us_are_events_with_their_sender);
    loop_free(loop);
    return test_end();
}
