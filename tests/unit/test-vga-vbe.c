/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/vga-bench.h"

/*
 * The Bochs display interface (version B0C5h), register by register, and the PCI bindings, whose BAR 2 has
 * its registers, too
 */

#include "tests/unit/pci-bench.h"

static void id_is_b0c5_and_takes_older_versions(void)
{
    vga_bench_init();
    CHECK_EQ(vbe_get(VBE_ID), 0xb0c5);
    for (uint16_t id = 0xb0be; id <= 0xb0c8; id++) {
        uint16_t before = vbe_get(VBE_ID);

        vbe(VBE_ID, id);
        CHECK_EQ(vbe_get(VBE_ID), id >= 0xb0c0 && id <= 0xb0c5 ? id : before);
    }
    machine_reset(vb.b.m, false);
    CHECK_EQ(vbe_get(VBE_ID), 0xb0c5);
    vga_bench_fini();
}

/* "Index and data are words"; the data port has a second address, 1D0h. */
static void both_ports_are_words(void)
{
    vga_bench_init();
    outw(0x1ce, VBE_XRES);
    outw(0x1cf, 640);
    CHECK_EQ(inw(0x1d0), 640);
    outw(0x1d0, 800);
    CHECK_EQ(inw(0x1cf), 800);
    CHECK_EQ(inw(0x1ce), VBE_XRES);
    CHECK_EQ(in(0x1ce), 0xff);
    CHECK_EQ(in(0x1d0), 0xff);
    out(0x1ce, VBE_YRES);
    out(0x1d0, 7);
    outw(0x1d1, 7);
    CHECK_EQ(inw(0x1d1), 0xffff);
    CHECK_EQ(inw(0x1ce), VBE_XRES);
    CHECK_EQ(inw(0x1cf), 800);
    outw(0x1ce, 0x1234);
    CHECK_EQ(inw(0x1ce), 0x1234);
    CHECK_EQ(inw(0x1cf), 0);
    outw(0x1cf, 7);
    vga_bench_fini();
}

static void while_it_is_disabled_numbers_are_kept_as_they_are(void)
{
    static const uint16_t regs[] = { VBE_XRES, VBE_YRES, VBE_BPP, VBE_VIRT_WIDTH, VBE_X_OFFSET, VBE_Y_OFFSET };

    vga_bench_init();
    for (unsigned i = 0; i < sizeof(regs) / sizeof(regs[0]); i++) {
        vbe(regs[i], 17001 + i);
        CHECK_EQ(vbe_get(regs[i]), 17001 + i);
    }
    vbe(VBE_VIRT_HEIGHT, 5);
    CHECK_EQ(vbe_get(VBE_VIRT_HEIGHT), 0);
    vbe(VBE_MEMORY_64K, 5);
    CHECK_EQ(vbe_get(VBE_MEMORY_64K), 16);
    CHECK_EQ(vbe_get(11), 0);
    vga_bench_fini();
}

/* "GETCAPS: XRES, YRES and BPP read as the largest that there are." */
static void with_getcaps_limits_are_read(void)
{
    vga_bench_init();
    vbe(VBE_XRES, 640);
    vbe(VBE_ENABLE, VBE_GETCAPS);
    CHECK_EQ(vbe_get(VBE_XRES), 16000);
    CHECK_EQ(vbe_get(VBE_YRES), 12000);
    CHECK_EQ(vbe_get(VBE_BPP), 32);
    CHECK_EQ(vbe_get(VBE_ENABLE), VBE_GETCAPS);
    CHECK_EQ(vbe_get(VBE_VIRT_WIDTH), 0);
    vbe(VBE_ENABLE, 0);
    CHECK_EQ(vbe_get(VBE_XRES), 640);
    vga_bench_fini();
}

