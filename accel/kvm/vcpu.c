/* SPDX-License-Identifier: Apache-2.0 */
#include "accel/kvm/kvm.h"

/*
 * vCPUs: making one, running it, kicking it out of the guest
 *
 * A kick stores the request, then `immediate_exit`, and sends a signal if the thread may be in the guest.
 * The thread clears `immediate_exit`, says that it is inside, then looks at the requests.  Whoever comes
 * too late for that look has set `immediate_exit` after it was cleared, and KVM_RUN returns at once; a signal
 * that arrives inside ends it.  An interrupt for an APIC of ours is injected here, on the way in.
 * Reference: KVM_RUN, KVM_INTERRUPT, KVM_NMI, KVM_SMI; SDM volume 3, 8.4 (INIT, SIPI).
 *
 * Invariant: when vcpu_run() has returned, the last exit's instruction is completed.
 */

#include "cpu/device.h"

#include <assert.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

enum { KICK_SIGNAL = SIGUSR1 };

static void kick_arrived(int signal)
{
    (void)signal;
}

/* The handler does nothing: that the signal arrives is what ends KVM_RUN. */
int kvm_kick_signal_init(struct error **err)
{
    struct sigaction act = { .sa_handler = kick_arrived, .sa_flags = SA_RESTART };

    return sigaction(KICK_SIGNAL, &act, NULL) < 0 ? error_set_host(err, -errno, "-accel kvm", "sigaction") : 0;
}

/* Threads are born with all signals blocked. */
static void signal_open(struct kvm_vcpu *v)
{
    sigset_t set;

    if (v->signal_open)
        return;
    sigemptyset(&set);
    sigaddset(&set, KICK_SIGNAL);
    pthread_sigmask(SIG_UNBLOCK, &set, NULL);
    v->signal_open = true;
}

static bool idle_take(struct kvm_vcpu *v)
{
    struct idle_vcpu **at = &v->kvm->idle, *was;

    while (*at && (*at)->apic_id != v->cpu->apic_id)
        at = &(*at)->next;
    was = *at;
    if (!was)
        return false;
    v->fd = was->fd;
    v->run = was->run;
    v->debug_control = was->debug_control;
    *at = was->next;
    free(was);
    return true;
}

static void idle_add(struct kvm_vcpu *v)
{
    struct idle_vcpu *idle = malloc(sizeof(*idle));

    assert(idle);
    *idle = (struct idle_vcpu){ v->kvm->idle, v->cpu->apic_id, v->debug_control, v->fd, v->run };
    v->kvm->idle = idle;
}

void kvm_idle_free(struct kvm *kvm)
{
    while (kvm->idle) {
        struct idle_vcpu *idle = kvm->idle;

        kvm->idle = idle->next;
        munmap(idle->run, kvm->run_bytes);
        close(idle->fd);
        free(idle);
    }
}

static int fd_open(struct kvm_vcpu *v, struct error **err)
{
    struct vcpu *cpu = v->cpu;
    int r;

    if (idle_take(v))
        return 0;
    r = kvm_ioctl(v->kvm->vm, KVM_CREATE_VCPU, (void *)(unsigned long)cpu->apic_id);

    if (r < 0)
        return error_set_host(err, r, "-smp", T("KVM_CREATE_VCPU for CPU %u, APIC id %u", cpu->index, cpu->apic_id));
    v->fd = r;
    v->run = mmap(NULL, v->kvm->run_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, v->fd, 0);
    if (v->run == MAP_FAILED) {
        v->run = NULL;
        return error_set_host(err, -errno, "-smp", T("mmap of CPU %u", cpu->index));
    }
    return 0;
}

int kvm_vcpu_init(struct vcpu *cpu, struct error **err)
{
    struct kvm_vcpu *v = calloc(1, sizeof(*v));
    int r;

    assert(v);
    v->cpu = cpu;
    v->kvm = kvm_of(cpu->machine);
    v->fd = v->stats_fd = -1;
    v->msrs = calloc(1, sizeof(*v->msrs) + MSRS_MAX * sizeof(struct kvm_msr_entry));
    assert(v->msrs);
    cpu->accel = v;
    r = fd_open(v, err);
    if (!r && cpu->model)
        r = cpuid_put(v, err);
    if (r < 0)
        return r;
    msrs_probe(v);
    kvm_vcpu_step(cpu, 0);                      /* a debugger may have points already */
    v->stats_fd = stats_open(v->kvm, v->fd);
    if (v->kvm->has_smm && !cpu->index)         /* all CPUs see the same in SMM */
        slots_init(v->kvm, 1, &cpu->smm_as);
    return 0;
}

