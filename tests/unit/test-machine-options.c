/* SPDX-License-Identifier: Apache-2.0 */
#include "main/options.h"

/*
 * The command line: how much memory, how many CPUs, which nodes and tables
 */

#include "hw/acpi/tables.h"
#include "hw/i386/numa.h"
#include "tests/unit/option-line.h"

static void check_memory(const char *size, uint64_t bytes)
{
    char line[100];

    snprintf(line, sizeof(line), "-M q35 -m %s", size);
    good(line);
    CHECK_EQ(c.board.ram_bytes, bytes);
    config_fini(&c);
}

static void memory_is_in_mebibytes_or_with_a_suffix(void)
{
    check_memory("512", 512 * MIB);
    check_memory("512M", 512 * MIB);
    check_memory("size=512m", 512 * MIB);
    check_memory("8G", 8 * GIB);
    check_memory("1.5G", 1536 * MIB);
    check_memory("524288K", 512 * MIB);
    check_memory("0x200", 512 * MIB);
    check_memory("8388609b", 8 * MIB + 8192);           /* whole pages of 8 KiB */
    check_memory("8M", 8 * MIB);
    check_memory("1000G", 1000 * GIB);
    check_memory("64,size=128", 128 * MIB);
}

static void odd_memory_is_refused(void)
{
    bad("-M q35 -m 0", "-m", "0");
    bad("-M q35 -m 7M", "-m", "7M");
    bad("-M q35 -m 1001G", "-m", "1001G");
    bad("-M q35 -m 9999999999G", "-m", "9999999999G");
    bad("-M q35 -m -1", "-m", "-1");
    bad("-M q35 -m 1e3", "-m", "1e3");
    bad("-M q35 -m 64MB", "-m", "64MB");
    bad("-M q35 -m ''", "-m", "");
    bad("-M q35 -m 64,nosuch=2", "-m", "nosuch=2");
}

static void what_m_does_not_say_again_stays(void)
{
    good("-M q35 -m 64 -m maxmem=64M -m slots=0");
    CHECK_EQ(c.board.ram_bytes, 64 * MIB);
    config_fini(&c);
    good("-M q35 -m maxmem=128M");                      /* which is what there is without -m */
    CHECK(!c.board.ram_asked);
    config_fini(&c);
    good("-M q35 -m 64,maxmem=128M -m 128");
    config_fini(&c);
}

static void memory_to_be_plugged_is_refused_and_so_is_what_makes_no_sense(void)
{
    bad("-M q35 -m 64,slots=2", "-m slots", "2");
    bad("-M q35 -m 64,slots=0", "-m slots", "0");
    bad("-M q35 -m 64,slots=257,maxmem=128M", "-m slots", "257");
    bad("-M q35 -m 64,slots=-1,maxmem=128M", "-m slots", "-1");
    bad("-M q35 -m 64,slots=x,maxmem=128M", "-m slots", "x");
    bad("-M q35 -m 64,slots=2,maxmem=64M", "-m slots", "2");
    bad("-M q35 -m 64,maxmem=65000k", "-m maxmem", "66560000 bytes");
    bad("-M q35 -m 64,maxmem=0", "-m maxmem", "0 bytes");
    bad("-M q35 -m 64,maxmem=x", "-m maxmem", "x");
    bad("-M q35 -m 64,maxmem=128M", "-m maxmem", "134217728 bytes");
    bad("-M q35 -m 64,slots=2,maxmem=128M", "-m maxmem", "134217728 bytes");
}

static void memory_may_be_a_files(void)
{
    good("-M q35 -mem-path /dev/shm -mem-prealloc");
    CHECK_STR(c.mem_path, "/dev/shm");
    CHECK(c.mem_prealloc);
    config_fini(&c);
    bad("-M q35,memory-backend=a -mem-path /dev/shm", "-mem-path", "/dev/shm");
}

/* Deprecated: as if it had not been said. */
static void a_topology_of_zero_is_warned_of_once(void)
{
    static const char text[] = "warning: Deprecated CPU topology (considered invalid): CPU topology parameters must be "
                               "greater than zero";

    CHECK(strstr(warning("-M q35 -smp 4,sockets=0,cores=0"), text));
    CHECK(!strstr(strstr(warning("-M q35 -smp 4,sockets=0,cores=0"), text) + 1, "warning"));
    CHECK(strstr(warning("-M q35 -smp 0"), text));
    CHECK_STR(warning("-M q35 -smp 4,sockets=1"), "");
    good("-M q35 -smp 4,sockets=0");
    CHECK_EQ(c.board.smp.cores, 4);
    config_fini(&c);
}

