/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* A machine with fw_cfg and some RAM at 0, and a guest that talks to it as firmware does. */

#include "hw/nvram/fw-cfg.h"
#include "lib/error.h"
#include "tests/unit/hw-bench.h"

enum { FW_RAM_BYTES = 4 << 20, FW_BLOCK = 0x1000 };
enum { FW_ERROR = 1 << 0, FW_READ = 1 << 1, FW_SKIP = 1 << 2, FW_SELECT = 1 << 3, FW_WRITE = 1 << 4 };

struct fw_bench {
    struct bench b;
    struct device *dev;
    struct ram_block *ram;
    struct region region;
};

static inline void fw_bench_init(struct fw_bench *f)
{
    bench_init(&f->b, 0);
    f->ram = ram_region_new(f->b.m, &f->region, "pc.ram", FW_RAM_BYTES);
    region_map(f->b.m, &f->b.m->memory, 0, &f->region, 0);
    CHECK(!fw_cfg_new(f->b.m, &f->dev, NULL));
}

static inline void fw_bench_fini(struct fw_bench *f)
{
    region_drop(f->b.m, &f->region);
    bench_fini(&f->b);
}

static inline void fw_select(struct fw_bench *f, uint16_t key)
{
    io_out(&f->b, 0x510, 2, key);
}

/* The next n bytes, little-endian; of more than eight the first ones. */
static inline uint64_t fw_next(struct fw_bench *f, unsigned n)
{
    uint64_t val = 0;

    for (unsigned i = 0; i < n; i++) {
        uint64_t byte = port_in(&f->b, 0x511);

        val |= i < 8 ? byte << 8 * i : 0;
    }
    return val;
}

static inline uint64_t fw_get(struct fw_bench *f, uint16_t key, unsigned n)
{
    fw_select(f, key);
    return fw_next(f, n);
}

static inline void fw_out(struct fw_bench *f, uint16_t port, uint32_t val)
{
    io_out(&f->b, port, 4, __builtin_bswap32(val));
}

static inline void fw_block(struct fw_bench *f, uint64_t at, uint32_t control, uint32_t len, uint64_t addr)
{
    uint32_t be[4] = { __builtin_bswap32(control), __builtin_bswap32(len), __builtin_bswap32(addr >> 32),
                       __builtin_bswap32(addr) };

    memcpy(f->ram->host + at, be, sizeof(be));
}

static inline uint32_t fw_control(struct fw_bench *f, uint64_t at)
{
    uint32_t be;

    memcpy(&be, f->ram->host + at, 4);
    return __builtin_bswap32(be);
}

/* One transfer by a block at FW_BLOCK; what its control says afterwards. */
static inline uint32_t fw_transfer(struct fw_bench *f, uint32_t control, uint32_t len, uint64_t addr)
{
    fw_block(f, FW_BLOCK, control, len, addr);
    fw_out(f, 0x518, FW_BLOCK);
    return fw_control(f, FW_BLOCK);
}
