/* SPDX-License-Identifier: Apache-2.0 */
#include "accel/soft/mmu.h"
#include "accel/soft/block.h"
#include "accel/soft/debug.h"
#include "accel/soft/exclusive.h"
#include "accel/soft/mem.h"
#include "accel/soft/smc.h"
#include "accel/soft/walk.h"
#include "lib/bits.h"

#include <errno.h>
#include <stdlib.h>

/*
 * TLBs and the slow side of every guest memory access
 *
 * A TLB entry exists only for plain RAM or ROM that the mode may access; a write entry moreover only for RAM
 * that holds no code, is not under dirty logging, and whose dirty bit in the page table is set.  Everything
 * else takes the functions below each time, and so does a page that a debugger watches.  With alignment checks or data
 * breakpoints on, instructions see a TLB that never hits.
 *
 * Not modelled: paging-structure caches, memory types, PCID.  Reference: SDM volume 3, 4.10; design 2, 6, 13.
 *
 * Invariant: an access of several pages or pieces has checked all of them before it changes any.
 */

enum {
    EXEC_SIZE = 256, PHYS_SIZE = 512, LOG_SIZE = 1024, BLOOM_BITS = 8192,
};

struct exec_entry { uint64_t tag, gpa; struct soft_page page; bool global; };
struct phys_entry { uint64_t gpa; struct soft_page page; };
struct tlb_log { uint16_t slot[LOG_SIZE]; unsigned count; bool used; };     /* count > LOG_SIZE: overflown */

struct tlb_side {
    struct exec_entry exec[EXEC_SIZE];
    struct phys_entry phys[PHYS_SIZE];
    struct tlb_log log[MMU_MODES][2];
    struct soft_page_code *write_code[MMU_MODES][TLB_SIZE];     /* of the pages in the write tables */
    uint64_t large[BLOOM_BITS / 64];        /* 2 MiB regions that have entries of large pages */
    uint64_t executed[2][BLOOM_BITS / 64];  /* pages that were fetched from: [1] global ones */
    uint64_t huge[BLOOM_BITS / 64];         /* 1 GiB regions, the same */
    struct tlb_entry never[TLB_SIZE];       /* what instructions see when every access must be slow */
};

/* Bloom filters of one hash: false alarms cost a flush too many. */
static inline unsigned bloom_bit(uint64_t n)
{
    return (n * 0x9e3779b97f4a7c15ull) >> 51 & (BLOOM_BITS - 1);
}

static inline void bloom_add(uint64_t *bloom, uint64_t n)
{
    unsigned b = bloom_bit(n);

    bloom[b / 64] |= 1ull << b % 64;
}

static inline bool bloom_has(const uint64_t *bloom, uint64_t n)
{
    unsigned b = bloom_bit(n);

    return bloom[b / 64] >> b % 64 & 1;
}

static void table_clear(struct tlb_entry *t)
{
    for (unsigned n = 0; n < TLB_SIZE; n++)
        t[n].tag = TLB_INVALID;
}

static void phys_clear(struct tlb_side *s)
{
    for (unsigned n = 0; n < PHYS_SIZE; n++)
        s->phys[n].gpa = ~0ull;
}

static void exec_clear(struct tlb_side *s)
{
    for (unsigned n = 0; n < EXEC_SIZE; n++)
        s->exec[n].tag = TLB_INVALID;
    memset(s->executed, 0, sizeof(s->executed));
}

static void exec_clear_local(struct tlb_side *s)
{
    for (unsigned n = 0; n < EXEC_SIZE; n++)
        if (!s->exec[n].global)
            s->exec[n].tag = TLB_INVALID;
    memset(s->executed[0], 0, sizeof(s->executed[0]));
}

int mmu_init(struct env *e)
{
    struct tlb_side *s = calloc(1, sizeof(*s));

    if (!s)
        return -ENOMEM;
    e->tlb_side = s;
    table_clear(s->never);
    for (unsigned m = 0; m < MMU_MODES; m++)
        for (unsigned rw = 0; rw < 2; rw++)
            s->log[m][rw].used = true;
    mmu_flush_all(e);
    return 0;
}

void mmu_fini(struct env *e)
{
    free(e->tlb_side);
    e->tlb_side = NULL;
}

struct tlb_entry *mmu_never(struct env *e)
{
    return e->tlb_side->never;
}

/* Flushes */

