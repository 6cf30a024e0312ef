/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The MMU's management side: set-up, instruction fetch, flushes, physical accesses
 *
 * mem.h is the side that instructions use.  Everything here runs on the vCPU's own thread, or on
 * a thread that holds an exclusive section.
 */

#include "accel/soft/env.h"

/* Allocates the side tables; -ENOMEM.  e->bus is bound already. */
int mmu_init(struct env *e);
void mmu_fini(struct env *e);

/*
 * Translates lin (rip + CS.base) for an instruction fetch at the current privilege: *gpa gets the physical
 * address of lin, *page its page.  Returns 0; a fault is raised with env->pc as the faulting rip.
 */
int mmu_fetch(struct env *e, uint64_t lin, struct soft_page *page, uint64_t *gpa);

void mmu_flush_all(struct env *e);
void mmu_flush_nonglobal(struct env *e);                /* a load of CR3 */
void mmu_flush_page(struct env *e, uint64_t lin);       /* INVLPG */
/* Drops write entries of one page, or of all pages that hold code.  Own thread, or in an exclusive section. */
void mmu_drop_writes(struct env *e, const struct soft_page_code *code);
void mmu_drop_code_writes(struct env *e);
/* A table that never hits: what instructions see while every access must take the slow path. */
struct tlb_entry *mmu_never(struct env *e);

/* Physical memory, A20 applied; size 1, 2, 4, 8, within a page. */
uint64_t phys_load(struct env *e, uint64_t gpa, unsigned size);
void phys_store(struct env *e, uint64_t gpa, unsigned size, uint64_t val);
/* Cached look-up of the page of gpa; valid until the next flush or pause. */
const struct soft_page *phys_page(struct env *e, uint64_t gpa);

/* An access with the rights of `mmu` (MMU_USER ...), whatever the CPL; faults are raised. */
uint64_t mmu_load_as(struct env *e, const struct insn *i, unsigned mmu, uint64_t lin, unsigned size);
void mmu_store_as(struct env *e, const struct insn *i, unsigned mmu, uint64_t lin, unsigned size, uint64_t val);
/* Raises unless size bytes at lin could be read (or written) now. */
void mmu_check_as(struct env *e, const struct insn *i, unsigned mmu, uint64_t lin, unsigned size, bool write);
/* The mode in which descriptor tables and task state are accessed. */
static inline unsigned mmu_system_mode(const struct env *e)
{
    return e->x.cr4 & CR4_SMAP ? MMU_SUPER_SMAP : MMU_SUPER;
}

/* Is lin canonical?  Outside 64-bit mode every linear address is. */
static inline bool lin_canonical(uint64_t lin)
{
    return (uint64_t)((int64_t)lin >> 47) + 1 <= 1;
}
