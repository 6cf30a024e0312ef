/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/dump-rig.h"

/*
 * kdump files, put together from the pieces of the flattened form and read back by a reader of this file's own
 */

#include <endian.h>
#ifdef HAVE_ZLIB
#include <zlib.h>

static uint8_t *image;                  /* the file that is meant */
static uint64_t image_bytes;

static uint64_t get(uint64_t at, unsigned size)
{
    uint64_t val = 0;

    CHECK(at <= image_bytes && size <= image_bytes - at);
    memcpy(&val, image + at, size);
    return val;
}

/* Pieces may come in any order; what is in none is zero. */
static void put_together(const uint8_t *flat, uint64_t bytes)
{
    uint64_t at = 4096;

    CHECK(bytes >= 4096 && !memcmp(flat, "makedumpfile\0\0\0\0\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0\1", 32));
    free(image);
    image = NULL;
    image_bytes = 0;
    for (;;) {
        uint64_t head[2], to, n;

        CHECK(at + 16 <= bytes);
        memcpy(head, flat + at, 16);
        to = be64toh(head[0]);
        n = be64toh(head[1]);
        at += 16;
        if (to == UINT64_MAX && n == UINT64_MAX)
            break;
        CHECK(n <= bytes - at && to < 1ull << 30);
        if (to + n > image_bytes) {
            image = realloc(image, to + n);
            memset(image + image_bytes, 0, to + n - image_bytes);
            image_bytes = to + n;
        }
        memcpy(image + to, flat + at, n);
        at += n;
    }
    CHECK_EQ(at, bytes);
}

static void dump(void)
{
    char *flat;
    gsize bytes;

    CHECK_STR(rig_ask("dump-guest-memory", "{'paging': false, 'protocol': 'file:PATH', 'format': 'kdump-zlib'}"), "");
    CHECK(g_file_get_contents(rig.path, &flat, &bytes, NULL));
    put_together((uint8_t *)flat, bytes);
    g_free(flat);
}

/* head: where status is. */
static uint64_t bitmaps(unsigned head)
{
    return (1 + get(head + 8, 4)) * 4096;
}

static uint64_t descs(unsigned head)
{
    return bitmaps(head) + get(head + 12, 4) * 4096;
}

static bool bit(unsigned head, uint64_t pfn)
{
    return get(bitmaps(head) + pfn / 8, 1) >> pfn % 8 & 1;
}

/* The n-th page of the file. */
static void page_is(unsigned head, unsigned n, const uint8_t *want)
{
    uint64_t desc = descs(head) + 24 * n, at = get(desc, 8), bytes = get(desc + 8, 4);
    unsigned long len = 4096;
    uint8_t page[4096];

    CHECK_EQ(get(desc + 16, 8), 0);
    CHECK(bytes && bytes <= 4096 && at + bytes <= image_bytes);
    if (get(desc + 12, 4) == 1)
        CHECK_EQ(uncompress(page, &len, image + at, bytes), Z_OK);
    else
        memcpy(page, image + at, bytes);
    CHECK_EQ(get(desc + 12, 4) == 1 ? len : bytes, 4096);
    CHECK(!memcmp(page, want, 4096));
}

enum { HEAD_64 = 0x1a8, HEAD_32 = 0x19c };

static void fill(void)
{
    uint32_t seed = 1;

    for (unsigned i = 0; i < RIG_RAM; i++) {    /* pages of zeros, of a pattern, of noise */
        unsigned kind = i / 4096 % 3;

        seed = seed * 1103515245 + 12345;
        rig.ram->host[i] = !kind ? 0 : kind == 1 ? i / 64 : seed >> 16;
    }
}

static void every_page_is_in_the_file_once(void)
{
    unsigned n = 0;

    rig_init(3, true);
    fill();
    memset(rig.rom->host, 0xf0, RIG_ROM);
    dump();
    CHECK(!memcmp(image, "KDUMP   \6\0\0\0", 12));
    CHECK_STR((char *)image + 12 + 4 * 65, "x86_64");
    CHECK_EQ(get(HEAD_64, 4), 1);               /* compressed with zlib */
    CHECK_EQ(get(HEAD_64 + 4, 4), 4096);
    CHECK_EQ(get(HEAD_64 + 12, 4), 64);         /* two bitmaps of 2^20 pages */
    CHECK_EQ(get(HEAD_64 + 16, 4), 1 << 20);
    CHECK_EQ(get(HEAD_64 + 36, 4), 3);
    CHECK_EQ(get(4096 + 96, 8), 1 << 20);
    for (uint64_t pfn = 0; pfn < 1 << 20; pfn++) {
        bool ram = pfn < RIG_RAM / 4096 && !(pfn >= RIG_HOLE / 4096 && pfn < RIG_HOLE_END / 4096);
        bool rom = pfn >= RIG_ROM_AT / 4096;

        CHECK_EQ(bit(HEAD_64, pfn), ram || rom);
        if (ram || rom)
            page_is(HEAD_64, n++, rom ? rig.rom->host + (pfn * 4096 - RIG_ROM_AT) : rig.ram->host + pfn * 4096);
    }
    CHECK(!memcmp(image + bitmaps(HEAD_64), image + bitmaps(HEAD_64) + 32 * 4096, 32 * 4096));
    CHECK_EQ(get(descs(HEAD_64), 8), get(descs(HEAD_64) + 24 * 3, 8));         /* one page of zeros for all */
    CHECK_EQ(n, (RIG_RAM - (RIG_HOLE_END - RIG_HOLE) + RIG_ROM) / 4096);
    CHECK_STR(rig_status(), "completed");
    CHECK_EQ(json_get(&rig.got, "completed")->i, (int64_t)n * 4096);
    rig_fini();
}

