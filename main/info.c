/* SPDX-License-Identifier: Apache-2.0 */
#include "main/info.h"

/*
 * What the human monitor's `info` shows of the machine: registers, mtree, qtree, interrupt controllers, identifiers
 *
 * Layouts are those that scripts know from the reference.
 */

#include "core/accel.h"
#include "core/machine.h"
#include "cpu/print.h"
#include "hw/acpi/vmgenid.h"
#include "hw/intc/info.h"
#include "lib/uuid.h"
#include "object/shown.h"

#include <stdlib.h>


static void fetch(struct vcpu *cpu, void *opaque)
{
    cpu->machine->accel->ops->vcpu_get(cpu, opaque);
}

static void registers_of(struct vcpu *cpu, struct text_out *out)
{
    struct machine *m = cpu->machine;
    struct x86_state *st = aligned_alloc(16, (sizeof(*st) + 15) & ~15ul);

    if (!st)
        return;
    text_out_printf(out, "\nCPU#%u\n", cpu->index);
    if (m->accel->ops->vcpu_get) {
        vcpu_call(cpu, fetch, st);
        x86_state_print(st, cpu->halted, text_out_line, out);
    }
    free(st);
}

static void info_registers(void *target, const struct hmp_args *args, int64_t cpu, struct text_out *out)
{
    struct machine *m = target;
    bool all = hmp_args_has(args, "cpustate_all");
    int64_t one = hmp_args_number(args, "vcpu", cpu < 0 ? 0 : cpu);

    if (!all && !vcpu_by_index(m, one)) {
        text_out_printf(out, "CPU#%lld not available\n", (long long)one);
        return;
    }
    for (unsigned i = 0; i < m->n_vcpus; i++)
        if (all || m->vcpus[i]->index == one)
            registers_of(m->vcpus[i], out);
}

static void info_kvm(void *target, const struct hmp_args *args, int64_t cpu, struct text_out *out)
{
    bool enabled = !strcmp(((struct machine *)target)->accel->ops->name, "kvm");

    (void)args;
    (void)cpu;
    text_out_printf(out, "kvm support: %s\n", enabled ? "enabled" : "disabled");
}

static void info_mtree(void *target, const struct hmp_args *args, int64_t cpu, struct text_out *out)
{
    (void)cpu;
    map_print(&((struct machine *)target)->map, hmp_args_has(args, "flatview"), text_out_line, out);
}

struct qtree { struct text_out *out; struct device *dev; int indent; };

static void prop_print(const struct prop *p, void *opaque)
{
    const struct qtree *q = opaque;

    text_out_printf(q->out, "%*s%s = %s\n", q->indent, "", p->name, prop_text(p, q->dev).s);
}

static void bus_print(const struct machine *m, const struct bus *bus, struct text_out *out, int indent);

static void device_print(const struct machine *m, struct device *dev, struct text_out *out, int indent)
{
    struct qtree q = { out, dev, indent + 2 };

    text_out_printf(out, "%*sdev: %s, id \"%s\"\n", indent, "", dev->type->type.name, dev->id ? dev->id : "");
    type_props_each(&dev->type->type, prop_print, &q);
    list_for_each(n, &m->buses) {
        const struct bus *bus = list_entry(n, struct bus, in_machine);

        if (bus->owner == dev)
            bus_print(m, bus, out, indent + 2);
    }
}

static void bus_print(const struct machine *m, const struct bus *bus, struct text_out *out, int indent)
{
    text_out_printf(out, "%*sbus: %s\n%*stype %s\n", indent, "", bus->name, indent + 2, "", bus->ops->print);
    list_for_each(n, &bus->devices)
        device_print(m, list_entry(n, struct device, in_bus), out, indent + 2);
}

static void info_qtree(void *target, const struct hmp_args *args, int64_t cpu, struct text_out *out)
{
    struct machine *m = target;

    (void)args;
    (void)cpu;
    text_out_puts(out, "bus: main-system-bus\n  type System\n");
    list_for_each(n, &m->devices) {
        struct device *dev = list_entry(n, struct device, in_machine);

        if (!dev->bus)
            device_print(m, dev, out, 2);
    }
}

/* Of the machine, unless an object is named. */
static void info_qom_tree(void *target, const struct hmp_args *args, int64_t cpu, struct text_out *out)
{
    struct machine *m = target;
    const char *path = hmp_args_text(args, "path");
    struct object *o = &m->obj;
    bool ambiguous = false;

    (void)cpu;
    if (path)
        o = object_resolve_partial(m->root, path, &ambiguous);
    if (o)
        object_print_tree(o, text_out_line, out);
    else if (ambiguous)
        text_out_printf(out, "Path '%s' is ambiguous.\n", path);
    else
        text_out_printf(out, "Path '%s' could not be resolved.\n", path);
}

static void info_pic(void *target, const struct hmp_args *args, int64_t cpu, struct text_out *out)
{
    (void)args;
    (void)cpu;
    intc_print(target, text_out_line, out);
}

static void info_irq(void *target, const struct hmp_args *args, int64_t cpu, struct text_out *out)
{
    (void)args;
    (void)cpu;
    intc_counts_print(target, text_out_line, out);
}

static void info_uuid(void *target, const struct hmp_args *args, int64_t cpu, struct text_out *out)
{
    (void)args;
    (void)cpu;
    text_out_printf(out, "%s\n", uuid_text(((struct machine *)target)->uuid).s);
}

static void info_vm_generation_id(void *target, const struct hmp_args *args, int64_t cpu, struct text_out *out)
{
    const char *guid = vmgenid_text(target);

    (void)args;
    (void)cpu;
    text_out_printf(out, "%s\n", guid ? guid : "Error: VM Generation ID device not found");
}

const struct monitor_info process_info[] = {
    { "kvm", info_kvm }, { "registers", info_registers }, { "mtree", info_mtree }, { "qtree", info_qtree },
    { "qom-tree", info_qom_tree },
    { "pic", info_pic }, { "irq", info_irq }, { "uuid", info_uuid }, { "vm-generation-id", info_vm_generation_id },
    { "chardev", process_info_chardev }, { "chardev-add", process_chardev_add },
    { "chardev-change", process_chardev_change }, { "ringbuf_read", process_ringbuf_read },
    { "x", info_x }, { "xp", info_xp }, { "sum", info_sum }, { "i", info_port_in }, { "o", info_port_out },
    { "gva2gpa", info_gva2gpa }, { "gpa2hva", info_gpa2hva }, { "gpa2hpa", info_gpa2hpa },
    { "log", info_log }, { "logfile", info_logfile }, { "trace-event", info_trace_event },
    { "trace-events", info_trace_events }, { "mouse_set", info_mouse_set },
};
const unsigned process_info_num = sizeof(process_info) / sizeof(process_info[0]);
