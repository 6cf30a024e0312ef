/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Hashes: the examples of FIPS 180
 */

#include "crypto/sha1.h"
#include "tests/test.h"

#include <stdlib.h>

static void check_sha1(const char *text, size_t n, const char *digest)
{
    uint8_t bytes[SHA1_BYTES];
    char hex[2 * SHA1_BYTES + 1];

    sha1(text, n, bytes);
    for (unsigned i = 0; i < SHA1_BYTES; i++)
        snprintf(hex + 2 * i, 3, "%02x", bytes[i]);
    CHECK_STR(hex, digest);
}

static void sha1_of_the_examples(void)
{
    static const char two[] = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";

    check_sha1("", 0, "da39a3ee5e6b4b0d3255bfef95601890afd80709");
    check_sha1("abc", 3, "a9993e364706816aba3e25717850c26c9cd0d89d");
    check_sha1(two, strlen(two), "84983e441c3bd26ebaae4aa1f95129e5e54670f1");
}

/* Where the length has room in the last block, and where it has not. */
static void sha1_around_a_block(void)
{
    char *million = malloc(1000000);

    memset(million, 'a', 1000000);
    check_sha1(million, 55, "c1c8bbdc22796e28c0e15163d20899b65621d65a");
    check_sha1(million, 56, "c2db330f6083854c99d4b5bfb6e8f29f201be699");
    check_sha1(million, 63, "03f09f5b158a7a8cdad920bddc29b81c18a551f5");
    check_sha1(million, 64, "0098ba824b5c16427bd7a1122a5a442a25ec644d");
    check_sha1(million, 1000000, "34aa973cd4c4daa4f61eeb2bdbad27316534016f");
    free(million);
}

int main(void)
{
    TEST(sha1_of_the_examples);
    TEST(sha1_around_a_block);
    return test_end();
}
