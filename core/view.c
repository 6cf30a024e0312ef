/* SPDX-License-Identifier: Apache-2.0 */
#include "core/view.h"

/*
 * Rendering: from a tree of regions to a flat view (see memory.h)
 *
 * The tree is walked with the winner first: of a container, the children from the highest priority
 * down, then, if it answers itself, the container's own body.  Each leaf takes what is still free of
 * its range.  A child that reaches beyond its parent is cut; so is what an alias shows of its target.
 *
 * Where a region starts may lie below zero (an alias that shows the end of its target) or, in a tree
 * that makes no sense, above 2^64: origins have 128 bits.
 *
 * Invariant: ranges are sorted and do not overlap, and no two neighbours could be one range.
 */

#include "core/device.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

struct render {
    struct flat_view *view;
    unsigned room;
};

/* Addresses of the view that may be touched, and where offset 0 of the region would be. */
struct place {
    uint64_t first, last;
    __int128 origin;
    bool readonly;
    unsigned depth;
};

static void insert_range(struct render *render, unsigned at, const struct flat_range *r)
{
    struct flat_view *v = render->view;

    if (v->n == render->room) {
        render->room *= 2;
        v = realloc(v, sizeof(*v) + render->room * sizeof(v->range[0]));
        assert(v);
        render->view = v;
    }
    memmove(&v->range[at + 1], &v->range[at], (v->n - at) * sizeof(v->range[0]));
    v->range[at] = *r;
    v->n++;
}

/* Index of the first range that does not end before addr. */
static unsigned lower_bound(const struct flat_view *v, uint64_t addr)
{
    unsigned low = 0, high = v->n;

    while (low < high) {
        unsigned mid = (low + high) / 2;

        if (v->range[mid].last < addr)
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

static struct flat_range make_range(struct region *r, const struct place *p, uint64_t first, uint64_t last)
{
    struct flat_range range = { .first = first, .last = last, .region = r, .offset = first - (uint64_t)p->origin };
    bool plain = r->kind == REGION_RAM || r->kind == REGION_ROM || (r->kind == REGION_ROMD && r->romd);

    if (plain)
        range.host = r->block->host + r->block_offset + range.offset;
    range.writable = r->kind == REGION_RAM && !p->readonly;
    return range;
}

/* Gives r all of first..last that nobody has. */
static void fill(struct render *render, struct region *r, const struct place *p)
{
    uint64_t first = p->first;
    unsigned i = lower_bound(render->view, first);

    for (;; i++) {
        const struct flat_range *taken = i < render->view->n ? &render->view->range[i] : NULL;

        if (!taken || taken->first > first) {
            uint64_t end = taken && taken->first <= p->last ? taken->first - 1 : p->last;
            struct flat_range range = make_range(r, p, first, end);

            insert_range(render, i, &range);
            if (end == p->last)
                return;
            first = end + 1;
        } else {
            if (taken->last >= p->last)
                return;
            first = taken->last + 1;
        }
    }
}

/* False: nothing of the region is inside. */
static bool clip(struct place *p, const struct region *r)
{
    __int128 end = p->origin + r->last;

    if (p->origin > p->last || end < p->first)
        return false;
    if (p->origin > p->first)
        p->first = p->origin;
    if (end < p->last)
        p->last = end;
    return true;
}

static void render_region(struct render *render, struct region *r, struct place p)
{
    assert(p.depth < REGION_DEPTH);
    if (!r->enabled || p.depth >= REGION_DEPTH || !clip(&p, r))
        return;
    p.depth++;
    p.readonly |= r->readonly;
    if (r->kind == REGION_ALIAS) {
        p.origin -= r->target_offset;
        render_region(render, r->target, p);
        return;
    }
    list_for_each(pos, &r->children) {
        struct region *child = list_entry(pos, struct region, in_parent);
        struct place inside = p;

        inside.origin += child->base;
        render_region(render, child, inside);
    }
    if (r->kind != REGION_CONTAINER)
        fill(render, r, &p);
}

static bool continues(const struct flat_range *a, const struct flat_range *b)
{
    return a->last + 1 == b->first && a->region == b->region && b->offset - a->offset == b->first - a->first &&
           a->writable == b->writable && !a->host == !b->host;
}

static void merge(struct flat_view *v)
{
    unsigned n = 0;

    for (unsigned i = 0; i < v->n; i++) {
        if (n && continues(&v->range[n - 1], &v->range[i]))
            v->range[n - 1].last = v->range[i].last;
        else
            v->range[n++] = v->range[i];
    }
    v->n = n;
}

void view_index_ports(struct flat_view *v)
{
    if (v->port)
        return;
    v->port = calloc(VIEW_PORTS, sizeof(v->port[0]));
    assert(v->port);
    for (unsigned i = 0; i < v->n; i++) {
        for (uint64_t port = v->range[i].first; port <= v->range[i].last; port++)
            v->port[port] = i + 1;
    }
}

struct flat_view *view_render(struct region *root, bool ports)
{
    struct render render = { .room = 32 };

    render.view = malloc(sizeof(*render.view) + render.room * sizeof(render.view->range[0]));
    assert(render.view);
    *render.view = (struct flat_view){ .refs = 1 };
    if (root)
        render_region(&render, root, (struct place){ .last = ports ? VIEW_PORTS - 1 : UINT64_MAX });
    merge(render.view);
    return render.view;
}

struct flat_view *view_get(struct flat_view *v)
{
    v->refs++;
    return v;
}

void view_put(struct flat_view *v)
{
    if (!v || --v->refs)
        return;
    free(v->port);
    free(v);
}

static bool same_range(const struct flat_range *a, const struct flat_range *b)
{
    return a->first == b->first && a->last == b->last && a->region == b->region && a->offset == b->offset &&
           a->host == b->host && a->writable == b->writable;
}

bool view_same(const struct flat_view *a, const struct flat_view *b)
{
    if (a->n != b->n)
        return false;
    for (unsigned i = 0; i < a->n; i++)
        if (!same_range(&a->range[i], &b->range[i]))
            return false;
    return true;
}

void view_difference(const struct flat_view *of, const struct flat_view *than,
                     void (*fn)(void *opaque, const struct flat_range *r), void *opaque)
{
    unsigned j = 0;

    for (unsigned i = 0; i < of->n; i++) {
        while (j < than->n && than->range[j].first < of->range[i].first)
            j++;
        if (j == than->n || !same_range(&of->range[i], &than->range[j]))
            fn(opaque, &of->range[i]);
    }
}

const struct flat_range *view_find(const struct flat_view *v, uint64_t addr, unsigned *hint)
{
    unsigned i;

    if (v->port) {
        i = addr < VIEW_PORTS ? v->port[addr] : 0;
        return i ? &v->range[i - 1] : NULL;
    }
    if (hint && *hint < v->n && addr >= v->range[*hint].first && addr <= v->range[*hint].last)
        return &v->range[*hint];
    i = lower_bound(v, addr);
    if (i == v->n || addr < v->range[i].first)
        return NULL;
    if (hint)
        *hint = i;
    return &v->range[i];
}

uint64_t view_hole_last(const struct flat_view *v, uint64_t addr)
{
    unsigned i = lower_bound(v, addr);

    return i < v->n ? v->range[i].first - 1 : UINT64_MAX;
}
