/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A machine under KVM for small guests of ours: RAM, a page of ROM, interrupt controllers, a probe
 *
 *     00000  guest code and data: GDT, IDT, START16 (SIPI vector), CODE      F0000  ROM
 *     E0000000  the probe's page          port 500h  the probe's ports, 16 of them
 *
 * A guest starts in flat 32-bit mode at CODE on every CPU 0; other CPUs wait.  Writing to port FINISH says that
 * a CPU is done.  All tests skip where /dev/kvm cannot be opened.
 */

#include "accel/accel.h"
#include "core/accel.h"
#include "core/machine.h"
#include "tests/cpu-device.h"
#include "cpu/model.h"
#include "cpu/state.h"
#include "hw/intc/apic.h"
#include "hw/intc/gsi.h"
#include "hw/intc/i8259.h"
#include "hw/intc/ioapic.h"
#include "hw/isa/isa.h"
#include "hw/timer/i8254.h"
#include "lib/epoch.h"
#include "tests/unit/guest-code.h"
#include "tests/unit/machine-ram.h"

#include <stdatomic.h>
#include <unistd.h>

enum {
    RAM_BYTES = 4 << 20, GDT = 0x600, IDT = 0x800, IDTR = 0x700, GDTR = 0x708, START16 = 0x1000, START32 = 0x1100,
    CODE = 0x2000, OTHERS = 0x3000, HANDLER = 0x4000, HANDLER2 = 0x4800, DATA = 0x5000, DATA2 = 0x6000,
    ROM = 0xf0000, PROBE_PORT = 0x500, FINISH = 0x510, VECTOR = 0x40, VECTOR2 = 0x50,
};
#define PROBE 0xe0000000u

enum { LOG_MAX = 256 };
struct seen { uint64_t at, val; uint8_t size; bool write; };

struct probe {
    struct device dev;
    struct { uint8_t none; } cfg;
    struct seen seen[LOG_MAX];
    unsigned n;
    uint64_t answer;
    uint8_t pin_level;          /* level of its line; written by the guest, or by the test inside an entry */
    struct irq irq;
};

struct kvm_rig {
    struct loop *loop;
    struct machine *m;
    struct ram_block *ram, *rom;
    struct region ram_region, rom_region, finish_region;
    struct isa_bus isa;
    struct device *gsi, *ioapic, *pit;
    struct i8259_pair pic;
    struct probe *probe;
    unsigned cpus;
    const uint8_t *code, *code_end, *others, *others_end, *handler, *handler_end;
    _Atomic unsigned finished;
    unsigned resets;
};
static struct kvm_rig rig;

static inline struct probe *probe_of(struct device *dev)
{
    return (struct probe *)dev;
}

static void probe_log(struct probe *p, uint64_t at, uint64_t val, unsigned size, bool write)
{
    if (p->n < LOG_MAX)
        p->seen[p->n++] = (struct seen){ at, val, size, write };
}

static uint64_t probe_read(struct device *dev, uint64_t at, unsigned size)
{
    struct probe *p = probe_of(dev);
    uint64_t val = p->answer;

    p->answer += 0x0101010101010101;
    probe_log(p, at, val, size, false);
    return val;
}

static void probe_write(struct device *dev, uint64_t at, unsigned size, uint64_t val)
{
    struct probe *p = probe_of(dev);

    probe_log(p, at, val, size, true);
    if (at == 0xffc)
        p->pin_level = val & 1;
}

static uint64_t finish_read(struct device *dev, uint64_t at, unsigned size)
{
    return 0;
}

static void finish_write(struct device *dev, uint64_t at, unsigned size, uint64_t val)
{
    rig.finished++;
}

static void probe_outputs(struct device *dev)
{
    irq_set(&probe_of(dev)->irq, probe_of(dev)->pin_level);
}

static const struct region_type probe_regions[] = {
    { .name = "probe", .size = 0x1000, .min = 1, .max = 8, .read = probe_read, .write = probe_write },
    { .name = "probe-ports", .size = 16, .min = 1, .max = 4, .ports = true, .read = probe_read, .write = probe_write },
    { .name = "finish", .size = 1, .min = 1, .max = 1, .ports = true, .read = finish_read, .write = finish_write },
    {}
};
static const struct device_type probe_type = {
    .type = { .name = "kvm-test-probe", .parent = "device", .doc = "remembers accesses", .internal = true,
              DEVICE(struct probe), .state = &no_state },
    .regions = probe_regions,
    .outputs = probe_outputs,
};
DEVICE_TYPE(probe_type);

