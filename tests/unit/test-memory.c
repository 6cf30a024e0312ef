/* SPDX-License-Identifier: Apache-2.0 */
#include "core/memory.h"

/*
 * The memory map, as core/memory.h says: what a tree renders to, how it changes, who answers
 */

#include "core/view.h"
#include "lib/epoch.h"
#include "lib/thread.h"
#include "tests/unit/map-rig.h"

static struct rig rig;
static struct address_space *as;
static struct region a, b, c, box;      /* of the case that is running */

static void begin(void)
{
    rig_init(&rig);
    as = &rig.m.memory_as;
}

static void leaf(struct region *r, const char *name, uint64_t size)
{
    region_init_ram(r, name, rig.block, 0, size);
}

static void end(void)
{
    struct region *all[] = { &a, &b, &c, &box };

    map_begin(&rig.m.map);
    for (unsigned i = 0; i < 4; i++)
        region_remove(all[i]);
    map_end(&rig.m.map);
    for (unsigned i = 0; i < 4; i++) {
        if (all[i]->name)
            region_fini(all[i]);
        memset(all[i], 0, sizeof(a));
    }
    rig_fini(&rig);
}

static void add(struct region *parent, uint64_t base, struct region *child, int priority)
{
    rig_add(&rig, parent, base, child, priority);
}

/* "0-fff a, 1000-1fff b@10": name, offset if any; ':' marks memory that is not written. */
static const char *shape_of(const struct address_space *space)
{
    static char text[1024];
    size_t n = 0;

    text[0] = '\0';
    for (unsigned i = 0; i < space->view->n; i++) {
        const struct flat_range *r = &space->view->range[i];

        n += snprintf(text + n, sizeof(text) - n, "%s%" PRIx64 "-%" PRIx64 " %s", i ? ", " : "", r->first, r->last,
                      r->region->name);
        if (r->offset)
            n += snprintf(text + n, sizeof(text) - n, "@%" PRIx64, r->offset);
        n += snprintf(text + n, sizeof(text) - n, "%s", r->host && !r->writable ? ":" : "");
    }
    return text;
}
#define SHAPE(want) CHECK_STR(shape_of(as), want)

static void a_region_shows_where_it_was_added(void)
{
    begin();
    SHAPE("");
    leaf(&a, "a", 0x1000);
    add(&rig.m.memory, 0x2000, &a, 0);
    SHAPE("2000-2fff a");
    end();
}

static void the_higher_priority_wins(void)
{
    begin();
    leaf(&a, "a", 0x3000);
    leaf(&b, "b", 0x1000);
    leaf(&c, "c", 0x1000);
    add(&rig.m.memory, 0x1000, &b, 1);
    add(&rig.m.memory, 0, &a, 0);
    add(&rig.m.memory, 0x2800, &c, -1);
    SHAPE("0-fff a, 1000-1fff b, 2000-2fff a@2000, 3000-37ff c@800");
    end();
}

static void among_equals_the_later_child_wins(void)
{
    begin();
    leaf(&a, "a", 0x2000);
    leaf(&b, "b", 0x2000);
    add(&rig.m.memory, 0, &a, 0);
    add(&rig.m.memory, 0x1000, &b, 0);
    SHAPE("0-fff a, 1000-2fff b");
    map_begin(&rig.m.map);
    region_remove(&a);
    region_add(&rig.m.memory, 0, &a, 0);
    map_end(&rig.m.map);
    SHAPE("0-1fff a, 2000-2fff b@1000");
    end();
}

static void priorities_count_among_siblings_only(void)
{
    begin();
    region_init(&box, "box", REGION_CONTAINER, 0xfff);
    leaf(&a, "a", 0x1000);
    leaf(&b, "b", 0x1000);
    add(&box, 0, &a, 99);
    add(&rig.m.memory, 0, &box, 0);
    add(&rig.m.memory, 0, &b, 1);
    SHAPE("0-fff b");
    end();
}

