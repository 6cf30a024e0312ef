/* SPDX-License-Identifier: Apache-2.0 */
#include "accel/kvm/kvm.h"

/*
 * CPUID under KVM: cpu/'s model without what this host lacks, and the signature leaves
 *
 * A feature is kept when the kernel supports it and struct x86_state can hold what it adds to a CPU: state
 * that a save would lose is not offered.  As the reference does, models get x2APIC with the kernel's local APIC,
 * lose SVM and MONITOR unless the user names them, and show the host's vendor.
 * The paravirtual features are those whose state is kept: the clock and the absence of I/O delays.
 * Reference: KVM_GET_SUPPORTED_CPUID, the kernel's page on its own leaves 40000000H and 40000001H.
 */

#include <assert.h>
#include <cpuid.h>
#include <errno.h>
#include <glib.h>
#include <stdlib.h>
#include <string.h>

enum { ENTRIES = 256, SIGNATURE = 0x40000000, FEATURES = 0x40000001 };
enum { BASIC_LAST = 0x20, EXTENDED_LAST = 0x80000021 };         /* those above are empty, however high the levels */
enum { KVM_CLOCK = 1 << 0 | 1 << 3, NO_IO_DELAY = 1 << 1, CLOCK_STABLE = 1 << 24 };
enum { MONITOR = 1 << 3, X2APIC = 1 << 21, TSC_DEADLINE = 1 << 24, HYPERVISOR = 1 << 31, SVM = 1 << 2 };

static const struct word_at { uint32_t leaf, subleaf; uint8_t reg; } words[CPU_WORDS] = {
    [WORD_1_EDX] = { 1, 0, 3 }, [WORD_1_ECX] = { 1, 0, 2 }, [WORD_6_EAX] = { 6, 0, 0 }, [WORD_7_EBX] = { 7, 0, 1 },
    [WORD_7_ECX] = { 7, 0, 2 }, [WORD_7_EDX] = { 7, 0, 3 }, [WORD_D1_EAX] = { 0xd, 1, 0 },
    [WORD_80000001_EDX] = { 0x80000001, 0, 3 }, [WORD_80000001_ECX] = { 0x80000001, 0, 2 },
    [WORD_8000000A_EDX] = { 0x8000000a, 0, 3 },
};

/* What struct x86_state has no room for. */
static const uint32_t no_room[CPU_WORDS] = {
    /* VMX; FMA, XSAVE, OSXSAVE, AVX, F16C: vector registers above XMM */
    [WORD_1_ECX] = 1u << 5 | 1u << 12 | 1u << 26 | 1u << 27 | 1u << 28 | 1u << 29,
    /* TSC_ADJUST, AVX2, MPX, AVX-512, processor trace */
    [WORD_7_EBX] = 1u << 1 | 1u << 2 | 1u << 5 | 1u << 14 | 1u << 25 | 0xdc230000u,
    /* AVX-512, protection keys, WAITPKG, CET, VAES, VPCLMUL, bus lock, PKS */
    [WORD_7_ECX] = 1u << 1 | 0x1f << 3 | 1u << 9 | 1u << 10 | 1u << 11 | 1u << 12 | 1u << 14 | 1u << 24 | 1u << 31,
    [WORD_7_EDX] = UINT32_MAX & ~(1u << 4),     /* speculation control MSRs, AMX, AVX-512; FSRM stays */
    [WORD_D1_EAX] = UINT32_MAX,
    [WORD_80000001_ECX] = SVM | 1u << 11 | 1u << 16,    /* SVM, XOP, FMA4 */
    [WORD_8000000A_EDX] = UINT32_MAX,
};

int cpuid_supported_get(struct kvm *kvm, struct error **err)
{
    int r;

    kvm->supported = calloc(1, sizeof(*kvm->supported) + ENTRIES * sizeof(kvm->supported->entries[0]));
    assert(kvm->supported);
    kvm->supported->nent = ENTRIES;
    r = kvm_ioctl(kvm->fd, KVM_GET_SUPPORTED_CPUID, kvm->supported);
    return r < 0 ? error_set_host(err, r, "-accel kvm", "KVM_GET_SUPPORTED_CPUID") : 0;
}

static uint32_t supported(const struct kvm *kvm, uint32_t leaf, uint32_t subleaf, unsigned reg)
{
    for (uint32_t i = 0; i < kvm->supported->nent; i++) {
        const struct kvm_cpuid_entry2 *e = &kvm->supported->entries[i];
        const uint32_t out[4] = { e->eax, e->ebx, e->ecx, e->edx };

        if (e->function == leaf && (e->index == subleaf || !(e->flags & KVM_CPUID_FLAG_SIGNIFCANT_INDEX)))
            return out[reg];
    }
    return 0;
}

/* The kernel's answer, with what depends on where the local APIC is. */
static uint32_t word_supported(const struct kvm *kvm, enum cpu_word w)
{
    uint32_t bits = supported(kvm, words[w].leaf, words[w].subleaf, words[w].reg);

    if (w != WORD_1_ECX)
        return bits;
    bits = (bits | HYPERVISOR) & ~(uint32_t)(X2APIC | TSC_DEADLINE);
    if (kvm->mode != KERNEL_IRQCHIP_OFF)
        bits |= X2APIC | (kvm_has(kvm, KVM_CAP_TSC_DEADLINE_TIMER) ? TSC_DEADLINE : 0);
    return bits;
}

