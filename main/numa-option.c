/* SPDX-License-Identifier: Apache-2.0 */
#include "main/options.h"

/*
 * -numa: nodes, distances, places of CPUs, rates and side caches, one option at a time
 *
 * Options are read in order, so that what an option refers to has been declared before it; what only all of
 * them say is checked in hw/i386/numa.c, and what a memdev= is in ram.c, when objects have been made.
 */

#include "hw/i386/numa.h"
#include "lib/error.h"
#include "lib/size.h"
#include "main/keyval.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define MIB (1ull << 20)

static int missing(struct error **err, const char *kind, const char *key, const char *legal)
{
    return error_set(err, -EINVAL, ERROR_SYNTAX, T("-numa %s", kind), T("no %s", key), legal);
}

/* A number that has to be there. */
static int number(struct keyval *kv, const char *kind, const char *key, unsigned min, unsigned max, unsigned *val,
                  struct error **err)
{
    *val = UINT32_MAX;
    if (keyval_number(kv, key, min, max, val, err) < 0)
        return -EINVAL;
    return *val == UINT32_MAX ? missing(err, kind, key, T("%s=%u to %u", key, min, max)) : 0;
}

/* A node that a -numa node before this option has declared. */
static int node_number(const struct numa *n, struct keyval *kv, const char *kind, const char *key, unsigned *node,
                       struct error **err)
{
    int r = number(kv, kind, key, 0, NUMA_NODES - 1, node, err);

    if (!r && !n->node[*node].declared)
        r = error_set(err, -ENOENT, ERROR_UNKNOWN, T("-numa %s %s", kind, key), T("%u", *node),
                      "a node that a -numa node before it declares");
    return r;
}

/* A size that has to be there. */
static int size(struct keyval *kv, const char *kind, const char *key, uint64_t unit, uint64_t *val, struct error **err)
{
    const char *value = keyval_take(kv, key);

    if (!value)
        return missing(err, kind, key, T("%s=SIZE", key));
    if (size_parse(value, unit, val) < 0)
        return error_set(err, -EINVAL, ERROR_SYNTAX, T("-numa %s %s", kind, key), value, "a size");
    return 0;
}

/* The index of a word among `words`, which end in NULL. */
static int choice(struct keyval *kv, const char *kind, const char *key, const char *const *words, unsigned *index,
                  struct error **err)
{
    const char *value = keyval_take(kv, key);
    char legal[160] = "";

    for (*index = 0; words[*index]; ++*index) {
        if (value && !strcmp(value, words[*index]))
            return 0;
        strncat(legal, *legal ? ", " : "", sizeof(legal) - strlen(legal) - 1);
        strncat(legal, words[*index], sizeof(legal) - strlen(legal) - 1);
    }
    if (!value)
        return missing(err, kind, key, legal);
    return error_set(err, -EINVAL, ERROR_UNKNOWN, T("-numa %s %s", kind, key), value, legal);
}

static int hmat_wanted(const struct config *c, const char *what, struct error **err)
{
    return c->board.hmat ? 0 : error_set(err, -EINVAL, ERROR_STATE, "-numa", what, "with -machine hmat=on before it");
}

/* "3" or "0-7" */
static int cpus_set(struct numa *n, const char *range, unsigned node, struct error **err)
{
    unsigned long first, last;
    char *end;

    errno = 0;
    first = last = strtoul(range, &end, 10);
    if (*range >= '0' && *range <= '9' && *end == '-' && end[1] >= '0' && end[1] <= '9')
        last = strtoul(end + 1, &end, 10);
    if (*range < '0' || *range > '9' || *end || errno || last < first)
        return error_set(err, -EINVAL, ERROR_SYNTAX, "-numa node cpus", range, "a number, or two with a dash between");
    if (last >= NUMA_CPUS)
        return error_set(err, -ERANGE, ERROR_RANGE, "-numa node cpus", range, T("0 to %d", NUMA_CPUS - 1));
    for (; first <= last; first++) {
        if (n->cpu_node[first] != NUMA_NONE)
            return error_set(err, -EEXIST, ERROR_STATE, "-numa node cpus", range,
                             T("one node for each CPU; CPU %lu is in node %u", first, n->cpu_node[first]));
        n->cpu_node[first] = node;
    }
    return 0;
}

