/* SPDX-License-Identifier: Apache-2.0 */
#include "accel/kvm/kvm.h"

/*
 * Registers: struct x86_state to the kernel and back
 *
 * Order of storing: system registers first, since they decide what the others mean (and IA32_APIC_BASE, which
 * the local APIC's image needs); XCR0 before the state that it enables; MSRs; what is pending; last, whether
 * the vCPU runs, halts or waits.  The local APIC's part is irqchip.c's.
 * Left out: vector registers above XMM, protection keys, nested state, a pending exception (an instruction that
 * faulted is executed again).
 * Reference: KVM_SET_SREGS, KVM_SET_XSAVE, KVM_SET_VCPU_EVENTS, KVM_SET_MP_STATE; SDM volume 1, 13.4 (XSAVE area).
 */

#include <string.h>

enum { FX_BYTES = 512, XSTATE_BV = 512, XSTATE_X87_SSE = 3, FX_MXCSR = 24, FX_MXCSR_MASK = 28, FX_XMM = 160 };
enum { APIC_BASE_MSR = 0x1b };

static void seg_to_kernel(struct kvm_segment *to, const struct x86_seg *from)
{
    *to = (struct kvm_segment){
        .base = from->base, .limit = from->limit, .selector = from->sel, .type = (from->attr & SEG_TYPE) >> 8,
        .s = !!(from->attr & SEG_S), .dpl = (from->attr & SEG_DPL) >> SEG_DPL_SHIFT, .present = !!(from->attr & SEG_P),
        .avl = !!(from->attr & SEG_AVL), .l = !!(from->attr & SEG_L), .db = !!(from->attr & SEG_DB),
        .g = !!(from->attr & SEG_G), .unusable = !(from->attr & SEG_P),
    };
}

static void seg_from_kernel(struct x86_seg *to, const struct kvm_segment *from)
{
    uint32_t attr = from->type << 8 | (from->s ? SEG_S : 0) | from->dpl << SEG_DPL_SHIFT | (from->avl ? SEG_AVL : 0) |
                    (from->l ? SEG_L : 0) | (from->db ? SEG_DB : 0) | (from->g ? SEG_G : 0) | SEG_P;

    *to = (struct x86_seg){ .base = from->base, .limit = from->limit, .sel = from->selector,
                            .attr = from->unusable || !from->present ? attr & ~SEG_P : attr };
    if (from->unusable)
        to->attr = 0;
}

static void table_to_kernel(struct kvm_dtable *to, const struct x86_seg *from)
{
    *to = (struct kvm_dtable){ .base = from->base, .limit = from->limit };
}

static void table_from_kernel(struct x86_seg *to, const struct kvm_dtable *from)
{
    *to = (struct x86_seg){ .base = from->base, .limit = from->limit };
}

/* The kernel's order: cs, ds, es, fs, gs, ss. */
static struct kvm_segment *kernel_seg(struct kvm_sregs *s, enum x86_sreg n)
{
    struct kvm_segment *const segs[X86_SREGS] = {
        [ES] = &s->es, [CS] = &s->cs, [SS] = &s->ss, [DS] = &s->ds, [FS] = &s->fs, [GS] = &s->gs,
    };

    return segs[n];
}

/* The kernel's own interrupt controller keeps CR8 and IA32_APIC_BASE; ours tells them. */
static void apic_to_sregs(struct kvm_vcpu *v, struct kvm_sregs *s)
{
    const struct vcpu_intc *intc = v->cpu->intc;
    uint64_t base;

    if (v->kvm->mode != KERNEL_IRQCHIP_OFF || !intc)
        return;
    s->cr8 = intc->tpr_get(v->cpu->intc_opaque);
    if (intc->msr_read(v->cpu->intc_opaque, APIC_BASE_MSR, &base))
        s->apic_base = base;
}

