/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * RAM blocks: host memory that guests see, and who has seen its changes
 *
 * A block has the name that the migration stream gives it, a size, and a used length.  Dirty
 * tracking is per client and page; the software CPU keeps a word of its own per page (code_of).
 */

#include "lib/list.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct error;

enum dirty_client { DIRTY_VGA, DIRTY_MIGRATION, DIRTY_CLIENTS };

struct ram_block;

/*
 * Who stores to a block without ram_written(): a kernel that runs the guest keeps a log of its own.  Its
 * functions take no lock that ranks before RANK_VCPU; fetch marks what it has seen with ram_written().
 */
struct ram_logger {
    void (*switched)(struct ram_logger *l, struct ram_block *b);        /* ram_logged() may have changed */
    void (*fetch)(struct ram_logger *l, struct ram_block *b, uint64_t off, uint64_t len);
};

struct ram_block {
    char *name;
    uint8_t *host;
    uint64_t size, used;        /* bytes, multiples of 4096 */
    int fd;                     /* -1: anonymous */
    _Atomic uint64_t *dirty[DIRTY_CLIENTS];     /* a bit per page; NULL: nobody logs */
    void *code;                 /* accel/soft: array of per-page descriptors; NULL otherwise */
    void (*code_written)(struct ram_block *b, uint64_t off, uint64_t len);     /* set with `code` */
    void (*code_free)(struct ram_block *b);
    struct ram_logger *logger;  /* set by an accelerator before the guest sees the block; NULL: none */
    bool lent;                  /* to a machine that does not free it; a memory backend does */
    _Atomic unsigned refs;                      /* the owner's, and one of each dma_map() */
    struct list_node in_machine;
};

/* From which NUMA nodes of the host memory comes; the host's own numbers. */
enum ram_policy { RAM_POLICY_DEFAULT, RAM_POLICY_PREFERRED, RAM_POLICY_BIND, RAM_POLICY_INTERLEAVE };
enum { RAM_NODES = 128 };

enum ram_source { RAM_ANONYMOUS, RAM_MEMFD, RAM_FILE };

struct ram_config {
    const char *name;
    uint64_t size;
    enum ram_source source;
    const char *path;           /* of RAM_FILE */
    bool share, prealloc;
    bool merge, no_dump;        /* the host may merge equal pages; core dumps leave it out */
    bool reserve;               /* the host sets swap space aside; otherwise there may be more RAM than the host has */
    bool read_only;             /* of RAM_FILE: neither the file nor the memory can be written */
    bool seal, hugetlb;         /* of RAM_MEMFD: others cannot resize it; huge pages */
    uint64_t huge_bytes;        /* of which size, a power of two; 0: the host's usual one */
    uint64_t align;             /* of the host address, a power of two from 4096 on; 0: as suits */
    unsigned threads;           /* that find the pages of prealloc; 0: this one */
    enum ram_policy policy;
    uint64_t nodes[RAM_NODES / 64];     /* of the host, a bit each, that policy speaks of */
};

/* Sparse unless prealloc.  -ENOMEM, -ERANGE (0, not a multiple of 4096, or above 1 TiB... the host refuses), errno of
 * the file. */
int ram_block_new(const struct ram_config *cfg, struct ram_block **block, struct error **err);
/* The owner's; nobody finds the block any more.  Its memory stays for those who have it mapped, until the last one lets
 * go.  No vCPU runs. */
void ram_block_free(struct ram_block *b);
/* Any thread. */
struct ram_block *ram_block_get(struct ram_block *b);
void ram_block_put(struct ram_block *b);
/* Nobody runs a guest on it any more: what was hung on it for that is gone, its memory stays. */
void ram_block_retire(struct ram_block *b);
/* How much of it is in use, rounded up to pages: what a migration sends.  At most its size. */
void ram_block_set_used(struct ram_block *b, uint64_t bytes);

/* Any thread.  Marks pages for every client that logs, and tells the software CPU that code may have changed. */
void ram_written(struct ram_block *b, uint64_t off, uint64_t len);
int dirty_start(struct ram_block *b, enum dirty_client c);      /* home loop; all pages start dirty */
void dirty_stop(struct ram_block *b, enum dirty_client c);
/* One page, as it has been marked; what a logger has seen since the last dirty_fetch() is not in it. */
bool dirty_get(const struct ram_block *b, enum dirty_client c, uint64_t off);
/* Fetches and clears n_pages bits from page `first` on; bit 0 of out[0] is page `first`, which is a multiple of 64. */
void dirty_fetch(struct ram_block *b, enum dirty_client c, uint64_t first, uint64_t n_pages, uint64_t *out);
static inline bool ram_logged(const struct ram_block *b)
{
    return b->dirty[DIRTY_VGA] || b->dirty[DIRTY_MIGRATION];
}
