/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A model of the kernel's side of KVM, for what no host shows when it is asked: moments in between, refusals, SMM
 *
 * open("/dev/kvm") and ioctl() of this program end here.  The model keeps to the kernel's API document: KVM_RUN first
 * completes the instruction of the last exit, then looks at immediate_exit, then executes the guest, which a signal
 * ends with EINTR; slots of one address space do not overlap.  What the guest does is a function of the test.
 * Left out: what interrupt controllers do; of them the model keeps what it is told.
 *
 * Invariant: `inside` of a vCPU is set while its guest executes.
 */

#include "accel/accel.h"
#include "accel/kvm/kvm.h"
#include "lib/epoch.h"
#include "lib/error.h"
#include "tests/unit/machine-ram.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { MODEL_CPUS = 2, MODEL_SLOTS = 64, MODEL_RUN_BYTES = 8192, MODEL_MSRS = 256, MODEL_LOG_PAGES = 1 << 16,
       MODEL_LEAVES = 64, MODEL_ROUTES = 64 };
enum { MIB = 1 << 20, RAM_BYTES = 4 * MIB };
/* What of a vCPU is set and got as a whole. */
enum { MODEL_REGS, MODEL_SREGS, MODEL_FPU, MODEL_XSAVE, MODEL_XCRS, MODEL_DEBUGREGS, MODEL_EVENTS, MODEL_MP_STATE,
       MODEL_LAPIC, MODEL_STATES };
#define PAGE 4096ull

struct model_cpu {
    int fd;
    struct kvm_run *run;
    int (*guest)(struct model_cpu *c);          /* 0: exits, as `run` says; or a negative errno */
    sigset_t mask;                              /* of the thread that called KVM_RUN */
    unsigned runs, entered;                     /* KVM_RUN; of these the guest executed */
    bool pending;                               /* the last exit's instruction is not completed */
    unsigned completed, again;                  /* again: completing it gives the same exit, so many times */
    _Atomic bool inside;
    unsigned interrupts, nmis, smis, vector;
    uint8_t state[MODEL_STATES][4096];          /* what KVM_SET_... was given */
    uint32_t no_msr;                            /* one that is not there; 0: all are */
    uint64_t mce_cap;                           /* machine checks, as they were set up */
    struct kvm_msr_entry msr[MODEL_MSRS];
    unsigned n_msrs, msrs_set;                  /* msrs_set: how often one was */
    struct kvm_cpuid_entry2 cpuid[MODEL_LEAVES];
    unsigned n_cpuid;
};

static struct {
    int dev, vm;
    bool smm, one_space;                        /* one_space: SMM, but nothing of its own to see there */
    unsigned max_slots, run_bytes;
    uint64_t identity_map, tss, clock_ns;       /* what was set */
    uint64_t mce_supported;                     /* bits of IA32_MCG_CAP */
    int no_vcpu, no_slot, no_cpuid;             /* errno of KVM_CREATE_VCPU, of new slots ...; 0: they work */
    bool lacks_one;                             /* a capability is not there */
    int lacks;                                  /* which one */
    struct kvm_cpuid_entry2 host[MODEL_LEAVES]; /* what KVM_GET_SUPPORTED_CPUID says */
    unsigned n_host;
    bool chips, pit;                            /* made */
    uint64_t enabled[256];                      /* first argument of KVM_ENABLE_CAP, by capability; 0: not enabled */
    struct kvm_irq_routing_entry route[MODEL_ROUTES];
    unsigned n_routes, n_tables;                /* entries; how often the table was set */
    struct kvm_irqchip chip[3];                 /* as they were set */
    struct kvm_pit_state2 pit_state;
    struct kvm_irq_level line;                  /* the last one */
    struct kvm_msi msi;
    struct kvm_userspace_memory_region slot[2][MODEL_SLOTS];
    void (*slot_changes)(const struct kvm_userspace_memory_region *r);
    uint8_t written[MODEL_LOG_PAGES];           /* by the guest since the log was fetched, by page */
    unsigned n_logs;
    uint32_t logs[16];                          /* slots whose log was fetched */
    struct model_cpu cpu[MODEL_CPUS];
    unsigned n_cpus;
} model;

static inline int model_fd(size_t bytes)
{
    int fd = memfd_create("kvm-model", MFD_CLOEXEC);

    for (unsigned i = 0; i < model.n_cpus; i++)         /* one that was closed since */
        if (model.cpu[i].fd == fd)
            model.cpu[i].fd = -1;
    return fd < 0 || ftruncate(fd, bytes) ? -1 : fd;
}

static inline struct model_cpu *model_cpu_of(int fd)
{
    for (unsigned i = 0; i < model.n_cpus; i++)
        if (model.cpu[i].fd == fd)
            return &model.cpu[i];
    return NULL;
}

