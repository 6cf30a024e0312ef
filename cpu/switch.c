/* SPDX-License-Identifier: Apache-2.0 */
#include "cpu/switch.h"

/*
 * What -cpu switches that is no feature bit: one line per property of the reference's CPUs
 *
 * Left out: Hyper-V's enlightenments, which are refused by name, and what is for the reference's older machine types.
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
    FIXED("kvm-no-smi-migration", false),
    FIXED("kvm-pv-enforce-cpuid", false),
    FIXED("l3-cache", true),
    FIXED("legacy-cache", true),
    FIXED("pmu", false),
    FIXED("start-powered-off", false),
    FIXED("vmware-cpuid-freq", true),
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
