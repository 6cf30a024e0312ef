/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/dump-rig.h"

/*
 * A dump's course: who waits, what is told and when, what is refused meanwhile, what a file refuses; and memsave and
 * pmemsave.  Words of refusals are the reference's.
 */

#include <errno.h>

#define FILE_ARGS "{'paging': false, 'protocol': 'file:PATH'}"

static const char *refused(const char *args)
{
    return rig_ask("dump-guest-memory", args);
}

static void what_cannot_be_is_refused(void)
{
    static const char *const row[][2] = {
        { "'protocol': 'PATH'", "Invalid parameter 'protocol'" },
        { "'protocol': ''", "Invalid parameter 'protocol'" },
        { "'protocol': 'fd:none'", "File descriptor named 'none' has not been found" },
        { "'protocol': 'file:/nonexistent/x'", "Could not open '/nonexistent/x': No such file or directory" },
        { "'protocol': 'file:/tmp'", "Could not open '/tmp': Is a directory" },
        { "'protocol': 'file:PATH', 'begin': 0", "Parameter 'length' is missing" },
        { "'protocol': 'file:PATH', 'length': 0", "Parameter 'begin' is missing" },
        { "'protocol': 'file:PATH', 'begin': 0, 'length': 0", "Invalid parameter 'length'" },
        { "'protocol': 'file:PATH', 'begin': 0, 'length': -1", "Invalid parameter 'length'" },
        { "'protocol': 'file:PATH', 'begin': -1, 'length': 10", "Invalid parameter 'begin'" },
        { "'protocol': 'file:PATH', 'begin': 1099511627776, 'length': 10", "dump: no guest memory to dump" },
        { "'protocol': 'file:PATH', 'begin': 655360, 'length': 131072", "dump: no guest memory to dump" },
        { "'protocol': 'file:PATH', 'format': 'kdump-lzo'", "kdump-lzo is not available now" },
        { "'protocol': 'file:PATH', 'format': 'kdump-snappy'", "kdump-snappy is not available now" },
        { "'protocol': 'file:PATH', 'format': 'win-dmp'", "win-dmp is not available now" },
        { "'protocol': 'file:PATH', 'format': 'kdump-zlib', 'begin': 0",
          "kdump-compressed format doesn't support paging or filter" },
    };

    rig_init(1, true);
    CHECK(!machine_start(rig.m, NULL));
    for (unsigned i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
        char args[300];

        snprintf(args, sizeof(args), "{'paging': false, %s}", row[i][0]);
        CHECK_STR(refused(args), row[i][1]);
        CHECK(machine_running(rig.m));
    }
    CHECK_STR(rig.events->str, "");             /* it never stood */
    CHECK_STR(rig_status(), "none");
    rig_fini();
}

static void a_machine_that_waits_for_its_state_is_not_dumped(void)
{
    rig_init(1, true);
    CHECK(!machine_state_set(rig.m, RUN_INMIGRATE, NULL));
    CHECK_STR(refused(FILE_ARGS), "Dump not allowed during incoming migration.");
    rig_fini();
}

/* Nobody but its owner reads the file. */
static void the_file_is_private_and_of_one_dump(void)
{
    struct stat first, s;

    rig_init(1, true);
    CHECK_STR(refused("{'paging': false, 'protocol': 'file:PATH'}"), "");
    CHECK(!stat(rig.path, &first));
    CHECK_EQ(first.st_mode & 0777, 0400);
    if (!geteuid()) {                           /* others cannot write to it */
        CHECK_STR(refused("{'paging': false, 'protocol': 'file:PATH', 'begin': 0, 'length': 1}"), "");
        CHECK(!stat(rig.path, &s) && s.st_size < first.st_size);
    }
    rig_fini();
}

static void a_full_disk_is_told(void)
{
    rig_init(1, true);
    CHECK_STR(refused("{'paging': false, 'protocol': 'file:/dev/full'}"),
              "dump: failed to write elf header: No space left on device");
    CHECK(strstr(rig.events->str, "DUMP_COMPLETED"));
    CHECK(strstr(rig.events->str, "\"failed\""));
    CHECK(strstr(rig.events->str, "\"error\": \"dump: failed to write elf header: No space left on device\""));
    CHECK_STR(rig_status(), "failed");
    CHECK_EQ(json_get(&rig.got, "completed")->i, 0);
    CHECK_STR(rig_ask("pmemsave", "{'val': 0, 'size': 10, 'filename': '/dev/full'}"),
              "Could not save memory: No space left on device");
    CHECK_STR(rig_ask("memsave", "{'val': 655360, 'size': 1, 'filename': '/dev/full'}"),        /* no memory */
              "Could not save memory: No space left on device");
    rig_fini();
}

static void a_fifo_without_a_reader_is_not_waited_for(void)
{
    rig_init(1, true);
    CHECK(!mkfifo(rig.path, 0600));
    refused(FILE_ARGS);
    CHECK(strstr(rig.said, "No such device or address"));
    rig_ask("pmemsave", "{'val': 0, 'size': 1, 'filename': 'PATH'}");
    CHECK(strstr(rig.said, "No such device or address"));
    rig_fini();
}