/* Real mode, at the SIPI's page: into flat protected mode, then to OTHERS with a stack of its own. */
GUEST(start16, 16, "cli; xor %ax,%ax; mov %ax,%ds; lgdtl 0x708; lidtl 0x700; mov $1,%eax; mov %eax,%cr0; "
                   "ljmpl $8,$0x1100");
GUEST(start32, 32, "mov $16,%eax; mov %eax,%ds; mov %eax,%es; mov %eax,%ss; mov $1,%eax; lock xadd %eax,0x5f00; "
                   "inc %eax; shl $10,%eax; lea 0x10000(%eax),%esp; mov $0x3000,%eax; jmp *%eax");

static void guest_put(uint64_t gpa, const void *bytes, size_t len)
{
    memcpy(rig.ram->host + gpa, bytes, len);
}

static inline uint32_t guest_word(uint64_t gpa)
{
    return atomic_load((_Atomic uint32_t *)(void *)(rig.ram->host + gpa));
}

static void gate(unsigned vector, uint32_t to)
{
    uint64_t g = (to & 0xffff) | 8u << 16 | 0x8e00ull << 32 | (uint64_t)(to >> 16) << 48;

    guest_put(IDT + 8 * vector, &g, 8);
}

static void memory_fill(void)
{
    static const uint64_t gdt[3] = { 0, 0x00cf9b000000ffff, 0x00cf93000000ffff };
    static const struct { uint16_t limit; uint32_t base; } __attribute__((packed)) idtr = { 0x7ff, IDT },
        gdtr = { 0x17, GDT };

    memset(rig.ram->host, 0, 0x20000);
    guest_put(GDT, gdt, sizeof(gdt));
    guest_put(IDTR, &idtr, 6);
    guest_put(GDTR, &gdtr, 6);
    gate(VECTOR, HANDLER);
    gate(VECTOR2, HANDLER2);
    guest_put(START16, start16, start16_end - start16);
    guest_put(START32, start32, start32_end - start32);
    guest_put(CODE, rig.code, rig.code_end - rig.code);
    if (rig.others)
        guest_put(OTHERS, rig.others, rig.others_end - rig.others);
    if (rig.handler)
        guest_put(HANDLER, rig.handler, rig.handler_end - rig.handler);
}

static void flat_state(struct x86_state *st)
{
    x86_state_reset(st, rig.m->cpu_model, true);
    for (unsigned n = 0; n < X86_SREGS; n++)
        st->seg[n] = (struct x86_seg){
            .sel = n == CS ? 8 : 16, .limit = UINT32_MAX,
            .attr = SEG_P | SEG_S | SEG_ACCESSED | SEG_RW | SEG_DB | SEG_G | (n == CS ? SEG_CODE : 0),
        };
    st->gdt = (struct x86_seg){ .base = GDT, .limit = 0x17 };
    st->idt = (struct x86_seg){ .base = IDT, .limit = 0x7ff };
    st->cr0 = CR0_PE | CR0_ET;
    st->gpr[RSP] = 0x10000;
    st->rip = CODE;
}

static void reset_boot(struct machine *m)
{
    struct x86_state st;

    rig.resets++;
    memory_fill();
    flat_state(&st);
    m->accel->ops->vcpu_put(m->vcpus[0], &st);
}

/* NULL: no KVM here; the test has been marked as skipped. */
static struct machine *kvm_machine(const char *options)
{
    struct error *err = NULL;
    static struct error_line why;

    memset(&rig, 0, sizeof(rig));
    CHECK(!loop_new(&rig.loop, NULL) && !machine_new(rig.loop, 702, &rig.m, NULL));
    if (!accel_open(rig.m, "kvm", options, &err))
        return rig.m;
    why = error_line(err);
    test_skip(why.s);
    error_free(err);
    machine_free(rig.m);
    loop_free(rig.loop);
    return NULL;
}

static void memory_new(void)
{
    struct machine *m = rig.m;

    rig.ram = ram_region_new(m, &rig.ram_region, "pc.ram", RAM_BYTES);
    CHECK(!machine_ram_new(m, &(struct ram_config){ .name = "rom", .size = 0x1000 }, &rig.rom, NULL));
    memset(rig.rom->host, 0x5a, 0x1000);
    region_init_rom(&rig.rom_region, "rom", rig.rom, 0, 0x1000);
    region_map(m, &m->memory, 0, &rig.ram_region, 0);
    region_map(m, &m->memory, ROM, &rig.rom_region, 1);
}

