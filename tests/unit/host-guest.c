/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The guest side of the instruction harness: see host-guest.h
 *
 * Layout of guest RAM: page tables, GDT, IDT, TSS, handlers and a kernel stack in the first MiB
 * (mapped one to one, supervisor only), then the sandbox's pages.  After the instructions stands an
 * INT 0x80, whose gate has DPL 3: that vector means they ran to their end.
 *
 * Invariant: between runs the vCPU is halted, and only this file touches its state.
 */
#include "tests/unit/host-guest.h"

#include "accel/soft/block.h"
#include "accel/soft/mmu.h"
#include "accel/soft/mode.h"
#include "accel/soft/soft.h"

#include <cpuid.h>
#include <stdlib.h>
#include <string.h>

enum {
    PML4 = 0x1000, PDPT = 0x2000, PD_LOW = 0x3000, PD_HIGH = 0x4000, PT_LOW = 0x5000, PT_DATA = 0x6000,
        PT_CODE = 0x7000,
    GDT = 0x8000, IDT = 0x9000, TSS = 0xa000, HANDLERS = 0x10000, STACK_TOP = 0x20000,
    DATA = 0x100000, CODE = 0x110000, RAM = 0x120000,
    PTE_P = 1, PTE_W = 2, PTE_U = 4, PTE_AD = 0x60, DONE = 0x80,
    SEL_KCODE = 0x08, SEL_UDATA = 0x18 | 3, SEL_UCODE = 0x20 | 3,
};

struct guest {
    struct soft soft;
    struct env *env;
    uint8_t *ram;
    struct soft_page_code codes[RAM >> 12];
};

static void bus_page(void *opaque, uint64_t gpa, struct soft_page *page)
{
    struct guest *g = opaque;
    bool ram = gpa < RAM;

    *page = (struct soft_page){ .writable = ram };
    if (ram) {
        page->host = g->ram + gpa;
        page->code = &g->codes[gpa >> 12];
    }
}

static uint64_t bus_read(void *opaque, uint64_t gpa, unsigned size)
{
    return ~0ull;
}

static void bus_write(void *opaque, uint64_t gpa, unsigned size, uint64_t val)
{
}

static uint64_t bus_in(void *opaque, uint16_t port, unsigned size)
{
    return ~0ull;
}

static void bus_out(void *opaque, uint16_t port, unsigned size, uint64_t val)
{
}

static bool bus_irq_pending(void *opaque)
{
    return false;
}

static int bus_irq_take(void *opaque)
{
    return -1;
}

static uint8_t bus_tpr_get(void *opaque)
{
    return 0;
}

static void bus_tpr_set(void *opaque, uint8_t tpr)
{
}

static bool bus_msr_read(void *opaque, uint32_t msr, uint64_t *val)
{
    return false;
}

static bool bus_msr_write(void *opaque, uint32_t msr, uint64_t val)
{
    return false;
}

static uint64_t bus_tsc(void *opaque)
{
    return 0;
}

static void bus_cpuid(void *opaque, uint32_t leaf, uint32_t subleaf, uint32_t out[4])
{
    memset(out, 0, 16);
}

static void bus_shutdown(void *opaque)
{
}

static void bus_smm(void *opaque, bool smm)
{
}

static const struct soft_bus guest_bus = {
    .page = bus_page, .read = bus_read, .write = bus_write, .in = bus_in, .out = bus_out,
    .irq_pending = bus_irq_pending, .irq_take = bus_irq_take, .tpr_get = bus_tpr_get, .tpr_set = bus_tpr_set,
    .apic_msr_read = bus_msr_read, .apic_msr_write = bus_msr_write, .tsc = bus_tsc, .cpuid = bus_cpuid,
    .shutdown = bus_shutdown, .smm_changed = bus_smm,
};

static void put64(struct guest *g, uint64_t gpa, uint64_t v)
{
    memcpy(g->ram + gpa, &v, 8);
}

static uint64_t get64(struct guest *g, uint64_t gpa)
{
    uint64_t v;

    memcpy(&v, g->ram + gpa, 8);
    return v;
}