/* cpus= may stand several times. */
static int cpus_each(struct numa *n, struct keyval *kv, unsigned node, struct error **err)
{
    int r = 0;

    for (unsigned i = 0; i < kv->n && !r; i++)
        if (!strcmp(kv->pair[i].key, "cpus")) {
            kv->pair[i].used = true;
            r = cpus_set(n, kv->pair[i].value, node, err);
        }
    return r;
}

static int node_initiator(struct config *c, struct keyval *kv, struct numa_node *node, struct error **err)
{
    unsigned initiator = NUMA_NONE;
    int r = keyval_number(kv, "initiator", 0, NUMA_NODES - 1, &initiator, err);

    node->initiator = initiator;
    return r || initiator == NUMA_NONE ? r : hmat_wanted(c, T("initiator=%u", initiator), err);
}

/* All nodes say mem=, or all say memdev=.  A node without either has no memory, and is as the others are. */
static int memory_kind_check(const struct numa *n, unsigned id, struct error **err)
{
    bool memdev = false, mem = false;

    for (unsigned i = 0; i < n->n_nodes; i++) {
        memdev |= n->node[i].memdev != NULL;
        mem |= n->node[i].bytes != 0;
    }
    return memdev && mem ? error_set(err, -EINVAL, ERROR_STATE, "-numa node", T("nodeid=%u", id),
                                     "mem= for all nodes or memdev= for all nodes") : 0;
}

static int option_node(struct config *c, struct keyval *kv, struct error **err)
{
    struct numa *n = c->board.numa;
    unsigned id = n->n_nodes;
    const char *memdev = keyval_take(kv, "memdev");
    int r = keyval_number(kv, "nodeid", 0, NUMA_NODES - 1, &id, err);

    if (r < 0)
        return r;
    if (id >= NUMA_NODES || n->node[id].declared)
        return error_set(err, -EEXIST, ERROR_RANGE, "-numa node nodeid", T("%u", id),
                         T("0 to %d, each once", NUMA_NODES - 1));
    if (memdev)
        config_string(&n->node[id].memdev, memdev);
    n->node[id].declared = true;
    if (id >= n->n_nodes)
        n->n_nodes = id + 1;
    r = cpus_each(n, kv, id, err);
    for (unsigned i = 0; i < kv->n && !r; i++)
        if (!strcmp(kv->pair[i].key, "mem"))
            r = size(kv, "node", "mem", MIB, &n->node[id].bytes, err);
    if (!r)
        r = node_initiator(c, kv, &n->node[id], err);
    if (!r)
        r = memory_kind_check(n, id, err);
    return r ? r : keyval_end(kv, "nodeid, cpus, mem, memdev, initiator", err);
}

static int option_dist(struct config *c, struct keyval *kv, struct error **err)
{
    struct numa *n = c->board.numa;
    unsigned src, dst, val;
    int r = node_number(n, kv, "dist", "src", &src, err);

    if (!r)
        r = node_number(n, kv, "dist", "dst", &dst, err);
    if (!r)
        r = number(kv, "dist", "val", NUMA_LOCAL, 255, &val, err);
    if (!r && src == dst && val != NUMA_LOCAL)
        r = error_set(err, -EINVAL, ERROR_RANGE, "-numa dist val", T("%u", val), "10 from a node to itself");
    if (!r)
        r = keyval_end(kv, "src, dst, val", err);
    if (r < 0)
        return r;
    n->distance[src][dst] = val;
    n->has_distances = true;
    return 0;
}

