/* SPDX-License-Identifier: Apache-2.0 */
#include "hw/display/vga-chip.h"

/*
 * The VGA: the wire form
 *
 * QEMU 7.2's fields, which the bindings put into their sections, and one subsection for pixels that are
 * not little-endian.  What the wire has twice is computed: start, pitch and bank mask follow from the
 * other registers.
 */

#define V struct vga_state

static uint64_t is_vbe(const struct device *dev)
{
    (void)dev;
    return 1;
}

static uint64_t start(const struct device *dev)
{
    const struct vga_state *st = &vga_const(dev)->st.vga;

    return vga_vbe_on(st) ? vga_vbe_start_bytes(st) / 4 : 0;
}

static uint64_t pitch(const struct device *dev)
{
    const struct vga_state *st = &vga_const(dev)->st.vga;

    return vga_vbe_on(st) ? vga_vbe_line_bytes(st) : 0;
}

static uint64_t bank_mask(const struct device *dev)
{
    return vga_const(dev)->vram->size / BANK_BYTES - 1;
}

#define BYTES(name_, m)                                                                     \
    { .name = (name_), .kind = FIELD_BUFFER, .off = offsetof(V, m), .size = sizeof(((V *)0)->m), .count = 1 }

const struct field vga_state_fields[] = {
    ELEM(V, "latch", latch),
    ELEM(V, "sr_index", sr_index, .max = SRS - 1),
    BYTES("sr", sr),
    ELEM(V, "gr_index", gr_index, .max = GRS - 1),
    BYTES("gr", gr),
    ELEM(V, "ar_index", ar_index, .max = AR_INDEX | AR_INDEX_PAS),
    BYTES("ar", ar),
    ELEM(V, "ar_flip_flop", flip_flop, .wire = 4, .type = "int32"),
    ELEM(V, "cr_index", cr_index),
    BYTES("cr", cr),
    ELEM(V, "msr", msr),
    ELEM(V, "fcr", fcr),
    ELEM(V, "st00", st00),
    ELEM(V, "st01", st01),
    ELEM(V, "dac_state", dac_state),
    ELEM(V, "dac_sub_index", dac_sub_index, .max = RGB - 1),
    ELEM(V, "dac_read_index", dac_read_index),
    ELEM(V, "dac_write_index", dac_write_index),
    BYTES("dac_cache", dac_cache),
    BYTES("palette", palette),
    ELEM(V, "bank_offset", bank_offset, .type = "int32"),
    COMPUTED("is_vbe_vmstate", 1, .equal = true, .get = is_vbe),
    ELEM(V, "vbe_index", vbe_index),
    { .name = "vbe_regs", .off = offsetof(V, vbe), .size = 2, .count = VBE_REGS },
    COMPUTED("vbe_start_addr", 4, .get = start),
    COMPUTED("vbe_line_offset", 4, .get = pitch),
    COMPUTED("vbe_bank_mask", 4, .get = bank_mask),
    {}
};
