/* SPDX-License-Identifier: Apache-2.0 */
#include "core/memory.h"

/*
 * Regions: the tree that the memory map is made of (see memory.h)
 *
 * Only the tree's shape is kept here; what it looks like from outside is view.c's.  A region never
 * owns what it shows: blocks, devices and targets of aliases outlive it.
 *
 * Invariant: the children of a region are sorted, highest priority first, and of equals the one
 * that was added last comes first.  So who comes first wins.
 */

#include "core/device.h"
#include "core/view.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

void region_init(struct region *r, const char *name, enum region_kind kind, uint64_t size_last)
{
    *r = (struct region){ .kind = kind, .last = size_last, .enabled = true };
    r->name = strdup(name);
    assert(r->name);
    list_init(&r->in_parent);
    list_init(&r->children);
}

static void init_memory(struct region *r, const char *name, enum region_kind kind, struct ram_block *block,
                        uint64_t offset, uint64_t size)
{
    assert(size && offset <= block->size && size <= block->size - offset);
    region_init(r, name, kind, size - 1);
    r->block = block;
    r->block_offset = offset;
}

void region_init_ram(struct region *r, const char *name, struct ram_block *block, uint64_t offset, uint64_t size)
{
    init_memory(r, name, REGION_RAM, block, offset, size);
}

void region_init_rom(struct region *r, const char *name, struct ram_block *block, uint64_t offset, uint64_t size)
{
    init_memory(r, name, REGION_ROM, block, offset, size);
}

void region_init_io(struct region *r, struct device *dev, const struct region_type *type, const struct reg_map *regs)
{
    assert(type->size);
    region_init(r, type->name, REGION_IO, type->size - 1);
    r->dev = dev;
    r->type = type;
    r->regs = regs;
}

void region_init_alias(struct region *r, const char *name, struct region *target, uint64_t offset, uint64_t size)
{
    region_init(r, name, REGION_ALIAS, size - 1);
    r->target = target;
    r->target_offset = offset;
}

void region_fini(struct region *r)
{
    assert(!r->parent && list_empty(&r->children));
    free(r->name);
    r->name = NULL;
}

/* Before the first one that has no higher priority. */
static void insert_child(struct region *parent, struct region *child)
{
    struct list_node *before = &parent->children;

    list_for_each(pos, &parent->children) {
        if (list_entry(pos, struct region, in_parent)->priority <= child->priority) {
            before = pos;
            break;
        }
    }
    list_append(before, &child->in_parent);
}

void region_add(struct region *parent, uint64_t base, struct region *child, int priority)
{
    assert(!child->parent && parent->kind != REGION_ALIAS);
    map_touch();
    child->parent = parent;
    child->base = base;
    child->priority = priority;
    insert_child(parent, child);
}

void region_remove(struct region *child)
{
    if (!child->parent)
        return;
    map_touch();
    list_remove(&child->in_parent);
    child->parent = NULL;
}

static void set_flag(bool *flag, bool value)
{
    if (*flag == value)
        return;
    map_touch();
    *flag = value;
}

void region_enable(struct region *r, bool enabled)
{
    set_flag(&r->enabled, enabled);
}

void region_set_readonly(struct region *r, bool readonly)
{
    set_flag(&r->readonly, readonly);
}

void region_set_romd(struct region *r, bool romd)
{
    set_flag(&r->romd, romd);
}

/* A region that moves counts as added last among its equals. */
void region_move(struct region *r, uint64_t base)
{
    if (r->base == base)
        return;
    map_touch();
    r->base = base;
    if (!r->parent)
        return;
    list_remove(&r->in_parent);
    insert_child(r->parent, r);
}

/* Cheap where it counts: memory says no at once. */
static bool shows_nothing(const struct region *r, unsigned depth)
{
    if (!r->enabled)
        return true;
    if (depth == REGION_DEPTH)
        return false;
    if (r->kind == REGION_ALIAS)
        return shows_nothing(r->target, depth + 1);
    if (r->kind != REGION_CONTAINER)
        return false;
    list_for_each(pos, &r->children)
        if (!shows_nothing(list_entry(pos, struct region, in_parent), depth + 1))
            return false;
    return true;
}

/* Does r show all of its only visible child, an alias of the whole of something, and nothing else? */
static struct region *shown_alone(const struct region *r)
{
    struct region *only = NULL;

    if (r->kind != REGION_CONTAINER || r->readonly)
        return NULL;
    list_for_each(pos, &r->children) {
        struct region *child = list_entry(pos, struct region, in_parent);

        if (shows_nothing(child, 0))
            continue;
        if (only)
            return NULL;
        only = child;
    }
    if (!only || only->kind != REGION_ALIAS || only->readonly || only->base || only->target_offset ||
        only->last < only->target->last || r->last < only->target->last || !only->target->enabled)
        return NULL;
    return only->target;
}

struct region *region_resolve(struct region *root)
{
    for (unsigned i = 0; i < REGION_DEPTH; i++) {
        struct region *next = shown_alone(root);

        if (!next)
            break;
        root = next;
    }
    return root;
}