static int option_cpu(struct config *c, struct keyval *kv, struct error **err)
{
    struct numa *n = c->board.numa;
    unsigned node, place[4] = { UINT32_MAX, UINT32_MAX, UINT32_MAX, UINT32_MAX };
    static const char *const keys[] = { "socket-id", "die-id", "core-id", "thread-id" };
    int r = node_number(n, kv, "cpu", "node-id", &node, err);

    for (unsigned i = 0; i < 4 && !r; i++)
        r = keyval_number(kv, keys[i], 0, NUMA_CPUS - 1, &place[i], err);
    if (!r)
        r = keyval_end(kv, "node-id, socket-id, die-id, core-id, thread-id", err);
    if (!r && n->n_places == NUMA_CPUS)
        r = error_set(err, -E2BIG, ERROR_RANGE, "-numa cpu", "more than can be", T("at most %d", NUMA_CPUS));
    if (!r)
        n->place[n->n_places++] = (struct numa_place){ place[0], place[1], place[2], place[3], node };
    return r;
}

static int bandwidth_check(uint64_t val, struct error **err)
{
    return val % MIB ? error_set(err, -EINVAL, ERROR_RANGE, "-numa hmat-lb bandwidth",
                                 T("%llu bytes", (unsigned long long)val), "a multiple of 1M") : 0;
}

/* The largest power of `step` that divides all rates, and with it the largest entry, which has 16 bits. */
static int rates_fit(const struct numa_rates *r, unsigned step, uint64_t unit, struct error **err)
{
    uint64_t largest = 0;

    for (bool divides = true; divides;) {
        bool any = false;

        largest = 0;
        for (unsigned i = 0; i < NUMA_NODES * NUMA_NODES; i++) {
            uint64_t val = r->val[i / NUMA_NODES][i % NUMA_NODES];

            if (val == UINT64_MAX || !val)
                continue;
            any = true;
            divides &= val / unit % step == 0;
            if (val / unit > largest)
                largest = val / unit;
        }
        divides &= any;
        if (divides)
            unit *= step;
    }
    return largest < 0xffff ? 0 : error_set(err, -ERANGE, ERROR_RANGE, "-numa hmat-lb",
                                            T("%llu units apart", (unsigned long long)largest),
                                            "rates of one kind that are at most 65534 of their common unit");
}

static int rate_set(struct numa *n, unsigned hierarchy, unsigned type, unsigned from, unsigned to, uint64_t val,
                    struct error **err)
{
    struct numa_rates **r = &n->rates[hierarchy][type];

    if (!*r) {
        *r = malloc(sizeof(**r));
        assert(*r);
        memset(*r, 0xff, sizeof(**r));
    }
    if ((*r)->val[from][to] != UINT64_MAX)
        return error_set(err, -EEXIST, ERROR_STATE, "-numa hmat-lb", T("initiator=%u,target=%u twice", from, to),
                         "once for each hierarchy and data type");
    (*r)->val[from][to] = val;
    return type >= NUMA_BANDWIDTH ? rates_fit(*r, 2, MIB, err) : rates_fit(*r, 10, 1, err);
}

static int option_hmat_lb(struct config *c, struct keyval *kv, struct error **err)
{
    static const char *const hierarchies[] = { "memory", "first-level", "second-level", "third-level", NULL };
    static const char *const types[] = { "access-latency", "read-latency", "write-latency", "access-bandwidth",
                                         "read-bandwidth", "write-bandwidth", NULL };
    struct numa *n = c->board.numa;
    unsigned from, to, hierarchy, type;
    uint64_t val = 0;
    int r = hmat_wanted(c, "hmat-lb", err);

    if (!r)
        r = node_number(n, kv, "hmat-lb", "initiator", &from, err);
    if (!r)
        r = node_number(n, kv, "hmat-lb", "target", &to, err);
    if (!r)
        r = choice(kv, "hmat-lb", "hierarchy", hierarchies, &hierarchy, err);
    if (!r)
        r = choice(kv, "hmat-lb", "data-type", types, &type, err);
    if (!r)
        r = size(kv, "hmat-lb", type >= NUMA_BANDWIDTH ? "bandwidth" : "latency", 1, &val, err);
    if (!r && type >= NUMA_BANDWIDTH)
        r = bandwidth_check(val, err);
    if (!r)
        r = keyval_end(kv, "initiator, target, hierarchy, data-type, and latency or bandwidth after it", err);
    return r ? r : rate_set(n, hierarchy, type, from, to, val, err);
}