/* What each size becomes while it is enabled, with 1 MiB. */
static void enabled_sizes_come_into_range(void)
{
    static const struct { uint16_t reg, val, want; } cases[] = {
        { VBE_XRES, 641, 640 }, { VBE_XRES, 7, 8 }, { VBE_XRES, 0, 8 }, { VBE_XRES, 8, 8 }, { VBE_XRES, 648, 648 },
        { VBE_XRES, 17000, 16000 }, { VBE_XRES, 320, 320 }, { VBE_VIRT_WIDTH, 1001, 1000 },
        { VBE_VIRT_WIDTH, 100, 320 }, { VBE_VIRT_WIDTH, 60000, 16000 }, { VBE_VIRT_WIDTH, 1024, 1024 },
        { VBE_YRES, 0, 1 }, { VBE_YRES, 1024, 1024 }, { VBE_YRES, 1025, 1024 }, { VBE_YRES, 65535, 1024 },
        { VBE_YRES, 200, 200 }, { VBE_BPP, 9, 8 }, { VBE_BPP, 0, 8 }, { VBE_BPP, 4, 4 }, { VBE_BPP, 15, 15 },
        { VBE_BPP, 16, 16 }, { VBE_BPP, 24, 24 }, { VBE_BPP, 32, 32 }, { VBE_BPP, 33, 8 },
    };

    vga_bench_init();
    vbe_mode(640, 480, 8);
    for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        vbe(cases[i].reg, cases[i].val);
        CHECK_EQ(vbe_get(cases[i].reg), cases[i].want);
    }
    vga_bench_fini();
}

static void the_virtual_height_is_what_memory_has_lines_for(void)
{
    static const struct { uint16_t bpp, lines; } cases[] = { { 4, 3276 }, { 8, 1638 }, { 15, 819 }, { 16, 819 },
                                                             { 24, 546 }, { 32, 409 } };

    vga_bench_init();
    for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        vbe_mode(640, 1, cases[i].bpp);
        CHECK_EQ(vbe_get(VBE_VIRT_WIDTH), 640);
        CHECK_EQ(vbe_get(VBE_VIRT_HEIGHT), cases[i].lines);
        vbe(VBE_VIRT_HEIGHT, 1);
        CHECK_EQ(vbe_get(VBE_VIRT_HEIGHT), cases[i].lines);
        vbe(VBE_YRES, 12001);
        CHECK_EQ(vbe_get(VBE_YRES), cases[i].lines);
    }
    vbe_mode(8, 65535, 8);
    CHECK_EQ(vbe_get(VBE_YRES), 12000);
    vga_bench_fini();
}

/* 1 MiB in mode 640 x 480 x 8 is 1638 lines and 256 bytes. */
static void offsets_that_lead_out_of_memory_become_zero(void)
{
    static const struct { uint16_t x, y, got_x, got_y; } cases[] = {
        { 0, 0, 0, 0 }, { 8, 1158, 8, 1158 }, { 0, 1159, 0, 0 }, { 256, 1158, 256, 1158 }, { 257, 1158, 257, 0 },
        { 16001, 0, 16000, 0 }, { 65535, 65535, 16000, 0 },
    };

    vga_bench_init();
    vbe_mode(640, 480, 8);
    for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        vbe(VBE_X_OFFSET, 0);
        vbe(VBE_Y_OFFSET, 0);
        vbe(VBE_X_OFFSET, cases[i].x);
        vbe(VBE_Y_OFFSET, cases[i].y);
        CHECK_EQ(vbe_get(VBE_X_OFFSET), cases[i].got_x);
        CHECK_EQ(vbe_get(VBE_Y_OFFSET), cases[i].got_y);
    }
    vbe(VBE_YRES, 1638);                        /* no room for 16000 more */
    CHECK_EQ(vbe_get(VBE_X_OFFSET), 0);
    vga_bench_fini();
}

/* "Enabling clears what will be shown, unless NOCLEARMEM is set", and starts with no offset and no bank. */
static void enabling_starts_afresh(void)
{
    vga_bench_init();
    memset(vram(), 9, 1 << 20);
    vbe(VBE_BANK, 3);
    vbe(VBE_VIRT_WIDTH, 2000);
    vbe(VBE_X_OFFSET, 8);
    vbe(VBE_Y_OFFSET, 8);
    vbe_mode(320, 200, 8);
    CHECK_EQ(vbe_get(VBE_VIRT_WIDTH), 320);
    CHECK_EQ(vbe_get(VBE_X_OFFSET) | vbe_get(VBE_Y_OFFSET), 0);
    CHECK_EQ(vbe_get(VBE_BANK), 3);             /* as written, but it is not used */
    CHECK_EQ(vram()[0] | vram()[63999], 0);
    CHECK_EQ(vram()[64000], 9);
    poke(0xa0000, 0x33);
    CHECK_EQ(vram()[0], 0x33);
    vbe(VBE_ENABLE, VBE_ENABLED);               /* is enabled already */
    CHECK_EQ(vram()[0], 0x33);
    vbe(VBE_ENABLE, 0);
    vbe(VBE_ENABLE, VBE_ENABLED | VBE_NOCLEAR);
    CHECK_EQ(vram()[0], 0x33);
    vga_bench_fini();
}

