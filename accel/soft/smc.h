/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Code in pages that the guest writes: per-page descriptor and notification
 *
 * Every 4 KiB page of RAM has a descriptor (an array per RAM block, made by accel.c; ROM and MMIO
 * have none).  Invariant: while granules != 0 no vCPU has a write entry for the page in its TLB,
 * so every store to it comes through mem_store_slow() and smc_written().
 */

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct env;
struct soft;
struct block;

struct soft_page_code {
    _Atomic uint64_t granules;  /* bit n: bytes 64n to 64n+63 hold translated code; set and cleared under soft->lock */
    struct block *blocks;       /* with bytes in this page (block.c); under soft->lock */
    bool claimed;               /* write entries are gone: more code may be built; under soft->lock */
    uint16_t releases;          /* how often `claimed` fell, modulo 2^16; under soft->lock */
    _Atomic uint32_t writers;   /* who may have a write entry: 0 nobody, n + 1 vCPU n alone, SMC_MANY (smc.c) */
};

enum { SMC_MANY = 0xffff };

/* Bits of the granules that bytes [off, off + len) of a page touch; len > 0. */
static inline uint64_t smc_granules(unsigned off, unsigned len)
{
    unsigned first = off >> 6, last = (off + len - 1) >> 6;

    return (~0ull << first) & (~0ull >> (63 - (last > 63 ? 63 : last)));
}

/*
 * After a guest store of len bytes at off of a page with granules != 0, on the thread of e:
 * blocks that hold those bytes are killed.  Call it after the bytes are stored: the block
 * builder sets the granule first and reads the bytes second, so one of the two sees the other.
 */
void smc_written(struct env *e, struct soft_page_code *code, unsigned off, unsigned len);

/*
 * The page gets its first code.  The caller has set a granule and holds no lock.  Returns when no
 * other vCPU has a write entry for the page; drops e's own too.
 */
void smc_page_has_code(struct env *e, struct soft_page_code *code);

/* For DMA and loaders, on any thread outside guest code. */
void soft_phys_written(struct soft *s, struct soft_page_code *code, unsigned off, unsigned len);

/* At a poll with KICK_SMC: drops this vCPU's write entries of pages that hold code. */
void smc_poll(struct env *e);

/* Before vCPU e makes a write entry for the page: false if it must not, for the page holds code. */
bool smc_allow_write_entry(struct env *e, struct soft_page_code *code);
