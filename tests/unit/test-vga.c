/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/vga-bench.h"

/*
 * The VGA's registers after IBM's Video Subsystem ("VGA Registers") and FreeVGA, and the wire form
 */

#include "lib/error.h"

static void after_reset_every_register_is_zero(void)
{
    vga_bench_init();
    CHECK_EQ(in(0x3cc), 0);
    CHECK_EQ(in(0x3c2), 0);
    for (unsigned i = 0; i < 8; i++)
        CHECK_EQ(get(0x3c4, i), 0);
    for (unsigned i = 0; i < 16; i++)
        CHECK_EQ(get(0x3ce, i), 0);
    for (unsigned i = 0; i < 256; i++)
        CHECK_EQ(get(0x3b4, i), 0);
    CHECK_EQ(in(0x3c6), 0);
    vga_bench_fini();
}

/* "Bit 0: the I/O address select bit selects the addresses of the CRT controller: 3Bx when 0, 3Dx when 1." */
static void bit_0_of_miscellaneous_output_moves_the_crt_controller(void)
{
    vga_bench_init();
    CHECK_EQ(in(0x3d4), 0xff);
    CHECK_EQ(in(0x3d5), 0xff);
    CHECK_EQ(in(0x3da), 0xff);
    outw(0x3b4, 0x550c);
    outw(0x3d4, 0x660c);
    CHECK_EQ(get(0x3b4, 0x0c), 0x55);
    out(0x3ba, 0x10);
    CHECK_EQ(in(0x3ca), 0x10);
    out(0x3c2, 1);
    CHECK_EQ(in(0x3b4), 0xff);
    CHECK_EQ(in(0x3b5), 0xff);
    CHECK_EQ(in(0x3ba), 0xff);
    CHECK_EQ(get(0x3d4, 0x0c), 0x55);
    out(0x3da, 0xef);
    CHECK_EQ(in(0x3ca), 0);
    out(0x3da, 0xff);
    CHECK_EQ(in(0x3ca), 0x10);
    vga_bench_fini();
}

static void miscellaneous_output_is_written_at_3c2_and_read_at_3cc(void)
{
    vga_bench_init();
    out(0x3c2, 0xff);
    CHECK_EQ(in(0x3cc), 0xef);
    CHECK_EQ(in(0x3c2), 0);
    out(0x3cc, 0);
    CHECK_EQ(in(0x3cc), 0xef);
    vga_bench_fini();
}

static void registers_have_the_bits_that_the_manual_gives_them(void)
{
    static const uint8_t sequencer[] = { 0x03, 0x3d, 0x0f, 0x3f, 0x0e, 0, 0, 0xff };
    static const uint8_t graphics[16] = { 0x0f, 0x0f, 0x0f, 0x1f, 0x03, 0x7b, 0x0f, 0x0f, 0xff };
    static const uint8_t attribute[] = { 0xef, 0xff, 0x3f, 0x0f, 0x0f };

    vga_bench_init();
    out(0x3c2, 1);
    for (unsigned i = 0; i < 8; i++) {
        sr(i, 0xff);
        CHECK_EQ(get(0x3c4, i), sequencer[i]);
    }
    for (unsigned i = 0; i < 16; i++) {
        gr(i, 0xff);
        CHECK_EQ(get(0x3ce, i), graphics[i]);
    }
    for (unsigned i = 0; i < 0x20; i++) {
        ar(i, 0xff);
        in(0x3da);
        out(0x3c0, i);
        CHECK_EQ(in(0x3c1), i < 16 ? 0x3f : i < 21 ? attribute[i - 16] : 0);
    }
    vga_bench_fini();
}

static void indices_have_three_four_six_and_eight_bits(void)
{
    vga_bench_init();
    out(0x3c2, 1);
    out(0x3c4, 0xff);
    CHECK_EQ(in(0x3c4), 7);
    out(0x3ce, 0xff);
    CHECK_EQ(in(0x3ce), 0x0f);
    out(0x3d4, 0xff);
    CHECK_EQ(in(0x3d4), 0xff);
    in(0x3da);
    out(0x3c0, 0xff);
    in(0x3da);
    CHECK_EQ(in(0x3c0), 0x3f);
    vga_bench_fini();
}

