/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* ELF kernels made by hand, in the buffer of linux-file.h: headers, two segments to be loaded, one with notes. */

#include "tests/unit/linux-file.h"

enum { ELF_AT = 0x200000, ELF_CODE = 0x200, ELF_CODE_BYTES = 512, ELF_DATA = ELF_CODE + ELF_CODE_BYTES,
       ELF_DATA_BYTES = 16, ELF_NOTE = ELF_DATA + ELF_DATA_BYTES, ELF_NOTE_BYTES = 64, ELF_DATA_AT = ELF_AT + 0x1000,
       ELF_BSS_BYTES = 100 };

static bool elf_64;
static unsigned elf_headers;            /* where the program headers begin */

/* Where field n of program header i is, by its number in the 64-bit class: type, flags, offset, vaddr, ... */
enum elf_field { PH_TYPE, PH_OFFSET, PH_VADDR, PH_PADDR, PH_FILESZ, PH_MEMSZ, PH_ALIGN };

static inline void elf_set(unsigned i, enum elf_field field, uint64_t val)
{
    static const uint8_t at64[] = { 0, 8, 16, 24, 32, 40, 48 }, at32[] = { 0, 4, 8, 12, 16, 20, 28 };
    unsigned at = elf_headers + i * (elf_64 ? 56 : 32) + (elf_64 ? at64 : at32)[field];

    set(at, field == PH_TYPE || !elf_64 ? 4 : 8, val);
}

static inline void elf_segment(unsigned i, unsigned type, uint64_t offset, uint64_t vaddr, uint64_t paddr,
                               uint64_t filesz, uint64_t memsz)
{
    uint64_t val[] = { type, offset, vaddr, paddr, filesz, memsz, 4 };

    for (unsigned f = 0; f < 7; f++)
        elf_set(i, f, val[f]);
}

static inline void elf_entry(uint64_t entry)
{
    set(24, elf_64 ? 8 : 4, entry);
}

/* Code at ELF_AT, data with zeros behind it at ELF_DATA_AT, a note of another owner and then the PVH note. */
static inline void elf_good(bool is_64)
{
    memset(file, 0, sizeof(file));
    file_size = ELF_NOTE + ELF_NOTE_BYTES;
    elf_64 = is_64;
    elf_headers = is_64 ? 64 : 52;
    memcpy(file, "\177ELF", 4);
    set(4, 1, is_64 ? 2 : 1);
    set(5, 2, 0x0101);                  /* little-endian, version 1 */
    set(16, 2, 2);                      /* ET_EXEC */
    set(18, 2, is_64 ? 62 : 3);
    set(20, 4, 1);
    elf_entry(ELF_AT + 0x40);
    set(is_64 ? 32 : 28, 4, elf_headers);
    set(is_64 ? 52 : 40, 2, elf_headers);
    set(is_64 ? 54 : 42, 2, is_64 ? 56 : 32);
    set(is_64 ? 56 : 44, 2, 3);
    elf_segment(0, 1, ELF_CODE, 0xc0000000 + ELF_AT, ELF_AT, ELF_CODE_BYTES, ELF_CODE_BYTES);
    elf_segment(1, 1, ELF_DATA, 0xc0000000 + ELF_DATA_AT, ELF_DATA_AT, ELF_DATA_BYTES, ELF_DATA_BYTES + ELF_BSS_BYTES);
    elf_segment(2, 4, ELF_NOTE, 0, 0, ELF_NOTE_BYTES, ELF_NOTE_BYTES);
    memset(file + ELF_CODE, 0x90, ELF_CODE_BYTES);
    memset(file + ELF_DATA, 0xda, ELF_DATA_BYTES);
    memcpy(file + ELF_NOTE, "\4\0\0\0\5\0\0\0\3\0\0\0GNU\0abcde\0\0\0", 24);
    memcpy(file + ELF_NOTE + 24, "\4\0\0\0\4\0\0\0\22\0\0\0Xen\0", 16);
    set(ELF_NOTE + 40, 4, ELF_AT + 0x80);
}

/* A Multiboot header at a multiple of 4; ELF images want it within the first segment. */
static inline void multiboot_header(unsigned at, uint32_t flags)
{
    set(at, 4, 0x1badb002);
    set(at + 4, 4, flags);
    set(at + 8, 4, -(0x1badb002 + flags));
}
