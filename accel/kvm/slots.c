/* SPDX-License-Identifier: Apache-2.0 */
#include "accel/kvm/kvm.h"

/*
 * Memory slots: what a flat view shows as plain memory, told to the kernel
 *
 * A range becomes a slot when guest and host address agree within a page; what is left at its ends, and
 * devices, exit as MMIO.  ROM, and ROMD in its ROM mode, are read-only slots: their writes exit.  A commit
 * compares the map with the slots and touches only what differs.  Where a slot has to go and part of its
 * addresses come back in another, no vCPU is in the guest meanwhile: it would meet a hole in its RAM.
 * Dirty logging follows ram_logged(); the log is fetched before a slot goes.
 * Reference: KVM_SET_USER_MEMORY_REGION, KVM_GET_DIRTY_LOG.
 *
 * Invariant: outside of a commit `now` is what the kernel has, sorted and without overlap.
 */

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { PAGE = 4096, LOG_WORDS = 512 };
#define NO_SLOT UINT32_MAX      /* the kernel had none left: the range goes on as MMIO */

static bool slot_of(const struct flat_range *r, struct slot *s)
{
    uint64_t first = (r->first + PAGE - 1) & ~(uint64_t)(PAGE - 1), end = (r->last + 1) & ~(uint64_t)(PAGE - 1);

    if (!r->host || first < r->first || end <= first || ((uintptr_t)r->host ^ r->first) & (PAGE - 1))
        return false;
    *s = (struct slot){ .gpa = first, .bytes = end - first, .host = r->host + (first - r->first),
                        .block = r->region->block, .flags = r->writable ? 0 : KVM_MEM_READONLY };
    return true;
}

static void room_make(struct slots *s)
{
    if (s->n_want < s->room)
        return;
    s->room = s->room ? 2 * s->room : 64;
    s->want = realloc(s->want, s->room * sizeof(*s->want));
    assert(s->want);
}

static unsigned want_find(const struct slots *s, uint64_t gpa)
{
    unsigned i = 0;

    while (i < s->n_want && s->want[i].gpa < gpa)
        i++;
    return i;
}

static struct slots *slots_of(struct map_listener *l)
{
    return (struct slots *)((char *)l - offsetof(struct slots, listener));
}

static void map_add(struct map_listener *l, const struct flat_range *r)
{
    struct slots *s = slots_of(l);
    struct slot slot;
    unsigned i;

    if (!slot_of(r, &slot))
        return;
    room_make(s);
    i = want_find(s, slot.gpa);
    memmove(&s->want[i + 1], &s->want[i], (s->n_want - i) * sizeof(slot));
    s->want[i] = slot;
    s->n_want++;
}

static void map_del(struct map_listener *l, const struct flat_range *r)
{
    struct slots *s = slots_of(l);
    struct slot slot;
    unsigned i;

    if (!slot_of(r, &slot))
        return;
    i = want_find(s, slot.gpa);
    assert(i < s->n_want && s->want[i].gpa == slot.gpa);
    s->n_want--;
    memmove(&s->want[i], &s->want[i + 1], (s->n_want - i) * sizeof(slot));
}

/* The kernel. */

static int region_set(const struct slots *s, const struct slot *slot, uint64_t bytes)
{
    struct kvm_userspace_memory_region region = {
        .slot = slot->id | s->as_id << 16, .flags = slot->flags, .guest_phys_addr = slot->gpa, .memory_size = bytes,
        .userspace_addr = (uintptr_t)slot->host,
    };

    return kvm_ioctl(s->kvm->vm, KVM_SET_USER_MEMORY_REGION, &region);
}

static uint32_t log_flag(const struct slot *slot)
{
    return ram_logged(slot->block) && !(slot->flags & KVM_MEM_READONLY) ? KVM_MEM_LOG_DIRTY_PAGES : 0;
}

/* What the kernel has seen goes to everybody who logs; it forgets it. */
static void log_fetch(const struct slots *s, const struct slot *slot)
{
    uint64_t pages = slot->bytes / PAGE, words = (pages + 63) / 64, stack[LOG_WORDS];
    uint64_t *bits = words <= LOG_WORDS ? stack : malloc(8 * words);
    struct kvm_dirty_log log = { .slot = slot->id | s->as_id << 16, .dirty_bitmap = bits };

    assert(bits);
    memset(bits, 0, 8 * words);
    kvm_must(kvm_ioctl(s->kvm->vm, KVM_GET_DIRTY_LOG, &log), "KVM_GET_DIRTY_LOG");
    for (uint64_t w = 0; w < words; w++)
        for (uint64_t word = bits[w]; word; word &= word - 1)
            ram_written(slot->block, slot->host - slot->block->host + (64 * w + __builtin_ctzll(word)) * PAGE, PAGE);
    if (bits != stack)
        free(bits);
}

static void slot_del(struct slots *s, const struct slot *slot)
{
    if (slot->id == NO_SLOT)
        return;
    if (slot->flags & KVM_MEM_LOG_DIRTY_PAGES)
        log_fetch(s, slot);
    kvm_must(region_set(s, slot, 0), "to take a memory slot away");
    s->used[slot->id] = 0;
}

static uint32_t id_take(struct slots *s)
{
    uint32_t id = 0;

    while (id < s->kvm->max_slots && s->used[id])
        id++;
    if (id < s->kvm->max_slots)
        s->used[id] = 1;
    return id;
}

