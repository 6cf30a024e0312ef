/* SPDX-License-Identifier: Apache-2.0 */
#include "hw/i386/kernel-image.h"

/*
 * -kernel with firmware: Linux's x86 boot protocol, as fw_cfg gives it to the ROM
 *
 * Addresses and patched fields are those that the reference has for the same kernel.
 */

#include "tests/unit/kernel-bench.h"

#include <errno.h>

enum { KERNEL_AT = 1 << 20 };

/* Of the setup code, as the guest finds it. */
static uint64_t setup(unsigned at, unsigned size)
{
    uint32_t len;
    const uint8_t *bytes = fw_cfg_bytes(f.dev, FW_CFG_SETUP_DATA, &len);

    CHECK(bytes && at + size <= len);
    return bytes ? bits_load(bytes + at, size) : 0;
}

static void refused(uint64_t low_bytes, int code, const char *option, const char *word)
{
    CHECK_EQ(added(NULL, NULL, low_bytes), code);
    CHECK(err && err->legal[0]);
    CHECK_STR(err->object, option);
    CHECK(strstr(err->value, kernel_path) && strstr(error_line(err).s, word));
    closed();
}

static void taken(uint64_t low_bytes)
{
    CHECK_EQ(added(NULL, NULL, low_bytes), KERNEL_LINUX);
    closed();
}

static void a_bzimage_is_split_into_setup_and_kernel(void)
{
    uint32_t len;
    const uint8_t *kernel;

    good(3);
    CHECK_EQ(added(NULL, "console=ttyS0 quiet", 512 * MIB), KERNEL_LINUX);
    CHECK_EQ(number(FW_CFG_KERNEL_ADDR), KERNEL_AT);
    CHECK_EQ(number(FW_CFG_KERNEL_SIZE), PAYLOAD);
    kernel = fw_cfg_bytes(f.dev, FW_CFG_KERNEL_DATA, &len);
    CHECK(len == PAYLOAD && kernel[0] == 0xc3 && kernel[PAYLOAD - 1] == 0xc3);
    CHECK_EQ(number(FW_CFG_SETUP_ADDR), 0x10000);
    CHECK_EQ(number(FW_CFG_SETUP_SIZE), 4 * 512);
    CHECK_EQ(number(FW_CFG_CMDLINE_ADDR), 0x20000);
    CHECK_EQ(number(FW_CFG_CMDLINE_SIZE), 20);
    CHECK_STR((const char *)fw_cfg_bytes(f.dev, FW_CFG_CMDLINE_DATA, &len), "console=ttyS0 quiet");
    CHECK_EQ(number(FW_CFG_INITRD_SIZE), 0);
    closed();
}

static void the_rom_that_starts_it_is_a_file_and_bootorder_s_first(void)
{
    uint32_t len;
    uint16_t key;
    const uint8_t *rom;

    good(1);
    CHECK_EQ(added(NULL, NULL, 512 * MIB), KERNEL_LINUX);
    key = fw_cfg_file_key(f.dev, "genroms/linuxboot_dma.bin");
    rom = key ? fw_cfg_bytes(f.dev, key, &len) : NULL;
    CHECK(rom && rom[0] == 0x55 && rom[1] == 0xaa && rom[2] * 512u == len);
    CHECK_STR(kernel_boot_path(KERNEL_LINUX), "/rom@genroms/linuxboot_dma.bin");
    closed();
}

/* "A boot loader ... must fill out the following fields" of the header. */
static void the_header_says_who_loads_and_where_things_are(void)
{
    good(1);
    set(0x1fa, 2, 0xffff);
    set(0x210, 1, 0);
    set(0x224, 4, 0x77777777);
    CHECK_EQ(added(NULL, "a", 512 * MIB), KERNEL_LINUX);
    CHECK_EQ(setup(0x210, 1), 0xb0);                    /* type_of_loader */
    CHECK_EQ(setup(0x211, 1), 0x81);                    /* loadflags: CAN_USE_HEAP */
    CHECK_EQ(setup(0x224, 4), 0x7777fe00);              /* heap_end_ptr, and what is none of ours */
    CHECK_EQ(setup(0x228, 4), 0x20000);                 /* cmd_line_ptr */
    CHECK_EQ(setup(0x1fa, 2), 0xffff);
    CHECK_EQ(setup(0x218, 8), 0);
    CHECK_EQ(setup(0x020, 4), 0);
    closed();
}

