/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/fw-cfg-bench.h"

/* fw_cfg: selector and data port, the directory, transfers, and what a guest may try. */

#include <errno.h>

static struct fw_bench f;

static bool is_zero(const uint8_t *p, size_t n)
{
    while (n && !*p)
        p++, n--;
    return !n;
}

/* Of the last error: what it says. */
static const char *said(struct error **err)
{
    static struct error_line line;

    CHECK(*err);
    line = error_line(*err);
    error_free(*err);
    *err = NULL;
    return line.s;
}

static void the_signature_is_selected_after_reset(void)
{
    fw_bench_init(&f);
    CHECK_EQ(fw_next(&f, 4), 0x554d4551);               /* QEMU */
    fw_select(&f, FW_CFG_ID);
    machine_reset(f.b.m, false);
    CHECK_EQ(fw_next(&f, 4), 0x554d4551);
    fw_bench_fini(&f);
}

static void the_id_says_ports_and_dma(void)
{
    fw_bench_init(&f);
    CHECK_EQ(fw_get(&f, FW_CFG_ID, 4), 3);
    CHECK(fw_cfg_has_dma(f.dev) && fw_cfg_find(f.b.m) == f.dev);
    fw_bench_fini(&f);
}

static void selecting_starts_at_the_first_byte_and_the_end_reads_as_zero(void)
{
    fw_bench_init(&f);
    fw_cfg_add_bytes(f.dev, FW_CFG_UUID, "abc", 3);
    CHECK_EQ(fw_get(&f, FW_CFG_UUID, 2), 'a' | 'b' << 8);
    CHECK_EQ(fw_get(&f, FW_CFG_UUID, 6), 0x636261);
    CHECK_EQ(fw_next(&f, 1), 0);
    CHECK_EQ(port_in(&f.b, 0x510), 0);                  /* either port is the data port for a byte */
    CHECK_EQ(fw_get(&f, FW_CFG_UUID, 1), 'a');
    CHECK_EQ(port_in(&f.b, 0x510), 'b');
    fw_bench_fini(&f);
}

static void numbers_are_little_endian(void)
{
    fw_bench_init(&f);
    fw_cfg_add_u16(f.dev, FW_CFG_NB_CPUS, 0x1234);
    fw_cfg_add_u32(f.dev, FW_CFG_IRQ0_OVERRIDE, 0x12345678);
    fw_cfg_add_u64(f.dev, FW_CFG_RAM_SIZE, 0x123456789abcdef0);
    fw_cfg_add_string(f.dev, FW_CFG_CMDLINE_DATA, "quiet");
    CHECK_EQ(fw_get(&f, FW_CFG_NB_CPUS, 3), 0x1234);
    CHECK_EQ(fw_get(&f, FW_CFG_IRQ0_OVERRIDE, 5), 0x12345678);
    CHECK_EQ(fw_get(&f, FW_CFG_RAM_SIZE, 8), 0x123456789abcdef0);
    CHECK_EQ(fw_get(&f, FW_CFG_IRQ0_OVERRIDE & 0x7fff, 4), 0);          /* a general key of that number is another */
    uint32_t len;
    CHECK_STR((const char *)fw_cfg_bytes(f.dev, FW_CFG_CMDLINE_DATA, &len), "quiet");
    CHECK_EQ(len, 6);
    fw_bench_fini(&f);
}

static void a_key_that_is_not_there_reads_as_zeros(void)
{
    uint32_t len;

    fw_bench_init(&f);
    for (unsigned key = 0; key < 0x10000; key++)
        if ((key & 0xbfff) > FW_CFG_ID && (key & 0xbfff) != FW_CFG_FILE_DIR)
            CHECK_EQ(fw_get(&f, key, 2), 0);
    CHECK_EQ(fw_get(&f, 0x4000 | FW_CFG_ID, 4), 3);     /* bit 14 is ignored */
    CHECK(!fw_cfg_bytes(f.dev, FW_CFG_MAX_CPUS, &len) && !fw_cfg_bytes(f.dev, 0xffff, &len));
    CHECK(!fw_cfg_bytes(f.dev, 0x40, &len));
    fw_bench_fini(&f);
}

