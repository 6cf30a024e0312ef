/* SPDX-License-Identifier: Apache-2.0 */
#include "hw/display/edid.h"

/*
 * EDID of a monitor that takes any mode
 *
 *     block 0    E-EDID 1.4: identity, established and standard timings, the preferred mode, limits, name
 *     block 1    CTA-861 revision 3: video codes
 *     block 2    DisplayID 1.3: the preferred mode, when block 0 has no room for its numbers
 *
 * A mode's blanking is a fixed part of its size, and its picture has 100 dots per inch; identity, lists and
 * parts are the reference's, as its monitor shows them.
 * Reference: VESA E-EDID A.2, sections 3.4 to 3.10; CTA-861-F, 7.5; VESA DisplayID 1.3, 4.4.
 * Invariant: the bytes of every block add up to 0 modulo 256.
 */

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

enum { DEFAULT_MHZ = 75000, DETAILED_SIDE = 4096, DETAILED_CLOCK = 0x10000 };
enum { AT_SIZE = 21, AT_ESTABLISHED = 35, AT_STANDARD = 38, AT_DESCRIPTORS = 54, AT_EXTENSIONS = 126, DESCRIPTOR = 18 };

struct timing {
    uint32_t x, y, x_blank, x_front, x_sync, y_blank, y_front, y_sync;
    uint32_t x_mm, y_mm;
    uint64_t clock;             /* 10 kHz */
};

static struct timing timing_of(const struct edid_config *cfg)
{
    struct timing t = { .x = cfg->xres, .y = cfg->yres };
    uint64_t mhz = cfg->refresh_mhz ? cfg->refresh_mhz : DEFAULT_MHZ;

    t.x_blank = (uint64_t)t.x * 35 / 100;
    t.x_front = (uint64_t)t.x * 25 / 100;
    t.x_sync = (uint64_t)t.x * 3 / 100;
    t.y_blank = (uint64_t)t.y * 35 / 1000;
    t.y_front = t.y_sync = (uint64_t)t.y * 5 / 1000;
    t.x_mm = (uint64_t)t.x * 254 / 1000;
    t.y_mm = (uint64_t)t.y * 254 / 1000;
    t.clock = (unsigned __int128)mhz * (t.x + t.x_blank) * (t.y + t.y_blank) / 1000 / 10000;
    return t;
}

static bool fits_detailed(const struct timing *t)
{
    return t->x < DETAILED_SIDE && t->y < DETAILED_SIDE && t->clock < DETAILED_CLOCK;
}

static bool offered(const struct edid_config *cfg, unsigned x, unsigned y)
{
    return (!cfg->xmax || x <= cfg->xmax) && (!cfg->ymax || y <= cfg->ymax);
}

static void put16(uint8_t *to, uint32_t val)
{
    to[0] = val;
    to[1] = val >> 8;
}

static void checksum(uint8_t *block, unsigned at)
{
    uint8_t sum = 0;

    for (unsigned i = 0; i < at; i++)
        sum += block[i];
    block[at] = -sum;
}

/* 3.10.2: the detailed timing descriptor. */
static void detailed(uint8_t *d, const struct timing *t)
{
    put16(d, t->clock);
    d[2] = t->x;
    d[3] = t->x_blank;
    d[4] = (t->x >> 8 & 0xf) << 4 | (t->x_blank >> 8 & 0xf);
    d[5] = t->y;
    d[6] = t->y_blank;
    d[7] = (t->y >> 8 & 0xf) << 4 | (t->y_blank >> 8 & 0xf);
    d[8] = t->x_front;
    d[9] = t->x_sync;
    d[10] = (t->y_front & 0xf) << 4 | (t->y_sync & 0xf);
    d[11] = (t->x_front >> 8 & 3) << 6 | (t->x_sync >> 8 & 3) << 4 | (t->y_front >> 4 & 3) << 2 | (t->y_sync >> 4 & 3);
    d[12] = t->x_mm;
    d[13] = t->y_mm;
    d[14] = (t->x_mm >> 8 & 0xf) << 4 | (t->y_mm >> 8 & 0xf);
    d[17] = 0x18;               /* digital, separate syncs, both negative */
}

static void established(const struct edid_config *cfg, uint8_t *block)
{
    static const struct { uint16_t x, y; uint8_t byte, bit; } modes[] = {
        { 640, 480, 0, 0x20 }, { 800, 600, 0, 0x01 }, { 1024, 768, 1, 0x08 },
    };

    for (unsigned i = 0; i < sizeof(modes) / sizeof(modes[0]); i++)
        if (offered(cfg, modes[i].x, modes[i].y))
            block[AT_ESTABLISHED + modes[i].byte] |= modes[i].bit;
}

enum { STANDARDS = 8, NO_RATIO = 0xff };

/*
 * 3.9: standard timings are width / 8 - 31, then the aspect ratio in bits 7:6 and the rate less 60.  3.10.3.9:
 * established timings III are bits of a descriptor, here for what comes when the eight standard ones are taken;
 * a mode that comes earlier and is no standard one is left out.
 */
