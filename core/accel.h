/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The hook on which an accelerator hangs in a machine
 *
 * core's vCPU loop calls an accelerator only through this table, so that core does not depend on
 * any.  accel/ops.h is the face for those who write one.
 */

#include "core/vcpu.h"

struct accel;
struct error;
struct x86_state;

struct accel_ops {
    const char *name;                           /* as -accel says it: "tcg", "kvm", "qtest" */
    const char *doc;
    bool runs_code;                             /* false: qtest, vCPUs never run */
    bool steps_clock;                           /* the virtual clock moves only when it is stepped */
    int (*open)(struct machine *m, const char *options, struct accel **accel, struct error **err);
    void (*close)(struct accel *accel);
    int (*vcpu_init)(struct vcpu *cpu, struct error **err);
    void (*vcpu_fini)(struct vcpu *cpu);
    /* Runs guest code until a kick, HLT or shutdown; HLT sets cpu->halted. */
    void (*vcpu_run)(struct vcpu *cpu);
    /* Any thread: makes vcpu_run() return, or look at its interrupt controller, soon. */
    void (*vcpu_kick)(struct vcpu *cpu, uint32_t requests);
    void (*vcpu_reset)(struct vcpu *cpu, bool init);            /* power-on, or INIT */
    void (*vcpu_sipi)(struct vcpu *cpu, uint8_t vector);
    void (*vcpu_inject)(struct vcpu *cpu, uint32_t requests);   /* VCPU_NMI, VCPU_SMI; on its thread */
    /* Is address line 20 let through?  On its thread; NULL: it cannot be masked. */
    void (*vcpu_a20)(struct vcpu *cpu, bool on);
    void (*vcpu_get)(struct vcpu *cpu, struct x86_state *st);   /* parked or on its thread */
    void (*vcpu_put)(struct vcpu *cpu, const struct x86_state *st);
    /* The general registers alone, on its thread while it is inside a device.  Both NULL: not to be had then. */
    void (*vcpu_gprs_get)(struct vcpu *cpu, uint64_t gprs[16]);
    void (*vcpu_gprs_put)(struct vcpu *cpu, const uint64_t gprs[16]);
    bool (*vcpu_has_event)(struct vcpu *cpu);   /* while halted: is there something that ends the halt? */
};

struct accel {
    const struct accel_ops *ops;
    struct machine *machine;
};

#define ACCEL(ops) \
    static const struct accel_ops *const ops##_entry __attribute__((used, section("rhea_accels"))) = &ops
extern const struct accel_ops *const __start_rhea_accels[] __attribute__((weak));
extern const struct accel_ops *const __stop_rhea_accels[] __attribute__((weak));
#define ACCEL_FOR_EACH(a) for (const struct accel_ops *const *a = __start_rhea_accels; a < __stop_rhea_accels; a++)
