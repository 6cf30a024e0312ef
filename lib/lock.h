/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Ranked locks
 *
 * A thread takes locks in rising rank only, so there is no cycle to dead-lock in.  Builds without
 * NDEBUG assert it at every take, on every run, not only when the dead-lock happens.  At most one
 * lock of a rank is held at a time.  A lock that has to wait counts it: tests and benchmarks ask
 * lock_contended().
 */

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

enum lock_rank {
    RANK_MAP_WRITE,     /* writers of the memory map; readers use the epoch */
    RANK_DEVICE,        /* one device */
    RANK_CHIPSET,       /* the small chips that belong together */
    RANK_BRIDGE,        /* an ISA bridge, where the interrupt pins of PCI functions end */
    RANK_CLOCK, RANK_WORK,
    RANK_IRQCHIP_ROUTER, RANK_IRQCHIP_PIC, RANK_IRQCHIP,        /* controllers call controllers further in only */
    RANK_VCPU,          /* kick, halt, wake */
    RANK_LEAF,          /* calls nothing */
    RANK_LOG,
};

struct lock {
    pthread_mutex_t mutex;
    enum lock_rank rank;
    _Atomic uint32_t contended;
};

void lock_init(struct lock *l, enum lock_rank rank);
void lock_fini(struct lock *l);
void lock_take(struct lock *l);
void lock_drop(struct lock *l);
uint32_t lock_contended(const struct lock *l);  /* how often somebody had to wait */
bool lock_none_held(void);                      /* by this thread */

/* A condition tied to a ranked lock: waiting drops it and takes it again. */
struct cond { pthread_cond_t cond; };
void cond_init(struct cond *c);
void cond_fini(struct cond *c);
void cond_wait(struct cond *c, struct lock *l);
void cond_wake_all(struct cond *c);
