/* SPDX-License-Identifier: Apache-2.0 */
#include "backends/iothread.h"

/* iothread: the thread runs its loop, is told truly, and ends with the object. */

#include "tests/unit/object-rig.h"

#include <errno.h>
#include <semaphore.h>
#include <signal.h>
#include <unistd.h>

struct visit { struct post post; sem_t done; pid_t thread; bool mine; struct loop *loop; };

static void visited(struct post *p)
{
    struct visit *v = (struct visit *)p;

    v->thread = gettid();
    v->mine = loop_is_mine(v->loop);
    sem_post(&v->done);
}

static void what_is_posted_runs_on_its_thread(void)
{
    struct visit v = { .post.fn = visited };
    struct user_object *o;
    pid_t id;

    objects_start();
    o = object_made("iothread,id=io", "io");
    id = iothread_thread_id(o);
    CHECK(id > 0 && id != gettid());
    v.loop = iothread_loop(o);
    sem_init(&v.done, 0, 0);
    loop_post(v.loop, &v.post);
    while (sem_wait(&v.done))
        ;
    CHECK_EQ(v.thread, id);
    CHECK(v.mine);
    CHECK_EQ(user_object_delete(&objects, "io", NULL), 0);
    CHECK(tgkill(getpid(), id, 0) < 0 && errno == ESRCH);
    objects_end();
}

static void defaults_are_the_reference_s(void)
{
    static const char *const want[][2] = { { "aio-max-batch", "0" }, { "poll-grow", "0" }, { "poll-max-ns", "32768" },
        { "poll-shrink", "0" }, { "thread-pool-max", "64" }, { "thread-pool-min", "0" } };
    struct user_object *o;

    objects_start();
    o = object_made("iothread,id=io", "io");
    for (unsigned i = 0; i < sizeof(want) / sizeof(want[0]); i++)
        CHECK_STR(object_prop(o, want[i][0]), want[i][1]);
    o = object_made("iothread,id=i2,poll-max-ns=0x10,poll-grow=9223372036854775807,thread-pool-min=2,thread-pool-max=2",
                    "i2");
    CHECK_STR(object_prop(o, "poll-max-ns"), "16");
    objects_end();
}

static void what_is_out_of_range_is_refused(void)
{
    static const char *const wrong[][2] = {
        { "poll-max-ns=-1", "iothread.poll-max-ns: -1 is out of range, legal: 0 to 9223372036854775807" },
        { "poll-grow=-1", "poll-grow" }, { "poll-shrink=-1", "poll-shrink" }, { "aio-max-batch=-1", "aio-max-batch" },
        { "thread-pool-max=0", "thread-pool-max" }, { "thread-pool-max=4294967296", "thread-pool-max" },
        { "thread-pool-min=65", "iothread.thread-pool-min: 65 is out of range, legal: 0 to 64" },
        { "poll-max-ns=9223372036854775808", "poll-max-ns" }, { "poll-max-ns=x", "poll-max-ns" },
    };

    objects_start();
    for (unsigned i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        object_refused(T("iothread,id=io,%s", wrong[i][0]), wrong[i][1]);
    CHECK(list_empty(&objects.container->children));
    objects_end();
}

int main(void)
{
    TEST(what_is_posted_runs_on_its_thread);
    TEST(defaults_are_the_reference_s);
    TEST(what_is_out_of_range_is_refused);
    return test_end();
}
