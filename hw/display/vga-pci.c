/* SPDX-License-Identifier: Apache-2.0 */
#include "hw/display/vga-chip.h"

/*
 * The VGA as PCI functions: "VGA" with the ports and the window of a PC, "secondary-vga" without
 *
 * BAR 0 is the video memory, BAR 2 a page of registers:
 *
 *     000-17f  EDID                  500-515  the Bochs display interface, by index
 *     400-41f  ports 3C0h to 3DFh    600-607  extended registers: their size, the order of bytes
 *
 * Left out: the property big-endian-framebuffer.
 * Reference: the standard VGA's register list (facts of the reference, hw-registers).
 */

#include "core/machine.h"

enum { R_CONFIG, R_MMIO, R_VRAM, R_PORTS, R_LOWMEM = R_PORTS + VGA_PORT_REGIONS };
enum { MMIO_BYTES = 4096, MMIO_PORTS = 0x400, MMIO_VBE = 0x500, MMIO_EXT = 0x600, EXT_BYTES = 8 };
enum { BAR_VRAM = 0, BAR_MMIO = 2 };
#define LITTLE_ENDIAN_FB 0x1e1e1e1eu
#define BIG_ENDIAN_FB 0xbebebebeu

static uint64_t edid_read(struct device *dev, uint32_t at)
{
    return vga(dev)->cfg.edid ? vga(dev)->edid[at] : 0xff;
}

static uint64_t port_read(struct device *dev, uint32_t at)
{
    return vga_port_read(vga(dev), 0x3c0 + (at - MMIO_PORTS));
}

static void port_write(struct device *dev, uint32_t at, uint64_t val)
{
    vga_port_write(vga(dev), 0x3c0 + (at - MMIO_PORTS), val);
}

static uint64_t vbe_read(struct device *dev, uint32_t at)
{
    return vga_vbe_read(vga(dev), (at - MMIO_VBE) / 2);
}

static void vbe_write(struct device *dev, uint32_t at, uint64_t val)
{
    vga_vbe_write(vga(dev), (at - MMIO_VBE) / 2, val);
}

static uint64_t ext_size_read(struct device *dev, uint32_t at)
{
    return vga(dev)->cfg.extended_regs ? EXT_BYTES : UINT32_MAX;
}

static uint64_t ext_order_read(struct device *dev, uint32_t at)
{
    if (!vga(dev)->cfg.extended_regs)
        return UINT32_MAX;
    return vga_state(dev)->big_endian ? BIG_ENDIAN_FB : LITTLE_ENDIAN_FB;
}

static void ext_order_write(struct device *dev, uint32_t at, uint64_t val)
{
    if (vga(dev)->cfg.extended_regs && (val == BIG_ENDIAN_FB || val == LITTLE_ENDIAN_FB))
        vga_state(dev)->big_endian = val == BIG_ENDIAN_FB;
}

static const struct reg mmio_regs[] = {
    REG_FN(0, "EDID", 1, .count = EDID_BYTES, .read = edid_read, .doc = "what the monitor says about itself"),
    REG_FN(MMIO_PORTS, "PORTS", 1, .count = 0x20, .read = port_read, .write = port_write, .doc = "ports 3C0h to 3DFh"),
    REG_FN(MMIO_VBE, "VBE", 2, .count = VBE_REGS + 1, .read = vbe_read, .write = vbe_write,
           .doc = "registers of the Bochs display interface"),
    REG_FN(MMIO_EXT, "EXT_SIZE", 4, .read = ext_size_read, .doc = "bytes of extended registers, this one included"),
    REG_FN(MMIO_EXT + 4, "EXT_ORDER", 4, .read = ext_order_read, .write = ext_order_write,
           .doc = "bytes of a pixel: 1e1e1e1e little-endian, bebebebe big-endian"),
    {}
};

static const struct region_type vga_regions[] = {
    [R_CONFIG] = PCI_CONFIG_REGION,
    [R_MMIO] = { .name = "vga.mmio", .size = MMIO_BYTES, .min = 1, .max = 8, .hole = 0xff, .regs = mmio_regs },
    [R_VRAM] = VGA_VRAM_REGION,
    VGA_PORTS_REGIONS(R_PORTS),
    [R_LOWMEM] = VGA_LOWMEM_REGION,
    {}
};
static const struct region_type secondary_regions[] = {
    [R_CONFIG] = PCI_CONFIG_REGION,
    [R_MMIO] = { .name = "vga.mmio", .size = MMIO_BYTES, .min = 1, .max = 8, .hole = 0xff, .regs = mmio_regs },
    [R_VRAM] = VGA_VRAM_REGION,
    {}
};

static const struct pci_bar vga_bars[] = {
    { .index = BAR_VRAM, .region = R_VRAM, .prefetch = true, .size = VRAM_BYTES_MIN },
    { .index = BAR_MMIO, .region = R_MMIO, .size = MMIO_BYTES },
    {}
};

static int memory_open(struct device *dev, struct error **err)
{
    struct vga *v = vga(dev);
    int r = vga_memory_open(v, v->cfg.global_vmstate ? "vga.vram" : T("%s/vga.vram", dev->bus_path), err);

    if (r < 0)
        return r;
    pci_bar_set_bytes(dev, BAR_VRAM, v->vram->size);
    return 0;
}

