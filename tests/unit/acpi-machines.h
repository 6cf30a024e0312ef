/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Descriptions of the machines that the facts of ACPI tables are about: "q35-512-1", "pc+vga-none", ...
 *
 * With all parts that the reference has by default; a variant takes away or adds what its name says.
 */

#include "hw/acpi/tables.h"
#include "hw/i386/numa.h"
#include "tests/test.h"

#define GIB (1ull << 30)
#define MIB (1ull << 20)

enum { MACHINE_CPUS = 300, MACHINE_FUNCTIONS = 8 };

struct acpi_rig {
    struct acpi_machine m;
    struct acpi_cpu cpus[MACHINE_CPUS];
    struct acpi_function functions[MACHINE_FUNCTIONS];
    struct numa *numa;
};

static inline void rig_functions(struct acpi_rig *r, bool pc)
{
    static const struct acpi_function q35[] = {
        { 0x00, ACPI_FUNCTION_FIXED }, { 0x08, ACPI_FUNCTION_VGA }, { 0x10, ACPI_FUNCTION_PLUGGABLE },
        { 0xf8, ACPI_FUNCTION_FIXED }, { 0xfb, ACPI_FUNCTION_FIXED },
    }, i440fx[] = {
        { 0x00, ACPI_FUNCTION_FIXED }, { 0x08, ACPI_FUNCTION_FIXED }, { 0x10, ACPI_FUNCTION_VGA },
        { 0x18, ACPI_FUNCTION_PLUGGABLE },
    };

    r->m.n_functions = pc ? G_N_ELEMENTS(i440fx) : G_N_ELEMENTS(q35);
    memcpy(r->functions, pc ? i440fx : q35, r->m.n_functions * sizeof(q35[0]));
}

static inline void rig_ram(struct acpi_rig *r, bool pc, uint64_t bytes, uint64_t low)
{
    r->m.ram_below_4g = low;
    r->m.ram_above_4g = bytes - low;
    r->m.pci_memory_first = low;
    r->m.pci_memory64_first = 4 * GIB + ((bytes - low + GIB - 1) & ~(GIB - 1));
    r->m.pci_memory64_last = r->m.pci_memory64_first + (pc ? 2 : 32) * GIB - 1;
}

static inline void rig_cpus(struct acpi_rig *r, unsigned n, unsigned present)
{
    r->m.n_cpus = n;
    for (unsigned i = 0; i < n; i++)
        r->cpus[i].absent = i >= present;
}

static inline void rig_init(struct acpi_rig *r, bool pc)
{
    *r = (struct acpi_rig){ .m = {
        .chipset = pc ? &acpi_pc : &acpi_q35, .cpus = r->cpus, .n_cpus = 1, .functions = r->functions, .pm_base = 0x600,
        .ecam_base = pc ? 0 : 0xb0000000, .pci_memory_last = 0xfebfffff, .s4_value = 2, .s3 = true, .s4 = true,
        .smm = true, .hpet = true, .i8042 = true, .fw_cfg = true, .pirq = true, .pci_hotplug = true,
        .pci_hotplug_root = pc, .cpu_hotplug = true, .serial[0] = { 0x3f8, 4 }, .parallel[0] = { 0x378, 7 },
    } };
    rig_ram(r, pc, 512 * MIB, 512 * MIB);
    rig_functions(r, pc);
    for (unsigned i = 0; i < MACHINE_CPUS; i++)
        r->cpus[i].apic_id = i;
}

static inline void rig_function_drop(struct acpi_rig *r, uint8_t devfn)
{
    unsigned n = 0;

    for (unsigned i = 0; i < r->m.n_functions; i++)
        if (r->functions[i].devfn != devfn)
            r->functions[n++] = r->functions[i];
    r->m.n_functions = n;
}

