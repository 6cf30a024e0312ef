/* SPDX-License-Identifier: Apache-2.0 */
#include "hw/display/vga-chip.h"

/*
 * The VGA's ports: miscellaneous output, sequencer, CRT controller, graphics and attribute
 * controllers, DAC, input status
 *
 * The CRT controller answers at 3B4h or 3D4h, as bit 0 of the miscellaneous output register says.
 * Retrace is a function of the virtual clock and of the CRT controller's totals.
 * Reference: IBM Video Subsystem, "VGA Registers"; FreeVGA, "External", "Sequencer", "Graphics",
 * "CRT Controller", "Attribute Controller", "DAC".
 * Left out: the palette mask (3C6h, which reads as 0), the sense bit of input status 0, the vertical
 * retrace interrupt.  The DAC keeps all eight bits that are written; with six of them it shows six.
 *
 * Invariant: indices are kept within what their registers can hold.
 */

#include "core/machine.h"

enum { ST01_DISPLAY_OFF = 1 << 0, ST01_RETRACE = 1 << 3, DAC_READING = 3, FCR_MASK = 0x10, MSR_MASK = 0xef };
enum { V_TOTAL_8 = 0, V_TOTAL_9 = 5, V_DISPLAY_8 = 1, V_DISPLAY_9 = 6, V_RETRACE_8 = 2, V_RETRACE_9 = 7 };
enum { CR_LINE_COMPARE_8 = 1 << 4, CR_PROTECTED = 8, NS_PER_S = 1000000000 };

static const uint8_t sr_mask[SRS] = { 0x03, 0x3d, 0x0f, 0x3f, 0x0e, 0x00, 0x00, 0xff };
static const uint8_t gr_mask[GRS] = { 0x0f, 0x0f, 0x0f, 0x1f, 0x03, 0x7b, 0x0f, 0x0f, 0xff };

static uint8_t ar_mask(unsigned index)
{
    static const uint8_t mask[] = { 0xef, 0xff, 0x3f, 0x0f, 0x0f };

    return index < AR_MODE ? 0x3f : mask[index - AR_MODE];
}

/* A vertical number of ten bits: eight of its own, and two in the overflow register. */
static unsigned vertical(const struct vga_state *st, unsigned reg, unsigned bit8, unsigned bit9)
{
    return st->cr[reg] | (st->cr[CR_OVERFLOW] >> bit8 & 1) << 8 | (st->cr[CR_OVERFLOW] >> bit9 & 1) << 9;
}

/* Where the beam is; numbers in lines and character clocks. */
struct beam { uint32_t total, shown, retrace, retrace_lines, width, width_shown; uint64_t character_hz; };

/* Without a retrace in the registers, or with the Bochs display interface, which has none: 60 Hz. */
static struct beam beam_of(const struct vga_state *st)
{
    static const uint32_t dot_hz[4] = { 25175000, 28322000, 25175000, 25175000 };
    unsigned dots = (st->sr[SR_CLOCKING] & SR_CLOCKING_8_DOTS ? 8 : 9) << !!(st->sr[SR_CLOCKING] & SR_CLOCKING_HALF);
    struct beam b = {
        .total = vertical(st, CR_V_TOTAL, V_TOTAL_8, V_TOTAL_9) + 2,
        .shown = vertical(st, CR_V_DISPLAY_END, V_DISPLAY_8, V_DISPLAY_9) + 1,
        .retrace = vertical(st, CR_V_RETRACE_START, V_RETRACE_8, V_RETRACE_9),
        .width = st->cr[CR_TOTAL] + 5, .width_shown = st->cr[CR_DISPLAY_END] + 1,
        .character_hz = dot_hz[st->msr >> 2 & 3] / dots,
    };

    /* it lasts until the low four bits of the line are those of its end */
    b.retrace_lines = (st->cr[CR_V_RETRACE_END] - b.retrace) & 0xf;
    if (vga_vbe_on(st) || !b.retrace_lines || b.retrace >= b.total)
        return (struct beam){ 525, 480, 490, 2, 100, 80, 100 * 525 * 60 };
    return b;
}

