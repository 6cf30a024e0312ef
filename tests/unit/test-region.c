/* SPDX-License-Identifier: Apache-2.0 */
#include "core/memory.h"

/*
 * The memory map in its corners: shared views, large views, hints, holes, and what is freed when
 *
 * test-memory.c has the rules of the map, one by one; here are the invariants of core/region.c,
 * core/view.c, core/map.c and core/address.c that a simple tree does not show.
 */

#include "core/view.h"
#include "lib/epoch.h"
#include "lib/thread.h"
#include "tests/unit/map-rig.h"

#include <malloc.h>
#include <sched.h>

enum { MANY = 500, PATIENCE = 2000 };

static struct rig rig;
static struct address_space *as;

static void begin(void)
{
    rig_init(&rig);
    as = &rig.m.memory_as;
}

static void drop(struct region *r)
{
    rig_remove(&rig, r);
}

static const struct flat_range *at(const struct address_space *space, uint64_t addr)
{
    return view_find(space->view, addr, NULL);
}

static void a_region_of_ram_starts_at_its_offset_in_the_block(void)
{
    struct region a;

    begin();
    region_init_ram(&a, "a", rig.block, 0x3000, 0x1000);
    rig_add(&rig, &rig.m.memory, 0x8000, &a, 0);
    CHECK(at(as, 0x8000)->host == rig.block->host + 0x3000);
    rig.block->host[0x3fff] = 0x77;
    CHECK_EQ(rig_read(&rig, 0x8fff, 1), 0x77);
    drop(&a);
    CHECK(!a.name);
    rig_fini(&rig);
}

/* A space whose root is a container `box` that holds an alias `window` of the system's memory, which holds RAM. */
struct side { struct address_space as; struct region box, window, other; };

static void side_init(struct side *bus, uint64_t box_last, uint64_t offset, uint64_t window_last)
{
    begin();
    rig_add(&rig, &rig.m.memory, 0x4000, &rig.ram, 0);
    region_init(&bus->box, "box", REGION_CONTAINER, box_last);
    region_init_alias(&bus->window, "window", &rig.m.memory, offset, 1);
    bus->window.last = window_last;
    region_init_ram(&bus->other, "other", rig.block, 0, 0x1000);
    address_space_init(&bus->as, &rig.m, "bus", &bus->box, false);
}

static void side_fini(struct side *bus)
{
    address_space_fini(&bus->as);
    drop(&bus->window);
    drop(&bus->other);
    region_fini(&bus->box);
    rig_fini(&rig);
}

/* What looks alike shares a view (view.h, region_resolve): only all of the only child, at 0, as it is. */
static void a_view_is_shared_only_if_nothing_differs(void)
{
    static const struct {
        uint64_t box_last, base, offset, window_last, first, last;
        bool readonly, box_readonly;
    } odd[] = {
        { UINT64_MAX, 0x100, 0, UINT64_MAX, 0x4100, 0x140ff, false, false },
        { UINT64_MAX, 0, 0x100, UINT64_MAX, 0x3f00, 0x13eff, false, false },
        { UINT64_MAX, 0, 0, 0x8fff, 0x4000, 0x8fff, false, false },
        { 0x7fff, 0, 0, UINT64_MAX, 0x4000, 0x7fff, false, false },
        { UINT64_MAX, 0, 0, UINT64_MAX, 0x4000, 0x13fff, true, false },
        { UINT64_MAX, 0, 0, UINT64_MAX, 0x4000, 0x13fff, false, true },
    };

    for (unsigned i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
        struct side bus;

        side_init(&bus, odd[i].box_last, odd[i].offset, odd[i].window_last);
        bus.window.readonly = odd[i].readonly;
        bus.box.readonly = odd[i].box_readonly;
        rig_add(&rig, &bus.box, odd[i].base, &bus.window, 0);
        CHECK(bus.as.view != as->view);
        CHECK_EQ(bus.as.view->n, 1);
        CHECK_EQ(bus.as.view->range[0].first, odd[i].first);
        CHECK_EQ(bus.as.view->range[0].last, odd[i].last);
        CHECK_EQ(bus.as.view->range[0].writable, !odd[i].readonly && !odd[i].box_readonly);
        side_fini(&bus);
    }
}