/* Whatever the sequencer says, the window is linear, and disabling takes the bank away. */
static void the_window_shows_banks_of_linear_memory(void)
{
    vga_bench_init();
    vbe_mode(320, 200, 4);
    CHECK(vb.v->banked.enabled);
    vbe(VBE_BANK, 2);
    sr(SR_MAP_MASK, 1);
    sr(SR_MEMORY_MODE, 6);
    mem_out(&vb.b, 0xa0000, 4, 0x04030201);
    CHECK(!memcmp(vram() + 0x20000, "\1\2\3\4", 4));
    CHECK_EQ(get(0x3c4, SR_MAP_MASK), 1);
    vbe(VBE_ENABLE, 0);
    CHECK(!vb.v->banked.enabled);
    gr(GR_BIT_MASK, 0xff);
    poke(0xa0000, 0x55);
    CHECK_EQ(vram()[0], 0x55);
    CHECK_EQ(vram()[1], 0);
    vga_bench_fini();
}

/* The VGA's registers show the mode, and stay so. */
static void vga_registers_show_a_mode_that_fits(void)
{
    vga_bench_init_mb("4");
    out(0x3c2, 1);
    vbe_mode(800, 600, 32);
    CHECK_EQ(get(0x3ce, GR_MODE), 0x40);
    CHECK_EQ(get(0x3ce, GR_MISC), 0x05);
    CHECK_EQ(get(0x3d4, CR_DISPLAY_END), 0x63);
    CHECK_EQ(get(0x3d4, CR_OVERFLOW), 0x50);
    CHECK_EQ(get(0x3d4, CR_MAX_SCAN), 0x40);
    CHECK_EQ(get(0x3d4, CR_V_DISPLAY_END), 0x57);
    CHECK_EQ(get(0x3d4, CR_OFFSET), 0x90);
    CHECK_EQ(get(0x3d4, CR_MODE), 0x03);
    CHECK_EQ(get(0x3d4, CR_LINE_COMPARE), 0xff);
    cr(CR_DISPLAY_END, 10);
    cr(CR_MAX_SCAN, 0x21);
    gr(GR_MISC, 0x0e);
    gr(GR_MODE, 0x3b);
    CHECK_EQ(get(0x3d4, CR_DISPLAY_END), 0x63);
    CHECK_EQ(get(0x3d4, CR_MAX_SCAN), 0x60);
    CHECK_EQ(get(0x3ce, GR_MISC), 0x07);
    CHECK_EQ(get(0x3ce, GR_MODE), 0x5b);
    vbe(VBE_YRES, 480);
    CHECK_EQ(get(0x3d4, CR_OVERFLOW), 0x12);
    CHECK_EQ(get(0x3d4, CR_V_DISPLAY_END), 0xdf);
    vbe_mode(1032, 1030, 4);
    CHECK_EQ(get(0x3ce, GR_MODE), 0x1b);
    CHECK_EQ(get(0x3d4, CR_OVERFLOW), 0x10);
    vbe(VBE_ENABLE, 0);
    cr(CR_DISPLAY_END, 10);
    CHECK_EQ(get(0x3d4, CR_DISPLAY_END), 10);
    vga_bench_fini();
}

static void depth_shows(uint16_t bpp, const char *pixels, size_t len, const uint32_t *want, unsigned n)
{
    vbe_mode(64, 4, bpp);
    memcpy(vram(), pixels, len);
    look();
    CHECK_EQ(vb.s->width, 64);
    CHECK_EQ(vb.s->height, 4);
    for (unsigned i = 0; i < n; i++)
        CHECK_EQ(pixel_at(i, 0), want[i]);
}
#define SHOWS(bpp, bytes, ...) \
    depth_shows(bpp, bytes, sizeof(bytes) - 1, (const uint32_t[]){ __VA_ARGS__ }, \
                sizeof((const uint32_t[]){ __VA_ARGS__ }) / 4)