static void make_page_tables(struct guest *g)
{
    const uint64_t table = PTE_P | PTE_W | PTE_U | PTE_AD;

    put64(g, PML4, PDPT | table);
    put64(g, PDPT, PD_LOW | table);
    put64(g, PDPT + 8 * (SANDBOX_DATA >> 30), PD_HIGH | table);
    put64(g, PD_LOW, PT_LOW | table);
    for (unsigned n = 0; n < 256; n++)
        put64(g, PT_LOW + 8 * n, n << 12 | PTE_P | PTE_W | PTE_AD);
    put64(g, PD_HIGH + 8 * (SANDBOX_DATA >> 21 & 511), PT_DATA | table);
    put64(g, PD_HIGH + 8 * (SANDBOX_CODE >> 21 & 511), PT_CODE | table);
    for (unsigned n = 0; n < SANDBOX_PAGES; n++) {
        uint64_t pte = (DATA + n * SANDBOX_PAGE) | PTE_P | PTE_U | PTE_AD;

        if (sandbox_layout[n] != PAGE_NONE)
            put64(g, PT_DATA + 8 * n, pte | (sandbox_layout[n] == PAGE_RW ? PTE_W : 0));
    }
    put64(g, PT_CODE, CODE | PTE_P | PTE_U | PTE_AD);
}

static void make_tables(struct guest *g)
{
    put64(g, GDT + SEL_KCODE, 0x00af9b000000ffffull);
    put64(g, GDT + 0x10, 0x00cf93000000ffffull);
    put64(g, GDT + (SEL_UDATA & ~7), 0x00cff3000000ffffull);
    put64(g, GDT + (SEL_UCODE & ~7), 0x00affb000000ffffull);
    for (unsigned n = 0; n < 256; n++) {
        uint64_t to = HANDLERS + 16 * n, dpl = n == DONE ? 3 : 0;

        put64(g, IDT + 16 * n, (to & 0xffff) | SEL_KCODE << 16 | 0x8e00ull << 32 | dpl << 45 | (to >> 16) << 48);
        put64(g, IDT + 16 * n + 8, 0);
        g->ram[to] = 0xf4;
    }
    put64(g, TSS + 4, STACK_TOP);
}

static struct x86_seg segment(uint32_t sel, uint32_t attr)
{
    return (struct x86_seg){ .limit = 0xffffffff, .attr = attr, .sel = sel };
}

static void set_state(struct guest *g)
{
    static struct x86_state st;
    const uint32_t data = 0xcff300, code = 0xaffb00;
    uint32_t cs = code, a, b, c, d;

    soft_state_get(g->env, &st);
    st.cr0 = GUEST_CR0;
    st.cr4 = GUEST_CR4;
    st.efer = EFER_LME | EFER_LMA | EFER_SCE | EFER_NXE;
    st.cr3 = PML4;
    for (unsigned n = 0; n < X86_SREGS; n++)
        st.seg[n] = segment(SEL_UDATA, data);
    st.seg[CS] = segment(SEL_UCODE, cs);
    st.gdt = (struct x86_seg){ .base = GDT, .limit = 0x3f };
    st.idt = (struct x86_seg){ .base = IDT, .limit = 0xfff };
    st.tr = (struct x86_seg){ .base = TSS, .limit = 0x67, .sel = 0x30, .attr = 0x8b00 };
    st.rflags = 2;
    st.halted = st.wait_sipi = 0;
    soft_state_put(g->env, &st);
    g->env->phys_bits = 40;
    __cpuid(1, a, b, c, d);
    g->env->cpuid_1c = c;
    g->env->cpuid_1d = d;
    __cpuid_count(7, 0, a, b, c, d);
    g->env->cpuid_7b = b;
    __cpuid(0x80000001, a, b, c, d);
    g->env->cpuid_81c = c;
    g->env->cpuid_81d = d;
}

struct guest *guest_new(void)
{
    struct guest *g = calloc(1, sizeof(*g));