static uint8_t status_1(struct vga *v)
{
    struct beam b = beam_of(&v->st.vga);
    uint64_t at = clock_muldiv(clock_ns(&v->pci.dev), b.character_hz, NS_PER_S) % (b.width * b.total);
    uint32_t y = at / b.width, x = at % b.width;

    return (y >= b.shown || x >= b.width_shown ? ST01_DISPLAY_OFF : 0) |
           (y >= b.retrace && y - b.retrace < b.retrace_lines ? ST01_DISPLAY_OFF | ST01_RETRACE : 0);
}

static uint8_t status_1_read(struct vga *v)
{
    v->st.vga.flip_flop = false;
    v->st.vga.st01 = status_1(v);
    return v->st.vga.st01;
}

static void attribute_write(struct vga_state *st, uint8_t val)
{
    unsigned index = st->ar_index & AR_INDEX;

    if (!st->flip_flop)
        st->ar_index = val & (AR_INDEX | AR_INDEX_PAS);
    else if (index < ARS)
        st->ar[index] = val & ar_mask(index);
    st->flip_flop = !st->flip_flop;
}

static uint8_t dac_read(struct vga_state *st)
{
    uint8_t val = st->palette[st->dac_read_index * RGB + st->dac_sub_index];

    if (++st->dac_sub_index == RGB) {
        st->dac_sub_index = 0;
        st->dac_read_index++;
    }
    return val;
}

static void dac_write(struct vga_state *st, uint8_t val)
{
    st->dac_cache[st->dac_sub_index] = val;
    if (++st->dac_sub_index < RGB)
        return;
    st->dac_sub_index = 0;
    memcpy(&st->palette[st->dac_write_index * RGB], st->dac_cache, RGB);
    st->dac_write_index++;
}

static void dac_select(struct vga_state *st, bool reading, uint8_t index)
{
    *(reading ? &st->dac_read_index : &st->dac_write_index) = index;
    st->dac_sub_index = 0;
    st->dac_state = reading ? DAC_READING : 0;
}

static void sequencer_write(struct vga *v, uint8_t val)
{
    v->st.vga.sr[v->st.vga.sr_index] = val & sr_mask[v->st.vga.sr_index];
    vga_memory_map(v);
}

static void graphics_write(struct vga *v, uint8_t val)
{
    v->st.vga.gr[v->st.vga.gr_index] = val & gr_mask[v->st.vga.gr_index];
    vga_vbe_fix(v);
    vga_memory_map(v);
}

/* Registers 0 to 7 can be protected, but for the line compare bit among them. */
static void crtc_write(struct vga *v, uint8_t val)
{
    struct vga_state *st = &v->st.vga;
    bool protected = (st->cr[CR_V_RETRACE_END] & CR_PROTECT) && st->cr_index < CR_PROTECTED;

    if (protected && st->cr_index == CR_OVERFLOW)
        st->cr[CR_OVERFLOW] = (st->cr[CR_OVERFLOW] & ~CR_LINE_COMPARE_8) | (val & CR_LINE_COMPARE_8);
    else if (!protected)
        st->cr[st->cr_index] = val;
    vga_vbe_fix(v);
}

/* Does the CRT controller's port of the other adapter stand here? */
static bool is_absent(const struct vga_state *st, uint16_t port)
{
    bool color = st->msr & MSR_COLOR;

    return (port >= 0x3b0 && port <= 0x3bf && color) || (port >= 0x3d0 && port <= 0x3df && !color);
}

uint8_t vga_port_read(struct vga *v, uint16_t port)
{
    struct vga_state *st = &v->st.vga;

    if (is_absent(st, port))
        return 0xff;
    switch (port) {
    case 0x3c0:
        return st->flip_flop ? 0 : st->ar_index;
    case 0x3c1:
        return (st->ar_index & AR_INDEX) < ARS ? st->ar[st->ar_index & AR_INDEX] : 0;
    case 0x3c2:
        return st->st00;
    case 0x3c4:
        return st->sr_index;
    case 0x3c5:
        return st->sr[st->sr_index];
    case 0x3c7:
        return st->dac_state;
    case 0x3c8:
        return st->dac_write_index;
    case 0x3c9:
        return dac_read(st);
    case 0x3ca:
        return st->fcr;
    case 0x3cc:
        return st->msr;
    case 0x3ce:
        return st->gr_index;
    case 0x3cf:
        return st->gr[st->gr_index];
    case 0x3b4:
    case 0x3d4:
        return st->cr_index;
    case 0x3b5:
    case 0x3d5:
        return st->cr[st->cr_index];
    case 0x3ba:
    case 0x3da:
        return status_1_read(v);
    default:
        return 0;
    }
}

