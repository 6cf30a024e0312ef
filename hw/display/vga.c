/* SPDX-License-Identifier: Apache-2.0 */
#include "hw/display/vga-chip.h"

/*
 * The VGA: its memory, its window's memory part, its console
 *
 * Invariant: vram is a power of two, 1 to 512 MiB; lowmem's children are there exactly between vga_open()
 * and vga_close().
 */

#include "core/machine.h"
#include "lib/bits.h"

enum { VGAMEM_MB_MAX = 512, DEFAULT_XRES = 1280, DEFAULT_YRES = 800 };

static struct vga *of_console(struct console *con)
{
    return (struct vga *)((char *)con - offsetof(struct vga, console));
}

static void draw(struct device *dev)
{
    struct vga *v = vga(dev);
    struct surface *s = v->console.surface;
    struct vga_mode m;

    vga_mode(v, &m);
    if (m.kind != VGA_BLANK || !s)      /* a blank screen keeps its size */
        s = console_surface(&v->console, m.width, m.height);
    if (s)
        vga_draw(v, &m, s);
}

static void update(struct console *con)
{
    device_enter(&of_console(con)->pci.dev, draw);
}

static void read_text(struct device *dev)
{
    struct vga *v = vga(dev);
    struct vga_mode m;

    vga_mode(v, &m);
    if (!vga_text_read(v, &m, v->text))
        v->text = NULL;
}

static bool text_of(struct console *con, struct text_screen *screen)
{
    struct vga *v = of_console(con);

    v->text = screen;
    device_enter(&v->pci.dev, read_text);
    return v->text;
}

static const struct console_ops vga_console_ops = { .update = update, .text = text_of };

static void edid_fill(struct vga *v)
{
    if (!v->cfg.xres)
        v->cfg.xres = DEFAULT_XRES;
    if (!v->cfg.yres)
        v->cfg.yres = DEFAULT_YRES;
    edid_build(&(struct edid_config){ .xres = v->cfg.xres, .yres = v->cfg.yres, .xmax = v->cfg.xmax,
                                      .ymax = v->cfg.ymax, .refresh_mhz = v->cfg.refresh_rate }, v->edid);
}

/* The next power of two. */
static uint64_t vram_bytes(const struct vga *v)
{
    uint64_t mb = 1;

    while (mb < v->cfg.vgamem_mb && mb < VGAMEM_MB_MAX)
        mb *= 2;
    return mb << 20;
}

int vga_memory_open(struct vga *v, const char *name, struct error **err)
{
    struct machine *m = v->pci.dev.machine;
    int r = machine_ram_new(m, &(struct ram_config){ .name = name, .size = vram_bytes(v) }, &v->vram, err);

    if (r < 0)
        return r;
    v->cfg.vgamem_mb = v->vram->size >> 20;
    region_init_ram(&v->memory, "vga.vram", v->vram, 0, v->vram->size);
    edid_fill(v);
    return 0;
}

/* In a transaction. */
static void window_add(struct vga *v, struct region *lowmem)
{
    uint64_t size = v->vram->size;

    region_init(&v->banks, "vga.banks", REGION_CONTAINER, 2 * size - 1);
    region_init_alias(&v->banked, "vga.bank", &v->memory, 0, size);
    region_init_alias(&v->window, "vga.chain4", &v->banks, size, BANK_BYTES);
    region_enable(&v->banked, false);
    region_add(&v->banks, 0, &v->banked, 0);
    region_add(lowmem, 0, &v->window, 0);
    v->lowmem = lowmem;
}

void vga_open(struct vga *v, struct region *parent, struct region *lowmem)
{
    struct machine *m = v->pci.dev.machine;

    map_begin(&m->map);
    parent->last = v->memory.last;
    region_add(parent, 0, &v->memory, 0);
    if (lowmem)
        window_add(v, lowmem);
    map_end(&m->map);
    v->console.ops = &vga_console_ops;
    v->console.owner = &v->pci.dev.obj;
    console_attach(m->displays, &v->console);
}

void vga_ports_map(struct device *dev, unsigned first)
{
    static const uint16_t ports[VGA_PORT_REGIONS] = { 0x3b4, 0x3ba, 0x3c0, 0x3d4, 0x3da, 0x1ce };

    for (unsigned i = 0; i < VGA_PORT_REGIONS; i++)
        device_map(dev, first + i, &dev->machine->io, ports[i], 0);
}

void vga_close(struct vga *v)
{
    struct machine *m = v->pci.dev.machine;

    console_detach(&v->console);
    map_begin(&m->map);
    region_remove(&v->memory);
    if (v->lowmem) {
        region_remove(&v->window);
        region_remove(&v->banked);
    }
    map_end(&m->map);
    if (v->lowmem) {
        region_fini(&v->window);
        region_fini(&v->banked);
        region_fini(&v->banks);
    }
    region_fini(&v->memory);
    ram_block_free(v->vram);
}

void vga_reset(struct vga *v)
{
    v->st.vga.vbe[VBE_ID] = VBE_ID5;
}

void vga_resumed(struct vga *v)
{
    vga_vbe_fix(v);
    vga_memory_map(v);
}

uint64_t vga_vram_read(struct device *dev, uint64_t at, unsigned size)
{
    return bits_load(vga(dev)->vram->host + at, size);
}

void vga_vram_write(struct device *dev, uint64_t at, unsigned size, uint64_t val)
{
    bits_store(vga(dev)->vram->host + at, size, val);
    vga_memory_written(vga(dev), at, size);
}
