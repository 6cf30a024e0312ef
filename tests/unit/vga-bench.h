/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A test bench with a VGA: an ISA one, which needs nothing else, its ports, its window and what it shows
 */

#include "hw/display/vga-chip.h"
#include "tests/unit/hw-bench.h"

enum { LFB = 0xe0000000u };

struct vga_bench {
    struct bench b;
    struct displays displays;
    struct vga *v;
    const struct surface *s;            /* of the last look */
};

static struct vga_bench vb;

static inline void vga_bench_init_mb(const char *megabytes)
{
    struct device *dev;

    memset(&vb, 0, sizeof(vb));
    bench_init(&vb.b, 0);
    displays_init(&vb.displays);
    vb.b.m->displays = &vb.displays;
    dev = device_new(vb.b.m, device_type_find("isa-vga"));
    CHECK(!device_set(dev, "vgamem_mb", megabytes, NULL));
    CHECK(!device_realize(dev, NULL, NULL, NULL));
    vb.v = vga(dev);
}

static inline void vga_bench_init(void)
{
    vga_bench_init_mb("1");
}

static inline void vga_bench_fini(void)
{
    bench_fini(&vb.b);
    displays_fini(&vb.displays);
}

static inline uint8_t in(uint16_t port)
{
    return port_in(&vb.b, port);
}

static inline void out(uint16_t port, uint8_t val)
{
    port_out(&vb.b, port, val);
}

static inline void outw(uint16_t port, uint16_t val)
{
    io_out(&vb.b, port, 2, val);
}

static inline uint16_t inw(uint16_t port)
{
    return io_in(&vb.b, port, 2);
}

static inline void sr(uint8_t index, uint8_t val)
{
    outw(0x3c4, val << 8 | index);
}

static inline void gr(uint8_t index, uint8_t val)
{
    outw(0x3ce, val << 8 | index);
}

static inline void cr(uint8_t index, uint8_t val)
{
    outw(0x3d4, val << 8 | index);
}

static inline uint8_t get(uint16_t port, uint8_t index)
{
    out(port, index);
    return in(port + 1);
}

/* Leaves the screen on. */
static inline void ar(uint8_t index, uint8_t val)
{
    in(0x3da);
    out(0x3c0, index | 0x20);
    out(0x3c0, val);
}

static inline void dac(uint8_t index, uint8_t r, uint8_t g, uint8_t b)
{
    out(0x3c8, index);
    out(0x3c9, r);
    out(0x3c9, g);
    out(0x3c9, b);
}

static inline void vbe(uint16_t index, uint16_t val)
{
    outw(0x1ce, index);
    outw(0x1cf, val);
}

static inline uint16_t vbe_get(uint16_t index)
{
    outw(0x1ce, index);
    return inw(0x1cf);
}

static inline void vbe_mode(uint16_t x, uint16_t y, uint16_t bpp)
{
    vbe(VBE_ENABLE, 0);
    vbe(VBE_XRES, x);
    vbe(VBE_YRES, y);
    vbe(VBE_BPP, bpp);
    vbe(VBE_ENABLE, VBE_ENABLED | VBE_LFB);
    in(0x3da);
    out(0x3c0, 0x20);
}

static inline uint8_t *vram(void)
{
    return vb.v->vram->host;
}

static inline uint8_t peek(uint32_t at)
{
    return mem_in(&vb.b, at, 1);
}

static inline void poke(uint32_t at, uint8_t val)
{
    mem_out(&vb.b, at, 1, val);
}

static inline void look(void)
{
    vb.s = console_look(&vb.v->console);
    CHECK(vb.s);
}

static inline uint32_t pixel_at(unsigned x, unsigned y)
{
    CHECK(x < vb.s->width && y < vb.s->height);
    return surface_line(vb.s, y)[x];
}

/* Colour n of the DAC is n on the screen: blue, but for its low bits, which come out as six bits show them. */
static inline uint32_t shown(uint8_t n)
{
    return (n & 0x3f) << 2 | (n & 1 ? 3 : 0) | (uint32_t)(n >> 6) << 18 | (n >> 6 & 1 ? 3u << 16 : 0);
}

