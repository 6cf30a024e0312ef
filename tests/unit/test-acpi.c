/* SPDX-License-Identifier: Apache-2.0 */
#include "hw/acpi/tables.h"

/*
 * ACPI 3.0: tables with their checksums and addresses (chapter 5), AML's encodings (19.2), resources (6.4)
 *
 * The fixed tables are compared, field by field, with what guests of the reference read (tests/facts/acpi).
 * Where iasl is installed, it takes the definition block apart and puts it together again.
 */

#include "hw/acpi/aml.h"
#include "lib/bits.h"
#include "tests/test.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#define MIB (1ull << 20)
#define GIB (1ull << 30)
enum { BASE = (512 << 20) - (128 << 10), CPUS_MAX = 300 };

static struct acpi_blob blob;
static uint32_t ids[CPUS_MAX];

static struct acpi_machine machine(unsigned n_cpus)
{
    for (unsigned i = 0; i < CPUS_MAX; i++)
        ids[i] = i;
    return (struct acpi_machine){
        .n_cpus = n_cpus, .apic_ids = ids, .pm_base = 0x600, .ecam_base = 0xb0000000,
        .pci_memory_first = 0x20000000, .pci_memory_last = 0xfebfffff,
        .pci_memory64_first = 4 * GIB, .pci_memory64_last = 36 * GIB - 1, .hpet = true, .serial = true,
    };
}

static void build(unsigned n_cpus)
{
    struct acpi_machine m = machine(n_cpus);

    acpi_build(&m, BASE, &blob);
}

static uint8_t *at(uint64_t gpa, unsigned bytes)
{
    CHECK(gpa >= BASE && gpa - BASE + bytes <= blob.bytes->len);
    return blob.bytes->data + (gpa - BASE);
}

static uint64_t load(uint64_t gpa, unsigned bytes)
{
    return bits_load(at(gpa, bytes), bytes);
}

static uint8_t sum(uint64_t gpa, uint32_t bytes)
{
    uint8_t s = 0, *p = at(gpa, bytes);

    for (uint32_t i = 0; i < bytes; i++)
        s += p[i];
    return s;
}

static uint64_t rsdt(void)
{
    return load(BASE + blob.rsdp + 16, 4);
}

/* Through the root, as a guest finds it; 0: none. */
static uint64_t find(const char *signature)
{
    uint64_t root = rsdt();

    for (uint32_t i = 36; i < load(root + 4, 4); i += 4)
        if (!memcmp(at(load(root + i, 4), 4), signature, 4))
            return load(root + i, 4);
    return 0;
}

static void the_root_pointer_leads_to_the_root_table(void)
{
    build(2);
    CHECK(!memcmp(blob.bytes->data + blob.rsdp, "RSD PTR ", 8));
    CHECK_EQ(blob.rsdp % 16, 0);
    CHECK_EQ(sum(BASE + blob.rsdp, 20), 0);
    CHECK_EQ(load(BASE + blob.rsdp + 15, 1), 0);        /* revision: ACPI 1.0, twenty bytes */
    CHECK(!memcmp(at(rsdt(), 4), "RSDT", 4));
    CHECK_EQ(load(rsdt() + 4, 4), 36 + 4 * 5);
    acpi_blob_fini(&blob);
}

static void every_table_has_its_length_and_sums_to_zero(void)
{
    build(4);
    CHECK_EQ(sum(rsdt(), load(rsdt() + 4, 4)), 0);
    for (unsigned i = 36; i < load(rsdt() + 4, 4); i += 4) {
        uint64_t table = load(rsdt() + i, 4);

        CHECK(load(table + 4, 4) >= 36);
        CHECK_EQ(sum(table, load(table + 4, 4)), 0);
        CHECK(!memcmp(at(table + 10, 14), "BOCHS BXPC    ", 14));
    }
    CHECK_EQ(sum(load(find("FACP") + 40, 4), load(load(find("FACP") + 40, 4) + 4, 4)), 0);
    acpi_blob_fini(&blob);
}

static void the_fadt_names_facs_and_dsdt(void)
{
    uint64_t fadt;

    build(1);
    fadt = find("FACP");
    CHECK(!memcmp(at(load(fadt + 36, 4), 4), "FACS", 4));
    CHECK_EQ(load(fadt + 36, 4) % 64, 0);               /* "must be aligned on a 64-byte boundary" */
    CHECK_EQ(load(load(fadt + 36, 4) + 4, 4), 64);
    CHECK(!memcmp(at(load(fadt + 40, 4), 4), "DSDT", 4));
    CHECK_EQ(load(fadt + 140, 8), load(fadt + 40, 4));  /* X_DSDT */
    acpi_blob_fini(&blob);
}

