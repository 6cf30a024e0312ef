/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/pci-bench.h"

/*
 * Q35 memory controller hub after the Intel 3 Series Express Chipset data sheet: PCIEXBAR and its window
 * (5.1.16, 3.9), and the programmable attribute maps PAM0 to PAM6 (5.1.17 to 5.1.23)
 */

#include "core/dma.h"

enum { PCIEXBAR = 0x60, PAM0 = 0x90, SEGMENTS = 13 };
enum { IN_RAM = 0x11, BEHIND = 0x77 };

static struct pci_bench p;
/* Memory that decodes C0000h to FFFFFh on PCI, below RAM in priority. */
static struct ram_block *shadow;
static struct region rom;

static void begin(void)
{
    pci_bench_init(&p);
    CHECK(!machine_ram_new(p.b.m, &(struct ram_config){ .name = "test.rom", .size = 0x40000 }, &shadow, NULL));
    region_init_ram(&rom, "test.rom", shadow, 0, 0x40000);
    map_begin(&p.b.m->map);
    region_add(&p.pci, 0xc0000, &rom, 0);
    map_end(&p.b.m->map);
}

static void end(void)
{
    region_drop(p.b.m, &rom);
    pci_bench_fini(&p);
}

static uint32_t segment_base(unsigned n)
{
    return n ? 0xc0000 + (n - 1) * 0x4000 : 0xf0000;
}

static uint32_t segment_size(unsigned n)
{
    return n ? 0x4000 : 0x10000;
}

/* Segment 0 is PAM0's high nibble; then low and high nibble of PAM1, PAM2 ... */
static void segment_set(unsigned n, unsigned attribute)
{
    unsigned at = PAM0 + (n + 1) / 2;
    bool high = !n || !(n & 1);
    uint8_t now = pci_in(&p, 0, 0, at, 1);

    pci_out(&p, 0, 0, at, 1, high ? (now & 0x0f) | attribute << 4 : (now & 0xf0) | attribute);
}

/* What RAM and what lies behind hold there. */
static void fill(uint32_t gpa, uint8_t in_ram, uint8_t at_pci)
{
    uint8_t *ram = (uint8_t *)p.ram->host, *bytes = (uint8_t *)shadow->host;

    ram[gpa] = in_ram;
    bytes[gpa - 0xc0000] = at_pci;
}

static void check_segment(unsigned n, unsigned attribute)
{
    static const uint8_t reads[4] = { BEHIND, IN_RAM, BEHIND, IN_RAM };
    uint32_t ends[2] = { segment_base(n), segment_base(n) + segment_size(n) - 1 };

    for (unsigned i = 0; i < 2; i++) {
        uint8_t *ram = (uint8_t *)p.ram->host + ends[i], *bytes = (uint8_t *)shadow->host + ends[i] - 0xc0000;

        fill(ends[i], IN_RAM, BEHIND);
        CHECK_EQ(mem_in(&p.b, ends[i], 1), reads[attribute]);
        mem_out(&p.b, ends[i], 1, 0x99);
        CHECK_EQ(*ram, attribute == 3 ? 0x99 : IN_RAM);
        CHECK_EQ(*bytes, attribute == 0 || attribute == 2 ? 0x99 : BEHIND);
    }
}

/* 00: both to the bus; 01: reads from RAM, writes nowhere; 11: both to RAM.  10 (write only) goes to the bus, as
 * in the reference. */
static void each_pam_value_says_where_reads_and_writes_go(void)
{
    begin();
    for (unsigned n = 0; n < SEGMENTS; n++)
        for (unsigned attribute = 0; attribute < 4; attribute++) {
            segment_set(n, attribute);
            check_segment(n, attribute);
        }
    end();
}

static void a_segment_does_not_touch_its_neighbours(void)
{
    begin();
    for (unsigned n = 0; n < SEGMENTS; n++) {
        segment_set(n, 3);
        for (unsigned other = 0; other < SEGMENTS; other++) {
            fill(segment_base(other), IN_RAM, BEHIND);
            CHECK_EQ(mem_in(&p.b, segment_base(other), 1), other == n ? IN_RAM : BEHIND);
        }
        segment_set(n, 0);
    }
    end();
}

static void below_and_above_the_segments_is_ram(void)
{
    begin();
    for (unsigned i = 0; i < 7; i++)
        pci_out(&p, 0, 0, PAM0 + i, 1, 0);
    mem_out(&p.b, 0xbfffc, 4, 0x1234);
    mem_out(&p.b, 0x100000, 4, 0x5678);
    CHECK_EQ(mem_in(&p.b, 0xbfffc, 4), 0x1234);
    CHECK_EQ(mem_in(&p.b, 0x100000, 4), 0x5678);
    end();
}

static void after_reset_every_segment_goes_to_the_bus(void)
{
    begin();
    for (unsigned i = 0; i < 7; i++)
        pci_out(&p, 0, 0, PAM0 + i, 1, 0x33);
    machine_reset(p.b.m, false);
    for (unsigned n = 0; n < SEGMENTS; n++) {
        CHECK_EQ(pci_in(&p, 0, 0, PAM0 + (n + 1) / 2, 1), 0);
        check_segment(n, 0);
    }
    end();
}

static void several_segments_change_with_one_doubleword(void)
{
    begin();
    pci_out(&p, 0, 0, PAM0, 4, 0x33333330);
    pci_out(&p, 0, 0, PAM0 + 4, 4, 0x00333333);
    for (unsigned n = 0; n < SEGMENTS; n++)
        check_segment(n, 3);
    end();
}

