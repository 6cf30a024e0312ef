/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/vga-bench.h"

/*
 * What a VGA shows: IBM's Video Subsystem, "Modes of Operation", mode by mode, then odd numbers and
 * registers full of garbage.  Colour n of the DAC is shown(n)
 */

enum { A = 0xa0000, TEXT = 0xb8000, CELL_ROWS = 32 };

static void begin(const struct vga_regs *mode)
{
    vga_bench_init();
    mode_set(mode);
    dac_by_number();
}

/* Font `map` (of the eight of 8 KiB): row y of every character is its code, shifted by y, and the map's number. */
static void font_load(unsigned map)
{
    for (unsigned code = 0; code < 256; code++)
        for (unsigned y = 0; y < CELL_ROWS; y++)
            vram()[4 * (map * 8192 + code * CELL_ROWS + y) + 2] = (code << (y & 3)) ^ map;
}

static void cell(unsigned n, uint8_t code, uint8_t attribute)
{
    poke(TEXT + 2 * n, code);
    poke(TEXT + 2 * n + 1, attribute);
}

static void text_is_80_by_25_cells_of_9_by_16_dots(void)
{
    begin(&mode_03);
    font_load(0);
    cell(0, 0xa5, 0x1e);
    cell(81, 0x42, 0x74);
    look();
    CHECK_EQ(vb.s->width, 720);
    CHECK_EQ(vb.s->height, 400);
    for (unsigned y = 0; y < 16; y++)
        for (unsigned x = 0; x < 9; x++) {
            uint8_t first = 0xa5 << (y & 3), second = 0x42 << (y & 3);

            CHECK_EQ(pixel_at(x, y), shown(x < 8 && first >> (7 - x) & 1 ? 0x3e : 0x01));
            CHECK_EQ(pixel_at(9 + x, 16 + y), shown(x < 8 && second >> (7 - x) & 1 ? 0x04 : 0x07));
        }
    vga_bench_fini();
}

/* "Bit 0 of the clocking mode register set to 1 selects eight dots per character clock." */
static void a_cell_can_have_eight_dots_or_sixteen(void)
{
    begin(&mode_03);
    font_load(0);
    cell(1, 0x81, 0x0f);
    sr(SR_CLOCKING, SR_CLOCKING_8_DOTS);
    look();
    CHECK_EQ(vb.s->width, 640);
    CHECK_EQ(pixel_at(8, 0), shown(0x3f));
    CHECK_EQ(pixel_at(9, 0), 0);
    CHECK_EQ(pixel_at(15, 0), shown(0x3f));
    sr(SR_CLOCKING, SR_CLOCKING_8_DOTS | SR_CLOCKING_HALF);
    look();
    CHECK_EQ(vb.s->width, 1280);
    CHECK_EQ(pixel_at(16, 0), shown(0x3f));
    CHECK_EQ(pixel_at(17, 0), shown(0x3f));
    CHECK_EQ(pixel_at(18, 0), 0);
    CHECK_EQ(pixel_at(31, 0), shown(0x3f));
    vga_bench_fini();
}

/* "Enable line graphics: the ninth dot of a line-graphics character equals the eighth." */
static void line_graphics_reach_into_the_ninth_dot(void)
{
    begin(&mode_03);
    for (unsigned code = 0; code < 256; code++)
        vram()[4 * code * CELL_ROWS + 2] = code & 1;
    for (unsigned code = 0; code < 256; code++)
        cell(code, code, 0x0f);
    look();
    for (unsigned code = 0; code < 80; code++)
        CHECK_EQ(pixel_at(9 * code + 8, 0), 0);
    for (unsigned code = 0; code < 256; code++)
        CHECK_EQ(pixel_at(9 * (code % 80) + 8, code / 80 * 16),
                 code >= 0xb0 && code <= 0xdf && code & 1 ? shown(0x3f) : 0);
    ar(AR_MODE, 0x08);
    look();
    CHECK_EQ(pixel_at(9 * (0xc1 % 80) + 7, 0xc1 / 80 * 16), shown(0x3f));
    CHECK_EQ(pixel_at(9 * (0xc1 % 80) + 8, 0xc1 / 80 * 16), 0);
    vga_bench_fini();
}