/* The function with its ROM, last: without it the chip is closed again. */
static int function_realize(struct device *dev, struct error **err)
{
    int r = pci_realize(dev, err);

    if (r < 0)
        vga_close(vga(dev));
    return r;
}

static int secondary_realize(struct device *dev, struct error **err)
{
    int r = memory_open(dev, err);

    if (r < 0)
        return r;
    vga_open(vga(dev), &dev->regions[R_VRAM], NULL);
    return function_realize(dev, err);
}

static int vga_realize(struct device *dev, struct error **err)
{
    int r = memory_open(dev, err);

    if (r < 0)
        return r;
    if (!vga(dev)->cfg.mmio)
        pci_bar_set_bytes(dev, BAR_MMIO, 0);
    vga_open(vga(dev), &dev->regions[R_VRAM], &dev->regions[R_LOWMEM]);
    vga_ports_map(dev, R_PORTS);
    device_map(dev, R_LOWMEM, ((struct pci_bus *)dev->bus)->memory, 0xa0000, 1);
    return function_realize(dev, err);
}

static void vga_unrealize(struct device *dev)
{
    vga_close(vga(dev));
}

static void vga_pci_reset(struct device *dev)
{
    pci_reset(dev);
    vga_reset(vga(dev));
}

static void vga_pci_resumed(struct device *dev)
{
    pci_resumed(dev);
    vga_resumed(vga(dev));
}

#define V struct vga
#define VGA_PROPS                                                                                            \
    PROP(V, "vgamem_mb", vgamem_mb, .def = 16, .doc = "video memory in MiB, up to 512; a power of two"),      \
    PROP(V, "edid", edid, .def = true, .doc = "the guest can read what the monitor says about itself"),       \
    PROP(V, "xres", xres, .doc = "width that the monitor prefers; default: 1280"),                            \
    PROP(V, "yres", yres, .doc = "height that the monitor prefers; default: 800"),                            \
    PROP(V, "xmax", xmax, .doc = "the largest width that the monitor offers; 0: any"),                        \
    PROP(V, "ymax", ymax, .doc = "the largest height that the monitor offers; 0: any"),                       \
    PROP(V, "refresh_rate", refresh_rate, .doc = "of the preferred mode, in thousandths of a hertz; 0: 75000"), \
    PROP(V, "qemu-extended-regs", extended_regs, .def = true, .doc = "registers for the order of a pixel's bytes")

static const struct prop vga_props[] = {
    VGA_PROPS,
    PROP(V, "mmio", mmio, .def = true, .doc = "a BAR with the registers"),
    PROP(V, "global-vmstate", global_vmstate, .doc = "the RAM block's name has no path"),
    {}
};
static const struct prop secondary_props[] = { VGA_PROPS, {} };

static bool is_big_endian(const struct device *dev)
{
    return vga_const(dev)->st.vga.big_endian;
}

/* It is the chip's, whose fields are last: its bytes are where the chip's own subsections would be. */
static const struct section vga_subsections[] = {
    { "vga.endian", 1, 1, .needed = is_big_endian, .fields = (const struct field[]){
        FIELD(V, "big_endian_fb", vga.big_endian), {} } },
    {}
};
static const struct section vga_section = {
    "vga", 2, 2, .subs = vga_subsections, .fields = (const struct field[]){
        STRUCT(V, "dev", pci, pci_state_fields),
        STRUCT(V, "vga", vga, vga_state_fields), {} },
};

static const struct pci_type pci_vga_type = {
    .dev = {
        .type = { .name = "pci-vga", .parent = "pci-device", .category = "display", .abstract = true,
                  .doc = "a VGA as a PCI function", DEVICE(V), .state = &no_state },
    },
};
TYPE_IN(pci_vga_type, pci_vga_type.dev.type);

static const struct pci_type vga_type = {
    .dev = {
        .type = { .name = "VGA", .parent = "pci-vga", .category = "display", .cold = true,
                  .doc = "VGA with the Bochs interface", DEVICE(V), TYPE_STATE(V), .props = vga_props,
                  .state = &vga_section },
        .regions = vga_regions,
        .bus = "PCI", .realize = vga_realize, .unrealize = vga_unrealize, .reset = vga_pci_reset,
        .resumed = vga_pci_resumed,
    },
    .vendor = 0x1234, .device = 0x1111, .revision = 2, .class = 0x030000,
    .bars = vga_bars, .romfile = "vgabios-stdvga.bin",
};
TYPE_IN(vga_type, vga_type.dev.type);

static const struct pci_type secondary_type = {
    .dev = {
        .type = { .name = "secondary-vga", .parent = "pci-vga", .category = "display",
                  .doc = "a display without the ports of a VGA", DEVICE(V), TYPE_STATE(V), .props = secondary_props,
                  .state = &vga_section },
        .regions = secondary_regions,
        .bus = "PCI", .realize = secondary_realize, .unrealize = vga_unrealize, .reset = vga_pci_reset,
        .resumed = vga_pci_resumed,
    },
    .vendor = 0x1234, .device = 0x1111, .revision = 2, .class = 0x038000,
    .bars = vga_bars,
};
TYPE_IN(secondary_type, secondary_type.dev.type);
