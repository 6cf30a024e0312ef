/* SPDX-License-Identifier: Apache-2.0 */
#include "core/device.h"

/*
 * The one way into a device, as core/device.h says it: locks, re-entry, map changes, deferred work
 */

#include "core/machine.h"
#include "lib/epoch.h"
#include "lib/thread.h"
#include "tests/test.h"

#include <errno.h>

enum { THREADS = 4 };

#define D struct tester

struct tester {
    struct device dev;
    struct {
        uint64_t sum, last;
    } st;
    struct irq out;
    struct device *other;
    struct deferred deferred;
    unsigned outputs, deferrals;
    int inner;                  /* what the entry from inside said */
    bool locked_while_deferred;
};

static D *tester(struct device *dev)
{
    return (D *)dev;
}

/* Not atomic on purpose: only the lock makes the sum right. */
static void add(struct device *dev, uint32_t at, uint64_t val)
{
    volatile uint64_t *sum = &tester(dev)->st.sum;

    (void)at;
    *sum = *sum + val;
}

static void reenter(struct device *dev, uint32_t at, uint64_t val)
{
    struct entry e = { .kind = ENTRY_READ, .size = 1 };
    D *t = tester(dev);

    (void)at;
    (void)val;
    e.region = &(t->other ? t->other : dev)->regions[0];
    t->inner = dispatch(t->other ? t->other : dev, &e);
    CHECK_EQ(e.val, UINT64_MAX);
}

static void move(struct device *dev, uint32_t at, uint64_t val)
{
    (void)at;
    tester(dev)->st.last = val;
    map_request(dev, &dev->regions[1], val & 1, val);
}

static void deferred_run(struct deferred *d)
{
    D *t = (D *)((char *)d - offsetof(D, deferred));

    t->deferrals++;
    t->locked_while_deferred = device_inside() || !lock_none_held();
}

static void defer(struct device *dev, uint32_t at, uint64_t val)
{
    (void)at;
    (void)val;
    dispatch_defer(&tester(dev)->deferred);
    dispatch_defer(&tester(dev)->deferred);
    CHECK_EQ(tester(dev)->deferrals, 0);
}

static const struct reg tester_regs[] = {
    REG_FN(0, "ADD", 4, .write = add, .doc = "adds"),
    REG_FN(4, "REENTER", 1, .write = reenter, .doc = "enters a device"),
    REG_FN(8, "MOVE", 4, .write = move, .doc = "moves region 1"),
    REG_FN(12, "DEFER", 1, .write = defer, .doc = "defers"),
    {}
};
static const struct region_type tester_regions[] = {
    { .name = "tester", .size = 16, .min = 1, .max = 4, .hole = 0xa5, .regs = tester_regs },
    { .name = "moved", .size = 2, .min = 1, .max = 1, .regs = (const struct reg[]){ {} } },
    {}
};
static const struct section tester_section = {
    "tester", 1, 1, .fields = (const struct field[]){ FIELD(D, "sum", sum), FIELD(D, "last", last), {} } };

static void tester_outputs(struct device *dev)
{
    tester(dev)->outputs++;
}

static const struct device_type own_lock = {
    .type = { .name = "own-lock", .doc = "a test's", DEVICE(D), TYPE_STATE(D), .state = &tester_section },
    .locking = LOCKING_DEVICE, .regions = tester_regions, .outputs = tester_outputs,
};
static const struct device_type chipset_lock = {
    .type = { .name = "chipset-lock", .doc = "a test's", DEVICE(D), TYPE_STATE(D), .state = &tester_section },
    .locking = LOCKING_CHIPSET, .regions = tester_regions,
};

static struct loop *loop;
static struct machine *m;
static struct device *dev[THREADS];
static unsigned rounds = 50000;

static void begin(const struct device_type *type)
{
    loop_new(&loop, NULL);
    machine_new(loop, 702, &m, NULL);
    for (unsigned i = 0; i < THREADS; i++) {
        dev[i] = device_new(m, type);
        device_realize(dev[i], NULL, NULL, NULL);
        tester(dev[i])->deferred.fn = deferred_run;
        tester(dev[i])->outputs = 0;
        device_map(dev[i], 0, &m->io, 0x100 + 16 * i, 0);
        device_map(dev[i], 1, &m->io, 0x1000 * (i + 1), 0);
    }
}

