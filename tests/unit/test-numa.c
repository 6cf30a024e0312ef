/* SPDX-License-Identifier: Apache-2.0 */
#include "hw/i386/numa.h"

/*
 * What NUMA options come to together: nodes, memory, CPUs, distances, initiators
 *
 * Each rule is the reference's, seen by asking it.
 */

#include "hw/i386/board.h"
#include "lib/error.h"
#include "tests/test.h"

#define MIB (1ull << 20)

static struct numa *n;
static struct board_config board;

/* `nodes` nodes that share 1 GiB; four CPUs in two sockets of two cores. */
static void setup(unsigned nodes)
{
    numa_free(n);
    n = numa_new();
    n->n_nodes = nodes;
    for (unsigned i = 0; i < nodes; i++)
        n->node[i] = (struct numa_node){ 1024 * MIB / nodes, NUMA_NONE, true, false };
    n->node[0].bytes += 1024 * MIB % nodes;
    board = (struct board_config){ .ram_bytes = 1024 * MIB, .smp = cpu_topology_cores(4) };
    board.smp.sockets = board.smp.cores = 2;
}

static void check_refused(bool hmat, const char *words)
{
    struct error *err = NULL;

    CHECK(numa_complete(n, &board, hmat, &err) < 0);
    CHECK(err && strstr(error_line(err).s, words));
    error_free(err);
}

static void check_nodes(const char *want)
{
    char got[NUMA_CPUS + 1] = "";
    struct error *err = NULL;

    CHECK_EQ(numa_complete(n, &board, false, &err), 0);
    for (unsigned i = 0; i < board.smp.cpus; i++)
        got[i] = '0' + n->cpu_node[i];
    CHECK_STR(got, want);
}

static void cpus_that_nobody_placed_follow_their_package(void)
{
    setup(2);
    check_nodes("0011");
    CHECK(n->node[0].has_cpus && n->node[1].has_cpus);
    setup(2);
    board.smp.sockets = 1;
    board.smp.cores = 4;
    check_nodes("0000");
    CHECK(!n->node[1].has_cpus);
    setup(2);
    board.smp.sockets = 4;
    board.smp.cores = 1;
    check_nodes("0101");
}

static void the_rest_is_in_node_0_once_somebody_placed_one(void)
{
    setup(2);
    n->cpu_node[0] = 0;
    check_nodes("0000");
    setup(2);
    n->cpu_node[1] = n->cpu_node[2] = 1;
    check_nodes("0110");
}

static void a_place_means_all_cpus_that_fit_it(void)
{
    setup(2);
    n->place[n->n_places++] = (struct numa_place){ 1, -1, -1, -1, 1 };
    check_nodes("0011");
    setup(2);
    n->place[n->n_places++] = (struct numa_place){ 1, 0, 0, 0, 1 };
    check_nodes("0010");
    setup(2);
    n->place[n->n_places++] = (struct numa_place){ -1, -1, -1, -1, 1 };
    check_nodes("1111");
}

static void a_cpu_is_in_one_node(void)
{
    setup(2);
    n->cpu_node[2] = 0;
    n->place[n->n_places++] = (struct numa_place){ 1, -1, -1, -1, 1 };
    check_refused(false, "CPU 2 in node 1");
    setup(2);
    n->place[n->n_places++] = (struct numa_place){ 2, -1, -1, -1, 1 };
    check_refused(false, "socket-id=2");
    setup(2);
    n->cpu_node[4] = 0;
    check_refused(false, "0 to 3");
}

static void nodes_have_no_gap_and_all_memory(void)
{
    setup(3);
    n->node[1].declared = false;
    check_refused(false, "no nodeid=1");
    setup(2);
    n->node[1].bytes = 511 * MIB;
    check_refused(false, "0x40000000");
    setup(2);
    n->node[1].bytes = 513 * MIB;
    check_refused(false, "0x40000000");
    setup(2);
    n->node[1].bytes = UINT64_MAX - 512 * MIB + 1;      /* the sum wraps */
    check_refused(false, "0x40000000");
    setup(2);
    n->node[0].bytes = 0;
    n->node[1].bytes = 1024 * MIB;
    check_nodes("0011");
}

static void distances_hold_both_ways(void)
{
    setup(2);
    n->has_distances = true;
    n->distance[0][1] = 21;
    check_nodes("0011");
    CHECK_EQ(n->distance[1][0], 21);
    CHECK_EQ(n->distance[0][0], 10);
    CHECK_EQ(n->distance[1][1], 10);
    setup(2);
    n->has_distances = true;
    n->distance[1][0] = 22;
    check_nodes("0011");
    CHECK_EQ(n->distance[0][1], 22);
}

static void distances_are_complete(void)
{
    setup(3);
    n->has_distances = true;
    n->distance[0][1] = n->distance[0][2] = 20;
    check_refused(false, "none between nodes 1 and 2");
    setup(3);
    n->has_distances = true;
    n->distance[0][1] = 20;
    n->distance[1][0] = 25;
    n->distance[0][2] = n->distance[1][2] = 30;
    check_refused(false, "both ways");
    setup(2);
    n->has_distances = true;
    n->distance[0][1] = 20;
    n->distance[1][0] = 25;
    check_nodes("0011");
    CHECK_EQ(n->distance[1][0], 25);
}

static void an_initiator_is_a_node_with_cpus(void)
{
    struct error *err = NULL;

    setup(3);
    board.smp.sockets = 1;
    board.smp.cores = 4;
    n->node[1].initiator = 0;
    CHECK_EQ(numa_complete(n, &board, true, &err), 0);
    CHECK_EQ(n->node[0].initiator, 0);                  /* of a node with CPUs: itself */
    CHECK_EQ(n->node[2].initiator, NUMA_NONE);
    CHECK(n->hmat);
    setup(2);
    n->node[1].initiator = 0;
    check_refused(true, "the node itself");
    setup(2);
    board.smp.sockets = 1;
    board.smp.cores = 4;
    n->node[1].initiator = 1;
    check_refused(true, "a node with CPUs");
    setup(2);
    board.smp.sockets = 1;
    board.smp.cores = 4;
    n->node[1].initiator = 2;
    check_refused(true, "a node with CPUs");
}

static void rates_start_at_an_initiator(void)
{
    setup(2);
    board.smp.sockets = 1;
    board.smp.cores = 4;
    n->rates[0][0] = malloc(sizeof(struct numa_rates));
    memset(n->rates[0][0], 0xff, sizeof(struct numa_rates));
    n->rates[0][0]->val[1][0] = 5;
    check_refused(true, "hmat-lb initiator");
    setup(2);
}

int main(void)
{
    TEST(cpus_that_nobody_placed_follow_their_package);
    TEST(the_rest_is_in_node_0_once_somebody_placed_one);
    TEST(a_place_means_all_cpus_that_fit_it);
    TEST(a_cpu_is_in_one_node);
    TEST(nodes_have_no_gap_and_all_memory);
    TEST(distances_hold_both_ways);
    TEST(distances_are_complete);
    TEST(an_initiator_is_a_node_with_cpus);
    TEST(rates_start_at_an_initiator);
    numa_free(n);
    return test_end();
}