static bool has_rates(const struct numa *n, unsigned node, unsigned first)
{
    for (unsigned h = 0; h < NUMA_HIERARCHIES; h++)
        for (unsigned t = first; t < first + NUMA_BANDWIDTH; t++)
            for (unsigned from = 0; n->rates[h][t] && from < NUMA_NODES; from++)
                if (n->rates[h][t]->val[from][node] != UINT64_MAX)
                    return true;
    return false;
}

static int cache_check(const struct numa *n, unsigned node, unsigned level, uint64_t bytes, struct error **err)
{
    const struct numa_cache *cache = n->cache[node];
    struct text object = text("-numa hmat-cache node-id=%u", node);

    if (!has_rates(n, node, 0) || !has_rates(n, node, NUMA_BANDWIDTH))
        return error_set(err, -EINVAL, ERROR_STATE, "-numa hmat-cache", T("node-id=%u", node),
                         "a target of hmat-lb, latency and bandwidth, before it");
    if (cache[level].size)
        return error_set(err, -EEXIST, ERROR_STATE, object.s, T("level=%u twice", level), "each level once");
    if (level > 1 && !cache[level - 1].size)
        return error_set(err, -EINVAL, ERROR_STATE, object.s, T("level=%u", level), T("level=%u before it", level - 1));
    if (!bytes || (level > 1 && bytes <= cache[level - 1].size))
        return error_set(err, -ERANGE, ERROR_RANGE, object.s, T("size=%llu", (unsigned long long)bytes),
                         T("more than %llu, the size of the level before",
                           level > 1 ? (unsigned long long)cache[level - 1].size : 0ull));
    return 0;
}

static int option_hmat_cache(struct config *c, struct keyval *kv, struct error **err)
{
    static const char *const associativities[] = { "none", "direct", "complex", NULL };
    static const char *const policies[] = { "none", "write-back", "write-through", NULL };
    struct numa *n = c->board.numa;
    unsigned node, level, line, associativity, policy;
    uint64_t bytes;
    int r = hmat_wanted(c, "hmat-cache", err);

    if (!r)
        r = node_number(n, kv, "hmat-cache", "node-id", &node, err);
    if (!r)
        r = size(kv, "hmat-cache", "size", 1, &bytes, err);
    if (!r)
        r = number(kv, "hmat-cache", "level", 1, NUMA_CACHE_LEVELS, &level, err);
    if (!r)
        r = choice(kv, "hmat-cache", "associativity", associativities, &associativity, err);
    if (!r)
        r = choice(kv, "hmat-cache", "policy", policies, &policy, err);
    if (!r)
        r = number(kv, "hmat-cache", "line", 0, UINT16_MAX, &line, err);
    if (!r)
        r = keyval_end(kv, "node-id, size, level, associativity, policy, line", err);
    if (!r)
        r = cache_check(n, node, level, bytes, err);
    if (!r)
        n->cache[node][level] = (struct numa_cache){ bytes, line, associativity, policy };
    return r;
}

int option_numa(struct config *c, const char *value, struct error **err)
{
    static const struct {
        const char *name;
        int (*set)(struct config *c, struct keyval *kv, struct error **err);
    } kinds[] = {
        { "node", option_node }, { "dist", option_dist }, { "cpu", option_cpu }, { "hmat-lb", option_hmat_lb },
        { "hmat-cache", option_hmat_cache },
    };
    struct keyval kv;
    const char *type;
    int r = keyval_parse(&kv, "-numa", value, "type", err);

    if (r < 0)
        return r;
    if (!c->board.numa)
        c->board.numa = numa_new();
    type = keyval_take(&kv, "type");
    r = -ENOENT;
    for (unsigned i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
        if (type && !strcmp(type, kinds[i].name))
            r = kinds[i].set(c, &kv, err);
    if (r == -ENOENT && !(err && *err))
        r = error_set(err, -EINVAL, ERROR_UNKNOWN, "-numa", type ? type : value,
                      "node, dist, cpu, hmat-lb, hmat-cache");
    keyval_fini(&kv);
    return r;
}
