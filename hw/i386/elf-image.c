/* SPDX-License-Identifier: Apache-2.0 */
#include "hw/i386/elf-image.h"

/*
 * ELF files of kernels (see elf-image.h)
 *
 * ELF32 for i386 and ELF64 for x86-64, little-endian, executable.  Left out: sections, symbols, relocations.
 * Reference: System V ABI, "Object Files" and "Program Loading"; the PVH note is number 18 of the owner "Xen".
 *
 * Every offset, address and length of the file is checked before it is used.  The number of segments is bounded,
 * since they may overlap, and so is memory that no byte of the file stands for.
 * Invariant: an image that was read lies within lowest and top, and its entry within it.
 */

#include "lib/bits.h"
#include "lib/error.h"

#include <elf.h>
#include <errno.h>
#include <stdlib.h>

enum { SEGMENTS_MAX = 64, NOTE_HEAD = 12, NOTE_PVH = 18 };

/* One program header, of either class. */
struct segment { uint32_t type; uint64_t offset, vaddr, paddr, filesz, memsz, align; };

struct reader {
    const char *option, *path;
    const uint8_t *file;
    size_t size;
    struct error **err;
    unsigned n;
    struct segment segment[SEGMENTS_MAX];
};

bool elf_image_is(const uint8_t *file, size_t size)
{
    return size >= sizeof(Elf32_Ehdr) && !memcmp(file, ELFMAG, SELFMAG);
}

static int bad(const struct reader *r, const char *legal)
{
    return error_set(r->err, -EINVAL, ERROR_SYNTAX, r->option, r->path, legal);
}

static void segment_read(const uint8_t *p, bool is_64, struct segment *s)
{
    Elf32_Phdr p32;
    Elf64_Phdr p64;

    if (is_64) {
        memcpy(&p64, p, sizeof(p64));
        *s = (struct segment){ p64.p_type, p64.p_offset, p64.p_vaddr, p64.p_paddr, p64.p_filesz, p64.p_memsz,
                               p64.p_align };
    } else {
        memcpy(&p32, p, sizeof(p32));
        *s = (struct segment){ p32.p_type, p32.p_offset, p32.p_vaddr, p32.p_paddr, p32.p_filesz, p32.p_memsz,
                               p32.p_align };
    }
}

static bool machine_is(const uint8_t *ident, unsigned type, unsigned machine, bool is_64)
{
    return ident[EI_DATA] == ELFDATA2LSB && type == ET_EXEC && machine == (is_64 ? EM_X86_64 : EM_386);
}

/* The table of program headers, all of it within the file. */
static int table_find(struct reader *r, struct elf_image *image, uint64_t *at, unsigned *step)
{
    Elf32_Ehdr e32;
    Elf64_Ehdr e64 = { 0 };

    memcpy(&e32, r->file, sizeof(e32));
    image->is_64 = e32.e_ident[EI_CLASS] == ELFCLASS64;
    if (image->is_64 && r->size >= sizeof(e64))
        memcpy(&e64, r->file, sizeof(e64));
    if (e32.e_ident[EI_CLASS] != ELFCLASS32 + image->is_64 ||
        !machine_is(e32.e_ident, e32.e_type, e32.e_machine, image->is_64))
        return bad(r, "an ELF file that is an executable for i386 or x86-64");
    image->entry = image->is_64 ? e64.e_entry : e32.e_entry;
    *at = image->is_64 ? e64.e_phoff : e32.e_phoff;
    *step = image->is_64 ? e64.e_phentsize : e32.e_phentsize;
    r->n = image->is_64 ? e64.e_phnum : e32.e_phnum;
    if (!r->n || r->n > SEGMENTS_MAX || *step < (image->is_64 ? sizeof(Elf64_Phdr) : sizeof(Elf32_Phdr)))
        return bad(r, T("an ELF file of 1 to %d program headers", SEGMENTS_MAX));
    if (*at > r->size || (uint64_t)*step * r->n > r->size - *at)
        return bad(r, "an ELF file that is not cut short");
    return 0;
}

static bool in_file(const struct reader *r, const struct segment *s)
{
    return s->offset <= r->size && s->filesz <= r->size - s->offset;
}

static bool is_loaded(const struct segment *s)
{
    return s->type == PT_LOAD && s->memsz;
}

static int segments_read(struct reader *r, struct elf_image *image)
{
    unsigned step;
    uint64_t at;
    int e = table_find(r, image, &at, &step);

    for (unsigned i = 0; !e && i < r->n; i++) {
        segment_read(r->file + at + (uint64_t)step * i, image->is_64, &r->segment[i]);
        if ((is_loaded(&r->segment[i]) || r->segment[i].type == PT_NOTE) && !in_file(r, &r->segment[i]))
            e = bad(r, "an ELF file that is not cut short");
        else if (is_loaded(&r->segment[i]) && r->segment[i].filesz > r->segment[i].memsz)
            e = bad(r, "an ELF file whose segments have room for their contents");
    }
    return e;
}