static void a_written_byte_changes_nothing(void)
{
    fw_bench_init(&f);
    fw_select(&f, FW_CFG_ID);
    port_out(&f.b, 0x511, 0xff);
    port_out(&f.b, 0x510, 0);
    CHECK_EQ(f.b.m->guest_errors, 2);
    CHECK_EQ(fw_next(&f, 4), 3);
    fw_bench_fini(&f);
}

static uint32_t be(const uint8_t *p, unsigned n)
{
    uint32_t val = 0;

    while (n--)
        val = val << 8 | *p++;
    return val;
}

static void files_stand_sorted_and_are_numbered_from_20h(void)
{
    const char *const names[] = { "etc/b", "etc/a", "opt/x", "bootorder" };
    const char *const sorted[] = { "bootorder", "etc/a", "etc/b", "opt/x" };
    const uint8_t *dir;
    uint32_t len;

    fw_bench_init(&f);
    for (unsigned i = 0; i < 4; i++)
        CHECK(!fw_cfg_add_file(f.dev, names[i], names[i], i, NULL));
    dir = fw_cfg_bytes(f.dev, FW_CFG_FILE_DIR, &len);
    CHECK_EQ(len, 4 + 64 * 32);
    CHECK_EQ(be(dir, 4), 4);
    for (unsigned i = 0; i < 4; i++) {
        const uint8_t *entry = dir + 4 + 64 * i;

        CHECK_EQ(be(entry + 4, 2), 0x20 + i);
        CHECK_EQ(be(entry + 6, 2), 0);
        CHECK_STR((const char *)entry + 8, sorted[i]);
        CHECK_EQ(fw_cfg_file_key(f.dev, sorted[i]), 0x20 + i);
    }
    CHECK_EQ(be(dir + 4, 4), 3);                        /* bootorder was the fourth */
    CHECK_EQ(be(dir + 4 + 64, 4), 1);
    CHECK(is_zero(dir + 4 + 4 * 64, len - 4 - 4 * 64));
    CHECK_EQ(fw_get(&f, 0x20, 4), 'b' | 'o' << 8 | 'o' << 16);
    CHECK_EQ(fw_get(&f, 0x22, 4), 0);
    CHECK_EQ(fw_cfg_file_key(f.dev, "etc/c"), 0);
    fw_bench_fini(&f);
}

static void there_is_room_for_32_files_with_names_of_55_characters(void)
{
    char name[57] = { 0 };
    struct error *err = NULL;

    fw_bench_init(&f);
    memset(name, 'n', 56);
    CHECK_EQ(fw_cfg_add_file(f.dev, name, "", 0, &err), -ENAMETOOLONG);
    CHECK(strstr(said(&err), "1 to 55 characters"));
    CHECK_EQ(fw_cfg_add_file(f.dev, "", "", 0, NULL), -ENAMETOOLONG);
    name[55] = '\0';
    CHECK(!fw_cfg_add_file(f.dev, name, "", 0, NULL));
    CHECK_EQ(fw_cfg_add_file(f.dev, name, "", 0, &err), -EEXIST);
    CHECK(strstr(said(&err), name));
    for (unsigned i = 1; i < 32; i++)
        CHECK(!fw_cfg_add_file(f.dev, T("opt/%u", i), "", 0, NULL));
    CHECK_EQ(fw_cfg_add_file(f.dev, "opt/more", "", 0, &err), -ENOSPC);
    CHECK(strstr(said(&err), "at most 32 files"));
    CHECK_EQ(be(fw_cfg_bytes(f.dev, FW_CFG_FILE_DIR, &(uint32_t){ 0 }), 4), 32);
    fw_bench_fini(&f);
}

static void what_the_user_asked_for_are_files(void)
{
    const struct fw_cfg_item items[] = { { "opt/a", (const uint8_t *)"1", 1 }, { "opt/b", (const uint8_t *)"23", 2 } };

    fw_bench_init(&f);
    CHECK(!fw_cfg_add_items(f.dev, items, 2, NULL));
    CHECK_EQ(fw_get(&f, 0x21, 2), '2' | '3' << 8);
    CHECK_EQ(fw_cfg_add_items(f.dev, items + 1, 1, NULL), -EEXIST);
    fw_bench_fini(&f);
}