/* "Character map select: bits 1, 0 and 4 for attribute bit 3 = 0, bits 3, 2 and 5 for attribute bit 3 = 1." */
static void attribute_bit_3_chooses_between_two_fonts(void)
{
    begin(&mode_03);
    for (unsigned map = 0; map < 8; map++)
        for (unsigned i = 0; i < 8192; i++)
            vram()[4 * (map * 8192 + i) + 2] = 0x80 >> map;
    cell(0, 'x', 0x07);
    cell(1, 'x', 0x0f);
    for (unsigned sr3 = 0; sr3 < 0x40; sr3++) {
        unsigned b = (sr3 & 3) << 1 | (sr3 >> 4 & 1), a = (sr3 >> 2 & 3) << 1 | (sr3 >> 5 & 1);

        sr(SR_CHARACTER_MAP, sr3);
        look();
        for (unsigned x = 0; x < 8; x++) {
            CHECK_EQ(pixel_at(x, 0), x == b ? shown(0x07) : 0);
            CHECK_EQ(pixel_at(9 + x, 0), x == a ? shown(0x3f) : 0);
        }
    }
    vga_bench_fini();
}

/* "Cursor start and end: the rows of the cell; start greater than end, or bit 5 of start: no cursor." */
static void the_cursor_covers_rows_of_a_cell(void)
{
    begin(&mode_03);
    cell(83, 0, 0x34);
    cr(CR_CURSOR_LOW, 83);
    cr(CR_CURSOR_START, 3);
    cr(CR_CURSOR_END, 5);
    look();
    for (unsigned y = 0; y < 16; y++)
        for (unsigned x = 0; x < 9; x++)
            CHECK_EQ(pixel_at(27 + x, 16 + y), y >= 3 && y <= 5 ? shown(0x04) : shown(0x03));
    CHECK_EQ(pixel_at(26, 19), 0);
    CHECK_EQ(pixel_at(36, 19), 0);
    cr(CR_CURSOR_START, 6);
    look();
    CHECK_EQ(pixel_at(27, 16 + 6), shown(0x03));
    CHECK_EQ(pixel_at(27, 16 + 5), shown(0x03));
    cr(CR_CURSOR_END, 31);
    look();
    CHECK_EQ(pixel_at(27, 16 + 5), shown(0x03));
    CHECK_EQ(pixel_at(27, 16 + 15), shown(0x04));
    cr(CR_CURSOR_START, 0x20);
    look();
    CHECK_EQ(pixel_at(27, 16 + 5), shown(0x03));
    vga_bench_fini();
}

static void the_cursor_counts_in_memory_not_on_the_screen(void)
{
    begin(&mode_03);
    cell(0x123, 0, 0x70);
    cr(CR_CURSOR_START, 0);
    cr(CR_CURSOR_HIGH, 1);
    cr(CR_CURSOR_LOW, 0x23);
    cr(CR_START_HIGH, 1);
    cr(CR_START_LOW, 0x20);
    look();
    CHECK_EQ(pixel_at(27, 0), 0);
    CHECK_EQ(pixel_at(27, 15), shown(0x07));
    CHECK_EQ(pixel_at(36, 15), 0);
    vga_bench_fini();
}

static void start_address_offset_and_line_compare_place_the_rows(void)
{
    begin(&mode_03);
    for (unsigned i = 0; i < 8192; i++)
        vram()[4 * i + 2] = 0;
    for (unsigned i = 0; i < 4000; i++)
        cell(i, 0, (i / 80 & 0xf) << 4);        /* the row's number is its background */
    cr(CR_START_LOW, 160);
    look();
    CHECK_EQ(pixel_at(0, 0), shown(2));
    CHECK_EQ(pixel_at(719, 399), shown(0x3a));  /* row 26 */
    cr(CR_OFFSET, 80);
    look();
    CHECK_EQ(pixel_at(0, 16), shown(4));
    cr(CR_OFFSET, 40);
    cr(CR_LINE_COMPARE, 95);
    cr(CR_OVERFLOW, 0x0f);
    cr(CR_MAX_SCAN, 0x0f);
    look();
    CHECK_EQ(pixel_at(0, 95), shown(7));
    CHECK_EQ(pixel_at(0, 96), shown(0));
    CHECK_EQ(pixel_at(0, 112), shown(1));
    cr(CR_LINE_COMPARE, 97);                    /* the row that has begun is finished */
    look();
    CHECK_EQ(pixel_at(0, 111), shown(0x38));
    CHECK_EQ(pixel_at(0, 112), shown(0));
    vga_bench_fini();
}