static void a_second_visible_child_ends_the_sharing(void)
{
    struct side bus;

    side_init(&bus, UINT64_MAX, 0, UINT64_MAX);
    bus.other.enabled = false;
    rig_add(&rig, &bus.box, 0, &bus.other, 1);
    rig_add(&rig, &bus.box, 0, &bus.window, 0);
    CHECK(bus.as.view == as->view);
    map_begin(&rig.m.map);
    region_enable(&bus.other, true);
    map_end(&rig.m.map);
    CHECK(bus.as.view != as->view);
    CHECK(at(&bus.as, 0)->region == &bus.other && !at(as, 0));
    side_fini(&bus);
}

static void a_child_that_shows_nothing_does_not_end_the_sharing(void)
{
    struct region empty, inner, window;
    struct side bus;

    side_init(&bus, UINT64_MAX, 0, UINT64_MAX);
    region_init(&empty, "empty", REGION_CONTAINER, 0xffff);
    region_init(&inner, "inner", REGION_CONTAINER, 0xfff);
    region_init_alias(&window, "window", &empty, 0, 0x10000);
    rig_add(&rig, &empty, 0x1000, &inner, 0);
    rig_add(&rig, &bus.box, 0, &window, 1);
    rig_add(&rig, &bus.box, 0, &bus.window, 0);
    CHECK(bus.as.view == as->view);
    rig_add(&rig, &inner, 0, &bus.other, 0);
    CHECK(bus.as.view != as->view);
    CHECK(at(&bus.as, 0x1000)->region == &bus.other);
    map_begin(&rig.m.map);
    region_enable(&inner, false);
    map_end(&rig.m.map);
    CHECK(bus.as.view == as->view);
    map_begin(&rig.m.map);
    region_remove(&window);
    region_remove(&inner);
    region_remove(&bus.other);
    map_end(&rig.m.map);
    region_fini(&window);
    region_fini(&inner);
    region_fini(&empty);
    side_fini(&bus);
}

static void a_target_that_is_disabled_shows_nothing(void)
{
    struct side bus;

    side_init(&bus, UINT64_MAX, 0, UINT64_MAX);
    rig_add(&rig, &bus.box, 0, &bus.window, 0);
    map_begin(&rig.m.map);
    region_enable(&rig.m.memory, false);
    map_end(&rig.m.map);
    CHECK(!bus.as.view->n && !as->view->n);
    map_begin(&rig.m.map);
    region_enable(&rig.m.memory, true);
    map_end(&rig.m.map);
    CHECK(bus.as.view->n == 1 && as->view->n == 1);
    side_fini(&bus);
}

static void a_new_space_shows_its_root_at_once(void)
{
    struct address_space space;

    begin();
    rig_add(&rig, &rig.m.memory, 0x4000, &rig.ram, 0);
    address_space_init(&space, &rig.m, "new", &rig.m.memory, false);
    CHECK_EQ(space.view->n, 1);
    CHECK(!strcmp(space.name, "new"));
    address_space_fini(&space);
    CHECK(!space.name && !space.view);
    rig_fini(&rig);
}

static struct region many[MANY];

/* Regions of one page each with a page between them, the last one added first. */
static void many_init(void)
{
    map_begin(&rig.m.map);
    for (unsigned i = MANY; i--; ) {
        region_init_ram(&many[i], "page", rig.block, 0x1000 * (i % 16), 0x1000);
        region_add(&rig.m.memory, 0x2000ull * i, &many[i], 0);
    }
    map_end(&rig.m.map);
}

static void many_fini(void)
{
    map_begin(&rig.m.map);
    for (unsigned i = 0; i < MANY; i++)
        region_remove(&many[i]);
    map_end(&rig.m.map);
    for (unsigned i = 0; i < MANY; i++)
        region_fini(&many[i]);
}

static void a_view_may_have_any_number_of_ranges(void)
{
    begin();
    many_init();
    CHECK_EQ(as->view->n, MANY);
    for (unsigned i = 0; i < MANY; i++) {
        CHECK(at(as, 0x2000ull * i)->region == &many[i]);
        CHECK(at(as, 0x2000ull * i + 0xfff)->region == &many[i]);
        CHECK(!at(as, 0x2000ull * i + 0x1000) && !at(as, 0x2000ull * i + 0x1fff));
    }
    many_fini();
    rig_fini(&rig);
}