static void a_lower_one_shows_through_the_holes_of_a_container(void)
{
    begin();
    region_init(&box, "box", REGION_CONTAINER, 0xffff);
    leaf(&a, "a", 0x1000);
    leaf(&b, "b", 0x4000);
    add(&box, 0x1000, &a, 0);
    add(&rig.m.memory, 0, &box, 5);
    add(&rig.m.memory, 0, &b, 0);
    SHAPE("0-fff b, 1000-1fff a, 2000-3fff b@2000");
    end();
}

static void a_region_that_answers_itself_lies_below_its_children(void)
{
    begin();
    leaf(&a, "a", 0x3000);
    leaf(&b, "b", 0x1000);
    add(&a, 0x1000, &b, -7);
    add(&rig.m.memory, 0x10000, &a, 0);
    SHAPE("10000-10fff a, 11000-11fff b, 12000-12fff a@2000");
    end();
}

static void a_child_is_cut_at_the_ends_of_its_parent(void)
{
    begin();
    region_init(&box, "box", REGION_CONTAINER, 0xfff);
    leaf(&a, "a", 0x2000);
    add(&box, 0x800, &a, 0);
    add(&rig.m.memory, 0x3000, &box, 0);
    SHAPE("3800-3fff a");
    end();
}

static void what_is_disabled_is_not_there_nor_what_it_holds(void)
{
    begin();
    region_init(&box, "box", REGION_CONTAINER, 0xffff);
    leaf(&a, "a", 0x1000);
    leaf(&b, "b", 0x1000);
    add(&box, 0, &a, 0);
    add(&rig.m.memory, 0, &box, 1);
    add(&rig.m.memory, 0, &b, 0);
    map_begin(&rig.m.map);
    region_enable(&box, false);
    map_end(&rig.m.map);
    SHAPE("0-fff b");
    map_begin(&rig.m.map);
    region_enable(&box, true);
    region_move(&a, 0x800);
    map_end(&rig.m.map);
    SHAPE("0-7ff b, 800-17ff a");
    end();
}

static void an_alias_is_a_window_on_its_target(void)
{
    begin();
    leaf(&a, "a", 0x4000);
    region_init_alias(&b, "b", &a, 0x1000, 0x1000);
    region_init_alias(&c, "c", &a, 0x3000, 0x8000);
    add(&rig.m.memory, 0, &b, 0);
    add(&rig.m.memory, 0x10000, &c, 0);
    SHAPE("0-fff a@1000, 10000-10fff a@3000");
    end();
}

static void an_alias_of_an_alias_shows_what_both_show(void)
{
    begin();
    leaf(&a, "a", 0x4000);
    region_init_alias(&b, "b", &a, 0x1000, 0x2000);
    region_init_alias(&c, "c", &b, 0x800, 0x8000);
    add(&rig.m.memory, 0x20000, &c, 0);
    SHAPE("20000-217ff a@1800");
    end();
}

static void an_alias_sees_its_target_whether_that_is_mapped_or_not_but_not_when_disabled(void)
{
    begin();
    leaf(&a, "a", 0x1000);
    region_init_alias(&b, "b", &a, 0, 0x1000);
    add(&rig.m.memory, 0x1000, &b, 0);
    add(&rig.m.memory, 0x8000, &a, 0);
    SHAPE("1000-1fff a, 8000-8fff a");
    map_begin(&rig.m.map);
    region_enable(&a, false);
    map_end(&rig.m.map);
    SHAPE("");
    end();
}

static void neighbours_that_continue_each_other_are_one_range(void)
{
    begin();
    leaf(&a, "a", 0x4000);
    region_init_alias(&b, "b", &a, 0, 0x1000);
    region_init_alias(&c, "c", &a, 0x1000, 0x1000);
    add(&rig.m.memory, 0x8000, &b, 0);
    add(&rig.m.memory, 0x9000, &c, 0);
    SHAPE("8000-9fff a");
    map_begin(&rig.m.map);
    region_set_readonly(&c, true);
    map_end(&rig.m.map);
    SHAPE("8000-8fff a, 9000-9fff a@1000:");
    end();
}

