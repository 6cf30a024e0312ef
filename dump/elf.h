/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A core file: header, two section headers, program headers, notes, memory, the sections' names
 *
 * Memory stands there once, range behind range, from a page's start on; the program headers of all that see a byte of
 * it name the same place.  System V ABI, chapters 4 and 5; the order is the reference's.
 */

#include <stdbool.h>
#include <stdint.h>

struct _GByteArray;
struct mappings;
struct ranges;
struct sink;

struct elf_core {
    bool wide;                  /* ELF64, else ELF32: every range ends below 4 GiB */
    uint16_t machine;           /* EM_X86_64, EM_386 */
    const struct _GByteArray *notes;
    const struct mappings *mappings;
    const struct ranges *ranges;
};

/* All that comes before memory.  Negative errno; *what is what could not be written. */
int elf_write_head(struct sink *s, const struct elf_core *e, const char **what);
int elf_write_tail(struct sink *s, const char **what);
