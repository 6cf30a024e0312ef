/* SPDX-License-Identifier: Apache-2.0 */
#include "cpu/device.h"

/*
 * CPU devices: the type, and the wire form of a processor (sections cpu_common 1 and cpu 12)
 *
 * On the wire segments carry the second dword of their descriptor, and hflags and hflags2 are made
 * from the registers.  In st the x87 registers stand by number, as on the wire; the accelerator has
 * them by distance from the top, as FXSAVE does.
 * Left out: SVM (its fields are 0), AVX (the upper halves are 0), paravirtual clocks, Hyper-V, nested state.
 * Invariant: what st holds after a load can be given to any accelerator: reserved bits that a
 * processor would fault on have been refused.
 */

#include "core/accel.h"
#include "core/machine.h"
#include "cpu/model.h"
#include "cpu/state.h"

#include <assert.h>
#include <errno.h>

struct cpu_device {
    struct device dev;
    struct {
        struct cpu_device_place place;
    } cfg;
    struct cpu_state {
        struct x86_state x86;
        uint64_t poll_control, tsc_khz; /* of KVM guests that came here; nobody reads them */
    } st;
    struct vcpu *cpu;
};
#define C struct cpu_device

static C *cpu_device(struct device *dev)
{
    return (C *)dev;
}

static const struct x86_state *x86(const struct device *dev)
{
    return &((const C *)dev)->st.x86;
}

enum { FX_TOP_SHIFT = 11, FX_ST = 32, FX_ST_BYTES = 16, FX_XMM = 160, FX_RESERVED = 416 };

/* Turns the eight x87 registers by n places. */
static void x87_turn(struct x86_state *st, unsigned n)
{
    uint8_t regs[8 * FX_ST_BYTES];

    memcpy(regs, st->fx + FX_ST, sizeof(regs));
    for (unsigned i = 0; i < 8; i++)
        memcpy(st->fx + FX_ST + (i + n) % 8 * FX_ST_BYTES, regs + i * FX_ST_BYTES, FX_ST_BYTES);
}

static unsigned x87_top(const struct x86_state *st)
{
    return (st->fx[2] | st->fx[3] << 8) >> FX_TOP_SHIFT & 7;
}

/* Words that are made from others. */

enum { INTERRUPT_HARD = 1 << 1, INTERRUPT_SMI = 1 << 6, INTERRUPT_NMI = 1 << 9 };

static uint64_t interrupt_request_get(const struct device *dev)
{
    const struct vcpu *cpu = ((const C *)dev)->cpu;
    bool hard = cpu && cpu->intc && cpu->intc->pending(cpu->intc_opaque);

    return (hard ? INTERRUPT_HARD : 0) | (x86(dev)->smi_pending ? INTERRUPT_SMI : 0) |
           (x86(dev)->nmi_pending ? INTERRUPT_NMI : 0);
}

static void interrupt_request_put(const struct device *dev, void *st, uint64_t val)
{
    struct x86_state *x = &((struct cpu_state *)st)->x86;

    (void)dev;
    x->nmi_pending = !!(val & INTERRUPT_NMI);
    x->smi_pending = !!(val & INTERRUPT_SMI);
}

enum { HF_INHIBIT = 1 << 3, HF_CS32 = 1 << 4, HF_SS32 = 1 << 5, HF_ADDSEG = 1 << 6, HF_PE = 1 << 7, HF_MP = 1 << 9,
       HF_EM = 1 << 10, HF_TS = 1 << 11, HF_LMA = 1 << 14, HF_CS64 = 1 << 15, HF_SMM = 1 << 19, HF_OSFXSR = 1 << 22,
       HF_SMAP = 1 << 23, HF_UMIP = 1 << 27 };

static uint32_t hflags_code(const struct x86_state *x)
{
    bool protected = (x->cr0 & CR0_PE) && !(x->rflags & FLAG_VM);
    bool based = x->seg[DS].base || x->seg[ES].base || x->seg[SS].base;
    uint32_t flags = (x->seg[CS].attr & SEG_DB ? HF_CS32 : 0) | (x->seg[SS].attr & SEG_DB ? HF_SS32 : 0);

    if (x->efer & EFER_LMA && x->seg[CS].attr & SEG_L)
        return HF_CS32 | HF_SS32 | HF_CS64;
    return flags | (!protected || !(flags & HF_CS32) || based ? HF_ADDSEG : 0);
}

