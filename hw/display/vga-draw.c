/* SPDX-License-Identifier: Apache-2.0 */
#include "hw/display/vga-chip.h"

/*
 * Pixels: from video memory to a surface, line by line
 *
 * A line's bytes are fetched once, around the end of vram if need be, so that no decoder below looks
 * beyond what it was given.
 * Reference: IBM Video Subsystem, "Modes of Operation", "Attribute Controller"; FreeVGA, "Graphics Mode".
 *
 * Invariant: a line is VGA_LINE_BYTES at most.
 */

#include "lib/bits.h"

struct line {
    const uint8_t *from;
    uint32_t *to;
    unsigned width, repeat;             /* dots in all, dots per pixel */
    bool swap;                          /* big-endian pixels */
    const uint32_t *dac;                /* 256 colours */
    const uint32_t *ega;                /* 16 colours, after the attribute controller */
};

static uint32_t pixel(unsigned r, unsigned g, unsigned b)
{
    return r << 16 | g << 8 | b;
}

/* Six bits become eight; the lowest one fills up. */
static unsigned six(uint8_t val)
{
    return (val & 0x3f) << 2 | (val & 1 ? 3 : 0);
}

uint32_t vga_colour(const struct vga_state *st, unsigned index)
{
    const uint8_t *rgb = &st->palette[(index & (DACS - 1)) * RGB];

    if (vga_vbe_on(st) && (st->vbe[VBE_ENABLE] & VBE_8BIT_DAC))
        return pixel(rgb[0], rgb[1], rgb[2]);
    return pixel(six(rgb[0]), six(rgb[1]), six(rgb[2]));
}

uint8_t vga_attribute(const struct vga_state *st, unsigned n)
{
    uint8_t val = st->ar[n & 0xf], select = st->ar[AR_COLOR_SELECT];

    if (st->ar[AR_MODE] & AR_MODE_P54)
        return (val & 0xf) | select << 4;
    return (val & 0x3f) | (select & 0xc) << 4;
}

/* Puts a pixel's dots, as far as the line goes; the next dot. */
static unsigned dots(const struct line *l, unsigned x, uint32_t colour)
{
    for (unsigned i = 0; i < l->repeat && x < l->width; i++)
        l->to[x++] = colour;
    return x;
}

/* Eight pixels in the same bits of four planes. */
static void planar(const struct line *l)
{
    const uint8_t *p = l->from;

    for (unsigned x = 0; x < l->width; p += 4)
        for (int bit = 7; bit >= 0; bit--)
            x = dots(l, x, l->ega[(p[0] >> bit & 1) | (p[1] >> bit & 1) << 1 | (p[2] >> bit & 1) << 2 |
                                  (p[3] >> bit & 1) << 3]);
}

/* Four pixels in pairs of bits of planes 0 and 2, four in planes 1 and 3. */
static void pairs(const struct line *l)
{
    const uint8_t *p = l->from;

    for (unsigned x = 0; x < l->width; p += 4)
        for (unsigned plane = 0; plane < 2; plane++)
            for (int bit = 6; bit >= 0; bit -= 2)
                x = dots(l, x, l->ega[(p[plane] >> bit & 3) | (p[plane + 2] >> bit & 3) << 2]);
}

static void bytes(const struct line *l)
{
    const uint8_t *p = l->from;

    for (unsigned x = 0; x < l->width; p++)
        x = dots(l, x, l->dac[*p]);
}

static unsigned load16(const struct line *l, unsigned x)
{
    uint16_t val = bits_load(l->from + 2 * x, 2);

    return l->swap ? __builtin_bswap16(val) : val;
}

static void depth_15(const struct line *l)
{
    for (unsigned x = 0; x < l->width; x++) {
        unsigned val = load16(l, x);

        l->to[x] = pixel((val >> 10 & 0x1f) << 3, (val >> 5 & 0x1f) << 3, (val & 0x1f) << 3);
    }
}

static void depth_16(const struct line *l)
{
    for (unsigned x = 0; x < l->width; x++) {
        unsigned val = load16(l, x), r = val >> 11, g = val >> 5 & 0x3f, b = val & 0x1f;

        l->to[x] = pixel(r << 3 | r >> 2, g << 2 | g >> 4, b << 3 | b >> 2);
    }
}

static void depth_24(const struct line *l)
{
    const uint8_t *p = l->from;

    for (unsigned x = 0; x < l->width; x++, p += 3)
        l->to[x] = l->swap ? pixel(p[0], p[1], p[2]) : pixel(p[2], p[1], p[0]);
}

