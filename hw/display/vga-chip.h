/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The VGA: what its files share, and what its bindings to PCI and ISA embed
 *
 *     vga-regs.c      ports: sequencer, CRT controller, graphics and attribute controllers, DAC
 *     vga-vbe.c       the Bochs display interface
 *     vga-memory.c    the window at A0000h
 *     vga-mode.c      what the registers mean for a picture: size, pitch, start
 *     vga-text.c      characters with the guest's fonts
 *     vga-draw.c      pixels
 *     vga-state.c     the wire form
 *     vga.c           memory and console, made and undone
 *     edid.c          what a monitor says about itself
 *     vga-pci.c, vga-isa.c    the bindings
 *
 * Memory is kept as the reference keeps it: the four planes side by side, plane p of address a at byte
 * 4 * a + p.  References: IBM Personal System/2 Hardware Interface Technical Reference, Video
 * Subsystem (1992); FreeVGA; the Bochs display interface as of B0C5h.
 */

#include "hw/display/edid.h"
#include "hw/pci/pci.h"
#include "ui/display.h"

enum { SR_RESET, SR_CLOCKING, SR_MAP_MASK, SR_CHARACTER_MAP, SR_MEMORY_MODE, SRS = 8 };
enum { SR_CLOCKING_8_DOTS = 1 << 0, SR_CLOCKING_HALF = 1 << 3, SR_CLOCKING_OFF = 1 << 5 };
enum { SR_MEMORY_SEQUENTIAL = 1 << 2, SR_MEMORY_CHAIN4 = 1 << 3 };
enum { GR_SET_RESET, GR_ENABLE_SET_RESET, GR_COLOR_COMPARE, GR_ROTATE, GR_READ_MAP, GR_MODE, GR_MISC,
       GR_COLOR_CARE, GR_BIT_MASK, GRS = 16 };
enum { GR_MODE_READ_COMPARE = 1 << 3, GR_MODE_ODD_EVEN = 1 << 4, GR_MISC_GRAPHICS = 1 << 0 };
enum { CR_TOTAL, CR_DISPLAY_END, CR_BLANK_START, CR_BLANK_END, CR_RETRACE_START, CR_RETRACE_END, CR_V_TOTAL,
       CR_OVERFLOW, CR_PRESET_ROW, CR_MAX_SCAN, CR_CURSOR_START, CR_CURSOR_END, CR_START_HIGH, CR_START_LOW,
       CR_CURSOR_HIGH, CR_CURSOR_LOW, CR_V_RETRACE_START, CR_V_RETRACE_END, CR_V_DISPLAY_END, CR_OFFSET,
       CR_UNDERLINE, CR_V_BLANK_START, CR_V_BLANK_END, CR_MODE, CR_LINE_COMPARE, CRS = 256 };
enum { CR_PROTECT = 1 << 7, CR_CURSOR_OFF = 1 << 5, CR_DOUBLE_SCAN = 1 << 7 };
enum { AR_MODE = 0x10, AR_OVERSCAN, AR_PLANE_ENABLE, AR_PANNING, AR_COLOR_SELECT, ARS };
enum { AR_MODE_LINE_GRAPHICS = 1 << 2, AR_MODE_P54 = 1 << 7 };
enum { AR_INDEX = 0x1f, AR_INDEX_PAS = 1 << 5 };
enum { MSR_COLOR = 1 << 0 };
enum { DACS = 256, RGB = 3 };

enum { VBE_ID, VBE_XRES, VBE_YRES, VBE_BPP, VBE_ENABLE, VBE_BANK, VBE_VIRT_WIDTH, VBE_VIRT_HEIGHT, VBE_X_OFFSET,
       VBE_Y_OFFSET, VBE_REGS, VBE_MEMORY_64K = VBE_REGS };
