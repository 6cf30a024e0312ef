/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * KVM as an accelerator: what its files share
 *
 * kvm.c opens the device and the VM, slots.c shows the memory map to the kernel, vcpu.c runs and kicks,
 * exits.c serves exits, regs.c moves registers, msrs.c MSRs, cpuid.c says what a guest reads by CPUID, irqchip.c
 * and routes.c carry the interrupt controllers that the kernel keeps, debug.c lends debug registers to a debugger,
 * stats.c reads what the kernel counts.
 *
 * Threads: a vCPU's kvm_run and its ioctls belong to its thread, or to the home loop while it is parked.
 * VM ioctls come from any thread; the kernel has its own locks.
 */

#include "accel/ops.h"
#include "core/machine.h"
#include "cpu/model.h"
#include "cpu/state.h"

#include <linux/kvm.h>
#include <stdatomic.h>

enum irqchip_mode { KERNEL_IRQCHIP_OFF, KERNEL_IRQCHIP_SPLIT, KERNEL_IRQCHIP_ON };

/* One slot of guest memory, as the kernel has it. */
struct slot {
    uint64_t gpa, bytes;
    uint8_t *host;
    struct ram_block *block;
    uint32_t id, flags;         /* KVM_MEM_... */
};

/* The slots of one address space of the VM: 0, or 1 for what is seen in SMM. */
struct slots {
    struct kvm *kvm;
    unsigned as_id;
    struct address_space *as;
    struct map_listener listener;
    struct slot *now, *want;    /* sorted by gpa; want: what the map shows since the last commit */
    unsigned n_now, n_want, room;
    uint8_t *used;              /* ids, one byte each */
};

struct routes { struct kvm_irq_routing *table; unsigned n; struct kvm_irq_routing_entry pin[IRQCHIP_PINS]; };

enum { MSRS_MAX = 128, KVM_POINTS = 4 };

struct kvm {
    struct accel accel;
    int fd, vm, stats_fd;       /* /dev/kvm, the VM, what is counted of it */
    enum irqchip_mode mode;
    size_t run_bytes;
    unsigned max_slots;
    bool has_xsave, has_xcrs, has_debugregs, has_smm;
    struct kvm_cpuid2 *supported;
    char host_vendor[13], host_brand[49];
    struct lock lock;           /* of slots and routes: ranks behind devices and controllers */
    struct slots slots[2];
    struct ram_logger logger;
    struct routes routes;
    struct accel_irqchip irqchip;
    _Atomic unsigned fence;     /* no vCPU enters the guest while this is not 0 */
    struct lock fence_lock;
    struct cond fence_cond;
    struct post stop_post;      /* after an internal error */
    struct debug_point points[KVM_POINTS];      /* a debugger's */
    unsigned n_points;
    struct idle_vcpu *idle;     /* of CPUs that have gone, for those that come in their place */
    bool msrs_probed;
    uint8_t msr_there[MSRS_MAX];        /* by line of the table in msrs.c */
};

/* A vCPU of the kernel lives as long as the VM. */
struct idle_vcpu { struct idle_vcpu *next; uint32_t apic_id, debug_control; int fd; struct kvm_run *run; };

struct kvm_vcpu {
    struct vcpu *cpu;
    struct kvm *kvm;
    int fd, stats_fd;           /* stats_fd -1: the kernel counts nothing */
    struct kvm_run *run;
    _Atomic bool inside;        /* in KVM_RUN, or about to be: a kick needs the signal */
    bool half_done;             /* the last exit is completed by the next KVM_RUN */
    bool shutdown;              /* triple fault: stands until it is reset */
    _Atomic bool lint1;         /* the NMI that is asked for is one of that pin */
    bool wake;                  /* an NMI or SMI ends the halt */
    bool signal_open;
    unsigned step;              /* enum debug_step */
    uint32_t debug_control;     /* of KVM_SET_GUEST_DEBUG, as the kernel has it */
    uint8_t cr8;                /* as the kernel has it, without its local APIC */
    unsigned port_hint;
    uint64_t tsc_offset;        /* guest TSC - the machine's, while the clock stands */
    uint64_t tsc_deadline;      /* goes to the kernel with the local APIC */
    struct kvm_msrs *msrs;      /* room for MSRS_MAX */
};