/* "A word write puts the index into the low byte and the data into the high byte." */
static void a_word_writes_index_and_data(void)
{
    vga_bench_init();
    out(0x3c2, 1);
    outw(0x3d4, 0xab0e);
    CHECK_EQ(in(0x3d4), 0x0e);
    CHECK_EQ(in(0x3d5), 0xab);
    CHECK_EQ(inw(0x3d4), 0xab0e);
    CHECK_EQ(inw(0x3da) >> 8, 0xff);            /* nobody at 3DBh */
    vga_bench_fini();
}

/* "Bit 7 of the vertical retrace end register protects registers 0 to 7, but bit 4 of register 7." */
static void crt_registers_0_to_7_can_be_protected(void)
{
    vga_bench_init();
    out(0x3c2, 1);
    for (unsigned i = 0; i < 0x20; i++)
        cr(i, 0xff);
    for (unsigned i = 0; i < 0x20; i++)
        if (i != CR_V_RETRACE_END)
            cr(i, 0);
    for (unsigned i = 0; i < 7; i++)
        CHECK_EQ(get(0x3d4, i), 0xff);
    CHECK_EQ(get(0x3d4, 7), 0xef);
    CHECK_EQ(get(0x3d4, 8), 0);
    cr(7, 0x10);
    CHECK_EQ(get(0x3d4, 7), 0xff);
    cr(CR_V_RETRACE_END, 0x7f);
    cr(3, 0x12);
    CHECK_EQ(get(0x3d4, 3), 0x12);
    vga_bench_fini();
}

/* "A flip-flop toggles between index and data with every write; reading input status 1 sets it to index." */
static void the_attribute_port_takes_index_and_data_in_turns(void)
{
    vga_bench_init();
    out(0x3c2, 1);
    in(0x3da);
    out(0x3c0, 0x25);
    CHECK_EQ(in(0x3c0), 0);
    out(0x3c0, 0x2a);
    CHECK_EQ(in(0x3c0), 0x25);
    CHECK_EQ(in(0x3c1), 0x2a);
    out(0x3c0, 0x06);
    in(0x3da);
    out(0x3c0, 0x07);
    CHECK_EQ(in(0x3c1), 0);
    out(0x3c0, 0x11);
    in(0x3da);
    out(0x3c0, 6);
    CHECK_EQ(in(0x3c1), 0);
    in(0x3da);
    out(0x3c0, 0x1f);
    out(0x3c0, 0x3f);                           /* no register: nothing happens */
    CHECK_EQ(in(0x3c1), 0);
    vga_bench_fini();
}

/* "Three successive writes give red, green and blue; after the third the index is incremented." */
static void the_dac_takes_colours_in_threes(void)
{
    vga_bench_init();
    out(0x3c8, 0xff);
    out(0x3c9, 1);
    out(0x3c9, 2);
    CHECK_EQ(in(0x3c8), 0xff);
    out(0x3c9, 3);
    CHECK_EQ(in(0x3c8), 0);
    for (unsigned i = 4; i < 10; i++)
        out(0x3c9, i);
    CHECK_EQ(in(0x3c8), 2);
    out(0x3c7, 0xff);
    for (unsigned i = 1; i < 10; i++)
        CHECK_EQ(in(0x3c9), i);
    vga_bench_fini();
}

/* "Reading 3C7h gives 3 when the DAC was last told to read, 0 when it was told to write." */
static void the_dac_says_what_it_was_told_last(void)
{
    vga_bench_init();
    CHECK_EQ(in(0x3c7), 0);
    out(0x3c7, 9);
    CHECK_EQ(in(0x3c7), 3);
    CHECK_EQ(in(0x3c8), 0);
    out(0x3c8, 4);
    CHECK_EQ(in(0x3c7), 0);
    out(0x3c9, 0x11);
    out(0x3c8, 5);                              /* a colour that was begun is given up */
    out(0x3c9, 0x21);
    out(0x3c9, 0x22);
    out(0x3c9, 0x23);
    out(0x3c7, 4);
    CHECK_EQ(in(0x3c9), 0);
    CHECK_EQ(in(0x3c9), 0);
    out(0x3c7, 5);
    CHECK_EQ(in(0x3c9), 0x21);
    vga_bench_fini();
}

static void clock_to(uint64_t ns)
{
    machine_clock_step(vb.b.m, ns - machine_clock_ns(vb.b.m));
}