static bool sregs_put(struct kvm_vcpu *v, const struct x86_state *st)
{
    struct kvm_sregs s;

    kvm_must(kvm_ioctl(v->fd, KVM_GET_SREGS, &s), "KVM_GET_SREGS");
    for (unsigned n = 0; n < X86_SREGS; n++)
        seg_to_kernel(kernel_seg(&s, n), &st->seg[n]);
    seg_to_kernel(&s.ldt, &st->ldt);
    seg_to_kernel(&s.tr, &st->tr);
    table_to_kernel(&s.gdt, &st->gdt);
    table_to_kernel(&s.idt, &st->idt);
    s.cr0 = st->cr0;
    s.cr2 = st->cr2;
    s.cr3 = st->cr3;
    s.cr4 = st->cr4;
    s.efer = st->efer;
    memset(s.interrupt_bitmap, 0, sizeof(s.interrupt_bitmap));
    if (st->injected)
        s.interrupt_bitmap[st->injected_vector / 64] |= 1ull << st->injected_vector % 64;
    apic_to_sregs(v, &s);
    return kvm_try(kvm_ioctl(v->fd, KVM_SET_SREGS, &s), "KVM_SET_SREGS");
}

static void sregs_get(struct kvm_vcpu *v, struct x86_state *st)
{
    struct kvm_sregs s;

    kvm_must(kvm_ioctl(v->fd, KVM_GET_SREGS, &s), "KVM_GET_SREGS");
    for (unsigned n = 0; n < X86_SREGS; n++)
        seg_from_kernel(&st->seg[n], kernel_seg(&s, n));
    seg_from_kernel(&st->ldt, &s.ldt);
    seg_from_kernel(&st->tr, &s.tr);
    table_from_kernel(&st->gdt, &s.gdt);
    table_from_kernel(&st->idt, &s.idt);
    st->cr0 = s.cr0;
    st->cr2 = s.cr2;
    st->cr3 = s.cr3;
    st->cr4 = s.cr4;
    st->efer = s.efer;
}

/* enum x86_gpr is the encoding's order, the kernel's struct is not. */
static const uint8_t gpr_at[X86_GPRS] = {
#define AT(r) offsetof(struct kvm_regs, r)
    [RAX] = AT(rax), [RCX] = AT(rcx), [RDX] = AT(rdx), [RBX] = AT(rbx), [RSP] = AT(rsp), [RBP] = AT(rbp),
    [RSI] = AT(rsi), [RDI] = AT(rdi), [R8] = AT(r8), [R9] = AT(r9), [R10] = AT(r10), [R11] = AT(r11),
    [R12] = AT(r12), [R13] = AT(r13), [R14] = AT(r14), [R15] = AT(r15),
#undef AT
};

static bool regs_put(struct kvm_vcpu *v, const struct x86_state *st)
{
    struct kvm_regs r = { .rip = st->rip, .rflags = st->rflags };

    for (unsigned n = 0; n < X86_GPRS; n++)
        memcpy((uint8_t *)&r + gpr_at[n], &st->gpr[n], 8);
    return kvm_try(kvm_ioctl(v->fd, KVM_SET_REGS, &r), "KVM_SET_REGS");
}

static void regs_get(struct kvm_vcpu *v, struct x86_state *st)
{
    struct kvm_regs r;

    kvm_must(kvm_ioctl(v->fd, KVM_GET_REGS, &r), "KVM_GET_REGS");
    for (unsigned n = 0; n < X86_GPRS; n++)
        memcpy(&st->gpr[n], (uint8_t *)&r + gpr_at[n], 8);
    st->rip = r.rip;
    st->rflags = r.rflags;
}

/* The FXSAVE image is the beginning of the XSAVE area; the older call has it in pieces. */

static bool fpu_put(struct kvm_vcpu *v, const struct x86_state *st)
{
    struct kvm_fpu f = { .fcw = st->fx[0] | st->fx[1] << 8, .fsw = st->fx[2] | st->fx[3] << 8, .ftwx = st->fx[4],
                         .last_opcode = st->fx[6] | st->fx[7] << 8 };

    memcpy(&f.last_ip, st->fx + 8, 8);
    memcpy(&f.last_dp, st->fx + 16, 8);
    memcpy(&f.mxcsr, st->fx + FX_MXCSR, 4);
    memcpy(f.fpr, st->fx + 32, sizeof(f.fpr));
    memcpy(f.xmm, st->fx + FX_XMM, sizeof(f.xmm));
    return kvm_try(kvm_ioctl(v->fd, KVM_SET_FPU, &f), "KVM_SET_FPU");
}

