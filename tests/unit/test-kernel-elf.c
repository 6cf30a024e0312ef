/* SPDX-License-Identifier: Apache-2.0 */
#include "hw/i386/kernel-image.h"

/*
 * -kernel with firmware: Multiboot 0.6.96 and ELF files with a PVH note, as fw_cfg gives them to their ROMs
 *
 * Places and contents of the Multiboot information are those that the reference has.
 */

#include "tests/unit/elf-file.h"
#include "tests/unit/kernel-bench.h"

#include <errno.h>

enum { PAGE = 4096 };

static char a_path[64], b_path[64];

/* Memory of the kernel at an address of the guest, as its item has it. */
static const uint8_t *memory(uint32_t at)
{
    uint32_t len, base = number(FW_CFG_KERNEL_ADDR);
    const uint8_t *bytes = fw_cfg_bytes(f.dev, FW_CFG_KERNEL_DATA, &len);

    CHECK(bytes && at >= base && at - base < len);
    return bytes && at - base < len ? bytes + (at - base) : (const uint8_t *)"";
}

static uint32_t info(unsigned at)
{
    uint32_t len;

    return bits_load(fw_cfg_bytes(f.dev, FW_CFG_INITRD_DATA, &len) + at, 4);
}

static void refused(int code, const char *word)
{
    CHECK_EQ(added(NULL, NULL, 16 * MIB), code);
    CHECK(err && strstr(error_line(err).s, word) && strstr(err->value, kernel_path));
    if (err)
        CHECK_STR(err->object, "-kernel");
    closed();
}

static void taken(int kind)
{
    CHECK_EQ(added(NULL, NULL, 16 * MIB), kind);
    closed();
}

static void multiboot_good(void)
{
    elf_good(false);
    multiboot_header(ELF_CODE, 3);
}

/* 3.1.1: "The Multiboot header must be contained completely within the first 8192 bytes of the OS image, and must be
 * longword (32-bit) aligned."  3.1.2: "checksum ... must have a 32-bit unsigned sum of zero". */
static void the_header_is_aligned_in_the_first_8192_bytes(void)
{
    static uint8_t image[16 << 10];

    multiboot_good();
    taken(KERNEL_MULTIBOOT);
    set(ELF_CODE + 8, 4, 0);
    taken(KERNEL_PVH);
    multiboot_good();
    set(ELF_CODE, 4, 0);
    multiboot_header(ELF_CODE + 2, 3);
    taken(KERNEL_PVH);
    elf_good(false);
    file_size = sizeof(image);
    multiboot_header(8192 - 12, 3);
    taken(KERNEL_MULTIBOOT);
    elf_good(false);
    file_size = sizeof(image);
    multiboot_header(8192 - 8, 3);
    taken(KERNEL_PVH);
}

static void an_elf_kernel_lies_where_its_segments_say(void)
{
    uint32_t len;

    multiboot_good();
    CHECK_EQ(added(NULL, "hello world", 16 * MIB), KERNEL_MULTIBOOT);
    CHECK_EQ(number(FW_CFG_KERNEL_ADDR), ELF_AT);
    CHECK_EQ(number(FW_CFG_KERNEL_SIZE), 3 * PAGE);
    fw_cfg_bytes(f.dev, FW_CFG_KERNEL_DATA, &len);
    CHECK_EQ(len, 3 * PAGE);
    CHECK_EQ(number(FW_CFG_KERNEL_ENTRY), ELF_AT + 0x40);
    CHECK_EQ(bits_load(memory(ELF_AT), 4), 0x1badb002);
    CHECK_EQ(memory(ELF_DATA_AT)[ELF_DATA_BYTES - 1], 0xda);
    CHECK_EQ(memory(ELF_DATA_AT)[ELF_DATA_BYTES], 0);
    CHECK_EQ(memory(ELF_DATA_AT - 1)[0], 0);
    CHECK(fw_cfg_file_key(f.dev, "genroms/multiboot_dma.bin"));
    CHECK_STR(kernel_boot_path(KERNEL_MULTIBOOT), "/rom@genroms/multiboot_dma.bin");
    closed();
}