static inline int model_run(struct model_cpu *c)
{
    int r;

    c->runs++;
    if (c->pending) {
        c->completed++;
        c->pending = c->again && c->again--;
        if (c->pending)
            return 0;
    }
    if (c->run->immediate_exit)
        return -EINTR;
    c->entered++;
    c->inside = true;
    r = c->guest(c);
    c->inside = false;
    c->pending = !r && (c->run->exit_reason == KVM_EXIT_MMIO || c->run->exit_reason == KVM_EXIT_IO);
    return r;
}

/* A signal that comes from here on is not lost: it ends the guest. */
static inline int model_run_blocked(struct model_cpu *c)
{
    sigset_t all;
    int r;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &c->mask);
    r = model_run(c);
    pthread_sigmask(SIG_SETMASK, &c->mask, NULL);
    return r;
}

/* A guest that runs until somebody kicks its vCPU. */
static inline int guest_loops(struct model_cpu *c)
{
    sigsuspend(&c->mask);
    return -EINTR;
}

static inline int model_cpu_new(void)
{
    struct model_cpu *c = &model.cpu[model.n_cpus];

    if (model.no_vcpu)
        return -model.no_vcpu;
    c->fd = model_fd(MODEL_RUN_BYTES);
    c->run = mmap(NULL, MODEL_RUN_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, c->fd, 0);
    c->run->apic_base = 0xfee00900;
    c->guest = guest_loops;
    model.n_cpus++;
    return c->fd;
}

static inline bool model_overlaps(unsigned as, unsigned id, const struct kvm_userspace_memory_region *r)
{
    for (unsigned i = 0; i < MODEL_SLOTS; i++) {
        const struct kvm_userspace_memory_region *s = &model.slot[as][i];

        if (i != id && s->guest_phys_addr < r->guest_phys_addr + r->memory_size &&
            r->guest_phys_addr < s->guest_phys_addr + s->memory_size)
            return true;
    }
    return false;
}

/* "KVM_SET_USER_MEMORY_REGION": size 0 deletes; an existing slot may be moved or change its flags, not its size. */
static inline int model_slot_set(const struct kvm_userspace_memory_region *r)
{
    unsigned as = r->slot >> 16, id = r->slot & 0xffff;
    struct kvm_userspace_memory_region *s;

    if (as > model.smm || id >= model.max_slots || id >= MODEL_SLOTS)
        return -EINVAL;
    s = &model.slot[as][id];
    if (model.slot_changes)
        model.slot_changes(r);
    if (!r->memory_size ? !s->memory_size : s->memory_size && s->memory_size != r->memory_size)
        return -EINVAL;
    if (r->memory_size && model_overlaps(as, id, r))
        return -EEXIST;
    if (r->memory_size && !s->memory_size && model.no_slot)
        return -model.no_slot;
    *s = r->memory_size ? *r : (struct kvm_userspace_memory_region){ 0 };
    return 0;
}

static inline int model_log_get(const struct kvm_dirty_log *log)
{
    unsigned as = log->slot >> 16, id = log->slot & 0xffff;
    const struct kvm_userspace_memory_region *s;
    uint64_t *bits = log->dirty_bitmap;

    if (as > model.smm || id >= MODEL_SLOTS || !(model.slot[as][id].flags & KVM_MEM_LOG_DIRTY_PAGES))
        return -ENOENT;
    s = &model.slot[as][id];
    if (model.n_logs < 16)
        model.logs[model.n_logs++] = log->slot;
    for (uint64_t page = 0; page < s->memory_size / PAGE; page++) {
        uint8_t *written = &model.written[(s->guest_phys_addr / PAGE + page) % MODEL_LOG_PAGES];

        bits[page / 64] |= (uint64_t)*written << page % 64;
        *written = 0;
    }
    return 0;
}

static inline int model_capability(long cap)
{
    if (model.lacks_one && cap == model.lacks)
        return 0;
    switch (cap) {
    case KVM_CAP_NR_MEMSLOTS:
        return model.max_slots;
    case KVM_CAP_X86_SMM:
        return model.smm;
    case KVM_CAP_MULTI_ADDRESS_SPACE:
        return 1 + (model.smm && !model.one_space);
    default:
        return 1;
    }
}

static inline int model_cpuid_get(struct kvm_cpuid2 *list)
{
    if (list->nent < model.n_host)
        return -E2BIG;
    list->nent = model.n_host;
    memcpy(list->entries, model.host, model.n_host * sizeof(model.host[0]));
    return -model.no_cpuid;
}

static inline int model_cpuid_set(struct model_cpu *c, const struct kvm_cpuid2 *list)
{
    if (list->nent > MODEL_LEAVES)
        return -E2BIG;
    c->n_cpuid = list->nent;
    memcpy(c->cpuid, list->entries, list->nent * sizeof(c->cpuid[0]));
    return -model.no_cpuid;
}