static void topologies_add_up_over_several_options(void)
{
    good("-M q35 -smp 4 -smp sockets=2");
    CHECK(c.board.smp.cpus == 4 && c.board.smp.sockets == 2 && c.board.smp.cores == 2);
    config_fini(&c);
}

/* They may be added to until x-exit-preconfig. */
static void with_preconfig_nodes_are_not_complete(void)
{
    CHECK(parse("-M q35 -numa node,mem=64M") < 0);
    error_free(err);
    config_fini(&c);
    good("-M q35 -preconfig -numa node,mem=64M");
    CHECK(c.preconfig);
    CHECK(!option_numa(&c, "node,mem=64M", NULL) && !config_numa_check(&c, NULL));
    CHECK_EQ(c.board.numa->n_nodes, 2);
    config_fini(&c);
}

static void check_topology(const char *spec, struct cpu_topology want)
{
    char line[100];

    snprintf(line, sizeof(line), "-M q35 -smp %s", spec);
    good(line);
    CHECK(!memcmp(&c.board.smp, &want, sizeof(want)));
    config_fini(&c);
}

static void check_smp(const char *spec, unsigned cpus, unsigned sockets, unsigned cores, unsigned threads)
{
    check_topology(spec, (struct cpu_topology){ cpus, cpus, sockets, 1, cores, threads });
}

/* As the reference fills in what was not given, for machine types since 6.2. */
static void topology_prefers_cores_over_sockets_over_threads(void)
{
    check_smp("4", 4, 1, 4, 1);
    check_smp("4,sockets=2", 4, 2, 2, 1);
    check_smp("4,threads=2", 4, 1, 2, 2);
    check_smp("4,cores=1", 4, 4, 1, 1);
    check_smp("4,sockets=1,cores=2", 4, 1, 2, 2);
    check_smp("8,cores=2,threads=2", 8, 2, 2, 2);
    check_smp("6,sockets=3", 6, 3, 2, 1);
    check_smp("sockets=2", 2, 2, 1, 1);
    check_smp("cores=3", 3, 1, 3, 1);
    check_smp("threads=2", 2, 1, 1, 2);
    check_smp("maxcpus=4", 4, 1, 4, 1);
    check_smp("sockets=2,maxcpus=4", 4, 2, 2, 1);
    check_smp("4,dies=1,clusters=1", 4, 1, 4, 1);
    check_smp("288", 288, 1, 288, 1);
    check_smp("4 -smp 2", 2, 1, 2, 1);
}

static void sockets_have_dies_and_places_may_be_empty(void)
{
    check_topology("8,dies=2,threads=2", (struct cpu_topology){ 8, 8, 1, 2, 2, 2 });
    check_topology("8,sockets=1,dies=2", (struct cpu_topology){ 8, 8, 1, 2, 4, 1 });
    check_topology("dies=3,cores=2", (struct cpu_topology){ 6, 6, 1, 3, 2, 1 });
    check_topology("2,maxcpus=8", (struct cpu_topology){ 2, 8, 1, 1, 8, 1 });
    check_topology("2,maxcpus=8,cores=2", (struct cpu_topology){ 2, 8, 4, 1, 2, 1 });
    check_topology("288", (struct cpu_topology){ 288, 288, 1, 1, 288, 1 });
    check_topology("1,maxcpus=288", (struct cpu_topology){ 1, 288, 1, 1, 288, 1 });
}

static void odd_topologies_are_refused(void)
{
    bad("-M q35 -smp 289", "-smp cpus", "289");
    bad("-M q35 -smp 4,cores=3", "-smp", "1 sockets * 1 dies * 3 cores * 1 threads for 4 CPUs");
    bad("-M q35 -smp 3,threads=2", "-smp", "1 sockets * 1 dies * 1 cores * 2 threads for 3 CPUs");
    bad("-M q35 -smp 4,dies=3", "-smp", "1 sockets * 3 dies * 1 cores * 1 threads for 4 CPUs");
    bad("-M q35 -smp 2,sockets=2,dies=2", "-smp", "2 sockets * 2 dies * 1 cores * 1 threads for 2 CPUs");
    bad("-M q35 -smp 4,maxcpus=2", "-smp maxcpus", "2");
    bad("-M pc -smp 4,maxcpus=256", "-smp maxcpus", "256");
    bad("-M q35 -smp 4,clusters=2", "-smp clusters", "2");
    bad("-M q35 -smp sockets=288,dies=288,cores=288,threads=288", "-smp cpus", "4294967295");
    bad("-M q35 -smp 4,sockets=4294967297", "-smp sockets", "4294967297");
    bad("-M q35 -smp sockets=288,cores=288,threads=288", "-smp cpus", "23887872");
    bad("-M q35 -smp 4,books=1", "-smp", "books=1");
}

