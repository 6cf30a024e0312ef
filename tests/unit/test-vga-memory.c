/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/vga-bench.h"

/*
 * The VGA's window after IBM's Video Subsystem, "Graphics Controller Registers" and "VGA Memory Maps",
 * write mode by write mode; plane p of address a is byte 4 * a + p of the memory
 */

enum { A = 0xa0000, PLANAR = SR_MEMORY_SEQUENTIAL | 2 };

static uint32_t planes_at(uint32_t address)
{
    uint32_t val;

    memcpy(&val, vram() + 4 * address, 4);
    return val;
}

static void planes_set(uint32_t address, uint32_t val)
{
    memcpy(vram() + 4 * address, &val, 4);
}

/* All planes, nothing turned, masked or combined, 64 KiB at A0000h. */
static void begin(void)
{
    vga_bench_init();
    out(0x3c2, 1);
    sr(SR_MAP_MASK, 0xf);
    sr(SR_MEMORY_MODE, PLANAR);
    gr(GR_MISC, 5);
    gr(GR_BIT_MASK, 0xff);
    gr(GR_COLOR_CARE, 0xf);
}

/* "Write mode 0: each memory map is written with the system data rotated by the count; map mask chooses maps." */
static void write_mode_0_writes_the_byte_to_the_maps_that_are_enabled(void)
{
    begin();
    poke(A + 1, 0x81);
    CHECK_EQ(planes_at(1), 0x81818181);
    sr(SR_MAP_MASK, 0x5);
    poke(A + 1, 0x18);
    CHECK_EQ(planes_at(1), 0x81188118);
    sr(SR_MAP_MASK, 0);
    poke(A + 1, 0xff);
    CHECK_EQ(planes_at(1), 0x81188118);
    CHECK_EQ(planes_at(0) | planes_at(2), 0);
    vga_bench_fini();
}

/* "Rotate count: the number of positions that data is rotated to the right." */
static void write_mode_0_turns_the_byte_to_the_right(void)
{
    begin();
    for (unsigned n = 0; n < 8; n++) {
        gr(GR_ROTATE, n);
        poke(A, 0x13);
        CHECK_EQ(planes_at(0) & 0xff, (0x13 >> n | 0x13 << (8 - n)) & 0xff);
    }
    vga_bench_fini();
}

/* "Enable set/reset: a map that is enabled is written with all bits of its set/reset bit instead." */
static void write_mode_0_sets_or_resets_enabled_maps(void)
{
    begin();
    gr(GR_SET_RESET, 0x2);
    gr(GR_ENABLE_SET_RESET, 0x6);
    poke(A, 0x3c);
    CHECK_EQ(planes_at(0), 0x3c00ff3c);
    vga_bench_fini();
}

/* "Function select: data may be combined with what is in the latches: 0 unmodified, 1 AND, 2 OR, 3 XOR." */
static void functions_combine_with_the_latches(void)
{
    static const uint32_t want[] = { 0xf0f0f0f0, 0xc0c0c0c0, 0xfcfcfcfc, 0x3c3c3c3c };

    begin();
    for (unsigned f = 0; f < 4; f++) {
        planes_set(3, 0xcccccccc);
        peek(A + 3);
        gr(GR_ROTATE, f << 3);
        poke(A + 4, 0xf0);
        CHECK_EQ(planes_at(4), want[f]);
    }
    vga_bench_fini();
}

/* "Bit mask: a bit that is 0 is not changed; what is written there is the latch." */
static void the_bit_mask_protects_bits_with_the_latches(void)
{
    begin();
    planes_set(3, 0x44332211);
    peek(A + 3);
    gr(GR_BIT_MASK, 0x0f);
    poke(A + 3, 0x5a);
    CHECK_EQ(planes_at(3), 0x4a3a2a1a);
    vga_bench_fini();
}

/* "Write mode 1: each map is written with the contents of the system latches." */
static void write_mode_1_copies_the_latches(void)
{
    begin();
    planes_set(7, 0x12345678);
    peek(A + 7);
    gr(GR_MODE, 1);
    gr(GR_BIT_MASK, 0);
    poke(A + 9, 0xff);
    CHECK_EQ(planes_at(9), 0x12345678);
    sr(SR_MAP_MASK, 0x8);
    poke(A + 10, 0);
    CHECK_EQ(planes_at(10), 0x12000000);
    vga_bench_fini();
}

