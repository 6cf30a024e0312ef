/* SPDX-License-Identifier: Apache-2.0 */
#include "accel/kvm/kvm.h"

/*
 * MSRs: those of struct x86_state, in one table, and the TSC
 *
 * Which of them the kernel has is asked once, register by register, with the first vCPU: a kernel or processor
 * without machine checks or MTRRs refuses theirs.  The TSC stands with the machine: its value is taken when the
 * clock stops, and goes back when it starts, on all vCPUs with one reading of the machine's clock, from which
 * the kernel sees that they are to run in step.
 * Reference: SDM volume 4; the kernel's paravirtual MSRs 11H and 12H.
 */

#include "cpu/device.h"

#include <string.h>

enum { MSR_TSC = 0x10, MSR_TSC_DEADLINE = 0x6e0 };

struct msr_line { uint32_t index; uint16_t off, size, count; };

#define MSR(index_, m) { (index_), offsetof(struct x86_state, m), sizeof(((struct x86_state *)0)->m), 1 }
#define MSRS(index_, m, n) { (index_), offsetof(struct x86_state, m), 8, (n) }
#define MTRR(index_, n) { (index_), offsetof(struct x86_state, mtrr_fixed[n]), 8, 1 }

static const struct msr_line lines[] = {
    MSR(0x174, sysenter_cs), MSR(0x175, sysenter_esp), MSR(0x176, sysenter_eip),
    MSR(0xc0000081, star), MSR(0xc0000082, lstar), MSR(0xc0000083, cstar), MSR(0xc0000084, fmask),
    MSR(0xc0000102, kernel_gs_base), MSR(0xc0000103, tsc_aux),
    MSR(0x277, pat), MSR(0x1a0, misc_enable), MSR(0x9e, smbase), MSR(0x34, smi_count),
    MTRR(0x250, 0), MTRR(0x258, 1), MTRR(0x259, 2), MSRS(0x268, mtrr_fixed[3], 8), MSR(0x2ff, mtrr_deftype),
    MSRS(0x200, mtrr_var, 2 * X86_MTRR_VAR),
    MSR(0x17a, mcg_status), MSR(0x17b, mcg_ctl), MSRS(0x400, mce_banks, 4 * X86_MCE_BANKS),
    MSR(0x11, wall_clock_msr), MSR(0x12, system_time_msr),
};
enum { LINES = sizeof(lines) / sizeof(lines[0]) };
_Static_assert((int)LINES <= (int)MSRS_MAX, "room for a mark per line");

int msr_read(struct kvm_vcpu *v, uint32_t index, uint64_t *val)
{
    int r;

    v->msrs->nmsrs = 1;
    v->msrs->entries[0] = (struct kvm_msr_entry){ .index = index };
    r = kvm_ioctl(v->fd, KVM_GET_MSRS, v->msrs);
    *val = v->msrs->entries[0].data;
    return r;
}

int msr_write(struct kvm_vcpu *v, uint32_t index, uint64_t val)
{
    v->msrs->nmsrs = 1;
    v->msrs->entries[0] = (struct kvm_msr_entry){ .index = index, .data = val };
    return kvm_ioctl(v->fd, KVM_SET_MSRS, v->msrs);
}

static uint64_t member(const struct x86_state *st, const struct msr_line *l, unsigned n)
{
    uint64_t val = 0;

    memcpy(&val, (const uint8_t *)st + l->off + 8 * n, l->size);
    return val;
}

/* Banks are there after this call only. */
static void machine_check_setup(struct kvm_vcpu *v)
{
    struct x86_state st;
    uint64_t cap = 0, has = 0;

    x86_state_reset(&st, v->cpu->model, v->cpu->bsp);
    if (!st.mcg_cap || !kvm_has(v->kvm, KVM_CAP_MCE))
        return;
    kvm_ioctl(v->kvm->fd, KVM_X86_GET_MCE_CAP_SUPPORTED, &has);
    cap = (st.mcg_cap & has & ~0xffull) | (st.mcg_cap & 0xff);
    kvm_ioctl(v->fd, KVM_X86_SETUP_MCE, &cap);
}