void kvm_vcpu_fini(struct vcpu *cpu)
{
    struct kvm_vcpu *v = kvm_vcpu_of(cpu);

    if (!cpu->index && v->kvm->slots[1].kvm)
        slots_fini(&v->kvm->slots[1]);
    if (v->stats_fd >= 0)
        close(v->stats_fd);
    if (v->run)
        idle_add(v);
    else if (v->fd >= 0)
        close(v->fd);
    free(v->msrs);
    free(v);
    cpu->accel = NULL;
}

/* Kicking, and standing outside. */

static void leave_guest(struct kvm_vcpu *v)
{
    __atomic_store_n(&v->run->immediate_exit, 1, __ATOMIC_SEQ_CST);
    if (v->inside)
        pthread_kill(v->cpu->thread.id, KICK_SIGNAL);
}

void kvm_vcpu_kick(struct vcpu *cpu, uint32_t requests)
{
    (void)requests;
    leave_guest(kvm_vcpu_of(cpu));
}

static bool anyone_inside(const struct machine *m)
{
    for (unsigned i = 0; i < m->n_vcpus; i++)
        if (kvm_vcpu_of(m->vcpus[i])->inside)
            return true;
    return false;
}

void fence_begin(struct kvm *kvm)
{
    const struct machine *m = kvm->accel.machine;

    kvm->fence++;
    for (unsigned i = 0; i < m->n_vcpus; i++)
        leave_guest(kvm_vcpu_of(m->vcpus[i]));
    lock_take(&kvm->fence_lock);
    while (anyone_inside(m))
        cond_wait(&kvm->fence_cond, &kvm->fence_lock);
    lock_drop(&kvm->fence_lock);
}

void fence_end(struct kvm *kvm)
{
    kvm->fence--;
    lock_take(&kvm->fence_lock);
    cond_wake_all(&kvm->fence_cond);
    lock_drop(&kvm->fence_lock);
}

static void fence_pass(struct kvm *kvm)
{
    lock_take(&kvm->fence_lock);
    cond_wake_all(&kvm->fence_cond);
    while (kvm->fence)
        cond_wait(&kvm->fence_cond, &kvm->fence_lock);
    lock_drop(&kvm->fence_lock);
}

static void guest_leave(struct kvm_vcpu *v)
{
    v->inside = false;
    if (v->kvm->fence) {
        lock_take(&v->kvm->fence_lock);
        cond_wake_all(&v->kvm->fence_cond);
        lock_drop(&v->kvm->fence_lock);
    }
}

/* now: leave it at once.  False: there is a request. */
static bool guest_enter(struct kvm_vcpu *v, bool now)
{
    for (;;) {
        __atomic_store_n(&v->run->immediate_exit, now, __ATOMIC_SEQ_CST);
        v->inside = true;
        if (v->cpu->requests && !now) {
            guest_leave(v);
            return false;
        }
        if (!v->kvm->fence)
            return true;
        v->inside = false;
        fence_pass(v->kvm);
    }
}

/* Interrupts of an APIC of ours, and of an 8259 of ours beside the kernel's APIC. */

static bool waiting(const struct vcpu *cpu)
{
    return cpu->intc && cpu->intc->pending(cpu->intc_opaque);
}

static void inject(struct kvm_vcpu *v)
{
    struct vcpu *cpu = v->cpu;
    struct kvm_run *run = v->run;

    if (run->ready_for_interrupt_injection && waiting(cpu)) {
        struct kvm_interrupt irq = { .irq = cpu->intc->take(cpu->intc_opaque) };

        if ((int)irq.irq >= 0 && kvm_ioctl(v->fd, KVM_INTERRUPT, &irq) == 0)
            run->ready_for_interrupt_injection = 0;
    }
    run->request_interrupt_window = waiting(cpu);
}

/* The kernel keeps CR8 and IA32_APIC_BASE of its own beside our APIC. */
static void tpr_to_kernel(struct kvm_vcpu *v)
{
    if (v->cpu->intc)
        v->run->cr8 = v->cr8 = v->cpu->intc->tpr_get(v->cpu->intc_opaque);
}

