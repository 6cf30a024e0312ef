/* SPDX-License-Identifier: Apache-2.0 */
#include "accel/soft/block.h"
#include "accel/soft/build.h"
#include "accel/soft/exclusive.h"
#include "accel/soft/mmu.h"
#include "accel/soft/near.h"
#include "accel/soft/thunk.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>

/*
 * The block cache: look-up, links, jump caches, invalidation.  build.c makes the blocks.
 */

enum { HASH_BITS = 17, HASH_SIZE = 1 << HASH_BITS };
#define ARENA_DEFAULT ((size_t)256 << 20)

/* Modes in which a block is one instruction and the dispatcher looks between any two. */
enum { KEY_SPECIAL = KEY_TF | KEY_INHIBIT | KEY_SINGLE };

enum { CONTEXT_LAST = 0xfff0, CONTEXT_NONE = 0xffff };

int soft_init(struct soft *s, size_t arena_bytes)
{
    memset(s, 0, sizeof(*s));
    s->arena.size = arena_bytes ? arena_bytes : ARENA_DEFAULT;
    s->arena.base = mmap(NULL, s->arena.size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
                         -1, 0);
    if (s->arena.base == MAP_FAILED)
        return -ENOMEM;
    s->hash = calloc(HASH_SIZE, sizeof(*s->hash));
    s->exclusive = soft_exclusive_new();
    s->thunks = thunk_pool_new();
    if (!s->hash || !s->exclusive || !s->thunks) {
        thunk_pool_free(s->thunks);
        soft_exclusive_free(s->exclusive);
        free(s->hash);
        munmap(s->arena.base, s->arena.size);
        return -ENOMEM;
    }
    pthread_mutex_init(&s->lock, NULL);
    return 0;
}

void soft_fini(struct soft *s)
{
    pthread_mutex_destroy(&s->lock);
    thunk_pool_free(s->thunks);
    soft_exclusive_free(s->exclusive);
    free(s->hash);
    munmap(s->arena.base, s->arena.size);
}

static _Atomic(struct block *) *hash_slot(struct soft *s, const uint8_t *host, uint64_t pc, uint32_t key)
{
    uint64_t h = ((uintptr_t)host ^ pc << 20 ^ (uint64_t)key << 7) * 0x9e3779b97f4a7c15ull;

    return &s->hash[h >> (64 - HASH_BITS)];
}

/* Is the second page of an instruction that spans two still the one it was built from?  Raises like a fetch. */
static bool second_page_fits(struct env *e, const struct block *b, uint64_t lin)
{
    struct soft_page page;
    uint64_t gpa;

    if (!b->host2)
        return true;
    mmu_fetch(e, ((lin | (SOFT_PAGE - 1)) + 1) & e->lin_mask, &page, &gpa);
    return page.host == b->host2;
}

static inline bool block_fits(struct env *e, const struct block *b, const uint8_t *host, uint64_t lin)
{
    return b->host == host && b->pc == e->pc && b->key == e->key && b->cs_base == e->seg_base[CS] && !b->stale &&
           second_page_fits(e, b, lin);
}

static struct block *hash_find(struct env *e, const uint8_t *host, uint64_t lin)
{
    struct block *b = atomic_load_explicit(hash_slot(e->soft, host, e->pc, e->key), memory_order_acquire);

    for (; b; b = atomic_load_explicit(&b->hash_next, memory_order_acquire))
        if (block_fits(e, b, host, lin))
            return b;
    return NULL;
}

static void remember(struct env *e, struct block *b)
{
    struct jump_entry *j;

    if (e->key & KEY_SPECIAL)
        return;
    j = block_jc_slot(e, b->pc);
    j->pc = block_jc_tag(e, b->pc);
    j->block = b;
}

/*
 * No memory for another block: forget them all, once nobody is inside one.  This vCPU counts as outside
 * meanwhile, so two that want it at once do not wait for each other.
 */
static void make_room(struct env *e)
{
    static const struct timespec moment = { .tv_nsec = 100000 };
    struct soft *s = e->soft;

    soft_exit(e);
    soft_exclusive_begin(e);
    while (!soft_exclusive_quiet(s, e)) {
        soft_exclusive_end(e);
        nanosleep(&moment, NULL);       /* lets those finish that are in the middle of an instruction */
        soft_exclusive_begin(e);
    }
    if (s->arena.size - s->arena.used < BLOCK_MOST_BYTES)
        block_flush_all(s);
    soft_exclusive_end(e);
    soft_enter(e);
}

/* The entry of an earlier context often holds the right block still, and is fewer cache lines away than the hash. */
static struct block *fits_anew(struct env *e, const struct jump_entry *j, const uint8_t *host, uint64_t lin)
{
    bool used = (uint16_t)j->pc != CONTEXT_NONE;

