/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The page walk: a linear address and a kind of access to a physical page and its rights
 *
 * Reference: Intel SDM volume 3, chapter 4.  The walk neither raises nor fills a TLB; on success it has set the
 * accessed bits, and the dirty bit for a write.
 */

#include <stdbool.h>
#include <stdint.h>

struct env;

enum walk_access { WALK_READ, WALK_WRITE, WALK_EXEC };

/* Bits of a page fault's error code. */
enum { PF_P = 1 << 0, PF_W = 1 << 1, PF_U = 1 << 2, PF_RSVD = 1 << 3, PF_I = 1 << 4 };

struct walk {
    uint64_t gpa;               /* of the 4 KiB page that contains the address */
    uint8_t shift;              /* of the mapping: 12, 21, 22 or 30; 32 without paging */
    bool global;
    int error;                  /* error code of the #PF where walk() is false */
};

/* mmu: MMU_USER, MMU_SUPER, MMU_SUPER_SMAP.  lin is canonical.  touch: set accessed and dirty bits. */
bool walk(struct env *e, uint64_t lin, enum walk_access access, unsigned mmu, bool touch, struct walk *w);