static void before_2_02_the_command_line_is_found_by_a_magic_number(void)
{
    for (unsigned protocol = 0x200; protocol < 0x202; protocol++) {
        good(4);
        set(0x206, 2, protocol);
        CHECK_EQ(added(NULL, "root=/dev/hda", 64 * MIB), KERNEL_LINUX);
        CHECK_EQ(number(FW_CFG_SETUP_ADDR), 0x90000);
        CHECK_EQ(number(FW_CFG_CMDLINE_ADDR), 0x99ff0);
        CHECK_EQ(setup(0x20, 2), 0xa33f);
        CHECK_EQ(setup(0x22, 2), 0x9ff0);
        CHECK_EQ(setup(0x228, 4), 0);
        CHECK_EQ(setup(0x211, 1), protocol == 0x200 ? 1 : 0x81);
        CHECK_EQ(setup(0x224, 2), protocol == 0x200 ? 0 : 0x9df0);
        closed();
    }
    set(0x1f1, 1, 0x50);                /* setup code into its own command line */
    file_size = 0x51 * 512 + PAYLOAD;
    set(0x1f4, 4, 0);
    refused(64 * MIB, -EINVAL, "-kernel", "heap");
}

static uint16_t video(const char *append)
{
    uint16_t mode;

    good(1);
    set(0x1fa, 2, 0x1234);
    CHECK_EQ(added(NULL, append, 64 * MIB), KERNEL_LINUX);
    mode = setup(0x1fa, 2);
    closed();
    return mode;
}

/* "vga=<mode>: ... the value should be entered in the vid_mode field". */
static void vga_in_the_command_line_is_the_video_mode(void)
{
    CHECK_EQ(video("vga=normal"), 0xffff);
    CHECK_EQ(video("quiet vga=ext"), 0xfffe);
    CHECK_EQ(video("vga=ask quiet"), 0xfffd);
    CHECK_EQ(video("a vga=0x317 b"), 0x317);
    CHECK_EQ(video("vga=791"), 791);
    CHECK_EQ(video("vga=9"), 9);
    CHECK_EQ(video("vga=ext quiet"), 0xfffe);
    CHECK_EQ(video("vga=norma"), 0x1234);
    CHECK_EQ(video("vga=as"), 0x1234);
    CHECK_EQ(video("vga=65535"), 65535);
    CHECK_EQ(video("nvga=1 vga=2"), 2);
    CHECK_EQ(video("vga=65536"), 0x1234);
    CHECK_EQ(video("vga="), 0x1234);
    CHECK_EQ(video("vga=current"), 0x1234);
    CHECK_EQ(video("vga=-1"), 0x1234);
    CHECK_EQ(video("vga=12x"), 0x1234);
    CHECK_EQ(video("novga=3"), 0x1234);
    CHECK_EQ(video(NULL), 0x1234);
}

