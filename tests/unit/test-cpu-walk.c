/* SPDX-License-Identifier: Apache-2.0 */
#include "cpu/walk.h"

/*
 * The page walk from outside, after Intel SDM volume 3, chapter 4: every form of paging by one address, and all of it
 * at once; tables that lie.
 */

#include "cpu/state.h"
#include "tests/test.h"

#include <errno.h>

enum { PAGES = 64, P = 1, PS = 0x80, ROOT = 0x1000 };

static uint8_t ram[PAGES * 4096];
static struct x86_state st;
static unsigned reads;

static bool ram_read(void *opaque, uint64_t gpa, void *buf, unsigned bytes)
{
    reads++;
    if (gpa > sizeof(ram) - bytes)
        return false;
    memcpy(buf, ram + gpa, bytes);
    return true;
}

static const struct walk_memory memory = { .read = ram_read };

static void put(uint64_t table, unsigned index, uint64_t entry, unsigned size)
{
    memcpy(ram + table + index * size, &entry, size);
}

static void put8(uint64_t table, unsigned index, uint64_t entry)
{
    put(table, index, entry, 8);
}

static void begin(uint64_t efer, uint64_t cr4)
{
    memset(ram, 0, sizeof(ram));
    memset(&st, 0, sizeof(st));
    st.cr0 = CR0_PE | CR0_PG;
    st.cr3 = ROOT;
    st.cr4 = cr4;
    st.efer = efer;
    reads = 0;
}

static void maps(uint64_t lin, uint64_t want, uint64_t want_more)
{
    uint64_t gpa = 1, more = 1;

    CHECK(cpu_walk(&st, &memory, lin, &gpa, &more));
    CHECK_EQ(gpa, want);
    CHECK_EQ(more, want_more);
}

static bool mapped(uint64_t lin)
{
    uint64_t gpa, more;

    return cpu_walk(&st, &memory, lin, &gpa, &more);
}

/* 4.1.1: with CR0.PG clear, linear addresses are physical ones; there are 2^32 of them. */
static void without_paging_addresses_are_physical(void)
{
    begin(0, 0);
    st.cr0 = CR0_PE;
    maps(0, 0, 0xffffffff);
    maps(0xfffffff0, 0xfffffff0, 15);
    CHECK(!mapped(0x100000000));
    CHECK_EQ(reads, 0);
}

/* 4.3: ten bits, ten bits, twelve bits. */
static void paging_with_32_bits_has_two_levels(void)
{
    begin(0, 0);
    put(ROOT, 0x3ff, 0x2000 | P, 4);
    put(0x2000, 0x123, 0xabcde000 | P, 4);
    maps(0xffd23456, 0xabcde456, 0xba9);
    CHECK(!mapped(0xffd24456));                 /* P is 0 */
    CHECK(!mapped(0x00123456));
    CHECK(!mapped(0x1ffd23456));                /* not a linear address here */
}

/* Table 4-4: with CR4.PSE a directory entry may map 4 MB, at an address of 40 bits. */
static void a_4_mb_page_has_the_high_address_in_bits_13_to_20(void)
{
    begin(0, CR4_PSE);
    put(ROOT, 1, 0x00800000 | 0x12 << 13 | PS | P, 4);
    maps(0x00412345, 0x1200812345, 0x3edcba);
    st.cr4 = 0;                                 /* PS is ignored: a table at 824000 */
    CHECK(!mapped(0x00412345));
}

/* 4.4: CR3 has 32-byte alignment, four pointers, and tables of eight-byte entries. */
static void pae_has_four_pointers_at_a_multiple_of_32(void)
{
    begin(0, CR4_PAE);
    st.cr3 = ROOT + 0x20;
    put8(ROOT + 0x20, 3, 0x2000 | P);
    put8(0x2000, 0x1ff, 0x3000 | P);
    put8(0x3000, 0x1ff, 0x000f123456789000 | P | 1ull << 63);
    maps(0xffffffff, 0x000f123456789fff, 0);
    put8(0x2000, 0, 0x7fe00000 | PS | P);
    maps(0xc0000001, 0x7fe00001, 0x1ffffe);
    CHECK(!mapped(0x80000000));
    put8(ROOT + 0x20, 0, PS | P);               /* reserved in a pointer: no page of 1 GB */
    CHECK(!mapped(0));
}

/* 4.5.4: four levels of nine bits; addresses are canonical. */
static void long_mode_has_four_levels(void)
{
    begin(EFER_LME | EFER_LMA, CR4_PAE);
    put8(ROOT, 0x1ff, 0x2000 | P);
    put8(0x2000, 0x1fe, 0x3000 | P);
    put8(0x3000, 0, 0x4000 | P);
    put8(0x4000, 2, 0x5000 | P);
    maps(0xffffffff80002fff, 0x5fff, 0);
    maps(0xffffffff80002000, 0x5000, 0xfff);
    CHECK(!mapped(0x0000ffffff80002000));
    CHECK(!mapped(0xffffffff80003000));
    put8(0x3000, 1, 0x40000000 | 1 << 12 | PS | P);     /* bit 12 of a large page is PAT */
    maps(0xffffffff80234567, 0x40034567, 0x1cba98);
    put8(0x2000, 1, 0x1c0000000 | PS | P);
    maps(0xffffff8040000000, 0x1c0000000, 0x3fffffff);
    put8(ROOT, 0, PS | P);                      /* reserved: no page of 512 GB */
    CHECK(!mapped(0));
}