static uint64_t hflags_get(const struct device *dev)
{
    const struct x86_state *x = x86(dev);
    uint32_t cpl = x->seg[SS].attr >> SEG_DPL_SHIFT & 3;

    return cpl | hflags_code(x) | (x->inhibit ? HF_INHIBIT : 0) | (x->cr0 & CR0_PE ? HF_PE : 0) | (x->cr0 & CR0_MP
        ? HF_MP : 0) |
           (x->cr0 & CR0_EM ? HF_EM : 0) | (x->cr0 & CR0_TS ? HF_TS : 0) | (x->efer & EFER_LMA ? HF_LMA : 0) |
           (x->smm ? HF_SMM : 0) | (x->cr4 & CR4_OSFXSR ? HF_OSFXSR : 0) | (x->cr4 & CR4_SMAP ? HF_SMAP : 0) |
           (x->cr4 & CR4_UMIP ? HF_UMIP : 0);
}

static void hflags_put(const struct device *dev, void *st, uint64_t val)
{
    struct x86_state *x = &((struct cpu_state *)st)->x86;

    (void)dev;
    x->inhibit = !!(val & HF_INHIBIT);
    x->smm = !!(val & HF_SMM);
}

enum { HF2_ALWAYS = 0x101, HF2_NMI_MASKED = 1 << 2 };

static uint64_t hflags2_get(const struct device *dev)
{
    return HF2_ALWAYS | (x86(dev)->nmi_masked ? HF2_NMI_MASKED : 0);
}

static void hflags2_put(const struct device *dev, void *st, uint64_t val)
{
    (void)dev;
    ((struct cpu_state *)st)->x86.nmi_masked = !!(val & HF2_NMI_MASKED);
}

static uint64_t a20_get(const struct device *dev)
{
    return x86(dev)->a20 ? UINT32_MAX : UINT32_MAX & ~(1u << 20);
}

static void a20_put(const struct device *dev, void *st, uint64_t val)
{
    (void)dev;
    ((struct cpu_state *)st)->x86.a20 = val >> 20 & 1;
}

/* Taken from the interrupt controller, but the processor has not gone there yet. */
static uint64_t injected_get(const struct device *dev)
{
    return x86(dev)->injected ? x86(dev)->injected_vector : UINT32_MAX;
}

static void injected_put(const struct device *dev, void *st, uint64_t val)
{
    struct x86_state *x = &((struct cpu_state *)st)->x86;

    (void)dev;
    x->injected = val < 256;
    x->injected_vector = x->injected ? val : 0;
}

static bool halts_inside(const struct device *dev)
{
    return dev->machine->accel && dev->machine->accel->halts_inside;
}

enum { MP_RUNNABLE, MP_WAITS_FOR_INIT, MP_WAITS_FOR_SIPI, MP_HALTED };

/* Only an accelerator that halts and waits by itself says it here. */
static uint64_t mp_state_get(const struct device *dev)
{
    if (!halts_inside(dev))
        return MP_RUNNABLE;
    return x86(dev)->wait_sipi ? MP_WAITS_FOR_INIT : x86(dev)->halted ? MP_HALTED : MP_RUNNABLE;
}

static void mp_state_put(const struct device *dev, void *st, uint64_t val)
{
    struct x86_state *x = &((struct cpu_state *)st)->x86;

    if (!halts_inside(dev))
        return;
    x->wait_sipi = val == MP_WAITS_FOR_INIT || val == MP_WAITS_FOR_SIPI;
    x->halted = x->wait_sipi || val == MP_HALTED;
}

static uint64_t none_get(const struct device *dev)
{
    (void)dev;
    return UINT32_MAX;
}

static uint64_t zero_get(const struct device *dev)
{
    (void)dev;
    return 0;
}

/* Tables. */