    return used && j->pc >> 16 == e->pc << 16 >> 16 && block_fits(e, j->block, host, lin) ? j->block : NULL;
}

struct block *block_lookup(struct env *e)
{
    uint64_t pc = e->pc, lin = (e->seg_base[CS] + pc) & e->lin_mask, gpa;
    const struct jump_entry *j = block_jc_slot(e, pc);
    struct soft_page page;
    const uint8_t *host;
    struct block *b;

    if (j->pc == block_jc_tag(e, pc) && !j->block->stale && j->block->pc == pc && !(e->key & KEY_SPECIAL))
        return j->block;
    if (!(e->key & (KEY_CS64 | KEY_FLAT_CS)) && pc > e->x.seg[CS].limit)
        soft_raise(e, NULL, VEC_GP, 0);
    mmu_fetch(e, lin, &page, &gpa);
    host = page.host ? page.host + (lin & (SOFT_PAGE - 1)) : NULL;
    b = host ? fits_anew(e, j, host, lin) : NULL;
    if (!b && host)
        b = hash_find(e, host, lin);
    while (!b) {
        b = block_build(e, &page, lin, gpa);
        if (!b)
            make_room(e);
    }
    if (b->host)
        remember(e, b);
    return b;
}

void block_publish(struct soft *s, struct block *b)
{
    _Atomic(struct block *) *slot = hash_slot(s, b->host, b->pc, b->key);

    for (unsigned n = 0; n < 2; n++)
        if (b->code[n]) {
            b->page_next[n] = b->code[n]->blocks;
            b->code[n]->blocks = b;
        }
    atomic_store_explicit(&b->hash_next, atomic_load(slot), memory_order_relaxed);
    atomic_store_explicit(slot, b, memory_order_release);
    s->blocks_built++;
}

void block_link(struct env *e, struct block *b)
{
    struct insn *from = (struct insn *)e->link;

    e->link = NULL;
    if ((b->key & KEY_SPECIAL) || !b->host || from->imm != b->pc)
        return;
    if (b->host2) {
        from->base = 0;                 /* its second page must be looked at: the jump cache does */
        return;
    }
    pthread_mutex_lock(&e->soft->lock);
    if (from->fn != op_stale && !b->stale && !from->disp) {
        from->ea_mask = (uintptr_t)b->in;
        b->in = from;
        __atomic_store_n(&from->disp, (uintptr_t)b->insn, __ATOMIC_RELEASE);
    }
    pthread_mutex_unlock(&e->soft->lock);
}

static void unhash(struct soft *s, struct block *b)
{
    _Atomic(struct block *) *at = hash_slot(s, b->host, b->pc, b->key);

    for (struct block *x; (x = atomic_load(at)) != NULL; at = &x->hash_next)
        if (x == b) {
            atomic_store_explicit(at, atomic_load(&b->hash_next), memory_order_release);
            return;
        }
}

static void make_stale(struct block *b)
{
    for (struct insn *in = b->in; in; in = (struct insn *)(uintptr_t)in->ea_mask)
        __atomic_store_n(&in->disp, 0, __ATOMIC_RELEASE);
    b->in = NULL;
    b->stale = true;
    for (unsigned n = 0; n <= b->n_insns; n++)
        __atomic_store_n(&b->insn[n].fn, op_stale, __ATOMIC_RELEASE);
}

/* Which of the block's two pages is the one of code? */
static unsigned page_of(const struct block *b, const struct soft_page_code *code)
{
    return b->code[0] != code;
}

/* The block's bytes within page n: offsets [*first, *last]. */
static void block_range(const struct block *b, unsigned n, unsigned *first, unsigned *last)
{
    unsigned at = (uintptr_t)b->host & (SOFT_PAGE - 1), in_first = SOFT_PAGE - at;

    *first = n ? 0 : at;
    *last = n ? b->len - in_first - 1 : at + (b->len < in_first ? b->len : in_first) - 1;
}

static void unlist(struct block *b, struct soft_page_code *code)
{
    for (struct block **at = &code->blocks; *at; at = &(*at)->page_next[page_of(*at, code)])
        if (*at == b) {
            *at = b->page_next[page_of(b, code)];
            return;
        }
}

static void recompute_granules(struct soft_page_code *code)
{
    uint64_t granules = 0;
    unsigned first, last;

    for (struct block *b = code->blocks; b; b = b->page_next[page_of(b, code)]) {
        block_range(b, page_of(b, code), &first, &last);
        granules |= smc_granules(first, last - first + 1);
    }
    if (!granules) {
        code->claimed = false;
        code->releases++;
    }
    atomic_store(&code->granules, granules);
}