static void slot_add(struct slots *s, struct slot *slot)
{
    int r;

    slot->id = id_take(s);
    slot->flags |= log_flag(slot);
    slot->block->logger = &s->kvm->logger;
    r = slot->id < s->kvm->max_slots ? region_set(s, slot, slot->bytes) : -ENOSPC;
    if (!r)
        return;
    if (slot->id < s->kvm->max_slots)
        s->used[slot->id] = 0;
    slot->id = NO_SLOT;
    slot->flags &= ~KVM_MEM_LOG_DIRTY_PAGES;
    log_warn("KVM has no slot for %#llx bytes of %s at %#llx: %s", (unsigned long long)slot->bytes, slot->block->name,
             (unsigned long long)slot->gpa, strerror(-r));
}

static bool same(const struct slot *a, const struct slot *b)
{
    return a->gpa == b->gpa && a->bytes == b->bytes && a->host == b->host && a->block == b->block &&
           (a->flags & KVM_MEM_READONLY) == (b->flags & KVM_MEM_READONLY);
}

static const struct slot *find_same(const struct slot *in, unsigned n, const struct slot *slot)
{
    unsigned low = 0, high = n;

    while (low < high) {
        unsigned mid = (low + high) / 2;

        if (in[mid].gpa < slot->gpa)
            low = mid + 1;
        else
            high = mid;
    }
    return low < n && same(&in[low], slot) ? &in[low] : NULL;
}

/* Does a slot that goes show addresses that another will show, or log what is written? */
static bool needs_fence(const struct slots *s)
{
    for (unsigned i = 0; i < s->n_now; i++) {
        const struct slot *old = &s->now[i];

        if (find_same(s->want, s->n_want, old))
            continue;
        if (old->flags & KVM_MEM_LOG_DIRTY_PAGES)
            return true;
        for (unsigned n = 0; n < s->n_want; n++)
            if (s->want[n].gpa < old->gpa + old->bytes && old->gpa < s->want[n].gpa + s->want[n].bytes)
                return true;
    }
    return false;
}

static void exchange(struct slots *s)
{
    for (unsigned i = 0; i < s->n_now; i++)
        if (!find_same(s->want, s->n_want, &s->now[i]))
            slot_del(s, &s->now[i]);
    for (unsigned i = 0; i < s->n_want; i++) {
        const struct slot *old = find_same(s->now, s->n_now, &s->want[i]);

        if (old)
            s->want[i] = *old;
        else
            slot_add(s, &s->want[i]);
    }
    s->now = realloc(s->now, (s->n_want + 1) * sizeof(*s->now));
    assert(s->now);
    if (s->n_want)
        memcpy(s->now, s->want, s->n_want * sizeof(*s->now));
    s->n_now = s->n_want;
}

static void map_commit(struct map_listener *l)
{
    struct slots *s = slots_of(l);
    bool fence;

    lock_take(&s->kvm->lock);
    fence = needs_fence(s);
    if (fence)
        fence_begin(s->kvm);
    exchange(s);
    if (fence)
        fence_end(s->kvm);
    lock_drop(&s->kvm->lock);
}

/* Logging. */

static void log_switch(struct slots *s, struct slot *slot)
{
    uint32_t flag = log_flag(slot);

    if (slot->id == NO_SLOT || (slot->flags & KVM_MEM_LOG_DIRTY_PAGES) == flag)
        return;
    slot->flags = (slot->flags & ~KVM_MEM_LOG_DIRTY_PAGES) | flag;
    kvm_must(region_set(s, slot, slot->bytes), "to switch dirty logging");
}

static void logger_switched(struct ram_logger *l, struct ram_block *b)
{
    struct kvm *kvm = (struct kvm *)((char *)l - offsetof(struct kvm, logger));

    lock_take(&kvm->lock);
    for (unsigned as = 0; as < 2; as++)
        for (unsigned i = 0; i < kvm->slots[as].n_now; i++)
            if (kvm->slots[as].now[i].block == b)
                log_switch(&kvm->slots[as], &kvm->slots[as].now[i]);
    lock_drop(&kvm->lock);
}

static void logger_fetch(struct ram_logger *l, struct ram_block *b, uint64_t off, uint64_t len)
{
    struct kvm *kvm = (struct kvm *)((char *)l - offsetof(struct kvm, logger));

    lock_take(&kvm->lock);
    for (unsigned as = 0; as < 2; as++)
        for (unsigned i = 0; i < kvm->slots[as].n_now; i++) {
            const struct slot *slot = &kvm->slots[as].now[i];
            uint64_t at = slot->block == b ? (uint64_t)(slot->host - b->host) : 0;

            if (slot->block == b && slot->flags & KVM_MEM_LOG_DIRTY_PAGES && at < off + len && off < at + slot->bytes)
                log_fetch(&kvm->slots[as], slot);
        }
    lock_drop(&kvm->lock);
}

void slots_logger_init(struct kvm *kvm)
{
    kvm->logger = (struct ram_logger){ logger_switched, logger_fetch };
}

void slots_init(struct kvm *kvm, unsigned as_id, struct address_space *as)
{
    struct slots *s = &kvm->slots[as_id];

    *s = (struct slots){ .kvm = kvm, .as_id = as_id, .as = as };
    s->listener = (struct map_listener){ .add = map_add, .del = map_del, .commit = map_commit };
    s->used = calloc(kvm->max_slots, 1);
    assert(s->used);
    address_space_listen(as, &s->listener);
}

void slots_fini(struct slots *s)
{
    address_space_unlisten(s->as, &s->listener);
    list_for_each(node, &s->as->machine->ram_blocks)
        list_entry(node, struct ram_block, in_machine)->logger = NULL;
    free(s->now);
    free(s->want);
    free(s->used);
    *s = (struct slots){ 0 };
}
