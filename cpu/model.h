/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * CPU models and features: what a guest reads by CPUID
 *
 * A model is named words of feature bits, a vendor, a signature and a brand string.  The user adds and
 * removes features by name; the accelerator takes away what it does not execute, each bit listed in
 * one table with its reason (cpu_soft_masked).
 */

#include <stdbool.h>
#include <stdint.h>

struct error;

/* Feature words that names refer to, in CPUID order. */
enum cpu_word {
    WORD_1_EDX, WORD_1_ECX, WORD_6_EAX, WORD_7_EBX, WORD_7_ECX, WORD_7_EDX, WORD_D1_EAX,
    WORD_80000001_EDX, WORD_80000001_ECX, WORD_8000000A_EDX, CPU_WORDS,
};

struct cpu_model {
    const char *name;           /* "qemu64" */
    const char *doc;            /* of a model that has no versions */
    char vendor[13];            /* twelve characters, or none */
    char brand[48];
    uint32_t signature;         /* CPUID 1.EAX */
    uint32_t level, xlevel;     /* highest basic and extended leaf */
    uint8_t phys_bits;
    bool whatever;              /* has what there is, whatever that be */
    uint32_t words[CPU_WORDS];
};

/* Wishes that are no feature bits (switch.h). */
struct cpu_switches {
    bool check, enforce;        /* say, or refuse, what the accelerator lacks */
    bool kvm_leaves, tcg_leaves, topology_leaf;         /* CPUID shows them */
    bool host_phys_bits;
};

/* A model as one vCPU has it: words after the user's and the accelerator's changes, and its place. */
struct cpu_config {
    struct cpu_model model;
    uint32_t asked[CPU_WORDS];          /* named by the user, to be there */
    uint32_t refused[CPU_WORDS];        /* named by the user, not to be there */
    uint32_t removed[CPU_WORDS];        /* the model's or the user's, but the accelerator lacks it */
    struct cpu_switches on;
    bool vendor_named, brand_named, signature_named;    /* by the user: the host's do not replace them */
    uint32_t dies, cores, threads;      /* dies of a socket, cores of a die, threads of a core */
};

/* One bit that the software CPU does not execute. */
struct cpu_masked { enum cpu_word word; uint8_t bit; const char *name, *why; };
extern const struct cpu_masked cpu_soft_masked[];       /* ends in a line without a name */

/* "qemu64,+x2apic,-nx,vendor=GenuineIntel" as -cpu says it (spec.c).  soft: take away what the software CPU lacks.
 * Errors name the model or the property and what is legal. */
int cpu_config_parse(const char *spec, bool soft, struct cpu_config *cfg, struct error **err);
/*
 * The same step by step, for who has no text: begin, features, end.  False: there is no such model, or feature.
 */
bool cpu_config_begin(struct cpu_config *cfg, const char *name);
bool cpu_config_feature(struct cpu_config *cfg, const char *name, bool on);
void cpu_config_end(struct cpu_config *cfg, bool soft);
void cpu_models_each(void (*fn)(const struct cpu_model *m, void *opaque), void *opaque);
/* Every feature once, by the first of its names. */
void cpu_feature_names(void (*fn)(const char *name, void *opaque), void *opaque);

/* "CPUID.01H:ECX" */
const char *cpu_word_name(enum cpu_word w);

static inline bool cpu_has(const struct cpu_config *c, enum cpu_word w, unsigned bit)
{
    return c->model.words[w] >> bit & 1;
}

/* What changes while a CPU runs and CPUID shows. */
struct cpuid_live { uint32_t apic_id; bool apic_enabled, osxsave; uint64_t xcr0; };

/* out: eax ebx ecx edx.  Leaves beyond the highest answer as the highest basic one, as the hardware does. */
void cpuid_query(const struct cpu_config *c, const struct cpuid_live *live, uint32_t leaf, uint32_t subleaf,
                 uint32_t out[4]);
