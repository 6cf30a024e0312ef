/* SPDX-License-Identifier: Apache-2.0 */
#include "hw/display/vga-chip.h"

/*
 * isa-vga: the VGA on the ISA bus, its video memory at E0000000h
 *
 * Of struct vga's state only the chip's is this device's.  Left out: the BIOS, which the board places.
 */

#include "core/machine.h"
#include "hw/isa/isa.h"

enum { R_VRAM, R_PORTS, R_LOWMEM = R_PORTS + VGA_PORT_REGIONS };
#define VRAM_BASE 0xe0000000u

#define V struct vga

static const struct prop isa_vga_props[] = {
    PROP(V, "vgamem_mb", vgamem_mb, .def = 8, .doc = "video memory in MiB, up to 512; a power of two"),
    {}
};

static const struct region_type isa_vga_regions[] = {
    [R_VRAM] = VGA_VRAM_REGION,
    VGA_PORTS_REGIONS(R_PORTS),
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
    int r = vga_memory_open(vga(dev), "vga.vram", err);

    if (r < 0)
        return r;
    vga_open(vga(dev), &dev->regions[R_VRAM], &dev->regions[R_LOWMEM]);
    vga_ports_map(dev, R_PORTS);
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
