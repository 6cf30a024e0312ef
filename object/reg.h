/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Register tables: what a guest sees at which offset
 *
 * One line gives offset, width, reset value, legal bits and behaviour of a register.  A register
 * owns the reset value and the legal bits of the member of `st` that backs it, also for migration.
 * Tables are compiled once per machine into an array indexed by offset, so that finding a register costs one access.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct device;

/* One line.  Offsets into st are relative to st. */
struct reg {
    const char *name, *doc;
    uint32_t at;                /* offset in the region */
    uint8_t width;              /* bytes */
    uint16_t count;             /* elements, `stride` apart; 0: a single register */
    uint16_t stride;            /* bytes from element to element; 0: back to back */
    uint32_t off, size;         /* backing member of st; size == 0: none */
    uint64_t reset;
    uint64_t wmask;             /* bits the guest may write */
    uint64_t w1c;               /* bits that writing 1 clears */
    uint64_t rclear;            /* bits that reading clears */
    uint64_t hw;                /* further bits that the chip itself sets; migration allows them */
    bool kept;                  /* of PCI configuration space: `reset` is its value at power-on only */
    /* `at` is the offset of the register (of the element) in the region; val is the whole register. */
    uint64_t (*read)(struct device *dev, uint32_t at);
    /* a partial write: merged with the backing, w1c bits as 0 */
    void (*write)(struct device *dev, uint32_t at, uint64_t val);
    void (*changed)(struct device *dev, uint32_t at);               /* after a store or a read-clear */
};

#define ST_OFF(T, m) (offsetof(T, st.m) - offsetof(T, st))
#define ST_SIZE(T, m) sizeof(((T *)0)->st.m)
#define ST_COUNT(T, m) (ST_SIZE(T, m) / ST_SIZE(T, m[0]))

#define REG(T, at_, name_, m, ...)                                                               \
    { .at = (at_), .name = (name_), .off = ST_OFF(T, m), .size = ST_SIZE(T, m),                    \
      .width = ST_SIZE(T, m), __VA_ARGS__ }
#define REGS(T, at_, name_, m, ...)                                                              \
    { .at = (at_), .name = (name_), .off = ST_OFF(T, m), .size = ST_SIZE(T, m),                    \
      .width = ST_SIZE(T, m[0]), .count = ST_COUNT(T, m), __VA_ARGS__ }
#define REG_FN(at_, name_, width_, ...) \
    { .at = (at_), .name = (name_), .width = (width_), __VA_ARGS__ }

struct reg_map;

/* Asserts that the lines lie inside `size` bytes and do not overlap.  Free with reg_map_free(). */
struct reg_map *reg_map_new(const struct reg *regs, uint32_t size);
void reg_map_free(struct reg_map *map);

/*
 * An access of 1 to 8 bytes inside the region.  It may cover part of a register or several of them;
 * each is handled by itself, lowest first, and only for the bytes that the access covers.  Offsets
 * without a register read as `hole` bytes and ignore writes.  st: the device's state.
 */
uint64_t regs_read(const struct reg_map *map, struct device *dev, void *st, uint64_t at, unsigned size, uint8_t hole);
void regs_write(const struct reg_map *map, struct device *dev, void *st, uint64_t at, unsigned size, uint64_t val);

/* Every bit that the register may ever show. */
uint64_t reg_legal(const struct reg *r);
