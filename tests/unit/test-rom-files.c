/* SPDX-License-Identifier: Apache-2.0 */
#include "hw/i386/rom-files.h"

/* -option-rom: which files are option ROMs, what firmware finds of them, and in which order it tries them. */

#include "hw/i386/board.h"
#include "tests/unit/fw-cfg-bench.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

static char folder[] = "/tmp/rhea-rom-files-XXXXXX";
static char path[3][80];
static struct fw_bench f;
static struct rom_config roms[3];
static struct board_config cfg;
static struct error *err;

static void put_rom(unsigned n, size_t bytes, uint32_t head)
{
    int fd = open(path[n], O_WRONLY | O_CREAT | O_TRUNC, 0600);

    CHECK(fd >= 0 && write(fd, &head, 4) == 4 && !ftruncate(fd, bytes));
    close(fd);
}

static int added(unsigned n)
{
    cfg.roms = roms;
    cfg.n_roms = n;
    err = NULL;
    return rom_files_add(f.b.m, f.dev, &cfg, &err);
}

static void refused(size_t bytes, uint32_t head, int code, const char *word)
{
    put_rom(0, bytes, head);
    CHECK_EQ(added(1), code);
    CHECK(err && strstr(err->value, path[0]) && strstr(error_line(err).s, word));
    CHECK_STR(err->object, "-option-rom");
    error_free(err);
}

static void a_rom_is_a_file_below_genroms(void)
{
    uint32_t len = 0;
    const uint8_t *bytes;

    put_rom(0, 1024, 0x1102aa55);
    put_rom(1, 2000, 0x2201aa55);       /* further images may follow */
    CHECK_EQ(added(2), 0);
    bytes = fw_cfg_bytes(f.dev, fw_cfg_file_key(f.dev, "genroms/0.rom"), &len);
    CHECK(len == 1024 && bytes[3] == 0x11);
    bytes = fw_cfg_bytes(f.dev, fw_cfg_file_key(f.dev, "genroms/1.rom"), &len);
    CHECK(len == 2000 && bytes[3] == 0x22);
    CHECK_EQ(added(1), -EEXIST);        /* a name once */
    CHECK(err);
    error_free(err);
}

/* "Byte 0: 55h, byte 1: AAh, byte 2: length in units of 512 bytes". */
static void what_is_no_rom_is_refused(void)
{
    refused(1024, 0x0002aa54, -EINVAL, "55h AAh");
    refused(1024, 0x00025555, -EINVAL, "55h AAh");
    refused(511, 0x0001aa55, -EINVAL, "55h AAh");
    refused(1024, 0x0000aa55, -EINVAL, "0 bytes");
    refused(1024, 0x0003aa55, -EINVAL, "1536 bytes");
    refused((1 << 20) + 1, 0x0002aa55, -EFBIG, "1048576");
    refused(127 * 512, 0x00ffaa55, -EINVAL, "65024");
}

static void an_index_is_used_once_and_0_is_the_kernel_s(void)
{
    put_rom(0, 512, 0x0001aa55);
    put_rom(2, 512, 0x0001aa55);
    roms[2].index = 0;
    cfg = (struct board_config){ .kernel = "vmlinuz" };
    cfg.roms = &roms[2];
    cfg.n_roms = 1;
    err = NULL;
    CHECK_EQ(rom_files_add(f.b.m, f.dev, &cfg, &err), -EBUSY);
    CHECK_STR(err->object, "-option-rom bootindex");
    error_free(err);
    cfg.direct_boot = true;
    CHECK_EQ(rom_files_add(f.b.m, f.dev, &cfg, NULL), 0);
    cfg = (struct board_config){ 0 };
    fw_bench_fini(&f);
    fw_bench_init(&f);
    roms[0].index = roms[1].index = 7;
    CHECK_EQ(added(2), -EBUSY);
    CHECK_STR(err->value, "7");
    error_free(err);
    roms[0].index = roms[1].index = 0;
    fw_bench_fini(&f);
    fw_bench_init(&f);
    CHECK_EQ(added(2), -EBUSY);
    error_free(err);
    CHECK(fw_cfg_file_key(f.dev, "genroms/0.rom") && !fw_cfg_file_key(f.dev, "genroms/1.rom"));
    roms[0].index = roms[1].index = -1;
}

static void firmware_tries_them_in_order_of_their_index(void)
{
    char *list;

    cfg = (struct board_config){ .roms = roms, .n_roms = 3 };
    roms[0].index = 5, roms[1].index = -1, roms[2].index = 2;
    list = rom_boot_list(&cfg, NULL);
    CHECK_STR(list, "/rom@genroms/2.rom\n/rom@genroms/0.rom");
    free(list);
    list = rom_boot_list(&cfg, "/rom@genroms/kernel");
    CHECK_STR(list, "/rom@genroms/kernel\n/rom@genroms/2.rom\n/rom@genroms/0.rom");
    free(list);
    roms[0].index = roms[2].index = -1;
    CHECK(!rom_boot_list(&cfg, NULL));
    list = rom_boot_list(&cfg, "k");
    CHECK_STR(list, "k");
    free(list);
}

int main(void)
{
    epoch_thread_init();
    if (!mkdtemp(folder))
        return 1;
    for (unsigned i = 0; i < 3; i++) {
        snprintf(path[i], sizeof(path[i]), "%s/%u.rom", folder, i);
        roms[i] = (struct rom_config){ path[i], -1 };
    }
    fw_bench_init(&f);
    TEST(a_rom_is_a_file_below_genroms);
    TEST(what_is_no_rom_is_refused);
    TEST(an_index_is_used_once_and_0_is_the_kernel_s);
    TEST(firmware_tries_them_in_order_of_their_index);
    fw_bench_fini(&f);
    for (unsigned i = 0; i < 3; i++)
        unlink(path[i]);
    rmdir(folder);
    epoch_thread_fini();
    return test_end();
}