/* From the lowest byte to the highest. */
static int span_find(struct reader *r, uint64_t lowest, uint64_t top, struct elf_image *image)
{
    uint64_t first = UINT64_MAX, end = 0, last;

    for (unsigned i = 0; i < r->n; i++) {
        const struct segment *s = &r->segment[i];

        if (!is_loaded(s))
            continue;
        if (s->paddr < lowest || !bits_add(s->paddr, s->memsz, &last) || last > top)
            return error_set(r->err, -ENOSPC, ERROR_RANGE, r->option,
                             T("%s, which wants %#llx bytes at %#llx", r->path, (unsigned long long)s->memsz,
                               (unsigned long long)s->paddr),
                             T("RAM from %#llx to %#llx with this -m", (unsigned long long)lowest,
                               (unsigned long long)top));
        first = s->paddr < first ? s->paddr : first;
        end = last > end ? last : end;
    }
    if (!end)
        return bad(r, "an ELF file with something to load");
    if (end - first > r->size + ELF_SPARE)
        return error_set(r->err, -ENOSPC, ERROR_RANGE, r->option,
                         T("%s, which spans %llu bytes", r->path, (unsigned long long)(end - first)),
                         T("at most %llu more than the file has", ELF_SPARE));
    image->base = first;
    image->size = end - first;
    return 0;
}

/* Kernels name their entry by its physical or by its virtual address. */
static void entry_find(const struct reader *r, struct elf_image *image)
{
    uint64_t entry = image->entry;

    if (entry - image->base < image->size)
        return;
    image->entry = 0;
    for (unsigned i = 0; i < r->n; i++) {
        const struct segment *s = &r->segment[i];

        if (is_loaded(s) && entry - s->vaddr < s->memsz)
            image->entry = entry - s->vaddr + s->paddr;
    }
}

/* The next note of *bytes; false: there is none.  align: of name and contents. */
struct note { uint32_t type, name_len, len; const uint8_t *name, *bytes; };

static bool note_next(const uint8_t **bytes, uint64_t *left, unsigned align, struct note *n)
{
    uint64_t name, contents;

    if (*left < NOTE_HEAD)
        return false;
    n->name_len = bits_load(*bytes, 4);
    n->len = bits_load(*bytes + 4, 4);
    n->type = bits_load(*bytes + 8, 4);
    name = (NOTE_HEAD + (uint64_t)n->name_len + align - 1) & ~(uint64_t)(align - 1);
    contents = name + (((uint64_t)n->len + align - 1) & ~(uint64_t)(align - 1));
    if (name + n->len > *left)
        return false;
    n->name = *bytes + NOTE_HEAD;
    n->bytes = *bytes + name;
    contents = contents < *left ? contents : *left;
    *bytes += contents;
    *left -= contents;
    return true;
}

static void pvh_note_find(const struct reader *r, const struct segment *s, struct elf_image *image)
{
    const uint8_t *bytes = r->file + s->offset;
    uint64_t left = s->filesz;
    struct note n;

    while (note_next(&bytes, &left, s->align == 8 ? 8 : 4, &n))
        if (n.type == NOTE_PVH && n.name_len == 4 && !memcmp(n.name, "Xen", 4) && (n.len == 4 || n.len == 8))
            image->pvh_entry = bits_load(n.bytes, n.len);
}

static void pvh_find(const struct reader *r, struct elf_image *image)
{
    for (unsigned i = 0; i < r->n; i++)
        if (r->segment[i].type == PT_NOTE)
            pvh_note_find(r, &r->segment[i], image);
}

static int image_fill(const struct reader *r, struct elf_image *image)
{
    image->bytes = calloc(1, image->size);
    if (!image->bytes)
        return error_set_host(r->err, -ENOMEM, r->option, r->path);
    for (unsigned i = 0; i < r->n; i++) {
        const struct segment *s = &r->segment[i];

        if (is_loaded(s))
            memcpy(image->bytes + (s->paddr - image->base), r->file + s->offset, s->filesz);
    }
    return 0;
}

int elf_image_read(const char *option, const char *path, const uint8_t *file, size_t size, uint64_t lowest,
                   uint64_t top, struct elf_image *image, struct error **err)
{
    struct reader r = { .option = option, .path = path, .file = file, .size = size, .err = err };
    int e;

    *image = (struct elf_image){ 0 };
    if (!elf_image_is(file, size))
        return bad(&r, "an ELF file");
    e = segments_read(&r, image);
    if (!e)
        e = span_find(&r, lowest, top, image);
    if (e)
        return e;
    pvh_find(&r, image);
    entry_find(&r, image);
    return image_fill(&r, image);
}

void elf_image_fini(struct elf_image *image)
{
    free(image->bytes);
    image->bytes = NULL;
}
