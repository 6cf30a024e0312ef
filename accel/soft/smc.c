/* SPDX-License-Identifier: Apache-2.0 */
#include "accel/soft/smc.h"
#include "accel/soft/block.h"
#include "accel/soft/exclusive.h"
#include "accel/soft/mmu.h"
#include "accel/soft/soft.h"

/*
 * Stores to pages that hold code
 *
 * Design section 9 with one simplification: instead of provisional blocks, the first code on a page that
 * another vCPU may write is a short exclusive section, in which those vCPUs' write entries go.  `writers` keeps
 * that rare: most pages of code were never written by a vCPU that still remembers them.
 *
 * Invariant: see smc.h.  A vCPU announces itself in `writers` before it reads `granules`; the builder sets a
 * granule before it reads `writers`.  So no write entry is made behind the builder's back.
 */

void smc_written(struct env *e, struct soft_page_code *code, unsigned off, unsigned len)
{
    if (atomic_load(&code->granules) & smc_granules(off, len))
        block_invalidate_range(e->soft, code, off, off + len - 1);
}

void soft_phys_written(struct soft *s, struct soft_page_code *code, unsigned off, unsigned len)
{
    if (atomic_load(&code->granules) & smc_granules(off, len))
        block_invalidate_range(s, code, off, off + len - 1);
}

bool smc_allow_write_entry(struct env *e, struct soft_page_code *code)
{
    uint32_t me = e->index + 1, now = atomic_load(&code->writers);

    while (now != me && now != SMC_MANY)
        if (atomic_compare_exchange_weak(&code->writers, &now, now ? SMC_MANY : me))
            break;
    return !atomic_load(&code->granules);
}

void smc_page_has_code(struct env *e, struct soft_page_code *code)
{
    uint32_t writers = atomic_load(&code->writers);

    if (!writers)
        return;
    if (writers == e->index + 1) {
        mmu_drop_writes(e, code);
        return;
    }
    soft_exclusive_begin(e);
    for (unsigned n = 0; n < e->soft->n_vcpus; n++)
        mmu_drop_writes(e->soft->vcpus[n], code);
    atomic_store(&code->writers, 0);
    soft_exclusive_end(e);
}

void smc_poll(struct env *e)
{
    mmu_drop_code_writes(e);
}
