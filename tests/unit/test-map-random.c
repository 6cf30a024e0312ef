/* SPDX-License-Identifier: Apache-2.0 */
#include "core/memory.h"

/*
 * Random trees of regions, rendered and compared with an oracle that asks for each address by itself
 *
 * The oracle knows no ranges: it goes down the tree for one address and takes the first who answers.
 * The addresses are 256 at either end of the space.  Short form 2000 trees, long form 100000.
 */

#include "core/view.h"
#include "lib/epoch.h"
#include "tests/unit/map-rig.h"
#include "tests/unit/random-tree.h"

enum { REGIONS = 12, SPAN = 256 };

static struct rig rig;
static struct region region[REGIONS];
static unsigned trees;

struct answer { const struct region *region; uint64_t offset; bool readonly; };

/* Offset `at` of r: who answers?  at may lie outside. */
static struct answer ask(const struct region *r, __int128 at, bool readonly)
{
    struct answer none = { 0 };

    if (!r->enabled || at < 0 || at > r->last)
        return none;
    readonly |= r->readonly;
    if (r->kind == REGION_ALIAS)
        return ask(r->target, at + r->target_offset, readonly);
    list_for_each(pos, &r->children) {
        const struct region *child = list_entry(pos, struct region, in_parent);
        struct answer got = ask(child, at - child->base, readonly);

        if (got.region)
            return got;
    }
    if (r->kind == REGION_CONTAINER)
        return none;
    return (struct answer){ r, at, readonly };
}

static const uint8_t *host_of(const struct answer *want)
{
    const struct region *r = want->region;

    if (r->kind == REGION_IO || (r->kind == REGION_ROMD && !r->romd))
        return NULL;
    return r->block->host + r->block_offset + want->offset;
}

static void check_address(struct address_space *as, uint64_t addr)
{
    const struct flat_range *got = view_find(as->view, addr, NULL);
    struct answer want = ask(&rig.m.memory, addr, false);

    if (!want.region) {
        CHECK(!got);
        return;
    }
    CHECK(got && got->region == want.region);
    CHECK_EQ(got->offset + (addr - got->first), want.offset);
    CHECK(got->host ? got->host + (addr - got->first) == host_of(&want) : !host_of(&want));
    CHECK_EQ(got->writable, want.region->kind == REGION_RAM && !want.readonly);
}

/* Sorted, without overlap, and neighbours differ in something. */
static void check_ranges(const struct flat_view *v)
{
    for (unsigned i = 0; i < v->n; i++) {
        const struct flat_range *r = &v->range[i], *p = r - 1;

        CHECK(r->first <= r->last);
        if (!i)
            continue;
        CHECK(p->last < r->first);
        CHECK(p->last + 1 < r->first || p->region != r->region || p->writable != r->writable ||
              p->offset + (r->first - p->first) != r->offset);
    }
}

/* A region never holds, nor is an alias of, one that was made after it: there are no cycles. */
static void region_random(unsigned i)
{
    static const enum region_kind kinds[] = { REGION_CONTAINER, REGION_CONTAINER, REGION_RAM, REGION_RAM, REGION_ROM,
                                              REGION_ROMD, REGION_IO, REGION_ALIAS, REGION_ALIAS };
    enum region_kind kind = i ? kinds[rnd(9)] : REGION_RAM;
    struct region *r = &region[i];

    region_init(r, "r", kind, rnd(8) ? rnd(SPAN / 2) : rnd(2) ? UINT64_MAX : SPAN);
    if (kind == REGION_ALIAS) {
        r->target = &region[rnd(i)];
        r->target_offset = rnd(3) ? rnd(SPAN / 4) : 0;
    } else if (kind != REGION_CONTAINER && kind != REGION_IO) {
        r->last = rnd(SPAN);
        r->block = rig.block;
        r->block_offset = rnd(2) * 0x1000;
    }
    r->romd = rnd(2);
    r->enabled = rnd(8);
    r->readonly = !rnd(6);
}

static uint64_t base_random(void)
{
    return rnd(6) ? rnd(SPAN) : -rnd(SPAN);
}

static struct region *parent_random(unsigned i)
{
    for (unsigned tries = 0; tries < 4 && i + 1 < REGIONS; tries++) {
        struct region *r = &region[i + 1 + rnd(REGIONS - i - 1)];

        if (r->kind != REGION_ALIAS)
            return r;
    }
    return &rig.m.memory;
}

static void tree_make(void)
{
    map_begin(&rig.m.map);
    for (unsigned i = 0; i < REGIONS; i++)
        region_random(i);
    for (unsigned i = 0; i < REGIONS; i++)
        if (rnd(5))
            region_add(rnd(3) ? &rig.m.memory : parent_random(i), base_random(), &region[i], (int)rnd(5) - 2);
    map_end(&rig.m.map);
}

static void tree_check(void)
{
    struct address_space *as = &rig.m.memory_as;

    check_ranges(as->view);
    for (unsigned i = 0; i < 2 * SPAN; i++) {
        check_address(as, i);
        check_address(as, -1ull - i);
    }
}

static void tree_free(void)
{
    map_begin(&rig.m.map);
    for (unsigned i = 0; i < REGIONS; i++)
        region_remove(&region[i]);
    map_end(&rig.m.map);
    for (unsigned i = 0; i < REGIONS; i++)
        region_fini(&region[i]);
}

/* What a listener has heard adds up to the view. */
struct mirror { struct map_listener l; struct flat_range range[512]; unsigned n; };

static void mirror_add(struct map_listener *l, const struct flat_range *r)
{
    struct mirror *m = (struct mirror *)l;

    CHECK(m->n < 512);
    for (unsigned i = 0; i < m->n; i++)
        CHECK(r->last < m->range[i].first || r->first > m->range[i].last);
    m->range[m->n++] = *r;
}

static void mirror_del(struct map_listener *l, const struct flat_range *r)
{
    struct mirror *m = (struct mirror *)l;

    for (unsigned i = 0; i < m->n; i++) {
        if (m->range[i].first == r->first && m->range[i].last == r->last && m->range[i].region == r->region) {
            m->range[i] = m->range[--m->n];
            return;
        }
    }
    CHECK(!"what is deleted was there");
}

static void a_rendered_tree_answers_at_each_address_as_the_tree_itself(void)
{
    struct mirror mirror = { .l = { .add = mirror_add, .del = mirror_del } };

    rig_init(&rig);
    address_space_listen(&rig.m.memory_as, &mirror.l);
    for (unsigned i = 0; i < trees; i++) {
        seed = i;
        tree_make();
        tree_check();
        tree_change(&rig.m.map, region, REGIONS, base_random);
        tree_check();
        CHECK_EQ(mirror.n, rig.m.memory_as.view->n);
        tree_free();
        CHECK_EQ(mirror.n, 0);
    }
    address_space_unlisten(&rig.m.memory_as, &mirror.l);
    rig_fini(&rig);
}

int main(int argc, char **argv)
{
    trees = test_long(argc, argv) ? 100000 : 2000;
    epoch_thread_init();
    TEST(a_rendered_tree_answers_at_each_address_as_the_tree_itself);
    epoch_thread_fini();
    return test_end();
}
