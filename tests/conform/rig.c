/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/conform/rig.h"

/*
 * The bare machine (see rig.h)
 *
 * Invariant: whatever a rig makes is freed with its machine, or by rig_free().
 */

#include "core/clock-state.h"
#include "tests/cpu-device.h"
#include "cpu/state.h"
#include "hw/char/uart.h"
#include "hw/intc/apic.h"
#include "hw/intc/i8259.h"
#include "hw/pci/i440fx.h"
#include "hw/nvram/fw-cfg.h"
#include "hw/pci/q35-host.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* An accelerator whose vCPUs keep what they are given. */
static void bench_close(struct accel *accel)
{
    (void)accel;
}

static int bench_vcpu_init(struct vcpu *cpu, struct error **err)
{
    (void)err;
    cpu->accel = aligned_alloc(16, (sizeof(struct x86_state) + 15) & ~15ul);
    assert(cpu->accel);
    memset(cpu->accel, 0, sizeof(struct x86_state));
    return 0;
}

static void bench_vcpu_fini(struct vcpu *cpu)
{
    free(cpu->accel);
}

static void bench_vcpu_get(struct vcpu *cpu, struct x86_state *st)
{
    *st = *(struct x86_state *)cpu->accel;
}

static void bench_vcpu_put(struct vcpu *cpu, const struct x86_state *st)
{
    *(struct x86_state *)cpu->accel = *st;
}

static const struct accel_ops bench_ops = {
    .name = "bench", .doc = "vCPUs that stand", .steps_clock = true, .close = bench_close,
    .vcpu_init = bench_vcpu_init, .vcpu_fini = bench_vcpu_fini, .vcpu_get = bench_vcpu_get, .vcpu_put = bench_vcpu_put,
};

static uint64_t noise(struct rig *rig)
{
    rig->noise = rig->noise * 6364136223846793005u + 1442695040888963407u;
    return rig->noise >> 33;
}

/* A line whose far end sometimes has bytes and sometimes has no room. */
static size_t line_send(void *opaque, const uint8_t *bytes, size_t n)
{
    (void)bytes;
    return noise(opaque) % (n + 1);
}

static size_t line_receive(void *opaque, uint8_t *bytes, size_t n)
{
    size_t have = noise(opaque) % (n + 1);

    for (size_t i = 0; i < have; i++)
        bytes[i] = noise(opaque);
    return have;
}

static struct device *make_serial(struct rig *rig, const struct device_type *type)
{
    const struct uart_line line = { .send = line_send, .receive = line_receive, .opaque = rig };
    struct device *dev = device_new(rig->m, type);

    uart_connect(dev, NULL, &line);
    return dev;
}

static struct device *make_host(struct rig *rig, const struct device_type *type)
{
    struct device *dev = device_new(rig->m, type);

    pci_host_set_memory(dev, &(struct pci_host_memory){ &rig->m->memory, &rig->ram, &rig->pci_memory, 0 });
    return dev;
}

static struct device *make_on_host(struct rig *rig, const struct device_type *type, const char *host_type,
                                   void (*set_host)(struct device *, struct device *))
{
    struct device *dev, *host = make_host(rig, device_type_find(host_type));
    int r = device_realize(host, NULL, NULL, NULL);

    assert(!r);
    dev = device_new(rig->m, type);
    set_host(dev, host);
    return dev;
}

static struct device *make_mch(struct rig *rig, const struct device_type *type)
{
    return make_on_host(rig, type, "q35-pcihost", mch_set_host);
}

static struct device *make_i440fx(struct rig *rig, const struct device_type *type)
{
    return make_on_host(rig, type, "i440FX-pcihost", i440fx_set_host);
}

static struct device *make_cpu(struct rig *rig, const struct device_type *type)
{
    struct vcpu *cpu = rig->m->vcpus[0];
    int r = cpu_device_new(rig->m, cpu, type);

    assert(!r);
    return cpu->dev;
}

static struct device *make_apic(struct rig *rig, const struct device_type *type)
{
    struct vcpu *cpu = rig->m->vcpus[0];
    int r = apic_new(rig->m, cpu, NULL);

    (void)type;
    assert(!r);
    return cpu->intc_opaque;            /* the chip begins with its device */
}