static void every_depth_has_its_pixels(void)
{
    vga_bench_init();
    out(0x3c2, 1);
    dac_by_number();
    SHOWS(8, "\0\1\x3f\xff", 0, 7, 0xff, 0x0f00ff);
    SHOWS(15, "\x1f\x00\xe0\x03\x00\x7c\x01\x84", 0x0000f8, 0x00f800, 0xf80000, 0x080008);
    SHOWS(16, "\x1f\x00\xe0\x07\x00\xf8\x01\x84", 0x0000ff, 0x00ff00, 0xff0000, 0x848208);
    SHOWS(24, "\1\2\3\4\5\6", 0x030201, 0x060504);
    SHOWS(32, "\1\2\3\xff\4\5\6\0", 0x030201, 0x060504);
    vb.v->st.vga.big_endian = true;
    SHOWS(15, "\x00\x1f\x03\xe0", 0x0000f8, 0x00f800);
    SHOWS(16, "\x00\x1f\x07\xe0", 0x0000ff, 0x00ff00);
    SHOWS(24, "\1\2\3\4\5\6", 0x010203, 0x040506);
    SHOWS(32, "\xff\1\2\3\0\4\5\6", 0x010203, 0x040506);
    for (unsigned i = 0; i < 16; i++)
        ar(i, i);
    ar(AR_PLANE_ENABLE, 0xf);
    SHOWS(4, "\x81\x40\x20\x10", shown(1), shown(2), shown(4), shown(8), 0, 0, 0, shown(1), 0);
    vga_bench_fini();
}

/* "8BIT_DAC: the DAC has eight bits per colour." */
static void the_dac_can_have_eight_bits(void)
{
    vga_bench_init();
    dac(1, 0x81, 0x42, 0xff);
    SHOWS(8, "\1", 0x0708ff);
    vbe(VBE_ENABLE, VBE_ENABLED | VBE_8BIT_DAC);
    look();
    CHECK_EQ(pixel_at(0, 0), 0x8142ff);
    vbe(VBE_ENABLE, VBE_8BIT_DAC);              /* not without the interface */
    mode_set(&mode_13);
    poke(0xa0000, 1);
    look();
    CHECK_EQ(pixel_at(0, 0), 0x0708ff);
    vga_bench_fini();
}

/* The picture begins at a multiple of four bytes. */
static void offsets_move_the_picture(void)
{
    vga_bench_init();
    dac_by_number();
    vbe_mode(64, 4, 8);
    vbe(VBE_VIRT_WIDTH, 128);
    for (unsigned i = 0; i < 1024; i++)
        vram()[i] = i / 128 * 32 + i % 128 / 4;
    vbe(VBE_X_OFFSET, 8);
    vbe(VBE_Y_OFFSET, 2);
    look();
    CHECK_EQ(vb.s->width, 64);
    CHECK_EQ(pixel_at(0, 0), shown(66));
    CHECK_EQ(pixel_at(63, 3), shown(5 * 32 + 71 / 4));
    vbe(VBE_X_OFFSET, 11);
    look();
    CHECK_EQ(pixel_at(3, 0), shown(66));
    CHECK_EQ(pixel_at(4, 0), shown(67));
    vga_bench_fini();
}

/* The PCI binding */

static struct pci_bench p;
static struct device *function;
enum { MMIO = 0xfeb00000u, FB = 0xd0000000u };

static void pci_begin(const char *type, const char *prop, const char *value)
{
    pci_bench_init(&p);
    function = device_new(p.b.m, device_type_find(type));
    CHECK(!device_set(function, "addr", "2", NULL) && !device_set(function, "romfile", "", NULL));
    CHECK(!prop || !device_set(function, prop, value, NULL));
    CHECK(!device_realize(function, NULL, NULL, NULL));
}

static void pci_map(void)
{
    pci_out(&p, 2, 0, PCI_BAR, 4, FB);
    pci_out(&p, 2, 0, PCI_BAR + 8, 4, MMIO);
    pci_out(&p, 2, 0, PCI_COMMAND, 2, PCI_COMMAND_MEMORY | PCI_COMMAND_IO);
}

