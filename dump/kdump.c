/* SPDX-License-Identifier: Apache-2.0 */
#include "dump/kdump.h"

/*
 * kdump files (see kdump.h)
 *
 * A file is blocks of a page: header, sub header with the notes, two bitmaps of pages (those that there are, those that
 * are in the file: the same here), page descriptors, data.  The flattened form is a list of pieces, each with its place
 * in that file, big-endian.  Layouts are those of the reference's files, field by field, and of makedumpfile's manual.
 * Pages of zeros share one; a page that does not shrink is kept as it is.
 *
 * Invariant: of the bitmaps only blocks with a bit in them are written, so a range far up costs nothing.
 */

#include "dump/ranges.h"
#include "dump/sink.h"

#include <elf.h>
#include <endian.h>
#include <glib.h>
#include <stdlib.h>
#include <string.h>
#ifdef HAVE_ZLIB
#include <zlib.h>
#endif

enum { PAGE = 4096, PAGE_SHIFT = 12, BLOCK_PFNS = PAGE * 8, BATCH = 256, LEVEL = 1, COMPRESSED_ZLIB = 1 };

struct head_64 {
    char signature[8];
    uint32_t version;
    char utsname[6][65];        /* the fifth: the machine */
    uint8_t spare[6];
    uint64_t time[2];
    uint32_t status, block_size, sub_header_blocks, bitmap_blocks, max_mapnr, ram_blocks, device_blocks,
        written_blocks, current_cpu, cpus;
};
struct head_32 {
    char signature[8];
    uint32_t version;
    char utsname[6][65];
    uint8_t spare[2];
    uint32_t time[2];
    uint32_t status, block_size, sub_header_blocks, bitmap_blocks, max_mapnr, ram_blocks, device_blocks,
        written_blocks, current_cpu, cpus;
};
struct sub_64 {
    uint64_t phys_base;
    uint32_t dump_level, split;
    uint64_t start_pfn, end_pfn, vmcoreinfo, vmcoreinfo_bytes, notes, notes_bytes, eraseinfo, eraseinfo_bytes,
        start_pfn_64, end_pfn_64, max_mapnr;
};
struct __attribute__((packed)) sub_32 {
    uint32_t phys_base, dump_level, split, start_pfn, end_pfn;
    uint64_t vmcoreinfo;
    uint32_t vmcoreinfo_bytes;
    uint64_t notes;
    uint32_t notes_bytes;
    uint64_t eraseinfo;
    uint32_t eraseinfo_bytes;
    uint64_t start_pfn_64, end_pfn_64, max_mapnr;
};
_Static_assert(sizeof(struct head_64) == 464 && sizeof(struct head_32) == 452, "disk_dump_header");
_Static_assert(sizeof(struct sub_64) == 104 && sizeof(struct sub_32) == 80, "kdump_sub_header");

struct page_desc { uint64_t at; uint32_t bytes, flags; uint64_t page_flags; };

/* Where things are in the file that is meant. */
struct plan { uint64_t max_mapnr, pages, sub_blocks, bitmap_blocks, bitmaps, descs, data; };

bool kdump_available(void)
{
#ifdef HAVE_ZLIB
    return true;
#else
    return false;
#endif
}

/* Page numbers in order, each once, also where two ranges share a page. */
struct pages { const struct ranges *ranges; unsigned i; uint64_t next; };

static bool pages_next(struct pages *p, uint64_t *pfn, uint64_t *last)
{
    for (; p->i < ranges_num(p->ranges); p->i++) {
        const struct range *r = ranges_at(p->ranges, p->i);
        uint64_t first = r->gpa >> PAGE_SHIFT;

        *last = (r->gpa + r->map.len - 1) >> PAGE_SHIFT;
        *pfn = first > p->next ? first : p->next;
        if (*pfn <= *last)
            return true;
    }
    return false;
}

static struct plan plan_of(const struct kdump *k)
{
    struct pages pages = { .ranges = k->ranges };
    struct plan p = { 0 };
    uint64_t pfn, last, sub = k->wide ? sizeof(struct sub_64) : sizeof(struct sub_32);

    for (; pages_next(&pages, &pfn, &last); pages.next = p.max_mapnr) {
        p.pages += last - pfn + 1;
        p.max_mapnr = last + 1;
    }
    p.sub_blocks = (sub + k->notes->len + PAGE - 1) / PAGE;
    p.bitmap_blocks = (p.max_mapnr + BLOCK_PFNS - 1) / BLOCK_PFNS;      /* of each */
    p.bitmaps = (1 + p.sub_blocks) * PAGE;
    p.descs = p.bitmaps + 2 * p.bitmap_blocks * PAGE;
    p.data = p.descs + p.pages * sizeof(struct page_desc);
    return p;
}