enum { VBE_ENABLED = 1 << 0, VBE_GETCAPS = 1 << 1, VBE_8BIT_DAC = 1 << 5, VBE_LFB = 1 << 6, VBE_NOCLEAR = 1 << 7 };
enum { VBE_ID0 = 0xb0c0, VBE_ID5 = 0xb0c5, VBE_XRES_MAX = 16000, VBE_YRES_MAX = 12000, VBE_BPP_MAX = 32 };

enum { BANK_BYTES = 0x10000, LOWMEM_BYTES = 0x20000 };

struct vga_state {
    uint32_t latch;                     /* the four planes' bytes of the last read */
    uint32_t bank_offset;               /* of the window, bytes */
    uint16_t vbe_index, vbe[VBE_REGS];
    bool flip_flop;                     /* the next write to 3C0h is data */
    bool big_endian;                    /* of pixels in linear modes */
    uint8_t sr_index, sr[SRS];
    uint8_t gr_index, gr[GRS];
    uint8_t ar_index, ar[ARS];
    uint8_t cr_index, cr[CRS];
    uint8_t msr, fcr, st00, st01;
    uint8_t dac_state, dac_sub_index, dac_read_index, dac_write_index, dac_cache[RGB];
    uint8_t palette[DACS * RGB];
};

/* Of every binding.  The ISA one is no PCI function: of st only `vga` is its state, and of pci only the device. */
struct vga {
    struct pci_device pci;
    struct {
        uint32_t vgamem_mb;
        uint32_t xres, yres, xmax, ymax, refresh_rate;
        bool mmio, extended_regs, edid, global_vmstate;
    } cfg;
    struct {
        struct pci_state pci;
        struct vga_state vga;
    } st;
    struct ram_block *vram;
    struct region *lowmem;              /* at A0000h */
    /* While a plain read or write of the window is one of memory, `banked` shows it: `window`, a child of
     * lowmem, looks at the middle of `banks`, and `banked` lies there so that the bank is what is seen. */
    struct region window, banks, banked;
    uint64_t banked_base;               /* what was last asked for, 0: nothing */
    struct region memory;               /* all of vram; lies in the binding's region, which is as large */
    struct console console;
    struct text_screen *text;           /* of whoever reads it now */
    uint8_t edid[EDID_BYTES];
};

static inline struct vga *vga(struct device *dev)
{
    return (struct vga *)dev;
}

static inline const struct vga *vga_const(const struct device *dev)
{
    return (const struct vga *)dev;
}

static inline struct vga_state *vga_state(struct device *dev)
{
    return &vga(dev)->st.vga;
}

/*
 * vga.c: for bindings.  First the memory, and what the properties say about it (name: of the RAM block), then
 * the rest; parent: the region in which vram is shown, lowmem: the window, NULL for none.
 */
int vga_memory_open(struct vga *v, const char *name, struct error **err);
void vga_open(struct vga *v, struct region *parent, struct region *lowmem);
void vga_close(struct vga *v);          /* undoes both */
void vga_reset(struct vga *v);
void vga_resumed(struct vga *v);

/*
 * The regions that bindings share; first: the number of the first of six for ports, which vga_ports_map() shows in
 * I/O space.  VRAM is as large as the smallest vram: memory of its real size covers it.
 */
enum { VRAM_BYTES_MIN = 1 << 20 };
#define VGA_VRAM_REGION \
    { .name = "vga.vram", .size = VRAM_BYTES_MIN, .min = 1, .max = 8, .read = vga_vram_read, .write = vga_vram_write }
#define VGA_LOWMEM_REGION                                                              \
    { .name = "vga-lowmem", .size = LOWMEM_BYTES, .min = 1, .max = 8, .read = vga_memory_read, \
      .write = vga_memory_write }
#define VGA_VBE_REGION                                                                                      \
    { .name = "vbe", .size = 4, .min = 1, .max = 4, .ports = true, .read = vga_vbe_port_read, \
      .write = vga_vbe_port_write }
