/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/uuid.h"

/* UUIDs as RFC 4122 writes them, and as SMBIOS stores them. */

#include "tests/test.h"

static const char *const good = "00112233-4455-6677-8899-aabbccddeeff";

static void a_uuid_has_36_characters_of_either_case(void)
{
    static const char *const bad[] = {
        "", "00112233-4455-6677-8899-aabbccddeef", "00112233-4455-6677-8899-aabbccddeeff0",
        "00112233445566778899aabbccddeeff", "00112233-4455-6677-8899-aabbccddeefg", "auto",
        "0011223-34455-6677-8899-aabbccddeeff", "{0112233-4455-6677-8899-aabbccddee}",
        "00112233-4455-6677-8899 aabbccddeeff",
    };
    uint8_t b[16];

    CHECK(uuid_parse("00112233-4455-6677-8899-AABBccddeeff", b));
    for (unsigned i = 0; i < 16; i++)
        CHECK_EQ(b[i], i * 0x11);
    for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        CHECK(!uuid_parse(bad[i], b));
    CHECK_EQ(b[15], 0xff);
    CHECK_STR(uuid_text(b).s, good);
}

static void guids_are_little_endian_in_their_first_three_fields(void)
{
    uint8_t b[16];

    CHECK(uuid_parse(good, b));
    uuid_swap(b);
    CHECK_STR(uuid_text(b).s, "33221100-5544-7766-8899-aabbccddeeff");
    uuid_swap(b);
    CHECK_STR(uuid_text(b).s, good);
}

static void random_ones_have_version_4_and_differ(void)
{
    uint8_t a[16], b[16];

    uuid_random(a);
    uuid_random(b);
    CHECK(memcmp(a, b, 16));
    CHECK(a[6] >> 4 == 4 && a[8] >> 6 == 2 && b[6] >> 4 == 4 && b[8] >> 6 == 2);
}

int main(void)
{
    TEST(a_uuid_has_36_characters_of_either_case);
    TEST(guids_are_little_endian_in_their_first_three_fields);
    TEST(random_ones_have_version_4_and_differ);
    return test_end();
}
