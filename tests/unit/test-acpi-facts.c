/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/program-bench.h"

/*
 * ACPI tables of whole machines, as SeaBIOS got them, compared with those of the reference (tests/facts/acpi)
 *
 * The definition block by what it declares, the fixed tables field by field.  test-dsdt and test-acpi compare what
 * hw/acpi makes of a description of the reference's machines; here is what it makes of ours, whose parts the boards
 * tell.  In fw_cfg pointers between tables are offsets.
 */

#include "hw/nvram/fw-cfg.h"
#include "lib/bits.h"
#include "tests/unit/acpi-facts.h"
#include "tests/unit/aml-reader.h"

enum { HEADER = 36, RSDT_POINTER = 16 };

/* As the facts call them, and the command line that they were observed with. */
static const struct machine_case { const char *machine, *name, *options; } cases[] = {
    { "q35", "512-1", "-M q35 -m 512" },
    { "q35", "512-4", "-M q35 -m 512 -smp 4" },
    { "q35", "vga-none", "-M q35 -m 512 -vga none" },
    { "q35", "pvpanic", "-M q35 -m 512 -device pvpanic" },
    { "q35", "smbus-off", "-M q35,smbus=off -m 512" },
    { "q35", "i8042-off", "-M q35,i8042=off -m 512" },
    { "q35", "no-hpet", "-M q35,hpet=off -m 512" },
    { "q35", "smm-off", "-M q35,smm=off -m 512" },
    { "q35", "disable-s3s4", "-M q35 -m 512 -global ICH9-LPC.disable_s3=1 -global ICH9-LPC.disable_s4=1" },
    { "q35", "m8G", "-M q35 -m 8G" },
    { "q35", "m2900M", "-M q35 -m 2900M" },
    { "q35", "maxram", "-M q35,max-ram-below-4g=1G -m 4G" },
    { "q35", "maxcpus8", "-M q35 -m 512 -smp 2,maxcpus=8" },
    { "pc", "512-1", "-M pc -m 512" },
    { "pc", "512-4", "-M pc -m 512 -smp 4" },
    { "pc", "vga-none", "-M pc -m 512 -vga none" },
    { "pc", "pvpanic", "-M pc -m 512 -device pvpanic" },
    { "pc", "i8042-off", "-M pc,i8042=off -m 512" },
    { "pc", "no-hpet", "-M pc,hpet=off -m 512" },
    { "pc", "smm-off", "-M pc,smm=off -m 512" },
    { "pc", "smp-topo", "-M pc -m 512 -smp 8,sockets=2,cores=2,threads=2" },
    { "pc", "maxcpus8", "-M pc -m 512 -smp 2,maxcpus=8" },
    { "pc", "disable-s3s4", "-M pc -m 512 -global PIIX4_PM.disable_s3=1 -global PIIX4_PM.disable_s4=1" },
    { "pc", "acpi-root-hp-off", "-M pc -m 512 -global PIIX4_PM.acpi-root-pci-hotplug=off" },
    { "pc", "m8G", "-M pc -m 8G" },
    { "pc", "m3500M", "-M pc -m 3500M" },
    { "pc", "maxram", "-M pc,max-ram-below-4g=1G -m 4G" },
};
static const struct machine_case *now;

static const uint8_t *file(const char *name, uint32_t *len)
{
    return fw_cfg_bytes(fw_cfg_find(m), fw_cfg_file_key(fw_cfg_find(m), name), len);
}

/* In the file of tables, through the root; NULL: there is none.  The DSDT is behind the FADT. */
static const uint8_t *table(const char *signature, uint32_t *bytes)
{
    uint32_t len, at, end;
    const uint8_t *tables = file("etc/acpi/tables", &len), *rsdp = file("etc/acpi/rsdp", &at);

    at = bits_load(rsdp + RSDT_POINTER, 4);
    CHECK(at + HEADER <= len && !memcmp(tables + at, "RSDT", 4));
    end = at + bits_load(tables + at + 4, 4);
    CHECK(end <= len);
    for (at += HEADER; at + 4 <= end; at += 4) {
        uint32_t found = bits_load(tables + at, 4);

        if (!strcmp(signature, "DSDT") && !memcmp(tables + found, "FACP", 4))
            found = bits_load(tables + found + 40, 4);
        CHECK(found + HEADER <= len);
        if (memcmp(tables + found, signature, 4))
            continue;
        *bytes = bits_load(tables + found + 4, 4);
        CHECK(found + *bytes <= len);
        return tables + found;
    }
    return NULL;
}

/* Some variants have no facts of their block: it is as without. */
static bool has_block_facts(void)
{
    return strcmp(now->name, "smm-off") && strcmp(now->name, "smp-topo");
}

static unsigned block_differs(void)
{
    GPtrArray *theirs = dsdt_facts(now->machine, now->name), *ours;
    uint32_t bytes = 0;
    const uint8_t *dsdt = table("DSDT", &bytes);
    unsigned wrong;

    CHECK(dsdt);
    ours = aml_list(dsdt + HEADER, bytes - HEADER);
    CHECK(ours);
    wrong = lines_differ("acpi", T("%s %s", now->machine, now->name), ours, theirs);
    g_ptr_array_free(ours, TRUE);
    g_ptr_array_free(theirs, TRUE);
    return wrong;
}

/* "q35-512-1 FACP 0x24 4 00000000" */
static unsigned field_differs(const char *row)
{
    char config[20], name[8], want[64], got[64] = "";
    unsigned offset, bytes;
    uint32_t len;
    const uint8_t *t;

    CHECK(sscanf(row, "%19s %4s %x %u %63s", config, name, &offset, &bytes, want) == 5);
    if (strcmp(config, T("%s-%s", now->machine, now->name)) && strcmp(config, T("%s+%s", now->machine, now->name)))
        return 0;
    t = table(name, &len);
    CHECK(t && offset + bytes <= len && bytes < 31);
    for (unsigned i = 0; i < bytes; i++)
        snprintf(got + 2 * i, 3, "%02x", t[offset + i]);
    if (!strcmp(got, want) || differs_knowingly("acpi", T("%s %s %s %#x", now->machine, now->name, name, offset)))
        return 0;
    printf("# acpi: %s %s %s %#x: %s, the reference: %s\n", now->machine, now->name, name, offset, got, want);
    return 1;
}

static void tables_are_the_references(void)
{
    char **rows = facts_lines("acpi/tables.tsv");
    unsigned wrong;

    program_boot(now->options);
    wrong = has_block_facts() ? block_differs() : 0;
    for (char **row = rows; *row; row++)
        wrong += field_differs(*row);
    program_end();
    g_strfreev(rows);
    CHECK_EQ(wrong, 0);
}

static void every_difference_is_still_one(void)
{
    CHECK(differences_are_needed("acpi"));
}

int main(void)
{
    if (access(SEABIOS, R_OK)) {
        printf("1..0 # SKIP there is no %s\n", SEABIOS);
        return 0;
    }
    epoch_thread_init();
    for (now = cases; now < cases + sizeof(cases) / sizeof(cases[0]); now++)
        test_run(now->options, tables_are_the_references);
    TEST(every_difference_is_still_one);
    epoch_thread_fini();
    return test_end();
}
