/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Virtual CPUs: a thread each, and what others ask of it
 *
 * The thread's loop is the same for every accelerator: carry out requests, halt or run guest code.
 * Requests are bits that any thread sets; a kick makes the thread look.  cpu/ and hw/intc hang the
 * x86 side on `intc`.
 */

#include "core/kick.h"
#include "core/memory.h"
#include "lib/thread.h"

#include <stdbool.h>
#include <stdint.h>

struct machine;
struct vcpu;

enum vcpu_request {
    VCPU_STOP = 1 << 0,         /* park until vcpu_resume() */
    VCPU_EXIT = 1 << 1,         /* the thread ends */
    VCPU_WORK = 1 << 2,         /* vcpu_call() */
    VCPU_INIT = 1 << 3, VCPU_SIPI = 1 << 4, VCPU_NMI = 1 << 5, VCPU_SMI = 1 << 6,
    VCPU_IRQ = 1 << 7,          /* look at the interrupt controller */
    VCPU_A20 = 1 << 8,          /* look at address line 20 (pins.h) */
};

/* The interrupt controller of a vCPU, as its accelerator uses it.  On the vCPU's thread. */
struct vcpu_intc {
    bool (*pending)(void *opaque);              /* is there a vector above the priority? */
    int (*take)(void *opaque);                  /* acknowledges; -1: none after all */
    uint8_t (*tpr_get)(void *opaque);           /* CR8 */
    void (*tpr_set)(void *opaque, uint8_t tpr);
    bool (*msr_read)(void *opaque, uint32_t msr, uint64_t *val);        /* 0x1b and 0x800-0x8ff; false: #GP */
    bool (*msr_write)(void *opaque, uint32_t msr, uint64_t val);
    void (*init)(void *opaque);                 /* INIT: the APIC's part of it */
    void (*eoi)(void *opaque, uint8_t vector);  /* a local APIC elsewhere ended a level interrupt; NULL: never does */
};

struct vcpu {
    struct machine *machine;
    unsigned index;
    uint32_t apic_id;
    bool bsp;
    struct device *dev;         /* the CPU device that describes it */
    const void *model;          /* struct cpu_config of cpu/ */
    struct region root;         /* this vCPU's map: system memory and its APIC page */
    struct region smm_root;     /* the same in SMM: SMRAM above all of root */
    struct region system, normal, smram;        /* aliases: below root; the two below smm_root */
    struct address_space as, smm_as;
    bool smm;                   /* which of the two counts; own thread, or while parked */
    const struct vcpu_intc *intc;
    void *intc_opaque;
    void *accel;                /* the accelerator's own */
    struct thread thread;
    bool started;
    struct kick kick;
    _Atomic uint32_t requests;
    _Atomic uint8_t sipi_vector;
    _Atomic bool parked, halted;
    bool wait_sipi;             /* own thread, or while parked */
    bool held;                  /* a debugger's: it stays parked while the machine runs; home loop (debug.h) */
    struct lock lock;           /* of work and parked */
    struct cond cond;
    void (*work)(struct vcpu *cpu, void *arg);
    void *work_arg;
    unsigned mmio_hint;         /* last hit in the flat view; own thread */
};

/* A place where a vCPU may be.  All of them are known when the machine is built. */
struct vcpu_slot {
    _Atomic(struct vcpu *) cpu;         /* NULL: nobody there; changes while no vCPU runs */
    uint32_t apic_id;
    uint16_t socket, die, core, thread;
};

/* model: the struct cpu_config of cpu/, borrowed for the vCPU's life. */
int vcpu_new(struct machine *m, unsigned index, uint32_t apic_id, const void *model, struct vcpu **cpu,
             struct error **err);
void vcpu_free(struct vcpu *cpu);
/* Into machine.vcpus, where there is room for each place, and out of it.  Home loop, no vCPU runs. */
void vcpu_enlist(struct vcpu *cpu);
void vcpu_delist(struct vcpu *cpu);

/* Home loop. */
int vcpu_start_thread(struct vcpu *cpu, struct error **err);    /* starts parked */
void vcpu_stop_thread(struct vcpu *cpu);
void vcpu_resume(struct vcpu *cpu);
void vcpu_park_all(struct machine *m);          /* asks all, then waits until all are parked */
void vcpu_resume_all(struct machine *m);
/* For a change that no vCPU may see half done: parks them if the machine runs; the guest does not notice.  What it
 * returns goes to vcpu_release_all(). */
bool vcpu_hold_all(struct machine *m);
void vcpu_release_all(struct machine *m, bool held);
/* Runs fn on the vCPU's thread (in place when it is parked or has no thread) and waits for it. */
void vcpu_call(struct vcpu *cpu, void (*fn)(struct vcpu *cpu, void *arg), void *arg);

/* The sixteen general registers of the vCPU whose access to a device this is, from inside that device; an IN that is
 * under way still gets its own result.  False: nobody's access (qtest), or its accelerator does not show them. */
bool vcpu_gprs_get(uint64_t gprs[16]);
void vcpu_gprs_put(const uint64_t gprs[16]);    /* after a get that said true */

/* Any thread. */
void vcpu_request(struct vcpu *cpu, uint32_t requests);
/* The map as this vCPU sees it now; own thread, or while it is parked. */
static inline struct address_space *vcpu_as(struct vcpu *cpu)
{
    return cpu->smm ? &cpu->smm_as : &cpu->as;
}
/* The accelerator has entered or left SMM.  Nothing is rendered; what the accelerator remembers of the map is its own
 * to forget.  Own thread, or while it is parked. */
void vcpu_set_smm(struct vcpu *cpu, bool smm);
/* Reset while it is parked; init: the INIT signal's part only. */
void vcpu_reset(struct vcpu *cpu, bool init);
/* Whose thread this is; NULL: no vCPU's. */
struct vcpu *vcpu_current(void);
/* vCPU by index, NULL: none.  Home loop. */
struct vcpu *vcpu_by_index(struct machine *m, int64_t index);
/* vCPU by APIC id, NULL: none. */
struct vcpu *vcpu_by_apic_id(struct machine *m, uint32_t apic_id);
