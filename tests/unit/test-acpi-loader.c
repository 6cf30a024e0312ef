/* SPDX-License-Identifier: Apache-2.0 */
#include "hw/acpi/loader.h"

/* The linker/loader script: its layout, and that firmware can carry it out; tables that are built anew. */

#include "hw/acpi/files.h"
#include "tests/unit/fw-cfg-bench.h"
#include "tests/unit/loader-model.h"

#include <errno.h>

static struct acpi_loader l;

/* A name in its 56 bytes, and nothing behind it. */
static bool is_name(const uint8_t *p, const char *name)
{
    char want[56] = { 0 };

    snprintf(want, sizeof(want), "%s", name);
    return !memcmp(p, want, 56);
}

static bool all_zero(const uint8_t *p, unsigned from)
{
    for (unsigned i = from; i < ACPI_COMMAND_BYTES; i++)
        if (p[i])
            return false;
    return true;
}

static void an_allocation_names_file_alignment_and_zone(void)
{
    const uint8_t *c;

    acpi_loader_init(&l);
    acpi_loader_allocate(&l, ACPI_FILE_RSDP, 16, ACPI_ZONE_F);
    c = l.commands->data;
    CHECK_EQ(l.commands->len, 128);
    CHECK(model_get(c, 4) == 1 && is_name(c + 4, "etc/acpi/rsdp"));
    CHECK(model_get(c + 60, 4) == 16 && c[64] == 2 && all_zero(c, 65));
    acpi_loader_fini(&l);
}

static void a_pointer_names_both_files_place_and_size(void)
{
    const uint8_t *c;

    acpi_loader_init(&l);
    acpi_loader_add_pointer(&l, ACPI_FILE_RSDP, 0x12345678, 8, ACPI_FILE_TABLES);
    c = l.commands->data;
    CHECK(model_get(c, 4) == 2 && is_name(c + 4, "etc/acpi/rsdp") && is_name(c + 60, "etc/acpi/tables"));
    CHECK(model_get(c + 116, 4) == 0x12345678 && c[120] == 8 && all_zero(c, 121));
    acpi_loader_fini(&l);
}

static void a_checksum_names_byte_start_and_length(void)
{
    const uint8_t *c;

    acpi_loader_init(&l);
    acpi_loader_add_checksum(&l, ACPI_FILE_TABLES, 0x149, 0x140, 0x12345678);
    c = l.commands->data;
    CHECK(model_get(c, 4) == 3 && is_name(c + 4, "etc/acpi/tables"));
    CHECK(model_get(c + 60, 4) == 0x149 && model_get(c + 64, 4) == 0x140 && model_get(c + 68, 4) == 0x12345678);
    CHECK(all_zero(c, 72));
    acpi_loader_fini(&l);
}

static void a_written_pointer_names_both_places(void)
{
    const uint8_t *c;

    acpi_loader_init(&l);
    acpi_loader_write_pointer(&l, "etc/vmgenid_addr", 3, 8, "etc/vmgenid_guid", 40);
    c = l.commands->data;
    CHECK(model_get(c, 4) == 4 && is_name(c + 4, "etc/vmgenid_addr") && is_name(c + 60, "etc/vmgenid_guid"));
    CHECK(model_get(c + 116, 4) == 3 && model_get(c + 120, 4) == 40 && c[124] == 8 && all_zero(c, 125));
    acpi_loader_fini(&l);
}

static void allocations_come_first_the_latest_at_the_front(void)
{
    acpi_loader_init(&l);
    acpi_loader_allocate(&l, "a", 64, ACPI_ZONE_HIGH);
    acpi_loader_add_pointer(&l, "a", 0, 4, "a");
    acpi_loader_allocate(&l, "b", 16, ACPI_ZONE_HIGH);
    CHECK(is_name(l.commands->data + 4, "b") && is_name(l.commands->data + 132, "a"));
    CHECK_EQ(l.commands->data[256], 2);
    acpi_loader_fini(&l);
}