static inline int model_routes_set(const struct kvm_irq_routing *table)
{
    if (table->nr > MODEL_ROUTES)
        return -EINVAL;
    model.n_tables++;
    model.n_routes = table->nr;
    memcpy(model.route, table->entries, table->nr * sizeof(model.route[0]));
    return 0;
}

/* Interrupt controllers: what is told to them. */
static inline int model_chips(unsigned long request, void *arg)
{
    const struct kvm_enable_cap *enable = arg;

    switch (request) {
    case KVM_CREATE_IRQCHIP:
        model.chips = true;
        return 0;
    case KVM_CREATE_PIT2:
        model.pit = true;
        return 0;
    case KVM_ENABLE_CAP:
        if (enable->cap >= 256 || !model_capability(enable->cap))
            return -EINVAL;
        model.enabled[enable->cap] = enable->args[0];
        return 0;
    case KVM_SET_IRQCHIP:
        model.chip[((struct kvm_irqchip *)arg)->chip_id % 3] = *(struct kvm_irqchip *)arg;
        return 0;
    case KVM_GET_IRQCHIP:
        *(struct kvm_irqchip *)arg = model.chip[((struct kvm_irqchip *)arg)->chip_id % 3];
        return 0;
    case KVM_SET_PIT2:
        model.pit_state = *(struct kvm_pit_state2 *)arg;
        return 0;
    case KVM_GET_PIT2:
        *(struct kvm_pit_state2 *)arg = model.pit_state;
        return 0;
    case KVM_SET_GSI_ROUTING:
        return model_routes_set(arg);
    case KVM_IRQ_LINE:
        model.line = *(struct kvm_irq_level *)arg;
        return 0;
    case KVM_SIGNAL_MSI:
        model.msi = *(struct kvm_msi *)arg;
        return 1;
    default:
        return -ENOTTY;
    }
}

static inline int model_system(unsigned long request, void *arg)
{
    switch (request) {
    case KVM_GET_API_VERSION:
        return 12;
    case KVM_CHECK_EXTENSION:
        return model_capability((long)arg);
    case KVM_GET_VCPU_MMAP_SIZE:
        return model.run_bytes;
    case KVM_X86_GET_MCE_CAP_SUPPORTED:
        *(uint64_t *)arg = model.mce_supported;
        return 0;
    case KVM_GET_SUPPORTED_CPUID:
        return model_cpuid_get(arg);
    case KVM_CREATE_VM:
        return model.vm = model_fd(0);
    case KVM_CREATE_VCPU:
        return model_cpu_new();
    case KVM_SET_USER_MEMORY_REGION:
        return model_slot_set(arg);
    case KVM_GET_DIRTY_LOG:
        return model_log_get(arg);
    case KVM_SET_IDENTITY_MAP_ADDR:
        model.identity_map = *(uint64_t *)arg;
        return 0;
    case KVM_SET_TSS_ADDR:
        model.tss = (uintptr_t)arg;
        return 0;
    case KVM_SET_CLOCK:
        model.clock_ns = ((struct kvm_clock_data *)arg)->clock;
        return 0;
    case KVM_GET_CLOCK:
        *(struct kvm_clock_data *)arg = (struct kvm_clock_data){ .clock = model.clock_ns };
        return 0;
    default:
        return model_chips(request, arg);
    }
}

static inline int model_msrs(struct model_cpu *c, struct kvm_msrs *msrs, bool set)
{
    for (unsigned i = 0; i < msrs->nmsrs; i++) {
        unsigned n = 0;

        while (n < c->n_msrs && c->msr[n].index != msrs->entries[i].index)
            n++;
        if (n == MODEL_MSRS || (c->no_msr && msrs->entries[i].index == c->no_msr))
            return i;
        if (n == c->n_msrs)
            c->msr[c->n_msrs++] = (struct kvm_msr_entry){ .index = msrs->entries[i].index };
        c->msrs_set += set;
        if (set)
            c->msr[n].data = msrs->entries[i].data;
        else
            msrs->entries[i].data = c->msr[n].data;
    }
    return msrs->nmsrs;
}

/* KVM_GET_... gives what KVM_SET_... was given. */
static inline int model_state(struct model_cpu *c, unsigned long request, void *arg)
{
    static const unsigned long pair[MODEL_STATES][2] = {
        { KVM_GET_REGS, KVM_SET_REGS }, { KVM_GET_SREGS, KVM_SET_SREGS }, { KVM_GET_FPU, KVM_SET_FPU },
        { KVM_GET_XSAVE, KVM_SET_XSAVE }, { KVM_GET_XCRS, KVM_SET_XCRS }, { KVM_GET_DEBUGREGS, KVM_SET_DEBUGREGS },
        { KVM_GET_VCPU_EVENTS, KVM_SET_VCPU_EVENTS }, { KVM_GET_MP_STATE, KVM_SET_MP_STATE },
        { KVM_GET_LAPIC, KVM_SET_LAPIC },
    };

    for (unsigned i = 0; i < MODEL_STATES; i++) {
        if (request == pair[i][0])
            memcpy(arg, c->state[i], _IOC_SIZE(request));
        else if (request == pair[i][1])
            memcpy(c->state[i], arg, _IOC_SIZE(request));
        else
            continue;
        return 0;
    }
    return -ENOTTY;
}

