/* SPDX-License-Identifier: Apache-2.0 */
#include "accel/ops.h"

/*
 * "-accel qtest": vCPUs that never run, a clock that is stepped
 *
 * A vCPU keeps the state that reset, a stream or the board gives it, so that it can be saved again.
 */

#include "core/machine.h"
#include "cpu/device.h"
#include "cpu/state.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int qtest_accel_open(struct machine *m, const char *options, struct accel **accel, struct error **err)
{
    if (options && *options)
        return error_set(err, -EINVAL, ERROR_UNKNOWN, "-accel qtest", options, "no options");
    *accel = calloc(1, sizeof(**accel));
    assert(*accel);
    (*accel)->machine = m;
    return 0;
}

static void qtest_accel_close(struct accel *accel)
{
    free(accel);
}

static int qtest_vcpu_init(struct vcpu *cpu, struct error **err)
{
    (void)err;
    cpu->accel = aligned_alloc(_Alignof(struct x86_state), sizeof(struct x86_state));
    assert(cpu->accel);
    x86_state_reset(cpu->accel, cpu->model, cpu->bsp);
    return 0;
}

static void qtest_vcpu_fini(struct vcpu *cpu)
{
    free(cpu->accel);
    cpu->accel = NULL;
}

static void qtest_vcpu_reset(struct vcpu *cpu, bool init)
{
    (void)init;
    x86_state_reset(cpu->accel, cpu->model, cpu->bsp);
}

static void qtest_vcpu_get(struct vcpu *cpu, struct x86_state *st)
{
    *st = *(struct x86_state *)cpu->accel;
}

static void qtest_vcpu_put(struct vcpu *cpu, const struct x86_state *st)
{
    *(struct x86_state *)cpu->accel = *st;
}

static const struct accel_ops qtest_ops = {
    .type = ACCEL_TYPE("qtest"),
    .name = "qtest", .doc = "executes nothing: tests drive the devices", .steps_clock = true,
    .open = qtest_accel_open, .close = qtest_accel_close, .vcpu_init = qtest_vcpu_init, .vcpu_fini = qtest_vcpu_fini,
    .vcpu_reset = qtest_vcpu_reset, .vcpu_get = qtest_vcpu_get, .vcpu_put = qtest_vcpu_put,
};
ACCEL(qtest_ops);
