/* SPDX-License-Identifier: Apache-2.0 */
#include "cpu/topology.h"

/*
 * Where CPUs are (see topology.h)
 */

#include "lib/error.h"

#include <errno.h>
#include <limits.h>

struct cpu_topology cpu_topology_cores(unsigned n)
{
    return (struct cpu_topology){ .cpus = n, .max_cpus = n, .sockets = 1, .dies = 1, .cores = n, .threads = 1 };
}

static unsigned or_one(unsigned n)
{
    return n ? n : 1;
}

/* Of four numbers that may be too large together. */
static unsigned product(const struct cpu_topology *t)
{
    uint64_t n = (uint64_t)or_one(t->sockets) * t->dies * or_one(t->cores) * or_one(t->threads);

    return n < UINT_MAX ? n : UINT_MAX;
}

static int mismatch(const struct cpu_topology *t, struct error **err)
{
    return error_set(err, -EINVAL, ERROR_RANGE, "-smp",
                     T("%u sockets * %u dies * %u cores * %u threads for %u CPUs", or_one(t->sockets), t->dies,
                       or_one(t->cores), or_one(t->threads), t->max_cpus),
                     "sockets * dies * cores * threads equal to the number of CPUs that are possible");
}

int cpu_topology_complete(struct cpu_topology *t, struct error **err)
{
    t->dies = or_one(t->dies);
    if (!t->cpus && !t->max_cpus)
        t->cpus = product(t);
    t->cpus = t->cpus ? t->cpus : t->max_cpus;
    t->max_cpus = t->max_cpus ? t->max_cpus : t->cpus;
    if (t->max_cpus < t->cpus)
        return error_set(err, -ERANGE, ERROR_RANGE, "-smp maxcpus", T("%u", t->max_cpus),
                         T("%u, which are there, or more", t->cpus));
    if (!t->cores) {
        t->sockets = or_one(t->sockets);
        t->threads = or_one(t->threads);
        t->cores = t->max_cpus / (t->sockets * t->dies * t->threads);
    } else if (!t->sockets) {
        t->threads = or_one(t->threads);
        t->sockets = t->max_cpus / (t->dies * t->cores * t->threads);
    }
    if (!t->threads)
        t->threads = t->max_cpus / (t->sockets * t->dies * t->cores);
    return product(t) == t->max_cpus && t->cores && t->sockets && t->threads ? 0 : mismatch(t, err);
}

struct cpu_place cpu_topology_place(const struct cpu_topology *t, unsigned index)
{
    return (struct cpu_place){
        .thread = index % t->threads,
        .core = index / t->threads % t->cores,
        .die = index / (t->threads * t->cores) % t->dies,
        .socket = index / (t->threads * t->cores * t->dies),
    };
}

unsigned cpu_topology_bits(unsigned n)
{
    unsigned bits = 0;

    while (1u << bits < n)
        bits++;
    return bits;
}

uint32_t cpu_topology_apic_id(const struct cpu_topology *t, unsigned index)
{
    struct cpu_place p = cpu_topology_place(t, index);
    uint32_t id = p.socket << cpu_topology_bits(t->dies) | p.die;

    id = id << cpu_topology_bits(t->cores) | p.core;
    return id << cpu_topology_bits(t->threads) | p.thread;
}