static void text_can_be_read_as_cells(void)
{
    struct text_screen t;

    begin(&mode_03);
    cell(0, 'a', 0x1e);
    cell(81, 'b', 0x74);
    cr(CR_CURSOR_START, 0);
    cr(CR_CURSOR_LOW, 81);
    CHECK(console_text(&vb.v->console, &t));
    CHECK_EQ(t.columns, 80);
    CHECK_EQ(t.rows, 25);
    CHECK_EQ(t.cursor, 81);
    CHECK(t.cells[0].code == 'a' && t.cells[0].foreground == 0xe && t.cells[0].background == 1);
    CHECK(t.cells[81].code == 'b' && t.cells[81].foreground == 4 && t.cells[81].background == 7);
    free(t.cells);
    cr(CR_CURSOR_START, 0x20);
    cr(CR_MAX_SCAN, 0x40);                      /* 400 rows of one line */
    CHECK(console_text(&vb.v->console, &t));
    CHECK_EQ(t.rows, TEXT_ROWS_MAX);
    CHECK_EQ(t.cursor, (uint64_t)-1);
    free(t.cells);
    mode_set(&mode_13);
    CHECK(!console_text(&vb.v->console, &t));
    CHECK(!t.cells);
    vga_bench_fini();
}

/* "Mode 13h: 320 x 200, 256 colours, linear": every pixel is two dots wide and two lines high. */
static void mode_13h_has_a_byte_for_a_pixel(void)
{
    begin(&mode_13);
    for (unsigned i = 0; i < 64000; i++)
        poke(A + i, i % 320 + 3 * (i / 320));
    look();
    CHECK_EQ(vb.s->width, 640);
    CHECK_EQ(vb.s->height, 400);
    for (unsigned y = 0; y < 400; y++)
        for (unsigned x = 0; x < 640; x++)
            CHECK_EQ(pixel_at(x, y), shown(x / 2 + 3 * (y / 2)));
    vga_bench_fini();
}

/* "Maximum scan line: scan lines per row less 1; bit 7: each is doubled." */
static void lines_are_repeated_as_maximum_scan_line_says(void)
{
    static const struct { uint8_t cr9; unsigned times; } repeats[] = {
        { 0x40, 1 }, { 0x41, 2 }, { 0xc0, 2 }, { 0x42, 3 }, { 0xc1, 4 }, { 0x5f, 32 },
    };

    begin(&mode_13);
    for (unsigned i = 0; i < 0x10000; i++)
        poke(A + i, i / 320);
    for (unsigned i = 0; i < sizeof(repeats) / sizeof(repeats[0]); i++) {
        cr(CR_MAX_SCAN, repeats[i].cr9);
        look();
        for (unsigned y = 0; y < 400 && y / repeats[i].times < 204; y++)
            CHECK_EQ(pixel_at(0, y), shown(y / repeats[i].times));
    }
    vga_bench_fini();
}

static void a_split_begins_at_address_0(void)
{
    begin(&mode_13);
    for (unsigned i = 0; i < 64000; i++)
        poke(A + i, i / 320);
    cr(CR_START_LOW, 160);                      /* 640 bytes: two rows */
    cr(CR_OVERFLOW, 0x0f);
    cr(CR_MAX_SCAN, 0x01);
    cr(CR_LINE_COMPARE, 98);
    look();
    CHECK_EQ(pixel_at(0, 0), shown(2));
    CHECK_EQ(pixel_at(0, 98), shown(51));
    CHECK_EQ(pixel_at(0, 99), shown(0));
    CHECK_EQ(pixel_at(0, 100), shown(0));
    CHECK_EQ(pixel_at(0, 101), shown(1));
    cr(CR_OVERFLOW, 0x1f);                      /* bit 8: line 355 */
    look();
    CHECK_EQ(pixel_at(0, 354), shown(179));
    CHECK_EQ(pixel_at(0, 355), shown(0));
    cr(CR_MAX_SCAN, 0x41);                      /* bit 9: beyond the picture */
    look();
    CHECK_EQ(pixel_at(0, 355), shown(179));
    vga_bench_fini();
}