static void fixed_tables_hold_what_the_reference_s_hold(void)
{
    FILE *f = fopen(TEST_SOURCE_DIR "/tests/facts/acpi/tables.tsv", "r");
    unsigned cpus, built = 0, offset, bytes, n = 0;
    unsigned long long want;
    char line[200], name[8];

    CHECK(f);
    while (fgets(line, sizeof(line), f)) {
        if (*line == '#')
            continue;
        CHECK(sscanf(line, "%u %4s %x %u %llx", &cpus, name, &offset, &bytes, &want) == 5);
        if (cpus != built) {
            if (built)
                acpi_blob_fini(&blob);
            build(built = cpus);
        }
        CHECK(find(name));
        if (load(find(name) + offset, bytes) != want)
            printf("# %s, %u CPUs, offset %#x\n", name, cpus, offset);
        CHECK_EQ(load(find(name) + offset, bytes), want);
        n++;
    }
    fclose(f);
    CHECK(n > 150);
    acpi_blob_fini(&blob);
}

static void tables_come_and_go_with_what_they_describe(void)
{
    struct acpi_machine m = machine(1);

    m.hpet = false;
    m.ecam_base = 0;
    acpi_build(&m, BASE, &blob);
    CHECK(!find("HPET") && !find("MCFG") && find("APIC") && find("WAET"));
    acpi_blob_fini(&blob);
}

/* 5.2.11: a processor whose APIC id is 255 or more is a Local x2APIC structure. */
static void ids_from_255_on_are_x2apic_entries(void)
{
    unsigned kinds[10] = { 0 };
    uint64_t madt;

    build(CPUS_MAX);
    madt = find("APIC");
    for (uint32_t i = 44; i < load(madt + 4, 4); i += load(madt + i + 1, 1)) {
        unsigned kind = load(madt + i, 1);

        CHECK(kind < 10 && load(madt + i + 1, 1));
        if (kind == 9)
            CHECK_EQ(load(madt + i + 4, 4), 255 + kinds[9]);
        kinds[kind]++;
    }
    CHECK_EQ(kinds[0], 255);
    CHECK_EQ(kinds[9], CPUS_MAX - 255);
    CHECK_EQ(kinds[1], 1);
    CHECK_EQ(kinds[2], 5);
    CHECK_EQ(sum(madt, load(madt + 4, 4)), 0);
    acpi_blob_fini(&blob);
}

/* AML. */
static struct aml a;

static void check_bytes(const char *hex)
{
    char got[512] = "";

    for (guint i = 0; i < a.bytes->len && i < 200; i++)
        snprintf(got + 2 * i, 3, "%02x", a.bytes->data[i]);
    CHECK_STR(got, hex);
    aml_fini(&a);
}

static void integers_take_the_shortest_form(void)
{
    static const struct { uint64_t val; const char *hex; } cases[] = {
        { 0, "00" }, { 1, "01" }, { 2, "0a02" }, { 0xff, "0aff" }, { 0x100, "0b0001" }, { 0xffff, "0bffff" },
        { 0x10000, "0c00000100" }, { 0xffffffff, "0cffffffff" }, { 0x100000000, "0e0000000001000000" },
        { UINT64_MAX, "0effffffffffffffff" },
    };

    for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        aml_init(&a);
        aml_integer(&a, cases[i].val);
        check_bytes(cases[i].hex);
    }
}

static void names_are_segments_of_four(void)
{
    static const struct { const char *name, *hex; } cases[] = {
        { "_SB_", "5f53425f" }, { "A", "415f5f5f" }, { "\\_SB", "5c5f53425f" }, { "\\", "5c00" },
        { "_SB.PCI0", "2e5f53425f50434930" }, { "\\_SB.PCI0.SF8", "5c2f035f53425f504349305346385f" },
    };

    for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        aml_init(&a);
        aml_path(&a, cases[i].name);
        check_bytes(cases[i].hex);
    }
}

/* 19.2.4: one byte up to 63, then 4 bits and one, two, three further bytes; the length counts itself. */
static void check_package_length(unsigned body, const char *head)
{
    char text[6000], got[16] = "";

    memset(text, 'x', sizeof(text));
    text[body - 2] = '\0';                              /* with its prefix and its NUL */
    aml_init(&a);
    aml_package(&a, 1);
    aml_string(&a, text);
    aml_close(&a);
    for (unsigned i = 0; i < strlen(head) / 2; i++)
        snprintf(got + 2 * i, 3, "%02x", a.bytes->data[i]);
    CHECK_STR(got, head);
    CHECK_EQ(a.bytes->len, 1 + strlen(head) / 2 - 1 + 1 + body);
    aml_fini(&a);
}

static void package_lengths_at_their_limits(void)
{
    check_package_length(61, "123f");                   /* 63 = 1 + 1 + 61 */
    check_package_length(62, "124104");                 /* 65 = 2 + 1 + 62: one more than one byte says */
    check_package_length(4092, "124fff");               /* 4095 */
    check_package_length(4093, "12810001");             /* 4097 */
}

