/* SPDX-License-Identifier: Apache-2.0 */
#include "main/options.h"

/*
 * -m, -mem-path and -mem-prealloc: how much RAM there is, and what holds it
 *
 * Left out: memory that is plugged while the machine runs, so maxmem= may say nothing but the size itself.
 */

#include "lib/error.h"
#include "lib/size.h"
#include "main/keyval.h"

#include <errno.h>
#include <inttypes.h>

#define MIB (1ull << 20)
/* What 40 physical address bits leave above the hole for the guest; sparse, so a host need not have it. */
#define RAM_MAX (1000ull << 30)
enum { SLOTS_MAX = 256 };

static int ram_size(struct config *c, const char *size, struct error **err)
{
    uint64_t bytes = 0;
    int r = size_parse(size, MIB, &bytes);

    if (r == -EINVAL)
        return error_set(err, r, ERROR_SYNTAX, "-m", size, "a size: digits, then M or G (MiB if bare)");
    if (r || bytes < 8 * MIB || bytes > RAM_MAX)
        return error_set(err, -ERANGE, ERROR_RANGE, "-m", size, "8M to 1000G");
    c->board.ram_bytes = (bytes + 8191) & ~8191ull;
    c->board.ram_asked = true;
    return 0;
}

static int ram_max(struct config *c, const char *size, struct error **err)
{
    int r = size_parse(size, 1, &c->ram_max_bytes);

    c->ram_max_asked = true;
    return r ? error_set(err, r, ERROR_SYNTAX, "-m maxmem", size, "a size: digits, then M or G") : 0;
}

/* What is not said again stays. */
int option_memory(struct config *c, const char *value, struct error **err)
{
    struct keyval kv;
    const char *size, *max, *slots;
    int r = keyval_parse(&kv, "-m", value, "size", err);

    if (r < 0)
        return r;
    size = keyval_take(&kv, "size");
    max = keyval_take(&kv, "maxmem");
    slots = keyval_take(&kv, "slots");
    r = size || !kv.n ? ram_size(c, size ? size : value, err) : 0;
    if (!r && max)
        r = ram_max(c, max, err);
    if (!r && slots) {
        c->ram_slots_asked = true;
        r = keyval_number(&kv, "slots", 0, SLOTS_MAX, &c->ram_slots, err);
    }
    if (!r)
        r = keyval_end(&kv, "size, slots, maxmem", err);
    keyval_fini(&kv);
    return r;
}

static int max_check(const struct config *c, struct error **err)
{
    uint64_t ram = c->board.ram_bytes, max = c->ram_max_bytes;

    if (max < ram)
        return error_set(err, -ERANGE, ERROR_RANGE, "-m maxmem", T("%" PRIu64 " bytes", max),
                         T("%" PRIu64 " bytes, which -m has, or more", ram));
    if (c->ram_slots && max == ram)
        return error_set(err, -EINVAL, ERROR_STATE, "-m slots", T("%u", c->ram_slots), "with maxmem= above the size");
    if (max > ram)
        return error_set(err, -ENOTSUP, ERROR_UNSUPPORTED, "-m maxmem", T("%" PRIu64 " bytes", max),
                         T("legal: %" PRIu64 " bytes, as memory cannot be plugged in this version", ram));
    return 0;
}

int config_memory_check(const struct config *c, struct error **err)
{
    if (c->memory_backend && c->mem_path)
        return error_set(err, -EINVAL, ERROR_STATE, "-mem-path", c->mem_path, "without -machine memory-backend");
    if (c->ram_slots_asked && !c->ram_max_asked)
        return error_set(err, -EINVAL, ERROR_STATE, "-m slots", T("%u", c->ram_slots), "together with maxmem=");
    return c->ram_max_asked ? max_check(c, err) : 0;
}