static void a_file_can_be_changed(void)
{
    struct error *err = NULL;
    static uint8_t mine[4], many[0x12345];

    fw_bench_init(&f);
    CHECK(!fw_cfg_add_file(f.dev, "bootorder", "", 0, NULL));
    CHECK(!fw_cfg_add_file_hooks(f.dev, "mine", mine, 4, NULL, NULL, NULL, NULL));
    CHECK(!fw_cfg_modify_file(f.dev, "bootorder", "abcd", 4, NULL));
    CHECK_EQ(be(fw_cfg_bytes(f.dev, FW_CFG_FILE_DIR, &(uint32_t){ 0 }) + 4, 4), 4);
    CHECK_EQ(fw_get(&f, 0x20, 8), 0x64636261);
    CHECK(!fw_cfg_modify_file(f.dev, "bootorder", many, sizeof(many), NULL));
    CHECK_EQ(be(fw_cfg_bytes(f.dev, FW_CFG_FILE_DIR, &(uint32_t){ 0 }) + 4, 4), 0x12345);
    CHECK(!fw_cfg_modify_file(f.dev, "bootorder", NULL, 0, NULL));
    CHECK_EQ(fw_get(&f, 0x20, 8), 0);
    CHECK_EQ(fw_cfg_modify_file(f.dev, "nosuch", "", 0, &err), -ENOENT);
    CHECK(strstr(said(&err), "nosuch"));
    CHECK_EQ(fw_cfg_modify_file(f.dev, "mine", "", 0, NULL), -ENOENT);
    fw_bench_fini(&f);
}

/* Each selection makes the file again. */
static struct { unsigned selected, written, at, len; uint8_t bytes[8]; } hooked;

static void hook_selected(void *opaque)
{
    CHECK(opaque == &hooked);
    hooked.bytes[0] = ++hooked.selected;
}

static void hook_written(void *opaque, uint32_t at, uint32_t len)
{
    CHECK(opaque == &hooked);
    hooked.written++;
    hooked.at = at;
    hooked.len = len;
}

static void hook_changes_file(void *opaque)
{
    CHECK(!fw_cfg_modify_file(opaque, "other", "new", 3, NULL));
}

static void a_file_may_be_computed_when_it_is_selected(void)
{
    memset(&hooked, 0, sizeof(hooked));
    fw_bench_init(&f);
    CHECK(!fw_cfg_add_file_hooks(f.dev, "f", hooked.bytes, 8, hook_selected, NULL, &hooked, NULL));
    CHECK(!fw_cfg_add_file_hooks(f.dev, "g", hooked.bytes, 8, hook_changes_file, NULL, f.dev, NULL));
    CHECK(!fw_cfg_add_file(f.dev, "other", "", 0, NULL));
    CHECK_EQ(fw_get(&f, 0x20, 1), 1);
    CHECK_EQ(fw_next(&f, 1), 0);
    CHECK_EQ(fw_get(&f, 0x20, 1), 2);
    CHECK_EQ(fw_transfer(&f, FW_SELECT | FW_READ | 0x20 << 16, 1, 0x2000), 0);
    CHECK_EQ(f.ram->host[0x2000], 3);
    fw_select(&f, 0x21);
    CHECK_EQ(fw_get(&f, 0x22, 4), 'n' | 'e' << 8 | 'w' << 16);
    fw_bench_fini(&f);
}

static void the_dma_register_reads_as_its_signature(void)
{
    fw_bench_init(&f);
    for (unsigned i = 0; i < 8; i++)
        CHECK_EQ(port_in(&f.b, 0x514 + i), "QEMU CFG"[i]);
    CHECK_EQ(io_in(&f.b, 0x518, 4), 0x47464320);
    fw_bench_fini(&f);
}