static void fpu_get(struct kvm_vcpu *v, struct x86_state *st)
{
    struct kvm_fpu f;

    kvm_must(kvm_ioctl(v->fd, KVM_GET_FPU, &f), "KVM_GET_FPU");
    memset(st->fx, 0, sizeof(st->fx));
    st->fx[0] = f.fcw;
    st->fx[1] = f.fcw >> 8;
    st->fx[2] = f.fsw;
    st->fx[3] = f.fsw >> 8;
    st->fx[4] = f.ftwx;
    st->fx[6] = f.last_opcode;
    st->fx[7] = f.last_opcode >> 8;
    memcpy(st->fx + 8, &f.last_ip, 8);
    memcpy(st->fx + 16, &f.last_dp, 8);
    memcpy(st->fx + FX_MXCSR, &f.mxcsr, 4);
    memcpy(st->fx + 32, f.fpr, sizeof(f.fpr));
    memcpy(st->fx + FX_XMM, f.xmm, sizeof(f.xmm));
}

static bool vectors_put(struct kvm_vcpu *v, const struct x86_state *st)
{
    struct kvm_xsave x = { 0 };
    uint64_t parts = XSTATE_X87_SSE;

    if (!v->kvm->has_xsave)
        return fpu_put(v, st);
    memcpy(x.region, st->fx, FX_BYTES);
    memset((uint8_t *)x.region + FX_MXCSR_MASK, 0, 4);
    memcpy((uint8_t *)x.region + XSTATE_BV, &parts, 8);
    return kvm_try(kvm_ioctl(v->fd, KVM_SET_XSAVE, &x), "KVM_SET_XSAVE");
}

static void vectors_get(struct kvm_vcpu *v, struct x86_state *st)
{
    struct kvm_xsave x;

    if (!v->kvm->has_xsave) {
        fpu_get(v, st);
        return;
    }
    kvm_must(kvm_ioctl(v->fd, KVM_GET_XSAVE, &x), "KVM_GET_XSAVE");
    memcpy(st->fx, x.region, FX_BYTES);
    memset(st->fx + FX_MXCSR_MASK, 0, 4);
    memset(st->fx + 416, 0, FX_BYTES - 416);
}

static bool xcr0_put(struct kvm_vcpu *v, uint64_t xcr0)
{
    struct kvm_xcrs x = { .nr_xcrs = 1, .xcrs[0] = { .value = xcr0 } };

    return !v->kvm->has_xcrs || kvm_try(kvm_ioctl(v->fd, KVM_SET_XCRS, &x), "KVM_SET_XCRS");
}

static uint64_t xcr0_get(struct kvm_vcpu *v)
{
    struct kvm_xcrs x = { 0 };

    if (!v->kvm->has_xcrs)
        return 1;
    kvm_must(kvm_ioctl(v->fd, KVM_GET_XCRS, &x), "KVM_GET_XCRS");
    for (unsigned i = 0; i < x.nr_xcrs && i < KVM_MAX_XCRS; i++)
        if (!x.xcrs[i].xcr)
            return x.xcrs[i].value;
    return 1;
}

static bool debugregs_put(struct kvm_vcpu *v, const struct x86_state *st)
{
    struct kvm_debugregs d = { .dr6 = st->dr[6], .dr7 = st->dr[7] };

    if (!v->kvm->has_debugregs)
        return true;
    memcpy(d.db, st->dr, sizeof(d.db));
    return kvm_try(kvm_ioctl(v->fd, KVM_SET_DEBUGREGS, &d), "KVM_SET_DEBUGREGS");
}

static void debugregs_get(struct kvm_vcpu *v, struct x86_state *st)
{
    struct kvm_debugregs d = { 0 };

    if (v->kvm->has_debugregs)
        kvm_must(kvm_ioctl(v->fd, KVM_GET_DEBUGREGS, &d), "KVM_GET_DEBUGREGS");
    memset(st->dr, 0, sizeof(st->dr));
    memcpy(st->dr, d.db, sizeof(d.db));
    st->dr[6] = d.dr6;
    st->dr[7] = d.dr7;
}