static void log_clear(struct tlb_entry *table, struct tlb_log *log, bool everything)
{
    if (!log->used)
        return;
    if (everything || log->count > LOG_SIZE) {
        table_clear(table);
        log->used = false;
    } else {
        for (unsigned n = 0; n < log->count; n++)
            table[log->slot[n]].tag = TLB_INVALID;
    }
    log->count = 0;
}

static void flush(struct env *e, bool everything)
{
    struct tlb_side *s = e->tlb_side;

    for (unsigned m = 0; m < MMU_MODES; m++)
        for (unsigned rw = 0; rw < 2; rw++)
            log_clear(e->tlb[m][rw], &s->log[m][rw], everything);
    if (everything) {
        exec_clear(s);
        block_jc_clear(e);
    } else {
        exec_clear_local(s);
        block_jc_clear_local(e);
    }
}

void mmu_flush_all(struct env *e)
{
    flush(e, true);
    phys_clear(e->tlb_side);
    memset(e->tlb_side->large, 0, sizeof(e->tlb_side->large));
    memset(e->tlb_side->huge, 0, sizeof(e->tlb_side->huge));
}

void mmu_flush_nonglobal(struct env *e)
{
    flush(e, false);
}

/* All entries within the 2 MiB of lin; their slots are neighbours. */
static void flush_large(struct env *e, uint64_t lin)
{
    uint64_t first = lin & ~0x1fffffull;

    for (unsigned m = 0; m < MMU_MODES; m++) {
        for (unsigned rw = 0; rw < 2; rw++) {
            struct tlb_entry *t = tlb_slot(e->tlb[m][rw], first);

            for (unsigned n = 0; n < 512; n++)
                if ((t[n].tag & ~0x1fffffull) == first)
                    t[n].tag = TLB_INVALID;
        }
    }
    exec_clear(e->tlb_side);
    block_jc_clear(e);
}

static void flush_executed(struct env *e, uint64_t page)
{
    struct tlb_side *s = e->tlb_side;
    struct exec_entry *x = &s->exec[page >> 12 & (EXEC_SIZE - 1)];

    if ((x->tag & SOFT_PAGE_MASK) == page)
        x->tag = TLB_INVALID;
    if (bloom_has(s->executed[1], page >> 12))
        block_jc_clear(e);
    else if (bloom_has(s->executed[0], page >> 12))
        block_jc_clear_local(e);
}

void mmu_flush_page(struct env *e, uint64_t lin)
{
    struct tlb_side *s = e->tlb_side;
    uint64_t page = lin & SOFT_PAGE_MASK;

    if (bloom_has(s->huge, lin >> 30)) {
        mmu_flush_all(e);
        return;
    }
    if (bloom_has(s->large, lin >> 21)) {
        /* a 4 MiB page is two such regions */
        flush_large(e, lin);
        flush_large(e, lin ^ 0x200000);
        return;
    }
    for (unsigned m = 0; m < MMU_MODES; m++) {
        for (unsigned rw = 0; rw < 2; rw++) {
            struct tlb_entry *t = tlb_slot(e->tlb[m][rw], lin);

            if (t->tag == page)
                t->tag = TLB_INVALID;
        }
    }
    flush_executed(e, page);
}

void mmu_drop_writes(struct env *e, const struct soft_page_code *code)
{
    for (unsigned m = 0; m < MMU_MODES; m++) {
        if (!e->tlb_side->log[m][TLB_WRITE].used)
            continue;
        for (unsigned n = 0; n < TLB_SIZE; n++)
            if (e->tlb_side->write_code[m][n] == code)
                e->tlb[m][TLB_WRITE][n].tag = TLB_INVALID;
    }
}

void mmu_drop_code_writes(struct env *e)
{
    for (unsigned m = 0; m < MMU_MODES; m++) {
        if (!e->tlb_side->log[m][TLB_WRITE].used)
            continue;
        for (unsigned n = 0; n < TLB_SIZE; n++) {
            struct soft_page_code *code = e->tlb_side->write_code[m][n];

            if (e->tlb[m][TLB_WRITE][n].tag != TLB_INVALID && code && atomic_load(&code->granules))
                e->tlb[m][TLB_WRITE][n].tag = TLB_INVALID;
        }
    }
}

/* Physical accesses */

/* The mask is off in SMM (AMD APM volume 2, 10.3.2). */
static inline uint64_t a20(const struct env *e, uint64_t gpa)
{
    return e->x.a20 || e->x.smm ? gpa : gpa & ~(1ull << 20);
}