static void a_transfer_selects_and_reads(void)
{
    fw_bench_init(&f);
    fw_cfg_add_bytes(f.dev, FW_CFG_UUID, "0123456789", 10);
    memset(f.ram->host + 0x2000, 0xee, 32);
    CHECK_EQ(fw_transfer(&f, FW_SELECT | FW_READ | FW_CFG_UUID << 16, 4, 0x2000), 0);
    CHECK(!memcmp(f.ram->host + 0x2000, "0123\xee", 5));
    CHECK_EQ(fw_transfer(&f, FW_READ, 3, 0x2000), 0);           /* goes on */
    CHECK(!memcmp(f.ram->host + 0x2000, "456", 3));
    CHECK_EQ(fw_next(&f, 1), '7');                              /* one offset for both ways */
    CHECK_EQ(fw_transfer(&f, FW_READ, 8, 0x2000), 0);           /* behind the end: zeros */
    CHECK(!memcmp(f.ram->host + 0x2000, "89\0\0\0\0\0\0\xee", 9));
    CHECK_EQ(fw_transfer(&f, FW_READ | FW_SELECT | 0x1f << 16, 2, 0x2000), 0);
    CHECK_EQ(f.ram->host[0x2000], 0);
    fw_bench_fini(&f);
}

static void skipping_moves_the_offset_to_the_end_at_most(void)
{
    fw_bench_init(&f);
    fw_cfg_add_bytes(f.dev, FW_CFG_UUID, "0123456789", 10);
    CHECK_EQ(fw_transfer(&f, FW_SELECT | FW_SKIP | FW_CFG_UUID << 16, 8, 0), 0);
    CHECK_EQ(fw_next(&f, 1), '8');
    CHECK_EQ(fw_transfer(&f, FW_SKIP, UINT32_MAX, UINT64_MAX), 0);
    CHECK_EQ(fw_next(&f, 1), 0);
    CHECK_EQ(fw_transfer(&f, FW_SKIP, 1, 0), 0);
    CHECK_EQ(fw_transfer(&f, 0, 100, 0), 0);                    /* neither: nothing happens */
    CHECK_EQ(fw_transfer(&f, FW_SELECT | FW_CFG_UUID << 16, 100, 0), 0);
    CHECK_EQ(fw_next(&f, 1), '0');
    CHECK_EQ(fw_transfer(&f, FW_SKIP | FW_READ | FW_WRITE, 1, 0x2000), 0);      /* read wins */
    CHECK_EQ(f.ram->host[0x2000], '1');
    fw_bench_fini(&f);
}

static void the_address_is_big_endian_with_its_high_half_first(void)
{
    fw_bench_init(&f);
    fw_block(&f, FW_BLOCK, FW_SELECT | FW_CFG_ID << 16, 0, 0);
    fw_out(&f, 0x514, 1);
    CHECK_EQ(fw_control(&f, FW_BLOCK) & FW_SELECT, FW_SELECT);  /* nothing yet */
    fw_out(&f, 0x518, FW_BLOCK);                                /* 100001000h: nobody is there */
    CHECK_EQ(fw_control(&f, FW_BLOCK) & FW_SELECT, FW_SELECT);
    fw_out(&f, 0x518, FW_BLOCK);                                /* the high half is 0 again */
    CHECK_EQ(fw_control(&f, FW_BLOCK), 0);
    CHECK_EQ(fw_next(&f, 4), 3);
    fw_block(&f, FW_BLOCK, FW_SELECT | FW_CFG_ID << 16, 0, 0);
    device_write(f.dev, 1, 0, 8, __builtin_bswap64(FW_BLOCK));  /* all at once */
    CHECK_EQ(fw_control(&f, FW_BLOCK), 0);
    fw_bench_fini(&f);
}

static void other_widths_do_not_start_a_transfer(void)
{
    fw_bench_init(&f);
    fw_block(&f, FW_BLOCK, FW_SELECT, 0, 0);
    for (unsigned at = 0; at < 8; at++)
        for (unsigned size = 1; size <= 8 - at; size *= 2)
            if (!(size == 4 && !(at & 3)) && size != 8)
                device_write(f.dev, 1, at, size, __builtin_bswap32(FW_BLOCK));
    CHECK_EQ(fw_control(&f, FW_BLOCK), FW_SELECT);
    fw_bench_fini(&f);
}