static int piece_write(struct sink *s, uint64_t at, const void *data, uint64_t bytes)
{
    uint64_t head[2] = { htobe64(at), htobe64(bytes) };
    int r = sink_write(s, head, sizeof(head));

    return r ? r : sink_write(s, data, bytes);
}

/* The guest's content, and what it says of where it is loaded; zeros: nothing. */
static void guest_note_look(const struct kdump *k, uint64_t *at, uint64_t *bytes, uint64_t *phys_base)
{
    static const char key[] = "NUMBER(phys_base)=";
    const char *found;
    Elf64_Nhdr head;
    char number[24] = "";

    *at = *bytes = *phys_base = 0;
    if (k->guest_note == k->notes->len)
        return;
    memcpy(&head, k->notes->data + k->guest_note, sizeof(head));
    *at = k->guest_note + sizeof(head) + ((head.n_namesz + 3) & ~3u);
    *bytes = head.n_descsz;
    found = memmem(k->notes->data + *at, *bytes, key, sizeof(key) - 1);
    if (!found)
        return;
    found += sizeof(key) - 1;
    for (unsigned i = 0; i + 1 < sizeof(number) && found + i < (const char *)k->notes->data + *at + *bytes; i++)
        number[i] = found[i];
    *phys_base = strtoll(number, NULL, 10);
}

static int head_write(struct sink *s, const struct kdump *k, const struct plan *p)
{
    struct head_64 wide = {
        .signature = "KDUMP   ", .version = 6, .utsname[4] = "x86_64", .status = COMPRESSED_ZLIB, .block_size = PAGE,
        .sub_header_blocks = p->sub_blocks, .bitmap_blocks = 2 * p->bitmap_blocks,
        .max_mapnr = p->max_mapnr < UINT32_MAX ? p->max_mapnr : UINT32_MAX, .cpus = k->cpus,
    };
    struct head_32 narrow = {
        .signature = "KDUMP   ", .version = 6, .utsname[4] = "x86_64", .status = COMPRESSED_ZLIB, .block_size = PAGE,
        .sub_header_blocks = wide.sub_header_blocks, .bitmap_blocks = wide.bitmap_blocks,
        .max_mapnr = wide.max_mapnr, .cpus = k->cpus,
    };

    return k->wide ? piece_write(s, 0, &wide, sizeof(wide)) : piece_write(s, 0, &narrow, sizeof(narrow));
}

static int sub_write(struct sink *s, const struct kdump *k, const struct plan *p)
{
    uint64_t at = PAGE + (k->wide ? sizeof(struct sub_64) : sizeof(struct sub_32)), guest, bytes, base;
    int r;

    guest_note_look(k, &guest, &bytes, &base);
    if (k->wide) {
        struct sub_64 sub = { .phys_base = base, .dump_level = 1, .vmcoreinfo = bytes ? at + guest : 0,
                              .vmcoreinfo_bytes = bytes, .notes = at, .notes_bytes = k->notes->len,
                              .max_mapnr = p->max_mapnr };

        r = piece_write(s, PAGE, &sub, sizeof(sub));
    } else {
        struct sub_32 sub = { .phys_base = base, .dump_level = 1, .vmcoreinfo = bytes ? at + guest : 0,
                              .vmcoreinfo_bytes = bytes, .notes = at, .notes_bytes = k->notes->len,
                              .max_mapnr = p->max_mapnr };

        r = piece_write(s, PAGE, &sub, sizeof(sub));
    }
    return r ? r : piece_write(s, at, k->notes->data, k->notes->len);
}

/* A block of the bitmaps: one bit for each of its pages. */
static void block_fill(const struct kdump *k, uint64_t block, uint8_t bits[PAGE])
{
    struct pages pages = { .ranges = k->ranges, .next = block * BLOCK_PFNS };
    uint64_t pfn, last, end = pages.next + BLOCK_PFNS;

    memset(bits, 0, PAGE);
    for (; pages_next(&pages, &pfn, &last) && pfn < end; pages.next = last + 1)
        for (; pfn <= last && pfn < end; pfn++)
            bits[pfn % BLOCK_PFNS / 8] |= 1 << pfn % 8;
}