static void a_space_of_2_to_the_64_has_a_last_byte(void)
{
    begin();
    region_init_alias(&a, "a", &rig.m.memory, 0, 1);
    a.last = UINT64_MAX;
    region_init(&box, "top", REGION_CONTAINER, UINT64_MAX);
    add(&box, 0, &a, 0);
    leaf(&b, "b", 0x1000);
    add(&rig.m.memory, -0x800, &b, 0);
    SHAPE("fffffffffffff800-ffffffffffffffff b");
    CHECK_EQ(rig_read(&rig, UINT64_MAX, 1), 0x00);
    rig.block->host[0x7ff] = 0x5a;
    CHECK_EQ(rig_read(&rig, UINT64_MAX, 1), 0x5a);
    end();
}

static void rom_and_romd_are_not_plainly_written(void)
{
    begin();
    region_init_rom(&a, "a", rig.block, 0, 0x1000);
    region_init_rom(&b, "b", rig.block, 0, 0x1000);
    b.kind = REGION_ROMD;
    b.romd = true;
    add(&rig.m.memory, 0, &a, 0);
    add(&rig.m.memory, 0x1000, &b, 0);
    SHAPE("0-fff a:, 1000-1fff b:");
    map_begin(&rig.m.map);
    region_set_romd(&b, false);
    map_end(&rig.m.map);
    CHECK(!as->view->range[1].host);
    end();
}

static void a_port_is_found_in_an_array(void)
{
    struct address_space *io = &rig.m.io_as;
    uint64_t val;

    begin();
    add(&rig.m.io, 0xff80, &rig.probe.region, 0);
    CHECK_STR(shape_of(io), "ff80-ffff probe");
    CHECK(!view_find(io->view, 0xff7f, NULL) && view_find(io->view, 0xff80, NULL) && view_find(io->view, 0xffff, NULL));
    CHECK(!view_find(io->view, 0x10000, NULL) && !view_find(io->view, UINT64_MAX, NULL));
    rig.probe.answer = 0x1234567;
    CHECK_EQ(address_space_read(io, 0xff82, 2, &val, NULL), MEM_OK);
    CHECK_EQ(val, 0x4567);
    CHECK_EQ(rig.probe.at, 2);
    end();
}

static void nobody_reads_as_ones_in_port_space_and_as_zeros_in_memory(void)
{
    uint64_t val = 1;

    begin();
    for (unsigned size = 1; size <= 8; size *= 2) {
        CHECK_EQ(address_space_read(as, 0xd0000000, size, &val, NULL), MEM_DECODE_ERROR);
        CHECK_EQ(val, 0);
        CHECK_EQ(address_space_read(&rig.m.io_as, 0x5000, size, &val, NULL), MEM_DECODE_ERROR);
        CHECK_EQ(val, UINT64_MAX >> (64 - 8 * size));
    }
    CHECK_EQ(address_space_write(as, 0xd0000000, 4, 1, NULL), MEM_DECODE_ERROR);
    end();
}

static void ram_is_read_and_written_in_all_sizes_at_all_alignments(void)
{
    begin();
    add(&rig.m.memory, 0, &rig.ram, 0);
    for (unsigned size = 1; size <= 8; size *= 2) {
        for (unsigned at = 0x1000 - 8; at < 0x1000; at++) {
            uint64_t want = UINT64_MAX >> (64 - 8 * size) & 0x8877665544332211;

            CHECK_EQ(address_space_write(as, at, size, 0x8877665544332211, NULL), MEM_OK);
            CHECK_EQ(rig_read(&rig, at, size), want);
            CHECK(!memcmp(rig.block->host + at, &want, size));
        }
    }
    end();
}

