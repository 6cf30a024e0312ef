/* SPDX-License-Identifier: Apache-2.0 */
#include "hw/display/vga-chip.h"

/*
 * What a VGA's registers mean for a picture
 *
 * With plane p of address a at byte 4 * a + p, one pitch serves all modes: the offset register counts
 * eight bytes.  A row of addresses is shown `scans` times, each twice if `doubled`.
 * Reference: IBM Video Subsystem, "CRT Controller Registers"; FreeVGA, "VGA/SVGA Video Timing".
 * Left out: panning and preset row scan, word and doubleword addresses, blanking shorter than the
 * display, as the reference leaves them out.
 *
 * Invariant: width and height are 1 to SURFACE_SIDE_MAX, cells and repeats are not 0.
 */

enum { OVERFLOW_V_DISPLAY_8 = 1, OVERFLOW_V_DISPLAY_9 = 6 };

static unsigned bit(uint8_t reg, unsigned from, unsigned to)
{
    return (unsigned)(reg >> from & 1) << to;
}

static unsigned lines_shown(const struct vga_state *st)
{
    return (st->cr[CR_V_DISPLAY_END] | bit(st->cr[CR_OVERFLOW], OVERFLOW_V_DISPLAY_8, 8) |
            bit(st->cr[CR_OVERFLOW], OVERFLOW_V_DISPLAY_9, 9)) + 1;
}

static unsigned line_compare(const struct vga_state *st)
{
    return st->cr[CR_LINE_COMPARE] | bit(st->cr[CR_OVERFLOW], 4, 8) | bit(st->cr[CR_MAX_SCAN], 6, 9);
}

static void vbe_mode(const struct vga_state *st, struct vga_mode *m)
{
    static const struct { uint8_t bpp, kind; } kinds[] = {
        { 4, VGA_PLANAR }, { 8, VGA_BYTES }, { 15, VGA_15 }, { 16, VGA_16 }, { 24, VGA_24 }, { 32, VGA_32 },
    };

    for (unsigned i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
        if (kinds[i].bpp == st->vbe[VBE_BPP])
            m->kind = kinds[i].kind;
    m->width = st->vbe[VBE_XRES];
    m->height = st->vbe[VBE_YRES];
    m->start = vga_vbe_start_bytes(st);
    m->pitch = vga_vbe_line_bytes(st);
    m->split = UINT32_MAX;
}

/* As many whole rows as there are lines for, and one at least. */
static void text_mode(const struct vga_state *st, struct vga_mode *m)
{
    unsigned rows;

    m->kind = VGA_TEXT;
    m->cell_height = m->scans;
    m->cell_width = st->sr[SR_CLOCKING] & SR_CLOCKING_HALF ? 16 : st->sr[SR_CLOCKING] & SR_CLOCKING_8_DOTS ? 8 : 9;
    m->width = (st->cr[CR_DISPLAY_END] + 1) * m->cell_width;
    rows = lines_shown(st) / m->cell_height;
    m->height = (rows ? rows : 1) * m->cell_height;
}

/* Dots of a slow clock are twice as wide; a byte of 256 colours takes two dots of any. */
static void graphics_mode(const struct vga_state *st, struct vga_mode *m)
{
    bool slow = st->sr[SR_CLOCKING] & SR_CLOCKING_HALF;

    m->kind = st->gr[GR_MODE] & 0x40 ? VGA_BYTES : st->gr[GR_MODE] & 0x20 ? VGA_PAIRS : VGA_PLANAR;
    m->repeat = m->kind == VGA_BYTES || slow ? 2 : 1;
    m->width = (st->cr[CR_DISPLAY_END] + 1) * (slow && m->kind != VGA_BYTES ? 16 : 8);
    m->height = lines_shown(st);
    m->doubled = st->cr[CR_MAX_SCAN] & CR_DOUBLE_SCAN;
}

void vga_mode(const struct vga *v, struct vga_mode *m)
{
    const struct vga_state *st = &v->st.vga;

    *m = (struct vga_mode){
        .kind = VGA_BLANK, .width = 640, .height = 480, .repeat = 1, .cell_width = 8, .cell_height = 16, .scans = 1,
        .start = (st->cr[CR_START_HIGH] << 8 | st->cr[CR_START_LOW]) * 4u, .pitch = st->cr[CR_OFFSET] * 8u,
        .split = line_compare(st) + 1,
    };
    if (!(st->ar_index & AR_INDEX_PAS))
        return;
    if (vga_vbe_on(st)) {
        vbe_mode(st, m);
        return;
    }
    m->scans = (st->cr[CR_MAX_SCAN] & 0x1f) + 1;
    if (st->gr[GR_MISC] & GR_MISC_GRAPHICS)
        graphics_mode(st, m);
    else
        text_mode(st, m);
}
