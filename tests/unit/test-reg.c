/* SPDX-License-Identifier: Apache-2.0 */
#include "object/reg.h"

/* Register tables: partial and wide accesses, write masks, write-1-to-clear, read-clear, holes. */

#include "tests/test.h"

#include <stddef.h>

struct chip {
    struct { uint32_t ctl, sts; uint16_t pair[4]; uint8_t bank[3], fifo; } st;
};

static unsigned n_changed, n_written;
static uint32_t changed_at, written_at;
static uint64_t written;

static void changed(struct device *dev, uint32_t at)
{
    (void)dev;
    n_changed++;
    changed_at = at;
}

static uint64_t fn_read(struct device *dev, uint32_t at)
{
    (void)dev;
    return 0x8877665544332211u + at;
}

static void fn_write(struct device *dev, uint32_t at, uint64_t val)
{
    (void)dev;
    n_written++;
    written_at = at;
    written = val;
}

#define C struct chip
static const struct reg regs[] = {
    REG(C, 0x00, "CTL", ctl, .reset = 0x100, .wmask = 0x00ff00ff, .changed = changed),
    REG(C, 0x04, "STS", sts, .wmask = 0x1, .w1c = 0xff00, .rclear = 0xff0000, .hw = 0x80000000, .changed = changed),
    REGS(C, 0x08, "PAIR", pair, .wmask = 0xffff),
    { .name = "BANK", .at = 0x10, .off = ST_OFF(C, bank), .size = 3, .width = 1, .count = 3, .stride = 4,
        .wmask = 0x0f },
    REG_FN(0x20, "FN", 8, .read = fn_read, .write = fn_write),
    {}
};

static struct reg_map *map;
static struct chip chip;

static uint64_t rd(uint64_t at, unsigned size)
{
    return regs_read(map, NULL, &chip.st, at, size, 0xee);
}

static void wr(uint64_t at, unsigned size, uint64_t val)
{
    regs_write(map, NULL, &chip.st, at, size, val);
}

static void begin(void)
{
    chip = (struct chip){ 0 };
    n_changed = n_written = 0;
}

static void only_writable_bits_change(void)
{
    begin();
    chip.st.ctl = 0x12345678;
    wr(0, 4, 0xffffffff);
    CHECK_EQ(chip.st.ctl, 0x12ff56ff);
    wr(0, 4, 0);
    CHECK_EQ(chip.st.ctl, 0x12005600);
}

static void a_partial_write_touches_its_bytes_only(void)
{
    begin();
    wr(2, 1, 0xff);
    CHECK_EQ(chip.st.ctl, 0x00ff0000);
    wr(0, 2, 0xffff);
    CHECK_EQ(chip.st.ctl, 0x00ff00ff);
    wr(1, 1, 0xff);             /* no writable bit there */
    CHECK_EQ(chip.st.ctl, 0x00ff00ff);
    wr(1, 2, 0);                /* misaligned, across bytes */
    CHECK_EQ(chip.st.ctl, 0x000000ff);
}

static void writing_1_clears_and_0_leaves(void)
{
    begin();
    chip.st.sts = 0x8000ff00;
    wr(4, 4, 0x0f00);
    CHECK_EQ(chip.st.sts, 0x8000f000);
    wr(5, 1, 0x10);
    CHECK_EQ(chip.st.sts, 0x8000e000);
    wr(4, 1, 0xff);             /* its byte has no such bits; the writable one changes */
    CHECK_EQ(chip.st.sts, 0x8000e001);
}

static void reading_clears_in_the_bytes_that_are_read(void)
{
    begin();
    chip.st.sts = 0x00ff0000;
    CHECK_EQ(rd(4, 2), 0);
    CHECK_EQ(chip.st.sts, 0x00ff0000);
    CHECK_EQ(rd(6, 1), 0xff);
    CHECK_EQ(chip.st.sts, 0);
    CHECK_EQ(n_changed, 1);
    CHECK_EQ(changed_at, 4);
    rd(4, 4);                   /* nothing to clear: nothing has changed */
    CHECK_EQ(n_changed, 1);
}

static void a_wide_access_covers_several_registers(void)
{
    begin();
    wr(8, 8, 0x4444333322221111);
    CHECK_EQ(chip.st.pair[0], 0x1111);
    CHECK_EQ(chip.st.pair[3], 0x4444);
    CHECK_EQ(rd(8, 8), 0x4444333322221111);
    CHECK_EQ(rd(0xb, 4), 0x44333322);
    chip.st.ctl = 0x01020304;
    chip.st.sts = 0x80000000;
    CHECK_EQ(rd(0, 8), 0x8000000001020304);
    CHECK_EQ(rd(2, 4), 0x00000102);
}

static void elements_stand_a_stride_apart_with_holes_between(void)
{
    begin();
    wr(0x10, 8, 0xffffffffffffffff);
    CHECK_EQ(chip.st.bank[0], 0x0f);
    CHECK_EQ(chip.st.bank[1], 0x0f);
    CHECK_EQ(chip.st.bank[2], 0);
    CHECK_EQ(rd(0x10, 8), 0xeeeeee0feeeeee0f);
    wr(0x18, 1, 5);
    CHECK_EQ(chip.st.bank[2], 5);
    CHECK_EQ(rd(0x1c, 4), 0xeeeeeeee);
}

static void functions_see_the_whole_register(void)
{
    begin();
    CHECK_EQ(rd(0x20, 8), 0x8877665544332231);
    CHECK_EQ(rd(0x22, 2), 0x4433);
    CHECK_EQ(rd(0x27, 1), 0x88);
    wr(0x21, 2, 0xabcd);
    CHECK_EQ(n_written, 1);
    CHECK_EQ(written_at, 0x20);
    CHECK_EQ(written, 0xabcd00);        /* nothing backs it: the other bytes are 0 */
}

static void every_bit_that_a_register_may_show_is_legal(void)
{
    CHECK_EQ(reg_legal(&regs[0]), 0x00ff01ff);
    CHECK_EQ(reg_legal(&regs[1]), 0x80ffff01);
}

/* All single accesses against a byte-wise model of CTL. */
static void any_access_is_the_sum_of_its_bytes(void)
{
    for (unsigned at = 0; at < 4; at++)
        for (unsigned size = 1; size <= 4 - at; size++)
            for (unsigned v = 0; v < 4096; v++) {
                uint32_t val = v * 0x9e3779b9u, want = 0xa5a5a5a5;

                for (unsigned i = 0; i < size; i++) {
                    uint32_t mask = 0x00ff00ffu & 0xffu << 8 * (at + i);

                    want = (want & ~mask) | ((val >> 8 * i & 0xff) << 8 * (at + i) & mask);
                }
                chip.st.ctl = 0xa5a5a5a5;
                wr(at, size, val);
                CHECK_EQ(chip.st.ctl, want);
            }
}

int main(void)
{
    map = reg_map_new(regs, 0x40);
    TEST(only_writable_bits_change);
    TEST(a_partial_write_touches_its_bytes_only);
    TEST(writing_1_clears_and_0_leaves);
    TEST(reading_clears_in_the_bytes_that_are_read);
    TEST(a_wide_access_covers_several_registers);
    TEST(elements_stand_a_stride_apart_with_holes_between);
    TEST(functions_see_the_whole_register);
    TEST(every_bit_that_a_register_may_show_is_legal);
    TEST(any_access_is_the_sum_of_its_bytes);
    reg_map_free(map);
    return test_end();
}
