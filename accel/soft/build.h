/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Building blocks: between block.c, which keeps them, and build.c, which makes them
 */

#include "accel/soft/block.h"

/*
 * A new block at lin, which lies in *page at physical address gpa; published.  NULL: the arena is full.
 * May raise the fault of a fetch from the next page.  Bytes that are not plain memory give a block that
 * is not kept.
 */
struct block *block_build(struct env *e, const struct soft_page *page, uint64_t lin, uint64_t gpa);

/* Makes the block visible; under soft->lock. */
void block_publish(struct soft *s, struct block *b);

/* The tail of a block after which the dispatcher must look. */
insn_fn op_block_end;
