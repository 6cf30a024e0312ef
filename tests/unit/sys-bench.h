/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A vCPU on a bench: 16 MiB of RAM, one page of ROM, one of device memory, and tables for every mode
 *
 * Instructions are handed to their functions as struct insn, without decoder, block builder or run loop.
 */

#include "accel/soft/block.h"
#include "accel/soft/exc.h"
#include "accel/soft/exclusive.h"
#include "accel/soft/mem.h"
#include "accel/soft/mmu.h"
#include "accel/soft/mode.h"
#include "accel/soft/seg.h"
#include "accel/soft/sysops.h"
#include "accel/soft/walk.h"
#include "tests/test.h"

enum {
    RAM_SIZE = 16 << 20, ROM_GPA = 0x3f0000, MMIO_GPA = 0x20000000,
    GDT_AT = 0x1000, IDT_AT = 0x2000, TSS_AT = 0x4000, LDT_AT = 0x5000, TSS2_AT = 0x6000,
    PML4_AT = 0x10000, PDPT_AT = 0x11000, PD_AT = 0x12000, PT_AT = 0x13000,
    STACK0 = 0x80000, STACK3 = 0x90000, IST1 = 0xa0000, HANDLER = 0x200000,
    /* GDT */
    SEL_CODE0 = 0x08, SEL_DATA0 = 0x10, SEL_CODE3 = 0x1b, SEL_DATA3 = 0x23, SEL_TSS = 0x28, SEL_CODE64 = 0x38,
    SEL_CODE64_3 = 0x43, SEL_ABSENT = 0x48, SEL_CONFORMING = 0x50, SEL_GATE = 0x58, SEL_TSS2 = 0x68, SEL_RO = 0x70,
    SEL_LDT = 0x78, SEL_TASKGATE = 0x88, SEL_CODE16 = 0x90, SEL_DATA16 = 0x98, SEL_END = 0xa0,
};

struct bench {
    struct env *e;
    struct soft soft;
    uint8_t *ram;
    struct soft_page_code *code;
    unsigned shutdowns, smm_changes, bus_reads, bus_writes, page_calls;
    uint64_t last_write, last_gpa, last_out, tpr, tsc, apic_base;
    uint16_t last_port;
    bool clean;                 /* all of RAM is under dirty logging */
};

static struct bench bench;

static void bench_page(void *o, uint64_t gpa, struct soft_page *page)
{
    bench.page_calls++;
    if (gpa >= RAM_SIZE)
        return;
    page->host = bench.ram + gpa;
    page->writable = gpa != ROM_GPA && !bench.clean;
    page->code = &bench.code[gpa >> 12];
}

static uint64_t bench_read(void *o, uint64_t gpa, unsigned size)
{
    bench.bus_reads++;
    bench.last_gpa = gpa;
    return 0x1122334455667788ull;
}

static void bench_write(void *o, uint64_t gpa, unsigned size, uint64_t val)
{
    bench.bus_writes++;
    bench.last_gpa = gpa;
    bench.last_write = val;
    if (bench.clean && gpa < RAM_SIZE)
        memcpy(bench.ram + gpa, &val, size);
}

static uint64_t bench_in(void *o, uint16_t port, unsigned size)
{
    bench.last_port = port;
    return 0xa1b2c3d4;
}

static void bench_out(void *o, uint16_t port, unsigned size, uint64_t val)
{
    bench.last_port = port;
    bench.last_out = val;
}

static bool bench_irq_pending(void *o)
{
    return false;
}

static int bench_irq_take(void *o)
{
    return -1;
}

static uint8_t bench_tpr_get(void *o)
{
    return bench.tpr;
}

static void bench_tpr_set(void *o, uint8_t tpr)
{
    bench.tpr = tpr;
}

static bool bench_apic_read(void *o, uint32_t msr, uint64_t *val)
{
    *val = bench.apic_base;
    return msr == 0x1b;
}

