/* SPDX-License-Identifier: Apache-2.0 */
#include "hw/display/vga-chip.h"

/*
 * Text: cells of planes 0 and 1, with the guest's fonts in plane 2
 *
 * A cell's attribute has the foreground in bits 3 to 0 and the background in bits 7 to 4.  The ninth dot
 * of a cell is background, but repeats the eighth for the line graphics B0h to DFh if the mode control
 * register says so (the reference's range; IBM's begins at C0h).
 * Reference: IBM Video Subsystem, "Alphanumeric Modes", "Character Map Select", "Cursor"; FreeVGA.
 * Left out: blinking, of cells and of the cursor; the underline; half a row at the split, where a row
 * that has begun is finished.
 *
 * Invariant: every index into vram is taken modulo its size.
 */

#include <assert.h>
#include <stdlib.h>

enum { FONT_ROWS = 32, CURSOR_ROW = 0x1f, ATTRIBUTE_FONT = 1 << 3 };

struct cell { uint8_t code, attribute; bool cursor; };

static uint8_t vram_at(const struct vga *v, uint64_t at)
{
    return v->vram->host[at & (v->vram->size - 1)];
}

/* Where the row begins: after the split, at address 0. */
static uint64_t row_at(const struct vga_mode *m, unsigned row)
{
    unsigned first = m->split == 0 ? 0 : (m->split - 1) / m->cell_height + 1;

    return row < first ? m->start + (uint64_t)row * m->pitch : (uint64_t)(row - first) * m->pitch;
}

static struct cell cell_at(const struct vga *v, uint64_t at)
{
    const struct vga_state *st = &v->st.vga;
    uint32_t cursor = (st->cr[CR_CURSOR_HIGH] << 8 | st->cr[CR_CURSOR_LOW]) * 4u;

    return (struct cell){ vram_at(v, at), vram_at(v, at + 1),
                          at == cursor && !(st->cr[CR_CURSOR_START] & CR_CURSOR_OFF) };
}

/* SR3 has two bits and a third one apart for each of two fonts; attribute bit 3 chooses between them. */
static uint64_t font_at(const struct vga_state *st, const struct cell *c)
{
    uint8_t sr3 = st->sr[SR_CHARACTER_MAP];
    unsigned map = c->attribute & ATTRIBUTE_FONT ? (sr3 >> 2 & 3) << 1 | (sr3 >> 5 & 1)
                                                 : (sr3 & 3) << 1 | (sr3 >> 4 & 1);

    return (uint64_t)map * 8192 * 4 + (uint64_t)c->code * FONT_ROWS * 4 + 2;
}

/* Nine bits of a row, the leftmost in bit 8. */
static unsigned row_bits(const struct vga *v, const struct cell *c, unsigned y)
{
    const struct vga_state *st = &v->st.vga;
    unsigned bits = vram_at(v, font_at(st, c) + 4 * (uint64_t)y) << 1;
    bool joined = c->code >= 0xb0 && c->code <= 0xdf && (st->ar[AR_MODE] & AR_MODE_LINE_GRAPHICS);

    if (c->cursor && y >= (st->cr[CR_CURSOR_START] & CURSOR_ROW) && y <= (st->cr[CR_CURSOR_END] & CURSOR_ROW))
        return 0x1ff;
    return joined ? bits | (bits >> 1 & 1) : bits;
}

static void cell_draw(const struct vga *v, const struct vga_mode *m, const struct cell *c,
                      const uint32_t colours[16], struct surface *s, unsigned left, unsigned top)
{
    uint32_t on = colours[c->attribute & 0xf], off = colours[c->attribute >> 4];
    unsigned repeat = m->cell_width == 16 ? 2 : 1;

    for (unsigned y = 0; y < m->cell_height && top + y < s->height; y++) {
        uint32_t *to = surface_line(s, top + y);
        unsigned bits = row_bits(v, c, y);

        for (unsigned x = 0; x < m->cell_width && left + x < s->width; x++)
            to[left + x] = bits >> (8 - x / repeat) & 1 ? on : off;
    }
}

void vga_text_draw(struct vga *v, const struct vga_mode *m, const uint32_t colours[16], struct surface *s)
{
    for (unsigned row = 0; row < m->height / m->cell_height; row++)
        for (unsigned column = 0; column < m->width / m->cell_width; column++) {
            struct cell c = cell_at(v, row_at(m, row) + 4 * column);

            cell_draw(v, m, &c, colours, s, column * m->cell_width, row * m->cell_height);
        }
}

bool vga_text_read(struct vga *v, const struct vga_mode *m, struct text_screen *screen)
{
    unsigned rows = m->height / m->cell_height;

    if (m->kind != VGA_TEXT)
        return false;
    *screen = (struct text_screen){ .columns = m->width / m->cell_width, .cursor = -1 };
    screen->rows = rows < TEXT_ROWS_MAX ? rows : TEXT_ROWS_MAX;
    screen->cells = calloc(screen->columns * screen->rows, sizeof(*screen->cells));
    assert(screen->cells);
    for (unsigned i = 0; i < screen->columns * screen->rows; i++) {
        struct cell c = cell_at(v, row_at(m, i / screen->columns) + 4 * (i % screen->columns));

        screen->cells[i] = (struct text_cell){ c.code, c.attribute & 0xf, c.attribute >> 4 };
        if (c.cursor)
            screen->cursor = i;
    }
    return true;
}
