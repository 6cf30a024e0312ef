/* SPDX-License-Identifier: Apache-2.0 */
#include "core/device.h"

/* loader: what lies in memory after a reset, and what cannot be loaded. */

#include "tests/unit/elf-file.h"
#include "tests/unit/fw-cfg-bench.h"
#include "tests/unit/stand-accel.h"

#include <errno.h>
#include <sys/resource.h>

static char path[] = "/tmp/rhea-loader-XXXXXX";
static struct fw_bench f;
static struct device *dev;
static struct error *err;

/* properties: name and value in turn, ended by NULL */
static int made(const char *const props[])
{
    int r = 0;

    err = NULL;
    dev = device_new(f.b.m, device_type_find("loader"));
    for (; *props && !r; props += 2)
        r = device_set(dev, props[0], props[1], &err);
    return r ? r : device_realize(dev, NULL, NULL, &err);
}

#define MADE(...) made((const char *const[]){ __VA_ARGS__ __VA_OPT__(,) NULL })

static void refused(int r, int code, const char *object)
{
    CHECK_EQ(r, code);
    CHECK(err && err->legal[0]);
    if (err)
        CHECK_STR(err->object, object);
    error_free(err);
    device_free(dev);
}

static uint64_t ram(uint64_t at)
{
    return bits_load(f.ram->host + at, 8);
}

static void gone(void)
{
    device_free(dev);
    memset(f.ram->host, 0, FW_RAM_BYTES);
}

static void a_number_lies_there_after_every_reset(void)
{
    memset(f.ram->host + 0x2000, 0xee, 16);
    CHECK_EQ(MADE("addr", "0x2000", "data", "0x1122334455", "data-len", "4"), 0);
    CHECK_EQ(ram(0x2000), 0xeeeeeeee22334455);
    memset(f.ram->host + 0x2000, 0, 16);
    machine_reset(f.b.m, false);
    CHECK_EQ(ram(0x2000), 0x22334455);
    gone();
    CHECK_EQ(MADE("addr", "0x2000", "data", "0x1122334455667788", "data-len", "8"), 0);
    CHECK_EQ(ram(0x2000), 0x1122334455667788);
    gone();
    CHECK_EQ(MADE("addr", "0", "data", "0", "data-len", "1"), 0);
    gone();
}

static void a_number_may_be_big_endian(void)
{
    CHECK_EQ(MADE("addr", "0x2000", "data", "0x11223344", "data-len", "4", "data-be", "on"), 0);
    CHECK_EQ(ram(0x2000), 0x44332211);
    gone();
    CHECK_EQ(MADE("addr", "0x2000", "data", "0x1122", "data-len", "3", "data-be", "on"), 0);
    CHECK_EQ(ram(0x2000), 0x221100);
    gone();
}

static void a_file_lies_at_its_address(void)
{
    put_file(path, "hello file", 10);
    CHECK_EQ(MADE("addr", "0x3001", "file", path), 0);
    CHECK(!memcmp(f.ram->host + 0x3000, "\0hello file\0", 12));
    memset(f.ram->host + 0x3000, 0, 16);
    unlink(path);                       /* it was read once */
    machine_reset(f.b.m, true);
    CHECK(!memcmp(f.ram->host + 0x3001, "hello file", 10));
    gone();
}

static void an_elf_file_lies_where_it_says(void)
{
    elf_good(false);
    put_file(path, file, file_size);
    memset(f.ram->host + ELF_DATA_AT, 0xee, 0x1000);
    CHECK_EQ(MADE("addr", "0x3000", "file", path), 0);
    CHECK_EQ(ram(ELF_AT), 0x9090909090909090);
    CHECK_EQ(ram(ELF_DATA_AT), 0xdadadadadadadada);
    CHECK_EQ(ram(ELF_DATA_AT + ELF_DATA_BYTES), 0);
    CHECK_EQ(ram(ELF_DATA_AT + ELF_DATA_BYTES + ELF_BSS_BYTES), 0xeeeeeeeeeeeeeeee);
    CHECK_EQ(ram(0x3000), 0);
    gone();
    CHECK_EQ(MADE("addr", "0x3000", "file", path, "force-raw", "on"), 0);
    CHECK_EQ(ram(0x3000) & 0xffffffff, 0x464c457f);
    CHECK_EQ(ram(ELF_AT), 0);
    gone();
    file_size /= 2;
    put_file(path, file, file_size);
    refused(MADE("file", path), -EINVAL, "loader.file");
}

