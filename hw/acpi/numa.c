/* SPDX-License-Identifier: Apache-2.0 */
#include "hw/i386/numa.h"

/*
 * SRAT, SLIT and HMAT: which node memory and processors belong to, how far the nodes are from each other
 *
 * ACPI 3.0, 5.2.15 and 5.2.16; ACPI 4.0, 5.2.16.3 (x2APIC affinity); ACPI 6.3, 5.2.27 (HMAT revision 2).
 */

#include "hw/acpi/madt.h"
#include "hw/acpi/table.h"

#define GIB (1ull << 30)
enum { ENABLED = 1, LOW_END = 640 << 10, LOW_RESUMES = 1 << 20 };

static void cpu_affinity(GByteArray *b, unsigned uid, uint32_t apic_id, unsigned node)
{
    if (madt_is_x2apic(uid, apic_id)) {
        table_put(b, 2, 1);
        table_put(b, 24, 1);
        table_put(b, 0, 2);
        table_put(b, node, 4);
        table_put(b, apic_id, 4);
        table_put(b, ENABLED, 4);
        table_put(b, 0, 8);
    } else {
        table_put(b, 0, 1);
        table_put(b, 16, 1);
        table_put(b, node, 1);
        table_put(b, apic_id, 1);
        table_put(b, ENABLED, 4);
        table_put(b, 0, 8);
    }
}

static void memory_affinity(GByteArray *b, unsigned node, uint64_t base, uint64_t bytes)
{
    table_put(b, 1, 1);
    table_put(b, 40, 1);
    table_put(b, node, 4);
    table_put(b, 0, 2);
    table_put(b, base, 8);
    table_put(b, bytes, 8);
    table_put(b, 0, 4);
    table_put(b, bytes ? ENABLED : 0, 4);
    table_put(b, 0, 8);
}

/* RAM's byte `at` in the guest's address space; *room gets how many bytes follow without a gap. */
static uint64_t ram_address(const struct acpi_machine *m, uint64_t at, uint64_t *room)
{
    uint64_t address = at, end = m->ram_below_4g;

    if (at < LOW_END)
        end = LOW_END;
    if (at >= m->ram_below_4g) {
        address = at - m->ram_below_4g + 4 * GIB;
        end = m->ram_below_4g + m->ram_above_4g;
    }
    *room = end - at;
    return address;
}

/* A node's ranges: around the hole from 640 KiB to 1 MiB and the one below 4 GiB.  Returns their number. */
static unsigned node_ranges(GByteArray *b, const struct acpi_machine *m, unsigned node, uint64_t at, uint64_t bytes)
{
    unsigned n = 0;

    while (bytes) {
        uint64_t room, base = ram_address(m, at, &room), len = bytes < room ? bytes : room;

        if (at >= LOW_END && at < LOW_RESUMES) {        /* RAM that the hole hides */
            len = bytes < LOW_RESUMES - at ? bytes : LOW_RESUMES - at;
        } else {
            memory_affinity(b, node, base, len);
            n++;
        }
        at += len;
        bytes -= len;
    }
    return n;
}

void srat_write(const struct acpi_machine *m, struct acpi_tables *t)
{
    uint32_t start = table_begin(m, t, "SRAT", 1);
    GByteArray *b = t->blob[ACPI_TABLES];
    uint64_t at = 0;
    unsigned ranges = 0;

    table_put(b, 1, 4);
    table_put(b, 0, 8);
    for (unsigned i = 0; i < m->n_cpus; i++)
        cpu_affinity(b, i, m->cpus[i].apic_id, m->numa->cpu_node[i]);
    for (unsigned i = 0; i < m->numa->n_nodes; i++) {
        ranges += node_ranges(b, m, i, at, m->numa->node[i].bytes);
        at += m->numa->node[i].bytes;
    }
    for (; ranges < m->numa->n_nodes + 2; ranges++)     /* the table's length follows from the number of nodes */
        memory_affinity(b, 0, 0, 0);
    table_end(t, start);
}

void slit_write(const struct acpi_machine *m, struct acpi_tables *t)
{
    uint32_t start = table_begin(m, t, "SLIT", 1);
    GByteArray *b = t->blob[ACPI_TABLES];

    table_put(b, m->numa->n_nodes, 8);
    for (unsigned from = 0; from < m->numa->n_nodes; from++)
        g_byte_array_append(b, m->numa->distance[from], m->numa->n_nodes);
    table_end(t, start);
}