static void host_text(struct kvm *kvm)
{
    uint32_t id[12] = { 0 }, eax, ebx = 0, ecx = 0, edx = 0;

    __get_cpuid(0, &eax, &ebx, &ecx, &edx);
    memcpy(kvm->host_vendor, (uint32_t[]){ ebx, edx, ecx }, 12);
    for (unsigned i = 0; i < 3; i++)
        __get_cpuid(0x80000002 + i, &id[4 * i], &id[4 * i + 1], &id[4 * i + 2], &id[4 * i + 3]);
    memcpy(kvm->host_brand, id, 48);
}

/* All that there is, less what the user does not want. */
static void all_of_host(struct kvm *kvm, struct cpu_config *cfg)
{
    if (!cfg->signature_named)
        cfg->model.signature = supported(kvm, 1, 0, 0);
    if (!cfg->brand_named)
        g_strlcpy(cfg->model.brand, kvm->host_brand, sizeof(cfg->model.brand));
    for (unsigned w = 0; w < CPU_WORDS; w++)
        cfg->model.words[w] = (word_supported(kvm, w) & ~no_room[w] & ~cfg->refused[w]) | cfg->asked[w];
}

/* Its removal is no surprise to anybody: the reference's machine types do it. */
static void unwanted_drop(struct kvm *kvm, struct cpu_config *cfg)
{
    uint32_t *has = cfg->model.words;

    if (kvm->mode != KERNEL_IRQCHIP_OFF)
        has[WORD_1_ECX] |= X2APIC & ~cfg->refused[WORD_1_ECX];
    has[WORD_1_ECX] &= ~(uint32_t)MONITOR | cfg->asked[WORD_1_ECX];
    has[WORD_80000001_ECX] &= ~(uint32_t)SVM | cfg->asked[WORD_80000001_ECX];
}

void kvm_cpu_filter(struct accel *accel, struct cpu_config *cfg)
{
    struct kvm *kvm = (struct kvm *)accel;

    host_text(kvm);
    if (cfg->model.whatever)
        all_of_host(kvm, cfg);
    unwanted_drop(kvm, cfg);
    for (unsigned w = 0; w < CPU_WORDS; w++) {
        uint32_t legal = word_supported(kvm, w) & ~no_room[w];

        cfg->removed[w] |= cfg->model.words[w] & ~legal;
        cfg->model.words[w] &= legal;
    }
    if (!cfg->vendor_named)
        g_strlcpy(cfg->model.vendor, kvm->host_vendor, sizeof(cfg->model.vendor));
    if (cfg->on.host_phys_bits)
        cfg->model.phys_bits = supported(kvm, 0x80000008, 0, 0) & 0xff;
}

/* What the vCPU is told: a list with room for ENTRIES. */

static void add(struct kvm_cpuid2 *l, uint32_t leaf, uint32_t subleaf, bool indexed, const uint32_t out[4])
{
    if (l->nent < ENTRIES)
        l->entries[l->nent++] = (struct kvm_cpuid_entry2){
            .function = leaf, .index = subleaf, .flags = indexed ? KVM_CPUID_FLAG_SIGNIFCANT_INDEX : 0,
            .eax = out[0], .ebx = out[1], .ecx = out[2], .edx = out[3],
        };
}

static void add_range(struct kvm_cpuid2 *l, const struct vcpu *cpu, uint32_t first, uint32_t last)
{
    enum { CACHES = 4, FEATURES_7 = 7, TOPOLOGY = 0xb, XSAVE = 0xd };
    const struct cpuid_live live = { .apic_id = cpu->apic_id, .apic_enabled = true, .xcr0 = 1 };

    for (uint32_t leaf = first; leaf <= last; leaf++) {
        bool indexed = leaf == CACHES || leaf == FEATURES_7 || leaf == TOPOLOGY || leaf == XSAVE;
        unsigned n = leaf == TOPOLOGY ? 3 : leaf == XSAVE ? 2 : 1;

        for (unsigned sub = 0; sub < n; sub++) {
            uint32_t out[4];

            cpuid_query(cpu->model, &live, leaf, sub, out);
            add(l, leaf, sub, indexed, out);
        }
    }
}

static void add_signature(struct kvm_cpuid2 *l, const struct kvm *kvm)
{
    uint32_t wanted = KVM_CLOCK | NO_IO_DELAY | CLOCK_STABLE;
    uint32_t head[4] = { FEATURES }, features[4] = { supported(kvm, FEATURES, 0, 0) & wanted };

    memcpy(&head[1], "KVMKVMKVM\0\0\0", 12);
    add(l, SIGNATURE, 0, false, head);
    add(l, FEATURES, 0, false, features);
}

int cpuid_put(struct kvm_vcpu *v, struct error **err)
{
    const struct cpu_config *c = v->cpu->model;
    struct kvm_cpuid2 *l = calloc(1, sizeof(*l) + ENTRIES * sizeof(l->entries[0]));
    int r;

    assert(l);
    add_range(l, v->cpu, 0, c->model.level < BASIC_LAST ? c->model.level : BASIC_LAST);
    add_range(l, v->cpu, 0x80000000, c->model.xlevel < EXTENDED_LAST ? c->model.xlevel : EXTENDED_LAST);
    if (c->on.kvm_leaves && c->model.words[WORD_1_ECX] & (uint32_t)HYPERVISOR)
        add_signature(l, v->kvm);
    r = kvm_ioctl(v->fd, KVM_SET_CPUID2, l);
    free(l);
    return r < 0 ? error_set_host(err, r, "-cpu", T("%s, KVM_SET_CPUID2", c->model.name)) : 0;
}
