/* SPDX-License-Identifier: Apache-2.0 */
#include "main/start.h"

/*
 * Which accelerator runs the guest, and what it makes of the CPU model
 *
 * Asked for are, in order: -accel (and -enable-kvm), or -machine accel=A:B.  The first that opens is taken.  With
 * none asked for it is one that this host has in hardware, else the software CPU; when the host would have one
 * that does not open, a line says why.
 */

#include "accel/accel.h"
#include "core/accel.h"
#include "cpu/feature.h"
#include "cpu/trait.h"
#include "lib/error.h"
#include "lib/log.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* "tcg,thread=multi".  -machine kernel-irqchip= is an option of kvm's. */
static int accel_try(const struct process *p, const char *spec, struct error **err)
{
    const char *irqchip = p->cfg->kernel_irqchip;
    size_t len = strcspn(spec, ",");
    char *name = strndup(spec, len), *options = strdup(spec[len] ? spec + len + 1 : "");
    int r;

    assert(name && options);
    if (irqchip && !strcmp(name, "kvm"))
        r = accel_open(p->machine, name, T("kernel-irqchip=%s%s%s", irqchip, *options ? "," : "", options), err);
    else
        r = accel_open(p->machine, name, *options ? options : NULL, err);
    free(options);
    free(name);
    return r;
}

/* The others' reasons are told as they fail. */
static int accel_first(const struct process *p, const char *const *specs, unsigned n, struct error **err)
{
    int r = -EINVAL;

    for (unsigned i = 0; i < n; i++) {
        struct error *why = NULL;

        r = accel_try(p, specs[i], &why);
        if (!r)
            return 0;
        if (i + 1 < n) {
            log_warn("%s", error_line(why).s);
            error_free(why);
        } else {
            *err = why;
        }
    }
    return r;
}

enum { ACCELS_MAX = 8 };

static int accel_listed(const struct process *p, const char *names, struct error **err)
{
    const char *specs[ACCELS_MAX];
    char *list = strdup(names), *save;
    unsigned n = 0;
    int r;

    assert(list);
    for (char *name = strtok_r(list, ":", &save); name && n < ACCELS_MAX; name = strtok_r(NULL, ":", &save))
        specs[n++] = name;
    if (n)
        r = accel_first(p, specs, n, err);
    else
        r = error_set(err, -EINVAL, ERROR_SYNTAX, "-machine accel", names,
                      "names that -accel help lists, with colons between");
    free(list);
    return r;
}

static int accel_default(const struct process *p, struct error **err)
{
    const char *specs[] = { accel_preferred(), "tcg" };

    return specs[0] ? accel_first(p, specs, 2, err) : accel_first(p, specs + 1, 1, err);
}

static int without_smm(const struct process *p, struct board_config *b, struct error **err)
{
    if (p->cfg->smm_asked)
        return error_set(err, -ENOTSUP, ERROR_UNSUPPORTED, "-machine smm", "on",
                         T("off, auto: %s has no system management mode here", p->machine->accel->ops->name));
    b->smm = false;
    return 0;
}

int process_accel(struct process *p, struct board_config *b, struct error **err)
{
    const struct config *c = p->cfg;
    int r;

    if (c->accels.n)
        r = accel_first(p, c->accels.item, c->accels.n, err);
    else
        r = c->machine_accel ? accel_listed(p, c->machine_accel, err) : accel_default(p, err);
    if (!r && c->kernel_irqchip && strcmp(p->machine->accel->ops->name, "kvm"))
        r = error_set(err, -EINVAL, ERROR_STATE, "-machine kernel-irqchip", c->kernel_irqchip, "with -accel kvm");
    return r < 0 || !p->machine->accel->no_smm ? r : without_smm(p, b, err);
}

/* Of what the software CPU lacks only the bits that the user named: a model's are nobody's wish. */
static void warn_soft(const struct cpu_config *cpu)
{
    for (const struct cpu_masked *m = cpu_soft_masked; m->name; m++)
        if (cpu->removed[m->word] & cpu->asked[m->word] & 1u << m->bit)
            log_warn("warning: the software CPU does not have the feature %s: %s", m->name, m->why);
}

/* The host's: the model's bits as well, as the reference does, since another host may have them. */
static void warn_host(const struct cpu_config *cpu)
{
    uint32_t told[CPU_WORDS] = { 0 };

    for (const struct cpu_feature *f = cpu_features; f->name; f++) {
        uint32_t bit = 1u << f->bit;

        if (!(cpu->removed[f->word] & bit) || told[f->word] & bit)
            continue;
        told[f->word] |= bit;
        log_warn("warning: host doesn't support requested feature: %s.%s [bit %u]", cpu_word_name(f->word), f->name,
                 f->bit);
    }
}

/* What -cpu enforce asks: all that the user named and the model has, unless the model is what there is. */
static int lacks_nothing(const struct cpu_config *cpu, struct error **err)
{
    struct json lacks = cpu_unavailable_json(cpu);
    g_autoptr(GString) names = g_string_new(NULL);

    for (uint32_t i = 0; i < lacks.num; i++)
        g_string_append_printf(names, "%s%s", i ? ", " : "", json_at(&lacks, i)->string);
    json_fini(&lacks);
    return names->len ? error_set(err, -ENOTSUP, ERROR_STATE, "-cpu enforce",
                                  T("%s without %s", cpu->model.name, names->str), "what the accelerator has")
                      : 0;
}

int process_cpu(struct process *p, struct cpu_config *cpu, struct error **err)
{
    struct accel *accel = p->machine->accel;
    bool soft = !accel->ops->cpu_filter;
    int r = cpu_config_parse(p->cfg->cpu ? p->cfg->cpu : "qemu64", soft, cpu, err);

    if (r < 0)
        return r;
    if (!soft)
        accel->ops->cpu_filter(accel, cpu);
    if (cpu->on.check || cpu->on.enforce)
        (soft ? warn_soft : warn_host)(cpu);
    return cpu->on.enforce ? lacks_nothing(cpu, err) : 0;
}