/* A view that was replaced is freed, and so is one that looks as before. */
static void a_thousand_transactions_leave_nothing_behind(void)
{
    struct ram_block *block;
    struct address_space bus;
    struct region box;
    size_t before = 0;

    begin();
    block = rig.block;
    region_init(&box, "box", REGION_CONTAINER, UINT64_MAX);
    address_space_init(&bus, &rig.m, "bus", &box, false);
    rig_add(&rig, &rig.m.memory, 0, &rig.ram, 0);
    for (unsigned i = 0; i < 1010; i++) {
        struct region extra, second;

        if (i == 10)
            before = mallinfo2().uordblks;
        region_init_ram(&extra, "a rather long name, to be seen if it stays allocated", block, 0, 0x1000);
        region_init_alias(&second, "shown in another space", &rig.ram, 0, 0x1000);
        rig_add(&rig, &rig.m.memory, 0x100000, &extra, 0);
        rig_add(&rig, &box, 0, &second, 0);
        map_begin(&rig.m.map);
        region_enable(&extra, false);
        region_enable(&extra, true);
        map_end(&rig.m.map);
        drop(&extra);
        drop(&second);
    }
    CHECK(mallinfo2().uordblks < before + 0x4000);
    CHECK_EQ(as->view->refs, 1);
    address_space_fini(&bus);
    region_fini(&box);
    rig_fini(&rig);
}

/* What lies behind the last range of a view is not a range of it. */
static void a_hint_beyond_the_last_range_is_not_looked_at(void)
{
    struct region low, high;
    unsigned hint = 1;

    begin();
    region_init_alias(&low, "low", &rig.ram, 0, 0x1000);
    region_init_alias(&high, "high", &rig.ram, 0x1000, 0x1000);
    rig_add(&rig, &rig.m.memory, 0x8000, &low, 0);
    rig_add(&rig, &rig.m.memory, 0x9000, &high, 0);
    CHECK_EQ(as->view->n, 1);
    CHECK(view_find(as->view, 0x9800, &hint) == &as->view->range[0]);
    CHECK_EQ(hint, 0);
    drop(&low);
    drop(&high);
    rig_fini(&rig);
}

static void each_range_of_ports_is_in_the_array(void)
{
    struct region other;

    begin();
    region_init_alias(&other, "other", &rig.probe.region, 0, 2);
    rig_add(&rig, &rig.m.io, 0x60, &other, 0);
    rig_add(&rig, &rig.m.io, 0x3f8, &rig.probe.region, 0);
    CHECK(!at(&rig.m.io_as, 0x5f) && at(&rig.m.io_as, 0x60) && at(&rig.m.io_as, 0x61) && !at(&rig.m.io_as, 0x62));
    CHECK(!at(&rig.m.io_as, 0x3f7) && at(&rig.m.io_as, 0x3f8) && at(&rig.m.io_as, 0x4f7) && !at(&rig.m.io_as, 0x4f8));
    CHECK(at(&rig.m.io_as, 0x60) != at(&rig.m.io_as, 0x3f8));
    drop(&other);
    rig_fini(&rig);
}

static void what_begins_in_a_hole_goes_on_where_somebody_is(void)
{
    uint64_t val;

    begin();
    rig_add(&rig, &rig.m.memory, 0x4000, &rig.ram, 0);
    for (unsigned i = 1; i < 8; i++) {
        CHECK_EQ(address_space_read(as, 0x4000 - i, 8, &val, NULL), MEM_DECODE_ERROR);
        CHECK_EQ(val, 0x0807060504030201ull << 8 * i);
        CHECK_EQ(address_space_write(as, 0x4000 - i, 8, val, NULL), MEM_DECODE_ERROR);
    }
    CHECK_EQ(rig_read(&rig, 0x4000, 8), 0x0807060504030201);
    rig_fini(&rig);
}

static void a_write_to_romd_reaches_the_device_in_one_piece(void)
{
    struct region flash;

    begin();
    region_init_rom(&flash, "flash", rig.block, 0, 0x100);
    flash.kind = REGION_ROMD;
    flash.dev = &rig.probe.dev;
    flash.type = &probe_regions[0];
    flash.romd = true;
    rig_add(&rig, &rig.m.memory, 0x1000, &flash, 0);
    CHECK_EQ(address_space_write(as, 0x1010, 4, 0x12345678, NULL), MEM_OK);
    CHECK_EQ(rig.probe.writes, 1);
    CHECK_EQ(rig.probe.size, 4);
    CHECK_EQ(rig.probe.val, 0x12345678);
    drop(&flash);
    rig_fini(&rig);
}

static enum mem_result inside_result;
static uint64_t inside_val;

static void read_myself(struct probe *p)
{
    p->inside = NULL;
    inside_result = address_space_read(as, 0x1000, 4, &inside_val, NULL);
}

