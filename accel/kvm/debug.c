/* SPDX-License-Identifier: Apache-2.0 */
#include "accel/kvm/kvm.h"

/*
 * A debugger outside the guest: the processor's debug registers, lent by the kernel (core/debug.h)
 *
 * Four points in all, breakpoints too: guest memory is not written to.  While there are points the guest's own debug
 * registers do not act.  The processor has no watchpoints for reads alone; their lengths are 1, 2, 4 and 8, aligned.
 * Interrupts are kept away from a step where the kernel can do that (5.16 and later).
 * Reference: KVM_SET_GUEST_DEBUG, KVM_EXIT_DEBUG; SDM volume 3, 17.2.
 *
 * Invariant: the kernel has what `points` and the vCPU's `step` say whenever the vCPU runs.
 */

#include <errno.h>

enum { DR7_GE = 1 << 9, DR7_FIXED = 1 << 10, DR6_HITS = 0xf };

/* DR7's two bits of length; -1: there is no such. */
static int length_bits(uint64_t bytes)
{
    switch (bytes) {
    case 1: return 0;
    case 2: return 1;
    case 4: return 3;
    case 8: return 2;
    default: return -1;
    }
}

/* Enabled, kind and length of point n as DR7 has them; -1: the processor cannot do that. */
static int64_t dr7_bits(const struct debug_point *p, unsigned n)
{
    static const int8_t kinds[DEBUG_KINDS] = { 0, 1, -1, 3 };
    int length = p->kind == DEBUG_BREAK ? 0 : length_bits(p->bytes);

    if (kinds[p->kind] < 0 || length < 0 || (p->kind != DEBUG_BREAK && p->lin & (p->bytes - 1)))
        return -1;
    return 2ll << 2 * n | (int64_t)kinds[p->kind] << (16 + 4 * n) | (int64_t)length << (18 + 4 * n);
}

/* A step passes the breakpoint where it begins, and comes to no other. */
static void apply(struct kvm_vcpu *v)
{
    const struct kvm *kvm = v->kvm;
    struct kvm_guest_debug d = { 0 };

    if (kvm->n_points || v->step)
        d.control = KVM_GUESTDBG_ENABLE;
    if (kvm->n_points) {
        d.control |= KVM_GUESTDBG_USE_HW_BP;
        d.arch.debugreg[7] = DR7_FIXED | DR7_GE;
    }
    for (unsigned n = 0; n < kvm->n_points; n++) {
        d.arch.debugreg[n] = kvm->points[n].lin;
        if (!v->step || kvm->points[n].kind != DEBUG_BREAK)
            d.arch.debugreg[7] |= dr7_bits(&kvm->points[n], n);
    }
    if (v->step & DEBUG_STEP)
        d.control |= KVM_GUESTDBG_SINGLESTEP;
    if (v->step & DEBUG_STEP_NOIRQ && kvm_has(kvm, KVM_CAP_SET_GUEST_DEBUG2) & KVM_GUESTDBG_BLOCKIRQ)
        d.control |= KVM_GUESTDBG_BLOCKIRQ;
    if (d.control != v->debug_control || kvm->n_points || v->step)
        kvm_must(kvm_ioctl(v->fd, KVM_SET_GUEST_DEBUG, &d), "KVM_SET_GUEST_DEBUG");
    v->debug_control = d.control;
}

int kvm_debug_points(struct accel *accel, const struct debug_point *points, unsigned n, struct error **err)
{
    struct kvm *kvm = (struct kvm *)accel;

    if (n > KVM_POINTS)
        return error_set(err, -ENOSPC, ERROR_RANGE, "breakpoints and watchpoints", T("%u", n),
                         T("at most %d: the processor has no more", KVM_POINTS));
    for (unsigned i = 0; i < n; i++)
        if (dr7_bits(&points[i], i) < 0)
            return error_set(err, -ENOTSUP, ERROR_UNSUPPORTED, "watchpoint",
                             T("%#llx", (unsigned long long)points[i].lin),
                             "legal: for writes, or reads and writes, of 1, 2, 4 or 8 bytes, aligned");
    for (unsigned i = 0; i < n; i++)
        kvm->points[i] = points[i];
    kvm->n_points = n;
    for (unsigned i = 0; i < kvm->accel.machine->n_vcpus; i++)
        apply(kvm_vcpu_of(kvm->accel.machine->vcpus[i]));
    return 0;
}

void kvm_vcpu_step(struct vcpu *cpu, unsigned step)
{
    struct kvm_vcpu *v = kvm_vcpu_of(cpu);

    v->step = step;
    apply(v);
}

void kvm_debug_exit(struct kvm_vcpu *v)
{
    const struct kvm_debug_exit_arch *d = &v->run->debug.arch;
    struct debug_stop stop = { .why = DEBUG_STEPPED };

    for (unsigned n = v->kvm->n_points; n--;) {
        const struct debug_point *p = &v->kvm->points[n];

        if (d->dr6 & DR6_HITS & 1u << n)
            stop = (struct debug_stop){ .why = p->kind == DEBUG_BREAK ? DEBUG_BROKE : DEBUG_WATCHED, .kind = p->kind,
                                        .lin = p->lin };
    }
    vcpu_debug_stopped(v->cpu, &stop);
}
