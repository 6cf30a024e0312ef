/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/acpi-machines.h"

/*
 * ACPI 3.0: tables with their checksums and addresses (chapter 5), AML's encodings (19.2), resources (6.4)
 *
 * The fixed tables are compared, field by field, with what guests of the reference read (tests/facts/acpi).
 * Where iasl is installed, it takes the definition block apart and puts it together again.
 */

#include "hw/acpi/aml.h"
#include "hw/acpi/script.h"
#include "hw/acpi/vmgenid.h"
#include "lib/bits.h"
#include "lib/error.h"
#include "tests/test.h"
#include "tests/unit/loader-model.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { BASE = (512 << 20) - (128 << 10), CPUS_MAX = MACHINE_CPUS };

static struct acpi_blob blob;

static void build_named(const char *name)
{
    struct acpi_rig rig;

    rig_named(&rig, name);
    acpi_build(&rig.m, BASE, &blob);
    rig_fini(&rig);
}

static void build(unsigned n_cpus)
{
    struct acpi_rig rig;

    rig_init(&rig, false);
    rig_cpus(&rig, n_cpus, n_cpus);
    acpi_build(&rig.m, BASE, &blob);
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

static bool field_holds(const char *name, unsigned offset, unsigned bytes, const char *hex)
{
    const uint8_t *p = at(find(name) + offset, bytes);
    char got[64] = "";

    for (unsigned i = 0; i < bytes && i < 31; i++)
        snprintf(got + 2 * i, 3, "%02x", p[i]);
    return !strcmp(got, hex);
}

static void fixed_tables_hold_what_the_reference_s_hold(void)
{
    FILE *f = fopen(TEST_SOURCE_DIR "/tests/facts/acpi/tables.tsv", "r");
    char line[200], config[20], built[20] = "", name[8], want[64];
    unsigned offset, bytes, n = 0, wrong = 0;

    CHECK(f);
    while (fgets(line, sizeof(line), f)) {
        if (*line == '#')
            continue;
        CHECK(sscanf(line, "%19s %4s %x %u %63s", config, name, &offset, &bytes, want) == 5);
        if (strcmp(config, built)) {
            if (*built)
                acpi_blob_fini(&blob);
            build_named(strcpy(built, config));
        }
        CHECK(find(name));
        if (!field_holds(name, offset, bytes, want)) {
            printf("# %s %s: offset %#x\n", config, name, offset);
            wrong++;
        }
        n++;
    }
    fclose(f);
    CHECK_EQ(wrong, 0);
    CHECK(n > 1000);
    acpi_blob_fini(&blob);
}

static void tables_come_and_go_with_what_they_describe(void)
{
    struct acpi_rig rig;

    rig_init(&rig, false);
    rig.m.hpet = false;
    rig.m.ecam_base = 0;
    acpi_build(&rig.m, BASE, &blob);
    CHECK(!find("HPET") && !find("MCFG") && !find("SRAT") && !find("SSDT") && find("APIC") && find("WAET"));
    acpi_blob_fini(&blob);
    build_named("pc+numa2");
    CHECK(find("SRAT") && find("SLIT") && !find("HMAT"));
    acpi_blob_fini(&blob);
    build_named("pc+hmat");
    CHECK(find("SRAT") && !find("SLIT") && find("HMAT"));
    acpi_blob_fini(&blob);
}

/* Tables of the user are listed last, whole, and sum to zero whatever their checksum was. */
static void tables_of_the_user_are_listed_too(void)
{
    static uint8_t bytes[45] = "TEST\x2d";
    struct acpi_user_table table = { bytes, sizeof(bytes) };
    struct acpi_rig rig;

    bytes[9] = 0x77;
    rig_init(&rig, true);
    rig.m.user = &table;
    rig.m.n_user = 1;
    acpi_build(&rig.m, BASE, &blob);
    CHECK(find("TEST"));
    CHECK_EQ(load(rsdt() + load(rsdt() + 4, 4) - 4, 4), find("TEST"));
    CHECK_EQ(sum(find("TEST"), sizeof(bytes)), 0);
    acpi_blob_fini(&blob);
}

static void a_slic_names_the_maker_in_rsdt_and_fadt(void)
{
    static uint8_t bytes[36] = "SLIC\x24\0\0\0\1\0ABCDEF12345678";
    struct acpi_user_table table = { bytes, sizeof(bytes) };
    struct acpi_rig rig;

    rig_init(&rig, true);
    rig.m.user = &table;
    rig.m.n_user = 1;
    acpi_build(&rig.m, BASE, &blob);
    CHECK(!memcmp(at(find("FACP") + 10, 14), "ABCDEF12345678", 14));
    CHECK(!memcmp(at(rsdt() + 10, 14), "ABCDEF12345678", 14));
    CHECK(!memcmp(at(find("APIC") + 10, 14), "BOCHS BXPC    ", 14));
    acpi_blob_fini(&blob);
}

static void ids_of_the_maker_can_be_chosen(void)
{
    struct acpi_rig rig;

    rig_init(&rig, false);
    rig.m.oem_id = "MYOEM";
    rig.m.oem_table_id = "MYTABLE";
    acpi_build(&rig.m, BASE, &blob);
    CHECK(!memcmp(at(find("APIC") + 10, 14), "MYOEM\0MYTABLE", 14));
    CHECK(!memcmp(at(BASE + blob.rsdp + 9, 6), "MYOEM", 6));
    acpi_blob_fini(&blob);
}

/* Fixups: what a loader is told.  They are in the reference's order: pointers of a table, then its checksum. */
static void a_checksum_follows_everything_that_changes_its_table(void)
{
    struct acpi_rig rig;
    struct acpi_tables t;

    rig_init(&rig, false);
    rig.m.vmgenid = true;
    acpi_tables_build(&rig.m, &t);
    for (guint i = 0; i < t.fixups->len; i++) {
        const struct acpi_fixup *sum = &g_array_index(t.fixups, struct acpi_fixup, i);

        if (sum->kind != ACPI_CHECKSUM)
            continue;
        CHECK(sum->at >= sum->start && sum->at < sum->start + sum->len);
        CHECK(sum->start + sum->len <= t.blob[sum->in]->len);
        for (guint k = i + 1; k < t.fixups->len; k++) {
            const struct acpi_fixup *later = &g_array_index(t.fixups, struct acpi_fixup, k);

            CHECK(later->kind == ACPI_TELL || later->in != sum->in || later->at < sum->start ||
                  later->at >= sum->start + sum->len);
        }
    }
    acpi_tables_fini(&t);
}

/* Kinds of commands, files and sizes, in order; offsets differ with the definition block's length. */
static void check_script(const char *config, const uint8_t *script, unsigned n)
{
    static const char *const kinds[] = { "", "ALLOCATE", "ADD_POINTER", "ADD_CHECKSUM", "WRITE_POINTER" };
    FILE *f = fopen(TEST_SOURCE_DIR "/tests/facts/acpi/table-loader.tsv", "r");
    char line[200], name[20], kind[20], file[56], args[100];
    unsigned at = 0;

    CHECK(f);
    while (fgets(line, sizeof(line), f)) {
        const uint8_t *c = script + at * ACPI_COMMAND_BYTES;

        if (*line == '#' || sscanf(line, "%19s %19s %55s %99[^\n]", name, kind, file, args) != 4)
            continue;
        if (strcmp(name, config))
            continue;
        CHECK(at < n);
        at++;
        CHECK(model_get(c, 4) < 5);
        CHECK_STR(kinds[model_get(c, 4)], kind);
        CHECK_STR((const char *)c + 4, file);
        if (!strcmp(kind, "ADD_POINTER"))
            CHECK(strstr(args, T("src=%s ", c + 60)) && strstr(args, T("size=%u", c[120])));
        if (!strcmp(kind, "ALLOCATE"))
            CHECK_STR(T("align=%u zone=%u", (unsigned)model_get(c + 60, 4), c[64]), args);
        if (!strcmp(kind, "WRITE_POINTER"))
            CHECK_STR(T("src=%s dst_off=0x%x src_off=0x%x size=%u", c + 60, (unsigned)model_get(c + 116, 4),
                        (unsigned)model_get(c + 120, 4), c[124]), args);
    }
    fclose(f);
    CHECK(at && at == n);
}

static void firmware_gets_the_reference_s_script(void)
{
    static const struct { const char *name, *config; bool vmgenid; } cases[] = {
        { "q35-512-1", "q35-512-1", false }, { "pc-512-1", "pc-512-1", false }, { "q35-512-1", "q35+vmgenid", true },
        { "pc-512-1", "pc+vmgenid", true },
    };

    for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
        struct acpi_build b;
        struct acpi_rig rig;
        struct acpi_tables t;

        rig_named(&rig, cases[i].name);
        rig.m.vmgenid = cases[i].vmgenid;
        acpi_tables_build(&rig.m, &t);
        acpi_build_init(&b);
        acpi_tables_script(&t, &b);
        acpi_tables_fini(&t);
        check_script(cases[i].config, b.loader.commands->data, b.loader.commands->len / ACPI_COMMAND_BYTES);
        acpi_build_fini(&b);
    }
}