#define VGA_PORT_REGION(first, bytes) \
    { .name = "vga", .size = (bytes), .min = 1, .max = 2, .ports = true, .regs = vga_##first##_regs }
enum { VGA_PORT_REGIONS = 6 };
#define VGA_PORTS_REGIONS(first)                                                                        \
    [first] = VGA_PORT_REGION(3b4, 2), [(first) + 1] = VGA_PORT_REGION(3ba, 1),                         \
    [(first) + 2] = VGA_PORT_REGION(3c0, 16), [(first) + 3] = VGA_PORT_REGION(3d4, 2),                  \
    [(first) + 4] = VGA_PORT_REGION(3da, 1), [(first) + 5] = VGA_VBE_REGION
void vga_ports_map(struct device *dev, unsigned first);
uint64_t vga_vram_read(struct device *dev, uint64_t at, unsigned size);
void vga_vram_write(struct device *dev, uint64_t at, unsigned size, uint64_t val);

/* vga-regs.c: register lines of the ports; for the PCI binding's memory, by port. */
extern const struct reg vga_3b4_regs[], vga_3ba_regs[], vga_3c0_regs[], vga_3d4_regs[], vga_3da_regs[];
uint8_t vga_port_read(struct vga *v, uint16_t port);
void vga_port_write(struct vga *v, uint16_t port, uint8_t val);

/* vga-vbe.c */
uint16_t vga_vbe_read(const struct vga *v, unsigned index);
void vga_vbe_write(struct vga *v, unsigned index, uint16_t val);
/* The ports 1CEh to 1D1h. */
uint64_t vga_vbe_port_read(struct device *dev, uint64_t at, unsigned size);
void vga_vbe_port_write(struct device *dev, uint64_t at, unsigned size, uint64_t val);
bool vga_vbe_on(const struct vga_state *st);
uint32_t vga_vbe_line_bytes(const struct vga_state *st);
uint32_t vga_vbe_start_bytes(const struct vga_state *st);       /* a multiple of 4 */
void vga_vbe_fix(struct vga *v);                /* puts the registers into their ranges, while it is on */

/* vga-memory.c: the window's region; which of it is plain memory follows from the registers. */
uint64_t vga_memory_read(struct device *dev, uint64_t at, unsigned size);
void vga_memory_write(struct device *dev, uint64_t at, unsigned size, uint64_t val);
void vga_memory_map(struct vga *v);             /* inside the device, after registers changed */
void vga_memory_written(const struct vga *v, uint32_t at, uint32_t bytes);

/* vga-mode.c: what the registers mean for a picture; whatever they hold, every number is in its range. */
enum vga_kind { VGA_BLANK, VGA_TEXT, VGA_PLANAR, VGA_PAIRS, VGA_BYTES, VGA_15, VGA_16, VGA_24, VGA_32 };
struct vga_mode {
    enum vga_kind kind;
    unsigned width, height;             /* dots */
    unsigned repeat;                    /* dots per pixel: 1 or 2 */
    unsigned cell_width, cell_height;   /* of text */
    unsigned scans;                     /* row scans of an address, 1 to 32 */
    bool doubled;                       /* every row scan is shown twice */
    uint32_t start, pitch;              /* bytes of vram, from line to line or from row to row */
    uint32_t split;                     /* the first line that starts at address 0 again */
};
void vga_mode(const struct vga *v, struct vga_mode *mode);

/* vga-draw.c, vga-text.c */
enum { VGA_LINE_BYTES = 4 * SURFACE_SIDE_MAX + 8 };
void vga_draw(struct vga *v, const struct vga_mode *mode, struct surface *s);
void vga_text_draw(struct vga *v, const struct vga_mode *mode, const uint32_t colours[16], struct surface *s);
bool vga_text_read(struct vga *v, const struct vga_mode *mode, struct text_screen *screen);
uint32_t vga_colour(const struct vga_state *st, unsigned index);        /* of the DAC, as a pixel */
uint8_t vga_attribute(const struct vga_state *st, unsigned n);          /* 0 to 15: index into the DAC */

extern const struct field vga_state_fields[];   /* the stream's "vga" */