#define FX(name_, at_, size_, ...) \
    { .name = (name_), .off = ST_OFF(C, x86.fx) + (at_), .size = (size_), .count = 1, __VA_ARGS__ }
#define GAP(name_, at_, size_) FX(name_, at_, size_, .kind = FIELD_BUFFER, .hidden = true)

static const struct field fpreg_tmp[] = {
    { .name = "tmp_mant", .off = 0, .size = 8, .count = 1 },
    { .name = "tmp_exp", .off = 8, .size = 2, .count = 1 },
    { .name = "reserved", .kind = FIELD_BUFFER, .off = 10, .size = 6, .count = 1, .hidden = true },
    {}
};
static const struct field fpreg[] = {
    { .name = "tmp", .kind = FIELD_STRUCT, .off = 0, .size = FX_ST_BYTES, .count = 1, .nested = fpreg_tmp,
        .type = "tmp" },
    {}
};
static const struct field xmm_reg[] = {
    { .name = "_q_ZMMReg[0]", .off = 0, .size = 8, .count = 1 },
    { .name = "_q_ZMMReg[1]", .off = 8, .size = 8, .count = 1 },
    {}
};
static const struct field ymmh_reg[] = {
    COMPUTED("_q_ZMMReg[2]", 8), COMPUTED("_q_ZMMReg[3]", 8), {}
};
static const struct field segment[] = {
    ELEM(struct x86_seg, "selector", sel, .max = 0xffff),
    ELEM(struct x86_seg, "base", base),
    ELEM(struct x86_seg, "limit", limit),
    ELEM(struct x86_seg, "flags", attr),
    ELEM(struct x86_seg, "spare", spare, .hidden = true),
    {}
};
static const struct field mtrr_var[] = {
    { .name = "base", .off = 0, .size = 8, .count = 1 },
    { .name = "mask", .off = 8, .size = 8, .count = 1 },
    {}
};

#define CR4_KNOWN 0x77ffffu
#define EFER_KNOWN (EFER_SCE | EFER_LME | EFER_LMA | EFER_NXE | EFER_FFXSR | 1u << 12)

