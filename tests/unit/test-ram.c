/* SPDX-License-Identifier: Apache-2.0 */
#include "core/ram.h"

/*
 * RAM blocks and dirty tracking, as core/ram.h says
 */

#include "lib/epoch.h"
#include "lib/error.h"
#include "lib/thread.h"
#include "tests/test.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define MIB (1ul << 20)

static struct ram_block *block_new(uint64_t size)
{
    struct ram_block *b = NULL;

    CHECK_EQ(ram_block_new(&(struct ram_config){ .name = "pc.ram", .size = size }, &b, NULL), 0);
    return b;
}

/* What a person is told when cfg does not work. */
static const char *failure(const struct ram_config *cfg, int want)
{
    static struct error_line said;
    struct ram_block *b = NULL;
    struct error *err = NULL;

    CHECK_EQ(ram_block_new(cfg, &b, &err), want);
    CHECK(!b && err);
    said = error_line(err);
    error_free(err);
    return said.s;
}

static char temp_path[64];

static const char *temp_file(uint64_t size)
{
    int fd;

    strcpy(temp_path, "/tmp/rhea-test-ram.XXXXXX");
    fd = mkstemp(temp_path);
    CHECK(fd >= 0);
    CHECK_EQ(ftruncate(fd, size), 0);
    close(fd);
    return temp_path;
}

static void a_size_is_a_multiple_of_4096_up_to_1_tib(void)
{
    const uint64_t bad[] = { 0, 1, 4095, 4097, (1ul << 40) + 4096, UINT64_MAX };

    for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        failure(&(struct ram_config){ .name = "pc.ram", .size = bad[i] }, -ERANGE);
    CHECK_STR(failure(&(struct ram_config){ .name = "pc.ram", .size = 4097 }, -ERANGE),
              "RAM block pc.ram, size: 0x1001 is out of range, legal: a multiple of 4096 bytes, up to 1 TiB");
    ram_block_free(block_new(4096));
}

static void new_memory_is_zero_and_its_own_to_the_last_byte(void)
{
    struct ram_block *b = block_new(3 * 4096);

    CHECK_EQ(b->size, 3 * 4096);
    CHECK_EQ(b->used, 3 * 4096);
    CHECK_EQ(b->fd, -1);
    CHECK_EQ(b->host[0] | b->host[3 * 4096 - 1], 0);
    b->host[3 * 4096 - 1] = 1;
    ram_block_free(b);
}

static void memory_is_sparse(void)
{
    struct ram_block *b = block_new(8192 * MIB);

    b->host[8192 * MIB - 1] = 1;
    b->host[0] = 1;
    ram_block_free(b);
}

static void a_large_block_begins_at_2_mib(void)
{
    for (uint64_t size = 2 * MIB; size < 3 * MIB; size += 4096 * 37) {
        struct ram_block *b = block_new(size);

        CHECK_EQ((uintptr_t)b->host % (2 * MIB), 0);
        b->host[size - 1] = 1;
        ram_block_free(b);
    }
}

static void prealloc_makes_pages_resident(void)
{
    struct ram_config cfg = { .name = "pc.ram", .size = 4 * MIB, .prealloc = true };
    unsigned char resident[4 * MIB / 4096];
    struct ram_block *b = NULL;

    for (cfg.source = RAM_ANONYMOUS; cfg.source <= RAM_MEMFD; cfg.source++) {
        CHECK_EQ(ram_block_new(&cfg, &b, NULL), 0);
        CHECK_EQ(mincore(b->host, cfg.size, resident), 0);
        for (unsigned i = 0; i < sizeof(resident); i++)
            CHECK(resident[i] & 1);
        ram_block_free(b);
    }
}

/* What the file of a new block has at `at` once 7 is stored there. */
static uint8_t byte_of_file(const struct ram_config *cfg, uint64_t at)
{
    struct ram_block *b = NULL;
    uint8_t byte = 0xee;

    CHECK_EQ(ram_block_new(cfg, &b, NULL), 0);
    b->host[at] = 7;
    CHECK_EQ(pread(b->fd, &byte, 1, at), 1);
    ram_block_free(b);
    return byte;
}

static void a_shared_memfd_is_seen_through_its_descriptor(void)
{
    struct ram_config cfg = { .name = "mem0", .size = 8192, .source = RAM_MEMFD, .share = true };

    CHECK_EQ(byte_of_file(&cfg, 8191), 7);
}

static void a_private_mapping_leaves_the_file_alone(void)
{
    struct ram_config cfg = { .name = "mem0", .size = 4096, .source = RAM_FILE, .path = temp_file(4096) };

    CHECK_EQ(byte_of_file(&cfg, 0), 0);
    unlink(temp_path);
}

