/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/size.h"

/* Sizes as a person writes them: the sentences of size.h. */

#include "tests/test.h"

#include <errno.h>

static void sizes_have_suffixes(void)
{
    static const struct { const char *s; uint64_t unit, val; int r; } cases[] = {
        { "512", 1, 512, 0 }, { "512", 1 << 20, 512u << 20, 0 }, { "0x200", 1, 0x200, 0 }, { "64k", 1 << 20, 65536, 0 },
        { "1.5G", 1, 3ull << 29, 0 }, { "2t", 1, 2ull << 40, 0 }, { "15E", 1, 15ull << 60, 0 }, { "7b", 1 << 20, 7, 0 },
        { "16E", 1, 0, -ERANGE }, { "99999999999999999999", 1, 0, -ERANGE }, { "", 1, 0, -EINVAL }, { "k", 1, 0,
            -EINVAL },
        { "-1", 1, 0, -EINVAL }, { "1kk", 1, 0, -EINVAL }, { "1 k", 1, 0, -EINVAL },
    };

    for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        uint64_t val = 0;

        CHECK_EQ((int64_t)size_parse(cases[i].s, cases[i].unit, &val), (int64_t)cases[i].r);
        CHECK_EQ(val, cases[i].val);
    }
}

int main(void)
{
    TEST(sizes_have_suffixes);
    return test_end();
}