void vga_port_write(struct vga *v, uint16_t port, uint8_t val)
{
    struct vga_state *st = &v->st.vga;

    if (is_absent(st, port))
        return;
    switch (port) {
    case 0x3c0:
        attribute_write(st, val);
        break;
    case 0x3c2:
        st->msr = val & MSR_MASK;
        break;
    case 0x3c4:
        st->sr_index = val & (SRS - 1);
        break;
    case 0x3c5:
        sequencer_write(v, val);
        break;
    case 0x3c7:
    case 0x3c8:
        dac_select(st, port == 0x3c7, val);
        break;
    case 0x3c9:
        dac_write(st, val);
        break;
    case 0x3ce:
        st->gr_index = val & (GRS - 1);
        break;
    case 0x3cf:
        graphics_write(v, val);
        break;
    case 0x3b4:
    case 0x3d4:
        st->cr_index = val;
        break;
    case 0x3b5:
    case 0x3d5:
        crtc_write(v, val);
        break;
    case 0x3ba:
    case 0x3da:
        st->fcr = val & FCR_MASK;
        break;
    }
}

/* Offsets in the regions of ports, which begin where their names say. */
#define PORTS(first)                                                         \
    static uint64_t read_##first(struct device *dev, uint32_t at)            \
    {                                                                        \
        return vga_port_read(vga(dev), 0x##first + at);                      \
    }                                                                        \
    static void write_##first(struct device *dev, uint32_t at, uint64_t val) \
    {                                                                        \
        vga_port_write(vga(dev), 0x##first + at, val);                       \
    }
PORTS(3b4)
PORTS(3ba)
PORTS(3c0)
PORTS(3d4)
PORTS(3da)

#define PORT(first, at, name, doc_) REG_FN(at, name, 1, .read = read_##first, .write = write_##first, .doc = doc_)

const struct reg vga_3b4_regs[] = {
    PORT(3b4, 0, "CRTC_INDEX", "which register of the CRT controller the next port shows"),
    PORT(3b4, 1, "CRTC_DATA", "that register"),
    {}
};
const struct reg vga_3ba_regs[] = {
    PORT(3ba, 0, "STATUS_1", "read: bit 0 no display, bit 3 vertical retrace; write: feature control"),
    {}
};
const struct reg vga_3c0_regs[] = {
    PORT(3c0, 0, "ATTRIBUTE", "index and data of the attribute controller in turns; STATUS_1 starts over"),
    PORT(3c0, 1, "ATTRIBUTE_DATA", "read: the register that the index names"),
    PORT(3c0, 2, "MISC_WRITE", "write: miscellaneous output; read: input status 0"),
    REG_FN(3, "ENABLE", 1, .read = read_3c0, .write = write_3c0, .doc = "video subsystem enable; reads as 0"),
    PORT(3c0, 4, "SEQUENCER_INDEX", "which register of the sequencer the next port shows"),
    PORT(3c0, 5, "SEQUENCER_DATA", "that register"),
    PORT(3c0, 6, "DAC_MASK", "not there; reads as 0"),
    PORT(3c0, 7, "DAC_READ_INDEX", "write: the colour that DAC_DATA reads next; read: 3 while it reads, else 0"),
    PORT(3c0, 8, "DAC_WRITE_INDEX", "the colour that DAC_DATA writes next"),
    PORT(3c0, 9, "DAC_DATA", "red, green and blue of a colour, one after the other"),
    PORT(3c0, 10, "FEATURE_READ", "feature control"),
    PORT(3c0, 12, "MISC_READ", "miscellaneous output"),
    PORT(3c0, 14, "GRAPHICS_INDEX", "which register of the graphics controller the next port shows"),
    PORT(3c0, 15, "GRAPHICS_DATA", "that register"),
    {}
};
const struct reg vga_3d4_regs[] = {
    PORT(3d4, 0, "CRTC_INDEX", "which register of the CRT controller the next port shows"),
    PORT(3d4, 1, "CRTC_DATA", "that register"),
    {}
};
const struct reg vga_3da_regs[] = {
    PORT(3da, 0, "STATUS_1", "read: bit 0 no display, bit 3 vertical retrace; write: feature control"),
    {}
};
