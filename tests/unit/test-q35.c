/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/config-bits.h"
#include "tests/unit/pam-bench.h"

/*
 * Q35 memory controller hub after the Intel 3 Series Express Chipset data sheet: PCIEXBAR and its window
 * (5.1.16, 3.9), and the programmable attribute maps PAM0 to PAM6 (5.1.17 to 5.1.23)
 */

#include "core/dma.h"
#include "tests/unit/map-watch.h"

enum { PCIEXBAR = 0x60, PAM0 = 0x90 };

static void below_and_above_the_segments_is_ram(void)
{
    pam_bench_init();
    for (unsigned i = 0; i < PAM_REGISTERS; i++)
        pci_out(&p, 0, 0, PAM0 + i, 1, 0);
    mem_out(&p.b, 0xbfffc, 4, 0x1234);
    mem_out(&p.b, 0x100000, 4, 0x5678);
    CHECK_EQ(mem_in(&p.b, 0xbfffc, 4), 0x1234);
    CHECK_EQ(mem_in(&p.b, 0x100000, 4), 0x5678);
    pam_bench_fini();
}

static void several_segments_change_with_one_doubleword(void)
{
    pam_bench_init();
    pci_out(&p, 0, 0, PAM0, 4, 0x33333330);
    pci_out(&p, 0, 0, PAM0 + 4, 4, 0x00333333);
    check_segments(3);
    pam_bench_fini();
}

static void what_is_saved_comes_back_with_its_windows(void)
{
    pam_bench_init();
    segment_set(5, 1);
    pci_out(&p, 0, 0, PCIEXBAR, 4, 0xc0000001);
    bench_reload(&p.b);
    check_segment(5, 1);
    CHECK_EQ(mem_in(&p.b, 0xc0000000, 4), 0x29c08086);
    pam_bench_fini();
}

/* 5.1: PCIEXBAR and PAM; what belongs to SMRAM does more than store bits (test-smram). */
static void registers_have_their_bits(void)
{
    static const struct config_bits bits[] = {
        { 0x50, 2, 16, .special = true }, { PCIEXBAR, 8, 0xb0000000, UINT64_MAX }, { PAM0, 7, 0, 0xffffffffffffff },
        { 0x9c, 3, 0x380200, .special = true },
    };

    pam_bench_init();
    config_bits_check(&p, 0, 0, bits, sizeof(bits) / sizeof(bits[0]));
    pam_bench_fini();
}

/* No window is open before firmware opens one, not even over what lies at 0. */
static void at_power_on_there_is_no_window(void)
{
    pam_bench_init();
    p.ram->host[0] = IN_RAM;
    CHECK_EQ(mem_in(&p.b, 0, 1), IN_RAM);
    CHECK_EQ(mem_in(&p.b, PCI_BENCH_RAM, 4), 0);
    CHECK_EQ(mem_in(&p.b, 0x8000000, 4), 0);
    pam_bench_fini();
}

/* Not even between the making of the bridge and its reset. */
static void making_the_bridge_takes_no_ram_away(void)
{
    struct map_watch w;

    pci_bench_memory_init(&p);
    w = (struct map_watch){ .as = &p.b.m->memory_as, .last = 0x9ffff, .except = p.ram };
    map_watch_begin(&w);
    pci_bench_bridges_init(&p, "q35-pcihost", "mch", mch_set_host);
    CHECK_EQ(map_watch_end(&w), 0);
    pci_bench_fini(&p);
}

/* 5.1.16: the base has bits 35 to 28 for 256 MiB, one more for each halving. */
static void pciexbar_ignores_what_is_below_its_length(void)
{
    pam_bench_init();
    pci_out(&p, 0, 0, PCIEXBAR, 4, 0xcffffff9);         /* 256 MiB */
    CHECK_EQ(mem_in(&p.b, 0xc0000000, 4), 0x29c08086);
    CHECK_EQ(mem_in(&p.b, 0xd0000000, 4), 0);
    pci_out(&p, 0, 0, PCIEXBAR, 4, 0xcffffffb);         /* 128 MiB */
    CHECK_EQ(mem_in(&p.b, 0xc0000000, 4), 0);
    CHECK_EQ(mem_in(&p.b, 0xc8000000, 4), 0x29c08086);
    pci_out(&p, 0, 0, PCIEXBAR, 4, 0xcffffffd);         /* 64 MiB */
    CHECK_EQ(mem_in(&p.b, 0xc8000000, 4), 0);
    CHECK_EQ(mem_in(&p.b, 0xcc000000, 4), 0x29c08086);
    pci_out(&p, 0, 0, PCIEXBAR, 4, 0xcffffff8);
    CHECK_EQ(mem_in(&p.b, 0xc0000000, 4), 0);
    pci_out(&p, 0, 0, PCIEXBAR, 4, 1);
    pci_out(&p, 0, 0, PCIEXBAR + 4, 4, 0xfffffff8);     /* bit 35; those above it are reserved */
    CHECK_EQ(mem_in(&p.b, 0x800000000, 4), 0x29c08086);
    pam_bench_fini();
}

