/* SPDX-License-Identifier: Apache-2.0 */
#include "hw/acpi/cpu-plug.h"

/*
 * CPU hot-plug controller: which CPUs there are, which have come, which are asked to go
 *
 * After power-on it is a bitmap of APIC ids, for guests of long ago.  The first 0 written to port 0 makes it what it
 * has been since:
 *
 *   0  select a CPU by its index; reads the upper half of what command 3 asks for
 *   4  flags of the selected CPU: there (bit 0), has come (1), is asked to go (2); 1 and 2 are cleared by writing 1;
 *      writing bit 3 lets it go, whether it was asked or not
 *   5  command: 0 selects the next CPU that has come or is asked to go, 1 and 2 are followed by an event and a status
 *      for _OST, 3 asks for the APIC id
 *   8  data of the command
 *
 * Source: the controller as it answers on the reference, and the DSDT that drives it (dsdt-cpu.c).  A CPU that is not
 * possible reads as zeros and takes nothing.  The first CPU stays.  Neither flag is touched by a reset.
 * Invariant: cpu_command is CPU_PLUG_LEGACY exactly while the bitmap is there.
 */

#include "core/plug.h"
#include "core/vcpu.h"
#include "lib/bits.h"
#include "lib/error.h"

#include <errno.h>
#include <stdatomic.h>
#include <string.h>

enum { SELECTOR = 0, DATA_HIGH = 0, FLAGS = 4, COMMAND = 5, DATA = 8, PORTS = 12 };
enum { HERE = 1 << 0, INSERTING = 1 << 1, REMOVING = 1 << 2, EJECT = 1 << 3 };
enum { COMMAND_NEXT, COMMAND_OST_EVENT, COMMAND_OST_STATUS, COMMAND_ID, COMMANDS };

/* NULL: nobody is there, or was let go already. */
static struct device *cpu_at(const struct device *dev, unsigned i)
{
    const struct vcpu *cpu = atomic_load(&dev->machine->slots[i].cpu);

    return cpu && !cpu->dev->ejected ? cpu->dev : NULL;
}

static bool is_here(const struct device *dev, unsigned i)
{
    return cpu_at(dev, i);
}

/* NULL: the selected CPU is not possible. */
static struct acpi_cpu_slot *selected(struct device *dev)
{
    struct acpi_pm_state *st = acpi_pm_st(dev);

    return st->cpu_select < dev->machine->n_slots ? &st->cpu_slots[st->cpu_select] : NULL;
}

static void bitmap_fill(const struct device *dev, uint8_t ports[static CPU_PLUG_PORTS])
{
    const struct machine *m = dev->machine;

    for (unsigned i = 0; i < m->n_slots; i++)
        if (m->slots[i].apic_id < 8 * CPU_PLUG_PORTS && is_here(dev, i))
            ports[m->slots[i].apic_id / 8] |= 1 << m->slots[i].apic_id % 8;
}

static void ports_fill(struct device *dev, uint8_t ports[static CPU_PLUG_PORTS])
{
    const struct acpi_pm_state *st = acpi_pm_st(dev);
    const struct acpi_cpu_slot *slot = selected(dev);

    memset(ports + PORTS, 0xff, CPU_PLUG_PORTS - PORTS);
    if (!slot)
        return;
    ports[FLAGS] = (is_here(dev, st->cpu_select) ? HERE : 0) | (slot->inserting ? INSERTING : 0) |
                   (slot->removing ? REMOVING : 0);
    if (st->cpu_command == COMMAND_NEXT)
        bits_store(ports + DATA, 4, st->cpu_select);
    else if (st->cpu_command == COMMAND_ID)
        bits_store(ports + DATA, 4, dev->machine->slots[st->cpu_select].apic_id);
}

uint64_t cpu_plug_read(struct device *dev, uint64_t at, unsigned size)
{
    uint8_t ports[CPU_PLUG_PORTS] = { 0 };

    if (acpi_pm_st(dev)->cpu_command == CPU_PLUG_LEGACY)
        bitmap_fill(dev, ports);
    else
        ports_fill(dev, ports);
    return bits_load(ports + at, size);
}

/* From the selected one on, and around; it stays where it is if there is none. */
static void next_select(struct device *dev)
{
    struct acpi_pm_state *st = acpi_pm_st(dev);

    for (unsigned n = 0; n < dev->machine->n_slots; n++) {
        unsigned i = (st->cpu_select + n) % dev->machine->n_slots;

        if (!st->cpu_slots[i].inserting && !st->cpu_slots[i].removing)
            continue;
        st->cpu_select = i;
        return;
    }
}