#define NODES " -numa node,mem=64M,cpus=0-1 -numa node,mem=64M,cpus=2-3"
#define HMAT "-M q35,hmat=on -smp 4" NODES
#define LATENCY " -numa hmat-lb,initiator=0,target=0,hierarchy=memory,data-type=access-latency"
#define BANDWIDTH " -numa hmat-lb,initiator=0,target=0,hierarchy=memory,data-type=access-bandwidth"
#define CACHE " -numa hmat-cache,node-id=0,associativity=direct,policy=write-back,line=8"

static void nodes_have_memory_and_cpus(void)
{
    good("-M q35 -smp 4" NODES " -numa dist,src=0,dst=1,val=21");
    CHECK_EQ(c.board.numa->n_nodes, 2);
    CHECK_EQ(c.board.numa->node[1].bytes, 64 * MIB);
    CHECK_EQ(c.board.numa->cpu_node[1], 0);
    CHECK_EQ(c.board.numa->cpu_node[2], 1);
    CHECK_EQ(c.board.numa->distance[1][0], 21);
    config_fini(&c);
    good("-M q35 -smp 4 -numa node,nodeid=1,mem=64 -numa node,nodeid=0,mem=64,cpus=0,cpus=2 "
         "-numa cpu,node-id=1,core-id=1 -numa cpu,node-id=1,core-id=3");
    CHECK_EQ(c.board.numa->cpu_node[2], 0);
    CHECK_EQ(c.board.numa->cpu_node[3], 1);
    config_fini(&c);
    good("-M q35 -numa node,mem=128M -m 128");
    config_fini(&c);
}

static void nodes_that_make_no_sense_are_refused(void)
{
    bad("-M q35 -numa ''", "-numa", "");
    bad("-M q35 -numa nosuch", "-numa", "nosuch");
    bad("-M q35 -numa node,nosuch=1", "-numa", "nosuch=1");
    bad("-M q35 -numa node,nodeid=128", "-numa nodeid", "128");
    bad("-M q35 -numa node,nodeid=-1", "-numa nodeid", "-1");
    bad("-M q35 -numa node,mem=128M,nodeid=1", "-numa node", "no nodeid=0");
    bad("-M q35 -numa node -numa node,nodeid=0", "-numa node nodeid", "0");
    bad("-M q35 -numa node,mem=64M", "-numa node", "mem of all nodes together");
    bad("-M q35 -numa node,mem=x", "-numa node mem", "x");
    bad("-M q35 -numa node,memdev=x,mem=128M", "-numa node", "nodeid=0");
    bad("-M q35 -numa node,memdev=x -numa node,mem=128M", "-numa node", "nodeid=1");
    bad("-M q35,memory-backend=x -numa node,memdev=x", "-machine memory-backend", "x");
    bad("-M q35 -numa node,mem=128M,cpus=0-5", "-numa node cpus", "1");
    bad("-M q35 -smp 4 -numa node,mem=128M,cpus=3-1", "-numa node cpus", "3-1");
    bad("-M q35 -smp 4 -numa node,mem=128M,cpus=a", "-numa node cpus", "a");
    bad("-M q35 -smp 4 -numa node,mem=128M,cpus=1-", "-numa node cpus", "1-");
    bad("-M q35 -smp 4 -numa node,mem=128M,cpus=0-99999999999999999999", "-numa node cpus", "0-99999999999999999999");
    bad("-M q35 -smp 4 -numa node,mem=128M,cpus=288", "-numa node cpus", "288");
    bad("-M q35 -smp 4 -numa node,mem=64M,cpus=0-1 -numa node,mem=64M,cpus=1-3", "-numa node cpus", "1-3");
    bad("-M q35 -numa node,mem=128M,initiator=0", "-numa", "initiator=0");
}