/* Mode 3: 100 characters of 9 dots at 28.322 MHz and 449 lines; retrace from 412 for two lines (CR10, CR11). */
static void input_status_1_follows_the_beam(void)
{
    uint64_t line_ns = 100ull * 1000000000 / (28322000 / 9) + 1;

    vga_bench_init();
    mode_set(&mode_03);
    clock_to(line_ns / 2);
    CHECK_EQ(in(0x3da), 0);
    clock_to(line_ns * 85 / 100);
    CHECK_EQ(in(0x3da), 1);                     /* horizontal: 80 of 100 are shown */
    clock_to(line_ns * 399 + line_ns / 2);
    CHECK_EQ(in(0x3da), 0);
    clock_to(line_ns * 400 + line_ns / 2);
    CHECK_EQ(in(0x3da), 1);
    clock_to(line_ns * 411 + line_ns / 2);
    CHECK_EQ(in(0x3da), 1);
    clock_to(line_ns * 412 + line_ns / 2);
    CHECK_EQ(in(0x3da), 9);
    clock_to(line_ns * 413 + line_ns / 2);
    CHECK_EQ(in(0x3da), 9);
    clock_to(line_ns * 414 + line_ns / 2);
    CHECK_EQ(in(0x3da), 1);
    clock_to(line_ns * 448 + line_ns / 2);
    CHECK_EQ(in(0x3da), 1);
    clock_to(line_ns * 449 + line_ns / 2);
    CHECK_EQ(in(0x3da), 0);
    vga_bench_fini();
}

static void the_clock_is_chosen_by_miscellaneous_output_and_halved_by_the_sequencer(void)
{
    uint64_t line_ns = 100ull * 1000000000 / (25175000 / 16) + 1;

    vga_bench_init();
    mode_set(&mode_12);
    sr(SR_CLOCKING, SR_CLOCKING_8_DOTS | SR_CLOCKING_HALF);
    clock_to(line_ns * 489 + line_ns / 2);
    CHECK_EQ(in(0x3da), 1);
    clock_to(line_ns * 490 + line_ns / 2);
    CHECK_EQ(in(0x3da), 9);
    clock_to(line_ns * 492 + line_ns / 2);
    CHECK_EQ(in(0x3da), 1);
    vga_bench_fini();
}

/* Whatever the registers hold, a guest that waits for the retrace, and for its end, does not wait for ever. */
static void there_is_a_retrace_in_every_mode(void)
{
    static const uint8_t totals[] = { 0, 1, 0x7f, 0xff };

    vga_bench_init();
    out(0x3c2, 1);
    for (unsigned i = 0; i < 16; i++) {
        unsigned seen = 0;

        for (unsigned reg = 0; reg < 25; reg++)
            cr(reg, totals[(i + reg * (i >> 2)) & 3]);
        for (unsigned n = 0; n < 4000 && seen != 3; n++) {
            machine_clock_step(vb.b.m, 10007);
            seen |= in(0x3da) & 8 ? 2 : 1;
        }
        CHECK_EQ(seen, 3);
    }
    vga_bench_fini();
}

/* The section's length and order are the reference's: 1131 bytes, with the sequencer's index after the latch. */
static void the_wire_form_is_the_reference_s(void)
{
    struct saved s;

    vga_bench_init();
    mode_set(&mode_12);
    vbe(VBE_BANK, 3);
    vbe(VBE_XRES, 640);
    out(0x3c4, 4);
    poke(0xa0000, 0x5a);
    peek(0xa0000);
    s = bench_save(&vb.b, "vga");
    CHECK_EQ(s.fields[3], 0x5a);                                        /* latch */
    CHECK_EQ(s.fields[4], 4);                                           /* sr_index */
    CHECK_EQ(s.fields[5 + 2], 0x0f);                                    /* sr[2] */
    CHECK_EQ(s.fields[13], 8);                                          /* gr_index */
    CHECK_EQ(s.fields[30], 20 | 0x20);                                  /* ar_index */
    CHECK_EQ(s.fields[56], 24);                                         /* cr_index, after a flip-flop of four bytes */
    CHECK_EQ(s.fields[57 + 1], 0x4f);
    CHECK_EQ(s.fields[313], 0xe3);                                      /* msr */
    CHECK_EQ(s.fields[1092 + 1], 3);                                    /* bank_offset: 00030000h */
    CHECK_EQ(s.fields[1096], 1);                                        /* is_vbe_vmstate */
    CHECK_EQ(s.fields[1098], VBE_XRES);                                 /* vbe_index */
    CHECK_EQ(s.fields[1099], 0xb0);
    CHECK_EQ(s.fields[1101], 640 >> 8);
    CHECK_EQ(s.fields[1130], 15);                                       /* vbe_bank_mask of 1 MiB */
    CHECK_EQ(s.fields[1131], 0x7e);                                     /* footer: no subsection */
    wire_fini(&s.w);
    bench_reload(&vb.b);
    vga_bench_fini();
}