/* "Write mode 2: memory map n is filled with eight bits of the value of data bit n." */
static void write_mode_2_spreads_the_bits_over_the_maps(void)
{
    begin();
    gr(GR_MODE, 2);
    poke(A, 0xf5);
    CHECK_EQ(planes_at(0), 0x00ff00ff);
    planes_set(0, 0xffffffff);
    peek(A);
    gr(GR_BIT_MASK, 0x80);
    poke(A, 0x02);
    CHECK_EQ(planes_at(0), 0x7f7fff7f);
    gr(GR_ROTATE, 3 << 3);
    poke(A, 0x0f);
    CHECK_EQ(planes_at(0), 0x7f7f7f7f);
    vga_bench_fini();
}

/* "Write mode 3: set/reset is written where the rotated data ANDed with the bit mask has ones." */
static void write_mode_3_masks_set_reset_with_the_data(void)
{
    begin();
    gr(GR_MODE, 3);
    gr(GR_SET_RESET, 0x9);
    gr(GR_ENABLE_SET_RESET, 0);
    gr(GR_BIT_MASK, 0x3c);
    gr(GR_ROTATE, 4);
    planes_set(2, 0x0000aaaa);
    peek(A + 2);
    poke(A + 2, 0x0f);                          /* f0h, masked: 30h */
    CHECK_EQ(planes_at(2), 0x30008aba);
    vga_bench_fini();
}

/* "Read mode 0: the CPU reads the map that the read map select register names." */
static void read_mode_0_reads_one_map(void)
{
    begin();
    planes_set(5, 0x44332211);
    for (unsigned n = 0; n < 4; n++) {
        gr(GR_READ_MAP, n);
        CHECK_EQ(peek(A + 5), 0x11 * (n + 1));
    }
    CHECK_EQ(mem_in(&vb.b, A + 4, 4), 0x00004400);
    vga_bench_fini();
}

/* "Read mode 1: a bit is 1 where the maps that color don't care names all match the color compare register." */
static void read_mode_1_compares_colours(void)
{
    begin();
    gr(GR_MODE, GR_MODE_READ_COMPARE);
    gr(GR_COLOR_COMPARE, 0x5);
    planes_set(1, 0xff00ff00 ^ 0x01ff02ff);
    CHECK_EQ(planes_at(1), 0xfefffdff);
    planes_set(1, 0x00f000ff);                  /* maps 0 and 2 match in the high half, 1 and 3 are clear */
    CHECK_EQ(peek(A + 1), 0xf0);
    planes_set(1, 0x80f040ff);
    CHECK_EQ(peek(A + 1), 0x30);
    gr(GR_COLOR_CARE, 0x7);
    CHECK_EQ(peek(A + 1), 0xb0);
    gr(GR_COLOR_CARE, 0x0);
    CHECK_EQ(peek(A + 1), 0xff);
    vga_bench_fini();
}

/* Reading loads the latches in both read modes. */
static void any_read_of_a_map_loads_the_latches(void)
{
    begin();
    planes_set(1, 0x04030201);
    gr(GR_MODE, GR_MODE_READ_COMPARE);
    peek(A + 1);
    gr(GR_MODE, 1);
    poke(A, 0);
    CHECK_EQ(planes_at(0), 0x04030201);
    vga_bench_fini();
}

