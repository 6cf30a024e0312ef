/* SPDX-License-Identifier: Apache-2.0 */
#include "core/dma.h"

/*
 * DMA, as core/dma.h says, and the second scenario of THREATS: for each bus master, DMA to its own
 * BAR, to the doorbell, to ROM, to a hole, to the last byte of memory
 */

#include "lib/epoch.h"
#include "tests/unit/map-rig.h"

static struct rig rig;
static struct address_space *as;
static uint8_t buf[0x20000];

/* RAM at 0x10000-0x1ffff, the probe right behind it. */
static void begin(void)
{
    rig_init(&rig);
    rig_add(&rig, &rig.m.memory, 0x10000, &rig.ram, 0);
    rig_add(&rig, &rig.m.memory, 0x20000, &rig.probe.region, 0);
    as = &rig.m.memory_as;
    memset(buf, 0xee, sizeof(buf));
}

static void dma_reads_and_writes_ram(void)
{
    begin();
    CHECK_EQ(dma_read(as, 0x10003, buf, 5), MEM_OK);
    CHECK(!memcmp(buf, "\4\5\6\7\10\xee", 6));
    CHECK_EQ(dma_write(as, 0x1fffe, "ab", 2), MEM_OK);
    CHECK(!memcmp(rig.block->host + 0xfffe, "ab", 2));
    CHECK_EQ(dma_read(as, 0x10000, buf, 0x10000), MEM_OK);
    CHECK(!memcmp(buf, rig.block->host, 0x10000));
    CHECK_EQ(dma_read(as, 0x123456789, buf, 0), MEM_OK);
    CHECK_EQ(rig.m.guest_errors, 0);
    rig_fini(&rig);
}

static void a_transfer_crosses_from_range_to_range(void)
{
    struct region high;

    begin();
    region_init_alias(&high, "high", &rig.ram, 0, 0x1000);
    rig_add(&rig, &rig.m.memory, 0xf000, &high, 0);
    CHECK_EQ(dma_write(as, 0xfffe, "abcd", 4), MEM_OK);
    CHECK(!memcmp(rig.block->host + 0xffe, "ab", 2) && !memcmp(rig.block->host, "cd", 2));
    CHECK_EQ(dma_read(as, 0xfffe, buf, 4), MEM_OK);
    CHECK(!memcmp(buf, "abcd", 4));
    rig_remove(&rig, &high);
    rig_fini(&rig);
}

static void a_store_by_dma_is_marked_dirty(void)
{
    begin();
    dirty_start(rig.block, DIRTY_VGA);
    dirty_fetch(rig.block, DIRTY_VGA, 0, 16, &(uint64_t){ 0 });
    dma_read(as, 0x10000, buf, 0x10000);
    dma_write(as, 0x12fff, "ab", 2);
    for (unsigned page = 0; page < 16; page++)
        CHECK_EQ(dirty_get(rig.block, DIRTY_VGA, page * 4096), page == 2 || page == 3);
    rig_fini(&rig);
}

static void a_device_is_never_entered_by_dma(void)
{
    begin();
    CHECK_EQ(dma_read(as, 0x20000, buf, 4), MEM_REFUSED);
    CHECK(!memcmp(buf, "\0\0\0\0\xee", 5));
    CHECK_EQ(dma_write(as, 0x200ff, buf, 1), MEM_REFUSED);
    CHECK_EQ(rig.probe.reads + rig.probe.writes, 0);
    CHECK_EQ(rig.m.guest_errors, 2);
    rig_fini(&rig);
}

static enum mem_result inside_result;

static void dma_to_myself(struct probe *p)
{
    inside_result = dma_write(as, 0x20000, buf, 4);
}

static void dma_to_the_own_bar_from_within_is_refused(void)
{
    begin();
    rig.probe.inside = dma_to_myself;
    inside_result = MEM_OK;
    CHECK_EQ(address_space_write(as, 0x20010, 4, 1, NULL), MEM_OK);
    CHECK_EQ(inside_result, MEM_REFUSED);
    CHECK_EQ(rig.probe.writes, 1);
    rig_fini(&rig);
}

static void what_lies_before_the_refusal_has_happened(void)
{
    begin();
    CHECK_EQ(dma_write(as, 0x1fffc, "abcdefgh", 8), MEM_REFUSED);
    CHECK(!memcmp(rig.block->host + 0xfffc, "abcd", 4));
    CHECK_EQ(dma_read(as, 0x1fffc, buf, 8), MEM_REFUSED);
    CHECK(!memcmp(buf, "abcd\0\0\0\0\xee", 9));
    rig_fini(&rig);
}

static void a_hole_is_refused(void)
{
    begin();
    CHECK_EQ(dma_read(as, 0x30000, buf, 1), MEM_REFUSED);
    CHECK_EQ(dma_write(as, 0xfffc, buf, 8), MEM_REFUSED);
    CHECK_EQ(rig.block->host[0], 1);
    rig_fini(&rig);
}

