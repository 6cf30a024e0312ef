/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * DMA: what devices read and write in guest memory
 *
 * Reaches RAM, ROM (reads) and the MSI doorbell; any other region is refused, logged and reported
 * as MEM_REFUSED (HOUSE 3.6, THREATS R3).  Legal under a device lock.  Buffers are copied; dma_map()
 * lends memory and holds a reference on the RAM block instead of an epoch.
 */

#include "core/memory.h"

enum mem_result dma_read(struct address_space *as, uint64_t addr, void *buf, uint64_t len);
enum mem_result dma_write(struct address_space *as, uint64_t addr, const void *buf, uint64_t len);

struct dma_map { uint8_t *host; uint64_t len; struct ram_block *block; uint64_t offset; bool write; };
/* Maps up to len bytes; map->len says how many are contiguous plain memory.  MEM_REFUSED: none. */
enum mem_result dma_map(struct address_space *as, uint64_t addr, uint64_t len, bool write, struct dma_map *map);
void dma_unmap(struct dma_map *map, uint64_t written);
