/* SPDX-License-Identifier: Apache-2.0 */
#include "core/memory.h"

/*
 * Transactions and address spaces: how a changed tree becomes what readers see (see memory.h)
 *
 * The writers' lock is held from the first map_begin() to the end of the last map_end(), so commits
 * come one after the other, and listeners hear of them in order.  Readers take no part in it: they
 * find the old view or the new one.  The listeners' commit() must not wait for a thread that may be
 * waiting for the writers' lock.
 *
 * Invariant: outside of a transaction the view of every address space is what its tree renders to;
 * a view that was replaced is freed after an epoch.
 */

#include "core/machine.h"
#include "core/view.h"
#include "lib/epoch.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* The map whose lock this thread holds; there can be one only, by the locks' ranks. */
static _Thread_local struct map *open_map;

void map_init(struct map *map)
{
    *map = (struct map){ 0 };
    lock_init(&map->lock, RANK_MAP_WRITE);
    list_init(&map->spaces);
}

void map_fini(struct map *map)
{
    assert(list_empty(&map->spaces));
    lock_fini(&map->lock);
}

void map_touch(void)
{
    assert(open_map);
    if (open_map)
        open_map->changed = true;
}

void map_begin(struct map *map)
{
    if (open_map != map) {
        lock_take(&map->lock);
        open_map = map;
    }
    map->depth++;
}

/* A space's part in a commit. */
struct change {
    struct address_space *as;
    struct region *root;                /* resolved */
    struct flat_view *new, *old;        /* old: to be freed */
};

static void tell_add(void *opaque, const struct flat_range *r)
{
    struct map_listener *l = opaque;

    if (l->add)
        l->add(l, r);
}

static void tell_del(void *opaque, const struct flat_range *r)
{
    struct map_listener *l = opaque;

    if (l->del)
        l->del(l, r);
}

static void publish(struct change *c)
{
    struct address_space *as = c->as;

    list_for_each(pos, &as->listeners) {
        struct map_listener *l = list_entry(pos, struct map_listener, node);

        if (l->begin)
            l->begin(l);
        view_difference(c->old, c->new, tell_del, l);
        view_difference(c->new, c->old, tell_add, l);
    }
    epoch_publish(as->view, c->new);
    list_for_each(pos, &as->listeners) {
        struct map_listener *l = list_entry(pos, struct map_listener, node);

        if (l->commit)
            l->commit(l);
    }
}

/* Spaces that look at the same tree share a view. */
static struct flat_view *render_shared(const struct change *changes, const struct change *c)
{
    for (const struct change *other = changes; other < c; other++)
        if (other->root == c->root && other->as->ports == c->as->ports)
            return view_get(other->new);
    return view_render(c->root, c->as->ports);
}

/* False: it looks as before. */
static bool commit_space(const struct change *changes, struct change *c)
{
    c->new = render_shared(changes, c);
    c->old = c->as->view;
    if (c->new == c->old || view_same(c->new, c->old)) {
        view_put(c->new);
        c->new = c->old;
        c->old = NULL;
        return false;
    }
    if (c->as->ports)
        view_index_ports(c->new);
    publish(c);
    return true;
}

static void commit(struct map *map)
{
    struct change *changes;
    unsigned n = 0;
    bool changed = false;

    list_for_each(pos, &map->spaces)
        n++;
    changes = calloc(n + 1, sizeof(*changes));
    assert(changes);
    n = 0;
    list_for_each(pos, &map->spaces) {
        struct change *c = &changes[n++];

        c->as = list_entry(pos, struct address_space, in_machine);
        c->root = c->as->root ? region_resolve(c->as->root) : NULL;
        changed |= commit_space(changes, c);
    }
    if (changed)
        epoch_wait();
    for (unsigned i = 0; i < n; i++)
        view_put(changes[i].old);
    free(changes);
}

void map_end(struct map *map)
{
    assert(open_map == map && map->depth);
    if (map->depth == 1 && map->changed) {
        map->changed = false;
        commit(map);
    }
    if (--map->depth)
        return;
    open_map = NULL;
    lock_drop(&map->lock);
}

void address_space_init(struct address_space *as, struct machine *m, const char *name, struct region *root, bool ports)
{
    *as = (struct address_space){ .machine = m, .root = root, .ports = ports };
    as->name = strdup(name);
    assert(as->name);
    list_init(&as->listeners);
    as->view = view_render(NULL, ports);
    map_begin(&m->map);
    list_append(&m->map.spaces, &as->in_machine);
    map_touch();
    map_end(&m->map);
}

void address_space_fini(struct address_space *as)
{
    struct map *map = &as->machine->map;

    assert(list_empty(&as->listeners));
    map_begin(map);
    list_remove(&as->in_machine);
    epoch_wait();
    view_put(as->view);
    as->view = NULL;
    map_end(map);
    free(as->name);
    as->name = NULL;
}

void address_space_listen(struct address_space *as, struct map_listener *l)
{
    map_begin(&as->machine->map);
    list_append(&as->listeners, &l->node);
    if (l->begin)
        l->begin(l);
    for (unsigned i = 0; i < as->view->n; i++)
        tell_add(l, &as->view->range[i]);
    if (l->commit)
        l->commit(l);
    map_end(&as->machine->map);
}

void address_space_unlisten(struct address_space *as, struct map_listener *l)
{
    map_begin(&as->machine->map);
    list_remove(&l->node);
    map_end(&as->machine->map);
}