static void cpus_new(unsigned n)
{
    struct cpu_config *model = calloc(1, sizeof(*model));
    struct machine *m = rig.m;

    CHECK(!cpu_config_parse("qemu64", false, model, NULL));
    m->accel->ops->cpu_filter(m->accel, model);
    model->cores = n;
    model->threads = 1;
    m->cpu_model = model;
    m->vcpus = calloc(n, sizeof(*m->vcpus));
    for (unsigned i = 0; i < n; i++) {
        struct error *err = NULL;

        if (vcpu_new(m, i, i, model, &m->vcpus[i], &err))
            printf("# %s\n", error_line(err).s);
        CHECK(!err);
        m->n_vcpus++;
        CHECK(!cpu_device_new(m, m->vcpus[i], device_type_find("qemu64-x86_64-cpu")));
        CHECK(!apic_new(m, m->vcpus[i], NULL));
        CHECK(!vcpu_start_thread(m->vcpus[i], NULL));
    }
}

static void chips_new(void)
{
    struct machine *m = rig.m;

    CHECK(!gsi_new(m, &rig.gsi, NULL));
    isa_bus_init(&rig.isa, m, NULL, gsi_sink(rig.gsi));
    CHECK(!i8259_new_pair(m, &rig.pic, NULL) && !ioapic_new(m, NULL, &rig.ioapic, NULL));
    gsi_connect(rig.gsi, rig.pic.master, rig.pic.slave, rig.ioapic);
    rig.pit = device_new(m, device_type_find(i8254_type_name(m)));
    CHECK(!device_realize(rig.pit, NULL, NULL, NULL));
    rig.probe = probe_of(device_new(m, &probe_type));
    rig.probe->irq = (struct irq){ .sink = gsi_sink(rig.gsi), .line = 20 };
    CHECK(!device_realize(&rig.probe->dev, NULL, NULL, NULL));
    device_map(&rig.probe->dev, 0, &m->memory, PROBE, 0);
    device_map(&rig.probe->dev, 1, &m->io, PROBE_PORT, 0);
    device_map(&rig.probe->dev, 2, &m->io, FINISH, 0);
}

/* False: skipped.  Devices can be added until rig_ready(). */
static bool rig_make(const char *irqchip, unsigned cpus, const uint8_t *code, const uint8_t *code_end)
{
    if (!kvm_machine(T("kernel-irqchip=%s", irqchip)))
        return false;
    rig.cpus = cpus;
    rig.code = code;
    rig.code_end = code_end;
    memory_new();
    cpus_new(cpus);
    chips_new();
    rig.m->reset_boot = reset_boot;
    return true;
}

static void rig_ready(void)
{
    machine_phase_advance(rig.m, PHASE_ACCEL);
    machine_phase_advance(rig.m, PHASE_BOARD);
    machine_phase_advance(rig.m, PHASE_READY);
}

/* False: skipped.  Does not start yet. */
static bool rig_new(const char *irqchip, unsigned cpus, const uint8_t *code, const uint8_t *code_end)
{
    bool made = rig_make(irqchip, cpus, code, code_end);

    if (made)
        rig_ready();
    return made;
}
#define RIG(irqchip, cpus, guest) rig_new(irqchip, cpus, guest, guest##_end)

static void rig_start(void)
{
    machine_reset(rig.m, true);
    CHECK(!machine_start(rig.m, NULL));
}

static void rig_free(void)
{
    struct machine *m = rig.m;

    machine_stop(m, RUN_PAUSED, NULL);
    while (!list_empty(&m->devices))
        device_free(list_entry(m->devices.prev, struct device, in_machine));
    isa_bus_fini(&rig.isa);
    region_drop(m, &rig.rom_region);
    region_drop(m, &rig.ram_region);
    machine_free(m);
    loop_free(rig.loop);
}

/* Timers and posts run meanwhile; the test's time limit ends what never happens. */
#define WAIT_FOR(condition) do loop_turn(rig.loop, 1); while (!(condition))

/* Resets, starts, and waits until as many CPUs have said that they are done. */
static inline void rig_run(unsigned finished)
{
    rig_start();
    WAIT_FOR(rig.finished >= finished);
}