static void identity_and_bars_are_the_reference_s(void)
{
    pci_begin("VGA", "vgamem_mb", "64");
    CHECK_EQ(pci_in(&p, 2, 0, PCI_VENDOR, 4), 0x11111234);
    CHECK_EQ(pci_in(&p, 2, 0, PCI_REVISION, 4), 0x03000002);
    CHECK_EQ(pci_in(&p, 2, 0, PCI_SUBVENDOR, 4), 0x11001af4);
    CHECK_EQ(pci_in(&p, 2, 0, PCI_IRQ_PIN, 1), 0);
    for (unsigned i = 0; i < 6; i++)
        pci_out(&p, 2, 0, PCI_BAR + 4 * i, 4, UINT32_MAX);
    CHECK_EQ(pci_in(&p, 2, 0, PCI_BAR, 4), 0xfc000008);
    CHECK_EQ(pci_in(&p, 2, 0, PCI_BAR + 4, 4), 0);
    CHECK_EQ(pci_in(&p, 2, 0, PCI_BAR + 8, 4), 0xfffff000);
    CHECK_EQ(pci_in(&p, 2, 0, PCI_BAR + 12, 4), 0);
    CHECK_STR(vga(function)->vram->name, "0000:00:02.0/vga.vram");
    pci_bench_fini(&p);
    pci_begin("VGA", "global-vmstate", "on");
    CHECK_STR(vga(function)->vram->name, "vga.vram");
    pci_bench_fini(&p);
}

static void bar_0_is_all_of_the_memory(void)
{
    pci_begin("VGA", "vgamem_mb", "4");
    pci_map();
    mem_out(&p.b, FB, 4, 0x11223344);
    mem_out(&p.b, FB + 0x3ffffc, 4, 0x55667788);
    CHECK_EQ(vga(function)->vram->host[0], 0x44);
    CHECK_EQ(vga(function)->vram->host[0x3fffff], 0x55);
    CHECK_EQ(mem_in(&p.b, FB + 0x400000, 4), 0);
    pci_bench_fini(&p);
}

static void bar_2_has_edid_ports_and_registers(void)
{
    pci_begin("VGA", NULL, NULL);
    pci_map();
    CHECK_EQ(mem_in(&p.b, MMIO, 8), 0x00ffffffffffff00);
    mem_out(&p.b, MMIO, 1, 0x55);
    CHECK_EQ(mem_in(&p.b, MMIO, 1), 0);
    CHECK_EQ(mem_in(&p.b, MMIO + 0x180, 4), UINT32_MAX);
    mem_out(&p.b, MMIO + 0x404, 2, 0x0502);             /* sequencer 2 */
    CHECK_EQ(vga(function)->st.vga.sr[SR_MAP_MASK], 5);
    CHECK_EQ(mem_in(&p.b, MMIO + 0x404, 4), 0x00000502);
    CHECK_EQ(mem_in(&p.b, MMIO + 0x414, 1), 0xff);      /* CRT controller: at 3B4h now */
    mem_out(&p.b, MMIO + 0x402, 1, 1);
    mem_out(&p.b, MMIO + 0x414, 2, 0x770c);
    CHECK_EQ(mem_in(&p.b, MMIO + 0x415, 1), 0x77);
    CHECK_EQ(mem_in(&p.b, MMIO + 0x420, 4), UINT32_MAX);
    CHECK_EQ(mem_in(&p.b, MMIO + 0x500, 2), 0xb0c5);
    mem_out(&p.b, MMIO + 0x502, 2, 640);
    CHECK_EQ(vga(function)->st.vga.vbe[VBE_XRES], 640);
    CHECK_EQ(mem_in(&p.b, MMIO + 0x500, 4), 640 << 16 | 0xb0c5);
    CHECK_EQ(mem_in(&p.b, MMIO + 0x514, 2), 256);
    CHECK_EQ(mem_in(&p.b, MMIO + 0x516, 4), UINT32_MAX);
    CHECK_EQ(mem_in(&p.b, MMIO + 0xffc, 4), UINT32_MAX);
    pci_bench_fini(&p);
}