static void start_and_pitch_are_computed_for_the_wire(void)
{
    struct saved s;

    vga_bench_init();
    vbe_mode(320, 200, 16);
    vbe(VBE_X_OFFSET, 8);
    vbe(VBE_Y_OFFSET, 3);
    s = bench_save(&vb.b, "vga");
    CHECK_EQ(s.fields[1119 + 2] << 8 | s.fields[1119 + 3], (3 * 640 + 16) / 4);
    CHECK_EQ(s.fields[1123 + 2] << 8 | s.fields[1123 + 3], 640);
    wire_fini(&s.w);
    bench_reload(&vb.b);
    vga_bench_fini();
}

static void pixels_that_are_big_endian_take_a_subsection(void)
{
    struct saved s;

    vga_bench_init();
    vb.v->st.vga.big_endian = true;
    s = bench_save(&vb.b, "vga");
    CHECK_EQ(s.fields[1131], 0x05);
    CHECK(!memcmp(s.fields + 1132, "\x0avga.endian\0\0\0\1\1", 16));
    wire_fini(&s.w);
    bench_reload(&vb.b);
    CHECK(vb.v->st.vga.big_endian);
    vga_bench_fini();
}

/* Loads what was saved with one byte changed. */
static int load_changed(unsigned at, uint8_t val)
{
    struct saved s = bench_save(&vb.b, "vga");
    struct wire load = { .buf = s.w.buf, .len = s.w.at };
    int r;

    s.w.buf[s.fields - s.w.buf + at] = val;
    r = bench_load(&vb.b, &load, NULL);
    wire_fini(&s.w);
    return r;
}

static void a_stream_with_indices_out_of_range_is_refused(void)
{
    vga_bench_init();
    CHECK(!load_changed(4, 7) && load_changed(4, 8) < 0);
    CHECK(!load_changed(13, 15) && load_changed(13, 16) < 0);
    CHECK(!load_changed(30, 0x3f) && load_changed(30, 0x40) < 0);
    CHECK(!load_changed(318, 2) && load_changed(318, 3) < 0);
    CHECK(load_changed(1096, 0) < 0);
    CHECK(load_changed(55, 2) < 0);
    vga_bench_fini();
}

static void a_stream_with_sizes_out_of_range_is_put_right(void)
{
    vga_bench_init();
    vbe_mode(320, 200, 16);
    CHECK(!load_changed(1101, 0xff));           /* XRES: ff40h */
    CHECK_EQ(vbe_get(VBE_XRES), VBE_XRES_MAX);
    look();
    vga_bench_fini();
}

/* What the reference sends, from tests/facts/display/vga-section.tsv. */
static void section_read(const char *name, uint8_t section[1131])
{
    FILE *f = fopen(TEST_SOURCE_DIR "/tests/facts/display/vga-section.tsv", "r");
    char line[4000];
    bool found = false;

    CHECK(f);
    while (!found && fgets(line, sizeof(line), f)) {
        size_t n = strlen(name);

        found = !strncmp(line, name, n) && line[n] == '\t' && strlen(line) == n + 1 + 2 * 1131 + 1;
        for (unsigned i = 0; found && i < 1131; i++) {
            char hex[3] = { line[n + 1 + 2 * i], line[n + 2 + 2 * i] };

            section[i] = strtoul(hex, NULL, 16);
        }
    }
    fclose(f);
    CHECK(found);
}