/* The PVH note is for who boots the file: the loader enters nothing. */
static void where_a_pvh_note_points_does_not_matter(void)
{
    elf_good(false);
    set(ELF_NOTE + 40, 4, ELF_AT - 1);
    put_file(path, file, file_size);
    CHECK_EQ(MADE("file", path), 0);
    CHECK_EQ(ram(ELF_AT), 0x9090909090909090);
    gone();
}

static void an_elf_file_may_begin_where_memory_begins(void)
{
    elf_good(true);
    elf_set(0, PH_PADDR, 0);
    elf_set(1, PH_PADDR, 0x1000);
    put_file(path, file, file_size);
    CHECK_EQ(MADE("file", path), 0);
    CHECK_EQ(ram(0), 0x9090909090909090);
    CHECK_EQ(ram(0x1000), 0xdadadadadadadada);
    gone();
}

static void packed_files_are_taken_as_they_are_or_not_at_all(void)
{
    static const char *const packed[] = { "\x27\x05\x19\x56 an image", ":10010000214601360121470136007EFE09D2190140" };

    for (unsigned i = 0; i < 2; i++) {
        put_file(path, packed[i], 12);
        refused(MADE("addr", "0x1000", "file", path), -ENOTSUP, "loader.file");
        CHECK_EQ(MADE("addr", "0x1000", "file", path, "force-raw", "on"), 0);
        CHECK(!memcmp(f.ram->host + 0x1000, packed[i], 12));
        gone();
    }
    put_file(path, "\x27\x05\x19\x56", 4);
    refused(MADE("addr", "0x1000", "file", path), -ENOTSUP, "loader.file");
    put_file(path, "\x27\x05\x19\x57", 4);
    CHECK_EQ(MADE("addr", "0x1000", "file", path), 0);
    gone();
    for (unsigned i = 0; i < 2; i++) {          /* too short to be either */
        put_file(path, packed[i], 3);
        CHECK_EQ(MADE("addr", "0x1000", "file", path), 0);
        CHECK(!memcmp(f.ram->host + 0x1000, packed[i], 3));
        gone();
    }
}

static void what_makes_no_sense_is_refused(void)
{
    put_file(path, "x", 1);
    refused(MADE(), -EINVAL, "loader");
    refused(MADE("addr", "1", "data", "5"), -EINVAL, "loader.data");
    refused(MADE("addr", "1", "data-be", "on"), -EINVAL, "loader.data");
    refused(MADE("addr", "1", "file", path, "data", "5"), -EINVAL, "loader.data");
    refused(MADE("addr", "1", "file", path, "data", "5", "data-len", "1"), -EINVAL, "loader.file");
    refused(MADE("addr", "1", "data", "5", "data-len", "9"), -ERANGE, "loader.data-len");
    refused(MADE("addr", "1", "file", "/nonexistent"), -ENOENT, "loader.file");
    refused(MADE("addr", "1", "file", "/"), -EINVAL, "loader.file");
    CHECK_EQ(MADE("addr", "1"), 0);     /* nothing, somewhere */
    gone();
}

/* The bench's machine gets two places with a CPU in the second, that stands. */
static void cpu_begin(void)
{
    struct machine *m = f.b.m;

    f.b.accel.ops = &stand_ops;
    free(m->slots);
    m->slots = calloc(2, sizeof(*m->slots));
    m->n_slots = 2;
    CHECK(!vcpu_new(m, 1, 1, NULL, &m->vcpus[0], NULL));
    m->n_vcpus = 1;
    m->slots[1].cpu = m->vcpus[0];
}

static uint64_t start_of_cpu(void)
{
    struct x86_state st;

    machine_notify(f.b.m, EVENT_RESET, CAUSE_NONE);
    stand_vcpu_get(f.b.m->vcpus[0], &st);
    CHECK_EQ(st.rip, 0xfff0);
    machine_notify(f.b.m, EVENT_RESET_DONE, CAUSE_NONE);
    stand_vcpu_get(f.b.m->vcpus[0], &st);
    memset(f.b.m->vcpus[0]->accel, 0, sizeof(st));
    ((struct x86_state *)f.b.m->vcpus[0]->accel)->rip = 0xfff0;
    device_free(dev);
    return st.rip;
}