/* The nodes of the variants "numa2" and "hmat": 512 MiB each. */
static inline void rig_numa(struct acpi_rig *r, bool hmat)
{
    struct numa *n = r->numa = numa_new();

    r->m.numa = n;
    n->n_nodes = 2;
    rig_cpus(r, hmat ? 2 : 4, 4);
    for (unsigned i = 0; i < 2; i++)
        n->node[i] = (struct numa_node){ 512 * MIB, 0, true, !hmat || !i };
    for (unsigned i = 0; i < r->m.n_cpus; i++)
        n->cpu_node[i] = i / 2;
    if (!hmat) {
        n->has_distances = true;
        n->distance[0][0] = n->distance[1][1] = 10;
        n->distance[0][1] = n->distance[1][0] = 21;
        return;
    }
    n->hmat = true;
    n->rates[0][0] = malloc(sizeof(struct numa_rates));
    n->rates[0][3] = malloc(sizeof(struct numa_rates));
    CHECK(n->rates[0][0] && n->rates[0][3]);
    memset(n->rates[0][0], 0xff, sizeof(struct numa_rates));
    memset(n->rates[0][3], 0xff, sizeof(struct numa_rates));
    n->rates[0][0]->val[0][0] = 5;
    n->rates[0][0]->val[0][1] = 10;
    n->rates[0][3]->val[0][0] = 200 * MIB;
    n->rates[0][3]->val[0][1] = 100 * MIB;
    n->cache[0][1] = (struct numa_cache){ .size = 10 << 10, .line = 8, .associativity = 1, .policy = 1 };
}

static inline void rig_variant(struct acpi_rig *r, bool pc, const char *name)
{
    static const struct { const char *name; uint64_t bytes, low[2]; } ram[] = {
        { "m8G", 8 * GIB, { 2 * GIB, 3 * GIB } },           { "m2900M", 2900 * MIB, { 2 * GIB, 2900 * MIB } },
        { "m3500M", 3500 * MIB, { 2 * GIB, 3500 * MIB } },  { "m3G", 3 * GIB, { 2 * GIB, 3 * GIB } },
        { "maxram", 4 * GIB, { GIB, GIB } },
    };
    struct acpi_machine *m = &r->m;

    for (unsigned i = 0; i < G_N_ELEMENTS(ram); i++)
        if (!strcmp(name, ram[i].name))
            rig_ram(r, pc, ram[i].bytes, ram[i].low[pc]);
    if (!strcmp(name, "512-4"))
        rig_cpus(r, 4, 4);
    else if (!strcmp(name, "maxcpus8"))
        rig_cpus(r, 8, 2);
    else if (!strcmp(name, "smp-topo"))
        rig_cpus(r, 8, 8);
    else if (!strcmp(name, "vga-none")) {               /* the network card moves up */
        r->functions[pc ? 2 : 1].kind = ACPI_FUNCTION_PLUGGABLE;
        rig_function_drop(r, pc ? 0x18 : 0x10);
    } else if (!strcmp(name, "nodefaults")) {
        rig_function_drop(r, 0x08);
        rig_function_drop(r, 0x10);
        m->serial[0].iobase = m->parallel[0].iobase = 0;
    }
    if (!strcmp(name, "pvpanic"))
        m->pvpanic_port = 0x505;
    else if (!strcmp(name, "smbus-off"))
        rig_function_drop(r, 0xfb);
    else if (!strcmp(name, "i8042-off"))
        m->i8042 = false;
    else if (!strcmp(name, "no-hpet"))
        m->hpet = false;
    else if (!strcmp(name, "smm-off"))
        m->smm = false;
    else if (!strcmp(name, "disable-s3s4"))
        m->s3 = m->s4 = false;
    else if (!strcmp(name, "acpi-root-hp-off"))
        m->pci_hotplug_root = false;
    else if (!strcmp(name, "root-and-bridge-hp-off"))
        m->pci_hotplug = false;
    else if (!strcmp(name, "no-acpi-pcihp")) {
        m->pci_hotplug = false;
        memmove(r->functions + 4, r->functions + 3, 2 * sizeof(r->functions[0]));
        r->functions[3] = (struct acpi_function){ 0x18, ACPI_FUNCTION_PLUGGABLE };
        m->n_functions++;
    } else if (!strcmp(name, "numa2") || !strcmp(name, "hmat")) {
        rig_ram(r, pc, GIB, GIB);
        rig_numa(r, *name == 'h');
    }
}

/* "pc-512-1", "q35+pvpanic".  rig_fini() afterwards. */
static inline void rig_named(struct acpi_rig *r, const char *name)
{
    bool pc = !strncmp(name, "pc", 2);

    rig_init(r, pc);
    rig_variant(r, pc, name + (pc ? 3 : 4));
}

static inline void rig_fini(struct acpi_rig *r)
{
    numa_free(r->numa);
}
