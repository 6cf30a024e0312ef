/* SPDX-License-Identifier: Apache-2.0 */
#include "hw/display/vga-chip.h"

/*
 * isa-vga: the VGA on the ISA bus, its video memory at E0000000h
 *
 * Of struct vga's state only the chip's is this device's.  Left out: the BIOS, which the board places.
 */

#include "core/machine.h"
#include "hw/isa/isa.h"

enum { R_VRAM, R_3B4, R_3BA, R_3C0, R_3D4, R_3DA, R_VBE, R_LOWMEM };
#define VRAM_BASE 0xe0000000u

#define V struct vga

static const struct prop isa_vga_props[] = {
    PROP(V, "vgamem_mb", vgamem_mb, .def = 8, .doc = "video memory in MiB, up to 512; a power of two"),
    {}
};

static const struct region_type isa_vga_regions[] = {
    [R_VRAM] = VGA_VRAM_REGION,
    [R_3B4] = VGA_PORT_REGION(3b4, 2),
    [R_3BA] = VGA_PORT_REGION(3ba, 1),
    [R_3C0] = VGA_PORT_REGION(3c0, 16),
    [R_3D4] = VGA_PORT_REGION(3d4, 2),
    [R_3DA] = VGA_PORT_REGION(3da, 1),
    [R_VBE] = VGA_VBE_REGION,
    [R_LOWMEM] = VGA_LOWMEM_REGION,
    {}
};

static bool is_big_endian(const struct device *dev)
{
    return vga_const(dev)->st.vga.big_endian;
}

static const struct section isa_vga_subsections[] = {
    { "vga.endian", 1, 1, .needed = is_big_endian, .fields = (const struct field[]){
        ELEM(struct vga_state, "big_endian_fb", big_endian), {} } },
    {}
};
static const struct section isa_vga_section = { "vga", 2, 2, .fields = vga_state_fields, .subs = isa_vga_subsections };

/* The ISA bus hangs below the PCI bus where there is one, and what PCI decodes ISA sees. */
static struct region *memory_of(struct machine *m)
{
    struct bus *pci = bus_find(m, "PCI", NULL);

    return pci ? ((struct pci_bus *)pci)->memory : &m->memory;
}

static int isa_vga_realize(struct device *dev, struct error **err)
{
    static const struct { uint8_t region; uint16_t port; } ports[] = {
        { R_3B4, 0x3b4 }, { R_3BA, 0x3ba }, { R_3C0, 0x3c0 }, { R_3D4, 0x3d4 }, { R_3DA, 0x3da }, { R_VBE, 0x1ce },
    };
    int r = vga_memory_open(vga(dev), "vga.vram", err);

    if (r < 0)
        return r;
    vga_open(vga(dev), &dev->regions[R_VRAM], &dev->regions[R_LOWMEM]);
    for (unsigned i = 0; i < sizeof(ports) / sizeof(ports[0]); i++)
        device_map(dev, ports[i].region, &dev->machine->io, ports[i].port, 0);
    device_map(dev, R_LOWMEM, memory_of(dev->machine), 0xa0000, 1);
    device_map(dev, R_VRAM, memory_of(dev->machine), VRAM_BASE, 0);
    return 0;
}

static void isa_vga_unrealize(struct device *dev)
{
    vga_close(vga(dev));
}

static void isa_vga_reset(struct device *dev)
{
    vga_reset(vga(dev));
}

static void isa_vga_resumed(struct device *dev)
{
    vga_resumed(vga(dev));
}

static const struct device_type isa_vga_type = {
    .type = { .name = "isa-vga", .parent = "isa-device", .category = "display", .doc = "VGA on the ISA bus",
              DEVICE(V), .st_off = offsetof(V, st.vga), .st_size = sizeof(struct vga_state), .props = isa_vga_props,
              .state = &isa_vga_section },
    .regions = isa_vga_regions,
    .bus = "ISA",
    .realize = isa_vga_realize,
    .unrealize = isa_vga_unrealize,
    .reset = isa_vga_reset,
    .resumed = isa_vga_resumed,
};
DEVICE_TYPE(isa_vga_type);
