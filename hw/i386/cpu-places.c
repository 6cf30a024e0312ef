/* SPDX-License-Identifier: Apache-2.0 */
#include "hw/i386/cpu-places.h"

/*
 * The places of a PC's CPUs, and CPUs that come and go
 *
 * A place is a bus's slot: a CPU device names it by socket, die, core and thread, or by its APIC id.  Plugging makes
 * the vCPU; behind it comes its local APIC, then its thread, parked.  Leaving ends the thread first.  The guest hears
 * by the CPU hot-plug controller.  All CPUs are of the machine's model.  Left out: features of one CPU alone.
 *
 * Invariant: machine.vcpus and the slots' CPUs are the same, and change only while no vCPU runs, so that whoever sends
 * to all CPUs finds each of them whole or not at all.
 */

#include "core/accel.h"
#include "cpu/device.h"
#include "hw/acpi/pm.h"
#include "hw/i386/board.h"
#include "hw/i386/numa.h"
#include "hw/intc/apic.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

static const struct board_config *config_of(const struct machine *m)
{
    return m->board_config;
}

static const char *name_of(const struct device *dev)
{
    return dev->type->type.name;
}

/* The number of a thing in what holds it; otherwise: what it is if nobody has said, -1: it has to be said. */
static int number_check(const struct device *dev, const char *key, int32_t *number, unsigned n, int32_t otherwise,
                        struct error **err)
{
    if (*number < 0)
        *number = otherwise;
    if (*number < 0)
        return error_set(err, -EINVAL, ERROR_SYNTAX, T("%s.%s", name_of(dev), key), "nothing", T("0 to %u", n - 1));
    if ((unsigned)*number < n)
        return 0;
    return error_set(err, -ERANGE, ERROR_RANGE, T("%s.%s", name_of(dev), key), T("%d", *number), T("0 to %u", n - 1));
}

static int place_by_numbers(const struct device *dev, struct cpu_device_place *p, unsigned *index, struct error **err)
{
    const struct cpu_topology *t = &config_of(dev->machine)->smp;
    int r = number_check(dev, "socket-id", &p->socket, t->sockets, -1, err);

    if (!r)
        r = number_check(dev, "die-id", &p->die, t->dies, t->dies > 1 ? -1 : 0, err);
    if (!r)
        r = number_check(dev, "core-id", &p->core, t->cores, -1, err);
    if (!r)
        r = number_check(dev, "thread-id", &p->thread, t->threads, -1, err);
    if (!r)
        *index = ((p->socket * t->dies + p->die) * t->cores + p->core) * t->threads + p->thread;
    return r;
}

static int place_by_id(const struct device *dev, const struct cpu_device_place *p, unsigned *index, struct error **err)
{
    const struct machine *m = dev->machine;

    for (*index = 0; *index < m->n_slots; ++*index)
        if (m->slots[*index].apic_id == p->apic_id)
            return 0;
    return error_set(err, -ERANGE, ERROR_RANGE, T("%s.apic-id", name_of(dev)), T("%u", p->apic_id),
                     T("an APIC id of a place, at most %u", m->slots[m->n_slots - 1].apic_id));
}

/* What was said has to be what is; what was not said becomes that. */
static int agree(const struct device *dev, const char *key, int32_t *said, unsigned is, struct error **err)
{
    if (*said >= 0 && (unsigned)*said != is)
        return error_set(err, -EINVAL, ERROR_RANGE, T("%s.%s", name_of(dev), key), T("%d", *said),
                         T("%u in that place", is));
    *said = is;
    return 0;
}

static int place_complete(const struct device *dev, struct cpu_device_place *p, unsigned index, struct error **err)
{
    const struct vcpu_slot *s = &dev->machine->slots[index];
    const struct numa *n = config_of(dev->machine)->numa;
    int32_t node = p->node;
    int r = agree(dev, "socket-id", &p->socket, s->socket, err);

    p->apic_id = s->apic_id;
    if (!r)
        r = agree(dev, "die-id", &p->die, s->die, err);
    if (!r)
        r = agree(dev, "core-id", &p->core, s->core, err);
    if (!r)
        r = agree(dev, "thread-id", &p->thread, s->thread, err);
    if (!r)
        r = agree(dev, "node-id", n ? &p->node : &node, n ? n->cpu_node[index] : 0, err);
    return r;
}

