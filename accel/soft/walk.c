/* SPDX-License-Identifier: Apache-2.0 */
#include "accel/soft/walk.h"
#include "accel/soft/mmu.h"
#include "accel/soft/smc.h"
#include "cpu/state.h"

#include <stddef.h>

/*
 * The page walk
 *
 * Models no paging, 32-bit paging with PSE and PSE-36, PAE and 4-level paging, with NX, WP, SMEP, SMAP, global
 * pages and reserved bits.  Not modelled: LA57, protection keys, PCID, paging-structure caches, and the PDPTE
 * registers of PAE paging: PDPTEs are read from memory at each walk, as AMD does under nested paging.
 * Reference: Intel SDM volume 3, sections 4.2 to 4.8.
 *
 * Invariant: an entry's accessed and dirty bits are set by a compare and exchange with the entry that was
 * followed, so a translation never outlives a change that another vCPU made meanwhile.
 */

enum {
    PTE_P = 1 << 0, PTE_W = 1 << 1, PTE_U = 1 << 2, PTE_A = 1 << 5, PTE_D = 1 << 6, PTE_PS = 1 << 7, PTE_G = 1 << 8,
    PDPE1GB = 1 << 26           /* CPUID 8000_0001 edx */
};
#define PTE_NX (1ull << 63)
#define PTE_ADDR 0x000ffffffffff000ull

enum { LEVELS = 4, RETRIES = 1000 };

struct path {
    uint64_t at[LEVELS], entry[LEVELS];     /* where each entry lies, and what it was */
    unsigned count;
    unsigned size;                          /* of an entry */
};

/* Reads the entry at gpa into the path. */
static inline uint64_t path_load(struct env *e, struct path *p, uint64_t gpa)
{
    const struct soft_page *page = phys_page(e, gpa);
    uint64_t v;

    if (__builtin_expect(page->host != NULL, 1)) {
        const uint8_t *h = page->host + (gpa & 0xfff);
        v = p->size == 8 ? __atomic_load_n((const uint64_t *)(const void *)h, __ATOMIC_RELAXED)
                         : __atomic_load_n((const uint32_t *)(const void *)h, __ATOMIC_RELAXED);
    } else {
        v = phys_load(e, gpa, p->size);
    }
    p->at[p->count] = gpa;
    p->entry[p->count++] = v;
    return v;
}

/* Sets bits in the entry at gpa if it is still `old`. */
static bool entry_update(struct env *e, uint64_t gpa, unsigned size, uint64_t old, uint64_t set)
{
    const struct soft_page *page = phys_page(e, gpa);
    uint8_t *h;
    bool done;

    if (!page->host || !page->writable) {
        phys_store(e, gpa, size, old | set);
        return true;
    }
    h = page->host + (gpa & 0xfff);
    if (size == 8) {
        done = __atomic_compare_exchange_n((uint64_t *)(void *)h, &old, old | set, false, __ATOMIC_SEQ_CST,
                                           __ATOMIC_RELAXED);
    } else {
        uint32_t old32 = old;
        done = __atomic_compare_exchange_n((uint32_t *)(void *)h, &old32, old32 | set, false, __ATOMIC_SEQ_CST,
                                           __ATOMIC_RELAXED);
    }
    if (done && page->code)
        smc_written(e, page->code, gpa & 0xfff, size);
    return done;
}

/* Accessed in every entry of the path, dirty in the last; false if an entry changed under us. */
static inline bool path_touch(struct env *e, const struct path *p, unsigned first, bool write)
{
    for (unsigned n = first; n < p->count; n++) {
        uint64_t want = PTE_A | (write && n + 1 == p->count ? PTE_D : 0);

        if (__builtin_expect((p->entry[n] & want) != want, 0) &&
            !entry_update(e, p->at[n], p->size, p->entry[n], want))
            return false;
    }
    return true;
}

/* SDM 4.6.1: may this access use a page of these accumulated rights? */
static inline bool rights_allow(const struct env *e, enum walk_access access, unsigned mmu, bool u, bool w, bool nx)
{
    if (access == WALK_EXEC)
        return !nx && (mmu == MMU_USER ? u : !(u && (e->x.cr4 & CR4_SMEP)));
    if (mmu == MMU_USER)
        return u && (access != WALK_WRITE || w);
    if (u && mmu == MMU_SUPER_SMAP)
        return false;
    return access != WALK_WRITE || w || !(e->x.cr0 & CR0_WP);
}

static inline int error_code(const struct env *e, enum walk_access access, unsigned mmu, int bits)
{
    bool nx_known = (e->x.efer & EFER_NXE) && (e->x.cr4 & CR4_PAE);

    return bits | (access == WALK_WRITE ? PF_W : 0) | (mmu == MMU_USER ? PF_U : 0) |
           (access == WALK_EXEC && (nx_known || (e->x.cr4 & CR4_SMEP)) ? PF_I : 0);
}

enum outcome { DONE, FAULT, AGAIN };

