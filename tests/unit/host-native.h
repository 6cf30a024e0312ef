/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Running guest instructions on the host CPU itself, in a sandbox
 *
 * In 64-bit mode, in flat 32-bit code (compatibility mode), and in 16-bit code whose segments begin
 * at the sandbox's code and data (an LDT).  The sandbox is a region of data pages at a fixed address
 * (some absent, one read-only), a code page, and a page of state from which all registers are loaded
 * and into which they are saved.  Faults arrive as signals and become part of the result.  Nothing
 * here is thread-safe: one sandbox per process.
 */

#include <stdbool.h>
#include <stdint.h>

#define SANDBOX_DATA 0x50000000ull
#define SANDBOX_CODE 0x68000000ull
#define SANDBOX_STATE 0x6a000000ull

enum { SANDBOX_PAGES = 8, SANDBOX_PAGE = 4096, SANDBOX_CODE_BYTES = 4096 - 128 };
enum page_kind { PAGE_RW, PAGE_RO, PAGE_NONE };

extern const uint8_t sandbox_layout[SANDBOX_PAGES];     /* enum page_kind */

enum cpu_mode { CPU_64, CPU_32, CPU_16, CPU_MODES };

/* Registers before or after.  rip is linear, also in 16-bit code. */
struct cpu_regs {
    uint8_t fx[512] __attribute__((aligned(16)));       /* FXSAVE image, 64-bit form */
    uint64_t gpr[16];
    uint64_t rip, rflags;
};

struct cpu_result {
    struct cpu_regs regs;
    int vector;                 /* -1: the instructions ran to their end */
    uint64_t error, cr2;        /* of a fault; cr2 only for #PF */
};

/* Maps the sandbox and installs signal handlers.  False: not possible here. */
bool native_init(void);
/* Some hosts have no compatibility mode or no LDT. */
bool native_has_mode(enum cpu_mode mode);
/* The data pages as the harness sees them, always writable; SANDBOX_PAGES pages. */
uint8_t *native_data(void);
/* Runs code[0..len) placed at rip (in the code page) from *in.  The code falls through to its end. */
void native_run(enum cpu_mode mode, const struct cpu_regs *in, const uint8_t *code, unsigned len,
                struct cpu_result *out);
