/* SPDX-License-Identifier: Apache-2.0 */
#include "backends/memory.h"

/* Memory backends: defaults of the reference's instances, what reaches the host, what is refused. */

#include "core/ram.h"
#include "tests/unit/object-rig.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static char path[64];

static const char *file_of(const char *bytes, size_t size)
{
    int fd;

    strcpy(path, "/tmp/rhea-test-mem.XXXXXX");
    fd = mkstemp(path);
    CHECK(fd >= 0);
    CHECK(write(fd, bytes, size) == (ssize_t)size);
    close(fd);
    return path;
}

static void defaults_are_the_reference_s(void)
{
    static const struct { const char *name, *value; } want[] = {
        { "dump", "true" }, { "host-nodes", "[]" }, { "merge", "true" }, { "policy", "\"default\"" },
        { "prealloc", "false" }, { "prealloc-context", "\"\"" }, { "prealloc-threads", "1" }, { "reserve", "true" },
        { "share", "false" }, { "size", "1048576" }, { "x-use-canonical-path-for-ramblock-id", "false" },
    };
    struct user_object *o;

    objects_start();
    o = object_made("memory-backend-ram,id=m0,size=1M", "m0");
    for (unsigned i = 0; i < sizeof(want) / sizeof(want[0]); i++)
        CHECK_STR(object_prop(o, want[i].name), want[i].value);
    o = object_made("memory-backend-memfd,id=m1,size=1M", "m1");
    CHECK_STR(object_prop(o, "share"), "true");
    CHECK_STR(object_prop(o, "seal"), "true");
    CHECK_STR(object_prop(o, "hugetlb"), "false");
    CHECK_STR(object_prop(o, "hugetlbsize"), "0");
    objects_end();
}

static void a_block_is_named_by_id_or_by_path(void)
{
    struct user_object *o;

    objects_start();
    o = object_made("memory-backend-ram,id=m0,size=64k", "m0");
    CHECK_STR(memory_backend_block(o)->name, "m0");
    CHECK(memory_backend_find(&objects, "m0") == o && !memory_backend_find(&objects, "m1"));
    o = object_made("memory-backend-ram,id=m1,size=64k,x-use-canonical-path-for-ramblock-id=on", "m1");
    CHECK_STR(memory_backend_block(o)->name, "/objects/m1");
    objects_end();
}

static void a_block_has_whole_pages(void)
{
    struct user_object *o;

    objects_start();
    o = object_made("memory-backend-ram,id=m0,size=4097", "m0");
    CHECK_EQ(memory_backend_bytes(o), 4097);
    CHECK_EQ(memory_backend_block(o)->size, 8192);
    memory_backend_block(o)->host[8191] = 1;
    objects_end();
}

static void shared_memory_has_a_descriptor_that_shows_it(void)
{
    static const char *const specs[] = { "memory-backend-memfd,id=m,size=64k",
                                         "memory-backend-ram,id=m,size=64k,share=on" };

    for (unsigned i = 0; i < 2; i++) {
        struct ram_block *b;
        uint8_t byte = 0;

        objects_start();
        b = memory_backend_block(object_made(specs[i], "m"));
        b->host[0xfff] = 0xa5;
        CHECK_EQ(pread(b->fd, &byte, 1, 0xfff), 1);
        CHECK_EQ(byte, 0xa5);
        objects_end();
    }
}

static void a_sealed_memfd_keeps_its_size(void)
{
    struct ram_block *b;

    objects_start();
    b = memory_backend_block(object_made("memory-backend-memfd,id=m,size=64k", "m"));
    CHECK(ftruncate(b->fd, 4096) < 0 && ftruncate(b->fd, 1 << 20) < 0);
    b = memory_backend_block(object_made("memory-backend-memfd,id=n,size=64k,seal=off", "n"));
    CHECK_EQ(ftruncate(b->fd, 1 << 20), 0);
    objects_end();
}

static void a_shared_file_keeps_what_is_written_unless_it_is_discarded(void)
{
    struct stat st;
    uint8_t byte;
    int fd;

    for (unsigned discard = 0; discard < 2; discard++) {
        objects_start();
        file_of("", 0);
        object_made(T("memory-backend-file,id=m,size=64k,share=on,mem-path=%s,discard-data=%s", path,
                      discard ? "on" : "off"), "m");
        memory_backend_block(memory_backend_find(&objects, "m"))->host[5] = 7;
        CHECK_EQ(user_object_delete(&objects, "m", NULL), 0);
        fd = open(path, O_RDONLY);
        CHECK(!fstat(fd, &st) && st.st_size == 65536);
        CHECK_EQ(pread(fd, &byte, 1, 5), 1);
        CHECK_EQ(byte, discard ? 0 : 7);
        close(fd);
        unlink(path);
        objects_end();
    }
}