static void end(void)
{
    machine_free(m);
    loop_free(loop);
}

/* A vCPU that writes to one device. */
static void *hammer(void *arg)
{
    unsigned port = 0x100 + 16 * (unsigned)(uintptr_t)arg;

    for (unsigned i = 0; i < rounds; i++)
        address_space_write(&m->io_as, port, 4, 1, NULL);
    return NULL;
}

static void run_threads(void *(*fn)(void *), bool shared)
{
    struct thread t[THREADS];

    for (unsigned i = 0; i < THREADS; i++)
        CHECK_EQ(thread_start(&t[i], T("t%u", i), fn, (void *)(uintptr_t)(shared ? 0 : i), NULL), 0);
    for (unsigned i = 0; i < THREADS; i++)
        thread_join(&t[i]);
}

static void four_vcpus_on_four_devices_never_wait(void)
{
    begin(&own_lock);
    run_threads(hammer, false);
    for (unsigned i = 0; i < THREADS; i++) {
        CHECK_EQ(tester(dev[i])->st.sum, rounds);
        CHECK_EQ(lock_contended(dev[i]->lock), 0);
        CHECK_EQ(tester(dev[i])->outputs, rounds);
    }
    CHECK_EQ(lock_contended(&m->chipset), 0);
    CHECK_EQ(lock_contended(&m->map.lock), 0);
    end();
}

static void four_vcpus_on_one_device_lose_nothing(void)
{
    begin(&own_lock);
    run_threads(hammer, true);
    CHECK_EQ(tester(dev[0])->st.sum, (uint64_t)THREADS * rounds);
    CHECK_EQ(tester(dev[0])->outputs, THREADS * rounds);
    end();
}

static void small_chips_share_one_lock(void)
{
    begin(&chipset_lock);
    CHECK(dev[0]->lock == &m->chipset && dev[1]->lock == &m->chipset);
    run_threads(hammer, false);
    for (unsigned i = 0; i < THREADS; i++)
        CHECK_EQ(tester(dev[i])->st.sum, rounds);
    end();
}

static void whoever_is_inside_a_device_enters_no_device(void)
{
    begin(&own_lock);
    device_write(dev[0], 0, 4, 1, 0);
    CHECK_EQ(tester(dev[0])->inner, -EBUSY);
    CHECK_EQ(m->guest_errors, 1);
    tester(dev[0])->other = dev[1];
    device_write(dev[0], 0, 4, 1, 0);
    CHECK_EQ(tester(dev[0])->inner, -EBUSY);
    CHECK_EQ(tester(dev[1])->outputs, 0);
    CHECK(!device_inside() && lock_none_held());
    end();
}

static void a_map_change_is_there_when_the_access_completes(void)
{
    uint64_t val;

    begin(&own_lock);
    device_write(dev[0], 0, 8, 4, 0x2001);
    CHECK_EQ(dev[0]->regions[1].base, 0x2001);
    CHECK_EQ(address_space_read(&m->io_as, 0x2002, 1, &val, NULL), MEM_OK);
    device_write(dev[0], 0, 8, 4, 0x2000);
    CHECK(!dev[0]->regions[1].enabled);
    end();
}

static void *mover(void *arg)
{
    unsigned seed = (unsigned)(uintptr_t)arg + 1;

    for (unsigned i = 0; i < 300; i++)
        device_write(dev[0], 0, 8, 4, 0x2001 + 2 * (seed = (seed * 1103515245 + 12345) % 0x1000));
    return NULL;
}

/* The request that was made last under the lock is what the map shows, whoever commits last. */
static void map_changes_take_effect_in_the_order_of_their_requests(void)
{
    begin(&own_lock);
    for (unsigned i = 0; i < 10; i++) {
        run_threads(mover, false);
        CHECK_EQ(dev[0]->regions[1].base, tester(dev[0])->st.last);
        CHECK(dev[0]->regions[1].enabled);
    }
    end();
}

