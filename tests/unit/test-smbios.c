/* SPDX-License-Identifier: Apache-2.0 */
#include "hw/smbios/smbios.h"

/*
 * SMBIOS: the reference's tables for many machines and -smbios options (tests/facts/smbios), how structures are
 * written, and options that are refused
 */

#include "main/options.h"
#include "tests/unit/fw-cfg-bench.h"

#include <errno.h>

#define DIR TEST_SOURCE_DIR "/tests/facts/smbios/"
#define GIB (1ull << 30)

static struct config c;
static struct error *err;

static void option(const char *value)
{
    err = NULL;
    if (option_smbios(&c, value, &err))
        printf("# %s: %s\n", value, error_line(err).s);
    CHECK(!err);
}

static bool pci_find(void *opaque, const char *id, uint16_t *address)
{
    *address = 0x28;
    return !strcmp(id, "nic");
}

/* Where the PC boards have RAM. */
static unsigned ram_ranges(const char *machine, uint64_t bytes, struct smbios_range *range)
{
    bool pc = !strcmp(machine, "pc");
    uint64_t limit = pc ? 0xe0000000 : 0xb0000000, low = bytes < limit ? bytes : pc ? 3 * GIB : 2 * GIB;

    range[0] = (struct smbios_range){ 0, low };
    range[1] = (struct smbios_range){ 4 * GIB, bytes - low };
    return bytes > low ? 2 : 1;
}

static char *replaced(const char *text, const char *what, const char *with)
{
    char **parts = g_strsplit(text, what, -1), *joined = g_strjoinv(with, parts);

    g_strfreev(parts);
    return joined;
}

static void options_from(const char *words)
{
    char **list = g_strsplit(words, " ", -1);

    for (char **word = list; *word; word++) {
        char *a = replaced(*word, "FILE", DIR "blob"), *b = replaced(a, "TEXT", DIR "text");

        if (*b)
            option(b);
        g_free(a);
        g_free(b);
    }
    g_strfreev(list);
}

static char *hex(const GByteArray *bytes)
{
    GString *s = g_string_new(NULL);

    for (guint i = 0; i < bytes->len; i++)
        g_string_append_printf(s, "%02x", bytes->data[i]);
    return g_string_free(s, FALSE);
}

static void compare(char **column)
{
    bool pc = !strcmp(column[0], "pc");
    uint64_t bytes = g_ascii_strtoull(column[1], NULL, 10) << 20;
    struct smbios_range range[2];
    struct smbios_machine m = {
        .manufacturer = "QEMU", .version = pc ? "pc-i440fx-7.2" : "pc-q35-7.2",
        .product = pc ? "Standard PC (i440FX + PIIX, 1996)" : "Standard PC (Q35 + ICH9, 2009)",
        .sockets = atoi(column[2]), .cores = atoi(column[3]), .threads = atoi(column[4]),
        .cpu_id = 0x078bfbfd00060fb1, .ram_bytes = bytes, .ram = range,
        .n_ram = ram_ranges(column[0], bytes, range), .entry_point_64 = !strcmp(column[5], "64"),
        .pci_find = pci_find,
    };
    struct smbios_tables t;
    char *anchor, *table;

    smbios_config_init(&c.smbios);
    options_from(column[6]);
    CHECK(!smbios_build(&m, &c.smbios, &t, NULL));
    anchor = hex(t.anchor);
    table = hex(t.table);
    if (strcmp(table, column[8]))
        printf("# %s, %s MiB, %s %s %s CPUs, %s\n", column[0], column[1], column[2], column[3], column[4], column[6]);
    CHECK_STR(table, column[8]);
    CHECK_STR(anchor, column[7]);
    g_free(anchor);
    g_free(table);
    smbios_tables_fini(&t);
    smbios_config_fini(&c.smbios);
}

static void tables_are_the_references(void)
{
    char *text, **lines;
    unsigned n = 0;

    CHECK(g_file_get_contents(DIR "tables.tsv", &text, NULL, NULL));
    lines = g_strsplit(text, "\n", -1);
    for (char **line = lines; *line; line++) {
        char **column = g_strsplit(*line, "\t", -1);

        if (**line && **line != '#') {
            CHECK_EQ(g_strv_length(column), 9);
            compare(column);
            n++;
        }
        g_strfreev(column);
    }
    CHECK(n >= 29);
    g_strfreev(lines);
    g_free(text);
}