static void a_store_to_ram_is_marked_dirty(void)
{
    begin();
    add(&rig.m.memory, 0x100000, &rig.ram, 0);
    dirty_start(rig.block, DIRTY_MIGRATION);
    dirty_fetch(rig.block, DIRTY_MIGRATION, 0, 16, &(uint64_t){ 0 });
    address_space_write(as, 0x102fff, 2, 0, NULL);
    rig_read(&rig, 0x106000, 4);
    for (unsigned page = 0; page < 16; page++)
        CHECK_EQ(dirty_get(rig.block, DIRTY_MIGRATION, page * 4096), page == 2 || page == 3);
    end();
}

static void stores_to_rom_vanish(void)
{
    begin();
    region_init_rom(&a, "a", rig.block, 0, 0x1000);
    add(&rig.m.memory, 0, &a, 0);
    CHECK_EQ(address_space_write(as, 0x10, 4, 0, NULL), MEM_OK);
    CHECK_EQ(rig_read(&rig, 0x10, 4), 0x14131211);
    end();
}

static void romd_reads_as_memory_and_is_written_through_its_device(void)
{
    begin();
    region_init_rom(&a, "a", rig.block, 0, 0x100);
    a.kind = REGION_ROMD;
    a.dev = &rig.probe.dev;
    a.type = &probe_regions[0];
    a.romd = true;
    rig.probe.answer = 0xab;
    add(&rig.m.memory, 0x1000, &a, 0);
    CHECK_EQ(rig_read(&rig, 0x1010, 1), 0x11);
    CHECK_EQ(address_space_write(as, 0x1010, 1, 0x40, NULL), MEM_OK);
    CHECK_EQ(rig.probe.writes, 1);
    CHECK_EQ(rig.probe.at, 0x10);
    CHECK_EQ(rig.block->host[0x10], 0x11);
    map_begin(&rig.m.map);
    region_set_romd(&a, false);
    map_end(&rig.m.map);
    CHECK_EQ(rig_read(&rig, 0x1010, 1), 0xab);
    end();
}

static void a_device_is_entered_with_the_offset_in_its_region(void)
{
    begin();
    region_init_alias(&a, "a", &rig.probe.region, 0x40, 0x40);
    add(&rig.m.memory, 0xfe000000, &a, 0);
    rig.probe.answer = 0x1122334455667788;
    CHECK_EQ(rig_read(&rig, 0xfe000004, 4), 0x55667788);
    CHECK_EQ(rig.probe.at, 0x44);
    CHECK_EQ(rig.probe.size, 4);
    CHECK_EQ(address_space_write(as, 0xfe00003f, 1, 0xabcd, NULL), MEM_OK);
    CHECK_EQ(rig.probe.at, 0x7f);
    CHECK_EQ(rig.probe.val, 0xcd);
    CHECK_EQ(rig.probe.dev.entered, 0);
    end();
}

static unsigned entered_inside;

static void look_at_entered(struct probe *p)
{
    entered_inside = p->dev.entered;
}

static void while_it_runs_a_device_counts_who_is_inside(void)
{
    begin();
    add(&rig.m.memory, 0, &rig.probe.region, 0);
    rig.probe.inside = look_at_entered;
    rig_read(&rig, 0, 4);
    CHECK_EQ(entered_inside, 1);
    end();
}

static void move_myself(struct probe *p)
{
    map_request(&p->dev, &p->region, true, 0x5000);
}

static void a_device_that_moves_itself_has_moved_when_the_access_is_done(void)
{
    begin();
    add(&rig.m.memory, 0x1000, &rig.probe.region, 0);
    rig.probe.inside = move_myself;
    CHECK_EQ(address_space_write(as, 0x1000, 4, 0, NULL), MEM_OK);
    SHAPE("5000-50ff probe");
    end();
}