const struct soft_page *phys_page(struct env *e, uint64_t gpa)
{
    uint64_t base = a20(e, gpa) & SOFT_PAGE_MASK;
    struct phys_entry *p = &e->tlb_side->phys[base >> 12 & (PHYS_SIZE - 1)];

    if (likely(p->gpa == base))
        return &p->page;
    p->page = (struct soft_page){ 0 };
    e->bus->page(e->bus_opaque, base, &p->page);
    /* what is not writable now may become so at the next store (dirty logging): look again each time */
    p->gpa = p->page.host && p->page.writable ? base : ~0ull;
    return &p->page;
}

uint64_t phys_load(struct env *e, uint64_t gpa, unsigned size)
{
    const struct soft_page *page = phys_page(e, gpa);
    uint64_t v;

    if (page->host)
        return host_load(page->host + (gpa & ~SOFT_PAGE_MASK), size);
    soft_pause(e);
    v = e->bus->read(e->bus_opaque, a20(e, gpa), size);
    soft_resume(e);
    return size == 8 ? v : v & ((1ull << size * 8) - 1);
}

void phys_store(struct env *e, uint64_t gpa, unsigned size, uint64_t val)
{
    const struct soft_page *page = phys_page(e, gpa);

    if (page->host && page->writable) {
        host_store(page->host + (gpa & ~SOFT_PAGE_MASK), size, val);
        /* the store first: a translation that begins now reads it, one that began before is found */
        atomic_thread_fence(memory_order_seq_cst);
        if (page->code)
            smc_written(e, page->code, gpa & ~SOFT_PAGE_MASK, size);
        return;
    }
    soft_pause(e);
    e->bus->write(e->bus_opaque, a20(e, gpa), size, size == 8 ? val : val & ((1ull << size * 8) - 1));
    soft_resume(e);
}

/* Within a page. */
static void phys_read(struct env *e, uint64_t gpa, uint8_t *buf, unsigned len)
{
    const struct soft_page *page = phys_page(e, gpa);

    if (page->host) {
        memcpy(buf, page->host + (gpa & ~SOFT_PAGE_MASK), len);
        return;
    }
    for (unsigned n; len; buf += n, gpa += n, len -= n) {
        uint64_t v;

        n = bits_piece(gpa, len, 8);
        v = phys_load(e, gpa, n);
        memcpy(buf, &v, n);
    }
}

static void phys_write(struct env *e, uint64_t gpa, const uint8_t *buf, unsigned len)
{
    const struct soft_page *page = phys_page(e, gpa);

    if (page->host && page->writable) {
        memcpy(page->host + (gpa & ~SOFT_PAGE_MASK), buf, len);
        atomic_thread_fence(memory_order_seq_cst);
        if (page->code)
            smc_written(e, page->code, gpa & ~SOFT_PAGE_MASK, len);
        return;
    }
    for (unsigned n; len; buf += n, gpa += n, len -= n) {
        uint64_t v = 0;

        n = bits_piece(gpa, len, 8);
        memcpy(&v, buf, n);
        phys_store(e, gpa, n, v);
    }
}

/* Translation and refill */

/* SDM volume 3, 6.15: a non-canonical reference through SS, explicit or implicit, is #SS. */
static _Noreturn void raise_noncanonical(struct env *e, const struct insn *i, uint64_t lin)
{
    bool stack, memory, enter_leave, push_pop;

    if (!i)
        soft_raise(e, i, VEC_GP, 0);
    memory = i->flags & I_MEM;
    enter_leave = !i->map && (i->opcode == 0xc8 || i->opcode == 0xc9);
    push_pop = !memory || (!i->map && (i->opcode == 0x8f || i->opcode == 0xff));
    stack = (memory && (i->base == RSP || i->base == RBP) && i->seg != FS && i->seg != GS) || enter_leave ||
            (push_pop && lin - e->r[RSP] + 16 < 32);
    soft_raise(e, i, stack ? VEC_SS : VEC_GP, 0);
}

/* INVLPG anywhere in a large page must find all entries that were made of it. */
static inline void note_large(struct tlb_side *s, uint64_t lin, const struct walk *w)
{
    if (w->shift == 30)
        bloom_add(s->huge, lin >> 30);
    else if (w->shift > 12)
        bloom_add(s->large, lin >> 21);
    if (w->shift == 22)
        bloom_add(s->large, lin >> 21 ^ 1);
}

