/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Drives a fuzz target without libFuzzer: a fixed number of inputs from a fixed seed, as TAP
 *
 * An input is a seed with a few pieces changed, copied or cut, or random bytes.  Each lives in a block
 * of exactly its size, so that a sanitizer sees the first byte that is read beyond it.  There is no
 * coverage here and no search; ./dev fuzz has both.
 *
 * Invariant: the input of round N depends on N alone, so a round that failed can be run by itself
 * (first argument: its number).
 */

#include "tests/fuzz/fuzz.h"
#include "tests/test.h"

enum { LONG = 20, MAX_SIZE = 4096 };

static uint64_t next_random(uint64_t *state)
{
    uint64_t x = *state += 0x9e3779b97f4a7c15;

    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9;
    x = (x ^ x >> 27) * 0x94d049bb133111eb;
    return x ^ x >> 31;
}

static size_t count_seeds(void)
{
    size_t count = 0;

    while (fuzz_seeds[count].data)
        count++;
    return count;
}

static size_t start_input(uint8_t *input, uint64_t *state)
{
    size_t seeds = count_seeds(), size;

    if (seeds && next_random(state) % 8) {
        const struct fuzz_seed *seed = &fuzz_seeds[next_random(state) % seeds];
        size = seed->size < MAX_SIZE ? seed->size : MAX_SIZE;
        memcpy(input, seed->data, size);
        return size;
    }
    size = next_random(state) % 64;
    for (size_t i = 0; i < size; i++)
        input[i] = next_random(state);
    return size;
}

static size_t change_input(uint8_t *input, size_t size, uint64_t *state)
{
    static const uint8_t extremes[] = { 0, 1, 0x7f, 0x80, 0xff, '"', '{', '[', '\n', '\\', '-', '9' };
    size_t at = size ? next_random(state) % size : 0, length = next_random(state) % 16, from;

    switch (next_random(state) % 6) {
    case 0:                                             /* cut */
        return at;
    case 1:                                             /* a bit */
        if (size)
            input[at] ^= 1u << next_random(state) % 8;
        return size;
    case 2:                                             /* a byte that often stands at a border */
        if (size)
            input[at] = extremes[next_random(state) % sizeof(extremes)];
        return size;
    case 3:                                             /* a piece copied elsewhere */
        from = size ? next_random(state) % size : 0;
        length = length < size - from ? length : size - from;
        length = length < size - at ? length : size - at;
        memmove(input + at, input + from, length);
        return size;
    case 4:                                             /* a piece taken out */
        length = length < size - at ? length : size - at;
        memmove(input + at, input + at + length, size - at - length);
        return size - length;
    default:                                            /* a piece put in */
        length = length < MAX_SIZE - size ? length : MAX_SIZE - size;
        memmove(input + at + length, input + at, size - at);
        for (size_t i = 0; i < length; i++)
            input[at + i] = next_random(state);
        return size + length;
    }
}

static void run_round(uint64_t round)
{
    uint64_t state = round * 0x2545f4914f6cdd1d;
    uint8_t input[MAX_SIZE], *exact;
    size_t size = start_input(input, &state);

    for (unsigned changes = next_random(&state) % 6; changes; changes--)
        size = change_input(input, size, &state);
    exact = malloc(size ? size : 1);
    memcpy(exact, input, size);
    LLVMFuzzerTestOneInput(exact, size);
    free(exact);
}

static uint64_t rounds, current;

static void any_input_is_survived(void)
{
    for (current = 0; current < rounds; current++)
        run_round(current);
}

static void the_seeds_are_survived(void)
{
    for (const struct fuzz_seed *seed = fuzz_seeds; seed->data; seed++)
        LLVMFuzzerTestOneInput(seed->data, seed->size);
}

int main(int argc, char **argv)
{
    if (argc > 1 && argv[1][0] != '-') {
        run_round(strtoull(argv[1], NULL, 0));
        return 0;
    }
    rounds = (uint64_t)fuzz_short_rounds * (test_long(argc, argv) ? LONG : 1);
    TEST(the_seeds_are_survived);
    TEST(any_input_is_survived);
    return test_end();
}
