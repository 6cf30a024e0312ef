/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/acpi-machines.h"

/*
 * The definition blocks, compared by structure with those of the reference
 *
 * tests/facts/acpi/dsdt-*.tsv list what the reference's blocks declare: names with their values, regions, field
 * units, methods with their arguments (not their bodies).  A machine that has the same parts has to declare the
 * same; what may differ stands in tests/facts/differences.tsv ("dsdt") with its reason.
 * --list FILE prints such a list of a table, which is how the facts were made.
 */

#include "hw/acpi/dsdt.h"
#include "lib/bits.h"
#include "lib/error.h"
#include "tests/test.h"
#include "tests/unit/acpi-facts.h"
#include "tests/unit/aml-reader.h"

#include <stdio.h>

enum { HEADER = 36, DSDT_AT = 64, ROUTES = 346 };

static GPtrArray *listing_of(const struct acpi_machine *m)
{
    struct acpi_tables t;
    GPtrArray *lines;
    const uint8_t *dsdt;

    acpi_tables_build(m, &t);
    dsdt = t.blob[ACPI_TABLES]->data + DSDT_AT;
    CHECK(!memcmp(dsdt, "DSDT", 4));
    lines = aml_list(dsdt + HEADER, bits_load(dsdt + 4, 4) - HEADER);
    acpi_tables_fini(&t);
    CHECK(lines);
    return lines;
}

static bool has(const GPtrArray *lines, const char *line)
{
    for (guint i = 0; i < lines->len; i++)
        if (!strcmp(lines->pdata[i], line))
            return true;
    return false;
}

static void compare(const char *machine, const char *variant)
{
    GPtrArray *want = dsdt_facts(machine, variant), *got;
    struct acpi_rig rig;
    unsigned n;

    rig_named(&rig, T("%s+%s", machine, variant));
    got = listing_of(&rig.m);
    n = lines_differ("dsdt", machine, got, want);
    if (n)
        printf("# %s+%s\n", machine, variant);
    g_ptr_array_free(want, TRUE);
    g_ptr_array_free(got, TRUE);
    rig_fini(&rig);
    CHECK_EQ(n, 0);
}

static void q35_declares_what_the_reference_s_does(void)
{
    compare("q35", "512-1");
}

static void pc_declares_what_the_reference_s_does(void)
{
    compare("pc", "512-1");
}

static void variants_differ_from_it_as_the_reference_s_do(void)
{
    static const char *const names[] = {
        "512-4", "vga-none", "pvpanic", "i8042-off", "no-hpet", "disable-s3s4", "maxcpus8", "m8G", "m2900M", "m3500M",
        "maxram",
    };

    for (unsigned i = 0; i < G_N_ELEMENTS(names); i++) {
        compare("q35", names[i]);
        compare("pc", names[i]);
    }
    compare("q35", "nodefaults");
    compare("q35", "smbus-off");
    compare("q35", "no-acpi-pcihp");
    compare("pc", "acpi-root-hp-off");
    compare("pc", "root-and-bridge-hp-off");
    compare("pc", "m3G");
}

static void every_difference_is_still_one(void)
{
    CHECK(differences_are_needed("dsdt"));
}

/* Which interrupt line each slot's pin has: _PRT with the i8259s and with the IOAPIC. */
static void pins_go_where_the_reference_s_go(void)
{
    GPtrArray *routes = acpi_facts("irq-routing"), *lines[2];
    struct acpi_rig rig;

    for (unsigned pc = 0; pc < 2; pc++) {
        rig_named(&rig, pc ? "pc-512-1" : "q35-512-1");
        lines[pc] = listing_of(&rig.m);
    }
    for (guint i = 0; i < routes->len; i++) {
        char machine[8], mode[16], link[8], pin, *line;
        unsigned slot, index;

        CHECK(sscanf(routes->pdata[i], "%7s %15s %x %c %7s", machine, mode, &slot, &pin, link) == 5);
        index = slot * 4 + pin - 'A';
        line = g_strdup_printf("\\_SB.PCI0.%s[%u]\tElement\t{%#x,%s,%s,0}",
                               *machine == 'p' ? "_PRT()" : *mode == 'P' ? "PRTP" : "PRTA", index,
                               slot << 16 | 0xffff, pin == 'A' ? "0" : T("0x%x", pin - 'A'), link);
        if (!has(lines[*machine == 'p'], line))
            printf("# lacks %s\n", line);
        CHECK(has(lines[*machine == 'p'], line));
        g_free(line);
    }
    CHECK_EQ(routes->len, ROUTES);
    g_ptr_array_free(routes, TRUE);
    g_ptr_array_free(lines[0], TRUE);
    g_ptr_array_free(lines[1], TRUE);
}