static void tlb_put(struct env *e, unsigned mmu, unsigned rw, uint64_t lin, const uint8_t *host, const struct walk *w)
{
    struct tlb_entry *t = tlb_slot(e->tlb[mmu][rw], lin);
    struct tlb_log *log = &e->tlb_side->log[mmu][rw];

    t->tag = lin & SOFT_PAGE_MASK;
    t->add = (uintptr_t)host - t->tag;
    log->used = true;
    if (!w->global && log->count <= LOG_SIZE) {
        if (log->count < LOG_SIZE)
            log->slot[log->count] = t - e->tlb[mmu][rw];
        log->count++;
    }
    note_large(e->tlb_side, lin, w);
}

/* Physical address of lin after all checks; raises.  Fills the TLBs of `mmu` where that is allowed. */
static uint64_t translate(struct env *e, const struct insn *i, unsigned mmu, uint64_t lin, enum walk_access access)
{
    const struct soft_page *page;
    struct walk w;

    if (unlikely(!lin_canonical(lin)))
        raise_noncanonical(e, i, lin);
    if (unlikely(!walk(e, lin, access, mmu, true, &w))) {
        e->exc_cr2 = lin;
        soft_raise(e, i, VEC_PF, w.error);
    }
    page = phys_page(e, w.gpa);
    if (likely(page->host != NULL && !(e->soft->points.n_watches && debugger_watches(e->soft, lin)))) {
        tlb_put(e, mmu, TLB_READ, lin, page->host, &w);
        if (access == WALK_WRITE && page->writable && (!page->code || smc_allow_write_entry(e, page->code))) {
            tlb_put(e, mmu, TLB_WRITE, lin, page->host, &w);
            e->tlb_side->write_code[mmu][lin >> 12 & (TLB_SIZE - 1)] = page->code;
        }
    }
    return w.gpa | (lin & ~SOFT_PAGE_MASK);
}

static inline bool crosses(uint64_t lin, unsigned size)
{
    return (lin & ~SOFT_PAGE_MASK) + size > SOFT_PAGE;
}

/* What makes accesses slow: alignment (AC), data breakpoints, watchpoints of a debugger. */
static inline void check_always(struct env *e, const struct insn *i, uint64_t lin, unsigned size, bool write)
{
    if (unlikely(e->key & KEY_AC) && i && (lin & (size - 1)) && size <= 8)
        soft_raise(e, i, VEC_AC, 0);
    if (unlikely(e->key & KEY_SINGLE))
        debug_data(e, lin, size, write);
    if (unlikely(e->soft->points.n_watches))
        debugger_access(e, i, lin, size, write);
}

static void read_as(struct env *e, const struct insn *i, unsigned mmu, uint64_t lin, void *buf, unsigned len)
{
    uint64_t gpa = translate(e, i, mmu, lin, WALK_READ);
    uint8_t *b = buf;

    if (crosses(lin, len)) {
        unsigned first = SOFT_PAGE - (lin & ~SOFT_PAGE_MASK);
        uint64_t next = translate(e, i, mmu, (lin + first) & e->lin_mask, WALK_READ);

        phys_read(e, gpa, b, first);
        phys_read(e, next, b + first, len - first);
    } else {
        phys_read(e, gpa, b, len);
    }
}

static void write_as(struct env *e, const struct insn *i, unsigned mmu, uint64_t lin, const void *buf, unsigned len)
{
    uint64_t gpa = translate(e, i, mmu, lin, WALK_WRITE);
    const uint8_t *b = buf;

    if (crosses(lin, len)) {
        unsigned first = SOFT_PAGE - (lin & ~SOFT_PAGE_MASK);
        uint64_t next = translate(e, i, mmu, (lin + first) & e->lin_mask, WALK_WRITE);

        phys_write(e, gpa, b, first);
        phys_write(e, next, b + first, len - first);
    } else {
        phys_write(e, gpa, b, len);
    }
}

uint64_t mmu_load_as(struct env *e, const struct insn *i, unsigned mmu, uint64_t lin, unsigned size)
{
    const struct tlb_entry *t = tlb_slot(e->tlb[mmu][TLB_READ], lin);
    uint64_t v = 0;

    if (likely(tlb_hit(t, lin, size)))
        return host_load((const void *)(lin + t->add), size);
    if (crosses(lin, size)) {
        read_as(e, i, mmu, lin, &v, size);
        return v;
    }
    return phys_load(e, translate(e, i, mmu, lin, WALK_READ), size);
}