/* Rights known: the tail of all formats.  first: index of the first entry that has an accessed bit. */
static inline enum outcome finish(struct env *e, struct path *p, unsigned first, enum walk_access access, unsigned mmu,
                                  bool touch, bool u, bool w, bool nx, struct walk *out)
{
    if (!rights_allow(e, access, mmu, u, w, nx)) {
        out->error = error_code(e, access, mmu, PF_P);
        return FAULT;
    }
    if (touch && !path_touch(e, p, first, access == WALK_WRITE))
        return AGAIN;
    return DONE;
}

static inline enum outcome fault(const struct env *e, enum walk_access access, unsigned mmu, int bits, struct walk *out)
{
    out->error = error_code(e, access, mmu, bits);
    return FAULT;
}

static enum outcome walk_long(struct env *e, uint64_t lin, enum walk_access access, unsigned mmu, bool touch,
                              struct walk *out)
{
    bool pae = !(e->x.efer & EFER_LMA);
    bool nxe = e->x.efer & EFER_NXE;
    uint64_t rsvd = (PTE_ADDR & ~((1ull << e->phys_bits) - 1)) | (nxe ? 0 : PTE_NX);
    uint64_t all = ~0ull, any = 0, pte, table = e->x.cr3 & PTE_ADDR;
    struct path p = { .size = 8 };
    unsigned shift = 39;

    if (pae) {
        pte = path_load(e, &p, (e->x.cr3 & 0xffffffe0u) + (lin >> 30 & 3) * 8);
        if (!(pte & PTE_P))
            return fault(e, access, mmu, 0, out);
        if (pte & ((~((1ull << e->phys_bits) - 1)) | 0x1e6))
            return fault(e, access, mmu, PF_P | PF_RSVD, out);
        table = pte & PTE_ADDR;
        rsvd |= 0x7ff0000000000000ull;
        shift = 21;
    }
    for (;; shift -= 9) {
        uint64_t bad = rsvd;

        pte = path_load(e, &p, table + (lin >> shift & 0x1ff) * 8);
        if (!(pte & PTE_P))
            return fault(e, access, mmu, 0, out);
        if (shift == 39 || (shift == 30 && !(e->cpuid_81d & PDPE1GB)))
            bad |= PTE_PS;
        else if (shift > 12 && (pte & PTE_PS))
            bad |= ((1ull << shift) - 1) & ~0x1fffull;
        if (pte & bad)
            return fault(e, access, mmu, PF_P | PF_RSVD, out);
        all &= pte;
        any |= pte;
        if (shift == 12 || (pte & PTE_PS))
            break;
        table = pte & PTE_ADDR;
    }
    out->gpa = ((pte & PTE_ADDR & ~((1ull << shift) - 1)) | (lin & ((1ull << shift) - 1))) & ~0xfffull;
    out->shift = shift;
    out->global = (pte & PTE_G) && (e->x.cr4 & CR4_PGE);
    return finish(e, &p, pae, access, mmu, touch, all & PTE_U, all & PTE_W, any & PTE_NX, out);
}

static enum outcome walk_32(struct env *e, uint64_t lin, enum walk_access access, unsigned mmu, bool touch,
                            struct walk *out)
{
    struct path p = { .size = 4 };
    uint64_t pde = path_load(e, &p, (e->x.cr3 & 0xfffff000u) + (lin >> 22 & 0x3ff) * 4);
    uint64_t pte, rights;

    if (!(pde & PTE_P))
        return fault(e, access, mmu, 0, out);
    if ((pde & PTE_PS) && (e->x.cr4 & CR4_PSE)) {
        /* PSE-36: bits 20:13 are address bits 39:32, as far as there are any */
        unsigned high = e->phys_bits > 40 ? 8 : e->phys_bits > 32 ? e->phys_bits - 32 : 0;

        if (pde & 0x3fe000 & ~(((1u << high) - 1) << 13))
            return fault(e, access, mmu, PF_P | PF_RSVD, out);
        out->gpa = (pde & 0xffc00000u) | (pde & 0x1fe000) << 19 | (lin & 0x3ff000);
        out->shift = 22;
        pte = rights = pde;
    } else {
        pte = path_load(e, &p, (pde & 0xfffff000u) + (lin >> 12 & 0x3ff) * 4);
        if (!(pte & PTE_P))
            return fault(e, access, mmu, 0, out);
        out->gpa = pte & 0xfffff000u;
        out->shift = 12;
        rights = pde & pte;
    }
    out->global = (pte & PTE_G) && (e->x.cr4 & CR4_PGE);
    return finish(e, &p, 0, access, mmu, touch, rights & PTE_U, rights & PTE_W, false, out);
}

bool walk(struct env *e, uint64_t lin, enum walk_access access, unsigned mmu, bool touch, struct walk *w)
{
    enum outcome o = AGAIN;

    if (!(e->x.cr0 & CR0_PG)) {
        *w = (struct walk){ .gpa = lin & 0xfffff000u, .shift = 32 };
        return true;
    }
    /* An entry that changes at every try is a guest's quarrel with itself: the last answer is as good as any. */
    for (unsigned n = 0; n < RETRIES && o == AGAIN; n++)
        o = e->x.cr4 & CR4_PAE ? walk_long(e, lin, access, mmu, touch, w) : walk_32(e, lin, access, mmu, touch, w);
    return o != FAULT;
}