static void an_access_across_a_boundary_is_cut_into_pieces(void)
{
    uint64_t val;

    begin();
    add(&rig.m.memory, 0, &rig.ram, 0);
    add(&rig.m.memory, 0x10000, &rig.probe.region, 0);
    rig.probe.answer = 0xc4c3c2c1;
    CHECK_EQ(address_space_read(as, 0xffff, 4, &val, NULL), MEM_OK);    /* 1 of RAM, then 2, then 1 */
    CHECK_EQ(val, 0xc1c2c100);
    CHECK_EQ(rig.probe.reads, 2);
    CHECK_EQ(address_space_write(as, 0xfffe, 8, 0x8877665544332211, NULL), MEM_OK);
    CHECK_EQ(rig.block->host[0xfffe], 0x11);
    CHECK_EQ(rig.block->host[0xffff], 0x22);
    CHECK_EQ(rig.probe.writes, 2);
    CHECK_EQ(rig.probe.at, 4);
    CHECK_EQ(rig.probe.val, 0x8877);
    CHECK_EQ(address_space_read(as, 0x100fe, 4, &val, NULL), MEM_DECODE_ERROR);
    CHECK_EQ(val, 0xc2c1);
    CHECK_EQ(address_space_read(as, -2ull, 4, &val, NULL), MEM_DECODE_ERROR);
    CHECK_EQ(val, 0x02010000);
    end();
}

static void the_hint_is_a_hint_only(void)
{
    unsigned hint = 12345;
    uint64_t val;

    begin();
    add(&rig.m.memory, 0, &rig.ram, 0);
    add(&rig.m.memory, 0x20000, &rig.probe.region, 0);
    for (unsigned i = 0; i < 4; i++) {
        CHECK_EQ(address_space_read(as, i & 1 ? 0x20000 : 0, 1, &val, &hint), MEM_OK);
        CHECK_EQ(val, i & 1 ? 0 : 1);
        CHECK_EQ(hint, i & 1);
    }
    end();
}

static bool endless(struct region *r, uint64_t addr, bool write, struct iommu_result *res)
{
    *res = (struct iommu_result){ .addr = addr, .mask = 0xfff, .read = true, .write = true };
    return true;
}

static void translations_without_end_are_a_hole(void)
{
    uint64_t val;

    begin();
    region_init(&a, "a", REGION_IOMMU, UINT64_MAX);
    a.iommu = endless;
    add(&rig.m.memory, 0, &a, 0);
    CHECK_EQ(address_space_read(as, 0x123, 4, &val, NULL), MEM_DECODE_ERROR);
    end();
}

/* What a listener hears, as text: "begin -0:a +1000:b commit". */
struct ear { struct map_listener l; char text[256]; };

static void hear(struct map_listener *l, const char *text)
{
    struct ear *ear = (struct ear *)l;

    strncat(ear->text, text, sizeof(ear->text) - 1 - strlen(ear->text));
}

static void hear_begin(struct map_listener *l)
{
    hear(l, "begin");
}

static void hear_range(struct map_listener *l, char sign, const struct flat_range *r)
{
    char text[64];

    snprintf(text, sizeof(text), " %c%" PRIx64 "-%" PRIx64 ":%s", sign, r->first, r->last, r->region->name);
    hear(l, text);
}

static void hear_add(struct map_listener *l, const struct flat_range *r)
{
    hear_range(l, '+', r);
}

static void hear_del(struct map_listener *l, const struct flat_range *r)
{
    hear_range(l, '-', r);
}

static void hear_commit(struct map_listener *l)
{
    hear(l, " commit ");
}

static struct ear ear_new(void)
{
    return (struct ear){ .l = { .begin = hear_begin, .add = hear_add, .del = hear_del, .commit = hear_commit } };
}

static void a_listener_is_told_what_is_there_and_then_the_differences(void)
{
    struct ear ear = ear_new();

    begin();
    leaf(&a, "a", 0x3000);
    leaf(&b, "b", 0x1000);
    leaf(&c, "c", 0x1000);
    add(&rig.m.memory, 0, &a, 0);
    add(&rig.m.memory, 0x8000, &c, 0);
    address_space_listen(as, &ear.l);
    CHECK_STR(ear.text, "begin +0-2fff:a +8000-8fff:c commit ");
    ear.text[0] = '\0';
    add(&rig.m.memory, 0x1000, &b, 1);
    CHECK_STR(ear.text, "begin -0-2fff:a +0-fff:a +1000-1fff:b +2000-2fff:a commit ");
    ear.text[0] = '\0';
    map_begin(&rig.m.map);
    region_move(&c, 0x9000);
    map_end(&rig.m.map);
    CHECK_STR(ear.text, "begin -8000-8fff:c +9000-9fff:c commit ");
    address_space_unlisten(as, &ear.l);
    end();
}

