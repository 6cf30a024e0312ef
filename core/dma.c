/* SPDX-License-Identifier: Apache-2.0 */
#include "core/dma.h"

/*
 * DMA by devices (see dma.h)
 *
 * A transfer goes piece by piece, lowest address first, and ends at the first byte that it may not
 * reach; what came before has happened.  It never enters a device: that is THREATS R3, and why it
 * is legal under a device lock.  A buffer that is read is filled with zeros from there on.
 *
 * Invariant: between dma_map() and dma_unmap() the block counts a pin, and no epoch is held.
 */

#include "core/machine.h"
#include "core/view.h"
#include "lib/epoch.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* An epoch is left this often within a long transfer. */
enum { PIECE_BYTES = 64 << 10 };

/* What a transfer met. */
struct reach {
    struct spot spot;
    bool plain, msi;
    char name[64];              /* of what refuses, for the log */
};

static bool wraps(uint64_t addr, uint64_t len)
{
    return len && addr + (len - 1) < addr;
}

static enum mem_result refuse(struct address_space *as, uint64_t addr, bool write, const char *name)
{
    as->machine->guest_errors++;
    LOG(LOG_GUEST_ERRORS, "%s: DMA %s %#" PRIx64 " is refused: %s", as->name, write ? "to" : "from", addr,
        *name ? name : "nobody there");
    return MEM_REFUSED;
}

/* Under the epoch. */
static void look(struct address_space *as, uint64_t addr, bool write, struct reach *reach)
{
    const struct flat_range *r;

    address_space_look(as, addr, write, NULL, &reach->spot);
    r = reach->spot.range;
    reach->plain = reach->spot.host && (!write || r->writable);
    reach->msi = r && r->region->kind == REGION_IO && r->region->type && r->region->type->msi;
    reach->name[0] = '\0';
    if (log_on(LOG_GUEST_ERRORS) && (r || reach->spot.fault))
        snprintf(reach->name, sizeof(reach->name), "%s", r ? r->region->name : "no translation");
}

/* Small aligned transfers are done in one piece: rings and flags of virtio rely on it. */
static void copy(uint8_t *host, uint8_t *buf, uint64_t n, bool write)
{
    bool whole = (n == 1 || n == 2 || n == 4 || n == 8) && !((uintptr_t)host & (n - 1));
    uint64_t val = 0;

    if (whole && write) {
        memcpy(&val, buf, n);
        host_store(host, n, val);
    } else if (whole) {
        val = host_load(host, n);
        memcpy(buf, &val, n);
    } else if (write) {
        memcpy(host, buf, n);
    } else {
        memcpy(buf, host, n);
    }
}

/* Bytes that were moved, from 1; 0: refused. */
static uint64_t transfer_piece(struct address_space *as, uint64_t addr, uint8_t *buf, uint64_t len, bool write)
{
    struct msi_sink *msi = &as->machine->msi;
    struct reach reach;
    uint64_t n = len < PIECE_BYTES ? len : PIECE_BYTES;
    uint32_t data;

    epoch_enter();
    look(as, addr, write, &reach);
    if (n - 1 > reach.spot.more)
        n = reach.spot.more + 1;
    if (reach.plain) {
        copy(reach.spot.host, buf, n, write);
        if (write)
            host_stored(reach.spot.range, reach.spot.host, n);
    }
    epoch_leave();
    if (reach.plain)
        return n;
    if (!reach.msi || !write || len != sizeof(data) || n != sizeof(data) || (reach.spot.at & 3)) {
        refuse(as, addr, write, reach.name);
        return 0;
    }
    memcpy(&data, buf, sizeof(data));
    if (msi->send)
        msi->send(msi->opaque, MSI_BASE + reach.spot.at, data);
    return n;
}

static enum mem_result transfer(struct address_space *as, uint64_t addr, uint8_t *buf, uint64_t len, bool write)
{
    uint64_t n;

    if (wraps(addr, len))
        return refuse(as, addr, write, "the address wraps");
    for (uint64_t done = 0; done < len; done += n) {
        n = transfer_piece(as, addr + done, buf + done, len - done, write);
        if (!n) {
            if (!write)
                memset(buf + done, 0, len - done);
            return MEM_REFUSED;
        }
    }
    return MEM_OK;
}

enum mem_result dma_read(struct address_space *as, uint64_t addr, void *buf, uint64_t len)
{
    return transfer(as, addr, buf, len, false);
}

enum mem_result dma_write(struct address_space *as, uint64_t addr, const void *buf, uint64_t len)
{
    return transfer(as, addr, (uint8_t *)buf, len, true);
}

/* Lengthens the mapping over neighbours that happen to lie behind each other in the host as well. */
static void map_more(struct address_space *as, uint64_t addr, uint64_t len, struct dma_map *map)
{
    while (map->len < len) {
        struct reach reach;

        look(as, addr + map->len, map->write, &reach);
        if (!reach.plain || reach.spot.range->region->block != map->block ||
            reach.spot.host != map->host + map->len)
            return;
        map->len = reach.spot.more < len - map->len ? map->len + reach.spot.more + 1 : len;
    }
}

enum mem_result dma_map(struct address_space *as, uint64_t addr, uint64_t len, bool write, struct dma_map *map)
{
    struct reach reach;

    *map = (struct dma_map){ .write = write };
    if (!len || wraps(addr, len))
        return refuse(as, addr, write, len ? "the address wraps" : "no length");
    epoch_enter();
    look(as, addr, write, &reach);
    if (reach.plain) {
        map->host = reach.spot.host;
        map->block = reach.spot.range->region->block;
        map->offset = map->host - map->block->host;
        map->len = reach.spot.more < len ? reach.spot.more + 1 : len;
        map_more(as, addr, len, map);
        ram_block_get(map->block);
    }
    epoch_leave();
    return reach.plain ? MEM_OK : refuse(as, addr, write, reach.name);
}

void dma_unmap(struct dma_map *map, uint64_t written)
{
    if (!map->block)
        return;
    if (map->write && written)
        ram_written(map->block, map->offset, written < map->len ? written : map->len);
    ram_block_put(map->block);
    *map = (struct dma_map){ 0 };
}