static void with_initrd(size_t bytes, uint64_t low_bytes, uint32_t at)
{
    int fd = open(initrd_path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

    CHECK(fd >= 0 && !ftruncate(fd, bytes));
    close(fd);
    added(initrd_path, NULL, low_bytes);
    CHECK_EQ(result, at ? KERNEL_LINUX : -ENOSPC);
    if (at) {
        CHECK_EQ(number(FW_CFG_INITRD_ADDR), at);
        CHECK_EQ(number(FW_CFG_INITRD_SIZE), bytes);
        CHECK_EQ(setup(0x218, 4), at);                  /* ramdisk_image, ramdisk_size */
        CHECK_EQ(setup(0x21c, 4), bytes);
    } else {
        CHECK(err && strstr(err->value, initrd_path));
    }
    closed();
}

static void an_initrd_lies_as_high_as_header_and_ram_allow(void)
{
    good(1);
    with_initrd(0x10bbc5, 512 * MIB, 0x1fecc000);
    with_initrd(4096, 512 * MIB, 512 * MIB - RESERVED - 8192);
    with_initrd(4095, 512 * MIB, 512 * MIB - RESERVED - 4096);
    set(0x22c, 4, 64 * MIB - 1);                        /* initrd_addr_max */
    with_initrd(4095, 512 * MIB, 64 * MIB - 4096);
    set(0x206, 2, 0x202);                               /* which a kernel of 2.02 does not have */
    with_initrd(4095, 3072 * MIB, 0x38000000 - 4096);
    good(1);
    set(0x236, 2, 3);                                   /* XLF_CAN_BE_LOADED_ABOVE_4G */
    with_initrd(0x10bbc5, 3072 * MIB, 0xbfecc000);
}

static void an_initrd_that_does_not_fit_is_refused(void)
{
    uint64_t room = 16 * MIB - RESERVED - KERNEL_AT - PAYLOAD;

    good(1);
    with_initrd(room - 1, 16 * MIB, KERNEL_AT + PAYLOAD);
    with_initrd(room, 16 * MIB, 0);
    set(0x22c, 4, 0);
    with_initrd(1, 16 * MIB, 0);
    set(0x22c, 4, KERNEL_AT);
    with_initrd(4096, 16 * MIB, 0);
    good(1);
    with_initrd(16 * MIB - RESERVED, 16 * MIB, 0);
    CHECK_EQ(added("/nonexistent", NULL, 16 * MIB), -ENOENT);
    CHECK_STR(err->object, "-initrd");
    closed();
}

static void a_command_line_up_to_cmdline_size_is_taken(void)
{
    char text[2100];

    memset(text, 'a', sizeof(text));
    text[256] = '\0';
    good(1);
    CHECK_EQ(added(NULL, text, 16 * MIB), -E2BIG);
    CHECK_STR(err->object, "-append");
    CHECK(strstr(err->value, "256") && strstr(err->legal, "255"));
    closed();
    text[255] = '\0';
    CHECK_EQ(added(NULL, text, 16 * MIB), KERNEL_LINUX);
    CHECK_EQ(number(FW_CFG_CMDLINE_SIZE), 256);
    closed();
    text[255] = 'a';
    set(0x238, 4, UINT32_MAX);
    CHECK_EQ(added(NULL, text, 16 * MIB), KERNEL_LINUX);
    closed();
    set(0x206, 2, 0x205);                               /* no cmdline_size yet: 255 */
    CHECK_EQ(added(NULL, text, 16 * MIB), -E2BIG);
    closed();
}

static void a_kernel_cut_anywhere_is_refused(void)
{
    size_t whole;

    good(1);
    whole = file_size;
    for (file_size = 1; file_size < whole; file_size += file_size < 0x280 ? 1 : 61)
        refused(16 * MIB, -EINVAL, "-kernel", "bzImage");
    file_size = whole;
    taken(16 * MIB);
    set(0x1f4, 4, UINT32_MAX);
    refused(16 * MIB, -EINVAL, "-kernel", "cut short");
    set(0x206, 2, 0x203);                               /* syssize has two bytes before 2.04 */
    set(0x1f4, 4, 0xffff0100);
    taken(16 * MIB);
}

static void setup_sectors_count_from_1_and_0_means_4(void)
{
    good(0);
    CHECK_EQ(added(NULL, NULL, 16 * MIB), KERNEL_LINUX);
    CHECK_EQ(number(FW_CFG_SETUP_SIZE), 5 * 512);
    closed();
    good(125);
    CHECK_EQ(added(NULL, NULL, 16 * MIB), KERNEL_LINUX);
    CHECK_EQ(number(FW_CFG_SETUP_SIZE), 126 * 512);
    closed();
    good(126);                                          /* its heap would end where it does */
    refused(16 * MIB, -EINVAL, "-kernel", "heap");
}

static void what_cannot_be_entered_is_refused(void)
{
    static const struct { unsigned at, bytes; uint64_t val; const char *word; } bad[] = {
        { 0x1fe, 2, 0, "bzImage" }, { 0x202, 4, 0, "bzImage" }, { 0x206, 2, 0x1ff, "2.00" }, { 0x206, 2, 0, "2.00" },
        { 0x211, 1, 0, "zImage" }, { 0x211, 1, 0xfe, "zImage" },
    };

    for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        good(1);
        set(bad[i].at, bad[i].bytes, bad[i].val);
        refused(16 * MIB, -EINVAL, "-kernel", bad[i].word);
    }
}

/* Whatever a header says: a kernel, or an error; never more. */
static void no_byte_of_the_header_does_harm(void)
{
    static const uint8_t values[] = { 0, 0x81, 0xff };

    for (unsigned at = 0x1f1; at < 0x268; at++)
        for (unsigned v = 0; v < sizeof(values); v++) {
            good(1);
            set(at, 1, values[v]);
            added(initrd_path, "vga=1", 64 * MIB);
            CHECK(result < 0 || number(FW_CFG_INITRD_ADDR) >= KERNEL_AT);
            closed();
        }
}

static void ram_has_to_hold_the_kernel(void)
{
    good(1);
    taken(KERNEL_AT + RESERVED + PAYLOAD);
    refused(KERNEL_AT + RESERVED + PAYLOAD - 1, -ENOSPC, "-kernel", "RAM");
    refused(KERNEL_AT, -ENOSPC, "-kernel", "2 MiB");
    refused(0, -ENOSPC, "-kernel", "2 MiB");
}

int main(void)
{
    if (!kernel_bench_init())
        return 1;
    TEST(a_bzimage_is_split_into_setup_and_kernel);
    TEST(the_rom_that_starts_it_is_a_file_and_bootorder_s_first);
    TEST(the_header_says_who_loads_and_where_things_are);
    TEST(before_2_02_the_command_line_is_found_by_a_magic_number);
    TEST(vga_in_the_command_line_is_the_video_mode);
    TEST(an_initrd_lies_as_high_as_header_and_ram_allow);
    TEST(an_initrd_that_does_not_fit_is_refused);
    put_file(initrd_path, "initrd", 6);
    TEST(a_command_line_up_to_cmdline_size_is_taken);
    TEST(a_kernel_cut_anywhere_is_refused);
    TEST(setup_sectors_count_from_1_and_0_means_4);
    TEST(what_cannot_be_entered_is_refused);
    TEST(no_byte_of_the_header_does_harm);
    TEST(ram_has_to_hold_the_kernel);
    kernel_bench_fini();
    return test_end();
}
