/* SPDX-License-Identifier: Apache-2.0 */
#include "cpu/model.h"

/*
 * CPU models (see model.h)
 *
 * Two so far: qemu64, the default, and max.  Numbers are those that the reference's guests read.
 * Invariant: a configuration never offers a bit that cpu_soft_masked lists, when the software CPU runs it.
 */

#include "cpu/feature.h"
#include "lib/error.h"

#include <cpuid.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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
    { .name = "max",
      .vendor = "AuthenticAMD",
      .brand = "QEMU TCG CPU version 2.5+",
      .signature = 0x60fb1,
      .level = 0xd,
      .xlevel = 0x8000000a,
      .phys_bits = 40,
      .words = { [WORD_1_EDX] = 0x0fcbfbfd,
                 [WORD_1_ECX] = 0xf6d8320b,
                 [WORD_6_EAX] = 0x4,
                 [WORD_7_EBX] = 0x01d843a9,
                 [WORD_7_ECX] = 0x8001020c,
                 [WORD_D1_EAX] = 0x5,
                 [WORD_80000001_EDX] = 0xedd3fbfd,
                 [WORD_80000001_ECX] = 0x00000075,
                 [WORD_8000000A_EDX] = 0x10010001 } },
};
enum { MODELS = sizeof(models) / sizeof(models[0]) };

void cpu_model_names(void (*fn)(const char *name, const char *brand, void *opaque), void *opaque)
{
    for (unsigned i = 0; i < MODELS; i++)
        fn(models[i].name, models[i].brand, opaque);
}

void cpu_feature_names(void (*fn)(const char *name, void *opaque), void *opaque)
{
    for (const struct cpu_feature *f = cpu_features; f->name; f++)
        if (!cpu_feature_is_alias(f))
            fn(f->name, opaque);
}

static const struct cpu_model *model_find(const char *name, size_t len)
{
    for (unsigned i = 0; i < MODELS; i++)
        if ((strlen(models[i].name) == len && !strncmp(models[i].name, name, len)) ||
            (strlen(models[i].name) + 3 == len && !strncmp(models[i].name, name, len - 3) &&
             !strncmp(name + len - 3, "-v1", 3)))
            return &models[i];
    return NULL;
}

static bool name_is(const char *name, const char *spec, size_t len)
{
    if (strlen(name) != len)
        return false;
    for (size_t i = 0; i < len; i++)
        if (name[i] != spec[i] && !(name[i] == '-' && spec[i] == '_') && !(name[i] == '_' && spec[i] == '-'))
            return false;
    return true;
}

static const struct cpu_feature *feature_find(const char *spec, size_t len)
{
    for (const struct cpu_feature *f = cpu_features; f->name; f++)
        if (name_is(f->name, spec, len))
            return f;
    return NULL;
}

static int no_feature(const char *spec, size_t len, struct error **err)
{
    return error_set(err, -EINVAL, ERROR_UNKNOWN, "cpu", T("%.*s", (int)len, spec),
                     "+FEATURE, -FEATURE, FEATURE=on|off with a name that -cpu help lists");
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
    const struct cpu_feature *f = feature_find(name, strlen(name));

    if (f)
        feature_set(cfg, f, on);
    return f;
}

/* One item after the model: "+x2apic", "-svm", "x2apic=on", "x2apic". */
static int item_parse(const char *spec, size_t len, struct cpu_config *cfg, struct error **err)
{
    const char *eq = memchr(spec, '=', len);
    bool sign = *spec == '+' || *spec == '-';
    const char *name = spec + sign;
    size_t name_len = eq ? (size_t)(eq - name) : len - sign;
    const struct cpu_feature *f = len > sign ? feature_find(name, name_len) : NULL;
    size_t value_len = eq ? len - (size_t)(eq + 1 - spec) : 0;
    bool on = *spec != '-';

    if (!f || (sign && eq))
        return no_feature(spec, len, err);
    if (eq) {
        on = name_is("on", eq + 1, value_len);
        if (!on && !name_is("off", eq + 1, value_len))
            return error_set(err, -EINVAL, ERROR_SYNTAX, T("cpu.%s", f->name), T("%.*s", (int)value_len, eq + 1),
                             "on, off");
    }
    feature_set(cfg, f, on);
    return 0;
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

static int model_unknown(const char *spec, size_t len, struct error **err)
{
    char legal[200] = "";

    for (unsigned i = 0; i < MODELS; i++)
        snprintf(legal + strlen(legal), sizeof(legal) - strlen(legal), "%s%s", i ? ", " : "", models[i].name);
    return error_set(err, -ENOENT, ERROR_UNKNOWN, "-cpu", T("%.*s", (int)len, spec), legal);
}

bool cpu_config_begin(struct cpu_config *cfg, const char *name)
{
    static const struct cpu_model base = { .name = "base", .vendor = "", .brand = "" };
    const char *known = strcmp(name, "host") ? name : "max";
    const struct cpu_model *model = strcmp(name, "base") ? model_find(known, strlen(known)) : &base;

    if (model)
        *cfg = (struct cpu_config){ .model = *model, .dies = 1, .cores = 1, .threads = 1 };
    return model;
}

void cpu_config_end(struct cpu_config *cfg, bool soft)
{
    if (soft)
        mask_soft(cfg);
    repeat_amd(cfg);
}

int cpu_config_parse(const char *spec, bool soft, struct cpu_config *cfg, struct error **err)
{
    size_t len = strcspn(spec, ",");
    const struct cpu_model *model = model_find(spec, len);

    if (!model)
        return model_unknown(spec, len, err);
    *cfg = (struct cpu_config){ .model = *model, .dies = 1, .cores = 1, .threads = 1 };
    for (spec += len; *spec; spec += len) {
        int r;

        spec++;
        len = strcspn(spec, ",");
        if (!*spec)
            break;
        r = item_parse(spec, len, cfg, err);
        if (r < 0)
            return r;
    }
    cpu_config_end(cfg, soft);
    return 0;
}