static bool bench_apic_write(void *o, uint32_t msr, uint64_t val)
{
    bench.apic_base = val;
    return msr == 0x1b;
}

static uint64_t bench_tsc(void *o)
{
    return bench.tsc;
}

static void bench_cpuid(void *o, uint32_t leaf, uint32_t subleaf, uint32_t out[4])
{
    memset(out, 0, 16);
    if (leaf == 1)
        out[0] = 0x60fb1;
    if (leaf == 0xd)
        out[0] = 7;
    if (leaf == 7)
        out[2] = 1u << 2;
}

static void bench_shutdown(void *o)
{
    bench.shutdowns++;
}

static void bench_smm(void *o, bool smm)
{
    bench.smm_changes++;
}

static const struct soft_bus bench_bus = {
    .page = bench_page, .read = bench_read, .write = bench_write, .in = bench_in, .out = bench_out,
    .irq_pending = bench_irq_pending, .irq_take = bench_irq_take, .tpr_get = bench_tpr_get, .tpr_set = bench_tpr_set,
    .apic_msr_read = bench_apic_read, .apic_msr_write = bench_apic_write, .tsc = bench_tsc, .cpuid = bench_cpuid,
    .shutdown = bench_shutdown, .smm_changed = bench_smm,
};

static inline struct env *bench_env(unsigned index)
{
    struct env *e = aligned_alloc(64, (sizeof(*e) + 63) & ~(size_t)63);

    memset(e, 0, sizeof(*e));
    e->soft = &bench.soft;
    e->bus = &bench_bus;
    e->index = index;
    e->phys_bits = 40;
    e->cpuid_1d = ~0u;
    e->cpuid_1c = 1u << 26;
    e->cpuid_7b = ~0u;
    e->cpuid_81d = ~0u;
    e->cpuid_81c = ~0u;
    e->cpuid_max = 0xd;
    if (mmu_init(e))
        abort();
    block_jc_reset(e);
    return e;
}

static inline void bench_fini(void)
{
    if (bench.e)
        mmu_fini(bench.e);
    free(bench.e);
    if (bench.ram)
        soft_fini(&bench.soft);
    free(bench.ram);
    free(bench.code);
    memset(&bench, 0, sizeof(bench));
}

/* A fresh vCPU after RESET. */
static inline struct env *bench_init(void)
{
    bench_fini();
    bench.ram = aligned_alloc(4096, RAM_SIZE);
    memset(bench.ram, 0, RAM_SIZE);
    bench.code = calloc(RAM_SIZE >> 12, sizeof(*bench.code));
    if (soft_init(&bench.soft, 1 << 20))
        abort();
    bench.e = bench_env(0);
    bench.soft.vcpus[0] = bench.e;
    bench.soft.n_vcpus = 1;
    soft_reset(bench.e);
    return bench.e;
}

static inline uint64_t ram_get(uint64_t at, unsigned size)
{
    uint64_t v = 0;

    memcpy(&v, bench.ram + at, size);
    return v;
}

static inline void ram_put(uint64_t at, unsigned size, uint64_t v)
{
    memcpy(bench.ram + at, &v, size);
}

static inline void put_desc(uint64_t table, unsigned sel, uint32_t base, uint32_t limit, uint32_t attr)
{
    uint32_t hi = (base & 0xff000000u) | (limit & 0xf0000) | attr | (base >> 16 & 0xff);

    ram_put(table + (sel & ~7u), 4, base << 16 | (limit & 0xffff));
    ram_put(table + (sel & ~7u) + 4, 4, hi);
}

enum {
    A_CODE = SEG_P | SEG_S | SEG_CODE | SEG_RW | SEG_ACCESSED, A_DATA = SEG_P | SEG_S | SEG_RW | SEG_ACCESSED,
    A_FLAT = SEG_G | SEG_DB, A_DPL3 = SEG_DPL,
};

