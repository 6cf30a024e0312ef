/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A test bench for the rules around the instructions of x87 and SSE: one guest in 64-bit mode, what it starts with and
 * what it leaves
 */

#include "cpu/state.h"
#include "tests/test.h"
#include "tests/unit/host-guest.h"

static struct guest *guest;
static struct cpu_regs in;
static struct cpu_result out;

/* As reset leaves x87 and SSE; %rax is the address of the sandbox's data. */
static inline void regs_init(void)
{
    uint32_t mxcsr = 0x1f80;

    memset(&in, 0, sizeof(in));
    in.fx[0] = 0x7f;
    in.fx[1] = 3;
    memcpy(in.fx + 24, &mxcsr, 4);
    in.rflags = 0x202;
    in.rip = SANDBOX_CODE;
    in.gpr[RAX] = SANDBOX_DATA;
    guest_set_control(guest, GUEST_CR0, GUEST_CR4);
}

/* The vector that ended it. */
static inline int run(const uint8_t *code, unsigned len)
{
    guest_run(guest, CPU_64, &in, code, len, &out);
    return out.vector;
}

#define RUN(...) run((const uint8_t[]){ __VA_ARGS__ }, sizeof((const uint8_t[]){ __VA_ARGS__ }))