/* 3.3, with neither modules nor what only firmware knows. */
static void the_information_tells_command_line_and_loader(void)
{
    char command[100];

    multiboot_good();
    CHECK_EQ(added(NULL, "hello world", 16 * MIB), KERNEL_MULTIBOOT);
    snprintf(command, sizeof(command), "%s hello world", kernel_path);
    CHECK_EQ(number(FW_CFG_INITRD_ADDR), 0x9500);
    CHECK_EQ(number(FW_CFG_INITRD_SIZE), 88);
    CHECK_EQ(info(0), 0x24f);
    CHECK_EQ(info(4) | info(8), 0);                     /* memory: the ROM's */
    CHECK_EQ(info(12), 0x8000ffff);
    CHECK_STR((const char *)memory(info(16)), command);
    CHECK_EQ(info(16), ELF_AT + 2 * PAGE);
    CHECK_EQ(info(20), 0);
    CHECK_STR((const char *)memory(info(64)), "qemu");
    closed();
    CHECK_EQ(added(NULL, NULL, 16 * MIB), KERNEL_MULTIBOOT);
    snprintf(command, sizeof(command), "%s ", kernel_path);
    CHECK_STR((const char *)memory(info(16)), command);
    closed();
}

static uint32_t module(unsigned n, unsigned at)
{
    return bits_load(memory(info(24) + 16 * n + at), 4);
}

static void modules_lie_on_pages_with_their_strings(void)
{
    char initrd[200], text[100];

    put_file(a_path, "first", 5);
    put_file(b_path, file, 5000);
    multiboot_good();
    snprintf(initrd, sizeof(initrd), "%s x,,y z,%s", a_path, b_path);
    snprintf(text, sizeof(text), "%s x,y z", a_path);
    CHECK_EQ(added(initrd, NULL, 16 * MIB), KERNEL_MULTIBOOT);
    CHECK_EQ(info(20), 2);
    CHECK_EQ(info(24), ELF_AT + 2 * PAGE);
    CHECK_EQ(module(0, 0), ELF_AT + 3 * PAGE);
    CHECK_EQ(module(0, 4), ELF_AT + 3 * PAGE + 5);
    CHECK_STR((const char *)memory(module(0, 8)), text);
    CHECK_EQ(module(0, 12), 0);
    CHECK(!memcmp(memory(module(0, 0)), "first", 6));
    CHECK_EQ(module(1, 0), ELF_AT + 4 * PAGE);
    CHECK_EQ(module(1, 4), ELF_AT + 4 * PAGE + 5000);
    CHECK_STR((const char *)memory(module(1, 8)), b_path);
    CHECK_EQ(number(FW_CFG_KERNEL_SIZE), 6 * PAGE);
    closed();
}

/* Strings of whatever length end before the first module begins. */
static void strings_and_modules_do_not_overlap(void)
{
    char append[PAGE + 1], initrd[100];

    put_file(a_path, "first", 5);
    snprintf(initrd, sizeof(initrd), "%s", a_path);
    for (unsigned n = PAGE - 100; n < PAGE; n++) {
        uint32_t end;

        memset(append, 'a', n);
        append[n] = '\0';
        multiboot_good();
        CHECK_EQ(added(initrd, append, 16 * MIB), KERNEL_MULTIBOOT);
        CHECK_EQ(info(16), module(0, 8) + strlen(a_path) + 1);
        CHECK_EQ(info(64), info(16) + strlen(kernel_path) + 1 + n + 1);
        end = info(64) + sizeof("qemu");
        CHECK_EQ(module(0, 0), (end + PAGE - 1) & ~(PAGE - 1u));
        CHECK(!memcmp(memory(module(0, 0)), "first", 6) && !strcmp((const char *)memory(info(64)), "qemu"));
        closed();
    }
}

static void wrong_modules(const char *initrd, int code)
{
    multiboot_good();
    CHECK_EQ(added(initrd, NULL, 16 * MIB), code);
    CHECK(err && !strcmp(err->object, "-initrd"));
    closed();
}