static void standard(const struct edid_config *cfg, uint8_t *block, uint8_t *descriptor)
{
    static const struct { uint16_t x, y; uint8_t ratio, byte, bit; } modes[] = {
        { 2048, 1152, 0xc0, 0, 0 }, { 1920, 1080, 0xc0, 0, 0 }, { 1920, 1200, 0x00, 0, 0 }, { 1600, 1200, 0x40, 0, 0 },
        { 1680, 1050, 0x00, 0, 0 }, { 1440, 900, 0x00, 0, 0 }, { 1280, 1024, 0x80, 0, 0 }, { 1280, 960, 0x40, 0, 0 },
        { 1280, 768, NO_RATIO, 7, 0x40 }, { 1920, 1440, 0x40, 11, 0x20 }, { 1856, 1392, NO_RATIO, 10, 0x08 },
        { 1792, 1344, NO_RATIO, 10, 0x20 }, { 1400, 1050, NO_RATIO, 8, 0x02 }, { 1360, 768, NO_RATIO, 8, 0x80 },
    };
    unsigned taken = 0;

    memset(block + AT_STANDARD, 0x01, 2 * STANDARDS);
    descriptor[3] = 0xf7;
    descriptor[5] = 10;
    for (unsigned i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
        if (!offered(cfg, modes[i].x, modes[i].y))
            continue;
        if (taken == STANDARDS) {
            descriptor[modes[i].byte] |= modes[i].bit;
        } else if (modes[i].ratio != NO_RATIO) {
            block[AT_STANDARD + 2 * taken] = modes[i].x / 8 - 31;
            block[AT_STANDARD + 2 * taken++ + 1] = modes[i].ratio;
        }
    }
}

/* 3.10.3.3: 50 to 125 Hz, 30 to 160 kHz, up to 2550 MHz, and no formula. */
static const uint8_t limits[DESCRIPTOR] = { 0, 0, 0, 0xfd, 0, 50, 125, 30, 160, 255, 1, '\n', ' ', ' ', ' ', ' ', ' ',
                                            ' ' };
static const uint8_t name[DESCRIPTOR] = { 0, 0, 0, 0xfc, 0, 'Q', 'E', 'M', 'U', ' ', 'M', 'o', 'n', 'i', 't', 'o', 'r',
                                          '\n' };
static const uint8_t dummy[DESCRIPTOR] = { [3] = 0x10 };

static void base_block(const struct edid_config *cfg, const struct timing *t, uint8_t *block)
{
    /* header; "RHT", product 1234h; week 42 of 2014; version 1.4 */
    static const uint8_t identity[] = { 0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x00, 0x49, 0x14, 0x34, 0x12,
                                        0, 0, 0, 0, 42, 2014 - 1990, 1, 4, 0xa5 };
    /* gamma 2.2, sRGB and preferred mode; chromaticity of sRGB */
    static const uint8_t colours[] = { 0x78, 0x06, 0xee, 0x91, 0xa3, 0x54, 0x4c, 0x99, 0x26, 0x0f, 0x50, 0x54 };
    uint8_t *d = block + AT_DESCRIPTORS;

    memcpy(block, identity, sizeof(identity));
    block[AT_SIZE] = t->x_mm / 10;
    block[AT_SIZE + 1] = t->y_mm / 10;
    memcpy(block + AT_SIZE + 2, colours, sizeof(colours));
    established(cfg, block);
    if (fits_detailed(t)) {
        detailed(d, t);
        d += DESCRIPTOR;
    }
    standard(cfg, block, d);
    memcpy(d + DESCRIPTOR, limits, DESCRIPTOR);
    memcpy(d + 2 * DESCRIPTOR, name, DESCRIPTOR);
    if (!fits_detailed(t))
        memcpy(d + 3 * DESCRIPTOR, dummy, DESCRIPTOR);
    block[AT_EXTENSIONS] = fits_detailed(t) ? 1 : 2;
    checksum(block, EDID_BLOCK - 1);
}

/* 7.5: one video data block of the codes that are offered, then descriptors that say nothing. */
static void cta_block(const struct edid_config *cfg, uint8_t *block)
{
    static const struct { uint16_t x, y; uint8_t code; } modes[] = {
        { 5120, 2160, 125 }, { 4096, 2160, 101 }, { 3840, 2160, 96 }, { 2560, 1080, 89 }, { 1920, 1080, 31 },
        { 3840, 2160, 97 },
    };
    unsigned n = 0, at;

    block[0] = 2;
    block[1] = 3;
    for (unsigned i = 0; i < sizeof(modes) / sizeof(modes[0]); i++)
        if (offered(cfg, modes[i].x, modes[i].y))
            block[5 + n++] = modes[i].code;
    block[4] = 2 << 5 | n;
    block[2] = 5 + n;
    for (at = 5 + n; at + DESCRIPTOR < EDID_BLOCK; at += DESCRIPTOR)
        memcpy(block + at, dummy, DESCRIPTOR);
    checksum(block, EDID_BLOCK - 1);
}

/* 4.4: one detailed timing of type I; every number is less 1, but for the clock, as in the reference. */
static void display_id_block(const struct timing *t, uint8_t *block)
{
    static const uint8_t head[] = { 0x70, 0x13, 23, 3, 0, 0x03, 0, 20 };
    const uint32_t parts[] = { t->x, t->x_blank, t->x_front, t->x_sync, t->y, t->y_blank, t->y_front, t->y_sync };
    uint8_t *d = block + sizeof(head);

    memcpy(block, head, sizeof(head));
    put16(d, t->clock);
    d[2] = t->clock >> 16;
    d[3] = 0x88;                /* preferred, 16:9 or undefined */
    for (unsigned i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
        put16(d + 4 + 2 * i, parts[i] - 1);
    block[28] = 0;
    for (unsigned i = 1; i < 28; i++)
        block[28] -= block[i];
    checksum(block, EDID_BLOCK - 1);
}

void edid_build(const struct edid_config *cfg, uint8_t edid[EDID_BYTES])
{
    struct timing t = timing_of(cfg);

    memset(edid, 0, EDID_BYTES);
    base_block(cfg, &t, edid);
    cta_block(cfg, edid + EDID_BLOCK);
    if (!fits_detailed(&t))
        display_id_block(&t, edid + 2 * EDID_BLOCK);
}
