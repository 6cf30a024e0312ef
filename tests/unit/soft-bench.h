/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A vCPU of the software CPU on an array of RAM: what tests of accel/soft run guest code on
 *
 * RAM is guest physical 0 up to ram_bytes; all else reads as ones and ignores writes.  bench_mode64() makes a
 * flat 64-bit guest at CPL 0 with an identity map of the first GiB (2 MiB pages, tables at BENCH_TABLES),
 * bench_mode32() and bench_mode16() one without paging.  HLT ends a run; so does an exception, in an IDT without
 * entries: it is a triple fault, and bench->shutdown says so.
 */

#include "accel/soft/env.h"
#include "accel/soft/mmu.h"
#include "accel/soft/mode.h"
#include "accel/soft/smc.h"
#include "accel/soft/soft.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { BENCH_TABLES = 0x1000, BENCH_CODE = 0x10000, BENCH_STACK = 0x80000, BENCH_DATA = 0x100000 };

struct bench {
    struct soft soft;
    struct env *e;
    uint8_t *ram;
    size_t ram_bytes;
    struct soft_page_code *code;
    bool shutdown;
    int irq;                    /* a pending vector, or -1 */
    uint64_t tsc;
    uint16_t out_port;
    uint64_t out_value;
};

static inline void bench_page(void *opaque, uint64_t gpa, struct soft_page *page)
{
    struct bench *b = opaque;

    memset(page, 0, sizeof(*page));
    if (gpa < b->ram_bytes) {
        page->host = b->ram + gpa;
        page->writable = true;
        page->code = &b->code[gpa / SOFT_PAGE];
    }
}

static inline uint64_t bench_read(void *opaque, uint64_t gpa, unsigned size)
{
    struct bench *b = opaque;
    uint64_t v = ~0ull;

    if (gpa + size <= b->ram_bytes) {
        v = 0;
        memcpy(&v, b->ram + gpa, size);
    }
    return v;
}

static inline void bench_write(void *opaque, uint64_t gpa, unsigned size, uint64_t val)
{
    struct bench *b = opaque;

    if (gpa + size <= b->ram_bytes)
        memcpy(b->ram + gpa, &val, size);
}

static inline uint64_t bench_in(void *opaque, uint16_t port, unsigned size)
{
    return ~0ull;
}

static inline void bench_out(void *opaque, uint16_t port, unsigned size, uint64_t val)
{
    struct bench *b = opaque;

    b->out_port = port;
    b->out_value = val;
}

static inline bool bench_irq_pending(void *opaque)
{
    return ((struct bench *)opaque)->irq >= 0;
}

static inline int bench_irq_take(void *opaque)
{
    struct bench *b = opaque;
    int vector = b->irq;

    b->irq = -1;
    return vector;
}

static inline uint8_t bench_tpr_get(void *opaque)
{
    return 0;
}

static inline void bench_tpr_set(void *opaque, uint8_t tpr)
{
}

static inline bool bench_msr_read(void *opaque, uint32_t msr, uint64_t *val)
{
    return false;
}

static inline bool bench_msr_write(void *opaque, uint32_t msr, uint64_t val)
{
    return false;
}

static inline uint64_t bench_tsc(void *opaque)
{
    return ((struct bench *)opaque)->tsc += 1000;
}

static inline void bench_cpuid(void *opaque, uint32_t leaf, uint32_t subleaf, uint32_t out[4])
{
    out[0] = leaf;
    out[1] = subleaf;
    out[2] = out[3] = 0;
}

static inline void bench_shutdown(void *opaque)
{
    ((struct bench *)opaque)->shutdown = true;
}

static inline void bench_smm(void *opaque, bool smm)
{
}

static const struct soft_bus bench_bus = {
    .page = bench_page, .read = bench_read, .write = bench_write, .in = bench_in, .out = bench_out,
    .irq_pending = bench_irq_pending, .irq_take = bench_irq_take, .tpr_get = bench_tpr_get, .tpr_set = bench_tpr_set,
    .apic_msr_read = bench_msr_read, .apic_msr_write = bench_msr_write, .tsc = bench_tsc, .cpuid = bench_cpuid,
    .shutdown = bench_shutdown, .smm_changed = bench_smm,
};

static inline struct env *bench_vcpu_new(struct bench *b, unsigned index)
{
    struct env *e = aligned_alloc(64, (sizeof(struct env) + 63) & ~(size_t)63);

    memset(e, 0, sizeof(*e));
    e->soft = &b->soft;
    e->bus = &bench_bus;
    e->bus_opaque = b;
    e->index = index;
    e->cpuid_1c = e->cpuid_1d = e->cpuid_7b = e->cpuid_81c = e->cpuid_81d = ~0u;
    e->phys_bits = 40;
    if (mmu_init(e) < 0)
        abort();
    b->soft.vcpus[index] = e;
    b->soft.n_vcpus = index + 1;
    soft_reset(e);
    return e;
}