static void what_looks_the_same_is_not_told(void)
{
    struct flat_view *before;
    struct ear ear = ear_new();

    begin();
    leaf(&a, "a", 0x1000);
    leaf(&b, "b", 0x1000);
    add(&rig.m.memory, 0, &a, 1);
    address_space_listen(as, &ear.l);
    ear.text[0] = '\0';
    before = as->view;
    add(&rig.m.memory, 0, &b, 0);
    map_begin(&rig.m.map);
    region_enable(&a, false);
    region_enable(&a, true);
    map_end(&rig.m.map);
    CHECK_STR(ear.text, "");
    CHECK(as->view == before);
    address_space_unlisten(as, &ear.l);
    end();
}

static void transactions_nest_and_the_outermost_publishes_once(void)
{
    struct ear ear = ear_new();

    begin();
    leaf(&a, "a", 0x1000);
    leaf(&b, "b", 0x1000);
    address_space_listen(as, &ear.l);
    ear.text[0] = '\0';
    map_begin(&rig.m.map);
    map_begin(&rig.m.map);
    region_add(&rig.m.memory, 0, &a, 0);
    map_end(&rig.m.map);
    SHAPE("");
    region_add(&rig.m.memory, 0x1000, &b, 0);
    map_end(&rig.m.map);
    CHECK_STR(ear.text, "begin +0-fff:a +1000-1fff:b commit ");
    address_space_unlisten(as, &ear.l);
    end();
}

static void spaces_that_show_all_of_the_same_share_a_view(void)
{
    struct address_space bus;

    begin();
    region_init(&box, "bus", REGION_CONTAINER, UINT64_MAX);
    region_init_alias(&a, "bus master", &rig.m.memory, 0, 1);
    a.last = UINT64_MAX;
    a.enabled = false;
    address_space_init(&bus, &rig.m, "bus", &box, false);
    add(&box, 0, &a, 0);
    add(&rig.m.memory, 0x1000, &rig.ram, 0);
    CHECK_EQ(bus.view->n, 0);
    map_begin(&rig.m.map);
    region_enable(&a, true);
    map_end(&rig.m.map);
    CHECK_STR(shape_of(&bus), "1000-10fff pc.ram");
    map_begin(&rig.m.map);
    region_move(&rig.ram, 0x2000);
    map_end(&rig.m.map);
    CHECK(bus.view == as->view && as->view->refs == 2);
    address_space_fini(&bus);
    end();
}

static char printed[4096];

static void print_line(void *opaque, const char *line)
{
    strncat(printed, line, sizeof(printed) - 2 - strlen(printed));
    strcat(printed, "\n");
}

static void print_setup(void)
{
    begin();
    printed[0] = '\0';
    leaf(&a, "pc.bios", 0x2000);
    a.kind = REGION_ROM;
    region_init_alias(&b, "isa-bios", &a, 0x1000, 0x1000);
    region_init(&box, "pci", REGION_CONTAINER, UINT64_MAX);
    add(&box, 0xffffe000, &a, 0);
    add(&box, 0xff000, &b, 1);
    add(&rig.m.memory, 0, &box, -1);
    add(&rig.m.memory, 0, &rig.ram, 0);
    add(&rig.m.io, 0xcf8, &rig.probe.region, 0);
}

