/* SPDX-License-Identifier: Apache-2.0 */
#include "hw/display/vga-chip.h"

/*
 * The VGA's window at A0000h: how a byte of the CPU reaches the four planes
 *
 * Every access goes byte by byte through the address decoding (memory map select, chain-4, odd/even)
 * and the data path (rotate, set/reset, logical function, bit mask, latches).  Where that comes to a
 * plain byte of memory, the window shows memory instead, and nobody enters here.
 * Reference: IBM Video Subsystem, "VGA Memory Maps", "Graphics Controller"; FreeVGA, "Accessing the
 * VGA Display Memory".
 * Left out: as in the reference, chain-4 passes the data path by, but for the map mask.
 *
 * Invariant: no access leaves vram, whatever bank and mode; `banked` is enabled exactly while every
 * byte of the 64 KiB at A0000h is the byte of vram that lies at bank + offset.
 */

#include "core/machine.h"

enum { OUTSIDE = UINT32_MAX };

/* Bits 0 to 3 as bytes of ones, plane 0 in the lowest. */
static uint32_t planes(unsigned bits)
{
    return (bits & 1 ? 0xff : 0) | (bits & 2 ? 0xff00 : 0) | (bits & 4 ? 0xff0000 : 0) | (bits & 8 ? 0xff000000 : 0);
}

/* The same byte in all planes. */
static uint32_t replicate(uint8_t byte)
{
    return byte * 0x01010101u;
}

static uint32_t vram_mask(const struct vga *v)
{
    return v->vram->size - 1;
}

static bool is_linear(const struct vga_state *st)
{
    return vga_vbe_on(st) || (st->sr[SR_MEMORY_MODE] & SR_MEMORY_CHAIN4);
}

static uint8_t map_mask(const struct vga_state *st)
{
    return vga_vbe_on(st) ? 0xf : st->sr[SR_MAP_MASK] & 0xf;
}

/* Where the window's byte `at` leads before planes are told apart; OUTSIDE: the window is not there. */
static uint32_t decode(const struct vga *v, uint32_t at)
{
    switch (v->st.vga.gr[GR_MISC] >> 2 & 3) {
    case 0:
        return at + v->st.vga.bank_offset;
    case 1:
        return at < 0x10000 ? at + v->st.vga.bank_offset : OUTSIDE;
    case 2:
        return at >= 0x10000 && at < 0x18000 ? at - 0x10000 : OUTSIDE;
    default:
        return at >= 0x18000 ? at - 0x18000 : OUTSIDE;
    }
}

static uint8_t *vram_byte(const struct vga *v, uint32_t at)
{
    return v->vram->host + (at & vram_mask(v));
}

/* The four planes of one address. */
static uint32_t *vram_planes(const struct vga *v, uint32_t at)
{
    return (uint32_t *)(v->vram->host + ((at << 2) & vram_mask(v)));
}

void vga_memory_written(const struct vga *v, uint32_t at, uint32_t bytes)
{
    if (ram_logged(v->vram) || v->vram->code)
        ram_written(v->vram, at, bytes);
}

/* Where an even or odd byte of the CPU lies when A0 chooses the plane. */
static uint32_t odd_even(uint32_t at, unsigned plane)
{
    return (at & ~1u) << 1 | plane;
}

static uint8_t read_byte(struct vga *v, uint32_t window_at)
{
    struct vga_state *st = &v->st.vga;
    uint32_t at = decode(v, window_at), differ;

    if (at == OUTSIDE)
        return 0xff;
    if (is_linear(st))
        return *vram_byte(v, at);
    if (st->gr[GR_MODE] & GR_MODE_ODD_EVEN)
        return *vram_byte(v, odd_even(at, (st->gr[GR_READ_MAP] & 2) | (at & 1)));
    st->latch = *vram_planes(v, at);
    if (!(st->gr[GR_MODE] & GR_MODE_READ_COMPARE))
        return st->latch >> 8 * (st->gr[GR_READ_MAP] & 3);
    differ = (st->latch ^ planes(st->gr[GR_COLOR_COMPARE])) & planes(st->gr[GR_COLOR_CARE]);
    differ |= differ >> 16;
    differ |= differ >> 8;
    return ~differ;
}

static uint32_t combine(const struct vga_state *st, uint32_t val)
{
    switch (st->gr[GR_ROTATE] >> 3 & 3) {
    case 1:
        return val & st->latch;
    case 2:
        return val | st->latch;
    case 3:
        return val ^ st->latch;
    default:
        return val;
    }
}

/* What the data path makes of a byte, for all planes: write modes 0 to 3. */
static uint32_t data_path(const struct vga_state *st, uint8_t byte)
{
    unsigned turn = st->gr[GR_ROTATE] & 7;
    uint8_t rotated = byte >> turn | byte << (8 - turn);
    uint32_t bits = replicate(st->gr[GR_BIT_MASK]), set = planes(st->gr[GR_SET_RESET]), val, enabled;

    switch (st->gr[GR_MODE] & 3) {
    case 0:
        enabled = planes(st->gr[GR_ENABLE_SET_RESET]);
        val = (replicate(rotated) & ~enabled) | (set & enabled);
        break;
    case 1:
        return st->latch;
    case 2:
        val = planes(byte);
        break;
    default:
        bits &= replicate(rotated);
        val = set;
        break;
    }
    return (combine(st, val) & bits) | (st->latch & ~bits);
}

static void write_one(struct vga *v, uint32_t at, unsigned plane, uint8_t byte)
{
    if (!(map_mask(&v->st.vga) >> plane & 1))
        return;
    *vram_byte(v, at) = byte;
    vga_memory_written(v, at & vram_mask(v), 1);
}

static void write_byte(struct vga *v, uint32_t window_at, uint8_t byte)
{
    const struct vga_state *st = &v->st.vga;
    uint32_t at = decode(v, window_at), mask = planes(map_mask(st)), *host;

    if (at == OUTSIDE)
        return;
    if (is_linear(st)) {
        write_one(v, at, at & 3, byte);
    } else if (st->gr[GR_MODE] & GR_MODE_ODD_EVEN) {
        unsigned plane = (st->gr[GR_READ_MAP] & 2) | (at & 1);

        write_one(v, odd_even(at, plane), plane, byte);
    } else {
        host = vram_planes(v, at);
        *host = (*host & ~mask) | (data_path(st, byte) & mask);
        vga_memory_written(v, (at << 2) & vram_mask(v), sizeof(*host));
    }
}

uint64_t vga_memory_read(struct device *dev, uint64_t at, unsigned size)
{
    uint64_t val = 0;

    for (unsigned i = 0; i < size; i++)
        val |= (uint64_t)read_byte(vga(dev), at + i) << 8 * i;
    return val;
}

void vga_memory_write(struct device *dev, uint64_t at, unsigned size, uint64_t val)
{
    for (unsigned i = 0; i < size; i++)
        write_byte(vga(dev), at + i, val >> 8 * i);
}

static bool is_plain(const struct vga_state *st)
{
    return is_linear(st) && map_mask(st) == 0xf && (st->gr[GR_MISC] >> 2 & 3) == 1;
}

/* What was asked for last is kept here: what the map shows may be older, on another thread. */
void vga_memory_map(struct vga *v)
{
    uint64_t base = is_plain(&v->st.vga) ? v->vram->size - (v->st.vga.bank_offset & vram_mask(v)) : 0;

    if (!v->lowmem || base == v->banked_base)
        return;
    v->banked_base = base;
    map_request(&v->pci.dev, &v->banked, base, base);
}