static bool events_put(struct kvm_vcpu *v, const struct x86_state *st)
{
    struct kvm_vcpu_events e = {
        .flags = KVM_VCPUEVENT_VALID_NMI_PENDING | KVM_VCPUEVENT_VALID_SHADOW,
        .interrupt = { .injected = st->injected, .nr = st->injected_vector, .soft = st->injected_soft,
                       .shadow = st->inhibit ? KVM_X86_SHADOW_INT_STI : 0 },
        .nmi = { .pending = st->nmi_pending, .masked = st->nmi_masked },
    };

    if (v->kvm->has_smm) {
        e.flags |= KVM_VCPUEVENT_VALID_SMM;
        e.smi.smm = st->smm;
        e.smi.pending = st->smi_pending;
    }
    return kvm_try(kvm_ioctl(v->fd, KVM_SET_VCPU_EVENTS, &e), "KVM_SET_VCPU_EVENTS");
}

static void events_get(struct kvm_vcpu *v, struct x86_state *st)
{
    struct kvm_vcpu_events e = { 0 };

    kvm_must(kvm_ioctl(v->fd, KVM_GET_VCPU_EVENTS, &e), "KVM_GET_VCPU_EVENTS");
    st->injected = e.interrupt.injected;
    st->injected_vector = e.interrupt.injected ? e.interrupt.nr : 0;
    st->injected_soft = e.interrupt.injected && e.interrupt.soft;
    st->inhibit = !!e.interrupt.shadow;
    st->nmi_pending = e.nmi.pending || e.nmi.injected;
    st->nmi_masked = e.nmi.masked;
    st->smm = v->kvm->has_smm && e.smi.smm;
    st->smi_pending = v->kvm->has_smm && e.smi.pending;
}

/* Without the kernel's local APIC a halt ends in vcpu_main(), and the kernel's state is always "runnable". */
static bool mp_state_put(struct kvm_vcpu *v, const struct x86_state *st)
{
    struct kvm_mp_state mp = { KVM_MP_STATE_RUNNABLE };

    if (v->kvm->accel.halts_inside && st->wait_sipi)
        mp.mp_state = KVM_MP_STATE_UNINITIALIZED;
    else if (v->kvm->accel.halts_inside && st->halted)
        mp.mp_state = KVM_MP_STATE_HALTED;
    return kvm_try(kvm_ioctl(v->fd, KVM_SET_MP_STATE, &mp), "KVM_SET_MP_STATE");
}

static void mp_state_get(struct kvm_vcpu *v, struct x86_state *st)
{
    struct kvm_mp_state mp;

    if (!v->kvm->accel.halts_inside) {
        st->halted = v->cpu->halted;
        st->wait_sipi = v->cpu->wait_sipi;
        return;
    }
    kvm_must(kvm_ioctl(v->fd, KVM_GET_MP_STATE, &mp), "KVM_GET_MP_STATE");
    st->wait_sipi = mp.mp_state == KVM_MP_STATE_UNINITIALIZED || mp.mp_state == KVM_MP_STATE_INIT_RECEIVED;
    st->halted = st->wait_sipi || mp.mp_state == KVM_MP_STATE_HALTED;
}

void kvm_vcpu_get(struct vcpu *cpu, struct x86_state *st)
{
    struct kvm_vcpu *v = kvm_vcpu_of(cpu);

    memset(st, 0, sizeof(*st));
    st->a20 = 1;
    regs_get(v, st);
    sregs_get(v, st);
    vectors_get(v, st);
    st->xcr0 = xcr0_get(v);
    debugregs_get(v, st);
    msrs_get(v, st);
    events_get(v, st);
    mp_state_get(v, st);
}

/* A stream may bring what the processor does not take: such a vCPU stands until it is reset. */
void kvm_vcpu_put(struct vcpu *cpu, const struct x86_state *st)
{
    struct kvm_vcpu *v = kvm_vcpu_of(cpu);
    bool taken;

    v->half_done = v->shutdown = false;
    taken = sregs_put(v, st) && regs_put(v, st) && xcr0_put(v, st->xcr0) && vectors_put(v, st) && debugregs_put(v, st);
    msrs_put(v, st);
    taken = taken && mp_state_put(v, st) && events_put(v, st);
    if (!taken) {
        log_warn("CPU %u stands: its state is not one of this processor's", cpu->index);
        v->shutdown = true;
    }
    vcpu_set_smm(cpu, v->kvm->has_smm && st->smm);
    v->run->ready_for_interrupt_injection = 0;  /* known anew when it has run */
    v->run->if_flag = st->rflags >> 9 & 1;
}