static void extended_registers_choose_the_order_of_bytes(void)
{
    pci_begin("VGA", NULL, NULL);
    pci_map();
    CHECK_EQ(mem_in(&p.b, MMIO + 0x600, 4), 8);
    CHECK_EQ(mem_in(&p.b, MMIO + 0x604, 4), 0x1e1e1e1e);
    mem_out(&p.b, MMIO + 0x604, 4, 0xbebebebe);
    CHECK(vga(function)->st.vga.big_endian);
    CHECK_EQ(mem_in(&p.b, MMIO + 0x604, 4), 0xbebebebe);
    mem_out(&p.b, MMIO + 0x604, 4, 0x12345678);
    CHECK(vga(function)->st.vga.big_endian);
    bench_reload(&p.b);
    CHECK(vga(function)->st.vga.big_endian);
    mem_out(&p.b, MMIO + 0x604, 4, 0x1e1e1e1e);
    CHECK(!vga(function)->st.vga.big_endian);
    CHECK_EQ(mem_in(&p.b, MMIO + 0x608, 4), UINT32_MAX);
    pci_bench_fini(&p);
    pci_begin("VGA", "qemu-extended-regs", "off");
    pci_map();
    CHECK_EQ(mem_in(&p.b, MMIO + 0x600, 8), UINT64_MAX);
    mem_out(&p.b, MMIO + 0x604, 4, 0xbebebebe);
    CHECK(!vga(function)->st.vga.big_endian);
    pci_bench_fini(&p);
}

static void parts_can_be_left_out(void)
{
    pci_begin("VGA", "edid", "off");
    pci_map();
    CHECK_EQ(mem_in(&p.b, MMIO, 8), UINT64_MAX);
    pci_bench_fini(&p);
    pci_begin("VGA", "mmio", "off");
    pci_map();
    CHECK_EQ(pci_in(&p, 2, 0, PCI_BAR + 8, 4), 0);
    CHECK_EQ(mem_in(&p.b, MMIO + 0x600, 4), 0);
    pci_bench_fini(&p);
}

static void ports_and_window_are_the_first_one_s_only(void)
{
    pci_begin("secondary-vga", NULL, NULL);
    pci_map();
    CHECK_EQ(pci_in(&p, 2, 0, PCI_REVISION, 4), 0x03800002);
    CHECK_EQ(port_in(&p.b, 0x3cc), 0xff);
    CHECK_EQ(mem_in(&p.b, MMIO + 0x40c, 1), 0);
    mem_out(&p.b, MMIO + 0x402, 1, 0xe3);
    CHECK_EQ(mem_in(&p.b, MMIO + 0x40c, 1), 0xe3);
    mem_out(&p.b, MMIO + 0x404, 2, 0x0e04);
    mem_out(&p.b, FB, 1, 0x21);
    CHECK_EQ(vga(function)->vram->host[0], 0x21);
    pci_bench_fini(&p);
    pci_begin("VGA", NULL, NULL);
    CHECK_EQ(port_in(&p.b, 0x3cc), 0);
    CHECK_EQ(port_in(&p.b, 0x3c3), 0);
    pci_bench_fini(&p);
}

int main(void)
{
    epoch_thread_init();
    TEST(id_is_b0c5_and_takes_older_versions);
    TEST(both_ports_are_words);
    TEST(while_it_is_disabled_numbers_are_kept_as_they_are);
    TEST(with_getcaps_limits_are_read);
    TEST(enabled_sizes_come_into_range);
    TEST(the_virtual_height_is_what_memory_has_lines_for);
    TEST(offsets_that_lead_out_of_memory_become_zero);
    TEST(enabling_starts_afresh);
    TEST(the_window_shows_banks_of_linear_memory);
    TEST(vga_registers_show_a_mode_that_fits);
    TEST(every_depth_has_its_pixels);
    TEST(the_dac_can_have_eight_bits);
    TEST(offsets_move_the_picture);
    TEST(identity_and_bars_are_the_reference_s);
    TEST(bar_0_is_all_of_the_memory);
    TEST(bar_2_has_edid_ports_and_registers);
    TEST(extended_registers_choose_the_order_of_bytes);
    TEST(parts_can_be_left_out);
    TEST(ports_and_window_are_the_first_one_s_only);
    epoch_thread_fini();
    return test_end();
}