static void distances_and_places_refer_to_nodes_before_them(void)
{
    bad("-M q35 -numa dist,src=0,dst=1,val=20", "-numa dist src", "0");
    bad("-M q35 -smp 4" NODES " -numa dist,src=0,dst=2,val=20", "-numa dist dst", "2");
    bad("-M q35 -smp 4" NODES " -numa dist,src=0,dst=128,val=20", "-numa dst", "128");
    bad("-M q35 -smp 4" NODES " -numa dist,src=0,dst=1,val=9", "-numa val", "9");
    bad("-M q35 -smp 4" NODES " -numa dist,src=0,dst=1,val=256", "-numa val", "256");
    bad("-M q35 -smp 4" NODES " -numa dist,src=1,dst=1,val=20", "-numa dist val", "20");
    bad("-M q35 -smp 4" NODES " -numa dist,src=0,dst=1", "-numa dist", "no val");
    bad("-M q35 -smp 4" NODES " -numa dist,src=0,dst=1,val=20,x=1", "-numa", "x=1");
    bad("-M q35 -smp 4" NODES " -numa cpu,socket-id=0", "-numa cpu", "no node-id");
    bad("-M q35 -smp 4" NODES " -numa cpu,node-id=2", "-numa cpu node-id", "2");
    bad("-M q35 -smp 4" NODES " -numa cpu,node-id=0,core-id=3", "-numa cpus", "CPU 3 in node 0");
    bad("-M q35 -smp 4" NODES " -numa cpu,node-id=0,socket-id=1", "-numa cpu",
        "socket-id=1,die-id=-1,core-id=-1,thread-id=-1");
}

static void rates_and_caches_want_hmat(void)
{
    bad("-M q35 -smp 4" NODES LATENCY ",latency=5", "-numa", "hmat-lb");
    bad("-M q35 -smp 4" NODES CACHE ",size=10K,level=1", "-numa", "hmat-cache");
    good(HMAT LATENCY ",latency=5" BANDWIDTH ",bandwidth=200M" CACHE ",size=10K,level=1");
    CHECK_EQ(c.board.numa->rates[0][0]->val[0][0], 5);
    CHECK_EQ(c.board.numa->rates[0][3]->val[0][0], 200 * MIB);
    CHECK_EQ(c.board.numa->cache[0][1].size, 10 << 10);
    CHECK_EQ(c.board.numa->cache[0][1].line, 8);
    CHECK(c.board.numa->hmat);
    config_fini(&c);
}

static void rates_that_make_no_sense_are_refused(void)
{
    bad(HMAT LATENCY, "-numa hmat-lb", "no latency");
    bad(HMAT LATENCY ",bandwidth=5M", "-numa hmat-lb", "no latency");
    bad(HMAT LATENCY ",latency=5,bandwidth=5M", "-numa", "bandwidth=5M");
    bad(HMAT LATENCY ",latency=5" LATENCY ",latency=5", "-numa hmat-lb", "initiator=0,target=0 twice");
    bad(HMAT BANDWIDTH ",bandwidth=1536K", "-numa hmat-lb bandwidth", "1572864 bytes");
    bad(HMAT " -numa hmat-lb,initiator=2,target=0,hierarchy=memory,data-type=access-latency,latency=5",
        "-numa hmat-lb initiator", "2");
    bad(HMAT " -numa hmat-lb,initiator=0,target=0,hierarchy=x,data-type=access-latency,latency=5",
        "-numa hmat-lb hierarchy", "x");
    bad(HMAT " -numa hmat-lb,initiator=0,target=0,hierarchy=memory,latency=5", "-numa hmat-lb", "no data-type");
    bad(HMAT LATENCY ",latency=1 -numa hmat-lb,initiator=0,target=1,hierarchy=memory,data-type=access-latency,"
        "latency=99999999", "-numa hmat-lb", "99999999 units apart");
    bad(HMAT LATENCY ",latency=65535", "-numa hmat-lb", "65535 units apart");
    good(HMAT LATENCY ",latency=1000000 -numa hmat-lb,initiator=0,target=1,hierarchy=memory,data-type=access-latency,"
         "latency=99000000");
    config_fini(&c);
}

static void caches_that_make_no_sense_are_refused(void)
{
#define RATES LATENCY ",latency=5" BANDWIDTH ",bandwidth=200M"
    bad(HMAT CACHE ",size=10K,level=1", "-numa hmat-cache", "node-id=0");
    bad(HMAT LATENCY ",latency=5" CACHE ",size=10K,level=1", "-numa hmat-cache", "node-id=0");
    bad(HMAT RATES CACHE ",size=10K,level=0", "-numa level", "0");
    bad(HMAT RATES CACHE ",size=10K,level=4", "-numa level", "4");
    bad(HMAT RATES CACHE ",size=10K,level=2", "-numa hmat-cache node-id=0", "level=2");
    bad(HMAT RATES CACHE ",size=10K,level=1" CACHE ",size=5K,level=2", "-numa hmat-cache node-id=0", "size=5120");
    bad(HMAT RATES CACHE ",size=10K,level=1" CACHE ",size=10K,level=1", "-numa hmat-cache node-id=0", "level=1 twice");
    bad(HMAT RATES CACHE ",size=0,level=1", "-numa hmat-cache node-id=0", "size=0");
    bad(HMAT RATES " -numa hmat-cache,node-id=0,size=10K,level=1", "-numa hmat-cache", "no associativity");
    good(HMAT RATES CACHE ",size=10K,level=1" CACHE ",size=50K,level=2");
    config_fini(&c);
}