static void apic_from_kernel(struct kvm_vcpu *v)
{
    enum { APIC_BASE = 0x1b };
    const struct vcpu_intc *intc = v->cpu->intc;
    uint64_t base;

    if (!intc)
        return;
    if ((v->run->cr8 & 0xf) != v->cr8)
        intc->tpr_set(v->cpu->intc_opaque, v->run->cr8 & 0xf);
    if (intc->msr_read(v->cpu->intc_opaque, APIC_BASE, &base) && base != v->run->apic_base)
        intc->msr_write(v->cpu->intc_opaque, APIC_BASE, v->run->apic_base);
}

/* Runs. */

static int run_once(struct kvm_vcpu *v)
{
    return ioctl(v->fd, KVM_RUN, 0) < 0 ? -errno : 0;
}

static bool cpu_in_smm(const struct kvm_vcpu *v)
{
    return v->kvm->has_smm && v->run->flags & KVM_RUN_X86_SMM;
}

/* False: leave for the thread's loop. */
static bool step(struct kvm_vcpu *v)
{
    struct kvm *kvm = v->kvm;
    int r;

    if (kvm->mode != KERNEL_IRQCHIP_ON)
        inject(v);
    if (!guest_enter(v, false))
        return false;
    if (kvm->mode == KERNEL_IRQCHIP_OFF)
        tpr_to_kernel(v);
    r = run_once(v);
    guest_leave(v);
    v->half_done = false;
    if (cpu_in_smm(v) != v->cpu->smm)
        vcpu_set_smm(v->cpu, cpu_in_smm(v));
    if (kvm->mode == KERNEL_IRQCHIP_OFF)
        apic_from_kernel(v);
    if (r == -EINTR || r == -EAGAIN)
        return !v->cpu->requests;
    if (r < 0) {
        kvm_fail(v, T("KVM_RUN: error %d", -r));
        return false;
    }
    return kvm_exit(v);
}

/* What the kernel has left to do of the last instruction it does before it looks at immediate_exit. */
static void complete(struct kvm_vcpu *v)
{
    while (v->half_done) {
        bool exits;

        guest_enter(v, true);
        exits = !run_once(v);
        guest_leave(v);
        v->half_done = false;
        if (exits)
            kvm_exit(v);
    }
}

void kvm_vcpu_run(struct vcpu *cpu)
{
    struct kvm_vcpu *v = kvm_vcpu_of(cpu);

    signal_open(v);
    v->wake = false;
    if (v->shutdown) {
        cpu->halted = true;
        return;
    }
    while (!cpu->requests && step(v))
        ;
    complete(v);
}

bool kvm_vcpu_has_event(struct vcpu *cpu)
{
    struct kvm_vcpu *v = kvm_vcpu_of(cpu);

    return !v->shutdown && (v->wake || (v->run->if_flag && waiting(cpu)));
}

/* Requests. */

void kvm_vcpu_reset(struct vcpu *cpu, bool init)
{
    struct x86_state st;

    if (init) {
        kvm_vcpu_get(cpu, &st);
        x86_state_init(&st, cpu->model, cpu->bsp);
    } else {
        x86_state_reset(&st, cpu->model, cpu->bsp);
    }
    kvm_vcpu_of(cpu)->wake = false;
    kvm_vcpu_put(cpu, &st);
}

void kvm_vcpu_sipi(struct vcpu *cpu, uint8_t vector)
{
    struct x86_state st;

    kvm_vcpu_get(cpu, &st);
    st.seg[CS].sel = vector << 8;
    st.seg[CS].base = (uint64_t)vector << 12;
    st.rip = 0;
    st.halted = st.wait_sipi = 0;
    kvm_vcpu_put(cpu, &st);
}

void kvm_vcpu_inject(struct vcpu *cpu, uint32_t requests)
{
    struct kvm_vcpu *v = kvm_vcpu_of(cpu);

    if (requests == VCPU_NMI && atomic_exchange(&v->lint1, false) && !irqchip_lint1_is_nmi(v))
        return;
    v->wake = true;
    if (requests & VCPU_NMI)
        kvm_must(kvm_ioctl(v->fd, KVM_NMI, NULL), "KVM_NMI");
    if (requests & VCPU_SMI && v->kvm->has_smm)
        kvm_must(kvm_ioctl(v->fd, KVM_SMI, NULL), "KVM_SMI");
}
