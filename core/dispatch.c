/* SPDX-License-Identifier: Apache-2.0 */
#include "core/device.h"

/*
 * The one way into a device (contract in device.h)
 *
 * A thread that is inside a device enters no device: neither the same one nor a sibling, neither
 * directly nor by DMA.  That is THREATS R3, kept here and nowhere else.  The mark is the thread's,
 * not the device's, because a type with LOCKING_NONE may be inside on several threads at once.
 */

#include "core/machine.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

struct map_change {
    struct region *region;
    uint64_t base;
    unsigned number;
    bool enabled;
};

/* More than any device needs at once: all PAM segments of a host bridge. */
enum { MAP_CHANGES = 256 };

/* What this thread is inside of; lives on the stack of dispatch(). */
struct frame {
    struct device *dev;
    struct map_change *changes;
    unsigned n_changes;
};

static _Thread_local struct frame *inside;
static _Thread_local struct deferred *deferred;

bool device_inside(void)
{
    return inside;
}

void map_request(struct device *dev, struct region *r, bool enabled, uint64_t base)
{
    struct frame *f = inside;

    assert(f && f->dev == dev && f->n_changes < MAP_CHANGES);
    if (!f->changes)
        f->changes = calloc(MAP_CHANGES, sizeof(*f->changes));
    assert(f->changes);
    f->changes[f->n_changes++] = (struct map_change){ .region = r, .base = base, .number = ++dev->map_requests,
                                                      .enabled = enabled };
}

/* Two vCPUs may arrive here in the wrong order: the number, drawn under the lock, decides. */
static void map_commit(struct frame *f)
{
    struct map *map = &f->dev->machine->map;

    map_begin(map);
    for (unsigned i = 0; i < f->n_changes; i++) {
        const struct map_change *c = &f->changes[i];

        if ((int)(c->number - c->region->map_done) <= 0)
            continue;
        c->region->map_done = c->number;
        if (c->region->base != c->base)
            region_move(c->region, c->base);
        if (c->region->enabled != c->enabled)
            region_enable(c->region, c->enabled);
    }
    map_end(map);
    free(f->changes);
}

static bool access_legal(const struct region_type *t, const struct entry *e)
{
    return e->size >= t->min && e->size <= t->max && e->size <= t->size && e->at <= t->size - e->size &&
           !(t->aligned && e->at % e->size);
}

static void access_run(struct device *dev, struct entry *e)
{
    const struct region_type *t = e->region->type;
    void *st = device_st(dev);

    if (!access_legal(t, e)) {
        guest_error(dev, e->kind == ENTRY_WRITE ? "illegal write" : "illegal read", e->at);
        e->val = UINT64_MAX;
    } else if (e->kind == ENTRY_WRITE) {
        TRACE(device_write, "%s %s+%#" PRIx64 " size %u val %#" PRIx64, dev->type->type.name, t->name, e->at, e->size,
              e->val);
        if (t->write)
            t->write(dev, e->at, e->size, e->val);
        else if (t->regs)
            regs_write(e->region->regs, dev, st, e->at, e->size, e->val);
    } else {
        e->val = t->read ? t->read(dev, e->at, e->size)
                         : t->regs ? regs_read(e->region->regs, dev, st, e->at, e->size, t->hole) : UINT64_MAX;
        TRACE(device_read, "%s %s+%#" PRIx64 " size %u val %#" PRIx64, dev->type->type.name, t->name, e->at, e->size,
              e->val);
    }
}

static void entry_run(struct device *dev, struct entry *e)
{
    switch (e->kind) {
    case ENTRY_READ:
    case ENTRY_WRITE:
        access_run(dev, e);
        break;
    case ENTRY_TIMER:
        TRACE(device_timer, "%s due %" PRIu64, dev->type->type.name, *e->timer->deadline_ns);
        if (*e->timer->deadline_ns <= clock_ns(dev))    /* else: moved before the lock was ours */
            e->timer->fn(dev);
        timer_update(e->timer);
        break;
    case ENTRY_WORK:
        e->fn(dev);
        break;
    }
}

static void deferred_run(void)
{
    while (deferred) {
        struct deferred *d = deferred;

        deferred = d->next;
        d->queued = false;
        d->fn(d);
    }
}

void dispatch_defer(struct deferred *d)
{
    if (d->queued)
        return;
    if (!inside && lock_none_held()) {
        d->fn(d);
        return;
    }
    d->queued = true;
    d->next = deferred;
    deferred = d;
}

/* Through a window to whom it shows; false: nobody. */
static bool routed(struct device **dev, struct entry *e)
{
    struct region *to;

    if (e->kind > ENTRY_WRITE || !e->region->type->route)
        return true;
    if (!e->region->type->route(*dev, e->at, &to, &e->at)) {
        e->val = UINT64_MAX;
        return false;
    }
    e->region = to;
    *dev = to->dev;
    return true;
}

int dispatch(struct device *dev, struct entry *e)
{
    struct frame frame;

    if (inside) {
        guest_error(dev, "entry from inside a device", e->at);
        e->val = UINT64_MAX;
        return -EBUSY;
    }
    if (!routed(&dev, e))
        return 0;
    frame = (struct frame){ .dev = dev };
    if (dev->lock)
        lock_take(dev->lock);
    inside = &frame;
    entry_run(dev, e);
    if (dev->type->outputs)
        dev->type->outputs(dev);
    inside = NULL;
    if (dev->lock)
        lock_drop(dev->lock);
    if (frame.n_changes)
        map_commit(&frame);
    assert(lock_none_held());
    deferred_run();
    return 0;
}

int device_enter(struct device *dev, void (*fn)(struct device *dev))
{
    return dispatch(dev, &(struct entry){ .kind = ENTRY_WORK, .fn = fn });
}

uint64_t device_read(struct device *dev, unsigned n, uint64_t at, unsigned size)
{
    struct entry e = { .kind = ENTRY_READ, .region = &dev->regions[n], .at = at, .size = size };

    dispatch(dev, &e);
    return e.val;
}

void device_write(struct device *dev, unsigned n, uint64_t at, unsigned size, uint64_t val)
{
    dispatch(dev, &(struct entry){ .kind = ENTRY_WRITE, .region = &dev->regions[n], .at = at, .size = size,
                                   .val = val });
}

void guest_error(struct device *dev, const char *what, uint64_t val)
{
    dev->machine->guest_errors++;
    LOG(LOG_GUEST_ERRORS, "%s: %s: %#" PRIx64, dev->type->type.name, what, val);
}