static void a_file_that_is_not_there_is_made_and_an_empty_one_grows(void)
{
    struct ram_config cfg = { .name = "mem0", .size = 8192, .source = RAM_FILE, .share = true, .path = temp_file(0) };
    struct ram_block *b = NULL;
    struct stat st;

    for (unsigned i = 0; i < 2; i++) {
        CHECK_EQ(ram_block_new(&cfg, &b, NULL), 0);
        ram_block_free(b);
        CHECK_EQ(stat(temp_path, &st), 0);
        CHECK_EQ(st.st_size, 8192);
        unlink(temp_path);
    }
}

static void in_a_directory_the_file_has_no_name(void)
{
    struct ram_config cfg = { .name = "mem0", .size = 8192, .source = RAM_FILE, .share = true, .path = "/tmp" };
    struct ram_block *b = NULL;
    struct stat st;

    CHECK_EQ(ram_block_new(&cfg, &b, NULL), 0);
    CHECK_EQ(fstat(b->fd, &st), 0);
    CHECK_EQ(st.st_nlink, 0);
    ram_block_free(b);
}

static void errors_name_the_file_and_the_sizes(void)
{
    struct ram_config cfg = { .name = "mem0", .size = 8192, .source = RAM_FILE, .path = temp_file(4096) };
    const char *said = failure(&cfg, -EINVAL);

    unlink(temp_path);
    CHECK(strstr(said, temp_path) && strstr(said, "4096 bytes") && strstr(said, "8192 bytes"));
    cfg.path = "/nowhere/at/all";
    said = failure(&cfg, -ENOENT);
    CHECK(strstr(said, "/nowhere/at/all") && strstr(said, "8192 bytes"));
}

static void nobody_logs_at_first(void)
{
    struct ram_block *b = block_new(64 * 4096);

    CHECK(!ram_logged(b));
    ram_written(b, 0, 4096);
    CHECK(!dirty_get(b, DIRTY_VGA, 0));
    ram_block_free(b);
}

static void all_pages_start_dirty_and_no_others(void)
{
    struct ram_block *b = block_new(70 * 4096);
    uint64_t out[2];

    CHECK_EQ(dirty_start(b, DIRTY_MIGRATION), 0);
    CHECK(ram_logged(b));
    dirty_fetch(b, DIRTY_MIGRATION, 0, 70, out);
    CHECK_EQ(out[0], UINT64_MAX);
    CHECK_EQ(out[1], 0x3f);
    dirty_fetch(b, DIRTY_MIGRATION, 0, 70, out);
    CHECK_EQ(out[0] | out[1], 0);
    ram_block_free(b);
}

static void a_store_marks_each_page_that_it_touches(void)
{
    struct ram_block *b = block_new(256 * 4096);
    uint64_t out[4];

    dirty_start(b, DIRTY_VGA);
    dirty_fetch(b, DIRTY_VGA, 0, 256, out);
    ram_written(b, 4095, 1);
    ram_written(b, 5 * 4096 - 1, 2);
    ram_written(b, 62 * 4096 + 8, 130 * 4096);
    ram_written(b, 255 * 4096, 0);
    CHECK(dirty_get(b, DIRTY_VGA, 0) && !dirty_get(b, DIRTY_VGA, 4096));
    dirty_fetch(b, DIRTY_VGA, 0, 256, out);
    CHECK_EQ(out[0], 0xc000000000000031);
    CHECK_EQ(out[1], UINT64_MAX);
    CHECK_EQ(out[2], UINT64_MAX);
    CHECK_EQ(out[3], 1);
    ram_block_free(b);
}

static void each_client_fetches_its_own_marks(void)
{
    struct ram_block *b = block_new(64 * 4096);
    uint64_t out;

    dirty_start(b, DIRTY_VGA);
    dirty_start(b, DIRTY_MIGRATION);
    dirty_fetch(b, DIRTY_VGA, 0, 64, &out);
    CHECK(dirty_get(b, DIRTY_MIGRATION, 4096) && !dirty_get(b, DIRTY_VGA, 4096));
    dirty_stop(b, DIRTY_MIGRATION);
    CHECK(ram_logged(b) && !dirty_get(b, DIRTY_MIGRATION, 4096));
    dirty_stop(b, DIRTY_VGA);
    CHECK(!ram_logged(b));
    ram_block_free(b);
}

