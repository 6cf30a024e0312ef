/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What the vCPUs of one machine share on the software CPU: the block cache, exclusive sections,
 * the thunk pool
 *
 * Lock order: soft->lock is innermost; no bus call, no fault and no wait for another vCPU happens
 * under it.  `vcpus` changes only while no vCPU runs.
 */

#include "accel/soft/env.h"

#include <pthread.h>

enum { SOFT_MAX_VCPUS = 288 };

struct thunk_pool;              /* thunk.c */
struct exclusive;               /* exclusive.c */

struct block_arena { uint8_t *base; size_t size, used; };    /* reserved address space, committed as used */

struct soft {
    pthread_mutex_t lock;       /* writers of everything about blocks, and of soft_page_code */
    struct env *vcpus[SOFT_MAX_VCPUS];
    unsigned n_vcpus;
    _Atomic(struct block *) *hash;  /* chains; readers take no lock */
    struct block_arena arena;
    uint64_t flushes, blocks_built, blocks_killed;
    struct exclusive *exclusive;
    struct thunk_pool *thunks;
    struct debugger_points points, built;       /* of a debugger: as asked for, and as blocks and TLBs know them */
};

/* arena_bytes: address space for decoded blocks; 0: the default.  -ENOMEM. */
int soft_init(struct soft *s, size_t arena_bytes);
void soft_fini(struct soft *s);

/* Runs guest code on the calling thread until KICK_EXIT, HLT (x.halted) or shutdown.  The caller clears KICK_EXIT. */
void soft_run(struct env *e);