static void kill_block(struct soft *s, struct block *b)
{
    unhash(s, b);
    make_stale(b);
    for (unsigned n = 0; n < 2; n++)
        if (b->code[n])
            unlist(b, b->code[n]);
    s->blocks_killed++;
}

void block_invalidate_range(struct soft *s, struct soft_page_code *code, unsigned first, unsigned last)
{
    struct block *next;
    unsigned from, to;

    pthread_mutex_lock(&s->lock);
    for (struct block *b = code->blocks; b; b = next) {
        next = b->page_next[page_of(b, code)];
        block_range(b, page_of(b, code), &from, &to);
        if (from <= last && to >= first)
            kill_block(s, b);
    }
    /* While the first builder of a page is still making vCPUs drop their write entries, its granule stays. */
    if (code->claimed)
        recompute_granules(code);
    pthread_mutex_unlock(&s->lock);
}

void block_flush_all(struct soft *s)
{
    pthread_mutex_lock(&s->lock);
    for (unsigned h = 0; h < HASH_SIZE; h++) {
        for (struct block *b = atomic_load(&s->hash[h]); b; b = atomic_load(&b->hash_next)) {
            make_stale(b);
            for (unsigned n = 0; n < 2; n++)
                if (b->code[n]) {
                    b->code[n]->blocks = NULL;
                    b->code[n]->claimed = false;
                    b->code[n]->releases++;
                    atomic_store(&b->code[n]->granules, 0);
                }
        }
        atomic_store(&s->hash[h], NULL);
    }
    for (unsigned n = 0; n < s->n_vcpus; n++) {
        block_jc_reset(s->vcpus[n]);
        s->vcpus[n]->link = NULL;
    }
    s->arena.used = 0;
    s->flushes++;
    pthread_mutex_unlock(&s->lock);
}

void block_jc_reset(struct env *e)
{
    memset(e->jc, 0xff, sizeof(e->jc));
    e->jc_next = 1;
    block_jc_clear(e);
}

void block_jc_clear(struct env *e)
{
    memset(e->jc_contexts, 0, sizeof(e->jc_contexts));
    block_jc_context(e);
}

void block_jc_clear_local(struct env *e)
{
    for (unsigned n = 0; n < JUMP_CONTEXTS; n++)
        if (e->jc_contexts[n].local)
            e->jc_contexts[n] = (struct jump_context){ 0 };
    block_jc_context(e);
}

static void context_select(struct env *e, unsigned n)
{
    e->jc_current = n;
    e->jc_context = e->jc_contexts[n].number;
}

void block_jc_context(struct env *e)
{
    uint64_t cs_base = e->seg_base[CS];

    e->link = NULL;
    for (unsigned n = 0; n < JUMP_CONTEXTS; n++) {
        const struct jump_context *c = &e->jc_contexts[n];

        if (c->key == e->key && c->cs_base == cs_base && c->number) {
            context_select(e, n);
            return;
        }
    }
    if (e->jc_next == 0 || e->jc_next >= CONTEXT_LAST) {
        memset(e->jc, 0xff, sizeof(e->jc));
        memset(e->jc_contexts, 0, sizeof(e->jc_contexts));
        e->jc_next = 1;
    }
    e->jc_oldest = (e->jc_oldest + 1) % JUMP_CONTEXTS;
    e->jc_contexts[e->jc_oldest] = (struct jump_context){ .cs_base = cs_base, .key = e->key, .number = e->jc_next++ };
    context_select(e, e->jc_oldest);
}

const struct insn *branch_slow(struct env *e, const struct insn *i)
{
    const struct insn *next;

    if ((i->base && !kicked(e)) || !pc_canonical(i->imm)) {
        e->link = i->base ? i : NULL;
        e->pc = i->imm;
        e->insns -= i->spare - 1;
        return NULL;
    }
    next = jump_cached(e, i, i->imm);
    if (!next) {
        e->insns -= i->spare - 1;
        return NULL;
    }
    GO(e, next);
}

const struct insn *op_block_tail(struct env *e, const struct insn *i)
{
    BRANCH_DIRECT(e, i);
}

const struct insn *op_block_end(struct env *e, const struct insn *i)
{
    e->pc = i->imm;
    return NULL;
}

const struct insn *op_stale(struct env *e, const struct insn *i)
{
    struct jump_entry *j = block_jc_slot(e, i->pc);

    if (j->pc == block_jc_tag(e, i->pc))
        j->pc = ~0ull;
    e->pc = i->pc;
    return NULL;
}
