/* SPDX-License-Identifier: Apache-2.0 */
#include "hw/i386/linux-boot.h"

/*
 * Linux's x86 boot protocol, 64-bit entry: what is refused, where things lie, what the kernel is told
 */

#include "core/dma.h"
#include "cpu/state.h"
#include "lib/error.h"
#include "tests/unit/hw-bench.h"
#include "tests/unit/linux-file.h"

#include <errno.h>

#define MIB (1ull << 20)
enum { RESERVED = 128 << 10 };

static struct linux_image *image;
static struct error *err;

static int open_image(const char *initrd, const char *append, uint64_t ram)
{
    image = NULL;
    err = NULL;
    put_file(kernel_path, file, file_size);
    return linux_image_open(&image, kernel_path, initrd, append, ram, RESERVED, &err);
}

/* Refused: an error that names option and file. */
static void refused(uint64_t ram, int code, const char *option)
{
    CHECK_EQ(open_image(NULL, NULL, ram), code);
    CHECK(!image && err);
    CHECK_STR(err->object, option);
    CHECK(strstr(err->value, kernel_path) && err->legal[0]);
    error_free(err);
}

static void taken(uint64_t ram)
{
    CHECK_EQ(open_image(NULL, NULL, ram), 0);
    CHECK(image && !err);
    linux_image_close(image);
}

static void a_good_kernel_is_taken(void)
{
    good(1);
    CHECK_EQ(open_image(NULL, NULL, 16 * MIB), 0);
    CHECK_EQ(image->header.setup_bytes, 1024);
    CHECK_EQ(image->load_address, LOAD);
    CHECK_EQ(image->init_size, 2 * PAYLOAD);
    CHECK_STR(image->command_line, "");
    linux_image_close(image);
}

/* syssize says how long the kernel proper is, in paragraphs. */
static void a_kernel_cut_anywhere_is_refused(void)
{
    size_t whole;

    good(1);
    whole = file_size;
    for (file_size = 0; file_size < whole; file_size++)
        refused(16 * MIB, -EINVAL, "-kernel");
    taken(16 * MIB);
    set(0x1f4, 4, UINT32_MAX);
    refused(16 * MIB, -EINVAL, "-kernel");
    set(0x1f4, 4, 0);
    file_size = 1024 + 0x200;
    refused(16 * MIB, -EINVAL, "-kernel");              /* no entry point at 200h */
}

static void zero_setup_sectors_mean_four(void)
{
    good(0);
    CHECK_EQ(open_image(NULL, NULL, 16 * MIB), 0);
    CHECK_EQ(image->header.setup_bytes, 5 * 512);
    linux_image_close(image);
}

static void setup_sectors_may_be_255_when_they_are_there(void)
{
    good(255);
    taken(16 * MIB);
    good(1);
    set(0x1f1, 1, 255);
    refused(16 * MIB, -EINVAL, "-kernel");
}

static void what_is_no_kernel_for_the_64_bit_entry_is_refused(void)
{
    static const struct { unsigned at, bytes; uint64_t val; } bad[] = {
        { 0x1fe, 2, 0 }, { 0x1fe, 2, 0x55aa }, { 0x202, 4, 0 }, { 0x202, 1, 'h' }, { 0x206, 2, 0x20b }, { 0x206, 2, 0 },
        { 0x236, 2, 0 }, { 0x236, 2, 0xfffe }, { 0x211, 1, 0 }, { 0x258, 8, 0 }, { 0x258, 8, 0xff000 },
        { 0x258, 8, LOAD + 1 }, { 0x258, 8, LOAD + 0x800 },
    };

    for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        good(1);
        set(bad[i].at, bad[i].bytes, bad[i].val);
        refused(16 * MIB, -EINVAL, "-kernel");
    }
}

static void load_address_and_init_size_must_fit_into_ram(void)
{
    static const struct { uint64_t address; uint32_t init_size; } bad[] = {
        { LOAD, 0xffffffff }, { 16 * MIB, 4096 }, { 16 * MIB - RESERVED, 4096 }, { 1ull << 40, 4096 },
        { UINT64_MAX - 4095, 4096 }, { UINT64_MAX - 4095, 0xffffffff }, { LOAD, 15 * MIB - RESERVED + 1 },
    };

    for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        good(1);
        set(0x258, 8, bad[i].address);
        set(0x260, 4, bad[i].init_size);
        refused(16 * MIB, -ENOSPC, "-kernel");
    }
    good(1);
    set(0x260, 4, 15 * MIB - RESERVED);
    taken(16 * MIB);
}