static int bitmaps_write(struct sink *s, const struct kdump *k, const struct plan *p)
{
    struct pages pages = { .ranges = k->ranges };
    uint8_t bits[PAGE];
    uint64_t pfn, last;
    int r = 0;

    while (!r && pages_next(&pages, &pfn, &last)) {
        uint64_t block = pfn / BLOCK_PFNS, at = p->bitmaps + block * PAGE;

        block_fill(k, block, bits);
        r = piece_write(s, at, bits, PAGE);
        if (!r)
            r = piece_write(s, at + p->bitmap_blocks * PAGE, bits, PAGE);
        pages.next = (block + 1) * BLOCK_PFNS;
    }
    return r;
}

static void page_read(const struct kdump *k, uint64_t pfn, uint8_t page[PAGE])
{
    memset(page, 0, PAGE);
    for (uint64_t at = 0, n; at < PAGE; at += n) {
        const uint8_t *host = ranges_find(k->ranges, (pfn << PAGE_SHIFT) + at, &n);

        n = n < PAGE - at ? n : PAGE - at;
        if (host)
            memcpy(page + at, host, n);
    }
}

/* Bytes in out, which has room for a page; 0: it does not shrink. */
static uint32_t page_compress(const uint8_t *page, uint8_t *out)
{
#ifdef HAVE_ZLIB
    unsigned long bytes = PAGE - 1;

    return compress2(out, &bytes, page, PAGE, LEVEL) == Z_OK ? bytes : 0;
#else
    return 0;
#endif
}

struct batch {
    struct page_desc desc[BATCH];
    unsigned n;
    uint8_t *data;              /* BATCH pages */
    uint64_t bytes, descs_at, data_at;
};

static void batch_add(struct batch *b, const uint8_t page[PAGE], uint64_t zero_at)
{
    struct page_desc *d = &b->desc[b->n++];
    bool zero = !page[0] && !memcmp(page, page + 1, PAGE - 1);

    *d = (struct page_desc){ .at = zero ? zero_at : b->data_at + b->bytes, .bytes = PAGE };
    if (zero)
        return;
    d->bytes = page_compress(page, b->data + b->bytes);
    d->flags = d->bytes ? COMPRESSED_ZLIB : 0;
    if (!d->bytes)
        memcpy(b->data + b->bytes, page, d->bytes = PAGE);
    b->bytes += d->bytes;
}

static int batch_write(struct sink *s, struct batch *b)
{
    int r = piece_write(s, b->descs_at, b->desc, b->n * sizeof(b->desc[0]));

    if (!r && b->bytes)
        r = piece_write(s, b->data_at, b->data, b->bytes);
    b->descs_at += b->n * sizeof(b->desc[0]);
    b->data_at += b->bytes;
    b->n = b->bytes = 0;
    return r;
}

static int pages_write(struct sink *s, const struct kdump *k, const struct plan *p, _Atomic uint64_t *completed)
{
    static const uint8_t zeros[PAGE];
    struct pages pages = { .ranges = k->ranges };
    struct batch *b = g_new0(struct batch, 1);
    uint64_t pfn, last, total = ranges_bytes(k->ranges);
    uint8_t page[PAGE];
    int r = piece_write(s, p->data, zeros, PAGE);

    b->data = g_malloc(BATCH * PAGE);
    b->descs_at = p->descs;
    b->data_at = p->data + PAGE;
    for (; !r && pages_next(&pages, &pfn, &last); pages.next = pfn + 1) {
        page_read(k, pfn, page);
        batch_add(b, page, p->data);
        if (*completed + PAGE <= total)
            *completed += PAGE;
        if (b->n == BATCH)
            r = batch_write(s, b);
    }
    if (!r && b->n)
        r = batch_write(s, b);
    g_free(b->data);
    g_free(b);
    return r;
}

int kdump_write(struct sink *s, const struct kdump *k, _Atomic uint64_t *completed, const char **what)
{
    struct { char signature[16]; uint64_t type, version; uint8_t spare[PAGE - 32]; } flat = {
        .signature = "makedumpfile", .type = htobe64(1), .version = htobe64(1),
    };
    static const uint64_t end[2] = { UINT64_MAX, UINT64_MAX };
    struct plan p = plan_of(k);
    int r;

    *what = "write the headers of the kdump file";
    r = sink_write(s, &flat, sizeof(flat));
    if (!r)
        r = head_write(s, k, &p);
    if (!r)
        r = sub_write(s, k, &p);
    if (!r)
        r = bitmaps_write(s, k, &p);
    if (r < 0)
        return r;
    *what = "save memory";
    r = pages_write(s, k, &p, completed);
    if (!r)
        *completed = ranges_bytes(k->ranges);
    return r ? r : sink_write(s, end, sizeof(end));
}
