/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Guest memory as instructions see it: the only place that knows the TLB check
 *
 * lin is a linear address (ea() below).  A hit costs a tag compare and one host access, which is
 * as atomic as the guest's would have been (host TSO is guest TSO).  Everything else (refill, page
 * crossing, MMIO, code pages, faults) is in mmu.c.  size must be a constant where it is called.
 */

#include "accel/soft/env.h"

#include <string.h>

#define likely(x) __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)

/* Out of line (mmu.c): refill, cross pages, MMIO, faults.  `probe` returns a host pointer when the
 * whole access lies in one page of plain writable RAM, else NULL after checking that a write would
 * not fault (so a store may follow the load of a read-modify-write without losing precision). */
uint64_t mem_load_slow(struct env *e, const struct insn *i, uint64_t lin, unsigned size);
void mem_store_slow(struct env *e, const struct insn *i, uint64_t lin, unsigned size, uint64_t val);
void *mem_probe_slow(struct env *e, const struct insn *i, uint64_t lin, unsigned size);
void mem_read_slow(struct env *e, const struct insn *i, uint64_t lin, void *buf, unsigned len); /* <= 4096 bytes */
void mem_write_slow(struct env *e, const struct insn *i, uint64_t lin, const void *buf, unsigned len);
/* Segment limit and rights for I_SEGCHECK instructions (seg.c): raises #GP or #SS. */
void seg_check(struct env *e, const struct insn *i, uint64_t ea, unsigned size, bool write);

static inline uint64_t ea_offset(struct env *e, const struct insn *i)
{
    return (e->r[i->base] + (e->r[i->index] << i->scale) + i->disp) & i->ea_mask;
}

/* The linear address of the modrm operand; `size` and `write` matter to non-flat segments only. */
static inline uint64_t ea(struct env *e, const struct insn *i, unsigned size, bool write)
{
    uint64_t off = ea_offset(e, i);

    if (unlikely(i->flags & I_SEGCHECK))
        seg_check(e, i, off, size, write);
    return (e->seg_base[i->seg] + off) & e->lin_mask;
}

static inline struct tlb_entry *tlb_slot(struct tlb_entry *tlb, uint64_t lin)
{
    return &tlb[lin >> 12 & (TLB_SIZE - 1)];
}

/* lin - tag is the page offset on a hit: one compare is the tag match and the crossing test. */
static inline bool tlb_hit(const struct tlb_entry *t, uint64_t lin, unsigned size)
{
    return lin - t->tag <= SOFT_PAGE - size;
}

static inline __attribute__((always_inline)) uint64_t host_load(const void *p, unsigned size)
{
    uint64_t v = 0;

    switch (size) {
    case 1: return __atomic_load_n((const uint8_t *)p, __ATOMIC_RELAXED);
    case 2: { uint16_t w; memcpy(&w, p, 2); return w; }
    case 4: { uint32_t w; memcpy(&w, p, 4); return w; }
    default: memcpy(&v, p, 8); return v;
    }
}

static inline __attribute__((always_inline)) void host_store(void *p, unsigned size, uint64_t v)
{
    switch (size) {
    case 1: __atomic_store_n((uint8_t *)p, v, __ATOMIC_RELAXED); break;
    case 2: memcpy(p, &v, 2); break;
    case 4: memcpy(p, &v, 4); break;
    default: memcpy(p, &v, 8); break;
    }
    __asm__ volatile("" ::: "memory");
}

static inline __attribute__((always_inline)) uint64_t mem_load(struct env *e, const struct insn *i, uint64_t lin,
                                                               unsigned size)
{
    const struct tlb_entry *t = tlb_slot(e->tlb_rd, lin);

    if (likely(tlb_hit(t, lin, size)))
        return host_load((const void *)(lin + t->add), size);
    return mem_load_slow(e, i, lin, size);
}

static inline __attribute__((always_inline)) void mem_store(struct env *e, const struct insn *i, uint64_t lin,
                                                            unsigned size, uint64_t val)
{
    const struct tlb_entry *t = tlb_slot(e->tlb_wr, lin);

    if (likely(tlb_hit(t, lin, size)))
        host_store((void *)(lin + t->add), size, val);
    else
        mem_store_slow(e, i, lin, size, val);
}

/* For read-modify-write and LOCK: a host pointer, or NULL: the caller loads, computes, stores. */
static inline __attribute__((always_inline)) void *mem_probe(struct env *e, const struct insn *i, uint64_t lin,
                                                             unsigned size)
{
    const struct tlb_entry *t = tlb_slot(e->tlb_wr, lin);

    if (likely(tlb_hit(t, lin, size)))
        return (void *)(lin + t->add);
    return mem_probe_slow(e, i, lin, size);
}

static inline void mem_read(struct env *e, const struct insn *i, uint64_t lin, void *buf, unsigned len)
{
    const struct tlb_entry *t = tlb_slot(e->tlb_rd, lin);

    if (likely(tlb_hit(t, lin, len)))
        memcpy(buf, (const void *)(lin + t->add), len);
    else
        mem_read_slow(e, i, lin, buf, len);
}

static inline void mem_write(struct env *e, const struct insn *i, uint64_t lin, const void *buf, unsigned len)
{
    const struct tlb_entry *t = tlb_slot(e->tlb_wr, lin);

    if (likely(tlb_hit(t, lin, len)))
        memcpy((void *)(lin + t->add), buf, len);
    else
        mem_write_slow(e, i, lin, buf, len);
}

/* System accesses: descriptor tables, TSS, interrupt stacks.  Supervisor rights whatever the CPL. */
uint64_t sys_load(struct env *e, const struct insn *i, uint64_t lin, unsigned size);
void sys_store(struct env *e, const struct insn *i, uint64_t lin, unsigned size, uint64_t val);