static const struct field cpu_fields[] = {
    ARRAY(C, "env.regs", x86.gpr),
    FIELD(C, "env.eip", x86.rip, .reset = 0xfff0),
    FIELD(C, "env.eflags", x86.rflags, .reset = FLAG_1, .max = 0x3fffff),
    COMPUTED("env.hflags", 4, .get = hflags_get, .put = hflags_put),
    FX("env.fpuc", 0, 2, .reset = 0x37f),
    FX("env.fpus_vmstate", 2, 2),
    FX("env.fptag_vmstate", 4, 1, .wire = 2),
    COMPUTED("env.fpregs_format_vmstate", 2, .get = zero_get, .equal = true),
    { .name = "env.fpregs", .kind = FIELD_STRUCT, .off = ST_OFF(C, x86.fx) + FX_ST, .size = FX_ST_BYTES, .count = 8,
        .nested = fpreg },
    STRUCTS(C, "env.segs", x86.seg, segment),
    STRUCT(C, "env.ldt", x86.ldt, segment),
    STRUCT(C, "env.tr", x86.tr, segment),
    STRUCT(C, "env.gdt", x86.gdt, segment),
    STRUCT(C, "env.idt", x86.idt, segment),
    FIELD(C, "env.sysenter_cs", x86.sysenter_cs),
    FIELD(C, "env.sysenter_esp", x86.sysenter_esp),
    FIELD(C, "env.sysenter_eip", x86.sysenter_eip),
    FIELD(C, "env.cr[0]", x86.cr0, .reset = CR0_CD | CR0_NW | CR0_ET, .max = UINT32_MAX),
    FIELD(C, "env.cr[2]", x86.cr2),
    FIELD(C, "env.cr[3]", x86.cr3),
    FIELD(C, "env.cr[4]", x86.cr4, .max = CR4_KNOWN),
    ARRAY(C, "env.dr", x86.dr),
    COMPUTED("env.a20_mask", 4, .type = "int32", .get = a20_get, .put = a20_put),
    FX("env.mxcsr", 24, 4, .reset = 0x1f80, .max = 0xffff),
    { .name = "env.xmm_regs[0]", .kind = FIELD_STRUCT, .off = ST_OFF(C, x86.fx) + FX_XMM, .size = 16, .count = 16,
        .nested = xmm_reg },
    FIELD(C, "env.efer", x86.efer, .max = EFER_KNOWN),
    FIELD(C, "env.star", x86.star),
    FIELD(C, "env.lstar", x86.lstar),
    FIELD(C, "env.cstar", x86.cstar),
    FIELD(C, "env.fmask", x86.fmask),
    FIELD(C, "env.kernelgsbase", x86.kernel_gs_base),
    FIELD(C, "env.smbase", x86.smbase, .reset = 0x30000),
    FIELD(C, "env.pat", x86.pat, .reset = 0x0007040600070406),
    COMPUTED("env.hflags2", 4, .get = hflags2_get, .put = hflags2_put),
    COMPUTED("env.vm_hsave", 8), COMPUTED("env.vm_vmcb", 8),
    FIELD(C, "env.tsc_offset", x86.tsc_offset),
    COMPUTED("env.intercept", 8), COMPUTED("env.intercept_cr_read", 2), COMPUTED("env.intercept_cr_write", 2),
    COMPUTED("env.intercept_dr_read", 2), COMPUTED("env.intercept_dr_write", 2), COMPUTED("env.intercept_exceptions",
        4),
    COMPUTED("env.v_tpr", 1),
    ARRAY(C, "env.mtrr_fixed", x86.mtrr_fixed),
    FIELD(C, "env.mtrr_deftype", x86.mtrr_deftype),
    STRUCTS(C, "env.mtrr_var", x86.mtrr_var, mtrr_var),
    COMPUTED("env.interrupt_injected", 4, .type = "int32", .get = injected_get, .put = injected_put),
    COMPUTED("env.mp_state", 4, .get = mp_state_get, .put = mp_state_put), COMPUTED("env.tsc", 8),
    COMPUTED("env.exception_nr", 4, .type = "int32", .get = none_get),
    FIELD(C, "env.soft_interrupt", x86.injected_soft, .max = 1),
    COMPUTED("env.nmi_injected", 1), COMPUTED("env.nmi_pending", 1), COMPUTED("env.has_error_code", 1),
    COMPUTED("env.sipi_vector", 4),
    FIELD(C, "env.mcg_cap", x86.mcg_cap),
    FIELD(C, "env.mcg_status", x86.mcg_status),
    FIELD(C, "env.mcg_ctl", x86.mcg_ctl),
    ARRAY(C, "env.mce_banks", x86.mce_banks),
    FIELD(C, "env.tsc_aux", x86.tsc_aux),
    FIELD(C, "env.system_time_msr", x86.system_time_msr), FIELD(C, "env.wall_clock_msr", x86.wall_clock_msr),
    FIELD(C, "env.xcr0", x86.xcr0, .reset = 1, .max = 3),
    COMPUTED("env.xstate_bv", 8),
    { .name = "env.xmm_regs[1]", .kind = FIELD_STRUCT, .count = 16, .nested = ymmh_reg },
    GAP("fx reserved 5", 5, 1), GAP("fx mxcsr_mask", 28, 4), GAP("fx reserved 416", FX_RESERVED, 512 - FX_RESERVED),
    FIELD(C, "wait_sipi", x86.wait_sipi, .hidden = true), FIELD(C, "inhibit", x86.inhibit, .hidden = true),
    FIELD(C, "nmi_pending", x86.nmi_pending, .hidden = true), FIELD(C, "nmi_masked", x86.nmi_masked, .hidden = true),
    FIELD(C, "smi_pending", x86.smi_pending, .hidden = true), FIELD(C, "smm", x86.smm, .hidden = true),
    FIELD(C, "a20", x86.a20, .hidden = true, .reset = 1), FIELD(C, "spare", x86.spare, .hidden = true),
    FIELD(C, "injected", x86.injected, .hidden = true),
    FIELD(C, "injected_vector", x86.injected_vector, .hidden = true),
    {}
};