static void drain(int fd)
{
    static char buf[65536];

    while (read(fd, buf, sizeof(buf)) > 0)
        ;
}

static void a_detached_dump_replies_at_once_and_holds_the_machine(void)
{
    int fd;

    rig_init(1, true);
    memset(rig.ram->host, 1, RIG_RAM);
    CHECK(!mkfifo(rig.path, 0600));
    fd = open(rig.path, O_RDONLY | O_NONBLOCK);
    CHECK(fd >= 0);
    CHECK(!machine_start(rig.m, NULL));
    CHECK_STR(rig_ask("dump-guest-memory", "{'paging': false, 'detach': true, 'protocol': 'file:PATH'}"), "");
    CHECK_EQ(rig.m->run_state, RUN_SAVE_VM);
    CHECK_STR(rig.m->busy, "There is a dump in process, please wait.");
    CHECK_STR(rig_status(), "active");
    CHECK_EQ(json_get(&rig.got, "total")->i, RIG_RAM - (RIG_HOLE_END - RIG_HOLE) + RIG_ROM);
    CHECK_STR(refused(FILE_ARGS), "There is a dump in process, please wait.");
    CHECK_EQ(machine_start(rig.m, NULL), -EBUSY);       /* whoever asks: a debugger, too */
    /* the rest of memory is looked at all the while */
    CHECK_STR(rig_ask("pmemsave", "{'val': 0, 'size': 1, 'filename': '/dev/null'}"), "");
    while (rig.m->busy) {
        drain(fd);
        loop_turn(rig.loop, 0);
    }
    close(fd);
    CHECK(machine_running(rig.m));
    CHECK_STR(rig_status(), "completed");
    CHECK_EQ(json_get(&rig.got, "completed")->i, json_get(&rig.got, "total")->i);
    CHECK_STR(rig.events->str, "DUMP_COMPLETED {\"result\": {\"status\": \"completed\", \"completed\": 4128768, "
              "\"total\": 4128768}}\n");
    rig_fini();
}

static void who_waits_is_told_after_the_end_and_the_guest_goes_on(void)
{
    rig_init(1, true);
    CHECK(!machine_start(rig.m, NULL));
    rig_start("dump-guest-memory", FILE_ARGS);
    CHECK(!rig.done && !machine_running(rig.m));
    while (!rig.done)
        loop_turn(rig.loop, -1);
    CHECK_STR(rig.said, "");
    CHECK(machine_running(rig.m));
    CHECK(!rig.m->busy);
    rig_fini();
}

static void a_machine_that_stood_stays_as_it_is(void)
{
    rig_init(1, true);
    CHECK_STR(refused(FILE_ARGS), "");
    CHECK_EQ(rig.m->run_state, RUN_PRELAUNCH);
    rig_fini();
}

/* The reader is gone: an error, and the guest goes on. */
static void a_closed_pipe_is_an_error(void)
{
    int fd;

    rig_init(1, true);
    memset(rig.ram->host, 1, RIG_RAM);
    CHECK(!mkfifo(rig.path, 0600));
    fd = open(rig.path, O_RDONLY | O_NONBLOCK);
    CHECK(!machine_start(rig.m, NULL));
    rig_start("dump-guest-memory", FILE_ARGS);
    close(fd);
    while (!rig.done)
        loop_turn(rig.loop, -1);
    CHECK(strstr(rig.said, "Broken pipe"));
    CHECK(machine_running(rig.m));
    CHECK_STR(rig_status(), "failed");
    rig_fini();
}

/* A pipe that nobody empties, and a machine that ends. */
static void the_end_of_the_machine_ends_a_dump(void)
{
    int fd;

    rig_init(1, true);
    memset(rig.ram->host, 1, RIG_RAM);
    CHECK(!mkfifo(rig.path, 0600));
    fd = open(rig.path, O_RDONLY | O_NONBLOCK);
    rig_start("dump-guest-memory", FILE_ARGS);
    dump_free(rig.m);
    CHECK(rig.done);
    CHECK_STR(rig.said, "the machine has ended");
    close(fd);
    rig_fini();
}

static void an_accelerator_that_hides_registers_is_named(void)
{
    struct accel_ops ops = { STAND_OPS };

    rig_init(1, true);
    ops.vcpu_get = NULL;
    rig.accel.ops = &ops;
    CHECK(!machine_start(rig.m, NULL));
    CHECK(strstr(refused(FILE_ARGS), "dump-guest-memory: this accelerator"));
    CHECK(machine_running(rig.m) && !rig.m->busy);
    CHECK(strstr(rig_ask("memsave", "{'val': 0, 'size': 1, 'filename': 'PATH'}"), "memsave: this accelerator"));
    rig_fini();
}

/* pmemsave and memsave. */

static uint8_t saved[8192];

static unsigned save(const char *command, const char *args)
{
    int fd;
    ssize_t n;

    unlink(rig.path);
    CHECK_STR(rig_ask(command, args), "");
    fd = open(rig.path, O_RDONLY);
    CHECK(fd >= 0);
    n = read(fd, saved, sizeof(saved));
    close(fd);
    CHECK(n >= 0);
    return n;
}

