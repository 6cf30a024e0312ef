/* SPDX-License-Identifier: Apache-2.0 */
#include "cpu/switch.h"

/*
 * What a CPU has by name that is no feature bit and not in CPUID: one line per property of the reference's CPUs
 *
 * Hyper-V's enlightenments and what is for older machine types have a name here, so that clients read what they are.
 */

#define SWITCH(name_, member) { name_, offsetof(struct cpu_switches, member), false }
#define FIXED(name_, value_) { name_, SWITCH_FIXED, value_ }

const struct cpu_switch cpu_switches[] = {
    SWITCH("check", check),
    SWITCH("enforce", enforce),
    SWITCH("kvm", kvm_leaves),
    SWITCH("tcg-cpuid", tcg_leaves),
    SWITCH("cpuid-0xb", topology_leaf),
    SWITCH("host-phys-bits", host_phys_bits),
    FIXED("fill-mtrr-mask", true),
    FIXED("full-cpuid-auto-level", true),
    FIXED("hv-apicv", false), FIXED("hv-avic", false), FIXED("hv-crash", false), FIXED("hv-emsr-bitmap", false),
    FIXED("hv-enforce-cpuid", false), FIXED("hv-evmcs", false), FIXED("hv-frequencies", false), FIXED("hv-ipi", false),
    FIXED("hv-passthrough", false), FIXED("hv-reenlightenment", false), FIXED("hv-relaxed", false),
    FIXED("hv-reset", false), FIXED("hv-runtime", false), FIXED("hv-stimer", false), FIXED("hv-stimer-direct", false),
    FIXED("hv-syndbg", false), FIXED("hv-synic", false), FIXED("hv-time", false), FIXED("hv-tlbflush", false),
    FIXED("hv-tlbflush-direct", false), FIXED("hv-tlbflush-ext", false), FIXED("hv-vapic", false),
    FIXED("hv-vpindex", false), FIXED("hv-xmm-input", false),
    FIXED("kvm-no-smi-migration", false),
    FIXED("kvm-pv-enforce-cpuid", false),
    FIXED("l3-cache", true),
    FIXED("legacy-cache", true),
    FIXED("pmu", false),
    FIXED("start-powered-off", false),
    FIXED("vmware-cpuid-freq", true),
    FIXED("x-force-features", false), FIXED("x-hv-synic-kvm-only", false), FIXED("x-intel-pt-auto-level", true),
    FIXED("x-migrate-smi-count", true), FIXED("x-vendor-cpuid-only", true),
    {}
};

const struct cpu_constant cpu_constants[] = {
    { "host-phys-bits-limit", "uint8" },
    { "hv-no-nonarch-coresharing", "OnOffAuto", .text = "off" },
    { "hv-spinlocks", "uint32", .number = UINT32_MAX },         /* never asked */
    { "hv-vendor-id", "str", .text = "" },
    { "hv-version-id-build", "uint32" }, { "hv-version-id-major", "uint16" }, { "hv-version-id-minor", "uint16" },
    { "hv-version-id-sbranch", "uint8" }, { "hv-version-id-snumber", "uint32" }, { "hv-version-id-spack", "uint32" },
    { "lbr-fmt", "uint64" }, { "lbr_fmt", "uint64" },
    { "level-func7", "uint32" },
    { "min-xlevel2", "uint32" }, { "xlevel2", "uint32" },
    { "tsc-frequency", "int" },                                 /* the accelerator's own */
    { "ucode-rev", "uint64" },
    { "x-hv-max-vps", "int32", .number = UINT64_MAX },          /* -1: no limit */
    {}
};

static bool *place(struct cpu_config *c, const struct cpu_switch *s)
{
    return (bool *)((char *)&c->on + s->at);
}

bool cpu_switch_get(const struct cpu_config *c, const struct cpu_switch *s)
{
    return s->at == SWITCH_FIXED ? s->value : *place((struct cpu_config *)c, s);        /* only read from */
}

bool cpu_switch_set(struct cpu_config *c, const struct cpu_switch *s, bool on)
{
    if (s->at == SWITCH_FIXED)
        return on == s->value;
    *place(c, s) = on;
    return true;
}