/* "Memory map: 0 A0000h for 128 KiB, 1 A0000h for 64 KiB, 2 B0000h for 32 KiB, 3 B8000h for 32 KiB." */
static void the_window_is_where_memory_map_select_says(void)
{
    static const struct { uint32_t first, last; } window[] = {
        { 0xa0000, 0xbffff }, { 0xa0000, 0xaffff }, { 0xb0000, 0xb7fff }, { 0xb8000, 0xbffff },
    };

    begin();
    memset(vram(), 0x77, 4 * LOWMEM_BYTES);
    for (unsigned map = 0; map < 4; map++) {
        gr(GR_MISC, map << 2 | 1);
        for (uint32_t at = 0xa0000; at < 0xc0000; at += 0x7fff) {
            bool inside = at >= window[map].first && at <= window[map].last;

            CHECK_EQ(peek(at), inside ? 0x77 : 0xff);
            poke(at, 0x77);
        }
        CHECK_EQ(peek(window[map].first), 0x77);
        CHECK_EQ(peek(window[map].last), 0x77);
        poke(window[map].first, 0x12);
        CHECK_EQ(planes_at(0), 0x12121212);
        poke(window[map].first, 0x77);
    }
    for (uint32_t i = 0; i < 4 * LOWMEM_BYTES; i++)
        CHECK_EQ(vram()[i], 0x77);
    vga_bench_fini();
}

/* "Odd/even: even addresses access maps 0 and 2, odd addresses maps 1 and 3." */
static void odd_even_puts_characters_and_attributes_side_by_side(void)
{
    begin();
    sr(SR_MEMORY_MODE, 2);
    sr(SR_MAP_MASK, 3);
    gr(GR_MODE, GR_MODE_ODD_EVEN);
    gr(GR_MISC, 0x0e);
    for (unsigned i = 0; i < 8; i++)
        poke(0xb8000 + i, i + 1);
    for (unsigned i = 0; i < 4; i++)
        CHECK_EQ(planes_at(i), (2 * i + 2) << 8 | (2 * i + 1));
    CHECK_EQ(mem_in(&vb.b, 0xb8000, 8), 0x0807060504030201);
    sr(SR_MAP_MASK, 0xf);
    gr(GR_READ_MAP, 2);
    poke(0xb8002, 0xaa);
    poke(0xb8003, 0xbb);
    CHECK_EQ(planes_at(1), 0xbbaa0403);
    CHECK_EQ(peek(0xb8002), 0xaa);
    sr(SR_MAP_MASK, 0x2);
    gr(GR_READ_MAP, 0);
    poke(0xb8000, 0x55);
    poke(0xb8001, 0x66);
    CHECK_EQ(planes_at(0), 0x6601);
    vga_bench_fini();
}

/* "Chain 4: the two low-order address bits select the map." */
static void chain_4_is_linear(void)
{
    begin();
    sr(SR_MEMORY_MODE, PLANAR | SR_MEMORY_CHAIN4);
    mem_out(&vb.b, A, 8, 0x0807060504030201);
    CHECK_EQ(planes_at(0), 0x04030201);
    CHECK_EQ(planes_at(1), 0x08070605);
    sr(SR_MAP_MASK, 0x5);
    mem_out(&vb.b, A, 8, 0x1817161514131211);
    CHECK_EQ(planes_at(0), 0x04130211);
    CHECK_EQ(mem_in(&vb.b, A, 4), 0x04130211);
    gr(GR_MISC, 0x0d);                          /* in the window at B8000h, too */
    CHECK_EQ(mem_in(&vb.b, 0xb8000, 4), 0x04130211);
    CHECK_EQ(mem_in(&vb.b, A, 4), 0xffffffff);
    vga_bench_fini();
}

/* While it is nothing but memory, accesses reach it without the device. */
static bool is_memory(void)
{
    return vb.v->banked.enabled;
}

static void chain_4_with_all_maps_at_a0000_is_plain_memory(void)
{
    begin();
    CHECK(!is_memory());
    sr(SR_MEMORY_MODE, PLANAR | SR_MEMORY_CHAIN4);
    CHECK(is_memory());
    poke(A + 0xffff, 0x42);
    CHECK_EQ(vram()[0xffff], 0x42);
    CHECK_EQ(peek(0xb0000), 0xff);
    sr(SR_MAP_MASK, 0x7);
    CHECK(!is_memory());
    sr(SR_MAP_MASK, 0xf);
    CHECK(is_memory());
    gr(GR_MISC, 1);
    CHECK(!is_memory());
    gr(GR_MISC, 5);
    CHECK(is_memory());
    sr(SR_MEMORY_MODE, PLANAR);
    CHECK(!is_memory());
    vga_bench_fini();
}