/* "xloadflags" came with protocol 2.12. */
static void protocol_2_12_is_enough(void)
{
    good(1);
    set(0x206, 2, 0x20c);
    taken(16 * MIB);
}

static void init_size_below_the_file_s_is_the_file_s(void)
{
    good(1);
    set(0x260, 4, 0);
    CHECK_EQ(open_image(NULL, NULL, 16 * MIB), 0);
    CHECK_EQ(image->init_size, PAYLOAD);
    linux_image_close(image);
}

static void a_kernel_larger_than_ram_is_refused(void)
{
    good(255);
    refused(RESERVED, -EFBIG, "-kernel");
}

static void open_initrd(size_t bytes, uint64_t ram, int want)
{
    int fd = open(initrd_path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

    CHECK(fd >= 0 && !ftruncate(fd, bytes));
    close(fd);
    CHECK_EQ(open_image(initrd_path, NULL, ram), want);
    if (want) {
        CHECK(err && strstr(err->value, initrd_path));
        CHECK_STR(err->object, "-initrd");
        error_free(err);
    }
}

static void an_initrd_lies_as_high_as_it_may(void)
{
    good(1);
    open_initrd(5000, 16 * MIB, 0);
    CHECK_EQ(image->initrd_address, 16 * MIB - RESERVED - 8192);
    linux_image_close(image);
    set(0x22c, 4, 8 * MIB - 1);         /* initrd_addr_max: the last byte that it may have */
    open_initrd(4096, 16 * MIB, 0);
    CHECK_EQ(image->initrd_address, 8 * MIB - 4096);
    linux_image_close(image);
}

static void an_initrd_that_does_not_fit_beside_the_kernel_is_refused(void)
{
    good(1);
    open_initrd(16 * MIB + 1, 16 * MIB, -EFBIG);
    open_initrd(15 * MIB, 16 * MIB, -ENOSPC);
    open_initrd(15 * MIB - RESERVED - 2 * PAYLOAD, 16 * MIB, 0);
    CHECK_EQ(image->initrd_address, LOAD + 2 * PAYLOAD);
    linux_image_close(image);
    open_initrd(15 * MIB - RESERVED - 2 * PAYLOAD + 1, 16 * MIB, -ENOSPC);
    set(0x22c, 4, 0);
    open_initrd(4096, 16 * MIB, -ENOSPC);
    set(0x22c, 4, LOAD);
    open_initrd(4096, 16 * MIB, -ENOSPC);
    good(1);
    open_initrd(0, 16 * MIB, -EINVAL);
}

static void a_command_line_up_to_cmdline_size_is_taken(void)
{
    char text[300];

    memset(text, 'a', sizeof(text));
    text[255] = '\0';
    good(1);
    CHECK_EQ(open_image(NULL, text, 16 * MIB), 0);
    CHECK_STR(image->command_line, text);
    linux_image_close(image);
    text[255] = 'a';
    text[256] = '\0';
    CHECK_EQ(open_image(NULL, text, 16 * MIB), -E2BIG);
    CHECK_STR(err->object, "-append");
    CHECK(strstr(err->value, "256") && strstr(err->legal, "255"));
    error_free(err);
    set(0x238, 4, UINT32_MAX);
    CHECK_EQ(open_image(NULL, text, 16 * MIB), 0);
    linux_image_close(image);
}

/* Whatever a kernel says of itself: there is room for 64 KiB. */
static void a_command_line_has_less_than_64_kib(void)
{
    char *text = malloc(0x10001);

    CHECK(text);
    memset(text, 'a', 0x10000);
    text[0x10000] = '\0';
    good(1);
    set(0x238, 4, UINT32_MAX);
    CHECK_EQ(open_image(NULL, text, 16 * MIB), -E2BIG);
    CHECK(strstr(err->legal, "65535"));
    error_free(err);
    text[0xffff] = '\0';
    CHECK_EQ(open_image(NULL, text, 16 * MIB), 0);
    linux_image_close(image);
    free(text);
}

static void files_that_cannot_be_read_are_refused_by_name(void)
{
    static const char *const bad[] = { "/nonexistent", "", "/", "/dev/null", "/dev/zero" };

    for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        err = NULL;
        CHECK(linux_image_open(&image, bad[i], NULL, NULL, 16 * MIB, RESERVED, &err) < 0);
        CHECK_STR(err->object, "-kernel");
        CHECK_STR(err->value, bad[i]);
        error_free(err);
    }
}

