/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/bits.h"

/*
 * Masks, checked addition, numbers in memory: the sentences of lib/bits.h
 */

#include "tests/test.h"

static void a_mask_has_as_many_ones_as_asked_for(void)
{
    CHECK_EQ(bits_ones(0), 0);
    CHECK_EQ(bits_ones(1), 1);
    CHECK_EQ(bits_ones(12), 0xfff);
    CHECK_EQ(bits_ones(63), UINT64_MAX >> 1);
    CHECK_EQ(bits_ones(64), UINT64_MAX);
}

static void a_power_of_two_has_one_bit(void)
{
    CHECK(!bits_is_pow2(0));
    CHECK(bits_is_pow2(1));
    CHECK(!bits_is_pow2(3));
    CHECK(!bits_is_pow2(UINT64_MAX));
    for (unsigned n = 2; n < 64; n++) {
        CHECK(bits_is_pow2(1ull << n));
        CHECK(!bits_is_pow2((1ull << n) + 1));
        CHECK(!bits_is_pow2((1ull << n) - 1));
    }
}

static void a_sum_that_does_not_fit_is_refused(void)
{
    uint64_t sum;

    CHECK(bits_add(UINT64_MAX - 5, 5, &sum));
    CHECK_EQ(sum, UINT64_MAX);
    CHECK(!bits_add(UINT64_MAX - 5, 6, &sum));
    CHECK(!bits_add(UINT64_MAX, UINT64_MAX, &sum));
}

/* Size 1, 2, 4 or 8, at any alignment; the bytes around stay. */
static void numbers_lie_in_memory_in_either_order(void)
{
    static const uint8_t bytes[] = { 0xff, 0x81, 0x72, 0x63, 0x54, 0x45, 0x36, 0x27, 0x18, 0xff };
    static const uint64_t little[] = { [1] = 0x81, [2] = 0x7281, [4] = 0x54637281, [8] = 0x1827364554637281 };
    static const uint64_t big[] = { [1] = 0x81, [2] = 0x8172, [4] = 0x81726354, [8] = 0x8172635445362718 };
    uint8_t le[sizeof(bytes)], be[sizeof(bytes)];

    for (unsigned size = 1; size <= 8; size *= 2) {
        CHECK_EQ(bits_load(bytes + 1, size), little[size]);
        CHECK_EQ(bits_load_be(bytes + 1, size), big[size]);
        memset(le, 0xff, sizeof(le));
        memset(be, 0xff, sizeof(be));
        bits_store(le + 1, size, little[size]);
        bits_store_be(be + 1, size, big[size]);
        CHECK(!memcmp(le, bytes, size + 1));
        CHECK(!memcmp(be, bytes, size + 1));
        CHECK_EQ(le[size + 1], 0xff);
        CHECK_EQ(be[size + 1], 0xff);
    }
}

static void a_big_endian_number_may_have_any_size(void)
{
    uint8_t bytes[4] = { 0xff, 0xff, 0xff, 0xff };

    bits_store_be(bytes, 3, 0xa1b2c3);
    CHECK(!memcmp(bytes, "\xa1\xb2\xc3\xff", 4));
    CHECK_EQ(bits_load_be(bytes, 3), 0xa1b2c3);
    CHECK_EQ(bits_load_be(bytes, 0), 0);
    bits_store_be(bytes, 0, 0x55);
    CHECK_EQ(bytes[0], 0xa1);
}

static void what_does_not_fit_is_left_out(void)
{
    uint8_t bytes[2];

    bits_store(bytes, 2, 0x12345678);
    CHECK(!memcmp(bytes, "\x78\x56", 2));
    bits_store_be(bytes, 2, 0x12345678);
    CHECK(!memcmp(bytes, "\x56\x78", 2));
}

int main(void)
{
    TEST(a_mask_has_as_many_ones_as_asked_for);
    TEST(a_power_of_two_has_one_bit);
    TEST(a_sum_that_does_not_fit_is_refused);
    TEST(numbers_lie_in_memory_in_either_order);
    TEST(a_big_endian_number_may_have_any_size);
    TEST(what_does_not_fit_is_left_out);
    return test_end();
}
