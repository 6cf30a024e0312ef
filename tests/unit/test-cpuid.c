/* SPDX-License-Identifier: Apache-2.0 */
#include "cpu/model.h"

/*
 * CPUID as a guest of the reference reads it for the same model and topology, and the notation of -cpu
 *
 * Compared before the software CPU takes away what it lacks (SVM, of qemu64).
 */

#include "lib/error.h"
#include "tests/test.h"

#include <errno.h>

struct row { uint32_t leaf, sub, out[4]; };

/* -cpu qemu64, one CPU. */
static const struct row qemu64[] = {
    { 0x0, 0, { 0x0000000d, 0x68747541, 0x444d4163, 0x69746e65 } },
    { 0x1, 0, { 0x00060fb1, 0x00000800, 0x80002001, 0x078bfbfd } },
    { 0x5, 0, { 0, 0, 3, 0 } },
    { 0x7, 0, { 0, 0, 0, 0 } },
    { 0xb, 0, { 0, 1, 0x100, 0 } },
    { 0xb, 1, { 0, 1, 0x201, 0 } },
    { 0xb, 2, { 0, 0, 2, 0 } },
    { 0x40000000, 0, { 0x40000001, 0x54474354, 0x43544743, 0x47435447 } },
    { 0x80000000, 0, { 0x8000000a, 0x68747541, 0x444d4163, 0x69746e65 } },
    { 0x80000001, 0, { 0x00060fb1, 0, 5, 0x2193fbfd } },
    { 0x80000002, 0, { 0x554d4551, 0x72695620, 0x6c617574, 0x55504320 } },
    { 0x80000003, 0, { 0x72657620, 0x6e6f6973, 0x352e3220, 0x0000002b } },
    { 0x80000004, 0, { 0, 0, 0, 0 } },
    { 0x80000005, 0, { 0x01ff01ff, 0x01ff01ff, 0x40020140, 0x40020140 } },
    { 0x80000006, 0, { 0, 0x42004200, 0x02008140, 0x00808140 } },
    { 0x80000008, 0, { 0x00003028, 0, 0, 0 } },
    { 0x8000000a, 0, { 1, 0x10, 0, 0 } },
};
/* -smp 4,sockets=1,cores=2,threads=2: what differs. */
static const struct row two_by_two[] = {
    { 0x1, 0, { 0x00060fb1, 0x00040800, 0x80002001, 0x178bfbfd } },
    { 0xb, 0, { 1, 2, 0x100, 0 } },
    { 0xb, 1, { 2, 4, 0x201, 0 } },
    { 0x80000001, 0, { 0x00060fb1, 0, 7, 0x2193fbfd } },
    { 0x80000008, 0, { 0x00003028, 0, 0x2003, 0 } },
};
/* -smp 4,sockets=2,cores=2,threads=1 */
static const struct row two_sockets[] = {
    { 0x1, 0, { 0x00060fb1, 0x00020800, 0x80002001, 0x178bfbfd } },
    { 0xb, 1, { 1, 2, 0x201, 0 } },
    { 0x80000008, 0, { 0x00003028, 0, 0x1001, 0 } },
};

/* -smp 12,sockets=1,dies=3,cores=2,threads=2 */
static const struct row three_dies[] = {
    { 0x1, 0, { 0x00060fb1, 0x00040800, 0x80002001, 0x178bfbfd } },
    { 0xb, 0, { 1, 2, 0x100, 0 } },
    { 0xb, 1, { 4, 4, 0x201, 0 } },
    { 0x80000008, 0, { 0x00003028, 0, 0x4003, 0 } },
};
/* -smp 15,cores=5,threads=3: each level has whole bits of its own. */
static const struct row five_by_three[] = {
    { 0xb, 0, { 2, 3, 0x100, 0 } },
    { 0xb, 1, { 5, 15, 0x201, 0 } },
    { 0x80000008, 0, { 0x00003028, 0, 0x500e, 0 } },
};

static struct cpu_config cfg;
static struct cpuid_live live = { .apic_enabled = true, .xcr0 = 1 };

