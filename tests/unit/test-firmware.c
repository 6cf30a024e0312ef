/* SPDX-License-Identifier: Apache-2.0 */
#include "hw/i386/firmware.h"

/*
 * The firmware's ROM: where an image lies, what is refused, where files are looked for
 */

#include "lib/error.h"
#include "tests/unit/hw-bench.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define GIB (1ull << 30)
enum { KIB = 1 << 10, MIB = 1 << 20 };

static char folder[] = "/tmp/rhea-firmware-XXXXXX";
static const char *const dirs[] = { folder };
static struct bench b;
static struct firmware f;
static struct region pci;
static struct error *err;

/* An image whose every 32-bit word is its offset. */
static const char *image(const char *name, size_t bytes)
{
    static char path[80];
    int fd;

    snprintf(path, sizeof(path), "%s/%s", folder, name);
    fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    CHECK(fd >= 0 && !ftruncate(fd, bytes));
    for (uint32_t at = 0; at + 4 <= bytes; at += 4)
        CHECK_EQ(pwrite(fd, &at, 4, at), 4);
    close(fd);
    return path;
}

static int map(const char *name)
{
    bench_init(&b, 0);
    b.m->data_dirs = dirs;
    b.m->n_data_dirs = 1;
    memset(&f, 0, sizeof(f));
    err = NULL;
    region_init(&pci, "pci", REGION_CONTAINER, UINT64_MAX);
    region_map(b.m, &b.m->memory, 0, &pci, -1);
    return firmware_map(&f, b.m, &pci, name, &err);
}

static void unmap(void)
{
    firmware_unmap(&f, b.m);
    region_drop(b.m, &pci);
    bench_fini(&b);
}

static void the_image_ends_at_4_gib_and_its_last_128_kib_at_1_mib(void)
{
    CHECK_EQ(map(image("bios", 256 * KIB)), 0);
    CHECK_EQ(mem_in(&b, 4 * GIB - 256 * KIB, 4), 0);
    CHECK_EQ(mem_in(&b, 4 * GIB - 16, 4), 256 * KIB - 16);
    CHECK_EQ(mem_in(&b, 0xe0000, 4), 128 * KIB);
    CHECK_EQ(mem_in(&b, 0xffff0, 4), 256 * KIB - 16);
    unmap();
}

static void a_small_image_lies_below_1_mib_as_a_whole(void)
{
    CHECK_EQ(map(image("bios", 64 * KIB)), 0);
    CHECK_EQ(mem_in(&b, 0xf0000, 4), 0);
    CHECK_EQ(mem_in(&b, 0xefffc, 4), 0);
    CHECK_EQ(mem_in(&b, 0xffffc, 4), 64 * KIB - 4);
    CHECK_EQ(mem_in(&b, 4 * GIB - 64 * KIB + 4, 4), 4);
    unmap();
}

static void the_guest_cannot_write_it(void)
{
    CHECK_EQ(map(image("bios", 128 * KIB)), 0);
    mem_out(&b, 4 * GIB - 16, 4, 0x12345678);
    mem_out(&b, 0xffff0, 4, 0x12345678);
    mem_out(&b, 0xc0000, 4, 0x12345678);
    CHECK_EQ(mem_in(&b, 4 * GIB - 16, 4), 128 * KIB - 16);
    CHECK_EQ(mem_in(&b, 0xc0000, 4), 0);
    unmap();
}

static void a_bare_name_is_looked_for_in_the_folders_of_L_first(void)
{
    image("bios-256k.bin", 64 * KIB);
    CHECK_EQ(map(NULL), 0);
    CHECK_EQ(f.bytes, 64 * KIB);
    unmap();
    CHECK_EQ(map("bios-256k.bin"), 0);
    unmap();
}

/* The error says which option, which file, and what would do. */
static void refused(const char *name, int code, const char *legal)
{
    CHECK_EQ(map(name), code);
    CHECK_STR(err->object, "-bios");
    CHECK(strstr(err->value, name));
    if (legal)
        CHECK(strstr(err->legal, legal));
    error_free(err);
    unmap();
}

static void what_cannot_be_firmware_is_refused(void)
{
    refused("no-such-file", -ENOENT, folder);
    refused("/no/such/file", -ENOENT, "exists");
    refused("", -ENOENT, "exists");
    refused(folder, -EINVAL, "regular file");
    refused("/dev/zero", -EINVAL, "regular file");
    refused(image("empty", 0), -EINVAL, "not empty");
    refused(image("odd", 64 * KIB + 1), -EINVAL, "multiple of 65536");
    refused(image("odd", 4), -EINVAL, "multiple of 65536");
    refused(image("huge", 8 * MIB + 64 * KIB), -EFBIG, "8388608");
}

int main(void)
{
    char command[64];

    if (!mkdtemp(folder))
        return 1;
    TEST(the_image_ends_at_4_gib_and_its_last_128_kib_at_1_mib);
    TEST(a_small_image_lies_below_1_mib_as_a_whole);
    TEST(the_guest_cannot_write_it);
    TEST(a_bare_name_is_looked_for_in_the_folders_of_L_first);
    TEST(what_cannot_be_firmware_is_refused);
    snprintf(command, sizeof(command), "rm -rf %s", folder);
    return system(command) || test_end();
}
