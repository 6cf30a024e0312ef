/* SPDX-License-Identifier: Apache-2.0 */
#include "hw/display/vga-chip.h"

/*
 * The Bochs display interface: an index port and a data port of 16 bits, and ten registers
 *
 * While it is enabled it decides about the picture, and the window at A0000h shows banks of linear
 * memory; the CRT controller and the graphics controller show values that fit, and a guest cannot
 * change those.  Sizes that are out of range become the nearest that is not.
 * Reference: the interface's text as of version B0C5h (Bochs VBE display API).
 * Bits of the enable register that mean nothing are kept as they are written.
 *
 * Invariant: while it is enabled, all lines that are shown lie in vram, whatever has been written.
 */

#include "core/machine.h"

enum { OVERFLOW_V_DISPLAY_8 = 1 << 1, OVERFLOW_LINE_COMPARE_8 = 1 << 4, OVERFLOW_V_DISPLAY_9 = 1 << 6 };
enum { MAX_SCAN_LINE_COMPARE_9 = 1 << 6, MAX_SCAN_KEPT = 0x60, MODE_PLAIN_ADDRESSES = 3 };
enum { GR_MODE_SHIFT = 3 << 5, GR_MODE_SHIFT_256 = 2 << 5, GR_MISC_MAP = 3 << 2, GR_MISC_MAP_A0000 = 1 << 2 };

bool vga_vbe_on(const struct vga_state *st)
{
    return st->vbe[VBE_ENABLE] & VBE_ENABLED;
}

static uint64_t line_bytes(const struct vga_state *st, uint64_t pixels)
{
    return st->vbe[VBE_BPP] == 4 ? pixels / 2 : pixels * ((st->vbe[VBE_BPP] + 7) / 8);
}

uint32_t vga_vbe_line_bytes(const struct vga_state *st)
{
    return line_bytes(st, st->vbe[VBE_VIRT_WIDTH]);
}

static uint64_t start_bytes(const struct vga_state *st)
{
    return (uint64_t)st->vbe[VBE_Y_OFFSET] * vga_vbe_line_bytes(st) + line_bytes(st, st->vbe[VBE_X_OFFSET]);
}

uint32_t vga_vbe_start_bytes(const struct vga_state *st)
{
    return start_bytes(st) & ~3ull;
}

static uint32_t clamp(uint32_t val, uint32_t min, uint32_t max)
{
    return val < min ? min : val > max ? max : val;
}

static bool is_depth(uint16_t bpp)
{
    return bpp == 4 || bpp == 8 || bpp == 15 || bpp == 16 || bpp == 24 || bpp == 32;
}

/* Does what is shown end inside of vram? */
static bool fits(const struct vga *v)
{
    const struct vga_state *st = &v->st.vga;

    return start_bytes(st) + (uint64_t)st->vbe[VBE_YRES] * vga_vbe_line_bytes(st) <= v->vram->size;
}

static void sizes_fix(struct vga *v)
{
    struct vga_state *st = &v->st.vga;
    uint64_t lines;

    if (!is_depth(st->vbe[VBE_BPP]))
        st->vbe[VBE_BPP] = 8;
    st->vbe[VBE_XRES] = clamp(st->vbe[VBE_XRES] & ~7, 8, VBE_XRES_MAX);
    st->vbe[VBE_VIRT_WIDTH] = clamp(st->vbe[VBE_VIRT_WIDTH] & ~7, st->vbe[VBE_XRES], VBE_XRES_MAX);
    lines = v->vram->size / vga_vbe_line_bytes(st);
    st->vbe[VBE_VIRT_HEIGHT] = lines;
    st->vbe[VBE_YRES] = clamp(st->vbe[VBE_YRES], 1, lines < VBE_YRES_MAX ? lines : VBE_YRES_MAX);
    st->vbe[VBE_X_OFFSET] = clamp(st->vbe[VBE_X_OFFSET], 0, VBE_XRES_MAX);
    st->vbe[VBE_Y_OFFSET] = clamp(st->vbe[VBE_Y_OFFSET], 0, VBE_YRES_MAX);
    if (!fits(v))
        st->vbe[VBE_Y_OFFSET] = 0;
    if (!fits(v))
        st->vbe[VBE_X_OFFSET] = 0;
}