static void modules_that_cannot_be_had_are_refused(void)
{
    char initrd[200], many[65 * 64 + 1] = "";
    int fd = open(b_path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

    CHECK(fd >= 0 && !ftruncate(fd, 14 * MIB));
    close(fd);
    wrong_modules("/nonexistent a", -ENOENT);
    wrong_modules(",", -ENOENT);
    wrong_modules(b_path, -ENOSPC);
    snprintf(initrd, sizeof(initrd), "%s,%s a", b_path, b_path);
    wrong_modules(initrd, -EFBIG);
    for (unsigned i = 0; i < 64; i++)
        strcat(strcat(many, a_path), ",");
    multiboot_good();
    CHECK_EQ(added(many, NULL, 16 * MIB), KERNEL_MULTIBOOT);
    CHECK_EQ(info(20), 64);
    closed();
    strcat(many, a_path);
    wrong_modules(many, -E2BIG);
}

/* "bits 0 to 15: requirements; if the boot loader sees any of these bits set but does not understand the flag ...,
 * it must notify the user and fail". */
static void flags_that_are_not_understood_are_refused(void)
{
    for (unsigned bit = 0; bit < 32; bit++) {
        elf_good(false);
        multiboot_header(ELF_CODE, 1u << bit);
        if (bit == 16)
            continue;                   /* addresses, below */
        if (bit < 3 || bit > 15)
            taken(KERNEL_MULTIBOOT);
        else
            refused(-ENOTSUP, "flags");
    }
}

enum { KLUDGE_AT = 0x20, KLUDGE_BYTES = 4096 };

/* A flat file: header_addr, load_addr, load_end_addr, bss_end_addr, entry_addr. */
static void kludge(uint32_t header, uint32_t load, uint32_t load_end, uint32_t bss_end, uint32_t entry)
{
    memset(file, 0xab, KLUDGE_BYTES);
    file_size = KLUDGE_BYTES;
    multiboot_header(KLUDGE_AT, 1 << 16);
    set(KLUDGE_AT + 12, 4, header);
    set(KLUDGE_AT + 16, 4, load);
    set(KLUDGE_AT + 20, 4, load_end);
    set(KLUDGE_AT + 24, 4, bss_end);
    set(KLUDGE_AT + 28, 4, entry);
}

/* 3.1.3, "The address fields of Multiboot header". */
static void without_elf_the_header_says_what_goes_where(void)
{
    kludge(0x100010, 0x100000, 0x100100, 0x103000, 0x100040);
    CHECK_EQ(added(NULL, NULL, 16 * MIB), KERNEL_MULTIBOOT);
    CHECK_EQ(number(FW_CFG_KERNEL_ADDR), 0x100000);
    CHECK_EQ(number(FW_CFG_KERNEL_ENTRY), 0x100040);
    CHECK_EQ(bits_load(memory(0x100010), 4), 0x1badb002);
    CHECK_EQ(memory(0x1000ff)[0], 0xab);
    CHECK_EQ(memory(0x100100)[0], 0);
    CHECK_EQ(info(16), 0x103000);
    closed();
    kludge(0x100020, 0x100000, 0, 0, 0x100040);         /* to the end of the file, no zeros */
    CHECK_EQ(added(NULL, NULL, 16 * MIB), KERNEL_MULTIBOOT);
    CHECK_EQ(memory(0x100fff)[0], 0xab);
    CHECK_EQ(info(16), 0x101000);
    closed();
}

static void addresses_that_make_no_sense_are_refused(void)
{
    static const struct { uint32_t header, load, load_end, bss_end, entry; int code; } bad[] = {
        { 0x100010, 0x100014, 0, 0, 0x100040, -EINVAL },            /* load_addr behind the header */
        { 0x100021, 0x100000, 0, 0, 0x100040, -EINVAL },            /* before the file's first byte */
        { 0x100020, 0x100000, 0x100000, 0, 0x100000, -EINVAL },     /* nothing */
        { 0x100020, 0x100000, 0x101001, 0, 0x100040, -EINVAL },     /* more than the file has */
        { 0x100020, 0x100000, 0x101000, 0x100fff, 0x100040, -EINVAL },
        { 0x100020, 0x100000, 0x101000, 0x101000, 0x101000, -EINVAL },      /* an entry outside */
        { 0x100020, 0x100000, 0x101000, 0x101000, 0xfffff, -EINVAL },
        { 0x100020, 0x100000, 0x101000, 0x1000000, 0x100040, -ENOSPC },
        { 0x100020, 0x100000, 0x101000, 0xffffffff, 0x100040, -ENOSPC },
        { 0xfffff, 0xfffff, 0, 0, 0x100000, -ENOSPC },
        { 0xffffffff, 0xffffffff, 0, 0, 0xffffffff, -ENOSPC },
        { 0, 0xffffffff, 0, 0, 0, -EINVAL },
    };

    for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        kludge(bad[i].header, bad[i].load, bad[i].load_end, bad[i].bss_end, bad[i].entry);
        refused(bad[i].code, "legal");
    }
    for (unsigned cut = 12; cut < 32; cut++) {
        kludge(0x100010, 0x100000, 0x100100, 0x103000, 0x100040);
        file_size = KLUDGE_AT + cut;
        refused(-EINVAL, "cut short");
    }
}