static inline void dac_by_number(void)
{
    for (unsigned i = 0; i < 256; i++)
        dac(i, i >> 6, 0, i & 0x3f);
}

struct vga_regs { uint8_t msr, sr[5], cr[25], gr[9], ar[21]; };

static inline void mode_set(const struct vga_regs *r)
{
    out(0x3c2, r->msr);
    for (unsigned i = 0; i < 5; i++)
        sr(i, r->sr[i]);
    cr(CR_V_RETRACE_END, 0);
    for (unsigned i = 0; i < 25; i++)
        cr(i, r->cr[i]);
    for (unsigned i = 0; i < 9; i++)
        gr(i, r->gr[i]);
    for (unsigned i = 0; i < 21; i++)
        ar(i, r->ar[i]);
}

/* The IBM modes, with registers 0 to 7 of the CRT controller left open. */
static const struct vga_regs mode_03 __attribute__((unused)) = {
    0x67, { 3, 0, 3, 0, 2 },
    { 0x5f, 0x4f, 0x50, 0x82, 0x55, 0x81, 0xbf, 0x1f, 0, 0x4f, 0x20, 0x0e, 0, 0, 0, 0,
      0x9c, 0x0e, 0x8f, 0x28, 0x1f, 0x96, 0xb9, 0xa3, 0xff },
    { 0, 0, 0, 0, 0, 0x10, 0x0e, 0, 0xff },
    { 0, 1, 2, 3, 4, 5, 6, 7, 0x38, 0x39, 0x3a, 0x3b, 0x3c, 0x3d, 0x3e, 0x3f, 0x0c, 0, 0x0f, 8, 0 },
};
static const struct vga_regs mode_04 __attribute__((unused)) = {
    0x63, { 3, 9, 3, 0, 2 },
    { 0x2d, 0x27, 0x28, 0x90, 0x2b, 0x80, 0xbf, 0x1f, 0, 0xc1, 0, 0, 0, 0, 0, 0,
      0x9c, 0x0e, 0x8f, 0x14, 0, 0x96, 0xb9, 0xa2, 0xff },
    { 0, 0, 0, 0, 0, 0x30, 0x0f, 0, 0xff },
    { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 1, 0, 3, 0, 0 },
};
static const struct vga_regs mode_0d __attribute__((unused)) = {
    0x63, { 3, 9, 0xf, 0, 6 },
    { 0x2d, 0x27, 0x28, 0x90, 0x2b, 0x80, 0xbf, 0x1f, 0, 0xc0, 0, 0, 0, 0, 0, 0,
      0x9c, 0x0e, 0x8f, 0x14, 0, 0x96, 0xb9, 0xe3, 0xff },
    { 0, 0, 0, 0, 0, 0, 5, 0x0f, 0xff },
    { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 1, 0, 0xf, 0, 0 },
};
static const struct vga_regs mode_12 __attribute__((unused)) = {
    0xe3, { 3, 1, 0xf, 0, 6 },
    { 0x5f, 0x4f, 0x50, 0x82, 0x54, 0x80, 0x0b, 0x3e, 0, 0x40, 0, 0, 0, 0, 0, 0,
      0xea, 0x0c, 0xdf, 0x28, 0, 0xe7, 4, 0xe3, 0xff },
    { 0, 0, 0, 0, 0, 0, 5, 0x0f, 0xff },
    { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 1, 0, 0xf, 0, 0 },
};
static const struct vga_regs mode_13 __attribute__((unused)) = {
    0x63, { 3, 1, 0xf, 0, 0x0e },
    { 0x5f, 0x4f, 0x50, 0x82, 0x54, 0x80, 0xbf, 0x1f, 0, 0x41, 0, 0, 0, 0, 0, 0,
      0x9c, 0x0e, 0x8f, 0x28, 0x40, 0x96, 0xb9, 0xa3, 0xff },
    { 0, 0, 0, 0, 0, 0x40, 5, 0x0f, 0xff },
    { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 0x41, 0, 0xf, 0, 0 },
};