static void only_a_writable_item_is_written_and_as_a_whole(void)
{
    memset(&hooked, 0, sizeof(hooked));
    fw_bench_init(&f);
    CHECK(!fw_cfg_add_file_hooks(f.dev, "w", hooked.bytes, 8, NULL, hook_written, &hooked, NULL));
    memcpy(f.ram->host + 0x2000, "ABCDEFGHIJ", 10);
    CHECK_EQ(fw_transfer(&f, FW_SELECT | FW_WRITE | 0x20 << 16, 8, 0x2000), 0);
    CHECK(!memcmp(hooked.bytes, "ABCDEFGH", 8));
    CHECK(hooked.written == 1 && hooked.at == 0 && hooked.len == 8);
    CHECK_EQ(fw_transfer(&f, FW_SELECT | FW_SKIP | 0x20 << 16, 6, 0), 0);
    CHECK_EQ(fw_transfer(&f, FW_WRITE, 2, 0x2000), 0);
    CHECK(!memcmp(hooked.bytes, "ABCDEFAB", 8));
    CHECK(hooked.written == 2 && hooked.at == 6 && hooked.len == 2);
    CHECK_EQ(fw_transfer(&f, FW_SELECT | FW_WRITE | 0x20 << 16, 9, 0x2001), FW_ERROR);  /* beyond the end */
    CHECK_EQ(fw_transfer(&f, FW_SELECT | FW_WRITE | FW_CFG_ID << 16, 1, 0x2000), FW_ERROR);
    CHECK_EQ(fw_transfer(&f, FW_SELECT | FW_WRITE | 0x1f << 16, 1, 0x2000), FW_ERROR);
    CHECK_EQ(fw_transfer(&f, FW_SELECT | FW_WRITE | 0x20 << 16, 4, FW_RAM_BYTES - 2), FW_ERROR);
    CHECK(hooked.written == 2 && !memcmp(hooked.bytes, "ABCDEFAB", 8));
    CHECK_EQ(fw_transfer(&f, FW_SELECT | FW_WRITE | FW_CFG_ID << 16, 0, 0x2000), 0);    /* no byte, no error */
    CHECK_EQ(fw_get(&f, FW_CFG_ID, 4), 3);
    CHECK_EQ(fw_transfer(&f, FW_SELECT | FW_WRITE | FW_CFG_SIGNATURE << 16, 2, 0x2000), FW_ERROR);
    CHECK_EQ(fw_next(&f, 1), 'M');                              /* yet the offset has moved */
    fw_bench_fini(&f);
}

static void a_transfer_reaches_memory_only(void)
{
    fw_bench_init(&f);
    CHECK_EQ(fw_transfer(&f, FW_SELECT | FW_READ, 4, FW_RAM_BYTES - 4), 0);
    CHECK_EQ(fw_transfer(&f, FW_SELECT | FW_READ, 4, FW_RAM_BYTES - 3), FW_ERROR);
    CHECK_EQ(fw_transfer(&f, FW_SELECT | FW_READ, 4, 0xfee00000), FW_ERROR);
    CHECK_EQ(fw_transfer(&f, FW_SELECT | FW_READ, 4, UINT64_MAX - 1), FW_ERROR);
    CHECK_EQ(fw_transfer(&f, FW_SELECT | FW_READ, UINT32_MAX, UINT64_MAX - 4), FW_ERROR);
    CHECK_EQ(f.ram->host[0], 0);                                /* it did not wrap */
    CHECK_EQ(fw_transfer(&f, FW_SELECT | FW_READ, 8, FW_RAM_BYTES - 4), FW_ERROR);      /* not even with zeros */
    CHECK(!memcmp(f.ram->host + FW_RAM_BYTES - 4, "QEMU", 4));
    CHECK_EQ(f.b.m->guest_errors, 3 * 2 + 2);                   /* by DMA and by fw_cfg; two that wrap */
    for (unsigned back = 1; back < 16; back++) {                /* a block that memory cuts */
        memset(f.ram->host + FW_RAM_BYTES - back, 0, back);
        fw_out(&f, 0x518, FW_RAM_BYTES - back);
        CHECK_EQ(f.ram->host[FW_RAM_BYTES - 1], back == 4 ? FW_ERROR : 0);
    }
    fw_out(&f, 0x514, UINT32_MAX);
    fw_out(&f, 0x518, UINT32_MAX - 7);
    fw_bench_fini(&f);
}