static const struct smbios_machine plain = {
    .manufacturer = "QEMU", .product = "P", .version = "V", .sockets = 1, .cores = 1, .threads = 1,
    .ram_bytes = 64 << 20, .uuid = { 0, 0x11, 0x22, 0x33, 0x44 },
};

/* The structure of that type; NULL: none. */
static const uint8_t *structure(const GByteArray *table, unsigned type)
{
    const uint8_t *p = table->data, *end = p + table->len;

    while (p + 4 <= end) {
        const uint8_t *here = p;

        if (*p == type)
            return p;
        p += p[1];
        while (p[0] || p[1])
            p++;
        p += 2;
        CHECK(p > here && p <= end);
    }
    return NULL;
}

static uint64_t number(const uint8_t *p, unsigned n)
{
    uint64_t val = 0;

    while (n--)
        val = val << 8 | p[n];
    return val;
}

static void the_machines_uuid_stands_in_structure_1_unless_an_option_says_another(void)
{
    struct smbios_tables t;

    smbios_config_init(&c.smbios);
    CHECK(!smbios_build(&plain, &c.smbios, &t, NULL));
    CHECK(!memcmp(structure(t.table, 1) + 8, "\x33\x22\x11\0\0\x44\0\0", 8));
    smbios_tables_fini(&t);
    option("type=1,uuid=ffeeddcc-0000-0000-0000-000000000001");
    CHECK(!smbios_build(&plain, &c.smbios, &t, NULL));
    CHECK_EQ(number(structure(t.table, 1) + 8, 4), 0xffeeddcc);
    CHECK_EQ(structure(t.table, 1)[23], 1);
    smbios_tables_fini(&t);
    smbios_config_fini(&c.smbios);
}

static void what_32_bits_of_kibibytes_do_not_say_stands_in_the_extended_fields(void)
{
    const struct smbios_range far[2] = { { 0, 2 * GIB }, { 1ull << 42, 2048 * GIB } };
    struct smbios_machine m = plain;
    struct smbios_tables t;
    const uint8_t *s;

    smbios_config_init(&c.smbios);
    m.ram_bytes = 2050 * GIB;
    m.ram = far;
    m.n_ram = 2;
    m.cores = 300;
    m.entry_point_64 = true;
    CHECK(!smbios_build(&m, &c.smbios, &t, NULL));
    s = structure(t.table, 16);
    CHECK(number(s + 7, 4) == 0x80000000 && number(s + 13, 2) == 129 && number(s + 15, 8) == 2050 * GIB);
    s = structure(t.table, 19) + 31 + 2;
    CHECK(number(s + 4, 4) == UINT32_MAX && number(s + 8, 4) == UINT32_MAX);
    CHECK(number(s + 15, 8) == 1ull << 42 && number(s + 23, 8) == (1ull << 42) + 2048 * GIB - 1);
    s = structure(t.table, 4);
    CHECK(s[0x23] == 255 && s[0x25] == 255 && number(s + 0x2a, 2) == 300 && number(s + 0x2e, 2) == 300);
    smbios_tables_fini(&t);
    smbios_config_fini(&c.smbios);
}

static void a_file_stands_for_its_type(void)
{
    struct smbios_tables t;

    smbios_config_init(&c.smbios);
    c.smbios.blob[0] = (struct smbios_blob){ calloc(1, 6), 6 };
    memcpy(c.smbios.blob[0].bytes, "\x03\x04xy", 4);
    c.smbios.n_blobs = 1;
    c.smbios.blobs[0] = 1 << 3;
    CHECK(!smbios_build(&plain, &c.smbios, &t, NULL));
    CHECK(!memcmp(t.table->data, "\x03\x04xy", 4) && structure(t.table, 3) == t.table->data);
    CHECK_EQ(number(t.anchor->data + 28, 2), 7);        /* 1, 3, 4, 16, 17, 32, 127 */
    smbios_tables_fini(&t);
    smbios_config_fini(&c.smbios);
}