/* In the code segment that RESET leaves, of which EIP has 32 bits. */
static void a_cpu_starts_where_the_loader_says(void)
{
    cpu_begin();
    ((struct x86_state *)f.b.m->vcpus[0]->accel)->rip = 0xfff0;
    put_file(path, "x", 1);
    CHECK_EQ(MADE("addr", "0x1234", "cpu-num", "1"), 0);
    CHECK_EQ(start_of_cpu(), 0x1234);
    CHECK_EQ(MADE("addr", "0x123456789", "cpu-num", "1"), 0);
    CHECK_EQ(start_of_cpu(), 0x23456789);
    CHECK_EQ(MADE("file", path, "addr", "0x1000", "force-raw", "on", "cpu-num", "1"), 0);
    CHECK_EQ(start_of_cpu(), 0x1000);
    elf_good(true);
    put_file(path, file, file_size);
    CHECK_EQ(MADE("file", path, "addr", "0x1000", "cpu-num", "1"), 0);
    CHECK_EQ(start_of_cpu(), ELF_AT + 0x40);
    CHECK_EQ(MADE("addr", "0x1234", "data", "1", "data-len", "4", "cpu-num", "1"), 0);
    CHECK_EQ(start_of_cpu(), 0xfff0);
    CHECK_EQ(MADE("addr", "0x1234"), 0);
    CHECK_EQ(start_of_cpu(), 0xfff0);
    refused(MADE("addr", "1", "cpu-num", "0"), -ERANGE, "loader.cpu-num");
    refused(MADE("addr", "1", "cpu-num", "2"), -ERANGE, "loader.cpu-num");
    refused(MADE("cpu-num", "1"), -EINVAL, "loader");
}

static void it_goes_into_ram_or_nowhere(void)
{
    refused(MADE("addr", "0x400000", "data", "1", "data-len", "1"), -EFAULT, "loader.addr");
    refused(MADE("addr", "0x3ffffd", "data", "1", "data-len", "4"), -EFAULT, "loader.addr");
    refused(MADE("addr", "0xffffffffffffffff", "data", "1", "data-len", "2"), -EFAULT, "loader.addr");
    CHECK_EQ(MADE("addr", "0x3ffffc", "data", "1", "data-len", "4"), 0);
    gone();
    put_file(path, "a file", 6);
    refused(MADE("addr", "0x3ffffb", "file", path), -EFAULT, "loader.addr");
    refused(MADE("addr", "0x3ffffb", "file", path, "force-raw", "on"), -EFAULT, "loader.addr");
    CHECK_EQ(MADE("addr", "0x3ffffa", "file", path), 0);
    gone();
    elf_good(true);
    elf_set(1, PH_PADDR, 0x400000);
    put_file(path, file, file_size);
    refused(MADE("file", path), -EFAULT, "loader.addr");
    elf_set(1, PH_PADDR, UINT64_MAX - 0x10000);
    put_file(path, file, file_size);
    refused(MADE("file", path), -ENOSPC, "loader.file");
}

/* More than 1 GiB is not even read. */
static void a_file_has_a_gigabyte_at_most(void)
{
    struct rlimit limit;

    CHECK(!getrlimit(RLIMIT_FSIZE, &limit));
    if (limit.rlim_cur <= 1 << 30) {
        test_skip("no file may be so long here");
        return;
    }
    put_file(path, "x", 1);
    CHECK(!truncate(path, (1 << 30) + 1));
    refused(MADE("addr", "0x1000", "file", path), -EFBIG, "loader.file");
}

/* Whoever set the machine up learns that the place was RAM once; nobody is told of a reset that went well. */
static void a_reset_that_finds_no_ram_is_logged(void)
{
    unsigned before;

    CHECK_EQ(MADE("addr", "0x2000", "data", "7", "data-len", "1"), 0);
    before = f.b.m->guest_errors;
    machine_reset(f.b.m, false);
    CHECK_EQ(f.b.m->guest_errors, before);
    region_drop(f.b.m, &f.region);
    machine_reset(f.b.m, false);
    CHECK_EQ(f.b.m->guest_errors, before + 2);  /* the refused DMA's, and the loader's own */
    f.ram = ram_region_new(f.b.m, &f.region, "pc.ram", FW_RAM_BYTES);
    region_map(f.b.m, &f.b.m->memory, 0, &f.region, 0);
    gone();
}

int main(void)
{
    epoch_thread_init();
    close(mkstemp(path));
    fw_bench_init(&f);
    TEST(a_number_lies_there_after_every_reset);
    TEST(a_number_may_be_big_endian);
    TEST(a_file_lies_at_its_address);
    TEST(an_elf_file_lies_where_it_says);
    TEST(where_a_pvh_note_points_does_not_matter);
    TEST(an_elf_file_may_begin_where_memory_begins);
    TEST(packed_files_are_taken_as_they_are_or_not_at_all);
    TEST(what_makes_no_sense_is_refused);
    TEST(a_cpu_starts_where_the_loader_says);
    TEST(it_goes_into_ram_or_nowhere);
    TEST(a_file_has_a_gigabyte_at_most);
    TEST(a_reset_that_finds_no_ram_is_logged);
    fw_bench_fini(&f);
    unlink(path);
    epoch_thread_fini();
    return test_end();
}