static void a_read_only_file_is_shown_and_not_for_a_machine(void)
{
    char bytes[4096] = "shown";
    struct user_object *o;

    objects_start();
    file_of(bytes, sizeof(bytes));
    CHECK_EQ(chmod(path, 0400), 0);
    o = object_made(T("memory-backend-file,id=m,size=4k,readonly=on,mem-path=%s", path), "m");
    CHECK(!memory_backend_writable(o));
    CHECK(!memcmp(memory_backend_block(o)->host, bytes, sizeof(bytes)));
    unlink(path);
    objects_end();
}

static void the_host_address_is_aligned_as_asked(void)
{
    struct ram_block *b;

    objects_start();
    b = memory_backend_block(object_made("memory-backend-file,id=m,size=64k,mem-path=/tmp,align=8M", "m"));
    CHECK_EQ((uintptr_t)b->host % (8 << 20), 0);
    b = memory_backend_block(object_made("memory-backend-file,id=n,size=64k,mem-path=/tmp,align=16k", "n"));
    CHECK_EQ((uintptr_t)b->host % (16 << 10), 0);
    objects_end();
}

static void node_0_can_be_asked_for(void)
{
    static const char *const policies[] = { "bind", "preferred", "interleave" };

    objects_start();
    for (unsigned i = 0; i < 3; i++) {
        struct user_object *o = object_made(T("memory-backend-ram,id=m%u,size=1M,prealloc=on,prealloc-threads=3,"
                                              "host-nodes=0,policy=%s", i, policies[i]), T("m%u", i));

        CHECK_STR(object_prop(o, "host-nodes"), "[0]");
        CHECK_STR(object_prop(o, "policy"), T("\"%s\"", policies[i]));
    }
    object_refused("memory-backend-ram,id=m,size=1M,host-nodes=127,policy=bind", "host nodes");
    objects_end();
}

static void what_cannot_be_is_refused_by_name(void)
{
    static const struct { const char *props, *says; } wrong[] = {
        { "ram", "memory-backend-ram.size: 0 is out of range, legal: 1 byte to 1 TiB" },
        { "ram,size=0", "size" }, { "ram,size=2T", "size" }, { "ram,size=x", "memory-backend-ram.size: x" },
        { "ram,size=16E", "size" }, { "ram,size=18446744073709551615", "size" },
        { "ram,size=1M,mem-path=/tmp", "mem-path is not known" },
        { "ram,size=1M,policy=nosuch", "default, preferred, bind, interleave" },
        { "ram,size=1M,policy=bind", "host-nodes" }, { "ram,size=1M,host-nodes=0", "policy" },
        { "ram,size=1M,host-nodes=128,policy=bind", "0 to 127" },
        { "ram,size=1M,host-nodes=x,policy=bind", "host-nodes" },
        { "ram,size=1M,host-nodes=65536,policy=bind", "host-nodes" },
        { "ram,size=1M,host-nodes=3-1,policy=bind", "host-nodes" },
        { "ram,size=1M,prealloc-context=t0", "thread-context" },
        { "ram,size=1M,prealloc-threads=0", "prealloc-threads" },
        { "ram,size=1M,prealloc=on,reserve=off", "memory-backend-ram.reserve" },
        { "ram,size=1M,merge=2", "merge" },
        { "file,size=1M", "mem-path" }, { "file,size=1M,mem-path=", "mem-path" },
        { "file,size=1M,mem-path=/nonexistent/x", "/nonexistent/x" }, { "file,size=1M,mem-path=/tmp,pmem=on", "pmem" },
        { "file,size=1M,mem-path=/tmp,align=3", "align" }, { "file,size=1M,mem-path=/tmp,align=12k", "align" },
        { "file,size=1M,mem-path=/nonexistent,readonly=on", "/nonexistent" },
        { "memfd,size=1M,hugetlbsize=2M", "hugetlb=on" }, { "memfd,size=1M,hugetlb=on,hugetlbsize=3M", "hugetlbsize" },
        { "memfd,size=1M,hugetlb=on,hugetlbsize=4k", "RAM block m" },
    };

    objects_start();
    for (unsigned i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        size_t len = strcspn(wrong[i].props, ",");

        object_refused(T("memory-backend-%.*s,id=m%s", (int)len, wrong[i].props, wrong[i].props + len), wrong[i].says);
        CHECK(list_empty(&objects.container->children));
    }
    objects_end();
}

int main(void)
{
    TEST(defaults_are_the_reference_s);
    TEST(a_block_is_named_by_id_or_by_path);
    TEST(a_block_has_whole_pages);
    TEST(shared_memory_has_a_descriptor_that_shows_it);
    TEST(a_sealed_memfd_keeps_its_size);
    TEST(a_shared_file_keeps_what_is_written_unless_it_is_discarded);
    TEST(a_read_only_file_is_shown_and_not_for_a_machine);
    TEST(the_host_address_is_aligned_as_asked);
    TEST(node_0_can_be_asked_for);
    TEST(what_cannot_be_is_refused_by_name);
    return test_end();
}
