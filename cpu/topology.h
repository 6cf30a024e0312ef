/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Where CPUs are: threads in cores, cores in dies, dies in sockets
 *
 * A CPU's index counts threads first, sockets last.  Threads, cores, dies and sockets each have whole bits of the APIC
 * id, so that ids have gaps where a number is no power of two.
 * Intel SDM volume 3, 9.9.1 (hierarchical mapping of shared resources).
 */

#include <stdbool.h>
#include <stdint.h>

struct error;

/* max_cpus == sockets * dies * cores * threads; the CPUs from cpus on are possible, but not there. */
struct cpu_topology {
    unsigned cpus, max_cpus;
    unsigned sockets, dies, cores, threads;     /* dies of a socket, cores of a die, threads of a core */
};

struct cpu_place { unsigned socket, die, core, thread; };

/* n CPUs, each a core of one socket. */
struct cpu_topology cpu_topology_cores(unsigned n);
/* Zeros are filled in as machine types since 6.2 do: cores before sockets before threads; one die.  Error: the numbers
 * contradict each other. */
int cpu_topology_complete(struct cpu_topology *t, struct error **err);
/* A complete topology; index < max_cpus. */
struct cpu_place cpu_topology_place(const struct cpu_topology *t, unsigned index);
uint32_t cpu_topology_apic_id(const struct cpu_topology *t, unsigned index);
/* Bits that n things need in an APIC id. */
unsigned cpu_topology_bits(unsigned n);
