/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Flat views, for the files that make up the memory map
 *
 * Private to core: region.c builds trees, view.c renders them, map.c publishes views, address.c
 * and dma.c look things up, mtree.c prints.
 */

#include "core/memory.h"

enum {
    VIEW_PORTS = 65536,
    REGION_DEPTH = 32,          /* containers and aliases inside each other; more is a cycle, a bug of a board */
    IOMMU_DEPTH = 4,            /* translations behind each other */
};

/* Map lock.  One reference; never NULL.  Of a port space, what lies above 65535 is cut off. */
struct flat_view *view_render(struct region *root, bool ports);
void view_index_ports(struct flat_view *v);     /* makes the array of ports; costs more than rendering */
struct flat_view *view_get(struct flat_view *v);
void view_put(struct flat_view *v);             /* the last one frees; no reader may be left; NULL is fine */

bool view_same(const struct flat_view *a, const struct flat_view *b);
/* Calls fn for each range of `of` that `than` does not have in just the same way. */
void view_difference(const struct flat_view *of, const struct flat_view *than,
                     void (*fn)(void *opaque, const struct flat_range *r), void *opaque);
/* The last address of the hole that addr is in. */
uint64_t view_hole_last(const struct flat_view *v, uint64_t addr);

/* Follows containers that show nothing but all of another region: what looks alike shares a view.  An empty container
 * beside it shows nothing. */
struct region *region_resolve(struct region *root);

/* The map whose transaction this thread has open has changed; asserts that there is one. */
void map_touch(void);

/* What is at an address, translations carried out.  Valid under the epoch. */
struct spot {
    const struct flat_range *range;     /* NULL: nobody there, or an IOMMU says no */
    uint64_t at;                        /* offset in range->region */
    uint64_t more;                      /* bytes that follow the first one in the same range or hole */
    uint8_t *host;                      /* plain memory for reads */
    bool ports, fault;                  /* fault: an IOMMU says no */
};
void address_space_look(struct address_space *as, uint64_t addr, bool write, unsigned *hint, struct spot *spot);

/* Little-endian, size 1, 2, 4 or 8; in one piece when p is aligned. */
uint64_t host_load(const uint8_t *p, unsigned size);
void host_store(uint8_t *p, unsigned size, uint64_t val);
/* The block's bytes at host have been stored. */
void host_stored(const struct flat_range *r, const uint8_t *host, uint64_t len);
