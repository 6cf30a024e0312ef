/* SPDX-License-Identifier: Apache-2.0 */
#include "hw/i386/numa.h"

/*
 * What NUMA options come to together (see numa.h)
 *
 * Rules are the reference's: nodes count from 0 without gaps, their memory adds up to the machine's, CPUs that
 * nobody placed follow their package if nobody placed any, and go to node 0 otherwise.
 * Invariant: after numa_complete() each CPU of the machine has a node that exists.
 */

#include "hw/i386/board.h"
#include "lib/error.h"
#include "lib/log.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

struct numa *numa_new(void)
{
    struct numa *n = calloc(1, sizeof(*n));

    assert(n);
    for (unsigned i = 0; i < NUMA_CPUS; i++)
        n->cpu_node[i] = NUMA_NONE;
    for (unsigned i = 0; i < NUMA_NODES; i++)
        n->node[i].initiator = NUMA_NONE;
    return n;
}

void numa_free(struct numa *n)
{
    if (!n)
        return;
    for (unsigned h = 0; h < NUMA_HIERARCHIES; h++)
        for (unsigned t = 0; t < NUMA_RATES; t++)
            free(n->rates[h][t]);
    for (unsigned i = 0; i < NUMA_NODES; i++)
        free(n->node[i].memdev);
    free(n);
}

static int gaps_check(const struct numa *n, struct error **err)
{
    for (unsigned i = 0; i < n->n_nodes; i++)
        if (!n->node[i].declared)
            return error_set(err, -EINVAL, ERROR_RANGE, "-numa node", T("no nodeid=%u", i),
                             "node ids from 0 on without gaps");
    return 0;
}

int numa_memory_check(const struct numa *n, uint64_t ram_bytes, struct error **err)
{
    uint64_t sum = 0;

    for (unsigned i = 0; i < n->n_nodes; i++) {
        if (n->node[i].bytes > ram_bytes - sum)
            break;
        sum += n->node[i].bytes;
        if (i + 1 == n->n_nodes && sum == ram_bytes)
            return 0;
    }
    return error_set(err, -EINVAL, ERROR_RANGE, "-numa node", "mem of all nodes together",
                     T("%#llx, the bytes of -m", (unsigned long long)ram_bytes));
}

bool numa_has_memdevs(const struct numa *n)
{
    for (unsigned i = 0; i < n->n_nodes; i++)
        if (n->node[i].memdev)
            return true;
    return false;
}

static int cpu_assign(struct numa *n, unsigned cpu, unsigned node, struct error **err)
{
    if (n->cpu_node[cpu] != NUMA_NONE && n->cpu_node[cpu] != node)
        return error_set(err, -EEXIST, ERROR_STATE, "-numa cpus", T("CPU %u in node %u", cpu, node),
                         T("one node for each CPU; it is in node %u", n->cpu_node[cpu]));
    n->cpu_node[cpu] = node;
    return 0;
}

static bool any_or(int asked, unsigned is)
{
    return asked < 0 || (unsigned)asked == is;
}

static int place_assign(struct numa *n, const struct board_config *b, const struct numa_place *p, struct error **err)
{
    bool any = false;
    int r = 0;

    for (unsigned i = 0; i < b->smp.max_cpus && !r; i++) {
        struct cpu_place at = cpu_topology_place(&b->smp, i);

        if (!any_or(p->socket, at.socket) || !any_or(p->die, at.die) || !any_or(p->core, at.core) ||
            !any_or(p->thread, at.thread))
            continue;
        any = true;
        r = cpu_assign(n, i, p->node, err);
    }
    if (any)
        return r;
    return error_set(err, -ENOENT, ERROR_UNKNOWN, "-numa cpu",
                     T("socket-id=%d,die-id=%d,core-id=%d,thread-id=%d", p->socket, p->die, p->core, p->thread),
                     T("%u sockets of %u dies of %u cores of %u threads", b->smp.sockets, b->smp.dies, b->smp.cores,
                       b->smp.threads));
}

static int cpus_check(const struct numa *n, unsigned cpus, struct error **err)
{
    for (unsigned i = cpus; i < NUMA_CPUS; i++)
        if (n->cpu_node[i] != NUMA_NONE)
            return error_set(err, -ERANGE, ERROR_RANGE, "-numa node cpus", T("%u", i),
                             T("0 to %u, as -smp maxcpus is %u", cpus - 1, cpus));
    return 0;
}