/* "Modes 0Dh to 12h: the bits of a pixel are at the same place in four maps, the leftmost in bit 7." */
static void mode_12h_has_four_planes(void)
{
    begin(&mode_12);
    for (unsigned plane = 0; plane < 4; plane++) {
        sr(SR_MAP_MASK, 1 << plane);
        for (unsigned i = 0; i < 80 * 480; i++)
            poke(A + i, (i * (2 * plane + 3)) >> plane);
    }
    look();
    CHECK_EQ(vb.s->width, 640);
    CHECK_EQ(vb.s->height, 480);
    for (unsigned y = 0; y < 480; y++)
        for (unsigned x = 0; x < 640; x++) {
            unsigned i = y * 80 + x / 8, n = 0;

            for (unsigned plane = 0; plane < 4; plane++)
                n |= ((i * (2 * plane + 3)) >> plane >> (7 - x % 8) & 1) << plane;
            CHECK_EQ(pixel_at(x, y), shown(n));
        }
    vga_bench_fini();
}

/* "Color plane enable: a 0 in bit n disables plane n in the attribute controller." */
static void planes_can_be_disabled(void)
{
    begin(&mode_12);
    poke(A, 0xff);
    ar(AR_PLANE_ENABLE, 0x5);
    look();
    CHECK_EQ(pixel_at(0, 0), shown(5));
    vga_bench_fini();
}

static void mode_0dh_has_dots_of_double_width(void)
{
    begin(&mode_0d);
    sr(SR_MAP_MASK, 0x5);
    poke(A + 40, 0x90);
    look();
    CHECK_EQ(vb.s->width, 640);
    CHECK_EQ(vb.s->height, 400);
    CHECK_EQ(pixel_at(0, 1), 0);
    CHECK_EQ(pixel_at(0, 2), shown(5));
    CHECK_EQ(pixel_at(1, 3), shown(5));
    CHECK_EQ(pixel_at(2, 2), 0);
    CHECK_EQ(pixel_at(6, 2), shown(5));
    CHECK_EQ(pixel_at(8, 2), 0);
    CHECK_EQ(pixel_at(0, 4), 0);
    vga_bench_fini();
}

/* "Modes 4 and 5: two bits for a pixel, the leftmost in bits 7 and 6; even lines at B8000h, odd at BA000h." */
static void mode_4_has_pairs_of_bits_in_two_banks(void)
{
    begin(&mode_04);
    poke(TEXT, 0x1b);
    poke(TEXT + 1, 0xe4);
    poke(TEXT + 0x2000, 0x40);
    poke(TEXT + 80, 0xc0);
    look();
    CHECK_EQ(vb.s->width, 640);
    CHECK_EQ(vb.s->height, 400);
    for (unsigned x = 0; x < 16; x++) {
        CHECK_EQ(pixel_at(x, 0), shown(x < 8 ? x / 2 : 7 - x / 2));
        CHECK_EQ(pixel_at(x, 1), pixel_at(x, 0));
    }
    CHECK_EQ(pixel_at(0, 2), shown(1));
    CHECK_EQ(pixel_at(2, 2), shown(0));
    CHECK_EQ(pixel_at(0, 4), shown(3));
    CHECK_EQ(pixel_at(0, 6), shown(0));
    vga_bench_fini();
}

/* Planes 2 and 3 have the upper bits of such a pixel. */
static void pairs_of_bits_have_upper_halves(void)
{
    begin(&mode_04);
    ar(AR_PLANE_ENABLE, 0xf);
    vram()[2] = 0x80;
    vram()[3] = 0x40;
    look();
    CHECK_EQ(pixel_at(0, 0), shown(8));
    CHECK_EQ(pixel_at(8, 0), shown(4));
    vga_bench_fini();
}

/* "CRT mode control bits 0 and 1: 0 puts row scan bit 0 or 1 in place of address bit 13 or 14." */
static void row_scans_stand_in_for_address_bits(void)
{
    begin(&mode_12);
    cr(CR_MAX_SCAN, 0x43);
    cr(CR_MODE, 0xe0);                          /* byte addresses, both bits replaced */
    for (unsigned i = 0; i < 4; i++)
        poke(A + 0x2000 * i, 0x80 >> i);
    look();
    for (unsigned y = 0; y < 4; y++)
        for (unsigned x = 0; x < 4; x++)
            CHECK_EQ(pixel_at(x, y), x == y ? shown(15) : 0);
    cr(CR_MODE, 0xe2);
    look();
    CHECK_EQ(pixel_at(0, 2), shown(15));
    CHECK_EQ(pixel_at(1, 3), shown(15));
    cr(CR_MODE, 0xa2);                          /* word addresses: half as far */
    poke(A + 0x1000, 0x10);
    look();
    CHECK_EQ(pixel_at(3, 1), shown(15));
    CHECK_EQ(pixel_at(1, 1), 0);
    vga_bench_fini();
}