static void a_script_has_512_commands_at_most(void)
{
    acpi_loader_init(&l);
    for (unsigned i = 0; i < 512; i++)
        acpi_loader_add_pointer(&l, "a", 0, 4, "a");
    CHECK(!l.full && l.commands->len == ACPI_LOADER_MAX);
    acpi_loader_allocate(&l, "a", 1, ACPI_ZONE_HIGH);
    CHECK(l.full && l.commands->len == ACPI_LOADER_MAX);
    acpi_loader_fini(&l);
}

static unsigned builds;
static guint tables_bytes;

/* An RSDP that points to a table at 100h, which points to one at 200h and to itself. */
static void build_some(void *opaque, struct acpi_build *b)
{
    CHECK(opaque == &builds);
    builds++;
    acpi_loader_allocate(&b->loader, ACPI_FILE_TABLES, 64, ACPI_ZONE_HIGH);
    g_byte_array_set_size(b->tables, tables_bytes);
    memset(b->tables->data, builds, tables_bytes);
    g_byte_array_append(b->rsdp, (const uint8_t *)"RSD PTR \0BOCHS \0\0\0\0\0", 20);
    b->rsdp->data[15] = builds;
    if (tables_bytes < 0x300)
        return;
    acpi_build_pointer(b, b->tables, 0x110, 4, 0x200);
    acpi_build_pointer(b, b->tables, 0x118, 8, 0x100);
    acpi_build_checksum(b, b->tables, 0x109, 0x100, 0x80);
    acpi_build_checksum(b, b->tables, 0x209, 0x200, 0x40);
    acpi_loader_allocate(&b->loader, ACPI_FILE_RSDP, 16, ACPI_ZONE_F);
    acpi_build_pointer(b, b->rsdp, 16, 4, 0x100);
    acpi_build_checksum(b, b->rsdp, 8, 0, 20);
}

static uint8_t sum(const uint8_t *p, unsigned n)
{
    uint8_t s = 0;

    while (n--)
        s += *p++;
    return s;
}

static struct fw_bench f;

static uint8_t *file_copy(const char *name, uint32_t *len)
{
    const uint8_t *bytes = fw_cfg_bytes(f.dev, fw_cfg_file_key(f.dev, name), len);

    CHECK(bytes);
    return g_memdup2(bytes, *len);
}

static void firmware_makes_whole_tables_of_the_files(void)
{
    uint8_t *tables, *rsdp, *script;
    uint32_t n_tables, n_rsdp, n_script;
    struct model m;

    fw_bench_init(&f);
    tables_bytes = 0x300;
    builds = 0;
    CHECK(!acpi_files_new(f.b.m, build_some, &builds, NULL));
    tables = file_copy(ACPI_FILE_TABLES, &n_tables);
    rsdp = file_copy(ACPI_FILE_RSDP, &n_rsdp);
    script = file_copy(ACPI_FILE_LOADER, &n_script);
    CHECK(n_tables == 128 << 10 && n_rsdp == 20 && n_script == 4096);
    CHECK(tables[0x2ff] == 1 && sum(rsdp, 20));
    CHECK(fw_cfg_file_key(f.dev, "etc/tpm/log"));
    for (uint32_t i = 0x300; i < n_tables; i++)
        CHECK_EQ(tables[i], 0);
    model_init(&m);
    model_file(&m, ACPI_FILE_TABLES, tables, n_tables);
    model_file(&m, ACPI_FILE_RSDP, rsdp, n_rsdp);
    CHECK_EQ(model_run(&m, script, n_script), 8);
    CHECK_EQ(model_get(rsdp + 16, 4), MODEL_BASE + 0x100);
    CHECK_EQ(model_get(tables + 0x110, 4), MODEL_BASE + 0x200);
    CHECK_EQ(model_get(tables + 0x118, 8), MODEL_BASE + 0x100);
    CHECK(!sum(rsdp, 20) && !sum(tables + 0x100, 0x80) && !sum(tables + 0x200, 0x40));
    g_free(tables);
    g_free(rsdp);
    g_free(script);
    fw_bench_fini(&f);
}