/* Kernels linked at a virtual address often say that of their entry, too. */
static void an_entry_may_be_virtual(void)
{
    multiboot_good();
    elf_entry(0xc0000000 + ELF_DATA_AT + 4);
    CHECK_EQ(added(NULL, NULL, 16 * MIB), KERNEL_MULTIBOOT);
    CHECK_EQ(number(FW_CFG_KERNEL_ENTRY), ELF_DATA_AT + 4);
    closed();
    elf_entry(0xd0000000);
    refused(-EINVAL, "entry point");
    elf_good(true);
    multiboot_header(ELF_CODE, 0);
    refused(-EINVAL, "32 bits");
}

static void a_pvh_note_names_the_entry(void)
{
    for (unsigned is_64 = 0; is_64 < 2; is_64++) {
        elf_good(is_64);
        put_file(a_path, "initrd", 6);
        CHECK_EQ(added(a_path, "console=x", 16 * MIB), KERNEL_PVH);
        CHECK_EQ(number(FW_CFG_KERNEL_ADDR), ELF_AT);
        CHECK_EQ(number(FW_CFG_KERNEL_SIZE), 0x1000 + ELF_DATA_BYTES + ELF_BSS_BYTES);
        CHECK_EQ(number(FW_CFG_KERNEL_ENTRY), ELF_AT + 0x80);
        CHECK_EQ(number(FW_CFG_INITRD_ADDR), 16 * MIB - RESERVED - PAGE);
        CHECK_EQ(number(FW_CFG_INITRD_SIZE), 6);
        CHECK_EQ(number(FW_CFG_CMDLINE_ADDR), 0x20000);
        CHECK_EQ(number(FW_CFG_CMDLINE_SIZE), 10);
        CHECK(fw_cfg_file_key(f.dev, "genroms/pvh.bin"));
        closed();
    }
    CHECK_STR(kernel_boot_path(KERNEL_PVH), "/rom@genroms/pvh.bin");
}

static void notes_may_be_aligned_to_eight_bytes(void)
{
    elf_good(true);
    elf_set(2, PH_ALIGN, 8);
    memset(file + ELF_NOTE, 0, ELF_NOTE_BYTES);
    memcpy(file + ELF_NOTE, "\4\0\0\0\5\0\0\0\3\0\0\0GNU\0abcde\0\0\0", 24);
    memcpy(file + ELF_NOTE + 24, "\4\0\0\0\10\0\0\0\22\0\0\0Xen\0", 16);
    set(ELF_NOTE + 40, 8, ELF_AT + 0x90);
    CHECK_EQ(added(NULL, NULL, 16 * MIB), KERNEL_PVH);
    CHECK_EQ(number(FW_CFG_KERNEL_ENTRY), ELF_AT + 0x90);
    closed();
}