/* Memory proximity domain attributes: which CPUs a node's memory is nearest to. */
static void proximity(GByteArray *b, const struct numa *n, unsigned node)
{
    bool known = n->node[node].initiator != NUMA_NONE;

    table_put(b, 0, 4);
    table_put(b, 40, 4);
    table_put(b, known, 2);
    table_put(b, 0, 2);
    table_put(b, known ? n->node[node].initiator : node, 4);
    table_put(b, node, 4);
    table_put(b, 0, 20);
}

/* The largest unit that all values are multiples of: a power of ten for latencies, of two (MB/s) for bandwidths. */
static uint64_t rates_unit(const struct numa_rates *r, const struct numa *n, unsigned step, uint64_t unit)
{
    bool any = false;

    for (uint64_t next = unit * step; next < UINT64_MAX / step; next *= step) {
        for (unsigned from = 0; from < n->n_nodes; from++)
            for (unsigned to = 0; to < n->n_nodes; to++) {
                uint64_t val = r->val[from][to];

                if (val == UINT64_MAX || !val)
                    continue;
                any = true;
                if (val % next)
                    return unit;
            }
        if (!any)
            return unit;
        unit = next;
    }
    return unit;
}

static unsigned initiators(const struct numa *n, uint32_t list[NUMA_NODES])
{
    unsigned count = 0;

    for (unsigned i = 0; i < n->n_nodes; i++)
        if (n->node[i].has_cpus)
            list[count++] = i;
    return count;
}

static void rates(GByteArray *b, const struct numa *n, unsigned hierarchy, unsigned type)
{
    enum { PS_PER_NS = 1000, MIB = 1 << 20 };
    const struct numa_rates *r = n->rates[hierarchy][type];
    bool bandwidth = type >= NUMA_BANDWIDTH;
    uint64_t unit = bandwidth ? rates_unit(r, n, 2, MIB) : rates_unit(r, n, 10, 1);
    uint32_t from[NUMA_NODES], count = initiators(n, from);

    table_put(b, 1, 4);
    table_put(b, 32 + 4 * count + 4 * n->n_nodes + 2 * count * n->n_nodes, 4);
    table_put(b, hierarchy, 1);
    table_put(b, type, 1);
    table_put(b, 0, 2);
    table_put(b, count, 4);
    table_put(b, n->n_nodes, 4);
    table_put(b, 0, 4);
    table_put(b, bandwidth ? unit / MIB : unit * PS_PER_NS, 8);
    for (unsigned i = 0; i < count; i++)
        table_put(b, from[i], 4);
    for (unsigned i = 0; i < n->n_nodes; i++)
        table_put(b, i, 4);
    for (unsigned i = 0; i < count; i++)
        for (unsigned to = 0; to < n->n_nodes; to++)
            table_put(b, r->val[from[i]][to] == UINT64_MAX ? 0 : r->val[from[i]][to] / unit, 2);
}

static void cache(GByteArray *b, const struct numa *n, unsigned node, unsigned level)
{
    const struct numa_cache *c = &n->cache[node][level];
    unsigned levels = 0;

    for (unsigned i = 1; i <= NUMA_CACHE_LEVELS; i++)
        levels += n->cache[node][i].size != 0;
    table_put(b, 2, 4);
    table_put(b, 32, 4);
    table_put(b, node, 4);
    table_put(b, 0, 4);
    table_put(b, c->size, 8);
    table_put(b, levels | level << 4 | c->associativity << 8 | c->policy << 12 | (uint32_t)c->line << 16, 4);
    table_put(b, 0, 4);
}

void hmat_write(const struct acpi_machine *m, struct acpi_tables *t)
{
    uint32_t start = table_begin(m, t, "HMAT", 2);
    GByteArray *b = t->blob[ACPI_TABLES];
    const struct numa *n = m->numa;

    table_put(b, 0, 4);
    for (unsigned i = 0; i < n->n_nodes; i++)
        proximity(b, n, i);
    for (unsigned hierarchy = 0; hierarchy < NUMA_HIERARCHIES; hierarchy++)
        for (unsigned type = 0; type < NUMA_RATES; type++)
            if (n->rates[hierarchy][type])
                rates(b, n, hierarchy, type);
    for (unsigned i = 0; i < n->n_nodes; i++)
        for (unsigned level = 1; level <= NUMA_CACHE_LEVELS; level++)
            if (n->cache[i][level].size)
                cache(b, n, i, level);
    table_end(t, start);
}