/* THREATS R3: whoever is inside a device enters no device. */
static void a_device_that_reads_itself_is_refused(void)
{
    begin();
    rig_add(&rig, &rig.m.memory, 0x1000, &rig.probe.region, 0);
    rig.probe.inside = read_myself;
    inside_result = MEM_OK;
    rig_read(&rig, 0x1000, 4);
    CHECK_EQ(inside_result, MEM_REFUSED);
    CHECK_EQ(rig.probe.reads, 1);
    CHECK_EQ(rig.probe.dev.entered, 0);
    rig_fini(&rig);
}

static unsigned messages;

static void message(void *opaque, uint64_t addr, uint32_t data)
{
    messages++;
}

static void only_the_doorbell_sends_messages(void)
{
    static const struct region_type plain = { .name = "plain", .size = 0x1000, .min = 4, .max = 4 };
    static const struct region_type doorbell = { .name = "bell", .size = 0x1000, .min = 4, .max = 4, .msi = true };
    struct region silent, bell;

    begin();
    region_init_io(&silent, NULL, &plain, NULL);
    region_init_io(&bell, NULL, &doorbell, NULL);
    rig_add(&rig, &rig.m.memory, 0, &rig.ram, 0);
    rig_add(&rig, &rig.m.memory, 0x20000, &silent, 0);
    rig_add(&rig, &rig.m.memory, MSI_BASE, &bell, 0);
    messages = 0;
    CHECK_EQ(address_space_write(as, MSI_BASE, 4, 0, NULL), MEM_OK);    /* nobody takes it */
    rig.m.msi.send = message;
    CHECK_EQ(address_space_write(as, 0x100, 4, 0, NULL), MEM_OK);
    CHECK_EQ(address_space_write(as, 0x20000, 4, 0, NULL), MEM_DECODE_ERROR);
    CHECK_EQ(address_space_write(as, 0x40000, 4, 0, NULL), MEM_DECODE_ERROR);
    CHECK_EQ(address_space_write(as, MSI_BASE + 4, 2, 0, NULL), MEM_DECODE_ERROR);
    CHECK_EQ(address_space_write(as, MSI_BASE + 2, 4, 0, NULL), MEM_DECODE_ERROR);
    CHECK_EQ(messages, 0);
    CHECK_EQ(address_space_write(as, MSI_BASE + 4, 4, 0, NULL), MEM_OK);
    CHECK_EQ(messages, 1);
    drop(&silent);
    drop(&bell);
    rig_fini(&rig);
}

/* A page that may be read and not written, and a space that is a fault beyond. */
static bool translate(struct region *r, uint64_t addr, bool write, struct iommu_result *res)
{
    *res = (struct iommu_result){ .addr = 0x4000, .mask = 0xfff, .read = true, .write = addr >= 0x1000 };
    return addr < 0x2000;
}

static void an_iommu_that_says_no_is_a_fault_and_a_hole_is_none(void)
{
    struct region iommu;
    struct address_space bus;
    struct spot spot;
    uint64_t val;

    begin();
    rig_add(&rig, &rig.m.memory, 0x4000, &rig.ram, 0);
    region_init(&iommu, "iommu", REGION_IOMMU, 0x2fff);
    iommu.iommu = translate;
    address_space_init(&bus, &rig.m, "bus", &iommu, false);
    rig.block->host[0] = 0xaa;
    CHECK_EQ(address_space_read(&bus, 0xffc, 8, &val, NULL), MEM_OK);
    CHECK_EQ(val, 0x040302aa00fffefd);          /* the page follows itself */
    CHECK_EQ(address_space_read(&bus, 0x1ffc, 8, &val, NULL), MEM_DECODE_ERROR);
    CHECK_EQ(val, 0x00fffefd);                  /* and nobody the last one */
    CHECK_EQ(address_space_write(&bus, 0, 1, 0, NULL), MEM_DECODE_ERROR);
    CHECK_EQ(address_space_write(&bus, 0x1000, 1, 0x99, NULL), MEM_OK);
    CHECK_EQ(rig.block->host[0], 0x99);
    address_space_look(&bus, 0xff0, false, NULL, &spot);
    CHECK(!spot.fault && spot.range && spot.more == 15 && spot.at == 0xff0);
    address_space_look(&bus, 0x10, true, NULL, &spot);
    CHECK(spot.fault && !spot.range);
    address_space_look(&bus, 0x2000, false, NULL, &spot);
    CHECK(spot.fault && !spot.range);
    address_space_look(&bus, 0x10000, false, NULL, &spot);
    CHECK(!spot.fault && !spot.range);
    address_space_fini(&bus);
    region_fini(&iommu);
    rig_fini(&rig);
}