/* A machine that loads a stream may have had the window elsewhere, or none. */
static void windows_follow_a_stream_that_was_saved_elsewhere(void)
{
    struct saved s;
    struct wire in;

    pam_bench_init();
    pci_out(&p, 0, 0, PCIEXBAR, 4, 0xc0000001);
    segment_set(5, 3);
    s = bench_save(&p.b, "0000:00:00.0/mch");
    pci_out(&p, 0, 0, PCIEXBAR, 4, 0xd0000001);
    segment_set(5, 0);
    in = (struct wire){ .buf = s.w.buf, .len = s.w.at };
    CHECK_EQ(bench_load(&p.b, &in, NULL), 0);
    CHECK_EQ(mem_in(&p.b, 0xc0000000, 4), 0x29c08086);
    CHECK_EQ(mem_in(&p.b, 0xd0000000, 4), 0);
    check_segment(5, 3);
    wire_fini(&s.w);
    pam_bench_fini();
}

static void identity(void)
{
    pam_bench_init();
    CHECK_EQ(pci_in(&p, 0, 0, 0, 4), 0x29c08086);
    CHECK_EQ(pci_in(&p, 0, 0, 8, 4), 0x06000000);
    CHECK_EQ(pci_in(&p, 0, 0, PCIEXBAR, 4), 0xb0000000);
    CHECK_EQ(mem_in(&p.b, 0xb0000000, 4), 0);           /* bit 0: not enabled */
    pam_bench_fini();
}

/* Offset in the window: bus in bits 27 to 20, device 19 to 15, function 14 to 12, register 11 to 0. */
static void the_enhanced_window_reaches_every_function(void)
{
    pam_bench_init();
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
    pam_bench_fini();
}

static void pciexbar_moves_the_window_and_switches_it(void)
{
    pam_bench_init();
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
    pam_bench_fini();
}

/* Bits 2 and 1: 00 is 256 MiB, 01 128 MiB, 10 64 MiB. */
static void pciexbar_says_how_long_the_window_is(void)
{
    pam_bench_init();
    pci_out(&p, 0, 0, PCIEXBAR, 4, 0xc0000003);
    CHECK_EQ(mem_in(&p.b, 0xc0000000, 4), 0x29c08086);
    CHECK_EQ(mem_in(&p.b, 0xc7fffffc, 4), UINT32_MAX);
    CHECK_EQ(mem_in(&p.b, 0xc8000000, 4), 0);
    pci_out(&p, 0, 0, PCIEXBAR, 4, 0xc4000005);
    CHECK_EQ(mem_in(&p.b, 0xc4000000, 4), 0x29c08086);
    CHECK_EQ(mem_in(&p.b, 0xc8000000, 4), 0);
    pci_out(&p, 0, 0, PCIEXBAR, 4, 0xc0000007);         /* reserved */
    CHECK_EQ(mem_in(&p.b, 0xc0000000, 4), 0);
    pam_bench_fini();
}

static void dma_sees_the_same_map(void)
{
    uint8_t byte = 0;

    pam_bench_init();
    fill(0xe0000);
    segment_set(9, 3);
    CHECK_EQ(dma_read(&p.b.m->memory_as, 0xe0000, &byte, 1), MEM_OK);
    CHECK_EQ(byte, IN_RAM);
    segment_set(9, 0);
    CHECK_EQ(dma_read(&p.b.m->memory_as, 0xe0000, &byte, 1), MEM_OK);
    CHECK_EQ(byte, BEHIND);
    pam_bench_fini();
}

int main(void)
{
    epoch_thread_init();
    chip = (struct pam_chip){ pci_bench_init, PAM0, 0xc0000 };
    TEST(identity);
    test_pam();
    TEST(below_and_above_the_segments_is_ram);
    TEST(several_segments_change_with_one_doubleword);
    TEST(what_is_saved_comes_back_with_its_windows);
    TEST(the_enhanced_window_reaches_every_function);
    TEST(pciexbar_moves_the_window_and_switches_it);
    TEST(pciexbar_says_how_long_the_window_is);
    TEST(at_power_on_there_is_no_window);
    TEST(making_the_bridge_takes_no_ram_away);
    TEST(pciexbar_ignores_what_is_below_its_length);
    TEST(registers_have_their_bits);
    TEST(windows_follow_a_stream_that_was_saved_elsewhere);
    TEST(dma_sees_the_same_map);
    epoch_thread_fini();
    return test_end();
}
