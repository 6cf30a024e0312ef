/* SPDX-License-Identifier: Apache-2.0 */
#include "hw/i386/acpi-parts.h"

/* What of a machine its ACPI tables mention: found among its devices, by type and property. */

#include "hw/isa/ich9-lpc.h"
#include "tests/unit/pci-bench.h"

static struct pci_bench p;
static struct acpi_parts parts;

static void device_add(const char *type, const char *const (*props)[2])
{
    struct device *dev = device_new(p.b.m, device_type_find(type));

    for (; props && (*props)[0]; props++)
        CHECK(!device_set(dev, (*props)[0], (*props)[1], NULL));
    CHECK(!device_realize(dev, NULL, NULL, NULL));
}
#define PROPS(...) (const char *const[][2]){ __VA_ARGS__, { NULL, NULL } }

static void a_bare_machine_has_its_host_bridge(void)
{
    pci_bench_init(&p);
    acpi_parts_find(p.b.m, &parts);
    CHECK_EQ(parts.machine.n_functions, 1);
    CHECK_EQ(parts.functions[0].devfn, 0);
    CHECK_EQ(parts.functions[0].kind, ACPI_FUNCTION_FIXED);
    CHECK_EQ(parts.machine.n_cpus, 0);
    CHECK(!parts.machine.hpet && !parts.machine.pirq && !parts.machine.pvpanic_port && !parts.machine.fw_cfg);
    for (unsigned i = 0; i < 4; i++)
        CHECK(!parts.machine.serial[i].iobase);
    pci_bench_fini(&p);
}

/* Ports and lines are those that were chosen, in the place of their index. */
static void ports_are_where_they_were_put(void)
{
    pci_bench_init(&p);
    device_add("isa-serial", PROPS({ "index", "1" }));
    device_add("isa-serial", PROPS({ "index", "3" }, { "iobase", "0x1000" }, { "irq", "5" }));
    device_add("pvpanic", PROPS({ "ioport", "0x600" }));
    acpi_parts_find(p.b.m, &parts);
    CHECK_EQ(parts.machine.serial[0].iobase, 0);
    CHECK_EQ(parts.machine.serial[1].iobase, 0x2f8);
    CHECK_EQ(parts.machine.serial[1].irq, 3);
    CHECK_EQ(parts.machine.serial[3].iobase, 0x1000);
    CHECK_EQ(parts.machine.serial[3].irq, 5);
    CHECK_EQ(parts.machine.pvpanic_port, 0x600);
    pci_bench_fini(&p);
}

static void a_device_that_is_not_realized_is_not_there(void)
{
    pci_bench_init(&p);
    device_new(p.b.m, device_type_find("pvpanic"));
    acpi_parts_find(p.b.m, &parts);
    CHECK_EQ(parts.machine.pvpanic_port, 0);
    pci_bench_fini(&p);
}

static void functions_of_bus_0_are_listed_in_order(void)
{
    struct device *lpc;

    pci_bench_init(&p);
    lpc = device_new(p.b.m, device_type_find("ICH9-LPC"));
    ich9_lpc_set_gsi(lpc, &p.b.sink);
    CHECK(!device_set(lpc, "addr", "1f.0", NULL) && !device_realize(lpc, NULL, NULL, NULL));
    device_add("hpet", NULL);
    acpi_parts_find(p.b.m, &parts);
    CHECK_EQ(parts.machine.n_functions, 2);
    CHECK_EQ(parts.functions[1].devfn, 0xf8);
    CHECK_EQ(parts.functions[1].kind, ACPI_FUNCTION_FIXED);
    CHECK(parts.machine.pirq && parts.machine.hpet);
    CHECK(parts.machine.functions == parts.functions && parts.machine.cpus == parts.cpus);
    pci_bench_fini(&p);
}

int main(void)
{
    TEST(a_bare_machine_has_its_host_bridge);
    TEST(ports_are_where_they_were_put);
    TEST(a_device_that_is_not_realized_is_not_there);
    TEST(functions_of_bus_0_are_listed_in_order);
    return test_end();
}