static void the_bank_moves_the_window(void)
{
    begin();
    sr(SR_MEMORY_MODE, PLANAR | SR_MEMORY_CHAIN4);
    for (unsigned bank = 0; bank < 16; bank++) {
        vbe(VBE_BANK, bank);
        poke(A + 5, bank + 1);
        CHECK_EQ(vram()[bank * BANK_BYTES + 5], bank + 1);
        CHECK(is_memory());
    }
    vbe(VBE_BANK, 0x1f);
    CHECK_EQ(vbe_get(VBE_BANK), 0xf);
    CHECK_EQ(peek(A + 5), 16);
    sr(SR_MAP_MASK, 1);
    poke(A + 8, 0x99);
    CHECK_EQ(vram()[0xf0008], 0x99);
    vga_bench_fini();
}

/* The last address of the largest bank and window: around the end of memory. */
static void no_address_leaves_the_memory(void)
{
    begin();
    vbe(VBE_BANK, 0xf);
    for (unsigned map = 0; map < 4; map++) {
        gr(GR_MISC, map << 2 | 1);
        for (unsigned mode = 0; mode < 4; mode++) {
            sr(SR_MEMORY_MODE, mode & 1 ? PLANAR | SR_MEMORY_CHAIN4 : PLANAR);
            gr(GR_MODE, mode & 2 ? GR_MODE_ODD_EVEN : 0);
            mem_out(&vb.b, 0xafffc, 8, UINT64_MAX);
            mem_out(&vb.b, 0xbfff8, 8, UINT64_MAX);
            mem_in(&vb.b, 0xbfff8, 8);
        }
    }
    vga_bench_fini();
}

static void who_logs_memory_hears_of_the_window(void)
{
    uint64_t bits[4];

    begin();
    CHECK(!dirty_start(vb.v->vram, DIRTY_MIGRATION));
    dirty_fetch(vb.v->vram, DIRTY_MIGRATION, 0, 256, bits);
    poke(A + 0x1400, 1);                        /* byte 5000h */
    dirty_fetch(vb.v->vram, DIRTY_MIGRATION, 0, 256, bits);
    CHECK_EQ(bits[0], 1 << 5);
    gr(GR_MODE, GR_MODE_ODD_EVEN);
    poke(A + 0x1801, 1);                        /* byte 3001h */
    dirty_fetch(vb.v->vram, DIRTY_MIGRATION, 0, 256, bits);
    CHECK_EQ(bits[0], 1 << 3);
    vbe_mode(64, 64, 8);                        /* clears one page */
    dirty_fetch(vb.v->vram, DIRTY_MIGRATION, 0, 256, bits);
    CHECK_EQ(bits[0], 1);
    mem_out(&vb.b, LFB + 0x7000, 4, 1);
    dirty_fetch(vb.v->vram, DIRTY_MIGRATION, 0, 256, bits);
    CHECK_EQ(bits[0], 1 << 7);
    dirty_stop(vb.v->vram, DIRTY_MIGRATION);
    vga_bench_fini();
}

int main(void)
{
    epoch_thread_init();
    TEST(write_mode_0_writes_the_byte_to_the_maps_that_are_enabled);
    TEST(write_mode_0_turns_the_byte_to_the_right);
    TEST(write_mode_0_sets_or_resets_enabled_maps);
    TEST(functions_combine_with_the_latches);
    TEST(the_bit_mask_protects_bits_with_the_latches);
    TEST(write_mode_1_copies_the_latches);
    TEST(write_mode_2_spreads_the_bits_over_the_maps);
    TEST(write_mode_3_masks_set_reset_with_the_data);
    TEST(read_mode_0_reads_one_map);
    TEST(read_mode_1_compares_colours);
    TEST(any_read_of_a_map_loads_the_latches);
    TEST(the_window_is_where_memory_map_select_says);
    TEST(odd_even_puts_characters_and_attributes_side_by_side);
    TEST(chain_4_is_linear);
    TEST(chain_4_with_all_maps_at_a0000_is_plain_memory);
    TEST(the_bank_moves_the_window);
    TEST(no_address_leaves_the_memory);
    TEST(who_logs_memory_hears_of_the_window);
    epoch_thread_fini();
    return test_end();
}