static void an_elf_file_without_a_usable_note_is_refused(void)
{
    static const struct { unsigned at, bytes; uint32_t val; } bad[] = {
        { ELF_NOTE + 32, 4, 17 }, { ELF_NOTE + 36, 1, 'x' }, { ELF_NOTE + 24, 4, 3 }, { ELF_NOTE + 28, 4, 2 },
        { ELF_NOTE + 28, 4, 0xffffffff }, { ELF_NOTE + 24, 4, 0xffffffff }, { ELF_NOTE, 4, 0xffffffff },
        { ELF_NOTE + 4, 4, 0xfffffff0 }, { ELF_NOTE + 40, 4, 0 },
        { ELF_NOTE + 39, 1, 'x' },
    };

    for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        elf_good(i & 1);
        set(bad[i].at, bad[i].bytes, bad[i].val);
        refused(-EINVAL, "PVH note");
    }
    for (unsigned cut = 24; cut < 44; cut++) {          /* the segment ends before its note does */
        elf_good(true);
        elf_set(2, PH_FILESZ, cut);
        refused(-EINVAL, "PVH note");
    }
    elf_good(true);
    set(ELF_NOTE + 40, 4, ELF_AT - 1);
    refused(-EINVAL, "PVH entry");
    set(ELF_NOTE + 40, 4, ELF_DATA_AT + ELF_DATA_BYTES + ELF_BSS_BYTES);
    refused(-EINVAL, "PVH entry");
}

static void segments_have_to_lie_in_file_and_ram(void)
{
    static const struct { enum elf_field field; uint64_t val; int code; } bad[] = {
        { PH_OFFSET, 0xffffffff, -EINVAL }, { PH_FILESZ, 0xffffffff, -EINVAL }, { PH_OFFSET, FILE_MAX, -EINVAL },
        { PH_FILESZ, ELF_DATA_BYTES + ELF_BSS_BYTES + 1, -EINVAL }, { PH_MEMSZ, ELF_DATA_BYTES - 1, -EINVAL },
        { PH_MEMSZ, 0xffffffff, -ENOSPC }, { PH_PADDR, 0xfffff, -ENOSPC }, { PH_PADDR, 0xffffffff, -ENOSPC },
        { PH_PADDR, 16 * MIB - RESERVED, -ENOSPC }, { PH_PADDR, 0, -ENOSPC },
    };

    for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        for (unsigned is_64 = 0; is_64 < 2; is_64++) {
            elf_good(is_64);
            elf_set(1, bad[i].field, bad[i].val);
            refused(bad[i].code, "legal");
        }
    elf_good(true);
    elf_set(1, PH_PADDR, UINT64_MAX - 8);
    refused(-ENOSPC, "legal");
    elf_good(true);
    elf_set(1, PH_OFFSET, UINT64_MAX - 8);
    refused(-EINVAL, "cut short");
    elf_good(true);
    elf_set(1, PH_PADDR, 16 * MIB - RESERVED - ELF_DATA_BYTES - ELF_BSS_BYTES);
    taken(KERNEL_PVH);
}

/* What no byte of the file stands for is bounded, however much RAM there is. */
static void a_sparse_image_is_refused(void)
{
    elf_good(true);
    elf_set(1, PH_PADDR, 0x80000000);
    CHECK_EQ(added(NULL, NULL, 3072 * MIB), -ENOSPC);
    CHECK(err && strstr(err->value, "spans"));
    closed();
    elf_set(1, PH_PADDR, ELF_AT + 256 * MIB);
    CHECK_EQ(added(NULL, NULL, 3072 * MIB), KERNEL_PVH);
    closed();
    kludge(0x100020, 0x100000, 0x101000, 0x100000 + 256 * MIB + KLUDGE_BYTES + 1, 0x100040);
    CHECK_EQ(added(NULL, NULL, 3072 * MIB), -ENOSPC);
    closed();
}