/* What firmware makes of the script is what a direct boot makes of the fixups for the same addresses. */
static void a_script_and_fixups_come_to_the_same(void)
{
    static uint8_t guid[4096], addr[8];
    struct acpi_tables scripted, placed;
    struct acpi_build b;
    struct acpi_rig rig;
    struct model m;

    rig_named(&rig, "q35-512-4");
    rig.m.vmgenid = true;
    acpi_tables_build(&rig.m, &scripted);
    acpi_tables_build(&rig.m, &placed);
    acpi_build_init(&b);
    acpi_tables_script(&scripted, &b);
    model_init(&m);
    model_file(&m, ACPI_FILE_TABLES, b.tables->data, b.tables->len);
    model_file(&m, ACPI_FILE_RSDP, b.rsdp->data, b.rsdp->len);
    model_file(&m, VMGENID_FILE_GUID, guid, sizeof(guid));
    model_file(&m, VMGENID_FILE_ADDR, addr, sizeof(addr));
    model_run(&m, b.loader.commands->data, b.loader.commands->len);
    acpi_tables_place(&placed, (uint64_t[]){ m.file[0].addr, m.file[1].addr, m.file[2].addr });
    CHECK_EQ(m.written, m.file[2].addr + 40);
    CHECK(!memcmp(b.tables->data, placed.blob[ACPI_TABLES]->data, b.tables->len));
    CHECK(!memcmp(b.rsdp->data, placed.blob[ACPI_RSDP]->data, b.rsdp->len));
    acpi_tables_fini(&scripted);
    acpi_tables_fini(&placed);
    acpi_build_fini(&b);
}

