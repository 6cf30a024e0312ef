/* SPDX-License-Identifier: Apache-2.0 */
#include "core/memory.h"

/*
 * The memory map under concurrency: readers find the old view or the new one, never anything else
 *
 * Short form 300 rounds, long form 20000.  The long form also says what a commit costs in a machine
 * of 8 vCPUs.
 */

#include "core/dma.h"
#include "core/view.h"
#include "lib/epoch.h"
#include "lib/loop.h"
#include "lib/thread.h"
#include "tests/unit/map-rig.h"

enum { READERS = 4, VCPUS = 8, PAMS = 13 };

#define OLD 0x1111111111111111u
#define NEW 0x2222222222222222u
#define POISON 0xdeaddeaddeaddeadu

static struct rig rig;
static unsigned rounds;
static _Atomic bool stop;

static void start(struct thread *t, unsigned n, void *(*fn)(void *))
{
    stop = false;
    for (unsigned i = 0; i < n; i++)
        CHECK_EQ(thread_start(&t[i], "reader", fn, NULL, NULL), 0);
}

static void join(struct thread *t, unsigned n)
{
    stop = true;
    for (unsigned i = 0; i < n; i++)
        thread_join(&t[i]);
}

static _Atomic uint64_t wrong, looks;

static void *read_window(void *arg)
{
    unsigned hint = 0;
    uint64_t val;

    while (!stop) {
        enum mem_result r = address_space_read(&rig.m.memory_as, 0x1008, 8, &val, &hint);

        wrong += r != MEM_OK || (val != OLD && val != NEW);
        wrong += dma_read(&rig.m.memory_as, 0x1010, &val, 8) != MEM_OK || (val != OLD && val != NEW);
        looks++;
    }
    return NULL;
}

static void fill(uint64_t at, uint64_t val)
{
    for (unsigned i = 0; i < 0x1000; i += 8)
        host_store(rig.block->host + at + i, 8, val);
}

/* What is out of the map after a commit, is in nobody's hands: it is poisoned, and no reader sees that. */
static void readers_find_the_old_view_or_the_new_one(void)
{
    struct thread readers[READERS];
    struct region old, new;

    rig_init(&rig);
    region_init_ram(&old, "old", rig.block, 0x1000, 0x1000);
    region_init_ram(&new, "new", rig.block, 0x2000, 0x1000);
    fill(0x1000, OLD);
    new.enabled = false;
    rig_add(&rig, &rig.m.memory, 0x1000, &old, 0);
    rig_add(&rig, &rig.m.memory, 0x1000, &new, 0);
    wrong = looks = 0;
    start(readers, READERS, read_window);
    for (unsigned i = 0; i < rounds || looks < 1000; i++) {
        bool to_new = !new.enabled;

        fill(to_new ? 0x2000 : 0x1000, to_new ? NEW : OLD);
        map_begin(&rig.m.map);
        region_enable(&new, to_new);
        region_enable(&old, !to_new);
        map_end(&rig.m.map);
        fill(to_new ? 0x1000 : 0x2000, POISON);
    }
    join(readers, READERS);
    CHECK_EQ(wrong, 0);
    rig_remove(&rig, &old);
    rig_remove(&rig, &new);
    rig_fini(&rig);
}

static void *read_probe(void *arg)
{
    uint64_t val;

    while (!stop) {
        enum mem_result r = address_space_read(&rig.m.memory_as, 0x8004, 4, &val, NULL);

        wrong += !(r == MEM_OK && val == 0x55) && !(r == MEM_DECODE_ERROR && !val);
        looks++;
    }
    return NULL;
}

/* What unplug does: out of the map, then nobody is inside any more, then free. */
static void a_device_that_was_taken_out_is_left_by_all(void)
{
    struct thread readers[READERS];

    rig_init(&rig);
    wrong = looks = 0;
    start(readers, READERS, read_probe);
    for (unsigned i = 0; i < rounds || looks < 1000; i++) {
        struct probe *p = malloc(sizeof(*p));

        probe_init(p, &rig.m);
        p->answer = 0x55;
        rig_add(&rig, &rig.m.memory, 0x8000, &p->region, 0);
        map_begin(&rig.m.map);
        region_remove(&p->region);
        map_end(&rig.m.map);
        while (p->dev.entered)
            sched_yield();
        region_fini(&p->region);
        lock_fini(&p->dev.own);
        free(p);
    }
    join(readers, READERS);
    CHECK_EQ(wrong, 0);
    rig_fini(&rig);
}

struct mover { struct thread thread; struct region region; uint64_t base; };

static void *move(void *arg)
{
    struct mover *m = arg;

    for (unsigned i = 0; i < rounds; i++) {
        map_begin(&rig.m.map);
        region_move(&m->region, m->base + (i & 1 ? 0x1000 : 0));
        map_end(&rig.m.map);
    }
    return NULL;
}