static inline struct kvm *kvm_of(const struct machine *m)
{
    return (struct kvm *)m->accel;
}

static inline struct kvm_vcpu *kvm_vcpu_of(const struct vcpu *cpu)
{
    return cpu->accel;
}

/* kvm.c.  ioctl(2), repeated after a signal; -errno. */
int kvm_ioctl(int fd, unsigned long request, void *arg);
int kvm_has(const struct kvm *kvm, int cap);
int kvm_enable(const struct kvm *kvm, int cap, uint64_t arg0);
/* Asserts: a call that only a bug of ours makes fail.  what: for the message. */
void kvm_must(int r, const char *what);
/* For state that may have come with a stream, which is anybody's: a person is told.  False: refused. */
bool kvm_try(int r, const char *what);

/* slots.c */
void slots_init(struct kvm *kvm, unsigned as_id, struct address_space *as);
void slots_fini(struct slots *s);
void slots_logger_init(struct kvm *kvm);

/* vcpu.c */
int kvm_vcpu_init(struct vcpu *cpu, struct error **err);
void kvm_vcpu_fini(struct vcpu *cpu);
void kvm_idle_free(struct kvm *kvm);            /* no vCPU is left */
void kvm_vcpu_run(struct vcpu *cpu);
void kvm_vcpu_kick(struct vcpu *cpu, uint32_t requests);
void kvm_vcpu_reset(struct vcpu *cpu, bool init);
void kvm_vcpu_sipi(struct vcpu *cpu, uint8_t vector);
void kvm_vcpu_inject(struct vcpu *cpu, uint32_t requests);
bool kvm_vcpu_has_event(struct vcpu *cpu);
int kvm_kick_signal_init(struct error **err);
/* Returns when no vCPU is in the guest; none enters before fence_end().  The caller may be a vCPU's own thread. */
void fence_begin(struct kvm *kvm);
void fence_end(struct kvm *kvm);

/* exits.c: false: leave for the thread's loop. */
bool kvm_exit(struct kvm_vcpu *v);
void kvm_fail(struct kvm_vcpu *v, const char *what);

/* stats.c.  The descriptor for a VM or vCPU, whose ioctl(2) nobody else is in, or -1. */
int stats_open(const struct kvm *kvm, int fd);
int kvm_stats(struct accel *accel, const struct vcpu *cpu, accel_stat_fn *fn, void *opaque);

/* debug.c */
int kvm_debug_points(struct accel *accel, const struct debug_point *points, unsigned n, struct error **err);
void kvm_vcpu_step(struct vcpu *cpu, unsigned step);
void kvm_debug_exit(struct kvm_vcpu *v);

/* regs.c */
void kvm_vcpu_get(struct vcpu *cpu, struct x86_state *st);
void kvm_vcpu_put(struct vcpu *cpu, const struct x86_state *st);

/* msrs.c */
void msrs_probe(struct kvm_vcpu *v);
void msrs_get(struct kvm_vcpu *v, struct x86_state *st);
void msrs_put(struct kvm_vcpu *v, const struct x86_state *st);
int msr_read(struct kvm_vcpu *v, uint32_t index, uint64_t *val);
int msr_write(struct kvm_vcpu *v, uint32_t index, uint64_t val);
void tsc_stop(struct kvm_vcpu *v);
void tsc_start(struct kvm_vcpu *v, uint64_t machine_tsc);

/* cpuid.c */
int cpuid_supported_get(struct kvm *kvm, struct error **err);
void kvm_cpu_filter(struct accel *accel, struct cpu_config *cfg);
int cpuid_put(struct kvm_vcpu *v, struct error **err);

/* irqchip.c.  Does LINT1's local vector make an NMI of an edge?  Own thread. */
bool irqchip_lint1_is_nmi(struct kvm_vcpu *v);
/* What the mode needs, before any vCPU. */
int irqchip_new(struct kvm *kvm, struct error **err);
void irqchip_free(struct kvm *kvm);

/* routes.c */
int routes_init(struct kvm *kvm, struct error **err);
void routes_free(struct kvm *kvm);
void routes_pin(struct accel *accel, unsigned pin, bool masked, uint64_t addr, uint32_t data);
void routes_line(struct accel *accel, unsigned chip, unsigned line, bool level);
void routes_msi(struct accel *accel, uint64_t addr, uint32_t data);