static void the_generation_id_s_page_is_pointed_to(void)
{
    struct acpi_rig rig;
    struct acpi_tables t;
    guint i, at_ssdt;

    rig_init(&rig, true);
    rig.m.vmgenid = true;
    acpi_tables_build(&rig.m, &t);
    for (i = 0; g_array_index(t.fixups, struct acpi_fixup, i).kind != ACPI_TELL; i++)
        continue;
    CHECK_EQ(g_array_index(t.fixups, struct acpi_fixup, i).start, 40);
    CHECK_EQ(g_array_index(t.fixups, struct acpi_fixup, i).size, 8);
    at_ssdt = g_array_index(t.fixups, struct acpi_fixup, i + 1).at;
    acpi_tables_place(&t, (uint64_t[ACPI_BLOBS]){ BASE, 0xf0000, 0x1ffff000 });
    CHECK_EQ(bits_load(t.blob[ACPI_TABLES]->data + at_ssdt, 4), 0x1ffff000);
    CHECK(!memcmp(t.blob[ACPI_TABLES]->data + at_ssdt - 5, "VGIA\x0c", 5));
    CHECK(!memcmp(t.blob[ACPI_TABLES]->data + at_ssdt - 42 + 16, "VMGENID\0", 8));
    CHECK_EQ(bits_load(t.blob[ACPI_RSDP]->data + 16, 4) - BASE, t.blob[ACPI_TABLES]->len - 36 - 4 * 5);
    acpi_tables_fini(&t);
}

/* 5.2.15: a node's memory is told in pieces around the holes; the reference keeps two entries more than nodes. */
static void memory_of_a_node_is_split_at_the_holes(void)
{
    static const struct { uint64_t base, bytes; unsigned node, flags; } want[] = {
        { 0, 0xa0000, 0, 1 }, { MIB, 2 * GIB - MIB, 0, 1 }, { 4 * GIB, GIB, 0, 1 }, { 5 * GIB, 3 * GIB, 1, 1 },
    };
    struct acpi_rig rig;
    uint64_t e;

    rig_named(&rig, "q35+numa2");
    rig_ram(&rig, false, 6 * GIB, 2 * GIB);
    rig.numa->node[0].bytes = rig.numa->node[1].bytes = 3 * GIB;
    acpi_build(&rig.m, BASE, &blob);
    e = find("SRAT") + 48 + 4 * 16;
    for (unsigned i = 0; i < G_N_ELEMENTS(want); i++, e += 40) {
        CHECK_EQ(load(e, 2), 1 | 40 << 8);
        CHECK_EQ(load(e + 2, 4), want[i].node);
        CHECK_EQ(load(e + 8, 8), want[i].base);
        CHECK_EQ(load(e + 16, 8), want[i].bytes);
        CHECK_EQ(load(e + 28, 4), want[i].flags);
    }
    CHECK_EQ(e, find("SRAT") + load(find("SRAT") + 4, 4));
    acpi_blob_fini(&blob);
    rig_fini(&rig);
}

