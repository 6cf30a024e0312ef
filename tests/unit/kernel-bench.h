/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A test bench for -kernel with firmware: a machine whose fw_cfg takes the kernel of linux-file.h's buffer
 *
 * added() puts the two together, closed() ends it. A refused kernel leaves the machine as it was: the next one takes
 * it.
 */

#include "hw/i386/board.h"
#include "hw/i386/kernel-image.h"
#include "tests/unit/fw-cfg-bench.h"
#include "tests/unit/linux-file.h"

#define MIB (1ull << 20)
enum { RESERVED = 160 << 10 };

static struct fw_bench f;
static bool running;
static struct error *err;
static int result;

static inline int added(const char *initrd, const char *append, uint64_t low_bytes)
{
    struct board_config cfg = { .kernel = kernel_path, .initrd = initrd, .append = append };

    err = NULL;
    put_file(kernel_path, file, file_size);
    if (!running)
        fw_bench_init(&f);
    running = true;
    result = kernel_add(f.dev, &cfg, low_bytes, &err);
    return result;
}

static inline void closed(void)
{
    CHECK_EQ(result < 0, !!err);
    if (err)
        error_free(err);
    if (result > 0) {
        fw_bench_fini(&f);
        running = false;
    }
}

static inline uint32_t number(uint16_t key)
{
    return fw_get(&f, key, 4);
}

static inline bool kernel_bench_init(void)
{
    epoch_thread_init();
    return folder_open();
}

static inline void kernel_bench_fini(void)
{
    if (running)
        fw_bench_fini(&f);
    folder_close();
    epoch_thread_fini();
}