static struct device *make_pic(struct rig *rig, const struct device_type *type)
{
    struct i8259_pair pair;
    int r = i8259_new_pair(rig->m, &pair, NULL);

    (void)type;
    assert(!r);
    return pair.master;
}

static struct device *make_with_fw_cfg(struct rig *rig, const struct device_type *type)
{
    struct device *fw_cfg;
    int r = fw_cfg_new(rig->m, &fw_cfg, NULL);

    assert(!r);
    return device_new(rig->m, type);
}

static struct device *make_vmmouse(struct rig *rig, const struct device_type *type)
{
    int r = device_realize(device_new(rig->m, device_type_find("vmport")), NULL, NULL, NULL);

    assert(!r);
    return device_new(rig->m, type);
}

/* Without its BIOS, which is a file of the host. */
static struct device *make_vga(struct rig *rig, const struct device_type *type)
{
    struct device *dev = device_new(rig->m, type);
    int r = device_set(dev, "romfile", "", NULL);

    assert(!r);
    return dev;
}

static struct device *make_eeprom(struct rig *rig, const struct device_type *type)
{
    int r = device_realize(device_new(rig->m, device_type_find("ICH9-SMB")), NULL, NULL, NULL);

    assert(!r);
    return device_new(rig->m, type);
}

static struct device *make_loader(struct rig *rig, const struct device_type *type)
{
    struct device *dev = device_new(rig->m, type);
    int r = device_set(dev, "addr", "0x1000", NULL);

    assert(!r);
    return dev;
}

/* What must be wired before realize; a hook may realize, too.  The others are made, set to defaults and realized. */
static const struct hook {
    const char *type;
    struct device *(*make)(struct rig *rig, const struct device_type *type);
} hooks[] = {
    { "serial", make_serial },
    { "q35-pcihost", make_host },
    { "mch", make_mch },
    { "smbus-eeprom", make_eeprom },
    { "i440FX-pcihost", make_host },
    { "i440FX", make_i440fx },
    { "apic", make_apic },
    { "qemu64-x86_64-cpu", make_cpu },
    { "max-x86_64-cpu", make_cpu },
    { "base-x86_64-cpu", make_cpu },
    { "isa-i8259", make_pic },
    { "VGA", make_vga },
    { "vmgenid", make_with_fw_cfg },
    { "vmcoreinfo", make_with_fw_cfg },
    { "vmmouse", make_vmmouse },
    { "loader", make_loader },
};

/* Of a type and of those derived from it. */
static const struct exception { const char *type, *field, *why; } exceptions[] = {
    { "x86_64-cpu", "env.regs", "EDX shows the model" },
    { "x86_64-cpu", "selector", "of CS it differs" },
    { "x86_64-cpu", "base", "of CS it differs" },
    { "x86_64-cpu", "limit", "of the LDT, the TR and the segments alike" },
    { "x86_64-cpu", "flags", "differs from segment to segment" },
    { "x86_64-cpu", "env.dr", "DR6 and DR7 have fixed bits" },
    { "x86_64-cpu", "env.mcg_cap", "depends on the model" },
    { "x86_64-cpu", "env.mcg_ctl", "depends on the model" },
    { "x86_64-cpu", "env.mce_banks", "depends on the model" },
    { "apic", "apicbase", "the first processor's has the BSP bit" },
    { "apic", "id", "the user chose it" },
    { "hpet", "num_timers", "the user chose it" },
    { "hpet", "tn", "the number of the timer" },
    { "hpet", "config", "which interrupts a timer may use is wiring" },
    { "kvm-pit", "gate", "of channel 2 only it is low" },
    { "kvm-pit", "count_load_time", "follows the clock" },
    { "isa-pit", "gate", "of channel 2 only it is low" },
    { "isa-pit", "count_load_time", "follows the clock" },
    { "isa-pit", "next_transition_time", "follows the clock" },
    { "isa-pit", "channels[0].next_transition_time", "follows the clock" },
    { "mc146818rtc", "cmos_data", "time of day and registers A to D" },
    { "mc146818rtc", "period", "what register A makes of it" },
    { "mc146818rtc", "base_rtc", "follows the clock" },
    { "mc146818rtc", "last_update", "follows the clock" },
    { "mc146818rtc", "offset", "follows the clock" },
    { "mc146818rtc", "next_alarm_time", "follows the clock" },
    { "mc146818rtc", "update_ns", "follows the clock" },
    { "ICH9-LPC", "chip_config", "DnnIR name a PIRQ for each pin" },
    { "ICH9-LPC", "acpi_regs.tmr.overflow_time", "follows the clock" },
    { "pci-vga", "vbe_regs", "the first one is the identity" },
    { "isa-vga", "vbe_regs", "the first one is the identity" },
    { "ICH9-LPC", "pm.acpi_regs.tmr.overflow_time", "follows the clock" },
    { "PIIX4_PM", "ar.tmr.overflow_time", "follows the clock" },
    { "PIIX4_PM", "smb_auxctl", "the block buffer of this chip is always on" },
};