/* "Attribute mode control bit 7: 1 takes palette bits 5 and 4 from color select; bits 7 and 6 always do." */
static void color_select_extends_the_palette(void)
{
    begin(&mode_12);
    poke(A, 0x80);
    sr(SR_MAP_MASK, 0x2);
    ar(0xf, 0x2a);
    ar(AR_COLOR_SELECT, 0x9);
    poke(A, 0xff);
    poke(A + 1, 0xff);
    sr(SR_MAP_MASK, 0xf);
    poke(A, 0xff);
    look();
    CHECK_EQ(pixel_at(0, 0), shown(0xaa));
    ar(AR_MODE, 0x81);
    look();
    CHECK_EQ(pixel_at(0, 0), shown(0x9a));
    CHECK_EQ(pixel_at(8, 0), shown(0x92));
    vga_bench_fini();
}

/* Six bits become eight: shifted, and the lowest fills up. */
static void the_dac_has_six_bits(void)
{
    begin(&mode_13);
    dac(7, 0x3f, 0x20, 0x01);
    dac(8, 0xc1, 0x3e, 0x40);                   /* the upper two are not there */
    poke(A, 7);
    poke(A + 1, 8);
    look();
    CHECK_EQ(pixel_at(0, 0), 0xff8007);
    CHECK_EQ(pixel_at(2, 0), 0x07f800);
    vga_bench_fini();
}

/* "Palette address source, bit 5 of the attribute index: 0 shows nothing." */
static void without_the_palette_address_source_the_screen_is_black(void)
{
    vga_bench_init();
    look();
    CHECK_EQ(vb.s->width, 640);
    CHECK_EQ(vb.s->height, 480);
    CHECK_EQ(pixel_at(0, 0) | pixel_at(639, 479), 0);
    mode_set(&mode_13);
    dac(0, 1, 2, 3);
    look();
    CHECK_EQ(pixel_at(0, 0), 0x07080f);
    in(0x3da);
    out(0x3c0, 0);
    look();
    CHECK_EQ(vb.s->width, 640);                 /* the size stays */
    CHECK_EQ(vb.s->height, 400);
    CHECK_EQ(pixel_at(0, 0) | pixel_at(639, 399), 0);
    vga_bench_fini();
}

static void sizes_follow_the_crt_controller(void)
{
    static const struct { uint8_t cr1, cr7, cr9, cr12; unsigned width, height; } sizes[] = {
        { 4, 0x00, 0x4f, 100, 40, 96 }, { 131, 0x1f, 0x4f, 0x8f, 1056, 400 }, { 79, 0x5f, 0x4f, 0x8f, 640, 912 },
        { 39, 0x1f, 0x4f, 0x8f, 320, 400 }, { 79, 0x1f, 0xcf, 0x8f, 640, 400 }, { 160, 0x1f, 0x4f, 0x8f, 1288, 400 },
        { 79, 0x00, 0x40, 99, 640, 100 }, { 79, 0x00, 0x81, 199, 640, 200 }, { 79, 0x00, 0x4e, 200, 640, 195 },
        { 0, 0x00, 0x4f, 0, 8, 16 }, { 255, 0x42, 0x5f, 255, 2048, 1024 },
    };

    begin(&mode_03);
    sr(SR_CLOCKING, SR_CLOCKING_8_DOTS);
    for (unsigned i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        cr(CR_DISPLAY_END, sizes[i].cr1);
        cr(CR_OVERFLOW, sizes[i].cr7);
        cr(CR_MAX_SCAN, sizes[i].cr9);
        cr(CR_V_DISPLAY_END, sizes[i].cr12);
        look();
        CHECK_EQ(vb.s->width, sizes[i].width);
        CHECK_EQ(vb.s->height, sizes[i].height);
    }
    mode_set(&mode_12);
    cr(CR_DISPLAY_END, 12);
    cr(CR_V_DISPLAY_END, 6);
    cr(CR_OVERFLOW, 0x10);
    look();
    CHECK_EQ(vb.s->width, 104);
    CHECK_EQ(vb.s->height, 7);
    sr(SR_CLOCKING, 8);
    look();
    CHECK_EQ(vb.s->width, 208);
    mode_set(&mode_13);
    sr(SR_CLOCKING, 8);                         /* has no say in 256 colours */
    look();
    CHECK_EQ(vb.s->width, 640);
    vga_bench_fini();
}