static void command_write(struct device *dev, uint8_t command)
{
    if (command >= COMMANDS)
        return;
    acpi_pm_st(dev)->cpu_command = command;
    if (command == COMMAND_NEXT)
        next_select(dev);
}

static void eject(struct device *dev, unsigned i)
{
    struct device *cpu = cpu_at(dev, i);

    if (cpu && i)
        device_eject(cpu);
    else
        guest_error(dev, "ejects a CPU that is not there or cannot leave", i);
}

static void flags_write(struct device *dev, struct acpi_cpu_slot *slot, uint8_t val)
{
    if (val & INSERTING)
        slot->inserting = false;
    else if (val & REMOVING)
        slot->removing = false;
    else if (val & EJECT)
        eject(dev, acpi_pm_st(dev)->cpu_select);
}

static void data_write(struct device *dev, struct acpi_cpu_slot *slot, uint32_t val)
{
    if (acpi_pm_st(dev)->cpu_command == COMMAND_OST_EVENT)
        slot->ost_event = val;
    if (acpi_pm_st(dev)->cpu_command == COMMAND_OST_STATUS) {
        slot->ost_status = val;
        cpu_ost_said(dev, acpi_pm_st(dev)->cpu_select);
    }
}

void cpu_plug_write(struct device *dev, uint64_t at, unsigned size, uint64_t val)
{
    struct acpi_pm_state *st = acpi_pm_st(dev);
    struct acpi_cpu_slot *slot = selected(dev);

    (void)size;
    if (st->cpu_command == CPU_PLUG_LEGACY) {
        if (at == SELECTOR && !val)
            st->cpu_command = COMMAND_NEXT;
    } else if (at == SELECTOR) {
        st->cpu_select = val;
    } else if (!slot) {
        return;
    } else if (at == FLAGS) {
        flags_write(dev, slot, val);
    } else if (at == COMMAND) {
        command_write(dev, val);
    } else if (at == DATA) {
        data_write(dev, slot, val);
    }
}

static void tell(struct device *dev)
{
    struct acpi_pm *pm = acpi_pm(dev);
    struct acpi_pm_state *st = acpi_pm_st(dev);
    bool modern = st->cpu_command != CPU_PLUG_LEGACY;

    pm->cpu_refused = pm->cpu_leaves && !modern;
    if (pm->cpu_refused)
        return;
    if (modern && pm->cpu_leaves)
        st->cpu_slots[pm->cpu_index].removing = true;
    else if (modern)
        st->cpu_slots[pm->cpu_index].inserting = true;
    st->gpe_sts[0] |= 1 << GPE_CPU_HOTPLUG;
}

int acpi_cpu_tell(struct machine *m, unsigned index, bool leaves, struct error **err)
{
    struct acpi_pm *pm = acpi_pm(m->pm);

    pm->cpu_index = index;
    pm->cpu_leaves = leaves;
    device_enter(m->pm, tell);
    return !pm->cpu_refused ? 0 : error_set(err, -ENOTSUP, ERROR_STATE, "CPU", "unplugging",
                                            "once the guest's ACPI has found the controller for it");
}

bool cpu_plug_needed(const struct device *dev)
{
    return acpi_pm_st(dev)->cpu_command != CPU_PLUG_LEGACY;
}

static unsigned places(const struct device *dev)
{
    return dev->machine->n_slots;
}

static uint64_t command_get(const struct device *dev)
{
    return acpi_pm_st(dev)->cpu_command;
}

/* Who sends it has left the old registers, and so has who takes it. */
static void command_put(const struct device *dev, void *st, uint64_t val)
{
    (void)dev;
    ((struct acpi_pm_state *)((char *)st + sizeof(struct pci_state)))->cpu_command = val;
}

#define S struct acpi_cpu_slot

static const struct field slot_fields[] = {
    ELEM(S, "is_inserting", inserting, .keep = true),
    ELEM(S, "is_removing", removing, .keep = true),
    ELEM(S, "ost_event", ost_event, .keep = true),
    ELEM(S, "ost_status", ost_status, .keep = true),
    ELEM(S, "spare", spare, .hidden = true),
    {}
};

const struct section cpu_plug_section = {
    "CPU hotplug state", 1, 1, .fields = (const struct field[]){
        ACPI_FIELD("selector", cpu_select, .keep = true),
        COMPUTED("command", 1, .get = command_get, .put = command_put, .max = COMMANDS - 1),
        { .name = "devs", .kind = FIELD_STRUCT, .size = sizeof(S), .count = ACPI_CPUS, .nested = slot_fields,
          .off = sizeof(struct pci_state) + offsetof(struct acpi_pm_state, cpu_slots),
          .used = places },
        {} },
};
