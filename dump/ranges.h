/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The memory of an address space at one moment: RAM and ROM ranges, kept from going away
 *
 * Devices are not in it: reading them would change them.  Made and freed on the home loop; in between any thread reads.
 */

#include "core/dma.h"

#include <stdbool.h>
#include <stdint.h>

struct ranges;

/* Neighbours that lie behind each other in guest and host are one range; ordered by address. */
struct range {
    uint64_t gpa;
    struct dma_map map;         /* host address, length, and the hold on the block */
};

struct ranges *ranges_new(struct address_space *as);
void ranges_free(struct ranges *r);             /* NULL is fine */
/* From begin on, length bytes (to the end of addresses at most), and nothing else. */
void ranges_cut(struct ranges *r, uint64_t begin, uint64_t length);

unsigned ranges_num(const struct ranges *r);
const struct range *ranges_at(const struct ranges *r, unsigned n);
uint64_t ranges_bytes(const struct ranges *r);
/* The host address of gpa, and how many bytes are there; NULL: no memory there for *bytes bytes. */
const uint8_t *ranges_find(const struct ranges *r, uint64_t gpa, uint64_t *bytes);
/* For cpu_walk(): all of it, or false.  opaque: a struct ranges. */
bool ranges_read(void *opaque, uint64_t gpa, void *buf, unsigned bytes);