static inline void bench_gdt(void)
{
    put_desc(GDT_AT, SEL_CODE0, 0, 0xfffff, A_CODE | A_FLAT);
    put_desc(GDT_AT, SEL_DATA0, 0, 0xfffff, A_DATA | A_FLAT);
    put_desc(GDT_AT, SEL_CODE3, 0, 0xfffff, A_CODE | A_FLAT | A_DPL3);
    put_desc(GDT_AT, SEL_DATA3, 0, 0xfffff, A_DATA | A_FLAT | A_DPL3);
    put_desc(GDT_AT, SEL_TSS, TSS_AT, 0x2067, SEG_P | 9 << 8);
    put_desc(GDT_AT, SEL_CODE64, 0, 0xfffff, A_CODE | SEG_G | SEG_L);
    put_desc(GDT_AT, SEL_CODE64_3, 0, 0xfffff, A_CODE | SEG_G | SEG_L | A_DPL3);
    put_desc(GDT_AT, SEL_ABSENT, 0, 0xfffff, (A_DATA | A_FLAT) & ~SEG_P);
    put_desc(GDT_AT, SEL_CONFORMING, 0, 0xfffff, A_CODE | A_FLAT | SEG_CE);
    put_desc(GDT_AT, SEL_TSS2, TSS2_AT, 0x67, SEG_P | 9 << 8);
    put_desc(GDT_AT, SEL_RO, 0, 0xfffff, (A_DATA | A_FLAT) & ~SEG_RW);
    put_desc(GDT_AT, SEL_LDT, LDT_AT, 0xff, SEG_P | 2 << 8);
    put_desc(GDT_AT, SEL_CODE16, 0x10000, 0xffff, A_CODE);
    put_desc(GDT_AT, SEL_DATA16, 0x20000, 0xffff, A_DATA);
    ram_put(GDT_AT + SEL_TASKGATE, 8, (uint64_t)SEL_TSS2 << 16 | (uint64_t)(SEG_P | 5 << 8) << 32);
    bench.e->x.gdt = (struct x86_seg){ .base = GDT_AT, .limit = SEL_END - 1 };
}

static inline void put_gate32(unsigned vector, uint16_t sel, uint32_t off, uint32_t type, unsigned dpl)
{
    ram_put(IDT_AT + 8 * vector, 4, (uint32_t)sel << 16 | (off & 0xffff));
    ram_put(IDT_AT + 8 * vector + 4, 4, (off & 0xffff0000u) | SEG_P | dpl << 13 | type << 8);
}

static inline void put_gate64(unsigned vector, uint16_t sel, uint64_t off, uint32_t type, unsigned dpl, unsigned ist)
{
    put_gate32(vector * 2, sel, off, type, dpl);
    ram_put(IDT_AT + 16 * vector + 4, 1, ist);
    ram_put(IDT_AT + 16 * vector + 8, 8, off >> 32);
}

static inline struct x86_seg bench_seg(uint16_t sel)
{
    struct desc d = { .lo = ram_get(GDT_AT + (sel & ~7u), 4), .hi = ram_get(GDT_AT + (sel & ~7u) + 4, 4) };

    return seg_of_desc(sel, &d);
}

static inline void bench_level(uint16_t cs, uint16_t ss)
{
    struct env *e = bench.e;

    e->x.seg[CS] = bench_seg(cs);
    for (unsigned n = 0; n < X86_SREGS; n++)
        if (n != CS)
            e->x.seg[n] = bench_seg(ss);
    mode_update(e);
}