static void a_block_is_fetched_once(void)
{
    fw_bench_init(&f);
    fw_cfg_add_bytes(f.dev, FW_CFG_UUID, "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", 16);
    CHECK_EQ(fw_transfer(&f, FW_SELECT | FW_READ | FW_CFG_UUID << 16, 16, FW_BLOCK), 0);
    CHECK_EQ(f.ram->host[FW_BLOCK + 4], 0xff);
    CHECK_EQ(fw_transfer(&f, FW_SELECT | FW_READ | FW_CFG_UUID << 16, 16, FW_BLOCK - 14), 0);
    fw_bench_fini(&f);
}

static void zeros_behind_the_end_are_a_bounded_number(void)
{
    fw_bench_init(&f);
    memset(f.ram->host + 0x2000, 0xee, (2 << 20) + 16);
    CHECK_EQ(fw_transfer(&f, FW_SELECT | FW_READ, 4 + (1 << 20), 0x2000), 0);
    CHECK(!memcmp(f.ram->host + 0x2000, "QEMU\0", 5) && f.ram->host[0x2003 + (1 << 20)] == 0);
    CHECK_EQ(f.ram->host[0x2004 + (1 << 20)], 0xee);
    CHECK_EQ(fw_transfer(&f, FW_SELECT | FW_READ, 5 + (1 << 20), 0x2000), FW_ERROR);
    CHECK_EQ(f.ram->host[0x2004 + (1 << 20)], 0xee);
    for (unsigned i = 0; i < 1000; i++)
        CHECK_EQ(fw_transfer(&f, FW_SELECT | FW_READ | 0x1f << 16, UINT32_MAX, 0x2000), FW_ERROR);
    fw_bench_fini(&f);
}

static void without_dma_there_is_no_register(void)
{
    struct device *dev;

    bench_init(&f.b, 0);
    dev = device_new(f.b.m, device_type_find("fw_cfg_io"));
    CHECK(!device_set(dev, "dma_enabled", "off", NULL) && device_set(dev, "x-file-slots", "15", NULL) < 0);
    CHECK(!device_set(dev, "x-file-slots", "16", NULL) && !device_realize(dev, NULL, NULL, NULL));
    CHECK_EQ(port_in(&f.b, 0x514), 0xff);
    CHECK(!fw_cfg_has_dma(dev));
    for (unsigned i = 0; i < 16; i++)
        CHECK(!fw_cfg_add_file(dev, T("%u", i), "", 0, NULL));
    CHECK_EQ(fw_cfg_add_file(dev, "x", "", 0, NULL), -ENOSPC);
    CHECK_EQ(fw_cfg_new(f.b.m, &dev, NULL), -EBUSY);            /* one in a machine */
    bench_fini(&f.b);
}

static void put_be32(uint8_t *p, uint32_t val)
{
    for (unsigned i = 4; i--; val >>= 8)
        p[i] = val;
}

static void the_section_is_the_references(void)
{
    struct saved s;

    fw_bench_init(&f);
    fw_get(&f, 0x8003, 0);
    fw_out(&f, 0x514, 0x12345678);
    s = bench_save(&f.b, "fw_cfg");
    CHECK(!memcmp(s.fields - 4, "\0\0\0\2\x80\3\0\0\0\0\5\x0a" "fw_cfg/dma\0\0\0\0\x12\x34\x56\x78\0\0\0\0", 34));
    CHECK_EQ(s.fields[30], 0x7e);                               /* no ACPI files: no sizes */
    wire_fini(&s.w);
    bench_reload(&f.b);
    fw_select(&f, 0x7fff);                                      /* no such key */
    bench_reload(&f.b);
    fw_bench_fini(&f);
}

