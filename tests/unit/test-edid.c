/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/test.h"

/*
 * EDID after VESA E-EDID A.2, CTA-861-F and DisplayID 1.3, and byte for byte as the reference's
 * (tests/facts/display/edid.tsv)
 */

#include "hw/display/edid.h"

static uint8_t edid[EDID_BYTES];

static void build(uint32_t x, uint32_t y, uint32_t mhz)
{
    edid_build(&(struct edid_config){ .xres = x, .yres = y, .refresh_mhz = mhz }, edid);
}

static uint8_t sum(const uint8_t *bytes, unsigned n)
{
    uint8_t total = 0;

    while (n--)
        total += *bytes++;
    return total;
}

/* "The one-byte sum of all 128 bytes of a block shall equal 00h", and of a DisplayID section. */
static void every_block_adds_up_to_zero(void)
{
    static const uint32_t sizes[][2] = { { 1280, 800 }, { 1, 1 }, { 3840, 2160 }, { 20000, 100 }, { 65535, 65535 },
                                         { UINT32_MAX, UINT32_MAX } };

    for (unsigned i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        build(sizes[i][0], sizes[i][1], i & 1 ? UINT32_MAX : 0);
        for (unsigned block = 0; block < 3; block++)
            CHECK_EQ(sum(edid + block * EDID_BLOCK, EDID_BLOCK), 0);
        if (edid[126] == 2)
            CHECK_EQ(sum(edid + 2 * EDID_BLOCK + 1, 28), 0);
    }
}

static void the_header_is_eight_fixed_bytes(void)
{
    build(1280, 800, 0);
    CHECK(!memcmp(edid, "\0\xff\xff\xff\xff\xff\xff\0", 8));
    CHECK_EQ(edid[18] << 8 | edid[19], 0x0104);
    CHECK_EQ(edid[126], 1);
    CHECK_EQ(edid[128], 2);
}

/* 3.10.2: what a driver computes from the descriptor is the mode that was asked for. */
static void the_first_descriptor_is_the_preferred_mode(void)
{
    static const uint32_t sizes[][3] = { { 1280, 800, 0 }, { 640, 480, 60000 }, { 1366, 768, 0 }, { 2048, 1536, 50000 },
                                         { 4095, 1000, 50000 } };

    for (unsigned i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        const uint8_t *d = edid + 54;
        uint64_t x, y, clock;

        build(sizes[i][0], sizes[i][1], sizes[i][2]);
        CHECK_EQ(d[2] | (d[4] & 0xf0) << 4, sizes[i][0]);
        CHECK_EQ(d[5] | (d[7] & 0xf0) << 4, sizes[i][1]);
        x = sizes[i][0] + (d[3] | (d[4] & 0xf) << 8);
        y = sizes[i][1] + (d[6] | (d[7] & 0xf) << 8);
        clock = (d[0] | d[1] << 8) * 10000ull;
        CHECK(clock * 1000 / (x * y) <= (sizes[i][2] ? sizes[i][2] : 75000));
        CHECK((clock + 10000) * 1000 / (x * y) >= (sizes[i][2] ? sizes[i][2] : 75000));
        CHECK((unsigned)(d[8] | (d[11] & 0xc0) << 2) + (d[9] | (d[11] & 0x30) << 4) <= x - sizes[i][0]);
    }
}

static void a_mode_that_is_too_large_moves_to_display_id(void)
{
    const uint8_t *d = edid + 2 * EDID_BLOCK + 8;

    build(4095, 800, 40000);
    CHECK_EQ(edid[126], 1);
    build(4096, 800, 40000);
    CHECK_EQ(edid[126], 2);
    CHECK_EQ(edid[256], 0x70);
    CHECK_EQ((d[4] | d[5] << 8) + 1, 4096);
    CHECK_EQ((d[12] | d[13] << 8) + 1, 800);
    CHECK_EQ(edid[57], 0xf7);                   /* the others move up, and a dummy is last */
    CHECK_EQ(edid[108 + 3], 0x10);
    build(800, 4096, 1000);
    CHECK_EQ(edid[126], 2);
    build(1920, 1200, 150000);                  /* 483 MHz */
    CHECK_EQ(edid[126], 1);
    build(1920, 1200, 210000);                  /* 676 MHz: more than 16 bits of 10 kHz */
    CHECK_EQ(edid[126], 2);
    CHECK_EQ(d[2], 1);
}

static void next_word(char **line, char *to, size_t size)
{
    size_t n = strcspn(*line, "\t\n");

    CHECK(n < size);
    memcpy(to, *line, n);
    to[n] = '\0';
    *line += (*line)[n] ? n + 1 : n;
}

static void the_reference_s_monitors_say_the_same(void)
{
    FILE *f = fopen(TEST_SOURCE_DIR "/tests/facts/display/edid.tsv", "r");
    char line[2000], word[1000];
    unsigned n = 0;

    CHECK(f);
    while (fgets(line, sizeof(line), f)) {
        uint32_t number[5];
        char *at = line;

        if (*line == '#')
            continue;
        for (unsigned i = 0; i < 5; i++) {
            next_word(&at, word, sizeof(word));
            number[i] = strtoul(word, NULL, 10);
        }
        next_word(&at, word, sizeof(word));
        edid_build(&(struct edid_config){ number[0] ? number[0] : 1280, number[1] ? number[1] : 800, number[2],
                                          number[3], number[4] }, edid);
        for (unsigned i = 0; i < EDID_BYTES; i++) {
            char hex[3];

            snprintf(hex, sizeof(hex), "%02x", edid[i]);
            if (memcmp(hex, word + 2 * i, 2)) {
                printf("# %s: byte %u is %s, not %.2s\n", line, i, hex, word + 2 * i);
                fclose(f);
                CHECK(false);
            }
        }
        n++;
    }
    fclose(f);
    CHECK_EQ(n, 8);
}

int main(void)
{
    TEST(every_block_adds_up_to_zero);
    TEST(the_header_is_eight_fixed_bytes);
    TEST(the_first_descriptor_is_the_preferred_mode);
    TEST(a_mode_that_is_too_large_moves_to_display_id);
    TEST(the_reference_s_monitors_say_the_same);
    return test_end();
}