/* 32-bit protected mode, flat, no paging, CPL 0; handler of vector n at HANDLER + 16 n. */
static inline struct env *bench_prot(void)
{
    struct env *e = bench_init();

    bench_gdt();
    for (unsigned n = 0; n < 256; n++)
        put_gate32(n, SEL_CODE0, HANDLER + 16 * n, DESC_INT, 0);
    e->x.idt = (struct x86_seg){ .base = IDT_AT, .limit = 256 * 8 - 1 };
    ram_put(TSS_AT + 4, 4, STACK0);
    ram_put(TSS_AT + 8, 4, SEL_DATA0);
    ram_put(TSS_AT + 102, 2, 104);
    e->x.tr = bench_seg(SEL_TSS);
    e->x.tr.attr |= 2 << 8;
    e->x.cr0 = CR0_PE | CR0_ET;
    bench_level(SEL_CODE0, SEL_DATA0);
    e->r[RSP] = STACK0;
    e->pc = 0x1000;
    return e;
}

/* Page tables: the first 16 MiB one to one in 4 KiB pages of all rights, then MMIO at its own address. */
static inline void bench_tables(void)
{
    ram_put(PML4_AT, 8, PDPT_AT | 7);
    ram_put(PML4_AT + 8 * 256, 8, PDPT_AT | 7);
    ram_put(PDPT_AT, 8, PD_AT | 7);
    for (unsigned n = 0; n < 8; n++) {
        ram_put(PD_AT + 8 * n, 8, (PT_AT + 0x1000 * n) | 7);
        for (unsigned k = 0; k < 512; k++)
            ram_put(PT_AT + 0x1000 * n + 8 * k, 8, (n << 21 | k << 12) | 7);
    }
    ram_put(PD_AT + 8 * (MMIO_GPA >> 21), 8, MMIO_GPA | 0x87);
}

/* Long mode at CPL 0, with the same handlers; vector 2 has IST 1. */
static inline struct env *bench_long(void)
{
    struct env *e = bench_prot();

    bench_tables();
    for (unsigned n = 0; n < 256; n++)
        put_gate64(n, SEL_CODE64, HANDLER + 16 * n, DESC_INT, 0, n == 2);
    e->x.idt.limit = 256 * 16 - 1;
    ram_put(TSS_AT + 4, 8, STACK0);
    ram_put(TSS_AT + 0x24, 8, IST1);
    e->x.cr3 = PML4_AT;
    e->x.cr4 = CR4_PAE;
    e->x.efer = EFER_LME | EFER_LMA | EFER_SCE | EFER_NXE;
    e->x.cr0 = CR0_PE | CR0_PG | CR0_WP | CR0_ET;
    e->phys_bits = 40;
    bench_level(SEL_CODE64, SEL_DATA0);
    mmu_flush_all(e);
    return e;
}

static inline struct env *bench_long_user(void)
{
    struct env *e = bench_long();

    bench_level(SEL_CODE64_3, SEL_DATA3);
    e->r[RSP] = STACK3;
    return e;
}

/* Runs one instruction function; true: it came back, false: it raised (or left). */
static inline bool bench_op(insn_fn *fn, struct insn *i)
{
    struct env *e = bench.e;

    if (!i->osz)
        i->osz = e->code64 ? 8 : 4;
    if (!i->asz)
        i->asz = e->code64 ? 8 : 4;
    if (!i->len)
        i->len = 2;
    i->ea_mask = i->asz == 8 ? ~0ull : (1ull << 8 * i->asz) - 1;
    i->pc = e->pc;
    if (!(i->flags & I_MEM))
        i->base = i->index = REG_NONE;
    if (setjmp(e->unwind))
        return false;
    if (fn(e, i) == i + 1)
        e->pc = insn_next_pc(i) & e->ip_mask;
    return true;
}

/* A memory operand at an absolute offset. */
#define MEM(at) .flags = I_MEM, .base = REG_NONE, .index = REG_NONE, .disp = (at), .seg = DS

#define OP(name, ...) bench_op(op_##name, &(struct insn){ __VA_ARGS__ })

/* The vector whose handler is about to run, or -1. */
static inline int bench_vector(void)
{
    uint64_t off = bench.e->pc - HANDLER;

    return off < 256 * 16 && !(off & 15) ? (int)(off / 16) : -1;
}