/* Threads that wait for each other by flags; `patience` is how long one looks for what must not happen. */
static _Atomic bool entered, leave, finished;

static void *hold_an_epoch(void *arg)
{
    epoch_enter();
    entered = true;
    while (!leave)
        sched_yield();
    epoch_leave();
    return NULL;
}

static void *commit_a_change(void *arg)
{
    struct region *r = arg;

    map_begin(&rig.m.map);
    region_enable(r, !r->enabled);
    map_end(&rig.m.map);
    finished = true;
    return NULL;
}

static bool finishes_early(void)
{
    for (unsigned i = 0; i < PATIENCE && !finished; i++)
        sched_yield();
    return finished;
}

static void start(struct thread *t, void *(*fn)(void *), void *arg)
{
    CHECK_EQ(thread_start(t, "other", fn, arg, NULL), 0);
}

/* memory.h, map_end: "the outermost end ... waits until no reader holds an old view". */
static void a_commit_waits_for_the_readers_of_the_old_view(void)
{
    struct thread reader, writer;

    begin();
    rig_add(&rig, &rig.m.memory, 0, &rig.ram, 0);
    entered = leave = finished = false;
    start(&reader, hold_an_epoch, NULL);
    while (!entered)
        sched_yield();
    start(&writer, commit_a_change, &rig.ram);
    while (epoch_load(as->view)->n)             /* published, but not done */
        sched_yield();
    CHECK(!finishes_early());
    leave = true;
    thread_join(&writer);
    thread_join(&reader);
    CHECK(finished);
    rig_fini(&rig);
}

static void a_commit_that_changes_nothing_waits_for_nobody(void)
{
    struct thread reader;

    begin();
    rig_add(&rig, &rig.m.memory, 0, &rig.ram, 0);
    entered = leave = false;
    start(&reader, hold_an_epoch, NULL);
    while (!entered)
        sched_yield();
    map_begin(&rig.m.map);
    region_enable(&rig.ram, false);
    region_enable(&rig.ram, true);
    CHECK(rig.m.map.changed);
    map_end(&rig.m.map);
    CHECK(!rig.m.map.changed);
    leave = true;
    thread_join(&reader);
    rig_fini(&rig);
}

/* memory.h, map_begin: a transaction "holds the writers' lock", the second one of a thread, too. */
static void a_transaction_keeps_other_writers_out(void)
{
    struct thread writer;

    begin();
    rig_add(&rig, &rig.m.memory, 0, &rig.ram, 0);
    finished = false;
    map_begin(&rig.m.map);
    start(&writer, commit_a_change, &rig.ram);
    CHECK(!finishes_early());
    CHECK(rig.ram.enabled);
    map_end(&rig.m.map);
    thread_join(&writer);
    CHECK(!rig.ram.enabled);
    rig_fini(&rig);
}

int main(void)
{
    epoch_thread_init();
    TEST(a_region_of_ram_starts_at_its_offset_in_the_block);
    TEST(a_view_is_shared_only_if_nothing_differs);
    TEST(a_second_visible_child_ends_the_sharing);
    TEST(a_child_that_shows_nothing_does_not_end_the_sharing);
    TEST(a_target_that_is_disabled_shows_nothing);
    TEST(a_new_space_shows_its_root_at_once);
    TEST(a_view_may_have_any_number_of_ranges);
    TEST(a_thousand_transactions_leave_nothing_behind);
    TEST(a_hint_beyond_the_last_range_is_not_looked_at);
    TEST(each_range_of_ports_is_in_the_array);
    TEST(what_begins_in_a_hole_goes_on_where_somebody_is);
    TEST(a_write_to_romd_reaches_the_device_in_one_piece);
    TEST(a_device_that_reads_itself_is_refused);
    TEST(only_the_doorbell_sends_messages);
    TEST(an_iommu_that_says_no_is_a_fault_and_a_hole_is_none);
    TEST(a_commit_waits_for_the_readers_of_the_old_view);
    TEST(a_commit_that_changes_nothing_waits_for_nobody);
    TEST(a_transaction_keeps_other_writers_out);
    epoch_thread_fini();
    return test_end();
}
