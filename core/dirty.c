/* SPDX-License-Identifier: Apache-2.0 */
#include "core/ram.h"

/*
 * Dirty tracking: who has not yet seen which page's changes (see ram.h)
 *
 * Whoever stores to guest memory stores first and marks then; a client fetches and clears the mark
 * first and reads then.  The mark is set by a full barrier even where it is set already: with a
 * plain test a store could become visible after a fetch that found the older mark.
 *
 * Invariant: a page whose bit is clear has no change that its client has not seen.
 */

#include "lib/bits.h"
#include "lib/epoch.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

enum { PAGE_SHIFT = 12, WORD_PAGES = 64 };

/* Bits from..to, to included, 0 <= from <= to < 64. */
static uint64_t bits_between(unsigned from, unsigned to)
{
    return bits_ones(to - from + 1) << from;
}

static void mark(_Atomic uint64_t *bits, uint64_t first, uint64_t last)
{
    for (uint64_t page = first; page <= last; page = (page | (WORD_PAGES - 1)) + 1) {
        uint64_t end = page | (WORD_PAGES - 1);

        bits[page / WORD_PAGES] |= bits_between(page % WORD_PAGES, (end < last ? end : last) % WORD_PAGES);
    }
}

void ram_written(struct ram_block *b, uint64_t off, uint64_t len)
{
    if (!len)
        return;
    assert(off < b->size && len <= b->size - off);
    if (ram_logged(b)) {
        epoch_enter();
        for (unsigned c = 0; c < DIRTY_CLIENTS; c++) {
            _Atomic uint64_t *bits = epoch_load(b->dirty[c]);

            if (bits)
                mark(bits, off >> PAGE_SHIFT, (off + len - 1) >> PAGE_SHIFT);
        }
        epoch_leave();
    }
    if (b->code)
        b->code_written(b, off, len);
}

int dirty_start(struct ram_block *b, enum dirty_client c)
{
    uint64_t pages = b->size >> PAGE_SHIFT;
    _Atomic uint64_t *bits = b->dirty[c];

    if (!bits) {
        bits = calloc((pages + WORD_PAGES - 1) / WORD_PAGES, sizeof(*bits));
        if (!bits)
            return -ENOMEM;
        epoch_publish(b->dirty[c], bits);
        if (b->logger)
            b->logger->switched(b->logger, b);
    }
    mark(bits, 0, pages - 1);
    return 0;
}

void dirty_stop(struct ram_block *b, enum dirty_client c)
{
    _Atomic uint64_t *bits = b->dirty[c];

    if (!bits)
        return;
    epoch_publish(b->dirty[c], NULL);
    if (b->logger)
        b->logger->switched(b->logger, b);
    epoch_wait();
    free(bits);
}

bool dirty_get(const struct ram_block *b, enum dirty_client c, uint64_t off)
{
    _Atomic uint64_t *bits;
    bool dirty = false;

    assert(off < b->size);
    epoch_enter();
    bits = epoch_load(b->dirty[c]);
    if (bits)
        dirty = bits[(off >> PAGE_SHIFT) / WORD_PAGES] >> ((off >> PAGE_SHIFT) % WORD_PAGES) & 1;
    epoch_leave();
    return dirty;
}

void dirty_fetch(struct ram_block *b, enum dirty_client c, uint64_t first, uint64_t n_pages, uint64_t *out)
{
    uint64_t pages = b->size >> PAGE_SHIFT;
    _Atomic uint64_t *bits;

    assert(!(first % WORD_PAGES) && first <= pages && n_pages <= pages - first);
    if (b->logger && b->dirty[c])
        b->logger->fetch(b->logger, b, first << PAGE_SHIFT, n_pages << PAGE_SHIFT);
    epoch_enter();
    bits = epoch_load(b->dirty[c]);
    for (uint64_t i = 0; i < n_pages; i += WORD_PAGES) {
        uint64_t mask = n_pages - i < WORD_PAGES ? bits_ones(n_pages - i) : UINT64_MAX;

        out[i / WORD_PAGES] = bits ? __atomic_fetch_and((uint64_t *)&bits[(first + i) / WORD_PAGES], ~mask,
                                                        __ATOMIC_SEQ_CST) & mask : 0;
    }
    epoch_leave();
}
