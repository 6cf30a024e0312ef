/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Several vCPUs on the RAM of soft-bench.h, each on a thread of its own
 *
 * All start in the bench's 64-bit mode with CPUS_GDT and an IDT of gates that cpus_handler() fills.  OUT to port
 * CPUS_IPI + n sends interrupt CPUS_VECTOR to vCPU n, OUT to CPUS_HOOK calls the test,
     OUT to CPUS_YIELD lets the host run others.  Physical addresses from
 * CPUS_MMIO on are a device: CPUS_CELLS cells of 8 bytes.  HLT with interrupts off ends a thread, HLT with
 * interrupts on waits for one.
 */

#include "tests/test.h"
#include "tests/unit/soft-bench.h"

#include <pthread.h>
#include <sched.h>

enum {
    CPUS_MAX = 4, CPUS_RAM = 4 << 20, CPUS_MMIO = 8 << 20, CPUS_CELLS = 16,
    CPUS_GDT = 0x6000, CPUS_IDT = 0x7000, CPUS_IPI = 0x100, CPUS_HOOK = 0x80, CPUS_YIELD = 0x81, CPUS_VECTOR = 0x40,
};

/* A guest program, assembled by the host's assembler. */
#define GUEST(name, text)                                                                           \
    extern const uint8_t name[], name##_end[];                                                      \
    __asm__(".pushsection .rodata\n.globl " #name "\n" #name ":\n" text                             \
            "\n.globl " #name "_end\n" #name "_end:\n.popsection\n")

struct cpus;
struct cpus_one {
    struct cpus *all;
    struct env *e;
    pthread_t thread;
    _Atomic int irq;
};

struct cpus {
    struct bench *b;
    struct cpus_one cpu[CPUS_MAX];
    unsigned n;
    struct soft_bus bus;
    _Atomic uint64_t cell[CPUS_CELLS];
    _Atomic unsigned mmio_reads, mmio_writes;
    void (*hook)(struct cpus *c, uint64_t value);
};

static inline struct bench *cpus_bench(void *opaque)
{
    return ((struct cpus_one *)opaque)->all->b;
}

static inline void cpus_page(void *opaque, uint64_t gpa, struct soft_page *page)
{
    bench_page(cpus_bench(opaque), gpa, page);
}

static inline bool cpus_is_cell(uint64_t gpa)
{
    return gpa >= CPUS_MMIO && gpa < CPUS_MMIO + 8 * CPUS_CELLS;
}

static inline uint64_t cpus_read(void *opaque, uint64_t gpa, unsigned size)
{
    struct cpus *c = ((struct cpus_one *)opaque)->all;

    if (!cpus_is_cell(gpa))
        return bench_read(c->b, gpa, size);
    c->mmio_reads++;
    return c->cell[(gpa - CPUS_MMIO) / 8] >> gpa % 8 * 8;
}

static inline void cpus_write(void *opaque, uint64_t gpa, unsigned size, uint64_t val)
{
    struct cpus *c = ((struct cpus_one *)opaque)->all;

    if (!cpus_is_cell(gpa)) {
        bench_write(c->b, gpa, size, val);
        return;
    }
    c->mmio_writes++;
    c->cell[(gpa - CPUS_MMIO) / 8] = val;
}

static inline void cpus_interrupt(struct cpus_one *to)
{
    atomic_store(&to->irq, CPUS_VECTOR);
    atomic_fetch_or(&to->e->kick, KICK_IRQ);
}

static inline void cpus_out(void *opaque, uint16_t port, unsigned size, uint64_t val)
{
    struct cpus *c = ((struct cpus_one *)opaque)->all;

    if (port >= CPUS_IPI && port < CPUS_IPI + c->n)
        cpus_interrupt(&c->cpu[port - CPUS_IPI]);
    else if (port == CPUS_HOOK && c->hook)
        c->hook(c, val);
    else if (port == CPUS_YIELD)
        sched_yield();
}

static inline bool cpus_irq_pending(void *opaque)
{
    return ((struct cpus_one *)opaque)->irq >= 0;
}

static inline int cpus_irq_take(void *opaque)
{
    return atomic_exchange(&((struct cpus_one *)opaque)->irq, -1);
}

static inline void cpus_shutdown(void *opaque)
{
    cpus_bench(opaque)->shutdown = true;
}

static inline uint64_t cpus_tsc(void *opaque)
{
    return 0;
}

static inline void cpus_start(struct cpus *c, unsigned n, const void *code, size_t len, uint64_t at)
{
    struct env *e = c->cpu[n].e;

    bench_mode64_vcpu(c->b, e);
    e->x.gdt = (struct x86_seg){ .base = CPUS_GDT, .limit = 0x17 };
    e->x.idt = (struct x86_seg){ .base = CPUS_IDT, .limit = 0xfff };
    e->pc = at;
    e->r[RSP] = BENCH_STACK - 0x8000 * n;
    atomic_store(&e->kick, 0);
    c->cpu[n].irq = -1;
    if (code)
        bench_load(c->b, at, code, len);
}

/* n vCPUs; arena_bytes as bench_new() has it. */
static inline struct cpus *cpus_new(unsigned n, size_t arena_bytes)
{
    struct cpus *c = calloc(1, sizeof(*c));
    uint64_t *gdt;

    c->b = bench_new(CPUS_RAM, arena_bytes);
    c->n = n;
    c->bus = bench_bus;
    c->bus.page = cpus_page;
    c->bus.read = cpus_read;
    c->bus.write = cpus_write;
    c->bus.out = cpus_out;
    c->bus.irq_pending = cpus_irq_pending;
    c->bus.irq_take = cpus_irq_take;
    c->bus.shutdown = cpus_shutdown;
    c->bus.tsc = cpus_tsc;
    gdt = (uint64_t *)(c->b->ram + CPUS_GDT);
    gdt[1] = 0x00af9b000000ffff;
    gdt[2] = 0x00cf93000000ffff;
    for (unsigned i = 0; i < n; i++) {
        struct env *e = i ? bench_vcpu_new(c->b, i) : c->b->e;

        c->cpu[i] = (struct cpus_one){ .all = c, .e = e, .irq = -1 };
        e->bus = &c->bus;
        e->bus_opaque = &c->cpu[i];
        cpus_start(c, i, NULL, 0, BENCH_CODE);
    }
    return c;
}

static inline void cpus_free(struct cpus *c)
{
    bench_free(c->b);
    free(c);
}

/* A 64-bit interrupt gate to code that is put at `at`. */
static inline void cpus_handler(struct cpus *c, unsigned vector, const void *code, size_t len, uint64_t at)
{
    uint64_t *gate = (uint64_t *)(c->b->ram + CPUS_IDT + 16 * vector);

    gate[0] = (at & 0xffff) | 8ull << 16 | 0x8eull << 40 | (at >> 16) << 48;
    gate[1] = 0;
    bench_load(c->b, at, code, len);
}

static inline void *cpus_main(void *opaque)
{
    struct cpus_one *one = opaque;
    struct env *e = one->e;

    for (;;) {
        e->x.halted = 0;
        soft_run(e);
        if (!e->x.halted || e->shutdown || !(e->eflags & FLAG_IF))
            return NULL;
        while (one->irq < 0)
            sched_yield();
        atomic_fetch_or(&e->kick, KICK_IRQ);
    }
}

/* Runs all, vCPU 0 on this thread, until each has ended. */
static inline void cpus_run(struct cpus *c)
{
    for (unsigned n = 1; n < c->n; n++)
        pthread_create(&c->cpu[n].thread, NULL, cpus_main, &c->cpu[n]);
    cpus_main(&c->cpu[0]);
    for (unsigned n = 1; n < c->n; n++)
        pthread_join(c->cpu[n].thread, NULL);
}

#define CPUS_LOAD(c, n, name, at) cpus_start(c, n, name, (size_t)(name##_end - name), at)
#define CPUS_HANDLER(c, vector, name, at) cpus_handler(c, vector, name, (size_t)(name##_end - name), at)

static inline uint32_t cpus_get(struct cpus *c, uint64_t gpa)
{
    uint32_t v;

    memcpy(&v, c->b->ram + gpa, 4);
    return v;
}