static inline int model_vcpu(struct model_cpu *c, unsigned long request, void *arg)
{
    switch (request) {
    case KVM_RUN:
        return model_run_blocked(c);
    case KVM_INTERRUPT:
        c->vector = ((struct kvm_interrupt *)arg)->irq;
        c->interrupts++;
        return 0;
    case KVM_NMI:
        c->nmis++;
        return 0;
    case KVM_SMI:
        c->smis++;
        return model.smm ? 0 : -ENOTTY;
    case KVM_X86_SETUP_MCE:
        c->mce_cap = *(uint64_t *)arg;
        return 0;
    case KVM_SET_CPUID2:
        return model_cpuid_set(c, arg);
    case KVM_GET_MSRS:
    case KVM_SET_MSRS:
        return model_msrs(c, arg, request == KVM_SET_MSRS);
    default:
        return model_state(c, request, arg);
    }
}

/* The C library's, but for what is the model's. */
int ioctl(int fd, unsigned long request, ...)
{
    struct model_cpu *c = model_cpu_of(fd);
    va_list args;
    void *arg;
    int r;

    va_start(args, request);
    arg = va_arg(args, void *);
    va_end(args);
    if (!c && (fd < 0 || (fd != model.dev && fd != model.vm)))
        return syscall(SYS_ioctl, fd, request, arg);
    r = c ? model_vcpu(c, request, arg) : model_system(request, arg);
    if (r >= 0)
        return r;
    errno = -r;
    return -1;
}

int open(const char *path, int flags, ...)
{
    va_list args;
    int mode;

    va_start(args, flags);
    mode = va_arg(args, int);
    va_end(args);
    if (!strcmp(path, "/dev/kvm"))
        return model.dev = model_fd(0);
    return syscall(SYS_openat, AT_FDCWD, path, flags, mode);
}

static struct loop *loop;
static struct machine *m;
static struct ram_block *ram;
static struct region ram_region;

/* A machine with 4 MiB of RAM and no vCPU yet; `model` is as it was left by the test. */
static inline void machine_begin_with(const char *options)
{
    struct error *err = NULL;

    model.dev = model.vm = -1;
    CHECK(!loop_new(&loop, NULL) && !machine_new(loop, 702, &m, NULL));
    if (accel_open(m, "kvm", options, &err))
        printf("# %s\n", error_line(err).s);
    CHECK(!err);
    ram = ram_region_new(m, &ram_region, "pc.ram", RAM_BYTES);
    region_map(m, &m->memory, 0, &ram_region, 0);
    m->vcpus = calloc(MODEL_CPUS, sizeof(*m->vcpus));
}

static inline void machine_begin(void)
{
    machine_begin_with("kernel-irqchip=off");
}

/* Their threads are not started: what is called for them runs here. */
static inline void cpus_begin(unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        CHECK(!vcpu_new(m, i, i, NULL, &m->vcpus[i], NULL));
        m->vcpus[i]->thread.id = pthread_self();
        m->n_vcpus++;
    }
}

static inline void model_begin(bool smm)
{
    memset(&model, 0, sizeof(model));
    model.max_slots = MODEL_SLOTS;
    model.run_bytes = MODEL_RUN_BYTES;
    model.smm = smm;
    machine_begin();
    machine_phase_advance(m, PHASE_ACCEL);
}

static inline void model_end(void)
{
    if (machine_running(m))
        machine_stop(m, RUN_PAUSED, NULL);
    region_drop(m, &ram_region);
    machine_free(m);
    loop_free(loop);
    for (unsigned i = 0; i < model.n_cpus; i++)
        munmap(model.cpu[i].run, MODEL_RUN_BYTES);
}

/* The machine's only vCPU, for tests that need no other; its functions are called here. */
static struct model_cpu *c;
static struct vcpu *cpu;

static inline void one_cpu_begin(bool smm)
{
    model_begin(smm);
    cpus_begin(1);
    c = &model.cpu[0];
    cpu = m->vcpus[0];
}

static inline void ask(void)
{
    atomic_fetch_or(&cpu->requests, VCPU_IRQ);
}

static inline void run(void)
{
    atomic_store(&cpu->requests, 0);
    kvm_vcpu_run(cpu);
}
