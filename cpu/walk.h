/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A standing CPU's page tables, looked at from outside
 *
 * For debuggers and dumps, under any accelerator: from the registers and a function that reads memory.  Nothing is
 * changed (no accessed or dirty bits) and no right is checked: what is mapped is shown.
 * Reference: Intel SDM volume 3, chapter 4.
 */

#include <stdbool.h>
#include <stdint.h>

struct x86_state;

/* Guest-physical memory.  read: all of it, or false. */
struct walk_memory {
    bool (*read)(void *opaque, uint64_t gpa, void *buf, unsigned bytes);
    void *opaque;
};

/* False: lin is not mapped, or not canonical.  *gpa: of the byte at lin; *more: bytes behind it that are mapped in the
 * same page. */
bool cpu_walk(const struct x86_state *st, const struct walk_memory *memory, uint64_t lin, uint64_t *gpa,
              uint64_t *more);

/*
 * All that the tables map, in the order of linear addresses.  Tables may point anywhere, also at themselves: *budget
 * counts down with each table that is read, and at 0 the walk ends.
 */
struct walk_visitor {
    /* Negative: ends the walk. */
    int (*map)(void *opaque, uint64_t lin, uint64_t gpa, uint64_t bytes);
    /* May be NULL.  A table that the root points at; false: it has been walked already, and is left out. */
    bool (*enter)(void *opaque, uint64_t lin, uint64_t table);
    void *opaque;
};
/* Paging is on.  0; -E2BIG: the budget is used up; or what map() said. */
int cpu_walk_all(const struct x86_state *st, const struct walk_memory *memory, const struct walk_visitor *visitor,
                 unsigned *budget);
