/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A fuzz target: one function that takes any bytes
 *
 * Each tests/fuzz/fuzz-NAME.c defines fuzz_seeds, fuzz_short_rounds and LLVMFuzzerTestOneInput(), and is named in
 * tests/fuzz/meson.build.  With -Dfuzzing=true clang's libFuzzer drives it (./dev fuzz); else
 * tests/fuzz/driver.c does, as an ordinary test with inputs from a fixed seed.  A target holds when it
 * returns: crashes, sanitizer reports and time-outs are what counts, and what it asserts itself.
 */

#include <stddef.h>
#include <stdint.h>

/* Well-formed inputs that the driver breaks; ends with a NULL data. */
struct fuzz_seed { const void *data; size_t size; };
extern const struct fuzz_seed fuzz_seeds[];
/* How many inputs of driver.c's own the short form tries, in seconds; the long one has twenty times as many. */
extern const unsigned fuzz_short_rounds;

#define FUZZ_TEXT(text) { (text), sizeof(text) - 1 }

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