static void tables_outside_memory_map_nothing(void)
{
    begin(EFER_LMA, CR4_PAE);
    st.cr3 = 0x000ffffffffff000;
    CHECK(!mapped(0));
    st.cr3 = ROOT;
    put8(ROOT, 0, 0x000ffffffffff000 | P);
    CHECK(!mapped(0));
}

/* All of it. */

struct seen { uint64_t lin, gpa, bytes; };
static struct seen seen[16];
static unsigned n_seen, n_calls, stop_at;
static uint64_t refused_table;

static int see(void *opaque, uint64_t lin, uint64_t gpa, uint64_t bytes)
{
    if (n_calls < 16)
        seen[n_calls] = (struct seen){ lin, gpa, bytes };
    n_calls++;
    n_seen = n_calls < 16 ? n_calls : 16;
    return stop_at && n_calls == stop_at ? -ECANCELED : 0;
}

static bool enter(void *opaque, uint64_t lin, uint64_t table)
{
    return table != refused_table;
}

static int walk_all(unsigned budget, unsigned *left)
{
    struct walk_visitor v = { see, enter, NULL };
    int r;

    n_seen = n_calls = 0;
    r = cpu_walk_all(&st, &memory, &v, &budget);
    *left = budget;
    return r;
}

static void check_seen(unsigned i, uint64_t lin, uint64_t gpa, uint64_t bytes)
{
    CHECK(i < n_seen);
    CHECK_EQ(seen[i].lin, lin);
    CHECK_EQ(seen[i].gpa, gpa);
    CHECK_EQ(seen[i].bytes, bytes);
}

static void a_walk_shows_pages_in_the_order_of_linear_addresses(void)
{
    unsigned left;

    begin(EFER_LMA, CR4_PAE);
    put8(ROOT, 256, 0x2000 | P);
    put8(0x2000, 0, 0x3000 | P);
    put8(0x3000, 1, 0x200000 | PS | P);
    put8(0x3000, 2, 0x4000 | P);
    put8(0x4000, 0x1ff, 0x7000 | P);
    put8(ROOT, 0, 0x5000 | P);
    put8(0x5000, 3, 0xc0000000 | PS | P);
    CHECK_EQ(walk_all(100, &left), 0);
    CHECK_EQ(n_calls, 3);
    check_seen(0, 0xc0000000, 0xc0000000, 1 << 30);
    check_seen(1, 0xffff800000200000, 0x200000, 2 << 20);
    check_seen(2, 0xffff8000005ff000, 0x7000, 4096);
    CHECK_EQ(left, 100 - 5);
    refused_table = 0x2000;
    CHECK_EQ(walk_all(100, &left), 0);
    refused_table = 0;
    CHECK_EQ(n_calls, 1);
}

static void a_walk_knows_the_forms_with_32_bits(void)
{
    unsigned left;

    begin(0, CR4_PSE);
    put(ROOT, 0x3ff, 0xffc00000 | PS | P, 4);
    put(ROOT, 0, 0x2000 | P, 4);
    put(0x2000, 0x3ff, 0xfffff000 | P, 4);
    CHECK_EQ(walk_all(100, &left), 0);
    CHECK_EQ(n_calls, 2);
    check_seen(0, 0x3ff000, 0xfffff000, 4096);
    check_seen(1, 0xffc00000, 0xffc00000, 4 << 20);
    begin(0, CR4_PAE);
    put8(ROOT, 4, 0x3000 | P);                  /* behind the four pointers */
    put8(ROOT, 2, 0x2000 | P);
    put8(0x2000, 1, 0x200000 | PS | P);
    CHECK_EQ(walk_all(100, &left), 0);
    CHECK_EQ(n_calls, 1);
    check_seen(0, 0x80200000, 0x200000, 2 << 20);
}

/* A root whose entries all are the root: 512 * 512 * 512 tables to be read, and 2^36 pages. */
static void a_table_of_itself_ends_with_the_budget(void)
{
    unsigned left;

    begin(EFER_LMA, CR4_PAE);
    for (unsigned i = 0; i < 512; i++)
        put8(ROOT, i, ROOT | P);
    CHECK_EQ(walk_all(1000, &left), -E2BIG);
    CHECK_EQ(left, 0);
    CHECK_EQ(reads, 1000);
    stop_at = 7;
    CHECK_EQ(walk_all(1000, &left), -ECANCELED);
    CHECK_EQ(n_calls, 7);
    stop_at = 0;
}

int main(void)
{
    TEST(without_paging_addresses_are_physical);
    TEST(paging_with_32_bits_has_two_levels);
    TEST(a_4_mb_page_has_the_high_address_in_bits_13_to_20);
    TEST(pae_has_four_pointers_at_a_multiple_of_32);
    TEST(long_mode_has_four_levels);
    TEST(tables_outside_memory_map_nothing);
    TEST(a_walk_shows_pages_in_the_order_of_linear_addresses);
    TEST(a_walk_knows_the_forms_with_32_bits);
    TEST(a_table_of_itself_ends_with_the_budget);
    return test_end();
}