static void a_table_of_version_2_has_65535_bytes_at_most(void)
{
    struct smbios_machine m = plain;
    struct smbios_tables t;
    char *text = g_strnfill(66000, 'x'), *value = g_strconcat("type=11,value=", text, NULL);

    smbios_config_init(&c.smbios);
    option(value);
    err = NULL;
    CHECK_EQ(smbios_build(&m, &c.smbios, &t, &err), -E2BIG);
    CHECK(strstr(error_line(err).s, "up to 65535 bytes"));
    error_free(err);
    smbios_tables_fini(&t);
    m.entry_point_64 = true;
    CHECK(!smbios_build(&m, &c.smbios, &t, NULL));
    CHECK_EQ(number(t.anchor->data + 12, 4), t.table->len);
    smbios_tables_fini(&t);
    smbios_config_fini(&c.smbios);
    g_free(text);
    g_free(value);
}

static void a_pci_device_has_to_be_there(void)
{
    struct smbios_machine m = plain;
    struct smbios_tables t;

    smbios_config_init(&c.smbios);
    option("type=41,designation=a,pcidev=nosuch");
    for (unsigned i = 0; i < 2; i++) {
        m.pci_find = i ? pci_find : NULL;
        err = NULL;
        CHECK_EQ(smbios_build(&m, &c.smbios, &t, &err), -ENODEV);
        CHECK(strstr(error_line(err).s, "nosuch"));
        error_free(err);
        smbios_tables_fini(&t);
    }
    smbios_config_fini(&c.smbios);
}

static void firmware_finds_two_files(void)
{
    static struct fw_bench f;
    uint32_t len;

    fw_bench_init(&f);
    smbios_config_init(&c.smbios);
    CHECK(!smbios_add(f.dev, &plain, &c.smbios, NULL));
    CHECK(!memcmp(fw_cfg_bytes(f.dev, fw_cfg_file_key(f.dev, "etc/smbios/smbios-anchor"), &len), "_SM_", 4));
    CHECK_EQ(len, 31);
    CHECK_EQ(fw_cfg_bytes(f.dev, fw_cfg_file_key(f.dev, "etc/smbios/smbios-tables"), &len)[0], 1);
    CHECK_EQ(smbios_add(f.dev, &plain, &c.smbios, NULL), -EEXIST);
    smbios_config_fini(&c.smbios);
    fw_bench_fini(&f);
}

static void refused(const char *value, const char *object, const char *told)
{
    err = NULL;
    if (!option_smbios(&c, value, &err))
        printf("# %s\n", value);
    CHECK(err);
    CHECK_STR(err->object, object);
    CHECK_STR(err->value, told);
    error_free(err);
}

static void wrong_options_are_refused_by_name(void)
{
    smbios_config_init(&c.smbios);
    refused("", "-smbios", "a description without them");
    refused("vendor=x", "-smbios", "a description without them");
    refused("type=x", "-smbios type", "x");
    refused("type=256", "-smbios type", "256");
    refused("type=16", "-smbios type", "16");
    refused("type=0,nosuch=1", "-smbios", "nosuch=1");
    refused("type=11,nosuch=1", "-smbios", "nosuch=1");
    refused("type=0,release=1", "-smbios type=0 release", "1");
    refused("type=0,release=256.1", "-smbios type=0 release", "256.1");
    refused("type=0,release=1.256", "-smbios type=0 release", "1.256");
    refused("type=255", "-smbios type", "255");
    refused("type=0,release=1.1000", "-smbios type=0 release", "1.1000");
    refused("type=0,uefi=perhaps", "-smbios uefi", "perhaps");
    refused("type=1,uuid=x", "-smbios type=1 uuid", "x");
    refused("type=4,max-speed=65536", "-smbios max-speed", "65536");
    refused("type=4,current-speed=-1", "-smbios current-speed", "-1");
    refused("type=4,processor-id=-1", "-smbios type=4 processor-id", "-1");
    refused("type=4,processor-id=0x10000000000000000", "-smbios type=4 processor-id", "0x10000000000000000");
    refused("type=4,processor-id=1x", "-smbios type=4 processor-id", "1x");
    refused("type=8,port_type=256", "-smbios port_type", "256");
    refused("type=8,connector_type=256", "-smbios connector_type", "256");
    refused("type=17,speed=65536", "-smbios speed", "65536");
    refused("type=41,kind=nosuch", "-smbios type=41 kind", "nosuch");
    refused("type=41,instance=256", "-smbios instance", "256");
    refused("type=11,path=/nonexistent", "-smbios path", "/nonexistent");
    refused("type=11,path=" DIR "blob", "-smbios path", DIR "blob");
    refused("file=/nonexistent", "-smbios file", "/nonexistent");
    refused("file=" DIR "blob,type=1", "-smbios", "type=1");
    refused("file=/dev/null", "-smbios file", "/dev/null");
    smbios_config_fini(&c.smbios);
}