const char *rig_reset_differs(const struct device_type *type, const char *field)
{
    for (unsigned i = 0; i < sizeof(exceptions) / sizeof(exceptions[0]); i++)
        if (type_is(&type->type, exceptions[i].type) && !strcmp(exceptions[i].field, field))
            return exceptions[i].why;
    return type_is(&type->type, "pci-device") && !strcmp(field, "config") ? "identity and BARs come from pci_type"
        : NULL;
}

static void buses_init(struct rig *rig)
{
    struct machine *m = rig->m;

    region_init(&rig->pci_memory, "pci", REGION_CONTAINER, UINT64_MAX);
    region_init(&rig->ram, "ram", REGION_CONTAINER, UINT64_MAX);
    map_begin(&m->map);
    region_add(&m->memory, 0, &rig->pci_memory, -1);
    map_end(&m->map);
    isa_bus_init(&rig->isa, m, NULL, NULL);
    pci_bus_init(&rig->pci, m, NULL, "pci.0", &rig->pci_memory, &m->io, true);
}

static void vcpu_make(struct rig *rig)
{
    struct machine *m = rig->m;
    int r = cpu_config_parse("qemu64", true, &rig->model, NULL);

    assert(!r);
    m->vcpus = calloc(1, sizeof(*m->vcpus));
    assert(m->vcpus);
    r = vcpu_new(m, 0, 0, &rig->model, &m->vcpus[0], NULL);
    assert(!r);
    m->n_vcpus = 1;
}

static int device_make(struct rig *rig, const struct device_type *type, struct error **err)
{
    for (unsigned i = 0; i < sizeof(hooks) / sizeof(hooks[0]); i++)
        if (!strcmp(hooks[i].type, type->type.name))
            rig->dev = hooks[i].make(rig, type);
    if (!rig->dev)
        rig->dev = device_new(rig->m, type);
    return rig->dev->realized ? 0 : device_realize(rig->dev, NULL, NULL, err);
}

struct rig *rig_new(struct loop *loop, const struct device_type *type, struct error **err)
{
    struct rig *rig = calloc(1, sizeof(*rig));

    assert(rig);
    rig->noise = 1;
    if (machine_new(loop, 702, &rig->m, err) < 0) {
        free(rig);
        return NULL;
    }
    rig->m->no_shutdown = true;
    rig->m->clock->made_ns = 1700000000ll * 1000000000;
    rig->accel = (struct accel){ &bench_ops, rig->m };
    rig->m->accel = &rig->accel;
    buses_init(rig);
    vcpu_make(rig);
    if (device_make(rig, type, err) < 0) {
        rig_free(rig);
        return NULL;
    }
    return rig;
}

void rig_free(struct rig *rig)
{
    struct machine *m = rig->m;

    while (!list_empty(&m->devices))
        device_free(list_entry(m->devices.prev, struct device, in_machine));
    pci_bus_fini(&rig->pci);
    isa_bus_fini(&rig->isa);
    map_begin(&m->map);
    region_remove(&rig->pci_memory);
    map_end(&m->map);
    region_fini(&rig->ram);
    region_fini(&rig->pci_memory);
    machine_free(m);
    free(rig);
}

void rig_meet(struct rig *a, struct rig *b)
{
    uint64_t at = machine_clock_ns(a->m), bt = machine_clock_ns(b->m);

    if (at < bt)
        machine_clock_step(a->m, bt - at);
    else if (bt < at)
        machine_clock_step(b->m, at - bt);
}
