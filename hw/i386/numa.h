/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * NUMA nodes: what -numa says, and what it comes to
 *
 * The command line fills it option by option; numa_complete() then checks what only all of it together says,
 * and fills in what was left out.  Tables are made of it in hw/acpi.
 */

#include <stdbool.h>
#include <stdint.h>

struct error;
struct board_config;

enum { NUMA_NODES = 128, NUMA_CPUS = 288, NUMA_NONE = 0xffff, NUMA_LOCAL = 10 };
enum { NUMA_HIERARCHIES = 4, NUMA_RATES = 6, NUMA_BANDWIDTH = 3, NUMA_CACHE_LEVELS = 3 };

struct numa_node {
    uint64_t bytes;
    uint16_t initiator;         /* the node whose CPUs are nearest; NUMA_NONE: not said */
    bool declared, has_cpus;
    char *memdev;               /* the memory backend that holds it, which says the bytes; owned; NULL: mem= does */
};

/* Latencies in ns or bandwidths in bytes per second, from initiator to target; ~0: not said. */
struct numa_rates {
    uint64_t val[NUMA_NODES][NUMA_NODES];
};

/* A memory side cache; level 0 of the array is not used.  size 0: none. */
struct numa_cache {
    uint64_t size;
    uint16_t line;
    uint8_t associativity, policy;      /* in the encoding of the HMAT */
};

/* A CPU, or several, by their place: -1 stands for any. */
struct numa_place { int socket, die, core, thread; uint16_t node; };

struct numa {
    unsigned n_nodes, n_places;
    bool has_distances;
    bool hmat;                          /* set by numa_complete(): the board wants the table */
    struct numa_node node[NUMA_NODES];
    uint8_t distance[NUMA_NODES][NUMA_NODES];   /* 0: not said */
    uint16_t cpu_node[NUMA_CPUS];
    struct numa_place place[NUMA_CPUS];
    struct numa_rates *rates[NUMA_HIERARCHIES][NUMA_RATES];     /* by hierarchy and data type; NULL: none */
    struct numa_cache cache[NUMA_NODES][NUMA_CACHE_LEVELS + 1];
};

struct numa *numa_new(void);
void numa_free(struct numa *n);         /* NULL is fine */
/* After all options: nodes without gaps, memory that adds up, each CPU in one node, distances both ways. */
int numa_complete(struct numa *n, const struct board_config *b, bool hmat, struct error **err);
/* With memdevs the bytes are known when these have been made: numa_memory_check() is the caller's then. */
bool numa_has_memdevs(const struct numa *n);
int numa_memory_check(const struct numa *n, uint64_t ram_bytes, struct error **err);