static void the_last_byte_is_reached_and_no_further(void)
{
    struct region last;

    begin();
    region_init_alias(&last, "last", &rig.ram, 0, 0x1000);
    rig_add(&rig, &rig.m.memory, -0x1000, &last, 0);
    CHECK_EQ(dma_write(as, UINT64_MAX, "z", 1), MEM_OK);
    CHECK_EQ(rig.block->host[0xfff], 'z');
    CHECK_EQ(dma_write(as, UINT64_MAX, "xy", 2), MEM_REFUSED);
    CHECK_EQ(rig.block->host[0xfff], 'z');
    CHECK_EQ(dma_read(as, UINT64_MAX - 2, buf, UINT64_MAX), MEM_REFUSED);
    rig_remove(&rig, &last);
    rig_fini(&rig);
}

static void rom_is_read_but_not_written(void)
{
    struct region rom;
    struct dma_map map;

    begin();
    region_init_rom(&rom, "pc.bios", rig.block, 0x4000, 0x1000);
    rig_add(&rig, &rig.m.memory, 0xf0000, &rom, 0);
    CHECK_EQ(dma_read(as, 0xf0001, buf, 2), MEM_OK);
    CHECK(!memcmp(buf, "\2\3", 2));
    CHECK_EQ(dma_write(as, 0xf0001, "ab", 2), MEM_REFUSED);
    CHECK_EQ(rig.block->host[0x4001], 2);
    CHECK_EQ(dma_map(as, 0xf0000, 16, true, &map), MEM_REFUSED);
    CHECK_EQ(dma_map(as, 0xf0000, 16, false, &map), MEM_OK);
    dma_unmap(&map, 0);
    rig_remove(&rig, &rom);
    rig_fini(&rig);
}

static unsigned msi_count;
static uint64_t msi_addr;
static uint32_t msi_data;

static void msi_send(void *opaque, uint64_t addr, uint32_t data)
{
    msi_count++;
    msi_addr = addr;
    msi_data = data;
}

static void the_doorbell_takes_four_aligned_bytes_and_nothing_else(void)
{
    static const struct region_type doorbell = {
        .name = "apic-msi", .size = 0x100000, .min = 4, .max = 4, .msi = true,
    };
    const uint32_t data = 0x4031;
    struct region msi;

    begin();
    region_init_io(&msi, NULL, &doorbell, NULL);
    rig_add(&rig, &rig.m.memory, 0xfee00000, &msi, 4096);
    rig.m.msi.send = msi_send;
    msi_count = 0;
    CHECK_EQ(dma_write(as, 0xfee0300c, &data, 4), MEM_OK);
    CHECK_EQ(msi_addr, 0xfee0300c);
    CHECK_EQ(msi_data, 0x4031);
    CHECK_EQ(dma_write(as, 0xfee0300e, &data, 4), MEM_REFUSED);
    CHECK_EQ(dma_write(as, 0xfee03000, buf, 2), MEM_REFUSED);
    CHECK_EQ(dma_write(as, 0xfee03000, buf, 8), MEM_REFUSED);
    CHECK_EQ(dma_read(as, 0xfee03000, buf, 4), MEM_REFUSED);
    CHECK_EQ(msi_count, 1);
    CHECK_EQ(address_space_write(as, 0xfeeffffc, 4, 7, NULL), MEM_OK);
    CHECK_EQ(msi_addr, 0xfeeffffc);
    rig_remove(&rig, &msi);
    rig_fini(&rig);
}

static void a_mapping_is_the_memory_itself_and_pins_it(void)
{
    struct dma_map map;

    begin();
    dirty_start(rig.block, DIRTY_VGA);
    dirty_fetch(rig.block, DIRTY_VGA, 0, 16, &(uint64_t){ 0 });
    CHECK_EQ(dma_map(as, 0x10800, 0x2000, true, &map), MEM_OK);
    CHECK_EQ(map.len, 0x2000);
    CHECK(map.host == rig.block->host + 0x800);
    CHECK_EQ(rig.block->refs, 2);
    dma_unmap(&map, 0x801);
    CHECK_EQ(rig.block->refs, 1);
    CHECK(dirty_get(rig.block, DIRTY_VGA, 0x1000) && !dirty_get(rig.block, DIRTY_VGA, 0x2000));
    dma_unmap(&map, 1);
    CHECK_EQ(rig.block->refs, 1);
    rig_fini(&rig);
}