/* A header is made, or corrected, by what is said; the length is always the table's. */
static void tables_of_the_user_have_a_header(void)
{
    char name[] = "/tmp/rhea-options-XXXXXX", line[200];
    int fd = mkstemp(name);

    CHECK(fd >= 0 && write(fd, "0123456789012345678901234567890123456789", 40) == 40);
    close(fd);
    snprintf(line, sizeof(line), "-M q35 -acpitable sig=TEST,rev=3,oem_id=ABCDEFGH,oem_rev=7,data=%s:%s", name, name);
    good(line);
    CHECK_EQ(c.board.n_acpi_tables, 1);
    CHECK_EQ(c.board.acpi_tables[0].len, 36 + 80);
    CHECK(!memcmp(c.board.acpi_tables[0].bytes, "TEST\x74\0\0\0\3\0ABCDEFQEMUQEMU\7\0\0\0QEMU\1\0\0\00001234", 41));
    config_fini(&c);
    snprintf(line, sizeof(line), "-M q35 -acpitable oem_id=X,file=%s -acpitable file=%s", name, name);
    good(line);
    CHECK_EQ(c.board.n_acpi_tables, 2);
    CHECK(!memcmp(c.board.acpi_tables[0].bytes, "0123\x28\0\0\0" "89X\0\0\0\0\0" "6789", 20));
    config_fini(&c);
    CHECK(!truncate(name, 35));
    snprintf(line, sizeof(line), "-M q35 -acpitable file=%s", name);
    bad(line, "-acpitable file", T("%s of 35 bytes", name));
    CHECK(!truncate(name, 65537));
    snprintf(line, sizeof(line), "-M q35 -acpitable file=%s", name);
    bad(line, "-acpitable", name);
    unlink(name);
}

static void tables_that_make_no_sense_are_refused(void)
{
    bad("-M q35 -acpitable sig=TEST", "-acpitable", "sig=TEST");
    bad("-M q35 -acpitable data=/dev/null,file=/dev/null", "-acpitable", "data=/dev/null,file=/dev/null");
    bad("-M q35 -acpitable data=", "-acpitable", "");
    bad("-M q35 -acpitable data=/nonexistent", "-acpitable", "/nonexistent");
    bad("-M q35 -acpitable data=/tmp", "-acpitable", "/tmp");
    bad("-M q35 -acpitable data=/dev/zero", "-acpitable", "/dev/zero");
    bad("-M q35 -acpitable data=/dev/null,rev=256", "-acpitable rev", "256");
    bad("-M q35 -acpitable data=/dev/null,oem_rev=-1", "-acpitable oem_rev", "-1");
    bad("-M q35 -acpitable data=/dev/null,foo=1", "-acpitable", "foo=1");
}

int main(void)
{
    TEST(memory_is_in_mebibytes_or_with_a_suffix);
    TEST(odd_memory_is_refused);
    TEST(what_m_does_not_say_again_stays);
    TEST(memory_to_be_plugged_is_refused_and_so_is_what_makes_no_sense);
    TEST(memory_may_be_a_files);
    TEST(a_topology_of_zero_is_warned_of_once);
    TEST(topologies_add_up_over_several_options);
    TEST(with_preconfig_nodes_are_not_complete);
    TEST(topology_prefers_cores_over_sockets_over_threads);
    TEST(sockets_have_dies_and_places_may_be_empty);
    TEST(odd_topologies_are_refused);
    TEST(nodes_have_memory_and_cpus);
    TEST(nodes_that_make_no_sense_are_refused);
    TEST(distances_and_places_refer_to_nodes_before_them);
    TEST(rates_and_caches_want_hmat);
    TEST(rates_that_make_no_sense_are_refused);
    TEST(caches_that_make_no_sense_are_refused);
    TEST(tables_of_the_user_have_a_header);
    TEST(tables_that_make_no_sense_are_refused);
    return test_end();
}