static void the_generation_id_has_a_block_of_its_own(void)
{
    uint32_t address;
    GByteArray *body = vmgenid_body(&address);
    GPtrArray *want = acpi_facts("ssdt-vmgenid"), *got;

    CHECK_EQ(bits_load(body->data + address, 4), 0);
    bits_store(body->data + address, 4, 0x1ffff000);    /* as the loader does */
    got = aml_list(body->data, body->len);
    CHECK(got && got->len == want->len);
    CHECK_EQ(lines_differ("dsdt", "vmgenid", got, want), 0);
    g_ptr_array_free(want, TRUE);
    g_ptr_array_free(got, TRUE);
    g_byte_array_free(body, TRUE);
}

/* A machine that has none of the parts declares none, and its block is well-formed. */
static void what_is_not_there_has_no_object(void)
{
    static const char *const absent[] = {
        "LNK", "GSI", "HPET", "PRES", "BSEL", "PHPR", "FWCF", "_S3", "_S4", "SF8", "_E01", "_E02", "PICF", "_PRT",
        "BLCK", "KBD", "COM", "LPT", "PEVT", "DRAC",
    };
    struct acpi_rig rig;
    GPtrArray *lines;

    rig_named(&rig, "q35-512-1");
    rig.m = (struct acpi_machine){ .chipset = &acpi_q35, .cpus = rig.cpus, .n_cpus = 1, .pm_base = 0x600,
                                   .pci_memory_last = 0xfebfffff };
    lines = listing_of(&rig.m);
    for (guint i = 0; i < lines->len; i++)
        for (unsigned k = 0; k < G_N_ELEMENTS(absent); k++)
            CHECK(!strstr(lines->pdata[i], absent[k]));
    CHECK(has(lines, "\\_S5\tName\t{0,0,0,0}"));
    CHECK(has(lines, "\\_SB.CPUS.C000\tProcessor\t0\t0\t0"));
    g_ptr_array_free(lines, TRUE);
}

/* ACPI 4.0, 8.4: a processor whose id has more than eight bits is a device. */
static void processors_from_255_on_are_devices(void)
{
    struct acpi_rig rig;
    GPtrArray *lines;

    rig_init(&rig, false);
    rig_cpus(&rig, 288, 288);
    lines = listing_of(&rig.m);
    CHECK(has(lines, "\\_SB.CPUS.C0FE\tProcessor\t254\t0\t0"));
    CHECK(has(lines, "\\_SB.CPUS.C0FF\tDevice"));
    CHECK(has(lines, "\\_SB.CPUS.C0FF._HID\tName\t\"ACPI0007\""));
    CHECK(has(lines, "\\_SB.CPUS.C11F._UID\tName\t0x11f"));
    CHECK(has(lines, "\\_SB.CPUS.C11F._MAT\tName\tbytes 091000001f010000010000001f010000"));
    g_ptr_array_free(lines, TRUE);
}

static int list_file(const char *path)
{
    GPtrArray *lines;
    char *bytes;
    gsize n;

    if (!g_file_get_contents(path, &bytes, &n, NULL) || n < HEADER)
        return 1;
    lines = aml_list((uint8_t *)bytes + HEADER, n - HEADER);
    for (guint i = 0; lines && i < lines->len; i++)
        puts(lines->pdata[i]);
    g_free(bytes);
    return !lines;
}

int main(int argc, char **argv)
{
    if (argc == 3 && !strcmp(argv[1], "--list"))
        return list_file(argv[2]);
    TEST(q35_declares_what_the_reference_s_does);
    TEST(pc_declares_what_the_reference_s_does);
    TEST(variants_differ_from_it_as_the_reference_s_do);
    TEST(pins_go_where_the_reference_s_go);
    TEST(the_generation_id_has_a_block_of_its_own);
    TEST(what_is_not_there_has_no_object);
    TEST(processors_from_255_on_are_devices);
    TEST(every_difference_is_still_one);
    return test_end();
}