/* A device that is taken away while a dump has its memory mapped. */
static void memory_stays_for_who_has_it_mapped_when_its_owner_goes(void)
{
    struct ram_block *b;

    CHECK_EQ(ram_block_new(&(struct ram_config){ .name = "leaves", .size = 4096 }, &b, NULL), 0);
    ram_block_get(b);
    ram_block_free(b);
    CHECK_EQ(b->refs, 1);
    b->host[4095] = 7;
    CHECK_EQ(b->host[4095], 7);
    ram_block_put(b);
}

static void a_mapping_ends_where_plain_memory_ends(void)
{
    struct dma_map map;

    begin();
    CHECK_EQ(dma_map(as, 0x1f000, 0x2000, false, &map), MEM_OK);
    CHECK_EQ(map.len, 0x1000);
    dma_unmap(&map, 0);
    CHECK_EQ(dma_map(as, 0x20000, 1, false, &map), MEM_REFUSED);
    CHECK_EQ(dma_map(as, 0x10000, 0, false, &map), MEM_REFUSED);
    CHECK_EQ(dma_map(as, 0x10000, UINT64_MAX, false, &map), MEM_REFUSED);
    CHECK(!map.block);
    rig_fini(&rig);
}

/* As PAM leaves low memory: the same RAM, a part of it read-only. */
static void a_mapping_for_reads_goes_on_over_read_only_windows(void)
{
    struct region pam;
    struct dma_map map;

    begin();
    region_init_alias(&pam, "pam-rom", &rig.ram, 0x4000, 0x4000);
    pam.readonly = true;
    rig_add(&rig, &rig.m.memory, 0x14000, &pam, 1);
    CHECK_EQ(dma_map(as, 0x11000, 0x8000, false, &map), MEM_OK);
    CHECK_EQ(map.len, 0x8000);
    dma_unmap(&map, 0);
    CHECK_EQ(dma_map(as, 0x11000, 0x8000, true, &map), MEM_OK);
    CHECK_EQ(map.len, 0x3000);
    dma_unmap(&map, 0);
    rig_remove(&rig, &pam);
    rig_fini(&rig);
}

/* Pages 0 and 1 go to RAM, crossed over; page 1 is for reads only. */
static bool translate(struct region *r, uint64_t addr, bool write, struct iommu_result *res)
{
    if (addr >= 0x2000)
        return false;
    *res = (struct iommu_result){ .addr = addr < 0x1000 ? 0x11000 : 0x10000, .mask = 0xfff, .read = true,
                                  .write = addr < 0x1000 };
    return true;
}

static void an_iommu_translates_page_by_page_and_says_no(void)
{
    struct region iommu;
    struct address_space bus;
    struct dma_map map;

    begin();
    region_init(&iommu, "iommu", REGION_IOMMU, UINT64_MAX);
    iommu.iommu = translate;
    address_space_init(&bus, &rig.m, "bus", &iommu, false);
    CHECK_EQ(dma_write(&bus, 0x10, "abc", 3), MEM_OK);
    CHECK(!memcmp(rig.block->host + 0x1010, "abc", 3));
    CHECK_EQ(dma_read(&bus, 0xffe, buf, 4), MEM_OK);
    CHECK(buf[0] == 0xff && buf[1] == 0 && buf[2] == 1 && buf[3] == 2);
    CHECK_EQ(dma_write(&bus, 0xffe, "wxyz", 4), MEM_REFUSED);
    CHECK(!memcmp(rig.block->host + 0x1ffe, "wx", 2) && rig.block->host[0] == 1);
    CHECK_EQ(dma_read(&bus, 0x2000, buf, 1), MEM_REFUSED);
    CHECK_EQ(dma_map(&bus, 0x800, 0x1000, true, &map), MEM_OK);
    CHECK_EQ(map.len, 0x800);
    CHECK(map.host == rig.block->host + 0x1800);
    dma_unmap(&map, 0);
    address_space_fini(&bus);
    region_fini(&iommu);
    rig_fini(&rig);
}

int main(void)
{
    epoch_thread_init();
    TEST(dma_reads_and_writes_ram);
    TEST(a_transfer_crosses_from_range_to_range);
    TEST(a_store_by_dma_is_marked_dirty);
    TEST(a_device_is_never_entered_by_dma);
    TEST(dma_to_the_own_bar_from_within_is_refused);
    TEST(what_lies_before_the_refusal_has_happened);
    TEST(a_hole_is_refused);
    TEST(the_last_byte_is_reached_and_no_further);
    TEST(rom_is_read_but_not_written);
    TEST(the_doorbell_takes_four_aligned_bytes_and_nothing_else);
    TEST(a_mapping_is_the_memory_itself_and_pins_it);
    TEST(memory_stays_for_who_has_it_mapped_when_its_owner_goes);
    TEST(a_mapping_ends_where_plain_memory_ends);
    TEST(a_mapping_for_reads_goes_on_over_read_only_windows);
    TEST(an_iommu_translates_page_by_page_and_says_no);
    epoch_thread_fini();
    return test_end();
}