static void what_is_saved_comes_back_with_its_windows(void)
{
    begin();
    segment_set(5, 1);
    pci_out(&p, 0, 0, PCIEXBAR, 4, 0xc0000001);
    bench_reload(&p.b);
    check_segment(5, 1);
    CHECK_EQ(mem_in(&p.b, 0xc0000000, 4), 0x29c08086);
    end();
}

static void identity(void)
{
    begin();
    CHECK_EQ(pci_in(&p, 0, 0, 0, 4), 0x29c08086);
    CHECK_EQ(pci_in(&p, 0, 0, 8, 4), 0x06000000);
    CHECK_EQ(pci_in(&p, 0, 0, PCIEXBAR, 4), 0xb0000000);
    CHECK_EQ(mem_in(&p.b, 0xb0000000, 4), 0);           /* bit 0: not enabled */
    end();
}

/* Offset in the window: bus in bits 27 to 20, device 19 to 15, function 14 to 12, register 11 to 0. */
static void the_enhanced_window_reaches_every_function(void)
{
    begin();
    pci_out(&p, 0, 0, PCIEXBAR + 4, 4, 0);
    pci_out(&p, 0, 0, PCIEXBAR, 4, 0xb0000001);
    CHECK_EQ(mem_in(&p.b, 0xb0000000, 4), 0x29c08086);
    CHECK_EQ(mem_in(&p.b, 0xb0000002, 2), 0x29c0);
    CHECK_EQ(mem_in(&p.b, 0xb0000003, 1), 0x29);
    CHECK_EQ(mem_in(&p.b, 0xb0008000, 4), UINT32_MAX);  /* device 1 */
    CHECK_EQ(mem_in(&p.b, 0xb0001000, 4), UINT32_MAX);  /* function 1 */
    CHECK_EQ(mem_in(&p.b, 0xb0100000, 4), UINT32_MAX);  /* bus 1 */
    CHECK_EQ(mem_in(&p.b, 0xb0000100, 4), UINT32_MAX);  /* no extended configuration space */
    CHECK_EQ(mem_in(&p.b, 0xbffffffc, 4), UINT32_MAX);
    mem_out(&p.b, 0xb000003c, 1, 0x5a);
    CHECK_EQ(pci_in(&p, 0, 0, 0x3c, 1), 0x5a);
    end();
}

static void pciexbar_moves_the_window_and_switches_it(void)
{
    begin();
    pci_out(&p, 0, 0, PCIEXBAR, 4, 0xd0000001);
    CHECK_EQ(mem_in(&p.b, 0xd0000000, 4), 0x29c08086);
    CHECK_EQ(mem_in(&p.b, 0xb0000000, 4), 0);
    mem_out(&p.b, 0xd0000060, 4, 0xe0000001);           /* from inside itself */
    CHECK_EQ(mem_in(&p.b, 0xe0000000, 4), 0x29c08086);
    CHECK_EQ(mem_in(&p.b, 0xd0000000, 4), 0);
    pci_out(&p, 0, 0, PCIEXBAR + 4, 4, 1);              /* bits 35 to 32 of the base */
    CHECK_EQ(mem_in(&p.b, 0x1e0000000, 4), 0x29c08086);
    pci_out(&p, 0, 0, PCIEXBAR + 4, 4, 0);
    pci_out(&p, 0, 0, PCIEXBAR, 4, 0xe0000000);
    CHECK_EQ(mem_in(&p.b, 0xe0000000, 4), 0);
    end();
}

/* Bits 2 and 1: 00 is 256 MiB, 01 128 MiB, 10 64 MiB. */
static void pciexbar_says_how_long_the_window_is(void)
{
    begin();
    pci_out(&p, 0, 0, PCIEXBAR, 4, 0xc0000003);
    CHECK_EQ(mem_in(&p.b, 0xc0000000, 4), 0x29c08086);
    CHECK_EQ(mem_in(&p.b, 0xc7fffffc, 4), UINT32_MAX);
    CHECK_EQ(mem_in(&p.b, 0xc8000000, 4), 0);
    pci_out(&p, 0, 0, PCIEXBAR, 4, 0xc4000005);
    CHECK_EQ(mem_in(&p.b, 0xc4000000, 4), 0x29c08086);
    CHECK_EQ(mem_in(&p.b, 0xc8000000, 4), 0);
    pci_out(&p, 0, 0, PCIEXBAR, 4, 0xc0000007);         /* reserved */
    CHECK_EQ(mem_in(&p.b, 0xc0000000, 4), 0);
    end();
}

static void dma_sees_the_same_map(void)
{
    uint8_t byte = 0;

    begin();
    fill(0xe0000, IN_RAM, BEHIND);
    segment_set(9, 3);
    CHECK_EQ(dma_read(&p.b.m->memory_as, 0xe0000, &byte, 1), MEM_OK);
    CHECK_EQ(byte, IN_RAM);
    segment_set(9, 0);
    CHECK_EQ(dma_read(&p.b.m->memory_as, 0xe0000, &byte, 1), MEM_OK);
    CHECK_EQ(byte, BEHIND);
    end();
}

int main(void)
{
    epoch_thread_init();
    TEST(identity);
    TEST(each_pam_value_says_where_reads_and_writes_go);
    TEST(a_segment_does_not_touch_its_neighbours);
    TEST(below_and_above_the_segments_is_ram);
    TEST(after_reset_every_segment_goes_to_the_bus);
    TEST(several_segments_change_with_one_doubleword);
    TEST(what_is_saved_comes_back_with_its_windows);
    TEST(the_enhanced_window_reaches_every_function);
    TEST(pciexbar_moves_the_window_and_switches_it);
    TEST(pciexbar_says_how_long_the_window_is);
    TEST(dma_sees_the_same_map);
    epoch_thread_fini();
    return test_end();
}
