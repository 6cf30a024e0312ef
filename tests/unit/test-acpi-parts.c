/* SPDX-License-Identifier: Apache-2.0 */
#include "hw/i386/acpi-parts.h"

/* What of a machine its ACPI tables mention: found among its devices, by type and property. */

#include "hw/acpi/piix4-pm.h"
#include "hw/isa/ich9-lpc.h"
#include "hw/isa/piix3.h"
#include "hw/nvram/fw-cfg.h"
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

/* Of a function with more than one, the tables have the first, and what the reference's have beside it: the SMBus. */
static void functions_beside_the_first_are_not_listed(void)
{
    static const struct { const char *type, *addr; unsigned kind; } want[] = {
        { "VGA", "02.0", ACPI_FUNCTION_VGA }, { "i6300esb", "03.0", ACPI_FUNCTION_PLUGGABLE },
        { "pvpanic-pci", "04.0", ACPI_FUNCTION_PLUGGABLE }, { "pvpanic-pci", "04.1", 0 }, { "pvpanic-pci", "04.2", 0 },
        { "ICH9-SMB", "1f.3", ACPI_FUNCTION_FIXED },
    };
    unsigned n = 1;

    pci_bench_init(&p);
    for (unsigned i = 0; i < sizeof(want) / sizeof(want[0]); i++)
        device_add(want[i].type, PROPS({ "addr", want[i].addr }, { "multifunction", "on" }));
    acpi_parts_find(p.b.m, &parts);
    for (unsigned i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
        unsigned slot = strtoul(want[i].addr, NULL, 16), fn = want[i].addr[3] - '0';

        if (fn && strcmp(want[i].type, "ICH9-SMB"))
            continue;
        CHECK_EQ(parts.functions[n].devfn, slot << 3 | fn);
        CHECK_EQ(parts.functions[n].kind, want[i].kind);
        n++;
    }
    CHECK_EQ(parts.machine.n_functions, n);
    pci_bench_fini(&p);
}

/* Each part alone: what one says, the others do not. */
static void small_parts_are_told_one_by_one(void)
{
    for (unsigned i = 0; i < 4; i++) {
        static const char *const types[] = { "hpet", "i8042", NULL, "vmgenid" };
        struct device *fw;

        pci_bench_init(&p);
        if (i >= 2)
            CHECK(!fw_cfg_new(p.b.m, &fw, NULL));
        if (types[i])
            device_add(types[i], i == 3 ? PROPS({ "guid", "auto" }) : NULL);
        acpi_parts_find(p.b.m, &parts);
        CHECK_EQ(parts.machine.hpet, i == 0);
        CHECK_EQ(parts.machine.i8042, i == 1);
        CHECK_EQ(parts.machine.fw_cfg, i >= 2);
        CHECK_EQ(parts.machine.vmgenid, i == 3);
        pci_bench_fini(&p);
    }
}

static void parallel_ports_have_their_places(void)
{
    pci_bench_init(&p);
    device_add("isa-parallel", PROPS({ "index", "0" }));
    device_add("isa-parallel", PROPS({ "index", "2" }, { "iobase", "0x500" }, { "irq", "6" }));
    acpi_parts_find(p.b.m, &parts);
    CHECK_EQ(parts.machine.parallel[0].iobase, 0x378);
    CHECK_EQ(parts.machine.parallel[0].irq, 7);
    CHECK_EQ(parts.machine.parallel[1].iobase, 0);
    CHECK_EQ(parts.machine.parallel[2].iobase, 0x500);
    CHECK_EQ(parts.machine.parallel[2].irq, 6);
    pci_bench_fini(&p);
}

/* The sleeping states are what the power management's properties leave, on both chips. */
static void sleeping_states_are_the_chips(void)
{
    static const struct { const char *s3, *s4, *value; } want[] = {
        { "0", "0", "2" }, { "1", "0", "3" }, { "0", "1", "4" }, { "1", "1", "0" },
    };

    for (unsigned i = 0; i < 8; i++) {
        bool lpc = i & 1;
        struct device *pm;

        if (lpc)
            pci_bench_init(&p);
        else
            pci_bench_init_i440fx(&p);
        pm = device_new(p.b.m, device_type_find(lpc ? "ICH9-LPC" : "PIIX4_PM"));
        if (lpc)
            ich9_lpc_set_gsi(pm, &p.b.sink);
        else
            piix4_pm_set_gsi(pm, &p.b.sink);
        CHECK(!device_set(pm, "addr", "1f.0", NULL) && !device_set(pm, "disable_s3", want[i / 2].s3, NULL));
        CHECK(!device_set(pm, "disable_s4", want[i / 2].s4, NULL));
        CHECK(!device_set(pm, "s4_val", want[i / 2].value, NULL));
        CHECK(!device_realize(pm, NULL, NULL, NULL));
        acpi_parts_find(p.b.m, &parts);
        CHECK_EQ(parts.machine.s3, *want[i / 2].s3 == '0');
        CHECK_EQ(parts.machine.s4, *want[i / 2].s4 == '0');
        CHECK_EQ(parts.machine.s4_value, *want[i / 2].value - '0');
        CHECK_EQ(parts.machine.pirq, lpc);              /* of the PIIX it is another function's */
        pci_bench_fini(&p);
    }
}

static void the_piix3_routes_interrupts(void)
{
    struct device *isa;

    pci_bench_init_i440fx(&p);
    isa = device_new(p.b.m, device_type_find("PIIX3"));
    piix3_set_gsi(isa, &p.b.sink);
    CHECK(!device_set(isa, "addr", "1.0", NULL) && !device_realize(isa, NULL, NULL, NULL));
    acpi_parts_find(p.b.m, &parts);
    CHECK(parts.machine.pirq && !parts.machine.s3 && !parts.machine.s4);
    CHECK_EQ(parts.machine.n_functions, 2);
    CHECK_EQ(parts.functions[0].kind, ACPI_FUNCTION_FIXED);
    CHECK_EQ(parts.functions[1].kind, ACPI_FUNCTION_FIXED);
    pci_bench_fini(&p);
}

static void processors_are_listed_by_index(void)
{
    struct bench b;

    bench_init(&b, 3);
    for (unsigned i = 0; i < 3; i++)
        b.m->slots[i].apic_id = 4 * i + 1;
    b.m->slots[1].cpu = NULL;
    acpi_parts_find(b.m, &parts);
    CHECK_EQ(parts.machine.n_cpus, 3);
    for (unsigned i = 0; i < 3; i++)
        CHECK(parts.cpus[i].apic_id == 4 * i + 1 && parts.cpus[i].absent == (i == 1));
    CHECK_EQ(parts.machine.n_functions, 0);             /* and there is no PCI bus */
    bench_fini(&b);
}

int main(void)
{
    TEST(a_bare_machine_has_its_host_bridge);
    TEST(ports_are_where_they_were_put);
    TEST(a_device_that_is_not_realized_is_not_there);
    TEST(functions_of_bus_0_are_listed_in_order);
    TEST(functions_beside_the_first_are_not_listed);
    TEST(small_parts_are_told_one_by_one);
    TEST(parallel_ports_have_their_places);
    TEST(sleeping_states_are_the_chips);
    TEST(the_piix3_routes_interrupts);
    TEST(processors_are_listed_by_index);
    return test_end();
}