static void writers_come_one_after_the_other(void)
{
    struct mover movers[3];

    rig_init(&rig);
    for (unsigned i = 0; i < 3; i++) {
        movers[i].base = 0x10000 * i;
        region_init_ram(&movers[i].region, "moved", rig.block, 0, 0x1000);
        rig_add(&rig, &rig.m.memory, movers[i].base, &movers[i].region, 0);
    }
    for (unsigned i = 0; i < 3; i++)
        CHECK_EQ(thread_start(&movers[i].thread, "mover", move, &movers[i], NULL), 0);
    for (unsigned i = 0; i < 3; i++)
        thread_join(&movers[i].thread);
    CHECK_EQ(rig.m.memory_as.view->n, 3);
    for (unsigned i = 0; i < 3; i++)
        CHECK_EQ(rig.m.memory_as.view->range[i].first, movers[i].base + (rounds & 1 ? 0 : 0x1000));
    for (unsigned i = 0; i < 3; i++)
        rig_remove(&rig, &movers[i].region);
    rig_fini(&rig);
}

/* The map of a PC in small: RAM below everything, PAM windows, devices above, a root per vCPU. */
struct pc {
    struct region pam[PAMS], io[40], root[VCPUS], system[VCPUS], apic[VCPUS];
    struct address_space as[VCPUS];
};

static void pc_init(struct pc *pc)
{
    map_begin(&rig.m.map);
    region_add(&rig.m.memory, 0, &rig.ram, 0);
    for (unsigned i = 0; i < PAMS; i++) {
        region_init_alias(&pc->pam[i], "pam", &rig.ram, 0x1000 * i, 0x1000);
        pc->pam[i].readonly = i & 1;
        region_add(&rig.m.memory, 0x1000 * i, &pc->pam[i], 1);
    }
    for (unsigned i = 0; i < 40; i++) {
        region_init_ram(&pc->io[i], "bar", rig.block, 0, 0x1000);
        region_add(&rig.m.memory, 0xfe000000 + 0x2000 * i, &pc->io[i], 1);
    }
    for (unsigned i = 0; i < VCPUS; i++) {
        region_init(&pc->root[i], "cpu", REGION_CONTAINER, UINT64_MAX);
        region_init_alias(&pc->system[i], "memory", &rig.m.memory, 0, 1);
        pc->system[i].last = UINT64_MAX;
        region_init_ram(&pc->apic[i], "apic", rig.block, 0, 0x1000);
        region_add(&pc->root[i], 0, &pc->system[i], 0);
        region_add(&pc->root[i], 0xfee00000, &pc->apic[i], 1);
        address_space_init(&pc->as[i], &rig.m, "cpu-memory", &pc->root[i], false);
    }
    map_end(&rig.m.map);
}

static void pc_fini(struct pc *pc)
{
    for (unsigned i = 0; i < PAMS; i++)
        rig_remove(&rig, &pc->pam[i]);
    for (unsigned i = 0; i < 40; i++)
        rig_remove(&rig, &pc->io[i]);
    for (unsigned i = 0; i < VCPUS; i++) {
        address_space_fini(&pc->as[i]);
        rig_remove(&rig, &pc->system[i]);
        rig_remove(&rig, &pc->apic[i]);
        region_fini(&pc->root[i]);
    }
}

static void a_pam_write_reaches_the_root_of_each_vcpu(void)
{
    static struct pc pc;
    uint64_t start_ns;

    rig_init(&rig);
    pc_init(&pc);
    start_ns = loop_clock_ns(LOOP_MONOTONIC);
    for (unsigned i = 0; i < rounds; i++) {
        map_begin(&rig.m.map);
        region_set_readonly(&pc.pam[i % PAMS], !pc.pam[i % PAMS].readonly);
        map_end(&rig.m.map);
        for (unsigned cpu = 0; cpu < VCPUS; cpu++)
            CHECK_EQ(view_find(pc.as[cpu].view, 0x1000 * (i % PAMS), NULL)->writable, !pc.pam[i % PAMS].readonly);
    }
    printf("# a commit for %u vCPUs takes %" PRIu64 " ns\n", VCPUS,
           (loop_clock_ns(LOOP_MONOTONIC) - start_ns) / rounds);
    pc_fini(&pc);
    rig_fini(&rig);
}

int main(int argc, char **argv)
{
    rounds = test_long(argc, argv) ? 20000 : 300;
    epoch_thread_init();
    TEST(readers_find_the_old_view_or_the_new_one);
    TEST(a_device_that_was_taken_out_is_left_by_all);
    TEST(writers_come_one_after_the_other);
    TEST(a_pam_write_reaches_the_root_of_each_vcpu);
    epoch_thread_fini();
    return test_end();
}