static void notes_stand_behind_the_sub_header(void)
{
    uint64_t at;

    rig_init(2, true);
    dump();
    at = get(4096 + 48, 8);
    CHECK_EQ(at, 4096 + 104);
    CHECK_EQ(get(4096 + 8, 4), 1);              /* dump level */
    CHECK_EQ(get(at, 4), 5);
    CHECK(!memcmp(image + at + 12, "CORE", 5));
    CHECK_EQ(get(4096 + 56, 8), 2 * (20 + 144) + 2 * (20 + 440));
    CHECK_EQ(get(4096 + 32, 8), 0);             /* no word of the guest */
    rig_fini();
}

static bool guest_get(void *opaque, struct guest_note *n)
{
    *n = (struct guest_note){ .gpa = 0x3000, .bytes = 100, .format = 1 };
    return true;
}

static void the_guest_says_where_it_is_loaded(void)
{
    static const char said[] = "\13\0\0\0\40\0\0\0\0\0\0\0VMCOREINFO\0\0A=1\nNUMBER(phys_base)=-4096\nB=2";

    rig_init(1, true);
    rig.m->guest_note.get = guest_get;
    memcpy(rig.ram->host + 0x3000, said, sizeof(said));
    dump();
    CHECK_EQ(get(4096, 8), (uint64_t)-4096);
    CHECK_EQ(get(4096 + 40, 8), 32);
    CHECK(!memcmp(image + get(4096 + 32, 8), "A=1\nNUMBER(phys_base)=-4096\nB=2", 31));
    /* the number is the last thing: nothing behind it is read */
    rig.ram->host[0x3004] = 4 + 18 + 2;
    dump();
    CHECK_EQ(get(4096, 8), (uint64_t)-4);
    rig_fini();
}

static void memory_below_4_gib_has_the_headers_of_a_32_bit_kernel(void)
{
    unsigned n = 0;

    rig_init(1, false);
    fill();
    dump();
    CHECK_EQ(get(HEAD_32, 4), 1);
    CHECK_EQ(get(HEAD_32 + 4, 4), 4096);
    CHECK_EQ(get(HEAD_32 + 12, 4), 2);
    CHECK_EQ(get(HEAD_32 + 16, 4), RIG_RAM / 4096);
    CHECK_EQ(get(HEAD_32 + 36, 4), 1);
    CHECK_EQ(get(4096 + 32, 8), 4096 + 80);
    CHECK_EQ(get(4096 + 40, 4), 20 + 144 + 20 + 440);
    CHECK_EQ(get(4096 + 72, 8), RIG_RAM / 4096);
    for (unsigned pfn = 0; pfn < RIG_RAM / 4096; pfn++)
        if (bit(HEAD_32, pfn))
            page_is(HEAD_32, n++, rig.ram->host + pfn * 4096);
    CHECK_EQ(n, (RIG_RAM - (RIG_HOLE_END - RIG_HOLE)) / 4096);
    rig_fini();
}

/* 2^28 pages have bitmaps of 64 MB; but for one block each they are empty. */
static void memory_far_up_costs_nothing(void)
{
    struct region far;
    struct stat s;

    rig_init(1, true);
    rig_region(&far, 1ull << 40, "far", rig.ram, 0x100000, 4096, false);
    CHECK_STR(rig_ask("dump-guest-memory", "{'paging': false, 'protocol': 'file:PATH', 'format': 'kdump-zlib'}"), "");
    CHECK(!stat(rig.path, &s) && s.st_size < 200000);
    region_drop(rig.m, &far);
    rig_fini();
}

static void a_full_disk_is_told(void)
{
    rig_init(1, true);
    CHECK_STR(rig_ask("dump-guest-memory",
                      "{'paging': false, 'protocol': 'file:/dev/full', 'format': 'kdump-zlib'}"),
              "dump: failed to write the headers of the kdump file: No space left on device");
    CHECK_STR(rig_status(), "failed");
    rig_fini();
}

int main(void)
{
    epoch_thread_init();
    TEST(every_page_is_in_the_file_once);
    TEST(notes_stand_behind_the_sub_header);
    TEST(the_guest_says_where_it_is_loaded);
    TEST(memory_below_4_gib_has_the_headers_of_a_32_bit_kernel);
    TEST(memory_far_up_costs_nothing);
    TEST(a_full_disk_is_told);
    free(image);
    return test_end();
}
#else
static void kdump_zlib_is_refused_without_zlib(void)
{
    rig_init(1, true);
    CHECK_STR(rig_ask("dump-guest-memory", "{'paging': false, 'protocol': 'file:PATH', 'format': 'kdump-zlib'}"),
              "kdump-zlib is not available now");
    rig_fini();
}

int main(void)
{
    epoch_thread_init();
    TEST(kdump_zlib_is_refused_without_zlib);
    return test_end();
}
#endif