static void check_rows(const struct row *rows, unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        uint32_t out[4];

        cpuid_query(&cfg, &live, rows[i].leaf, rows[i].sub, out);
        for (unsigned r = 0; r < 4; r++) {
            if (out[r] != rows[i].out[r])
                printf("# leaf %#x.%u, register %u\n", rows[i].leaf, rows[i].sub, r);
            CHECK_EQ(out[r], rows[i].out[r]);
        }
    }
}

static void qemu64_reads_as_in_the_reference(void)
{
    CHECK_EQ(cpu_config_parse("qemu64", false, &cfg, NULL), 0);
    check_rows(qemu64, sizeof(qemu64) / sizeof(qemu64[0]));
}

static void topology_shows_in_leaves_1_b_and_80000008(void)
{
    cpu_config_parse("qemu64", false, &cfg, NULL);
    cfg.cores = cfg.threads = 2;
    check_rows(two_by_two, sizeof(two_by_two) / sizeof(two_by_two[0]));
    cfg.threads = 1;
    check_rows(two_sockets, sizeof(two_sockets) / sizeof(two_sockets[0]));
    cfg.dies = 3;
    cfg.threads = 2;
    check_rows(three_dies, sizeof(three_dies) / sizeof(three_dies[0]));
    cfg.dies = 1;
    cfg.cores = 5;
    cfg.threads = 3;
    check_rows(five_by_three, sizeof(five_by_three) / sizeof(five_by_three[0]));
}

static void a_basic_leaf_beyond_the_highest_reads_as_the_highest(void)
{
    uint32_t top[4], beyond[4];

    cpu_config_parse("qemu64", true, &cfg, NULL);
    cpuid_query(&cfg, &live, cfg.model.level, 0, top);
    cpuid_query(&cfg, &live, 0x1234, 0, beyond);
    CHECK(!memcmp(top, beyond, sizeof(top)));
    cpuid_query(&cfg, &live, 0x8000ffff, 0, beyond);
    CHECK(!memcmp(top, beyond, sizeof(top)));
}

static void what_changes_while_it_runs_shows_in_leaf_1(void)
{
    uint32_t out[4];
    struct cpuid_live other = { .apic_id = 0x42, .osxsave = true };

    cpu_config_parse("qemu64", true, &cfg, NULL);
    cpuid_query(&cfg, &other, 1, 0, out);
    CHECK_EQ(out[1] >> 24, 0x42);
    CHECK_EQ(out[2] >> 27 & 1, 1);
    CHECK_EQ(out[3] >> 9 & 1, 0);
}

static void features_are_added_and_removed_by_name(void)
{
    CHECK_EQ(cpu_config_parse("qemu64,+x2apic,-nx,sse4_1=on,sse4-2=on", true, &cfg, NULL), 0);
    CHECK_EQ(cfg.model.words[WORD_1_ECX] >> 21 & 1, 1);
    CHECK_EQ(cfg.model.words[WORD_1_ECX] >> 19 & 3, 3);
    CHECK_EQ(cfg.model.words[WORD_80000001_EDX] >> 20 & 1, 0);
    CHECK_EQ(cpu_config_parse("qemu64-v1", true, &cfg, NULL), 0);
}

static void what_the_software_cpu_lacks_is_taken_away_and_told(void)
{
    CHECK_EQ(cpu_config_parse("max,+vmx", true, &cfg, NULL), 0);
    for (const struct cpu_masked *m = cpu_soft_masked; m->name; m++)
        CHECK(!cpu_has(&cfg, m->word, m->bit));
    CHECK(cfg.removed[WORD_1_ECX] >> 5 & 1);
    CHECK_EQ(cpu_config_parse("qemu64,+vmx", false, &cfg, NULL), 0);
    CHECK(cpu_has(&cfg, WORD_1_ECX, 5));
}

static void a_wrong_name_or_value_is_refused_with_what_is_legal(void)
{
    static const char *const bad[] = { "nonsense", "qemu64,+nonsense", "qemu64,nx=maybe", "qemu64,+", "", "qemu64-v2",
                                       "qemu64,+nx=on", "max-v1", "host", "qemu64,pmu=on", "qemu64,migratable=on",
                                       "qemu64,vendor=Intel", "qemu64,phys-bits=31", "qemu64,phys-bits=41",
                                       "qemu64,model=256", "qemu64,stepping=-1", "qemu64,level=", "qemu64,family=6x",
                                       "qemu64,kvm-pv-eoi=on,enforce", "qemu64,hv-relaxed=on",
                                       "qemu64,level=4294967296",
                                       "qemu64,model-id=a text that is one character longer than 47 ones" };

    for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct error *err = NULL;

        CHECK(cpu_config_parse(bad[i], true, &cfg, &err) < 0);
        CHECK(err && err->legal[0]);
        error_free(err);
    }
}

