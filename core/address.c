/* SPDX-License-Identifier: Apache-2.0 */
#include "core/memory.h"

/*
 * Accesses by CPUs: what is at an address, and who answers (see memory.h)
 *
 * An access that crosses the end of a range is cut into pieces of 1, 2, 4 or 8 bytes, each looked up
 * by itself, lowest address first, as a bus would; but a device that is addressed in one of its registers
 * gets all that still lies in its region, even where another one lies on top of what follows (CF8h and CF9h).
 * Legal sizes within a region are the dispatcher's.
 * Translating regions (IOMMU) send on to the machine's system memory.
 *
 * Invariant: the epoch is left before a device is entered; until the entry ends, dev->entered keeps
 * the device alive instead.
 */

#include "core/machine.h"
#include "core/view.h"
#include "lib/bits.h"
#include "lib/epoch.h"

#include <assert.h>

uint64_t host_load(const uint8_t *p, unsigned size)
{
    if ((uintptr_t)p & (size - 1))
        return bits_load(p, size);
    switch (size) {
    case 1: return __atomic_load_n(p, __ATOMIC_RELAXED);
    case 2: return __atomic_load_n((const uint16_t *)p, __ATOMIC_RELAXED);
    case 4: return __atomic_load_n((const uint32_t *)p, __ATOMIC_RELAXED);
    default: return __atomic_load_n((const uint64_t *)p, __ATOMIC_RELAXED);
    }
}

void host_store(uint8_t *p, unsigned size, uint64_t val)
{
    if ((uintptr_t)p & (size - 1)) {
        bits_store(p, size, val);
        return;
    }
    switch (size) {
    case 1: __atomic_store_n(p, val, __ATOMIC_RELAXED); break;
    case 2: __atomic_store_n((uint16_t *)p, val, __ATOMIC_RELAXED); break;
    case 4: __atomic_store_n((uint32_t *)p, val, __ATOMIC_RELAXED); break;
    default: __atomic_store_n((uint64_t *)p, val, __ATOMIC_RELAXED); break;
    }
}

void host_stored(const struct flat_range *r, const uint8_t *host, uint64_t len)
{
    struct ram_block *b = r->region->block;

    if (ram_logged(b) || b->code)
        ram_written(b, host - b->host, len);
}

static void look_once(struct address_space *as, uint64_t addr, unsigned *hint, struct spot *spot)
{
    const struct flat_view *v = epoch_load(as->view);
    const struct flat_range *r = view_find(v, addr, hint);

    *spot = (struct spot){ .range = r, .ports = as->ports };
    if (!r) {
        spot->more = view_hole_last(v, addr) - addr;
        return;
    }
    spot->at = r->offset + (addr - r->first);
    spot->more = r->last - addr;
    /* who is addressed takes the whole access, as CF8h does over CF9h */
    if (r->region->kind == REGION_IO && r->region->type)
        spot->more = r->region->last - spot->at;
    if (r->host)
        spot->host = r->host + (addr - r->first);
}

void address_space_look(struct address_space *as, uint64_t addr, bool write, unsigned *hint, struct spot *spot)
{
    uint64_t more = UINT64_MAX;

    for (unsigned depth = 0;; depth++) {
        struct iommu_result res = { 0 };
        struct region *r;

        look_once(as, addr, hint, spot);
        if (spot->more < more)
            more = spot->more;
        spot->more = more;
        if (!spot->range || spot->range->region->kind != REGION_IOMMU)
            return;
        r = spot->range->region;
        if (depth == IOMMU_DEPTH || !r->iommu(r, spot->at, write, &res) || !(write ? res.write : res.read)) {
            spot->range = NULL;
            spot->fault = true;
            return;
        }
        addr = (res.addr & ~res.mask) | (spot->at & res.mask);
        if (res.mask - (addr & res.mask) < more)
            more = res.mask - (addr & res.mask);
        as = &as->machine->memory_as;
        hint = NULL;
    }
}

/* The largest piece that is legal and lies in one range. */
static unsigned piece_size(const struct spot *spot, unsigned left)
{
    unsigned n = 8;

    while (n > left || n - 1 > spot->more)
        n /= 2;
    return n;
}