static void what_is_no_executable_for_this_cpu_is_refused(void)
{
    static const struct { unsigned at, bytes; uint32_t val; } bad[] = {
        { 4, 1, 0 }, { 4, 1, 3 }, { 5, 1, 2 }, { 16, 2, 3 }, { 18, 2, 40 },
    };

    for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        for (unsigned is_64 = 0; is_64 < 2; is_64++) {
            elf_good(is_64);
            set(bad[i].at, bad[i].bytes, bad[i].val);
            refused(-EINVAL, "executable");
        }
    elf_good(true);
    set(56, 2, 0);
    refused(-EINVAL, "program headers");
    set(56, 2, 65);
    refused(-EINVAL, "program headers");
    elf_good(true);
    set(54, 2, 55);
    refused(-EINVAL, "program headers");
    elf_good(true);
    set(32, 8, UINT64_MAX);
    refused(-EINVAL, "cut short");
    elf_good(true);
    elf_set(0, PH_TYPE, 0);
    elf_set(1, PH_TYPE, 0);
    refused(-EINVAL, "something to load");
}

static void a_file_cut_anywhere_is_refused(void)
{
    size_t whole = ELF_NOTE + ELF_NOTE_BYTES;

    for (unsigned is_64 = 0; is_64 < 2; is_64++)
        for (size_t n = 1; n < whole; n++) {
            elf_good(is_64);
            file_size = n;
            refused(-EINVAL, "legal");
        }
    for (size_t n = 1; n < whole; n++) {
        multiboot_good();
        file_size = n;
        refused(-EINVAL, "legal");
    }
}

static void no_byte_of_the_headers_does_harm(void)
{
    static const uint8_t values[] = { 0, 0xff };

    for (unsigned form = 1; form < 3; form++)
        for (unsigned at = 0; at < ELF_NOTE + ELF_NOTE_BYTES; at += at == 0xe7 ? ELF_CODE - at : 1) {
            if (at >= ELF_CODE + 12 && at < ELF_NOTE)
                continue;
            for (unsigned v = 0; v < sizeof(values); v++) {
                elf_good(form == 1);
                if (form == 2)
                    multiboot_header(ELF_CODE, 3);
                set(at, 1, values[v]);
                added(NULL, NULL, 16 * MIB);
                CHECK(result < 0 || number(FW_CFG_KERNEL_ADDR) >= MIB);
                closed();
            }
        }
}

static void what_is_neither_is_refused_with_all_kinds_named(void)
{
    memset(file, 'x', 5000);
    file_size = 5000;
    refused(-EINVAL, "a Linux bzImage, a Multiboot kernel, or an ELF file with a PVH note");
    file_size = 1;
    refused(-EINVAL, "bzImage");
}

int main(void)
{
    if (!kernel_bench_init())
        return 1;
    snprintf(a_path, sizeof(a_path), "%s/a", folder);
    snprintf(b_path, sizeof(b_path), "%s/b", folder);
    TEST(the_header_is_aligned_in_the_first_8192_bytes);
    TEST(an_elf_kernel_lies_where_its_segments_say);
    TEST(the_information_tells_command_line_and_loader);
    TEST(modules_lie_on_pages_with_their_strings);
    TEST(strings_and_modules_do_not_overlap);
    TEST(modules_that_cannot_be_had_are_refused);
    TEST(flags_that_are_not_understood_are_refused);
    TEST(without_elf_the_header_says_what_goes_where);
    TEST(addresses_that_make_no_sense_are_refused);
    TEST(an_entry_may_be_virtual);
    TEST(a_pvh_note_names_the_entry);
    TEST(notes_may_be_aligned_to_eight_bytes);
    TEST(an_elf_file_without_a_usable_note_is_refused);
    TEST(segments_have_to_lie_in_file_and_ram);
    TEST(a_sparse_image_is_refused);
    TEST(what_is_no_executable_for_this_cpu_is_refused);
    TEST(a_file_cut_anywhere_is_refused);
    TEST(no_byte_of_the_headers_does_harm);
    TEST(what_is_neither_is_refused_with_all_kinds_named);
    unlink(a_path);
    unlink(b_path);
    kernel_bench_fini();
    return test_end();
}