void msrs_probe(struct kvm_vcpu *v)
{
    machine_check_setup(v);
    if (v->kvm->msrs_probed)
        return;
    for (unsigned i = 0; i < LINES; i++) {
        uint64_t val;

        v->kvm->msr_there[i] = msr_read(v, lines[i].index, &val) == 1 && msr_write(v, lines[i].index, val) == 1;
    }
    v->kvm->msrs_probed = true;
}

/* Fills the buffer with those that are there; st: with their values. */
static void buffer_fill(struct kvm_vcpu *v, const struct x86_state *st)
{
    unsigned n = 0;

    for (unsigned i = 0; i < LINES; i++)
        for (unsigned e = 0; v->kvm->msr_there[i] && e < lines[i].count; e++)
            v->msrs->entries[n++] = (struct kvm_msr_entry){ .index = lines[i].index + e,
                                                            .data = st ? member(st, &lines[i], e) : 0 };
    v->msrs->nmsrs = n;
}

void msrs_get(struct kvm_vcpu *v, struct x86_state *st)
{
    struct x86_state fresh;
    unsigned n = 0;
    uint64_t tsc;
    int r;

    buffer_fill(v, NULL);
    r = kvm_ioctl(v->fd, KVM_GET_MSRS, v->msrs);
    kvm_must(r == (int)v->msrs->nmsrs ? 0 : -1, T("KVM_GET_MSRS %#x", r < 0 ? 0 : v->msrs->entries[r].index));
    for (unsigned i = 0; i < LINES; i++)
        for (unsigned e = 0; v->kvm->msr_there[i] && e < lines[i].count; e++)
            memcpy((uint8_t *)st + lines[i].off + 8 * e, &v->msrs->entries[n++].data, lines[i].size);
    x86_state_reset(&fresh, v->cpu->model, v->cpu->bsp);
    st->mcg_cap = fresh.mcg_cap;
    if (machine_running(v->cpu->machine) && msr_read(v, MSR_TSC, &tsc) == 1)
        v->tsc_offset = tsc - machine_tsc(v->cpu->machine);
    st->tsc_offset = v->tsc_offset;
    if (msr_read(v, MSR_TSC_DEADLINE, &st->tsc_deadline) != 1)
        st->tsc_deadline = 0;
}

/* A value that the kernel does not take is the guest's only if it came with a stream: it is left out. */
void msrs_put(struct kvm_vcpu *v, const struct x86_state *st)
{
    unsigned n, done = 0;

    buffer_fill(v, st);
    n = v->msrs->nmsrs;
    while (done < n) {
        int r;

        memmove(v->msrs->entries, v->msrs->entries + done, (n - done) * sizeof(v->msrs->entries[0]));
        n -= done;
        v->msrs->nmsrs = n;
        r = kvm_ioctl(v->fd, KVM_SET_MSRS, v->msrs);
        if (r >= (int)n)
            break;
        done = r < 0 ? 1 : r + 1;
        log_warn("CPU %u: KVM does not take %#llx for MSR %#x", v->cpu->index,
                 (unsigned long long)v->msrs->entries[done - 1].data, v->msrs->entries[done - 1].index);
    }
    v->tsc_offset = st->tsc_offset;
    v->tsc_deadline = st->tsc_deadline;
    msr_write(v, MSR_TSC, machine_tsc(v->cpu->machine) + v->tsc_offset);
}

void tsc_stop(struct kvm_vcpu *v)
{
    uint64_t tsc;

    if (msr_read(v, MSR_TSC, &tsc) == 1)
        v->tsc_offset = tsc - machine_tsc(v->cpu->machine);
}

void tsc_start(struct kvm_vcpu *v, uint64_t machine_tsc_now)
{
    msr_write(v, MSR_TSC, machine_tsc_now + v->tsc_offset);
}