static void what_is_deferred_runs_once_outside_of_every_lock(void)
{
    begin(&own_lock);
    device_write(dev[0], 0, 12, 1, 0);
    CHECK_EQ(tester(dev[0])->deferrals, 1);
    CHECK(!tester(dev[0])->locked_while_deferred);
    dispatch_defer(&tester(dev[0])->deferred);  /* outside: at once */
    CHECK_EQ(tester(dev[0])->deferrals, 2);
    end();
}

static void a_deferral_under_a_lock_waits_until_the_lock_is_dropped(void)
{
    struct lock leaf;

    begin(&own_lock);
    lock_init(&leaf, RANK_LEAF);
    lock_take(&leaf);
    dispatch_defer(&tester(dev[0])->deferred);
    CHECK_EQ(tester(dev[0])->deferrals, 0);
    lock_drop(&leaf);
    device_write(dev[1], 0, 0, 4, 1);   /* the next moment that this thread leaves a device */
    CHECK_EQ(tester(dev[0])->deferrals, 1);
    lock_fini(&leaf);
    end();
}

static void an_access_that_a_region_does_not_declare_is_answered_with_ones(void)
{
    begin(&own_lock);
    CHECK_EQ(device_read(dev[0], 0, 0, 8), UINT64_MAX);         /* too wide */
    CHECK_EQ(device_read(dev[0], 0, 14, 4), UINT64_MAX);        /* across the end */
    CHECK_EQ(device_read(dev[0], 0, 16, 1), UINT64_MAX);
    CHECK_EQ(device_read(dev[0], 0, UINT64_MAX, 1), UINT64_MAX);
    CHECK_EQ(device_read(dev[0], 1, 0, 2), UINT64_MAX);
    CHECK_EQ(m->guest_errors, 5);
    CHECK_EQ(device_read(dev[0], 0, 5, 1), 0xa5);               /* a hole */
    CHECK_EQ(m->guest_errors, 5);
    end();
}

static unsigned worked;
static void work(struct device *d)
{
    worked++;
    CHECK(device_inside());
    (void)d;
}

static void work_is_an_entry_and_runs_once_however_often_it_is_posted(void)
{
    struct work w;

    begin(&own_lock);
    worked = 0;
    work_init(&w, dev[0], work);
    work_post(&w);
    work_post(&w);
    machine_run_posted(m);
    CHECK_EQ(worked, 1);
    work_post(&w);
    device_free(dev[0]);                /* takes its work with it */
    machine_run_posted(m);
    CHECK_EQ(worked, 1);
    end();
}

static void realized_devices_are_found_by_type_in_order_of_creation(void)
{
    struct device *other, *found;

    begin(&own_lock);
    other = device_new(m, &chipset_lock);
    CHECK(!device_find(m, &chipset_lock));
    CHECK_EQ(device_realize(other, NULL, NULL, NULL), 0);
    CHECK(device_find(m, &chipset_lock) == other);
    CHECK(!device_find_next(other));
    device_new(m, &own_lock);
    found = device_find(m, &own_lock);
    for (unsigned i = 0; i < THREADS; i++) {
        CHECK(found == dev[i]);
        found = found ? device_find_next(found) : NULL;
    }
    CHECK(!found);
    CHECK(!device_find(m, NULL));
    device_free(dev[0]);
    CHECK(device_find(m, &own_lock) == dev[1]);
    device_free(other);
    CHECK(!device_find(m, &chipset_lock));
    end();
}

int main(int argc, char **argv)
{
    if (test_long(argc, argv))
        rounds = 2000000;
    epoch_thread_init();
    TEST(four_vcpus_on_four_devices_never_wait);
    TEST(four_vcpus_on_one_device_lose_nothing);
    TEST(small_chips_share_one_lock);
    TEST(whoever_is_inside_a_device_enters_no_device);
    TEST(a_map_change_is_there_when_the_access_completes);
    TEST(map_changes_take_effect_in_the_order_of_their_requests);
    TEST(what_is_deferred_runs_once_outside_of_every_lock);
    TEST(a_deferral_under_a_lock_waits_until_the_lock_is_dropped);
    TEST(an_access_that_a_region_does_not_declare_is_answered_with_ones);
    TEST(work_is_an_entry_and_runs_once_however_often_it_is_posted);
    TEST(realized_devices_are_found_by_type_in_order_of_creation);
    epoch_thread_fini();
    return test_end();
}