    if (!g)
        return NULL;
    g->ram = aligned_alloc(4096, RAM);
    g->env = aligned_alloc(64, (sizeof(*g->env) + 63) & ~63ul);
    if (!g->ram || !g->env || soft_init(&g->soft, 0))
        return NULL;
    memset(g->ram, 0, RAM);
    memset(g->ram + DATA, 0x5a, CODE + 4096 - DATA);
    memset(g->env, 0, sizeof(*g->env));
    g->env->soft = &g->soft;
    g->env->bus = &guest_bus;
    g->env->bus_opaque = g;
    g->soft.vcpus[0] = g->env;
    g->soft.n_vcpus = 1;
    make_page_tables(g);
    make_tables(g);
    if (mmu_init(g->env))
        return NULL;
    soft_reset(g->env);
    set_state(g);
    return g;
}

void guest_free(struct guest *g)
{
    mmu_fini(g->env);
    soft_fini(&g->soft);
    free(g->env);
    free(g->ram);
    free(g);
}

uint8_t *guest_data(struct guest *g)
{
    return g->ram + DATA;
}

void guest_set_control(struct guest *g, uint64_t cr0, uint64_t cr4)
{
    g->env->x.cr0 = cr0;
    g->env->x.cr4 = cr4;
}

/* Everything that a run changes goes back to what it was, without a TLB flush. */
static void enter_user(struct guest *g, enum cpu_mode mode, const struct cpu_regs *in)
{
    static const uint32_t code_attr[] = { 0xaffb00, 0xcffb00, 0x00fb00 };
    struct env *e = g->env;
    struct x86_seg data = segment(SEL_UDATA, 0xcff300), code = segment(SEL_UCODE, code_attr[mode]);

    if (mode == CPU_16) {
        data = (struct x86_seg){ .base = SANDBOX_DATA, .limit = SANDBOX_PAGES * SANDBOX_PAGE - 1, .attr = 0xf300,
                                 .sel = 0xf };
        code.base = SANDBOX_CODE;
        code.limit = 0xffff;
    }

    memcpy(e->r, in->gpr, sizeof(in->gpr));
    memcpy(e->x.fx, in->fx, 512);
    e->pc = in->rip - code.base;
    env_set_rflags(e, in->rflags);
    for (unsigned n = 0; n < X86_SREGS; n++)
        e->x.seg[n] = data;
    e->x.seg[CS] = code;
    e->x.halted = 0;
    e->x.inhibit = 0;
    e->shutdown = false;
    mode_update(e);
}

/* The frame that the handler found: [error], rip, cs, rflags, rsp, ss. */
static void read_result(struct guest *g, enum cpu_mode mode, struct cpu_result *out)
{
    struct env *e = g->env;
    uint64_t at = e->r[RSP];
    unsigned vector = (e->pc - 1 - HANDLERS) / 16;

    out->vector = -2;
    if (!e->x.halted || e->pc <= HANDLERS || e->pc > HANDLERS + 0x1000)
        return;
    out->vector = vector == DONE ? -1 : (int)vector;
    out->error = at == STACK_TOP - 48 ? get64(g, at) : 0;
    out->cr2 = vector == VEC_PF ? e->x.cr2 : 0;
    at += at == STACK_TOP - 48 ? 8 : 0;
    memcpy(out->regs.gpr, e->r, sizeof(out->regs.gpr));
    memcpy(out->regs.fx, e->x.fx, 512);
    out->regs.rip = get64(g, at) - (vector == DONE ? 2 : 0) + (mode == CPU_16 ? SANDBOX_CODE : 0);
    out->regs.rflags = get64(g, at + 16);
    out->regs.gpr[RSP] = get64(g, at + 24);
}

void guest_run(struct guest *g, enum cpu_mode mode, const struct cpu_regs *in, const uint8_t *code, unsigned len,
               struct cpu_result *out)
{
    static const uint8_t done[] = { 0xcd, DONE };
    unsigned off = in->rip - SANDBOX_CODE;

    memcpy(g->ram + CODE + off, code, len);
    memcpy(g->ram + CODE + off + len, done, sizeof(done));
    soft_phys_written(&g->soft, &g->codes[CODE >> 12], off, len + sizeof(done));
    enter_user(g, mode, in);
    soft_run(g->env);
    read_result(g, mode, out);
}
