/* SPDX-License-Identifier: Apache-2.0 */
#include "cpu/model.h"

/*
 * CPU models (see model.h)
 *
 * Numbers are those that the reference's guests read.
 * Invariant: a configuration never offers a bit that cpu_soft_masked lists, when the software CPU runs it.
 */

#include "cpu/feature.h"

#include <cpuid.h>
#include <string.h>

#define ALL_THERE_IS(name_, doc_) \
    { .name = (name_), .doc = (doc_), .vendor = "AuthenticAMD", .brand = "QEMU TCG CPU version 2.5+", \
      .signature = 0x60fb1, .level = 0xd, .xlevel = 0x8000000a, .phys_bits = 40, .whatever = true, \
      .words = { [WORD_1_EDX] = 0x0fcbfbfd, [WORD_1_ECX] = 0xf6d8320b, [WORD_6_EAX] = 0x4, \
                 [WORD_7_EBX] = 0x01d843a9, [WORD_7_ECX] = 0x8001020c, [WORD_D1_EAX] = 0x5, \
                 [WORD_80000001_EDX] = 0xedd3fbfd, [WORD_80000001_ECX] = 0x00000075, \
                 [WORD_8000000A_EDX] = 0x10010001 } }

static const struct cpu_model models[] = {
    { .name = "qemu64",
      .vendor = "AuthenticAMD",
      .brand = "QEMU Virtual CPU version 2.5+",
      .signature = 0x60fb1,
      .level = 0xd,
      .xlevel = 0x8000000a,
      .phys_bits = 40,
      .words = { [WORD_1_EDX] = 0x078bfbfd,
                 [WORD_1_ECX] = 0x80002001,
                 [WORD_80000001_EDX] = 0x2193fbfd,
                 [WORD_80000001_ECX] = 0x00000005 } },
    { .name = "base", .doc = "base CPU model type with no features enabled", .phys_bits = 40 },
    ALL_THERE_IS("host", "processor with all supported host features "),
    ALL_THERE_IS("max", "Enables all features supported by the accelerator in the current host"),
};
enum { MODELS = sizeof(models) / sizeof(models[0]) };

void cpu_models_each(void (*fn)(const struct cpu_model *m, void *opaque), void *opaque)
{
    for (unsigned i = 0; i < MODELS; i++)
        fn(&models[i], opaque);
}

void cpu_feature_names(void (*fn)(const char *name, void *opaque), void *opaque)
{
    for (const struct cpu_feature *f = cpu_features; f->name; f++)
        if (!cpu_feature_is_alias(f))
            fn(f->name, opaque);
}

/* The name of a model that has versions may carry one, of which there is the first. */
static const struct cpu_model *model_find(const char *name)
{
    for (unsigned i = 0; i < MODELS; i++) {
        size_t len = strlen(models[i].name);

        if (!strncmp(name, models[i].name, len) && (!name[len] || (!models[i].doc && !strcmp(name + len, "-v1"))))
            return &models[i];
    }
    return NULL;
}

bool cpu_name_is(const char *name, const char *said)
{
    if (strlen(name) != strlen(said))
        return false;
    for (; *name; name++, said++)
        if (*name != *said && !(*said == '-' && *name == '_') && !(*said == '_' && *name == '-'))
            return false;
    return true;
}

static const struct cpu_feature *feature_find(const char *name)
{
    for (const struct cpu_feature *f = cpu_features; f->name; f++)
        if (cpu_name_is(f->name, name))
            return f;
    return NULL;
}

static void feature_set(struct cpu_config *cfg, const struct cpu_feature *f, bool on)
{
    cfg->model.words[f->word] &= ~(1u << f->bit);
    cfg->model.words[f->word] |= (uint32_t)on << f->bit;
    cfg->asked[f->word] &= ~(1u << f->bit);
    cfg->asked[f->word] |= (uint32_t)on << f->bit;
    cfg->refused[f->word] &= ~(1u << f->bit);
    cfg->refused[f->word] |= (uint32_t)!on << f->bit;
}

bool cpu_config_feature(struct cpu_config *cfg, const char *name, bool on)
{
    const struct cpu_feature *f = feature_find(name);

    if (f)
        feature_set(cfg, f, on);
    return f;
}

/* Vector instructions are run by the host's own: what it lacks, the software CPU lacks, too. */
static uint32_t host_lacks(void)
{
    enum { BORROWED = 1 << 0 | 1 << 1 | 1 << 9 | 1 << 19 | 1 << 20 | 1 << 25 };     /* SSE3 to SSE4.2, PCLMULQDQ, AES */
    uint32_t eax, ebx, ecx = 0, edx;

    __get_cpuid(1, &eax, &ebx, &ecx, &edx);
    return BORROWED & ~ecx;
}

static void mask_soft(struct cpu_config *cfg)
{
    uint32_t lacks = host_lacks();

    cfg->removed[WORD_1_ECX] |= cfg->model.words[WORD_1_ECX] & lacks;
    cfg->model.words[WORD_1_ECX] &= ~lacks;
    for (const struct cpu_masked *m = cpu_soft_masked; m->name; m++) {
        uint32_t bit = 1u << m->bit;

        cfg->removed[m->word] |= cfg->model.words[m->word] & bit;
        cfg->model.words[m->word] &= ~bit;
    }
}

/* AMD's parts repeat leaf 1's EDX in 80000001's. */
static void repeat_amd(struct cpu_config *cfg)
{
    uint32_t *w = cfg->model.words, shared = 0x0183f3ff;

    if (!strcmp(cfg->model.vendor, "AuthenticAMD"))
        w[WORD_80000001_EDX] = (w[WORD_80000001_EDX] & ~shared) | (w[WORD_1_EDX] & shared);
}

bool cpu_config_begin(struct cpu_config *cfg, const char *name)
{
    const struct cpu_model *model = model_find(name);

    if (model)
        *cfg = (struct cpu_config){
            .model = *model, .dies = 1, .cores = 1, .threads = 1,
            .on = { .check = true, .kvm_leaves = true, .tcg_leaves = true, .topology_leaf = true },
        };
    return model;
}

void cpu_config_end(struct cpu_config *cfg, bool soft)
{
    if (soft)
        mask_soft(cfg);
    repeat_amd(cfg);
}