static void acpi_files_are_ram_blocks_whose_sizes_are_sent(void)
{
    static const uint8_t loader[4096] = "loader", rsdp[20] = "rsdp", other[0x1001] = "other tables";
    struct saved s;
    struct wire in;
    uint32_t len;

    fw_bench_init(&f);
    CHECK_EQ(fw_cfg_add_file_ram(f.dev, "x", "", 4097, 4096, NULL, NULL, NULL), -EFBIG);
    CHECK(!fw_cfg_add_file_ram(f.dev, "etc/x", loader, 4096, 4096, NULL, NULL, NULL));
    CHECK(!fw_cfg_add_file_ram(f.dev, "etc/acpi/tables", "tables", 6, 2 << 20, NULL, NULL, NULL));
    CHECK(!fw_cfg_add_file_ram(f.dev, "etc/table-loader", loader, sizeof(loader), 64 << 10, NULL, NULL, NULL));
    CHECK(!fw_cfg_add_file_ram(f.dev, "etc/acpi/rsdp", rsdp, sizeof(rsdp), 4096, NULL, NULL, NULL));
    CHECK(!fw_cfg_modify_file(f.dev, "etc/acpi/tables", other, sizeof(other), NULL));
    CHECK_EQ(fw_cfg_modify_file(f.dev, "etc/acpi/rsdp", "", 4097, NULL), -EFBIG);
    list_for_each(n, &f.b.m->ram_blocks) {
        const struct ram_block *b = list_entry(n, struct ram_block, in_machine);

        if (!strcmp(b->name, "/rom@etc/acpi/tables"))
            CHECK(b->size == 2 << 20 && b->used == 0x2000 && !strcmp((char *)b->host, "other tables"));
        else
            CHECK(b == f.ram || (b->used == 4096 && !strncmp(b->name, "/rom@etc/", 9)));
    }
    s = bench_save(&f.b, "fw_cfg");
    CHECK(!memcmp(s.fields + 30, "\5\x0e" "fw_cfg/acpi_mr\0\0\0\1"
                  "\0\0\0\0\0\0\x10\1\0\0\0\0\0\0\x10\0\0\0\0\0\0\0\0\x14\x7e", 45));
    CHECK(!fw_cfg_modify_file(f.dev, "etc/acpi/tables", "t", 1, NULL));
    in = (struct wire){ .buf = s.w.buf, .len = s.w.at };
    CHECK(!bench_load(&f.b, &in, NULL));
    fw_cfg_bytes(f.dev, fw_cfg_file_key(f.dev, "etc/acpi/tables"), &len);
    CHECK_EQ(len, 0x1001);
    machine_reset(f.b.m, false);                                /* which changes no file */
    fw_cfg_bytes(f.dev, fw_cfg_file_key(f.dev, "etc/acpi/tables"), &len);
    CHECK_EQ(len, 0x1001);
    for (unsigned i = 0; i < 3; i++) {                          /* sizes up to those of the blocks, and no more */
        const uint32_t max[] = { 2 << 20, 64 << 10, 4096 };
        uint8_t *size = (uint8_t *)s.fields + 30 + 2 + 14 + 4 + 8 * i + 4;

        put_be32(size, max[i] + 1);
        in.at = 0;
        CHECK(bench_load(&f.b, &in, NULL) < 0);
        put_be32(size, max[i]);
        in.at = 0;
        CHECK(!bench_load(&f.b, &in, NULL));
    }
    fw_cfg_bytes(f.dev, fw_cfg_file_key(f.dev, "etc/acpi/rsdp"), &len);
    CHECK_EQ(len, 4096);
    wire_fini(&s.w);
    fw_bench_fini(&f);
}