/* Loads the reference's section in place of ours, and finds the same bytes when it is saved again. */
static void section_load(const char *name)
{
    struct saved s = bench_save(&vb.b, "vga"), again;
    struct wire load = { .buf = s.w.buf, .len = s.w.at };
    uint8_t section[1131];

    section_read(name, section);
    memcpy(s.w.buf + (s.fields - s.w.buf), section, sizeof(section));
    CHECK(!bench_load(&vb.b, &load, NULL));
    again = bench_save(&vb.b, "vga");
    for (unsigned i = 0; i < sizeof(section); i++)
        CHECK_EQ(again.fields[i] << 16 | i, section[i] << 16 | i);
    wire_fini(&again.w);
    wire_fini(&s.w);
}

/* Mode 12h; indices 4 (sequencer), 5 (graphics), 18h (CRT), 31h (attribute); one part of a colour has been read. */
static void a_vga_comes_from_the_reference_and_goes_back(void)
{
    vga_bench_init_mb("8");
    section_load("mode_12");
    CHECK_EQ(in(0x3cc), 0xe3);
    CHECK_EQ(in(0x3c4), 4);
    CHECK_EQ(in(0x3ce), 5);
    CHECK_EQ(in(0x3d4), 0x18);
    CHECK_EQ(in(0x3c0), 0);                     /* data is expected */
    CHECK_EQ(in(0x3c7), 3);
    CHECK_EQ(vb.v->st.vga.dac_sub_index, 1);
    CHECK_EQ(in(0x3ca), 0x10);
    look();
    CHECK_EQ(vb.s->width, 640);
    CHECK_EQ(vb.s->height, 480);
    vga_bench_fini();
}

/* 640 x 480 x 16 in lines of 800, from 12, 7 on; bank 3; two parts of colour 7 have been written. */
static void its_bochs_interface_too(void)
{
    vga_bench_init_mb("8");
    section_load("bochs");
    CHECK_EQ(vbe_get(VBE_VIRT_WIDTH), 800);
    CHECK_EQ(vbe_get(VBE_VIRT_HEIGHT), 5242);
    CHECK_EQ(vbe_get(VBE_X_OFFSET), 12);
    poke(0xa0000, 0x77);
    CHECK_EQ(vram()[0x30000], 0x77);
    out(0x3c9, 3);
    CHECK(!memcmp(vb.v->st.vga.palette + 7 * RGB, "\1\2\3", RGB));
    vga_bench_fini();
}

static void memory_is_a_power_of_two_of_megabytes(void)
{
    static const struct { const char *mb; uint16_t banks; } sizes[] = {
        { "0", 16 }, { "1", 16 }, { "2", 32 }, { "3", 64 }, { "8", 128 }, { "513", 8192 },
    };

    for (unsigned i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        vga_bench_init_mb(sizes[i].mb);
        CHECK_EQ(vbe_get(VBE_MEMORY_64K), sizes[i].banks);
        CHECK_EQ(vb.v->cfg.vgamem_mb, sizes[i].banks / 16);
        vga_bench_fini();
    }
}

int main(void)
{
    epoch_thread_init();
    TEST(after_reset_every_register_is_zero);
    TEST(bit_0_of_miscellaneous_output_moves_the_crt_controller);
    TEST(miscellaneous_output_is_written_at_3c2_and_read_at_3cc);
    TEST(registers_have_the_bits_that_the_manual_gives_them);
    TEST(indices_have_three_four_six_and_eight_bits);
    TEST(a_word_writes_index_and_data);
    TEST(crt_registers_0_to_7_can_be_protected);
    TEST(the_attribute_port_takes_index_and_data_in_turns);
    TEST(the_dac_takes_colours_in_threes);
    TEST(the_dac_says_what_it_was_told_last);
    TEST(input_status_1_follows_the_beam);
    TEST(the_clock_is_chosen_by_miscellaneous_output_and_halved_by_the_sequencer);
    TEST(there_is_a_retrace_in_every_mode);
    TEST(the_wire_form_is_the_reference_s);
    TEST(start_and_pitch_are_computed_for_the_wire);
    TEST(pixels_that_are_big_endian_take_a_subsection);
    TEST(a_stream_with_indices_out_of_range_is_refused);
    TEST(a_stream_with_sizes_out_of_range_is_put_right);
    TEST(a_vga_comes_from_the_reference_and_goes_back);
    TEST(its_bochs_interface_too);
    TEST(memory_is_a_power_of_two_of_megabytes);
    epoch_thread_fini();
    return test_end();
}
