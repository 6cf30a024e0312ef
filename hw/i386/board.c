/* SPDX-License-Identifier: Apache-2.0 */
#include "hw/i386/board.h"

/* What the PC boards share: finding a machine type, CPUs with their APIC ids (see board.h). */

#include "core/accel.h"
#include "cpu/device.h"
#include "hw/intc/apic.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

void board_each(void (*fn)(const struct board_type *b, void *opaque), void *opaque)
{
    TYPE_FOR_EACH(t)
        if (!(*t)->abstract && type_is(*t, "machine"))
            fn(board_type_of(*t), opaque);
}

const struct board_type *board_find(const char *name)
{
    TYPE_FOR_EACH(t) {
        const struct board_type *b;

        if ((*t)->abstract || !type_is(*t, "machine"))
            continue;
        b = board_type_of(*t);
        if (!strcmp(b->name, name) || (b->alias && !strcmp(b->alias, name)))
            return b;
    }
    return NULL;
}

static unsigned id_bits(unsigned n)
{
    unsigned bits = 0;

    while (1u << bits < n)
        bits++;
    return bits;
}

/* Threads, cores and packages each have whole bits of their own, so ids may have gaps. */
static uint32_t apic_id_of(const struct board_config *cfg, unsigned index)
{
    unsigned thread = index % cfg->threads, core = index / cfg->threads % cfg->cores;
    unsigned package = index / (cfg->threads * cfg->cores);

    return ((package << id_bits(cfg->cores)) | core) << id_bits(cfg->threads) | thread;
}

static int cpu_new(struct machine *m, const struct board_config *cfg, unsigned index, const struct cpu_config *model,
                   struct error **err)
{
    struct vcpu *cpu;
    int r = vcpu_new(m, index, apic_id_of(cfg, index), model, &cpu, err);

    if (r < 0)
        return r;
    m->vcpus[m->n_vcpus++] = cpu;
    r = cpu_device_new(m, cpu, cfg->cpu.model.name, err);
    if (!r)
        r = apic_new(m, cpu, err);
    return r ? r : vcpu_start_thread(cpu, err);
}

int board_cpus_new(struct machine *m, const struct board_config *cfg, struct error **err)
{
    struct cpu_config *model = malloc(sizeof(*model));
    int r = 0;

    m->vcpus = calloc(cfg->cpus, sizeof(*m->vcpus));
    assert(m->vcpus && model);
    *model = cfg->cpu;
    model->cores = cfg->cores;
    model->threads = cfg->threads;
    m->cpu_model = model;
    for (unsigned i = 0; i < cfg->cpus && !r; i++)
        r = cpu_new(m, cfg, i, model, err);
    if (!r && m->accel->ops->clock_get)
        r = board_device_new(m, "kvmclock", NULL, NULL, NULL, err);
    return r;
}

void board_config_init(struct board_config *cfg)
{
    *cfg = (struct board_config){
        .ram_bytes = 128 << 20, .cpus = 1, .sockets = 1, .cores = 1, .threads = 1,
        .boot = { .splash_ms = -1, .reboot_ms = -1 }, .floppy_check = true, .graphics = true,
        .hpet = true, .smm = true, .vmport = true, .acpi = true, .i8042 = true, .pic = true, .pit = true, .smbus = true,
        .dump_guest_core = true, .mem_merge = true,
    };
}

int board_device_new(struct machine *m, const char *type, const char *prop, const char *value, struct device **out,
                     struct error **err)
{
    const struct device_type *t = device_type_find(type);
    struct device *dev;
    int r;

    if (!t)
        return error_set(err, -ENOENT, ERROR_UNKNOWN, "machine", type, "a device type of this build");
    dev = device_new(m, t);
    r = prop ? device_set(dev, prop, value, err) : 0;
    if (!r)
        r = device_realize(dev, NULL, NULL, err);
    if (out)
        *out = dev;
    return r;
}