#define NEEDED(name, condition) \
    static bool name(const struct device *dev) \
    { \
        const struct cpu_state *st = &((const C *)dev)->st; \
        return condition; \
    }
NEEDED(needs_poll_control, st->poll_control != 1)
NEEDED(needs_tsc_khz, st->tsc_khz)
NEEDED(needs_misc_enable, st->x86.misc_enable != 1)
NEEDED(needs_tsc_deadline, st->x86.tsc_deadline)
NEEDED(needs_smi_count, st->x86.smi_count)

static bool needs_fpop(const struct device *dev)
{
    static const uint8_t zero[16];

    return memcmp(x86(dev)->fx + 6, zero, 2) || memcmp(x86(dev)->fx + 8, zero, 16);
}

#define FIELDS(...) .fields = (const struct field[]){ __VA_ARGS__, {} }
static const struct section cpu_subs[] = {
    { "cpu/poll_control_msr", 1, 1, .needed = needs_poll_control, FIELDS(FIELD(C, "env.poll_control_msr",
        poll_control)) },
    { "cpu/fpop_ip_dp", 1, 1, .needed = needs_fpop,
      FIELDS(FX("env.fpop", 6, 2, .max = 0x7ff), FX("env.fpip", 8, 8), FX("env.fpdp", 16, 8)) },
    { "cpu/msr_tscdeadline", 1, 1, .needed = needs_tsc_deadline, FIELDS(FIELD(C, "env.tsc_deadline",
        x86.tsc_deadline)) },
    { "cpu/msr_ia32_misc_enable", 1, 1, .needed = needs_misc_enable,
      FIELDS(FIELD(C, "env.msr_ia32_misc_enable", x86.misc_enable, .reset = 1)) },
    { "cpu/tsc_khz", 1, 1, .needed = needs_tsc_khz, FIELDS(FIELD(C, "env.tsc_khz", tsc_khz, .type = "int64")) },
    { "cpu/msr_smi_count", 1, 1, .needed = needs_smi_count, FIELDS(FIELD(C, "env.msr_smi_count", x86.smi_count,
        .wire = 8)) },
    {}
};

static int cpu_check(const struct device *dev, const void *state, struct error **err)
{
    const struct x86_state *x = &((const struct cpu_state *)state)->x86;
    bool long_mode = (x->efer & EFER_LME) && (x->cr0 & CR0_PG);

    (void)dev;
    if ((x->cr0 & CR0_PG) && !(x->cr0 & CR0_PE))
        return error_set(err, -EINVAL, ERROR_STREAM, "cpu.cr0", "paging without protection", "PE with PG");
    if (long_mode != !!(x->efer & EFER_LMA) || (long_mode && !(x->cr4 & CR4_PAE)))
        return error_set(err, -EINVAL, ERROR_STREAM, "cpu.efer", T("%#llx", (unsigned long long)x->efer),
                         "LMA exactly with LME, PG and PAE");
    if (!(x->rflags & FLAG_1))
        return error_set(err, -EINVAL, ERROR_STREAM, "cpu.eflags", "bit 1 clear", "bit 1 set");
    return 0;
}

static const struct section cpu_section = {
    "cpu", 12, 11, .fields = cpu_fields, .subs = cpu_subs, .check = cpu_check, .fixed_instance = true,
};
static const struct section cpu_common_section = {
    "cpu_common", 1, 1, .fixed_instance = true, .also = &cpu_section, .fields = (const struct field[]){
        FIELD(C, "halted", x86.halted, .wire = 4, .max = 1),
        COMPUTED("interrupt_request", 4, .get = interrupt_request_get, .put = interrupt_request_put), {} },
};

/* The type. */

static const struct accel_ops *ops(const C *c)
{
    return c->dev.machine->accel ? c->dev.machine->accel->ops : NULL;
}