static void a_refusal_lists_the_fields_of_the_type(void)
{
    smbios_config_init(&c.smbios);
    err = NULL;
    CHECK(option_smbios(&c, "type=3,nosuch=1", &err) < 0);
    CHECK_STR(err->legal, "type, manufacturer, version, serial, asset, sku");
    error_free(err);
    option("type=41,kind=other,designation=x");
    option("type=41,kind=sas,designation=x");
    CHECK(c.smbios.onboard[0].kind == 1 && c.smbios.onboard[1].kind == 10);
    errno = ERANGE;                     /* of something before */
    option("type=4,processor-id=0xffffffffffffffff");
    CHECK_EQ(c.smbios.processor.id, UINT64_MAX);
    smbios_config_fini(&c.smbios);
}

static void a_type_has_fields_or_a_file(void)
{
    smbios_config_init(&c.smbios);
    option("file=" DIR "blob");
    CHECK(smbios_bit(c.smbios.blobs, 200) && !smbios_bit(c.smbios.blobs, 199));
    c.smbios.blobs[0] |= 1 << 1;
    refused("type=1,serial=x", "-smbios type", "1");
    option("type=2,serial=x");
    CHECK(smbios_bit(c.smbios.fields, 2));
    c.smbios.fields[3] = 1 << (200 - 192);
    err = NULL;
    CHECK_EQ(option_smbios(&c, "file=" DIR "blob", &err), -EBUSY);
    CHECK(strstr(err->value, "type 200"));
    error_free(err);
    smbios_config_fini(&c.smbios);
}

static void lists_have_an_end(void)
{
    smbios_config_init(&c.smbios);
    for (unsigned i = 0; i < SMBIOS_LIST; i++) {
        option("type=8");
        option("type=41");
    }
    refused("type=8", "-smbios", "type=8");
    refused("type=41", "-smbios", "type=41");
    for (unsigned i = 0; i < SMBIOS_OEM_STRINGS; i++)
        option("type=11,value=x");
    refused("type=11,value=x", "-smbios", "type=11 strings");
    for (unsigned i = 0; i < SMBIOS_LIST; i++)
        option("file=" DIR "blob");
    refused("file=" DIR "blob", "-smbios", "file=");
    smbios_config_fini(&c.smbios);
}

static void a_uuid_is_an_option_of_its_own(void)
{
    err = NULL;
    CHECK(!option_uuid(&c, "00112233-4455-6677-8899-aabbccddeeff", &err));
    CHECK(c.board.uuid[0] == 0 && c.board.uuid[15] == 0xff);
    CHECK_EQ(option_uuid(&c, "x", &err), -EINVAL);
    CHECK_STR(err->object, "-uuid");
    error_free(err);
}

int main(void)
{
    epoch_thread_init();
    TEST(tables_are_the_references);
    TEST(the_machines_uuid_stands_in_structure_1_unless_an_option_says_another);
    TEST(what_32_bits_of_kibibytes_do_not_say_stands_in_the_extended_fields);
    TEST(a_file_stands_for_its_type);
    TEST(a_table_of_version_2_has_65535_bytes_at_most);
    TEST(a_pci_device_has_to_be_there);
    TEST(firmware_finds_two_files);
    TEST(wrong_options_are_refused_by_name);
    TEST(a_refusal_lists_the_fields_of_the_type);
    TEST(a_type_has_fields_or_a_file);
    TEST(lists_have_an_end);
    TEST(a_uuid_is_an_option_of_its_own);
    epoch_thread_fini();
    return test_end();
}