/* The last line ends where memory ends; the next one begins at its beginning. */
static void lines_go_around_the_end_of_memory(void)
{
    begin(&mode_13);
    vbe_mode(1024, 1024, 8);                    /* exactly 1 MiB */
    vram()[(1 << 20) - 1] = 9;
    look();
    CHECK_EQ(pixel_at(1023, 1023), shown(9));
    vbe(VBE_ENABLE, 0);
    mode_set(&mode_13);
    vga_bench_fini();
    vga_bench_init();
    mode_set(&mode_12);
    dac_by_number();
    cr(CR_OFFSET, 0xff);
    cr(CR_START_HIGH, 0xfe);                    /* 4 * fedch + 386 * 2040 is 160 bytes before the end */
    cr(CR_START_LOW, 0xdc);
    memset(vram() + (1 << 20) - 4, 0xff, 4);
    vram()[0] = 0x80;
    look();
    CHECK_EQ(pixel_at(311, 386), 0);
    CHECK_EQ(pixel_at(312, 386), shown(15));
    CHECK_EQ(pixel_at(319, 386), shown(15));
    CHECK_EQ(pixel_at(320, 386), shown(1));
    CHECK_EQ(pixel_at(321, 386), 0);
    vga_bench_fini();
}

static uint32_t garbage(void)
{
    static uint32_t state = 1;

    state = state * 1664525 + 1013904223;
    return state >> 8;
}

/* Every register at random, in every combination that comes: whatever is drawn is bounded, and nothing is missed. */
static void garbage_in_every_register_draws_something(void)
{
    vga_bench_init();
    for (unsigned i = 0; i < 1 << 20; i++)
        vram()[i] = garbage();
    for (unsigned n = 0; n < 150; n++) {
        for (unsigned i = 0; i < sizeof(struct vga_state); i++)
            ((uint8_t *)&vb.v->st.vga)[i] = garbage();
        vb.v->st.vga.flip_flop = n & 2;
        vb.v->st.vga.big_endian = n & 1;
        vb.v->st.vga.ar_index |= 0x20;
        vb.v->st.vga.vbe[VBE_ENABLE] = n % 3 ? 0 : VBE_ENABLED;
        if (n % 6 == 0)
            vb.v->st.vga.vbe[VBE_BPP] = (uint8_t[]){ 4, 8, 15, 16, 24, 32 }[n / 6 % 6];
        device_enter(&vb.v->pci.dev, vb.v->pci.dev.type->resumed);
        look();
        CHECK(vb.s->width && vb.s->width <= 16000 && vb.s->height && vb.s->height <= 12000);
        if (n % 3)
            CHECK(vb.s->width <= 4096 && vb.s->height <= 1024 + 31);
    }
    vga_bench_fini();
}

int main(void)
{
    epoch_thread_init();
    TEST(text_is_80_by_25_cells_of_9_by_16_dots);
    TEST(a_cell_can_have_eight_dots_or_sixteen);
    TEST(line_graphics_reach_into_the_ninth_dot);
    TEST(attribute_bit_3_chooses_between_two_fonts);
    TEST(the_cursor_covers_rows_of_a_cell);
    TEST(the_cursor_counts_in_memory_not_on_the_screen);
    TEST(start_address_offset_and_line_compare_place_the_rows);
    TEST(text_can_be_read_as_cells);
    TEST(mode_13h_has_a_byte_for_a_pixel);
    TEST(lines_are_repeated_as_maximum_scan_line_says);
    TEST(a_split_begins_at_address_0);
    TEST(mode_12h_has_four_planes);
    TEST(planes_can_be_disabled);
    TEST(mode_0dh_has_dots_of_double_width);
    TEST(mode_4_has_pairs_of_bits_in_two_banks);
    TEST(pairs_of_bits_have_upper_halves);
    TEST(row_scans_stand_in_for_address_bits);
    TEST(color_select_extends_the_palette);
    TEST(the_dac_has_six_bits);
    TEST(without_the_palette_address_source_the_screen_is_black);
    TEST(sizes_follow_the_crt_controller);
    TEST(lines_go_around_the_end_of_memory);
    TEST(garbage_in_every_register_draws_something);
    epoch_thread_fini();
    return test_end();
}