/* 5.2.11: a processor whose APIC id is 255 or more is a Local x2APIC structure. */
static void ids_from_255_on_are_x2apic_entries(void)
{
    unsigned kinds[11] = { 0 };
    uint64_t madt;

    build(CPUS_MAX);
    madt = find("APIC");
    for (uint32_t i = 44; i < load(madt + 4, 4); i += load(madt + i + 1, 1)) {
        unsigned kind = load(madt + i, 1);

        CHECK(kind < 11 && load(madt + i + 1, 1));
        if (kind == 9)
            CHECK_EQ(load(madt + i + 4, 4), 255 + kinds[9]);
        kinds[kind]++;
    }
    CHECK_EQ(kinds[0], 255);
    CHECK_EQ(kinds[9], CPUS_MAX - 255);
    CHECK_EQ(kinds[1], 1);
    CHECK_EQ(kinds[2], 5);
    CHECK_EQ(kinds[4], 0);
    CHECK_EQ(kinds[10], 1);             /* the NMI of all x2APICs */
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
    aml_open(&a, AML_PACKAGE);
    aml_bytes(&a, 1, 1);
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

/* 19.2.5.2: a field's units have their length in bits, in the same form, but it does not count itself. */
static void lengths_of_field_units_at_their_limits(void)
{
    static const struct { unsigned bits; const char *hex; } cases[] = {
        { 1, "415f5f5f01" }, { 63, "415f5f5f3f" }, { 64, "415f5f5f4004" }, { 4095, "415f5f5f4fff" },
        { 4096, "415f5f5f800001" },
    };

    for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
        aml_init(&a);
        aml_field_unit(&a, "A", cases[i].bits);
        check_bytes(cases[i].hex);
    }
    aml_init(&a);
    aml_field_unit(&a, "", 32);
    check_bytes("0020");
}

/* Terms from text: each against the bytes that 19.2.5 says. */
static void terms_are_what_chapter_19_says(void)
{
    static const struct { const char *terms, *hex; } cases[] = {
        { "(Scope \\ (Device D (Name _ADR 0)))", "10105c005b820b445f5f5f085f41445200" },
        { "(Method M 2)", "14064d5f5f5f02" },
        { "(Serialized M 0 (Return Arg6))", "14084d5f5f5f08a46e" },
        { "(Package 4 0 1 2 LNKA)", "120a0400010a024c4e4b41" },
        { "(Buffer 0)", "11030100" },
        { "(Buffer 1 2 0xff)", "1106" "0a03" "0102ff" },
        { "(EisaId PNP0C0F)", "0c41d00c0f" },
        { "(Uuid \"33db4d5b-1ff7-401c-9657-7441c03dd766\")", "11130a105b4ddb33f71f1c4096577441c03dd766" },
        { "(Mutex BLCK 0)", "5b01424c434b00" },
        { "(Region R 1 0xcc0 8)", "5b80525f5f5f010bc00c0a08" },
        { "(Field R DWord Zeros A:32)", "5b810b525f5f5f43415f5f5f20" },
        { "(Field R DWord Lock A:8 :3 B:1)", "5b8112525f5f5f13415f5f5f080003425f5f5f01" },
        { "(Processor C001 1 (Name A Ones))", "5b8311" "43303031" "01" "00000000" "00" "08415f5f5fff" },
        { "(If (LEqual Local0 1) (Return \"x\")) (Else (Break))", "a00893" "6001" "a40d7800" "a102a5" },
        { "(While (LLess Local7 10) (Increment Local7))", "a20795670a0a7567" },
        { "(Store (DerefOf (Index Arg4 0)) Local2)", "7083886c000062" },
        { "(Add Local0 1)", "72600100" },
        { "(Add Local0 1 Local3)", "72600163" },
        { "(ShiftLeft 1 Arg1)", "79016900" },
        { "(LNotEqual Arg0 0)", "92936800" },
        { "(Acquire BLCK 0xffff) (Release BLCK)", "5b23424c434bffff5b27424c434b" },
        { "(Notify \\_SB.VGEN 0x80)", "865c2e5f53425f5647454e0a80" },
        { "(DWordField Arg0 5 PRRI)", "8a680a0550525249" },
        { "(CSCN) (CTFY Local1 3) (Store Arg0 Debug)", "4353434e43544659610a0370685b31" },
        { "(Resources (IO 0x60 1 1) (IRQ 1))", "11110b0d00" "4701600060000101" "220200" "7900" },
    };

    for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
        aml_init(&a);
        aml_terms(&a, "%s", cases[i].terms);
        check_bytes(cases[i].hex);
    }
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
    aml_res_io(&a, 0x3f8, 0, 8);
    aml_res_irq(&a, 1 << 4);
    aml_resources_end(&a);
    check_bytes("11110b0d00" "4701f803f8030008" "221000" "7900");
}