static int place_choose(struct device *dev, unsigned *index, struct error **err)
{
    const struct machine *m = dev->machine;
    struct cpu_device_place *p = cpu_device_place(dev);
    const struct text model = text("%s-x86_64-cpu", ((const struct cpu_config *)m->cpu_model)->model.name);
    int r;

    if (strcmp(name_of(dev), model.s))
        return error_set(err, -EINVAL, ERROR_STATE, name_of(dev), "plugging", T("a %s, as the others are", model.s));
    r = p->apic_id == UINT32_MAX ? place_by_numbers(dev, p, index, err) : place_by_id(dev, p, index, err);
    if (!r)
        r = place_complete(dev, p, *index, err);
    if (!r && m->slots[*index].cpu)
        r = error_set(err, -EBUSY, ERROR_STATE, T("%s.apic-id", name_of(dev)), T("%u", p->apic_id),
                      T("a place without a CPU; %u is there", *index));
    return r;
}

static int places_plug(struct bus *bus, struct device *dev, struct error **err)
{
    struct machine *m = dev->machine;
    struct vcpu *cpu;
    unsigned index;
    int r = place_choose(dev, &index, err);

    (void)bus;
    if (!r)
        r = vcpu_new(m, index, m->slots[index].apic_id, m->cpu_model, &cpu, err);
    if (r < 0)
        return r;
    cpu_device_bind(dev, cpu);
    vcpu_enlist(cpu);
    m->slots[index].cpu = cpu;
    return 0;
}

static int places_complete(struct bus *bus, struct device *dev, struct error **err)
{
    struct vcpu *cpu = cpu_device_vcpu(dev);
    int r = apic_new(dev->machine, cpu, err);

    (void)bus;
    if (r < 0)
        return r;
    vcpu_reset(cpu, false);
    return vcpu_start_thread(cpu, err);
}

static void places_unplug(struct bus *bus, struct device *dev)
{
    struct vcpu *cpu = cpu_device_vcpu(dev);
    struct machine *m = dev->machine;

    (void)bus;
    vcpu_stop_thread(cpu);
    m->slots[cpu->index].cpu = NULL;
    vcpu_delist(cpu);
    cpu_device_bind(dev, NULL);
    vcpu_free(cpu);
}

static bool places_are_hot(const struct bus *bus)
{
    return bus->machine->pm;
}

static int places_tell(struct bus *bus, struct device *dev, bool leaves, struct error **err)
{
    const struct vcpu *cpu = cpu_device_vcpu(dev);

    if (leaves && cpu->bsp)
        return error_set(err, -ENOTSUP, ERROR_STATE, dev->id ? dev->id : name_of(dev), "unplugging",
                         "a CPU other than the first, which started the machine");
    return acpi_cpu_tell(bus->machine, cpu->index, leaves, err);
}

static const struct bus_ops places_ops = {
    .type = "CPU", .print = "CPU", .plug = places_plug, .complete = places_complete, .unplug = places_unplug,
    .is_hot = places_are_hot, .tell = places_tell,
};

void cpu_places_new(struct machine *m, const struct board_config *cfg)
{
    const struct cpu_topology *t = &cfg->smp;

    m->vcpus = calloc(t->max_cpus, sizeof(*m->vcpus));
    m->slots = calloc(t->max_cpus, sizeof(*m->slots));
    m->cpu_bus = malloc(sizeof(*m->cpu_bus));
    assert(m->vcpus && m->slots && m->cpu_bus);
    bus_init(m->cpu_bus, &places_ops, m, NULL, "cpus");
    for (; m->n_slots < t->max_cpus; m->n_slots++) {
        struct cpu_place p = cpu_topology_place(t, m->n_slots);
        struct vcpu_slot *s = &m->slots[m->n_slots];

        s->apic_id = cpu_topology_apic_id(t, m->n_slots);
        s->socket = p.socket;
        s->die = p.die;
        s->core = p.core;
        s->thread = p.thread;
    }
}

int cpu_places_fill(struct machine *m, unsigned index, struct error **err)
{
    const struct cpu_config *model = m->cpu_model;
    struct device *dev = device_new(m, device_type_find(T("%s-x86_64-cpu", model->model.name)));

    cpu_device_place(dev)->apic_id = m->slots[index].apic_id;
    return device_realize(dev, NULL, NULL, err);
}