static void depth_32(const struct line *l)
{
    for (unsigned x = 0; x < l->width; x++) {
        uint32_t val = bits_load(l->from + 4 * x, 4);

        l->to[x] = (l->swap ? __builtin_bswap32(val) : val) & 0xffffff;
    }
}

/* Bytes that a line takes, rounded up to whole addresses. */
static uint32_t bytes_of(const struct vga_mode *m)
{
    uint32_t pixels = (m->width + m->repeat - 1) / m->repeat;

    switch (m->kind) {
    case VGA_PLANAR:
    case VGA_PAIRS:
        return (pixels + 7) / 8 * 4;
    case VGA_15:
    case VGA_16:
        return pixels * 2;
    case VGA_24:
        return pixels * 3;
    case VGA_32:
        return pixels * 4;
    default:
        return pixels;
    }
}

/* The line's bytes in vram, or around its end in `around`. */
static const uint8_t *fetch(const struct vga *v, uint64_t at, uint32_t len, uint8_t *around)
{
    uint64_t size = v->vram->size, first;

    at %= size;
    if (len <= size - at)
        return v->vram->host + at;
    first = size - at;
    memcpy(around, v->vram->host + at, first);
    memcpy(around + first, v->vram->host, len - first);
    return around;
}

/* CGA's and Hercules' memory: bits of the row scan stand in for address bits 13 and 14. */
static uint64_t interleave(const struct vga_state *st, uint64_t at, unsigned scan)
{
    unsigned shift = 14 + (st->cr[CR_MODE] >> 6 & 1);

    if (!(st->cr[CR_MODE] & 1))
        at = (at & ~(1ull << shift)) | (uint64_t)(scan & 1) << shift;
    if (!(st->cr[CR_MODE] & 2))
        at = (at & ~(2ull << shift)) | (uint64_t)(scan >> 1 & 1) << (shift + 1);
    return at;
}

static uint64_t line_at(const struct vga *v, const struct vga_mode *m, unsigned y)
{
    uint32_t start = y >= m->split ? 0 : m->start;
    unsigned scan = (y >= m->split ? y - m->split : y) >> m->doubled;
    uint64_t at = start + (uint64_t)(scan / m->scans) * m->pitch;

    return vga_vbe_on(&v->st.vga) ? at : interleave(&v->st.vga, at, scan % m->scans);
}

static void line_draw(const struct line *l, enum vga_kind kind)
{
    static void (*const draw[])(const struct line *l) = {
        [VGA_PLANAR] = planar, [VGA_PAIRS] = pairs, [VGA_BYTES] = bytes, [VGA_15] = depth_15, [VGA_16] = depth_16,
        [VGA_24] = depth_24, [VGA_32] = depth_32,
    };

    draw[kind](l);
}

static void graphics_draw(struct vga *v, const struct vga_mode *m, struct line *l, struct surface *s)
{
    uint8_t around[VGA_LINE_BYTES];
    uint64_t at, last = UINT64_MAX;

    l->width = s->width < m->width ? s->width : m->width;
    l->repeat = m->repeat;
    l->swap = v->st.vga.big_endian;
    for (unsigned y = 0; y < s->height; y++) {
        at = line_at(v, m, y);
        l->to = surface_line(s, y);
        if (at == last) {
            memcpy(l->to, surface_line(s, y - 1), l->width * sizeof(*l->to));
            continue;
        }
        l->from = fetch(v, at, bytes_of(m), around);
        line_draw(l, m->kind);
        last = at;
    }
}

void vga_draw(struct vga *v, const struct vga_mode *m, struct surface *s)
{
    const struct vga_state *st = &v->st.vga;
    uint32_t dac[DACS], ega[16];
    struct line l = { .dac = dac, .ega = ega };

    for (unsigned i = 0; i < DACS; i++)
        dac[i] = vga_colour(st, i);
    for (unsigned i = 0; i < 16; i++)
        ega[i] = dac[vga_attribute(st, m->kind == VGA_TEXT ? i : i & st->ar[AR_PLANE_ENABLE])];
    if (m->kind == VGA_BLANK)
        for (unsigned y = 0; y < s->height; y++)
            memset(surface_line(s, y), 0, s->width * sizeof(uint32_t));
    else if (m->kind == VGA_TEXT)
        vga_text_draw(v, m, ega, s);
    else
        graphics_draw(v, m, &l, s);
}