static uint32_t leaf_of(const char *spec, bool soft, uint32_t leaf, unsigned reg)
{
    static const struct cpuid_live live = { .apic_enabled = true };
    uint32_t out[4];

    CHECK_EQ(cpu_config_parse(spec, soft, &cfg, NULL), 0);
    cpuid_query(&cfg, &live, leaf, 0, out);
    return out[reg];
}

/* Intel SDM volume 2, CPUID: leaf 0, 1, 0BH, 80000000H and 80000008H; 40000000H is what hypervisors agreed on. */
static void numbers_and_leaves_are_as_the_user_says(void)
{
    CHECK_EQ(leaf_of("qemu64,family=6,model=0x3a,stepping=9", true, 1, 0), 0x306a9);
    CHECK_EQ(leaf_of("qemu64,family=15,model=107,stepping=1", true, 1, 0), 0x60fb1);
    CHECK_EQ(leaf_of("qemu64,vendor=GenuineIntel", true, 0, 1), 0x756e6547);
    CHECK_EQ(leaf_of("qemu64,model_id=abcd", true, 0x80000002, 0), 0x64636261);
    CHECK_EQ(leaf_of("qemu64,level=5", true, 0, 0), 5);
    CHECK_EQ(leaf_of("qemu64,xlevel=2147483652", true, 0x80000000, 0), 0x80000004);
    CHECK_EQ(leaf_of("qemu64,phys-bits=46", false, 0x80000008, 0) & 0xff, 46);
    CHECK_EQ(leaf_of("qemu64", true, 0xb, 2), 0x100);
    CHECK_EQ(leaf_of("qemu64,cpuid-0xb=off", true, 0xb, 2), 0);
    CHECK_EQ(leaf_of("qemu64", true, 0x40000000, 0), 0x40000001);
    CHECK_EQ(leaf_of("qemu64,tcg-cpuid=off", true, 0x40000000, 0), leaf_of("qemu64", true, 0xd, 0));
    CHECK_EQ(leaf_of("base", true, 1, 3), 0);
}

static void what_can_only_be_one_way_is_taken_that_way(void)
{
    CHECK_EQ(cpu_config_parse("qemu64,pmu=off,l3-cache=on,kvm-pv-eoi=off,check=off,kvm=off", true, &cfg, NULL), 0);
    CHECK(!cfg.on.check && !cfg.on.kvm_leaves && !cfg.on.enforce);
    CHECK_EQ(cpu_config_parse("max,migratable=off,kvm_pv_eoi=on,check=off", true, &cfg, NULL), 0);
    CHECK_EQ(cpu_config_parse("host,migratable=on,host-phys-bits=on", false, &cfg, NULL), 0);
    CHECK(cfg.on.host_phys_bits && cfg.model.whatever);
}

static void count_name(const struct cpu_model *m, void *opaque)
{
    struct cpu_config c;

    ++*(unsigned *)opaque;
    CHECK_EQ(cpu_config_parse(m->name, false, &c, NULL), 0);
}

static void every_model_that_is_listed_can_be_had(void)
{
    unsigned n = 0;

    cpu_models_each(count_name, &n);
    CHECK(n >= 4);
}

int main(void)
{
    TEST(qemu64_reads_as_in_the_reference);
    TEST(topology_shows_in_leaves_1_b_and_80000008);
    TEST(a_basic_leaf_beyond_the_highest_reads_as_the_highest);
    TEST(what_changes_while_it_runs_shows_in_leaf_1);
    TEST(features_are_added_and_removed_by_name);
    TEST(what_the_software_cpu_lacks_is_taken_away_and_told);
    TEST(a_wrong_name_or_value_is_refused_with_what_is_legal);
    TEST(numbers_and_leaves_are_as_the_user_says);
    TEST(what_can_only_be_one_way_is_taken_that_way);
    TEST(every_model_that_is_listed_can_be_had);
    return test_end();
}
