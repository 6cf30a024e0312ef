/* SPDX-License-Identifier: Apache-2.0 */
#include "core/memory.h"

/*
 * The memory map as text: `info mtree` and `info mtree -f` (see memory.h)
 *
 * The tree shows what could answer, by address; the flat form what does answer.  Spaces that look
 * alike are shown once.  What is disabled is left out, but what is below it is shown, as users know
 * it from the reference.  Ports that nobody claims are shown as the root's.
 *
 * Follows the text in the facts of the reference (machine, mtree).
 */

#include "core/machine.h"
#include "core/view.h"

#include <assert.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

/* Regions that aliases show and that no address space has printed: bounded, for a person to read. */
enum { TARGETS = 256 };

struct printer {
    void (*out)(void *opaque, const char *line);
    void *opaque;
    const struct region *target[TARGETS];
    unsigned targets;
};

static void __attribute__((format(printf, 2, 3))) line(const struct printer *p, const char *fmt, ...)
{
    char buf[512];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(buf, sizeof(buf), fmt, ap);
    va_end(ap);
    p->out(p->opaque, buf);
}

static const struct region *behind(const struct region *r)
{
    for (unsigned i = 0; r->kind == REGION_ALIAS && i < REGION_DEPTH; i++)
        r = r->target;
    return r;
}

static const char *kind_name(const struct region *r)
{
    const struct region *real = behind(r);

    switch (real->kind) {
    case REGION_RAM:
        return r->readonly || real->readonly ? "rom" : "ram";
    case REGION_ROM:
        return "rom";
    case REGION_ROMD:
        return real->romd ? "romd" : "i/o";
    default:
        return "i/o";
    }
}

static void note_target(struct printer *p, const struct region *target)
{
    for (unsigned i = 0; i < p->targets; i++)
        if (p->target[i] == target)
            return;
    if (p->targets < TARGETS)
        p->target[p->targets++] = target;
}

static void print_region(struct printer *p, const struct region *r, uint64_t base, unsigned depth)
{
    if (r->kind == REGION_ALIAS) {
        note_target(p, r->target);
        line(p, "%*s%016" PRIx64 "-%016" PRIx64 " (prio %d, %s): alias %s @%s %016" PRIx64 "-%016" PRIx64,
             2 * depth, "", base, base + r->last, r->priority, kind_name(r), r->name, r->target->name, r->target_offset,
             r->target_offset + r->last);
        return;
    }
    line(p, "%*s%016" PRIx64 "-%016" PRIx64 " (prio %d, %s): %s", 2 * depth, "", base, base + r->last, r->priority,
         kind_name(r), r->name);
}

/* By address; then as they win. */
static int by_address(const void *a, const void *b)
{
    const struct region *x = *(const struct region *const *)a, *y = *(const struct region *const *)b;

    if (x->base != y->base)
        return x->base < y->base ? -1 : 1;
    return (x->priority < y->priority) - (x->priority > y->priority);
}

/* The children by address; the caller frees the array. */
static const struct region **sorted_children(const struct region *r, unsigned *n)
{
    const struct region **children;

    *n = 0;
    list_for_each(pos, &r->children)
        (*n)++;
    children = calloc(*n + 1, sizeof(*children));
    assert(children);
    *n = 0;
    list_for_each(pos, &r->children)
        children[(*n)++] = list_entry(pos, struct region, in_parent);
    qsort(children, *n, sizeof(*children), by_address);
    return children;
}

static void print_tree(struct printer *p, const struct region *r, uint64_t base, unsigned depth)
{
    const struct region **children;
    unsigned n;

    if (depth > REGION_DEPTH)
        return;
    if (r->enabled)
        print_region(p, r, base, depth);
    children = sorted_children(r, &n);
    for (unsigned i = 0; i < n; i++)
        print_tree(p, children[i], base + children[i]->base, depth + 1);
    free(children);
}

static void print_hole(struct printer *p, const struct address_space *as, uint64_t first, uint64_t last)
{
    if (first > last || !as->ports || last > as->root->last)
        return;
    line(p, first ? "  %016" PRIx64 "-%016" PRIx64 " (prio %d, i/o): %s @%016" PRIx64
                  : "  %016" PRIx64 "-%016" PRIx64 " (prio %d, i/o): %s",
         first, last, as->root->priority, as->root->name, first);
}

static void print_range(struct printer *p, const struct flat_range *r)
{
    const struct region *region = r->region;
    const char *kind = region->kind == REGION_RAM ? (r->writable ? "ram" : "rom") : kind_name(region);

    if (r->offset)
        line(p, "  %016" PRIx64 "-%016" PRIx64 " (prio %d, %s): %s @%016" PRIx64, r->first, r->last, region->priority,
             kind, region->name, r->offset);
    else
        line(p, "  %016" PRIx64 "-%016" PRIx64 " (prio %d, %s): %s", r->first, r->last, region->priority, kind,
             region->name);
}

static void print_view(struct printer *p, const struct address_space *as)
{
    const struct flat_view *v = as->view;
    uint64_t next = 0;

    line(p, " Root memory region: %s", v->n ? region_resolve(as->root)->name : "(none)");
    if (!v->n)
        line(p, "  No rendered FlatView");
    for (unsigned i = 0; i < v->n; i++) {
        if (v->range[i].first > next)
            print_hole(p, as, next, v->range[i].first - 1);
        print_range(p, &v->range[i]);
        next = v->range[i].last + 1;
    }
    if (v->n && next && next < VIEW_PORTS)
        print_hole(p, as, next, VIEW_PORTS - 1);
    line(p, "%s", "");
}

static void print_flat_name(struct printer *p, const struct address_space *as)
{
    line(p, " AS \"%s\", root: %s", as->name, as->root->name);
}

static bool alike(const struct address_space *a, const struct address_space *b, bool flat)
{
    return flat ? a->ports == b->ports && view_same(a->view, b->view) : a->root == b->root;
}

/* Was one like it printed already? */
static bool printed(const struct map *map, const struct address_space *as, bool flat)
{
    list_for_each(pos, &map->spaces) {
        const struct address_space *other = list_entry(pos, struct address_space, in_machine);

        if (other == as)
            return false;
        if (alike(other, as, flat))
            return true;
    }
    return false;
}

/* All that look like `as`, then what they see. */
static void print_group(struct printer *p, const struct map *map, const struct address_space *as, bool flat)
{
    list_for_each(pos, &map->spaces) {
        const struct address_space *other = list_entry(pos, struct address_space, in_machine);

        if (!alike(other, as, flat))
            continue;
        if (flat)
            print_flat_name(p, other);
        else
            line(p, "address-space: %s", other->name);
    }
    if (flat) {
        print_view(p, as);
        return;
    }
    print_tree(p, as->root, as->root->base, 1);
    line(p, "%s", "");
}

void map_print(struct map *map, bool flat, void (*out)(void *opaque, const char *line), void *opaque)
{
    struct printer p = { .out = out, .opaque = opaque };
    unsigned views = 0;

    map_begin(map);
    list_for_each(pos, &map->spaces) {
        const struct address_space *as = list_entry(pos, struct address_space, in_machine);

        if (printed(map, as, flat))
            continue;
        if (flat)
            line(&p, "FlatView #%u", views++);
        print_group(&p, map, as, flat);
    }
    for (unsigned i = 0; !flat && i < p.targets; i++) {
        line(&p, "memory-region: %s", p.target[i]->name);
        print_tree(&p, p.target[i], p.target[i]->base, 1);
        line(&p, "%s", "");
    }
    map_end(map);
}