static void the_tree_is_printed_as_users_know_it(void)
{
    print_setup();
    map_print(&rig.m.map, false, print_line, NULL);
    CHECK_STR(printed,
              "address-space: memory\n"
              "  0000000000000000-ffffffffffffffff (prio 0, i/o): system\n"
              "    0000000000000000-000000000000ffff (prio 0, ram): pc.ram\n"
              "    0000000000000000-ffffffffffffffff (prio -1, i/o): pci\n"
              "      00000000000ff000-00000000000fffff (prio 1, rom): alias isa-bios @pc.bios "
              "0000000000001000-0000000000001fff\n"
              "      00000000ffffe000-00000000ffffffff (prio 0, rom): pc.bios\n"
              "\n"
              "address-space: I/O\n"
              "  0000000000000000-000000000000ffff (prio 0, i/o): io\n"
              "    0000000000000cf8-0000000000000df7 (prio 0, i/o): probe\n"
              "\n"
              "memory-region: pc.bios\n"
              "  00000000ffffe000-00000000ffffffff (prio 0, rom): pc.bios\n"
              "\n");
    end();
}

static void the_flat_view_is_printed_as_users_know_it(void)
{
    print_setup();
    map_print(&rig.m.map, true, print_line, NULL);
    CHECK_STR(printed,
              "FlatView #0\n"
              " AS \"memory\", root: system\n"
              " Root memory region: system\n"
              "  0000000000000000-000000000000ffff (prio 0, ram): pc.ram\n"
              "  00000000000ff000-00000000000fffff (prio 0, rom): pc.bios @0000000000001000\n"
              "  00000000ffffe000-00000000ffffffff (prio 0, rom): pc.bios\n"
              "\n"
              "FlatView #1\n"
              " AS \"I/O\", root: io\n"
              " Root memory region: io\n"
              "  0000000000000000-0000000000000cf7 (prio 0, i/o): io\n"
              "  0000000000000cf8-0000000000000df7 (prio 0, i/o): probe\n"
              "  0000000000000df8-000000000000ffff (prio 0, i/o): io @0000000000000df8\n"
              "\n");
    end();
}

int main(void)
{
    epoch_thread_init();
    TEST(a_region_shows_where_it_was_added);
    TEST(the_higher_priority_wins);
    TEST(among_equals_the_later_child_wins);
    TEST(priorities_count_among_siblings_only);
    TEST(a_lower_one_shows_through_the_holes_of_a_container);
    TEST(a_region_that_answers_itself_lies_below_its_children);
    TEST(a_child_is_cut_at_the_ends_of_its_parent);
    TEST(what_is_disabled_is_not_there_nor_what_it_holds);
    TEST(an_alias_is_a_window_on_its_target);
    TEST(an_alias_of_an_alias_shows_what_both_show);
    TEST(an_alias_sees_its_target_whether_that_is_mapped_or_not_but_not_when_disabled);
    TEST(neighbours_that_continue_each_other_are_one_range);
    TEST(a_space_of_2_to_the_64_has_a_last_byte);
    TEST(rom_and_romd_are_not_plainly_written);
    TEST(a_port_is_found_in_an_array);
    TEST(nobody_reads_as_ones_in_port_space_and_as_zeros_in_memory);
    TEST(ram_is_read_and_written_in_all_sizes_at_all_alignments);
    TEST(a_store_to_ram_is_marked_dirty);
    TEST(stores_to_rom_vanish);
    TEST(romd_reads_as_memory_and_is_written_through_its_device);
    TEST(a_device_is_entered_with_the_offset_in_its_region);
    TEST(while_it_runs_a_device_counts_who_is_inside);
    TEST(a_device_that_moves_itself_has_moved_when_the_access_is_done);
    TEST(an_access_across_a_boundary_is_cut_into_pieces);
    TEST(the_hint_is_a_hint_only);
    TEST(translations_without_end_are_a_hole);
    TEST(a_listener_is_told_what_is_there_and_then_the_differences);
    TEST(what_looks_the_same_is_not_told);
    TEST(transactions_nest_and_the_outermost_publishes_once);
    TEST(spaces_that_show_all_of_the_same_share_a_view);
    TEST(the_tree_is_printed_as_users_know_it);
    TEST(the_flat_view_is_printed_as_users_know_it);
    epoch_thread_fini();
    return test_end();
}