static void a_stream_with_a_wild_key_is_refused_and_a_wild_offset_does_no_harm(void)
{
    struct saved s;
    struct wire in;

    fw_bench_init(&f);
    s = bench_save(&f.b, "fw_cfg");
    in = (struct wire){ .buf = s.w.buf, .len = s.w.at };
    memset((uint8_t *)s.fields + 2, 0xff, 4);
    CHECK(!bench_load(&f.b, &in, NULL));
    CHECK_EQ(fw_next(&f, 1), 0);
    CHECK_EQ(fw_transfer(&f, FW_SKIP, 10, 0), 0);
    CHECK_EQ(fw_transfer(&f, FW_READ, 10, 0x2000), 0);
    ((uint8_t *)s.fields)[1] = 0x40;
    in.at = 0;
    CHECK(bench_load(&f.b, &in, NULL) < 0);
    wire_fini(&s.w);
    fw_bench_fini(&f);
}

static uint32_t noise;

static uint32_t any(uint32_t n)
{
    noise = noise * 1664525 + 1013904223;
    return (noise >> 8) % n;
}

/* Descriptors and addresses from a guest that wants to do harm, some of them on top of each other. */
static void a_hostile_guest_harms_itself_only(void)
{
    const uint32_t lens[] = { 0, 1, 8, 16, 4096, 1 << 20, INT32_MAX, UINT32_MAX };
    const uint64_t addrs[] = { 0, FW_BLOCK - 8, 0x2000, FW_RAM_BYTES - 4, 0xfee00000, 0x514, UINT64_MAX, 1ull << 63 };

    memset(&hooked, 0, sizeof(hooked));
    fw_bench_init(&f);
    CHECK(!fw_cfg_add_file_hooks(f.dev, "w", hooked.bytes, 8, hook_selected, hook_written, &hooked, NULL));
    CHECK(!fw_cfg_add_file_ram(f.dev, "etc/acpi/tables", "tables", 6, 2 << 20, NULL, NULL, NULL));
    for (unsigned i = 0; i < 20000; i++) {
        uint32_t keys[] = { any(0x10000), any(4), FW_CFG_FILE_DIR, FW_CFG_FILE_FIRST, 0x21 };

        fw_block(&f, FW_BLOCK, any(32) | keys[any(5)] << 16, lens[any(8)] - any(2), addrs[any(8)] + any(16));
        if (!any(8))
            fw_out(&f, 0x514, any(2) ? any(0x10000) : 0);
        fw_out(&f, 0x518, any(8) ? FW_BLOCK : any(FW_RAM_BYTES + 32));
        CHECK(fw_next(&f, 1) <= 0xff);
    }
    CHECK_EQ(fw_get(&f, FW_CFG_ID, 4), 3);
    CHECK_EQ(fw_cfg_file_key(f.dev, "w"), 0x21);
    bench_reload(&f.b);
    fw_bench_fini(&f);
}

int main(void)
{
    epoch_thread_init();
    TEST(the_signature_is_selected_after_reset);
    TEST(the_id_says_ports_and_dma);
    TEST(selecting_starts_at_the_first_byte_and_the_end_reads_as_zero);
    TEST(numbers_are_little_endian);
    TEST(a_key_that_is_not_there_reads_as_zeros);
    TEST(a_written_byte_changes_nothing);
    TEST(files_stand_sorted_and_are_numbered_from_20h);
    TEST(there_is_room_for_32_files_with_names_of_55_characters);
    TEST(what_the_user_asked_for_are_files);
    TEST(a_file_can_be_changed);
    TEST(a_file_may_be_computed_when_it_is_selected);
    TEST(the_dma_register_reads_as_its_signature);
    TEST(a_transfer_selects_and_reads);
    TEST(skipping_moves_the_offset_to_the_end_at_most);
    TEST(the_address_is_big_endian_with_its_high_half_first);
    TEST(other_widths_do_not_start_a_transfer);
    TEST(only_a_writable_item_is_written_and_as_a_whole);
    TEST(a_transfer_reaches_memory_only);
    TEST(a_block_is_fetched_once);
    TEST(zeros_behind_the_end_are_a_bounded_number);
    TEST(without_dma_there_is_no_register);
    TEST(the_section_is_the_references);
    TEST(acpi_files_are_ram_blocks_whose_sizes_are_sent);
    TEST(a_stream_with_a_wild_key_is_refused_and_a_wild_offset_does_no_harm);
    TEST(a_hostile_guest_harms_itself_only);
    epoch_thread_fini();
    return test_end();
}