void mmu_store_as(struct env *e, const struct insn *i, unsigned mmu, uint64_t lin, unsigned size, uint64_t val)
{
    const struct tlb_entry *t = tlb_slot(e->tlb[mmu][TLB_WRITE], lin);

    if (likely(tlb_hit(t, lin, size)))
        host_store((void *)(lin + t->add), size, val);
    else if (crosses(lin, size))
        write_as(e, i, mmu, lin, &val, size);
    else
        phys_store(e, translate(e, i, mmu, lin, WALK_WRITE), size, val);
}

void mmu_check_as(struct env *e, const struct insn *i, unsigned mmu, uint64_t lin, unsigned size, bool write)
{
    enum walk_access access = write ? WALK_WRITE : WALK_READ;

    translate(e, i, mmu, lin, access);
    if (crosses(lin, size))
        translate(e, i, mmu, ((lin | ~SOFT_PAGE_MASK) + 1) & e->lin_mask, access);
}

/* The slow sides of mem.h */

uint64_t mem_load_slow(struct env *e, const struct insn *i, uint64_t lin, unsigned size)
{
    check_always(e, i, lin, size, false);
    return mmu_load_as(e, i, e->mmu_mode, lin, size);
}

void mem_store_slow(struct env *e, const struct insn *i, uint64_t lin, unsigned size, uint64_t val)
{
    check_always(e, i, lin, size, true);
    mmu_store_as(e, i, e->mmu_mode, lin, size, val);
}

void *mem_probe_slow(struct env *e, const struct insn *i, uint64_t lin, unsigned size)
{
    const struct tlb_entry *t = tlb_slot(e->tlb[e->mmu_mode][TLB_WRITE], lin);

    check_always(e, i, lin, size, true);
    if (unlikely(e->soft->points.n_watches))
        debugger_access(e, i, lin, size, false);        /* it will be read through the pointer, or by the caller */
    mmu_check_as(e, i, e->mmu_mode, lin, size, true);
    return tlb_hit(t, lin, size) ? (void *)(lin + t->add) : NULL;
}

void mem_read_slow(struct env *e, const struct insn *i, uint64_t lin, void *buf, unsigned len)
{
    check_always(e, i, lin, len, false);
    read_as(e, i, e->mmu_mode, lin, buf, len);
}

void mem_write_slow(struct env *e, const struct insn *i, uint64_t lin, const void *buf, unsigned len)
{
    check_always(e, i, lin, len, true);
    write_as(e, i, e->mmu_mode, lin, buf, len);
}

uint64_t sys_load(struct env *e, const struct insn *i, uint64_t lin, unsigned size)
{
    return mmu_load_as(e, i, mmu_system_mode(e), lin, size);
}

void sys_store(struct env *e, const struct insn *i, uint64_t lin, unsigned size, uint64_t val)
{
    mmu_store_as(e, i, mmu_system_mode(e), lin, size, val);
}

/* Instruction fetch */

int mmu_fetch(struct env *e, uint64_t lin, struct soft_page *page, uint64_t *gpa)
{
    struct exec_entry *x = &e->tlb_side->exec[lin >> 12 & (EXEC_SIZE - 1)];
    uint64_t tag = (lin & SOFT_PAGE_MASK) | (e->cpl == 3);
    struct walk w;

    if (unlikely(x->tag != tag)) {
        if (!lin_canonical(lin))
            soft_raise(e, NULL, VEC_GP, 0);
        if (!walk(e, lin, WALK_EXEC, e->mmu_mode, true, &w)) {
            e->exc_cr2 = lin;
            soft_raise(e, NULL, VEC_PF, w.error);
        }
        x->page = *phys_page(e, w.gpa);
        x->gpa = a20(e, w.gpa);
        /* device memory may change under the decoder: it is never remembered */
        x->tag = x->page.host ? tag : TLB_INVALID;
        x->global = w.global;
        bloom_add(e->tlb_side->executed[w.global], lin >> 12);
        note_large(e->tlb_side, lin, &w);
    }
    if (!x->global)
        block_jc_local(e);
    *page = x->page;
    *gpa = x->gpa | (lin & ~SOFT_PAGE_MASK);
    return 0;
}