/* What a guest that looks at the VGA's registers finds: a graphics mode of this size. */
static void registers_show(struct vga_state *st)
{
    unsigned last = st->vbe[VBE_YRES] - 1;

    st->gr[GR_MODE] = (st->gr[GR_MODE] & ~GR_MODE_SHIFT) | (st->vbe[VBE_BPP] == 4 ? 0 : GR_MODE_SHIFT_256);
    st->gr[GR_MISC] = (st->gr[GR_MISC] & ~GR_MISC_MAP) | GR_MISC_MAP_A0000 | GR_MISC_GRAPHICS;
    st->cr[CR_MODE] |= MODE_PLAIN_ADDRESSES;
    st->cr[CR_OFFSET] = vga_vbe_line_bytes(st) >> 3;
    st->cr[CR_DISPLAY_END] = (st->vbe[VBE_XRES] >> 3) - 1;
    st->cr[CR_V_DISPLAY_END] = last;
    st->cr[CR_OVERFLOW] = (st->cr[CR_OVERFLOW] & ~(OVERFLOW_V_DISPLAY_8 | OVERFLOW_V_DISPLAY_9)) |
                          (last & 0x100 ? OVERFLOW_V_DISPLAY_8 : 0) | (last & 0x200 ? OVERFLOW_V_DISPLAY_9 : 0) |
                          OVERFLOW_LINE_COMPARE_8;
    st->cr[CR_LINE_COMPARE] = 0xff;
    st->cr[CR_MAX_SCAN] = (st->cr[CR_MAX_SCAN] & MAX_SCAN_KEPT) | MAX_SCAN_LINE_COMPARE_9;
}

void vga_vbe_fix(struct vga *v)
{
    if (!vga_vbe_on(&v->st.vga))
        return;
    sizes_fix(v);
    registers_show(&v->st.vga);
}

static void clear(struct vga *v)
{
    uint32_t bytes = v->st.vga.vbe[VBE_YRES] * vga_vbe_line_bytes(&v->st.vga);

    memset(v->vram->host, 0, bytes);
    vga_memory_written(v, 0, bytes);
}

static void enable_write(struct vga *v, uint16_t val)
{
    struct vga_state *st = &v->st.vga;
    bool was = vga_vbe_on(st);

    st->vbe[VBE_ENABLE] = val;
    if (vga_vbe_on(st) && !was) {
        st->vbe[VBE_VIRT_WIDTH] = st->vbe[VBE_X_OFFSET] = st->vbe[VBE_Y_OFFSET] = 0;
        st->bank_offset = 0;
        vga_vbe_fix(v);
        if (!(val & VBE_NOCLEAR))
            clear(v);
    } else if (!vga_vbe_on(st)) {
        st->bank_offset = 0;
    }
}

static uint16_t bank_mask(const struct vga *v)
{
    return v->vram->size / BANK_BYTES - 1;
}

uint16_t vga_vbe_read(const struct vga *v, unsigned index)
{
    const struct vga_state *st = &v->st.vga;

    if (st->vbe[VBE_ENABLE] & VBE_GETCAPS) {
        if (index == VBE_XRES)
            return VBE_XRES_MAX;
        if (index == VBE_YRES)
            return VBE_YRES_MAX;
        if (index == VBE_BPP)
            return VBE_BPP_MAX;
    }
    if (index == VBE_MEMORY_64K)
        return v->vram->size / BANK_BYTES;
    return index < VBE_REGS ? st->vbe[index] : 0;
}

void vga_vbe_write(struct vga *v, unsigned index, uint16_t val)
{
    struct vga_state *st = &v->st.vga;

    switch (index) {
    case VBE_ID:
        if (val >= VBE_ID0 && val <= VBE_ID5)
            st->vbe[VBE_ID] = val;
        break;
    case VBE_XRES:
    case VBE_YRES:
    case VBE_BPP:
    case VBE_VIRT_WIDTH:
    case VBE_X_OFFSET:
    case VBE_Y_OFFSET:
        st->vbe[index] = val;
        vga_vbe_fix(v);
        break;
    case VBE_ENABLE:
        enable_write(v, val);
        break;
    case VBE_BANK:
        st->vbe[VBE_BANK] = val & bank_mask(v);
        st->bank_offset = st->vbe[VBE_BANK] * (uint32_t)BANK_BYTES;
        break;
    }
    vga_memory_map(v);
}

/* 1CEh is the index; 1CFh and 1D0h are the data; words only. */
uint64_t vga_vbe_port_read(struct device *dev, uint64_t at, unsigned size)
{
    if (size != 2 || at > 2)
        return UINT64_MAX;
    return at ? vga_vbe_read(vga(dev), vga_state(dev)->vbe_index) : vga_state(dev)->vbe_index;
}

void vga_vbe_port_write(struct device *dev, uint64_t at, unsigned size, uint64_t val)
{
    if (size != 2 || at > 2)
        return;
    if (at)
        vga_vbe_write(vga(dev), vga_state(dev)->vbe_index, val);
    else
        vga_state(dev)->vbe_index = val;
}
