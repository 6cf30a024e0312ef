/* SPDX-License-Identifier: Apache-2.0 */
#include "dump/elf.h"

/*
 * Core files (see elf.h)
 *
 * The number of program headers has 16 bits in the ELF header; from PN_XNUM on it stands in sh_info of section 0.
 */

#include "dump/mappings.h"
#include "dump/ranges.h"
#include "dump/sink.h"

#include <elf.h>
#include <glib.h>
#include <string.h>

enum { SECTIONS = 2, ALIGN = 4096, BATCH = 64 << 10 };
static const char names[] = "\0.shstrtab";

/* Where things are in the file. */
struct plan { uint64_t sections, programs, notes, memory, names; uint32_t num; };

static struct plan plan_of(const struct elf_core *e)
{
    struct plan p = { .num = mappings_num(e->mappings) + 1 };

    p.sections = e->wide ? sizeof(Elf64_Ehdr) : sizeof(Elf32_Ehdr);
    p.programs = p.sections + SECTIONS * (e->wide ? sizeof(Elf64_Shdr) : sizeof(Elf32_Shdr));
    p.notes = p.programs + (uint64_t)p.num * (e->wide ? sizeof(Elf64_Phdr) : sizeof(Elf32_Phdr));
    p.memory = (p.notes + e->notes->len + ALIGN - 1) & ~(uint64_t)(ALIGN - 1);
    p.names = p.memory + ranges_bytes(e->ranges);
    return p;
}

static void headers_64(GByteArray *out, const struct elf_core *e, const struct plan *p)
{
    Elf64_Ehdr head = {
        .e_ident = { ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64, ELFDATA2LSB, EV_CURRENT }, .e_type = ET_CORE,
        .e_machine = e->machine, .e_version = EV_CURRENT, .e_phoff = p->programs, .e_shoff = p->sections,
        .e_ehsize = sizeof(head), .e_phentsize = sizeof(Elf64_Phdr), .e_phnum = p->num < PN_XNUM ? p->num : PN_XNUM,
        .e_shentsize = sizeof(Elf64_Shdr), .e_shnum = SECTIONS, .e_shstrndx = 1,
    };
    Elf64_Shdr sections[SECTIONS] = {
        { .sh_type = SHT_NULL, .sh_info = p->num < PN_XNUM ? 0 : p->num },
        { .sh_name = 1, .sh_type = SHT_STRTAB, .sh_offset = p->names, .sh_size = sizeof(names) },
    };

    g_byte_array_append(out, (const uint8_t *)&head, sizeof(head));
    g_byte_array_append(out, (const uint8_t *)sections, sizeof(sections));
}

static void headers_32(GByteArray *out, const struct elf_core *e, const struct plan *p)
{
    Elf32_Ehdr head = {
        .e_ident = { ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS32, ELFDATA2LSB, EV_CURRENT }, .e_type = ET_CORE,
        .e_machine = e->machine, .e_version = EV_CURRENT, .e_phoff = p->programs, .e_shoff = p->sections,
        .e_ehsize = sizeof(head), .e_phentsize = sizeof(Elf32_Phdr), .e_phnum = p->num < PN_XNUM ? p->num : PN_XNUM,
        .e_shentsize = sizeof(Elf32_Shdr), .e_shnum = SECTIONS, .e_shstrndx = 1,
    };
    Elf32_Shdr sections[SECTIONS] = {
        { .sh_type = SHT_NULL, .sh_info = p->num < PN_XNUM ? 0 : p->num },
        { .sh_name = 1, .sh_type = SHT_STRTAB, .sh_offset = p->names, .sh_size = sizeof(names) },
    };

    g_byte_array_append(out, (const uint8_t *)&head, sizeof(head));
    g_byte_array_append(out, (const uint8_t *)sections, sizeof(sections));
}

static void program(GByteArray *out, const struct elf_core *e, uint32_t type, uint64_t offset, const struct mapping *m)
{
    Elf64_Phdr wide = { .p_type = type, .p_offset = offset, .p_vaddr = m->lin, .p_paddr = m->gpa,
                        .p_filesz = m->bytes, .p_memsz = m->bytes };
    Elf32_Phdr narrow = { .p_type = type, .p_offset = offset, .p_vaddr = m->lin, .p_paddr = m->gpa,
                          .p_filesz = m->bytes, .p_memsz = m->bytes };

    if (e->wide)
        g_byte_array_append(out, (const uint8_t *)&wide, sizeof(wide));
    else
        g_byte_array_append(out, (const uint8_t *)&narrow, sizeof(narrow));
}

/* What of the ranges comes before gpa, which lies in one. */
static uint64_t bytes_before(const struct ranges *r, uint64_t gpa)
{
    uint64_t bytes = 0;

    for (unsigned i = 0; i < ranges_num(r); i++) {
        const struct range *range = ranges_at(r, i);

        if (gpa - range->gpa < range->map.len)
            return bytes + (gpa - range->gpa);
        bytes += range->map.len;
    }
    return bytes;
}

static int flush(struct sink *s, GByteArray *out)
{
    int r = sink_write(s, out->data, out->len);

    g_byte_array_set_size(out, 0);
    return r;
}

static int write_programs(struct sink *s, const struct elf_core *e, const struct plan *p, GByteArray *out)
{
    struct mapping notes = { .bytes = e->notes->len };
    int r = 0;

    program(out, e, PT_NOTE, p->notes, &notes);
    for (unsigned i = 0; i < mappings_num(e->mappings) && !r; i++) {
        const struct mapping *m = mappings_at(e->mappings, i);

        program(out, e, PT_LOAD, p->memory + bytes_before(e->ranges, m->gpa), m);
        if (out->len >= BATCH)
            r = flush(s, out);
    }
    return r ? r : flush(s, out);
}

int elf_write_head(struct sink *s, const struct elf_core *e, const char **what)
{
    struct plan p = plan_of(e);
    GByteArray *out = g_byte_array_new();
    int r;

    *what = "write elf header";
    if (e->wide)
        headers_64(out, e, &p);
    else
        headers_32(out, e, &p);
    r = flush(s, out);
    if (!r) {
        *what = "write program header table";
        r = write_programs(s, e, &p, out);
    }
    if (!r) {
        *what = "write notes";
        r = sink_write(s, e->notes->data, e->notes->len);
    }
    if (!r)
        r = sink_zeros(s, p.memory - p.notes - e->notes->len);
    g_byte_array_free(out, true);
    return r;
}

int elf_write_tail(struct sink *s, const char **what)
{
    *what = "write section header string table";
    return sink_write(s, names, sizeof(names));
}