/* 6.4.3.6: consumer, level, active high, shared. */
static void interrupts_are_listed_in_full(void)
{
    aml_init(&a);
    aml_res_interrupts(&a, (uint64_t[]){ 5, 10, 11 }, 3);
    check_bytes("890e000903" "05000000" "0a000000" "0b000000");
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

static void round_trip(const char *folder, const struct acpi_machine *m, uint32_t at_offset)
{
    struct acpi_tables t;
    char path[200], *first, *second;
    const uint8_t *table;
    bool same;

    acpi_tables_build(m, &t);
    acpi_tables_place(&t, (uint64_t[ACPI_BLOBS]){ BASE, BASE, BASE });
    table = t.blob[ACPI_TABLES]->data + at_offset;
    snprintf(path, sizeof(path), "%s/dsdt.aml", folder);
    CHECK(g_file_set_contents(path, (const char *)table, bits_load(table + 4, 4), NULL));
    acpi_tables_fini(&t);
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
    enum { DSDT_AT = 64 };
    static const char *const names[] = {
        "q35-512-4", "pc-512-4", "q35+m8G", "q35+no-hpet", "pc+nodefaults", "pc+acpi-root-hp-off", "q35+pvpanic",
        "q35+disable-s3s4",
    };
    char folder[] = "/tmp/rhea-acpi-XXXXXX";
    struct acpi_rig rig;

    if (system("iasl -v >/dev/null 2>&1")) {
        test_skip("no iasl here");
        return;
    }
    CHECK(mkdtemp(folder));
    for (unsigned i = 0; i < G_N_ELEMENTS(names); i++) {
        rig_named(&rig, names[i]);
        round_trip(folder, &rig.m, DSDT_AT);
    }
    rig_init(&rig, false);
    rig.m.ecam_base = 0;
    rig.m.pirq = rig.m.cpu_hotplug = rig.m.pci_hotplug = false;
    rig.m.n_functions = 0;
    rig.m.pci_memory64_last = 0;
    round_trip(folder, &rig.m, DSDT_AT);
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
    TEST(tables_of_the_user_are_listed_too);
    TEST(a_slic_names_the_maker_in_rsdt_and_fadt);
    TEST(ids_of_the_maker_can_be_chosen);
    TEST(a_checksum_follows_everything_that_changes_its_table);
    TEST(firmware_gets_the_reference_s_script);
    TEST(a_script_and_fixups_come_to_the_same);
    TEST(the_generation_id_s_page_is_pointed_to);
    TEST(memory_of_a_node_is_split_at_the_holes);
    TEST(ids_from_255_on_are_x2apic_entries);
    TEST(integers_take_the_shortest_form);
    TEST(names_are_segments_of_four);
    TEST(package_lengths_at_their_limits);
    TEST(lengths_of_field_units_at_their_limits);
    TEST(terms_are_what_chapter_19_says);
    TEST(an_eisa_id_is_three_letters_and_four_digits);
    TEST(resources_end_with_their_tag_and_tell_their_size);
    TEST(interrupts_are_listed_in_full);
    TEST(address_spaces_tell_minimum_maximum_and_length);
    TEST(iasl_reads_the_definition_block_back);
    return test_end();
}