static void packages_nest(void)
{
    aml_init(&a);
    aml_scope(&a, "\\");
    aml_device(&a, "D");
    aml_name(&a, "_ADR");
    aml_integer(&a, 0);
    aml_close(&a);
    aml_close(&a);
    check_bytes("10105c005b820b445f5f5f085f41445200");
}

static void an_eisa_id_is_three_letters_and_four_digits(void)
{
    aml_init(&a);
    aml_eisaid(&a, "PNP0A03");
    check_bytes("0c41d00a03");
}

static void resources_end_with_their_tag_and_tell_their_size(void)
{
    aml_init(&a);
    aml_resources(&a);
    aml_res_io(&a, 0x3f8, 0x3f8, 0, 8);
    aml_res_irq(&a, 1 << 4);
    aml_resources_end(&a);
    check_bytes("11110b0d00" "4701f803f8030008" "221000" "7900");
}

static void address_spaces_tell_minimum_maximum_and_length(void)
{
    aml_init(&a);
    aml_res_io_range(&a, 0xd00, 0xffff);
    aml_res_memory_range(&a, 0xa0000, 0xbffff, true);
    aml_res_memory_range64(&a, 4 * GIB, 36 * GIB - 1);
    check_bytes("880d00010c03" "0000" "000d" "ffff" "0000" "00f3"
                "871700000c03" "00000000" "00000a00" "ffff0b00" "00000000" "00000200"
                "8a2b00000c03" "0000000000000000" "0000000001000000" "ffffffff08000000" "0000000000000000"
                "0000000008000000");
}

/* iasl takes the table apart, puts it together again and apart again: the same source. */
static int tool(const char *folder, const char *command)
{
    char line[300];

    snprintf(line, sizeof(line), "cd %s && (%s) >log 2>&1", folder, command);
    return system(line);
}

/* What iasl makes of a block, from the definition on: without its comments on the file. */
static char *source(const char *folder, const char *name)
{
    char path[200], *text = NULL;

    snprintf(path, sizeof(path), "%s/%s", folder, name);
    CHECK(g_file_get_contents(path, &text, NULL, NULL) && strstr(text, "DefinitionBlock"));
    memmove(text, strstr(text, "DefinitionBlock"), strlen(strstr(text, "DefinitionBlock")) + 1);
    return text;
}

static void round_trip(const char *folder, const struct acpi_machine *m)
{
    GByteArray *dsdt = acpi_build_dsdt(m);
    char path[200], *first, *second;
    bool same;

    snprintf(path, sizeof(path), "%s/dsdt.aml", folder);
    CHECK(g_file_set_contents(path, (const char *)dsdt->data, dsdt->len, NULL));
    g_byte_array_free(dsdt, TRUE);
    CHECK(!tool(folder, "iasl -d dsdt.aml && iasl -oa -p again dsdt.dsl && iasl -d again.aml"));
    first = source(folder, "dsdt.dsl");
    second = source(folder, "again.dsl");
    same = !strcmp(first, second) && strstr(first, "Device (PCI0)") && !strstr(first, "Unknown");
    free(first);
    free(second);
    CHECK(same);
}

static void iasl_reads_the_definition_block_back(void)
{
    char folder[] = "/tmp/rhea-acpi-XXXXXX";
    struct acpi_machine m = machine(4);

    if (system("iasl -v >/dev/null 2>&1")) {
        test_skip("no iasl here");
        return;
    }
    CHECK(mkdtemp(folder));
    round_trip(folder, &m);
    m.hpet = m.serial = false;
    m.pci_memory64_last = 0;
    round_trip(folder, &m);
    m.ecam_base = 0;
    round_trip(folder, &m);
    m = machine(1);
    m.pci_memory_first = 0xc0000000;                    /* above ECAM: one window */
    round_trip(folder, &m);
    tool(folder, "rm -f *.aml *.dsl");
    tool(folder, "rm log");
    rmdir(folder);
}

int main(void)
{
    TEST(the_root_pointer_leads_to_the_root_table);
    TEST(every_table_has_its_length_and_sums_to_zero);
    TEST(the_fadt_names_facs_and_dsdt);
    TEST(fixed_tables_hold_what_the_reference_s_hold);
    TEST(tables_come_and_go_with_what_they_describe);
    TEST(ids_from_255_on_are_x2apic_entries);
    TEST(integers_take_the_shortest_form);
    TEST(names_are_segments_of_four);
    TEST(package_lengths_at_their_limits);
    TEST(packages_nest);
    TEST(an_eisa_id_is_three_letters_and_four_digits);
    TEST(resources_end_with_their_tag_and_tell_their_size);
    TEST(address_spaces_tell_minimum_maximum_and_length);
    TEST(iasl_reads_the_definition_block_back);
    return test_end();
}
