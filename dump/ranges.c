/* SPDX-License-Identifier: Apache-2.0 */
#include "dump/ranges.h"

/*
 * Ranges of memory (see ranges.h)
 *
 * A listener is told of the present map and leaves again; each range is then held as a DMA buffer is.  All of it is one
 * transaction, in which the map does not change.
 */

#include "core/machine.h"

#include <assert.h>
#include <glib.h>
#include <string.h>

struct ranges {
    struct map_listener listener;
    GArray *plain;              /* struct plain: of the view, before they are held */
    GArray *range;              /* struct range */
};

struct plain { uint64_t first, last; const uint8_t *host; const struct ram_block *block; };

static void add(struct map_listener *l, const struct flat_range *f)
{
    struct ranges *r = (struct ranges *)((char *)l - offsetof(struct ranges, listener));
    struct plain p = { f->first, f->last, f->host, f->region->block }, *before = NULL;

    if ((f->region->kind != REGION_RAM && f->region->kind != REGION_ROM) || !f->host)
        return;
    if (r->plain->len)
        before = &g_array_index(r->plain, struct plain, r->plain->len - 1);
    if (before && before->block == p.block && before->last + 1 == p.first &&
        before->host + (p.first - before->first) == p.host)
        before->last = p.last;
    else
        g_array_append_val(r->plain, p);
}

static void hold(struct ranges *r, struct address_space *as, const struct plain *p)
{
    uint64_t len = p->last - p->first + 1;

    for (uint64_t at = 0; at < len;) {
        struct range range = { .gpa = p->first + at };

        if (dma_map(as, range.gpa, len - at, false, &range.map) != MEM_OK)
            return;
        at += range.map.len;
        g_array_append_val(r->range, range);
    }
}

struct ranges *ranges_new(struct address_space *as)
{
    struct ranges *r = g_new0(struct ranges, 1);

    r->listener.add = add;
    r->plain = g_array_new(false, false, sizeof(struct plain));
    r->range = g_array_new(false, false, sizeof(struct range));
    map_begin(&as->machine->map);
    address_space_listen(as, &r->listener);
    address_space_unlisten(as, &r->listener);
    for (unsigned i = 0; i < r->plain->len; i++)
        hold(r, as, &g_array_index(r->plain, struct plain, i));
    map_end(&as->machine->map);
    g_array_free(r->plain, true);
    r->plain = NULL;
    return r;
}

static struct range *at(const struct ranges *r, unsigned n)
{
    return &g_array_index(r->range, struct range, n);
}

void ranges_free(struct ranges *r)
{
    if (!r)
        return;
    for (unsigned i = 0; i < r->range->len; i++)
        dma_unmap(&at(r, i)->map, 0);
    g_array_free(r->range, true);
    g_free(r);
}

void ranges_cut(struct ranges *r, uint64_t begin, uint64_t length)
{
    uint64_t last = begin + length - 1 < begin ? UINT64_MAX : begin + length - 1;

    for (unsigned i = r->range->len; i--;) {
        struct range *range = at(r, i);
        uint64_t skip = begin > range->gpa ? begin - range->gpa : 0;

        if (!length || skip >= range->map.len || last < range->gpa) {
            dma_unmap(&range->map, 0);
            g_array_remove_index(r->range, i);
            continue;
        }
        range->gpa += skip;
        range->map.host += skip;
        range->map.offset += skip;
        range->map.len -= skip;
        if (last - range->gpa < range->map.len - 1)
            range->map.len = last - range->gpa + 1;
    }
}

unsigned ranges_num(const struct ranges *r)
{
    return r->range->len;
}

const struct range *ranges_at(const struct ranges *r, unsigned n)
{
    assert(n < r->range->len);
    return at(r, n);
}

uint64_t ranges_bytes(const struct ranges *r)
{
    uint64_t bytes = 0;

    for (unsigned i = 0; i < r->range->len; i++)
        bytes += at(r, i)->map.len;
    return bytes;
}

const uint8_t *ranges_find(const struct ranges *r, uint64_t gpa, uint64_t *bytes)
{
    *bytes = gpa ? -gpa : UINT64_MAX;
    for (unsigned i = 0; i < r->range->len; i++) {
        const struct range *range = at(r, i);

        if (gpa < range->gpa) {
            *bytes = range->gpa - gpa;
            return NULL;
        }
        if (gpa - range->gpa < range->map.len) {
            *bytes = range->map.len - (gpa - range->gpa);
            return range->map.host + (gpa - range->gpa);
        }
    }
    return NULL;
}

bool ranges_read(void *opaque, uint64_t gpa, void *buf, unsigned bytes)
{
    while (bytes) {
        uint64_t there;
        const uint8_t *host = ranges_find(opaque, gpa, &there);
        unsigned n = there < bytes ? there : bytes;

        if (!host)
            return false;
        memcpy(buf, host, n);
        gpa += n;
        buf = (char *)buf + n;
        bytes -= n;
    }
    return true;
}