static void a_fetch_clears_what_was_asked_for_only(void)
{
    struct ram_block *b = block_new(192 * 4096);
    uint64_t out = 0;

    dirty_start(b, DIRTY_VGA);
    dirty_fetch(b, DIRTY_VGA, 64, 3, &out);
    CHECK_EQ(out, 7);
    CHECK(dirty_get(b, DIRTY_VGA, 63 * 4096) && !dirty_get(b, DIRTY_VGA, 66 * 4096));
    CHECK(dirty_get(b, DIRTY_VGA, 67 * 4096));
    ram_block_free(b);
}

static uint64_t code_off, code_len;

static void code_written(struct ram_block *b, uint64_t off, uint64_t len)
{
    code_off = off;
    code_len = len;
}

static void the_software_cpu_hears_of_stores_logged_or_not(void)
{
    struct ram_block *b = block_new(4096);

    b->code = b;
    b->code_written = code_written;
    ram_written(b, 17, 8);
    CHECK_EQ(code_off, 17);
    CHECK_EQ(code_len, 8);
    ram_block_free(b);
}

enum { STORES = 20000, STORERS = 3 };

struct storer { struct ram_block *b; unsigned page; struct thread thread; };

static void *store_run(void *arg)
{
    struct storer *s = arg;
    _Atomic uint32_t *word = (_Atomic uint32_t *)(s->b->host + s->page * 4096);

    for (unsigned i = 0; i < STORES; i++) {
        __atomic_store_n((uint32_t *)word, i + 1, __ATOMIC_RELAXED);
        ram_written(s->b, s->page * 4096, 4);
    }
    return NULL;
}

/* Fetches and copies until all have stored their last; what it copied last must be the last. */
static void no_store_is_lost_between_fetch_and_copy(void)
{
    struct ram_block *b = block_new(64 * 4096);
    struct storer storers[STORERS];
    uint32_t copy[STORERS] = { 0 };
    uint64_t out;

    dirty_start(b, DIRTY_MIGRATION);
    for (unsigned i = 0; i < STORERS; i++) {
        storers[i] = (struct storer){ .b = b, .page = i };
        CHECK_EQ(thread_start(&storers[i].thread, "storer", store_run, &storers[i], NULL), 0);
    }
    for (unsigned round = 0; round < 2000 + 1; round++) {
        if (round == 2000)
            for (unsigned i = 0; i < STORERS; i++)
                thread_join(&storers[i].thread);
        dirty_fetch(b, DIRTY_MIGRATION, 0, 64, &out);
        for (unsigned i = 0; i < STORERS; i++)
            if (out >> i & 1)
                copy[i] = __atomic_load_n((uint32_t *)(b->host + i * 4096), __ATOMIC_RELAXED);
    }
    for (unsigned i = 0; i < STORERS; i++)
        CHECK_EQ(copy[i], STORES);
    ram_block_free(b);
}

static void the_used_length_is_whole_pages_of_the_block(void)
{
    struct ram_block *b = block_new(3 * 4096);

    CHECK_EQ(b->used, 3 * 4096);
    ram_block_set_used(b, 4097);
    CHECK_EQ(b->used, 2 * 4096);
    ram_block_set_used(b, 0);
    CHECK_EQ(b->used, 0);
    ram_block_set_used(b, 3 * 4096);
    CHECK(b->used == 3 * 4096 && b->size == 3 * 4096);
    ram_block_free(b);
}

int main(void)
{
    epoch_thread_init();
    TEST(a_size_is_a_multiple_of_4096_up_to_1_tib);
    TEST(new_memory_is_zero_and_its_own_to_the_last_byte);
    TEST(memory_is_sparse);
    TEST(a_large_block_begins_at_2_mib);
    TEST(prealloc_makes_pages_resident);
    TEST(a_shared_memfd_is_seen_through_its_descriptor);
    TEST(a_private_mapping_leaves_the_file_alone);
    TEST(a_file_that_is_not_there_is_made_and_an_empty_one_grows);
    TEST(in_a_directory_the_file_has_no_name);
    TEST(errors_name_the_file_and_the_sizes);
    TEST(the_used_length_is_whole_pages_of_the_block);
    TEST(nobody_logs_at_first);
    TEST(all_pages_start_dirty_and_no_others);
    TEST(a_store_marks_each_page_that_it_touches);
    TEST(each_client_fetches_its_own_marks);
    TEST(a_fetch_clears_what_was_asked_for_only);
    TEST(the_software_cpu_hears_of_stores_logged_or_not);
    TEST(no_store_is_lost_between_fetch_and_copy);
    epoch_thread_fini();
    return test_end();
}
