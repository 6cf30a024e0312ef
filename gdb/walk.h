/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A paused vCPU's page tables, looked at from outside
 *
 * Nothing is changed (no accessed or dirty bits), and no right is checked: a debugger sees what is mapped.
 * Reference: Intel SDM volume 3, chapter 4.
 */

#include <stdbool.h>
#include <stdint.h>

struct x86_state;

/* Reads a table's entry of 4 or 8 bytes at a physical address; false: nothing there. */
typedef bool gdb_walk_read(void *opaque, uint64_t gpa, unsigned size, uint64_t *entry);

/* False: not mapped, or not canonical.  *gpa: of the byte at lin; *more: bytes behind it that are mapped alike. */
bool gdb_walk(const struct x86_state *st, uint64_t lin, gdb_walk_read *read, void *opaque, uint64_t *gpa,
              uint64_t *more);
