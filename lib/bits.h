/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Bits and bytes: masks, checked addition of numbers from outside, numbers in memory, aligned pieces
 */

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* n ones, 0 <= n <= 64. */
static inline uint64_t bits_ones(unsigned n)
{
    return n ? UINT64_MAX >> (64 - n) : 0;
}

static inline bool bits_is_pow2(uint64_t v)
{
    return v && !(v & (v - 1));
}

/* False when the sum does not fit. */
static inline bool bits_add(uint64_t a, uint64_t b, uint64_t *sum)
{
    return !__builtin_add_overflow(a, b, sum);
}

/* size 1, 2, 4 or 8 bytes at p, any alignment, little-endian (as guests and this host are). */
static inline uint64_t bits_load(const void *p, unsigned size)
{
    uint64_t v = 0;

    memcpy(&v, p, size);
    return v;
}

static inline void bits_store(void *p, unsigned size, uint64_t v)
{
    memcpy(p, &v, size);
}

/* The same, big-endian; any size up to 8 bytes.  What does not fit is left out. */
static inline uint64_t bits_load_be(const void *p, unsigned size)
{
    const uint8_t *bytes = p;
    uint64_t v = 0;

    while (size--)
        v = v << 8 | *bytes++;
    return v;
}

static inline void bits_store_be(void *p, unsigned size, uint64_t v)
{
    uint8_t *bytes = p;

    while (size--)
        *bytes++ = v >> 8 * size;
}

/* Bytes of the largest naturally aligned access at addr within left: a power of two up to `most`. */
static inline unsigned bits_piece(uint64_t addr, uint64_t left, unsigned most)
{
    while (most > left || addr & (most - 1))
        most /= 2;
    return most;
}