static void tables_are_made_anew_once_after_each_reset(void)
{
    uint16_t tables, rsdp, script;
    struct saved s;

    fw_bench_init(&f);
    tables_bytes = 0x300;
    builds = 0;
    CHECK(!acpi_files_new(f.b.m, build_some, &builds, NULL));
    tables = fw_cfg_file_key(f.dev, ACPI_FILE_TABLES);
    rsdp = fw_cfg_file_key(f.dev, ACPI_FILE_RSDP);
    script = fw_cfg_file_key(f.dev, ACPI_FILE_LOADER);
    CHECK_EQ(builds, 1);
    CHECK_EQ(fw_get(&f, script, 1), 1);
    CHECK_EQ(builds, 2);
    CHECK_EQ(fw_get(&f, tables, 1), 2);         /* the second build, and no third */
    CHECK_EQ(fw_get(&f, rsdp, 8) == 0x2052545020445352 ? fw_next(&f, 8) >> 56 : 0, 2);
    CHECK_EQ(builds, 2);
    s = bench_save(&f.b, "acpi_build");
    CHECK(s.fields[0] == 1 && s.fields[1] == 0x7e && s.fields[-1] == 1);
    wire_fini(&s.w);
    bench_reload(&f.b);
    machine_reset(f.b.m, false);
    CHECK_EQ(fw_get(&f, tables, 1), 3);
    CHECK_EQ(builds, 3);
    fw_bench_fini(&f);
}

static void tables_that_grow_keep_their_room(void)
{
    struct error *err = NULL;
    uint32_t len;

    fw_bench_init(&f);
    tables_bytes = (128 << 10) + 1;
    builds = 0;
    CHECK(!acpi_files_new(f.b.m, build_some, &builds, NULL));
    fw_cfg_bytes(f.dev, fw_cfg_file_key(f.dev, ACPI_FILE_TABLES), &len);
    CHECK_EQ(len, 256 << 10);
    tables_bytes = 128 << 10;                   /* exactly */
    fw_get(&f, fw_cfg_file_key(f.dev, ACPI_FILE_TABLES), 1);
    fw_cfg_bytes(f.dev, fw_cfg_file_key(f.dev, ACPI_FILE_TABLES), &len);
    CHECK_EQ(len, 128 << 10);
    machine_reset(f.b.m, false);
    tables_bytes = 2 << 20;
    fw_get(&f, fw_cfg_file_key(f.dev, ACPI_FILE_TABLES), 1);
    fw_cfg_bytes(f.dev, fw_cfg_file_key(f.dev, ACPI_FILE_TABLES), &len);
    CHECK_EQ(len, 2 << 20);
    machine_reset(f.b.m, false);
    tables_bytes = (2 << 20) + 1;               /* more than there is room for: the old ones stay */
    CHECK_EQ(fw_get(&f, fw_cfg_file_key(f.dev, ACPI_FILE_TABLES), 1), 3);
    CHECK_EQ(builds, 4);
    fw_bench_fini(&f);
    fw_bench_init(&f);
    CHECK_EQ(acpi_files_new(f.b.m, build_some, &builds, &err), -E2BIG);
    CHECK(strstr(error_line(err).s, "ACPI tables"));
    error_free(err);
    fw_bench_fini(&f);
}

int main(void)
{
    epoch_thread_init();
    TEST(an_allocation_names_file_alignment_and_zone);
    TEST(a_pointer_names_both_files_place_and_size);
    TEST(a_checksum_names_byte_start_and_length);
    TEST(a_written_pointer_names_both_places);
    TEST(allocations_come_first_the_latest_at_the_front);
    TEST(a_script_has_512_commands_at_most);
    TEST(firmware_makes_whole_tables_of_the_files);
    TEST(tables_are_made_anew_once_after_each_reset);
    TEST(tables_that_grow_keep_their_room);
    epoch_thread_fini();
    return test_end();
}
