/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The smallest test frame: named cases, TAP on stdout
 *
 *     static void uart_ier_low_bits_only(void) { CHECK(...); CHECK_EQ(got, want); }
 *     int main(int argc, char **argv) { TEST(uart_ier_low_bits_only); return test_end(); }
 *
 * A failed CHECK prints where and what and ends its case as "not ok"; the others still run.
 * --long on the command line asks for the long form (test_long()).  Names say what the
 * specification says; a case that cannot run calls test_skip("why") and returns.
 */

#include <inttypes.h>
#include <setjmp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static jmp_buf test_jump __attribute__((unused));
static unsigned test_count, test_failed;
static const char *test_skipped;

#define CHECK(condition)                                                                    \
    do {                                                                                    \
        if (!(condition)) {                                                                 \
            printf("# %s:%d: %s\n", __FILE__, __LINE__, #condition);                        \
            longjmp(test_jump, 1);                                                          \
        }                                                                                   \
    } while (0)
#define CHECK_EQ(got, want)                                                                 \
    do {                                                                                    \
        uint64_t got_ = (uint64_t)(got), want_ = (uint64_t)(want);                          \
        if (got_ != want_) {                                                                \
            printf("# %s:%d: %s is %#" PRIx64 ", not %#" PRIx64 "\n", __FILE__, __LINE__,   \
                   #got, got_, want_);                                                      \
            longjmp(test_jump, 1);                                                          \
        }                                                                                   \
    } while (0)
#define CHECK_STR(got, want)                                                                \
    do {                                                                                    \
        const char *got_ = (got), *want_ = (want);                                          \
        if (strcmp(got_, want_)) {                                                          \
            printf("# %s:%d: %s is \"%s\", not \"%s\"\n", __FILE__, __LINE__, #got, got_, want_); \
            longjmp(test_jump, 1);                                                          \
        }                                                                                   \
    } while (0)
#define TEST(name) test_run(#name, name)

static inline void test_skip(const char *why)
{
    test_skipped = why;
}

static inline bool test_run(const char *name, void (*fn)(void))
{
    volatile bool ok = false;

    test_skipped = NULL;
    test_count++;
    if (!setjmp(test_jump)) {
        fn();
        ok = true;
    }
    test_failed += !ok;
    printf("%sok %u - %s%s%s\n", ok ? "" : "not ", test_count, name, test_skipped ? " # SKIP " : "",
           test_skipped ? test_skipped : "");
    fflush(stdout);
    return ok;
}

static inline int test_end(void)
{
    printf("1..%u\n", test_count);
    return test_failed != 0;
}

static inline bool test_long(int argc, char **argv)
{
    for (int i = 1; i < argc; i++)
        if (!strcmp(argv[i], "--long"))
            return true;
    return false;
}
