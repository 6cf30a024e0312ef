/* SPDX-License-Identifier: Apache-2.0 */
#include "hw/i386/board.h"

/* What the PC boards share: finding a machine type, CPUs with their APIC ids (see board.h). */

#include "core/accel.h"
#include "hw/i386/cpu-places.h"

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

const struct board_type *board_default(void)
{
    const struct board_type *found = NULL;

    TYPE_FOR_EACH(t)
        if (!(*t)->abstract && type_is(*t, "machine") && board_type_of(*t)->is_default)
            found = board_type_of(*t);
    assert(found);
    return found;
}

void board_places_new(struct machine *m, const struct board_config *cfg)
{
    struct cpu_config *model = malloc(sizeof(*model));

    assert(model && !m->slots);
    cpu_places_new(m, cfg);
    *model = cfg->cpu;
    model->dies = cfg->smp.dies;
    model->cores = cfg->smp.cores;
    model->threads = cfg->smp.threads;
    m->cpu_model = model;
}

int board_cpus_new(struct machine *m, const struct board_config *cfg, struct error **err)
{
    int r = 0;

    if (!m->slots)
        board_places_new(m, cfg);
    for (unsigned i = 0; i < cfg->smp.cpus && !r; i++)
        r = cpu_places_fill(m, i, err);
    if (!r && m->accel->ops->clock_get)
        r = board_device_new(m, "kvmclock", NULL, NULL, NULL, err);
    return r;
}

void board_config_init(struct board_config *cfg)
{
    *cfg = (struct board_config){
        .ram_bytes = 128 << 20, .smp = cpu_topology_cores(1),
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