static void cpu_capture(struct device *dev)
{
    C *c = cpu_device(dev);

    if (!c->cpu || !ops(c)->vcpu_get)
        return;
    ops(c)->vcpu_get(c->cpu, &c->st.x86);
    x87_turn(&c->st.x86, x87_top(&c->st.x86));
    if (halts_inside(dev))
        return;
    c->st.x86.halted = c->cpu->halted;
    c->st.x86.wait_sipi = c->cpu->wait_sipi;
}

/* A descriptor's base and limit bits are not attributes; older x87 state has garbage in reserved places. */
static void cpu_resumed(struct device *dev)
{
    C *c = cpu_device(dev);
    struct x86_state x = c->st.x86;
    struct x86_seg *const segs[] = { &x.seg[ES], &x.seg[CS], &x.seg[SS], &x.seg[DS], &x.seg[FS], &x.seg[GS], &x.ldt,
        &x.tr,
                                     &x.gdt, &x.idt };

    if (!c->cpu || !ops(c)->vcpu_put)
        return;
    x87_turn(&x, 8 - x87_top(&x));
    for (unsigned i = 0; i < sizeof(segs) / sizeof(segs[0]); i++)
        segs[i]->attr &= 0x00ffff00;
    ops(c)->vcpu_put(c->cpu, &x);
    c->cpu->halted = x.halted && !halts_inside(dev);
}

static void cpu_reset(struct device *dev)
{
    C *c = cpu_device(dev);

    x86_state_reset(&c->st.x86, c->cpu ? c->cpu->model : NULL, !c->cpu || c->cpu->bsp);
}

#define NOWHERE .def = (uint64_t)-1, .min = -1
static const struct prop cpu_props[] = {
    PROP(C, "apic-id", place.apic_id, .def = UINT32_MAX, .doc = "initial APIC ID"),
    PROP(C, "socket-id", place.socket, NOWHERE, .doc = "number of the socket"),
    PROP(C, "die-id", place.die, NOWHERE, .doc = "of the die in it"),
    PROP(C, "core-id", place.core, NOWHERE, .doc = "of the core in that"),
    PROP(C, "thread-id", place.thread, NOWHERE, .doc = "of the thread in that"),
    PROP(C, "node-id", place.node, NOWHERE, .doc = "the NUMA node that this place is in"),
    {}
};

static const struct device_type any_cpu = {
    .type = { .name = "cpu", .parent = "device", .doc = "a processor", .abstract = true, .state = &no_state },
};
DEVICE_TYPE(any_cpu);
static const struct device_type any_x86_cpu = {
    .type = { .name = "x86_64-cpu", .parent = "cpu", .doc = "an x86-64 processor", .abstract = true,
        .attrs = cpu_attrs,
        .state = &no_state },
};
DEVICE_TYPE(any_x86_cpu);

#define CPU_TYPE(id, model_, parent_, doc_) \
    static const struct device_type id = { \
        .type = { .name = model_ "-x86_64-cpu", .parent = (parent_), .category = "cpu", .doc = doc_, \
                  DEVICE(C), TYPE_STATE(C), .props = cpu_props, .state = &cpu_common_section }, \
        .locking = LOCKING_NONE, .reset = cpu_reset, .capture = cpu_capture, .resumed = cpu_resumed }; \
    DEVICE_TYPE(id)
CPU_TYPE(cpu_qemu64, "qemu64", "x86_64-cpu", "QEMU Virtual CPU version 2.5+");
CPU_TYPE(cpu_base, "base", "x86_64-cpu", "base CPU model type with no features enabled");
CPU_TYPE(cpu_max, "max", "x86_64-cpu", "Enables all features supported by the accelerator in the current host");
CPU_TYPE(cpu_host, "host", "max-x86_64-cpu", "processor with all supported host features");

struct vcpu *cpu_device_vcpu(const struct device *dev)
{
    return ((const C *)dev)->cpu;
}

struct cpu_device_place *cpu_device_place(struct device *dev)
{
    return &cpu_device(dev)->cfg.place;
}

void cpu_device_bind(struct device *dev, struct vcpu *cpu)
{
    cpu_device(dev)->cpu = cpu;
    if (!cpu)
        return;
    dev->instance = cpu->index;
    cpu->dev = dev;
}
