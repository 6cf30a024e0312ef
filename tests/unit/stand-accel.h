/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* An accelerator whose vCPUs stand and keep what they are given. */

#include "core/accel.h"
#include "core/machine.h"
#include "cpu/state.h"
#include "tests/test.h"

static inline void stand_close(struct accel *accel)
{
}

static inline int stand_vcpu_init(struct vcpu *cpu, struct error **err)
{
    cpu->accel = aligned_alloc(16, (sizeof(struct x86_state) + 15) & ~15ul);
    CHECK(cpu->accel);
    memset(cpu->accel, 0, sizeof(struct x86_state));
    return 0;
}

static inline void stand_vcpu_fini(struct vcpu *cpu)
{
    free(cpu->accel);
}

static inline void stand_vcpu_get(struct vcpu *cpu, struct x86_state *st)
{
    *st = *(struct x86_state *)cpu->accel;
}

static inline void stand_vcpu_put(struct vcpu *cpu, const struct x86_state *st)
{
    *(struct x86_state *)cpu->accel = *st;
}

/* The members of struct accel_ops that make one; a test may add others. */
#define STAND_OPS                                                                                                 \
    .name = "stand", .steps_clock = true, .close = stand_close, .vcpu_init = stand_vcpu_init,                     \
    .vcpu_fini = stand_vcpu_fini, .vcpu_get = stand_vcpu_get, .vcpu_put = stand_vcpu_put
static const struct accel_ops stand_ops = { STAND_OPS };