/* What the kernel finds in memory and in its registers. */
static struct bench b;
static struct region low;

static void placed_as_it_is(const char *append)
{
    struct e820 map = { 0 };

    bench_init(&b, 0);
    ram_region_new(b.m, &low, "ram", 16 * MIB);
    region_map(b.m, &b.m->memory, 0, &low, 0);
    put_file(initrd_path, "initrd!", 7);
    CHECK_EQ(open_image(initrd_path, append, 16 * MIB), 0);
    e820_add(&map, 0, 0x9fc00, E820_RAM);
    e820_add(&map, 0x100000, 15 * MIB, E820_RAM);
    CHECK_EQ(linux_image_place(image, &b.m->memory_as, &map, 0xfe0000), 0);
}

static void placed(const char *append)
{
    good(1);
    placed_as_it_is(append);
}

static void removed(void)
{
    linux_image_close(image);
    region_drop(b.m, &low);
    bench_fini(&b);
}

static uint64_t boot_param(unsigned at, unsigned size)
{
    struct x86_state st = { 0 };

    linux_image_start(image, &st);
    return mem_in(&b, st.gpr[RSI] + at, size);
}

static void the_boot_parameters_tell_where_everything_is(void)
{
    char line[16] = "";

    placed("console=x");
    CHECK_EQ(boot_param(0x202, 4), 0x53726448);         /* the file's own header, "HdrS" */
    CHECK_EQ(boot_param(0x1fe, 2), 0xaa55);
    CHECK_EQ(boot_param(0x210, 1), 0xff);               /* a loader without a number of its own */
    CHECK_EQ(dma_read(&b.m->memory_as, boot_param(0x228, 4), line, 10), MEM_OK);
    CHECK_STR(line, "console=x");
    CHECK_EQ(boot_param(0x218, 4), image->initrd_address);
    CHECK_EQ(boot_param(0x21c, 4), 7);
    CHECK_EQ(dma_read(&b.m->memory_as, image->initrd_address, line, 7), MEM_OK);
    CHECK(!memcmp(line, "initrd!", 7));
    CHECK_EQ(boot_param(0x070, 8), 0xfe0000);           /* acpi_rsdp_addr */
    CHECK_EQ(boot_param(0x1e8, 1), 2);                  /* e820_entries */
    CHECK_EQ(boot_param(0x2d0, 8), 0);
    CHECK_EQ(boot_param(0x2d8, 8), 0x9fc00);
    CHECK_EQ(boot_param(0x2e0, 4), E820_RAM);
    CHECK_EQ(boot_param(0x2e4, 8), 0x100000);
    CHECK_EQ(mem_in(&b, LOAD, 4), 0xc3c3c3c3);
    CHECK_EQ(mem_in(&b, LOAD + PAYLOAD, 4), 0);
    removed();
}

/* "The setup header ... its end: 0x0202 + byte value at offset 0x0201"; the rest of the parameters is zero, and a
 * header that claims more than any has does not reach the memory map. */
static void the_header_is_copied_up_to_its_end(void)
{
    static const struct { uint8_t jump; unsigned end; } want[] = { { 0x66, 0x268 }, { 0x7e, 0x280 }, { 0xff, 0x2a8 } };

    for (unsigned i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
        good(1);
        memset(file + 0x268, 0x5a, 0x100);
        memset(file + 0x100, 0x5a, 0xf1);
        set(0x201, 1, want[i].jump);
        placed_as_it_is(NULL);
        CHECK_EQ(boot_param(0x264, 4), 0);
        for (unsigned at = 0x268; at < 0x2d0; at++)
            CHECK_EQ(at << 8 | boot_param(at, 1), at << 8 | (at < want[i].end ? 0x5a : 0));
        for (unsigned at = 0; at < 0x1f1; at++)
            if (at != 0x1e8 && (at < 0x70 || at >= 0x78))
                CHECK_EQ(at << 8 | boot_param(at, 1), at << 8);
        CHECK_EQ(boot_param(0x1f1, 1), 1);
        removed();
    }
}

