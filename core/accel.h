/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The hook on which an accelerator hangs in a machine
 *
 * core's vCPU loop calls an accelerator only through this table, so that core does not depend on
 * any.  accel/ops.h is the face for those who write one.
 */

#include "core/debug.h"
#include "core/irqchip.h"
#include "core/vcpu.h"
#include "object/type.h"

struct accel;
struct cpu_config;
struct error;
struct x86_state;

/* Something that an accelerator counts; the kinds and units have QMP's order, unit 0 is none. */
struct accel_stat {
    const char *name;
    unsigned kind, unit;
    int8_t base;                                /* 2 or 10: the unit is base to the power of exponent */
    int16_t exponent;
    uint32_t bucket_size;                       /* of a linear histogram */
    const uint64_t *values;
    unsigned num;                               /* more than one: a histogram */
};
enum { ACCEL_STAT_KINDS = 5, ACCEL_STAT_BOOLEAN = 4, ACCEL_STAT_UNITS };
typedef void accel_stat_fn(const struct accel_stat *s, void *opaque);

struct accel_ops {
    struct type type;                           /* ACCEL_TYPE("tcg"): as QOM lists it */
    const char *name;                           /* as -accel says it: "tcg", "kvm", "qtest" */
    const char *doc;
    bool runs_code;                             /* false: qtest, vCPUs never run */
    bool steps_clock;                           /* the virtual clock moves only when it is stepped */
    int (*open)(struct machine *m, const char *options, struct accel **accel, struct error **err);
    void (*close)(struct accel *accel);
    bool (*preferred)(void);                    /* this host does it in hardware: taken when nobody chose; NULL: no */
    /* Takes from the model what cannot be had and notes it in `removed`; NULL: the model stays as it is. */
    void (*cpu_filter)(struct accel *accel, struct cpu_config *cfg);
    /* Home loop, vCPUs parked: the clock goes, or has stopped.  NULL: nothing to do. */
    void (*run_state)(struct accel *accel, bool running);
    /* The paravirtual clock in ns, which stands with the machine; NULL: none is offered. */
    uint64_t (*clock_get)(struct accel *accel);
    void (*clock_set)(struct accel *accel, uint64_t ns);
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
    /* A debugger outside the guest (debug.h); home loop, the vCPUs parked.  Both NULL: there can be none. */
    int (*debug_points)(struct accel *accel, const struct debug_point *points, unsigned n, struct error **err);
    void (*vcpu_step)(struct vcpu *cpu, unsigned step);         /* enum debug_step; 0: it runs freely */
    /* Calls fn for all that is counted about the machine (cpu NULL) or a vCPU, which runs on.  Home loop.  0 or a
     * negative errno, after whatever calls.  NULL: nothing is counted. */
    int (*stats)(struct accel *accel, const struct vcpu *cpu, accel_stat_fn *fn, void *opaque);
};

struct accel {
    const struct accel_ops *ops;
    struct machine *machine;
    const struct accel_irqchip *irqchip;        /* NULL: interrupt controllers are hw/intc's */
    bool no_smm;                /* there is no system management mode */
    bool halts_inside;          /* HLT and the wait for INIT and SIPI happen inside vcpu_run() */
    uint64_t reserved_gpa, reserved_bytes;      /* of the guest's addresses, which its memory map must not offer */
};

#define ACCEL_TYPE(name_) { .name = name_ "-accel", .parent = "accel" }
#define ACCEL(ops) \
    TYPE_IN(ops##_type, ops.type); \
    static const struct accel_ops *const ops##_entry __attribute__((used, section("rhea_accels"))) = &ops
extern const struct accel_ops *const __start_rhea_accels[] __attribute__((weak));
extern const struct accel_ops *const __stop_rhea_accels[] __attribute__((weak));
#define ACCEL_FOR_EACH(a) for (const struct accel_ops *const *a = __start_rhea_accels; a < __stop_rhea_accels; a++)