static int cpus_assign(struct numa *n, const struct board_config *b, struct error **err)
{
    unsigned placed = 0, cpus = b->smp.max_cpus;
    int r = 0;

    for (unsigned i = 0; i < n->n_places && !r; i++)
        r = place_assign(n, b, &n->place[i], err);
    for (unsigned i = 0; i < cpus; i++)
        placed += n->cpu_node[i] != NUMA_NONE;
    if (!r && placed && placed < cpus)
        log_warn("warning: -numa places %u of %u CPUs; the others are in node 0", placed, cpus);
    for (unsigned i = 0; i < cpus; i++) {
        if (n->cpu_node[i] == NUMA_NONE)
            n->cpu_node[i] = placed ? 0 : cpu_topology_place(&b->smp, i).socket % n->n_nodes;
        if (n->cpu_node[i] < n->n_nodes)
            n->node[n->cpu_node[i]].has_cpus = true;
    }
    return r;
}

/* Each pair needs a distance; if none differs from its way back, one way is enough. */
static int distances_fill(struct numa *n, struct error **err)
{
    bool asymmetric = false, half = false;

    for (unsigned i = 0; i < n->n_nodes; i++)
        n->distance[i][i] = NUMA_LOCAL;
    for (unsigned from = 0; from < n->n_nodes; from++)
        for (unsigned to = 0; to < from; to++) {
            uint8_t *there = &n->distance[from][to], *back = &n->distance[to][from];

            if (!*there && !*back)
                return error_set(err, -EINVAL, ERROR_STATE, "-numa dist", T("none between nodes %u and %u", to, from),
                                 "a distance between each two nodes, or none at all");
            half |= !*there || !*back;
            asymmetric |= *there && *back && *there != *back;
            if (!*there)
                *there = *back;
            if (!*back)
                *back = *there;
        }
    if (asymmetric && half)
        return error_set(err, -EINVAL, ERROR_STATE, "-numa dist", "one that differs from its way back",
                         "then both ways for each two nodes");
    return 0;
}

static int initiators_check(struct numa *n, struct error **err)
{
    for (unsigned i = 0; i < n->n_nodes; i++) {
        uint16_t *initiator = &n->node[i].initiator;

        if (n->node[i].has_cpus && *initiator == NUMA_NONE)
            *initiator = i;
        if (*initiator == NUMA_NONE)
            continue;
        if (*initiator >= n->n_nodes || !n->node[*initiator].has_cpus || (n->node[i].has_cpus && *initiator != i))
            return error_set(err, -EINVAL, ERROR_RANGE, T("-numa node %u initiator", i), T("%u", *initiator),
                             n->node[i].has_cpus ? "the node itself, as it has CPUs" : "a node with CPUs");
    }
    return 0;
}

static int rates_check(const struct numa *n, struct error **err)
{
    for (unsigned h = 0; h < NUMA_HIERARCHIES; h++)
        for (unsigned t = 0; t < NUMA_RATES; t++)
            for (unsigned from = 0; n->rates[h][t] && from < n->n_nodes; from++)
                for (unsigned to = 0; to < n->n_nodes; to++)
                    if (n->rates[h][t]->val[from][to] != UINT64_MAX && !n->node[from].has_cpus)
                        return error_set(err, -EINVAL, ERROR_RANGE, "-numa hmat-lb initiator", T("%u", from),
                                         "a node with CPUs");
    return 0;
}

int numa_complete(struct numa *n, const struct board_config *b, bool hmat, struct error **err)
{
    int r = gaps_check(n, err);

    if (!r)
        r = cpus_check(n, b->smp.max_cpus, err);
    if (!r && !numa_has_memdevs(n))
        r = numa_memory_check(n, b->ram_bytes, err);
    if (!r)
        r = cpus_assign(n, b, err);
    if (!r && n->has_distances)
        r = distances_fill(n, err);
    n->hmat = hmat;
    if (!r && hmat)
        r = initiators_check(n, err);
    return r || !hmat ? r : rates_check(n, err);
}
