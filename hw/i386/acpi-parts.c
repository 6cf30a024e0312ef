/* SPDX-License-Identifier: Apache-2.0 */
#include "hw/i386/acpi-parts.h"

/*
 * What the machine has, found for its ACPI tables (see acpi-parts.h)
 *
 * A part that is to appear in the tables has a line in one of the two tables below.
 */

#include "hw/pci/pci.h"

#include <assert.h>
#include <string.h>

static uint64_t number(const struct device *dev, const char *name)
{
    const struct prop *p = type_prop_find(&dev->type->type, name);

    assert(p);
    return prop_get(p, dev);
}

static void port_add(struct acpi_port *ports, unsigned n, const struct device *dev)
{
    uint64_t index = number(dev, "index");

    if (index < n)
        ports[index] = (struct acpi_port){ number(dev, "iobase"), number(dev, "irq") };
}

static void serial_add(struct acpi_machine *a, const struct device *dev)
{
    port_add(a->serial, G_N_ELEMENTS(a->serial), dev);
}

static void parallel_add(struct acpi_machine *a, const struct device *dev)
{
    port_add(a->parallel, G_N_ELEMENTS(a->parallel), dev);
}

static void pvpanic_add(struct acpi_machine *a, const struct device *dev)
{
    a->pvpanic_port = number(dev, "ioport");
}

static void hpet_add(struct acpi_machine *a, const struct device *dev)
{
    (void)dev;
    a->hpet = true;
}

static void i8042_add(struct acpi_machine *a, const struct device *dev)
{
    (void)dev;
    a->i8042 = true;
}

static void fw_cfg_add(struct acpi_machine *a, const struct device *dev)
{
    (void)dev;
    a->fw_cfg = true;
}

static void vmgenid_add(struct acpi_machine *a, const struct device *dev)
{
    (void)dev;
    a->vmgenid = true;
}

/* S3 and S4 are what the PM chip's properties leave of them. */
static void pm_add(struct acpi_machine *a, const struct device *dev)
{
    if (!type_prop_find(&dev->type->type, "disable_s3"))
        return;
    a->s3 = !number(dev, "disable_s3");
    a->s4 = !number(dev, "disable_s4");
    a->s4_value = number(dev, "s4_val");
    a->cpu_hotplug = true;
}

static void piix3_add(struct acpi_machine *a, const struct device *dev)
{
    (void)dev;
    a->pirq = true;
}

static void piix4_add(struct acpi_machine *a, const struct device *dev)
{
    pm_add(a, dev);
    a->pci_hotplug_root = number(dev, "acpi-root-pci-hotplug");
    a->pci_hotplug = a->pci_hotplug_root || number(dev, "acpi-pci-hotplug-with-bridge-support");
}

static void lpc_add(struct acpi_machine *a, const struct device *dev)
{
    pm_add(a, dev);
    a->pci_hotplug = true;
    a->pirq = true;
}

static const struct { const char *type; void (*add)(struct acpi_machine *a, const struct device *dev); } parts[] = {
    { "isa-serial", serial_add }, { "isa-parallel", parallel_add }, { "pvpanic", pvpanic_add }, { "hpet", hpet_add },
    { "i8042", i8042_add },       { "fw_cfg_io", fw_cfg_add },      { "vmgenid", vmgenid_add }, { "ICH9-LPC", lpc_add },
    { "PIIX4_PM", piix4_add },       { "PIIX3", piix3_add },
};

/* What is not named here can be pulled out of a slot that allows it. */
static const struct { const char *type; enum acpi_function_kind kind; } kinds[] = {
    { "mch", ACPI_FUNCTION_FIXED },       { "i440FX", ACPI_FUNCTION_FIXED },  { "ICH9-LPC", ACPI_FUNCTION_FIXED },
    { "ICH9-SMB", ACPI_FUNCTION_FIXED },  { "PIIX3", ACPI_FUNCTION_FIXED },   { "VGA", ACPI_FUNCTION_VGA },
    { "cirrus-vga", ACPI_FUNCTION_VGA },  { "vmware-svga", ACPI_FUNCTION_VGA }, { "virtio-vga", ACPI_FUNCTION_VGA },
    { "qxl-vga", ACPI_FUNCTION_QXL },
};

static enum acpi_function_kind kind_of(const struct device *dev)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(kinds); i++)
        if (!strcmp(dev->type->type.name, kinds[i].type))
            return kinds[i].kind;
    return ACPI_FUNCTION_PLUGGABLE;
}

static void functions_find(struct machine *m, struct acpi_parts *p)
{
    struct bus *found = bus_find(m, "PCI", "pcie.0");
    struct pci_bus *bus;

    if (!found)
        found = bus_find(m, "PCI", "pci.0");
    if (!found)
        return;
    bus = (struct pci_bus *)((char *)found - offsetof(struct pci_bus, bus));
    for (unsigned devfn = 0; devfn < 256; devfn++) {
        struct device *dev = bus->function[devfn];

        if (dev && (!(devfn & 7) || !strcmp(dev->type->type.name, "ICH9-SMB")))
            p->functions[p->machine.n_functions++] = (struct acpi_function){ devfn, kind_of(dev) };
    }
}

void acpi_parts_find(struct machine *m, struct acpi_parts *p)
{
    struct acpi_machine *a = &p->machine;

    *p = (struct acpi_parts){ .machine = { .cpus = p->cpus, .functions = p->functions } };
    assert(m->n_slots <= ACPI_PARTS_CPUS);
    for (; a->n_cpus < m->n_slots; a->n_cpus++)
        p->cpus[a->n_cpus] = (struct acpi_cpu){ m->slots[a->n_cpus].apic_id, !m->slots[a->n_cpus].cpu };
    list_for_each(n, &m->devices) {
        struct device *dev = list_entry(n, struct device, in_machine);

        for (unsigned i = 0; dev->realized && i < G_N_ELEMENTS(parts); i++)
            if (!strcmp(dev->type->type.name, parts[i].type))
                parts[i].add(a, dev);
    }
    functions_find(m, p);
}