/* The device in the spot, kept alive until leave_device(); NULL: no device answers there. */
static struct device *hold_device(const struct spot *spot, bool write)
{
    const struct region *r = spot->range ? spot->range->region : NULL;

    if (!r || !r->dev)
        return NULL;
    if (r->kind != REGION_IO && !(r->kind == REGION_ROMD && (write || !spot->host)))
        return NULL;
    r->dev->entered++;
    return r->dev;
}

static enum mem_result enter_device(struct device *dev, struct entry *e, enum mem_result result)
{
    if (dispatch(dev, e))
        result = MEM_REFUSED;
    dev->entered--;
    return result;
}

static enum mem_result read_piece(struct address_space *as, uint64_t addr, unsigned left, unsigned *hint,
                                  unsigned *size, uint64_t *val)
{
    struct entry e = { .kind = ENTRY_READ };
    enum mem_result result = MEM_OK;
    struct device *dev;
    struct spot spot;

    epoch_enter();
    address_space_look(as, addr, false, hint, &spot);
    e.size = piece_size(&spot, left);
    dev = hold_device(&spot, false);
    if (dev) {
        e.region = spot.range->region;
        e.at = spot.at;
    } else if (spot.host) {
        e.val = host_load(spot.host, e.size);
    } else {
        e.val = spot.ports ? UINT64_MAX : 0;
        result = MEM_DECODE_ERROR;
    }
    epoch_leave();
    if (dev)
        result = enter_device(dev, &e, result);
    *val = e.val & bits_ones(8 * e.size);
    *size = e.size;
    return result;
}

enum mem_result address_space_read(struct address_space *as, uint64_t addr, unsigned size, uint64_t *val,
                                   unsigned *hint)
{
    enum mem_result result = MEM_OK;
    unsigned n;

    assert(size == 1 || size == 2 || size == 4 || size == 8);
    *val = 0;
    for (unsigned done = 0; done < size; done += n) {
        uint64_t piece;
        enum mem_result r = read_piece(as, addr + done, size - done, hint, &n, &piece);

        *val |= piece << (8 * done);
        if (r > result)
            result = r;
    }
    return result;
}

/* A doorbell that no device stands behind. */
static bool is_msi(const struct spot *spot, unsigned size)
{
    const struct region *r = spot->range ? spot->range->region : NULL;

    return r && r->kind == REGION_IO && !r->dev && r->type && r->type->msi && size == 4 && !(spot->at & 3);
}

static enum mem_result write_piece(struct address_space *as, uint64_t addr, unsigned left, unsigned *hint,
                                   unsigned *size, uint64_t val)
{
    struct entry e = { .kind = ENTRY_WRITE };
    enum mem_result result = MEM_OK;
    struct machine *m = as->machine;
    struct device *dev;
    struct spot spot;
    bool msi;

    epoch_enter();
    address_space_look(as, addr, true, hint, &spot);
    *size = e.size = piece_size(&spot, left);
    e.val = val & bits_ones(8 * e.size);
    dev = hold_device(&spot, true);
    msi = is_msi(&spot, e.size);
    if (dev) {
        e.region = spot.range->region;
        e.at = spot.at;
    } else if (spot.host && spot.range->writable) {
        host_store(spot.host, e.size, e.val);
        host_stored(spot.range, spot.host, e.size);
    } else if (!spot.host && !msi) {
        result = MEM_DECODE_ERROR;
    }
    epoch_leave();
    if (dev)
        result = enter_device(dev, &e, result);
    else if (msi && m->msi.send)
        m->msi.send(m->msi.opaque, MSI_BASE + spot.at, e.val);
    return result;
}

enum mem_result address_space_write(struct address_space *as, uint64_t addr, unsigned size, uint64_t val,
                                    unsigned *hint)
{
    enum mem_result result = MEM_OK;
    unsigned n;

    assert(size == 1 || size == 2 || size == 4 || size == 8);
    for (unsigned done = 0; done < size; done += n) {
        enum mem_result r = write_piece(as, addr + done, size - done, hint, &n, val >> (8 * done));

        if (r > result)
            result = r;
    }
    return result;
}