static void pmemsave_writes_memory_and_zeros_elsewhere(void)
{
    rig_init(1, true);
    memset(rig.ram->host, 0x11, RIG_RAM);
    memset(rig.rom->host, 0x22, RIG_ROM);
    CHECK_EQ(save("pmemsave", "{'val': 655358, 'size': 4, 'filename': 'PATH'}"), 4);
    CHECK(!memcmp(saved, "\x11\x11\0\0", 4));
    CHECK_EQ(save("pmemsave", "{'val': 786430, 'size': 4, 'filename': 'PATH'}"), 4);
    CHECK(!memcmp(saved, "\0\0\x11\x11", 4));
    CHECK_EQ(save("pmemsave", "{'val': 4294967294, 'size': 4, 'filename': 'PATH'}"), 4);
    CHECK(!memcmp(saved, "\x22\x22\0\0", 4));
    CHECK_EQ(save("pmemsave", "{'val': -1, 'size': 3, 'filename': 'PATH'}"), 3);     /* goes on at 0 */
    CHECK(!memcmp(saved, "\0\x11\x11", 3));
    CHECK_EQ(save("pmemsave", "{'val': 0, 'size': 0, 'filename': 'PATH'}"), 0);
    rig_fini();
}

static void sizes_below_zero_are_refused(void)
{
    rig_init(1, true);
    CHECK(strstr(rig_ask("pmemsave", "{'val': 0, 'size': -1, 'filename': 'PATH'}"), "size: -1"));
    CHECK(strstr(rig_ask("pmemsave", "{'val': 0, 'size': 9223372036854775807, 'filename': 'PATH'}"),
                 "size: 9223372036854775807"));
    CHECK(strstr(rig_ask("memsave", "{'val': 0, 'size': -1, 'filename': 'PATH'}"), "size: -1"));
    CHECK(access(rig.path, F_OK));
    rig_fini();
}

static void memsave_follows_the_chosen_cpus_tables(void)
{
    uint64_t entry = 0x5000 | 1;
    struct x86_state *st;

    rig_init(2, true);
    st = rig_cpu(1);
    st->cr0 = CR0_PE | CR0_PG;
    st->cr3 = 0x3000;
    rig.ram->host[0x3000] = 1;                  /* directory: table at 4000 */
    rig.ram->host[0x3001] = 0x40;
    memcpy(rig.ram->host + 0x4000 + 4 * 9, &entry, 4);
    entry = 0x2000 | 1;
    memcpy(rig.ram->host + 0x4000 + 4 * 10, &entry, 4);
    memset(rig.ram->host + 0x5000, 0x55, 4096);
    memset(rig.ram->host + 0x2000, 0x66, 4096);
    memset(rig.ram->host + 0x9000, 0x77, 8192);
    CHECK_EQ(save("memsave", "{'val': 40958, 'size': 4, 'filename': 'PATH', 'cpu-index': 1}"), 4);
    CHECK(!memcmp(saved, "\x55\x55\x66\x66", 4));
    CHECK_EQ(save("memsave", "{'val': 40958, 'size': 4, 'filename': 'PATH'}"), 4);  /* CPU 0 has no paging */
    CHECK(!memcmp(saved, "\x77\x77\x77\x77", 4));
    CHECK_STR(rig_ask("memsave", "{'val': 45054, 'size': 4, 'filename': 'PATH', 'cpu-index': 1}"),
              "Invalid addr 0x000000000000affe/size 4 specified");
    CHECK_STR(rig_ask("memsave", "{'val': 0, 'size': 4, 'filename': 'PATH', 'cpu-index': 2}"),
              "Parameter 'cpu-index' expects a CPU number");
    CHECK_STR(rig_ask("memsave", "{'val': 0, 'size': 4, 'filename': 'PATH', 'cpu-index': -1}"),
              "Parameter 'cpu-index' expects a CPU number");
    CHECK_STR(rig_ask("memsave", "{'val': 4294967294, 'size': 4, 'filename': 'PATH'}"),
              "Invalid addr 0x00000000fffffffe/size 4 specified");
    rig_fini();
}

int main(void)
{
    epoch_thread_init();
    TEST(what_cannot_be_is_refused);
    TEST(a_machine_that_waits_for_its_state_is_not_dumped);
    TEST(the_file_is_private_and_of_one_dump);
    TEST(a_full_disk_is_told);
    TEST(a_fifo_without_a_reader_is_not_waited_for);
    TEST(a_detached_dump_replies_at_once_and_holds_the_machine);
    TEST(who_waits_is_told_after_the_end_and_the_guest_goes_on);
    TEST(a_machine_that_stood_stays_as_it_is);
    TEST(a_closed_pipe_is_an_error);
    TEST(the_end_of_the_machine_ends_a_dump);
    TEST(an_accelerator_that_hides_registers_is_named);
    TEST(pmemsave_writes_memory_and_zeros_elsewhere);
    TEST(sizes_below_zero_are_refused);
    TEST(memsave_follows_the_chosen_cpus_tables);
    return test_end();
}