static inline struct bench *bench_new(size_t ram_bytes, size_t arena_bytes)
{
    struct bench *b = calloc(1, sizeof(*b));

    b->ram_bytes = ram_bytes;
    b->ram = mmap(NULL, ram_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    b->code = calloc(ram_bytes / SOFT_PAGE, sizeof(*b->code));
    b->irq = -1;
    if (soft_init(&b->soft, arena_bytes) < 0)
        abort();
    b->e = bench_vcpu_new(b, 0);
    return b;
}

static inline void bench_free(struct bench *b)
{
    for (unsigned n = 0; n < b->soft.n_vcpus; n++) {
        mmu_fini(b->soft.vcpus[n]);
        free(b->soft.vcpus[n]);
    }
    soft_fini(&b->soft);
    munmap(b->ram, b->ram_bytes);
    free(b->code);
    free(b);
}

static inline void bench_segments(struct x86_state *st, uint32_t code, uint32_t data, uint32_t limit)
{
    for (unsigned n = 0; n < X86_SREGS; n++)
        st->seg[n] = (struct x86_seg){
            .sel = n == CS ? 0x08 : 0x10, .limit = limit,
            .attr = SEG_P | SEG_S | SEG_ACCESSED | SEG_RW | (n == CS ? SEG_CODE | code : data),
        };
}

static inline void bench_start(struct bench *b, struct env *e, struct x86_state *st)
{
    st->rip = BENCH_CODE;
    st->rflags = FLAG_1;
    st->gpr[RSP] = BENCH_STACK;
    b->shutdown = false;
    soft_state_put(e, st);
}

static inline void bench_mode64_vcpu(struct bench *b, struct env *e)
{
    struct x86_state st;
    uint64_t *table = (uint64_t *)(b->ram + BENCH_TABLES);

    table[0] = (BENCH_TABLES + 0x1000) | 7;
    table[512] = (BENCH_TABLES + 0x2000) | 7;
    for (uint64_t n = 0; n < 512; n++)
        table[1024 + n] = n << 21 | 0x87;
    soft_reset(e);
    soft_state_get(e, &st);
    bench_segments(&st, SEG_L | SEG_G, SEG_DB | SEG_G, 0xffffffff);
    st.cr0 = CR0_PE | CR0_PG | CR0_ET | CR0_NE | CR0_WP;
    st.cr3 = BENCH_TABLES;
    st.cr4 = CR4_PAE | CR4_OSFXSR | CR4_OSXMMEXCPT;
    st.efer = EFER_LME | EFER_LMA | EFER_SCE | EFER_NXE;
    bench_start(b, e, &st);
}

static inline void bench_mode64(struct bench *b)
{
    bench_mode64_vcpu(b, b->e);
}

static inline void bench_mode32(struct bench *b)
{
    struct x86_state st;

    soft_reset(b->e);
    soft_state_get(b->e, &st);
    bench_segments(&st, SEG_DB | SEG_G, SEG_DB | SEG_G, 0xffffffff);
    st.cr0 = CR0_PE | CR0_ET | CR0_NE;
    st.cr4 = CR4_OSFXSR | CR4_OSXMMEXCPT;
    bench_start(b, b->e, &st);
}

/* Real mode; code at segment BENCH_CODE >> 4, offset 0; all other segments at 0x4000. */
static inline void bench_mode16(struct bench *b)
{
    struct x86_state st;

    soft_reset(b->e);
    soft_state_get(b->e, &st);
    bench_segments(&st, 0, 0, 0xffff);
    for (unsigned n = 0; n < X86_SREGS; n++) {
        st.seg[n].base = n == CS ? BENCH_CODE : 0x40000;
        st.seg[n].sel = st.seg[n].base >> 4;
    }
    bench_start(b, b->e, &st);
    b->e->pc = 0;
    b->e->r[RSP] = 0xfff0;
}

static inline void bench_load(struct bench *b, uint64_t gpa, const void *bytes, size_t len)
{
    memcpy(b->ram + gpa, bytes, len);
    for (size_t at = 0; at < len; at++)
        soft_phys_written(&b->soft, &b->code[(gpa + at) / SOFT_PAGE], (gpa + at) % SOFT_PAGE, 1);
}

/* Until HLT or a triple fault; returns false for the latter. */
static inline bool bench_run(struct bench *b)
{
    soft_run(b->e);
    return !b->shutdown;
}
