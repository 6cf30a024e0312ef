/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A test bench with a host bridge and its function 00.0, Q35's or i440FX's: RAM from 0, and behind it
 * the space that holds PCI's windows
 */

#include "hw/pci/i440fx.h"
#include "hw/pci/q35-host.h"
#include "tests/unit/hw-bench.h"

enum { PCI_BENCH_RAM = 2 << 20 };

struct pci_bench {
    struct bench b;
    struct ram_block *ram;
    struct region low, pci;
    struct device *host, *mch;          /* mch: function 00.0 */
    uint64_t ram_bytes;                 /* what the host bridge is told */
};

static inline void pci_bench_memory_init(struct pci_bench *p)
{
    struct machine *m;

    memset(p, 0, sizeof(*p));
    bench_init(&p->b, 0);
    p->ram_bytes = PCI_BENCH_RAM;
    m = p->b.m;
    p->ram = ram_region_new(m, &p->low, "pc.ram", PCI_BENCH_RAM);
    region_init(&p->pci, "pci", REGION_CONTAINER, UINT64_MAX);
    region_map(m, &m->memory, 0, &p->low, 0);
    region_map(m, &m->memory, 0, &p->pci, -1);
}

/* The host bridge and function 00.0 of the chipset, which is told of its host by set_host. */
static inline void pci_bench_bridges_init(struct pci_bench *p, const char *host, const char *function,
                                          void (*set_host)(struct device *, struct device *))
{
    struct machine *m = p->b.m;

    p->host = device_new(m, device_type_find(host));
    pci_host_set_memory(p->host, &(struct pci_host_memory){ &m->memory, &p->low, &p->pci, p->ram_bytes });
    CHECK(!device_realize(p->host, NULL, NULL, NULL));
    p->mch = device_new(m, device_type_find(function));
    set_host(p->mch, p->host);
    CHECK(!device_set(p->mch, "addr", "0.0", NULL) && !device_realize(p->mch, NULL, NULL, NULL));
}

static inline void pci_bench_init(struct pci_bench *p)
{
    pci_bench_memory_init(p);
    pci_bench_bridges_init(p, "q35-pcihost", "mch", mch_set_host);
}

static inline void pci_bench_init_i440fx(struct pci_bench *p)
{
    pci_bench_memory_init(p);
    pci_bench_bridges_init(p, "i440FX-pcihost", "i440FX", i440fx_set_host);
}

static inline void pci_bench_fini(struct pci_bench *p)
{
    struct list_node *devices = &p->b.m->devices;

    while (!list_empty(devices))
        device_free(list_entry(devices->prev, struct device, in_machine));
    region_drop(p->b.m, &p->low);
    region_drop(p->b.m, &p->pci);
    bench_fini(&p->b);
}

/* Configuration mechanism #1, ports CF8h and CFCh. */
static inline uint32_t pci_address(unsigned bus, unsigned slot, unsigned fn, unsigned at)
{
    return 1u << 31 | bus << 16 | slot << 11 | fn << 8 | (at & 0xfc);
}

static inline uint32_t conf_in(struct pci_bench *p, uint32_t address, unsigned at, unsigned size)
{
    io_out(&p->b, 0xcf8, 4, address);
    return io_in(&p->b, 0xcfc + (at & 3), size);
}

static inline void conf_out(struct pci_bench *p, uint32_t address, unsigned at, unsigned size, uint32_t val)
{
    io_out(&p->b, 0xcf8, 4, address);
    io_out(&p->b, 0xcfc + (at & 3), size, val);
}

static inline uint32_t pci_in(struct pci_bench *p, unsigned slot, unsigned fn, unsigned at, unsigned size)
{
    return conf_in(p, pci_address(0, slot, fn, at), at, size);
}

static inline void pci_out(struct pci_bench *p, unsigned slot, unsigned fn, unsigned at, unsigned size, uint32_t val)
{
    conf_out(p, pci_address(0, slot, fn, at), at, size, val);
}