/* "The CPU must be in 64-bit mode with paging enabled, identity mapped ...; __BOOT_CS and __BOOT_DS". */
static void the_cpu_starts_in_64_bit_mode_at_200h_of_the_kernel(void)
{
    struct x86_state st = { .halted = 1 };
    uint64_t pdpt, directory;

    placed(NULL);
    linux_image_start(image, &st);
    CHECK_EQ(st.rip, LOAD + 0x200);
    CHECK(st.cr0 & CR0_PE && st.cr0 & CR0_PG && st.cr4 & CR4_PAE);
    CHECK_EQ(st.efer & (EFER_LME | EFER_LMA), EFER_LME | EFER_LMA);
    CHECK_EQ(st.rflags & FLAG_IF, 0);
    CHECK_EQ(st.seg[CS].sel, 0x10);
    CHECK_EQ(st.seg[DS].sel, 0x18);
    CHECK_EQ(st.seg[CS].attr, SEG_P | SEG_S | SEG_CODE | SEG_RW | SEG_ACCESSED | SEG_L | SEG_G);
    for (unsigned i = 0; i < X86_SREGS; i++)            /* __BOOT_DS: 4G flat, read and write */
        CHECK(i == CS || st.seg[i].attr == (SEG_P | SEG_S | SEG_RW | SEG_ACCESSED | SEG_DB | SEG_G));
    CHECK(!st.halted);
    CHECK_EQ(mem_in(&b, st.gdt.base + 0x10, 8), 0x00af9b000000ffff);
    pdpt = mem_in(&b, st.cr3, 8) & ~0xfffull;
    for (uint64_t gib = 0; gib < 4; gib++) {
        directory = mem_in(&b, pdpt + 8 * gib, 8) & ~0xfffull;
        for (uint64_t i = 0; i < 512; i += 73)
            CHECK_EQ(mem_in(&b, directory + 8 * i, 8), gib << 30 | i << 21 | 0x83);
    }
    removed();
}

static void e820_takes_no_empty_and_no_33rd_line(void)
{
    struct e820 e = { 0 };

    e820_add(&e, 0, 0, E820_RAM);
    CHECK_EQ(e.n, 0);
    for (unsigned i = 0; i < 40; i++)
        e820_add(&e, i, 1, E820_RESERVED);
    CHECK_EQ(e.n, E820_ENTRIES);
    CHECK_EQ(e.entry[31].base, 31);
    CHECK_EQ(sizeof(struct e820_entry), 20);
}

int main(void)
{
    epoch_thread_init();
    if (!folder_open())
        return 1;
    TEST(a_good_kernel_is_taken);
    TEST(a_kernel_cut_anywhere_is_refused);
    TEST(zero_setup_sectors_mean_four);
    TEST(setup_sectors_may_be_255_when_they_are_there);
    TEST(what_is_no_kernel_for_the_64_bit_entry_is_refused);
    TEST(load_address_and_init_size_must_fit_into_ram);
    TEST(protocol_2_12_is_enough);
    TEST(init_size_below_the_file_s_is_the_file_s);
    TEST(a_kernel_larger_than_ram_is_refused);
    TEST(an_initrd_lies_as_high_as_it_may);
    TEST(an_initrd_that_does_not_fit_beside_the_kernel_is_refused);
    TEST(a_command_line_up_to_cmdline_size_is_taken);
    TEST(a_command_line_has_less_than_64_kib);
    TEST(files_that_cannot_be_read_are_refused_by_name);
    TEST(the_boot_parameters_tell_where_everything_is);
    TEST(the_header_is_copied_up_to_its_end);
    TEST(the_cpu_starts_in_64_bit_mode_at_200h_of_the_kernel);
    TEST(e820_takes_no_empty_and_no_33rd_line);
    folder_close();
    epoch_thread_fini();
    return test_end();
}
